"""One step in the making: the state as it is being decided, and what the decision will ask and say."""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from otha.core import canon
from otha.core.altered import altered, draft_of
from otha.core.config import GroupConfig
from otha.core.effects import Action, Backfill, Demote, Effect, ReadRecord, Revoke, Safe, Select, SwapRecord, Void
from otha.core.group.request import Preview
from otha.core.group.state import GroupState, OrderAnswer, Plan, Shared
from otha.core.inputs import EffectId
from otha.core.reasons import Blocker, Reason, Why
from otha.core.words import Durability


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one step decided. `wake`: when to step again if nothing else happens (None: never)."""

    group: str
    state: GroupState
    effects: tuple[Effect, ...]
    reasons: tuple[Reason, ...]
    answer: OrderAnswer | None
    wake: int | None

    def digest(self) -> bytes:
        """Sixteen bytes that two decisions share only if they are the same, state included (rule S15)."""
        return blake2b(canon.encode(self), digest_size=16).digest()


def durability(action: Action) -> Durability:
    """What must be durable before `action` may leave (rule S11)."""
    match action:
        case ReadRecord() | SwapRecord() | Safe() | Backfill():
            return Durability.NOW
        case Revoke() | Void() | Demote() | Select(node=None):
            return Durability.RECORD
        case _:
            return Durability.JOURNAL


@dataclass(slots=True)
class Turn:
    """Collects one decision. `g` becomes a draft of the turn's own with the first change, and is changed from then on:
    whoever needs what was before a `put` takes it before. Nothing leaves this object but what `state` freezes."""

    cfg: GroupConfig
    shared: Shared
    g: GroupState
    now: int
    effects: list[Effect] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    answer: OrderAnswer | None = None
    preview: Preview | None = None
    is_draft: bool = False

    def put(self, **changes: Any) -> None:  # Any: takes the fields of GroupState
        if not self.is_draft:
            for name, item in changes.items():
                if getattr(self.g, name) is not item:
                    break
            else:
                return
            # Of fifty fields: copied once in a step, however much it changes.
            self.g, self.is_draft = draft_of(self.g), True
        for name, item in changes.items():
            setattr(self.g, name, item)

    def state(self) -> GroupState:
        """The state as it was decided, frozen. Called once, at the end."""
        if self.is_draft:
            self.g.__class__ = GroupState
        return self.g

    @property
    def plan(self) -> Plan:
        """The transfer under way. Callers know that there is one."""
        plan = self.g.plan
        assert plan is not None
        return plan

    def put_plan(self, **changes: Any) -> None:  # Any: as `put`, for the fields of Plan
        self.put(plan=altered(self.plan, **changes))

    def say(self, why: Why, rule: str, *args: str | int) -> None:
        self.reasons.append(Reason(why=why, rule=rule, args=args))

    def say_blockers(self, why: Why, blockers: tuple[Blocker, ...], *args: str | int) -> None:
        for blocker in blockers:
            self.say(why, blocker.block.rule, *args, blocker.block.code, blocker.detail)

    def reached(self, deadline: int | None) -> bool:
        return deadline is not None and self.now >= deadline

    def due(self, bound_ns: int) -> int:
        """Until when a step with this bound is waited for: patiently, but in a hold never so long that what is left of
        it is too short for a way back."""
        timing, hold_until = self.cfg.timing, self.g.gate.hold_until
        patient = self.now + timing.patience * bound_ns
        if hold_until is None:
            return patient
        return max(self.now + bound_ns, min(patient, hold_until - timing.held_bound_ns))

    def ask(self, action: Action, within_ns: int) -> None:
        """Ask the effect of the plan's present phase, unless one is under way or a pause after a refusal runs."""
        plan = self.plan
        if plan.asked is not None or (plan.retry_at is not None and not self.reached(plan.retry_at)):
            return
        id_ = EffectId(
            group=self.cfg.name,
            epoch=plan.epoch,
            plan=plan.serial,
            phase=f"{plan.course.value}.{plan.phase.value}",
            attempt=plan.attempt,
        )
        self.effects.append(Effect(id=id_, do=action, needs=durability(action), within_ns=within_ns))
        self.put_plan(asked=id_, retry_at=None, attempt=plan.attempt + 1)

    def ask_errand(self, action: Action, name: str, within_ns: int) -> bool:
        """Ask an effect that belongs to no transfer (reading, adopting or raising the record; SAFE).

        False while another one is under way or a pause runs.
        """
        g = self.g
        if g.errand is not None or (g.errand_retry_at is not None and not self.reached(g.errand_retry_at)):
            return False
        id_ = EffectId(
            group=self.cfg.name,
            epoch=g.record.epoch if g.record is not None else 0,
            plan=0,
            phase=name,
            attempt=g.errand_attempt,
        )
        self.effects.append(Effect(id=id_, do=action, needs=durability(action), within_ns=within_ns))
        self.put(errand=id_, errand_retry_at=None, errand_attempt=g.errand_attempt + 1)
        return True
