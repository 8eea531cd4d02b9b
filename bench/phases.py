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
    """One order. `at_once`: one order was enough, and if it was given in a forbidden phase, its transfer waited for the
    end; `later`: it was given again after the phase. `granted_in` and
    `driven_in`: forbidden phases in which the gate granted the standby, or it began to drive. `held_ms`: how long the
    outputs were held in a forbidden phase. `ends`: how the transfers ended, or "refused"."""

    phase: str
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
    phase, granted, driven, held_ms = state_of(site), [], [], 0
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


def moments(site: SteppedSite, until: Callable[[SteppedSite], bool], every_ms: int) -> Iterator[SteppedSite]:
    """Forks of a running sequence: each `every_ms`, and each scan around an edge of a phase."""
    recent: list[SteppedSite] = []
    following, state, began = 0, state_of(site), site.plant.now_ms
    scan_ms = site.plant.kind.scan_ms
    while not until(site):
        recent = [*recent[-BEFORE:], site.fork()]
        site.step()
        if state_of(site) != state:
            state, following = state_of(site), AFTER + 1
            yield from recent[:-1]
            recent = recent[-1:]
        if following or (site.plant.now_ms - began) % every_ms < scan_ms:
            following = max(0, following - 1)
            yield recent.pop() if recent else site.fork()


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


def boiler_orders(every_ms: int) -> Iterator[Ordered]:
    """From the start of the purge through ignition and run to the end of the post-purge."""
    site = boiler_sequence()
    burner = site.plant.plc.machine
    assert isinstance(burner, Boiler)
    running_since: list[int] = []

    def over(_: SteppedSite) -> bool:
        if burner.state == "RUNNING":
            running_since.append(site.plant.now_ms)
            if site.plant.now_ms >= running_since[0] + _RUNS_MS:
                burner.stop()
        return burner.state == "STOPPED"

    for fork in moments(site, over, every_ms):
        yield order(fork, lambda one: state_of(one) in boiler.FORBIDDEN)


def crane_orders(every_ms: int, seconds: float) -> Iterator[Ordered]:
    """So many seconds of the crane's work, from its first move on."""
    site = crane_stops.settled()
    ends = site.plant.now_ms + round(seconds * 1_000)
    for fork in moments(site, lambda one: one.plant.now_ms >= ends, every_ms):
        yield order(fork, lambda one: not one.plant.plc.machine.permits()[0])


def _figures(name: str, orders: Sequence[Ordered]) -> Iterator[Figure]:
    if not orders:
        raise DefectError(f"{name}: no order was given")
    at_once, later = sum(each.at_once for each in orders), sum(each.later for each in orders)
    driven = sum(bool(each.driven_in) for each in orders)
    granted = sum(bool(each.granted_in) for each in orders)
    yield holds(f"{name}: none begins to drive in a forbidden phase", driven == 0, f"{driven} of {len(orders)}")
    yield holds(f"{name}: none is granted in a forbidden phase", granted == 0, f"{granted} of {len(orders)}")
    note = f"{at_once} at once or after a wait, {later} when ordered again after the phase"
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
