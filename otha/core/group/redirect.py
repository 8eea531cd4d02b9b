"""The transfer of kinds `path` and `store`: clients are led to another node by their own switches.

The claim, the permits and the way an effect's end counts are those of `driver` (`otha.core.group.transfer`, `claim`).
What differs is the fence. A `path` needs none of its own: behind it stands a gate that takes no old sequence number, so
that what the old way still holds is refused there. Of a `store` every client in sight first lets go of the old node,
and that is read back, before another one is promoted (S3). A client takes only a newer epoch, and under one epoch one
node at most (S2).
"""

from collections.abc import Callable
from typing import assert_never

from otha.core.effects import Backfill, Demote, Promote, Select
from otha.core.group import claim, guard, transfer, trouble
from otha.core.group.guard import Stage
from otha.core.group.state import StoreView
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import (
    AfterFence,
    Course,
    Ending,
    GateState,
    GroupKind,
    Liveness,
    Phase,
    Role,
    TransferKind,
    Verdict,
)


def all_use(t: Turn, node: str | None, epoch: int) -> bool:
    """Every selector in sight, every critical one among them, says that it uses `node` under `epoch`."""
    seen = [view for view in t.g.selectors if view.seen]
    return not guard.selectors(t.cfg, t.g) and all((view.node, view.epoch) == (node, epoch) for view in seen)


def _let_go(t: Turn) -> bool:
    """Every selector in sight, every critical one among them, has let go of all nodes but the goal."""
    plan = t.plan
    let_go = ((None, plan.goal_epoch), (plan.goal_node, plan.goal_epoch))
    seen = [view for view in t.g.selectors if view.seen]
    return not guard.selectors(t.cfg, t.g) and all((view.node, view.epoch) in let_go for view in seen)


def _turn_back(t: Turn) -> None:
    trouble.change_course(t, Course.RETURN, t.cfg.timing.redirect_ns)
    t.put_plan(phase=Phase.CLAIMED)


_CAN_BE_LED_BACK = (Phase.CLAIMED, Phase.FENCED, Phase.PROMOTED)


def lead_back(t: Turn) -> bool:
    """Turn a transfer round on a person's word; False where the old node is not able, or clients are led already."""
    plan = t.plan
    back = plan.from_node
    if plan.course is not Course.FORWARD or plan.phase not in _CAN_BE_LED_BACK:
        return False
    if back is None or guard.able(t.cfg, t.g, back):
        return False
    _turn_back(t)
    return True


def _go_on_again(t: Turn) -> bool:
    """The way back failed because the old node does: on to the new one after all, if nothing stands against it now.
    Clients took both epochs of this claim already, so that it needs another one."""
    plan = t.plan
    if t.g.store is not StoreView.KNOWN or not guard.able(t.cfg, t.g, plan.goal_node):
        return False
    if plan.to_node == plan.goal_node or transfer.standing_against(t, Stage.AFTER_FENCE):
        return False
    t.say(Why.COURSE, "L2", AfterFence.NEXT.value, plan.to_node)
    transfer.end(t, Ending.ABORTED_SAFE, "", f"going on to {plan.to_node}")
    transfer.begin(t, kind=TransferKind.FAILOVER, cause=plan.cause, to_node=plan.to_node)
    t.put_plan(automatic=False, confirmed=True, continued=True, revoked=True)
    return True


def _aside(t: Turn, found: tuple[Blocker, ...]) -> bool:
    """Back to the old node if it lives, once; on again if it fails as well; else a person must look. Clients go on
    holding back what they have, or using what they were led to."""
    plan = t.plan
    if found != plan.against:
        t.put_plan(against=found)
        t.say_blockers(Why.TROUBLE, found, plan.phase.value)
    only_unseen = all(blocker.block is Block.SELECTOR_UNSEEN for blocker in found)
    if only_unseen and not t.reached(plan.due):
        return False
    back = plan.from_node
    if plan.course is Course.FORWARD and back is not None and not guard.able(t.cfg, t.g, back):
        _turn_back(t)
        return True
    if not t.reached(plan.due):
        return False
    if plan.course is Course.RETURN and _go_on_again(t):
        return True
    t.say(Why.UNVERIFIED, "L3", plan.goal_node)
    transfer.end(t, Ending.NEEDS_OPERATOR, "L3", f"{plan.phase.value} not confirmed")
    return True


def _hindered(t: Turn) -> bool | None:
    """Once something may have left: True when the course changed, False when it must wait, None when all is well."""
    plan = t.plan
    if plan.course is Course.RETURN:
        found = guard.able(t.cfg, t.g, plan.goal_node)
    else:
        found = transfer.standing_against(t, Stage.AFTER_FENCE)
    found += guard.selectors(t.cfg, t.g)
    if (found or t.reached(plan.due)) and _aside(t, found):
        return True
    return False if found else None


