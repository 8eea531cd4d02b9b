"""Every phase of a transfer against every trouble, and the courses that lead out of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from otha.core.effects import Effect, Grant, Release, Revoke, Safe, Void
from otha.core.group.event import SharedChanged
from otha.core.group.state import StoreView
from otha.core.inputs import Record
from otha.core.reasons import Why
from otha.core.words import (
    AfterFence,
    Course,
    Ending,
    GateState,
    Liveness,
    Milestone,
    OrderKind,
    Outcome,
    Phase,
    Standing,
    Verdict,
)
from tests.core.build import MS, group_config
from tests.core.rig import (
    PHASES,
    Rig,
    driven,
    failing_over,
    fenced,
    following,
    granted,
    held_by_watchdog,
    switching,
)

UNDER_WAY = PHASES[1:]


def boot_changes(rig: Rig) -> None:
    rig.gate(
        boot=10, state=GateState.FREE, owner=None, owner_epoch=0, armed=False, owner_fresh=False, driven=False,
        hold_until=None,
    )  # fmt: skip


def leaves(rig: Rig, state: GateState) -> None:
    rig.gate(state=state, owner=None, owner_epoch=0, armed=False, owner_fresh=False, driven=False, hold_until=None)


def taken_and_given_back(rig: Rig) -> None:
    """A person takes LOCAL and resets it between two looks; the GRANT had come through."""
    epoch = rig.plan.epoch
    leaves(rig, GateState.FREE)
    rig.gate(epoch=epoch, granted=epoch)


def bound_passes(rig: Rig) -> None:
    """Nothing is read back until the phase's bound is over; effects end without a word."""
    rig.wait((rig.plan.due - rig.now) // MS)


TROUBLES: dict[str, Callable[[Rig], object]] = {
    "gate out of sight": lambda rig: rig.gate(seen=False, owner_fresh=False, driven=False),
    "controller starts anew": boot_changes,
    "section goes safe": lambda rig: leaves(rig, GateState.SAFE),
    "person takes LOCAL": lambda rig: leaves(rig, GateState.LOCAL),
    "person takes it and gives it back": taken_and_given_back,
    "interlock false": lambda rig: rig.condition(Verdict.FALSE),
    "interlock bad": lambda rig: rig.condition(Verdict.BAD),
    "interlock stale": lambda rig: rig.condition(Verdict.STALE),
    "interlock unknown": lambda rig: rig.condition(Verdict.UNKNOWN),
    "permit gone": lambda rig: rig.gate(permit=False),
    "sync lost": lambda rig: rig.node("b", in_rpo=Verdict.UNKNOWN),
    "b dies": lambda rig: rig.dies("b"),
    "a freezes": lambda rig: rig.dies("a", Liveness.FROZEN),
    "bound passes": bound_passes,
    "newer epoch": lambda rig: rig.gate(epoch=4),
}


def outcome(rig: Rig, effects: list[Effect]) -> str:
    """What became of the transfer, in a word: how it ended, or which course it took with what command."""
    if rig.ending is not None:
        return rig.ending.value
    gate_commands = [type(effect.do).__name__ for effect in effects if isinstance(effect.do, Grant | Void | Safe)]
    course = rig.plan.course
    if course is Course.FORWARD:
        return "waits" if rig.plan.against else "goes on"
    return " ".join([course.value, *gate_commands])


# The columns are the phases PERMITTED, CLAIMED, FENCED, PROMOTED, TRACKED, RELEASED, OUTPUT_VERIFIED.
ABORTED, OPERATOR, SAFE_STATE = "aborted_safe", "needs_operator", "safe_state"
VOID, RETURN, WAITS, ON = "void Void", "return Grant", "waits", "goes on"

WHILE_A_LIVES = {
    "gate out of sight": [ABORTED, WAITS, WAITS, WAITS, WAITS, WAITS, ON],
    "controller starts anew": [ABORTED, *[OPERATOR] * 6],
    "section goes safe": [ABORTED, *[SAFE_STATE] * 6],
    "person takes LOCAL": [ABORTED, *[OPERATOR] * 6],
    "person takes it and gives it back": [ON, *[OPERATOR] * 6],
    "interlock false": [ABORTED, VOID, RETURN, RETURN, RETURN, RETURN, ON],
    "interlock bad": [ABORTED, VOID, RETURN, RETURN, RETURN, RETURN, ON],
    "interlock stale": [ABORTED, VOID, RETURN, RETURN, RETURN, RETURN, ON],
    "interlock unknown": [ABORTED, VOID, RETURN, RETURN, RETURN, RETURN, ON],
    "permit gone": [ABORTED, VOID, RETURN, RETURN, RETURN, RETURN, ON],
    "sync lost": [ABORTED, VOID, RETURN, RETURN, RETURN, RETURN, ON],
    "b dies": [ABORTED, VOID, RETURN, RETURN, RETURN, RETURN, ON],
    "a freezes": [ON, ON, ON, ON, ON, ON, ON],
    "bound passes": [ABORTED, VOID, RETURN, RETURN, RETURN, RETURN, "done"],
    "newer epoch": [ABORTED, *[OPERATOR] * 6],
}

AFTER_A_DIED = {
    "gate out of sight": [ABORTED, WAITS, WAITS, WAITS, WAITS, WAITS, ON],
    "controller starts anew": [ABORTED, *[OPERATOR] * 6],
    "section goes safe": [ABORTED, *[SAFE_STATE] * 6],
    "person takes LOCAL": [ABORTED, *[OPERATOR] * 6],
    "person takes it and gives it back": [ON, *[OPERATOR] * 6],
    "interlock false": [ABORTED, WAITS, WAITS, WAITS, WAITS, WAITS, ON],
    "interlock bad": [ABORTED, WAITS, WAITS, WAITS, WAITS, WAITS, ON],
    "interlock stale": [ABORTED, WAITS, WAITS, WAITS, WAITS, WAITS, ON],
    "interlock unknown": [ABORTED, WAITS, WAITS, WAITS, WAITS, WAITS, ON],
    "permit gone": [ABORTED, WAITS, WAITS, WAITS, WAITS, WAITS, ON],
    "sync lost": [ABORTED, WAITS, WAITS, WAITS, WAITS, WAITS, ON],
    "b dies": [ABORTED, WAITS, WAITS, WAITS, WAITS, WAITS, ON],
    "a freezes": [ON] * 7,
    "bound passes": [ABORTED, WAITS, WAITS, WAITS, WAITS, WAITS, "done"],
    "newer epoch": [ABORTED, *[OPERATOR] * 6],
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, Phase, str]]:
    return [
        (trouble, phase, expected)
        for trouble, row in table.items()
        for phase, expected in zip(UNDER_WAY, row, strict=True)
    ]


