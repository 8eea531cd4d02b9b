"""A hold that nobody ends, at literal times: a SAFE that does not come about, and a limit of each hold alone."""

from collections.abc import Callable

import pytest

from otha.core import alarm
from otha.core.conditions import MachineConfig, MachineRule
from otha.core.effects import Safe, SwapRecord
from otha.core.group.event import MachineJudged
from otha.core.reasons import Why
from otha.core.words import AlarmCode, Conduct, Confirm, Ending, GateState, OrderKind, Outcome, Phase, Verdict
from tests.core.build import MS, group_config
from tests.core.group.test_waits import _state, a_dies, asking
from tests.core.rig import Rig, driven, failing_over, following, held_by_watchdog

SAFE_AT_ONCE = MachineConfig(
    states=(_state("DROPS", MachineRule(does=Conduct.SAFE)),),
    unknown=_state("UNKNOWN", MachineRule(does=Conduct.STAY)),
)


def unanswered(rig: Rig, ms: int) -> None:
    """Time passes; nobody knows what became of anything that was asked, and the gate stays as it is."""
    until = rig.now + ms * MS
    while rig.now < until:
        rig.wait(5)
        if rig.g.errand is not None or (rig.g.plan is not None and rig.g.plan.asked is not None):
            rig.ends(Outcome.UNKNOWN)


def held(rig: Rig) -> bool:
    """Whether an operator is told that the section is held."""
    return AlarmCode.SECTION_HELD in [each.code for each in alarm.standing(rig.cfg, rig.shared, rig.g)]


def unverified(rig: Rig) -> bool:
    return ("needs_operator", "unverified") in [
        (each.code, each.detail) for each in alarm.standing(rig.cfg, rig.shared, rig.g)
    ]


# A gate that does not take the SAFE


def safe_at_once() -> Rig:
    """The machine's state wants the safe state instead of a failover."""
    rig = following(group_config(machine=SAFE_AT_ONCE))
    rig.tell(MachineJudged(state=0))
    held_by_watchdog(rig)
    rig.dies("a")
    return rig


def safe_after_the_fence() -> Rig:
    """An interlock is not true any more, and there is no way back."""
    rig = failing_over(Phase.PROMOTED)
    rig.gate(return_permit=False, hold_until=rig.now + 40 * MS)
    rig.condition(Verdict.FALSE)
    assert rig.said(Why.COURSE) == [("safe", "b")]
    return rig


REFUSED = pytest.mark.parametrize("begin", [safe_at_once, safe_after_the_fence])


@REFUSED
def test_a_safe_that_fails_is_decided_afresh_no_more_often_than_a_transfer_may_take(
    begin: Callable[[], Rig],
) -> None:
    rig = begin()
    rig.forget()
    unanswered(rig, 2_000)
    bound_ms = rig.cfg.timing.transfer_bound_ns // MS
    assert 2 <= len(rig.said(Why.ENDED)) <= 2_000 // bound_ms
    assert {args[0] for args in rig.said(Why.ENDED)} == {"needs_operator"}


@REFUSED
def test_meanwhile_it_is_asked_again_and_an_operator_is_told(begin: Callable[[], Rig]) -> None:
    rig = begin()
    rig.forget()
    unanswered(rig, 140)
    assert unverified(rig)
    assert held(rig)
    assert len(rig.said(Why.UNVERIFIED)) == 1
    assert {type(effect.do) for effect in rig.effects} == {Safe}
    assert len(rig.effects) > 3


def test_a_gate_that_obeys_late_ends_it() -> None:
    rig = safe_after_the_fence()
    unanswered(rig, 100)
    rig.gate(state=GateState.SAFE, hold_until=None)
    assert (rig.g.plan, rig.ending, unverified(rig)) == (None, Ending.SAFE_STATE, False)


