"""What operators ask of a group. A repeated order is answered from `otha.core.order_book` and does not come here."""

from typing import assert_never

from otha.core.config import GroupConfig
from otha.core.errors import IllegalTransitionError
from otha.core.group import (
    claim,
    drill,
    failback,
    forced,
    guard,
    machine,
    question,
    redirect,
    release,
    selection,
    suspicion,
    transfer,
    trouble,
    uncontrolled,
)
from otha.core.group.guard import Stage
from otha.core.group.request import Preview, Request
from otha.core.group.state import Cause, GroupState, OrderAnswer, Plan, Shared
from otha.core.group.turn import Turn
from otha.core.inputs import Order
from otha.core.reasons import Block, Blocker, Reason, Why
from otha.core.words import Ending, GateState, GroupKind, OrderKind, Phase, Standing, TransferKind


def _block(block: Block, detail: str = "") -> tuple[Blocker, ...]:
    return (Blocker(block=block, detail=detail),)


def _no_such_node(cfg: GroupConfig, name: str | None) -> tuple[Blocker, ...]:
    members = ", ".join(node.name for node in cfg.nodes)
    return _block(Block.NO_SUCH_NODE, f"{name or 'none named'}; its nodes are {members}")


def no_standby(cfg: GroupConfig, shared: Shared, g: GroupState) -> tuple[Blocker, ...]:
    """What stands against each node but the active one, when there is no best standby."""
    return tuple(
        blocker
        for other in cfg.nodes
        if g.record is None or other.name != g.record.active
        for blocker in guard.able(cfg, g, other.name)
        + guard.sync(cfg, g, other.name)
        + guard.room(shared, g, other.name)
    ) or _block(Block.NODE_NOT_ABLE, "no standby")


def switchover_target(cfg: GroupConfig, shared: Shared, g: GroupState, node: str | None) -> str | None:
    """The node a switchover would go to: the one named, else the best standby."""
    active = g.record.active if g.record is not None else None
    return node if node is not None else guard.best_standby(cfg, shared, g, besides=(active, g.gate.owner))


def ordered_kind(cfg: GroupConfig, shared: Shared, g: GroupState) -> TransferKind:
    """Away from an active that is under suspicion no bumpless readiness can be had: that is an ordered failover. One
    that is merely degraded can hand over, and does so by the rules of a switchover."""
    planned = suspicion.cause(cfg, shared, g) in (None, Cause.DEGRADED)
    return TransferKind.SWITCHOVER if planned else TransferKind.FAILOVER


def switchover_against(
    cfg: GroupConfig, shared: Shared, g: GroupState, node: str | None, now: int
) -> tuple[Blocker, ...]:
    """What stands against an ordered switchover to `node` (None: the best standby); the same answer as the order's."""
    if g.plan is not None:
        return _block(Block.TRANSFER_RUNNING, g.plan.phase.value)
    to_node = switchover_target(cfg, shared, g, node)
    if to_node is None:
        return no_standby(cfg, shared, g)
    if guard.node_index(cfg, to_node) is None:
        return _no_such_node(cfg, to_node)
    # A store that its clients use, but that does not take their rows, is promoted anew under an epoch of its own.
    anew = cfg.kind is GroupKind.STORE and g.standing is Standing.NEEDS_OPERATOR
    if user_of(cfg, g) == to_node and not anew:
        return _block(Block.ALREADY_ACTIVE, to_node)
    kind = ordered_kind(cfg, shared, g)
    found = guard.against(cfg, shared, g, kind=kind, to_node=to_node, cause=None, stage=Stage.START, now=now)
    found = machine.not_waitable(cfg, g, kind, None, transfer.serious(cfg, found))
    asks = transfer.needs_confirmation(cfg, g, kind, to_node)
    return found + uncontrolled.against(cfg, g, kind=kind, cause=None, to_node=to_node, asks=asks)


