"""The event log: a million rows, filters, pages, the newest on top, and exports."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDate
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from hmi.desk import Asked, Rows
from hmi.event_export import PDF_ROWS_MAX
from hmi.event_page import EventPage
from hmi.model import Answer
from tests.hmi.desks import Call, PlayedDesk

MILLION = 1_000_000


def row(seq: int, kind: str = "decision") -> dict[str, Any]:
    """A row of the journal as QueryEvents gives it."""
    reasons = [{"why": "PHASE", "rule": "", "args": ["fenced", "sc_b", 5]}]
    return {
        "seq": seq,
        "wall_ns": 1_700_000_000_000_000_000 + seq,
        "kind": kind,
        "group": "tanks",
        "user": "",
        "epoch": 5,
        "mono_ns": seq,
        "body": {"reasons": reasons},
    }


def asked(call: Call) -> Asked:
    """What was asked for."""
    found = call.inputs["asked"]
    assert isinstance(found, Asked)
    return found


class Server:
    """Answers queries out of a journal of `size` rows, of which every `every`th matches a filter."""

    def __init__(self, desk: PlayedDesk, size: int, every: int = 1) -> None:
        self.desk, self.size, self.every = desk, size, every
        self.answered = 0

    def answer(self) -> None:
        """Answer all that has been asked."""
        while self.answered < len(self.desk.calls):
            call = self.desk.calls[self.answered]
            self.answered += 1
            if call.method == "QueryEvents":
                call.done(self._page(asked(call)))

    def _page(self, wanted: Asked) -> Rows:
        plain = Asked(after_seq=wanted.after_seq, limit=wanted.limit, newest_first=wanted.newest_first)
        step = 1 if wanted == plain and not wanted.newest_first else self.every
        if wanted.newest_first:
            begin = (wanted.after_seq or self.size + 1) - 1
            found = [seq for seq in range(begin, 0, -1) if seq % step == 0][: wanted.limit + 1]
        else:
            found = [seq for seq in range(wanted.after_seq + 1, self.size + 1) if seq % step == 0][: wanted.limit + 1]
        more = len(found) > wanted.limit
        found = found[: wanted.limit]
        return Rows(
            rows=tuple(row(seq) for seq in found), next_after=found[-1] if more else 0, verified_seq=self.size - 1
        )


@pytest.fixture
def desk() -> PlayedDesk:
    return PlayedDesk()


@pytest.fixture
def page(qtbot: QtBot, desk: PlayedDesk, tmp_path: Path) -> EventPage:
    made = EventPage(desk, choose_file=lambda _parent, ending: str(tmp_path / f"events.{ending}"))
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    return made


def seqs(page: EventPage, first: int = 0, count: int = 3) -> list[int | None]:
    """The numbers of some rows of the table."""
    rows = [page.model.row(at) for at in range(first, first + count)]
    return [None if each is None else each.seq for each in rows]


def test_of_a_million_events_only_what_is_looked_at_is_read(page: EventPage, desk: PlayedDesk) -> None:
    server = Server(desk, MILLION)
    page.grow(MILLION)
    assert page.model.rowCount() == MILLION
    assert seqs(page) == [None, None, None]
    server.answer()
    assert seqs(page) == [MILLION, MILLION - 1, MILLION - 2]
    page.table.scrollTo(page.model.index(MILLION // 2, 0))
    seqs(page, MILLION // 2)
    server.answer()
    assert seqs(page, MILLION // 2) == [MILLION // 2, MILLION // 2 - 1, MILLION // 2 - 2]
    assert sum(asked(each).limit for each in desk.asked("QueryEvents")) < 3_000
    assert "999999" in page.mark.text()


def test_the_newest_comes_on_top_while_it_is_followed(page: EventPage, desk: PlayedDesk) -> None:
    server = Server(desk, 1_000)
    page.grow(1_000)
    seqs(page)
    server.answer()
    page.live.setChecked(False)
    page.grow(1_001)
    assert page.model.rowCount() == 1_000
    page.live.setChecked(True)
    server.size = 1_003
    page.grow(1_003)
    seqs(page)
    server.answer()
    assert seqs(page) == [1_003, 1_002, 1_001]


def test_a_filter_reads_pages_as_it_is_scrolled_and_finds_what_comes(page: EventPage, desk: PlayedDesk) -> None:
    server = Server(desk, 20_000, every=10)
    page.grow(20_000)
    page.text.setText("fenced")
    page.filter_now()
    server.answer()
    assert (page.model.rowCount(), seqs(page)) == (500, [20_000, 19_990, 19_980])
    index = page.table.rootIndex()
    assert page.model.canFetchMore(index)
    page.model.fetchMore(index)
    server.answer()
    assert page.model.rowCount() == 1_000
    assert seqs(page, 498, 4) == [15_020, 15_010, 15_000, 14_990]
    server.size = 20_025
    page.grow(20_025)
    server.answer()
    assert seqs(page) == [20_020, 20_010, 20_000]


def test_an_answer_to_an_older_filter_is_dropped(page: EventPage, desk: PlayedDesk) -> None:
    page.grow(100)
    page.text.setText("one")
    page.filter_now()
    old = desk.asked("QueryEvents")[-1]
    page.text.setText("two")
    page.filter_now()
    old.done(Rows(rows=(row(1),), next_after=0, verified_seq=0))
    assert page.model.rowCount() == 0


def test_a_page_without_an_answer_is_asked_for_again(page: EventPage, desk: PlayedDesk) -> None:
    page.grow(100)
    seqs(page)
    desk.asked("QueryEvents")[-1].done(None)
    before = len(desk.calls)
    seqs(page)
    assert len(desk.calls) == before + 1


def test_yesterday_is_the_calendars(page: EventPage, desk: PlayedDesk) -> None:
    page.span.setCurrentIndex(page.span.findData("yesterday"))
    page.filter_now()
    today = QDate.currentDate()
    wanted = asked(desk.asked("QueryEvents")[-1])
    assert wanted.from_ms == today.addDays(-1).startOfDay().toMSecsSinceEpoch()
    assert wanted.to_ms == today.startOfDay().toMSecsSinceEpoch()
    assert (page.since.dateTime(), page.until.dateTime()) == (today.addDays(-1).startOfDay(), today.startOfDay())
    assert not page.since.isEnabled()
    page.span.setCurrentIndex(page.span.findData("own"))
    assert page.since.isEnabled()
    own = page.wanted()
    assert (own.from_ms, own.to_ms) == (wanted.from_ms, wanted.to_ms), "a span of one's own begins with it"


def test_csv_holds_every_page(page: EventPage, desk: PlayedDesk, tmp_path: Path) -> None:
    server = Server(desk, 1_234)
    page.export("csv")
    server.answer()
    text = (tmp_path / "events.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [int(each["seq"]) for each in rows] == list(range(1, 1_235))
    assert "1234" in page.count.text()


def test_pdf_is_written_and_refuses_what_nobody_would_read(page: EventPage, desk: PlayedDesk, tmp_path: Path) -> None:
    server = Server(desk, 50)
    page.export("pdf")
    server.answer()
    assert (tmp_path / "events.pdf").read_bytes().startswith(b"%PDF")
    (tmp_path / "events.pdf").unlink()
    server.size = PDF_ROWS_MAX + 1
    page.export("pdf")
    server.answer()
    assert not (tmp_path / "events.pdf").exists()
    assert str(PDF_ROWS_MAX) in page.count.text()


def test_an_export_that_breaks_off_leaves_no_file(page: EventPage, desk: PlayedDesk, tmp_path: Path) -> None:
    page.export("csv")
    desk.asked("QueryEvents")[-1].done(None)
    assert not (tmp_path / "events.csv").exists()
    assert "✗" in page.count.text()


def test_a_broken_chain_is_said_loudly(page: EventPage, desk: PlayedDesk) -> None:
    page.check.click()
    fault = {"file": "j", "seq": 42, "field": "hash", "what": "the hash does not fit"}
    found = {"ok": False, "last_seq": 99, "faults": [fault]}
    desk.asked("VerifyJournal")[-1].done(Answer(ticket="t", method="VerifyJournal", data=found))
    assert "BROKEN" in page.mark.text()
    assert "42" in page.mark.text()


def test_the_model_keeps_qts_rules(page: EventPage, desk: PlayedDesk, qtmodeltester: ModelTester) -> None:
    server = Server(desk, 300)
    qtmodeltester.check(page.model)
    page.grow(300)
    server.answer()
    page.text.setText("x")
    page.filter_now()
    server.answer()
    server.size = 310
    page.grow(310)
    server.answer()
