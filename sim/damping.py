"""A controller's input filter: undamped, its gain would make restless outputs of noise and of rounding."""

from collections.abc import Sequence


class Damping:
    """A first-order filter of several measurements with one time constant. It begins at what it is first shown."""

    def __init__(self, time_s: float) -> None:
        self._time_s = time_s
        self._now: Sequence[float] | None = None

    def step(self, measured: Sequence[int], dt_s: float) -> Sequence[float]:
        """One control cycle: the damped values. It goes on in one who follows as in the one in charge."""
        last = measured if self._now is None else self._now
        share = dt_s / self._time_s
        self._now = [before + share * (now - before) for before, now in zip(last, measured, strict=True)]
        return self._now
