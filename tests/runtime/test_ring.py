"""The ring: a loop that is behind is not given more to do, and a defect does not leave the core asleep."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from otha.core.codec import decode_input
from otha.core.group.turn import Decision
from otha.core.inputs import DueReached, Input, LoopStalled, Order
from otha.core.supervision import Supervision
from otha.core.words import OrderKind
from otha.journal.recorder import Recorder
from otha.journal.recording import Header, RowKind, read
from otha.journal.writer import Journal
from otha.runtime.effects import EffectRunner
from otha.runtime.evidence import Evidence
from otha.runtime.log import LineLog
from otha.runtime.ring import Ring
from otha.site.load import load_site
from tests.runtime.test_desk import SITE, _NoStore, no_commands

_TURNS = 60
_QUEUE = 20_000  # no machine takes so many in a turn


class _Stumbling(Supervision):
    """Raises at its first due time, as a defect would."""

    woken = 0

    def feed(self, raw: Input, now: int) -> tuple[Decision, ...]:
        if isinstance(raw, DueReached):
            self.woken += 1
            if self.woken == 1:
                raise ValueError("a defect")
        return super().feed(raw, now)


@asynccontextmanager
async def turning(folder: Path, core: Supervision) -> AsyncIterator[Ring]:
    header = Header(code_version="", site_hash="", python_version="", snapshot=core.snapshot())
    lines = LineLog(io.StringIO())
    with (
        Journal(folder) as journal,
        Recorder(folder / "recordings", header, capture=lambda: core.still().snapshot) as recorder,
    ):
        ring = Ring(core, Evidence(recorder, journal, lines))
        async with asyncio.TaskGroup() as tasks:
            effects = EffectRunner(tasks, journal, _NoStore(), no_commands, ring.inbox.put)
            ring.start(effects, lambda sections, now: None, time.monotonic_ns())
            yield ring
            ring.close()
    lines.close()


def due_times_in(folder: Path) -> int:
    rows = [row for row in read(folder / "recordings") if row.kind is RowKind.INPUT]
    return sum(isinstance(decode_input(row.payload), DueReached) for row in rows)


async def begun(ring: Ring) -> None:
    """One step of the group: from now on it asks a store that is silent again and again, and wants to be woken."""
    order = Order(
        id="1", kind=OrderKind.ACKNOWLEDGE, group="tanks", user="", client="", node=None, arming=None, comment=""
    )
    await ring.order(order)


@pytest.mark.asyncio
async def test_a_due_time_waits_once_however_long_the_queue(tmp_path: Path) -> None:
    """One a millisecond, each costing more than that, is what a loop that fell behind never recovered from."""
    async with turning(tmp_path, Supervision(load_site(SITE).core, time.monotonic_ns())) as ring:
        await begun(ring)
        while ring.core.wake is None or ring.core.wake - time.monotonic_ns() > 20_000_000:  # noqa: ASYNC110 - as below
            await asyncio.sleep(0)
        for _ in range(_TURNS):
            while len(ring.inbox) < _QUEUE:
                ring.inbox.put(LoopStalled(gap_ns=1), time.monotonic_ns())
            await asyncio.sleep(0)
            assert len(ring.inbox), "the queue is longer than what a turn takes"
        while len(ring.inbox):  # noqa: ASYNC110 - as below
            await asyncio.sleep(0)
    assert 0 < due_times_in(tmp_path) < _TURNS // 5


@pytest.mark.asyncio
async def test_after_a_defect_the_core_is_woken_again(tmp_path: Path) -> None:
    core = _Stumbling(load_site(SITE).core, time.monotonic_ns())
    async with turning(tmp_path, core) as ring:
        await begun(ring)
        async with asyncio.timeout(20):
            while core.woken < 3:  # noqa: ASYNC110 - the loop itself is under test
                await asyncio.sleep(0.01)
        assert list(ring.defects) == ["ValueError: a defect"]


@pytest.mark.asyncio
async def test_who_chose_the_same_id_gets_the_answer_to_his_own_order(tmp_path: Path) -> None:
    def given(user: str, kind: OrderKind) -> Order:
        return Order(id="1", kind=kind, group="tanks", user=user, client="", node=None, arming=None, comment="")

    async with turning(tmp_path, Supervision(load_site(SITE).core, time.monotonic_ns())) as ring:
        taken, refused = await asyncio.gather(
            ring.order(given("kim", OrderKind.ACKNOWLEDGE)), ring.order(given("eva", OrderKind.DRILL_ABORT))
        )
    assert taken is not None
    assert refused is not None
    assert (taken.answer.accepted, refused.answer.accepted) == (True, False)