def _claimed(t: Turn) -> bool:
    """The fence. Until something has left, everything is judged once more, and nothing but the claim is lost."""
    plan = t.plan
    if not plan.revoked and claim.stopped_before_revoke(t):
        return True
    if t.cfg.kind is GroupKind.PATH:
        transfer.enter(t, Phase.FENCED, t.cfg.timing.redirect_ns)
        return True
    if _let_go(t):
        transfer.enter(t, Phase.FENCED, t.cfg.timing.fence_ns + t.cfg.timing.promote_ns)
        return True
    hindered = _hindered(t) if plan.revoked else None
    if hindered is None:
        t.ask(Select(node=None, epoch=plan.goal_epoch), t.cfg.timing.redirect_ns)
        t.put_plan(revoked=True)
    return bool(hindered)


def _led(t: Turn, then: Phase, within_ns: int) -> bool:
    """Lead the clients to the goal, read back."""
    plan = t.plan
    if all_use(t, plan.goal_node, plan.goal_epoch):
        transfer.enter(t, then, within_ns)
        return True
    hindered = _hindered(t) if plan.revoked else None
    if hindered is None:
        t.ask(Select(node=plan.goal_node, epoch=plan.goal_epoch), t.cfg.timing.redirect_ns)
        t.put_plan(revoked=True)
    return bool(hindered)


def _path_fenced(t: Turn) -> bool:
    moved = _led(t, Phase.PATH_REDIRECTED, t.cfg.timing.verify_ns)
    gate = t.cfg.gate
    if gate is not None and t.g.gate.owner_fresh and t.g.plan is not None and t.plan.phase is Phase.PATH_REDIRECTED:
        # Frames that came by the old way keep the owner fresh for a while: they prove nothing of the new one.
        wait_ns = gate.fresh_owner_ns + gate.poll_ns
        t.put_plan(retry_at=t.now + wait_ns, due=t.due(wait_ns + t.cfg.timing.verify_ns))
    return moved


def _carries(t: Turn) -> bool:
    """Whether the new way carries: the gate behind it sees its owner's frames again. A way to no gate is believed when
    it answers by itself, well enough to be used; the clients that were led to it said so."""
    gate = t.g.gate
    if t.cfg.gate is None:
        return not guard.able(t.cfg, t.g, t.plan.goal_node)
    return gate.seen and gate.state is GateState.OWNED and gate.owner_fresh and gate.driven


def _path_redirected(t: Turn) -> bool:
    plan = t.plan
    waits = plan.retry_at is not None and not t.reached(plan.retry_at)
    if not waits and _carries(t):
        transfer.enter(t, Phase.OUTPUT_VERIFIED, t.cfg.timing.cas_ns)
        return True
    if t.reached(plan.due):
        return _aside(t, (Blocker(block=Block.NOBODY_DRIVES, detail=t.cfg.section),))
    return False


def _is_promoted(t: Turn) -> bool:
    view = guard.node_view(t.cfg, t.g, t.plan.goal_node)
    return view is not None and view.role is Role.ACTIVE and view.epoch == t.plan.goal_epoch


def _store_fenced(t: Turn) -> bool:
    """Nobody writes to the old store any more. It is told so once, if it answers: its readers should not see two; but
    one that does not obey keeps nobody from writing elsewhere."""
    plan, timing = t.plan, t.cfg.timing
    if _is_promoted(t):
        transfer.enter(t, Phase.PROMOTED, timing.redirect_ns)
        return True
    hindered = _hindered(t)
    if hindered is not None:
        return hindered
    if not _let_go(t):
        # A client came back that still uses another store.
        transfer.enter(t, Phase.CLAIMED, timing.redirect_ns)
        return True
    other = guard.claimant_besides(t.cfg, t.g, plan.goal_node)
    if other is not None and not plan.demoted:
        t.ask(Demote(node=other, epoch=plan.goal_epoch), timing.fence_ns)
        t.put_plan(demoted=True)
    else:
        t.ask(Promote(node=plan.goal_node, epoch=plan.goal_epoch), timing.promote_ns)
    return False


def _not_promoted(t: Turn) -> tuple[Blocker, ...]:
    """What stands against leading clients to the goal: it lives, but does not say any more that it is promoted."""
    node = t.plan.goal_node
    found = guard.able(t.cfg, t.g, node)
    if not found and not _is_promoted(t):
        found = (Blocker(block=Block.NODE_NOT_ABLE, detail=f"{node} is not active"),)
    return found


def _store_promoted(t: Turn) -> bool:
    found = _not_promoted(t)
    if found:
        return _aside(t, found)
    return _led(t, Phase.CLIENTS_REDIRECTED, t.cfg.timing.verify_ns)


