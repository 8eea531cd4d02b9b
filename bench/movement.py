"""How far a plant's outputs and controlled values go in a time, by its own terminal log: during a transfer, and by
itself before it."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sim.kind import Kind
from sim.recordings import Scan

_SPAN_PCT: Final = 0.01  # one raw unit of 0..10000


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """The largest way from lowest to highest of an analogue output, and of a controlled value, in % of span."""

    output: float
    value: float


class Log:
    """A terminal log, in its times."""

    def __init__(self, kind: Kind, seen: Sequence[Scan]) -> None:
        self._analogue = [at for at in range(len(kind.outputs)) if at not in kind.discrete]
        self._pv = kind.pv
        self._seen = seen
        self._times = [scan.at_ns for scan in seen]

    def between(self, from_ns: int, to_ns: int) -> Movement:
        """What moved in that time, from what stood at its beginning on."""
        first = max(0, bisect_right(self._times, from_ns) - 1)
        window = self._seen[first : bisect_right(self._times, to_ns)]
        return Movement(
            output=max(_way([scan.outputs[at] for scan in window]) for at in self._analogue),
            value=max(_way([scan.levels[at] for scan in window]) for at in self._pv),
        )

    def by_itself(self, until_ns: int, length_ns: int, seconds: float) -> Movement:
        """The most that moved in a time of that length, in so many seconds before `until_ns`."""
        found, at_ns = [], until_ns - length_ns
        while at_ns > until_ns - seconds * 1e9 and at_ns >= self._times[0]:
            found.append(self.between(at_ns, at_ns + length_ns))
            at_ns -= max(1, length_ns // 2)
        if not found:
            return Movement(output=0.0, value=0.0)
        return Movement(output=max(each.output for each in found), value=max(each.value for each in found))

    def at(self, at_ns: int) -> Scan:
        """The last scan before that moment."""
        return self._seen[max(0, bisect_left(self._times, at_ns) - 1)]


def _way(values: Sequence[int]) -> float:
    return (max(values) - min(values)) * _SPAN_PCT
