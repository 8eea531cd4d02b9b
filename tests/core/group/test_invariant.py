"""Every predicate fires: a good step is taken, one thing in it is made wrong, and the rule is named."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from otha.core.conditions import MachineConfig, MachineRule, MachineStateConfig
from otha.core.config import GroupConfig
from otha.core.effects import Action, Safe
from otha.core.errors import InvariantBreachError
from otha.core.group import invariant
from otha.core.group.state import Cause, GroupState, Shared, StoreView
from otha.core.group.turn import Decision
from otha.core.words import (
    Arming,
    Authority,
    Conduct,
    Course,
    Durability,
    Fencing,
    GateState,
    Liveness,
    Milestone,
    Phase,
    RpoMiss,
    TransferKind,
    Verdict,
)
from tests.core.build import MS, record
from tests.core.rig import Rig, following, switching


class Step:
    """One step that was taken, to be changed and checked again."""

    def __init__(self, rig: Rig, before: GroupState) -> None:
        assert rig.last is not None
        self.cfg: GroupConfig = rig.cfg
        self.shared: Shared = rig.shared
        self.before = before
        self.decision: Decision = rig.last
        self.now = rig.now

    @property
    def g(self) -> GroupState:
        return self.decision.state

    @property
    def do(self) -> Any:
        return self.decision.effects[0].do

    def state(self, **changes: Any) -> "Step":
        self.decision = replace(self.decision, state=replace(self.g, **changes))
        return self

    def gate(self, **changes: Any) -> "Step":
        self.state(gate=replace(self.g.gate, **changes))
        return self

    def plan(self, **changes: Any) -> "Step":
        assert self.g.plan is not None
        self.state(plan=replace(self.g.plan, **changes))
        return self

    def record(self, **changes: Any) -> "Step":
        assert self.g.record is not None
        self.state(record=replace(self.g.record, **changes))
        return self

    def node(self, index: int, **changes: Any) -> "Step":
        nodes = list(self.g.nodes)
        nodes[index] = replace(nodes[index], **changes)
        self.state(nodes=tuple(nodes))
        return self

    def config(self, **changes: Any) -> "Step":
        self.cfg = replace(self.cfg, **changes)
        return self

    def needs(self, durability: Durability) -> "Step":
        self.decision = replace(self.decision, effects=(replace(self.decision.effects[0], needs=durability),))
        return self

    def asks(self, do: Action) -> "Step":
        self.decision = replace(self.decision, effects=(replace(self.decision.effects[0], do=do),))
        return self

    def had(self, **changes: Any) -> "Step":
        self.before = replace(self.before, **changes)
        return self

    def sharing(self, **changes: Any) -> "Step":
        self.shared = replace(self.shared, **changes)
        return self

    def decides(self, **changes: Any) -> "Step":
        self.decision = replace(self.decision, **changes)
        return self

    def check(self) -> None:
        invariant.check(self.cfg, self.shared, self.before, self.decision, self.now)


def entering(phase: Phase) -> Step:
    """The step in which a switchover enters `phase`; its one effect is that phase's."""
    rig = switching(phase)
    return Step(rig, rig.before)


def claiming() -> Step:
    return entering(Phase.PERMITTED)


def revoking() -> Step:
    return entering(Phase.CLAIMED)


def granting() -> Step:
    return entering(Phase.FENCED)


def releasing() -> Step:
    return entering(Phase.TRACKED)


def marking() -> Step:
    return entering(Phase.OUTPUT_VERIFIED)


def voiding() -> Step:
    rig = switching(Phase.CLAIMED)
    before = rig.g
    rig.condition(Verdict.FALSE)
    return Step(rig, before)


def returning() -> Step:
    rig = switching(Phase.FENCED)
    before = rig.g
    rig.dies("b")
    return Step(rig, before)


