"""Transfers of the four plants as live processes: what each moves, beside what the plant moved by itself before it.

Live there is no twin: another run has another noise. A transfer is held against the plant's own movement in windows of
the same length before it.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.failover import evidence, folder_of
from bench.figure import MS, Figure, at_most, holds, shown
from bench.movement import Log, Movement
from bench.options import Measurement, Options
from otha.core.words import Ending, OrderKind
from otha.demo import crane_acts
from otha.demo.cast import (
    BOILER,
    CRANE,
    PUMPS,
    TANKS,
    Cast,
    active,
    at_peace,
    new_transfer,
    other,
    until_state,
    wait_for_standby,
)
from otha.demo.play import write_site
from otha.demo.stage import Stage, StageError
from otha.demo.terminal_log import log_until
from otha.report.terms import Transfer
from sim import checker, crane
from sim.kind import Kind
from sim.plant import NODES
from sim.takeovers import edges, takeovers

TRANSFERS: Final = 3
SCANS_AFTER: Final = 10
PLANTS: Final = {"two_tanks": TANKS, "pump_station": PUMPS, "boiler": BOILER}

_SEED: Final = 4
_CALM_S: Final = 10.0
_PLANNED_PCT, _UNPLANNED_PCT = 0.1, 0.5
_ENDS_WITHIN_S: Final = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bump:
    """One transfer. `moved` from its beginning to 10 scans after the new owner's first frame; `own`: the most that the
    plant moved in a time of that length before; `first_pct`: the new owner's first frame against what was held;
    `edges`: of discrete outputs."""

    done: bool
    moved: Movement
    own: Movement
    first_pct: float
    took_ms: float
    edges: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """When a transfer was ordered or its cause happened, and what the journal told of it."""

    since_ns: int
    transfer: Transfer


def order(stage: Stage, cast: Cast) -> int:
    """Order a switchover. Raises StageError when it is refused."""
    since_ns = time.monotonic_ns()
    reply = stage.order(OrderKind.SWITCHOVER, cast.name, node=other(stage, cast), comment="bench")
    if not reply.accepted:
        raise StageError(f"a switchover of {cast.name} was refused: {reply.obstacles}")
    return since_ns


def acknowledge(stage: Stage, cast: Cast) -> None:
    """End the hold-off. Raises StageError."""
    if not stage.order(OrderKind.ACKNOWLEDGE, cast.name, comment="seen").accepted:
        raise StageError("the acknowledgement was refused")


def _planned(stage: Stage, cast: Cast) -> _Begun:
    since_ns = order(stage, cast)
    begun = _Begun(since_ns=since_ns, transfer=new_transfer(stage, cast, since_ns, within_s=_ENDS_WITHIN_S))
    acknowledge(stage, cast)
    return begun


def _unplanned(stage: Stage, cast: Cast) -> _Begun:
    node = active(stage, cast)
    since_ns = stage.fault("kill", node=node)
    begun = _Begun(since_ns=since_ns, transfer=new_transfer(stage, cast, since_ns, within_s=_ENDS_WITHIN_S))
    acknowledge(stage, cast)
    stage.fault("restart", node=node)
    return begun


def _bump(kind: Kind, log: Log, stage: Stage, begun: _Begun) -> Bump:
    seen = log_until(stage, begun.since_ns)
    to_node = NODES[begun.transfer.to_node]
    taken = next((each for each in takeovers(seen) if each.granted_ns > begun.since_ns and each.node == to_node), None)
    if taken is None or taken.driven_ns is None:
        raise StageError(f"the terminal log shows no frame of {begun.transfer.to_node}")
    ends_ns = taken.driven_ns + SCANS_AFTER * kind.scan_ms * MS
    before, first = log.at(taken.driven_ns), log.at(taken.driven_ns + 1)
    analogue = [at for at in range(len(kind.outputs)) if at not in kind.discrete]
    return Bump(
        done=begun.transfer.ending == Ending.DONE.value,
        moved=log.between(begun.since_ns, ends_ns),
        own=log.by_itself(begun.since_ns, ends_ns - begun.since_ns, _CALM_S),
        first_pct=max(abs(first.outputs[at] - before.outputs[at]) for at in analogue) / 100,
        took_ms=(taken.driven_ns - begun.since_ns) / MS,
        edges=sum(each.at_ns <= ends_ns for each in edges(seen, kind.discrete, begun.since_ns)),
    )


def _figures(name: str, told: list[Bump], limit_pct: float) -> Iterator[Figure]:
    done, changed = sum(each.done for each in told), sum(each.edges for each in told)
    yield holds(f"{name}: all done", done == len(told), f"{done} of {len(told)}")
    yield holds(f"{name}: no discrete edge", changed == 0, f"{changed} edges")
    for what, pairs in (
        ("output", [(each.moved.output, each.own.output) for each in told]),
        ("PV", [(each.moved.value, each.own.value) for each in told]),
    ):
        beyond = max(max(0.0, moved - own) for moved, own in pairs)
        note = "; ".join(f"{moved:.2f} of {own:.2f} by itself" for moved, own in pairs)
        yield at_most(f"{name}: {what} beyond its own movement, max", beyond, "%", limit_pct, note=note)
    yield shown(f"{name}: first frame against held", max(each.first_pct for each in told), "%")
    yield shown(f"{name}: until driven again, max", max(each.took_ms for each in told), "ms")


def _of_plant(plant: str, cast: Cast, options: Options) -> Iterator[Figure]:
    chance = random.Random(_SEED)
    planned: list[_Begun] = []
    unplanned: list[_Begun] = []
    with folder_of(options.keep, f"bump-{plant}") as folder:
        template, _ = write_site(folder, None, plant)
        with Stage(folder, template=template, plant=plant) as stage:
            for _ in range(min(TRANSFERS, options.count)):
                for begun, play in ((planned, _planned), (unplanned, _unplanned)):
                    at_peace(stage, cast)
                    time.sleep(_CALM_S + chance.random())
                    begun.append(play(stage, cast))
                    wait_for_standby(stage, cast)
            kind = stage.kind
        seen = log_until(stage, 0)
        log = Log(kind, seen)
        yield from _figures(f"{plant}, planned", [_bump(kind, log, stage, each) for each in planned], _PLANNED_PCT)
        yield from _figures(
            f"{plant}, unplanned", [_bump(kind, log, stage, each) for each in unplanned], _UNPLANNED_PCT
        )
        yield from _kept(stage, plant)


def _kept(stage: Stage, name: str) -> Iterator[Figure]:
    yield from evidence(stage, name)
    findings = checker.check(stage.plant_dir)
    note = f"{findings.frames_on_bus:,} frames" if findings.ok else str(findings.violations[:3])
    yield holds(f"{name}: no rule broken on the bus", findings.ok, note)


def _of_crane(options: Options) -> Iterator[Figure]:
    """Planned ones at standstill, where nothing may move; unplanned ones at speed, where it must stop in time."""
    moved: list[float] = []
    stops: list[crane_acts.Stop] = []
    changed = 0
    with folder_of(options.keep, "bump-crane") as folder:
        template, _ = write_site(folder, None, "crane")
        with Stage(folder, template=template, plant="crane") as stage:
            for _ in range(min(TRANSFERS, options.count)):
                at_peace(stage, CRANE)
                stage.fault("press", button="wait")
                until_state(stage, CRANE, "STOPPED", within_s=_ENDS_WITHIN_S)
                begun = _planned(stage, CRANE)
                log = Log(stage.kind, log_until(stage, time.monotonic_ns()))
                moved.append(log.between(begun.since_ns, time.monotonic_ns()).output)
                wait_for_standby(stage, CRANE)
                stage.fault("press", button="go")
                node = active(stage, CRANE)
                stops.append(crane_acts.stopped_by_a_kill(stage, node))
                until_ns = new_transfer(stage, CRANE, stops[-1].fault_ns, within_s=_ENDS_WITHIN_S).ended_ns
                acknowledge(stage, CRANE)
                stage.fault("restart", node=node)
                wait_for_standby(stage, CRANE)
                magnet = edges(log_until(stage, time.monotonic_ns()), stage.kind.discrete, stops[-1].fault_ns)
                changed += sum(each.at_ns <= (until_ns or 0) for each in magnet)
        yield at_most("crane, planned: output moved at standstill, max", max(moved), "%", _PLANNED_PCT)
        note = ", ".join(f"{each.way_m:.2f}" for each in stops)
        yield at_most(
            "crane, unplanned: stopping distance", max(each.way_m for each in stops), "m", crane.STOP_M, note=note
        )
        sway = max(each.sway_deg for each in stops)
        yield at_most("crane, unplanned: sway until it stood", sway, "deg", crane.SWAY_DEG)
        yield holds("crane, unplanned: no edge of the magnet", changed == 0, f"{changed} edges")
        yield from _kept(stage, "crane")


def measure(options: Options) -> Iterator[Figure]:
    """Three planned and three unplanned transfers of each plant, fewer if fewer are asked for."""
    for plant, cast in PLANTS.items():
        yield from _of_plant(plant, cast, options)
    yield from _of_crane(options)


MEASUREMENT = Measurement(
    name="bump-live",
    title="What a transfer does to the live plants",
    what="The demo's plants as processes, each three switchovers ordered and three times the active killed, after ten "
    "seconds of calm. From the order (or the kill) to 10 scans after the new owner's first frame, by the terminal log, "
    "less the most that the plant moved in a time of that length in the ten seconds before.",
    measure=measure,
    on_request=True,
)
