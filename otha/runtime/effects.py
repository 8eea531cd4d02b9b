"""Carries out what the decisions ask: each effect waits for its durability, and ends as exactly one EffectEnded.

NOW leaves at once. RECORD leaves only when the group record, as the store has answered, covers the command's epoch; the
core asks for it only then, and this is held again here. JOURNAL leaves when the row of its intent is durable. Intent
and outcome of every effect are journaled, with their times; of a record that can't be read, and is tried again and
again, the first time and the last.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from otha.core.effects import (
    Action,
    Backfill,
    Command,
    Demote,
    Effect,
    Grant,
    Promote,
    ReadRecord,
    Release,
    Revoke,
    Safe,
    Select,
    SwapRecord,
    Void,
)
from otha.core.errors import DefectError
from otha.core.inputs import EffectEnded, EffectId, Record
from otha.core.words import Durability, Outcome
from otha.journal.entry import Entry
from otha.journal.writer import Journal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How an action ended: `record` for the store's, `detail` in a word or two."""

    outcome: Outcome
    record: Record | None = None
    detail: str = ""


CarryOut = Callable[[EffectId, Command, int], Awaitable[Done]]
"""Carries a command to the gate, clients or nodes of the effect's group until a deadline (ns)."""


class Store(Protocol):
    """Reads and swaps records; see `otha.runtime.coordination.store`. Answers within the time given, never raises."""

    async def read(self, group: str, within_ns: int) -> Done: ...

    async def swap(self, group: str, action: SwapRecord, within_ns: int) -> Done: ...


class EpochNotCoveredError(DefectError):
    """A command that waits for the record was asked for before the store had answered with its epoch."""


def describe(action: Action) -> dict[str, object]:
    """An action for the journal."""
    match action:
        case ReadRecord():
            return {"do": "read record"}
        case SwapRecord(expect=expect, record=record):
            claim = record.claim
            return {
                "do": "swap record",
                "expect": expect,
                "epoch": record.epoch,
                "active": record.active,
                "claim": None
                if claim is None
                else {"id": claim.id, "kind": claim.kind.value, "to_node": claim.to_node},
                "milestone": record.milestone.value,
            }
        case Revoke(epoch=epoch):
            return {"do": "REVOKE", "epoch": epoch}
        case Void(node=node, epoch=epoch):
            return {"do": "VOID", "node": node, "epoch": epoch}
        case Grant(node=node, epoch=epoch, boot=boot):
            return {"do": "GRANT", "node": node, "epoch": epoch, "boot": boot}
        case Release(node=node, epoch=epoch):
            return {"do": "RELEASE", "node": node, "epoch": epoch}
        case Safe(epoch=epoch, hold_no=hold_no):
            return {"do": "SAFE", "epoch": epoch, "hold_no": hold_no}
        case Select(node=node, epoch=epoch):
            return {"do": "SELECT", "node": node, "epoch": epoch}
        case Promote(node=node, epoch=epoch):
            return {"do": "PROMOTE", "node": node, "epoch": epoch}
        case Demote(node=node, epoch=epoch):
            return {"do": "DEMOTE", "node": node, "epoch": epoch}
        case Backfill(node=node, epoch=epoch):
            return {"do": "BACKFILL", "node": node, "epoch": epoch}


