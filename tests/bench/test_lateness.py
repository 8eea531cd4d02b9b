"""Lateness between two looks at the supervisor's histogram."""

import pytest

from bench.lateness import between, quantile_of
from otha.runtime.histogram import Histogram


def test_the_start_is_told_apart() -> None:
    histogram = Histogram()
    for _ in range(10):
        histogram.add(9_000_000)
    before = histogram.counts()
    for lateness_ns in range(1_000):
        histogram.add(lateness_ns)
    late = between(before, histogram.counts())
    assert sum(late.values()) == 1_000
    assert quantile_of(late, 1, 1) <= 1_031
    assert 499 <= quantile_of(late, 50, 100) <= 515
    assert quantile_of(late, 999, 1000) >= 998


def test_nothing_counted() -> None:
    with pytest.raises(ValueError, match="nothing"):
        quantile_of({}, 1, 2)
