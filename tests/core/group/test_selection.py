"""Select before operate: one holder for 30 s, and at OPERATE everything is judged again."""

from dataclasses import replace

import pytest

from otha.core.conditions import Compare, Comparison, MachineConfig, MachineRule, MachineStateConfig
from otha.core.group.event import MachineJudged
from otha.core.group.request import Preview, Selection
from otha.core.inputs import Record
from otha.core.reasons import Block, Why
from otha.core.words import (
    ConditionClass,
    Conduct,
    Confirm,
    Liveness,
    OrderKind,
    Outcome,
    Phase,
    RpoMiss,
    TransferKind,
    Verdict,
)
from tests.core.build import INTERLOCK, MS, PERMISSIVE, group_config, record
from tests.core.rig import Rig, following, held_by_watchdog, switching

NOT_TRUE = (Verdict.FALSE, Verdict.STALE, Verdict.BAD, Verdict.UNKNOWN)


def codes(rig: Rig, kind: OrderKind, node: str | None = None, **changes: object) -> list[str]:
    """What stood against the order."""
    return [blocker.block.code for blocker in rig.order(kind, node, **changes).blockers]


def selected(rig: Rig | None = None, node: str | None = "b") -> Rig:
    """Kim holds the selection since 1000 ms."""
    rig = rig if rig is not None else following()
    assert rig.order(OrderKind.SELECT, node, id="s").accepted
    return rig


def test_a_selection_answers_what_would_be_done_and_moves_nothing() -> None:
    rig = following(group_config(confirm=Confirm.PLANNED))
    answer = rig.order(OrderKind.SELECT, "b")
    assert answer.preview == Preview(
        kind=TransferKind.SWITCHOVER,
        from_node="a",
        to_node="b",
        needs_confirmation=True,
        passed=(),
        for_ns=30_000 * MS,
    )
    assert rig.g.selection == Selection(
        by="kim",
        client="desk",
        node="b",
        from_node="a",
        to_node="b",
        epoch=1,
        shown=answer.preview,
        until=31_000 * MS,
    )
    assert rig.said(Why.SELECTED) == [("kim", "a", "b")]
    assert (rig.g.plan, rig.effects) == (None, [])


def test_what_is_operated_is_what_was_selected() -> None:
    rig = selected()
    rig.wait(29_999)
    assert codes(rig, OrderKind.OPERATE, id="o") == []
    assert (rig.phase(), rig.plan.to_node, rig.plan.by, rig.g.selection) == (Phase.PERMITTED, "b", "kim", None)
    assert rig.said(Why.SELECTION_ENDED) == [("kim", "b", "a transfer began")]


def test_a_selection_expires_and_says_so() -> None:
    rig = selected()
    rig.wait(30_000)
    assert (rig.g.selection, rig.said(Why.SELECTION_ENDED)) == (None, [("kim", "b", "expired")])
    assert codes(rig, OrderKind.OPERATE, id="o") == ["not_selected"]
    assert (rig.g.plan, rig.effects) == (None, [])


def test_an_operate_that_comes_with_the_expiry_is_too_late() -> None:
    rig = selected()
    rig.now = 31_000 * MS
    assert codes(rig, OrderKind.OPERATE, id="o") == ["not_selected"]
    assert rig.said(Why.SELECTION_ENDED) == [("kim", "b", "expired")]


@pytest.mark.parametrize(
    "kind", [OrderKind.SELECT, OrderKind.OPERATE, OrderKind.CANCEL, OrderKind.SWITCHOVER], ids=lambda kind: kind.value
)
@pytest.mark.parametrize("other", [{"user": "eva"}, {"client": "hmi"}], ids=["user", "client"])
def test_while_somebody_holds_the_selection_others_are_refused_and_told_who(
    kind: OrderKind, other: dict[str, str]
) -> None:
    rig = selected()
    rig.wait(17_500)
    answer = rig.order(kind, "b", id="o", **other)
    assert [(b.block.code, b.detail) for b in answer.blockers] == [("selected_by_other", "kim (desk), 13 s left")]
    assert rig.g.selection is not None
    assert (rig.g.selection.by, rig.g.plan, rig.effects) == ("kim", None, [])


def test_the_holder_may_select_anew_and_has_the_whole_time_again() -> None:
    rig = selected(following(group_config("abc")))
    rig.wait(20_000)
    assert codes(rig, OrderKind.SELECT, "c", id="o") == []
    assert rig.g.selection is not None
    assert (rig.g.selection.to_node, rig.g.selection.until) == ("c", 51_000 * MS)


def test_the_holder_may_order_the_switchover_at_once() -> None:
    rig = selected()
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o") == []
    assert (rig.plan.to_node, rig.g.selection) == ("b", None)


def test_a_cancelled_selection_is_free_for_others() -> None:
    rig = selected()
    assert codes(rig, OrderKind.CANCEL, id="o1") == []
    assert rig.said(Why.SELECTION_ENDED) == [("kim", "b", "cancelled")]
    assert codes(rig, OrderKind.CANCEL, id="o2") == ["not_selected"]
    assert codes(rig, OrderKind.SELECT, "b", id="o3", user="eva") == []


