from dataclasses import replace
from typing import Any

import pytest

from otha.core import alarm
from otha.core.effects import ReadRecord, SwapRecord
from otha.core.group.event import GateJudged, NodeJudged, SharedChanged
from otha.core.group.state import StoreView
from otha.core.inputs import Record
from otha.core.reasons import Block, Why
from otha.core.words import (
    AlarmCode,
    Arming,
    Authority,
    GateState,
    Liveness,
    Milestone,
    OrderKind,
    Outcome,
    Phase,
    Role,
    Standing,
    Verdict,
)
from tests.core.build import MS, alive, gate_view, group_config, open_claim, record
from tests.core.rig import Rig, driven, following

FIRST = Record(epoch=1, active="a", claim=None, milestone=Milestone.DONE, revision="")


def first_start(*roles: Role, **gate: Any) -> Rig:
    """A supervisor that starts where no record is, with nodes heard in `roles`."""
    rig = Rig()
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, None)
    rig.tell(GateJudged(view=gate_view(**gate)))
    for index, role in enumerate(roles):
        rig.tell(NodeJudged(index=index, view=alive(role)))
    return rig


def concern(rig: Rig) -> Block | None:
    return rig.g.concern.block if rig.g.concern is not None else None


def alarms(rig: Rig) -> list[str]:
    return [each.code for each in alarm.standing(rig.cfg, rig.shared, rig.g)]


def test_nothing_is_believed_at_first_and_the_record_is_read() -> None:
    rig = Rig()
    rig.tell(SharedChanged())
    assert rig.g.standing is Standing.SETTLING
    assert rig.asked == ReadRecord()


def test_the_record_is_read_again_after_a_pause_until_it_is_known() -> None:
    rig = Rig()
    rig.tell(SharedChanged())
    rig.ends(Outcome.UNKNOWN)
    assert rig.asked_nothing
    rig.wait(10)
    assert rig.asked == ReadRecord()
    rig.ends(Outcome.DONE, record())
    assert rig.g.store is StoreView.KNOWN


