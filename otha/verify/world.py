"""Nodes, gate, store and messages around one group's production `step`, as small models.

A world is a value. `moves` lists everything that may happen next; each move gives the next world, or raises what the
core raised. Ordinary progress (results, frames, watchdogs) comes before time; faults and orders come at any moment
while their budget lasts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from otha.core import canon
from otha.core.config import GroupConfig
from otha.core.effects import (
    Action,
    Backfill,
    Demote,
    Effect,
    Grant,
    Promote,
    ReadRecord,
    Release,
    Revoke,
    Safe,
    Select,
    SwapRecord,
    Void,
)
from otha.core.errors import DefectError, InvariantBreachError
from otha.core.group import step as group_step
from otha.core.group.event import ConditionJudged, Event, GateJudged, NodeJudged, SharedChanged
from otha.core.group.key import key
from otha.core.group.state import GateView, GroupState, NodeView, Shared
from otha.core.inputs import DueReached, EffectEnded, Order, OrderGiven, Record
from otha.core.words import GateState, Liveness, OrderKind, Outcome, Role, Verdict
from otha.verify import gate_model
from otha.verify.gate_model import GateModel

HEALTHY = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a node really is, beside what the group believes of it."""

    works: bool = True
    seen: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`flying`: effects on their way. `late`: commands whose sender gave them up; they may arrive once, or never.
    `owners`: which node owned which of the last epochs, for S1."""

    cfg: GroupConfig
    g: GroupState
    shared: Shared
    now: int
    gate: GateModel
    gate_seen: bool
    store: Record | None
    store_serial: int
    bodies: tuple[Body, ...]
    interlock: Verdict
    flying: tuple[Effect, ...]
    late: tuple[Action, ...]
    faults_left: int
    orders_left: int
    owners: tuple[tuple[int, str], ...]


Move = tuple[str, Callable[[], World]]


def _body(w: World, name: str | None) -> Body | None:
    for config, body in zip(w.cfg.nodes, w.bodies, strict=True):
        if config.name == name:
            return body
    return None


def drives(w: World) -> bool:
    """Whether the gate's owner is alive and sends frames."""
    body = _body(w, w.gate.owner)
    return body is not None and body.works


def _gate_view(w: World) -> GateView:
    gate = w.gate
    if not w.gate_seen:
        return replace(w.g.gate, seen=False, owner_fresh=False, driven=False, shadow=Verdict.UNKNOWN)
    fresh = gate.owner is not None and drives(w)
    return GateView(
        seen=True,
        boot=gate.boot,
        state=gate.state,
        owner=gate.owner,
        last_driver=gate.last_driver,
        owner_epoch=gate.owner_epoch,
        epoch=gate.epoch,
        granted=gate.granted,
        hold_no=gate.hold_no,
        armed=gate.armed,
        permit=gate.permit,
        return_permit=gate.return_permit,
        shadow=Verdict.TRUE if gate.shadow and fresh else Verdict.UNKNOWN,
        owner_fresh=fresh,
        driven=fresh and gate.state is GateState.OWNED,
        hold_until=gate.hold_until,
    )


def _node_view(w: World, index: int) -> NodeView:
    body, name = w.bodies[index], w.cfg.nodes[index].name
    if not body.seen:
        return NodeView(liveness=Liveness.DEAD, in_rpo=Verdict.TRUE, ready=Verdict.STALE)
    if not body.works:
        return NodeView(liveness=Liveness.FROZEN, level=HEALTHY, in_rpo=Verdict.TRUE, ready=Verdict.STALE)
    role = Role.ACTIVE if w.gate.owner == name else Role.STANDBY
    return NodeView(liveness=Liveness.ALIVE, role=role, level=HEALTHY, in_rpo=Verdict.TRUE, ready=Verdict.TRUE)


def tell(w: World, event: Event) -> World:
    """One step of the production core; its effects start to fly."""
    decision = group_step.step(w.cfg, w.shared, w.g, event, w.now)
    return replace(w, g=decision.state, flying=w.flying + decision.effects)


