"""Steps of the wall clock are told once, with their size."""

import pytest

from otha.runtime import clock
from otha.runtime.clock import WallClockWatch


def test_a_step_is_told_once_and_slewing_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    offset = 1_000_000_000
    monkeypatch.setattr(clock, "offset_ns", lambda: offset)
    watch = WallClockWatch(step_ns=50_000_000)
    offset += 49_000_000
    assert watch.look() == 0
    offset += 2_000_000_000
    assert watch.look() == 2_000_000_000
    assert watch.look() == 0
    offset -= 3_000_000_000
    assert watch.look() == -3_000_000_000


def test_the_real_clocks_do_not_step_between_two_looks() -> None:
    watch = WallClockWatch(step_ns=50_000_000)
    assert watch.look() == 0