@pytest.mark.parametrize("verdict", NOT_TRUE, ids=lambda verdict: verdict.value)
def test_an_interlock_that_is_not_true_at_select_refuses_it(verdict: Verdict) -> None:
    rig = following()
    rig.condition(verdict)
    assert codes(rig, OrderKind.SELECT, "b") == ["interlock"]
    assert rig.said(Why.ORDER_REFUSED) == [("select", "kim", "interlock", f"key_out (safety) {verdict.value}")]
    assert (rig.g.selection, rig.g.plan, rig.effects) == (None, None, [])


@pytest.mark.parametrize("verdict", NOT_TRUE, ids=lambda verdict: verdict.value)
def test_an_interlock_that_turned_since_the_selection_refuses_the_operate(verdict: Verdict) -> None:
    rig = selected()
    rig.wait(1_000)
    rig.condition(verdict)
    assert codes(rig, OrderKind.OPERATE, id="o") == ["interlock"]
    assert rig.said(Why.ORDER_REFUSED) == [("operate", "kim", "interlock", f"key_out (safety) {verdict.value}")]
    assert rig.said(Why.SELECTION_ENDED) == [("kim", "b", "refused")]
    assert (rig.g.selection, rig.g.plan, rig.effects) == (None, None, [])


@pytest.mark.parametrize("verdict", NOT_TRUE, ids=lambda verdict: verdict.value)
def test_a_permissive_that_turned_since_the_selection_refuses_the_operate(verdict: Verdict) -> None:
    rig = selected()
    rig.condition(verdict, index=1)
    assert codes(rig, OrderKind.OPERATE, id="o") == ["permissive"]
    assert rig.g.plan is None


def test_an_interlock_that_turned_and_came_back_before_the_operate_stands_against_nothing() -> None:
    rig = selected()
    rig.condition(Verdict.FALSE)
    rig.condition(Verdict.TRUE)
    assert codes(rig, OrderKind.OPERATE, id="o") == []


# The premises


def test_another_best_standby_than_the_one_shown_refuses_the_operate() -> None:
    rig = selected(following(group_config("abc")), node=None)
    rig.node("b", level=100)
    answer = rig.order(OrderKind.OPERATE, id="o")
    assert [(b.block.code, b.detail) for b in answer.blockers] == [("premises_changed", "target was b, is c")]
    assert (rig.g.selection, rig.g.plan) == (None, None)


def test_naming_the_node_shown_does_not_operate_another_that_is_better_now() -> None:
    rig = following(group_config("abc"))
    rig.order(OrderKind.SELECT, None, id="s")
    rig.node("b", level=150)
    answer = rig.order(OrderKind.OPERATE, "b", id="op")
    assert [each.block.code for each in answer.blockers] == ["premises_changed"]
    assert rig.g.plan is None


def test_another_node_than_the_selected_one_can_not_be_operated() -> None:
    rig = selected(following(group_config("abc")))
    answer = rig.order(OrderKind.OPERATE, "c", id="o")
    assert [(b.block.code, b.detail) for b in answer.blockers] == [("premises_changed", "target was b, is c")]


def stored(rig: Rig, held: Record) -> None:
    rig.g = replace(rig.g, record=held)


def test_another_epoch_or_active_than_the_one_shown_refuses_the_operate() -> None:
    rig = selected(following(group_config("abc")))
    stored(rig, record(3))
    answer = rig.order(OrderKind.OPERATE, id="o1")
    assert [(b.block.code, b.detail) for b in answer.blockers] == [("premises_changed", "epoch was 1, is 3")]
    rig = selected(following(group_config("abc")))
    stored(rig, record(1, active="c"))
    answer = rig.order(OrderKind.OPERATE, id="o2")
    assert [(b.block.code, b.detail) for b in answer.blockers] == [("premises_changed", "active was a, is c")]


def test_a_failover_ends_the_selection() -> None:
    """The dead active waits for no operator: what was selected is over, and the transfer is one."""
    rig = selected()
    held_by_watchdog(rig)
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    assert (rig.plan.kind, rig.plan.automatic, rig.g.selection) == (TransferKind.FAILOVER, True, None)
    assert codes(rig, OrderKind.OPERATE, id="o") == ["not_selected"]
    assert rig.said(Why.SELECTION_ENDED) == [("kim", "b", "a transfer began")]


def test_nothing_is_selected_in_a_transfer() -> None:
    assert codes(switching(Phase.CLAIMED), OrderKind.SELECT, "b", id="o") == ["transfer_running"]


def changed(rig: Rig) -> list[str]:
    """What OPERATE says that is not as it was selected."""
    answer = rig.order(OrderKind.OPERATE, id="op")
    assert (rig.g.plan, rig.g.selection, rig.effects) == (None, None, [])
    return [blocker.detail for blocker in answer.blockers if blocker.block is Block.PREMISES_CHANGED]


