"""A pair that switches itself: which of its nodes is active is what they say, and nothing is ever asked of them.

Its record is kept here alone: no store is read or written, and no command carries its epoch.
"""

from otha.core.config import GroupConfig
from otha.core.group import orders
from otha.core.group.settle import stand
from otha.core.group.state import Cause, GroupState, StoreView
from otha.core.group.turn import Turn
from otha.core.inputs import Record
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import Liveness, Milestone, Role, Standing


def follow(t: Turn) -> bool:
    """Follow the node that alone says that it is active; True when the standing changed.

    In a switch neither may say so for a while, or both: that has its time, as long as the first look at the pair.
    """
    g = t.g
    found = _active(t)
    if len(found) == 1:
        return _one(t, found[0])
    if g.settle_until is not None or t.shared.isolated:
        return False
    if g.suspicion is None:
        until = t.now + t.cfg.timing.settle_ns
        t.put(suspicion=Cause.NOT_DRIVING, confirm_at=until, calm_until=max(until, g.calm_until or 0))
        return False
    if g.confirm_at is not None:
        return False
    if found:
        return stand(t, Standing.FOLLOWING)
    before = g.record.active if g.record is not None else None
    return stand(t, Standing.NEEDS_OPERATOR, Blocker(block=Block.NOBODY_ACTIVE, detail=f"last: {before or 'nobody'}"))


def _active(t: Turn) -> list[str]:
    """Whom the group's target has, where there is one that tells; else the nodes that say that they are active."""
    used = orders.user_of(t.cfg, t.g)
    if used is not None:
        return [used]
    return claiming(t.cfg, t.g)


def claiming(cfg: GroupConfig, g: GroupState) -> list[str]:
    """The nodes that say that they are active. The word of one that is frozen may be an old one, as in a CPU that was
    stopped: it counts only while no other one says so. Of a node that is dead no role is known."""
    found = [
        (node.name, view.liveness is Liveness.FROZEN)
        for node, view in zip(cfg.nodes, g.nodes, strict=True)
        if view.role is Role.ACTIVE
    ]
    fresh = [name for name, frozen in found if not frozen]
    return fresh or [name for name, _ in found]


def _one(t: Turn, name: str) -> bool:
    before = t.g.record.active if t.g.record is not None else None
    if t.g.suspicion is not None:
        t.put(suspicion=None, confirm_at=None)
    if name != before:
        # A group that OTHA moved before it was declared native keeps its epoch; what a store has is read anew if OTHA
        # is ever to move it again.
        epoch = t.g.record.epoch if t.g.record is not None else 0
        record = Record(epoch=epoch, active=name, claim=None, milestone=Milestone.DONE, revision="")
        calm_until = max(t.now + t.cfg.timing.settle_ns, t.g.calm_until or 0)
        t.put(record=record, store=StoreView.UNREAD, calm_until=calm_until)
        if before is not None:
            t.say(Why.PAIR_SWITCHED, "authority", before, name)
    return stand(t, Standing.FOLLOWING)
