"""One group's production step under test: events are told, the decisions are kept."""

from copy import copy
from dataclasses import replace
from typing import Any

from otha.core.config import GroupConfig
from otha.core.effects import Effect
from otha.core.group import question
from otha.core.group import step as group_step
from otha.core.group.event import ConditionJudged, Event, GateJudged, NodeJudged, SelectorJudged, SharedChanged
from otha.core.group.state import GateView, OrderAnswer, Plan, SelectorView, Shared
from otha.core.group.turn import Decision
from otha.core.inputs import DueReached, EffectEnded, OrderGiven, Record
from otha.core.reasons import Reason, Why
from otha.core.words import (
    Ending,
    GateState,
    Liveness,
    OrderKind,
    Outcome,
    Phase,
    Role,
    Verdict,
)
from tests.core.build import MS, alive, gate_view, group_config, order, record, silent


class Rig:
    """The group, the time, and what its last decision was."""

    def __init__(self, cfg: GroupConfig | None = None, now: int = 1_000 * MS) -> None:
        self.cfg = cfg if cfg is not None else group_config()
        self.shared = Shared()
        self.now = now
        self.g = group_step.start(self.cfg, now)
        self.before = self.g
        self.last: Decision | None = None
        self.reasons: list[Reason] = []
        self.effects: list[Effect] = []
        self.stored = 0

    # Telling

    def tell(self, event: Event) -> Decision:
        self.before = self.g
        decision = group_step.step(self.cfg, self.shared, self.g, event, self.now)
        self.g, self.last = decision.state, decision
        self.reasons += decision.reasons
        self.effects += decision.effects
        return decision

    def gate(self, **changes: Any) -> Decision:
        return self.tell(GateJudged(view=replace(self.g.gate, **changes)))

    def tell_gate(self, view: GateView) -> Decision:
        return self.tell(GateJudged(view=view))

    def node(self, name: str, **changes: Any) -> Decision:
        index = [node.name for node in self.cfg.nodes].index(name)
        return self.tell(NodeJudged(index=index, view=replace(self.g.nodes[index], **changes)))

    def dies(self, name: str, liveness: Liveness = Liveness.DEAD) -> Decision:
        index = [node.name for node in self.cfg.nodes].index(name)
        return self.tell(NodeJudged(index=index, view=silent(liveness)))

    def selector(self, node: str | None, epoch: int, index: int = 0) -> Decision:
        """A client says which node it uses."""
        return self.tell(SelectorJudged(index=index, view=SelectorView(seen=True, epoch=epoch, node=node)))

    def loses_sight(self, index: int = 0) -> Decision:
        """A client is not heard of any more."""
        return self.tell(SelectorJudged(index=index, view=replace(self.g.selectors[index], seen=False)))

    def condition(self, verdict: Verdict, index: int = 0) -> Decision:
        return self.tell(ConditionJudged(index=index, verdict=verdict))

    def share(self, **changes: Any) -> Decision:
        self.shared = replace(self.shared, **changes)
        return self.tell(SharedChanged())

    def order(self, kind: OrderKind, node: str | None = None, **changes: Any) -> OrderAnswer:
        if kind in (OrderKind.CONFIRM, OrderKind.REJECT) and "request" not in changes:
            changes["request"] = self.shown()
        answer = self.tell(OrderGiven(order=order(kind, node, **changes))).answer
        assert answer is not None
        return answer

    def ends(self, outcome: Outcome = Outcome.DONE, stored: Record | None = None) -> Decision:
        """The awaited effect ends: the transfer's own, else the errand."""
        plan = self.g.plan
        asked = plan.asked if plan is not None and plan.asked is not None else self.g.errand
        assert asked is not None, "nothing is awaited"
        return self.tell(EffectEnded(id=asked, outcome=outcome, record=stored))

    def swapped(self) -> Decision:
        """The awaited compare-and-swap is won."""
        return self.ends(Outcome.DONE, self.would_store())

    def would_store(self) -> Record:
        self.stored += 1
        do = self.effects[-1].do
        return replace(do.record, revision=f"s{self.stored}")  # type: ignore[union-attr]  # a SwapRecord

    def wait(self, ms: int) -> None:
        """Let time pass; the group is woken when it asked to be."""
        until = self.now + ms * MS
        while self.last is not None and self.last.wake is not None and self.last.wake <= until:
            self.now = self.last.wake
            self.tell(DueReached())
        self.now = until

    def wait_for_the_end(self, ms: int) -> None:
        """Let time pass until the transfer under way is over, at most so long."""
        serial, until = self.plan.serial, self.now + ms * MS
        while self.g.plan is not None and self.plan.serial == serial:
            wake = self.last.wake if self.last is not None else None
            if wake is None or wake > until:
                break
            self.now = wake
            self.tell(DueReached())

    def copy(self) -> "Rig":
        """Another rig that stands where this one does: what is told to it changes nothing here."""
        other = copy(self)
        other.reasons, other.effects = [*self.reasons], [*self.effects]
        return other

    # Looking

    def shown(self, what: str = "") -> int | None:
        """The number of the request that a person sees, of several the one that begins so."""
        seen = [each.number for each in question.waiting(self.cfg, self.g) if each.what.startswith(what)]
        return seen[0] if len(seen) == 1 else None

    @property
    def plan(self) -> Plan:
        assert self.g.plan is not None, "no transfer is under way"
        return self.g.plan

    def phase(self) -> Phase | None:
        """The phase of the transfer under way, None without one."""
        return self.g.plan.phase if self.g.plan is not None else None

    @property
    def asked(self) -> Any:
        """What the last decision asked, which was exactly one thing."""
        assert self.last is not None
        assert len(self.last.effects) == 1, self.last.effects
        return self.last.effects[0].do

    @property
    def asked_nothing(self) -> bool:
        return self.last is not None and not self.last.effects

    @property
    def ending(self) -> Ending | None:
        """How the newest transfer that ended did so."""
        ended = [Ending(reason.args[0]) for reason in self.reasons if reason.why is Why.ENDED]
        return ended[-1] if ended else None

    def said(self, why: Why) -> list[tuple[str | int, ...]]:
        """The arguments of every reason of this kind given so far."""
        return [reason.args for reason in self.reasons if reason.why is why]

    def blocked_by(self) -> list[str]:
        """The codes of all that was said to stand against a transfer."""
        return [str(args[1]) for args in self.said(Why.BLOCKED)]

    def forget(self) -> None:
        """Drop what was said and asked so far."""
        self.reasons, self.effects = [], []