def test_a_selection_of_an_active_that_died_since_is_not_operated_as_a_failover() -> None:
    """What was shown was a switchover without a bump. The failover comes by itself, or is selected anew."""
    rig = selected()
    rig.dies("a", Liveness.FROZEN)
    assert changed(rig) == ["kind was switchover, is failover"]
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o") == []
    assert (rig.plan.kind, rig.plan.automatic) == (TransferKind.FAILOVER, False)


def test_a_lag_that_was_not_shown_refuses_the_operate() -> None:
    rig = selected(following(group_config(on_rpo_miss=RpoMiss.ASK)))
    rig.node("b", in_rpo=Verdict.FALSE)
    assert changed(rig) == [
        "confirmation was not needed, is needed",
        "what is passed over was nothing, is sync_behind b false",
    ]


def test_a_bypass_that_was_not_shown_refuses_the_operate() -> None:
    process = replace(INTERLOCK, name="level_ok", klass=ConditionClass.PROCESS)
    rig = selected(following(group_config(conditions=(INTERLOCK, PERMISSIVE, process))))
    rig.order(OrderKind.BYPASS, id="y1", item="level_ok", for_ns=60_000 * MS)
    rig.order(OrderKind.CONFIRM, id="y2", user="eva")
    rig.condition(Verdict.FALSE, index=2)
    assert changed(rig) == ["what is passed over was nothing, is interlock level_ok (process) false, bypassed"]


def test_a_machine_that_would_be_waited_for_is_shown_and_refuses_the_operate_when_it_was_not() -> None:
    wait = MachineRule(does=Conduct.WAIT, limit_ns=2_000 * MS)
    rig = following(group_config(machine=machine(wait)))
    rig.tell(MachineJudged(state=0))
    rig.order(OrderKind.SELECT, "b", id="s")
    rig.tell(MachineJudged(state=1))
    assert changed(rig) == ["what is passed over was nothing, is machine_state MOVING"]
    answer = rig.order(OrderKind.SELECT, "b", id="s2")
    assert answer.preview is not None
    assert [each.detail for each in answer.preview.passed] == ["MOVING"]
    assert codes(rig, OrderKind.OPERATE, id="op2") == []


def test_a_person_whom_the_machine_makes_necessary_is_announced() -> None:
    rig = following(group_config(machine=machine(MachineRule(does=Conduct.ASK))))
    rig.tell(MachineJudged(state=1))
    answer = rig.order(OrderKind.SELECT, "b", id="s")
    assert answer.preview is not None
    assert answer.preview.needs_confirmation


def machine(moving: MachineRule) -> MachineConfig:
    when, go = Compare(tag="permit", op=Comparison.EQ, value=1, for_ns=0), MachineRule(does=Conduct.GO)
    still = MachineStateConfig(name="STILL", when=when, switchover=go, failover=go, after_fence=None)
    states = (still, replace(still, name="MOVING", switchover=moving))
    return MachineConfig(states=states, unknown=replace(still, name="UNKNOWN", when=None))


def test_a_request_of_somebody_else_takes_no_selection() -> None:
    """A stranger's SAFE waits for its second person; who has selected keeps what he has until it is carried out."""
    cfg = group_config()
    rig = following(replace(cfg, timing=replace(cfg.timing, not_driving_ns=60_000 * MS)))
    held_by_watchdog(rig)
    selected(rig)
    assert codes(rig, OrderKind.SAFE, id="x", user="eva") == []
    assert codes(rig, OrderKind.OPERATE, id="o1") == ["request_pending"]
    assert rig.g.selection is not None
    assert codes(rig, OrderKind.REJECT, id="n", user="max") == []
    assert codes(rig, OrderKind.OPERATE, id="o2") == []


def test_a_safe_state_that_is_carried_out_ends_the_selection() -> None:
    rig = following()
    held_by_watchdog(rig)
    selected(rig)
    rig.order(OrderKind.SAFE, id="x", user="eva")
    rig.order(OrderKind.CONFIRM, id="y", user="max")
    assert rig.said(Why.SELECTION_ENDED) == [("kim", "b", "the safe state is ordered")]


def test_a_bypassed_interlock_is_named_in_the_preview_and_when_it_is_passed_over() -> None:
    process = replace(INTERLOCK, name="level_ok", klass=ConditionClass.PROCESS)
    rig = following(group_config(conditions=(INTERLOCK, PERMISSIVE, process)))
    rig.condition(Verdict.FALSE, index=2)
    rig.order(OrderKind.BYPASS, id="y1", item="level_ok", for_ns=60_000 * MS)
    rig.order(OrderKind.CONFIRM, id="y2", user="eva")
    answer = rig.order(OrderKind.SELECT, "b", id="s")
    assert answer.preview is not None
    assert [b.detail for b in answer.preview.passed] == ["level_ok (process) false, bypassed"]
    rig.order(OrderKind.OPERATE, id="o")
    assert rig.said(Why.PASSED_OVER) == [("interlock", "level_ok (process) false, bypassed")]
    rig.ends(Outcome.DONE, rig.would_store())
    assert rig.phase() is Phase.CLAIMED
