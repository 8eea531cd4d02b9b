"""Switchovers of the live boiler and crane, ordered at random moments of their sequences, and judged afterwards from
the terminal log and the bus recording alone."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Final

from bench.bump_live import acknowledge
from bench.failover import evidence, folder_of
from bench.figure import Figure, holds, shown
from bench.options import Measurement, Options
from otha.core.words import OrderKind
from otha.demo.cast import BOILER, CRANE, Cast, machine_state, new_transfer, other, until_state, wait_for_standby
from otha.demo.play import write_site
from otha.demo.stage import Stage
from sim import checker
from sim.boiler import IGNITION_S, LIGHT_OFF_S, PURGE_S
from sim.takeovers import grants_on_bus, log, takeovers

ORDERS: Final = 10

_SEED: Final = 4
_SEQUENCE_S: Final = PURGE_S + LIGHT_OFF_S + IGNITION_S
_CRANE_S: Final = 30.0  # a move and its pause
_ENDS_WITHIN_S: Final = 90.0
_SEEN_WITHIN_S: Final = 60.0


def _boiler_moment(stage: Stage, chance: random.Random) -> None:
    """The burner started anew, somewhere on its way to RUNNING."""
    until_state(stage, BOILER, "RUNNING", within_s=_SEEN_WITHIN_S)
    stage.fault("press", button="stop_burner")
    until_state(stage, BOILER, "POST_PURGE", within_s=_SEEN_WITHIN_S)
    stage.fault("press", button="start_burner")
    time.sleep(chance.random() * _SEQUENCE_S)


def _crane_moment(_stage: Stage, chance: random.Random) -> None:
    time.sleep(chance.random() * _CRANE_S)


def _order(stage: Stage, cast: Cast) -> tuple[str, str]:
    """Order a switchover: the state it was ordered in, and how it ended."""
    state, since_ns = machine_state(stage, cast), time.monotonic_ns()
    reply = stage.order(OrderKind.SWITCHOVER, cast.name, node=other(stage, cast), comment="bench")
    if not reply.accepted:
        return state, "refused"
    ending = new_transfer(stage, cast, since_ns, within_s=_ENDS_WITHIN_S).ending
    acknowledge(stage, cast)
    return state, ending


def _of_plant(cast: Cast, plant: str, options: Options) -> Iterator[Figure]:
    chance = random.Random(_SEED)
    orders: list[tuple[str, str]] = []
    moment = _boiler_moment if cast is BOILER else _crane_moment
    with folder_of(options.keep, f"phases-{plant}") as folder:
        template, _ = write_site(folder, None, plant)
        with Stage(folder, template=template, plant=plant) as stage:
            for _ in range(min(ORDERS, options.count)):
                wait_for_standby(stage, cast)
                moment(stage, chance)
                orders.append(_order(stage, cast))
            forbidden = stage.kind.forbidden
        found = takeovers(log(stage.plant_dir))
        wrong = [each for each in found if each.in_any_of(forbidden)]
        note = f"{len(found)} takeovers, {grants_on_bus(stage.plant_dir)} GRANTs on the bus" + "".join(map(str, wrong))
        yield holds(f"{plant}: none granted or driving in {' or '.join(forbidden)}", not wrong, note)
        told = Counter(f"{ending} in {state}" for state, ending in orders)
        note = ", ".join(f"{count} {what}" for what, count in sorted(told.items()))
        yield shown(f"{plant}: orders at random moments", len(orders), "", note=note)
        yield from evidence(stage, plant)
        findings = checker.check(stage.plant_dir)
        yield holds(f"{plant}: no rule broken on the bus", findings.ok, str(findings.violations[:3]))


def measure(options: Options) -> Iterator[Figure]:
    """Ten orders of each, fewer if fewer are asked for."""
    yield from _of_plant(BOILER, "boiler", options)
    yield from _of_plant(CRANE, "crane", options)


MEASUREMENT = Measurement(
    name="phases-live",
    title="Switchovers ordered at random moments of a live machine's sequence",
    what="Boiler (the burner started anew each time) and crane as processes, ten switchovers each. In which state of "
    "the machine a node was granted and began to drive is read from the terminal log after the run.",
    measure=measure,
    on_request=True,
)
