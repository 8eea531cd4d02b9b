"""What a transfer does when it can't go on after a REVOKE may have left.

OWNED by anyone: VOID, and that owner stays. HELD: as the machine's state or the group says, back to the old owner, on
to the next node, or to the safe state; when none of these can be done, wait inside the gate's hold, then ask for the
safe state.
"""

from otha.core.group import guard, machine, transfer
from otha.core.group.guard import Stage
from otha.core.group.state import StoreView
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import AfterFence, Course, Ending, GateState, Phase, TransferKind


def change_course(t: Turn, course: Course, within_ns: int) -> None:
    """Head elsewhere; the gate's epoch for it is the plan's own next one, or none is needed."""
    t.put_plan(course=course, asked=None, retry_at=None, due=t.due(within_ns), waiting=False, demoted=False)
    t.say(Why.COURSE, "L2", course.value, t.plan.goal_node)


def _hold_left_ns(t: Turn) -> int:
    hold_until = t.g.gate.hold_until
    return hold_until - t.now if hold_until is not None else 0


def _go_back(t: Turn) -> bool:
    """Return to the old owner: alive, and the gate's return permit true. An epoch is granted at most once."""
    plan = t.plan
    if plan.course is not Course.FORWARD or plan.from_node is None or t.g.gate.granted > plan.epoch:
        return False
    if guard.able(t.cfg, t.g, plan.from_node) or not t.g.gate.return_permit:
        return False
    if _hold_left_ns(t) < t.cfg.timing.held_bound_ns:
        return False
    change_course(t, Course.RETURN, t.cfg.timing.promote_ns)
    t.put_plan(phase=Phase.FENCED)
    return True


def lead_back(t: Turn) -> bool:
    """Turn a transfer round on a person's word; False where there is no way back, or the new owner drives already."""
    plan, gate = t.plan, t.g.gate
    if not gate.seen or plan.course is not Course.FORWARD:
        return False
    if gate.state is GateState.OWNED and plan.phase is Phase.CLAIMED:
        change_course(t, Course.VOID, t.cfg.timing.fence_ns)
        return True
    return gate.state is GateState.HELD and _go_back(t)


def _go_on_to_next(t: Turn) -> bool:
    """Another node, under a claim of its own: only what stands against the promotion itself is judged again."""
    plan = t.plan
    if t.g.store is not StoreView.KNOWN or _hold_left_ns(t) < t.cfg.timing.transfer_bound_ns:
        return False
    failed = (plan.goal_node, plan.from_node if plan.course is Course.FORWARD else None)
    candidate = guard.best_standby(t.cfg, t.shared, t.g, besides=failed)
    if candidate is None or guard.against(
        t.cfg,
        t.shared,
        t.g,
        kind=TransferKind.FAILOVER,
        to_node=candidate,
        cause=None,
        stage=Stage.AFTER_FENCE,
        now=t.now,
    ):
        return False
    t.say(Why.COURSE, "L2", AfterFence.NEXT.value, candidate)
    transfer.end(t, Ending.ABORTED_SAFE, "", f"going on to {candidate}")
    transfer.begin(t, kind=TransferKind.FAILOVER, cause=plan.cause, to_node=candidate)
    t.put_plan(automatic=False, confirmed=True, continued=True, epoch=plan.epoch + 2)
    return True


def _go_safe(t: Turn) -> bool:
    change_course(t, Course.SAFE, t.cfg.timing.safe_ns)
    return True


_CHOICES = {
    AfterFence.RETURN: (_go_back, _go_on_to_next),
    AfterFence.NEXT: (_go_on_to_next, _go_back),
    AfterFence.WAIT: (),
    AfterFence.SAFE: (_go_safe,),
}


def turn_aside(t: Turn, found: tuple[Blocker, ...]) -> bool:
    """Choose another course, or wait. True when the course changed; False when the transfer stays as it is.

    `found` is what stands against going on; empty when the phase ran out of time.
    """
    plan, gate = t.plan, t.g.gate
    if not found and t.reached(plan.due):
        # A bound that passes is told like anything else that stands in the way (L3: never silent).
        found = (Blocker(block=Block.NOT_READ_BACK, detail=plan.phase.value),)
    if found != plan.against:
        t.put_plan(against=found)
        t.say_blockers(Why.TROUBLE, found, plan.phase.value)
    if not gate.seen:
        if t.reached(plan.due):
            t.say(Why.UNVERIFIED, "L3", t.cfg.section)
            transfer.end(t, Ending.NEEDS_OPERATOR, "L3", "no path to the gate; the controller acts alone")
            return True
        return False
    match gate.state:
        case GateState.OWNED:
            change_course(t, Course.VOID, t.cfg.timing.fence_ns)
            return True
        case GateState.FREE:
            # Nobody drove before and nobody does now: the outputs stand at their safe values.
            transfer.end(t, Ending.ABORTED_SAFE, "", "nobody drives; outputs stand at their safe values")
            return True
        case GateState.HELD:
            if any(choice(t) for choice in _CHOICES[machine.after_fence(t.cfg, t.g)]):
                return True
            last_call = gate.hold_until is None or t.now >= gate.hold_until - 2 * t.cfg.timing.safe_ns
            if last_call:
                return _go_safe(t)
            if t.reached(plan.due) and gate.hold_until is not None:
                t.put_plan(due=gate.hold_until - 2 * t.cfg.timing.safe_ns, waiting=True)
            return False
        case GateState.SAFE | GateState.LOCAL:
            return False