def test_a_record_that_can_never_be_read_needs_an_operator_and_mends_itself() -> None:
    rig = Rig()
    rig.tell(SharedChanged())
    assert alarms(rig) == []
    rig.wait(rig.cfg.timing.settle_ns // MS)
    rig.ends(Outcome.UNKNOWN)
    assert (rig.g.standing, concern(rig)) == (Standing.NEEDS_OPERATOR, Block.STORE_SILENT)
    assert alarms(rig) == [AlarmCode.NEEDS_OPERATOR, AlarmCode.GATE_UNSEEN]
    rig.wait(10)
    rig.ends(Outcome.DONE, record())
    assert concern(rig) is Block.GATE_UNSEEN
    rig.tell(GateJudged(view=gate_view()))
    assert rig.g.standing is Standing.FOLLOWING
    assert AlarmCode.NEEDS_OPERATOR not in alarms(rig)


def test_gate_and_record_that_agree_are_followed() -> None:
    rig = following()
    assert (rig.g.standing, rig.g.concern, rig.g.plan) == (Standing.FOLLOWING, None, None)


# The first start


def test_agreeing_role_owner_and_epoch_are_adopted() -> None:
    rig = first_start(Role.ACTIVE, Role.STANDBY)
    assert rig.asked == SwapRecord(expect=None, record=FIRST)
    rig.swapped()
    assert rig.g.standing is Standing.FOLLOWING
    assert rig.said(Why.ADOPTED) == [("a",)]


def test_nothing_is_adopted_before_every_node_was_heard_or_given_up() -> None:
    rig = first_start(Role.ACTIVE)
    assert rig.asked_nothing
    rig.wait(499)
    assert rig.asked_nothing
    rig.wait(1)
    assert rig.asked == SwapRecord(expect=None, record=FIRST)


@pytest.mark.parametrize(
    ("roles", "gate", "block"),
    [
        ((Role.STANDBY, Role.STANDBY), {}, Block.FIRST_START_DISAGREES),
        ((Role.STANDBY, Role.ACTIVE), {}, Block.FIRST_START_DISAGREES),
        ((Role.ACTIVE, Role.ACTIVE), {}, Block.FIRST_START_DISAGREES),
        ((Role.ACTIVE, Role.STANDBY), {"epoch": 2, "owner_epoch": 1}, Block.FIRST_START_DISAGREES),
        ((Role.ACTIVE, Role.STANDBY), {"state": GateState.HELD}, Block.FIRST_START_DISAGREES),
        ((Role.ACTIVE, Role.STANDBY), {"owner": "node #5"}, Block.FIRST_START_DISAGREES),
        ((Role.STANDBY, Role.STANDBY), {"state": GateState.FREE, "owner": None}, Block.NOBODY_DRIVES),
        ((Role.ACTIVE, Role.STANDBY), {"state": GateState.HELD, "owner": None}, Block.NOBODY_DRIVES),
        ((Role.ACTIVE, Role.STANDBY), {"state": GateState.SAFE, "owner": None}, Block.NOBODY_DRIVES),
    ],
)
def test_whatever_disagrees_at_the_first_start_needs_an_operator(
    roles: tuple[Role, ...], gate: dict[str, Any], block: Block
) -> None:
    rig = first_start(*roles, **gate)
    assert (rig.g.standing, concern(rig)) == (Standing.NEEDS_OPERATOR, block)
    assert not rig.effects[1:], "nothing but reading the record"


def test_a_disagreement_that_mends_itself_is_adopted() -> None:
    rig = first_start(Role.STANDBY, Role.STANDBY)
    rig.node("a", role=Role.ACTIVE)
    assert rig.asked == SwapRecord(expect=None, record=FIRST)


def test_an_order_to_the_owner_adopts_it_against_the_roles() -> None:
    rig = first_start(Role.STANDBY, Role.STANDBY)
    assert rig.order(OrderKind.SWITCHOVER, "a").accepted
    assert rig.asked == SwapRecord(expect=None, record=FIRST)
    rig.swapped()
    assert rig.g.standing is Standing.FOLLOWING


def test_an_order_puts_a_first_owner_where_nobody_drives() -> None:
    rig = first_start(Role.STANDBY, Role.STANDBY, state=GateState.FREE, owner=None, owner_epoch=0)
    for index in range(2):
        rig.condition(Verdict.TRUE, index)
    assert rig.order(OrderKind.SWITCHOVER, "b").accepted
    assert rig.plan.epoch == 2
    assert isinstance(rig.asked, SwapRecord)
    assert (rig.asked.expect, rig.asked.record.epoch, rig.asked.record.active) == (None, 3, None)


# Disagreements later on


@pytest.mark.parametrize(
    ("gate", "block"),
    [
        ({"owner": "b", "owner_epoch": 1}, Block.OWNER_DISAGREES),
        ({"owner": "node #5"}, Block.OWNER_DISAGREES),
        ({"state": GateState.HELD, "owner": None}, Block.OWNER_DISAGREES),
        ({"state": GateState.FREE, "owner": None}, Block.NOBODY_DRIVES),
        ({"state": GateState.SAFE, "owner": None}, Block.GATE_NOT_IN_OTHAS_HANDS),
        ({"state": GateState.LOCAL, "owner": None}, Block.GATE_NOT_IN_OTHAS_HANDS),
        ({"fits": False}, Block.GATE_MISMATCH),
    ],
)
def test_a_gate_that_says_other_than_the_record_needs_an_operator(gate: dict[str, Any], block: Block) -> None:
    rig = following()
    rig.gate(**gate)
    assert (rig.g.standing, concern(rig)) == (Standing.NEEDS_OPERATOR, block)
    assert rig.asked_nothing


def test_the_end_of_a_disagreement_is_followed_again() -> None:
    rig = following()
    rig.gate(fits=False)
    rig.gate(fits=True)
    assert (rig.g.standing, rig.g.concern) == (Standing.FOLLOWING, None)


def test_a_watchdog_hold_with_its_owner_is_no_disagreement() -> None:
    rig = following()
    rig.gate(state=GateState.HELD, owner_fresh=False, hold_until=rig.now + 10_000 * MS)
    assert rig.g.standing is Standing.FOLLOWING


def test_a_gate_unseen_after_the_settling_time_needs_an_operator() -> None:
    rig = Rig()
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, record())
    rig.wait(499)
    assert rig.g.standing is Standing.SETTLING
    rig.wait(1)
    assert concern(rig) is Block.GATE_UNSEEN


