"""Switchovers ordered at every moment of a machine's sequence: none may be carried out in a forbidden phase.

The gate's permit, evaluated in the scan, decides: orders are given at each 100 ms, and at every scan around each edge
of a phase, so that phases begin between OTHA's read and the GRANT. Where the site file says so, a transfer waits for
the end of the phase; a refused or returned order is given again when the phase is over.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench import crane_stops
from bench.figure import Figure, holds, shown
from bench.options import Measurement, Options
from bench.stepped_site import ACTIVE, STANDBY, SteppedSite, plant_site
from otha.core.errors import DefectError
from otha.core.reasons import Why
from sim import boiler
from sim.boiler import Boiler
from sim.stepped import SteppedPlant

EVERY_MS: Final = 100
BEFORE, AFTER = 14, 3  # scans around an edge; a switchover takes about 12 from the order to the GRANT

_SEED: Final = 4
_GIVE_UP_MS: Final = 30_000
_RUNS_MS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """One order. `inside`: it was given in a forbidden phase. `at_once`: one order was enough, and if it was given
    inside, its transfer waited for the end; `later`: it was given again after the phase. `granted_in` and `driven_in`:
    forbidden phases in which the gate granted the standby, or it began to drive. `held_ms`: how long the outputs were
    held in a forbidden phase. `ends`: how the transfers ended, or "refused"."""

    phase: str
    inside: bool
    at_once: bool
    later: bool
    granted_in: tuple[str, ...]
    driven_in: tuple[str, ...]
    held_ms: int
    ends: tuple[str, ...]


def state_of(site: SteppedSite) -> str:
    """The machine state now."""
    return site.plant.plc.machine.state


def order(site: SteppedSite, forbidden: Callable[[SteppedSite], bool]) -> Ordered:
    """Order a switchover in a fork, and again after each end until it is done."""
    phase, ordered_inside, granted, driven, held_ms = state_of(site), forbidden(site), [], [], 0
    until = site.plant.now_ms + _GIVE_UP_MS
    site.switch()
    tries = 1
    while site.plant.driver != STANDBY and site.plant.now_ms < until:
        inside, before = forbidden(site), (site.plant.plc.gate.granted, site.plant.plc.gate.owner)
        state = state_of(site)
        site.step()
        gate = site.plant.plc.gate
        if inside and (gate.granted, gate.owner) != before and gate.owner == 2:
            granted.append(state)
        if inside and site.plant.driver == STANDBY:
            driven.append(state)
        held_ms += site.plant.kind.scan_ms * (inside and site.plant.driver is None)
        if len(_ends(site)) == tries and not forbidden(site) and site.plant.driver == ACTIVE:
            tries += 1
            site.switch()
    return Ordered(
        phase=phase,
        inside=ordered_inside,
        at_once=tries == 1 and site.plant.driver == STANDBY,
        later=tries > 1 and site.plant.driver == STANDBY,
        granted_in=tuple(granted),
        driven_in=tuple(driven),
        held_ms=held_ms,
        ends=_ends(site),
    )


def _ends(site: SteppedSite) -> tuple[str, ...]:
    """How each order ended so far: a refused one never began."""
    found = []
    for said in site.said:
        if said.why is Why.ENDED:
            found.append(str(said.args[0]))
        elif said.why is Why.BLOCKED and said.args[0] == "refused":
            found.append("refused")
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A plant before its sequence; it is over when `over` says so, which is asked before each scan."""

    site: SteppedSite
    over: Callable[[], bool]


def moments(begin: Callable[[], Course], every_ms: int) -> Iterator[SteppedSite]:
    """Forks of a running sequence: each `every_ms`, and each scan around an edge of a phase.

    `begin` gives the same sequence each time: the first run tells where the edges are, the second is forked.
    """
    states = [state_of(site) for site in _run(begin())]
    edges = [at for at in range(1, len(states)) if states[at] != states[at - 1]]
    near = {at for edge in edges for at in range(edge - BEFORE, edge + AFTER)}
    for at, site in enumerate(_run(begin())):
        if at in near or at * site.plant.kind.scan_ms % every_ms == 0:
            yield site.fork()


