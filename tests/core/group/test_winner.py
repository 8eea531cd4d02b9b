"""Manual against automatic, at literal times: each race has one winner, one transfer, and a clear answer."""

from dataclasses import replace

from otha.core.conditions import Compare, Comparison, MachineConfig, MachineRule, MachineStateConfig
from otha.core.group.event import MachineJudged
from otha.core.group.state import Cause
from otha.core.reasons import Why
from otha.core.words import Arming, Conduct, Confirm, Ending, Liveness, OrderKind, Outcome, Phase, TransferKind, Verdict
from tests.core.build import MS, group_config
from tests.core.rig import Rig, following, held_by_watchdog


def codes(rig: Rig, kind: OrderKind, node: str | None = None, **changes: object) -> list[str]:
    """What stood against the order."""
    return [blocker.block.code for blocker in rig.order(kind, node, **changes).blockers]


def machine_waits() -> Rig:
    """A switchover that nobody need confirm waits for a person because of the machine's state."""
    when = Compare(tag="permit", op=Comparison.EQ, value=1, for_ns=0)
    go, ask = MachineRule(does=Conduct.GO), MachineRule(does=Conduct.ASK)
    moving = MachineStateConfig(name="MOVING", when=when, switchover=ask, failover=go, after_fence=None)
    states = MachineConfig(states=(moving,), unknown=replace(moving, name="UNKNOWN", when=None))
    rig = following(group_config(machine=states, tracked=()))
    rig.tell(MachineJudged(state=0))
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="w") == []
    return rig


def waiting(nodes: str = "ab", **changes: object) -> Rig:
    """Kim's switchover to b waits since 1000 ms."""
    rig = following(group_config(nodes, confirm=Confirm.PLANNED, **changes))
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="w") == []
    assert rig.phase() is Phase.REQUESTED
    rig.forget()
    return rig


def asked() -> Rig:
    """The active froze at 1000 ms; the failover waits for its confirmation since 1040 ms."""
    rig = following(group_config(confirm=Confirm.ALWAYS))
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    assert (rig.phase(), rig.plan.automatic) == (Phase.REQUESTED, True)
    rig.forget()
    return rig


def test_the_dead_active_wins_over_the_waiting_switchover() -> None:
    rig = waiting()
    rig.wait(500)
    held_by_watchdog(rig)
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    assert rig.said(Why.ENDED)[-1][-1] == "a is under suspicion: not_driving"
    rig.dies("a")
    rig.wait(39)
    assert rig.g.plan is None
    rig.wait(1)
    assert (rig.plan.kind, rig.plan.automatic, rig.phase()) == (TransferKind.FAILOVER, True, Phase.PERMITTED)
    assert rig.now == 1_540 * MS
    assert codes(rig, OrderKind.CONFIRM, id="late") == ["nothing_to_confirm"]


def test_a_confirmation_that_came_first_moves_once() -> None:
    rig = waiting()
    rig.wait(500)
    assert codes(rig, OrderKind.CONFIRM, id="c") == []
    rig.dies("a", Liveness.FROZEN)
    assert (rig.plan.serial, rig.plan.automatic, rig.phase()) == (1, False, Phase.PERMITTED)
    claim = rig.would_store()
    # Nothing to compare with any more: the switchover ends before it fenced anybody, and the failover begins.
    rig.node("b", ready=Verdict.STALE)
    assert rig.ending is Ending.ABORTED_SAFE
    rig.ends(Outcome.DONE, claim)
    rig.wait(40)
    assert (rig.plan.serial, rig.plan.automatic, rig.plan.kind) == (2, True, TransferKind.FAILOVER)


def test_a_degraded_active_hands_over_as_it_was_ordered() -> None:
    """A switchover is what its degradation would lead to anyway, without a bump."""
    rig = waiting()
    rig.node("a", level=100)
    rig.wait(29_999)
    assert (rig.phase(), rig.plan.kind) == (Phase.REQUESTED, TransferKind.SWITCHOVER)
    assert codes(rig, OrderKind.CONFIRM, id="c") == []


def test_an_order_meets_a_failover_that_waits_for_its_confirmation() -> None:
    rig = asked()
    answer = rig.order(OrderKind.SWITCHOVER, "b", id="o1")
    assert [(b.block.code, b.detail) for b in answer.blockers] == [("awaits_confirmation", "failover to b")]
    assert codes(rig, OrderKind.SELECT, "b", id="o2") == ["awaits_confirmation"]
    assert codes(rig, OrderKind.CONFIRM, id="o3") == []
    assert (rig.plan.serial, rig.plan.automatic, rig.phase()) == (1, True, Phase.PERMITTED)


def test_an_order_meets_a_failover_that_runs() -> None:
    rig = asked()
    rig.order(OrderKind.CONFIRM, id="o1")
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o2") == ["transfer_running"]
    assert (rig.plan.serial, rig.plan.automatic) == (1, True)


