"""Rehearsals of a transfer on a target that the site file marks for them (rule S14).

A drill is carried out as the transfer that it rehearses: a drilled failover takes the fence first and asks for no
bumpless readiness, with every interlock judged. But nobody is in need: where the machine's state lets a failover go and
a switchover not, a drill of either stays. A real trouble is handled as ever.
"""

from otha.core.config import GroupConfig
from otha.core.group import guard, machine, suspicion
from otha.core.group.guard import HEALTHY_LEVEL
from otha.core.group.state import GroupState, Shared
from otha.core.reasons import Block, Blocker
from otha.core.words import Liveness, Standing, TransferKind


def _active(g: GroupState) -> str:
    return (g.record.active if g.record is not None else None) or ""


def _marked(cfg: GroupConfig) -> tuple[Blocker, ...]:
    return () if cfg.drills else (Blocker(block=Block.NOT_MARKED_FOR_DRILLS, detail=cfg.name),)


def _not_now(cfg: GroupConfig, g: GroupState, kind: TransferKind) -> tuple[Blocker, ...]:
    if kind is not TransferKind.FAILOVER:
        return ()
    return machine.forbids(cfg, g, TransferKind.SWITCHOVER, None, started=True)


def against(
    cfg: GroupConfig, shared: Shared, g: GroupState, *, is_drill: bool, kind: TransferKind
) -> tuple[Blocker, ...]:
    """What ends a drill from which nothing has left: its target is not marked, or the active needs a real failover."""
    if not is_drill:
        return ()
    found = _marked(cfg) + _not_now(cfg, g, kind)
    if suspicion.cause(cfg, shared, g) is not None:
        found += (Blocker(block=Block.ACTIVE_IN_TROUBLE, detail=_active(g)),)
    return found


def against_start(cfg: GroupConfig, shared: Shared, g: GroupState, kind: TransferKind) -> tuple[Blocker, ...]:
    """What stands against beginning a drill, beside the permits of the transfer: a rehearsal needs a plant that is well
    and nobody else's trouble."""
    found = _marked(cfg) + _not_now(cfg, g, kind)
    if g.standing is not Standing.FOLLOWING or g.unverified:
        found += (Blocker(block=Block.UNSETTLED, detail=g.concern.block.code if g.concern is not None else ""),)
    view = guard.node_view(cfg, g, _active(g))
    well = view is not None and view.liveness is Liveness.ALIVE and view.level >= HEALTHY_LEVEL
    if not well or g.suspicion is not None or suspicion.cause(cfg, shared, g) is not None:
        found += (Blocker(block=Block.ACTIVE_IN_TROUBLE, detail=_active(g)),)
    if g.holdoff_until is not None or g.recent:
        found += (Blocker(block=Block.UNACKNOWLEDGED, detail=""),)
    return found
