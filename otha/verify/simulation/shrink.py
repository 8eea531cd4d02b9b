"""A schedule that breaks a rule made smaller: faults and orders are left out while the same rule is still broken."""

from collections.abc import Sequence
from dataclasses import dataclass

from otha.core.altered import altered
from otha.site.model import Site
from otha.verify.simulation.fault import Asked, Fault
from otha.verify.simulation.hour import Breach, Told, live
from otha.verify.simulation.schedule import Schedule

_TRIALS = 200

Part = Fault | Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A seed that broke a rule: what it broke, how little of its schedule is enough, and the story of that."""

    seed: int
    breach: Breach
    parts_before: int
    kept: tuple[Part, ...]
    shrunk_breach: Breach
    told: tuple[Told, ...]


def shrunk(site: Site, schedule: Schedule, breach: Breach, *, faithful: bool) -> Failure:
    """The failure with the fewest faults and orders that were found to be enough."""
    trials = _Trials(site, schedule, breach, faithful=faithful)
    parts: list[Part] = [*schedule.faults, *schedule.orders]
    every = sorted((part for part in parts if part.at_ns <= breach.at_ns), key=lambda part: part.at_ns)
    kept = trials.fewest(every)
    told: list[Told] = []
    lived = live(site, trials.with_only(kept), faithful=faithful, telling=told.append)
    return Failure(
        seed=schedule.seed,
        breach=breach,
        parts_before=len(every),
        kept=tuple(kept),
        shrunk_breach=lived.breach or breach,
        told=tuple(told),
    )


class _Trials:
    """Tries parts of a schedule, as often as it is worth."""

    def __init__(self, site: Site, schedule: Schedule, breach: Breach, *, faithful: bool) -> None:
        self._site = site
        self._schedule = schedule
        self._breach = breach
        self._faithful = faithful
        self._left = _TRIALS

    def with_only(self, parts: Sequence[Part]) -> Schedule:
        """The schedule with these parts alone."""
        return altered(
            self._schedule,
            faults=tuple(part for part in parts if isinstance(part, Fault)),
            orders=tuple(part for part in parts if isinstance(part, Asked)),
        )

    def _breaks(self, parts: Sequence[Part]) -> bool:
        if not self._left:
            return False
        self._left -= 1
        breach = live(self._site, self.with_only(parts), faithful=self._faithful).breach
        return breach is not None and breach.rule == self._breach.rule

    def fewest(self, parts: list[Part]) -> list[Part]:
        """Zeller's and Hildebrandt's delta debugging (IEEE TSE 28, 2002), without its test of the parts alone: leave
        out a half, then a quarter, and so on down to single ones, as long as the rule is still broken."""
        pieces = 2
        while parts:
            size = -(-len(parts) // pieces)
            for begin in range(0, len(parts), size):
                rest = parts[:begin] + parts[begin + size :]
                if self._breaks(rest):
                    parts, pieces = rest, max(2, pieces - 1)
                    break
            else:
                if size == 1:
                    return parts
                pieces = min(len(parts), 2 * pieces)
        return parts
