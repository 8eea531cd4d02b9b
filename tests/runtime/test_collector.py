"""Garbage is collected when the collector looks, and not while something large is being made."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from otha.runtime.collector import Collector


class Knot:
    """Refers to itself: only a collection frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    made.take_over()
    try:
        yield made
    finally:
        gc.enable()
        gc.unfreeze()
        gc.collect()


def knot() -> "weakref.ref[Knot]":
    return weakref.ref(Knot())


def looks_until(lost: "weakref.ref[Knot]", collector: Collector) -> int:
    """How many looks it takes until it is collected."""
    looks = 0
    while lost() is not None:
        collector.look(0)
        looks += 1
        assert looks < 200_000
    return looks


def begin(collector: Collector) -> list[list[int]]:
    """The first answers of many nodes; what they make stays."""
    made = [[number] for number in range(3_000)]
    for _ in range(10):
        collector.look(0)
    return made


def test_little_that_refers_to_itself_is_freed_within_ten_minutes(collector: Collector) -> None:
    looks_until(knot(), collector)  # and what pytest has made
    assert [looks_until(knot(), collector) for _ in range(3)] == [6_001, 6_001, 6_001]


def test_when_much_has_gathered_the_next_look_frees_it(collector: Collector) -> None:
    lost, held = knot(), [[number] for number in range(1_500)]
    assert looks_until(lost, collector) == 1
    assert len(held) == 1_500


def test_nothing_is_collected_but_by_a_look(collector: Collector) -> None:
    lost = knot()
    held = [[number] for number in range(50_000)]
    assert lost() is not None
    assert len(held) == 50_000


def test_while_something_large_is_made_it_waits_and_not_for_ever(collector: Collector) -> None:
    begin(collector)
    lost, large = knot(), [[number] for number in range(50_000)]
    assert looks_until(lost, collector) == 601
    assert len(large) == 50_000


def test_once_it_is_freed_it_is_collected_with_the_next_that_gathers(collector: Collector) -> None:
    lost, large = knot(), [[number] for number in range(10_000)]
    collector.look(0)
    assert lost() is not None
    large.clear()
    large += [[number] for number in range(1_500)]
    collector.look(0)
    assert lost() is None


def test_what_survived_a_look_is_looked_at_again_later(collector: Collector) -> None:
    kept = Knot()
    lost = weakref.ref(kept)
    looks_until(knot(), collector)
    del kept
    assert looks_until(lost, collector) <= 20 * 6_001


def test_what_the_first_answers_make_is_never_looked_at(collector: Collector) -> None:
    before = gc.get_freeze_count()
    made = begin(collector)
    assert gc.get_freeze_count() >= before + len(made)
    assert looks_until(knot(), collector) == 6_001


def test_what_comes_after_the_first_minute_is_looked_at(collector: Collector) -> None:
    for _ in range(600):
        collector.look(0)
    before, lost, held = gc.get_freeze_count(), knot(), [[number] for number in range(3_000)]
    assert looks_until(lost, collector) == 10
    assert gc.get_freeze_count() <= before
    assert len(held) == 3_000


def test_garbage_that_gathers_slowly_is_not_left_to_the_minutes_end(collector: Collector) -> None:
    begun = begin(collector)
    stays = [[number] for number in range(3_000)]
    lost = knot()
    looks = 0
    while lost() is not None:
        for _ in range(100):
            knot()
        collector.look(0)
        looks += 1
        assert looks <= 12
    assert len(stays) == len(begun)


def test_what_comes_and_goes_again_and_again_is_collected_while_it_is_gone(collector: Collector) -> None:
    begun = begin(collector)
    stays, lost = [[number] for number in range(3_000)], knot()
    looks = 0
    while lost() is not None:
        large = [[number] for number in range(15_000)] if looks % 3 else []
        collector.look(0)
        looks += 1
        assert looks < 50
    assert large == []
    assert len(stays) == len(begun)
