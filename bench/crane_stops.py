"""Transfers of the crane: planned ones while it waits, unplanned ones at any moment of its work.

Where a hold stops the motion there is no twin to agree with: what counts is how far it runs on and how the load sways.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from bench.figure import Figure, at_most, holds, median, shown
from bench.stepped_site import ACTIVE, STANDBY, SteppedSite, plant_site
from otha.core.reasons import Why
from otha.core.words import Ending
from sim import crane
from sim.crane import Crane
from sim.hold_action import HoldPlan
from sim.kind import Kind
from sim.stepped import SteppedPlant

_SEED: Final = 4
_PAUSE_S: Final = (1.5, 3.5)  # so much of a pause is left when a switchover is ordered: OTHA has read that it stands
_GIVE_UP_MS: Final = 15_000
_HELD_ON_MS: Final = 1_000
_SHORT_SCANS: Final = 10
_PLANNED_PCT, _FIRST_PCT = 0.1, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One transfer. `ran_m`: how far the trolley went from the kill until it stood. `sway_deg`: the most until the new
    owner drove. `moved_pct`: the most that the speeds asked for were off those at the beginning, until 10 scans after
    that. `first_pct`: how far the new owner's first frame is from what stood there. `edges`: of what is asked of the
    magnet until then; `dropped`: the load was let go in the air."""

    done: bool
    moved_pct: float
    first_pct: float
    speed_m_s: float
    ran_m: float
    sway_deg: float
    edges: int
    dropped: bool


def machine(site: SteppedSite) -> Crane:
    """The crane of a stepped site."""
    found = site.plant.plc.machine
    assert isinstance(found, Crane)
    return found


def settled(kind: Kind = crane.KIND, *, tracking: bool = True) -> SteppedSite:
    """The crane at work, OTHA following. `tracking` false: the standby tracks nothing, and the gate lets it."""
    if not tracking:
        kind = replace(kind, gate=replace(kind.gate, tolerance=(10_000,) * len(kind.outputs)))
    plant = SteppedPlant(kind, _SEED)
    plant.commission(ACTIVE, settle_ms=500)
    plant.controllers[STANDBY].restart(tracking=tracking)
    return SteppedSite.settled(plant_site(kind.name, tolerant=not tracking), plant, _SEED)


def stop(site: SteppedSite) -> Stop:
    """Follow a fork from the kill or the order until its transfer has ended and the new owner drives."""
    at_first, began_m = machine(site).speed_m_s, machine(site).x_m
    asked = site.plant.plc.gate.outputs
    magnet, edges, moved, sway, ran_m, stands = asked[crane.MAGNET], 0, 0, 0.0, 0.0, False
    first, before = 0, asked
    until, after = site.plant.now_ms + _GIVE_UP_MS, _SHORT_SCANS
    while after and site.plant.now_ms < until:
        driver = site.plant.driver
        site.step()
        after -= _ended(site) is not None
        one, outputs = machine(site), site.plant.plc.gate.outputs
        edges, magnet = edges + (outputs[crane.MAGNET] != magnet), outputs[crane.MAGNET]
        moved = max(moved, _apart(outputs, asked))
        if driver is None and site.plant.driver == STANDBY:
            first = _apart(outputs, before)
        before = outputs
        sway = max(sway, abs(one.sway_deg))
        stands = stands or (site.plant.driver is None and abs(one.speed_m_s) < 0.01)
        if not stands:
            ran_m = abs(one.x_m - began_m)
    return Stop(
        done=_ended(site) == Ending.DONE.value and site.plant.driver == STANDBY,
        moved_pct=moved / 100,
        first_pct=first / 100,
        speed_m_s=abs(at_first),
        ran_m=ran_m,
        sway_deg=sway,
        edges=edges,
        dropped=machine(site).dropped,
    )


def _apart(outputs: tuple[int, ...], others: tuple[int, ...]) -> int:
    """The larger difference of a speed asked for."""
    return max(abs(outputs[at] - others[at]) for at in (crane.TROLLEY, crane.HOIST))