def _store_redirected(t: Turn) -> bool:
    """Clients write to the new store: interlocks and lag judge the transfer no longer, only whether rows are taken."""
    view = guard.node_view(t.cfg, t.g, t.plan.goal_node)
    if view is not None and view.liveness is Liveness.ALIVE and view.taking is Verdict.TRUE and _is_promoted(t):
        transfer.enter(t, Phase.WRITES_VERIFIED, t.cfg.timing.backfill_ns)
        return True
    found = _not_promoted(t)
    return (bool(found) or t.reached(t.plan.due)) and _aside(t, found)


def _store_written(t: Turn) -> bool:
    """Data is kept again; what was lost on the way is fetched. A gap that stays is told, and asked for again later."""
    plan = t.plan
    view = guard.node_view(t.cfg, t.g, plan.goal_node)
    whole = view is not None and view.whole is Verdict.TRUE
    if whole or t.reached(plan.due):
        transfer.enter(t, Phase.BACKFILLED, t.cfg.timing.cas_ns)
        return True
    t.ask(Backfill(node=plan.goal_node, epoch=plan.goal_epoch), t.cfg.timing.backfill_ns)
    return False


def _verified(t: Turn) -> bool:
    plan = t.plan
    ending = Ending.DONE if plan.course is Course.FORWARD else Ending.RETURNED
    view = guard.node_view(t.cfg, t.g, plan.goal_node)
    gap = t.cfg.kind is GroupKind.STORE and view is not None and view.whole is not Verdict.TRUE
    return transfer.mark(t, plan.goal_node, ending, "rows are missing" if gap else "")


_Step = Callable[[Turn], bool]

_PATH: dict[Phase, _Step] = {
    Phase.REQUESTED: claim.requested,
    Phase.PERMITTED: claim.permitted,
    Phase.CLAIMED: _claimed,
    Phase.FENCED: _path_fenced,
    Phase.PATH_REDIRECTED: _path_redirected,
    Phase.OUTPUT_VERIFIED: _verified,
}

_STORE: dict[Phase, _Step] = {
    Phase.REQUESTED: claim.requested,
    Phase.PERMITTED: claim.permitted,
    Phase.CLAIMED: _claimed,
    Phase.FENCED: _store_fenced,
    Phase.PROMOTED: _store_promoted,
    Phase.CLIENTS_REDIRECTED: _store_redirected,
    Phase.WRITES_VERIFIED: _store_written,
    Phase.BACKFILLED: _verified,
}


def _believe_the_clients(t: Turn) -> bool:
    """A newer epoch that a client knows: this plan's own one for the way back, which an earlier run had begun, turns it
    round; one that it did not reserve ends it, because somebody else has claimed since."""
    plan = t.plan
    newest = max((view.epoch for view in t.g.selectors if view.seen), default=0)
    if plan.phase in (Phase.REQUESTED, Phase.PERMITTED):
        if newest < plan.epoch:
            return False
        transfer.end(t, Ending.ABORTED_SAFE, "S2", "a client knows a newer epoch")
        return True
    if newest <= plan.goal_epoch:
        return False
    if newest == plan.epoch + 1 and plan.from_node is not None:
        _turn_back(t)
    else:
        transfer.end(t, Ending.NEEDS_OPERATOR, "S2", "a client knows a newer epoch")
    return True


def advance(t: Turn) -> bool:
    """Take one move of the transfer under way; True when the state moved and should be looked at again."""
    if _believe_the_clients(t):
        return True
    match t.cfg.kind:
        case GroupKind.PATH:
            return _PATH[t.plan.phase](t)
        case GroupKind.STORE:
            return _STORE[t.plan.phase](t)
        case GroupKind.DRIVER | GroupKind.PAIR:
            raise AssertionError("a driver group is moved by otha.core.group.driver, a pair by itself")
        case never:
            assert_never(never)


def resume(t: Turn) -> None:
    """Take up an open claim found in the record: something may have left. The clients are believed."""
    record = t.g.record
    assert record is not None
    assert record.claim is not None
    taken_up = record.claim
    is_drill = taken_up.drill and t.cfg.drills
    transfer.begin(t, kind=taken_up.kind, cause=None, to_node=taken_up.to_node, is_drill=is_drill)
    back = any(view.seen and view.epoch == record.epoch for view in t.g.selectors)
    course = Course.RETURN if back and t.plan.from_node is not None else Course.FORWARD
    t.put_plan(epoch=record.epoch - 1, confirmed=True, revoked=True, course=course)
    transfer.enter(t, Phase.CLAIMED, t.cfg.timing.redirect_ns)
    t.say(Why.RESUMED, "L2", course.value, t.plan.phase.value)
