from dataclasses import replace
from typing import Any

import pytest

from otha.core import alarm
from otha.core.alarm import Alarm
from otha.core.group.state import Shared, StoreView
from otha.core.reasons import Why
from otha.core.words import AlarmCode, GateState, Liveness, Phase, Role, Verdict
from tests.core.build import MS, group_config
from tests.core.rig import Rig, failing_over, following, held_by_watchdog, switching


def codes(rig: Rig) -> list[str]:
    return [each.code for each in alarm.standing(rig.cfg, rig.shared, rig.g)]


def test_a_healthy_group_has_no_alarm() -> None:
    assert codes(following()) == []


def test_a_completed_switchover_gives_no_alarm_at_any_moment() -> None:
    rig = switching(Phase.OUTPUT_VERIFIED)
    rig.swapped()
    # The old active was last heard with its old role, and its lag is not known yet.
    rig.node("a", in_rpo=Verdict.FALSE)
    assert codes(rig) == []
    rig.node("b", role=Role.ACTIVE)
    assert codes(rig) == []
    rig.node("a", role=Role.STANDBY, in_rpo=Verdict.TRUE)
    rig.wait(500)
    assert codes(rig) == []


def test_what_is_still_wrong_after_the_settling_time_alarms() -> None:
    rig = switching(Phase.OUTPUT_VERIFIED)
    rig.swapped()
    rig.node("a", in_rpo=Verdict.FALSE)
    rig.node("b", role=Role.ACTIVE)
    rig.wait(500)
    assert codes(rig) == ["redundancy_lost", "two_claim_active"]


def test_a_transfer_under_way_is_an_event_and_not_an_alarm() -> None:
    for phase in (Phase.CLAIMED, Phase.FENCED, Phase.RELEASED):
        assert codes(switching(phase)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"liveness": Liveness.DEAD},
        {"liveness": Liveness.FROZEN},
        {"level": 1},
        {"role": Role.MAINTENANCE},
        {"in_rpo": Verdict.UNKNOWN},
    ],
)
def test_without_an_able_standby_redundancy_is_lost(changes: dict[str, Any]) -> None:
    rig = following()
    rig.node("b", **changes)
    assert codes(rig) == ["redundancy_lost"]


def test_one_able_standby_of_two_is_redundancy() -> None:
    rig = following(group_config("abc"))
    rig.dies("b")
    assert codes(rig) == []


def test_an_active_under_suspicion_that_can_not_be_left_alarms() -> None:
    rig = following()
    rig.condition(Verdict.FALSE)
    rig.dies("a", Liveness.FROZEN)
    assert codes(rig) == []
    rig.wait(40)
    assert alarm.standing(rig.cfg, rig.shared, rig.g) == (Alarm(code=AlarmCode.ACTIVE_SUSPECT, detail="a frozen"),)


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ({"seen": False}, ["gate_unseen"]),
        ({"state": GateState.SAFE, "owner": None}, ["needs_operator", "section_safe"]),
        ({"state": GateState.LOCAL, "owner": None}, ["needs_operator"]),
        ({"state": GateState.FREE, "owner": None}, ["needs_operator"]),
        ({"fits": False}, ["needs_operator"]),
        ({"owner": "b"}, ["needs_operator"]),
    ],
)
def test_the_gate_alarms(gate: dict[str, Any], expected: list[str]) -> None:
    rig = following()
    rig.gate(**gate)
    assert codes(rig) == expected


def test_a_held_section_alarms_while_nothing_is_under_way() -> None:
    rig = following()
    held_by_watchdog(rig)
    assert codes(rig) == ["section_held"]
    assert "section_held" not in codes(failing_over(Phase.FENCED))


def test_two_that_claim_to_be_active_are_an_alarm_and_no_shoot_out() -> None:
    rig = following()
    rig.node("b", role=Role.ACTIVE)
    rig.wait(60_000)
    assert codes(rig) == ["two_claim_active"]
    assert (rig.effects, rig.g.plan) == ([], None)


def test_another_that_claims_to_be_active_alone_disagrees() -> None:
    rig = following()
    rig.node("a", role=Role.STANDBY)
    rig.node("b", role=Role.ACTIVE)
    assert codes(rig) == ["role_disagrees"]


def test_what_concerns_the_whole_site_is_no_alarm_of_a_group() -> None:
    rig = following()
    rig.g = replace(rig.g, store=StoreView.UNKNOWN, halted="S1: two owners")
    rig.shared = Shared(isolated=True, tilted=True)
    assert codes(rig) == ["halted"]


@pytest.mark.parametrize("trouble", ["b", "gate", "interlock"])
def test_a_transfer_adds_at_most_ten_alarms(trouble: str) -> None:
    rig = failing_over(Phase.FENCED)
    raised: set[Alarm] = set(alarm.standing(rig.cfg, rig.shared, rig.g))
    {
        "b": lambda: rig.dies("b"),
        "gate": lambda: rig.gate(seen=False),
        "interlock": lambda: rig.condition(Verdict.BAD),
    }[trouble]()
    for _ in range(200):
        rig.wait(100)
        raised.update(alarm.standing(rig.cfg, rig.shared, rig.g))
    assert len(raised) <= 10
    assert rig.now >= 21_000 * MS


def test_a_transfer_that_could_not_be_verified_alarms() -> None:
    """L3: never silent. The gate is in sight, the new owner never shows that it drives."""
    rig = switching(Phase.RELEASED)
    rig.gate(state=GateState.OWNED, last_driver="b", owner_fresh=True, hold_until=None)
    rig.wait(200)
    assert "needs_operator" in codes(rig)
    assert rig.said(Why.UNVERIFIED) == [("b",)]


def test_a_dead_active_at_a_gate_out_of_sight_is_unverified() -> None:
    rig = following()
    rig.gate(seen=False)
    assert codes(rig) == ["gate_unseen"]
    rig.node("a", liveness=Liveness.DEAD)
    found = alarm.standing(rig.cfg, rig.shared, rig.g)
    assert Alarm(code=AlarmCode.NEEDS_OPERATOR, detail="unverified") in found
    blind = replace(rig.shared, isolated=True)
    assert AlarmCode.NEEDS_OPERATOR not in {each.code for each in alarm.standing(rig.cfg, blind, rig.g)}
    rig.gate(seen=True)
    assert "needs_operator" not in codes(rig)
