import pytest

from otha.core import alarm_orders
from otha.core.group import orders
from otha.core.group import step as group_step
from otha.core.reasons import Why
from otha.core.words import Arming, Confirm, Ending, Liveness, OrderKind, Phase, Role, Standing, TransferKind, Verdict
from tests.core.build import MS, group_config, path_config
from tests.core.rig import Rig, failing_over, following, held_by_watchdog, switching


def codes(rig: Rig, kind: OrderKind, node: str | None = None, **changes: object) -> list[str]:
    """What stood against the order."""
    answer = rig.order(kind, node, **changes)
    assert answer.accepted is (not answer.blockers)
    return [blocker.block.code for blocker in answer.blockers]


# Switchover


def test_a_switchover_goes_to_the_node_named() -> None:
    rig = following(group_config("abc"))
    assert codes(rig, OrderKind.SWITCHOVER, "c") == []
    assert (rig.plan.kind, rig.plan.from_node, rig.plan.to_node) == (TransferKind.SWITCHOVER, "a", "c")
    assert (rig.plan.automatic, rig.plan.epoch) == (False, 2)


def test_a_switchover_without_a_node_goes_to_the_best_standby() -> None:
    rig = following(group_config("abc"))
    rig.node("b", level=100)
    assert codes(rig, OrderKind.SWITCHOVER) == []
    assert rig.plan.to_node == "c"


def test_a_switchover_without_any_able_standby_says_what_is_wrong_with_each() -> None:
    rig = following(group_config("abc"))
    rig.dies("b")
    rig.node("c", in_rpo=Verdict.FALSE)
    assert codes(rig, OrderKind.SWITCHOVER) == ["node_not_able", "sync_behind"]


@pytest.mark.parametrize(("node", "code"), [("a", "already_active"), ("z", "no_such_node")])
def test_a_switchover_to_the_wrong_node_is_refused(node: str, code: str) -> None:
    rig = following()
    assert codes(rig, OrderKind.SWITCHOVER, node) == [code]
    assert rig.g.plan is None


def test_a_refused_order_says_which_interlock_stood_against_it() -> None:
    rig = following()
    rig.condition(Verdict.STALE)
    assert codes(rig, OrderKind.SWITCHOVER, "b") == ["interlock"]
    assert rig.said(Why.ORDER_REFUSED) == [("switchover", "kim", "interlock", "key_out (safety) stale")]
    assert (rig.g.plan, rig.effects) == (None, [])


def test_one_transfer_at_a_time() -> None:
    rig = switching(Phase.FENCED)
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o2") == ["transfer_running"]
    assert rig.plan.phase is Phase.FENCED


def test_away_from_a_suspected_active_an_order_is_a_failover() -> None:
    """Its tracked tags can't be compared any more; a group that only advises must be able to obey all the same."""
    rig = following(group_config(arming=Arming.ADVISE))
    rig.dies("a", Liveness.FROZEN)
    rig.node("b", ready=Verdict.STALE)
    assert codes(rig, OrderKind.SWITCHOVER, "b") == []
    assert (rig.plan.kind, rig.plan.automatic) == (TransferKind.FAILOVER, False)


def test_what_an_order_would_be_told_can_be_asked_without_giving_it() -> None:
    rig = following()
    rig.condition(Verdict.BAD)
    found = orders.switchover_against(rig.cfg, rig.shared, rig.g, "b", rig.now)
    assert [blocker.block.code for blocker in found] == codes(rig, OrderKind.SWITCHOVER, "b")


def test_an_order_counts_against_no_later_failover() -> None:
    rig = switching(Phase.OUTPUT_VERIFIED)
    rig.swapped()
    assert (rig.ending, rig.g.holdoff_until, rig.g.recent) == (Ending.DONE, None, ())


def test_a_halted_group_takes_no_order() -> None:
    rig = following()
    rig.g = group_step.halt(rig.g, "S1: two owners")
    for number, kind in enumerate(each for each in OrderKind if each not in alarm_orders.KINDS):
        assert codes(rig, kind, "b", id=f"n{number}", arming=Arming.ARMED) == ["halted"]


# Confirmation


def waiting(confirm: Confirm = Confirm.ALWAYS) -> Rig:
    rig = following(group_config(confirm=confirm))
    rig.order(OrderKind.SWITCHOVER, "b")
    assert (rig.plan.phase, rig.plan.confirmed) == (Phase.REQUESTED, False)
    rig.forget()
    return rig


def test_a_planned_transfer_waits_for_its_confirmation() -> None:
    rig = waiting(Confirm.PLANNED)
    assert rig.asked_nothing
    assert codes(rig, OrderKind.CONFIRM, id="o2") == []
    assert rig.phase() is Phase.PERMITTED