def _run(sequence: Course) -> Iterator[SteppedSite]:
    while not sequence.over():
        yield sequence.site
        sequence.site.step()


def boiler_sequence() -> SteppedSite:
    """The boiler stopped by hand, its burner about to be started."""
    plant = SteppedPlant(boiler.KIND, _SEED)
    plant.commission(ACTIVE, settle_ms=20_000)
    site = SteppedSite.settled(plant_site("boiler"), plant, _SEED)
    burner = plant.plc.machine
    assert isinstance(burner, Boiler)
    burner.stop()
    while burner.state != "STOPPED":
        site.step()
    burner.start()
    return site


def _boiler_run() -> Course:
    """From the start of the purge through ignition and run to the end of the post-purge."""
    site = boiler_sequence()
    burner = site.plant.plc.machine
    assert isinstance(burner, Boiler)
    running_since: list[int] = []

    def over() -> bool:
        if burner.state == "RUNNING":
            running_since.append(site.plant.now_ms)
            if site.plant.now_ms >= running_since[0] + _RUNS_MS:
                burner.stop()
        return burner.state == "STOPPED"

    return Course(site=site, over=over)


def boiler_orders(every_ms: int) -> Iterator[Ordered]:
    """A switchover of the boiler at each moment of its sequence."""
    for fork in moments(_boiler_run, every_ms):
        yield order(fork, lambda one: state_of(one) in boiler.FORBIDDEN)


def crane_orders(every_ms: int, seconds: float) -> Iterator[Ordered]:
    """The same in so many seconds of the crane's work, from its first move on."""

    def begin() -> Course:
        site = crane_stops.settled()
        ends = site.plant.now_ms + round(seconds * 1_000)
        return Course(site=site, over=lambda: site.plant.now_ms >= ends)

    for fork in moments(begin, every_ms):
        yield order(fork, lambda one: not one.plant.plc.machine.permits()[0])


def _figures(name: str, orders: Sequence[Ordered]) -> Iterator[Figure]:
    if not orders:
        raise DefectError(f"{name}: no order was given")
    at_once, later = sum(each.at_once for each in orders), sum(each.later for each in orders)
    driven = sum(bool(each.driven_in) for each in orders)
    granted = sum(bool(each.granted_in) for each in orders)
    yield holds(f"{name}: none begins to drive in a forbidden phase", driven == 0, f"{driven} of {len(orders)}")
    yield holds(f"{name}: none is granted in a forbidden phase", granted == 0, f"{granted} of {len(orders)}")
    waited = sum(each.at_once and each.inside for each in orders)
    note = f"{at_once - waited} at once, {waited} after a wait, {later} when ordered again after the phase"
    yield holds(f"{name}: all are carried out", at_once + later == len(orders), note)
    ends = [end for each in orders for end in each.ends]
    kinds = ", ".join(f"{ends.count(end)} {end}" for end in sorted(set(ends)))
    yield shown(f"{name}: orders", len(orders), "", note=kinds)
    held = [each.held_ms for each in orders if each.held_ms]
    note = f"{len(held)} orders: the phase began after the REVOKE"
    yield shown(f"{name}: held in a forbidden phase, max", max(held, default=0), "ms", note=note)


def measure(_options: Options) -> Iterator[Figure]:
    """The boiler's whole sequence, and two moves of the crane."""
    yield from _figures("boiler", list(boiler_orders(EVERY_MS)))
    yield from _figures("crane", list(crane_orders(EVERY_MS, 40.0)))


MEASUREMENT = Measurement(
    name="phases",
    title="Switchovers ordered at every moment of a machine's sequence, in simulated time",
    what="Boiler (purge, light-off, ignition, run, post-purge) and crane (moves and pauses); an order each 100 ms, and "
    "at every scan from 14 before to 3 after each edge of a phase. Where the site file says so, a transfer waits; "
    "refused and returned orders are given again.",
    measure=measure,
)