def following(cfg: GroupConfig | None = None) -> Rig:
    """A group settled long ago: "a" drives under epoch 1, all is well."""
    rig = Rig(cfg)
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, record())
    rig.tell(GateJudged(view=gate_view()))
    for index in range(len(rig.cfg.nodes)):
        role = Role.ACTIVE if index == 0 else Role.STANDBY
        rig.tell(NodeJudged(index=index, view=alive(role)))
    for index in range(len(rig.cfg.conditions)):
        rig.condition(Verdict.TRUE, index)
    rig.g = replace(rig.g, calm_until=None)
    rig.forget()
    return rig


def held_by_watchdog(rig: Rig, owner: str = "a") -> None:
    """The owner's frames stopped: the gate holds its outputs and keeps owner and arm."""
    rig.gate(
        state=GateState.HELD,
        armed=True,
        owner_fresh=False,
        driven=False,
        hold_no=rig.g.gate.hold_no + 1,
        hold_until=rig.now + 10_000 * MS,
        owner=owner,
    )


def fenced(rig: Rig) -> None:
    """The gate shows the plan's REVOKE."""
    rig.gate(
        state=GateState.HELD,
        owner=None,
        owner_epoch=0,
        armed=False,
        owner_fresh=False,
        driven=False,
        epoch=rig.plan.epoch,
        hold_no=rig.g.gate.hold_no + 1,
        hold_until=rig.g.gate.hold_until or rig.now + 10_000 * MS,
    )


def granted(rig: Rig, node: str, epoch: int) -> None:
    """The gate shows a GRANT."""
    rig.gate(owner=node, owner_epoch=epoch, epoch=epoch, granted=epoch, armed=False, shadow=Verdict.UNKNOWN)


def driven(rig: Rig, node: str, epoch: int) -> None:
    """The gate shows that `node` drives and its frames go on coming."""
    rig.gate(
        state=GateState.OWNED,
        owner=node,
        owner_epoch=epoch,
        epoch=epoch,
        last_driver=node,
        armed=False,
        owner_fresh=True,
        driven=True,
        hold_until=None,
        shadow=Verdict.UNKNOWN,
    )


PHASES = (
    Phase.REQUESTED,
    Phase.PERMITTED,
    Phase.CLAIMED,
    Phase.FENCED,
    Phase.PROMOTED,
    Phase.TRACKED,
    Phase.RELEASED,
    Phase.OUTPUT_VERIFIED,
)


def take_on(rig: Rig, phase: Phase) -> Rig:
    """Carry the transfer under way from PERMITTED on to `phase`, each step by what is read back."""
    plan = rig.plan
    upto = PHASES.index(phase)
    if upto >= PHASES.index(Phase.CLAIMED):
        rig.swapped()
    if upto >= PHASES.index(Phase.FENCED):
        fenced(rig)
    if upto >= PHASES.index(Phase.PROMOTED):
        granted(rig, plan.to_node, plan.epoch)
    if upto >= PHASES.index(Phase.TRACKED):
        rig.gate(shadow=Verdict.TRUE)
    if upto >= PHASES.index(Phase.RELEASED):
        rig.gate(armed=True)
    if upto >= PHASES.index(Phase.OUTPUT_VERIFIED):
        driven(rig, plan.to_node, plan.epoch)
    assert rig.plan.phase is phase, rig.plan.phase
    return rig


def switching(phase: Phase, cfg: GroupConfig | None = None, to_node: str = "b") -> Rig:
    """An ordered switchover from "a" that stands in `phase`."""
    rig = following(cfg)
    assert rig.order(OrderKind.SWITCHOVER, to_node).accepted
    return take_on(rig, phase)


def failing_over(phase: Phase, cfg: GroupConfig | None = None) -> Rig:
    """A failover from a dead "a" that stands in `phase`."""
    rig = following(cfg)
    held_by_watchdog(rig)
    rig.dies("a")
    rig.wait(rig.cfg.timing.confirm_ns // MS)
    return take_on(rig, phase)
