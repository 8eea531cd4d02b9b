"""The one bounded inbox: every input of the core, in one order.

While the loop keeps up, everything is taken. When it is behind, readings of the same channel, path or source replace
one another: the newest takes the place of the older one in the queue, so that every source is heard of in its turn
however far behind the loop is; what replaces nothing (ends of effects, orders, clock and deadline inputs) is never
dropped and is bounded by those who put it. A reading that was followed by such an input keeps its place before it; of
each source that is further behind only the first reading and the newest are kept, so that the queue stays bounded
whatever comes between them.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from otha.core.inputs import GatePolled, HeartbeatEnded, Input, OrderGiven, ReferencePolled, SelectorPolled, TagsPolled

Put = Callable[[Input, int], None]
"""Hands an input over, stamped with its receipt (ns of CLOCK_MONOTONIC)."""

_SLICE_NS = 2_000_000  # one turn of the loop takes inputs for so long, then departures and sockets have their turn


_REPLACEABLE = frozenset({HeartbeatEnded, GatePolled, SelectorPolled, TagsPolled, ReferencePolled})


class _Place:
    """An input in the queue; `raw` None: it was taken, or a newer reading made it worthless. `before`: the first place
    of the same source. `era`: how many inputs that are never dropped were put before."""

    __slots__ = ("at_ns", "before", "era", "raw")

    def __init__(self, raw: Input, at_ns: int, era: int) -> None:
        self.raw: Input | None = raw
        self.at_ns = at_ns
        self.era = era
        self.before: _Place | None = None


def _source(raw: Input) -> tuple[str, str, str] | None:
    """What a newer input of the same source makes worthless; None: nothing does."""
    match raw:
        case HeartbeatEnded(channel=channel):
            return "heartbeat", channel, ""
        case GatePolled(section=section, path=path):
            return "gate", section, path
        case SelectorPolled(selector=name):
            return "selector", name, ""
        case TagsPolled(source=source, values=values):
            return "tags", source, values[0][0] if values else ""
        case ReferencePolled(name=name):
            return "reference", name, ""
        case _:
            return None


class Inbox:
    """`take(raw, at_ns)` is called for each input, in the order of `put`, from the loop; `between(now)` after each."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        take: Callable[[Input, int], None],
        *,
        between: Callable[[int], None],
        behind: int = 256,
        orders_max: int = 64,
    ) -> None:
        self._loop = loop
        self._take = take
        self._between = between
        self._behind = behind
        self._orders_max = orders_max
        self._queue: deque[_Place] = deque()
        self._newest: dict[tuple[str, str, str], _Place] = {}
        self._era = 0
        self._orders = 0
        self._scheduled = False
        self._last_ns = 0
        self._taken_ns = 0
        self.coalesced = 0
        self.longest = 0

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, raw: Input, at_ns: int) -> None:
        """Queue an input stamped with its receipt."""
        # One order: a stamp never falls behind the one before it.
        self._last_ns = at_ns = max(at_ns, self._last_ns)
        place = _Place(raw, at_ns, self._era)
        if type(raw) not in _REPLACEABLE:
            # What was read before an effect ended, a clock jumped or a time came due must be seen before it: nothing
            # newer may take its place any more.
            self._era += 1
        if len(self._queue) >= self._behind and self._coalesce(raw, place):
            return
        self._queue.append(place)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._drain)

    def put_order(self, raw: OrderGiven, at_ns: int) -> bool:
        """Queue an order; False when too many wait, so that it must be refused."""
        if self._orders >= self._orders_max:
            return False
        self._orders += 1
        self.put(raw, at_ns)
        return True

    def put_standing(self, raw: OrderGiven, at_ns: int) -> None:
        """Queue an order that stands from before this start. None is refused: the site bounds how many there are."""
        self._orders += 1
        self.put(raw, at_ns)

    def sift(self, lets_through: Callable[[Input], bool]) -> None:
        """Drop what waits and is not let through: the site has changed under it."""
        kept = [place for place in self._queue if place.raw is not None and lets_through(place.raw)]
        self._orders = sum(type(place.raw) is OrderGiven for place in kept)
        self._queue.clear()
        self._queue.extend(kept)
        self._newest.clear()

    def _coalesce(self, raw: Input, place: _Place) -> bool:
        """Put it in the place of an older one of its source; False when there is none."""
        source = _source(raw)
        if source is None:
            return False
        older = self._newest.get(source)
        if older is not None and older.raw is not None and older.era == self._era:
            older.raw, older.at_ns = raw, place.at_ns
            self.coalesced += 1
            return True
        self._newest[source] = place
        if older is None or older.raw is None:
            return False
        first, older.before = older.before, None
        if first is None or first.raw is None:
            place.before = older
        else:
            # The first one stays, for else a source that is read faster than the queue moves would never be heard.
            place.before, older.raw = first, None
            self.coalesced += 1
        return False

    def _drain(self) -> None:
        self._scheduled = False
        queue = self._queue
        self.longest = max(self.longest, len(queue))
        stop = time.monotonic_ns() + _SLICE_NS
        try:
            while queue:
                place = queue.popleft()
                raw, place.raw = place.raw, None
                if raw is None:
                    continue
                # A newer reading in an older one's place is ahead of those behind it: time never falls back.
                self._taken_ns = at_ns = max(place.at_ns, self._taken_ns)
                if type(raw) is OrderGiven:
                    self._orders -= 1
                self._take(raw, at_ns)
                now = time.monotonic_ns()
                self._between(now)
                if now >= stop:
                    break
        finally:
            if not queue:
                self._newest.clear()
            elif not self._scheduled:
                self._scheduled = True
                self._loop.call_soon(self._drain)
