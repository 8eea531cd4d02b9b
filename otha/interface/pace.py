"""How many in a second. Pure: times are arguments, in nanoseconds of any clock that never goes back."""

_S = 1_000_000_000


class Pace:
    """Lets `most` pass in each second."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._second_ns = 0
        self._passed = 0

    def passes(self, now: int) -> bool:
        """Whether one more passes now."""
        if now - self._second_ns >= _S:
            self._second_ns, self._passed = now, 0
        self._passed += 1
        return self._passed <= self._most
