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


def test_a_look_frees_what_refers_to_itself(collector: Collector) -> None:
    lost = knot()
    assert lost() is not None
    collector.look(0)
    assert lost() is None


def test_nothing_is_collected_but_by_a_look(collector: Collector) -> None:
    lost = knot()
    held = [[number] for number in range(50_000)]
    assert lost() is not None
    assert len(held) == 50_000


def test_while_something_large_is_made_it_waits_and_not_for_ever(collector: Collector) -> None:
    lost, large = knot(), [[number] for number in range(50_000)]
    looks = 0
    while lost() is not None:
        collector.look(0)
        looks += 1
        assert looks < 10_000
    assert looks == 601
    assert len(large) == 50_000


def test_once_it_is_freed_the_next_look_collects(collector: Collector) -> None:
    lost, large = knot(), [[number] for number in range(10_000)]
    collector.look(0)
    assert lost() is not None
    large.clear()
    collector.look(0)
    assert lost() is None


def test_what_survived_a_look_is_looked_at_again_later(collector: Collector) -> None:
    kept = Knot()
    lost = weakref.ref(kept)
    collector.look(0)
    del kept
    looks = 0
    while lost() is not None:
        collector.look(0)
        looks += 1
        assert looks <= 20


def test_garbage_that_gathers_slowly_is_not_left_to_the_minutes_end(collector: Collector) -> None:
    stays = [[number] for number in range(3_000)]
    lost = knot()
    looks = 0
    while lost() is not None:
        for _ in range(100):
            knot()
        collector.look(0)
        looks += 1
        assert looks <= 12
    assert len(stays) == 3_000


def test_what_comes_and_goes_again_and_again_is_collected_while_it_is_gone(collector: Collector) -> None:
    stays, lost = [[number] for number in range(3_000)], knot()
    looks = 0
    while lost() is not None:
        large = [[number] for number in range(15_000)] if looks % 3 else []
        collector.look(0)
        looks += 1
        assert looks < 50
    assert large == []
    assert len(stays) == 3_000