def going_safe() -> Step:
    rig = following()
    rig.dies("b")
    rig.gate(state=GateState.HELD, owner_fresh=False, driven=False, hold_no=2, hold_until=rig.now + 10_000 * MS)
    rig.dies("a")
    before = rig.g
    rig.wait(7_500)
    return Step(rig, before)


def failing_over() -> Step:
    rig = following()
    rig.dies("a", Liveness.FROZEN)
    before = rig.g
    rig.wait(40)
    return Step(rig, before)


GOOD: list[Callable[[], Step]] = [
    claiming,
    revoking,
    granting,
    releasing,
    marking,
    voiding,
    returning,
    going_safe,
    failing_over,
]


@pytest.mark.parametrize("make", GOOD)
def test_a_good_step_breaks_no_rule(make: Callable[[], Step]) -> None:
    step = make()
    assert len(step.decision.effects) == 1
    step.check()


BREACHES: list[tuple[str, Callable[[], Step], Callable[[Step], object]]] = [
    # GRANT and RELEASE
    ("S11", granting, lambda s: s.needs(Durability.RECORD)),
    ("S11", releasing, lambda s: s.needs(Durability.NOW)),
    ("S9", granting, lambda s: s.state(plan=None)),
    ("S9", granting, lambda s: s.state(record=None)),
    ("S9", granting, lambda s: s.record(milestone=Milestone.DONE)),
    ("S9", granting, lambda s: s.record(epoch=4)),
    ("S2", granting, lambda s: s.asks(replace(s.do, epoch=4))),
    ("S1", granting, lambda s: s.gate(seen=False)),
    ("S1", granting, lambda s: s.gate(boot=10)),
    ("S1", granting, lambda s: s.gate(state=GateState.OWNED)),
    ("S1", releasing, lambda s: s.gate(state=GateState.OWNED)),
    ("S3", granting, lambda s: s.node(1, liveness=Liveness.DEAD)),
    ("S3", granting, lambda s: s.node(1, liveness=Liveness.UNKNOWN)),
    ("S3", granting, lambda s: s.asks(replace(s.do, node="z"))),
    ("S6", granting, lambda s: s.gate(permit=False)),
    ("S6", granting, lambda s: s.state(conditions=(Verdict.STALE, Verdict.TRUE))),
    ("S6", releasing, lambda s: s.state(conditions=(Verdict.FALSE, Verdict.TRUE))),
    ("S5", granting, lambda s: s.node(1, in_rpo=Verdict.UNKNOWN)),
    ("S5", releasing, lambda s: s.node(1, in_rpo=Verdict.FALSE)),
    ("S5", granting, lambda s: s.config(on_rpo_miss=RpoMiss.ASK).node(1, in_rpo=Verdict.FALSE)),
    ("S13", granting, lambda s: s.node(1, one_shots=("flush",))),
    ("S2", granting, lambda s: s.gate(granted=2)),
    ("S2", granting, lambda s: s.gate(epoch=3)),
    ("S3", granting, lambda s: s.gate(epoch=1)),
    ("S3", granting, lambda s: s.gate(owner="a")),
    ("S3", releasing, lambda s: s.gate(owner="a")),
    ("S3", releasing, lambda s: s.gate(epoch=3)),
    ("S13", releasing, lambda s: s.gate(shadow=Verdict.STALE)),
    # Going back
    ("S3", returning, lambda s: s.plan(from_node="c")),
    ("S6", returning, lambda s: s.gate(return_permit=False)),
    # REVOKE
    ("S11", revoking, lambda s: s.needs(Durability.NOW)),
    ("S9", revoking, lambda s: s.state(plan=None)),
    ("S9", revoking, lambda s: s.record(milestone=Milestone.DONE)),
    ("S9", revoking, lambda s: s.record(epoch=4)),
    ("S9", revoking, lambda s: s.state(store=StoreView.UNREAD)),
    ("S10", revoking, lambda s: s.sharing(tilted=True)),
    ("S6", revoking, lambda s: s.state(conditions=(Verdict.BAD, Verdict.TRUE))),
    ("S8", revoking, lambda s: s.plan(automatic=True, cause=Cause.DEAD).sharing(isolated=True)),
    ("S3", revoking, lambda s: s.plan(automatic=True, cause=Cause.DEAD).config(fencing=Fencing.NONE)),
    ("arming", revoking, lambda s: s.plan(automatic=True, cause=Cause.DEAD).state(arming=Arming.ADVISE)),
    # The record
    ("S2", claiming, lambda s: s.asks(replace(s.do, expect="r0"))),
    ("S2", claiming, lambda s: s.asks(replace(s.do, record=replace(s.do.record, epoch=0)))),
    ("S2", claiming, lambda s: s.state(record=None)),
    ("S9", claiming, lambda s: s.state(store=StoreView.UNKNOWN).had(store=StoreView.UNKNOWN)),
    ("S3", marking, lambda s: s.asks(replace(s.do, record=replace(s.do.record, active="a")))),
    ("S3", marking, lambda s: s.gate(epoch=7)),
    ("S3", marking, lambda s: s.gate(state=GateState.HELD).plan(phase=Phase.RELEASED)),
    # VOID and SAFE
    ("S11", voiding, lambda s: s.needs(Durability.NOW)),
    ("S2", voiding, lambda s: s.asks(replace(s.do, epoch=4))),
    ("S1", voiding, lambda s: s.asks(replace(s.do, node="b"))),
    ("L2", going_safe, lambda s: s.asks(Safe(epoch=1, hold_no=1))),
    ("L2", going_safe, lambda s: s.asks(Safe(epoch=0, hold_no=2))),
    ("L2", going_safe, lambda s: s.gate(seen=False)),
    ("L2", going_safe, lambda s: s.gate(state=GateState.OWNED)),
    # Who may command at all
    ("arming", granting, lambda s: s.state(arming=Arming.OBSERVE)),
    ("authority", granting, lambda s: s.config(authority=Authority.NATIVE)),
    # The whole step
    ("S2", claiming, lambda s: s.had(record=record(9))),
    ("S7", failing_over, lambda s: s.plan(cause=Cause.DEAD).state(holdoff_until=s.now + 1)),
    ("S7", failing_over, lambda s: s.plan(cause=Cause.DEAD).state(recent=(s.now + 1,) * 3)),
    ("S9", revoking, lambda s: s.record(epoch=2).decides(effects=())),
    ("L2", claiming, lambda s: s.decides(wake=s.now)),
    ("L2", granting, lambda s: s.state(uncontrolled=False, uncontrolled_until=None)),
    ("L2", claiming, lambda s: s.state(uncontrolled=True).plan(phase=Phase.REQUESTED).decides(effects=())),
]


