"""An order's reply leaves when order and answer are on disk, or says that they are not; no decision waits for it."""

import asyncio
import io
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from otha.core.effects import Command, SwapRecord
from otha.core.inputs import EffectId
from otha.core.supervision import Supervision
from otha.core.words import OrderKind, Outcome
from otha.journal.reader import Query, Reader
from otha.journal.recorder import Recorder
from otha.journal.recording import Header
from otha.journal.writer import Journal
from otha.report import rows
from otha.runtime import standing
from otha.runtime.coordination.sqlite import SqliteStore
from otha.runtime.desk import Desk
from otha.runtime.effects import Done, EffectRunner
from otha.runtime.evidence import Evidence
from otha.runtime.log import LineLog
from otha.runtime.ring import Ring
from otha.runtime.wiring import Network
from otha.site.load import load_site
from otha.wire.errors import UNANSWERED
from otha.wire.message import OrderReply, OrderRequest, Refusal

SITE = Path(__file__).parents[2] / "sim" / "sites" / "two_tanks.toml"


class _NoStore:
    async def read(self, group: str, within_ns: int) -> Done:
        return Done(outcome=Outcome.UNKNOWN)

    async def swap(self, group: str, action: SwapRecord, within_ns: int) -> Done:
        return Done(outcome=Outcome.UNKNOWN)


async def no_commands(id_: EffectId, do: Command, deadline_ns: int) -> Done:
    return Done(outcome=Outcome.UNKNOWN)


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[tuple[Desk, Ring]]:
    """A desk before a core that sees no plant, with a journal and a recorder in `folder`."""
    core = Supervision(load_site(SITE).core, time.monotonic_ns())
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
            yield Desk(ring, cast(Network, None), journal, cast(SqliteStore, None), []), ring
            ring.close()
    lines.close()


def request(id_: str, *, order: OrderKind = OrderKind.ACKNOWLEDGE, node: str | None = None) -> OrderRequest:
    return OrderRequest(id=id_, order=order, group="tanks", node=node, arming=None, comment="")


def orders_in(folder: Path) -> list[str]:
    with Reader(folder) as reader:
        bodies = [json.loads(row.body) for row in reader.query(Query(kind="decision"))]
    return [body["order"]["id"] for body in bodies if "order" in body]


def segment_in(folder: Path) -> Path:
    (segment,) = folder.glob("journal-*.db")
    return segment


@pytest.mark.asyncio
async def test_a_reply_that_has_come_is_in_the_journal(tmp_path: Path) -> None:
    async with desk(tmp_path) as (at, _):
        for number in range(20):
            reply = await at.order(request(f"order-{number}"), "operator")
            assert isinstance(reply, OrderReply)
            assert reply.durable
            assert orders_in(tmp_path)[-1] == f"order-{number}"


@pytest.mark.asyncio
async def test_a_disk_that_takes_nothing_holds_up_the_reply_for_a_moment_and_the_decision_not_at_all(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as (at, ring):
        other = sqlite3.connect(segment_in(tmp_path), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # the journal's writer waits for this one as for a disk that hangs
        asked = asyncio.create_task(at.order(request("slow"), "operator"))
        await asyncio.sleep(0.1)
        (giver,) = ring.core._state.answered[0].givers
        assert [each.answer.order_id for each in giver.answers] == ["slow"]
        reply = await asked
        assert isinstance(reply, OrderReply)
        assert reply.accepted
        assert not reply.durable
        assert "slow" not in orders_in(tmp_path)
        other.execute("ROLLBACK")
        other.close()
        again = await at.order(request("slow"), "operator")
        assert isinstance(again, OrderReply)
        assert again.durable
        assert orders_in(tmp_path) == ["slow", "slow"]


@pytest.mark.asyncio
async def test_an_order_that_is_not_answered_in_time_is_told_and_journaled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otha.runtime.desk._ORDER_TIMEOUT_S", 0.05)
    async with desk(tmp_path) as (at, ring):
        monkeypatch.setattr(ring.core, "feed", lambda raw, at_ns: [])  # a core that says nothing
        reply = await at.order(request("lost"), "olga", "opcua 10.0.0.5 hmi")
        assert isinstance(reply, Refusal)
        assert (reply.what, reply.mend) == (UNANSWERED, "repeat it with the same id")
    with Reader(tmp_path) as reader:
        (row,) = reader.query(Query(kind="order.unanswered"))
    body = json.loads(row.body)
    assert (row.user, body["id"], body["within_ms"], body["inbox"], body["defects"]) == ("olga", "lost", 50, 0, {})
    assert body["client"] == "opcua 10.0.0.5 hmi"


@pytest.mark.asyncio
@pytest.mark.parametrize("wrong", [request(""), request("x" * 201), request("id", node="n" * 201)])
async def test_names_without_bounds_are_refused(tmp_path: Path, wrong: OrderRequest) -> None:
    async with desk(tmp_path) as (at, _):
        assert isinstance(await at.order(wrong, "operator"), Refusal)
        assert orders_in(tmp_path) == []


@pytest.mark.asyncio
async def test_an_order_that_never_reaches_the_core_is_journaled_with_its_user(tmp_path: Path) -> None:
    async with desk(tmp_path) as (door, _):
        stranger = OrderRequest(id="1", order=OrderKind.ARM, group="tnaks", node=None, arming=None, comment="why not")
        assert isinstance(await door.order(stranger, "kim"), Refusal)
    with Reader(tmp_path) as reader:
        (row,) = reader.query(Query(kind="order.refused"))
    body = json.loads(row.body)
    assert (row.user, body["group"], body["comment"]) == ("kim", "tnaks", "why not")
    assert rows.text(row.kind, row.body) == "order arm tnaks refused: there is no group 'tnaks'"


@pytest.mark.asyncio
async def test_a_new_segment_is_told_what_stands_and_who_ordered_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as (at, ring):
        out = await at.order(request("out", order=OrderKind.MAINTENANCE_IN, node="sc_b"), "olga")
        assert isinstance(out, OrderReply)
        assert out.accepted
        stood = standing.orders(tmp_path, ring.core.cfg.groups[0])
        with Reader(tmp_path) as reader:
            last = reader.last_seq()
        ring.tell_standing()
        await asyncio.wrap_future(ring.note("test.end", {}, "", urgent=True))
        with Reader(tmp_path) as reader:
            told = [row for row in reader.query(Query(after_seq=last)) if row.kind.endswith(".standing")]
        supervisor = ring.core.cfg.supervisor
        kinds = [(standing.KIND, "tanks"), (standing.ALARMS_KIND, "tanks"), (standing.ALARMS_KIND, supervisor)]
        assert [(row.kind, row.group) for row in told] == kinds
        again = standing.orders(tmp_path, ring.core.cfg.groups[0])
        assert [(each.kind, each.node, each.user) for each in again] == [(OrderKind.MAINTENANCE_IN, "sc_b", "olga")]
        assert [(each.kind, each.node, each.user) for each in stood] == [
            (each.kind, each.node, each.user) for each in again
        ]
