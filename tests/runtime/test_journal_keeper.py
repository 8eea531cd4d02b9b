"""Closed segments of the journal: noted when they were copied, removed when they may be, and the chain tells of it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Semaphore
from types import SimpleNamespace
from typing import Any

import pytest

from otha.journal.backup import back_up
from otha.journal.closed import BACKED_UP, REMOVED, ClosedSegment, Held, closed_in
from otha.journal.entry import Entry
from otha.journal.reader import Query, Reader
from otha.journal.segment import segment_path, segments_in
from otha.journal.terms import Limits
from otha.journal.verify import verify
from otha.journal.writer import Journal
from otha.runtime import last_site, standing
from otha.runtime.journal_keeper import JournalKeeper, due
from otha.site.retention import Retention
from otha.wire.message import BackupMade, BackupNoted, Copied, Refusal

DAY_S = 86_400
NOW = 1_000 * DAY_S * 1_000_000_000
KEPT = Retention(segment_bytes=1, segment_s=0, keep_s=0, keep_bytes=0, without_backup=False, free_bytes=0)
ALL = replace(KEPT, keep_bytes=1)


def held(number: int, days: int, size: int = 10) -> Held:
    segment = ClosedSegment(file=f"journal-{number:04d}.db", last_row=number, last_hash="")
    return Held(segment=segment, path=Path(segment.file), closed_ns=NOW - days * DAY_S * 1_000_000_000, size=size)


@pytest.mark.parametrize(
    ("keep_s", "keep_bytes", "gone"),
    [
        (0, 0, []),
        (30 * DAY_S, 0, [1, 2]),
        (31 * DAY_S, 0, [1]),
        (0, 40, []),
        (0, 39, [1]),
        (0, 1, [1, 2, 3]),
        (31 * DAY_S, 25, [1, 2]),
    ],
)
def test_the_oldest_go_first_for_their_age_or_for_what_all_together_take(
    keep_s: int, keep_bytes: int, gone: list[int]
) -> None:
    closed = [held(1, 40), held(2, 30), held(3, 1)]
    found = due(closed, 10, replace(KEPT, keep_s=keep_s, keep_bytes=keep_bytes), NOW)
    assert [each.segment.last_row for each, _ in found] == gone


class Kept:
    """A journal of several segments, written on, and its keeper."""

    def __init__(self, folder: Path, kept: Retention) -> None:
        self.folder = folder
        self._closed = Semaphore(0)
        self.journal = Journal(
            folder / "journal", limits=Limits(segment_bytes=1), on_closed=lambda _: self._closed.release()
        )
        self.told: list[str] = []
        self.low: list[str] = []
        self.keeper = JournalKeeper(
            folder / "journal",
            kept,
            self.note,
            names=lambda: ["tanks", "otha1"],
            told=self.told.append,
            low=self.low.append,
        )

    def note(self, kind: str, body: dict[str, Any], user: str, group: str = "") -> "Future[int]":
        return self.journal.append(Entry(kind=kind, body=body, user=user, group=group), urgent=True)

    def write(self, kind: str = "test.row", group: str = "") -> int:
        """A row, and the segment that begins after it."""
        row = self.note(kind, {}, "", group).result(10)
        assert self._closed.acquire(timeout=10)
        return row

    def files(self) -> list[str]:
        return [path.name for path in segments_in(self.folder / "journal")]

    def copied(self, to: str) -> BackupMade:
        made = back_up(self.folder / "journal", self.folder / to)
        assert made.is_good
        return BackupMade(
            path=str(self.folder / to),
            last_row=made.found.last_seq,
            last_hash=made.last_hash.hex(),
            segments=tuple(Copied(**each.as_json()) for each in made.closed),  # type: ignore[arg-type]
        )

    def end(self) -> None:
        self.keeper.close()
        self.journal.close()


@pytest.fixture
def keeping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Retention], "Kept"]]:
    monkeypatch.setattr("otha.journal.writer._LOOK_NS", 0)
    monkeypatch.setattr("otha.journal.writer._QUIET_NS", 0)
    made: list[Kept] = []

    def make(kept: Retention) -> Kept:
        made.append(Kept(tmp_path, kept))
        return made[-1]

    yield make
    for each in made:
        each.end()


Make = Callable[[Retention], Kept]


@pytest.mark.asyncio
async def test_what_nobody_has_a_copy_of_stays_and_what_was_copied_goes_and_the_chain_tells(keeping: Make) -> None:
    at = keeping(ALL)
    for _ in range(4):
        at.write()
    before = at.files()
    await at.keeper.look()
    await at.keeper.look()
    assert at.files() == before
    (said,) = at.told  # once
    assert said.startswith("journal-0001.db is to be removed (the journal has 0 MiB), and is not: there is no copy")
    made = at.copied("copy")
    noted = await at.keeper.backed_up(made, "kim")
    assert isinstance(noted, BackupNoted)
    with Reader(at.folder / "journal") as reader:
        (row,) = reader.query(Query(kind=BACKED_UP))
        body = row.as_dict()["body"]
        assert (row.seq, row.user, body["path"]) == (noted.row, "kim", str(at.folder / "copy"))
        assert (body["last_row"], body["last_hash"]) == (made.last_row, made.last_hash)
        assert [each["file"] for each in body["segments"]] == before[:-1]
    await at.keeper.look()
    assert not set(at.files()) & set(before[:-1])
    found = verify(at.folder / "journal")
    assert found.faults == ()
    with Reader(at.folder / "journal") as reader:
        removed = [row.as_dict()["body"] for row in reader.query(Query(kind=REMOVED))]
    assert [(each["file"], each["backup"]) for each in removed] == [(name, made.path) for name in before[:-1]]
    assert verify(at.folder / "copy").ok


@pytest.mark.asyncio
async def test_a_first_segment_that_was_taken_away_by_somebody_else_shows(keeping: Make) -> None:
    at = keeping(replace(ALL, without_backup=True))
    for _ in range(3):
        at.write()
    await at.keeper.look()
    assert verify(at.folder / "journal").ok
    first = segments_in(at.folder / "journal")[0]
    first.unlink()
    (fault, *_) = verify(at.folder / "journal").faults
    assert fault.what == f"the file before it, {first.name}, is missing"


@pytest.mark.asyncio
async def test_rows_that_the_next_start_asks_for_are_kept_until_there_are_newer_ones(keeping: Make) -> None:
    at = keeping(replace(ALL, without_backup=True))
    at.write(standing.KIND, "gone_from_the_site")
    at.write(standing.KIND, "tanks")
    at.write(standing.ALARMS_KIND, "otha1")
    at.write("supervisor.start")
    holds = ["group.standing of tanks", "alarm.standing of otha1", "which site has run since then"]
    newer = [(standing.KIND, "tanks"), (standing.ALARMS_KIND, "otha1"), (last_site.STANDING, "")]
    for asked, (kind, group) in zip(holds, newer, strict=True):
        await at.keeper.look()
        assert asked in at.told[-1]
        at.write(kind, group)
    at.told.clear()
    await at.keeper.look()
    assert at.files()[0] > "journal-0004.db"


@pytest.mark.asyncio
async def test_a_copy_of_another_journal_is_not_noted_nor_segments_that_are_not_these(keeping: Make) -> None:
    at = keeping(ALL)
    for _ in range(3):
        at.write()
    made = at.copied("copy")
    refused = await at.keeper.backed_up(replace(made, last_hash="00" * 32), "kim")
    assert isinstance(refused, Refusal)
    forged = tuple(replace(each, last_hash="00" * 32) for each in made.segments[:1])
    assert isinstance(
        await at.keeper.backed_up(replace(made, segments=forged + made.segments[1:2]), "kim"), BackupNoted
    )
    with Reader(at.folder / "journal") as reader:
        (row,) = reader.query(Query(kind=BACKED_UP))
    assert [each["file"] for each in row.as_dict()["body"]["segments"]] == ["journal-0002.db"]
    await at.keeper.look()
    assert segment_path(at.folder / "journal", 1).exists()


@pytest.mark.asyncio
async def test_a_disk_that_gets_full_is_told_once_and_so_is_its_end(
    keeping: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = keeping(replace(KEPT, free_bytes=5 << 20))
    for free in (5 << 20, (5 << 20) - 1, 0, 6 << 20):
        found = SimpleNamespace(free=free)
        monkeypatch.setattr("otha.runtime.journal_keeper.shutil.disk_usage", lambda _, found=found: found)
        await at.keeper.look()
    assert (at.low, at.told) == (["less than 5 MiB", ""], [])


def test_closed_segments_are_named_by_those_after_them(keeping: Make) -> None:
    at = keeping(ALL)
    rows = [at.write() for _ in range(3)]
    found = closed_in(at.folder / "journal")
    assert [each.segment.last_row for each in found] == rows
    with Reader(at.folder / "journal") as reader:
        hashes = {row.seq: row.hash.hex() for row in reader.query()}
    assert all(each.segment.last_hash == hashes[each.segment.last_row] for each in found)