@pytest.mark.parametrize(("trouble", "phase", "expected"), cases(WHILE_A_LIVES))
def test_a_switchover_meets_every_trouble_in_every_phase(trouble: str, phase: Phase, expected: str) -> None:
    rig = switching(phase)
    rig.forget()
    TROUBLES[trouble](rig)
    assert outcome(rig, rig.effects) == expected


@pytest.mark.parametrize(("trouble", "phase", "expected"), cases(AFTER_A_DIED))
def test_a_failover_meets_every_trouble_in_every_phase(trouble: str, phase: Phase, expected: str) -> None:
    rig = failing_over(phase)
    rig.forget()
    TROUBLES[trouble](rig)
    assert outcome(rig, rig.effects) == expected


@pytest.mark.parametrize("begin", [switching, failing_over])
@pytest.mark.parametrize("phase", UNDER_WAY)
@pytest.mark.parametrize("trouble", list(TROUBLES))
def test_every_transfer_ends_in_bounded_time_whatever_meets_it(
    begin: Callable[[Phase], Rig], phase: Phase, trouble: str
) -> None:
    """L2: nothing more is heard of anybody but the gate's own hold limit."""
    rig = begin(phase)
    rig.forget()
    TROUBLES[trouble](rig)
    rig.wait(10_000)
    if rig.g.plan is not None and rig.g.gate.state is GateState.HELD:
        leaves(rig, GateState.SAFE)
    rig.wait(1_000)
    assert rig.ending is not None
    assert rig.g.plan is None or rig.g.plan.serial > 1, "the transfer under test goes on for ever"


# A REVOKE that did not get through


def test_a_gate_still_owned_is_left_to_its_owner_with_a_void() -> None:
    rig = switching(Phase.CLAIMED)
    rig.condition(Verdict.FALSE)
    assert (rig.plan.course, rig.asked) == (Course.VOID, Void(node="a", epoch=3))
    rig.gate(epoch=3)
    swap = rig.asked
    assert swap.record == Record(epoch=3, active="a", claim=None, milestone=Milestone.DONE, revision="")
    rig.swapped()
    assert (rig.ending, rig.g.standing) == (Ending.ABORTED_SAFE, Standing.FOLLOWING)


