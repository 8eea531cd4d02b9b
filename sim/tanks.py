"""Two coupled tanks: a pump fills each, a valve lets the first run into the second, both drain to consumers.

Fixed step and seeded noise: with the same seed and the same outputs in the same steps it is the same plant again.
"""

import math
from typing import Final

import numpy as np

from sim.load import Load
from sim.noise import Noise

STEP_S: Final = 0.005
FULL_SCALE: Final = 10_000
HIGH_LEVEL: Final = 9500  # trips: nobody may take the tanks over

_PUMP: Final = 0.2  # tank heights per second at full speed
_VALVE: Final = 0.1  # through the open valve, per root of the difference of levels
_DRAIN: Final = 0.1  # to the consumers, per root of the level
_SWING: Final = 0.05  # consumers downstream: slow change of the drain
_SWING_PERIOD_S: Final = 40.0
_NOISE: Final = 0.00003  # standard deviation of a level measurement, in tank heights


class Tanks:
    """The levels of both tanks, 0..1 of their height. `load`: what the consumers do besides their slow swing."""

    def __init__(self, seed: int, load: Load | None = None) -> None:
        self._load = load
        self._noise = Noise(np.random.default_rng(seed), _NOISE, instruments=2)
        self._levels = (0.6, 0.5)
        self._steps = 0
        self._shown = self._show()

    def step(self, outputs: tuple[int, ...]) -> None:
        """One step of `STEP_S` with pump 1, pump 2 and the valve, each 0..10000."""
        first, second = self._levels
        phase = 2 * math.pi * self._steps * STEP_S / _SWING_PERIOD_S
        difference = first - second
        through = _VALVE * outputs[2] / FULL_SCALE * math.copysign(math.sqrt(abs(difference)), difference)
        taken = (1 + _SWING * math.sin(phase)) * (1.0 if self._load is None else self._load.step())
        flows = (
            _PUMP * outputs[0] / FULL_SCALE - _DRAIN * taken * math.sqrt(first) - through,
            _PUMP * outputs[1] / FULL_SCALE - _DRAIN * taken * math.sqrt(second) + through,
        )
        self._levels = (_inside(first + flows[0] * STEP_S), _inside(second + flows[1] * STEP_S))
        self._steps += 1
        self._shown = self._show()

    def measure(self) -> tuple[int, int]:
        """Both levels as the transmitters show them, 0..10000. The noise belongs to the step, not to the reader."""
        return self._shown

    def _show(self) -> tuple[int, int]:
        off = self._noise.next()
        first, second = (int(_inside(level + each) * FULL_SCALE) for level, each in zip(self._levels, off, strict=True))
        return first, second

    def tripped(self) -> bool:
        """A level so high that nobody may take the tanks over."""
        return max(self._shown) >= HIGH_LEVEL


def _inside(level: float) -> float:
    """A tank holds between nothing and all."""
    return min(1.0, max(0.0, level))
