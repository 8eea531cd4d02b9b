"""What needs two persons: a bypass of a `process` interlock, and an ordered SAFE."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core import alarm
from otha.core.effects import Safe
from otha.core.group.request import Bypass
from otha.core.reasons import Block, Why
from otha.core.words import (
    AlarmCode,
    Arming,
    Authority,
    ConditionClass,
    Confirm,
    Course,
    Ending,
    GateState,
    Liveness,
    OrderKind,
    Outcome,
    Phase,
    Verdict,
)
from tests.core.build import INTERLOCK, MS, PERMISSIVE, gate_view, group_config, path_config
from tests.core.rig import Rig, driven, failing_over, following, held_by_watchdog, switching, take_on

PROCESS = replace(INTERLOCK, name="level_ok", klass=ConditionClass.PROCESS)
CONDITIONS = (INTERLOCK, PERMISSIVE, PROCESS)
HOUR = 3_600_000 * MS


def codes(rig: Rig, kind: OrderKind, node: str | None = None, **changes: Any) -> list[str]:
    """What stood against the order."""
    return [blocker.block.code for blocker in rig.order(kind, node, **changes).blockers]


def waits(rig: Rig) -> bool:
    """Whether something waits for a second person."""
    return rig.g.request is not None


def bypass(rig: Rig, item: str | None = "level_ok", for_ns: int | None = HOUR, **changes: Any) -> list[str]:
    return codes(rig, OrderKind.BYPASS, **{"id": "y1", "item": item, "for_ns": for_ns, **changes})


def plant(**changes: Any) -> Rig:
    """A group with a process interlock that is false."""
    rig = following(group_config(conditions=CONDITIONS, **changes))
    rig.condition(Verdict.FALSE, index=2)
    rig.forget()
    return rig


def bypassed() -> Rig:
    rig = plant()
    assert bypass(rig) == []
    assert codes(rig, OrderKind.CONFIRM, id="y2", user="eva") == []
    return rig


# Bypass


def test_a_bypass_waits_for_a_second_person_and_counts_only_then() -> None:
    rig = plant()
    assert bypass(rig) == []
    assert rig.said(Why.SECOND_PERSON_ASKED) == [(rig.shown(), "bypass level_ok", "kim")]
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o1") == ["request_pending"]
    assert codes(rig, OrderKind.CONFIRM, id="o2", user="eva") == []
    assert rig.g.bypasses == (
        Bypass(item="level_ok", by="kim", second="eva", comment="because", until=1_000 * MS + HOUR),
    )
    assert rig.said(Why.BYPASSED) == [("level_ok", "kim", "eva", 3_600)]
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o3") == []
    assert rig.phase() is Phase.PERMITTED


def test_who_asked_is_no_second_person() -> None:
    rig = plant()
    bypass(rig)
    assert codes(rig, OrderKind.CONFIRM, id="o1") == ["second_person"]
    assert rig.g.bypasses == ()
    assert codes(rig, OrderKind.CONFIRM, id="o2", user="kim", client="hmi") == ["second_person"]
    assert codes(rig, OrderKind.CONFIRM, id="o3", user="eva") == []


def test_the_second_person_has_the_authority_to_order_it() -> None:
    rig = plant()
    bypass(rig)
    assert codes(rig, OrderKind.CONFIRM, id="o1", user="eva", seconds=(OrderKind.SAFE,)) == ["no_authority"]
    assert rig.g.bypasses == ()
    assert waits(rig), "somebody else may still confirm it"
    assert codes(rig, OrderKind.CONFIRM, id="o2", user="ben", seconds=(OrderKind.BYPASS,)) == []


def test_whoever_may_confirm_may_reject() -> None:
    rig = plant()
    bypass(rig)
    assert codes(rig, OrderKind.REJECT, id="o1", user="eva", comment="not now", seconds=()) == []
    assert not waits(rig)


def test_the_second_person_comes_within_the_time_or_not_at_all() -> None:
    rig = plant()
    bypass(rig)
    rig.wait(29_999)
    assert waits(rig)
    rig.wait(1)
    assert not waits(rig)
    assert rig.g.bypasses == ()
    assert rig.said(Why.REQUEST_ENDED) == [("bypass level_ok", "kim", "not confirmed in time")]
    assert codes(rig, OrderKind.CONFIRM, id="o2", user="eva") == ["nothing_to_confirm"]


def test_a_bypass_is_rejected_with_a_comment() -> None:
    rig = plant()
    bypass(rig)
    assert codes(rig, OrderKind.REJECT, id="o1", user="eva", comment=" ") == ["comment_missing"]
    assert codes(rig, OrderKind.REJECT, id="o2", user="eva", comment="look at the pump first") == []
    assert rig.said(Why.REQUEST_ENDED) == [("bypass level_ok", "kim", "rejected by eva")]
    assert rig.g.bypasses == ()


@pytest.mark.parametrize(
    ("item", "for_ns", "comment", "code"),
    [
        ("key_out", HOUR, "why", "never_bypassed"),
        ("permit", HOUR, "why", "no_such_interlock"),
        ("other", HOUR, "why", "no_such_interlock"),
        (None, HOUR, "why", "no_such_interlock"),
        ("level_ok", None, "why", "bypass_too_long"),
        ("level_ok", 0, "why", "bypass_too_long"),
        ("level_ok", -HOUR, "why", "bypass_too_long"),
        ("level_ok", 8 * HOUR + 1, "why", "bypass_too_long"),
        ("level_ok", HOUR, " ", "comment_missing"),
    ],
)
def test_what_is_no_bypass(item: str | None, for_ns: int | None, comment: str, code: str) -> None:
    rig = plant()
    assert bypass(rig, item, for_ns, comment=comment) == [code]
    assert rig.g.request is None


def test_a_bypass_of_the_longest_time_is_taken() -> None:
    assert bypass(plant(), for_ns=8 * HOUR) == []


def test_a_bypass_ends_by_itself() -> None:
    rig = bypassed()
    rig.wait(3_599_999)
    assert codes(rig, OrderKind.SELECT, "b", id="o1") == []
    rig.wait(1)
    assert (rig.g.bypasses, rig.said(Why.BYPASS_ENDED)) == ((), [("level_ok", "its time has run out")])
    assert codes(rig, OrderKind.OPERATE, id="o2") == ["premises_changed", "interlock"]


def test_an_unbypassed_interlock_counts_at_once() -> None:
    rig = bypassed()
    assert codes(rig, OrderKind.UNBYPASS, id="o1", item="level_ok") == []
    assert rig.said(Why.BYPASS_ENDED) == [("level_ok", "taken back by kim")]
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o2") == ["interlock"]
    assert codes(rig, OrderKind.UNBYPASS, id="o3", item="level_ok") == ["not_bypassed"]


def test_a_bypass_is_an_alarm_while_it_lasts() -> None:
    rig = bypassed()

    def standing() -> list[str]:
        return [a.detail for a in alarm.standing(rig.cfg, rig.shared, rig.g) if a.code is AlarmCode.BYPASSED]

    assert standing() == ["level_ok"]
    rig.order(OrderKind.UNBYPASS, id="o1", item="level_ok")
    assert standing() == []


def test_a_bypass_given_again_has_its_new_end_and_is_one() -> None:
    rig = bypassed()
    rig.wait(60_000)
    assert bypass(rig, for_ns=2 * HOUR, id="z1", user="eva") == []
    assert codes(rig, OrderKind.CONFIRM, id="z2") == []
    assert [(each.by, each.second, each.until) for each in rig.g.bypasses] == [("eva", "kim", 61_000 * MS + 2 * HOUR)]


def test_nothing_is_bypassed_in_a_transfer_and_a_bypass_that_ends_in_one_turns_it_aside() -> None:
    rig = bypassed()
    rig.order(OrderKind.SWITCHOVER, "b", id="o1")
    take_on(rig, Phase.FENCED)
    assert bypass(rig, id="o2") == ["transfer_running"]
    rig.order(OrderKind.UNBYPASS, id="o3", item="level_ok")
    assert rig.plan.course is Course.RETURN


def test_a_request_is_judged_again_when_it_is_confirmed() -> None:
    rig = plant()
    bypass(rig)
    rig.condition(Verdict.TRUE, index=2)
    held_by_watchdog(rig)
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    assert rig.plan.automatic
    assert rig.said(Why.REQUEST_ENDED) == [("bypass level_ok", "kim", "a transfer began")]
    assert codes(rig, OrderKind.CONFIRM, id="o2", user="eva") == ["nothing_to_confirm"]


# The ordered safe state


def both_gone() -> Rig:
    """Nobody can be promoted; the section is held by the gate's watchdog since 1000 ms."""
    rig = following()
    held_by_watchdog(rig)
    rig.dies("a")
    rig.dies("b")
    rig.wait(100)
    rig.forget()
    return rig


