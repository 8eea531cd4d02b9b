"""Rows on their way to real collectors: in order, none left out, over breaks, restarts and backlogs."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from otha.interface.syslog import ways
from otha.interface.syslog.courier import Courier, Manner
from otha.interface.syslog.mark import Mark
from otha.journal.entry import Entry
from otha.journal.writer import Journal
from otha.site.written_outlets import Facility, Severity, SyslogTransport
from otha.wire.outlet import Remark
from tests.interface.syslog.collector import WAIT_S, Collector, authority, secured

MANNER = Manner(
    site="two_tanks",
    version="1.0",
    facility=Facility.AUDIT,
    least=Severity.INFORMATIONAL,
    enterprise=32473,
    backlog_rows=1000,
)
SD = "otha@32473"


class Sending:
    """A courier at work on a thread. `told`: what it has told the supervisor."""

    def __init__(self, folder: Path, to: ways.Collector, manner: Manner = MANNER) -> None:
        self.told: list[tuple[Remark, str, int]] = []
        mark = Mark(folder / "syslog" / "mark.json")
        self.courier = Courier(folder / "journal", mark, manner, to, lambda *said: self.told.append(said))
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while not self._end.wait(min(self.courier.work(), 0.02)):
            pass
        self.courier.close()

    def end(self) -> None:
        """Stop in order."""
        self._end.set()
        self._thread.join(WAIT_S)

    def heard(self, remark: Remark) -> tuple[str, int]:
        """What was told of this kind first."""
        end = time.monotonic() + WAIT_S
        while not (found := [said[1:] for said in self.told if said[0] is remark]):
            assert time.monotonic() < end, self.told
            time.sleep(0.01)
        return found[0]


def to(port: int, transport: SyslogTransport = SyslogTransport.TCP) -> ways.Collector:
    return ways.Collector(
        host="127.0.0.1",
        port=port,
        transport=transport,
        server_name="siem.example",
        ca_file=None,
        certificate_file=None,
        key_file=None,
    )


def login(journal: Journal, number: int) -> None:
    journal.append(Entry(kind="interface.login", body={"client": str(number)}, user="anna"), urgent=True).result(30)


def clients(collector: Collector) -> list[str]:
    return [each.data[SD]["client"] for each in collector.parsed() if each.id == "interface.login"]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal") as made:
        made.append(Entry(kind="supervisor.start", body={}), urgent=True).result(30)
        yield made


def arrive(collector: Collector, numbers: list[int]) -> None:
    wanted = [str(number) for number in numbers]
    collector.wait(lambda _: list(dict.fromkeys(clients(collector))) == wanted)


@pytest.mark.parametrize("transport", [SyslogTransport.UDP, SyslogTransport.TCP])
def test_rows_arrive_in_order_and_say_what_they_are(
    tmp_path: Path, journal: Journal, transport: SyslogTransport
) -> None:
    collector = Collector(transport.value)
    for number in range(5):
        login(journal, number)
    journal.append(Entry(kind="effect.intent", body={}), urgent=True).result(30)
    sending = Sending(tmp_path, to(collector.port, transport))
    try:
        arrive(collector, list(range(5)))
        login(journal, 5)
        arrive(collector, list(range(6)))
        found = collector.parsed()
        assert [each.id for each in found] == ["supervisor.start", *["interface.login"] * 6]  # what is DEBUG stays
        assert [int(each.data["meta"]["sequenceId"]) for each in found] == list(range(1, 8))
        assert (found[1].facility, found[1].severity, found[1].app) == (13, 5, "otha")
        assert found[1].data[SD] | {"row": ""} == {
            "site": "two_tanks", "row": "", "kind": "interface.login", "user": "anna", "client": "0"
        }  # fmt: skip
        assert found[1].data["origin"] == {"software": "OTHA", "swVersion": "1.0"}
    finally:
        sending.end()
        collector.close()
    assert sending.told == []
    assert sending.courier.sent == 7


def test_over_tls_both_prove_who_they_are(tmp_path: Path, journal: Journal) -> None:
    server, server_key = authority(tmp_path, "siem.example")
    client, client_key = authority(tmp_path, "otha.example")
    collector = Collector("tls", secured(server, server_key, client))
    secure = replace(
        to(collector.port, SyslogTransport.TLS), ca_file=server, certificate_file=client, key_file=client_key
    )
    login(journal, 0)
    sending = Sending(tmp_path, secure)
    try:
        arrive(collector, [0])
    finally:
        sending.end()
        collector.close()


@pytest.mark.parametrize("wrong", ["another authority", "another name"])
def test_a_collector_that_cannot_prove_itself_gets_nothing(tmp_path: Path, journal: Journal, wrong: str) -> None:
    server, server_key = authority(tmp_path, "siem.example")
    other, _ = authority(tmp_path, "other.example")
    collector = Collector("tls", secured(server, server_key))
    secure = replace(
        to(collector.port, SyslogTransport.TLS),
        ca_file=other if wrong == "another authority" else server,
        server_name="siem.example" if wrong == "another authority" else "other.example",
    )
    sending = Sending(tmp_path, secure)
    try:
        sending.heard(Remark.TROUBLE)
        login(journal, 0)
    finally:
        sending.end()
        collector.close()
    assert collector.raw == []
    assert sending.courier.sent == 0


def test_nothing_is_lost_while_the_collector_is_away(tmp_path: Path, journal: Journal) -> None:
    collector = Collector("tcp")
    sending = Sending(tmp_path, to(collector.port))
    try:
        login(journal, 0)
        arrive(collector, [0])
        collector.hang_up()
        login(journal, 1)
        arrive(collector, [0, 1])
        collector.close()
        what, _ = sending.heard(Remark.TROUBLE)
        assert f"127.0.0.1:{collector.port} over tcp" in what
        for number in range(2, 300):
            login(journal, number)
        again = Collector("tcp", port=collector.port)
        again.wait(lambda _: "299" in clients(again))
        sending.heard(Remark.MENDED)
        assert set(clients(collector)) | set(clients(again)) == {str(number) for number in range(300)}
        again.close()
    finally:
        sending.end()
    assert sending.courier.lost == 0


def test_nobody_listening_over_udp_is_noticed(tmp_path: Path, journal: Journal) -> None:
    nobody = Collector("udp")
    nobody.close()
    login(journal, 0)
    sending = Sending(tmp_path, to(nobody.port, SyslogTransport.UDP))
    try:
        sending.heard(Remark.TROUBLE)
        collector = Collector("udp", port=nobody.port)
        arrive(collector, [0])
        collector.close()
    finally:
        sending.end()


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path, journal: Journal) -> None:
    collector = Collector("tcp")
    sending = Sending(tmp_path, to(collector.port))
    login(journal, 0)
    arrive(collector, [0])
    sending.end()
    collector.close()
    login(journal, 1)  # told by nobody, until
    second = Collector("tcp")
    sending = Sending(tmp_path, to(second.port))
    try:
        arrive(second, [1])
    finally:
        sending.end()
        second.close()


@pytest.mark.parametrize("mark", ["", "{}", '{"row": -1}', '{"row": "x"}', '{"row": 999999999}'])
def test_a_mark_that_means_nothing_begins_with_the_newest_start(tmp_path: Path, journal: Journal, mark: str) -> None:
    file = tmp_path / "syslog" / "mark.json"
    file.parent.mkdir()
    file.write_text(mark)
    collector = Collector("tcp")
    login(journal, 0)
    sending = Sending(tmp_path, to(collector.port))
    try:
        arrive(collector, [0])
        assert collector.parsed()[0].id == "supervisor.start"
    finally:
        sending.end()
        collector.close()


def test_more_than_may_wait_is_left_out_counted_and_told(tmp_path: Path, journal: Journal) -> None:
    rows = [journal.append(Entry(kind="interface.login", body={"client": str(n)}, user="anna")) for n in range(1200)]
    rows[-1].result(30)
    collector = Collector("tcp")
    sending = Sending(tmp_path, to(collector.port))
    try:
        collector.wait(lambda _: "1199" in clients(collector))
        found = collector.parsed()
        assert found[0].id == "syslog.lost"
        lost = int(found[0].data[SD]["count"])
        assert sending.heard(Remark.LOST)[1] == lost == sending.courier.lost > 200
        assert len(found) == 1001
    finally:
        sending.end()
        collector.close()
