"""Transmitters: noise as it leaves a damped instrument."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.tanks import FULL_SCALE

_BLOCK: Final = 4096


class Transmitters:
    """Several transmitters, 0..10000 of their spans. `noise_pct` is the standard deviation of each in % of span,
    `damping_s` the time constant of the instrument's filter, which makes the noise slow (1 s is a usual setting)."""

    def __init__(self, seed: int, *, noise_pct: tuple[float, ...], damping_s: float, step_s: float) -> None:
        self._random = np.random.default_rng((seed, 3))
        self._noise = [share / 100 * FULL_SCALE for share in noise_pct]
        self._keep = math.exp(-step_s / damping_s)
        self._kick = math.sqrt(1 - self._keep**2)
        self._drawn: NDArray[np.float64] = np.zeros((0, len(noise_pct)))
        self._now = [0.0] * len(noise_pct)
        self._steps = 0

    def show(self, values: tuple[float, ...]) -> tuple[int, ...]:
        """One step: what they show of true values, each 0..1 of the span."""
        at = self._steps % _BLOCK
        if at == 0:
            self._drawn = self._random.normal(0.0, 1.0, (_BLOCK, len(self._noise)))
        self._steps += 1
        # Plain numbers: an array of three costs more than it saves.
        keep, kick, drawn = self._keep, self._kick, self._drawn[at].tolist()
        self._now = [keep * now + kick * new for now, new in zip(self._now, drawn, strict=True)]
        shown = (
            round(value * FULL_SCALE + noise * now)
            for value, noise, now in zip(values, self._noise, self._now, strict=True)
        )
        return tuple(min(FULL_SCALE, max(0, value)) for value in shown)
