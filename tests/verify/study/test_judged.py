"""The detectors as columns say what `otha.core.watch` says, verdict by verdict; 100 hours of it are in tests/soak."""

import numpy as np
import pytest

from otha.core.config import FixedDetector
from otha.verify.study.judged import Channel, Detector, Spells, at_least
from otha.verify.study.network import SECOND_NS, Pattern, replies
from tests.verify.study.alike import DETECTORS, PATTERNS, compare


@pytest.mark.parametrize("detector", DETECTORS, ids=str)
@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_every_verdict_is_that_of_the_core(pattern: Pattern, detector: Detector) -> None:
    seen = compare(pattern, detector, heartbeats=2_000, seed=7)
    assert seen > 20, "hardly anything was ever lost: this compares nothing"


def test_a_death_is_noticed_when_the_misses_after_the_last_answer_are_full() -> None:
    (answers,) = replies(
        np.random.default_rng(1),
        Pattern(name="none"),
        (0,),
        period_ns=SECOND_NS,
        deadline_ns=SECOND_NS * 4 // 5,
        heartbeats=50,
    )
    channel = Channel(answers.heard())
    # The replies to heartbeats 0..20 have left by 20.9 s: 21, 22 and 23 are missed, the last at 23.8 s.
    deaths = np.array([20 * SECOND_NS + 900_000_000])
    assert channel.lost_after(FixedDetector(misses=3), deaths).tolist() == [23 * SECOND_NS + 800_000_000]
    assert len(channel.lost(FixedDetector(misses=1))) == 0


def test_so_many_of_several_are_lost_together() -> None:
    def spells(*pairs: tuple[int, int]) -> Spells:
        return Spells(begin=np.array([b for b, _ in pairs]), end=np.array([e for _, e in pairs]))

    three = [spells((0, 10), (20, 30)), spells((5, 25)), spells((8, 9), (10, 12))]
    two = at_least(2, three)
    assert [*zip(two.begin.tolist(), two.end.tolist(), strict=True)] == [(5, 10), (10, 12), (20, 25)]
    all_of_them = at_least(3, three)
    assert [*zip(all_of_them.begin.tolist(), all_of_them.end.tolist(), strict=True)] == [(8, 9)]
    assert two.standing(2).begin.tolist() == [5, 20]
