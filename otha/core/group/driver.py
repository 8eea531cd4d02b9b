"""The transfer of kind `driver` after its claim: from the fence to outputs driven and verified.

One function a phase. Each first believes the gate, then judges the permits, then asks its one effect; the end of an
effect only allows the next attempt, never moves a phase: phases move on what was read back.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from otha.core.effects import Grant, Release, Revoke, Safe, Void
from otha.core.group import claim, guard, trouble
from otha.core.group.guard import Stage
from otha.core.group.state import InFlight, InFlightKind
from otha.core.group.transfer import begin, end, enter, mark, standing_against
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import Course, Ending, GateState, Milestone, Phase, Verdict


def _claimed(t: Turn) -> bool:
    gate, plan = t.g.gate, t.plan
    if gate.seen and gate.epoch == plan.epoch and gate.owner is None:
        enter(t, Phase.FENCED, t.cfg.timing.promote_ns)
        return True
    if not plan.revoked:
        if claim.stopped_before_revoke(t):
            return True
    else:
        found = standing_against(t, Stage.AFTER_FENCE) + _gate_stands_against(t)
        if (found or t.reached(plan.due)) and trouble.turn_aside(t, found):
            return True
        if found:
            return False
    if not plan.revoked:
        _tell_in_flight(t)
    t.ask(Revoke(epoch=plan.epoch), t.cfg.timing.fence_ns)
    t.put_plan(revoked=True)
    return False


def _tell_in_flight(t: Turn) -> None:
    """Rule S13: what the old owner had under way when the REVOKE leaves is reported UNKNOWN, by its own last word."""
    name = t.plan.from_node
    view = guard.node_view(t.cfg, t.g, name)
    if name is None or view is None:
        return
    found = tuple(InFlight(node=name, kind=InFlightKind.ONE_SHOT, count=1, tag=each) for each in view.one_shots)
    if view.pending:
        found = (InFlight(node=name, kind=InFlightKind.COMMANDS, count=view.pending, tag=""), *found)
    t.put(in_flight=found)
    for each in found:
        t.say(Why.IN_FLIGHT, "S13", each.node, each.kind.value, each.count, each.tag)


def _gate_stands_against(t: Turn) -> tuple[Blocker, ...]:
    """Nothing can be granted at a gate that is not seen, or that knows a newer epoch than this course's."""
    gate = t.g.gate
    if not gate.seen:
        return (Blocker(block=Block.GATE_UNSEEN, detail=t.cfg.section),)
    if gate.epoch > t.plan.goal_epoch:
        return (Blocker(block=Block.NEWER_EPOCH, detail=gate.owner or "nobody"),)
    return ()


def _hindered(t: Turn) -> bool | None:
    """Past FENCED: True when the course changed, False when it must wait, None when nothing hinders."""
    plan = t.plan
    if plan.course is Course.RETURN:
        found = guard.able(t.cfg, t.g, plan.goal_node) + guard.gate_permit(t.g, plan.goal_node)
    else:
        found = standing_against(t, Stage.AFTER_FENCE)
    found += _gate_stands_against(t)
    late = t.reached(plan.due)
    # What has had its time and still does not agree is named, and goes no further.
    told = found + (_apart(t) if late else ())
    if _subjects(told) == _subjects(plan.against):
        # New values alone are not told again.
        told = plan.against
    if (found or late) and trouble.turn_aside(t, told):
        return True
    return False if found else None


def _subjects(found: tuple[Blocker, ...]) -> list[tuple[Block, str]]:
    return [(each.block, each.detail.partition(":")[0]) for each in found]


def _apart(t: Turn) -> tuple[Blocker, ...]:
    """Rule S13: the outputs that the newcomer would move if it were released."""
    gate = t.g.gate
    if not gate.seen or gate.state is not GateState.HELD or gate.owner != t.plan.goal_node:
        return ()
    return tuple(Blocker(block=Block.OUTPUT_WOULD_MOVE, detail=str(each)) for each in gate.apart)


def _fenced(t: Turn) -> bool:
    gate, plan = t.g.gate, t.plan
    if gate.seen and gate.owner == plan.goal_node and gate.granted == plan.goal_epoch:
        enter(t, Phase.PROMOTED, t.cfg.timing.track_ns)
        return True
    hindered = _hindered(t)
    if hindered is None:
        t.ask(Grant(node=plan.goal_node, epoch=plan.goal_epoch, boot=plan.boot), t.cfg.timing.promote_ns)
    return bool(hindered)


def _promoted(t: Turn) -> bool:
    hindered = _hindered(t)
    if hindered is None and t.g.gate.shadow is Verdict.TRUE:
        enter(t, Phase.TRACKED, t.cfg.timing.release_ns)
        return True
    return bool(hindered)


