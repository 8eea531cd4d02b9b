"""An owner that a gate takes no more by itself is released again, on a person's word alone.

A watchdog hold keeps owner and arm, and the gate ends it by itself at most `max_resumes` times in its window: frames
that stop so often are a fault that somebody must look at. A bare RELEASE would change nothing: the arm is kept, and
the gate can't tell it from a late repeat of the one that ended the last transfer, which must not end the hold. So
the section goes to the same node once more under a new epoch: REVOKE, GRANT, tracked against the held outputs, and the
RELEASE of that epoch, which only arms. The gate judges the owner's next frame, as in every transfer.
"""

from otha.core.config import GroupConfig
from otha.core.group import guard, machine, transfer, uncontrolled
from otha.core.group.guard import Stage
from otha.core.group.state import GroupState, Shared
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker
from otha.core.words import Authority, GateState, GroupKind, TransferKind

# Nothing is handed over: the node that drove last goes on.
_KIND = TransferKind.FAILOVER


def _block(block: Block, detail: str = "") -> tuple[Blocker, ...]:
    return (Blocker(block=block, detail=detail),)


def _not_meant(cfg: GroupConfig, g: GroupState) -> tuple[Blocker, ...]:
    """Why there is no owner that waits for this order."""
    gate, record = g.gate, g.record
    if cfg.kind is not GroupKind.DRIVER:
        return _block(Block.NOTHING_TO_RELEASE, "the group drives no section")
    if cfg.authority is Authority.NATIVE:
        return _block(Block.NATIVE_AUTHORITY)
    if not gate.seen:
        return _block(Block.GATE_UNSEEN, cfg.section)
    if gate.state is not GateState.HELD or gate.owner is None:
        return _block(Block.NOTHING_TO_RELEASE, f"{gate.state.name}, owner {gate.owner or 'nobody'}")
    if record is None or record.active != gate.owner:
        return _block(Block.OWNER_DISAGREES, gate.owner)
    if not gate.used_up:
        return _block(Block.NOTHING_TO_RELEASE, f"the gate takes {gate.owner}'s next good frame by itself")
    if not gate.owner_fresh:
        return _block(Block.NODE_NOT_ABLE, f"{gate.owner} sends no frames")
    return ()


def against(cfg: GroupConfig, shared: Shared, g: GroupState, now: int) -> tuple[Blocker, ...]:
    """What stands against releasing the held owner; the same answer as the order's."""
    if g.plan is not None:
        return _block(Block.TRANSFER_RUNNING, g.plan.phase.value)
    found = _not_meant(cfg, g)
    if found or g.gate.owner is None:
        return found
    found = guard.against(cfg, shared, g, kind=_KIND, to_node=g.gate.owner, cause=None, stage=Stage.START, now=now)
    found = machine.not_waitable(cfg, g, _KIND, None, transfer.serious(cfg, found))
    asks = transfer.needs_confirmation(cfg, g, _KIND, g.gate.owner)
    return found + uncontrolled.against(cfg, g, kind=_KIND, cause=None, to_node=g.gate.owner, asks=asks)


def order(t: Turn, user: str) -> tuple[Blocker, ...]:
    """RELEASE by a person."""
    found = against(t.cfg, t.shared, t.g, t.now)
    owner = t.g.gate.owner
    if not found and owner is not None:
        transfer.begin(t, kind=_KIND, cause=None, to_node=owner, by=user, because="release")
    return found
