"""Which conditions of a group need an operator, derived from its state alone.

A completed transfer that needs no response is an event, not an alarm (ISA-18.2). What becomes of a condition
(delays, acknowledgement, latching, flags) is `alarm_machine`'s; how each alarm is rationalised stands in `alarm_list`.
"""

from dataclasses import dataclass

from otha.core.config import GroupConfig
from otha.core.group import guard, native, safe_errand
from otha.core.group.state import GroupState, Shared
from otha.core.words import AlarmCode, Authority, Course, GateState, GroupKind, Liveness, Phase, Role, Standing, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One standing alarm condition and the detail a person needs."""

    code: str
    detail: str


def _nobody_moves(g: GroupState) -> bool:
    """No transfer is about to put an owner in charge: there is none, or it only waits, or its SAFE failed so far."""
    plan = g.plan
    return plan is None or plan.phase is Phase.REQUESTED or (plan.course is Course.SAFE and plan.waiting)


def _of_gate(cfg: GroupConfig, g: GroupState) -> list[Alarm]:
    gate, section = g.gate, cfg.section
    if cfg.kind is not GroupKind.DRIVER:
        return []
    if not gate.seen:
        return [Alarm(code=AlarmCode.GATE_UNSEEN, detail=section)] if g.settle_until is None else []
    if gate.state is GateState.HELD and _nobody_moves(g):
        found = [Alarm(code=AlarmCode.SECTION_HELD, detail=section)]
        if gate.used_up:
            found.append(Alarm(code=AlarmCode.RESUMES_USED_UP, detail=f"{gate.owner} at {section}"))
        return found
    if gate.state is GateState.SAFE:
        return [Alarm(code=AlarmCode.SECTION_SAFE, detail=section)]
    return []


def _unvouched(cfg: GroupConfig, shared: Shared, g: GroupState) -> bool:
    """Nobody vouches for the outputs: the active node is dead, and no path leads to the gate that would tell. Of an
    observer that is isolated it is known already that it sees nothing."""
    if cfg.kind is not GroupKind.DRIVER or g.gate.seen or g.plan is not None or g.settle_until is not None:
        return False
    if shared.isolated:
        return False
    active = guard.node_view(cfg, g, g.record.active if g.record is not None else None)
    return active is not None and active.liveness is Liveness.DEAD


def _of_clients(cfg: GroupConfig, g: GroupState) -> list[Alarm]:
    """Clients that can't be redirected, and a store with a gap. A plan judges both itself."""
    if g.plan is not None or g.settle_until is not None:
        return []
    found = [Alarm(code=AlarmCode.SELECTOR_UNSEEN, detail=b.detail) for b in guard.selectors(cfg, g)]
    active = guard.node_view(cfg, g, g.record.active if g.record is not None else None)
    if cfg.kind is GroupKind.STORE and active is not None and active.whole is Verdict.FALSE and g.calm_until is None:
        found.append(Alarm(code=AlarmCode.ROWS_MISSING, detail=cfg.name))
    return found


def _of_roles(cfg: GroupConfig, g: GroupState) -> list[Alarm]:
    if cfg.authority is Authority.NATIVE:
        claiming = native.claiming(cfg, g)
    else:
        claiming = [n.name for n, view in zip(cfg.nodes, g.nodes, strict=True) if view.role is Role.ACTIVE]
    if g.plan is not None or g.calm_until is not None:
        return []
    if len(claiming) > 1:
        return [Alarm(code=AlarmCode.TWO_CLAIM_ACTIVE, detail=", ".join(claiming))]
    active = g.record.active if g.record is not None else None
    if claiming and active is not None and claiming != [active]:
        return [Alarm(code=AlarmCode.ROLE_DISAGREES, detail=f"{claiming[0]}, not {active}")]
    return []


def standing(cfg: GroupConfig, shared: Shared, g: GroupState) -> tuple[Alarm, ...]:
    """The alarm conditions that hold now, in a fixed order."""
    found: list[Alarm] = []
    if g.halted is not None:
        found.append(Alarm(code=AlarmCode.HALTED, detail=g.halted))
    unverified = safe_errand.unverified(g)
    if g.standing is Standing.NEEDS_OPERATOR and g.plan is None and g.concern is not None:
        found.append(Alarm(code=AlarmCode.NEEDS_OPERATOR, detail=g.concern.block.code))
    elif g.unverified or _unvouched(cfg, shared, g):
        unverified = True
    if unverified:
        found.append(Alarm(code=AlarmCode.NEEDS_OPERATOR, detail="unverified"))
    if g.unlisted:
        # Without the number: one that goes on from step to step is one alarm, and the journal tells each.
        tags = ", ".join(each.partition(" = ")[0] for each in g.unlisted.split(", "))
        found.append(Alarm(code=AlarmCode.MACHINE_UNLISTED, detail=tags))
    found += [Alarm(code=AlarmCode.BYPASSED, detail=each.item) for each in g.bypasses]
    active = g.record.active if g.record is not None else None
    if g.standing is Standing.FOLLOWING and g.plan is None:
        others = [node.name for node in cfg.nodes if node.name != active]
        if g.calm_until is None and all(guard.able(cfg, g, name) or guard.sync(cfg, g, name) for name in others):
            found.append(Alarm(code=AlarmCode.REDUNDANCY_LOST, detail=cfg.name))
        if g.suspicion is not None and g.confirm_at is None and g.told:
            found.append(Alarm(code=AlarmCode.ACTIVE_SUSPECT, detail=f"{active} {g.suspicion.value}"))
    found += _of_gate(cfg, g) + _of_clients(cfg, g) + _of_roles(cfg, g)
    return tuple(found)