def test_a_gate_that_goes_out_of_sight_later_changes_no_standing() -> None:
    rig = following()
    rig.gate(seen=False)
    assert rig.g.standing is Standing.FOLLOWING


def test_an_order_to_the_owner_lets_the_record_follow_the_gate() -> None:
    rig = following()
    rig.gate(owner="b")
    assert rig.order(OrderKind.SWITCHOVER, "b").accepted
    assert rig.asked == SwapRecord(expect="r1", record=replace(FIRST, active="b"))
    rig.swapped()
    assert (rig.g.standing, rig.g.record and rig.g.record.active) == (Standing.FOLLOWING, "b")


def test_an_order_to_adopt_does_not_outlive_what_it_was_given_for() -> None:
    rig = following()
    rig.gate(owner="b")
    rig.order(OrderKind.SWITCHOVER, "b")
    rig.ends(Outcome.UNKNOWN)
    rig.gate(owner="a")
    rig.wait(10)
    rig.ends(Outcome.DONE, record())
    assert rig.g.standing is Standing.FOLLOWING
    rig.forget()
    rig.gate(owner="b")
    rig.wait(1_000)
    assert concern(rig) is Block.OWNER_DISAGREES
    assert not rig.effects


# Epochs


def test_a_gate_above_the_record_raises_the_record() -> None:
    rig = following()
    rig.gate(epoch=7, owner_epoch=7, granted=7)
    assert rig.asked == SwapRecord(expect="r1", record=replace(FIRST, epoch=7))
    rig.swapped()
    assert rig.g.standing is Standing.FOLLOWING
    assert rig.g.record is not None
    assert rig.g.record.epoch == 7


def test_raising_the_record_ends_a_claim_that_stood_open() -> None:
    rig = following()
    rig.g = replace(rig.g, record=replace(open_claim(), revision="r1"))
    rig.gate(epoch=7, owner_epoch=7, granted=7)
    assert rig.asked == SwapRecord(expect="r1", record=replace(FIRST, epoch=7))


def test_raising_the_record_is_said_once() -> None:
    rig = following()
    rig.gate(epoch=7, owner_epoch=7, granted=7)
    for _ in range(3):
        rig.tell(SharedChanged())
    assert rig.said(Why.EPOCH_RAISED) == [(1, 7)]


def test_a_lost_race_for_the_record_takes_what_was_found() -> None:
    rig = following()
    rig.gate(epoch=7, owner_epoch=7, granted=7)
    rig.ends(Outcome.REFUSED, record(epoch=8))
    assert rig.g.record == record(epoch=8)
    assert rig.g.standing is Standing.FOLLOWING


# An open claim found in the record


def restarted(found: Record, *, arming: Arming = Arming.ARMED, **gate: Any) -> Rig:
    """A supervisor that starts where a claim is open, and sees the gate as given."""
    rig = Rig(group_config(arming=arming))
    rig.tell(SharedChanged())
    for index, role in enumerate((Role.ACTIVE, Role.STANDBY)):
        rig.tell(NodeJudged(index=index, view=alive(role)))
    for index in range(2):
        rig.condition(Verdict.TRUE, index)
    rig.ends(Outcome.DONE, found)
    rig.tell(GateJudged(view=gate_view(**gate)))
    return rig


@pytest.mark.parametrize(
    ("gate", "block"),
    [
        ({"state": GateState.FREE, "owner": None}, Block.NOBODY_DRIVES),
        ({"state": GateState.SAFE, "owner": None}, Block.GATE_NOT_IN_OTHAS_HANDS),
        ({"state": GateState.LOCAL, "owner": None}, Block.GATE_NOT_IN_OTHAS_HANDS),
        ({"fits": False}, Block.GATE_MISMATCH),
    ],
)
def test_an_open_claim_is_left_where_the_gate_is_in_no_hands(gate: dict[str, Any], block: Block) -> None:
    rig = restarted(open_claim(), **gate)
    assert (rig.g.plan, concern(rig)) == (None, block)


