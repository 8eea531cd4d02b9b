"""One request at a time over one link: many devices answer only the first of two that come together."""

from collections import deque
from dataclasses import dataclass

from otha.runtime.link import Exchange, Link, OnEnd
from otha.runtime.modbus_frame import Request
from otha.runtime.scheduler import Scheduler


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    request: Request
    within_ns: int
    on_end: OnEnd


class Lane:
    """A queue in front of a link. Each user keeps at most one request in it, which bounds it.

    A `guest` lane belongs to a link whose heartbeats come first: what waits leaves only in the pause after a heartbeat
    was answered (`pause` is called then).

    In a `hurry` every request has a short time, whoever asked it: what waits behind a lost reply waits no longer.
    """

    def __init__(self, link: Link, *, guest: bool = False) -> None:
        self.link = link
        self._guest = guest
        self._waiting: deque[_Waiting] = deque()
        self._under_way = False
        self._on_the_way: Exchange | None = None
        self._limit_ns: int | None = None

    def hurry(self, limit_ns: int, scheduler: Scheduler, now: int) -> None:
        """No request has longer than `limit_ns` from now on, the one under way included."""
        self._limit_ns = limit_ns
        if self._on_the_way is not None:
            self._on_the_way.hasten(scheduler, now + limit_ns)

    def ease(self) -> None:
        """Each request has the time again that it was given."""
        self._limit_ns = None

    def submit(self, request: Request, within_ns: int, now: int, on_end: OnEnd) -> None:
        """Send `request` when its turn comes; it has `within_ns` from then on. Never raises."""
        self._waiting.append(_Waiting(request=request, within_ns=within_ns, on_end=on_end))
        if not self._guest:
            self._next(now)

    def pause(self, now: int) -> None:
        """The link is idle for a while."""
        self._next(now)

    def _next(self, now: int) -> None:
        if self._under_way or not self._waiting:
            return
        waiting = self._waiting.popleft()
        self._under_way = True

        def ended(exchange: Exchange) -> None:
            if exchange.is_second_end:
                return
            self._under_way, self._on_the_way = False, None
            try:
                waiting.on_end(exchange)
            finally:
                if not self._guest:
                    self._next(exchange.ended_ns)

        within_ns = waiting.within_ns if self._limit_ns is None else min(waiting.within_ns, self._limit_ns)
        exchange = self.link.send(waiting.request, now + within_ns, ended)
        # A link may end it before it returns.
        self._on_the_way = exchange if exchange.answer is None else None
