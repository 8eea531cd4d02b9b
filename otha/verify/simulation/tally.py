"""What simulated hours have come to, in numbers that can be added."""

from collections import Counter
from dataclasses import dataclass, field

HOUR_NS = 3_600_000_000_000
# Chi-squared quantiles of 95 %, halved: the upper bound of a Poisson mean after so many events (Garwood 1936).
_UPPER_95 = (2.996, 4.744, 6.296, 7.754, 9.154, 10.513, 11.842, 13.148, 14.435, 15.705, 16.962)


def upper_bound(events: int) -> float:
    """The 95 % upper bound of a Poisson mean of which so many events were seen."""
    if events < len(_UPPER_95):
        return _UPPER_95[events]
    # Wilson and Hilferty's cube, close to a promille from ten on.
    mean = events + 1
    return float(mean * (1 - 1 / (9 * mean) + 1.645 / (3 * mean**0.5)) ** 3)


@dataclass(slots=True, kw_only=True)
class Tally:
    """`simulated_ns`, `inputs` and `skipped`: how much was lived through, fed and taken in at once.

    `detections`: by what was detected, each time against its bound, in ns. `failovers`: from a death to outputs driven,
    likewise. `false_failovers`: in words. `rests`: how the groups rested once all was healed.
    """

    simulated_ns: int = 0
    inputs: int = 0
    skipped: int = 0
    decisions: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    transfers: Counter[str] = field(default_factory=Counter)
    rests: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    detections: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    failovers: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    false_failovers: list[str] = field(default_factory=list)

    @property
    def hours(self) -> float:
        return self.simulated_ns / HOUR_NS

    def detected(self, what: str, took_ns: int, bound_ns: int) -> None:
        """One detection, and its bound."""
        self.detections.setdefault(what, []).append((took_ns, bound_ns))

    def failed_over(self, group: str, took_ns: int, bound_ns: int) -> None:
        """One failover from a death to outputs driven, and the printed bound."""
        self.failovers.setdefault(group, []).append((took_ns, bound_ns))

    def add(self, other: "Tally") -> None:
        """Take in what another hour has come to."""
        self.simulated_ns += other.simulated_ns
        self.inputs += other.inputs
        self.skipped += other.skipped
        self.decisions += other.decisions
        for mine, others in (
            (self.faults, other.faults),
            (self.orders, other.orders),
            (self.phases, other.phases),
            (self.endings, other.endings),
            (self.transfers, other.transfers),
            (self.rests, other.rests),
            (self.judged, other.judged),
        ):
            mine.update(others)
        for kept, added in ((self.detections, other.detections), (self.failovers, other.failovers)):
            for name, samples in added.items():
                kept.setdefault(name, []).extend(samples)
        self.false_failovers += other.false_failovers
