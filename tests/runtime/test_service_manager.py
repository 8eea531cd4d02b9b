"""What the service manager hears: from the class, over a real socket, and from a real `otha run`."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from otha.runtime.service_manager import ServiceManager
from tests.site.examples import TWO_TANKS

WAIT_S = 60.0


class Manager:
    """The manager's end of $NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._socket.settimeout(WAIT_S)

    def heard(self) -> list[str]:
        """The lines of the next datagram."""
        return self._socket.recv(4096).decode().split("\n")

    def heard_until(self, line: str) -> list[str]:
        """All lines up to this one."""
        lines: list[str] = []
        end = time.monotonic() + WAIT_S
        while line not in lines:
            assert time.monotonic() < end, lines
            lines += self.heard()
        return lines

    def is_silent(self) -> bool:
        """Nothing waits to be heard."""
        self._socket.setblocking(False)
        try:
            self._socket.recv(4096)
        except BlockingIOError:
            return True
        finally:
            self._socket.settimeout(WAIT_S)
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest) -> Iterator[Manager]:
    with tempfile.TemporaryDirectory(prefix="otha-") as folder:  # a socket's path must be short
        name = "notify" if request.param == "path" else f"otha-test-{os.getpid()}-{os.urandom(4).hex()}"
        made = Manager(f"{folder}/{name}" if request.param == "path" else f"@{name}")
        try:
            yield made
        finally:
            made.close()


def environment(manager: Manager, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "8000000", **more}


def test_its_words_are_taken_out_of_the_environment(manager: Manager) -> None:
    given = environment(manager, WATCHDOG_PID=str(os.getpid()), HOME="/")
    service = ServiceManager(given)
    assert given == {"HOME": "/"}
    assert service.is_there
    assert service.every_ns == 2_000_000_000
    service.ready()
    assert manager.heard() == ["READY=1"]
    service.stopping(1_500_000_000)
    assert manager.heard() == ["STOPPING=1", "STATUS=stopping", "EXTEND_TIMEOUT_USEC=1500000"]
    service.close()
    service.ready()
    assert manager.is_silent()


def test_the_watchdog_is_fed_only_while_heartbeats_leave(manager: Manager) -> None:
    service = ServiceManager(environment(manager))
    service.alive(100, 0, "well")
    assert manager.heard() == ["WATCHDOG=1", "STATUS=well"]
    service.alive(200, 99, "well")  # more left than did not
    assert manager.heard() == ["WATCHDOG=1"]
    service.alive(200, 99, "well")  # none was due
    assert manager.heard() == ["WATCHDOG=1"]
    service.alive(200, 101, "well")  # none left, and some were due
    assert manager.is_silent()
    service.alive(250, 151, "not\nWATCHDOG=1 well")  # as many did not
    assert manager.heard() == ["STATUS=not?WATCHDOG=1 well"]
    service.alive(350, 151, "not\nWATCHDOG=1 well")
    assert manager.heard() == ["WATCHDOG=1"]
    service.close()


@pytest.mark.parametrize(
    "more", [{"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "-5"}, {"WATCHDOG_USEC": "x"}]
)
def test_a_watchdog_that_is_not_ours_is_not_fed(manager: Manager, more: dict[str, str]) -> None:
    service = ServiceManager(environment(manager, **more))
    service.alive(100, 0, "well")
    assert manager.heard() == ["STATUS=well"]
    service.close()


@pytest.mark.parametrize("address", ["", "vsock:2:1", "/nowhere/at/all", "@nobody-listens-there"])
def test_without_a_manager_nothing_happens(address: str) -> None:
    service = ServiceManager({"NOTIFY_SOCKET": address})
    service.ready()
    service.alive(1, 0, "well")
    service.stopping(0)
    service.close()


def test_a_manager_that_takes_nothing_holds_nothing_up(manager: Manager) -> None:
    service = ServiceManager(environment(manager))
    for number in range(5_000):
        service.alive(number, 0, str(number))
    service.close()
    assert manager.heard()


def test_a_supervisor_is_ready_alive_and_stops_in_order(tmp_path: Path) -> None:
    """Over a plant that is not there: heartbeats leave all the same."""
    with tempfile.TemporaryDirectory(prefix="otha-") as folder:
        manager = Manager(f"{folder}/notify")
        (tmp_path / "state").mkdir(mode=0o700)
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "otha", "run", str(TWO_TANKS), "--state", str(tmp_path / "state")],
                env={**os.environ, "NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "1000000"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            assert "WATCHDOG=1" not in manager.heard_until("READY=1")
            manager.heard_until("WATCHDOG=1")
            lines = manager.heard_until("WATCHDOG=1") + manager.heard_until("WATCHDOG=1")
            assert not any(line.startswith("STOPPING") for line in lines)
            process.send_signal(signal.SIGTERM)
            lines = manager.heard_until("STOPPING=1")
            assert process.wait(WAIT_S) == 0
        finally:
            process.kill()
            process.wait()
            manager.close()
