"""A transfer as such, of every kind: how it begins, enters a phase, is judged, marks who drives, and ends.

What leads up to its claim is in `claim`, what a `driver` does after it in `driver`, what a `path` or `store` does in
`redirect`.
"""

from otha.core.config import GroupConfig
from otha.core.group import drill, failback, guard, suspicion
from otha.core.group import record as group_record
from otha.core.group.guard import Stage
from otha.core.group.state import Cause, GroupState, Plan, StoreView
from otha.core.group.turn import Turn
from otha.core.reasons import Block, Blocker, Why
from otha.core.words import Confirm, Course, Ending, GroupKind, OrderKind, Phase, RpoMiss, Standing, TransferKind

# Members are looked up by a call in CPython 3.11; these are asked for in every step.
_AFTER_FENCE, _FAILOVER = Stage.AFTER_FENCE, TransferKind.FAILOVER
# Beyond, the oldest is forgotten: should it still win, it is taken up as one from which a REVOKE may have left.
_HARMLESS_MAX = 4
# Phases whose effect swaps the record.
SWAPPING = (Phase.PERMITTED, Phase.OUTPUT_VERIFIED, Phase.BACKFILLED)


def needs_confirmation(
    cfg: GroupConfig, g: GroupState, kind: TransferKind, to_node: str, *, is_drill: bool = False
) -> bool:
    """Whether a person must confirm: by the group's setting, or because S5 asks. Every drill is planned."""
    match cfg.confirm:
        case Confirm.NEVER:
            pass
        case Confirm.PLANNED:
            if is_drill or kind is not TransferKind.FAILOVER:
                return True
        case Confirm.ALWAYS:
            return True
    return cfg.on_rpo_miss is RpoMiss.ASK and bool(guard.sync(cfg, g, to_node))


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
    confirmed = not needs_confirmation(t.cfg, g, kind, to_node, is_drill=is_drill)
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
        told=(),
        declined=None,
        in_flight=(),
    )
    said = "drill" if is_drill else because
    t.say(Why.REQUESTED, "", kind.value, from_node or "-", to_node, said if cause is None else cause.value)
    for each in guard.passed_over(t.cfg, g):
        t.say(Why.PASSED_OVER, "S6", each.block.code, each.detail)
    _give_way(t)


def _give_way(t: Turn) -> None:
    """What persons held is over: the transfer is what was selected, or came before it. A request for SAFE stands: two
    persons may still want it."""
    held, request = t.g.selection, t.g.request
    if held is not None:
        t.put(selection=None)
        t.say(Why.SELECTION_ENDED, "", held.by, held.to_node, "a transfer began")
    if request is not None and request.kind is OrderKind.BYPASS:
        t.put(request=None)
        t.say(Why.REQUEST_ENDED, "two persons", request.what, request.by, "a transfer began")


def enter(t: Turn, phase: Phase, within_ns: int) -> None:
    """Move to `phase`; its bound starts anew."""
    t.put_plan(phase=phase, asked=None, retry_at=None, due=t.due(within_ns), waiting=False, against=())
    t.say(Why.PHASE, "", phase.value, t.plan.goal_node, t.plan.goal_epoch)


def _harmless_after(t: Turn, *, swap_under_way: bool) -> tuple[str, ...]:
    """The open claims from which no REVOKE left, once this transfer has ended. While its own may still win, and an
    earlier one stands in the record, there are several."""
    plan, record = t.plan, t.g.record
    if plan.revoked:
        return ()
    claim = record.claim if record is not None else None
    earlier = t.g.harmless if claim is not None and claim.id in t.g.harmless else ()
    if earlier and not swap_under_way:
        return earlier
    return (*earlier, group_record.claim_id(t))[-_HARMLESS_MAX:]


def end(t: Turn, ending: Ending, rule: str = "", detail: str = "") -> None:
    """Close the transfer and start what follows it: the hold-off, the anti-flap window, settling anew."""
    plan = t.plan
    t.say(Why.ENDED, rule or "L2", ending.value, plan.kind.value, plan.from_node or "-", plan.to_node, detail)
    # Only a transfer that took the section from its owner counts against the next one.
    moved = plan.revoked and (plan.automatic or failback.begun_by_itself(t.cfg, plan))
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
    stage = _AFTER_FENCE if plan.continued else stage
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
    if stage is not _AFTER_FENCE:
        found += failback.against(t.cfg, t.shared, t.g, kind=plan.kind, to_node=plan.to_node, now=t.now)
        found += failback.window_closed(t.cfg, t.g, plan)
        found += drill.against(t.cfg, t.shared, t.g, is_drill=plan.drill, kind=plan.kind)
    if plan.lag_confirmed:
        found = serious(t.cfg, found)
    if plan.kind is _FAILOVER and not plan.drill and stage is not _AFTER_FENCE and _cause_gone(t):
        found += (Blocker(block=Block.CAUSE_GONE, detail=plan.from_node or ""),)
    return found


def _cause_gone(t: Turn) -> bool:
    """Whether what a failover was for is over, ordered or not. An active that is merely degraded hands over by the
    rules of a switchover, or after its deadband (S16)."""
    present = suspicion.cause(t.cfg, t.shared, t.g)
    return present is None or (present is Cause.DEGRADED and t.plan.cause is not Cause.DEGRADED)


def serious(cfg: GroupConfig, found: tuple[Blocker, ...]) -> tuple[Blocker, ...]:
    """What no confirmation can lift: where S5 asks, a lag may be confirmed by a person."""
    if cfg.on_rpo_miss is not RpoMiss.ASK:
        return found
    return tuple(blocker for blocker in found if blocker.block is not Block.SYNC_BEHIND)


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
