"""S12: the return to the preferred node is ordered or approved, after its hold time, when it agrees with the active."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.core.config import FailbackConfig
from otha.core.group import orders
from otha.core.reasons import Why
from otha.core.words import (
    Arming,
    Confirm,
    Ending,
    FailbackMode,
    GateState,
    Liveness,
    OrderKind,
    Phase,
    Role,
    TransferKind,
    Verdict,
)
from tests.core.build import MS, alive, group_config, path_config, record, store_config, timing
from tests.core.rig import Rig, driven, following, take_on

HOLD_MS = 10_000


def away(mode: FailbackMode = FailbackMode.MANUAL, hold_ms: int = HOLD_MS, **changes: Any) -> Rig:
    """ "a" is preferred; an ordered switchover to "b" ended just now."""
    rig = following(group_config(failback=FailbackConfig(mode=mode, hold_ns=hold_ms * MS), **changes))
    assert rig.order(OrderKind.SWITCHOVER, "b", id="away").accepted
    if rig.cfg.confirm is not Confirm.NEVER:
        rig.order(OrderKind.CONFIRM, id="away2")
    take_on(rig, Phase.OUTPUT_VERIFIED)
    rig.swapped()
    rig.node("b", role=Role.ACTIVE)
    rig.node("a", role=Role.STANDBY)
    assert (rig.g.plan, rig.ending) == (None, Ending.DONE)
    rig.forget()
    return rig


def ordered(rig: Rig, id_: str = "back", node: str | None = None) -> list[tuple[str, str]]:
    """What stood against an ordered failback."""
    answer = rig.order(OrderKind.FAILBACK, node, id=id_)
    return [(blocker.block.code, blocker.detail) for blocker in answer.blockers]


# Manual


def test_nobody_moves_back_by_itself() -> None:
    rig = away()
    rig.wait(24 * 3_600_000)
    assert (rig.g.plan, rig.said(Why.REQUESTED), rig.effects) == (None, [], [])


def test_a_failback_ordered_too_early_says_how_long_to_wait() -> None:
    rig = away()
    rig.wait(2_500)
    assert ordered(rig) == [("not_steady", "a: 8 s left")]
    rig.wait(7_499)
    assert ordered(rig, "b2") == [("not_steady", "a: 1 s left")]
    rig.wait(2)
    assert ordered(rig, "b3") == []
    assert (rig.plan.kind, rig.plan.to_node, rig.plan.automatic) == (TransferKind.FAILBACK, "a", False)


def test_a_failback_is_carried_out_and_counts_against_no_later_failover() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    assert ordered(rig) == []
    take_on(rig, Phase.OUTPUT_VERIFIED)
    rig.swapped()
    assert (rig.ending, rig.g.holdoff_until, rig.g.recent) == (Ending.DONE, None, ())
    assert (rig.g.steady, rig.g.steady_at) == (False, None)
    assert ordered(rig, "again") == [("already_active", "a")]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"liveness": Liveness.DEAD}, "a is dead"),
        ({"liveness": Liveness.FROZEN}, "a is frozen"),
        ({"level": 199}, "a has ServiceLevel 199"),
        ({"channels_lost": True}, "a has lost a channel"),
        ({"role": Role.MAINTENANCE}, "a is in maintenance"),
    ],
)
def test_every_interruption_starts_the_hold_time_anew(changes: dict[str, Any], why: str) -> None:
    rig = away()
    rig.wait(HOLD_MS - 1)
    rig.node("a", **changes)
    assert ("not_steady", why) in ordered(rig, "b1")
    rig.node("a", **{name: getattr(alive(), name) for name in changes})
    assert ordered(rig, "b2") == [("not_steady", "a: 10 s left")]
    rig.wait(HOLD_MS)
    assert ordered(rig, "b3") == []


def test_what_was_not_watched_was_not_stable() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    rig.share(isolated=True)
    assert ("not_steady", "a is not watched undisturbed") in ordered(rig, "b1")
    rig.share(isolated=False)
    assert ordered(rig, "b2") == [("not_steady", "a: 10 s left")]


@pytest.mark.parametrize("verdict", [Verdict.FALSE, Verdict.STALE, Verdict.UNKNOWN, Verdict.BAD])
@pytest.mark.parametrize("what", ["in_rpo", "ready"])
def test_a_failback_needs_resynchronisation_verified(what: str, verdict: Verdict) -> None:
    rig = away(rpo_ns=None)
    rig.wait(HOLD_MS)
    rig.node("a", **{what: verdict})
    (found,) = ordered(rig)
    assert found[0] == "not_resynchronised"
    assert rig.g.plan is None


def test_a_failback_goes_to_the_preferred_node_alone() -> None:
    rig = following(group_config("abc", failback=FailbackConfig(mode=FailbackMode.MANUAL, hold_ns=0)))
    assert ordered(rig, "b1") == [("already_active", "a")]
    assert ordered(rig, "b2", "c") == [("not_preferred", "a")]


def test_a_failback_needs_all_permits_of_a_switchover() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    rig.condition(Verdict.STALE, 0)
    rig.condition(Verdict.FALSE, 1)
    assert [code for code, _ in ordered(rig)] == ["interlock", "permissive"]


def test_away_from_an_active_in_trouble_there_is_no_failback() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    rig.dies("b", Liveness.FROZEN)
    assert ("active_in_trouble", "b") in ordered(rig)


def test_a_disturbance_before_the_fence_ends_the_failback() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    assert ordered(rig) == []
    rig.node("a", channels_lost=True)
    assert (rig.g.plan, rig.ending, rig.said(Why.ENDED)[-1][4]) == (None, Ending.ABORTED_SAFE, "not_steady")


def test_after_the_fence_the_hold_time_judges_no_more() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    assert ordered(rig) == []
    take_on(rig, Phase.FENCED)
    rig.node("a", channels_lost=True)
    assert rig.phase() is Phase.FENCED


def test_what_an_order_would_be_told_can_be_asked_without_giving_it() -> None:
    rig = away()
    rig.wait(1_000)
    found = orders.failback_against(rig.cfg, rig.shared, rig.g, rig.now)
    assert [(b.block.code, b.detail) for b in found] == ordered(rig)


def test_a_store_with_missing_rows_is_not_resynchronised() -> None:
    rig = following(store_config(failback=FailbackConfig(mode=FailbackMode.MANUAL, hold_ns=0)))
    rig.g = replace(rig.g, record=record(active="b"))
    rig.selector("b", 1)
    rig.node("a", whole=Verdict.UNKNOWN)
    assert ("not_resynchronised", "a: rows unknown") in ordered(rig, "b1")
    rig.node("a", whole=Verdict.TRUE)
    assert ordered(rig, "b2") == []


def test_a_way_goes_back_as_well() -> None:
    rig = following(path_config(failback=FailbackConfig(mode=FailbackMode.MANUAL, hold_ns=0)))
    rig.g = replace(rig.g, record=record(active="b"))
    for index in range(2):
        rig.selector("b", 1, index)
    assert ordered(rig) == []
    assert rig.plan.to_node == "a"


def test_a_planned_failback_waits_for_its_confirmation_where_the_group_says_so() -> None:
    rig = away(confirm=Confirm.PLANNED)
    rig.wait(HOLD_MS)
    assert ordered(rig) == []
    assert (rig.phase(), rig.plan.confirmed) == (Phase.REQUESTED, False)


_STEPS = st.tuples(st.integers(0, 12_000), st.sampled_from(["wait", "lose", "regain", "sick", "well", "blind", "sees"]))


@given(st.lists(_STEPS, max_size=12))
def test_a_failback_is_taken_exactly_when_the_node_was_stable_all_the_hold_time(steps: list[tuple[int, str]]) -> None:
    """Against a model that remembers since when: the state itself holds no past times."""
    rig = away()
    stable_since: int | None = rig.now
    lost = sick = blind = False
    for wait_ms, what in steps:
        rig.wait(wait_ms)
        lost = {"lose": True, "regain": False}.get(what, lost)
        sick = {"sick": True, "well": False}.get(what, sick)
        blind = {"blind": True, "sees": False}.get(what, blind)
        rig.node("a", channels_lost=lost, level=100 if sick else 255)
        rig.share(isolated=blind)
        if lost or sick or blind:
            stable_since = None
        elif stable_since is None:
            stable_since = rig.now
    held = stable_since is not None and rig.now - stable_since >= HOLD_MS * MS
    assert (ordered(rig) == []) is held


# With approval


def test_a_failback_is_asked_for_when_its_hold_time_has_passed_and_carried_out_when_confirmed() -> None:
    rig = away(FailbackMode.APPROVAL)
    rig.wait(HOLD_MS - 1)
    assert rig.g.plan is None
    rig.wait(1)
    assert (rig.phase(), rig.plan.confirmed, rig.effects) == (Phase.REQUESTED, False, [])
    assert rig.said(Why.REQUESTED) == [("failback", "b", "a", "stable")]
    assert rig.order(OrderKind.CONFIRM, id="yes").accepted
    assert rig.phase() is Phase.PERMITTED


def test_a_rejected_failback_is_not_asked_for_again_in_this_hold_time() -> None:
    rig = away(FailbackMode.APPROVAL)
    rig.wait(HOLD_MS)
    rig.order(OrderKind.REJECT, id="no")
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    rig.wait(24 * 3_600_000)
    assert (rig.g.plan, len(rig.said(Why.REQUESTED))) == (None, 1)
    rig.node("a", channels_lost=True)
    rig.node("a", channels_lost=False)
    rig.wait(HOLD_MS)
    assert (rig.phase(), len(rig.said(Why.REQUESTED))) == (Phase.REQUESTED, 2)


def test_a_failback_that_nobody_answers_expires_and_can_still_be_ordered() -> None:
    rig = away(FailbackMode.APPROVAL)
    rig.wait(HOLD_MS + 60_000)
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    rig.wait(3_600_000)
    assert rig.g.plan is None
    assert ordered(rig) == []


def test_it_is_not_asked_for_before_everything_is_met() -> None:
    rig = away(FailbackMode.APPROVAL)
    rig.node("a", ready=Verdict.FALSE)
    rig.wait(HOLD_MS)
    assert rig.g.plan is None
    rig.node("a", ready=Verdict.TRUE)
    assert rig.phase() is Phase.REQUESTED


def test_a_passing_difference_does_not_take_the_request_back_but_stands_against_its_confirmation() -> None:
    rig = away(FailbackMode.APPROVAL)
    rig.wait(HOLD_MS)
    rig.node("a", ready=Verdict.FALSE)
    assert rig.phase() is Phase.REQUESTED
    rig.order(OrderKind.CONFIRM, id="yes")
    assert (rig.g.plan, rig.ending, rig.effects) == (None, Ending.ABORTED_SAFE, [])


def test_the_active_dying_in_a_waiting_failback_is_failed_over() -> None:
    rig = away(FailbackMode.APPROVAL)
    rig.wait(HOLD_MS)
    rig.dies("b", Liveness.FROZEN)
    assert rig.g.plan is None
    rig.wait(40)
    assert (rig.plan.kind, rig.plan.to_node, rig.plan.automatic) == (TransferKind.FAILOVER, "a", True)


def test_a_group_that_only_observes_asks_for_nothing() -> None:
    rig = away(FailbackMode.APPROVAL)
    rig.order(OrderKind.ARM, id="off", arming=Arming.OBSERVE)
    rig.wait(HOLD_MS)
    assert rig.g.plan is None


def test_a_failback_that_failed_is_not_asked_for_again_at_once() -> None:
    rig = away(FailbackMode.APPROVAL, timing=timing(patience=1))
    rig.wait(HOLD_MS)
    rig.order(OrderKind.CONFIRM, id="yes")
    take_on(rig, Phase.FENCED)
    rig.node("a", level=0)
    rig.wait(200)
    assert rig.plan.goal_node == "b"
    rig.gate(owner="b", owner_epoch=rig.plan.goal_epoch, epoch=rig.plan.goal_epoch, granted=rig.plan.goal_epoch)
    driven(rig, "b", rig.plan.goal_epoch)
    rig.swapped()
    assert (rig.ending, rig.g.plan, rig.g.gate.state) == (Ending.RETURNED, None, GateState.OWNED)
    rig.wait(HOLD_MS)
    assert rig.g.plan is None
