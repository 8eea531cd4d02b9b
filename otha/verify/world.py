"""A section's gate and the nodes that drive it, as small models around one group's production `step`."""

from collections.abc import Iterator
from dataclasses import dataclass

from otha.core.altered import altered
from otha.core.conditions import UNKNOWN_MACHINE
from otha.core.effects import (
    Action,
    Backfill,
    Demote,
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
from otha.core.group import machine
from otha.core.group.event import GateJudged, NodeJudged
from otha.core.group.key import Plain, ahead, packed
from otha.core.group.state import GateView, NodeView, StoreView
from otha.core.words import GateState, Liveness, Outcome, Role, Standing, Verdict
from otha.verify import around, gate_model
from otha.verify.around import (
    HEALTHY,
    STATES_OF_A_BODY,
    Around,
    Move,
    body_of,
    common_faults,
    conditions_read,
    machine_read,
    tell,
    with_body,
)
from otha.verify.gate_model import GateModel


@dataclass(frozen=True, slots=True, kw_only=True)
class World(Around):
    """`owners`: which node owned which of the last epochs, for S1.

    The gate's permit is people's, which may come and go at any moment, and the machine's phase's, which is tied to the
    machine's state: a permit in a state whose rules let no transfer go is not explored, since the program of a machine
    with such states drops it there (docs/engineer.md), nor is one that comes before its phase is over.
    """

    gate: GateModel
    gate_seen: bool
    owners: tuple[tuple[int, str], ...]

    def soon(self) -> Iterator[Move["World"]]:
        yield from around.results(self)
        yield from _progress(self)

    def next_deadline(self) -> int | None:
        at = (Around.next_deadline(self), self.gate.hold_until)
        return min((each for each in at if each is not None and each > self.now), default=None)

    def time_came(self) -> "World":
        if self.gate.hold_until is None or self.now < self.gate.hold_until:
            return self
        return _with_gate(self, gate_model.to_safe(self.gate)).looked()

    def faults(self) -> Iterator[Move["World"]]:
        yield from _faults(altered(self, faults_left=self.faults_left - 1))

    def enters(self, state: int) -> "World":
        """The program drops its permit in the same scan in a phase that forbids a takeover, long before OTHA has read
        it. A state that OTHA can't tell is one to the program."""
        if self.cfg.machine is None or state == UNKNOWN_MACHINE:
            return altered(self, machine=state)
        gate = altered(self.gate, phase_permits=machine.lets_any_go(self.cfg.machine.state(state)))
        return altered(self, machine=state, gate=gate)

    def carry_out(self, action: Action) -> tuple["World", Outcome]:
        match action:
            case Select() | Promote() | Demote() | Backfill() | ReadRecord() | SwapRecord():
                raise DefectError(f"{self.cfg.name} drives a section and has no clients: {action}")
            case _:
                gate, outcome = gate_model.command(self.gate, action, _hold_until(self))
                return _with_gate(self, gate), outcome

    def obeyed(self, action: Action) -> bool:
        gate = self.gate
        match action:
            case Revoke(epoch=epoch) | Void(epoch=epoch):
                return epoch > gate.epoch
            case Grant(epoch=epoch, boot=boot):
                return epoch > gate.granted and epoch >= gate.epoch and boot == gate.boot
            case Release(epoch=epoch):
                return epoch >= gate.epoch
            case Safe(epoch=epoch, hold_no=hold_no):
                return epoch >= gate.epoch and hold_no >= gate.hold_no
            case _:
                return True

    def looked(self) -> "World":
        view = gate_view(self)
        return tell(self, GateJudged(view=view)) if view != self.g.gate else self

    def key(self) -> bytes:
        owners = tuple([(epoch - self.base, owner) for epoch, owner in self.owners])
        return packed((around.group_key(self), self.gate_key(), self.gate_seen, around.messages_key(self), owners))

    @property
    def base(self) -> int:
        """The epoch that others count from in the key."""
        return self.store.epoch if self.store is not None else 0

    def gate_key(self) -> Plain:
        """The gate, relative to the record and to what the group knows of it."""
        gate, known, base = self.gate, self.g.gate, self.base
        return (
            gate.boot - known.boot,
            gate.state._value_,
            gate.owner,
            gate.last_driver,
            gate.owner_epoch - base,
            gate.epoch - base,
            gate.granted - base,
            gate.hold_no - known.hold_no,
            gate.armed,
            gate.shadow,
            gate.permit,
            gate.return_permit,
            gate.phase_permits,
            ahead(gate.hold_until, self.now),
            gate.resumes,
            gate.stuck,
        )

    def at_rest(self) -> str:
        g = self.g
        if g.standing is Standing.FOLLOWING:
            owner = self.gate.owner if self.gate.state is GateState.OWNED and drives(self) else None
            if g.record is not None and owner is not None and g.record.active == owner:
                return "driven"
            if g.store is not StoreView.KNOWN or not self.gate_seen or self.shared.tilted or self.shared.isolated:
                return "blind"
            raise InvariantBreachError("L1", "nobody drives and nothing is done about it")
        return around.stated_concern(g)


def drives(w: World) -> bool:
    """Whether the gate's owner is alive and sends frames."""
    body = body_of(w, w.gate.owner)
    return body is not None and body.works


def gate_view(w: World) -> GateView:
    """What the watch would say of the gate now."""
    gate = w.gate
    if not w.gate_seen:
        return altered(w.g.gate, seen=False, owner_fresh=False, driven=False, shadow=Verdict.UNKNOWN)
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
        permit=gate.permits_takeover,
        return_permit=gate.return_permit,
        shadow=Verdict.TRUE if gate.shadow and fresh else Verdict.UNKNOWN,
        owner_fresh=fresh,
        driven=fresh and gate.state is GateState.OWNED,
        hold_until=gate.hold_until,
        used_up=gate.stuck,
    )


