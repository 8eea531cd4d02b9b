"""One request at a time over one link: many devices answer only the first of two that come together."""

from collections import deque
from dataclasses import dataclass

from otha.runtime.link import Exchange, Link, OnEnd
from otha.runtime.modbus_frame import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    request: Request
    within_ns: int
    on_end: OnEnd


class Lane:
    """A queue in front of a link. Each user keeps at most one request in it, which bounds it.

    A `guest` lane belongs to a link whose heartbeats come first: what waits leaves only in the pause after a heartbeat
    was answered (`pause` is called then).
    """

    def __init__(self, link: Link, *, guest: bool = False) -> None:
        self.link = link
        self._guest = guest
        self._waiting: deque[_Waiting] = deque()
        self._under_way = False

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
            self._under_way = False
            try:
                waiting.on_end(exchange)
            finally:
                if not self._guest:
                    self._next(exchange.ended_ns)

        self.link.send(waiting.request, now + waiting.within_ns, ended)
