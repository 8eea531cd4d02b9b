"""The transfer when nothing goes wrong at the gate, and every way its effects may end."""

from dataclasses import replace

import pytest

from otha.core.effects import Grant, ReadRecord, Release, Revoke, SwapRecord
from otha.core.group.event import SharedChanged
from otha.core.group.state import OutputOff, StoreView
from otha.core.inputs import Claim, EffectEnded, Record
from otha.core.reasons import Why
from otha.core.words import (
    AfterFence,
    Course,
    Durability,
    Ending,
    GateState,
    Liveness,
    Milestone,
    OrderKind,
    Outcome,
    Phase,
    RpoMiss,
    Standing,
    TransferKind,
    Verdict,
)
from tests.core.build import MS, group_config, open_claim, record
from tests.core.rig import PHASES, Rig, driven, failing_over, fenced, following, granted, switching

CLAIMED = Record(
    epoch=3,
    active="a",
    claim=Claim(id="sup/tanks/2/b", kind=TransferKind.SWITCHOVER, to_node="b"),
    milestone=Milestone.CLAIMED,
    revision="",
)


# Phase by phase


def test_a_claim_reserves_the_epoch_of_the_transfer_and_of_its_own_return() -> None:
    rig = switching(Phase.PERMITTED)
    assert rig.asked == SwapRecord(expect="r1", record=CLAIMED)


def test_the_revoke_leaves_once_the_claim_is_won() -> None:
    rig = switching(Phase.PERMITTED)
    rig.swapped()
    assert (rig.phase(), rig.asked) == (Phase.CLAIMED, Revoke(epoch=2))


def test_the_grant_leaves_once_the_fence_is_read_back_and_not_on_the_answer_alone() -> None:
    rig = switching(Phase.CLAIMED)
    rig.ends(Outcome.DONE)
    assert (rig.phase(), rig.asked_nothing) == (Phase.CLAIMED, True)
    fenced(rig)
    assert (rig.phase(), rig.asked) == (Phase.FENCED, Grant(node="b", epoch=2, boot=9))


def test_after_the_grant_the_new_owner_shows_what_it_would_drive() -> None:
    rig = switching(Phase.FENCED)
    granted(rig, "b", 2)
    assert (rig.phase(), rig.asked_nothing) == (Phase.PROMOTED, True)


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.STALE, Verdict.FALSE, Verdict.BAD])
def test_the_release_waits_for_a_shadow_that_agrees_with_the_held_outputs(verdict: Verdict) -> None:
    rig = switching(Phase.PROMOTED)
    rig.gate(shadow=verdict)
    assert (rig.phase(), rig.asked_nothing) == (Phase.PROMOTED, True)
    rig.gate(shadow=Verdict.TRUE)
    assert (rig.phase(), rig.asked) == (Phase.TRACKED, Release(node="b", epoch=2))


def test_a_shadow_that_drifts_away_again_takes_the_release_back_until_it_agrees() -> None:
    rig = switching(Phase.TRACKED)
    rig.ends(Outcome.UNKNOWN)
    rig.gate(shadow=Verdict.FALSE)
    rig.wait(10)
    assert (rig.phase(), rig.asked_nothing) == (Phase.PROMOTED, True)
    rig.gate(shadow=Verdict.TRUE)
    assert rig.asked == Release(node="b", epoch=2)


def test_armed_is_not_yet_driven_and_driven_must_be_seen() -> None:
    rig = switching(Phase.TRACKED)
    rig.gate(armed=True)
    assert rig.phase() is Phase.RELEASED
    rig.gate(state=GateState.OWNED, last_driver="b", owner_fresh=True, hold_until=None)
    assert rig.phase() is Phase.RELEASED
    rig.gate(driven=True)
    assert rig.phase() is Phase.OUTPUT_VERIFIED


def test_done_is_written_after_the_read_back_and_ends_the_transfer() -> None:
    rig = switching(Phase.OUTPUT_VERIFIED)
    done = Record(epoch=3, active="b", claim=None, milestone=Milestone.DONE, revision="")
    assert rig.asked == SwapRecord(expect="s1", record=done)
    rig.swapped()
    assert (rig.phase(), rig.ending, rig.g.standing) == (None, Ending.DONE, Standing.FOLLOWING)
    assert rig.g.record == replace(done, revision="s2")