def _ended(site: SteppedSite) -> object | None:
    return next((said.args[0] for said in site.said if said.why is Why.ENDED), None)


def planned(count: int) -> list[Stop]:
    """Switchovers ordered while it waits between two moves."""
    site, chance, told = settled(), random.Random(_SEED), []
    for _ in range(count):
        _go_on(site, chance.randrange(1_000, 9_000))
        while not _PAUSE_S[0] <= machine(site).waits_s <= _PAUSE_S[1]:
            site.step()
        fork = site.fork()
        fork.switch()
        told.append(stop(fork))
    return told


def unplanned(count: int, *, stopping: bool = True, tracking: bool = True) -> list[Stop]:
    """The active killed while the trolley travels. `stopping` false: the gate holds the last speed, as it must not."""
    kind = crane.KIND if stopping else replace(crane.KIND, gate=replace(crane.KIND.gate, hold=HoldPlan()))
    site, chance, told = settled(kind, tracking=tracking), random.Random(_SEED), []
    for _ in range(count):
        _go_on(site, chance.randrange(500, 6_000))
        while abs(machine(site).speed_m_s) < 0.1:
            site.step()
        _go_on(site, chance.randrange(0, 12_000))
        fork = site.fork()
        fork.plant.kill(ACTIVE)
        told.append(stop(fork) if stopping else _runs_on(fork))
    return told


def _runs_on(site: SteppedSite) -> Stop:
    """What a second of hold-last does."""
    at_first, began_m = machine(site).speed_m_s, machine(site).x_m
    _go_on(site, _HELD_ON_MS)
    ran_m = abs(machine(site).x_m - began_m)
    return Stop(
        done=False,
        moved_pct=0.0,
        first_pct=0.0,
        speed_m_s=abs(at_first),
        ran_m=ran_m,
        sway_deg=0.0,
        edges=0,
        dropped=False,
    )


def _go_on(site: SteppedSite, ms: int) -> None:
    until = site.plant.now_ms + ms
    while site.plant.now_ms < until:
        site.step()


def figures(count: int) -> Iterator[Figure]:
    """Planned, unplanned, and what both would be otherwise."""
    told = planned(count)
    moved = max(each.moved_pct for each in told)
    yield at_most("crane, planned: max |Δoutput|, 10 scans", moved, "%", _PLANNED_PCT, note="while it waits")
    yield at_most("crane, planned: way of the trolley", max(each.ran_m for each in told), "m", 0.001)
    yield from _safely("crane, planned", told)
    told = unplanned(count)
    ran = [each.ran_m for each in told]
    moving = sum(each.speed_m_s > 0.1 for each in told)
    note = f"{moving} of {len(told)} travelling, median {median(ran):.2f}"
    yield at_most("crane, unplanned: stopping distance", max(ran), "m", crane.STOP_M, note=note)
    sway = max(each.sway_deg for each in told)
    yield at_most("crane, unplanned: sway until driven again", sway, "deg", crane.SWAY_DEG)
    yield from _safely("crane, unplanned", told)
    yield at_most("crane, unplanned: first frame against held", max(e.first_pct for e in told), "%", _FIRST_PCT)
    free = unplanned(min(count, 10), tracking=False)
    first = max(each.first_pct for each in free)
    yield shown("crane, unplanned, no tracking: first frame against held", first, "%", note=f"{len(free)} transfers")
    on = unplanned(min(count, 5), stopping=False)
    yield shown("crane, the last speed held: way in a second, still running", max(each.ran_m for each in on), "m")


def _safely(name: str, told: list[Stop]) -> Iterator[Figure]:
    done = sum(each.done for each in told)
    yield holds(f"{name}: all done", done == len(told), f"{done} of {len(told)}")
    edges, dropped = sum(each.edges for each in told), sum(each.dropped for each in told)
    note = f"{edges} edges, {dropped} dropped"
    yield holds(f"{name}: no edge of the magnet, no load dropped", edges == dropped == 0, note)