def test_a_void_that_is_read_back_is_no_failure_when_the_store_is_slow() -> None:
    rig = switching(Phase.CLAIMED)
    rig.condition(Verdict.FALSE)
    rig.wait(20)
    rig.gate(epoch=3)
    rig.ends(Outcome.UNKNOWN)
    rig.wait(20)
    assert rig.ending is Ending.ABORTED_SAFE


def test_the_end_of_a_safe_is_no_word_of_the_store() -> None:
    """The owner that a VOID has left in place falls silent before the record says so, and comes back no more."""
    rig = switching(Phase.CLAIMED)
    rig.condition(Verdict.FALSE)
    rig.gate(epoch=3)
    held_by_watchdog(rig)
    rig.swapped()
    record = rig.g.record
    while rig.plan.course is Course.VOID:
        rig.wait(10)
    assert isinstance(rig.effects[-1].do, Safe)
    rig.gate(seen=False)
    rig.ends(Outcome.DONE)
    assert (rig.g.record, rig.g.halted) == (record, None)


def test_a_void_whose_owner_falls_silent_has_its_time_before_it_is_told_as_not_read_back() -> None:
    """The gate shows the VOID at 1000 ms, and 20 ms are left for its mark."""
    rig = switching(Phase.CLAIMED)
    rig.condition(Verdict.FALSE)
    rig.gate(epoch=3)
    rig.forget()
    held_by_watchdog(rig)
    rig.wait(19)
    assert rig.said(Why.TROUBLE) == []
    rig.wait(1)
    assert rig.said(Why.TROUBLE) == [("output_verified", "not_read_back", "output_verified")]


def test_a_void_is_asked_again_until_it_is_read_back_and_then_given_up_aloud() -> None:
    rig = switching(Phase.CLAIMED)
    rig.condition(Verdict.FALSE)
    rig.forget()
    rig.ends(Outcome.REFUSED)
    rig.wait(10)
    assert [type(effect.do) for effect in rig.effects] == [Void]
    rig.wait(15)
    assert rig.ending is Ending.NEEDS_OPERATOR
    assert rig.said(Why.UNVERIFIED) == [("a",)]
    assert rig.g.plan is None
    rig.wait(500)
    assert rig.plan.course is Course.VOID, "taken up again after a pause"


def test_a_revoke_that_comes_through_after_all_turns_the_void_into_a_return() -> None:
    rig = switching(Phase.CLAIMED)
    rig.condition(Verdict.FALSE)
    fenced(rig)
    assert (rig.plan.course, rig.asked) == (Course.RETURN, Grant(node="a", epoch=3, boot=9))


def test_an_owner_that_falls_silent_during_a_void_is_fenced_after_all() -> None:
    rig = switching(Phase.CLAIMED)
    rig.dies("b")
    assert rig.plan.course is Course.VOID
    rig.node("b", liveness=Liveness.ALIVE, level=255)
    rig.gate(
        state=GateState.HELD, armed=True, owner_fresh=False, driven=False, hold_no=2, hold_until=rig.now + 10_000 * MS
    )
    assert (rig.plan.course, rig.asked) == (Course.FORWARD, Revoke(epoch=2))


# RETURN


def returning() -> Rig:
    rig = switching(Phase.FENCED)
    rig.dies("b")
    assert (rig.plan.course, rig.plan.goal_node, rig.plan.goal_epoch) == (Course.RETURN, "a", 3)
    return rig


def test_a_return_takes_the_section_back_to_the_old_owner_under_the_reserved_epoch() -> None:
    rig = returning()
    assert rig.asked == Grant(node="a", epoch=3, boot=9)
    granted(rig, "a", 3)
    rig.gate(shadow=Verdict.TRUE)
    assert rig.asked == Release(node="a", epoch=3)
    rig.gate(armed=True)
    driven(rig, "a", 3)
    assert rig.asked.record == Record(epoch=3, active="a", claim=None, milestone=Milestone.DONE, revision="")
    rig.swapped()
    assert (rig.ending, rig.g.standing) == (Ending.RETURNED, Standing.FOLLOWING)


def test_a_return_needs_no_second_claim() -> None:
    rig = returning()
    assert [type(effect.do).__name__ for effect in rig.effects].count("SwapRecord") == 1


