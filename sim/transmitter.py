"""Transmitters: noise as it leaves a damped instrument."""

import math
import random

from sim.tanks import FULL_SCALE


class Transmitters:
    """Several transmitters, 0..10000 of their spans. `noise_pct` is the standard deviation of each in % of span,
    `damping_s` the time constant of the instrument's filter, which makes the noise slow (1 s is a usual setting)."""

    def __init__(self, seed: int, *, noise_pct: tuple[float, ...], damping_s: float, step_s: float) -> None:
        self._random = random.Random(f"transmitters {seed}")
        self._noise = [share / 100 * FULL_SCALE for share in noise_pct]
        self._keep = math.exp(-step_s / damping_s)
        self._kick = math.sqrt(1 - self._keep**2)
        self._now = [0.0] * len(noise_pct)

    def show(self, values: tuple[float, ...]) -> tuple[int, ...]:
        """One step: what they show of true values, each 0..1 of the span."""
        keep, kick, draw = self._keep, self._kick, self._random.gauss
        self._now = [keep * now + kick * draw(0.0, 1.0) for now in self._now]
        shown = (
            round(value * FULL_SCALE + noise * now)
            for value, noise, now in zip(values, self._noise, self._now, strict=True)
        )
        return tuple(min(FULL_SCALE, max(0, value)) for value in shown)