def test_a_gate_that_is_ahead_of_its_readings_is_believed() -> None:
    """The release was armed and the first frame let through between two readings."""
    rig = switching(Phase.TRACKED)
    driven(rig, "b", 2)
    assert rig.phase() is Phase.OUTPUT_VERIFIED


def test_a_transfer_into_a_free_gate_fences_it_first_too() -> None:
    rig = following()
    rig.gate(state=GateState.FREE, owner=None, owner_epoch=0, boot=10, owner_fresh=False, driven=False)
    rig.order(OrderKind.SWITCHOVER, "b")
    rig.swapped()
    assert rig.asked == Revoke(epoch=2)
    rig.gate(epoch=2)
    assert rig.asked == Grant(node="b", epoch=2, boot=10)


# S11: durability, bounds, ids


def test_every_effect_waits_for_the_durability_it_needs() -> None:
    rig = switching(Phase.OUTPUT_VERIFIED)
    needs = {type(effect.do): effect.needs for effect in rig.effects}
    assert needs == {
        SwapRecord: Durability.NOW,
        Revoke: Durability.RECORD,
        Grant: Durability.JOURNAL,
        Release: Durability.JOURNAL,
    }


def test_every_effect_has_the_bound_of_its_term() -> None:
    rig = switching(Phase.OUTPUT_VERIFIED)
    assert [effect.within_ns // MS for effect in rig.effects] == [20, 25, 40, 40, 20]


ASKING = (Phase.PERMITTED, Phase.CLAIMED, Phase.FENCED, Phase.TRACKED, Phase.OUTPUT_VERIFIED)


@pytest.mark.parametrize("phase", ASKING)
def test_nothing_is_asked_again_while_it_is_under_way(phase: Phase) -> None:
    rig = switching(phase)
    rig.forget()
    for _ in range(3):
        rig.tell(SharedChanged())
    rig.wait(15)
    assert rig.effects == []


@pytest.mark.parametrize("phase", [Phase.CLAIMED, Phase.FENCED, Phase.TRACKED])
@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNKNOWN, Outcome.DONE])
def test_a_command_that_shows_no_effect_is_asked_again_after_a_pause(phase: Phase, outcome: Outcome) -> None:
    rig = switching(phase)
    first = rig.effects[-1]
    rig.forget()
    rig.ends(outcome)
    rig.wait(9)
    assert rig.effects == []
    rig.wait(1)
    (again,) = rig.effects
    assert again.do == first.do
    assert again.id != first.id


def test_no_two_effects_ever_carry_the_same_id() -> None:
    rig = switching(Phase.TRACKED)
    for _ in range(3):
        rig.gate(shadow=Verdict.FALSE)
        rig.wait(5)
        rig.gate(shadow=Verdict.TRUE)
    assert sum(isinstance(effect.do, Release) for effect in rig.effects) > 1
    ids = [effect.id for effect in rig.effects]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("phase", ASKING)
def test_a_result_that_nobody_waits_for_changes_nothing(phase: Phase) -> None:
    rig = switching(phase)
    before = rig.g
    stranger = replace(rig.effects[-1].id, plan=99)
    rig.tell(EffectEnded(id=stranger, outcome=Outcome.DONE, record=record(epoch=9, active="b")))
    assert (rig.g, rig.asked_nothing) == (before, True)


# Permits are judged again on every emission


@pytest.mark.parametrize("phase", [Phase.CLAIMED, Phase.FENCED, Phase.TRACKED])
@pytest.mark.parametrize("what", ["interlock", "node", "permit", "sync"])
def test_no_command_is_repeated_with_a_permit_gone(phase: Phase, what: str) -> None:
    rig = failing_over(phase)
    rig.ends(Outcome.UNKNOWN)
    rig.forget()
    {
        "interlock": lambda: rig.condition(Verdict.STALE),
        "node": lambda: rig.dies("b"),
        "permit": lambda: rig.gate(permit=False),
        "sync": lambda: rig.node("b", in_rpo=Verdict.UNKNOWN),
    }[what]()
    rig.wait(1_000)
    assert rig.effects == []
    assert rig.plan.phase is phase