class EffectRunner:
    """Runs effects as tasks of one TaskGroup."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        journal: Journal,
        store: Store,
        carry: CarryOut,
        put: Callable[[EffectEnded, int], None],
    ) -> None:
        self._tasks = tasks
        self._journal = journal
        self._store = store
        self._carry = carry
        self._put = put
        self._covered: dict[str, int] = {}
        self._unread: set[str] = set()  # groups whose record did not answer the last time it was read
        self._running: set[asyncio.Task[None]] = set()

    @property
    def in_flight(self) -> int:
        return len(self._running)

    def start(self, effect: Effect, at_ns: int) -> None:
        """Carry out `effect`, decided at `at_ns`."""
        task = self._tasks.create_task(self._run(effect, at_ns), name=f"effect {effect.id.group} {effect.id.phase}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settle(self, within_ns: int) -> None:
        """Wait for the effects under way, but no longer than `within_ns`."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=within_ns / 1e9)

    async def _run(self, effect: Effect, at_ns: int) -> None:
        deadline_ns = at_ns + effect.within_ns
        journal_body: dict[str, object] = {
            "plan": effect.id.plan,
            "phase": effect.id.phase,
            "attempt": effect.id.attempt,
            **describe(effect.do),
        }
        try:
            done = await self._carry_out(effect, deadline_ns, journal_body)
        except Exception as error:
            # Whatever broke, the core must hear of an end; it may have happened.
            log.exception("effect %s failed", effect.id)
            done = Done(outcome=Outcome.UNKNOWN, detail=f"{type(error).__name__}: {error}")
        if isinstance(effect.do, ReadRecord | SwapRecord) and done.record is not None:
            self._covered[effect.id.group] = max(self._covered.get(effect.id.group, 0), done.record.epoch)
        now = time.monotonic_ns()
        self._put(EffectEnded(id=effect.id, outcome=done.outcome, record=done.record), now)
        if isinstance(effect.do, ReadRecord) and self._is_old_news(effect.id.group, done.outcome):
            return
        self._note(
            "effect.outcome",
            effect,
            {**journal_body, "outcome": done.outcome.value, "detail": done.detail, "took_ns": now - at_ns},
            now,
        )

    async def _carry_out(self, effect: Effect, deadline_ns: int, body: dict[str, object]) -> Done:
        do = effect.do
        if isinstance(do, ReadRecord) and effect.id.group in self._unread:
            return await self._store.read(effect.id.group, _left(deadline_ns))
        durable = self._note("effect.intent", effect, {**body, "needs": effect.needs.value}, None)
        match effect.needs:
            case Durability.JOURNAL:
                if not await self._is_durable(durable, deadline_ns):
                    return Done(outcome=Outcome.UNKNOWN, detail="its intent is not durable in time; nothing was sent")
            case Durability.RECORD:
                self._check_covered(effect)
            case Durability.NOW:
                pass
        match do:
            case ReadRecord():
                return await self._store.read(effect.id.group, _left(deadline_ns))
            case SwapRecord():
                return await self._store.swap(effect.id.group, do, _left(deadline_ns))
            case _:
                return await self._carry(effect.id, do, deadline_ns)

    def _is_old_news(self, group: str, outcome: Outcome) -> bool:
        """A dead store is asked some fifty times a second, for days if need be; the journal would fill the disk."""
        if outcome is not Outcome.UNKNOWN:
            self._unread.discard(group)
            return False
        if group in self._unread:
            return True
        self._unread.add(group)
        return False

    def _check_covered(self, effect: Effect) -> None:
        covered = self._covered.get(effect.id.group, 0)
        if isinstance(effect.do, Revoke | Void | Select | Demote) and effect.do.epoch > covered:
            raise EpochNotCoveredError(f"epoch {effect.do.epoch} of {effect.id.group}; the record holds {covered}")

    @staticmethod
    async def _is_durable(row: "asyncio.Future[int]", deadline_ns: int) -> bool:
        try:
            async with asyncio.timeout(_left(deadline_ns) / 1e9):
                await row
        except Exception as error:
            log.warning("an intent is not durable: %s %s", type(error).__name__, error)
            return False
        return True

    def _note(self, kind: str, effect: Effect, body: dict[str, object], mono_ns: int | None) -> "asyncio.Future[int]":
        entry = Entry(kind=kind, body=body, group=effect.id.group, epoch=effect.id.epoch, mono_ns=mono_ns)
        urgent = kind == "effect.intent" and effect.needs is Durability.JOURNAL
        row = asyncio.wrap_future(self._journal.append(entry, urgent))
        row.add_done_callback(_look)
        return row


def _look(row: "asyncio.Future[int]") -> None:
    """The journal tells its troubles by itself; a row that nobody waits for need not shout."""
    if not row.cancelled():
        row.exception()


def _left(deadline_ns: int) -> int:
    return max(deadline_ns - time.monotonic_ns(), 0)