def test_a_safe_state_is_ordered_by_two_persons_and_asked_of_this_very_hold() -> None:
    rig = both_gone()
    assert codes(rig, OrderKind.SAFE, id="o1") == []
    assert rig.effects == []
    assert codes(rig, OrderKind.CONFIRM, id="o2") == ["second_person"]
    assert codes(rig, OrderKind.CONFIRM, id="o3", user="eva") == []
    assert [effect.do for effect in rig.effects] == [Safe(epoch=1, hold_no=2)]
    rig.gate(state=GateState.SAFE, owner=None, hold_until=None)
    assert rig.g.safe_for is None


def test_an_ordered_safe_state_is_asked_again_until_the_gate_says_so() -> None:
    rig = both_gone()
    rig.order(OrderKind.SAFE, id="o1")
    rig.order(OrderKind.CONFIRM, id="o2", user="eva")
    for pause_ms in (50, 100, 200):
        rig.ends(Outcome.UNKNOWN)
        rig.wait(pause_ms)
    assert len(rig.effects) == 4
    assert {effect.id for effect in rig.effects} == {effect.id for effect in dict.fromkeys(rig.effects)}
    driven(rig, "a", 1)
    assert rig.g.safe_for is None


def test_while_the_safe_state_is_pursued_nobody_is_promoted() -> None:
    rig = both_gone()
    rig.order(OrderKind.SAFE, id="o1")
    rig.order(OrderKind.CONFIRM, id="o2", user="eva")
    rig.node("b", liveness=Liveness.ALIVE, level=255, in_rpo=Verdict.TRUE)
    rig.wait(1_000)
    assert rig.g.plan is None
    assert "safe_ordered" in codes(rig, OrderKind.SWITCHOVER, "b", id="o3")
    assert codes(rig, OrderKind.SAFE, id="o4") == ["safe_ordered"]


