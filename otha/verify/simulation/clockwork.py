"""Virtual time: what is to happen, in the order of its time, and of its coming where the times are the same."""

from collections.abc import Callable
from heapq import heappop, heappush

Work = Callable[[int], None]
NEVER = 1 << 62


class Clockwork:
    """`now`: the time in ns. Work is told the time at which it is done."""

    def __init__(self, now: int) -> None:
        self.now = now
        self._waiting: list[tuple[int, int, Work]] = []
        self._serial = 0

    def at(self, at: int, work: Work) -> None:
        """Do `work` at `at`, which has not passed."""
        self._serial += 1
        heappush(self._waiting, (at, self._serial, work))

    @property
    def next_at(self) -> int:
        """When the next work is to be done, `NEVER` if there is none."""
        return self._waiting[0][0] if self._waiting else NEVER

    def work(self) -> None:
        """Do the next work, at its time."""
        self.now, _, work = heappop(self._waiting)
        work(self.now)
