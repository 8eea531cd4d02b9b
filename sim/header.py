"""The supply header: a vessel that a pump fills; consumers take from it, and a valve returns what is too much.

Slow beside the tanks: its owners control it by cycles of a quarter of a second. Fixed step and seeded noise, as theirs.
"""

import math
from typing import Final

import numpy as np

from sim.kind import Plain
from sim.noise import Noise
from sim.tanks import FULL_SCALE, STEP_S

_PUMP: Final = 0.06  # vessel heights per second at full speed
_RETURN: Final = 0.05  # through the open return valve, per root of the level
_CONSUMERS: Final = 0.03  # per root of the level
_SWING: Final = 0.1  # slow change of what the consumers take
_SWING_PERIOD_S: Final = 90.0
_NOISE: Final = 0.00005  # standard deviation of a level measurement, in vessel heights


class Header(Plain):
    """The vessel's level, 0..1 of its height; see `sim.kind.Machine`."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._outputs = (0, 0)
        self._noise = Noise(np.random.default_rng((seed, 2)), _NOISE, instruments=1)
        self._level = 0.5
        self._steps = 0
        self._shown = self._show()

    def step(self, outputs: tuple[int, ...]) -> None:
        """One step of `STEP_S` with the supply pump and the return valve, each 0..10000."""
        self._outputs = (outputs[0], outputs[1])
        pump, valve = (output / FULL_SCALE for output in outputs)
        swing = 1 + _SWING * math.sin(2 * math.pi * self._steps * STEP_S / _SWING_PERIOD_S)
        taken = (_CONSUMERS * swing + _RETURN * valve) * self._level**0.5
        self._level = min(1.0, max(0.0, self._level + (_PUMP * pump - taken) * STEP_S))
        self._steps += 1
        self._shown = self._show()

    def measure(self) -> tuple[int, ...]:
        """The level as the transmitter shows it, 0..10000. The noise belongs to the step, not to the reader."""
        return (self._shown,)

    def _show(self) -> int:
        (off,) = self._noise.next()
        return int(min(FULL_SCALE, max(0.0, (self._level + off) * FULL_SCALE)))

    def tags(self) -> dict[str, int]:
        """The level, and both outputs as they stand at the terminals."""
        pump, valve = self._outputs
        return {"header_level": self._shown, "supply_pump": pump, "return_valve": valve}
