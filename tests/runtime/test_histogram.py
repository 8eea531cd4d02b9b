"""The histogram keeps its promised relative error and never understates."""

from hypothesis import given
from hypothesis import strategies as st

from otha.runtime.histogram import Histogram


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=200), st.integers(1, 1000))
def test_quantile_is_an_upper_bound_within_a_thirty_second(values: list[int], parts: int) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    exact = sorted(values)[-(-len(values) * parts // 1000) - 1]
    got = histogram.quantile_ns(parts, 1000)
    assert exact <= got <= exact + exact // 32 + 1
    assert histogram.quantile_ns(1, 1) == max(values) == histogram.max_ns


def test_empty_and_negative() -> None:
    histogram = Histogram()
    assert histogram.quantile_ns(99, 100) == 0
    histogram.add(-5)
    assert histogram.summary_ns() == {"count": 1, "p50": 0, "p99": 0, "p99_9": 0, "max": 0}


@given(st.lists(st.integers(0, 10**12), max_size=100), st.lists(st.integers(0, 10**12), max_size=100))
def test_two_looks_tell_what_lies_between(first: list[int], then: list[int]) -> None:
    histogram = Histogram()
    for value in first:
        histogram.add(value)
    before = histogram.counts()
    for value in then:
        histogram.add(value)
    between = {bound: count - before.get(bound, 0) for bound, count in histogram.counts().items()}
    assert sum(between.values()) == len(then)
    for limit in then:
        # A bound overstates what it counts by a thirty-second at most.
        upto = sum(count for bound, count in between.items() if int(bound) <= limit + limit // 32 + 1)
        assert upto >= sum(value <= limit for value in then)