def never_obeys(begin: Callable[[], Rig], ms: int) -> Rig:
    """The gate takes SAFE and stays in its hold, for so long."""
    rig = begin()
    until = rig.now + ms * MS
    while rig.now < until:
        if rig.g.errand is not None:
            rig.ends(Outcome.DONE)
        before = rig.now
        wake = rig.last.wake if rig.last is not None else None
        rig.wait((min(until, wake or until) - rig.now) // MS)
        assert rig.now > before or rig.g.errand is not None
    return rig


def over_the_limit() -> Rig:
    rig = asking()
    rig.wait(7_460)
    return rig


def ordered_by_two() -> Rig:
    rig = asking()
    rig.order(OrderKind.SAFE, id="s")
    rig.order(OrderKind.CONFIRM, id="c", user="eva", request=rig.shown("safe"))
    return rig


WITHOUT = pytest.mark.parametrize("begin", [over_the_limit, ordered_by_two])


@WITHOUT
def test_a_safe_state_that_is_asked_without_a_transfer_waits_for_the_next_look_at_the_gate(
    begin: Callable[[], Rig],
) -> None:
    rig = begin()
    assert len(rig.effects) == 1
    rig.ends(Outcome.DONE)
    rig.wait(rig.cfg.own_gate.poll_ns // MS - 1)
    assert (len(rig.effects), unverified(rig)) == (1, False)
    rig.wait(1)
    assert (len(rig.effects), unverified(rig)) == (2, True)


@WITHOUT
def test_a_gate_that_never_obeys_is_the_highest_alarm_and_fills_no_journal(begin: Callable[[], Rig]) -> None:
    rig = never_obeys(begin, 24 * 3_600_000)
    assert unverified(rig)
    assert len(rig.said(Why.SAFE_ASKED)) == 1
    assert len(rig.said(Why.UNVERIFIED)) == 1
    assert 24 * 60 <= len(rig.effects) <= 24 * 60 + 20
    assert len(rig.reasons) < 20


@WITHOUT
def test_what_else_the_group_has_to_do_does_not_wait_for_the_pause(begin: Callable[[], Rig]) -> None:
    rig = never_obeys(begin, 3_600_000)
    rig.forget()
    driven(rig, "b", 7)
    assert isinstance(rig.asked, SwapRecord), "the record is raised at once"
    # A later hold begins with short pauses again.
    other = never_obeys(begin, 3_600_000)
    other.gate(hold_no=9, hold_until=other.now + 10_000 * MS)
    assert (other.g.safe_asked, other.g.safe_retry_at) == (0, None)


@WITHOUT
def test_one_that_obeys_late_or_enters_another_hold_ends_the_alarm(begin: Callable[[], Rig]) -> None:
    rig = never_obeys(begin, 5_000)
    other = rig.copy()
    rig.gate(state=GateState.SAFE, hold_until=None)
    assert not unverified(rig)
    other.gate(hold_no=9, hold_until=other.now + 10_000 * MS)
    assert not unverified(other)


# The limit of a hold


def test_a_hold_that_follows_another_has_a_limit_of_its_own() -> None:
    """Between two looks at the gate the owner drove again."""
    rig = following(group_config(confirm=Confirm.ALWAYS))
    held_by_watchdog(rig)
    rig.wait(7_400)
    rig.gate(hold_no=3, hold_until=rig.now + 10_000 * MS)
    rig.wait(7_499)
    assert rig.effects == []
    rig.wait(1)
    assert rig.asked == Safe(epoch=1, hold_no=3)


def test_so_has_one_that_follows_a_hold_beyond_its_limit() -> None:
    rig = following(group_config(confirm=Confirm.ALWAYS))
    held_by_watchdog(rig)
    rig.wait(7_500)
    rig.ends(Outcome.UNKNOWN)
    rig.gate(hold_no=3, hold_until=rig.now + 10_000 * MS)
    assert not rig.g.uncontrolled
    rig.forget()
    rig.wait(7_000)
    assert rig.effects == []


def test_a_gate_that_is_out_of_sight_for_a_moment_gives_no_more_time() -> None:
    rig = following(group_config(confirm=Confirm.ALWAYS))
    held_by_watchdog(rig)
    rig.wait(7_000)
    rig.gate(seen=False)
    rig.wait(100)
    rig.gate(seen=True)
    rig.wait(400)
    assert [effect.do for effect in rig.effects] == [Safe(epoch=1, hold_no=2)]


def test_nor_does_a_clock_that_steps() -> None:
    rig = following(group_config(confirm=Confirm.ALWAYS))
    held_by_watchdog(rig)
    rig.share(tilted=True)
    rig.wait(8_000)
    assert rig.effects == []
    rig.share(tilted=False)
    assert rig.asked == Safe(epoch=1, hold_no=2)


def test_after_a_start_in_a_hold_beyond_its_limit_all_is_heard_once_before_it_ends() -> None:
    rig = Rig()
    held_by_watchdog(rig)
    rig.gate(seen=True, hold_until=rig.now + 2_000 * MS)
    rig.wait(499)
    assert [type(effect.do) for effect in rig.effects if isinstance(effect.do, Safe)] == []
    rig.ends(Outcome.UNKNOWN)
    rig.wait(50)
    assert rig.effects[-1].do == Safe(epoch=rig.g.gate.epoch, hold_no=rig.g.gate.hold_no)


# What an operator is told


def test_the_section_is_told_to_be_held_while_a_failover_only_asks() -> None:
    rig = asking()
    assert held(rig)
    assert rig.order(OrderKind.CONFIRM, id="c").accepted
    rig.swapped()
    assert not held(rig)


def test_and_no_longer_when_it_is_driven() -> None:
    rig = a_dies(following(group_config(confirm=Confirm.ALWAYS)))
    driven(rig, "a", 1)
    assert not held(rig)