def test_a_failover_waits_only_where_everything_is_confirmed() -> None:
    assert failing_over(Phase.PERMITTED, group_config(confirm=Confirm.PLANNED)).plan.confirmed
    rig = following(group_config(confirm=Confirm.ALWAYS))
    rig.dies("a", Liveness.FROZEN)
    rig.wait(1_000)
    assert rig.phase() is Phase.REQUESTED
    assert codes(rig, OrderKind.CONFIRM) == []
    assert rig.phase() is Phase.PERMITTED


def test_a_rejected_transfer_ends() -> None:
    rig = waiting()
    assert codes(rig, OrderKind.REJECT, id="o2") == []
    assert (rig.g.plan, rig.ending, rig.effects) == (None, Ending.ABORTED_SAFE, [])


def test_a_request_expires() -> None:
    rig = waiting()
    rig.wait(29_999)
    assert rig.phase() is Phase.REQUESTED
    rig.wait(1)
    assert (rig.phase(), rig.ending, rig.effects) == (None, Ending.ABORTED_SAFE, [])


def test_a_request_ends_when_something_comes_to_stand_against_it() -> None:
    rig = waiting()
    rig.condition(Verdict.FALSE)
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)


@pytest.mark.parametrize("kind", [OrderKind.CONFIRM, OrderKind.REJECT])
def test_there_is_nothing_to_confirm_without_a_request(kind: OrderKind) -> None:
    assert codes(following(), kind) == ["nothing_to_confirm"]
    assert codes(switching(Phase.CLAIMED), kind, id="o2") == ["nothing_to_confirm"]


# Acknowledgement, maintenance, arming


def test_an_acknowledgement_ends_the_hold_off() -> None:
    rig = failing_over(Phase.OUTPUT_VERIFIED)
    rig.swapped()
    before = rig.g
    assert (before.holdoff_until, len(before.recent)) == (rig.now + 30_000 * MS, 1)
    rig.order(OrderKind.ACKNOWLEDGE)
    assert (rig.g.holdoff_until, rig.g.recent, rig.g.extra_used) == (None, (), False)


def test_a_node_in_maintenance_is_not_moved_to() -> None:
    rig = following()
    assert codes(rig, OrderKind.MAINTENANCE_IN, "b") == []
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o2") == ["in_maintenance"]
    assert codes(rig, OrderKind.MAINTENANCE_OUT, "b", id="o3") == []
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o4") == []


@pytest.mark.parametrize(("node", "code"), [("a", "already_active"), ("z", "no_such_node"), (None, "no_such_node")])
def test_the_active_node_does_not_go_into_maintenance(node: str | None, code: str) -> None:
    assert codes(following(), OrderKind.MAINTENANCE_IN, node) == [code]


def test_nobody_goes_into_maintenance_in_a_transfer() -> None:
    rig = switching(Phase.PROMOTED)
    assert codes(rig, OrderKind.MAINTENANCE_IN, "b", id="o2") == ["transfer_running"]
    assert rig.plan.phase is Phase.PROMOTED


def test_arming_changes_what_the_group_may_do() -> None:
    rig = following(group_config(arming=Arming.OBSERVE))
    assert codes(rig, OrderKind.SWITCHOVER, "b") == ["not_armed"]
    assert codes(rig, OrderKind.ARM, id="o2", arming=Arming.ADVISE) == []
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o3") == []
    assert codes(rig, OrderKind.ARM, id="o4", arming=Arming.OBSERVE) == ["transfer_running"]
    assert codes(following(), OrderKind.ARM) == ["not_armed"]


def test_disarming_does_not_forget_a_standing_cause() -> None:
    rig = following()
    rig.order(OrderKind.ARM, arming=Arming.OBSERVE)
    rig.dies("a", Liveness.FROZEN)
    rig.wait(1_000)
    assert rig.said(Why.WOULD_TRANSFER) == [("failover", "a", "b", "frozen")]
    rig.order(OrderKind.ARM, id="o2", arming=Arming.ARMED)
    assert rig.plan.to_node == "b"


def test_an_order_puts_the_owner_back_where_the_gate_is_free() -> None:
    rig = following()
    rig.gate(state=rig.g.gate.state.FREE, owner=None, owner_epoch=0, boot=10, owner_fresh=False, driven=False)
    assert rig.g.standing is Standing.NEEDS_OPERATOR
    rig.node("a", role=Role.STANDBY)
    assert codes(rig, OrderKind.SWITCHOVER, "a") == []
    assert (rig.plan.from_node, rig.plan.to_node, rig.plan.epoch) == (None, "a", 2)


def test_an_owner_in_a_hold_has_nobody_as_its_user() -> None:
    rig = following()
    assert orders.user_of(rig.cfg, rig.g) == "a"
    held_by_watchdog(rig)
    assert orders.user_of(rig.cfg, rig.g) is None


def test_the_user_of_a_way_is_whom_all_clients_in_sight_use() -> None:
    rig = Rig(path_config())
    rig.selector("a", 1)
    assert orders.user_of(rig.cfg, rig.g) == "a"
    rig.selector("b", 1, index=1)
    assert orders.user_of(rig.cfg, rig.g) is None
