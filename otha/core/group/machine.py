"""What the state of the machine behind a group allows: to go, to wait for the end of a phase, to ask a person.

A transfer waits before its claim only, in REQUESTED. Until a REVOKE may have left, the state is judged again before
everything that leaves; after that a state that does not allow the transfer turns it aside, as an interlock does. The
controller's own permit decides in its scan: its program drops it in every phase that forbids a takeover, which closes
the time between OTHA's reading and the GRANT. So where a phase may be waited for, a missing permit is waited for too:
it may tell of a phase that the tags do not show yet.
"""

from typing import assert_never

from otha.core.conditions import MachineRule, MachineStateConfig
from otha.core.config import GroupConfig
from otha.core.group.state import Cause, GroupState
from otha.core.reasons import Block, Blocker
from otha.core.words import AfterFence, Conduct, GateState, GroupKind, TransferKind

# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_GO = Conduct.GO


def rule(state: MachineStateConfig, kind: TransferKind) -> MachineRule:
    """What the state says about this kind of transfer. A failback is planned, as a switchover is."""
    match kind:
        case TransferKind.SWITCHOVER | TransferKind.FAILBACK:
            return state.switchover
        case TransferKind.FAILOVER:
            return state.failover
        case never:
            assert_never(never)


def lets_any_go(state: MachineStateConfig) -> bool:
    """Whether some kind of transfer may take place in that state at once. Where none may, the controller's program
    drops its permit."""
    return Conduct.GO in (state.switchover.does, state.failover.does)


def conduct(cfg: GroupConfig, g: GroupState, kind: TransferKind, cause: Cause | None) -> Conduct:
    """What a transfer of this kind does now: the state's rule, after what was waited and confirmed already."""
    if cfg.machine is None:
        return _GO
    said = rule(cfg.machine.state(g.machine), kind)
    does, plan = said.does, g.plan
    over = plan.waited_out if plan is not None else g.stays and cause is not None
    if does is Conduct.WAIT and over:
        does = said.then
    if does is Conduct.ASK and plan is not None and plan.confirmed and plan.confirmed_in == g.machine:
        return Conduct.GO
    # Only a held section can be sent to its safe state: who drives is not stopped by OTHA.
    if does is Conduct.SAFE and not (g.gate.seen and g.gate.state is GateState.HELD):
        return Conduct.STAY
    return does


def state_blocker(cfg: GroupConfig, g: GroupState) -> Blocker:
    name = cfg.machine.state(g.machine).name if cfg.machine is not None else ""
    return Blocker(block=Block.MACHINE_STATE, detail=name)


def forbids(
    cfg: GroupConfig, g: GroupState, kind: TransferKind, cause: Cause | None, *, started: bool
) -> tuple[Blocker, ...]:
    """The machine's state, where it stands against the transfer. One not yet `started` may still wait or ask."""
    does = conduct(cfg, g, kind, cause)
    allowed = does is _GO or (not started and does is not Conduct.STAY)
    return () if allowed else (state_blocker(cfg, g),)


def asks(cfg: GroupConfig, g: GroupState) -> bool:
    """Whether the transfer under way waits for a person because of the machine's state."""
    plan = g.plan
    return plan is not None and conduct(cfg, g, plan.kind, plan.cause) is Conduct.ASK


def after_fence(cfg: GroupConfig, g: GroupState) -> AfterFence:
    """What is tried first when a transfer can't go on after the fence, in the present state of the machine."""
    own = cfg.machine.state(g.machine).after_fence if cfg.machine is not None else None
    return own if own is not None else cfg.after_fence


def limit_ns(cfg: GroupConfig, kind: TransferKind) -> int:
    """All phases that this kind waits for, one after the other."""
    if cfg.machine is None:
        return 0
    rules = [rule(state, kind) for state in (*cfg.machine.states, cfg.machine.unknown)]
    return sum(each.limit_ns for each in rules if each.does is Conduct.WAIT)


def not_waitable(
    cfg: GroupConfig, g: GroupState, kind: TransferKind, cause: Cause | None, found: tuple[Blocker, ...]
) -> tuple[Blocker, ...]:
    """What of `found` no waiting for the machine lifts: all, but the gate's permit where phases are waited for."""
    over = g.plan.waited_out if g.plan is not None else g.stays and cause is not None
    if over or not limit_ns(cfg, kind):
        return found
    return tuple(blocker for blocker in found if blocker.block is not Block.GATE_PERMIT)


def permit_missing(found: tuple[Blocker, ...]) -> bool:
    """Whether the gate's permit is among what stands against a transfer."""
    return any(blocker.block is Block.GATE_PERMIT for blocker in found)


def waits(
    cfg: GroupConfig, g: GroupState, kind: TransferKind, cause: Cause | None, to_node: str
) -> tuple[Blocker, ...]:
    """What a transfer of this kind that nothing else stands against would wait for now: the machine's phase, a person
    because of it, or the gate's permit where phases are waited for."""
    found: tuple[Blocker, ...] = ()
    if conduct(cfg, g, kind, cause) in (Conduct.WAIT, Conduct.ASK):
        found += (state_blocker(cfg, g),)
    permitted = g.gate.return_permit if g.gate.last_driver == to_node else g.gate.permit
    if cfg.kind is GroupKind.DRIVER and limit_ns(cfg, kind) and not permitted:
        found += (Blocker(block=Block.GATE_PERMIT, detail=""),)
    return found