def user_of(cfg: GroupConfig, g: GroupState) -> str | None:
    """Whom the group's target has now, as it says itself: the gate's owner that drives, or the node that all clients
    in sight use."""
    if cfg.kind is GroupKind.DRIVER:
        return g.gate.owner if g.gate.seen and g.gate.state is GateState.OWNED else None
    used = {view.node for view in g.selectors if view.seen}
    return next(iter(used)) if len(used) == 1 else None


def _adopts(t: Turn, order: Order) -> bool:
    """Ordered to the node that its target has already, while the record says otherwise: the record follows."""
    record = t.g.record
    has = order.node is not None and user_of(t.cfg, t.g) == order.node
    return has and t.g.standing is Standing.NEEDS_OPERATOR and (record is None or record.active != order.node)


def _busy(t: Turn) -> tuple[Blocker, ...]:
    """What waits for a person, or moves, goes before another switchover: one winner, and one answer that names it."""
    if t.g.plan is not None and t.g.plan.confirmed:
        return _block(Block.TRANSFER_RUNNING, t.g.plan.phase.value)
    return forced.waits_against(t)


def _switchover(t: Turn, order: Order) -> tuple[Blocker, ...]:
    if held := selection.held_by_other(t, order) + _busy(t):
        return held
    if t.g.plan is None and _adopts(t, order):
        t.put(adopt_ordered=True)
        return ()
    found = switchover_against(t.cfg, t.shared, t.g, order.node, t.now)
    to_node = switchover_target(t.cfg, t.shared, t.g, order.node)
    if not found and to_node is not None:
        transfer.begin(t, kind=ordered_kind(t.cfg, t.shared, t.g), cause=None, to_node=to_node, by=order.user)
    return found


def _select(t: Turn, order: Order) -> tuple[Blocker, ...]:
    found = selection.held_by_other(t, order) + _busy(t)
    found = found or switchover_against(t.cfg, t.shared, t.g, order.node, t.now)
    to_node = switchover_target(t.cfg, t.shared, t.g, order.node)
    if not found and to_node is not None:
        selection.take(t, order, ordered_kind(t.cfg, t.shared, t.g), to_node)
    return found


def _operate(t: Turn, order: Order) -> tuple[Blocker, ...]:
    """What was selected, judged again as it is now. What is refused to its holder ends the selection."""
    if held := selection.held_by_other(t, order):
        return held
    named = t.g.selection.node if t.g.selection is not None else None
    to_node = switchover_target(t.cfg, t.shared, t.g, named)
    kind = ordered_kind(t.cfg, t.shared, t.g)
    found = selection.stale(t, order, kind, to_node)
    if not found and (busy := _busy(t)):
        # It is in the way for a while, and takes nothing from who has selected.
        return busy
    if t.g.selection is not None:
        found += switchover_against(t.cfg, t.shared, t.g, to_node, t.now)
    if found:
        selection.drop(t, "refused")
    elif to_node is not None:
        transfer.begin(t, kind=kind, cause=None, to_node=to_node, by=order.user)
    return found


def failback_against(cfg: GroupConfig, shared: Shared, g: GroupState, now: int) -> tuple[Blocker, ...]:
    """What stands against an ordered failback; the same answer as the order's."""
    if g.plan is not None:
        return _block(Block.TRANSFER_RUNNING, g.plan.phase.value)
    to_node = cfg.preferred
    if to_node in (user_of(cfg, g), g.record.active if g.record is not None else None):
        return _block(Block.ALREADY_ACTIVE, to_node)
    return failback.against_start(cfg, shared, g, now)


def _reserved(t: Turn, order: Order) -> tuple[Blocker, ...]:
    """Somebody else holds the selection, or something waits for a second person."""
    return selection.held_by_other(t, order) + (forced.waits_against(t) if t.g.plan is None else ())


def _failback(t: Turn, order: Order) -> tuple[Blocker, ...]:
    if order.node not in (None, t.cfg.preferred):
        return _block(Block.NOT_PREFERRED, t.cfg.preferred)
    found = _reserved(t, order) or failback_against(t.cfg, t.shared, t.g, t.now)
    if not found:
        transfer.begin(t, kind=TransferKind.FAILBACK, cause=None, to_node=t.cfg.preferred, by=order.user)
    return found


