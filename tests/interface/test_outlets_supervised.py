"""The whole of it: a plant, `otha run` with its outlets as processes, and what a plant's IT gets of them."""

import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from otha.certificates import OwnIdentity
from otha.core.inputs import Order
from otha.core.words import OrderKind
from otha.wire.client import WireClient
from sim.ports import free_ports
from tests.interface.house import WAIT_S
from tests.interface.supervised import Supervised, supervised_plant
from tests.interface.syslog.collector import Collector
from tests.interface.syslog.rfc5424 import Parsed


class Watched:
    """A supervised plant with everything on."""

    def __init__(self, made: Supervised, metrics: int, siem: Collector) -> None:
        self.otha = made
        self.siem = siem
        self._metrics = f"http://127.0.0.1:{metrics}/metrics"

    def scraped(self, text: str) -> str:
        """The figures, once this text is in them."""
        end = time.monotonic() + WAIT_S
        while True:
            try:
                with urllib.request.urlopen(self._metrics, timeout=WAIT_S) as answer:
                    body: str = answer.read().decode()
            except OSError:
                body = ""
            if text in body:
                return body
            assert time.monotonic() < end, f"{text}\n{body}\n{self.otha.log.read_text()}"
            time.sleep(0.1)

    def switch(self) -> None:
        """Order a switchover until it is accepted."""
        end = time.monotonic() + WAIT_S
        while True:
            with WireClient(self.otha.state / "otha.sock", timeout_s=10) as client:
                order = Order(
                    id=os.urandom(8).hex(),
                    kind=OrderKind.SWITCHOVER,
                    group="tanks",
                    user="",
                    client="",
                    node=None,
                    arming=None,
                    comment="IT",
                )
                if client.order(order).accepted:
                    return
            assert time.monotonic() < end, self.otha.log.read_text()
            time.sleep(0.2)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, own: OwnIdentity) -> Iterator[Watched]:
    folder: Path = tmp_path_factory.mktemp("watched")
    metrics = free_ports(["metrics"])["metrics"]
    siem = Collector("tcp")
    more = (
        f'[metrics]\nendpoint = "127.0.0.1:{metrics}"\n'
        f'[syslog]\nendpoint = "127.0.0.1:{siem.port}"\ntransport = "tcp"\n'
    )
    with supervised_plant(folder, own.certificate.read_bytes(), more) as made:
        yield Watched(made, metrics, siem)
    siem.close()


def test_a_transfer_is_scraped(watched: Watched) -> None:
    watched.scraped('otha_group_standing{group="tanks",standing="following"} 1.0')
    watched.scraped('otha_outlet_up{outlet="interface"} 1.0')
    watched.switch()
    body = watched.scraped('otha_transfers_total{drill="false",group="tanks",kind="switchover",outcome="done"} 1.0')
    assert 'otha_transfer_duration_seconds_count{kind="switchover",outcome="done"} 1.0' in body
    assert 'otha_channel_reply_age_seconds{channel="sc_a.net_a",node="sc_a"}' in body
    assert 'otha_outlet_up{outlet="metrics"} 1.0' in body
    assert "otha_heartbeat_lateness_seconds_bucket" in body


def test_a_siem_gets_orders_transfers_and_starts_once_each(watched: Watched) -> None:
    data = "otha@32473"

    def ended(found: list[Parsed]) -> bool:
        return any("ended" in each.data[data].get("why", "") for each in found)

    found = watched.siem.wait(ended)
    assert {"supervisor.start", "order", "transfer"} <= {each.id for each in found}
    (order,) = [each for each in found if "order_taken" in each.data[data].get("why", "")]
    assert order.data[data]["order"] == "switchover"
    assert order.data[data]["comment"] == "IT"
    assert order.data[data]["user"]
    news = [each.text for each in found if each.id == "interface.access"]
    assert any("user admin-person is new: admin" in each for each in news)  # made before the start
    rows = [int(each.data[data]["row"]) for each in found]
    assert rows == sorted(set(rows))


def test_its_death_moves_nothing_and_it_comes_again(watched: Watched) -> None:
    before = watched.otha.status()
    os.kill(watched.otha.child("metrics"), signal.SIGKILL)
    watched.otha.wait_for("metrics works=", 2)
    watched.scraped('otha_outlet_starts_total{outlet="metrics"} 2.0')
    after = watched.otha.status()
    assert after["loop"]["defects"] == {}
    assert after["loop"]["lateness_ns"]["count"] > before["loop"]["lateness_ns"]["count"]
    assert after["groups"][0]["active"] == before["groups"][0]["active"]
    assert watched.otha.journaled("metrics.end")
    watched.siem.wait(lambda found: any(each.id == "metrics.end" for each in found))
    watched.scraped('otha_outlet_up{outlet="syslog"} 1.0')


def test_the_last_row_reaches_the_siem_before_the_end(watched: Watched) -> None:
    watched.otha.end()
    watched.siem.wait(lambda found: found[-1].id == "supervisor.stop")
