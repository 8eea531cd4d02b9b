"""What the interface may ask of the supervisor: the one table once more, few orders at a time, no flood of notes."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from otha.core.words import OrderKind
from otha.runtime.interface.counter import Counter
from otha.wire import interface as wire
from otha.wire.access import AccessRole, Deed, may_order
from otha.wire.message import Json, OrderReply, OrderRequest, Refusal

SCRIBE = ThreadPoolExecutor(max_workers=1)


class Desk:
    """Notes what it is asked; answers once `go` is set."""

    def __init__(self) -> None:
        self.orders: list[tuple[OrderRequest, str, str]] = []
        self.away: list[tuple[str, str]] = []
        self.go = asyncio.Event()

    async def order(
        self, request: OrderRequest, user: str, client: str, *, seconds: tuple[OrderKind, ...]
    ) -> OrderReply | Refusal:
        self.orders.append((request, user, client))
        await self.go.wait()
        return OrderReply(id=request.id, accepted=True, durable=True, obstacles=())

    def turned_away(self, request: OrderRequest, user: str, what: str, client: str) -> None:
        self.away.append((what, client))

    def status(self) -> Callable[[], Json]:
        return dict

    def why(self, group: str, node: str | None) -> Json | None:
        return {"node": node} if group == "tanks" else None

    def view(self, view: wire.View, group: str) -> Callable[[], Json] | None:
        return (lambda: {"view": view.value, "group": group}) if group == "tanks" else None


class Book:
    """Keeps what is written down."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, Any], str]] = []

    def note(self, kind: str, body: dict[str, Any], user: str) -> "Future[int]":
        self.notes.append((kind, body, user))
        row: Future[int] = Future()
        row.set_result(len(self.notes))
        return row

    def log(self, level: str, event: str, **fields: object) -> None:
        pass


def asked(kind: OrderKind, role: str, ask: int = 1) -> wire.OnBehalf:
    order = OrderRequest(id=f"{ask}", order=kind, group="tanks", node=None, arming=None, comment="")
    return wire.OnBehalf(ask=ask, user="olga", client="opcua 10.0.0.5 hmi", role=wire.RoleName(role), order=order)


def made() -> tuple[Counter, Desk, Book, list[Any]]:
    desk, book, said = Desk(), Book(), list[Any]()
    return Counter(desk, book, said.append, SCRIBE), desk, book, said


@pytest.mark.asyncio
@pytest.mark.parametrize("role", [role.name.lower() for role in AccessRole])
@pytest.mark.parametrize("kind", OrderKind)
async def test_every_order_is_judged_by_its_role_once_more(kind: OrderKind, role: str) -> None:
    counter, desk, _, said = made()
    desk.go.set()
    assert counter.take(asked(kind, role))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    if may_order(AccessRole[role.upper()], kind):
        assert [(user, client) for _, user, client in desk.orders] == [("olga", "opcua 10.0.0.5 hmi")]
        assert said[0].reply.accepted
    else:
        assert desk.orders == []
        ((what, client),) = desk.away
        assert what.startswith(f"user olga is {role}; {kind.value} needs ")
        assert client == "opcua 10.0.0.5 hmi"
        assert said[0].refusal is not None


@pytest.mark.asyncio
async def test_few_orders_wait_at_a_time_so_that_others_have_their_places() -> None:
    counter, desk, _, said = made()
    for ask in range(20):
        counter.take(asked(OrderKind.ACKNOWLEDGE, "operator", ask))
    await asyncio.sleep(0)
    assert len(desk.orders) == 16
    assert [each.refusal.what for each in said] == ["too many orders wait"] * 4
    desk.go.set()
    counter.close()
    await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_denied_orders_cannot_fill_the_journal_nor_take_the_places_of_good_ones() -> None:
    counter, desk, _, said = made()
    for ask in range(100):
        assert counter.take(asked(OrderKind.SAFE, "viewer", ask))
    assert len(said) == 100
    assert len(desk.away) == 60
    counter.take(asked(OrderKind.ACKNOWLEDGE, "operator", 100))
    await asyncio.sleep(0)
    assert [order.id for order, _, _ in desk.orders] == ["100"]
    counter.close()


@pytest.mark.asyncio
async def test_notes_cannot_fill_the_journal_and_those_left_out_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000_000_000
    monkeypatch.setattr("otha.runtime.interface.counter.time.monotonic_ns", lambda: now)
    counter, _, book, _ = made()
    note = wire.Noted(notice=wire.Notice.REFUSED, user="x", client="c", what="no such user")
    for _ in range(200):
        assert counter.take(note)
    assert len(book.notes) == 60
    now += 500_000_000
    counter.take(note)
    assert book.notes[-1] == ("interface.refused", {"client": "c", "what": "no such user", "left_out": 140}, "x")
    assert counter.take(wire.Noted(notice=wire.Notice.LOGGED_IN, user="olga", client="c", what="as operator"))
    assert book.notes[-1] == ("interface.login", {"client": "c", "what": "as operator", "left_out": 0}, "olga")


@pytest.mark.asyncio
async def test_an_interface_that_has_lost_its_wits_is_told_apart() -> None:
    counter, _, _, said = made()
    taken = [counter.take(wire.Explain(ask=1, group="tanks", node=None)) for _ in range(501)]
    assert taken == [True] * 500 + [False]
    assert said[0] == wire.Explained(ask=1, why={"node": None})


def act(deed: Deed, role: str, ask: int = 1) -> wire.Act:
    return wire.Act(ask=ask, user="olga", client="c", role=wire.RoleName(role), deed=deed, id=f"{ask}", what="{}")


@pytest.mark.asyncio
@pytest.mark.parametrize("role", [role.name.lower() for role in AccessRole])
@pytest.mark.parametrize("deed", Deed)
async def test_every_act_is_judged_by_its_role_once_more(deed: Deed, role: str) -> None:
    counter, _, book, said = made()
    counter.take(act(deed, role))
    async with asyncio.timeout(10):
        while not said:  # noqa: ASYNC110 - what is asked has no event
            await asyncio.sleep(0)
    allowed = may_order(AccessRole[role.upper()], deed)
    assert said[0].go == allowed
    ((kind, body, user),) = book.notes
    assert (kind, user) == ("interface.act" if allowed else "interface.denied", "olga")
    assert (body["deed"], body["client"]) == (deed.value, "c")


@pytest.mark.asyncio
async def test_what_is_looked_at_is_written_out_aside() -> None:
    counter, _, _, said = made()
    for ask, group in ((1, "nobody's"), (2, "tanks")):
        counter.take(wire.Look(ask=ask, view=wire.View.OUTPUTS, group=group))
    async with asyncio.timeout(10):
        while len(said) < 2:  # noqa: ASYNC110 - what is asked has no event
            await asyncio.sleep(0.001)
    assert said == [wire.Seen(ask=1, body=None), wire.Seen(ask=2, body={"view": "outputs", "group": "tanks"})]
