"""S12: a scheduled failback begins by itself in its window, once all is met, in an armed group; and S7 counts it."""

from typing import Any

import pytest

from otha.core.conditions import Compare, Comparison, MachineConfig, MachineRule, MachineStateConfig
from otha.core.config import FailbackConfig
from otha.core.effects import Revoke
from otha.core.group.event import MachineJudged, WindowJudged
from otha.core.reasons import Why
from otha.core.window import parse
from otha.core.words import (
    Arming,
    Conduct,
    Confirm,
    Ending,
    FailbackMode,
    Fencing,
    Liveness,
    OrderKind,
    Outcome,
    Phase,
    Role,
    TransferKind,
    Verdict,
)
from tests.core.build import MS, group_config
from tests.core.rig import Rig, following, take_on

HOLD_MS = 10_000
SCHEDULED = FailbackConfig(mode=FailbackMode.SCHEDULED, hold_ns=HOLD_MS * MS, windows=(parse("mon-fri 02:00-04:00"),))


def away(**changes: Any) -> Rig:
    """ "a" is preferred; an ordered switchover to "b" ended just now. The window is closed."""
    rig = following(group_config(**{"failback": SCHEDULED, **changes}))
    assert rig.order(OrderKind.SWITCHOVER, "b", id="away").accepted
    if rig.cfg.confirm is not Confirm.NEVER:
        rig.order(OrderKind.CONFIRM, id="away2")
    take_on(rig, Phase.OUTPUT_VERIFIED)
    rig.swapped()
    rig.node("b", role=Role.ACTIVE)
    rig.node("a", role=Role.STANDBY)
    rig.forget()
    return rig


def opens(rig: Rig) -> None:
    rig.tell(WindowJudged(is_open=True))


def closes(rig: Rig) -> None:
    rig.tell(WindowJudged(is_open=False))


def test_outside_its_window_nothing_begins_and_inside_it_does() -> None:
    rig = away()
    rig.wait(24 * 3_600_000)
    assert (rig.g.plan, rig.effects) == (None, [])
    opens(rig)
    assert (rig.plan.kind, rig.plan.to_node, rig.plan.by, rig.phase()) == (
        TransferKind.FAILBACK,
        "a",
        "",
        Phase.PERMITTED,
    )
    assert rig.said(Why.REQUESTED) == [("failback", "b", "a", "scheduled")]
    take_on(rig, Phase.OUTPUT_VERIFIED)
    rig.swapped()
    assert (rig.ending, rig.g.gate.owner) == (Ending.DONE, "a")


def test_in_an_open_window_it_begins_when_the_hold_time_is_over() -> None:
    rig = away()
    opens(rig)
    rig.wait(HOLD_MS - 1)
    assert rig.g.plan is None
    rig.wait(1)
    assert rig.phase() is Phase.PERMITTED


@pytest.mark.parametrize(
    ("before", "code"),
    [
        (lambda rig: rig.node("a", ready=Verdict.FALSE), "not_resynchronised"),
        (lambda rig: rig.condition(Verdict.FALSE), "interlock"),
        (lambda rig: rig.condition(Verdict.FALSE, 1), "permissive"),
        (lambda rig: rig.gate(permit=False, return_permit=False), "gate_permit"),
    ],
    ids=["not agreed", "interlock", "permissive", "gate"],
)
def test_what_stands_against_it_is_waited_for_and_told_when_the_window_passes_unused(before: Any, code: str) -> None:
    rig = away()
    rig.wait(HOLD_MS)
    before(rig)
    opens(rig)
    rig.wait(60_000)
    assert (rig.g.plan, rig.blocked_by()) == (None, [])
    closes(rig)
    assert rig.blocked_by() == [code]


def test_a_window_that_closes_before_the_fence_ends_it() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    opens(rig)
    claim = rig.would_store()
    closes(rig)
    rig.ends(Outcome.DONE, claim)
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    assert rig.blocked_by() == ["window_closed"]
    assert not [effect for effect in rig.effects if isinstance(effect.do, Revoke)]


def test_a_window_that_closes_after_the_fence_ends_nothing() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    opens(rig)
    take_on(rig, Phase.FENCED)
    closes(rig)
    assert rig.phase() is Phase.FENCED


def test_it_is_tried_once_in_a_window_and_again_in_the_next() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    stored = rig.g.record
    opens(rig)
    rig.condition(Verdict.FALSE)
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    rig.ends(Outcome.DONE, stored)
    rig.condition(Verdict.TRUE)
    rig.wait(3_600_000)
    assert (rig.g.plan, len(rig.said(Why.REQUESTED))) == (None, 1)
    closes(rig)
    opens(rig)
    assert (rig.phase(), len(rig.said(Why.REQUESTED))) == (Phase.PERMITTED, 2)


def test_it_counts_as_an_automatic_transfer() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    opens(rig)
    take_on(rig, Phase.OUTPUT_VERIFIED)
    rig.swapped()
    assert rig.ending is Ending.DONE
    assert (rig.g.holdoff_until is not None, len(rig.g.recent)) == (True, 1)


