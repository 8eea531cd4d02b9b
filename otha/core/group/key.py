"""The canonical bytes of a state, relative to now and to the record, so that exploration is finite."""

from dataclasses import replace

from otha.core import canon
from otha.core.group.request import Request, Selection
from otha.core.group.state import GateView, GroupState, NodeView, Plan
from otha.core.inputs import EffectId, Record
from otha.core.words import OrderKind

_NEVER = -(1 << 63)


def _ahead(at: int | None, now: int) -> int | None:
    return None if at is None else max(0, at - now)


def _epoch(epoch: int, base: int) -> int:
    """Relative to the record's; what was never told an epoch lies below all of them."""
    return epoch - base if epoch else _NEVER


def _id(id_: EffectId | None, base: int, serial: int) -> EffectId | None:
    return None if id_ is None else replace(id_, epoch=id_.epoch - base, plan=id_.plan - serial, attempt=0)


def _gate(gate: GateView, base: int, now: int) -> GateView:
    return replace(
        gate,
        boot=0 if gate.boot == 0 else 1,
        # The gate forgets under which epoch nobody drives.
        owner_epoch=gate.owner_epoch - base if gate.owner is not None else 0,
        epoch=gate.epoch - base,
        granted=gate.granted - base,
        hold_no=0,
        hold_until=_ahead(gate.hold_until, now),
        apart=tuple(replace(each, held=0, shadow=0) for each in gate.apart),
    )


def _node(view: NodeView, base: int) -> NodeView:
    off = tuple(replace(each, active=None, standby=None, age_ms=None) for each in view.off)
    return replace(view, epoch=_epoch(view.epoch, base), off=off, pending=None)


def _plan(plan: Plan, base: int, serial: int, now: int, boot: int) -> Plan:
    return replace(
        plan,
        serial=0,
        epoch=plan.epoch - base,
        boot=plan.boot - boot,
        attempt=0,
        asked=_id(plan.asked, base, serial),
        retry_at=_ahead(plan.retry_at, now),
        due=max(0, plan.due - now),
        wait_until=_ahead(plan.wait_until, now),
        ask_until=_ahead(plan.ask_until, now),
        request=0,
        about=(),
    )


def _selection(held: Selection | None, base: int, now: int) -> Selection | None:
    return None if held is None else replace(held, epoch=held.epoch - base, until=max(0, held.until - now))


def _record(record: Record, base: int) -> Record:
    claim = replace(record.claim, id="") if record.claim is not None else None
    return replace(record, epoch=record.epoch - base, revision="", claim=claim)


def _request(request: Request, hold_no: int, now: int) -> Request:
    of_this_hold = int(request.kind is OrderKind.SAFE and request.hold_no == hold_no)
    return replace(request, number=0, comment="", hold_no=of_this_hold, until=max(0, request.until - now))


def key(g: GroupState, now: int) -> bytes:
    """Two states with the same key behave alike from here on.

    Left out: serial numbers, numbers of requests, attempts, revisions and hold numbers, which name things but decide
    nothing by their size, and what only alarms or tells.
    """
    base = g.record.epoch if g.record is not None else 0
    claim = g.record.claim if g.record is not None else None
    relative = replace(
        g,
        record=_record(g.record, base) if g.record is not None else None,
        errand=_id(g.errand, base, 0),
        errand_attempt=0,
        errand_retry_at=_ahead(g.errand_retry_at, now),
        gate=_gate(g.gate, base, now),
        selectors=tuple(replace(view, epoch=_epoch(view.epoch, base)) for view in g.selectors),
        nodes=tuple(_node(view, base) for view in g.nodes),
        settle_until=_ahead(g.settle_until, now),
        plan=_plan(g.plan, base, g.serial, now, g.gate.boot) if g.plan is not None else None,
        serial=0,
        harmless="yes" if claim is not None and g.harmless == claim.id else None,
        confirm_at=_ahead(g.confirm_at, now),
        steady_at=_ahead(g.steady_at, now),
        holdoff_until=_ahead(g.holdoff_until, now),
        recent=tuple(max(0, at - now) for at in g.recent),
        uncontrolled_until=_ahead(g.uncontrolled_until, now),
        safe_retry_at=_ahead(g.safe_retry_at, now),
        calm_until=None,
        arming_ordered=False,
        requests=0,
        selection=_selection(g.selection, base, now),
        request=_request(g.request, g.gate.hold_no, now) if g.request is not None else None,
        bypasses=tuple(replace(each, comment="", until=max(0, each.until - now)) for each in g.bypasses),
        safe_for=None if g.safe_for is None else int(g.safe_for == g.gate.hold_no),
        first_out=None,
        unlisted="",
        in_flight=(),
    )
    return canon.encode(relative)
