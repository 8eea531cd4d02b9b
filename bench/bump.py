"""How much a transfer moves a plant: against the same plant, with the same seed, that nobody switched.

A base run goes on undisturbed by OTHA; at irregular moments it is forked, and in the fork a switchover is ordered or
the active killed. From there both have the same noise and load, so that what differs is the transfer.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from bench import crane_stops
from bench.figure import Figure, at_most, holds, median, shown
from bench.options import Measurement, Options
from bench.stepped_site import ACTIVE, STANDBY, SteppedSite, plant_site
from otha.core.reasons import Why
from otha.core.words import Ending
from sim import boiler, pump_station, two_tanks
from sim.kind import Kind
from sim.stepped import SteppedPlant

TRANSFERS, UNTRACKED = 30, 10
SHORT_SCANS: Final = 10
KINDS: Final = (two_tanks.KIND, pump_station.KIND, boiler.KIND)

_SEED: Final = 4
_SPAN_PCT: Final = 0.01  # one raw unit of 0..10000
_GIVE_UP_MS: Final = 20_000
_APART_S: Final = 20.0  # mean time between two forks, where the integral time is longer
_PLANNED_PCT, _UNPLANNED_PCT = 0.1, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What stands at the terminals and the transmitters after one scan, and who drives."""

    outputs: tuple[int, ...]
    values: tuple[int, ...]
    driver: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The largest one within a window, in % of span: of the analogue outputs, and of the controlled values."""

    output: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One transfer against its twin. `brief`: from its beginning to 10 scans after the new owner's first frame;
    `long`: to three integral times after it. `step`: the new owner's first frame against what was held. `held_ms`:
    how long nobody drove. `missed`: how far the twin's outputs went on meanwhile, which is what a perfect hold differs
    by. `added`: how much the difference to the twin changed in the 10 scans after that frame. `stray`: edges of
    discrete outputs that the twin does not have near."""

    done: bool
    brief: Difference
    long: Difference
    step: float
    held_ms: int
    missed: float
    added: float
    stray: int


def _scan(site: SteppedSite) -> Scan:
    site.step()
    return _seen(site.plant)


def _alone(site: SteppedSite) -> Scan:
    """A scan that OTHA no longer looks at: its transfer is over, and what is left is the plant's."""
    site.plant.step()
    return _seen(site.plant)


def _seen(plant: SteppedPlant) -> Scan:
    measured = plant.plc.machine.measure()
    return Scan(outputs=plant.plc.terminals, values=tuple(measured[at] for at in plant.kind.pv), driver=plant.driver)


