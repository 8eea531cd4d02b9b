"""The canonical bytes of a state, relative to now and to the record, so that exploration is finite.

Written for speed: an exploration asks for the key of every state that it comes to. So each field is named here once,
and `tests/core/group/test_key.py` sees to it that none is forgotten.
"""

import marshal
from enum import Enum
from typing import Any

from otha.core.group.request import Bypass, Preview, Request, Selection
from otha.core.group.state import GateView, GroupState, NodeView, Plan
from otha.core.inputs import Claim, EffectId, Record
from otha.core.reasons import Blocker
from otha.core.words import OrderKind

_NEVER = -(1 << 63)
# Without references between equal objects and without marks of interned strings: equal values give equal bytes.
_FORMAT = 2

# What a key is made of: numbers, strings, None, and tuples of these.
Plain = object


def packed(plain: Any) -> bytes:  # Any: what marshal takes has no name outside its stub
    """Bytes that two plain values share only if they are equal and of the same types, within one process's life."""
    return marshal.dumps(plain, _FORMAT)


def ahead(at: int | None, now: int) -> int | None:
    """What is left until `at`."""
    return None if at is None else max(0, at - now)


def _epoch(epoch: int, base: int) -> int:
    """Relative to the record's; what was never told an epoch lies below all of them."""
    return epoch - base if epoch else _NEVER


def _of(member: Enum | None) -> Plain:
    return None if member is None else member._value_


def _id(id_: EffectId | None, base: int, serial: int) -> Plain:
    return None if id_ is None else (id_.epoch - base, id_.plan - serial, id_.phase)


def _blockers(found: tuple[Blocker, ...]) -> Plain:
    return tuple([(each.block.code, each.detail) for each in found]) if found else ()


def _gate(gate: GateView, base: int, now: int) -> Plain:
    return (
        gate.seen,
        gate.fits,
        gate.boot != 0,
        gate.state._value_,
        gate.owner,
        gate.last_driver,
        # The gate forgets under which epoch nobody drives.
        gate.owner_epoch - base if gate.owner is not None else 0,
        gate.epoch - base,
        gate.granted - base,
        gate.armed,
        gate.permit,
        gate.return_permit,
        gate.shadow._value_,
        tuple([(each.output, each.discrete, each.tolerance) for each in gate.apart]) if gate.apart else (),
        gate.owner_fresh,
        gate.driven,
        ahead(gate.hold_until, now),
        gate.used_up,
    )


def _node(view: NodeView, base: int) -> Plain:
    return (
        view.liveness._value_,
        view.role._value_,
        view.level,
        view.channels_lost,
        view.in_rpo._value_,
        view.ready._value_,
        tuple([(e.tag, e.form._value_, e.verdict._value_, e.tolerance, e.max_age_ms) for e in view.off]),
        view.one_shots,
        _epoch(view.epoch, base),
        view.taking._value_,
        view.whole._value_,
    )


def _plan(plan: Plan, base: int, serial: int, now: int, boot: int) -> Plain:
    return (
        plan.kind._value_,
        _of(plan.cause),
        plan.from_node,
        plan.to_node,
        plan.course._value_,
        plan.phase._value_,
        plan.epoch - base,
        plan.boot - boot,
        plan.automatic,
        plan.drill,
        plan.by,
        plan.confirmed,
        plan.lag_confirmed,
        plan.revoked,
        plan.demoted,
        plan.continued,
        _id(plan.asked, base, serial),
        ahead(plan.retry_at, now),
        max(0, plan.due - now),
        plan.waiting,
        _blockers(plan.against),
        plan.confirmed_in,
        ahead(plan.wait_until, now),
        plan.waited_out,
        ahead(plan.ask_until, now),
        plan.asked_out,
    )


def _preview(shown: Preview) -> Plain:
    return (
        shown.kind._value_,
        shown.from_node,
        shown.to_node,
        shown.needs_confirmation,
        _blockers(shown.passed),
        shown.for_ns,
    )


def _selection(held: Selection, base: int, now: int) -> Plain:
    return (
        held.by,
        held.client,
        held.node,
        held.from_node,
        held.to_node,
        held.epoch - base,
        _preview(held.shown),
        max(0, held.until - now),
    )


def claim_key(claim: Claim | None) -> Plain:
    """A claim but for its id, which follows from the record's epoch and the node."""
    return None if claim is None else (claim.kind._value_, claim.to_node, claim.drill)


def _record(record: Record) -> Plain:
    return (record.active, claim_key(record.claim), record.milestone._value_)


def _request(request: Request, hold_no: int, now: int) -> Plain:
    of_this_hold = request.kind is OrderKind.SAFE and request.hold_no == hold_no
    return (
        request.kind._value_,
        request.by,
        request.item,
        request.for_ns,
        of_this_hold,
        max(0, request.until - now),
    )


def _bypass(bypass: Bypass, now: int) -> Plain:
    return (bypass.item, bypass.by, bypass.second, max(0, bypass.until - now))


def parts(g: GroupState, now: int) -> Plain:
    """What `key` packs: two states with the same parts behave alike from here on.

    Left out: serial numbers, numbers of requests, attempts, revisions and hold numbers, which name things but decide
    nothing by their size, and what only alarms or tells.
    """
    record, plan = g.record, g.plan
    base = record.epoch if record is not None else 0
    claim = record.claim if record is not None else None
    return (
        g.store._value_,
        None if record is None else _record(record),
        _id(g.errand, base, 0),
        ahead(g.errand_retry_at, now),
        tuple([_node(view, base) for view in g.nodes]),
        g.maintenance,
        _gate(g.gate, base, now),
        tuple([(view.seen, _epoch(view.epoch, base), view.node) for view in g.selectors]),
        tuple([verdict._value_ for verdict in g.conditions]),
        g.machine,
        g.stays,
        g.arming._value_,
        g.standing._value_,
        None if g.concern is None else (g.concern.block.code, g.concern.detail),
        ahead(g.settle_until, now),
        None if plan is None else _plan(plan, base, g.serial, now, g.gate.boot),
        claim is not None and claim.id in g.harmless,
        _of(g.suspicion),
        ahead(g.confirm_at, now),
        g.steady,
        ahead(g.steady_at, now),
        g.return_asked,
        g.window_open,
        _blockers(g.told),
        ahead(g.holdoff_until, now),
        tuple([max(0, at - now) for at in g.recent]),
        g.extra_used,
        ahead(g.uncontrolled_until, now),
        g.uncontrolled,
        g.unverified,
        g.adopt_ordered,
        None if g.selection is None else _selection(g.selection, base, now),
        None if g.request is None else _request(g.request, g.gate.hold_no, now),
        tuple([_bypass(each, now) for each in g.bypasses]),
        None if g.safe_for is None else g.safe_for == g.gate.hold_no,
        g.safe_asked,
        ahead(g.safe_retry_at, now),
        _of(g.declined),
        g.halted,
    )


def key(g: GroupState, now: int) -> bytes:
    """The bytes of `parts`."""
    return packed(parts(g, now))
