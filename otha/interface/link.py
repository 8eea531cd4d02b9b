"""The interface's end of the socket pair that it has inherited from the supervisor."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Final

from otha.core.words import OrderKind
from otha.interface.door import Caller
from otha.interface.pace import Pace, Turns
from otha.wire import access
from otha.wire import interface as wire
from otha.wire.access import Deed
from otha.wire.errors import WireError
from otha.wire.message import Json, OrderReply, OrderRequest, Refusal

_ANSWER_S: Final = 3.5  # the supervisor takes 3 s at most; many clients wait for 4
_BACKLOG_MAX: Final = 4 << 20
_TEXT_MAX: Final = 4_096  # more than the supervisor keeps of any
# Two seconds of all these together stay below what ends an interface: `otha.runtime.interface.counter`.
_ORDER_STEP_NS: Final = 20_000_000
_DENIED_STEP_NS: Final = 100_000_000
_QUESTION_STEP_NS: Final = 20_000_000
_BURST: Final = 10
_TURN_MAX_NS: Final = 2_000_000_000
_NOTES_PER_SECOND: Final = 50


Reply = wire.Answered | wire.Explained | wire.Permitted | wire.Seen


class Link(asyncio.Protocol):
    """Orders and questions go out, snapshots and events come in. `gone` is done when the supervisor has hung up."""

    def __init__(self, take: Callable[[wire.Setup | wire.Snapshot | wire.Told], None]) -> None:
        self._take = take
        self._reader = wire.reader_at_interface()
        self._ids = count(1)
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._transport: asyncio.Transport | None = None
        self._orders, self._questions = Turns(_ORDER_STEP_NS, _BURST), Turns(_QUESTION_STEP_NS, _BURST)
        # Who orders what he may not does not keep others from ordering.
        self._denied = Turns(_DENIED_STEP_NS, _BURST)
        # What strangers do leaves room for what is told of users.
        self._notes = {strange: Pace(_NOTES_PER_SECOND) for strange in (True, False)}
        self._unsaid = {True: 0, False: 0}
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sessions: Callable[[], int] = int

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._reader.feed(data):
                self._received(message)
        except WireError:
            assert self._transport is not None
            self._transport.abort()

    def send(self, message: wire.FromInterface) -> None:
        """Tell the supervisor. One that takes nothing any more ends this process."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(wire.from_interface(message))
        if self._transport.get_write_buffer_size() > _BACKLOG_MAX:
            self._transport.abort()

    def tell(self, notice: wire.Notice, user: str, client: str, what: str) -> None:
        """Something for the journal. Of a flood a part is left out, and the next one says how many."""
        strange = notice in wire.OF_STRANGERS
        if not self._notes[strange].passes(time.monotonic_ns()):
            self._unsaid[strange] += 1
            return
        unsaid, self._unsaid[strange] = self._unsaid[strange], 0
        left = f"{unsaid} more before; " if unsaid else ""
        self.send(wire.Noted(notice=notice, user=_text(user), client=_text(client), what=_text(left + what)))

    async def order(self, caller: Caller, request: OrderRequest) -> OrderReply | Refusal | None:
        """The supervisor's answer to an order; None when there is none in time."""
        if not await _its_turn(self._pace_of(caller, request.order)):
            return Refusal(what="too many orders wait", mend="try again in a moment")
        ask = next(self._ids)
        role = wire.RoleName[caller.role.name]
        order = _cleaned(request)
        end = await self._ask(
            ask, wire.OnBehalf(ask=ask, user=_text(caller.user), client=_text(caller.client), role=role, order=order)
        )
        if isinstance(end, wire.Answered):
            return end.reply or end.refusal
        unsent = 0 if self._transport is None else self._transport.get_write_buffer_size()
        what = f"{request.order.value} of {request.group}, id {request.id}: the supervisor did not answer"
        waiting = f"{len(self._waiting)} others wait, {unsent} bytes are unsent"
        self.tell(wire.Notice.UNANSWERED, caller.user, caller.client, f"{what}; {waiting}")
        return None

    async def explain(self, group: str, node: str | None) -> Json | None:
        """What stands against a switchover; None when nobody says."""
        if not await _its_turn(self._questions):
            return None
        ask = next(self._ids)
        node = None if node is None else _text(node)
        end = await self._ask(ask, wire.Explain(ask=ask, group=_text(group), node=node))
        return end.why if isinstance(end, wire.Explained) else None

    async def act(self, caller: Caller, deed: Deed, order_id: str, what: str) -> wire.Permitted | None:
        """Whether this may be done now, and if not, why; None when nobody says."""
        ask = next(self._ids)
        if not await _its_turn(self._pace_of(caller, deed)):
            too_many = "too many orders wait; try again in a moment"
            return wire.Permitted(ask=ask, go=False, accepted=False, durable=False, what=too_many, code="too_many")
        end = await self._ask(
            ask,
            wire.Act(
                ask=ask,
                user=_text(caller.user),
                client=_text(caller.client),
                role=wire.RoleName[caller.role.name],
                deed=deed,
                id=_text(order_id),
                what=_text(what),
            ),
        )
        return end if isinstance(end, wire.Permitted) else None

    def acted(self, order_id: str, *, accepted: bool, what: str, code: str) -> None:
        """How an act has ended."""
        self.send(wire.Acted(id=_text(order_id), accepted=accepted, what=_text(what), code=code))

    async def look(self, view: wire.View, group: str = "") -> Json | None:
        """What the supervisor shows; None when there is nothing, or nobody says."""
        if not await _its_turn(self._questions):
            return None
        ask = next(self._ids)
        end = await self._ask(ask, wire.Look(ask=ask, view=view, group=_text(group)))
        return end.body if isinstance(end, wire.Seen) else None

    def _pace_of(self, caller: Caller, what: OrderKind | Deed) -> Turns:
        return self._orders if access.may_order(caller.role, what) else self._denied

    async def _ask(self, ask: int, message: wire.FromInterface) -> Reply | None:
        done: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[ask] = done
        try:
            self.send(message)
            async with asyncio.timeout(_ANSWER_S):
                return await done
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(ask, None)

    def _received(self, message: wire.ToInterface) -> None:
        match message:
            case wire.Ping():
                self.send(wire.Pong(sessions=self.sessions()))
            case wire.Answered(ask=ask) | wire.Explained(ask=ask) | wire.Permitted(ask=ask) | wire.Seen(ask=ask):
                done = self._waiting.get(ask)
                if done is not None and not done.done():
                    done.set_result(message)
            case _:
                self._take(message)


async def _its_turn(turns: Turns) -> bool:
    """Wait for the next turn. False: it would be too long a wait. A client's next message waits for this one, so few
    wait at a time."""
    now = time.monotonic_ns()
    if turns.wait_ns(now) > _TURN_MAX_NS:
        return False
    await asyncio.sleep(turns.take(now) / 1e9)
    return True


def _cleaned(order: OrderRequest) -> OrderRequest:
    """The order with texts that travel. One that is too long stays too long for the supervisor to take."""
    return replace(
        order,
        id=_text(order.id),
        group=_text(order.group),
        node=None if order.node is None else _text(order.node),
        item=None if order.item is None else _text(order.item),
        comment=_text(order.comment),
    )


def _text(text: str) -> str:
    """What a wire message carries; a peer's text may hold half a surrogate pair, and be longer than a message."""
    return text[:_TEXT_MAX].encode("utf-8", "replace").decode("utf-8")