def _with_gate(w: World, gate: GateModel) -> World:
    if gate.state is GateState.OWNED and gate.owner is not None:
        known = dict(w.owners).get(gate.owner_epoch)
        if known is not None and known != gate.owner:
            raise InvariantBreachError("S1", f"{known} and {gate.owner} both owned epoch {gate.owner_epoch}")
        if known is None:
            w = replace(w, owners=(*w.owners[-3:], (gate.owner_epoch, gate.owner)))
    if gate.epoch < w.gate.epoch:
        raise InvariantBreachError("S2", "the gate's epoch shrank")
    if w.store is not None and gate.epoch > w.store.epoch:
        raise InvariantBreachError("S9", "the gate knows an epoch that nobody claimed")
    return replace(w, gate=gate)


def _hold_until(w: World) -> int:
    return w.now + w.cfg.own_gate.hold_max_ns


def _carry_out(w: World, action: Action) -> tuple[World, Outcome]:
    """What an action does when it arrives."""
    match action:
        case ReadRecord():
            return w, Outcome.DONE
        case SwapRecord(expect=expect, record=record):
            revision = w.store.revision if w.store is not None else None
            if revision != expect:
                return w, Outcome.REFUSED
            if w.store is not None and record.epoch < w.store.epoch:
                raise InvariantBreachError("S2", "the record's epoch shrank")
            serial = w.store_serial + 1
            return replace(w, store=replace(record, revision=str(serial)), store_serial=serial), Outcome.DONE
        case Select() | Promote() | Demote() | Backfill():
            raise DefectError(f"{w.cfg.name} drives a section and has no clients: {action}")
        case _:
            gate, outcome = gate_model.command(w.gate, action, _hold_until(w))
            return _with_gate(w, gate), outcome


def _ended(w: World, effect: Effect, outcome: Outcome) -> World:
    on_store = isinstance(effect.do, ReadRecord | SwapRecord)
    record = w.store if on_store and outcome is not Outcome.UNKNOWN else None
    return tell(w, EffectEnded(id=effect.id, outcome=outcome, record=record))


def results(w: World) -> Iterator[Move]:
    for at, effect in enumerate(w.flying):
        rest = replace(w, flying=w.flying[:at] + w.flying[at + 1 :])
        name = type(effect.do).__name__

        def done(rest: World = rest, effect: Effect = effect) -> World:
            after, outcome = _carry_out(rest, effect.do)
            return _ended(_look_at_gate(after), effect, outcome)

        yield f"{name} carried out", done
        if w.faults_left == 0:
            continue
        poorer = replace(rest, faults_left=w.faults_left - 1)

        def lost(poorer: World = poorer, effect: Effect = effect) -> World:
            return _ended(poorer, effect, Outcome.UNKNOWN)

        def answer_lost(poorer: World = poorer, effect: Effect = effect) -> World:
            after, _ = _carry_out(poorer, effect.do)
            return _ended(after, effect, Outcome.UNKNOWN)

        def delayed(poorer: World = poorer, effect: Effect = effect) -> World:
            return _ended(replace(poorer, late=(*poorer.late, effect.do)), effect, Outcome.UNKNOWN)

        yield f"FAULT {name} lost", lost
        yield f"FAULT {name} carried out, its answer lost", answer_lost
        yield f"FAULT {name} delayed beyond its bound", delayed


def _look_at_gate(w: World) -> World:
    view = _gate_view(w)
    return tell(w, GateJudged(view=view)) if view != w.g.gate else w