def test_it_waits_for_the_hold_off_of_an_automatic_transfer() -> None:
    rig = following(group_config(failback=SCHEDULED))
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    take_on(rig, Phase.OUTPUT_VERIFIED)
    rig.swapped()
    rig.node("b", role=Role.ACTIVE)
    rig.node("a", role=Role.STANDBY, liveness=Liveness.ALIVE, level=255, in_rpo=Verdict.TRUE, ready=Verdict.TRUE)
    opens(rig)
    assert rig.g.holdoff_until is not None
    rig.wait((rig.g.holdoff_until - rig.now) // MS - 1)
    assert rig.g.plan is None
    rig.wait(1)
    assert (rig.plan.kind, rig.plan.to_node) == (TransferKind.FAILBACK, "a")


@pytest.mark.parametrize("arming", [Arming.OBSERVE, Arming.ADVISE])
def test_a_group_that_is_not_armed_tells_once_that_it_would(arming: Arming) -> None:
    rig = away()
    rig.order(OrderKind.ARM, id="less", arming=arming)
    rig.wait(HOLD_MS)
    opens(rig)
    rig.wait(3_600_000)
    assert (rig.g.plan, rig.said(Why.WOULD_TRANSFER)) == (None, [("failback", "b", "a", "scheduled")])
    rig.order(OrderKind.ARM, id="more", arming=Arming.ARMED)
    assert rig.plan.kind is TransferKind.FAILBACK


def test_without_a_fence_nothing_begins_by_itself() -> None:
    rig = away(fencing=Fencing.NONE)
    rig.wait(HOLD_MS)
    opens(rig)
    rig.wait(60_000)
    assert rig.g.plan is None
    assert rig.order(OrderKind.FAILBACK, id="back").accepted


def test_where_planned_transfers_are_confirmed_it_asks_in_its_window_and_no_longer() -> None:
    rig = away(confirm=Confirm.PLANNED)
    rig.wait(HOLD_MS)
    opens(rig)
    assert (rig.phase(), rig.plan.confirmed) == (Phase.REQUESTED, False)
    closes(rig)
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    opens(rig)
    assert rig.order(OrderKind.CONFIRM, id="yes").accepted
    assert rig.phase() is Phase.PERMITTED


def test_an_ordered_failback_needs_no_window() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    assert rig.order(OrderKind.FAILBACK, id="back").accepted
    assert rig.phase() is Phase.PERMITTED
    opens(rig)
    closes(rig)
    assert rig.phase() is Phase.PERMITTED


def test_a_window_means_nothing_to_a_group_that_is_asked() -> None:
    rig = away(failback=FailbackConfig(mode=FailbackMode.MANUAL, hold_ns=HOLD_MS * MS))
    rig.wait(HOLD_MS)
    opens(rig)
    rig.wait(60_000)
    assert rig.g.plan is None


def test_the_active_in_trouble_is_failed_over_and_not_failed_back() -> None:
    rig = away()
    rig.wait(HOLD_MS)
    rig.dies("b", Liveness.FROZEN)
    opens(rig)
    assert rig.g.plan is None
    rig.wait(40)
    assert (rig.plan.kind, rig.plan.automatic) == (TransferKind.FAILOVER, True)


def _state(name: str, rule: MachineRule) -> MachineStateConfig:
    when = Compare(tag="permit", op=Comparison.EQ, value=1, for_ns=0)
    return MachineStateConfig(name=name, when=when, switchover=rule, failover=rule, after_fence=None)


@pytest.mark.parametrize("ordered", [True, False], ids=["ordered", "scheduled"])
def test_one_that_waits_for_the_machine_after_its_claim_goes_on_by_the_word_that_it_had(ordered: bool) -> None:
    go, wait = MachineRule(does=Conduct.GO), MachineRule(does=Conduct.WAIT, limit_ns=60_000 * MS)
    machine = MachineConfig(
        states=(_state("RUN", go), _state("LIFT", wait)), unknown=_state("UNKNOWN", MachineRule(does=Conduct.STAY))
    )
    rig = following(group_config(failback=SCHEDULED, machine=machine))
    rig.tell(MachineJudged(state=0))
    rig.order(OrderKind.SWITCHOVER, "b", id="away")
    take_on(rig, Phase.OUTPUT_VERIFIED)
    rig.swapped()
    rig.node("b", role=Role.ACTIVE)
    rig.node("a", role=Role.STANDBY)
    rig.wait(HOLD_MS)
    if ordered:
        assert rig.order(OrderKind.FAILBACK, id="back").accepted
    else:
        opens(rig)
    assert rig.phase() is Phase.PERMITTED
    claim = rig.would_store()
    rig.tell(MachineJudged(state=1))
    rig.ends(Outcome.DONE, claim)
    assert rig.g.halted is None
    assert (rig.phase(), rig.plan.confirmed) == (Phase.REQUESTED, True)
    rig.tell(MachineJudged(state=0))
    assert rig.phase() is Phase.PERMITTED