_GONE = NodeView(liveness=Liveness.DEAD, in_rpo=Verdict.TRUE, ready=Verdict.STALE)
_STANDS_STILL = NodeView(liveness=Liveness.FROZEN, level=HEALTHY, in_rpo=Verdict.TRUE, ready=Verdict.STALE)
_STANDS_BY = NodeView(
    liveness=Liveness.ALIVE, role=Role.STANDBY, level=HEALTHY, in_rpo=Verdict.TRUE, ready=Verdict.TRUE
)
_ALIVE_AS = {role: altered(_STANDS_BY, role=role) for role in Role}
_DRIVES = _ALIVE_AS[Role.ACTIVE]


def _role_decides(w: World) -> bool:
    """Whether the role that a node says can still decide anything: only until a group has a record, at its first start
    (`otha.core.group.settle`). A record that is there is read, and never gone again."""
    g = w.g
    return g.record is None and (w.store is None or g.store is StoreView.KNOWN)


def node_view(w: World, index: int) -> NodeView:
    """What the watch would say of a node now."""
    body = w.bodies[index]
    if not body.seen:
        return _GONE
    if not body.works:
        return _STANDS_STILL
    if not _role_decides(w):
        return _ALIVE_AS[w.g.nodes[index].role]
    return _DRIVES if w.gate.owner == w.cfg.nodes[index].name else _STANDS_BY


def _with_gate(w: World, gate: GateModel) -> World:
    if gate.state is GateState.OWNED and gate.owner is not None:
        known = dict(w.owners).get(gate.owner_epoch)
        if known is not None and known != gate.owner:
            raise InvariantBreachError("S1", f"{known} and {gate.owner} both owned epoch {gate.owner_epoch}")
        if known is None:
            w = altered(w, owners=(*w.owners[-3:], (gate.owner_epoch, gate.owner)))
    if gate.epoch < w.gate.epoch:
        raise InvariantBreachError("S2", "the gate's epoch shrank")
    if w.store is not None and gate.epoch > w.store.epoch:
        raise InvariantBreachError("S9", "the gate knows an epoch that nobody claimed")
    return altered(w, gate=gate)


def _hold_until(w: World) -> int:
    return w.now + w.cfg.own_gate.hold_max_ns


def _progress(w: World) -> Iterator[Move[World]]:
    """What happens by itself, soon."""
    if w.gate.state is GateState.OWNED and not drives(w):
        yield (
            "owner watchdog",
            lambda: _with_gate(w, gate_model.watchdog(w.gate, _hold_until(w))).looked(),
        )
    if drives(w) and gate_model.frame(w.gate) != w.gate:
        yield "frame of the owner", lambda: _with_gate(w, gate_model.frame(w.gate)).looked()
    for index in range(len(w.bodies)):
        view = node_view(w, index)
        before = w.g.nodes[index]
        if view is not before and view != before:
            name = f"{w.cfg.nodes[index].name} judged {view.liveness.value}"
            yield name, lambda index=index, view=view: tell(w, NodeJudged(index=index, view=view))  # type: ignore[misc]  # loop variables bound as defaults
    if gate_view(w) != w.g.gate:
        yield "gate read", w.looked
    yield from conditions_read(w)
    yield from machine_read(w)


def _faults(w: World) -> Iterator[Move[World]]:
    for index, body in enumerate(w.bodies):
        name = w.cfg.nodes[index].name
        for what, changed in STATES_OF_A_BODY.items():
            if changed != body:
                yield f"FAULT {name} {what}", lambda index=index, changed=changed: with_body(w, index, changed)  # type: ignore[misc]  # bound as defaults
    yield (
        "FAULT gate out of sight" if w.gate_seen else "FAULT gate in sight",
        lambda: altered(w, gate_seen=not w.gate_seen),
    )
    yield "FAULT controller starts anew", lambda: _with_gate(w, gate_model.cold_start(w.gate))
    yield "FAULT a person takes LOCAL", lambda: _with_gate(w, gate_model.local(w.gate))
    yield "FAULT permit toggles", lambda: altered(w, gate=altered(w.gate, permit=not w.gate.permit))
    yield (
        "FAULT return permit toggles",
        lambda: altered(w, gate=altered(w.gate, return_permit=not w.gate.return_permit)),
    )
    yield from common_faults(w)
