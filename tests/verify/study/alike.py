"""Both ways of judging over the same heartbeats."""

import numpy as np

from otha.core.config import AdaptiveDetector, FixedDetector
from otha.verify.study.judged import Channel, Detector, Spells, at_least
from otha.verify.study.network import SECOND_NS, Pattern, replies
from tests.verify.study import stepped

DETECTORS: tuple[Detector, ...] = (
    FixedDetector(misses=1),
    FixedDetector(misses=3),
    AdaptiveDetector(window=2, margin_ns=300_000_000),
    AdaptiveDetector(window=100, margin_ns=2 * SECOND_NS),
)
# Far worse than those of the study: every kind of verdict comes within the hour.
PATTERNS = (
    Pattern(name="loss", loss=0.3),
    Pattern(name="bursts", loss=0.02, burst_s=4, bursts_per_day=2000),
    Pattern(name="pauses", loss=0.02, pause_s=4, pauses_per_day=2000),
    Pattern(name="all", loss=0.1, burst_s=2, bursts_per_day=2000, pause_s=6, pauses_per_day=1000),
)


def compare(pattern: Pattern, detector: Detector, *, heartbeats: int, seed: int) -> int:
    """Assert that both say the same of two channels and their node; how many verdicts were compared."""
    answers = replies(
        np.random.default_rng(seed),
        pattern,
        (0, 1),
        period_ns=SECOND_NS,
        deadline_ns=SECOND_NS * 4 // 5,
        heartbeats=heartbeats,
    )
    by_column = [Channel(each.heard()).lost(detector) for each in answers]
    by_step, dead = stepped.judged(detector, answers)
    until = min(each.first_ns + heartbeats * SECOND_NS for each in answers)
    for columns, steps in zip(by_column, by_step, strict=True):
        assert _until(_pairs(columns), until) == _until(steps, until)
    assert _until(_pairs(at_least(2, by_column)), until) == _until(dead, until)
    return sum(map(len, by_column))


def _pairs(spells: Spells) -> stepped.Found:
    return [*zip(spells.begin.tolist(), spells.end.tolist(), strict=True)]


def _until(spells: stepped.Found, until: int) -> stepped.Found:
    """What one way cuts at the end of a channel's time, the other leaves open (an end of 0)."""
    return [(begin, min(end or until, until)) for begin, end in spells if begin < until]
