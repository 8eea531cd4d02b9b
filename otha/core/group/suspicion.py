"""Why the active node should not stay active: which evidence counts, and how long it must stand."""

from otha.core.config import GroupConfig
from otha.core.group.guard import HEALTHY_LEVEL, node_index
from otha.core.group.state import Cause, GroupState, Shared
from otha.core.reasons import Block, Blocker
from otha.core.words import GateState, GroupKind, Liveness

# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_ALIVE, _DEAD, _STALE_DATA = Liveness.ALIVE, Liveness.DEAD, Liveness.STALE_DATA
_HELD, _PATH = GateState.HELD, GroupKind.PATH


def _active_index(cfg: GroupConfig, g: GroupState) -> int | None:
    return node_index(cfg, g.record.active if g.record is not None else None)


def vetoes(cfg: GroupConfig, shared: Shared, g: GroupState) -> tuple[Blocker, ...]:
    """Why silence or stale data does not count against the active node.

    S8: a fresh owner age at the gate vetoes DEAD, not FROZEN; an isolated observer proves nothing. A way to the gate
    lives while anybody's frames come through.
    S18: stale data counts only if a peer sees its source fresh and nothing upstream is failed or moving; nor is an
    owner that answers left because its frames do not come, while what carries them is failed or moving.
    """
    index = _active_index(cfg, g)
    if index is None:
        return ()
    name, view, gate = cfg.nodes[index].name, g.nodes[index], g.gate
    found = []
    if view.liveness is _DEAD:
        carries = cfg.kind is _PATH and gate.owner is not None
        if gate.seen and (gate.owner == name or carries) and gate.owner_fresh:
            found.append(Blocker(block=Block.OWNER_FRESH_AT_GATE, detail=name))
        if shared.isolated:
            found.append(Blocker(block=Block.OBSERVER_ISOLATED, detail=""))
    upstream = [Blocker(block=Block.UPSTREAM, detail=group) for group in cfg.upstream if group in shared.troubled]
    if view.liveness is _ALIVE and gate.seen and gate.state is _HELD and gate.owner == name:
        found += upstream
    if view.liveness is _STALE_DATA:
        found += upstream
        if not any(peer.liveness is Liveness.ALIVE for at, peer in enumerate(g.nodes) if at != index):
            found.append(Blocker(block=Block.UPSTREAM, detail="no peer sees the source fresh"))
    return tuple(found)


def cause(cfg: GroupConfig, shared: Shared, g: GroupState) -> Cause | None:
    """The cause that stands against the active node now, None if there is none or it is vetoed."""
    return None if vetoes(cfg, shared, g) else unvetoed(cfg, g)


def unvetoed(cfg: GroupConfig, g: GroupState) -> Cause | None:
    """The cause against an active node for which nothing speaks.

    S16: a Healthy active is never left because a peer scores higher.
    """
    index = _active_index(cfg, g)
    if index is None:
        return None
    view, gate = g.nodes[index], g.gate
    match view.liveness:
        case Liveness.ALIVE:
            if gate.seen and gate.state is _HELD and gate.owner == cfg.nodes[index].name:
                # Fresh frames that are not let through drive nothing either: the gate's resumes may be used up.
                return Cause.HELD_BACK if gate.owner_fresh else Cause.NOT_DRIVING
            if view.level >= HEALTHY_LEVEL:
                return None
            better = any(
                peer.liveness is _ALIVE and peer.level > view.level + cfg.timing.deadband_level
                for at, peer in enumerate(g.nodes)
                if at != index
            )
            return Cause.DEGRADED if better else None
        case Liveness.FROZEN:
            return Cause.FROZEN
        case Liveness.DEAD:
            return Cause.DEAD
        case Liveness.STALE_DATA:
            return Cause.STALE_DATA
        case Liveness.UNKNOWN:
            return None


def standing_time_ns(cfg: GroupConfig, why: Cause) -> int:
    """How long the cause must stand before it is acted on."""
    match why:
        case Cause.DEGRADED:
            return cfg.timing.deadband_ns
        case Cause.NOT_DRIVING | Cause.HELD_BACK:
            return cfg.timing.not_driving_ns
        case _:
            return cfg.timing.confirm_ns
