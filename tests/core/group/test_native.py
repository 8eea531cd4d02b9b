"""A pair that switches itself: followed by what its nodes say, and never asked for anything."""

from dataclasses import replace

import pytest

from otha.core import alarm
from otha.core.group.event import NodeJudged, SharedChanged
from otha.core.group.state import StoreView
from otha.core.reasons import Block, Why
from otha.core.words import (
    AlarmCode,
    Arming,
    Authority,
    Fencing,
    GroupKind,
    Liveness,
    OrderKind,
    Role,
    Standing,
)
from tests.core.build import MS, alive, group_config, record
from tests.core.rig import Rig


def pair(arming: Arming = Arming.OBSERVE) -> Rig:
    """A watched pair in which a says that it is active, and b that it stands by."""
    cfg = group_config(
        kind=GroupKind.PAIR,
        authority=Authority.NATIVE,
        gate=None,
        arming=arming,
        fencing=Fencing.NONE,
        conditions=(),
        tracked=(),
        rpo_ns=None,
    )
    rig = Rig(cfg)
    rig.tell(SharedChanged())
    rig.tell(NodeJudged(index=0, view=alive(Role.ACTIVE)))
    rig.tell(NodeJudged(index=1, view=alive()))
    return rig


def switches(rig: Rig) -> list[tuple[str | int, ...]]:
    return [reason.args for reason in rig.reasons if reason.why is Why.PAIR_SWITCHED]


def alarms(rig: Rig) -> list[str]:
    return [each.code for each in alarm.standing(rig.cfg, rig.shared, rig.g)]


def calm(rig: Rig) -> None:
    """Until what follows a switch is over."""
    rig.wait(3 * rig.cfg.timing.settle_ns // MS)


def active(rig: Rig) -> str | None:
    return rig.g.record.active if rig.g.record is not None else None


def test_the_one_that_says_so_is_followed() -> None:
    rig = pair()
    assert (active(rig), rig.g.standing) == ("a", Standing.FOLLOWING)
    calm(rig)
    assert (alarms(rig), switches(rig), rig.effects) == ([], [], [])


@pytest.mark.parametrize("arming", list(Arming))
def test_its_own_switch_is_told_once_and_nothing_is_asked(arming: Arming) -> None:
    rig = pair(arming)
    rig.node("a", role=Role.STANDBY)
    rig.node("b", role=Role.ACTIVE)
    assert (active(rig), switches(rig)) == ("b", [("a", "b")])
    calm(rig)
    assert (alarms(rig), len(switches(rig)), rig.effects, rig.g.plan) == ([], 1, [], None)
    rig.node("b", role=Role.STANDBY)
    rig.node("a", role=Role.ACTIVE)
    assert (active(rig), switches(rig)[1:]) == ("a", [("b", "a")])


def test_a_death_is_followed_by_the_pairs_own_switch() -> None:
    rig = pair()
    calm(rig)
    rig.dies("a")
    rig.wait(20)
    rig.node("b", role=Role.ACTIVE)
    assert (active(rig), switches(rig), rig.g.standing) == ("b", [("a", "b")], Standing.FOLLOWING)
    calm(rig)
    assert (alarms(rig), rig.effects) == ([AlarmCode.REDUNDANCY_LOST], [])
    rig.tell(NodeJudged(index=0, view=alive()))
    assert alarms(rig) == []


def test_a_dead_active_that_nobody_follows_needs_an_operator() -> None:
    rig = pair()
    calm(rig)
    rig.dies("a")
    assert AlarmCode.NEEDS_OPERATOR not in alarms(rig)
    calm(rig)
    assert rig.g.concern is not None
    assert (rig.g.concern.block, active(rig)) == (Block.NOBODY_ACTIVE, "a")
    assert alarms(rig) == [AlarmCode.NEEDS_OPERATOR]
    rig.node("b", role=Role.ACTIVE)
    assert (rig.g.standing, switches(rig), rig.effects) == (Standing.FOLLOWING, [("a", "b")], [])
    assert [rig.g.concern] == [None]


def test_two_that_say_so_are_an_alarm_and_no_shoot_out() -> None:
    rig = pair(Arming.ARMED)
    calm(rig)
    rig.node("b", role=Role.ACTIVE)
    assert alarms(rig) == []
    calm(rig)
    assert AlarmCode.TWO_CLAIM_ACTIVE in alarms(rig)
    assert (active(rig), switches(rig), rig.effects) == ("a", [], [])
    rig.node("a", role=Role.STANDBY)
    assert (active(rig), switches(rig)) == ("b", [("a", "b")])
    calm(rig)
    assert alarms(rig) == []


def test_both_for_the_time_of_a_switch_is_no_alarm() -> None:
    rig = pair()
    calm(rig)
    rig.node("b", role=Role.ACTIVE)
    rig.wait(20)
    rig.node("a", role=Role.STANDBY)
    calm(rig)
    assert (alarms(rig), switches(rig)) == ([], [("a", "b")])


def test_the_last_word_of_a_stopped_one_does_not_stand_against_its_partner() -> None:
    """A stopped CPU still answers, with the words that its program wrote last."""
    rig = pair()
    calm(rig)
    rig.node("a", liveness=Liveness.FROZEN)
    rig.node("b", role=Role.ACTIVE)
    assert (active(rig), switches(rig)) == ("b", [("a", "b")])
    calm(rig)
    assert alarms(rig) == [AlarmCode.REDUNDANCY_LOST]


def test_an_isolated_observer_says_nothing_about_the_pair() -> None:
    rig = pair()
    calm(rig)
    rig.share(isolated=True)
    rig.dies("a")
    rig.dies("b")
    calm(rig)
    assert (rig.g.standing, active(rig)) == (Standing.FOLLOWING, "a")


@pytest.mark.parametrize("kind", [OrderKind.SWITCHOVER, OrderKind.FAILBACK])
def test_no_order_moves_it(kind: OrderKind) -> None:
    rig = pair(Arming.ARMED)
    answer = rig.order(kind, "b" if kind is OrderKind.SWITCHOVER else None)
    assert not answer.accepted
    calm(rig)
    assert (rig.g.plan, rig.effects) == (None, [])


def test_the_way_back_is_the_pairs_own() -> None:
    rig = pair(Arming.ARMED)
    rig.node("a", role=Role.STANDBY)
    rig.node("b", role=Role.ACTIVE)
    calm(rig)
    assert (rig.g.steady, rig.g.steady_at) == (False, None)


def test_what_a_store_holds_is_read_anew_if_otha_is_ever_to_move_it() -> None:
    """A group that OTHA has moved, declared native: its epoch stays, and what it follows is no record of a store."""
    rig = pair()
    rig.g = replace(rig.g, record=record(), store=StoreView.KNOWN)
    rig.node("a", role=Role.STANDBY)
    rig.node("b", role=Role.ACTIVE)
    assert rig.g.record is not None
    assert (rig.g.record.active, rig.g.record.epoch, rig.g.store) == ("b", record().epoch, StoreView.UNREAD)


def test_the_first_record_of_a_pair_has_no_epoch() -> None:
    rig = pair()
    assert rig.g.record is not None
    assert rig.g.record.epoch == 0
