"""Many simulated hours, each of a seed of its own, over all cores; what was found does not depend on how many."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from otha.core.words import Ending, GroupKind
from otha.site.model import Site
from otha.verify.coverage import PHASES
from otha.verify.simulation.hour import Lived, armed, live
from otha.verify.simulation.schedule import HOUR_NS, of_hour, rest_bound_ns, rest_terms
from otha.verify.simulation.shrink import Failure, shrunk
from otha.verify.simulation.tally import Tally
from otha.verify.simulation.targets import Targets

OnHour = Callable[[Tally, int, int], None]
"""What has been lived through so far, how many of the hours are done, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What simulated hours have come to. `digests`: of each seed's decisions. `failure`: the first seed that broke a
    rule, shrunk."""

    site: Site
    seed: int
    hours: int
    jobs: int
    faithful: bool
    seconds: float
    tally: Tally
    digests: tuple[str, ...]
    failure: Failure | None

    @property
    def rest_bound_ns(self) -> int:
        """Within which every group had to rest once all was healed."""
        return rest_bound_ns(self.site.core)

    @property
    def rest_bound(self) -> tuple[tuple[str, int], ...]:
        """The terms of that bound, of the group that needs longest."""
        found = [rest_terms(self.site.core, at) for at in range(len(self.site.core.groups))]
        return max(found, key=lambda terms: sum(ns for _, ns in terms))

    @property
    def missed(self) -> tuple[str, ...]:
        """What could have been reached and never was."""
        seen = self.tally
        kinds = {group.kind for group in self.site.core.groups}
        wanted = [f"fault {kind.name.lower()}" for kind, _ in Targets.of(self.site).faults if not _had(seen, kind.name)]
        phases = {phase.value for kind in kinds for phase in PHASES.get(kind, ())}
        wanted += [f"phase {phase}" for phase in sorted(phases) if not seen.phases[phase]]
        endings = [each for each in Ending if GroupKind.DRIVER in kinds or each is not Ending.SAFE_STATE]
        moves = any(kind in PHASES for kind in kinds)
        wanted += [f"ending {each.value}" for each in endings if moves and not seen.endings[each.value]]
        return tuple(wanted)


def _had(tally: Tally, kind: str) -> bool:
    return tally.faults[kind.lower()] > 0


def simulate(
    site: Site, *, hours: int, seed: int, jobs: int, faithful: bool, length_ns: int = HOUR_NS, on_hour: OnHour
) -> Simulation:
    """Live through `hours` seeds from `seed` on, each for `length_ns` or more; stop at the first that breaks a rule."""
    site, began = armed(site), time.perf_counter()
    tally, digests, failure = Tally(), [], None
    with _living(site, range(seed, seed + hours), length_ns, jobs, faithful=faithful) as results:
        for done, lived in enumerate(results, 1):
            tally.add(lived.tally)
            digests.append(lived.digest)
            on_hour(tally, done, hours)
            if lived.breach is not None:
                failure = shrunk(site, of_hour(site, lived.seed, length_ns), lived.breach, faithful=faithful)
                break
    return Simulation(
        site=site,
        seed=seed,
        hours=hours,
        jobs=jobs,
        faithful=faithful,
        seconds=time.perf_counter() - began,
        tally=tally,
        digests=tuple(digests),
        failure=failure,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What a process of the crew is to live through."""

    site: Site
    length_ns: int
    faithful: bool

    def __call__(self, seed: int) -> Lived:
        return live(self.site, of_hour(self.site, seed, self.length_ns), faithful=self.faithful)


_task: _Task | None = None


def _begin(task: _Task) -> None:
    global _task  # noqa: PLW0603  # a process of the crew has one task, which it is given once
    _task = task


def _live_seed(seed: int) -> Lived:
    assert _task is not None
    return _task(seed)


@contextmanager
def _living(site: Site, seeds: range, length_ns: int, jobs: int, *, faithful: bool) -> Iterator[Iterator[Lived]]:
    """The seeds lived through, in their order."""
    task = _Task(site=site, length_ns=length_ns, faithful=faithful)
    if jobs == 1 or len(seeds) == 1:
        yield map(task, seeds)
        return
    # Forked: the site is there at once, and so is whatever was changed in the core on purpose, to see it found.
    pool = multiprocessing.get_context("fork").Pool(min(jobs, len(seeds)), _begin, (task,))
    with closing(pool):
        try:
            yield pool.imap(_live_seed, seeds)
        finally:
            pool.terminate()
            pool.join()
