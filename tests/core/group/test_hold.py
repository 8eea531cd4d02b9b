"""A section held with nobody to promote goes to its safe state after its limit."""

import pytest

from otha.core.effects import Safe
from otha.core.words import Arming, Authority, GateState, Liveness, Outcome, Standing
from tests.core.build import MS, group_config
from tests.core.rig import Rig, following, held_by_watchdog


def nobody_left(rig: Rig) -> Rig:
    """Both nodes died; the gate holds since now."""
    rig.dies("b")
    held_by_watchdog(rig)
    rig.dies("a")
    return rig


def test_an_uncontrolled_section_goes_safe_after_its_limit() -> None:
    rig = nobody_left(following())
    rig.wait(7_499)
    assert rig.effects == []
    rig.wait(1)
    assert rig.asked == Safe(epoch=1, hold_no=2)


def test_the_safe_command_names_the_hold_as_read_and_is_asked_again_afresh() -> None:
    rig = nobody_left(following())
    rig.wait(7_500)
    rig.ends(Outcome.UNKNOWN)
    rig.forget()
    poll_ms = rig.cfg.own_gate.poll_ns // MS
    rig.wait(poll_ms - 1)
    assert rig.effects == []
    rig.wait(1)
    assert [effect.do for effect in rig.effects] == [Safe(epoch=1, hold_no=2)]


def test_a_safe_section_is_asked_nothing_more() -> None:
    rig = nobody_left(following())
    rig.wait(7_500)
    rig.ends(Outcome.DONE)
    rig.gate(state=GateState.SAFE, owner=None, owner_epoch=0, hold_until=None)
    rig.forget()
    rig.wait(60_000)
    assert (rig.effects, rig.g.standing) == ([], Standing.NEEDS_OPERATOR)


def test_an_owner_that_resumes_ends_the_wait() -> None:
    rig = nobody_left(following())
    rig.wait(7_000)
    rig.gate(state=GateState.OWNED, owner_fresh=True, driven=True, hold_until=None)
    rig.wait(60_000)
    assert rig.effects == []


def test_each_hold_has_a_limit_of_its_own() -> None:
    rig = nobody_left(following())
    rig.wait(7_000)
    rig.gate(state=GateState.OWNED, owner_fresh=True, driven=True, hold_until=None)
    held_by_watchdog(rig)
    rig.wait(7_499)
    assert rig.effects == []
    rig.wait(1)
    assert rig.asked == Safe(epoch=1, hold_no=3)


@pytest.mark.parametrize("arming", [Arming.OBSERVE, Arming.ADVISE])
def test_a_group_that_is_not_armed_leaves_it_to_the_gates_own_limit(arming: Arming) -> None:
    rig = nobody_left(following(group_config(arming=arming)))
    rig.wait(60_000)
    assert rig.effects == []


def test_a_native_pair_is_left_alone() -> None:
    rig = following()
    rig.cfg = group_config(authority=Authority.NATIVE)
    nobody_left(rig)
    rig.wait(60_000)
    assert rig.effects == []


def test_nothing_is_asked_in_tilt() -> None:
    rig = nobody_left(following())
    rig.share(tilted=True)
    rig.wait(60_000)
    assert rig.effects == []


def test_a_store_that_is_silent_does_not_keep_a_section_from_its_safe_state() -> None:
    rig = following()
    rig.gate(epoch=5, owner_epoch=5, granted=5)
    rig.ends(Outcome.UNKNOWN)
    rig.wait(10)
    rig.ends(Outcome.UNKNOWN)
    nobody_left(rig)
    rig.forget()
    while rig.now < 9_000 * MS:
        rig.wait(10)
        if rig.g.errand is not None and rig.g.errand.phase == "read":
            rig.ends(Outcome.UNKNOWN)
    assert Safe(epoch=5, hold_no=2) in [effect.do for effect in rig.effects]


def test_a_standby_that_recovers_in_time_takes_over() -> None:
    rig = nobody_left(following())
    rig.wait(3_000)
    rig.node("b", liveness=Liveness.ALIVE, level=255)
    assert rig.plan.to_node == "b"
    assert rig.g.gate.hold_until == 11_000 * MS
