"""One at a time, and by turns of those who ask, however often each of them asks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class QueueFullError(Exception):
    """Too many wait already."""


class FairQueue:
    """At most `waiting_max` wait, `each_max` of them for one asker: none can take every place, or delay another by more
    than one turn."""

    def __init__(self, *, waiting_max: int, each_max: int) -> None:
        self._waiting_max = waiting_max
        self._each_max = each_max
        self._first = asyncio.Lock()
        # Who holds his own lock waits for `_first`, which is given in the order of asking: each has one place there.
        self._own: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        """Wait for a turn and hold it in the block. Raises QueueFullError at once. Safe to cancel."""
        if self._waiting.total() >= self._waiting_max or self._waiting[who] >= self._each_max:
            raise QueueFullError
        self._waiting[who] += 1
        try:
            async with self._own.setdefault(who, asyncio.Lock()), self._first:
                yield
        finally:
            self._waiting[who] -= 1
            if not self._waiting[who]:
                del self._waiting[who], self._own[who]