def drill_against(
    cfg: GroupConfig, shared: Shared, g: GroupState, kind: TransferKind | None, node: str | None, now: int
) -> tuple[Blocker, ...]:
    """What stands against a drill of this kind of transfer to `node` (None: the one it would choose by itself)."""
    if g.plan is not None:
        return _block(Block.TRANSFER_RUNNING, g.plan.phase.value)
    if kind is None:
        return _block(Block.NO_SUCH_DRILL)
    found = drill.against_start(cfg, shared, g, kind)
    if kind is TransferKind.FAILBACK:
        if node not in (None, cfg.preferred):
            return found + _block(Block.NOT_PREFERRED, cfg.preferred)
        return found + failback_against(cfg, shared, g, now)
    to_node = switchover_target(cfg, shared, g, node)
    if to_node is None:
        return found + no_standby(cfg, shared, g)
    if guard.node_index(cfg, to_node) is None:
        return found + _no_such_node(cfg, to_node)
    if user_of(cfg, g) == to_node:
        return found + _block(Block.ALREADY_ACTIVE, to_node)
    return found + guard.against(cfg, shared, g, kind=kind, to_node=to_node, cause=None, stage=Stage.START, now=now)


def _drill(t: Turn, order: Order) -> tuple[Blocker, ...]:
    kind = order.transfer
    found = _reserved(t, order) or drill_against(t.cfg, t.shared, t.g, kind, order.node, t.now)
    to_node = t.cfg.preferred if kind is TransferKind.FAILBACK else switchover_target(t.cfg, t.shared, t.g, order.node)
    if not found and kind is not None and to_node is not None:
        transfer.begin(t, kind=kind, cause=None, to_node=to_node, by=order.user, is_drill=True)
    return found


def _drill_abort(t: Turn, order: Order) -> tuple[Blocker, ...]:
    """Before the claim nothing has happened yet; after it the transfer is led back."""
    plan = t.g.plan
    if plan is None or not plan.drill:
        return _block(Block.NOTHING_TO_ABORT)
    if plan.phase in (Phase.REQUESTED, Phase.PERMITTED):
        transfer.end(t, Ending.ABORTED_SAFE, "", f"drill aborted by {order.user}")
        return ()
    led_back = trouble.lead_back(t) if t.cfg.kind is GroupKind.DRIVER else redirect.lead_back(t)
    return () if led_back else _block(Block.TOO_LATE_TO_ABORT, f"{plan.course.value}, {plan.phase.value}")


def _confirm(t: Turn, order: Order) -> tuple[Blocker, ...]:
    if order.kind is OrderKind.REJECT and not order.comment.strip():
        return _block(Block.COMMENT_MISSING)
    match question.meant(t, order):
        case Request() as request:
            return forced.answer(t, order, request)
        case Plan() as plan:
            return _confirm_transfer(t, order, plan)
        case found:
            return found


def _confirm_transfer(t: Turn, order: Order, plan: Plan) -> tuple[Blocker, ...]:
    if order.kind is OrderKind.REJECT:
        transfer.end(t, Ending.ABORTED_SAFE, "", f"rejected by {order.user}")
        t.put(declined=plan.cause)
        return ()
    if t.cfg.persons.two_persons and plan.by == order.user:
        return _block(Block.SECOND_PERSON, f"asked by {plan.by}")
    lag_confirmed = bool(guard.sync(t.cfg, t.g, plan.to_node))
    asked_by_machine = machine.asks(t.cfg, t.g)
    t.put_plan(confirmed=True, lag_confirmed=lag_confirmed, ask_until=None)
    if asked_by_machine:
        t.put_plan(confirmed_in=t.g.machine)
    # It came too late: what has come in the way since is the answer, and the transfer is over.
    if found := claim.stops(t):
        claim.stop(t, found)
    return found