def _tracked(t: Turn) -> bool:
    gate, plan = t.g.gate, t.plan
    if gate.seen and (gate.armed or gate.state is GateState.OWNED):
        enter(t, Phase.RELEASED, t.cfg.timing.verify_ns)
        return True
    hindered = _hindered(t)
    if hindered is None:
        if gate.shadow is not Verdict.TRUE:
            t.put_plan(phase=Phase.PROMOTED, asked=None, retry_at=None)
            return True
        t.ask(Release(node=plan.goal_node, epoch=plan.goal_epoch), t.cfg.timing.release_ns)
    return bool(hindered)


def _released(t: Turn) -> bool:
    gate, plan = t.g.gate, t.plan
    if gate.state is GateState.OWNED:
        # Interlocks no longer judge the transfer: the new owner drives. Only its outputs remain to be verified.
        if gate.seen and gate.driven and gate.epoch == plan.goal_epoch:
            enter(t, Phase.OUTPUT_VERIFIED, t.cfg.timing.cas_ns)
            return True
        if t.reached(plan.due):
            t.say(Why.UNVERIFIED, "L3", plan.goal_node)
            end(t, Ending.NEEDS_OPERATOR, "L3", "outputs not verified")
            return True
        return False
    return bool(_hindered(t))


def _output_verified(t: Turn) -> bool:
    plan = t.plan
    if t.g.gate.owner != plan.goal_node or t.g.gate.epoch != plan.goal_epoch:
        end(t, Ending.NEEDS_OPERATOR, "S2", "another owner than the one verified")
        return True
    return mark(t, plan.goal_node, Ending.DONE if plan.course is Course.FORWARD else Ending.RETURNED)


def _void(t: Turn) -> bool:
    gate, plan = t.g.gate, t.plan
    if gate.seen and gate.state is not GateState.OWNED:
        if gate.state is GateState.HELD and gate.epoch <= plan.epoch:
            trouble.change_course(t, Course.FORWARD, t.cfg.timing.fence_ns)
            t.put_plan(phase=Phase.CLAIMED)
            return True
        return trouble.turn_aside(t, ())
    confirmed = gate.owner is not None and gate.epoch == plan.epoch + 1
    if plan.phase is Phase.OUTPUT_VERIFIED and confirmed:
        return mark(t, gate.owner or "", Ending.ABORTED_SAFE, f"{gate.owner} stays")
    if gate.seen and confirmed:
        t.put_plan(phase=Phase.OUTPUT_VERIFIED, asked=None, retry_at=None, due=t.due(t.cfg.timing.cas_ns))
        return True
    if gate.seen and gate.owner is not None:
        t.ask(Void(node=gate.owner, epoch=plan.epoch + 1), t.cfg.timing.fence_ns)
    if t.reached(plan.due):
        t.say(Why.UNVERIFIED, "L3", gate.owner or "-")
        end(t, Ending.NEEDS_OPERATOR, "L3", "the gate did not confirm")
        return True
    return False


def _safe(t: Turn) -> bool:
    gate, plan = t.g.gate, t.plan
    if gate.seen and gate.state is GateState.OWNED:
        if not plan.revoked:
            end(t, Ending.ABORTED_SAFE, "", "the section is driven again")
            return True
        trouble.change_course(t, Course.VOID, t.cfg.timing.fence_ns)
        return True
    if gate.seen and gate.state is GateState.HELD:
        t.ask(Safe(epoch=gate.epoch, hold_no=gate.hold_no), t.cfg.timing.safe_ns)
    if not t.reached(plan.due):
        return False
    if not plan.waiting:
        t.say(Why.UNVERIFIED, "L3", t.cfg.section)
        if gate.seen:
            # Asked again for as long as a whole transfer may take, and only then decided afresh: a gate that does not
            # obey would be met with a new transfer at every breath.
            t.put(unverified=True)
            t.put_plan(waiting=True, due=t.now + t.cfg.timing.transfer_bound_ns)
            return False
    end(t, Ending.NEEDS_OPERATOR, "L3", "safe state not verified")
    return True


_FORWARD: dict[Phase, Callable[[Turn], bool]] = {
    Phase.REQUESTED: claim.requested,
    Phase.PERMITTED: claim.permitted,
    Phase.CLAIMED: _claimed,
    Phase.FENCED: _fenced,
    Phase.PROMOTED: _promoted,
    Phase.TRACKED: _tracked,
    Phase.RELEASED: _released,
    Phase.OUTPUT_VERIFIED: _output_verified,
}


def _gate_ended_it(t: Turn) -> bool:
    """The gate's own word ends a transfer whatever its phase: another boot, SAFE, LOCAL, an epoch of somebody else, or
    its own granted and let go of. From one that waits or claims nothing has left: it needs nobody to verify what became
    of it."""
    gate, plan = t.g.gate, t.plan
    if not gate.seen:
        return False
    in_persons_hands = gate.state is _SAFE or gate.state is _LOCAL
    given_back = plan.revoked and _was_given_back(t)
    if gate.boot == plan.boot and not in_persons_hands and not given_back and gate.epoch <= plan.epoch + 1:
        return False
    left = plan.revoked or plan.course is Course.SAFE
    undone = Ending.NEEDS_OPERATOR if left else Ending.ABORTED_SAFE
    if gate.boot != plan.boot:
        end(t, undone, "S2", "the controller started anew")
    elif gate.state is _SAFE:
        end(t, Ending.SAFE_STATE if left else Ending.ABORTED_SAFE, "", "the section is in its safe state")
    elif gate.state is _LOCAL:
        end(t, undone, "", "a person took the section")
    elif given_back:
        end(t, undone, "S2", "a person took the section and gave it back")
    else:
        end(t, undone, "S2", "the gate knows a newer epoch")
    return True


