"""Why the active node should not stay active: which evidence counts, and how long it must stand."""

from otha.core.config import GroupConfig
from otha.core.group.guard import HEALTHY_LEVEL, node_index
from otha.core.group.state import Cause, GroupState, Shared
from otha.core.words import GateState, Liveness


def cause(cfg: GroupConfig, shared: Shared, g: GroupState) -> Cause | None:
    """The cause that stands against the active node now, None if there is none.

    S8: a fresh owner age at the gate vetoes DEAD, not FROZEN; an isolated observer proves nothing.
    S16: a Healthy active is never left because a peer scores higher.
    S18: stale data counts only if a peer sees its source fresh and nothing upstream is failed or moving.
    """
    active = g.record.active if g.record is not None else None
    index = node_index(cfg, active)
    if index is None:
        return None
    view, gate = g.nodes[index], g.gate
    drives = gate.seen and gate.owner == active and gate.owner_fresh
    peers = [other for at, other in enumerate(g.nodes) if at != index]
    match view.liveness:
        case Liveness.FROZEN:
            return Cause.FROZEN
        case Liveness.DEAD:
            return None if drives or shared.isolated else Cause.DEAD
        case Liveness.STALE_DATA:
            upstream_well = not any(group in shared.troubled for group in cfg.upstream)
            peer_fresh = any(peer.liveness is Liveness.ALIVE for peer in peers)
            return Cause.STALE_DATA if upstream_well and peer_fresh else None
        case Liveness.ALIVE:
            if gate.seen and gate.state is GateState.HELD and gate.owner == active and not gate.owner_fresh:
                return Cause.NOT_DRIVING
            better = any(
                peer.liveness is Liveness.ALIVE and peer.level >= view.level + cfg.timing.deadband_level
                for peer in peers
            )
            return Cause.DEGRADED if view.level < HEALTHY_LEVEL and better else None
        case Liveness.UNKNOWN:
            return None


def standing_time_ns(cfg: GroupConfig, why: Cause) -> int:
    """How long the cause must stand before it is acted on."""
    match why:
        case Cause.DEGRADED:
            return cfg.timing.deadband_ns
        case Cause.NOT_DRIVING:
            return cfg.timing.not_driving_ns
        case _:
            return cfg.timing.confirm_ns