@pytest.mark.parametrize(
    ("state", "detail"),
    [
        (GateState.OWNED, "OWNED, owner a"),
        (GateState.FREE, "FREE, owner a"),
        (GateState.SAFE, "SAFE, owner a"),
        (GateState.LOCAL, "LOCAL, owner a"),
    ],
)
def test_safe_is_ordered_in_a_hold_alone(state: GateState, detail: str) -> None:
    rig = following()
    rig.gate(state=state)
    answer = rig.order(OrderKind.SAFE)
    assert [(b.block.code, b.detail) for b in answer.blockers] == [("not_held", detail)]


def test_a_hold_that_ended_before_the_second_person_came_is_left_alone() -> None:
    rig = both_gone()
    rig.order(OrderKind.SAFE, id="o1")
    driven(rig, "a", 1)
    assert codes(rig, OrderKind.CONFIRM, id="o2", user="eva") == ["not_held"]
    assert (rig.g.safe_for, rig.g.request, rig.effects) == (None, None, [])


def test_what_only_observes_or_is_not_ours_or_has_no_gate_is_not_driven_to_safe() -> None:
    for cfg, code in (
        (group_config(arming=Arming.OBSERVE), "not_armed"),
        (group_config(authority=Authority.NATIVE), "native_authority"),
        (path_config(), "not_held"),
    ):
        rig = Rig(cfg)
        rig.tell_gate(gate_view(state=GateState.HELD))
        assert codes(rig, OrderKind.SAFE, group=cfg.name) == [code]
    rig = both_gone()
    rig.gate(seen=False)
    assert codes(rig, OrderKind.SAFE) == ["gate_unseen"]