def test_interlocks_do_not_keep_the_old_owner_from_returning_but_its_permit_does() -> None:
    rig = switching(Phase.FENCED)
    rig.condition(Verdict.FALSE)
    assert rig.asked == Grant(node="a", epoch=3, boot=9)
    rig = switching(Phase.FENCED)
    rig.gate(return_permit=False)
    rig.dies("b")
    assert (rig.plan.course, rig.asked_nothing) == (Course.FORWARD, True)
    rig.gate(return_permit=True)
    assert rig.asked == Grant(node="a", epoch=3, boot=9)


@pytest.mark.parametrize("liveness", [Liveness.DEAD, Liveness.FROZEN, Liveness.STALE_DATA])
def test_there_is_no_return_to_a_node_that_can_not_drive(liveness: Liveness) -> None:
    rig = switching(Phase.FENCED)
    rig.dies("a", liveness)
    rig.dies("b")
    assert (rig.plan.course, rig.asked_nothing) == (Course.FORWARD, True)


def test_a_new_owner_that_drives_after_all_ends_the_return() -> None:
    """The RELEASE was under way when the transfer turned round, and came through."""
    rig = switching(Phase.TRACKED)
    rig.condition(Verdict.FALSE)
    assert rig.plan.course is Course.RETURN
    driven(rig, "b", 2)
    assert (rig.plan.course, rig.phase()) == (Course.FORWARD, Phase.OUTPUT_VERIFIED)


def test_a_return_whose_node_dies_goes_on_to_the_next_under_a_claim_of_its_own() -> None:
    rig = returning()
    rig.node("b", liveness=Liveness.ALIVE, level=255)
    rig.dies("a")
    assert (rig.plan.to_node, rig.plan.epoch, rig.phase()) == ("b", 4, Phase.PERMITTED)
    assert (rig.asked.expect, rig.asked.record.epoch) == ("s1", 5)


# NEXT


def test_the_next_node_takes_over_when_the_first_one_dies_in_mid_transfer() -> None:
    rig = failing_over(Phase.PROMOTED, group_config("abc", after_fence=AfterFence.NEXT))
    rig.dies("b")
    assert (rig.ending, rig.plan.to_node, rig.plan.epoch) == (Ending.ABORTED_SAFE, "c", 4)
    rig.swapped()
    assert rig.asked == Revoke(epoch=4)
    fenced(rig)
    assert rig.asked == Grant(node="c", epoch=4, boot=9)


def test_going_on_is_stopped_by_neither_hold_off_nor_tilt() -> None:
    rig = failing_over(Phase.FENCED, group_config("abc", after_fence=AfterFence.NEXT))
    rig.share(tilted=True)
    rig.dies("b")
    assert (rig.plan.to_node, rig.phase()) == ("c", Phase.PERMITTED)
    rig.swapped()
    assert rig.asked == Revoke(epoch=4)


def test_a_failover_that_goes_on_counts_once_against_the_next() -> None:
    rig = failing_over(Phase.FENCED, group_config("abc", after_fence=AfterFence.NEXT))
    rig.dies("b")
    rig.swapped()
    fenced(rig)
    granted(rig, "c", 4)
    rig.gate(shadow=Verdict.TRUE)
    rig.gate(armed=True)
    driven(rig, "c", 4)
    rig.swapped()
    assert (rig.ending, len(rig.g.recent)) == (Ending.DONE, 1)


def test_without_a_next_node_the_old_owner_is_next() -> None:
    rig = switching(Phase.FENCED, group_config(after_fence=AfterFence.NEXT))
    rig.dies("b")
    assert rig.plan.course is Course.RETURN


def test_going_on_needs_the_store_and_the_hold_time() -> None:
    rig = failing_over(Phase.FENCED, group_config("abc", after_fence=AfterFence.NEXT))
    rig.gate(hold_until=rig.now + 214 * MS)
    rig.dies("b")
    assert (rig.plan.to_node, rig.plan.course) == ("b", Course.FORWARD)


# WAIT and SAFE


@pytest.mark.parametrize("after_fence", list(AfterFence))
def test_what_is_tried_first_is_the_sites_choice(after_fence: AfterFence) -> None:
    rig = switching(Phase.FENCED, group_config("abc", after_fence=after_fence))
    rig.dies("b")
    found = {
        AfterFence.RETURN: (Course.RETURN, "b"),
        AfterFence.NEXT: (Course.FORWARD, "c"),
        AfterFence.WAIT: (Course.FORWARD, "b"),
        AfterFence.SAFE: (Course.SAFE, "b"),
    }[after_fence]
    assert (rig.plan.course, rig.plan.to_node) == found