@pytest.mark.parametrize(("rule", "make", "spoil"), BREACHES)
def test_a_spoiled_step_is_refused_by_its_rule(
    rule: str, make: Callable[[], Step], spoil: Callable[[Step], object]
) -> None:
    step = make()
    spoil(step)
    with pytest.raises(InvariantBreachError) as breach:
        step.check()
    assert breach.value.rule == rule


def test_a_hold_off_and_a_window_that_end_now_break_no_rule() -> None:
    step = failing_over().plan(cause=Cause.DEAD)
    step.state(holdoff_until=step.now, recent=(step.now,) * 3).check()


@pytest.mark.parametrize("changes", [{"arming": Arming.ADVISE}, {"halted": "S1"}, {"uncontrolled_until": 9}])
def test_a_hold_needs_no_limit_where_nothing_may_be_done_about_it(changes: dict[str, Any]) -> None:
    step = granting().state(uncontrolled=False, uncontrolled_until=None)
    step.state(**changes).check()


def test_a_hold_needs_no_limit_in_tilt_or_out_of_sight() -> None:
    step = granting().state(uncontrolled=False, uncontrolled_until=None)
    step.sharing(tilted=True).check()
    step.sharing(tilted=False).decides(effects=()).gate(seen=False).check()


def test_one_more_move_on_positive_evidence_breaks_no_rule() -> None:
    step = failing_over()
    step.state(holdoff_until=step.now + 1, recent=(step.now + 1,) * 3).check()


