"""What stands against a transfer: the permits of rules S3 to S10, S13, S16 and S18, judged on every emission."""

from enum import Enum

from otha.core.conditions import ConditionConfig
from otha.core.config import GroupConfig
from otha.core.group import machine, self_fence
from otha.core.group.state import Cause, GroupState, NodeView, Shared, StoreView
from otha.core.reasons import Block, Blocker
from otha.core.words import (
    Arming,
    Authority,
    ConditionClass,
    Fencing,
    GateState,
    GroupKind,
    Liveness,
    Role,
    RpoMiss,
    TransferKind,
    Verdict,
)

HEALTHY_LEVEL = 200
LOWEST_ABLE_LEVEL = 2


class Stage(Enum):
    """How far a transfer is: what has gone out decides what is still judged."""

    START = "start"
    BEFORE_REVOKE = "before_revoke"
    AFTER_FENCE = "after_fence"


# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_ALIVE, _MAINTENANCE, _TRUE, _DRIVER = Liveness.ALIVE, Role.MAINTENANCE, Verdict.TRUE, GroupKind.DRIVER
_START, _AFTER_FENCE = Stage.START, Stage.AFTER_FENCE


def node_index(cfg: GroupConfig, name: str | None) -> int | None:
    """Where `name` stands in the group, None if it does not."""
    for index, node in enumerate(cfg.nodes):
        if node.name == name:
            return index
    return None


def node_view(cfg: GroupConfig, g: GroupState, name: str | None) -> NodeView | None:
    index = node_index(cfg, name)
    return None if index is None else g.nodes[index]


def able(cfg: GroupConfig, g: GroupState, name: str) -> tuple[Blocker, ...]:
    """What stands against `name` driving at all: life, maintenance, its own ServiceLevel."""
    index = node_index(cfg, name)
    if index is None:
        return (Blocker(block=Block.NO_SUCH_NODE, detail=name),)
    view = g.nodes[index]
    found = []
    if view.liveness is not _ALIVE:
        found.append(Blocker(block=Block.NODE_NOT_ABLE, detail=f"{name} is {view.liveness.value}"))
    elif view.level < LOWEST_ABLE_LEVEL:
        found.append(Blocker(block=Block.NODE_NOT_ABLE, detail=f"{name} has ServiceLevel {view.level}"))
    if g.maintenance[index] or view.role is _MAINTENANCE:
        found.append(Blocker(block=Block.IN_MAINTENANCE, detail=name))
    return tuple(found)


def sync(cfg: GroupConfig, g: GroupState, name: str) -> tuple[Blocker, ...]:
    """Rule S5: the standby's lag within the group's RPO; unknown is infinite."""
    view = node_view(cfg, g, name)
    if cfg.rpo_ns is None or view is None or view.in_rpo is _TRUE or cfg.on_rpo_miss is RpoMiss.DEGRADE:
        return ()
    return (Blocker(block=Block.SYNC_BEHIND, detail=f"{name} {view.in_rpo.value}"),)


def interlocks(cfg: GroupConfig, g: GroupState) -> tuple[Blocker, ...]:
    """Rule S6: every interlock TRUE, or bypassed; false, bad, stale and unknown alike stand against it."""
    return tuple(
        Blocker(
            block=Block.INTERLOCK,
            detail=f"{condition.name} ({'safety' if condition.klass is ConditionClass.SAFETY else 'process'}) "
            f"{verdict.value}",
        )
        for condition, verdict in zip(cfg.conditions, g.conditions, strict=True)
        if condition.interlock and verdict is not Verdict.TRUE and not bypassed(g, condition)
    )


def bypassed(g: GroupState, condition: ConditionConfig) -> bool:
    """Whether two persons took this interlock out for a while; never one of class `safety`."""
    may = condition.interlock and condition.klass is ConditionClass.PROCESS
    return may and any(each.item == condition.name for each in g.bypasses)


def passed_over(cfg: GroupConfig, g: GroupState) -> tuple[Blocker, ...]:
    """The interlocks that are not true and stand against nothing, because they are bypassed."""
    return tuple(
        Blocker(block=Block.INTERLOCK, detail=f"{condition.name} (process) {verdict.value}, bypassed")
        for condition, verdict in zip(cfg.conditions, g.conditions, strict=True)
        if verdict is not Verdict.TRUE and bypassed(g, condition)
    )


def permissives(cfg: GroupConfig, g: GroupState) -> tuple[Blocker, ...]:
    """What must hold for an ordered transfer to start."""
    return tuple(
        Blocker(block=Block.PERMISSIVE, detail=f"{condition.name} {verdict.value}")
        for condition, verdict in zip(cfg.conditions, g.conditions, strict=True)
        if not condition.interlock and verdict is not Verdict.TRUE
    )