def ordered_safe() -> Rig:
    """Two persons ordered SAFE; the gate has not said that it obeyed."""
    rig = both_gone()
    rig.order(OrderKind.SAFE, id="s")
    rig.order(OrderKind.CONFIRM, id="c", user="eva")
    return rig


def test_what_ends_an_ordered_safe_state_is_told() -> None:
    rig = ordered_safe()
    rig.gate(state=GateState.SAFE, owner=None, hold_until=None)
    assert rig.said(Why.SAFE_ENDED) == [("plc", "the hold is over, the gate is SAFE")]
    rig = ordered_safe()
    rig.order(OrderKind.ARM, id="a", arming=Arming.OBSERVE)
    assert rig.said(Why.SAFE_ENDED) == [("plc", "the group only observes")]


@pytest.mark.parametrize("seen", [True, False], ids=["seen", "out of sight"])
def test_an_operator_takes_back_an_ordered_safe_state_that_is_not_carried_out(seen: bool) -> None:
    rig = ordered_safe()
    if not seen:
        rig.ends(Outcome.UNKNOWN)
        rig.gate(seen=False)
        rig.node("b", liveness=Liveness.ALIVE, level=255, in_rpo=Verdict.TRUE, ready=Verdict.TRUE)
        rig.wait(60_000)
        assert "safe_ordered" in codes(rig, OrderKind.SWITCHOVER, "b", id="o")
    assert codes(rig, OrderKind.CANCEL, id="x1", user="max", comment=" ") == ["comment_missing"]
    assert rig.said(Why.SAFE_ENDED) == []
    assert codes(rig, OrderKind.CANCEL, id="x2", user="max", comment="the pump runs again") == []
    assert rig.said(Why.SAFE_ENDED) == [("plc", "taken back by max")]
    assert rig.g.safe_for is None
    assert "safe_ordered" not in codes(rig, OrderKind.SWITCHOVER, "b", id="o2")
    assert codes(rig, OrderKind.CANCEL, id="x3", user="max") == ["not_selected"]


def test_a_safe_state_that_arrives_after_it_was_taken_back_is_taken_as_it_is() -> None:
    rig = ordered_safe()
    rig.order(OrderKind.CANCEL, id="x")
    rig.ends(Outcome.DONE)
    rig.gate(state=GateState.SAFE, owner=None, hold_until=None)
    assert (rig.g.safe_for, rig.g.plan) == (None, None)
    assert rig.g.concern is not None
    assert rig.g.concern.block is Block.GATE_NOT_IN_OTHAS_HANDS


def test_one_that_a_transfer_pursues_after_its_fence_is_not_taken_back() -> None:
    rig = failing_over(Phase.FENCED)
    rig.order(OrderKind.SAFE, id="s")
    rig.order(OrderKind.CONFIRM, id="c", user="eva")
    assert codes(rig, OrderKind.CANCEL, id="x") == ["transfer_running"]
    assert rig.plan.course is Course.SAFE


def test_disarming_takes_an_ordered_safe_state_back() -> None:
    rig = both_gone()
    rig.order(OrderKind.SAFE, id="o1")
    rig.order(OrderKind.CONFIRM, id="o2", user="eva")
    rig.order(OrderKind.ARM, id="o3", arming=Arming.OBSERVE)
    assert rig.g.safe_for is None