def test_an_open_claim_is_left_by_a_group_that_only_observes() -> None:
    rig = restarted(open_claim(), arming=Arming.OBSERVE)
    assert (rig.g.plan, concern(rig)) == (None, Block.NOT_ARMED)


def test_arming_takes_up_the_open_claim() -> None:
    rig = restarted(open_claim(), arming=Arming.OBSERVE)
    rig.order(OrderKind.ARM, arming=Arming.ARMED)
    assert rig.plan.to_node == "b"


def test_a_claim_from_which_no_revoke_left_is_left_alone() -> None:
    rig = following()
    rig.order(OrderKind.SWITCHOVER, "b")
    rig.condition(Verdict.FALSE)
    # The claim is won while nothing may follow it any more: its answer is read later.
    rig.wait(0)
    assert rig.g.store is StoreView.UNKNOWN
    rig.ends(Outcome.DONE, open_claim())
    assert (rig.g.plan, rig.g.standing) == (None, Standing.FOLLOWING)


def test_a_harmless_claim_stays_harmless_after_an_order_that_came_to_nothing() -> None:
    rig = following()
    rig.order(OrderKind.SWITCHOVER, "b")
    rig.condition(Verdict.FALSE)
    rig.ends(Outcome.DONE, open_claim())
    rig.condition(Verdict.TRUE)
    rig.cfg = group_config(confirm=rig.cfg.confirm.PLANNED)
    assert rig.order(OrderKind.SWITCHOVER, "b", id="o2").accepted
    assert rig.plan.phase is Phase.REQUESTED
    rig.order(OrderKind.REJECT, id="o3")
    assert (rig.g.plan, rig.g.standing) == (None, Standing.FOLLOWING)


def test_two_claims_that_came_to_nothing_stay_harmless_whichever_of_them_the_store_holds() -> None:
    rig = following()
    rig.order(OrderKind.SWITCHOVER, "b")
    rig.condition(Verdict.FALSE)
    rig.ends(Outcome.DONE, open_claim())
    rig.condition(Verdict.TRUE)
    # The next one is given up while its own claim is on its way to the store.
    assert rig.order(OrderKind.SWITCHOVER, "b", id="o2").accepted
    second = rig.would_store()
    rig.condition(Verdict.FALSE)
    late = rig.copy()
    rig.ends(Outcome.DONE, open_claim())
    assert (rig.g.plan, rig.g.standing) == (None, Standing.FOLLOWING)
    late.ends(Outcome.DONE, second)
    assert (late.g.plan, late.g.standing) == (None, Standing.FOLLOWING)


def test_a_claim_made_twice_is_harmless_no_longer_once_its_revoke_left() -> None:
    rig = following()
    rig.order(OrderKind.SWITCHOVER, "b")
    rig.condition(Verdict.FALSE)
    rig.ends(Outcome.DONE, record())
    rig.condition(Verdict.TRUE)
    # The same epoch is claimed again, under the same id, and this time the REVOKE leaves; then the gate is lost.
    assert rig.order(OrderKind.SWITCHOVER, "b", id="o2").accepted
    rig.swapped()
    assert rig.plan.revoked
    rig.gate(seen=False)
    rig.wait(25)
    assert rig.g.plan is None
    rig.tell(GateJudged(view=gate_view()))
    assert rig.plan.revoked, "taken up again"


# A pair that switches itself


def test_a_native_pair_is_followed_and_never_asked_for_a_record() -> None:
    rig = Rig(group_config(authority=Authority.NATIVE))
    rig.tell(SharedChanged())
    rig.tell(GateJudged(view=gate_view()))
    rig.dies("a", Liveness.FROZEN)
    rig.wait(60_000)
    assert (rig.g.standing, rig.g.plan, rig.effects) == (Standing.FOLLOWING, None, [])


def test_driving_again_after_a_boot_needs_an_operator_where_nobody_drives() -> None:
    rig = following()
    rig.gate(boot=10, state=GateState.FREE, owner=None, owner_epoch=0, driven=False, owner_fresh=False)
    assert concern(rig) is Block.NOBODY_DRIVES
    driven(rig, "a", 1)
    assert rig.g.standing is Standing.FOLLOWING