def test_a_permit_that_comes_back_lets_a_waiting_transfer_go_on() -> None:
    rig = failing_over(Phase.FENCED)
    rig.ends(Outcome.UNKNOWN)
    rig.condition(Verdict.FALSE)
    rig.wait(5_000)
    rig.condition(Verdict.TRUE)
    assert rig.asked == Grant(node="b", epoch=2, boot=9)


def test_a_lag_that_nobody_confirmed_stops_where_the_site_asks() -> None:
    cfg = group_config(on_rpo_miss=RpoMiss.ASK)
    rig = switching(Phase.PERMITTED, cfg)
    rig.node("b", in_rpo=Verdict.FALSE)
    assert (rig.phase(), rig.ending) == (None, Ending.ABORTED_SAFE)


def test_a_lag_that_a_person_confirmed_stops_nothing() -> None:
    rig = following(group_config(on_rpo_miss=RpoMiss.ASK))
    rig.node("b", in_rpo=Verdict.FALSE)
    rig.dies("a", Liveness.FROZEN)
    rig.wait(1_000)
    assert rig.phase() is Phase.REQUESTED
    rig.order(OrderKind.CONFIRM)
    rig.swapped()
    fenced(rig)
    assert rig.asked == Grant(node="b", epoch=2, boot=9)


# The compare-and-swap of the claim (S2, S9)


def test_a_claim_lost_to_another_ends_the_transfer() -> None:
    rig = switching(Phase.PERMITTED)
    theirs = Claim(id="other/tanks/2/b", kind=TransferKind.SWITCHOVER, to_node="b")
    rig.ends(Outcome.REFUSED, replace(CLAIMED, claim=theirs))
    assert rig.ending is Ending.ABORTED_SAFE
    assert rig.said(Why.STORE_LOST) == [(3,)]
    assert not any(isinstance(effect.do, Revoke) for effect in rig.effects)


def test_a_claim_whose_answer_was_lost_is_recognised_by_its_id() -> None:
    rig = switching(Phase.PERMITTED)
    rig.ends(Outcome.UNKNOWN)
    assert rig.g.store is StoreView.UNKNOWN
    assert rig.asked == ReadRecord()
    rig.tell(EffectEnded(id=rig.effects[-1].id, outcome=Outcome.DONE, record=replace(CLAIMED, revision="s1")))
    assert (rig.phase(), rig.asked) == (Phase.CLAIMED, Revoke(epoch=2))


def test_a_claim_that_was_never_stored_is_made_again() -> None:
    rig = switching(Phase.PERMITTED)
    rig.ends(Outcome.UNKNOWN)
    rig.wait(10)
    rig.ends(Outcome.DONE, record())
    assert rig.asked == SwapRecord(expect="r1", record=CLAIMED)


def test_a_claim_refused_for_its_revision_alone_is_made_on_the_revision_found() -> None:
    rig = switching(Phase.PERMITTED)
    rig.ends(Outcome.REFUSED, record(revision="r1-again"))
    rig.wait(10)
    assert rig.asked == SwapRecord(expect="r1-again", record=CLAIMED)


def test_a_store_slower_than_its_bound_means_no_transfer() -> None:
    rig = switching(Phase.PERMITTED)
    rig.wait(20)
    assert (rig.phase(), rig.ending) == (None, Ending.ABORTED_SAFE)
    assert rig.g.store is StoreView.UNKNOWN
    assert not any(isinstance(effect.do, Revoke) for effect in rig.effects)


def test_an_epoch_claimed_once_is_not_used_again_by_another_transfer() -> None:
    rig = switching(Phase.PERMITTED)
    rig.wait(20)
    rig.ends(Outcome.DONE, replace(CLAIMED, revision="s1"))
    assert (rig.g.plan, rig.g.standing) == (None, Standing.FOLLOWING)
    rig.order(OrderKind.SWITCHOVER, "b", id="o2")
    assert rig.plan.epoch == 4
    rig.swapped()
    assert rig.asked == Revoke(epoch=4)


