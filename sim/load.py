"""Load disturbances: what the consumers of a plant do, from a seed.

Two kinds together, as tests of process loops use them: a consumer that joins or leaves at a random moment (a step, as
steep as its valve or motor allows), and small restless changes (a first-order process).
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

_BLOCK: Final = 4096


class Load:
    """A factor about 1. `step_share`: standard deviation of a step. `every_s`: mean time between two. `stroke_s`: time
    constant of a step. `restless`: standard deviation of the small changes, `restless_s` their time constant."""

    def __init__(
        self,
        seed: int,
        *,
        step_s: float,
        step_share: float,
        every_s: float,
        stroke_s: float,
        restless: float,
        restless_s: float,
    ) -> None:
        self._random = np.random.default_rng((seed, 7))
        self._chance = step_s / every_s
        self._share = step_share
        self._follow = step_s / stroke_s
        self._keep = math.exp(-step_s / restless_s)
        self._kick = restless * math.sqrt(1 - self._keep**2)
        self._wanted = self._base = 1.0
        self._small = 0.0
        self._drawn: NDArray[np.float64] = np.zeros((0, 2))
        self._steps = 0

    def step(self) -> float:
        """The factor of the next step."""
        at = self._steps % _BLOCK
        if at == 0:
            self._drawn = np.column_stack((self._random.random(_BLOCK), self._random.normal(0.0, 1.0, _BLOCK)))
        chance, kick = self._drawn[at].tolist()
        self._steps += 1
        if chance < self._chance:
            self._wanted = 1.0 + float(self._random.normal(0.0, self._share))
        self._base += self._follow * (self._wanted - self._base)
        self._small = self._keep * self._small + self._kick * kick
        return self._base + self._small
