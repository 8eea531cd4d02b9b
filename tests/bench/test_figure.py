"""The arithmetic of the benchmarks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figure import at_least, at_most, holds, median, number, quantile, ratio_at_most, shown

SAMPLES = st.lists(st.floats(0, 1e6), min_size=1, max_size=200)


@given(SAMPLES, st.integers(1, 1000))
def test_a_quantile_is_the_smallest_sample_that_covers_its_share(samples: list[float], parts: int) -> None:
    found = quantile(samples, parts, 1000)
    assert found in samples
    assert sum(each <= found for each in samples) * 1000 >= parts * len(samples)
    assert sum(each < found for each in samples) * 1000 < parts * len(samples)


def test_quantiles_by_hand() -> None:
    samples = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert (median(samples), quantile(samples, 95, 100), quantile(samples, 1, 1)) == (3.0, 5.0, 5.0)
    assert (median([1.0, 2.0]), quantile([7.0], 999, 1000)) == (1.0, 7.0)
    with pytest.raises(ValueError, match="no samples"):
        median([])


def test_budgets_are_kept_at_the_limit_and_missed_beyond() -> None:
    assert [at_most("a", value, "ms", 5).verdict for value in (5, 5.01)] == ["ok", "MISSED"]
    assert [at_least("a", value, "/s", 5).verdict for value in (5, 4.99)] == ["ok", "MISSED"]
    assert [ratio_at_most("a", value, "us", 10, 2).verdict for value in (20, 20.1)] == ["ok", "MISSED"]
    assert ratio_at_most("a", 15, "us", 10, 2).ratio == 1.5
    assert [holds("a", value, "").verdict for value in (True, False)] == ["ok", "MISSED"]
    assert shown("a", 1, "ms").verdict == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0471, "0.047"),
        (1.239, "1.24"),
        (12.0, "12"),
        (123.4, "123"),
        (100_000, "100,000"),
        (1234.5, "1,234"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text
