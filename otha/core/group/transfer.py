"""The transfer of kind `driver`: from a request to outputs driven and verified.

One function a phase. Each first believes the gate, then judges the permits, then asks its one effect; the end of an
effect only allows the next attempt, never moves a phase: phases move on what was read back.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from otha.core.config import GroupConfig
from otha.core.effects import Grant, Release, Revoke, Safe, Void
from otha.core.group import drill, failback, guard, machine, phase_wait, suspicion, trouble
from otha.core.group import record as group_record
from otha.core.group.guard import Stage
from otha.core.group.state import Cause, Plan, StoreView
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import (
    Confirm,
    Course,
    Ending,
    GateState,
    GroupKind,
    Milestone,
    OrderKind,
    Phase,
    RpoMiss,
    Standing,
    TransferKind,
    Verdict,
)

# Phases whose effect swaps the record.
SWAPPING = (Phase.PERMITTED, Phase.OUTPUT_VERIFIED, Phase.BACKFILLED)


def needs_confirmation(t: Turn, kind: TransferKind, to_node: str, *, is_drill: bool = False) -> bool:
    """Whether a person must confirm: by the group's setting, or because S5 asks. Every drill is planned."""
    match t.cfg.confirm:
        case Confirm.NEVER:
            pass
        case Confirm.PLANNED:
            if is_drill or kind is not TransferKind.FAILOVER:
                return True
        case Confirm.ALWAYS:
            return True
    return t.cfg.on_rpo_miss is RpoMiss.ASK and bool(guard.sync(t.cfg, t.g, to_node))


def begin(
    t: Turn,
    *,
    kind: TransferKind,
    cause: Cause | None,
    to_node: str,
    by: str = "",
    is_drill: bool = False,
    because: str = "order",
) -> None:
    """Open a transfer, ordered `by` a user or by nobody. The caller has judged that nothing stands against it.
    `because`: what is said of one without a cause."""
    g = t.g
    from_node = g.record.active if g.record is not None else None
    confirmed = not needs_confirmation(t, kind, to_node, is_drill=is_drill)
    t.put(
        plan=Plan(
            serial=g.serial + 1,
            kind=kind,
            cause=cause,
            from_node=from_node if from_node != to_node else None,
            to_node=to_node,
            course=Course.FORWARD,
            phase=Phase.REQUESTED,
            epoch=(g.record.epoch if g.record is not None else g.gate.epoch) + 1,
            boot=g.gate.boot,
            automatic=cause is not None,
            drill=is_drill,
            by=by,
            confirmed=confirmed,
            lag_confirmed=False,
            revoked=False,
            demoted=False,
            continued=False,
            attempt=0,
            asked=None,
            retry_at=None,
            due=t.now + (t.cfg.timing.order_ttl_ns if confirmed else t.cfg.persons.confirm_ns),
            waiting=False,
            against=(),
            waited_out=g.stays and cause is not None,
        ),
        serial=g.serial + 1,
        # What stood before is judged anew when the transfer has ended.
        standing=Standing.SETTLING,
        concern=None,
        settle_until=None,
        suspicion=None,
        confirm_at=None,
        uncontrolled_until=None,
        told=(),
        declined=None,
    )
    said = "drill" if is_drill else because
    t.say(Why.REQUESTED, "", kind.value, from_node or "-", to_node, said if cause is None else cause.value)
    for each in guard.passed_over(t.cfg, g):
        t.say(Why.PASSED_OVER, "S6", each.block.code, each.detail)
    _give_way(t, confirmed=confirmed)


def _give_way(t: Turn, *, confirmed: bool) -> None:
    """What persons held is over: the transfer is what was selected, or came before it. One thing waits at a time."""
    held, request = t.g.selection, t.g.request
    if held is not None:
        t.put(selection=None)
        t.say(Why.SELECTION_ENDED, "", held.by, held.to_node, "a transfer began")
    if request is not None and (request.kind is OrderKind.BYPASS or not confirmed):
        t.put(request=None)
        t.say(Why.REQUEST_ENDED, "two persons", request.what, request.by, "a transfer began")


