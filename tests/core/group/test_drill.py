"""S14: a drill rehearses a transfer on a target that is marked for drills, and on no other."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.config import FailbackConfig
from otha.core.effects import Grant, Revoke, Void
from otha.core.group import orders
from otha.core.group.event import GateJudged, NodeJudged, SharedChanged
from otha.core.reasons import Why
from otha.core.words import (
    Confirm,
    Course,
    Ending,
    FailbackMode,
    GateState,
    Liveness,
    OrderKind,
    Outcome,
    Phase,
    Role,
    TransferKind,
    Verdict,
)
from tests.core.build import MS, alive, gate_view, group_config, open_claim, path_config
from tests.core.rig import Rig, failing_over, following, held_by_watchdog, take_on

DRILLS = tuple(TransferKind)


def marked(nodes: str = "ab", **changes: Any) -> Rig:
    return following(group_config(nodes, drills=True, **changes))


def codes(rig: Rig, transfer: TransferKind | None, node: str | None = None, id_: str = "d1") -> list[str]:
    answer = rig.order(OrderKind.DRILL, node, id=id_, transfer=transfer)
    assert answer.accepted is (not answer.blockers)
    return [blocker.block.code for blocker in answer.blockers]


def drilling(phase: Phase, transfer: TransferKind = TransferKind.FAILOVER, **changes: Any) -> Rig:
    rig = marked(**changes)
    assert codes(rig, transfer) == []
    return take_on(rig, phase)


def abort(rig: Rig) -> list[str]:
    return [blocker.block.code for blocker in rig.order(OrderKind.DRILL_ABORT, id="abort").blockers]


@pytest.mark.parametrize("transfer", [TransferKind.FAILOVER, TransferKind.SWITCHOVER])
def test_an_unmarked_target_is_not_drilled(transfer: TransferKind) -> None:
    rig = following()
    assert codes(rig, transfer, "b") == ["not_marked_for_drills"]
    assert (rig.g.plan, rig.effects) == (None, [])


@pytest.mark.parametrize("transfer", [TransferKind.FAILOVER, TransferKind.SWITCHOVER])
def test_a_drill_is_the_transfer_that_it_rehearses(transfer: TransferKind) -> None:
    rig = drilling(Phase.OUTPUT_VERIFIED, transfer)
    assert (rig.plan.kind, rig.plan.drill, rig.plan.automatic, rig.plan.cause) == (transfer, True, False, None)
    assert rig.said(Why.REQUESTED) == [(transfer.value, "a", "b", "drill")]
    rig.swapped()
    assert (rig.ending, rig.g.holdoff_until, rig.g.recent) == (Ending.DONE, None, ())


def test_the_claim_says_that_it_is_a_drill_and_a_restart_believes_it() -> None:
    rig = marked()
    codes(rig, TransferKind.FAILOVER)
    assert rig.asked.record.claim.drill


def test_a_drilled_failover_asks_for_no_readiness_and_a_drilled_switchover_does() -> None:
    rig = marked()
    rig.node("b", ready=Verdict.FALSE)
    rig.condition(Verdict.FALSE, 1)
    assert codes(rig, TransferKind.SWITCHOVER) == ["permissive", "not_ready"]
    assert codes(rig, TransferKind.FAILOVER, id_="d2") == []


@pytest.mark.parametrize("verdict", [Verdict.FALSE, Verdict.STALE, Verdict.BAD, Verdict.UNKNOWN])
@pytest.mark.parametrize("transfer", [TransferKind.FAILOVER, TransferKind.SWITCHOVER])
def test_every_interlock_is_judged_in_a_drill(transfer: TransferKind, verdict: Verdict) -> None:
    rig = marked()
    rig.condition(verdict)
    assert codes(rig, transfer) == ["interlock"]


def test_a_drilled_failback_needs_what_a_failback_needs() -> None:
    rig = marked(failback=FailbackConfig(mode=FailbackMode.MANUAL, hold_ns=5_000 * MS))
    assert codes(rig, TransferKind.FAILBACK) == ["already_active"]
    assert codes(rig, TransferKind.SWITCHOVER, id_="d2") == []
    take_on(rig, Phase.OUTPUT_VERIFIED)
    rig.swapped()
    rig.node("b", role=Role.ACTIVE)
    rig.node("a", role=Role.STANDBY)
    assert codes(rig, TransferKind.FAILBACK, id_="d3") == ["not_steady"]
    rig.wait(5_000)
    assert codes(rig, TransferKind.FAILBACK, "b", id_="d4") == ["not_preferred"]
    assert codes(rig, TransferKind.FAILBACK, id_="d5") == []
    assert (rig.plan.kind, rig.plan.drill, rig.plan.to_node) == (TransferKind.FAILBACK, True, "a")


def test_a_drill_names_what_it_rehearses() -> None:
    assert codes(marked(), None) == ["no_such_drill"]


# What it is refused for


def test_no_drill_beside_a_transfer() -> None:
    rig = drilling(Phase.FENCED)
    assert codes(rig, TransferKind.FAILOVER, id_="d2") == ["transfer_running"]


def test_no_drill_in_a_hold_off_that_outlasts_the_window() -> None:
    rig = marked()
    rig.g = replace(rig.g, holdoff_until=rig.now + 1_000 * MS, recent=())
    assert codes(rig, TransferKind.FAILOVER) == ["unacknowledged"]


def test_no_drill_before_an_automatic_transfer_is_acknowledged() -> None:
    rig = failing_over(Phase.OUTPUT_VERIFIED, group_config(drills=True))
    rig.swapped()
    rig.node("a", liveness=Liveness.ALIVE, level=255, role=Role.STANDBY, in_rpo=Verdict.TRUE, ready=Verdict.TRUE)
    assert codes(rig, TransferKind.FAILOVER) == ["unacknowledged"]
    rig.wait(31_000)
    assert (rig.g.holdoff_until, codes(rig, TransferKind.FAILOVER, id_="d2")) == (None, ["unacknowledged"])
    rig.order(OrderKind.ACKNOWLEDGE, id="ack")
    assert codes(rig, TransferKind.FAILOVER, id_="d3") == []


def test_no_drill_of_an_active_that_is_not_well() -> None:
    rig = marked()
    rig.dies("a", Liveness.FROZEN)
    assert "active_in_trouble" in codes(rig, TransferKind.FAILOVER)
    rig = marked()
    rig.node("a", level=100)
    assert "active_in_trouble" in codes(rig, TransferKind.FAILOVER)


def test_no_drill_without_an_able_standby() -> None:
    rig = marked()
    rig.dies("b")
    assert codes(rig, TransferKind.FAILOVER) == ["node_not_able"]
    assert codes(rig, TransferKind.FAILOVER, "a", id_="d2") == ["already_active"]
    assert codes(rig, TransferKind.FAILOVER, "z", id_="d3") == ["no_such_node"]


def test_no_drill_in_a_group_that_needs_an_operator() -> None:
    rig = marked()
    rig.gate(owner="b")
    assert "unsettled" in codes(rig, TransferKind.FAILOVER)


def test_what_an_order_would_be_told_can_be_asked_without_giving_it() -> None:
    rig = following()
    found = orders.drill_against(rig.cfg, rig.shared, rig.g, TransferKind.FAILOVER, None, rig.now)
    assert [blocker.block.code for blocker in found] == codes(rig, TransferKind.FAILOVER)


# The real thing wins


def test_the_active_dying_in_a_waiting_drill_is_failed_over() -> None:
    rig = marked(confirm=Confirm.PLANNED)
    assert codes(rig, TransferKind.FAILOVER) == []
    assert rig.phase() is Phase.REQUESTED
    rig.dies("a", Liveness.FROZEN)
    assert (rig.g.plan, rig.said(Why.ENDED)[-1][4]) == (None, "active_in_trouble")
    rig.wait(40)
    assert (rig.plan.kind, rig.plan.drill, rig.plan.automatic) == (TransferKind.FAILOVER, False, True)


def test_the_active_dying_under_the_claim_of_a_drill_is_failed_over() -> None:
    """Nothing had left: the claim that it had made stands for no transfer, and the failover makes its own."""
    rig = drilling(Phase.PERMITTED)
    stored = rig.would_store()
    rig.dies("a", Liveness.FROZEN)
    assert (rig.g.plan, rig.said(Why.ENDED)[-1][4]) == (None, "active_in_trouble")
    rig.ends(Outcome.DONE, stored)
    rig.wait(40)
    assert (rig.plan.kind, rig.plan.drill, rig.plan.automatic, rig.plan.epoch) == (
        TransferKind.FAILOVER, False, True, 4,
    )  # fmt: skip


def test_a_drill_in_trouble_is_handled_as_any_transfer() -> None:
    rig = drilling(Phase.FENCED)
    rig.condition(Verdict.FALSE)
    assert (rig.plan.course, rig.asked) == (Course.RETURN, Grant(node="a", epoch=3, boot=9))


# Abort


@pytest.mark.parametrize("phase", [Phase.REQUESTED, Phase.PERMITTED])
def test_an_abort_before_the_claim_ends_the_drill(phase: Phase) -> None:
    rig = marked(confirm=Confirm.PLANNED if phase is Phase.REQUESTED else Confirm.NEVER)
    codes(rig, TransferKind.FAILOVER)
    assert rig.phase() is phase
    assert abort(rig) == []
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    assert not [effect for effect in rig.effects if isinstance(effect.do, Revoke)]


def test_an_abort_under_the_claim_voids_the_fence_that_may_be_on_its_way() -> None:
    rig = drilling(Phase.CLAIMED)
    assert abort(rig) == []
    assert (rig.plan.course, rig.asked) == (Course.VOID, Void(node="a", epoch=3))


@pytest.mark.parametrize("phase", [Phase.FENCED, Phase.TRACKED])
def test_an_abort_after_the_fence_leads_back_as_far_as_the_epochs_allow(phase: Phase) -> None:
    rig = drilling(phase)
    assert abort(rig) == []
    assert (rig.plan.course, rig.plan.phase) == (Course.RETURN, Phase.FENCED)


def test_an_abort_comes_too_late_once_the_new_owner_drives() -> None:
    rig = drilling(Phase.OUTPUT_VERIFIED)
    assert (abort(rig), rig.phase()) == (["too_late_to_abort"], Phase.OUTPUT_VERIFIED)


def test_an_abort_that_is_under_way_is_not_begun_anew() -> None:
    rig = drilling(Phase.CLAIMED)
    assert abort(rig) == []
    due = rig.plan.due
    rig.wait(10)
    again = rig.order(OrderKind.DRILL_ABORT, id="again")
    assert [blocker.block.code for blocker in again.blockers] == ["too_late_to_abort"]
    assert (rig.plan.course, rig.plan.due) == (Course.VOID, due)


def test_only_a_drill_is_aborted() -> None:
    assert abort(marked()) == ["nothing_to_abort"]
    rig = marked()
    rig.order(OrderKind.SWITCHOVER, "b")
    assert abort(rig) == ["nothing_to_abort"]
    assert rig.phase() is Phase.PERMITTED


def test_a_way_is_drilled_and_led_back() -> None:
    rig = following(path_config(drills=True))
    for index in range(2):
        rig.selector("a", 1, index)
    assert codes(rig, TransferKind.FAILOVER) == []
    rig.swapped()
    assert rig.phase() is Phase.FENCED
    assert abort(rig) == []
    assert (rig.plan.course, rig.plan.goal_node) == (Course.RETURN, "a")


# A restart


@pytest.mark.parametrize("is_marked", [True, False])
def test_a_drill_taken_up_after_a_restart_is_one_only_where_it_may_be(is_marked: bool) -> None:
    rig = Rig(group_config(drills=is_marked))
    rig.tell(SharedChanged())
    claim = open_claim()
    assert claim.claim is not None
    rig.ends(Outcome.DONE, replace(claim, claim=replace(claim.claim, drill=True)))
    for index in range(2):
        rig.condition(Verdict.TRUE, index)
    rig.tell(GateJudged(view=gate_view()))
    rig.tell(NodeJudged(index=0, view=alive(Role.ACTIVE)))
    rig.tell(NodeJudged(index=1, view=alive()))
    assert rig.plan.drill is is_marked


def test_the_watchdog_hold_of_the_active_ends_a_waiting_drill() -> None:
    rig = marked(confirm=Confirm.PLANNED)
    codes(rig, TransferKind.FAILOVER)
    held_by_watchdog(rig)
    assert (rig.g.plan, rig.g.gate.state) == (None, GateState.HELD)
