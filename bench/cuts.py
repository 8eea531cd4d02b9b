"""Detection over thousands of seeded cuts, through the production `Supervision` in virtual time."""

import random
from collections.abc import Iterator

from bench.figure import Figure, at_most, holds, quantile, shown
from bench.options import Measurement, Options
from bench.virtual import MS, VirtualPlant, demo_site
from otha.core.errors import DefectError
from otha.core.reasons import Why
from otha.core.supervision import Supervision
from otha.core.words import Liveness
from otha.site.model import Site
from otha.site.timing import GroupTiming

_CUTS_PER_COUNT = 100
_SEED = 20_260


def _first(plant: VirtualPlant, why: Why) -> int | None:
    """When this was first said of a death."""
    for at, decision in plant.said:
        if any(reason.why is why and reason.args[-1] == Liveness.DEAD.value for reason in decision.reasons):
            return at
    return None


def cut(site: Site, settled: VirtualPlant, snapshot: bytes, seed: int) -> tuple[int, int]:
    """Black-hole node 1 at a random phase; ns until it is judged DEAD, and until it is suspected (vetoes gone).

    Raises DefectError when that does not happen within a generous time.
    """
    chance = random.Random(seed)
    plant = VirtualPlant(site, Supervision.restore(snapshot), settled.now, chance)
    period_ns = site.core.channels[0].period_ns
    plant.cut_at = cut_at = settled.now + 4 * period_ns + chance.randrange(period_ns)
    until, last = cut_at, cut_at + 20 * period_ns + 200 * MS
    while until < last:
        until += period_ns
        plant.run(until)
        dead, suspected = _first(plant, Why.NODE), _first(plant, Why.SUSPECTED)
        if dead is not None and suspected is not None:
            return dead - cut_at, suspected - cut_at
    raise DefectError(f"seed {seed}: the cut node was not suspected")


def _figures(period_ms: int, count: int) -> Iterator[Figure]:
    site = demo_site(period_ms)
    timing: GroupTiming = site.timings[0]
    settled = VirtualPlant.settled(site, random.Random(_SEED))
    snapshot = settled.core.snapshot()
    ends = [cut(site, settled, snapshot, _SEED + number) for number in range(count)]
    dead = [end / MS for end, _ in ends]
    suspected = [end / MS for _, end in ends]
    note = f"{count} cuts, median {quantile(dead, 1, 2):.1f}"
    yield at_most(f"{period_ms} ms: DEAD, p99.9", quantile(dead, 999, 1000), "ms", timing.heartbeats.ns / MS, note=note)
    yield at_most(
        f"{period_ms} ms: DEAD, max",
        max(dead),
        "ms",
        timing.heartbeats.ns / MS,
        note="1.25 x period x misses + deadline",
    )
    note = f"median {quantile(suspected, 1, 2):.1f}"
    yield at_most(f"{period_ms} ms: T_detect, max", max(suspected), "ms", timing.failover.terms[0].ns / MS, note=note)
    yield shown(f"{period_ms} ms: T_detect, bound / max", timing.failover.terms[0].ns / MS / max(suspected), "")
    yield holds(f"{period_ms} ms: every cut noticed", len(ends) == count, f"{len(ends)} of {count}")


def measure(options: Options) -> Iterator[Figure]:
    """At each period, `100 x count` cuts (5,000 by default)."""
    for period_ms in options.periods_ms:
        yield from _figures(period_ms, _CUTS_PER_COUNT * options.count)


MEASUREMENT = Measurement(
    name="cuts",
    title="Detection over seeded cuts, in virtual time",
    what="The acts' own site file through the production `Supervision`; a black hole at a uniformly random phase of "
    "every channel's heartbeats, of the gate's polls and of the owner's frames; round trips of 0.2 to 2 ms.",
    measure=measure,
)
