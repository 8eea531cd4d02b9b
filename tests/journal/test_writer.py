import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from otha.journal.entry import Entry, JournalRow
from otha.journal.errors import (
    EntryRefused,
    JournalClosed,
    JournalFull,
    JournalInUse,
    JournalTooNew,
    NotDurable,
)
from otha.journal.reader import Reader
from otha.journal.schema import ROWS_AT_ONCE, Connection, connect_to_write
from otha.journal.segment import segment_path
from otha.journal.terms import Limits, Trouble, TroubleKind
from otha.journal.verify import verify
from otha.journal.writer import REFUSED, Journal

SHORT = Limits(retry_ms=2, retry_max_ms=5)


def entry(n: int = 0) -> Entry:
    return Entry(kind="test.row", body={"n": n}, group="tanks", node="sc_a", epoch=3, user="kim", mono_ns=1000 + n)


def rows(directory: Path, kind: str = "test.row") -> list[JournalRow]:
    with Reader(directory) as reader:
        return [row for row in reader.query() if row.kind == kind]


def checkpoints(directory: Path) -> list[int]:
    connection = sqlite3.connect(segment_path(directory, 1))
    try:
        return [seq for (seq,) in connection.execute("SELECT seq FROM checkpoints ORDER BY seq")]
    finally:
        connection.close()


class Faulty:
    """A real connection whose commits can be made to fail, before or after they happened; after it, the file can't be
    opened again either as long as that lasts: what came through all the same is found when the trouble is over."""

    def __init__(self, path: Path, fault: "Fault") -> None:
        self._inner = connect_to_write(path)
        self._fault = fault

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        if sql == "COMMIT" and self._fault.mode == "after":
            self._inner.execute(sql)
        if sql == "COMMIT" and self._fault.mode:
            self._fault.met.set()
            raise sqlite3.OperationalError("disk I/O error")
        return self._inner.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        return self._inner.executemany(sql, parameters)

    def close(self) -> None:
        self._inner.close()


class Fault:
    def __init__(self) -> None:
        self.mode = ""
        self.met = threading.Event()

    def connect(self, path: Path) -> Connection:
        if self.mode == "after":
            raise sqlite3.OperationalError("unable to open database file")
        return Faulty(path, self)


class Told:
    """Collects what `on_trouble` says."""

    def __init__(self) -> None:
        self.troubles: list[Trouble] = []
        self._changed = threading.Condition()

    def __call__(self, trouble: Trouble) -> None:
        with self._changed:
            self.troubles.append(trouble)
            self._changed.notify_all()

    def kinds(self) -> list[TroubleKind]:
        return [trouble.kind for trouble in self.troubles]

    def wait(self, kind: TroubleKind) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: kind in self.kinds(), 10), self.kinds()