def _was_given_back(t: Turn) -> bool:
    """Nobody owns the gate any more, and the epoch that this course would grant has been granted: from HELD and OWNED
    only a person's LOCAL and reset lead to FREE. An epoch is granted once (S2): nothing more can be done under it."""
    gate, plan = t.g.gate, t.plan
    if gate.state is not _FREE or plan.course not in (Course.FORWARD, Course.RETURN):
        return False
    return gate.granted >= plan.goal_epoch


# Members are looked up by a call in CPython 3.11; these are asked for in every step of a transfer.
_FREE, _OWNED, _SAFE, _LOCAL = GateState.FREE, GateState.OWNED, GateState.SAFE, GateState.LOCAL
_MOVING = (Phase.CLAIMED, Phase.FENCED, Phase.PROMOTED, Phase.TRACKED, Phase.RELEASED)


def _believe_the_owner(t: Turn) -> bool:
    """An owner of this plan stands at the gate that this course did not put there: an earlier command came through."""
    gate, plan = t.g.gate, t.plan
    if not gate.seen or plan.phase not in _MOVING:
        return False
    owned = gate.state is _OWNED
    owned_by = (gate.owner, gate.owner_epoch) if gate.epoch == gate.owner_epoch else None
    if owned_by == (plan.from_node, plan.epoch + 1):
        course = Course.RETURN
    elif owned and owned_by == (plan.to_node, plan.epoch):
        course = Course.FORWARD
    elif owned and plan.phase is not Phase.CLAIMED:
        trouble.change_course(t, Course.VOID, t.cfg.timing.fence_ns)
        return True
    else:
        return False
    if owned and (course is not plan.course or plan.phase is not Phase.RELEASED):
        if course is not plan.course:
            trouble.change_course(t, course, t.cfg.timing.verify_ns)
        enter(t, Phase.RELEASED, t.cfg.timing.verify_ns)
        return True
    if course is not plan.course:
        trouble.change_course(t, course, t.cfg.timing.track_ns)
        enter(t, Phase.PROMOTED, t.cfg.timing.track_ns)
        return True
    return False


def advance(t: Turn) -> bool:
    """Take one move of the transfer under way; True when the state moved and should be looked at again."""
    if _gate_ended_it(t):
        return True
    match t.plan.course:
        case Course.FORWARD | Course.RETURN:
            return _believe_the_owner(t) or _FORWARD[t.plan.phase](t)
        case Course.VOID:
            return _void(t)
        case Course.SAFE:
            return _safe(t)
        case never:
            assert_never(never)


def resume(t: Turn) -> None:
    """Take up an open claim found in the record. A REVOKE is assumed to have left; the gate is believed."""
    record, gate = t.g.record, t.g.gate
    assert record is not None
    assert record.claim is not None
    assert record.milestone is Milestone.CLAIMED
    taken_up = record.claim
    is_drill = taken_up.drill and t.cfg.drills
    begin(t, kind=taken_up.kind, cause=None, to_node=taken_up.to_node, is_drill=is_drill)
    forward, back = record.epoch - 1, record.epoch
    plan = replace(t.plan, epoch=forward, confirmed=True, revoked=True)
    phase, course, within_ns = Phase.CLAIMED, Course.FORWARD, t.cfg.timing.fence_ns
    owner_is = {(taken_up.to_node, forward): Course.FORWARD, (plan.from_node, back): Course.RETURN}
    ours = owner_is.get((gate.owner, gate.owner_epoch)) if gate.owner is not None else None
    if gate.state is GateState.OWNED and (ours is None or gate.epoch != gate.owner_epoch):
        course = Course.VOID
    elif gate.state is GateState.OWNED and ours is not None:
        course, phase, within_ns = ours, Phase.RELEASED, t.cfg.timing.verify_ns
    elif ours is not None:
        course, phase, within_ns = ours, Phase.PROMOTED, t.cfg.timing.track_ns
        if gate.armed:
            phase, within_ns = Phase.RELEASED, t.cfg.timing.verify_ns
    t.put(plan=replace(plan, course=course))
    enter(t, phase, within_ns)
    t.say(Why.RESUMED, "L2", course.value, phase.value)
    if gate.state is GateState.HELD and gate.hold_until is not None:
        left_ns = gate.hold_until - t.now
        if left_ns < t.cfg.timing.held_bound_ns:
            trouble.change_course(t, Course.SAFE, t.cfg.timing.safe_ns)