# The compare-and-swap of the mark (S3)


def verified() -> Rig:
    rig = switching(Phase.OUTPUT_VERIFIED)
    rig.forget()
    return rig


def test_a_mark_whose_answer_was_lost_is_recognised() -> None:
    rig = verified()
    rig.ends(Outcome.UNKNOWN)
    assert rig.asked == ReadRecord()
    rig.tell(EffectEnded(id=rig.effects[-1].id, outcome=Outcome.DONE, record=record(epoch=3, active="b")))
    assert rig.ending is Ending.DONE


def test_a_mark_that_was_not_stored_is_made_again_even_if_the_gate_holds_by_then() -> None:
    rig = verified()
    rig.ends(Outcome.UNKNOWN)
    rig.gate(state=GateState.HELD, owner_fresh=False, driven=False, hold_until=rig.now + 10_000 * MS)
    rig.ends(Outcome.DONE, replace(CLAIMED, revision="s1"))
    rig.wait(10)
    assert any(isinstance(effect.do, SwapRecord) for effect in rig.effects)
    rig.gate(seen=False)
    rig.ends(Outcome.REFUSED, replace(CLAIMED, revision="s2"))
    rig.wait(5)
    assert rig.phase() in (None, Phase.OUTPUT_VERIFIED)


def test_a_store_that_does_not_take_the_mark_does_not_undo_the_transfer() -> None:
    rig = verified()
    rig.ends(Outcome.UNKNOWN)
    rig.wait(20)
    assert rig.ending is Ending.DONE
    rig.forget()
    rig.ends(Outcome.DONE, replace(CLAIMED, revision="s1"))
    # The record says CLAIMED still: the gate is believed, the plan taken up, and the mark written.
    swap = rig.effects[-1].do
    assert isinstance(swap, SwapRecord)
    assert swap.record == Record(epoch=3, active="b", claim=None, milestone=Milestone.DONE, revision="")


def test_a_mark_on_a_record_that_another_claimed_since_is_not_written() -> None:
    rig = verified()
    theirs = replace(open_claim("a", epoch=5, active="b"), revision="x")
    rig.ends(Outcome.REFUSED, theirs)
    assert not any(isinstance(effect.do, SwapRecord) for effect in rig.effects)
    assert rig.ending is Ending.NEEDS_OPERATOR


def test_a_record_that_vanished_is_not_written_over() -> None:
    rig = verified()
    rig.ends(Outcome.UNKNOWN)
    rig.ends(Outcome.DONE, None)
    assert rig.ending is Ending.NEEDS_OPERATOR


# While nothing has left yet


@pytest.mark.parametrize("what", ["dead", "frozen", "level", "behind", "interlock"])
def test_nobody_is_fenced_without_a_node_that_can_take_over(what: str) -> None:
    """S17: the standby fails while the claim is under way; the active is left alone."""
    rig = switching(Phase.PERMITTED)
    stored = rig.would_store()
    {
        "dead": lambda: rig.dies("b"),
        "frozen": lambda: rig.dies("b", Liveness.FROZEN),
        "level": lambda: rig.node("b", level=1),
        "behind": lambda: rig.node("b", in_rpo=Verdict.FALSE),
        "interlock": lambda: rig.condition(Verdict.BAD),
    }[what]()
    rig.tell(EffectEnded(id=rig.effects[0].id, outcome=Outcome.DONE, record=stored))
    assert rig.ending is Ending.ABORTED_SAFE
    assert not any(isinstance(effect.do, Revoke) for effect in rig.effects)


@pytest.mark.parametrize("phase", [Phase.PERMITTED, Phase.CLAIMED])
def test_a_cause_that_goes_away_ends_a_failover_as_long_as_nothing_left(phase: Phase) -> None:
    rig = following()
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    assert rig.phase() is Phase.PERMITTED
    rig.node("a", liveness=Liveness.ALIVE, level=255)
    if phase is Phase.CLAIMED:
        rig.ends(Outcome.DONE, replace(open_claim(), revision="s1"))
    assert (rig.phase(), rig.ending) == (None, Ending.ABORTED_SAFE)
    assert not any(isinstance(effect.do, Revoke) for effect in rig.effects)


