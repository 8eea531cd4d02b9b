"""How many in a second. Pure: times are arguments, in nanoseconds of any clock that never goes back."""

from collections import OrderedDict

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


class Turns:
    """One turn every `step_ns`, in the order of asking; `burst` of them at once after a pause."""

    def __init__(self, step_ns: int, burst: int) -> None:
        self._step_ns = step_ns
        self._slack_ns = step_ns * (burst - 1)
        self._free_ns = 0  # when the next turn would be without any slack

    def wait_ns(self, now: int) -> int:
        """How long a turn asked for now has to wait."""
        return max(self._free_ns - self._slack_ns - now, 0)

    def take(self, now: int) -> int:
        """Take the next turn, and say how long to wait for it."""
        wait_ns = self.wait_ns(now)
        self._free_ns = max(self._free_ns, now) + self._step_ns
        return wait_ns


class TurnsOf:
    """Turns for each of many who ask; of more than `kept` those who have not asked for longest are forgotten."""

    def __init__(self, step_ns: int, burst: int, kept: int) -> None:
        self._step_ns = step_ns
        self._burst = burst
        self._kept = kept
        self._turns: OrderedDict[str, Turns] = OrderedDict()

    def of(self, who: str) -> Turns:
        """The turns of one of them."""
        found = self._turns.pop(who, None)
        self._turns[who] = found = found or Turns(self._step_ns, self._burst)
        if len(self._turns) > self._kept:
            self._turns.popitem(last=False)
        return found
