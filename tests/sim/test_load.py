"""Load disturbances: the same from a seed, about 1, and as restless as told."""

from itertools import pairwise
from statistics import fmean, pstdev

import pytest

from sim.load import Load


def load(seed: int, *, step_share: float = 0.0, restless: float = 0.0) -> list[float]:
    made = Load(seed, step_s=0.1, step_share=step_share, every_s=10.0, stroke_s=2.0, restless=restless, restless_s=5.0)
    return [made.step() for _ in range(20_000)]


def test_the_same_seed_is_the_same_load() -> None:
    assert load(1, step_share=0.1, restless=0.01) == load(1, step_share=0.1, restless=0.01)
    assert load(1, restless=0.01) != load(2, restless=0.01)


def test_without_steps_and_restlessness_it_is_1() -> None:
    assert set(load(1)) == {1.0}


def test_it_is_as_restless_as_told() -> None:
    seen = load(1, restless=0.01)
    assert pstdev(seen) == pytest.approx(0.01, rel=0.2)
    assert fmean(seen) == pytest.approx(1.0, abs=0.003)


def test_its_steps_are_no_jumps() -> None:
    seen = load(1, step_share=0.1)
    assert pstdev(seen) == pytest.approx(0.1, rel=0.3)
    assert max(abs(b - a) for a, b in pairwise(seen)) < 0.03