def test_tilt_stops_a_transfer_before_its_revoke_and_not_after() -> None:
    rig = switching(Phase.PERMITTED)
    rig.share(tilted=True)
    assert rig.ending is Ending.ABORTED_SAFE
    for phase in PHASES[3:]:
        rig = switching(phase)
        rig.share(tilted=True)
        assert rig.phase() is phase
    rig = switching(Phase.FENCED)
    rig.share(tilted=True)
    rig.ends(Outcome.UNKNOWN)
    rig.wait(10)
    assert rig.asked == Grant(node="b", epoch=2, boot=9)


def test_the_plan_names_its_course_and_goal() -> None:
    rig = switching(Phase.FENCED)
    assert (rig.plan.course, rig.plan.goal_node, rig.plan.goal_epoch) == (Course.FORWARD, "b", 2)


# S13: what the old owner had under way


def in_flight(rig: Rig) -> list[str]:
    return [str(each) for each in rig.g.in_flight]


def test_commands_that_were_under_way_when_the_revoke_left_are_unknown() -> None:
    rig = following()
    rig.node("a", pending=2, one_shots=("start",))
    rig.order(OrderKind.SWITCHOVER, "b")
    assert in_flight(rig) == []
    rig.swapped()
    assert rig.asked == Revoke(epoch=2)
    assert rig.said(Why.IN_FLIGHT) == [("a", "commands", 2, ""), ("a", "one_shot", 1, "start")]
    assert in_flight(rig) == [
        "commands that a had taken, 2 of them, and not finished",
        "one-shot command start, which a had taken and not finished",
    ]
    # What the node says once it was told to let go changes nothing: the REVOKE found them under way.
    rig.node("a", pending=0, one_shots=())
    assert len(in_flight(rig)) == 2
    rig.order(OrderKind.ACKNOWLEDGE)
    assert in_flight(rig) == []


@pytest.mark.parametrize("pending", [None, 0])
def test_where_nothing_is_known_to_be_under_way_nothing_is_said(pending: int | None) -> None:
    rig = following()
    rig.node("a", pending=pending)
    rig.order(OrderKind.SWITCHOVER, "b")
    rig.swapped()
    assert rig.asked == Revoke(epoch=2)
    assert rig.said(Why.IN_FLIGHT) == []


def test_a_revoke_that_is_repeated_says_it_once() -> None:
    rig = following()
    rig.node("a", pending=1)
    rig.order(OrderKind.SWITCHOVER, "b")
    rig.swapped()
    rig.ends(Outcome.UNKNOWN)
    rig.wait(10)
    assert len(rig.said(Why.IN_FLIGHT)) == 1


# S13: what would move at the release


def edge(shadow: int = 10_000) -> OutputOff:
    return OutputOff(output="burner", discrete=True, held=0, shadow=shadow, tolerance=0)


def test_an_output_that_would_move_is_named_when_its_time_is_over_and_never_released() -> None:
    rig = switching(Phase.PROMOTED)
    rig.gate(shadow=Verdict.FALSE, apart=(edge(),))
    assert (rig.phase(), rig.asked_nothing, rig.said(Why.TROUBLE)) == (Phase.PROMOTED, True, [])
    rig.wait((rig.plan.due - rig.now) // MS)
    said = "burner: held 0, would be 10000, a discrete edge that nobody commanded"
    assert rig.said(Why.TROUBLE) == [("promoted", "output_would_move", said)]
    assert rig.plan.course is Course.RETURN


def test_while_it_waits_in_the_hold_new_values_of_it_are_not_told_again() -> None:
    rig = switching(Phase.PROMOTED, group_config(after_fence=AfterFence.WAIT))
    rig.gate(shadow=Verdict.FALSE, apart=(edge(),))
    rig.wait((rig.plan.due - rig.now) // MS)
    rig.forget()
    for shadow in (9_000, 8_000, 7_000):
        rig.gate(apart=(edge(shadow),))
    assert rig.said(Why.TROUBLE) == []
