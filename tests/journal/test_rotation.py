"""Segments that are closed for their size or age: numbers and chain go on, a cut end shows, readers see one journal."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from otha.interface.follow import Follower
from otha.interface.pages import page
from otha.journal import opening
from otha.journal.backup import back_up
from otha.journal.entry import Entry, JournalRow
from otha.journal.opening import CONTINUED
from otha.journal.reader import Query, Reader
from otha.journal.segment import segment_path, segments_in
from otha.journal.store import create_segment
from otha.journal.terms import Limits
from otha.journal.verify import verify
from otha.journal.writer import Journal

SMALL = Limits(segment_bytes=1)
ROWS = 12


@pytest.fixture(autouse=True)
def looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """The segment's size is looked at after each commit."""
    monkeypatch.setattr("otha.journal.writer._LOOK_NS", 0)
    monkeypatch.setattr("otha.journal.writer._QUIET_NS", 0)


def write(folder: Path, rows: int, limits: Limits = SMALL, on_closed: Callable[[Path], None] | None = None) -> int:
    with Journal(folder, limits=limits, on_closed=on_closed) as journal:
        seq = [journal.append(Entry(kind="test.row", body={"n": n}), urgent=True).result(10) for n in range(rows)]
    return seq[-1]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    write(tmp_path / "journal", ROWS)
    return tmp_path / "journal"


def test_a_full_segment_is_followed_by_one_whose_numbers_go_on(tmp_path: Path) -> None:
    closed: list[Path] = []
    write(tmp_path, ROWS, on_closed=closed.append)
    assert closed == segments_in(tmp_path)[:-1]
    assert len(closed) == ROWS
    with Reader(tmp_path) as reader:
        found = list(reader.query())
        assert [row.seq for row in found] == list(range(1, 2 * ROWS + 2))
        assert [row.as_dict()["body"]["n"] for row in found if row.kind == "test.row"] == list(range(ROWS))
        newest = reader.tail(1)[0]
    body = newest.as_dict()["body"]
    assert (newest.kind, body["closed_file"], body["last_row"]) == (CONTINUED, closed[-1].name, newest.seq - 1)
    verified = verify(tmp_path)
    assert (verified.faults, verified.rows, verified.last_seq) == ((), len(found), newest.seq)
    assert verified.signed_seq == newest.seq


def test_the_next_start_goes_on_in_the_newest_and_one_of_its_age_is_closed(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(segments_in(journal))
    write(journal, 3, Limits(segment_s=3600))
    assert len(segments_in(journal)) == before
    now = time.time_ns()
    monkeypatch.setattr("otha.journal.writer.time.time_ns", lambda: now + 3_601_000_000_000)
    write(journal, 1, Limits(segment_s=3600))
    monkeypatch.undo()
    assert len(segments_in(journal)) == before + 1
    assert verify(journal).ok


def test_rows_that_are_not_folded_into_the_file_yet_count(tmp_path: Path) -> None:
    with Journal(tmp_path, limits=Limits(segment_bytes=200_000)) as journal:
        for _ in range(30):
            rows = [journal.append(Entry(kind="test.row", body={"text": "x" * 1000})) for _ in range(20)]
            for row in rows:
                row.result(10)
    sizes = [path.stat().st_size for path in segments_in(tmp_path)]
    assert len(sizes) > 2
    assert all(200_000 <= size < 300_000 for size in sizes[:-1])


def test_no_transfer_waits_for_a_segment_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otha.journal.writer._QUIET_NS", 3_600_000_000_000)
    entry = Entry(kind="test.row", body={"text": "x" * 1000})
    with Journal(tmp_path, limits=Limits(segment_bytes=100_000, segment_s=1)) as journal:
        while journal.append(entry, urgent=True).result(10) % 60:
            pass
        assert len(segments_in(tmp_path)) == 1
        assert journal.append(entry, urgent=True).result(10)
        for _ in range(120):
            journal.append(entry, urgent=True).result(10)
    assert len(segments_in(tmp_path)) == 2
    assert segment_path(tmp_path, 1).stat().st_size >= 200_000


def test_everybody_who_reads_sees_one_journal(journal: Path) -> None:
    with Reader(journal) as reader:
        every = list(reader.query())
        assert reader.count(Query(kind="test.row")) == ROWS
        assert list(reader.newest()) == every[::-1]
        checkpoint = reader.last_checkpoint()
    assert checkpoint is not None
    assert verify(journal, checkpoint).ok
    found = page(journal, Query(), 5, newest_first=False, given_up=lambda: False)
    pages = [*found.rows]
    while found.after is not None:
        found = page(journal, Query(after_seq=found.after), 5, newest_first=False, given_up=lambda: False)
        pages += found.rows
    assert pages == every
    follower, followed = Follower(journal, 0), list[JournalRow]()
    while rows := follower.page(5):
        followed += rows
    follower.close()
    assert followed == every


@pytest.mark.parametrize("rows", [1, 2])
def test_a_cut_end_of_a_closed_segment_shows_without_an_anchor(journal: Path, rows: int) -> None:
    path = segment_path(journal, 5)
    with Reader(path) as reader:
        last = reader.last_seq()
    with closing(sqlite3.connect(path)) as connection, connection:
        for table in ("events", "checkpoints"):
            connection.execute(f"DELETE FROM {table} WHERE seq > ?", (last - rows,))
    found = verify(journal)
    assert [(fault.file, fault.seq) for fault in found.faults[:1]] == [(path.name, last - rows + 1)]
    assert found.verified_seq == last - rows


def test_a_segment_that_was_taken_out_of_the_middle_shows(journal: Path) -> None:
    segment_path(journal, 5).unlink()
    assert [fault.what for fault in verify(journal).faults] == ["it follows journal-0005.db, which is missing"]


def test_a_disk_without_room_for_another_segment_still_takes_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *given: object) -> None:
        if path.name != "journal-0001.db":
            raise OSError(28, "No space left on device")
        create_segment(path, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(opening, "create_segment", full)
    assert write(tmp_path, 3) == 4
    monkeypatch.undo()
    assert len(segments_in(tmp_path)) == 1
    assert verify(tmp_path).ok


def test_a_segment_that_is_there_after_all_is_the_one_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsure(path: Path, *given: object) -> None:
        create_segment(path, *given)  # type: ignore[arg-type]
        if path.name != "journal-0001.db":
            monkeypatch.setattr(opening, "create_segment", create_segment)
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(opening, "create_segment", unsure)
    write(tmp_path, 5)
    with Reader(tmp_path) as reader:
        assert [row.as_dict()["body"]["n"] for row in reader.query(Query(kind="test.row"))] == list(range(5))
    assert verify(tmp_path).ok


def test_a_journal_of_many_segments_is_backed_up_while_it_is_written(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", limits=SMALL) as journal:
        for n in range(ROWS):
            journal.append(Entry(kind="test.row", body={"n": n}), urgent=True).result(10)
        made = back_up(tmp_path / "journal", tmp_path / "copy")
    assert (made.found.faults, made.is_whole) == ((), True)
    assert len(made.segments) >= ROWS
