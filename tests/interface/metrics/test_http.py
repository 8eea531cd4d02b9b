"""The HTTP server of the figures: one path, few connections, and nobody holds it up."""

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from otha.interface.metrics.figures import Figures
from otha.interface.metrics.http import MetricsServer
from otha.interface.metrics.tally import Tally
from tests.interface.house import first_status

WAIT_S = 30.0


@pytest.fixture
def served() -> Iterator[MetricsServer]:
    figures = Figures("two_tanks", "1.0", Tally())
    figures.take(first_status(), time.monotonic())
    # So patient that nobody leaves by himself before a test is over.
    with MetricsServer("127.0.0.1", 0, figures, patience_s=10 * WAIT_S) as server:
        yield server


def get(url: str, accept: str = "", method: str = "GET") -> tuple[int, str, str]:
    request = urllib.request.Request(url, headers={"Accept": accept}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_it_serves_one_path_to_readers(served: MetricsServer) -> None:
    status, kind, body = get(served.url)
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert "otha_supervisor_up 1.0" in body
    assert get(served.url.replace("/metrics", "/"))[0] == 404
    assert get(served.url, method="POST")[0] == 405
    assert get(served.url, method="HEAD") == (200, kind, "")
    assert get(f"{served.url}?name[]=otha_build_info")[0] == 200


def test_openmetrics_for_who_asks_for_it(served: MetricsServer) -> None:
    _, kind, body = get(served.url, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    assert body.endswith("# EOF\n")


@pytest.mark.parametrize(
    "accept", ["application/openmetrics-text; version=" + "9" * 400, "text/plain; version=x.y", ";,"]
)
def test_nonsense_is_answered_and_the_next_one_too(
    served: MetricsServer, accept: str, capfd: pytest.CaptureFixture[str]
) -> None:
    get(served.url, accept)
    assert get(served.url)[0] == 200
    assert capfd.readouterr().err == ""


def test_who_says_nothing_gives_way_to_who_comes_later(served: MetricsServer) -> None:
    address = "127.0.0.1", int(served.url.split(":")[2].split("/")[0])
    before = threading.active_count()
    silent = [socket.create_connection(address, timeout=WAIT_S) for _ in range(40)]
    try:
        for each in silent:
            each.sendall(b"GET /metrics HTTP/1.0\r\nX: ")
        assert get(served.url)[0] == 200
        assert silent[0].recv(1) == b""  # the oldest was hung up on
        end = time.monotonic() + WAIT_S
        while threading.active_count() > before + 9:
            assert time.monotonic() < end
            time.sleep(0.01)
    finally:
        for each in silent:
            each.close()
