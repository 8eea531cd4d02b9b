"""Seeded sequences of faults, orders and kills against the real plant and the real supervisor, with healing in between.

After each healing the group must come to a driven state by itself, or to NEEDS_OPERATOR with a reason from which the
operator's next step recovers it (L4). Never a broken rule, never an exception; the gate's recordings are judged
offline, the journal verifies, the recordings replay.

OTHA_SOAK_MINUTES sets how long (5), OTHA_SOAK_SEED the first seed (1); a new plant with the next seed each minute.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from otha.core.words import Arming, OrderKind
from tests.soak.field import NODES, Field

MINUTES = float(os.environ.get("OTHA_SOAK_MINUTES", "5"))
SEED = int(os.environ.get("OTHA_SOAK_SEED", "1"))
NETWORKS = ("net_a", "net_b")


def _controller(field: Field) -> str | None:
    """A soft controller that can be asked to misbehave."""
    up = [node for node in NODES if field.is_up(node)]
    return field.dice.choice(up) if up else None


def kill(field: Field) -> None:
    if node := _controller(field):
        field.disturb("kill", node=node)


def restart(field: Field) -> None:
    field.disturb("restart", node=field.dice.choice(NODES))


def stop(field: Field) -> None:
    if node := _controller(field):
        field.disturb("stop", node=node)


def cont(field: Field) -> None:
    if stopped := field.stopped():
        field.disturb("cont", node=field.dice.choice(stopped))


def misbehave(field: Field) -> None:
    if node := _controller(field):
        match field.dice.randrange(4):
            case 0:
                field.disturb("freeze", node=node)
            case 1:
                field.disturb("stall_worker", node=node)
            case 2:
                role = field.dice.choice(["unknown", "active", "standby", "maintenance"])
                field.disturb("lying_role", node=node, role=role)
            case _:
                field.disturb("replication_lag", node=node, ms=field.dice.choice([50, 300, 2000]))


def thaw(field: Field) -> None:
    if node := _controller(field):
        field.disturb("thaw", node=node)


def channel(field: Field) -> None:
    network = field.dice.choice([*NETWORKS, *NETWORKS, "bus"])
    if not field.is_up(network):
        return
    own = [f"ref_{network[-1]}"] if network != "bus" else ["sync_sc_a", "sync_sc_b"]
    where = {"network": network, "node": field.dice.choice([*NODES, "plc", *own, "all"])}
    match field.dice.randrange(5):
        case 0:
            field.disturb("cut", **where)
        case 1:
            field.disturb("one_way", lost=field.dice.choice(["replies", "requests"]), **where)
        case 2:
            field.disturb("delay", ms=field.dice.choice([5, 20, 60, 300]), **where)
        case 3:
            seed = field.dice.randrange(1000)
            field.disturb("stalls", every_ms=field.dice.choice([300, 1000]), hold_ms=200, seed=seed, **where)
        case _:
            field.disturb("refuse", **where)


def black_hole(field: Field) -> None:
    if all(field.is_up(network) for network in NETWORKS):
        field.disturb("black_hole", node=field.dice.choice(NODES))


def isolate(field: Field) -> None:
    if all(field.is_up(network) for network in NETWORKS):
        field.disturb("isolate_observer")


def heal(field: Field) -> None:
    if all(field.is_up(network) for network in NETWORKS):
        field.disturb("heal")


def network_process(field: Field) -> None:
    """A network or a reference point goes away as a whole, or stands still."""
    process = field.dice.choice([*NETWORKS, "ref_a", "ref_b"])
    if field.is_up(process):
        field.disturb(field.dice.choice(["kill", "stop"]), node=process)
    else:
        field.disturb("restart", node=process)


def switch(field: Field) -> None:
    tags = ["maintenance_key", "high_level_trip", "permit_switch", "return_permit_switch"]
    if field.is_up("plc"):
        field.disturb("set_tag", tag=field.dice.choice(tags), value=field.dice.randrange(2))


def person(field: Field) -> None:
    if field.is_up("plc"):
        field.disturb(field.dice.choice(["local", "reset"]))


def plc(field: Field) -> None:
    match field.dice.randrange(3):
        case 0:
            field.disturb("restart", node="plc")
        case 1:
            if field.is_up("plc"):
                field.disturb("kill", node="plc")
        case _:
            if field.is_up("plc"):
                field.disturb("stop", node="plc")
                time.sleep(field.dice.choice([0.05, 0.3, 1.0]))
                field.disturb("cont", node="plc")


def order(field: Field) -> None:
    node = field.dice.choice([None, *NODES])
    match field.dice.randrange(8):
        case 0 | 1 | 2:
            field.give(OrderKind.SWITCHOVER, node=node, comment="chaos")
        case 3 | 4:
            field.give(OrderKind.ACKNOWLEDGE)
        case 5:
            field.give(field.dice.choice([OrderKind.MAINTENANCE_IN, OrderKind.MAINTENANCE_OUT]), node=node)
        case 6:
            field.give(OrderKind.ARM, arming=field.dice.choice(list(Arming)))
        case _:
            field.give(field.dice.choice([OrderKind.CONFIRM, OrderKind.REJECT]))


def kill_otha(field: Field) -> None:
    if field.otha_runs:
        field.tell("otha killed")
        field.kill_otha()


def stop_otha(field: Field) -> None:
    if field.otha_runs:
        field.tell("otha stopped in order")
        field.stop_otha()


def start_otha(field: Field) -> None:
    if not field.otha_runs:
        field.start_otha()


def pause_otha(field: Field) -> None:
    """The supervisor's machine stands still for a moment, or the supervisor was swapped out."""
    if field.otha_runs:
        pause_s = field.dice.choice([0.02, 0.2, 1.5, 6.0])
        field.tell(f"otha stands still for {pause_s} s")
        field.signal_otha(signal.SIGSTOP)
        time.sleep(pause_s)
        field.signal_otha(signal.SIGCONT)