class Base:
    """The run that nobody disturbs, with the forks taken of it on the way."""

    def __init__(
        self, kind: Kind, seed: int, *, tracking: bool = True, tolerant: bool = False, integrals: float = 3.0
    ) -> None:
        """`tracking`: the standby's. `tolerant`: the gate lets any first frame through, as one without a tolerance.

        `integrals`: how many integral times a transfer is followed after its end.
        """
        if tolerant:
            kind = replace(kind, gate=replace(kind.gate, tolerance=(10_000,) * len(kind.outputs)))
        plant = SteppedPlant(kind, seed)
        plant.commission(ACTIVE, settle_ms=round(2_000 * kind.integral_s))
        # A standby that was there from the beginning would know the integral even without tracking.
        plant.controllers[STANDBY].restart(tracking=tracking)
        self.kind = kind
        self.site = SteppedSite.settled(plant_site(kind.name, tolerant=tolerant), plant, seed)
        self.scans: list[Scan] = []
        self.after = SHORT_SCANS + round(1_000 * integrals * kind.integral_s) // kind.scan_ms

    def forks(
        self, count: int, chance: random.Random, ready: Callable[[SteppedSite], bool] = lambda _: True
    ) -> list[tuple[int, SteppedSite, SteppedSite]]:
        """Go on, and fork twice at `count` irregular moments at which the plant is `ready`."""
        taken = []
        mean = max(200, round(1_000 * min(_APART_S, self.kind.integral_s)) // self.kind.scan_ms)
        for _ in range(count):
            for _ in range(chance.randrange(mean // 2, 3 * mean // 2)):
                self.scans.append(_scan(self.site))
            while not ready(self.site):
                self.scans.append(_scan(self.site))
            taken.append((len(self.scans), self.site.fork(), self.site.fork()))
        return taken

    def twin(self, start: int, count: int) -> list[Scan]:
        """So many scans from `start` on: what a fork of that moment is compared with. After the last fork."""
        while len(self.scans) < start + count:
            self.scans.append(_alone(self.site))
        return self.scans[start : start + count]


def transfer(base: Base, start: int, fork: SteppedSite, *, planned: bool) -> Transfer:
    """Order a switchover or kill the active in a fork, and compare it with the base run."""
    kind = base.kind
    if planned:
        fork.switch()
    else:
        fork.plant.kill(ACTIVE)
    scans: list[Scan] = []
    while not _ended(fork) and len(scans) * kind.scan_ms < _GIVE_UP_MS:
        scans.append(_scan(fork))
    done = _ended(fork) == Ending.DONE.value and fork.plant.driver == STANDBY
    owned = next((at for at, scan in enumerate(scans) if scan.driver == STANDBY), len(scans))
    while len(scans) < owned + base.after:
        scans.append(_alone(fork))
    twin = base.twin(start, len(scans))
    brief = owned + SHORT_SCANS
    free = sum(scan.driver is None for scan in scans[:owned])
    return Transfer(
        done=done,
        brief=_difference(kind, scans[:brief], twin),
        long=_difference(kind, scans, twin),
        step=_step(kind, scans, owned),
        held_ms=free * kind.scan_ms,
        missed=_missed(kind, scans[:owned], twin),
        added=_added(kind, scans[:brief], twin, owned),
        stray=_stray(kind, base.scans[start - 1], scans[:brief], twin, near=free + SHORT_SCANS),
    )


def _ended(site: SteppedSite) -> object | None:
    return next((said.args[0] for said in site.said if said.why is Why.ENDED), None)


def _analogue(kind: Kind) -> list[int]:
    return [at for at in range(len(kind.outputs)) if at not in kind.discrete]


def _difference(kind: Kind, scans: Sequence[Scan], twin: Sequence[Scan]) -> Difference:
    pairs = list(zip(scans, twin, strict=False))
    outputs = [abs(one.outputs[at] - other.outputs[at]) for one, other in pairs for at in _analogue(kind)]
    values = [abs(a - b) for one, other in pairs for a, b in zip(one.values, other.values, strict=True)]
    return Difference(output=max(outputs, default=0) * _SPAN_PCT, value=max(values, default=0) * _SPAN_PCT)


def _step(kind: Kind, scans: Sequence[Scan], owned: int) -> float:
    """How far the new owner's first frame is from what stood at the terminals."""
    if not 0 < owned < len(scans):
        return 0.0
    before, first = scans[owned - 1].outputs, scans[owned].outputs
    return max(abs(first[at] - before[at]) for at in _analogue(kind)) * _SPAN_PCT


def _missed(kind: Kind, scans: Sequence[Scan], twin: Sequence[Scan]) -> float:
    """How far the twin's outputs went while nobody drove."""
    held = [at for at, scan in enumerate(scans) if scan.driver is None]
    if not held or held[0] == 0:
        return 0.0
    first = twin[held[0] - 1].outputs
    return max(abs(twin[at].outputs[which] - first[which]) for at in held for which in _analogue(kind)) * _SPAN_PCT


def _added(kind: Kind, scans: Sequence[Scan], twin: Sequence[Scan], owned: int) -> float:
    """How much the difference to the twin changed after the last held scan: the new owner's doing."""
    if not 0 < owned < len(scans):
        return 0.0

    def apart(at: int, which: int) -> int:
        return scans[at].outputs[which] - twin[at].outputs[which]

    changes = [
        abs(apart(at, which) - apart(owned - 1, which)) for at in range(owned, len(scans)) for which in _analogue(kind)
    ]
    return max(changes) * _SPAN_PCT


def _edges(kind: Kind, before: Scan, scans: Sequence[Scan]) -> list[tuple[int, int, int]]:
    """Each edge of a discrete output: scan, output, new value."""
    found, last = [], before.outputs
    for at, scan in enumerate(scans):
        found += [(at, which, scan.outputs[which]) for which in kind.discrete if scan.outputs[which] != last[which]]
        last = scan.outputs
    return found


def _stray(kind: Kind, before: Scan, scans: Sequence[Scan], twin: Sequence[Scan], *, near: int) -> int:
    """Edges that the twin does not have within `near` scans: a command that falls into the hold comes after it."""
    expected = _edges(kind, before, twin)
    return sum(
        not any(edge[1:] == other[1:] and abs(edge[0] - other[0]) <= near for other in expected)
        for edge in _edges(kind, before, scans)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bumps:
    """The transfers of one plant. `natural`: the largest change of an analogue output from one scan to the next in the
    undisturbed run, in % of span."""

    planned: list[Transfer]
    unplanned: list[Transfer]
    natural: float


def bump(kind: Kind, count: int, *, tracking: bool = True, tolerant: bool = False, integrals: float = 3.0) -> Bumps:
    """`count` planned and as many unplanned transfers; the arguments are those of `Base`."""
    base = Base(kind, _SEED, tracking=tracking, tolerant=tolerant, integrals=integrals)
    forks = base.forks(count, random.Random(_SEED))
    return Bumps(
        planned=[transfer(base, start, fork, planned=True) for start, fork, _ in forks],
        unplanned=[transfer(base, start, fork, planned=False) for start, _, fork in forks],
        natural=_natural(kind, base.scans),
    )


def _natural(kind: Kind, scans: Sequence[Scan]) -> float:
    changes = [abs(b.outputs[at] - a.outputs[at]) for a, b in pairwise(scans) for at in _analogue(kind)]
    return max(changes, default=0) * _SPAN_PCT


def _figures(kind: Kind, count: int) -> Iterator[Figure]:
    tracked, free = bump(kind, count), bump(kind, min(count, UNTRACKED), tracking=False, tolerant=True)
    yield shown(f"{kind.name}: largest natural change of an output in a scan", tracked.natural, "%")
    yield from _transfers(f"{kind.name}, planned", tracked.planned, free.planned, _PLANNED_PCT)
    yield from _transfers(f"{kind.name}, unplanned", tracked.unplanned, free.unplanned, _UNPLANNED_PCT)


def _transfers(name: str, told: list[Transfer], free: list[Transfer], limit: float) -> Iterator[Figure]:
    outputs, values = [each.brief.output for each in told], [each.brief.value for each in told]
    held = sorted(each.held_ms for each in told)
    note = f"{len(told)} transfers, median {median(outputs):.2f}; held {held[0]} to {held[-1]} ms"
    yield at_most(f"{name}: max |Δoutput|, 10 scans", max(outputs), "%", limit, note=note)
    yield at_most(f"{name}: max |ΔPV|, 10 scans", max(values), "%", limit, note=f"median {median(values):.2f}")
    yield shown(f"{name}: max |Δoutput|, 3 Ti", max(each.long.output for each in told), "%")
    yield shown(f"{name}: max |ΔPV|, 3 Ti", max(each.long.value for each in told), "%")
    yield shown(f"{name}: of it the twin's own way while held", max(each.missed for each in told), "%")
    yield shown(f"{name}: first frame against held", max(each.step for each in told), "%")
    added = [each.added for each in told]
    note = f"median {median(added):.2f}; the difference to the twin, without what it was when the hold ended"
    yield shown(f"{name}: added in the 10 scans after the first frame", max(added), "%", note=note)
    done = sum(each.done for each in told)
    yield holds(f"{name}: all done", done == len(told), f"{done} of {len(told)}")
    stray = sum(each.stray for each in told)
    yield holds(f"{name}: no stray discrete edge", stray == 0, f"{stray} edges")
    note = f"{sum(each.done for each in free)} of {len(free)} done"
    yield shown(
        f"{name}, no tracking: max |Δoutput|, 10 scans", max(each.brief.output for each in free), "%", note=note
    )
    yield shown(f"{name}, no tracking: max |ΔPV|, 3 Ti", max(each.long.value for each in free), "%")


def measure(options: Options) -> Iterator[Figure]:
    """30 transfers of each kind and plant, fewer if fewer are asked for."""
    count = min(TRANSFERS, options.count)
    for kind in KINDS:
        yield from _figures(kind, count)
    yield from crane_stops.figures(count)


MEASUREMENT = Measurement(
    name="bump",
    title="What a transfer does to the plant, in simulated time",
    what="The plants' own site files through the production `Supervision`; gate, controllers and physics of the live "
    "plants stepped scan by scan; each transfer against a twin of the same seed, under load disturbances. From the "
    "order (or the kill) to 10 scans after the new owner's first frame, the hold included, and to 3 integral times "
    "after it. Without tracking: controllers that compute on by themselves behind a gate without a tolerance.",
    measure=measure,
)