def enter(t: Turn, phase: Phase, within_ns: int) -> None:
    """Move to `phase`; its bound starts anew."""
    t.put_plan(phase=phase, asked=None, retry_at=None, due=t.due(within_ns), waiting=False, against=())
    t.say(Why.PHASE, "", phase.value, t.plan.goal_node, t.plan.goal_epoch)


def _harmless_after(t: Turn, *, swap_under_way: bool) -> str | None:
    """The open claim from which no REVOKE left, once this transfer has ended."""
    plan, record = t.plan, t.g.record
    if plan.revoked:
        return None
    claim = record.claim if record is not None else None
    earlier_stands = claim is not None and claim.id == t.g.harmless
    return t.g.harmless if earlier_stands and not swap_under_way else group_record.claim_id(t)


def end(t: Turn, ending: Ending, rule: str = "", detail: str = "") -> None:
    """Close the transfer and start what follows it: the hold-off, the anti-flap window, settling anew."""
    plan = t.plan
    t.say(Why.ENDED, rule or "L2", ending.value, plan.kind.value, plan.from_node or "-", plan.to_node, detail)
    # Only a transfer that took the section from its owner counts against the next one.
    moved = plan.revoked and plan.automatic
    timing = t.cfg.timing
    swap_under_way = plan.asked is not None and plan.phase in SWAPPING
    target_seen = t.g.gate.seen or t.cfg.kind is not GroupKind.DRIVER
    t.put(
        plan=None,
        calm_until=t.now + timing.settle_ns,
        store=StoreView.UNKNOWN if swap_under_way else t.g.store,
        unverified=ending is Ending.NEEDS_OPERATOR,
        settle_until=t.now + timing.settle_ns if ending is Ending.NEEDS_OPERATOR and target_seen else None,
        harmless=_harmless_after(t, swap_under_way=swap_under_way),
        holdoff_until=t.now + timing.holdoff_ns if moved else t.g.holdoff_until,
        recent=(*t.g.recent, t.now + timing.window_ns) if moved else t.g.recent,
        extra_used=t.g.extra_used or (moved and (t.g.holdoff_until is not None or bool(t.g.recent))),
    )


def standing_against(t: Turn, stage: Stage) -> tuple[Blocker, ...]:
    """What stands against the plan now, its cause included while nothing has left."""
    plan = t.plan
    stage = Stage.AFTER_FENCE if plan.continued else stage
    found = guard.against(
        t.cfg,
        t.shared,
        t.g,
        kind=plan.kind,
        to_node=plan.to_node,
        cause=plan.cause,
        stage=stage,
        now=t.now,
    )
    if stage is not Stage.AFTER_FENCE:
        found += failback.against(t.cfg, t.shared, t.g, kind=plan.kind, to_node=plan.to_node, now=t.now)
        found += drill.against(t.cfg, t.shared, t.g, is_drill=plan.drill, kind=plan.kind)
    if plan.lag_confirmed:
        found = serious(t.cfg, found)
    if plan.automatic and stage is not Stage.AFTER_FENCE and suspicion.cause(t.cfg, t.shared, t.g) is None:
        found += (Blocker(block=Block.CAUSE_GONE, detail=plan.from_node or ""),)
    return found


def serious(cfg: GroupConfig, found: tuple[Blocker, ...]) -> tuple[Blocker, ...]:
    """What no confirmation can lift: where S5 asks, a lag may be confirmed by a person."""
    if cfg.on_rpo_miss is not RpoMiss.ASK:
        return found
    return tuple(blocker for blocker in found if blocker.block is not Block.SYNC_BEHIND)


def _overtaken(t: Turn) -> str:
    """The cause that makes a waiting switchover pointless: its active is not there to hand over any more."""
    plan = t.plan
    if plan.drill or plan.kind is not TransferKind.SWITCHOVER:
        return ""
    why = suspicion.cause(t.cfg, t.shared, t.g)
    return "" if why is None or why is Cause.DEGRADED else f"{plan.from_node} is under suspicion: {why.value}"


