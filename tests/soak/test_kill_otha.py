"""kill -9 of the real `otha run` at random moments, while orders are given and the plant is disturbed.

After each kill: the journal opens and verifies, every order whose reply had come is in it, the recording replays, and
the supervisor started anew brings the group back to a driven, agreed state. At the end the offline checker judges the
gate.

OTHA_SOAK_KILLS sets how many kills (200), OTHA_SOAK_SEED the first seed (1).
"""

import os
import time
from pathlib import Path

import pytest

from otha.core.words import OrderKind
from tests.soak.field import NODES, Field

KILLS = int(os.environ.get("OTHA_SOAK_KILLS", "200"))
SEED = int(os.environ.get("OTHA_SOAK_SEED", "1"))
BATCH = 20
LONGEST_S = 2.0


def _fault(field: Field) -> None:
    """One disturbance of one controller or one path, of those that lead to transfers or must not."""
    node = field.dice.choice(NODES)
    match field.dice.randrange(7):
        case 0:
            if field.is_up(node):
                field.disturb("kill", node=node)
        case 1:
            if field.is_up(node):
                field.disturb("stop", node=node)
        case 2:
            if field.is_up(node):
                field.disturb(field.dice.choice(["freeze", "stall_worker"]), node=node)
        case 3:
            field.disturb("cut", network=field.dice.choice(["net_a", "net_b"]), node=field.dice.choice([*NODES, "plc"]))
        case 4:
            field.disturb("black_hole", node=node)
        case 5:
            field.disturb("set_tag", tag="maintenance_key", value=field.dice.randrange(2))
        case _:
            pass


def _live_until_killed(field: Field, longest_s: float) -> None:
    """Orders and a fault, until the killer comes; sometimes while the supervisor starts, or has just started."""
    if field.dice.random() < 0.2:
        field.stop_otha()
        field.launch_otha()
    process, killer = field.kill_in(field.dice.uniform(0.0, longest_s))
    try:
        faulty_at = time.monotonic() + field.dice.uniform(0.0, longest_s)
        while process.poll() is None:
            if time.monotonic() > faulty_at:
                faulty_at = time.monotonic() + longest_s
                _fault(field)
            else:
                kind = field.dice.choice([OrderKind.ACKNOWLEDGE, OrderKind.SWITCHOVER, OrderKind.SWITCHOVER])
                field.give(kind, comment="soak")
            time.sleep(field.dice.uniform(0.0, 0.1))
    finally:
        killer.join()
    field.bury()


def kill_and_recover(directory: Path, kills: int, seed: int, *, longest_s: float = LONGEST_S) -> Field:
    """Kill the supervisor `kills` times; raises Broken with the story of what went wrong."""
    field = Field(directory, seed)
    with field, field.telling():
        field.recover()
        for number in range(kills):
            field.tell(f"--- kill {number + 1} of {kills}")
            _live_until_killed(field, longest_s)
            field.check_journal()
            field.check_recordings()
            if field.dice.random() < 0.3:
                field.start_otha()
            field.mend()
            field.recover()
        field.stop_otha()
        field.check_journal()
        field.check_recordings()
        field.check_logs()
    field.check_plant()
    return field


def test_killed_a_few_times_it_loses_nothing_and_comes_back(tmp_path: Path) -> None:
    kill_and_recover(tmp_path, 5, SEED, longest_s=0.6)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SEED, SEED + (KILLS + BATCH - 1) // BATCH))
def test_killed_hundreds_of_times_it_loses_nothing_and_comes_back(tmp_path: Path, seed: int) -> None:
    field = kill_and_recover(tmp_path, min(BATCH, KILLS), seed)
    assert len(field.durable_orders) > 0
