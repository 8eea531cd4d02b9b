"""Which of a section's network paths is in use."""

from collections.abc import Sequence

_RETURN_AFTER = 3  # good answers in a row before a preferred path is used again
_DEAD_AFTER = 2  # failures in a row before a path is not tried in place of one that failed once


class Paths:
    """Paths by index, the first one preferred. A path that fails is left for the next that is not known to be dead; a
    better one is taken back.

    Taken back only after several good answers, so that a path that comes and goes is not followed. One late answer of
    the last living path is no reason to wait for a dead one in its place.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.current = 0
        self._good = [0] * len(self.names)
        self._bad = [0] * len(self.names)

    def report(self, index: int, good: bool) -> None:
        """A request over path `index` was answered in time, or was not."""
        self._good[index] = self._good[index] + 1 if good else 0
        self._bad[index] = 0 if good else self._bad[index] + 1
        if good:
            better = index < self.current and self._good[index] >= _RETURN_AFTER
            if better or self._bad[self.current]:
                self.current = index
        elif index == self.current:
            others = self.order()[1:]
            living = [each for each in others if self._bad[each] < _DEAD_AFTER]
            # With every path dead they are tried in turn: the one that comes back first may be any.
            tried = living or (others if self._bad[index] >= _DEAD_AFTER else ())
            self.current = next(iter(tried), index)

    def order(self) -> tuple[int, ...]:
        """All paths, the one in use first."""
        count = len(self.names)
        return tuple((self.current + step) % count for step in range(count))