def gate_permit(g: GroupState, node: str) -> tuple[Blocker, ...]:
    """Rule S6: the gate's own permit, evaluated in the controller's scan, decides. Going back needs the other one."""
    permitted = g.gate.return_permit if g.gate.last_driver == node else g.gate.permit
    return () if permitted else (Blocker(block=Block.GATE_PERMIT, detail=""),)


def promotion(cfg: GroupConfig, g: GroupState, node: str) -> tuple[Blocker, ...]:
    """What stands against letting `node` drive, at any stage (S5, S6). A gate permits owners, not ways to it."""
    permit = gate_permit(g, node) if cfg.kind is _DRIVER else ()
    return able(cfg, g, node) + sync(cfg, g, node) + one_shots(cfg, g, node) + interlocks(cfg, g) + permit


def one_shots(cfg: GroupConfig, g: GroupState, node: str) -> tuple[Blocker, ...]:
    """Rule S13: a command that acts once and is still to be carried out would be carried out by whoever takes over."""
    view = node_view(cfg, g, node)
    names = () if view is None else view.one_shots
    return tuple(Blocker(block=Block.ONE_SHOT_PENDING, detail=f"{node} {name}") for name in names)


def not_ready(node: str, view: NodeView, block: Block = Block.NOT_READY) -> tuple[Blocker, ...]:
    """Rule S13: each tracked tag by which a standby would not take over without a bump."""
    if not view.off:
        return (Blocker(block=block, detail=f"{node} tracked tags {view.ready.value}"),)
    return tuple(Blocker(block=block, detail=f"{node} {off}") for off in view.off)


def room(shared: Shared, g: GroupState, node: str) -> tuple[Blocker, ...]:
    """Whether `node` may be active in one more group; where it is active already, it need not."""
    if node not in shared.full or (g.record is not None and g.record.active == node):
        return ()
    return (Blocker(block=Block.NO_CAPACITY, detail=node),)


def selectors(cfg: GroupConfig, g: GroupState) -> tuple[Blocker, ...]:
    """Rule S1: a client out of sight may use either node. The critical ones must be seen, and one at least."""
    unseen = [s.name for s, view in zip(cfg.selectors, g.selectors, strict=True) if s.critical and not view.seen]
    if cfg.selectors and not any(view.seen for view in g.selectors):
        unseen = unseen or [s.name for s in cfg.selectors]
    return tuple(Blocker(block=Block.SELECTOR_UNSEEN, detail=name) for name in unseen)


def gate_in_sight(cfg: GroupConfig, g: GroupState) -> tuple[Blocker, ...]:
    """Rule S1: the gate is seen, is the one that the site file means, and no person has the section."""
    gate = g.gate
    if cfg.gate is None:
        return ()
    if not gate.seen:
        return (Blocker(block=Block.GATE_UNSEEN, detail=cfg.section),)
    if not gate.fits:
        return (Blocker(block=Block.GATE_MISMATCH, detail=cfg.section),)
    if gate.state in (GateState.SAFE, GateState.LOCAL):
        return (Blocker(block=Block.GATE_NOT_IN_OTHAS_HANDS, detail=gate.state.name),)
    return ()


def _target(cfg: GroupConfig, g: GroupState, now: int) -> tuple[Blocker, ...]:
    found = gate_in_sight(cfg, g)
    if found or cfg.kind is not GroupKind.DRIVER:
        return found + selectors(cfg, g)
    gate = g.gate
    if gate.state is GateState.HELD and gate.hold_until is not None:
        left_ns = gate.hold_until - now
        if left_ns < cfg.timing.transfer_bound_ns:
            return (Blocker(block=Block.HOLD_TOO_SHORT, detail=""),)
    return ()


def _observers(cfg: GroupConfig, shared: Shared, cause: Cause | None) -> tuple[Blocker, ...]:
    """Rule S8, for automatic transfers."""
    positive = cause is not None and cause.positive
    found = []
    if cfg.observers_needed > 1 and not positive:
        found.append(Blocker(block=Block.NOT_ENOUGH_OBSERVERS, detail=f"1 of {cfg.observers_needed}"))
    if shared.isolated and not positive:
        found.append(Blocker(block=Block.OBSERVER_ISOLATED, detail=""))
    return tuple(found)