@pytest.mark.parametrize("phase", [Phase.FENCED, Phase.PROMOTED, Phase.TRACKED, Phase.RELEASED])
def test_two_persons_end_a_transfer_that_holds_the_section(phase: Phase) -> None:
    rig = failing_over(phase)
    assert codes(rig, OrderKind.SAFE, id="o1") == []
    assert codes(rig, OrderKind.CONFIRM, id="o2", user="eva") == []
    assert rig.plan.course is Course.SAFE
    assert isinstance(rig.effects[-1].do, Safe)
    rig.gate(state=GateState.SAFE, owner=None, hold_until=None)
    assert (rig.ending, rig.g.safe_for) == (Ending.SAFE_STATE, None)


def test_an_ordered_safe_state_outlives_a_transfer_that_could_not_verify_it() -> None:
    """An open claim is not taken up again while the hold is to end in SAFE."""
    rig = failing_over(Phase.FENCED)
    rig.order(OrderKind.SAFE, id="o1")
    rig.order(OrderKind.CONFIRM, id="o2", user="eva")
    rig.wait(25 + rig.cfg.timing.transfer_bound_ns // MS)
    assert (rig.ending, rig.g.plan) == (Ending.NEEDS_OPERATOR, None)
    rig.wait(1_000)
    assert rig.g.plan is None
    assert isinstance(rig.effects[-1].do, Safe)


def test_a_transfer_that_has_fenced_nobody_yet_goes_before_the_safe_state() -> None:
    assert codes(failing_over(Phase.PERMITTED), OrderKind.SAFE, id="o1") == ["transfer_running"]


def test_one_thing_waits_at_a_time() -> None:
    rig = plant(confirm=Confirm.PLANNED)
    rig.condition(Verdict.TRUE, index=2)
    rig.order(OrderKind.SWITCHOVER, "b", id="o1")
    assert bypass(rig) == ["awaits_confirmation"]
    rig.order(OrderKind.REJECT, id="o2")
    assert bypass(rig, id="o3") == []
    assert codes(rig, OrderKind.SAFE, id="o4") == ["request_pending"]
    assert bypass(rig, id="o5", user="eva") == ["request_pending"]


def test_a_safe_state_that_was_asked_goes_on_waiting_when_a_failover_begins() -> None:
    rig = both_gone()
    rig.order(OrderKind.SAFE, id="o1")
    rig.node("b", liveness=Liveness.ALIVE, level=255, in_rpo=Verdict.TRUE)
    assert rig.phase() is Phase.PERMITTED
    assert codes(rig, OrderKind.CONFIRM, id="o2", user="eva") == ["transfer_running"]
    held = rig.g.gate.hold_no
    take_on(rig, Phase.FENCED)
    # A REVOKE that comes in a hold does not begin another one.
    rig.gate(hold_no=held)
    assert codes(rig, OrderKind.CONFIRM, id="o3", user="eva") == []
    assert rig.plan.course is Course.SAFE


def test_a_safe_state_is_agreed_on_for_the_hold_that_was_seen_and_no_later_one() -> None:
    rig = both_gone()
    rig.order(OrderKind.SAFE, id="o1")
    rig.gate(hold_no=rig.g.gate.hold_no + 1)
    assert codes(rig, OrderKind.CONFIRM, id="o2", user="eva") == ["not_held"]
    assert (rig.g.request, rig.g.safe_for) == (None, None)


def test_a_transfer_under_way_is_what_two_persons_may_end_not_a_bypass() -> None:
    rig = switching(Phase.FENCED, group_config(conditions=CONDITIONS))
    assert bypass(rig) == ["transfer_running"]


def test_a_bypass_of_something_else_names_the_interlocks_there_are() -> None:
    rig = plant()
    (blocker,) = rig.order(OrderKind.BYPASS, item="other", for_ns=HOUR, comment="why").blockers
    assert blocker.detail == "other; its interlocks are key_out, level_ok"