def progress(w: World) -> Iterator[Move]:
    """What happens by itself, soon."""
    if w.gate.state is GateState.OWNED and not drives(w):
        yield (
            "owner watchdog",
            lambda: _look_at_gate(_with_gate(w, gate_model.watchdog(w.gate, _hold_until(w)))),
        )
    if drives(w) and gate_model.frame(w.gate) != w.gate:
        yield "frame of the owner", lambda: _look_at_gate(_with_gate(w, gate_model.frame(w.gate)))
    for index in range(len(w.bodies)):
        view = _node_view(w, index)
        if view != w.g.nodes[index]:
            name = f"{w.cfg.nodes[index].name} judged {view.liveness.value}"
            yield name, lambda index=index, view=view: tell(w, NodeJudged(index=index, view=view))  # type: ignore[misc]  # loop variables bound as defaults
    if _gate_view(w) != w.g.gate:
        yield "gate read", lambda: _look_at_gate(w)
    for index, known in enumerate(w.g.conditions):
        # The first one is disturbed; the others hold.
        verdict = w.interlock if index == 0 else Verdict.TRUE
        if known is not verdict:
            event = ConditionJudged(index=index, verdict=verdict)
            yield "interlock read", lambda event=event: tell(w, event)  # type: ignore[misc]  # bound as default


def _late(w: World) -> Iterator[Move]:
    for at, action in enumerate(w.late):
        rest = replace(w, late=w.late[:at] + w.late[at + 1 :])

        def arrives(rest: World = rest, action: Action = action) -> World:
            return _carry_out(rest, action)[0]

        yield f"late {type(action).__name__} arrives", arrives
        yield f"late {type(action).__name__} is lost", lambda rest=rest: rest  # type: ignore[misc]  # bound as default


def _next_deadline(w: World) -> int | None:
    wake = group_step.step(w.cfg, w.shared, w.g, DueReached(), w.now).wake
    return min((at for at in (wake, w.gate.hold_until) if at is not None and at > w.now), default=None)


def _time(w: World) -> Iterator[Move]:
    """Time passes only when nothing else would happen first, up to the next moment that changes anything."""
    at = _next_deadline(w)
    if at is None:
        return

    def passes() -> World:
        before, later = world_key(w), w
        now: int | None = at
        while now is not None:
            later = replace(later, now=now)
            if later.gate.hold_until is not None and now >= later.gate.hold_until:
                later = _look_at_gate(_with_gate(later, gate_model.to_safe(later.gate)))
            later = tell(later, DueReached())
            if world_key(later) != before:
                break
            now = _next_deadline(later)
        return later

    yield f"time passes from {w.now // 1_000_000} ms on", passes


def _set_body(w: World, index: int, body: Body) -> World:
    return replace(w, bodies=(*w.bodies[:index], body, *w.bodies[index + 1 :]))


def _faults(w: World) -> Iterator[Move]:
    w = replace(w, faults_left=w.faults_left - 1)
    for index, body in enumerate(w.bodies):
        name = w.cfg.nodes[index].name
        bodies = {
            "killed": Body(works=False, seen=False),
            "frozen": Body(works=False, seen=True),
            "unseen but driving": Body(works=True, seen=False),
            "well again": Body(),
        }
        for what, changed in bodies.items():
            if changed != body:
                yield (
                    f"FAULT {name} {what}",
                    lambda index=index, changed=changed: _set_body(w, index, changed),  # type: ignore[misc]  # bound as defaults
                )
    yield (
        "FAULT gate out of sight" if w.gate_seen else "FAULT gate in sight",
        lambda: replace(w, gate_seen=not w.gate_seen),
    )
    yield "FAULT controller starts anew", lambda: _with_gate(w, gate_model.cold_start(w.gate))
    yield "FAULT a person takes LOCAL", lambda: _with_gate(w, gate_model.local(w.gate))
    yield "FAULT permit toggles", lambda: replace(w, gate=replace(w.gate, permit=not w.gate.permit))
    yield (
        "FAULT return permit toggles",
        lambda: replace(w, gate=replace(w.gate, return_permit=not w.gate.return_permit)),
    )
    for verdict in (Verdict.TRUE, Verdict.FALSE, Verdict.STALE):
        if w.cfg.conditions and verdict is not w.interlock:
            yield f"FAULT interlock {verdict.value}", lambda verdict=verdict: replace(w, interlock=verdict)  # type: ignore[misc]  # bound as default
    yield (
        "FAULT supervisor killed and started",
        lambda: replace(
            w,
            g=group_step.start(w.cfg, w.now),
            late=w.late + tuple(effect.do for effect in w.flying),
            flying=(),
        ),
    )
    for name, shared in (
        ("TILT", replace(w.shared, tilted=not w.shared.tilted)),
        ("isolation", replace(w.shared, isolated=not w.shared.isolated)),
    ):
        yield f"FAULT {name} toggles", lambda shared=shared: tell(replace(w, shared=shared), SharedChanged())  # type: ignore[misc]  # bound as default