def _maintenance(t: Turn, order: Order) -> tuple[Blocker, ...]:
    index = guard.node_index(t.cfg, order.node)
    if index is None:
        return _no_such_node(t.cfg, order.node)
    entering = order.kind is OrderKind.MAINTENANCE_IN
    if entering and t.g.plan is not None:
        return _block(Block.TRANSFER_RUNNING, t.g.plan.phase.value)
    if entering and order.node in (t.g.gate.owner, t.g.record.active if t.g.record is not None else None):
        return _block(Block.ALREADY_ACTIVE, order.node or "")
    t.put(maintenance=tuple(entering if at == index else was for at, was in enumerate(t.g.maintenance)))
    return ()


def _arm(t: Turn, order: Order) -> tuple[Blocker, ...]:
    if t.g.plan is not None:
        return _block(Block.TRANSFER_RUNNING, t.g.plan.phase.value)
    if order.arming is None:
        return _block(Block.NOT_ARMED, "no level named")
    t.put(arming=order.arming, arming_ordered=True, told=())
    failback.armed_anew(t)
    return ()


def _carry_out(t: Turn, order: Order) -> tuple[Blocker, ...]:
    match order.kind:
        case OrderKind.SWITCHOVER:
            return _switchover(t, order)
        case OrderKind.FAILBACK:
            return _failback(t, order)
        case OrderKind.DRILL:
            return _drill(t, order)
        case OrderKind.DRILL_ABORT:
            return _drill_abort(t, order)
        case OrderKind.CONFIRM | OrderKind.REJECT:
            return _confirm(t, order)
        case OrderKind.SELECT:
            return _select(t, order)
        case OrderKind.OPERATE:
            return _operate(t, order)
        case OrderKind.CANCEL:
            return selection.cancel(t, order) if t.g.selection is not None else forced.withdraw(t, order)
        case OrderKind.BYPASS | OrderKind.SAFE:
            return forced.ask(t, order)
        case OrderKind.UNBYPASS:
            return forced.unbypass(t, order)
        case OrderKind.RELEASE:
            return _reserved(t, order) or release.order(t, order.user)
        case OrderKind.ACKNOWLEDGE:
            t.put(holdoff_until=None, recent=(), extra_used=False, told=(), declined=None, in_flight=())
            return ()
        case OrderKind.MAINTENANCE_IN | OrderKind.MAINTENANCE_OUT:
            return _maintenance(t, order)
        case OrderKind.ARM:
            return _arm(t, order)
        case (
            OrderKind.ALARM_ACK
            | OrderKind.ALARM_RESET
            | OrderKind.SHELVE
            | OrderKind.UNSHELVE
            | OrderKind.OUT_OF_SERVICE
            | OrderKind.IN_SERVICE
        ):
            raise IllegalTransitionError(f"{order.kind.value} is no order of the group's own: it asks of an alarm")
        case never:
            assert_never(never)


def take(t: Turn, order: Order) -> None:
    """Answer one order of the group's own."""
    found = _block(Block.HALTED, t.g.halted) if t.g.halted is not None else _carry_out(t, order)
    t.answer, reasons = answered(order, found, t.preview)
    t.reasons.extend(reasons)


def answered(
    order: Order, found: tuple[Blocker, ...], preview: Preview | None = None
) -> tuple[OrderAnswer, tuple[Reason, ...]]:
    """The answer to an order against which `found` stands, and what there is to tell of it."""
    kind, user = order.kind.value, order.user
    answer = OrderAnswer(order_id=order.id, accepted=not found, blockers=found, preview=preview)
    if not found:
        named = f"request {order.request}" if order.request is not None else "-"
        about = order.node or order.item or named
        return answer, (Reason(why=Why.ORDER_TAKEN, rule="", args=(kind, user, about, order.comment)),)
    return answer, tuple(
        Reason(why=Why.ORDER_REFUSED, rule=each.block.rule, args=(kind, user, each.block.code, each.detail))
        for each in found
    )
