"""What leaves when: NOW at once, RECORD under the store's word, JOURNAL after a durable intent; each ends once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from otha.core.effects import Command, Effect, Grant, ReadRecord, Revoke, Safe, SwapRecord
from otha.core.inputs import EffectEnded, EffectId, Input, Record
from otha.core.words import Durability, Milestone, Outcome
from otha.journal.reader import Reader
from otha.journal.schema import Connection, connect_to_write
from otha.journal.terms import Limits
from otha.journal.writer import Journal
from otha.runtime.effects import Done, EffectRunner

SECOND = 1_000_000_000
RECORD = Record(epoch=7, active="a", claim=None, milestone=Milestone.DONE, revision="1")


def effect(do: Any, needs: Durability, *, within_ns: int = 5 * SECOND, attempt: int = 0) -> Effect:
    return Effect(
        id=EffectId(group="tanks", epoch=6, plan=1, phase="p", attempt=attempt), do=do, needs=needs, within_ns=within_ns
    )


@dataclass
class Bench:
    """A runner over a real journal, with a store and a gate that do as told."""

    journal: Journal
    ended: list[EffectEnded] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    stored: Done = field(default_factory=lambda: Done(outcome=Outcome.DONE, record=RECORD))
    gate: Done | Exception = field(default_factory=lambda: Done(outcome=Outcome.DONE, detail="DONE"))
    runner: EffectRunner = field(init=False)

    def put(self, raw: Input, at_ns: int) -> None:
        assert isinstance(raw, EffectEnded)
        self.ended.append(raw)

    async def read(self, group: str, within_ns: int) -> Done:
        return self.stored

    async def swap(self, group: str, action: SwapRecord, within_ns: int) -> Done:
        return Done(outcome=Outcome.REFUSED, record=RECORD)

    async def command(self, id_: EffectId, do: Command, deadline_ns: int) -> Done:
        self.commands.append(do)
        if isinstance(self.gate, Exception):
            raise self.gate
        return self.gate

    async def run(self, *effects: Effect) -> list[Outcome]:
        for each in effects:
            self.runner.start(each, time.monotonic_ns())
        await self.runner.settle(10 * SECOND)
        assert self.runner.in_flight == 0
        assert [e.id for e in self.ended[-len(effects) :]] == [e.id for e in effects]
        return [e.outcome for e in self.ended[-len(effects) :]]


@asynccontextmanager
async def bench(journal: Journal) -> AsyncIterator[Bench]:
    made = Bench(journal)
    async with asyncio.TaskGroup() as tasks:
        made.runner = EffectRunner(tasks, journal, made, made.command, made.put)
        yield made


def rows(directory: Path) -> list[tuple[str, dict[str, Any]]]:
    with Reader(directory) as reader:
        return [(row.kind, json.loads(row.body)) for row in reader.query() if row.kind.startswith("effect.")]


@pytest.mark.asyncio
async def test_intent_and_outcome_of_every_effect_are_journaled_in_order(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        async with bench(journal) as b:
            assert await b.run(effect(ReadRecord(), Durability.NOW)) == [Outcome.DONE]
            assert await b.run(effect(Grant(node="b", epoch=6, boot=9), Durability.JOURNAL)) == [Outcome.DONE]
            assert b.ended[0].record == RECORD
            assert b.ended[1].record is None
    read_intent, read_end, intent, end = rows(tmp_path)
    assert (read_intent[0], read_end[0]) == ("effect.intent", "effect.outcome")
    assert intent[1] == {
        "attempt": 0,
        "boot": 9,
        "do": "GRANT",
        "epoch": 6,
        "needs": "journal",
        "node": "b",
        "phase": "p",
        "plan": 1,
    }
    assert end[1]["outcome"] == "done"
    assert end[1]["detail"] == "DONE"
    assert end[1]["took_ns"] > 0


@pytest.mark.asyncio
async def test_a_record_that_never_answers_does_not_fill_the_journal(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        async with bench(journal) as b:
            answer, b.stored = b.stored, Done(outcome=Outcome.UNKNOWN)
            for attempt in range(50):
                assert await b.run(effect(ReadRecord(), Durability.NOW, attempt=attempt)) == [Outcome.UNKNOWN]
            b.stored = answer
            assert await b.run(effect(ReadRecord(), Durability.NOW, attempt=50)) == [Outcome.DONE]
            assert await b.run(effect(ReadRecord(), Durability.NOW, attempt=51)) == [Outcome.DONE]
    told = [(kind, body["attempt"], body.get("outcome")) for kind, body in rows(tmp_path)]
    assert told == [
        ("effect.intent", 0, None),
        ("effect.outcome", 0, "unknown"),
        ("effect.outcome", 50, "done"),
        ("effect.intent", 51, None),
        ("effect.outcome", 51, "done"),
    ]


@pytest.mark.asyncio
async def test_a_fence_leaves_only_under_an_epoch_that_the_store_has_answered(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        async with bench(journal) as b:
            assert await b.run(effect(Revoke(epoch=6), Durability.RECORD)) == [Outcome.UNKNOWN]
            assert b.commands == []
            await b.run(effect(ReadRecord(), Durability.NOW))
            assert await b.run(effect(Revoke(epoch=7), Durability.RECORD, attempt=1)) == [Outcome.DONE]
            assert await b.run(effect(Revoke(epoch=8), Durability.RECORD, attempt=2)) == [Outcome.UNKNOWN]
            assert b.commands == [Revoke(epoch=7)]
    assert "EpochNotCoveredError" in rows(tmp_path)[1][1]["detail"]


class SlowDisk:
    """Connections whose commits take 300 ms while it is stuck."""

    stuck = False

    def connect(self, path: Path) -> Connection:
        disk = self
        link = connect_to_write(path)

        class Slow:
            def execute(self, sql: str, *args: Any) -> Any:
                if disk.stuck and sql == "COMMIT":
                    time.sleep(0.3)
                return link.execute(sql, *args)

            def __getattr__(self, name: str) -> Any:
                return getattr(link, name)

        return cast(Connection, Slow())


@pytest.mark.asyncio
async def test_a_slow_disk_holds_back_what_needs_the_journal_and_nothing_else(tmp_path: Path) -> None:
    disk = SlowDisk()
    with Journal(tmp_path, connect=disk.connect, limits=Limits(group_ms=1)) as journal:
        async with bench(journal) as b:
            await b.run(effect(ReadRecord(), Durability.NOW))
            disk.stuck = True
            b.runner.start(effect(Safe(epoch=6, hold_no=1), Durability.NOW), time.monotonic_ns())
            b.runner.start(effect(Revoke(epoch=7), Durability.RECORD, attempt=1), time.monotonic_ns())
            late = effect(Grant(node="b", epoch=6, boot=1), Durability.JOURNAL, within_ns=SECOND // 20, attempt=2)
            b.runner.start(late, time.monotonic_ns())
            await b.runner.settle(10 * SECOND)
            assert b.commands == [Safe(epoch=6, hold_no=1), Revoke(epoch=7)]
            assert b.ended[-1].id.attempt == 2
            assert b.ended[-1].outcome is Outcome.UNKNOWN
            disk.stuck = False


@pytest.mark.asyncio
async def test_whatever_breaks_in_an_actuator_ends_unknown(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        async with bench(journal) as b:
            b.gate = ValueError("broken")
            assert await b.run(effect(Safe(epoch=1, hold_no=2), Durability.NOW)) == [Outcome.UNKNOWN]
            swap = SwapRecord(expect=None, record=RECORD)
            assert await b.run(effect(swap, Durability.NOW, attempt=1)) == [Outcome.REFUSED]


@pytest.mark.asyncio
async def test_a_closed_journal_lets_no_promotion_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.close()
    async with bench(journal) as b:
        assert await b.run(effect(Grant(node="b", epoch=6, boot=1), Durability.JOURNAL)) == [Outcome.UNKNOWN]
        assert b.commands == []
        assert await b.run(effect(Safe(epoch=6, hold_no=1), Durability.NOW, attempt=1)) == [Outcome.DONE]