def test_an_order_before_the_suspicion_has_stood_is_the_one_transfer() -> None:
    rig = following()
    rig.dies("a", Liveness.FROZEN)
    rig.wait(39)
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o1") == []
    rig.wait(1)
    assert (rig.plan.serial, rig.plan.automatic, rig.plan.kind) == (1, False, TransferKind.FAILOVER)


def test_two_operators_order_and_one_transfer_waits() -> None:
    rig = waiting("abc")
    assert codes(rig, OrderKind.SWITCHOVER, "c", id="o1", user="eva") == ["awaits_confirmation"]
    assert (rig.plan.to_node, rig.plan.by) == ("b", "kim")


def test_a_rejected_failover_is_not_asked_for_again_while_its_cause_stands() -> None:
    rig = asked()
    assert codes(rig, OrderKind.REJECT, id="o1") == []
    assert (rig.g.plan, rig.g.declined) == (None, Cause.FROZEN)
    rig.wait(600_000)
    assert (rig.g.plan, rig.blocked_by()) == (None, ["declined"])
    # Kim may still order it, and an acknowledgement lets it be asked for again.
    rig.order(OrderKind.ACKNOWLEDGE, id="o2")
    assert (rig.phase(), rig.plan.automatic) == (Phase.REQUESTED, True)


def test_another_cause_is_asked_for_anew() -> None:
    rig = asked()
    rig.order(OrderKind.REJECT, id="o1")
    rig.wait(100)
    held_by_watchdog(rig)
    rig.dies("a")
    rig.wait(40)
    assert (rig.phase(), rig.plan.cause, rig.g.declined) == (Phase.REQUESTED, Cause.DEAD, None)


def test_what_was_ordered_in_spite_of_a_rejection_is_done() -> None:
    rig = asked()
    rig.order(OrderKind.REJECT, id="o1")
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o2") == []
    assert (rig.phase(), rig.plan.automatic) == (Phase.REQUESTED, False)


def test_a_failover_that_nobody_confirms_is_asked_for_again() -> None:
    rig = asked()
    rig.wait(30_000)
    assert rig.said(Why.ENDED)[-1][-1] == "not confirmed in time"
    rig.wait(40)
    assert (rig.phase(), rig.plan.serial) == (Phase.REQUESTED, 2)


def test_a_rejection_needs_a_comment() -> None:
    rig = waiting()
    assert codes(rig, OrderKind.REJECT, id="o1", comment="") == ["comment_missing"]
    assert rig.phase() is Phase.REQUESTED
    assert codes(rig, OrderKind.REJECT, id="o2", comment="shift change") == []
    assert rig.ending is Ending.ABORTED_SAFE


def test_the_one_who_ordered_may_confirm_unless_the_site_wants_two_persons() -> None:
    assert codes(waiting(), OrderKind.CONFIRM, id="c") == []
    cfg = group_config()
    rig = waiting(persons=replace(cfg.persons, two_persons=True))
    assert codes(rig, OrderKind.CONFIRM, id="c1") == ["second_person"]
    assert codes(rig, OrderKind.CONFIRM, id="c2", user="eva") == []
    assert rig.phase() is Phase.PERMITTED


def test_a_confirmation_that_comes_with_the_expiry_is_too_late() -> None:
    rig = waiting()
    rig.now = 31_000 * MS
    assert codes(rig, OrderKind.CONFIRM, id="c") == ["nothing_to_confirm"]
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)


def test_in_a_group_that_only_obeys_the_waiting_switchover_ends_and_can_be_ordered_as_a_failover() -> None:
    rig = waiting(arming=Arming.ADVISE)
    rig.dies("a", Liveness.FROZEN)
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o1") == []
    assert rig.plan.kind is TransferKind.FAILOVER


def test_the_dead_active_wins_over_a_confirmed_switchover_that_waits_for_the_machine() -> None:
    rig = machine_waits()
    assert (rig.phase(), rig.plan.confirmed) == (Phase.REQUESTED, True)
    held_by_watchdog(rig)
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    assert (rig.plan.kind, rig.plan.automatic, rig.phase()) == (TransferKind.FAILOVER, True, Phase.PERMITTED)


def test_a_degraded_active_is_left_by_the_rules_of_a_switchover() -> None:
    rig = following(group_config(confirm=Confirm.PLANNED))
    rig.node("b", ready=Verdict.FALSE)
    rig.node("a", level=150)
    assert rig.g.suspicion is Cause.DEGRADED
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o1") == ["not_ready"]
    rig.node("b", ready=Verdict.TRUE)
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o2") == []
    assert (rig.plan.kind, rig.plan.confirmed) == (TransferKind.SWITCHOVER, False)
