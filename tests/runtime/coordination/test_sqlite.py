"""The embedded store: compare-and-swap, honest UNKNOWNs, and what is left after a crash or a slow disk."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from otha.core.inputs import Claim, Record
from otha.core.words import Milestone, Outcome, TransferKind
from otha.runtime.coordination.sqlite import SqliteStore, connect
from otha.runtime.coordination.store import UNKNOWN

SECOND = 1_000_000_000
LONG = 20 * SECOND
FIRST = Record(epoch=3, active="sc_a", claim=None, milestone=Milestone.DONE, revision="")
CLAIM = Claim(id="sv/tanks/1/5", kind=TransferKind.FAILOVER, to_node="sc_b")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "records.sqlite")
    yield store
    store.close()


@pytest.mark.asyncio
async def test_a_group_without_a_record_is_known_to_have_none(store: SqliteStore) -> None:
    answer = await store.read("tanks", within_ns=LONG)
    assert (answer.outcome, answer.record) == (Outcome.DONE, None)


@pytest.mark.asyncio
async def test_swap_stores_only_over_the_revision_that_was_seen(store: SqliteStore) -> None:
    first = await store.swap("tanks", None, FIRST, within_ns=LONG)
    assert first.outcome is Outcome.DONE
    assert first.record is not None
    assert replace(first.record, revision="") == FIRST

    again = await store.swap("tanks", None, FIRST, within_ns=LONG)
    assert (again.outcome, again.record) == (Outcome.REFUSED, first.record)

    claimed = replace(first.record, epoch=5, claim=CLAIM, milestone=Milestone.CLAIMED)
    second = await store.swap("tanks", first.record.revision, claimed, within_ns=LONG)
    assert second.outcome is Outcome.DONE
    assert second.record is not None
    assert second.record.revision != first.record.revision
    assert second.record.claim == CLAIM
    drilled = replace(claimed, claim=replace(CLAIM, drill=True))
    third = await store.swap("tanks", second.record.revision, drilled, within_ns=LONG)
    assert third.record is not None
    assert third.record.claim == replace(CLAIM, drill=True)

    stale = await store.swap("tanks", first.record.revision, FIRST, within_ns=LONG)
    assert (stale.outcome, stale.record) == (Outcome.REFUSED, third.record)
    assert (await store.read("tanks", within_ns=LONG)).record == third.record
    assert (await store.read("other", within_ns=LONG)).record is None


@pytest.mark.asyncio
async def test_of_many_swaps_over_one_revision_one_wins(store: SqliteStore) -> None:
    answers = await asyncio.gather(*(store.swap("g", None, replace(FIRST, epoch=n), within_ns=LONG) for n in range(20)))
    won = [answer for answer in answers if answer.outcome is Outcome.DONE]
    assert len(won) == 1
    assert all(answer.record == won[0].record for answer in answers)


@pytest.mark.asyncio
async def test_groups_that_ask_at_once_share_a_transaction_and_not_a_spoilt_record(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    store = SqliteStore(path)
    await store.swap("spoilt", None, FIRST, within_ns=LONG)
    link = sqlite3.connect(path, isolation_level=None)
    link.execute("UPDATE record SET body = 'x'")
    names = [f"g{n}" for n in range(100)] + ["spoilt"]
    answers = await asyncio.gather(*(store.swap(name, None, FIRST, within_ns=LONG) for name in names))
    assert [answer.outcome for answer in answers] == [Outcome.DONE] * 100 + [Outcome.UNKNOWN]
    assert link.execute("SELECT count(*) FROM record WHERE body != 'x'").fetchone() == (100,)
    link.close()
    store.close()


@pytest.mark.asyncio
async def test_a_new_store_on_the_same_file_knows_what_the_old_one_was_told(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    old = SqliteStore(path)
    kept = (await old.swap("tanks", None, FIRST, within_ns=LONG)).record
    old.close()
    new = SqliteStore(path)
    assert (await new.read("tanks", within_ns=LONG)).record == kept
    new.close()


@pytest.mark.asyncio
async def test_a_slow_disk_gives_unknown_and_its_late_success_is_found_by_reading(tmp_path: Path) -> None:
    gate = threading.Event()

    def slow(path: Path) -> sqlite3.Connection:
        gate.wait()
        return connect(path)

    store = SqliteStore(tmp_path / "records.sqlite", connect=slow)
    begun = await store.swap("tanks", None, FIRST, within_ns=SECOND // 50)
    queued = await store.swap("tanks", None, replace(FIRST, epoch=9), within_ns=SECOND // 50)
    assert begun == queued == UNKNOWN
    gate.set()
    found = (await store.read("tanks", within_ns=LONG)).record
    store.close()
    # The first had begun and happened after all; the second was given up before it began.
    assert found is not None
    assert found.epoch == 3


@pytest.mark.asyncio
async def test_a_loop_that_is_late_takes_the_answer_that_is_there(store: SqliteStore) -> None:
    await store.read("tanks", within_ns=LONG)
    asked = asyncio.create_task(store.read("tanks", within_ns=SECOND // 20))
    await asyncio.sleep(0)
    time.sleep(0.3)  # noqa: ASYNC251 - the loop is held up on purpose
    assert (await asked).outcome is Outcome.DONE


def test_a_store_that_was_never_asked_makes_no_file(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "records.sqlite").close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.asyncio
async def test_without_a_usable_file_every_call_is_unknown_until_it_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "records.sqlite"
    store = SqliteStore(path)
    assert await store.read("tanks", within_ns=LONG) == UNKNOWN
    assert store.trouble
    path.parent.mkdir()
    assert (await store.swap("tanks", None, FIRST, within_ns=LONG)).outcome is Outcome.DONE
    assert not store.trouble
    store.close()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "damage", ["UPDATE record SET body = '{}'", "UPDATE record SET body = 'x'", "PRAGMA user_version=99"]
)
async def test_what_cannot_be_read_is_unknown_and_is_not_overwritten(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "records.sqlite"
    store = SqliteStore(path)
    await store.swap("tanks", None, FIRST, within_ns=LONG)
    store.close()
    link = sqlite3.connect(path, isolation_level=None)
    link.execute(damage)
    before = link.execute("SELECT * FROM record").fetchall()
    store = SqliteStore(path)
    assert await store.read("tanks", within_ns=LONG) == UNKNOWN
    assert await store.swap("tanks", "1", FIRST, within_ns=LONG) == UNKNOWN
    store.close()
    assert link.execute("SELECT * FROM record").fetchall() == before
    link.close()


_CHILD = """
import asyncio, sys
from pathlib import Path
from otha.core.inputs import Record
from otha.core.words import Milestone
from otha.runtime.coordination.sqlite import SqliteStore

async def main():
    store, revision = SqliteStore(Path(sys.argv[1])), None
    for epoch in range(1, 100_000):
        record = Record(epoch=epoch, active="a", claim=None, milestone=Milestone.DONE, revision="")
        answer = await store.swap("g", revision, record, within_ns=10**10)
        revision = answer.record.revision
        print(epoch, flush=True)

asyncio.run(main())
"""


def _kill_after(path: Path, answered: int) -> int:
    """Run the child until it has been answered so often, kill it; the last epoch that it was told is stored."""
    with subprocess.Popen([sys.executable, "-c", _CHILD, str(path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        last = 0
        while last < answered:
            last = int(child.stdout.readline())
        child.kill()
        rest = child.stdout.read().split("\n")
    return max([last, *(int(line) for line in rest[:-1])])


@pytest.mark.parametrize("answered", [1, 7, 20])
def test_what_was_answered_survives_kill_9(tmp_path: Path, answered: int) -> None:
    path = tmp_path / "records.sqlite"
    acknowledged = _kill_after(path, answered)
    store = SqliteStore(path)
    found = asyncio.run(store.read("g", within_ns=LONG)).record
    store.close()
    assert found is not None
    assert found.epoch in (acknowledged, acknowledged + 1)
