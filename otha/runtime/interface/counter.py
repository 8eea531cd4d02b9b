"""Where the interface puts its orders and questions: every order is checked against the one table again, few wait at a
time, and what the interface has to tell cannot fill the journal."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from otha.runtime.interface.acts import Acts, refusal
from otha.runtime.interface.fed import Book
from otha.wire import access
from otha.wire import interface as wire
from otha.wire.message import Json, OrderReply, Refusal

if TYPE_CHECKING:
    from otha.runtime.interface.process import Desk

Taken = wire.OnBehalf | wire.Explain | wire.Look | wire.Act | wire.Acted | wire.Noted
_WAITING_MAX = 16
_PER_SECOND_MAX = 500
_NOTES_BURST = 60
_NOTES_PER_SECOND = 2
_TEXT_MAX = 300
_S = 1_000_000_000


class Counter:
    """Takes what the interface asks and tells, and answers through `send`."""

    def __init__(self, desk: "Desk", book: Book, send: Callable[[wire.ToInterface], None], scribe: Executor) -> None:
        self._desk = desk
        self._book = book
        self._send = send
        self._scribe = scribe
        self._acts = Acts(book)
        # Who looks takes no place of one who orders.
        self._tasks: set[asyncio.Task[None]] = set()
        self._looks: set[asyncio.Task[None]] = set()
        self._second_ns = 0
        self._in_second = 0
        # What strangers do leaves room for what is told of users, and both for orders that were denied.
        self._budgets = {strange: _Budget() for strange in (True, False)}
        self._denied = _Budget()

    def take(self, message: Taken) -> bool:
        """Take a message. False: there are so many that the interface must have lost its wits."""
        now = time.monotonic_ns()
        if now - self._second_ns >= _S:
            self._second_ns, self._in_second = now, 0
        self._in_second += 1
        if self._in_second > _PER_SECOND_MAX:
            return False
        match message:
            case wire.OnBehalf():
                self._ordered(message, now)
            case wire.Explain(ask=ask, group=group, node=node):
                self._send(wire.Explained(ask=ask, why=self._desk.why(group, node)))
            case wire.Look():
                self._look(message)
            case wire.Act():
                self._acted(message, now)
            case wire.Acted():
                self._acts.ended(message)
            case wire.Noted():
                self._note(message, now)
        return True

    def close(self) -> None:
        """Nobody waits for answers any more. What was decided is carried out all the same."""
        for task in (*self._tasks, *self._looks):
            task.cancel()
        self._acts.cut_off()

    def _ordered(self, asked: wire.OnBehalf, now: int) -> None:
        if not access.may_order(asked.role.role, asked.order.order):
            needed = access.NEEDED[asked.order.order].name.lower()
            what = f"user {asked.user} is {asked.role.value}; {asked.order.order.value} needs {needed}"
            left_out = self._denied.spent(now)
            if left_out is not None:
                told = f"{what}; {left_out} more before" if left_out else what
                self._desk.turned_away(asked.order, asked.user, told, asked.client)
            self._answer(asked.ask, Refusal(what=what, mend="ask a user with that role"))
            return
        if not self._wait_for(self._carry_out(asked), self._tasks):
            self._answer(asked.ask, Refusal(what="too many orders wait", mend="try again in a moment"))

    def _acted(self, asked: wire.Act, now: int) -> None:
        if not access.may_order(asked.role.role, asked.deed):
            self._send(self._acts.denied(asked, self._denied.spent(now)))
        elif not self._wait_for(self._permit(asked), self._tasks):
            too_many = "too many orders wait; try again in a moment"
            self._send(refusal(asked, too_many, "too_many"))

    def _look(self, asked: wire.Look) -> None:
        view = self._desk.view(asked.view, asked.group)
        if view is None or not self._wait_for(self._show(asked.ask, view), self._looks):
            self._send(wire.Seen(ask=asked.ask, body=None))

    def _wait_for(self, work: Coroutine[Any, Any, None], among: "set[asyncio.Task[None]]") -> bool:
        """Begin it; False when so many wait that it is not begun."""
        if len(among) >= _WAITING_MAX:
            work.close()
            return False
        task = asyncio.get_running_loop().create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)
        return True

    async def _permit(self, asked: wire.Act) -> None:
        self._send(await self._acts.asked(asked))

    async def _show(self, ask: int, view: Callable[[], Json]) -> None:
        self._send(wire.Seen(ask=ask, body=await asyncio.get_running_loop().run_in_executor(self._scribe, view)))

    async def _carry_out(self, asked: wire.OnBehalf) -> None:
        seconds = access.seconds(asked.role.role)
        self._answer(asked.ask, await self._desk.order(asked.order, asked.user, asked.client, seconds=seconds))

    def _answer(self, ask: int, end: OrderReply | Refusal) -> None:
        if isinstance(end, Refusal):
            self._send(wire.Answered(ask=ask, reply=None, refusal=end))
        else:
            self._send(wire.Answered(ask=ask, reply=end, refusal=None))

    def _note(self, told: wire.Noted, now: int) -> None:
        """Journal it, unless somebody tries to fill the journal: then the next note says how many were left out."""
        left_out = self._budgets[told.notice in wire.OF_STRANGERS].spent(now)
        if left_out is None:
            return
        body = {"client": told.client[:_TEXT_MAX], "what": told.what[:_TEXT_MAX], "left_out": left_out}
        self._book.note(told.notice.value, body, told.user[:_TEXT_MAX])
        self._book.log("info", told.notice.value, user=told.user[:_TEXT_MAX], **body)


class _Budget:
    """How much may be journaled: a burst, and then so many in a second."""

    def __init__(self) -> None:
        self._left = _NOTES_BURST * _S // _NOTES_PER_SECOND  # in ns of the time in which it comes back
        self._spent_at_ns = 0
        self._left_out = 0

    def spent(self, now: int) -> int | None:
        """How many were left out before this one; None: this one is, too."""
        cost, whole = _S // _NOTES_PER_SECOND, _NOTES_BURST * _S // _NOTES_PER_SECOND
        self._left = min(self._left + now - (self._spent_at_ns or now), whole)
        self._spent_at_ns = now
        if self._left < cost:
            self._left_out += 1
            return None
        self._left -= cost
        left_out, self._left_out = self._left_out, 0
        return left_out