def _orders(w: World) -> Iterator[Move]:
    w = replace(w, orders_left=w.orders_left - 1)
    wanted = [(OrderKind.SWITCHOVER, node.name) for node in w.cfg.nodes]
    wanted += [(OrderKind.ACKNOWLEDGE, None), (OrderKind.CONFIRM, None), (OrderKind.REJECT, None)]  # type: ignore[list-item]  # no node
    wanted += [(OrderKind.MAINTENANCE_IN, node.name) for node in w.cfg.nodes]
    for kind, node in wanted:
        order = Order(
            id=f"o{w.orders_left}",
            kind=kind,
            group=w.cfg.name,
            user="operator",
            client="world",
            node=node,
            arming=None,
            comment="",
        )
        yield f"ORDER {kind.value} {node or ''}", lambda order=order: tell(w, OrderGiven(order=order))  # type: ignore[misc]  # bound as default


def moves(w: World) -> Iterator[Move]:
    """Everything that may happen next."""
    soon = [*results(w), *progress(w)]
    yield from soon
    yield from _late(w)
    if not soon:
        yield from _time(w)
    if w.faults_left:
        yield from _faults(w)
    if w.orders_left:
        yield from _orders(w)


def world_key(w: World) -> bytes:
    """Worlds with the same key behave alike."""
    base = w.store.epoch if w.store is not None else 0
    awaited = {w.g.errand, w.g.plan.asked if w.g.plan is not None else None}
    gate = replace(
        w.gate,
        boot=0 if w.g.plan is None else w.gate.boot - w.g.plan.boot,
        owner_epoch=w.gate.owner_epoch - base,
        epoch=w.gate.epoch - base,
        granted=w.gate.granted - base,
        hold_no=w.gate.hold_no - w.g.gate.hold_no,
        hold_until=None if w.gate.hold_until is None else max(0, w.gate.hold_until - w.now),
    )
    return canon.encode(
        (
            key(w.g, w.now),
            gate,
            w.gate_seen,
            w.shared,
            w.store is not None and w.g.record is not None and w.store.revision == w.g.record.revision,
            replace(w.store, epoch=0, revision="", claim=None) if w.store is not None else None,
            w.bodies,
            w.interlock,
            tuple((_relative(e.do, base, w), e.id in awaited) for e in w.flying),
            tuple(_relative(action, base, w) for action in w.late),
            w.faults_left,
            w.orders_left,
            tuple((epoch - base, owner) for epoch, owner in w.owners),
        )
    )


def _relative(action: Action, base: int, w: World) -> Action:
    match action:
        case ReadRecord():
            return action
        case SwapRecord(expect=expect, record=record):
            current = w.store.revision if w.store is not None else None
            claim = replace(record.claim, id="") if record.claim is not None else None
            relative = replace(record, epoch=record.epoch - base, claim=claim)
            return replace(action, expect="now" if expect == current else "old", record=relative)
        case Safe(epoch=epoch, hold_no=hold_no):
            return replace(action, epoch=epoch - base, hold_no=hold_no - w.gate.hold_no)
        case Grant(epoch=epoch, boot=boot):
            return replace(action, epoch=epoch - base, boot=boot - w.gate.boot)
        case Revoke() | Void() | Release() | Select() | Promote() | Demote() | Backfill():
            return replace(action, epoch=action.epoch - base)
        case never:
            assert_never(never)
