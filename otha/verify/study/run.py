"""The study: many years of a living node behind bad networks, and many deaths, judged by each way of detecting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from otha.core.config import AdaptiveDetector, FixedDetector
from otha.verify.study.chance import YEAR_S, mistakes_per_s, upper95
from otha.verify.study.heard import Ints
from otha.verify.study.judged import Channel, Detector, Spells, at_least
from otha.verify.study.network import Pattern, replies, way_ns

# So many heartbeats of each channel are made at a time; what lasts from one stretch to the next is not followed.
_AT_ONCE = 1 << 17
# No death comes before so many heartbeats: the adaptive detector knows the rhythm by then.
_SETTLED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way of judging a node: LOST by `needed` of the first `channels`, for longer than `confirm_ns`. `groups`: of a
    site, that judge so."""

    name: str
    detector: Detector
    channels: int = 1
    needed: int = 1
    confirm_ns: int = 0
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Rules over the same heartbeats. `networks`: the number of the network that each channel goes over."""

    period_ns: int
    deadline_ns: int
    networks: tuple[int, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one rule under one pattern. `mistakes`: how often a living node was judged lost; `failovers`: how
    often that stood so long that it would have been moved away from; `longest_ns` of those. `detection_ns`: from each
    death to the verdict, sorted. `expected`: the mistakes that Chen's formula gives, None where it does not speak."""

    pattern: Pattern
    setting: Setting
    rule: Rule
    hours: float
    mistakes: int
    failovers: int
    longest_ns: int
    detection_ns: Ints
    expected: float | None

    @property
    def years(self) -> float:
        return self.hours * 3600 / YEAR_S

    @property
    def per_year(self) -> float:
        """False failovers a year."""
        return self.failovers / self.years

    @property
    def per_year_at_most(self) -> float:
        """The upper bound of that, with 95 % confidence."""
        return upper95(self.failovers) / self.years

    def detection(self, share: float) -> int:
        """The detection time (ns) that this share of the deaths did not exceed."""
        at = min(len(self.detection_ns) - 1, int(share * len(self.detection_ns)))
        return int(self.detection_ns[at])

    @property
    def bound_ns(self) -> int | None:
        """The greatest detection time there can be, None for the adaptive detector: it rests on what came before."""
        match self.rule.detector:
            case FixedDetector(misses=misses):
                return misses * self.setting.period_ns + self.setting.deadline_ns
            case AdaptiveDetector():
                return None

    @property
    def deviation(self) -> float | None:
        """By how many standard deviations the mistakes differ from the expected ones."""
        if self.expected is None:
            return None
        return float((self.mistakes - self.expected) / max(self.expected, 1e-9) ** 0.5)


@dataclass(slots=True)
class _Tally:
    mistakes: int
    failovers: int
    longest_ns: int
    detection: list[Ints]


def study(
    settings: Sequence[Setting],
    patterns: Sequence[Pattern],
    *,
    hours: float,
    deaths: int,
    seed: int,
    on_pattern: Callable[[Setting, Pattern], None] = lambda setting, pattern: None,
) -> list[Outcome]:
    """Every rule under every pattern for so many hours; the same seed gives the same numbers."""
    outcomes = []
    for number, setting in enumerate(settings):
        for place, pattern in enumerate(patterns):
            on_pattern(setting, pattern)
            outcomes += _one(setting, pattern, hours=hours, deaths=deaths, seed=(seed, number, place))
    return outcomes


def _one(setting: Setting, pattern: Pattern, *, hours: float, deaths: int, seed: tuple[int, int, int]) -> list[Outcome]:
    heartbeats = max(2 * _SETTLED, round(hours * 3600e9 / setting.period_ns))
    stretches = -(-heartbeats // _AT_ONCE)
    tallies = [_Tally(mistakes=0, failovers=0, longest_ns=0, detection=[]) for _ in setting.rules]
    for number in range(stretches):
        rng = np.random.default_rng([*seed, number])
        count = heartbeats // stretches + (number < heartbeats % stretches)
        answers = replies(
            rng,
            pattern,
            setting.networks,
            period_ns=setting.period_ns,
            deadline_ns=setting.deadline_ns,
            heartbeats=count,
        )
        channels = tuple(Channel(each.heard()) for each in answers)
        dies = rng.integers(
            _SETTLED * setting.period_ns, count * setting.period_ns, -(-deaths // stretches), dtype=np.int64
        )
        found: dict[tuple[Detector, int], Spells] = {}
        for rule, tally in zip(setting.rules, tallies, strict=True):
            _take(rule, tally, channels, dies, found)
    lived_h = heartbeats * setting.period_ns / 3600e9
    return [
        Outcome(
            pattern=pattern,
            setting=setting,
            rule=rule,
            hours=lived_h,
            mistakes=tally.mistakes,
            failovers=tally.failovers,
            longest_ns=tally.longest_ns,
            detection_ns=np.sort(np.concatenate(tally.detection)),
            expected=_expected(setting, pattern, rule, lived_h),
        )
        for rule, tally in zip(setting.rules, tallies, strict=True)
    ]


def _take(
    rule: Rule,
    tally: _Tally,
    channels: tuple[Channel, ...],
    dies: Ints,
    found: dict[tuple[Detector, int], Spells],
) -> None:
    used = range(rule.channels)
    for at in used:
        if (rule.detector, at) not in found:
            found[rule.detector, at] = channels[at].lost(rule.detector)
    spells = at_least(rule.needed, [found[rule.detector, at] for at in used])
    stood = spells.standing(rule.confirm_ns) if rule.confirm_ns else spells
    tally.mistakes += len(spells)
    tally.failovers += len(stood)
    tally.longest_ns = max(tally.longest_ns, int((stood.end - stood.begin).max(initial=0)))
    after = np.sort([channels[at].lost_after(rule.detector, dies) for at in used], axis=0)
    tally.detection.append(np.maximum(after[rule.needed - 1] - dies, 0))


def _expected(setting: Setting, pattern: Pattern, rule: Rule, hours: float) -> float | None:
    if not pattern.is_iid or rule.channels > 1:
        return None
    rate = mistakes_per_s(
        rule.detector,
        period_ns=setting.period_ns,
        deadline_ns=setting.deadline_ns,
        way_ns=way_ns(setting.deadline_ns),
        loss=pattern.loss,
    )
    return rate * hours * 3600
