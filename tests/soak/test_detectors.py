"""A hundred hours of heartbeats judged in columns and one by one: the same verdicts, one for one."""

import pytest

from otha.verify.study.judged import Detector
from tests.verify.study.alike import DETECTORS, PATTERNS, compare

pytestmark = pytest.mark.soak
HEARTBEATS = 100 * 3600  # of each of two channels, at a period of 1 s


@pytest.mark.parametrize("detector", DETECTORS, ids=str)
def test_a_hundred_hours_of_verdicts_are_those_of_the_core(detector: Detector) -> None:
    seen = compare(PATTERNS[-1], detector, heartbeats=HEARTBEATS, seed=11)
    print(f"{PATTERNS[-1].name}, {detector}: {seen} verdicts")  # noqa: T201 - a figure of the run
    assert seen > 1_000