STAY, GO, ASK = (MachineRule(does=does) for does in (Conduct.STAY, Conduct.GO, Conduct.ASK))
THEN_ASK, THEN_STAY = (MachineRule(does=Conduct.WAIT, limit_ns=MS, then=does) for does in (Conduct.ASK, Conduct.STAY))


def in_machine_state(step: Step, index: int, *, switchover: MachineRule = STAY, failover: MachineRule = STAY) -> Step:
    """The step in a machine of two states; rules for the present one alone, in the others nothing goes."""
    stays = MachineStateConfig(name="rest", when=None, switchover=STAY, failover=STAY, after_fence=None)
    present = replace(stays, switchover=switchover, failover=failover)
    states = tuple(present if at == index else stays for at in range(2))
    step.config(machine=MachineConfig(states=states, unknown=present if index < 0 else stays))
    return step.state(machine=index)


@pytest.mark.parametrize("index", [-1, 0, 1])
@pytest.mark.parametrize(
    ("rule", "plan", "allowed"),
    [
        (GO, {}, True),
        (STAY, {}, False),
        (ASK, {"confirmed_in": 0}, True),
        (ASK, {"confirmed_in": None}, False),
        (ASK, {"confirmed_in": 1}, False),
        (ASK, {"confirmed_in": 0, "confirmed": False}, False),
        (THEN_ASK, {"confirmed_in": 0, "waited_out": True}, True),
        (THEN_ASK, {"confirmed_in": 0, "waited_out": False}, False),
        (THEN_STAY, {"confirmed_in": 0, "waited_out": True}, False),
    ],
)
@pytest.mark.parametrize("kind", [TransferKind.SWITCHOVER, TransferKind.FAILOVER])
@pytest.mark.parametrize("make", [claiming, revoking, granting])
def test_a_fence_and_a_promotion_need_a_machine_state_that_allows_them(
    make: Callable[[], Step], kind: TransferKind, rule: MachineRule, plan: dict[str, Any], allowed: bool, index: int
) -> None:
    """`confirmed_in` 0 of a row stands for the present state, 1 for another one."""
    confirmed_in = plan.get("confirmed_in")
    step = make().plan(kind=kind, **{**plan, "confirmed_in": None if confirmed_in is None else index + confirmed_in})
    is_failover = kind is TransferKind.FAILOVER
    in_machine_state(step, index, **{"failover" if is_failover else "switchover": rule})
    if allowed:
        step.check()
        return
    with pytest.raises(InvariantBreachError) as breach:
        step.check()
    assert breach.value.rule == "machine state"


def test_a_fence_taken_up_after_a_restart_breaks_no_rule_in_tilt_or_any_machine_state() -> None:
    step = in_machine_state(revoking(), 0).had(plan=None).plan(cause=None)
    step.sharing(tilted=True).check()


def test_a_fence_that_goes_on_from_an_earlier_hold_breaks_no_rule_in_tilt() -> None:
    step = revoking()
    step.plan(continued=True).sharing(tilted=True).check()


def test_an_accepted_lag_breaks_no_rule() -> None:
    granting().node(1, in_rpo=Verdict.FALSE).config(on_rpo_miss=RpoMiss.DEGRADE).check()
    granting().node(1, in_rpo=Verdict.FALSE).config(rpo_ns=None).check()
    granting().node(1, in_rpo=Verdict.FALSE).config(on_rpo_miss=RpoMiss.ASK).plan(lag_confirmed=True).check()


def test_the_return_needs_no_interlock_and_no_sync() -> None:
    step = returning()
    step.state(conditions=(Verdict.FALSE, Verdict.FALSE)).node(0, in_rpo=Verdict.UNKNOWN).check()
    assert step.g.plan is not None
    assert step.g.plan.course is Course.RETURN