ACTIONS: tuple[tuple[int, Callable[[Field], None]], ...] = (
    (6, kill),
    (3, restart),
    (6, stop),
    (4, cont),
    (8, misbehave),
    (2, thaw),
    (12, channel),
    (3, black_hole),
    (2, isolate),
    (3, heal),
    (2, network_process),
    (5, switch),
    (2, person),
    (2, plc),
    (10, order),
    (3, kill_otha),
    (1, stop_otha),
    (4, start_otha),
    (2, pause_otha),
)


def one_round(field: Field) -> None:
    """A few things go wrong, some of them at once; then everything is mended."""
    weights = [weight for weight, _ in ACTIONS]
    for _ in range(field.dice.randint(1, 6)):
        (action,) = field.dice.choices([action for _, action in ACTIONS], weights)
        action(field)
        time.sleep(field.dice.choice([0.0, 0.02, 0.1, 0.3, 1.0]))
        field.group()
    # Sometimes longer than the gate holds.
    (dwell_s,) = field.dice.choices([0.0, 0.3, 1.0, 3.0, 12.0], [4, 4, 4, 2, 1])
    time.sleep(dwell_s)
    field.mend()
    field.recover()


def attack(directory: Path, seed: int, *, until: float) -> Field:
    """Rounds of chaos until CLOCK_MONOTONIC `until` (seconds); raises Broken with seed and story."""
    field = Field(directory, seed)
    with field, field.telling():
        field.recover()
        while time.monotonic() < until:
            field.tell("--- round")
            field.counts["rounds"] += 1
            one_round(field)
        field.stop_otha()
        field.check_journal()
        field.check_recordings()
        field.check_logs()
    field.check_plant()
    return field


@pytest.mark.soak
def test_whatever_happens_it_comes_back_once_the_faults_stop(tmp_path: Path) -> None:
    end = time.monotonic() + 60.0 * MINUTES
    seed = SEED
    while time.monotonic() < end:
        attack(tmp_path / str(seed), seed, until=min(end, time.monotonic() + 60.0))
        seed += 1
