"""What every link is to its users: requests with deadlines, each ended exactly once, whatever lies below."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from otha.core.words import Answer
from otha.runtime.modbus_frame import ReplyKind, Request
from otha.runtime.scheduler import Scheduler, Timer

ANSWERS = {
    ReplyKind.GOOD: Answer.REPLIED,
    ReplyKind.BUSY: Answer.BUSY,
    ReplyKind.UNREACHED: Answer.MISSED,
    ReplyKind.EXCEPTION: Answer.GARBLED,
    ReplyKind.GARBLED: Answer.GARBLED,
}


@dataclass(slots=True)
class LinkCounters:
    """What a link has met since its start. `trouble`: what went wrong last, "" when nothing has since a good reply.

    Of a serial line: `connects` and `refused` count the openings of its device, `strays` the bytes that belonged to no
    reply, `given_up` the exchanges after which a unit had to be proved in step again. Its `trouble`
    names the unit, whose own good reply ends it.
    """

    connects: int = 0
    refused: int = 0
    losses: int = 0
    given_up: int = 0
    garbled: int = 0
    late: int = 0
    strays: int = 0
    trouble: str = ""


class Exchange:
    """One request and how it ended.

    `on_end` is called once, and once more (`is_second_end`) with LATE if the reply still comes.
    """

    __slots__ = ("answer", "ended_ns", "exception", "is_second_end", "link", "on_end", "payload", "request", "timer")

    def __init__(self, link: "Link", request: Request, on_end: "OnEnd | None") -> None:
        self.link = link
        self.request = request
        self.on_end = on_end
        self.answer: Answer | None = None
        self.is_second_end = False
        self.payload = b""
        self.exception = 0
        self.ended_ns = 0
        self.timer: Timer | None = None

    def end(self, answer: Answer, now: int) -> None:
        """Tell how it ended; `now` is the receipt of what ended it."""
        self.answer = answer
        self.ended_ns = now
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.on_end is not None:
            self.on_end(self)

    def hasten(self, scheduler: Scheduler, deadline_ns: int) -> None:
        """Judge it at `deadline_ns` at the latest, unless it has ended."""
        if self.answer is None and self.timer is not None and deadline_ns < self.timer.at_ns:
            self.timer.cancel()
            self.timer = scheduler.after_input(deadline_ns, self.judge)

    def judge(self, now: int) -> None:
        """The deadline has come and all readable input was taken."""
        if self.answer is None:
            self.link.expired(self, now)


OnEnd = Callable[[Exchange], None]


class Link(Protocol):
    """What probes, lanes and actuators use."""

    @property
    def counters(self) -> LinkCounters:
        """What it has met; links on one serial line share them."""

    def send(self, request: Request, deadline_ns: int, on_end: OnEnd | None) -> Exchange:
        """Send `request`; `on_end` hears of its end, at the latest when `deadline_ns` has been judged. Never raises."""

    async def call(self, request: Request, deadline_ns: int) -> Exchange:
        """As `send`, awaited. Safe to cancel: the reply, if it still comes, is absorbed."""

    def expired(self, exchange: Exchange, now: int) -> None:
        """The deadline has come, all readable input was taken, and there is no answer (told by the exchange)."""


async def awaited(link: Link, request: Request, deadline_ns: int) -> Exchange:
    """`link.send`, awaited."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_end(_exchange: Exchange) -> None:
        if not done.done():
            done.set_result(None)

    exchange = link.send(request, deadline_ns, on_end)
    await done
    return exchange
