from dataclasses import replace

import pytest

from otha.core.config import SelfFence
from otha.core.group import self_fence
from tests.core.build import MS

FENCE = SelfFence(watchdog_ns=1_000 * MS, stop_ns=500 * MS, wait_ns=1_501 * MS, drift_ppm=100, hardware=True)


def test_a_wait_longer_than_watchdog_stop_and_drift_counts() -> None:
    # 1500 ms x 1.0001 / 0.9999 = 1500.30003 ms.
    assert self_fence.needed_wait_ns(FENCE) == 1_500_300_031
    assert self_fence.counts(FENCE)


@pytest.mark.parametrize(("wait_ns", "counts"), [(1_500_300_031, False), (1_500_300_032, True)])
def test_the_wait_must_be_longer_and_not_just_as_long(wait_ns: int, counts: bool) -> None:
    assert self_fence.counts(replace(FENCE, wait_ns=wait_ns)) is counts


def test_without_drift_the_sum_is_exact() -> None:
    assert self_fence.needed_wait_ns(replace(FENCE, drift_ppm=0)) == 1_500 * MS


def test_a_guests_watchdog_pauses_with_the_guest_and_never_counts() -> None:
    assert not self_fence.counts(replace(FENCE, hardware=False, wait_ns=3_600_000 * MS))


def test_no_self_fence_is_none() -> None:
    assert not self_fence.counts(None)
