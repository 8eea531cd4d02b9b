"""Stories told by chance: faults, orders and their like at any moment and in any phase, then everything is mended.

Whatever happens, no rule breaks, and in the end somebody drives and is followed, or an operator is asked.
"""

import random

import pytest

from otha.core.group.turn import Decision
from otha.core.words import Phase, Standing
from sim.registers import State
from tests.scenarios.story import Story, parse

MENDED_AT_MS, ENDS_AT_MS = 4_000, 20_000


def chance_event(chance: random.Random, nodes: str) -> str:
    node = chance.choice(nodes)
    command = chance.choice(["revoke", "grant", "release", "void", "safe"])
    return chance.choice(
        [
            *[f"{what} {node}" for what in ("kill", "stop", "freeze", "start", "cont", "thaw", "lie", "cut")],
            *[f"cut {what}" for what in ("plc", "net_a", "net_b", "tags", command)],
            *["heal", "tag key 1", "tag key 0", "permit 0 1", "permit 1 0", "permit 1 1"],
            *["store silent", "store deaf", "store ok", "stall 400", "clock 900"],
            *["plc-restart", "local 1", "local 0", "reset"],
            *[f"order {what}" for what in ("switchover", "ack", "confirm", "reject", f"switchover {node}")],
            *[f"order maintenance-{way} {node}" for way in ("in", "out")],
            f"level {node} {chance.choice([0, 1, 100, 199, 255])}",
            f"hold-back {command} {chance.choice([20, 60, 200])}",
            f"crash {chance.choice([20, 200, 1_000])}",
        ]
    )


def chance_story(seed: int) -> str:
    chance = random.Random(seed)
    nodes = chance.choice(["ab", "ab", "abc"])
    config = [
        f"config nodes {nodes}",
        f"config after_fence {chance.choice(['return', 'next', 'wait', 'safe'])}",
        f"config confirm {chance.choice(['never', 'never', 'never', 'planned', 'always'])}",
    ]
    moments = sorted(chance.randrange(600, 3_000, 5) for _ in range(chance.randint(1, 6)))
    timed = [f"{at_ms} {chance_event(chance, nodes)}" for at_ms in moments]
    phases = [chance.choice(list(Phase)).value for _ in range(chance.randint(0, 3))]
    in_phases = [f"when {phase} {chance_event(chance, nodes)}" for phase in phases]
    mends = [
        "heal",
        "store ok",
        "local 0",
        "permit 1 1",
        "tag key 0",
        *[f"start {node}" for node in nodes],
        "order ack",
    ]
    mended = [f"{MENDED_AT_MS} {mend}" for mend in mends]
    return "\n".join([*config, *in_phases, *timed, *mended, f"{ENDS_AT_MS} end"])


class WatchedStory(Story):
    """A story in which S1 and S2 are watched at the gate itself, scan by scan."""

    def __init__(self, script: str) -> None:
        super().__init__(parse(script))
        self.owners: dict[int, int] = {}
        self.highest_epoch = 0

    def _plant(self) -> None:
        super()._plant()
        gate = self.gate.gate
        if gate.state is State.OWNED:
            assert self.owners.setdefault(gate.owner_epoch, gate.owner) == gate.owner, "S1: two owners in one epoch"
        assert gate.epoch >= self.highest_epoch, "S2: the gate's epoch shrank"
        self.highest_epoch = gate.epoch

    def _decided(self, decision: Decision) -> None:
        if self.now >= MENDED_AT_MS:
            self.triggers.clear()
        super()._decided(decision)


def check(seed: int) -> None:
    script = chance_story(seed)
    story = WatchedStory(script)
    transcript = story.tell()
    assert story.s is not None
    g = story.s.group("tanks")
    ended = f"seed {seed}\n{script}\n{transcript}"
    assert g.halted is None, ended
    assert "halted" not in transcript, ended
    if g.plan is not None:
        assert (g.plan.phase, g.plan.confirmed) == (Phase.REQUESTED, False), ended
    elif g.standing is Standing.FOLLOWING:
        assert g.record is not None
        driver = {node.number: node.name for node in story.nodes.values()}.get(story.gate.driven_by)
        assert g.record.active == driver, ended
    else:
        assert (g.standing, g.concern is None) == (Standing.NEEDS_OPERATOR, False), ended


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_no_rule_breaks_and_the_end_is_settled(seed: int) -> None:
    check(seed)


@pytest.mark.soak
@pytest.mark.parametrize("hundred", range(10))
def test_whatever_happens_for_long(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        check(1_000 + seed)