def anti_flap(cfg: GroupConfig, g: GroupState, node: str, cause: Cause | None) -> tuple[Blocker, ...]:
    """Rule S7, for automatic transfers. One more move on positive evidence, to a node under no suspicion."""
    view = node_view(cfg, g, node)
    clean = view is not None and view.liveness is Liveness.ALIVE and view.level >= HEALTHY_LEVEL
    if cause is not None and cause.positive and clean and not g.extra_used:
        return ()
    found = []
    if g.holdoff_until is not None:
        found.append(Blocker(block=Block.HOLD_OFF, detail=""))
    if len(g.recent) >= cfg.timing.max_in_window:
        found.append(Blocker(block=Block.TOO_MANY, detail=f"{len(g.recent)} in the window"))
    return tuple(found)


def fence(cfg: GroupConfig) -> tuple[Blocker, ...]:
    """Rules S3 and S4, for automatic transfers: what the group's fence can honestly do."""
    match cfg.fencing:
        case Fencing.TOKEN_ENFORCED:
            return ()
        case Fencing.SELF_FENCE:
            return () if self_fence.counts(cfg.self_fence) else (Blocker(block=Block.SELF_FENCE_TOO_SLOW, detail=""),)
        case Fencing.NONE:
            return (Blocker(block=Block.NO_FENCE, detail="manual transfers only"),)


def against(
    cfg: GroupConfig,
    shared: Shared,
    g: GroupState,
    *,
    kind: TransferKind,
    to_node: str,
    cause: Cause | None,
    stage: Stage,
    now: int,
) -> tuple[Blocker, ...]:
    """Everything that stands against this transfer at this stage; empty when it may go on.

    An automatic transfer is one with a cause. Past FENCED only what makes the promotion itself wrong is judged.
    """
    forbidden = machine.forbids(cfg, g, kind, cause, started=stage is not _START)
    if stage is _AFTER_FENCE:
        return promotion(cfg, g, to_node) + forbidden
    found: list[Blocker] = []
    if cfg.authority is Authority.NATIVE:
        found.append(Blocker(block=Block.NATIVE_AUTHORITY, detail=""))
    if g.arming is Arming.OBSERVE or (g.arming is Arming.ADVISE and cause is not None):
        found.append(Blocker(block=Block.NOT_ARMED, detail=g.arming.value))
    if g.store is not StoreView.KNOWN and cfg.authority is Authority.OTHA:
        found.append(Blocker(block=Block.STORE_SILENT, detail=""))
    if shared.tilted:
        found.append(Blocker(block=Block.TILT, detail=""))
    found += _target(cfg, g, now)
    found += promotion(cfg, g, to_node)
    found += forbidden
    if stage is _START:
        if g.safe_for is not None:
            found.append(Blocker(block=Block.SAFE_ORDERED, detail=""))
        if cause is not None and cause is g.declined:
            found.append(Blocker(block=Block.DECLINED, detail=cause.value))
        # A transfer under way has its place already.
        found += room(shared, g, to_node)
    if cause is not None:
        found += _observers(cfg, shared, cause) + fence(cfg)
        if stage is Stage.START:
            found += anti_flap(cfg, g, to_node, cause)
    if kind is not TransferKind.FAILOVER:
        found += permissives(cfg, g)
    if kind is TransferKind.SWITCHOVER:
        view = node_view(cfg, g, to_node)
        driving = (
            g.record is not None and g.gate.state in (GateState.OWNED, GateState.HELD) and g.gate.owner is not None
        )
        if driving and view is not None and view.ready is not Verdict.TRUE:
            found += not_ready(to_node, view)
    return tuple(found)


def claimant_besides(cfg: GroupConfig, g: GroupState, node: str | None) -> str | None:
    """A node other than `node` that says that it is the active one, and is able to obey if it is told otherwise."""
    for other, view in zip(cfg.nodes, g.nodes, strict=True):
        if other.name != node and view.role is Role.ACTIVE and view.liveness in (Liveness.ALIVE, Liveness.STALE_DATA):
            return other.name
    return None


def best_standby(cfg: GroupConfig, shared: Shared, g: GroupState, *, besides: tuple[str | None, ...]) -> str | None:
    """The best eligible node: one that has nothing to replay, then healthy before degraded, then by priority. None when
    there is none."""
    candidates = [
        (bool(view.one_shots), view.level < HEALTHY_LEVEL, node.priority, index)
        for index, (node, view) in enumerate(zip(cfg.nodes, g.nodes, strict=True))
        if node.name not in besides
        and not able(cfg, g, node.name)
        and not sync(cfg, g, node.name)
        and not room(shared, g, node.name)
    ]
    return cfg.nodes[min(candidates)[3]].name if candidates else None
