"""Machine states: what a transfer may do in each, waiting for the end of a phase, asking a person, after the fence."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.conditions import UNKNOWN_MACHINE, Compare, Comparison, MachineConfig, MachineRule, MachineStateConfig
from otha.core.config import GroupConfig
from otha.core.effects import Grant, Revoke, Safe, SwapRecord
from otha.core.errors import IllegalTransitionError
from otha.core.group import phase_wait
from otha.core.group.event import MachineJudged, SharedChanged
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import (
    AfterFence,
    Conduct,
    Confirm,
    Course,
    Ending,
    GateState,
    Liveness,
    OrderKind,
    Outcome,
    Phase,
    TransferKind,
    Verdict,
)
from tests.core.build import INTERLOCK, MS, PERMISSIVE, gate_view, group_config, open_claim
from tests.core.rig import Rig, failing_over, fenced, following, held_by_watchdog, take_on

STAY, GO, ASK, SAFE = (MachineRule(does=does) for does in (Conduct.STAY, Conduct.GO, Conduct.ASK, Conduct.SAFE))
RUN, IGNITION, MOTION, TRIP = range(4)
WAIT_MS = 2_000


def waiting(then: Conduct = Conduct.STAY) -> MachineRule:
    return MachineRule(does=Conduct.WAIT, limit_ns=WAIT_MS * MS, then=then)


def state(name: str, value: int, **rules: Any) -> MachineStateConfig:
    when = Compare(tag="permit", op=Comparison.EQ, value=value, for_ns=0)
    usual = MachineStateConfig(name=name, when=when, switchover=STAY, failover=ASK, after_fence=None)
    return replace(usual, **rules)


def machine(**ignition: Any) -> MachineConfig:
    phase = {"switchover": waiting(), "failover": waiting(), **ignition}
    return MachineConfig(
        states=(
            state("RUN", 0, switchover=GO, failover=GO),
            state("IGNITION", 1, **phase),
            state("MOTION", 2, switchover=ASK, failover=ASK, after_fence=AfterFence.SAFE),
            state("TRIP", 3, switchover=STAY, failover=STAY),
        ),
        unknown=replace(state("UNKNOWN", 0), when=None),
    )


def config(changes: dict[str, Any] | None = None, **ignition: Any) -> GroupConfig:
    return group_config(machine=machine(**ignition), **(changes or {}))


def enters(rig: Rig, present: int) -> None:
    rig.tell(MachineJudged(state=present))


def standing(present: int, cfg: GroupConfig | None = None) -> Rig:
    rig = following(cfg if cfg is not None else config())
    enters(rig, present) if present != UNKNOWN_MACHINE else None
    rig.forget()
    return rig


def a_dies(rig: Rig) -> None:
    held_by_watchdog(rig)
    rig.dies("a")
    rig.wait(rig.cfg.timing.confirm_ns // MS)


def order(rig: Rig) -> bool:
    return rig.order(OrderKind.SWITCHOVER, "b").accepted


def asked(rig: Rig) -> list[str]:
    return [type(effect.do).__name__ for effect in rig.effects]


# What each state allows


@pytest.mark.parametrize("present", [UNKNOWN_MACHINE, TRIP])
def test_a_switchover_is_refused_in_a_state_that_does_not_allow_it_or_is_not_known(present: int) -> None:
    rig = standing(present)
    answer = rig.order(OrderKind.SWITCHOVER, "b")
    assert not answer.accepted
    assert [blocker.block for blocker in answer.blockers] == [Block.MACHINE_STATE]
    assert answer.blockers[0].detail == {UNKNOWN_MACHINE: "UNKNOWN", TRIP: "TRIP"}[present]


def test_a_switchover_goes_where_the_state_lets_it() -> None:
    rig = standing(RUN)
    assert order(rig)
    assert rig.phase() is Phase.PERMITTED
    assert asked(rig) == ["SwapRecord"]


def test_a_failover_goes_where_the_state_lets_it() -> None:
    rig = standing(RUN)
    a_dies(rig)
    assert rig.phase() is Phase.PERMITTED


def test_a_failover_in_an_unknown_state_asks_a_person() -> None:
    rig = standing(UNKNOWN_MACHINE)
    a_dies(rig)
    assert rig.phase() is Phase.REQUESTED
    assert rig.said(Why.WAITS) == [("b", "machine_state", "UNKNOWN")]
    assert not rig.effects
    assert rig.order(OrderKind.CONFIRM).accepted
    assert rig.phase() is Phase.PERMITTED


def test_a_failover_does_not_take_place_in_a_state_that_says_stay_and_is_told_once() -> None:
    rig = standing(TRIP)
    a_dies(rig)
    rig.wait(500)
    assert rig.phase() is None
    assert rig.blocked_by() == ["machine_state"]
    assert "SwapRecord" not in asked(rig)


# Waiting for the end of a phase


@pytest.mark.parametrize("start", [order, a_dies])
def test_a_transfer_waits_for_the_end_of_the_phase_and_then_goes(start: Any) -> None:
    rig = standing(IGNITION)
    start(rig)
    assert rig.phase() is Phase.REQUESTED
    assert rig.plan.waiting
    assert rig.said(Why.WAITS) == [("b", "machine_state", "IGNITION")]
    rig.wait(WAIT_MS - 100)
    assert not rig.effects
    enters(rig, RUN)
    assert rig.phase() is Phase.PERMITTED
    assert asked(rig) == ["SwapRecord"]


def test_a_transfer_that_waits_passes_over_the_controllers_missing_permit_of_the_same_phase() -> None:
    rig = standing(IGNITION)
    rig.gate(permit=False)
    assert order(rig)
    enters(rig, RUN)
    # The tags tell of the phase's end before the next reading of the gate does.
    assert rig.phase() is Phase.REQUESTED
    rig.gate(permit=True)
    assert rig.phase() is Phase.PERMITTED


def test_a_missing_permit_alone_is_waited_for_where_phases_are_and_no_longer_than_these() -> None:
    rig = standing(RUN)
    rig.gate(permit=False)
    assert order(rig)
    rig.wait(WAIT_MS)
    assert rig.ending is Ending.ABORTED_SAFE
    assert rig.blocked_by() == ["gate_permit"]


def test_after_the_limit_it_stays() -> None:
    rig = standing(IGNITION)
    assert order(rig)
    rig.wait(WAIT_MS)
    assert rig.ending is Ending.ABORTED_SAFE
    assert rig.blocked_by() == ["machine_state"]
    assert not rig.effects


def test_a_failover_that_stayed_is_not_begun_again_until_the_machine_is_in_another_state() -> None:
    rig = standing(IGNITION)
    a_dies(rig)
    rig.wait(WAIT_MS + 500)
    assert rig.phase() is None
    assert len(rig.said(Why.REQUESTED)) == 1
    enters(rig, RUN)
    assert rig.phase() is Phase.PERMITTED


def test_after_the_limit_it_asks() -> None:
    rig = standing(IGNITION, config(switchover=waiting(Conduct.ASK)))
    assert order(rig)
    assert not rig.order(OrderKind.CONFIRM, id="too soon").accepted
    rig.wait(WAIT_MS)
    assert rig.phase() is Phase.REQUESTED
    assert rig.order(OrderKind.CONFIRM, id="now").accepted
    assert rig.phase() is Phase.PERMITTED


def test_after_the_limit_a_section_that_nobody_drives_goes_to_its_safe_state() -> None:
    rig = standing(IGNITION, config(failover=waiting(Conduct.SAFE)))
    a_dies(rig)
    rig.wait(WAIT_MS)
    assert rig.plan.course is Course.SAFE
    assert [effect.do for effect in rig.effects] == [Safe(epoch=1, hold_no=2)]
    rig.gate(state=GateState.SAFE, owner=None, owner_epoch=0, armed=False, hold_until=None)
    assert rig.ending is Ending.SAFE_STATE


def test_a_state_can_send_a_section_that_nobody_drives_to_its_safe_state_at_once() -> None:
    rig = standing(IGNITION, config(failover=SAFE))
    a_dies(rig)
    assert asked(rig) == ["Safe"]


def test_a_safe_state_that_is_not_verified_needs_an_operator() -> None:
    rig = standing(IGNITION, config(failover=SAFE))
    a_dies(rig)
    rig.wait(1_000)
    assert rig.ending is Ending.NEEDS_OPERATOR


def test_phases_that_follow_one_another_are_waited_for_together_and_no_longer() -> None:
    """L2: a machine that goes through the same phases for ever does not keep a transfer waiting for ever."""
    cfg = config()
    assert cfg.machine is not None
    states = (*cfg.machine.states, state("PURGE", 4, switchover=waiting()))
    rig = standing(IGNITION, replace(cfg, machine=replace(cfg.machine, states=states)))
    assert order(rig)
    for phase in (4, IGNITION, 4, IGNITION):
        rig.wait(WAIT_MS - 100)
        if rig.phase() is None:
            break
        enters(rig, phase)
    assert rig.ending is Ending.ABORTED_SAFE


def test_the_reason_for_a_waiting_failover_may_go_away() -> None:
    rig = standing(IGNITION)
    a_dies(rig)
    rig.node("a", liveness=rig.g.nodes[1].liveness, level=255)
    rig.gate(state=GateState.OWNED, owner_fresh=True, driven=True, hold_until=None)
    assert rig.ending is Ending.ABORTED_SAFE
    assert rig.blocked_by() == ["cause_gone"]


# Asking


def test_a_confirmation_holds_in_the_state_that_it_was_given_in() -> None:
    rig = standing(MOTION)
    assert order(rig)
    assert not rig.effects
    enters(rig, UNKNOWN_MACHINE)
    assert rig.ending is Ending.ABORTED_SAFE


def test_a_transfer_that_waits_for_a_person_goes_by_itself_when_the_state_ends() -> None:
    rig = standing(MOTION)
    assert order(rig)
    enters(rig, RUN)
    assert rig.phase() is Phase.PERMITTED


def test_a_group_that_always_asks_still_asks_after_the_phase() -> None:
    rig = standing(IGNITION, config({"confirm": Confirm.ALWAYS}))
    assert order(rig)
    enters(rig, RUN)
    assert rig.phase() is Phase.REQUESTED
    assert rig.order(OrderKind.CONFIRM, id="yes").accepted
    assert rig.phase() is Phase.PERMITTED


def test_nobody_answers() -> None:
    rig = standing(MOTION)
    assert order(rig)
    rig.wait(rig.cfg.timing.order_ttl_ns // MS)
    assert rig.ending is Ending.ABORTED_SAFE


# Up to and including REVOKE


def test_a_phase_that_starts_before_the_claim_is_answered_stops_the_transfer_and_is_waited_for() -> None:
    rig = standing(RUN)
    assert order(rig)
    enters(rig, IGNITION)
    assert rig.phase() is Phase.PERMITTED
    rig.swapped()
    assert rig.ending is Ending.ABORTED_SAFE
    assert rig.phase() is Phase.REQUESTED
    assert rig.plan.waiting
    assert not [effect for effect in rig.effects if isinstance(effect.do, Revoke)]
    enters(rig, RUN)
    assert rig.phase() is Phase.PERMITTED
    claim = rig.asked
    assert isinstance(claim, SwapRecord)
    assert claim.record.epoch == 5


def test_a_claim_that_was_refused_is_not_repeated_in_a_phase_that_is_waited_for() -> None:
    rig = standing(RUN)
    assert order(rig)
    enters(rig, IGNITION)
    rig.ends(Outcome.REFUSED, replace(rig.g.record or rig.would_store(), revision="other"))
    assert rig.phase() is Phase.REQUESTED
    assert rig.plan.waiting


def test_a_state_that_says_stay_ends_a_transfer_before_its_claim() -> None:
    rig = standing(RUN)
    assert order(rig)
    enters(rig, TRIP)
    assert rig.ending is Ending.ABORTED_SAFE
    assert rig.phase() is None


@pytest.mark.parametrize("turns", [IGNITION, MOTION, TRIP, UNKNOWN_MACHINE])
@pytest.mark.parametrize("start", [order, a_dies])
def test_no_revoke_leaves_in_a_state_that_does_not_allow_it(start: Any, turns: int) -> None:
    rig = standing(RUN)
    start(rig)
    enters(rig, turns)
    if rig.g.plan is not None and rig.plan.asked is not None:
        rig.swapped()
    assert "Revoke" not in asked(rig)
    assert any(args[-2] == "machine_state" for why in (Why.BLOCKED, Why.WAITS) for args in rig.said(why))


# After the fence


@pytest.mark.parametrize(
    ("turns", "course", "command"),
    [(IGNITION, Course.RETURN, Grant), (UNKNOWN_MACHINE, Course.RETURN, Grant), (MOTION, Course.SAFE, Safe)],
)
def test_after_the_fence_the_present_state_says_what_is_tried(turns: int, course: Course, command: type) -> None:
    rig = standing(RUN)
    assert order(rig)
    take_on(rig, Phase.FENCED)
    enters(rig, turns)
    assert rig.plan.course is course
    assert isinstance(rig.effects[-1].do, command)


def test_after_the_fence_a_phase_can_be_waited_for_inside_the_hold() -> None:
    rig = standing(RUN, config(after_fence=AfterFence.WAIT))
    assert order(rig)
    take_on(rig, Phase.CLAIMED)
    enters(rig, IGNITION)
    fenced(rig)
    rig.forget()
    rig.wait(1_000)
    assert not rig.effects
    enters(rig, RUN)
    assert isinstance(rig.asked, Grant)


def test_a_failover_that_has_fenced_waits_out_a_phase_when_there_is_no_way_back() -> None:
    rig = standing(RUN)
    a_dies(rig)
    take_on(rig, Phase.FENCED)
    enters(rig, IGNITION)
    rig.forget()
    rig.wait(1_000)
    assert not rig.effects
    assert rig.plan.against[0].block is Block.MACHINE_STATE


# The rest


def test_a_group_without_states_knows_none() -> None:
    rig = failing_over(Phase.PERMITTED)
    with pytest.raises(IllegalTransitionError):
        enters(rig, RUN)


def test_a_state_that_the_group_does_not_have_is_illegal() -> None:
    rig = standing(RUN)
    with pytest.raises(IllegalTransitionError):
        enters(rig, 4)


def first_out(rig: Rig) -> int | None:
    return rig.g.first_out


def test_first_out_is_the_interlock_that_went_first_until_all_are_true_again() -> None:
    rig = following(group_config(conditions=(INTERLOCK, replace(INTERLOCK, name="flame"), PERMISSIVE)))
    rig.condition(Verdict.FALSE, 2)
    assert first_out(rig) is None
    rig.condition(Verdict.STALE, 1)
    rig.condition(Verdict.FALSE, 0)
    assert first_out(rig) == 1
    assert rig.said(Why.FIRST_OUT) == [("flame", "stale")]
    rig.condition(Verdict.TRUE, 1)
    assert first_out(rig) == 1
    rig.condition(Verdict.TRUE, 0)
    assert first_out(rig) is None


def drilled(present: int) -> Rig:
    """A group marked for drills, in a machine that lets failovers go everywhere and switchovers in RUN alone."""
    return standing(present, config({"drills": True}, switchover=STAY, failover=GO))


def test_a_drill_of_a_failover_obeys_the_rule_of_a_switchover_too() -> None:
    rig = drilled(IGNITION)
    answer = rig.order(OrderKind.DRILL, "b", transfer=TransferKind.FAILOVER)
    assert [(each.block, each.detail) for each in answer.blockers] == [(Block.MACHINE_STATE, "IGNITION")]
    assert rig.g.plan is None


def test_a_phase_that_begins_before_anything_has_left_ends_the_drill() -> None:
    rig = drilled(RUN)
    assert rig.order(OrderKind.DRILL, "b", transfer=TransferKind.FAILOVER).accepted
    enters(rig, IGNITION)
    rig.swapped()
    assert rig.g.plan is None
    assert rig.said(Why.ENDED)[0][0] == Ending.ABORTED_SAFE.value
    assert not [each for each in rig.effects if isinstance(each.do, Revoke)]


def test_a_real_failover_goes_where_a_drill_stays() -> None:
    rig = drilled(IGNITION)
    a_dies(rig)
    assert rig.phase() is Phase.PERMITTED


def test_an_open_claim_is_not_taken_up_before_the_machine_is_known() -> None:
    rig = Rig(config({"after_fence": AfterFence.SAFE}))
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, open_claim())
    held = gate_view(None, 2, state=GateState.HELD, granted=1, last_driver="a", hold_no=2)
    rig.tell_gate(replace(held, hold_until=rig.now + 9_000 * MS))
    rig.dies("a")
    rig.node("b", liveness=Liveness.ALIVE, level=255, in_rpo=Verdict.TRUE, ready=Verdict.TRUE)
    for index in range(2):
        rig.condition(Verdict.TRUE, index)
    assert rig.g.plan is None
    enters(rig, RUN)
    assert any(isinstance(effect.do, Grant) for effect in rig.effects)


def test_what_was_confirmed_stays_so_when_a_phase_of_the_machine_is_waited_for_after_the_claim() -> None:
    rig = standing(RUN, config({"confirm": Confirm.PLANNED}))
    assert order(rig)
    assert rig.order(OrderKind.CONFIRM, id="yes", user="eva").accepted
    enters(rig, IGNITION)
    rig.swapped()
    assert (rig.phase(), rig.plan.waiting, rig.plan.confirmed) == (Phase.REQUESTED, True, True)


@pytest.mark.parametrize("waited_out", [False, True])
def test_a_permit_is_not_waited_for_again_once_the_wait_is_over(waited_out: bool) -> None:
    rig = standing(RUN)
    assert order(rig)
    turn = Turn(cfg=rig.cfg, shared=rig.shared, g=rig.g, now=rig.now)
    turn.put_plan(waited_out=waited_out)
    missing = (Blocker(block=Block.GATE_PERMIT, detail=""),)
    assert phase_wait.only_waits(turn, missing) is not waited_out
