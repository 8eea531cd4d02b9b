"""The detectors of `otha.core.watch` over columns of numbers; tests hold the two equal, verdict by verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from otha.core.config import AdaptiveDetector, FixedDetector
from otha.verify.study.heard import Heard, Ints

Detector = FixedDetector | AdaptiveDetector


@dataclass(frozen=True, slots=True, kw_only=True)
class Spells:
    """When something was judged lost, and when no more (ns); what lasts at the end ends there."""

    begin: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.begin)

    def standing(self, confirm_ns: int) -> "Spells":
        """Those that stood so long that a transfer would have begun."""
        stood = self.end - self.begin > confirm_ns
        return Spells(begin=self.begin[stood], end=self.end[stood])


class Channel:
    """One channel and what its detectors say. What several of them need is worked out once."""

    def __init__(self, h: Heard) -> None:
        self._h = h
        self._next_at = np.append(h.at[1:], h.until_ns)
        self._missed = h.misses_before
        missed_after = np.append(self._missed[1:], len(h.missed_at)) - self._missed
        self._with_misses = np.flatnonzero(missed_after)
        self._missed_after = missed_after[self._with_misses]
        self._expected: dict[int, Ints] = {}

    def lost(self, detector: Detector) -> Spells:
        """When the channel was LOST. Nothing is said before its first answer."""
        match detector:
            case FixedDetector(misses=misses):
                found = self._with_misses[self._missed_after >= misses]
                begin = self._h.missed_at[self._missed[found] + (misses - 1)]
            case AdaptiveDetector(window=window, margin_ns=margin_ns):
                due = self._expected_next(window) + margin_ns
                found = np.flatnonzero(due <= self._next_at)
                begin = np.maximum(due[found], self._h.at[found])
            case never:
                assert_never(never)
        return Spells(begin=begin, end=self._next_at[found])

    def lost_after(self, detector: Detector, deaths: Ints) -> Ints:
        """When the channel is LOST if the node dies at each of these moments, none before its first answer."""
        h = self._h
        last = np.searchsorted(h.left, deaths, side="right") - 1
        match detector:
            case FixedDetector(misses=misses):
                return h.first_ns + (h.ended[last] + misses - 1) * h.period_ns + h.deadline_ns
            case AdaptiveDetector(window=window, margin_ns=margin_ns):
                return self._expected_next(window)[last] + margin_ns
            case never:
                assert_never(never)

    def _expected_next(self, window: int) -> Ints:
        """After each answer: when the next one is expected, by the mean of the last ones (Chen's NFD-E)."""
        if window not in self._expected:
            h = self._h
            base = int(h.at[0]) if len(h.at) else 0  # sums of absolute times would not fit
            shifted = h.at - base - h.ended * h.period_ns
            sums = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(shifted)))
            mean = np.empty_like(shifted)
            few = min(window, len(shifted))
            mean[:few] = sums[1 : few + 1] // np.arange(1, few + 1)
            mean[few:] = (sums[few + 1 :] - sums[1:-few]) // window
            self._expected[window] = mean + base + (h.ended + 1) * h.period_ns
        return self._expected[window]


def at_least(needed: int, spells: Sequence[Spells]) -> Spells:
    """When so many of them were lost at a time."""
    times = np.concatenate([each.begin for each in spells] + [each.end for each in spells])
    begun = sum(map(len, spells))
    steps = np.concatenate((np.ones(begun, dtype=np.int64), -np.ones(begun, dtype=np.int64)))
    order = np.lexsort((steps, times))
    times, steps = times[order], steps[order]
    standing = np.cumsum(steps)
    return Spells(
        begin=times[(standing == needed) & (steps > 0)],
        end=times[(standing == needed - 1) & (steps < 0)],
    )