def requested(t: Turn) -> bool:
    """REQUESTED, of every kind: judged at once, or once a person has confirmed."""
    if overtaken := _overtaken(t):
        end(t, Ending.ABORTED_SAFE, "", overtaken)
        return True
    found = all_found = standing_against(t, Stage.START)
    if not t.plan.confirmed:
        found = failback.lasting(serious(t.cfg, found), t.plan.kind)
    if not t.plan.continued:
        found = machine.not_waitable(t.cfg, t.g, t.plan.kind, t.plan.cause, found)
    if found:
        t.say_blockers(Why.BLOCKED, found, t.plan.to_node)
        end(t, Ending.ABORTED_SAFE, found[0].block.rule, found[0].block.code)
        return True
    held_up = None if t.plan.continued else phase_wait.hold_up(t, machine.permit_missing(all_found))
    if held_up is not None:
        return held_up
    if t.plan.confirmed:
        enter(t, Phase.PERMITTED, t.cfg.timing.cas_ns)
    elif t.reached(t.plan.due):
        end(t, Ending.ABORTED_SAFE, "", "not confirmed in time")
    else:
        return False
    return True


def permitted(t: Turn) -> bool:
    """PERMITTED, of every kind: the next epoch is claimed, and the one for the way back with it."""
    found = standing_against(t, Stage.BEFORE_REVOKE)
    waits = phase_wait.only_waits(t, found)
    serious_ones = tuple(blocker for blocker in found if blocker.block is not Block.STORE_SILENT)
    if serious_ones and not waits:
        t.say_blockers(Why.BLOCKED, found, t.plan.to_node)
        end(t, Ending.ABORTED_SAFE, found[0].block.rule, found[0].block.code)
        return True
    wanted = group_record.claim_of(t)
    record = t.g.record
    if waits and t.plan.asked is None and t.g.store is StoreView.KNOWN and not group_record.same(record, wanted):
        # Nothing is claimed: the machine's phase is waited for where a transfer may wait.
        enter(t, Phase.REQUESTED, t.cfg.timing.order_ttl_ns)
        return True
    if t.g.store is StoreView.KNOWN and group_record.same(record, wanted):
        fences_itself = t.cfg.kind is GroupKind.DRIVER
        enter(t, Phase.CLAIMED, t.cfg.timing.fence_ns if fences_itself else t.cfg.timing.redirect_ns)
        return True
    if t.g.store is StoreView.KNOWN and record is not None and record.epoch != t.plan.epoch - 1:
        t.say(Why.STORE_LOST, "S9", record.epoch)
        end(t, Ending.ABORTED_SAFE, "S9", "another claim won")
        return True
    if t.reached(t.plan.due):
        end(t, Ending.ABORTED_SAFE, "S9", "the claim was not answered in time")
        return True
    if not waits or t.g.store is not StoreView.KNOWN:
        group_record.stored_in_plan(t, wanted)
    return False


def stopped_before_revoke(t: Turn) -> bool:
    """CLAIMED, before anything has left: everything is judged once more. A phase of the machine that may be waited for
    is waited for in a transfer of its own: this one's claim must not stand open meanwhile."""
    found = standing_against(t, Stage.BEFORE_REVOKE)
    if not found:
        return False
    plan = t.plan
    t.say_blockers(Why.BLOCKED, found, plan.to_node)
    end(t, Ending.ABORTED_SAFE, found[0].block.rule, found[0].block.code)
    if phase_wait.only_waits(t, found, plan):
        begin(t, kind=plan.kind, cause=plan.cause, to_node=plan.to_node, is_drill=plan.drill)
        t.put_plan(
            confirmed=plan.confirmed,
            lag_confirmed=plan.lag_confirmed,
            by=plan.by,
            wait_until=plan.wait_until,
            waited_out=plan.waited_out,
        )
    return True