def test_a_waiting_transfer_asks_for_the_safe_state_before_the_hold_ends() -> None:
    rig = switching(Phase.FENCED, group_config(after_fence=AfterFence.WAIT))
    rig.gate(hold_until=rig.now + 10_000 * MS)
    rig.dies("b")
    rig.wait(9_949)
    assert rig.plan.course is Course.FORWARD
    rig.wait(1)
    assert (rig.plan.course, rig.asked) == (Course.SAFE, Safe(epoch=2, hold_no=2))
    leaves(rig, GateState.SAFE)
    assert rig.ending is Ending.SAFE_STATE


def test_a_safe_state_that_is_not_read_back_is_told_and_asked_again_each_time_afresh() -> None:
    rig = switching(Phase.FENCED, group_config(after_fence=AfterFence.SAFE))
    rig.dies("b")
    assert rig.asked == Safe(epoch=2, hold_no=2)
    rig.ends(Outcome.UNKNOWN)
    rig.wait(25)
    assert (rig.ending, rig.said(Why.UNVERIFIED)) == (None, [("plc",)])
    assert rig.plan.course is Course.SAFE
    rig.wait(rig.cfg.timing.transfer_bound_ns // MS)
    assert rig.ending is Ending.NEEDS_OPERATOR
    assert rig.said(Why.UNVERIFIED) == [("plc",)]


def test_an_owner_in_the_hold_after_all_ends_the_way_to_the_safe_state() -> None:
    rig = switching(Phase.TRACKED, group_config(after_fence=AfterFence.SAFE))
    rig.condition(Verdict.FALSE)
    assert rig.plan.course is Course.SAFE
    driven(rig, "b", 2)
    assert (rig.plan.course, rig.asked) == (Course.VOID, Void(node="b", epoch=3))


def test_an_owner_that_drives_again_ends_a_way_to_the_safe_state_from_which_nothing_left() -> None:
    rig = switching(Phase.PERMITTED)
    rig.g = replace(rig.g, plan=replace(rig.plan, course=Course.SAFE))
    rig.tell(SharedChanged())
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)


def test_a_waiting_transfer_whose_new_owner_drives_at_last_is_still_verified_in_bounded_time() -> None:
    """The newcomer armed, did nothing for its bound, then drove one frame and the gate went out of sight."""
    rig = failing_over(Phase.RELEASED)
    rig.wait(5_000)
    assert rig.plan.waiting
    rig.gate(state=GateState.OWNED, last_driver="b", owner_fresh=True, hold_until=None)
    rig.gate(seen=False, owner_fresh=False)
    rig.wait(20_000)
    assert rig.ending is Ending.NEEDS_OPERATOR


# Losing sight of the gate


@pytest.mark.parametrize("phase", [Phase.CLAIMED, Phase.FENCED, Phase.PROMOTED, Phase.TRACKED, Phase.RELEASED])
def test_a_transfer_without_a_path_to_the_gate_says_so_and_is_taken_up_when_it_is_seen(phase: Phase) -> None:
    rig = switching(phase)
    last_seen = rig.g.gate
    rig.gate(seen=False, owner_fresh=False, driven=False, shadow=Verdict.UNKNOWN)
    rig.wait(45)
    assert (rig.phase(), rig.ending) == (None, Ending.NEEDS_OPERATOR)
    assert rig.said(Why.UNVERIFIED) == [("plc",)]
    rig.tell_gate(last_seen)
    assert rig.plan.revoked
    assert rig.plan.to_node == "b"


def test_a_store_unknown_in_mid_transfer_does_not_matter_to_what_is_claimed() -> None:
    rig = switching(Phase.FENCED)
    rig.g = replace(rig.g, store=StoreView.UNKNOWN)
    granted(rig, "b", 2)
    rig.gate(shadow=Verdict.TRUE)
    assert rig.asked == Release(node="b", epoch=2)


def test_an_order_given_in_vain_is_no_trouble() -> None:
    rig = following()
    rig.condition(Verdict.FALSE)
    rig.order(OrderKind.SWITCHOVER, "b")
    assert (rig.phase(), rig.g.standing) == (None, Standing.FOLLOWING)