def test_rows_are_numbered_without_gaps_and_kept_exactly(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        futures = [journal.append(entry(n)) for n in range(250)]
        assert [future.result(5) for future in futures] == list(range(2, 252))
    kept = rows(tmp_path)
    assert [row.as_dict()["body"] for row in kept] == [{"n": n} for n in range(250)]
    row = kept[7]
    assert (row.group, row.node, row.epoch, row.user, row.mono_ns) == ("tanks", "sc_a", 3, "kim", 1007)
    assert abs(row.wall_ns - time.time_ns()) < 60e9
    assert all(after.prev_hash == before.hash for before, after in pairwise(kept))
    assert verify(tmp_path).ok


def test_an_acknowledged_row_is_in_the_file_before_its_future_says_so(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal, Reader(tmp_path) as reader:
        for n in range(20):
            seq = journal.append(entry(n), urgent=True).result(5)
            assert reader.tail(1)[0].seq == seq


def test_an_urgent_row_does_not_wait_for_its_group_and_is_signed(tmp_path: Path) -> None:
    never = Limits(group_ms=60_000, group_rows=60_000)
    with Journal(tmp_path, limits=never) as journal:
        early = journal.append(entry(1))
        seq = journal.append(entry(2), urgent=True).result(5)
        assert early.result(0) == seq - 1
        assert checkpoints(tmp_path) == [1, seq]


def test_a_group_is_committed_when_its_rows_or_its_time_are_up(tmp_path: Path) -> None:
    with Journal(tmp_path, limits=Limits(group_ms=60_000, group_rows=10)) as journal:
        futures = [journal.append(entry(n)) for n in range(10)]
        assert futures[-1].result(5) == 11
    with Journal(tmp_path, limits=Limits(group_ms=10, group_rows=60_000)) as journal:
        assert journal.append(entry(11)).result(5) == 12


@pytest.mark.parametrize("more", [0, 1, ROWS_AT_ONCE - 1])
def test_rows_that_go_to_the_disk_by_one_statement_are_kept_as_single_ones_are(tmp_path: Path, more: int) -> None:
    count = 2 * ROWS_AT_ONCE + more
    with Journal(tmp_path, limits=Limits(group_rows=count, group_ms=60_000)) as journal:
        numbers = [future.result(timeout=60) for future in [journal.append(entry(n)) for n in range(count)]]
    kept = rows(tmp_path)
    assert [row.seq for row in kept] == numbers == [*range(numbers[0], numbers[0] + count)]
    assert [(row.mono_ns, row.body) for row in kept] == [(1000 + n, f'{{"n":{n}}}') for n in range(count)]
    assert verify(tmp_path).ok


def test_a_receipt_can_not_be_cancelled(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        receipt = journal.append(entry())
        assert not receipt.cancel()
        assert receipt.result(timeout=60) == rows(tmp_path)[0].seq


def test_a_checkpoint_is_signed_after_its_rows_and_after_its_time(tmp_path: Path) -> None:
    with Journal(tmp_path, limits=Limits(checkpoint_rows=100, checkpoint_s=3600)) as journal:
        for n in range(0, 500, 50):
            [f.result(5) for f in [journal.append(entry(i)) for i in range(n, n + 50)]]
        signed = checkpoints(tmp_path)
        assert len(signed) >= 4
        assert all(after - before <= 1100 for before, after in pairwise(signed))
    assert checkpoints(tmp_path)[-1] == 501
    with Journal(tmp_path, limits=Limits(checkpoint_s=0)) as journal:
        seq = journal.append(entry()).result(5)
        deadline = time.monotonic() + 5
        while checkpoints(tmp_path)[-1] != seq and time.monotonic() < deadline:
            time.sleep(0.005)
        assert checkpoints(tmp_path)[-1] == seq


def test_the_chain_goes_on_after_a_restart(tmp_path: Path) -> None:
    for n in range(3):
        with Journal(tmp_path) as journal:
            journal.append(entry(n))
    found = verify(tmp_path)
    assert found.ok
    assert found.last_seq == found.signed_seq == 4


def test_durable_waits_on_the_loop_and_cancelling_does_not_unwrite(tmp_path: Path) -> None:
    async def run() -> int:
        with Journal(tmp_path, limits=Limits(group_ms=100)) as journal:
            waiting = asyncio.create_task(journal.durable(entry(1), urgent=False))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            return await journal.durable(entry(2))

    assert asyncio.run(run()) == 3
    assert len(rows(tmp_path)) == 2


def test_a_second_writer_is_refused_and_may_come_after_the_first(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(JournalInUse):
        Journal(tmp_path)
    Journal(tmp_path).close()


def test_closing_writes_what_waits_and_refuses_what_comes_after(tmp_path: Path) -> None:
    journal = Journal(tmp_path, limits=Limits(group_ms=60_000, group_rows=60_000))
    futures = [journal.append(entry(n)) for n in range(3000)]
    journal.close()
    journal.close()
    assert [future.result(0) for future in futures] == list(range(2, 3002))
    with pytest.raises(JournalClosed):
        journal.append(entry()).result(0)
    assert verify(tmp_path).ok


def test_an_entry_that_can_not_be_kept_exactly_is_refused_at_once(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal, pytest.raises(EntryRefused):
        journal.append(Entry(kind="x", body={"level": 0.5}))
    assert verify(tmp_path).rows == 1


@pytest.mark.parametrize("mode", ["before", "after"])
def test_a_failed_commit_fails_the_future_and_the_row_is_written_once(tmp_path: Path, mode: str) -> None:
    fault, told = Fault(), Told()
    with Journal(tmp_path, limits=SHORT, on_trouble=told, connect=fault.connect) as journal:
        assert journal.append(entry(0), urgent=True).result(5) == 2
        fault.mode = mode
        failed = journal.append(entry(1), urgent=True)
        with pytest.raises(NotDurable):
            failed.result(5)
        assert journal.status().trouble
        later = journal.append(entry(2), urgent=True)
        with pytest.raises(NotDurable):
            later.result(5)
        fault.mode = ""
        told.wait(TroubleKind.OVER)
        assert journal.append(entry(3), urgent=True).result(5) == 5
        assert journal.status().trouble == ""
    assert [row.as_dict()["body"]["n"] for row in rows(tmp_path)] == [0, 1, 2, 3]
    assert told.kinds() == [TroubleKind.DISK, TroubleKind.OVER]
    assert verify(tmp_path).ok


def test_a_full_disk_is_told_and_survived(tmp_path: Path) -> None:
    told = Told()
    full = threading.Event()

    def connect(path: Path) -> Connection:
        connection = connect_to_write(path)
        if full.is_set():
            # SQLite itself answers "database or disk is full".
            connection.execute("PRAGMA max_page_count = 1").fetchone()
        return connection

    big = Entry(kind="test.row", body={"text": "x" * 20_000})
    full.set()
    with Journal(tmp_path, limits=SHORT, on_trouble=told, connect=connect) as journal:
        failed = journal.append(big, urgent=True)
        with pytest.raises(NotDurable, match="full"):
            failed.result(5)
        full.clear()
        told.wait(TroubleKind.OVER)
    assert len(rows(tmp_path)) == 1
    assert verify(tmp_path).ok


def fill(journal: Journal, refused: Callable[["Future[int]"], bool]) -> int:
    """Append until a row is refused; how many were taken."""
    for n in range(100_000):
        if refused(journal.append(entry(n))):
            return n
    raise AssertionError("nothing was ever refused")


def test_a_full_queue_refuses_and_says_so_in_the_journal(tmp_path: Path) -> None:
    fault, told = Fault(), Told()
    limits = Limits(queue_rows=50, urgent_reserve_rows=10, retry_ms=2, retry_max_ms=5)

    def refused(future: "Future[int]") -> bool:
        return future.done() and isinstance(future.exception(), JournalFull)

    with Journal(tmp_path, limits=limits, on_trouble=told, connect=fault.connect) as journal:
        fault.mode = "before"
        assert fill(journal, refused) == 40
        urgent = journal.append(entry(1000), urgent=True)
        assert not refused(urgent)
        fault.mode = ""
        told.wait(TroubleKind.OVER)
    assert TroubleKind.FULL in told.kinds()
    notes = rows(tmp_path, REFUSED)
    assert [note.as_dict()["body"]["rows"] for note in notes] == [1]
    assert len(rows(tmp_path)) == 41
    assert verify(tmp_path).ok


def test_a_disk_that_fails_from_the_start_does_not_keep_the_journal_from_starting(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    told = Told()
    broken = threading.Event()
    broken.set()

    def connect(path: Path) -> Connection:
        if broken.is_set():
            raise sqlite3.OperationalError("disk I/O error")
        return connect_to_write(path)

    with Journal(tmp_path, limits=SHORT, on_trouble=told, connect=connect) as journal:
        assert told.kinds() == [TroubleKind.DISK]
        with pytest.raises(NotDurable):
            journal.append(entry(), urgent=True).result(5)
        broken.clear()
        told.wait(TroubleKind.OVER)
        assert journal.append(entry(), urgent=True).result(5) == 3


def test_closing_in_trouble_fails_what_was_not_written(tmp_path: Path) -> None:
    fault = Fault()
    limits = Limits(retry_ms=60_000, retry_max_ms=60_000)
    journal = Journal(tmp_path, limits=limits, connect=fault.connect)
    fault.mode = "before"
    with pytest.raises(NotDurable):
        journal.append(entry(1), urgent=True).result(5)
    waiting = journal.append(entry(2), urgent=True)
    journal.close()
    with pytest.raises((NotDurable, JournalClosed)):
        waiting.result(0)
    assert verify(tmp_path).rows == 1


def test_a_callback_that_fails_does_not_end_the_journal(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fault = Fault()

    def on_trouble(_: Trouble) -> None:
        raise ZeroDivisionError

    with Journal(tmp_path, limits=SHORT, on_trouble=on_trouble, connect=fault.connect) as journal:
        fault.mode = "before"
        with pytest.raises(NotDurable):
            journal.append(entry(), urgent=True).result(5)
        fault.mode = ""
    assert "callback failed" in caplog.text
    assert len(rows(tmp_path)) == 1


def test_a_journal_of_a_newer_otha_is_left_alone(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    connection = sqlite3.connect(segment_path(tmp_path, 1))
    connection.execute(
        "INSERT INTO migrations (migration_set, name, applied_at) VALUES ('journal', '0099_later', '2099-01-01')"
    )
    connection.commit()
    connection.close()
    with pytest.raises(JournalTooNew, match="0099_later"):
        Journal(tmp_path)
    assert verify(tmp_path).ok
