"""Which of a section's network paths is in use."""

from collections.abc import Sequence

_RETURN_AFTER = 3  # good answers in a row before a preferred path is used again


class Paths:
    """Paths by index, the first one preferred. A path that fails is left for the next; a better one is taken back.

    Taken back only after several good answers, so that a path that comes and goes is not followed.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.current = 0
        self._streak = [0] * len(self.names)

    def report(self, index: int, good: bool) -> None:
        """A request over path `index` was answered in time, or was not."""
        self._streak[index] = self._streak[index] + 1 if good else 0
        if good and index < self.current and self._streak[index] >= _RETURN_AFTER:
            self.current = index
        elif not good and index == self.current:
            self.current = (index + 1) % len(self.names)

    def order(self) -> tuple[int, ...]:
        """All paths, the one in use first."""
        count = len(self.names)
        return tuple((self.current + step) % count for step in range(count))
