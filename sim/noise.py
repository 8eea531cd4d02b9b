"""The noise of instruments: seeded, so that the same seed shows the same."""

from typing import Final

import numpy as np

_BLOCK: Final = 4096  # drawn at once: one by one they would cost more than the plant


class Noise:
    """What `instruments` instruments are off by, step for step; `deviation`: the standard deviation of each."""

    def __init__(self, random: np.random.Generator, deviation: float, *, instruments: int) -> None:
        self._random = random
        self._deviation = deviation
        self._instruments = instruments
        self._left: list[list[float]] = []

    def next(self) -> list[float]:
        """Those of the next step."""
        if not self._left:
            drawn = self._random.normal(0.0, self._deviation, (_BLOCK, self._instruments))
            self._left = drawn[::-1].tolist()
        return self._left.pop()