def _claimed(t: Turn) -> bool:
    gate, plan = t.g.gate, t.plan
    if gate.seen and gate.epoch == plan.epoch and gate.owner is None:
        enter(t, Phase.FENCED, t.cfg.timing.promote_ns)
        return True
    if not plan.revoked:
        if stopped_before_revoke(t):
            return True
    else:
        found = standing_against(t, Stage.AFTER_FENCE) + _gate_stands_against(t)
        if (found or t.reached(plan.due)) and trouble.turn_aside(t, found):
            return True
        if found:
            return False
    t.ask(Revoke(epoch=plan.epoch), t.cfg.timing.fence_ns)
    t.put_plan(revoked=True)
    return False


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
    if (found or t.reached(plan.due)) and trouble.turn_aside(t, found):
        return True
    return False if found else None


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


def _record_lost(t: Turn) -> bool:
    """The record is not this plan's any more: end, and leave it to whoever claimed it."""
    if t.g.record is not None and t.g.record.epoch == t.plan.epoch + 1:
        return False
    t.say(Why.STORE_LOST, "S9", t.g.record.epoch if t.g.record is not None else 0)
    end(t, Ending.NEEDS_OPERATOR, "S9", "another claim won")
    return True


def mark(t: Turn, owner: str, ending: Ending, detail: str = "") -> bool:
    """Write down who drives, as it was read back, and end the transfer."""
    if _record_lost(t):
        return True
    if group_record.stored_in_plan(t, group_record.done(t, owner)):
        end(t, ending, "", detail)
        return True
    if t.reached(t.plan.due):
        # The plant is driven; only the record lags. Settling writes it when the store answers again.
        t.say(Why.STORE_UNKNOWN, "S9")
        end(t, ending, "S9", "record not yet marked")
        return True
    return False


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
    if t.reached(plan.due):
        t.say(Why.UNVERIFIED, "L3", t.cfg.section)
        end(t, Ending.NEEDS_OPERATOR, "L3", "safe state not verified")
        return True
    return False


_FORWARD: dict[Phase, Callable[[Turn], bool]] = {
    Phase.REQUESTED: requested,
    Phase.PERMITTED: permitted,
    Phase.CLAIMED: _claimed,
    Phase.FENCED: _fenced,
    Phase.PROMOTED: _promoted,
    Phase.TRACKED: _tracked,
    Phase.RELEASED: _released,
    Phase.OUTPUT_VERIFIED: _output_verified,
}


def _gate_ended_it(t: Turn) -> bool:
    """The gate's own word ends a transfer whatever its phase: another boot, SAFE, LOCAL, an epoch of somebody else."""
    gate, plan = t.g.gate, t.plan
    if not gate.seen:
        return False
    if gate.boot != plan.boot:
        end(t, Ending.NEEDS_OPERATOR, "S2", "the controller started anew")
    elif gate.state is GateState.SAFE:
        asked = plan.revoked or plan.course is Course.SAFE
        end(t, Ending.SAFE_STATE if asked else Ending.ABORTED_SAFE, "", "the section is in its safe state")
    elif gate.state is GateState.LOCAL:
        end(t, Ending.NEEDS_OPERATOR if plan.revoked else Ending.ABORTED_SAFE, "", "a person took the section")
    elif gate.epoch > plan.epoch + 1:
        end(t, Ending.NEEDS_OPERATOR, "S2", "the gate knows a newer epoch")
    else:
        return False
    return True


_MOVING = (Phase.CLAIMED, Phase.FENCED, Phase.PROMOTED, Phase.TRACKED, Phase.RELEASED)


def _believe_the_owner(t: Turn) -> bool:
    """An owner of this plan stands at the gate that this course did not put there: an earlier command came through."""
    gate, plan = t.g.gate, t.plan
    if not gate.seen or plan.phase not in _MOVING:
        return False
    owned = gate.state is GateState.OWNED
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
    claim = record.claim
    begin(t, kind=claim.kind, cause=None, to_node=claim.to_node, is_drill=claim.drill and t.cfg.drills)
    forward, back = record.epoch - 1, record.epoch
    plan = replace(t.plan, epoch=forward, confirmed=True, revoked=True, boot=gate.boot)
    phase, course, within_ns = Phase.CLAIMED, Course.FORWARD, t.cfg.timing.fence_ns
    owner_is = {(record.claim.to_node, forward): Course.FORWARD, (plan.from_node, back): Course.RETURN}
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
