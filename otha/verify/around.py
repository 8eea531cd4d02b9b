"""What is around one group's production `step` whatever it moves: the store of its record, messages, time, orders.

A world is a value. `moves` lists everything that may happen next; each move gives the next world, or raises what the
core raised. Ordinary progress (results, frames, watchdogs) comes before time; faults and orders come at any moment
while their budget lasts.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Self, TypeVar, assert_never

from otha.core.altered import altered
from otha.core.conditions import UNKNOWN_MACHINE
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
from otha.core.errors import InvariantBreachError
from otha.core.group import question
from otha.core.group import step as group_step
from otha.core.group.event import ConditionJudged, Event, MachineJudged, SharedChanged, WindowJudged
from otha.core.group.key import Plain, claim_key, key, packed
from otha.core.group.state import GroupState, Shared
from otha.core.group.turn import Decision
from otha.core.inputs import DueReached, EffectEnded, Order, OrderGiven, Record
from otha.core.reasons import Reason
from otha.core.words import OrderKind, Outcome, Standing, TransferKind, Verdict
from otha.verify.memo import Memo

HEALTHY = 255
_OVER = -1  # no request has this number

_Any = TypeVar("_Any")
# A move has a name for the story, and makes the world after it.
Move = tuple[str, Callable[[], _Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a node really is, beside what the group believes of it."""

    works: bool = True
    seen: bool = True


STATES_OF_A_BODY = {
    "killed": Body(works=False, seen=False),
    "frozen": Body(works=False, seen=True),
    "unseen but working": Body(works=True, seen=False),
    "well again": Body(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Around(ABC):
    """`flying`: effects on their way. `late`: commands whose sender gave them up; they may arrive once, or never.
    `machine`: the state that the machine is in, of a group that has states. `told`: the reasons of the decisions that
    the last move led to; they decide nothing and are no part of the key. `memo`: what the exploration remembers."""

    cfg: GroupConfig
    g: GroupState
    shared: Shared
    now: int
    store: Record | None
    store_serial: int
    bodies: tuple[Body, ...]
    interlock: Verdict
    flying: tuple[Effect, ...]
    late: tuple[Action, ...]
    faults_left: int
    orders_left: int
    machine: int = 0
    told: tuple[Reason, ...] = ()
    memo: Memo | None = field(default=None, compare=False, repr=False)

    def moves(self) -> Iterator[Move[Self]]:
        """Everything that may happen next."""
        soon = [*self.soon()]
        yield from soon
        yield from late(self)
        if not soon:
            yield from self.time()
        if self.faults_left:
            yield from self.faults()
        if self.orders_left:
            yield from orders(self)

    @abstractmethod
    def soon(self) -> Iterator[Move[Self]]:
        """What happens by itself, soon."""

    def time(self) -> Iterator[Move[Self]]:
        """Time passes only when nothing else would happen first, up to the next moment that changes anything."""
        at = self.next_deadline()
        if at is None:
            return

        yield f"time passes from {self.now // 1_000_000} ms on", lambda: _until_something(self, at)

    def next_deadline(self) -> int | None:
        """The next moment at which the group, or anything else, would do something by itself."""
        return group_step.wake(self.g, self.now)

    def time_came(self) -> Self:
        """What the plant does at `now`."""
        return self

    def enters(self, state: int) -> Self:
        """The machine goes on to another state, whatever OTHA has read of it."""
        return altered(self, machine=state)

    @abstractmethod
    def faults(self) -> Iterator[Move[Self]]:
        """Everything that may go wrong next."""

    @abstractmethod
    def carry_out(self, action: Action) -> tuple[Self, Outcome]:
        """What an action does when it arrives, beside the record."""

    @abstractmethod
    def looked(self) -> Self:
        """The group has read its target anew, as it does right after a command."""

    @abstractmethod
    def key(self) -> bytes:
        """Worlds with the same key behave alike, but for how many faults and orders are left."""

    @abstractmethod
    def obeyed(self, action: Action) -> bool:
        """Whether an action could still change something, whatever happens before it arrives, beside the record."""

    def matters(self, action: Action) -> bool:
        """Whether an action could still change something: epochs, boots, holds and revisions only grow, so what is
        refused for being old is refused for ever."""
        match action:
            case ReadRecord():
                return False
            case SwapRecord(expect=expect):
                return expect == (self.store.revision if self.store is not None else None)
            case _:
                return self.obeyed(action)

    @abstractmethod
    def at_rest(self) -> str:
        """How this world came to rest; raises InvariantBreachError if that is no rest that a person could accept."""


_W = TypeVar("_W", bound=Around)


def tell(w: _W, event: Event) -> _W:
    """One step of the production core; its effects start to fly."""
    return decided(w, asked(w, event))


def asked(w: Around, event: Event) -> Decision:
    """What the production core decides on this event."""
    if w.memo is not None:
        return w.memo.decide(w.shared, w.g, event, w.now)
    return group_step.step(w.cfg, w.shared, w.g, event, w.now)


def group_key(w: Around) -> bytes:
    """The key of the group's own state."""
    return key(w.g, w.now) if w.memo is None else w.memo.key(w.g, w.now)


def decided(w: _W, decision: Decision) -> _W:
    """The world after a decision."""
    return altered(w, g=decision.state, flying=w.flying + decision.effects, told=w.told + decision.reasons)


def _until_something(w: _W, at: int | None) -> _W:
    before = w.key()
    while at is not None:
        w = tell(altered(w, now=at).time_came(), DueReached())
        if w.key() != before:
            break
        at = w.next_deadline()
    return w


def _arrives(w: _W, action: Action) -> tuple[_W, Outcome]:
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
            return altered(w, store=replace(record, revision=str(serial)), store_serial=serial), Outcome.DONE
        case _:
            return w.carry_out(action)


def _ended(w: _W, effect: Effect, outcome: Outcome) -> _W:
    on_store = isinstance(effect.do, ReadRecord | SwapRecord)
    record = w.store if on_store and outcome is not Outcome.UNKNOWN else None
    return tell(w, EffectEnded(id=effect.id, outcome=outcome, record=record))


def results(w: _W) -> Iterator[Move[_W]]:
    """Every effect on its way ends: carried out, or late, or its answer is lost.

    One that is late need not arrive at all, so a lost one is told apart only where being late could change nothing.
    """
    for at, effect in enumerate(w.flying):
        rest = altered(w, flying=w.flying[:at] + w.flying[at + 1 :])
        name = type(effect.do).__name__

        def done(rest: _W = rest, effect: Effect = effect) -> _W:
            after, outcome = _arrives(rest, effect.do)
            return _ended(after.looked(), effect, outcome)

        yield f"{name} carried out", done
        if w.faults_left == 0:
            continue
        poorer = altered(rest, faults_left=w.faults_left - 1)

        def lost(poorer: _W = poorer, effect: Effect = effect) -> _W:
            return _ended(poorer, effect, Outcome.UNKNOWN)

        def answer_lost(poorer: _W = poorer, effect: Effect = effect) -> _W:
            after, _ = _arrives(poorer, effect.do)
            return _ended(after, effect, Outcome.UNKNOWN)

        def delayed(poorer: _W = poorer, effect: Effect = effect) -> _W:
            return _ended(altered(poorer, late=(*poorer.late, effect.do)), effect, Outcome.UNKNOWN)

        yield f"FAULT {name} carried out, its answer lost", answer_lost
        if w.matters(effect.do):
            yield f"FAULT {name} lost, or delayed beyond its bound", delayed
        else:
            yield f"FAULT {name} lost", lost


def late(w: _W) -> Iterator[Move[_W]]:
    """What was given up by its sender arrives after all; nothing has to happen if it never does."""
    for at, action in enumerate(w.late):
        if not w.matters(action):
            continue
        rest = altered(w, late=w.late[:at] + w.late[at + 1 :])

        def arrives(rest: _W = rest, action: Action = action) -> _W:
            return _arrives(rest, action)[0]

        yield f"late {type(action).__name__} arrives", arrives


def conditions_read(w: _W) -> Iterator[Move[_W]]:
    """The tags of all conditions are read, in one poll. The first one is disturbed; the others hold."""
    verdicts = tuple([Verdict.TRUE if index else w.interlock for index in range(len(w.g.conditions))])
    if verdicts != w.g.conditions:
        yield "conditions read", lambda: _conditions_told(w, verdicts)


def _conditions_told(w: _W, verdicts: tuple[Verdict, ...]) -> _W:
    for index, verdict in enumerate(verdicts):
        if w.g.conditions[index] is not verdict:
            w = tell(w, ConditionJudged(index=index, verdict=verdict))
    return w


def machine_read(w: _W) -> Iterator[Move[_W]]:
    """The tags tell of the state that the machine is in."""
    if w.cfg.machine is not None and w.g.machine != w.machine:
        yield "machine state read", lambda: tell(w, MachineJudged(state=w.machine))


def common_faults(w: _W) -> Iterator[Move[_W]]:
    """What may befall any group. The budget was charged by the caller."""
    for verdict in (Verdict.TRUE, Verdict.FALSE, Verdict.STALE):
        if w.cfg.conditions and verdict is not w.interlock:
            yield f"FAULT interlock {verdict.value}", lambda verdict=verdict: altered(w, interlock=verdict)  # type: ignore[misc]  # bound as default
    for state in range(UNKNOWN_MACHINE, len(w.cfg.machine.states) if w.cfg.machine is not None else UNKNOWN_MACHINE):
        if w.cfg.machine is not None and state != w.machine:
            name = w.cfg.machine.state(state).name
            yield f"FAULT the machine enters {name}", lambda state=state: w.enters(state)  # type: ignore[misc]  # bound as default
    if w.cfg.failback.windows:
        is_open = not w.g.window_open
        name = "opens" if is_open else "closes"
        yield f"FAULT the failback's window {name}", lambda: tell(w, WindowJudged(is_open=is_open))
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
        yield f"FAULT {name} toggles", lambda shared=shared: tell(altered(w, shared=shared), SharedChanged())  # type: ignore[misc]  # bound as default


def orders(w: _W) -> Iterator[Move[_W]]:
    """Everything that an operator may ask."""
    w = altered(w, orders_left=w.orders_left - 1)
    names = [node.name for node in w.cfg.nodes]
    wanted: list[tuple[OrderKind, str | None, TransferKind | None]] = []
    wanted += [(OrderKind.SWITCHOVER, name, None) for name in names]
    wanted += [(kind, None, None) for kind in (OrderKind.FAILBACK, OrderKind.ACKNOWLEDGE)]
    wanted += [(OrderKind.MAINTENANCE_IN, name, None) for name in names]
    if w.cfg.drills:
        wanted += [(OrderKind.DRILL, None, transfer) for transfer in TransferKind]
        wanted.append((OrderKind.DRILL_ABORT, None, None))
    wanted += [(kind, None, None) for kind in _of_persons(w)]
    order = Order(
        id=f"o{w.orders_left}",
        kind=OrderKind.CONFIRM,
        group=w.cfg.name,
        user="second",
        client="world",
        node=None,
        arming=None,
        comment="because",
        seconds=(OrderKind.BYPASS, OrderKind.SAFE),
    )
    for what, number in _what_is_seen(w):
        for kind in (OrderKind.CONFIRM, OrderKind.REJECT):
            answer = replace(order, kind=kind, request=number)
            yield f"ORDER {kind.value} {what}", lambda answer=answer: _obey(w, answer)  # type: ignore[misc]  # bound as default
    for kind, node, transfer in wanted:
        item = next((each.name for each in w.cfg.conditions), None)
        given = replace(
            order,
            kind=kind,
            user="operator",
            node=node,
            item=item,
            for_ns=w.cfg.persons.bypass_max_ns,
            transfer=transfer,
        )
        about = node if transfer is None else transfer.value
        yield f"ORDER {kind.value} {about or ''}", lambda given=given: _obey(w, given)  # type: ignore[misc]  # bound as default


def _what_is_seen(w: Around) -> list[tuple[str, int | None]]:
    """What a person has seen waiting, by its number: something that is over, or what waits now."""
    now = [(each.what, each.number) for each in question.waiting(w.cfg, w.g)]
    return [("of something that is over", _OVER), *now]


# Orders that are taken only if what they begin, or let go on, is still there when the step is over.
_BEGINS = (OrderKind.SWITCHOVER, OrderKind.FAILBACK, OrderKind.DRILL, OrderKind.OPERATE, OrderKind.RELEASE)


def _obey(w: _W, order: Order) -> _W:
    """One step of the production core with an order; its answer must say what became of it."""
    decision = asked(w, OrderGiven(order=order))
    confirms = order.kind is OrderKind.CONFIRM and decision.state.request == w.g.request and w.g.plan is not None
    taken = decision.answer is not None and decision.answer.accepted and not decision.state.adopt_ordered
    if taken and (order.kind in _BEGINS or confirms) and decision.state.plan is None:
        raise InvariantBreachError("order", f"{order.kind.value} taken, and nothing is under way")
    return decided(w, decision)


def _of_persons(w: Around) -> list[OrderKind]:
    """What can be begun by a person while another order is left to go on with it, and what goes on with it."""
    wanted = [OrderKind.SELECT, OrderKind.SAFE, OrderKind.BYPASS] if w.orders_left else []
    if w.g.selection is not None:
        wanted += [OrderKind.OPERATE, OrderKind.CANCEL]
    if w.g.bypasses:
        wanted.append(OrderKind.UNBYPASS)
    if w.g.gate.used_up:
        wanted.append(OrderKind.RELEASE)
    return wanted


def stated_concern(g: GroupState) -> str:
    """What a group that does not follow says that it needs; raises InvariantBreachError if it does not say."""
    if g.standing is Standing.NEEDS_OPERATOR:
        return f"needs operator: {g.concern.block.code if g.concern is not None else ''}"
    raise InvariantBreachError("L4", "never settles")


def body_of(w: Around, name: str | None) -> Body | None:
    """The body of this node of the group, None if it is none of its nodes."""
    for config, body in zip(w.cfg.nodes, w.bodies, strict=True):
        if config.name == name:
            return body
    return None


def with_body(w: _W, index: int, body: Body) -> _W:
    """The world in which node `index` is so."""
    return altered(w, bodies=(*w.bodies[:index], body, *w.bodies[index + 1 :]))


def messages_key(w: Around) -> Plain:
    """What of the record's store and of the messages decides what comes next."""
    base = w.store.epoch if w.store is not None else 0
    return (
        (w.shared.isolated, w.shared.tilted, w.shared.troubled, w.shared.full),
        None if w.store is None else _store(w.store, w.g),
        tuple([(body.works, body.seen) for body in w.bodies]),
        w.interlock._value_,
        w.machine,
        _in_any_order([(_relative(each.do, base, w), _is_awaited(w.g, each)) for each in w.flying]),
        _in_any_order([_relative(action, base, w) for action in w.late if w.matters(action)]),
    )


def _in_any_order(messages: list[Plain]) -> Plain:
    """Each may be the next to arrive, so in which order they were sent decides nothing."""
    return tuple(sorted(messages, key=packed) if len(messages) > 1 else messages)


def _store(store: Record, g: GroupState) -> Plain:
    """The record as it is stored, and beside what the group has last read of it."""
    known = g.record
    return (
        known is not None and store.revision == known.revision,
        None if known is None else store.epoch - known.epoch,
        store.active,
        claim_key(store.claim),
        store.milestone._value_,
        store.claim is not None and store.claim.id in g.harmless,
    )


def _is_awaited(g: GroupState, effect: Effect) -> bool:
    return effect.id == g.errand or (g.plan is not None and effect.id == g.plan.asked)


def _relative(action: Action, base: int, w: Around) -> Plain:
    match action:
        case ReadRecord():
            return "read"
        case SwapRecord(expect=expect, record=record):
            current = w.store.revision if w.store is not None else None
            claim = record.claim
            harmless = claim is not None and claim.id in w.g.harmless
            told = (record.active, claim_key(claim), record.milestone._value_, harmless)
            return ("swap", expect == current, record.epoch - base, told)
        case Safe(epoch=epoch, hold_no=hold_no):
            return ("safe", epoch - base, hold_no - w.g.gate.hold_no)
        case Grant(node=node, epoch=epoch, boot=boot):
            return ("grant", node, epoch - base, boot - w.g.gate.boot)
        case Revoke(epoch=epoch):
            return ("revoke", epoch - base)
        case Void(node=node, epoch=epoch):
            return ("void", node, epoch - base)
        case Release(node=node, epoch=epoch):
            return ("release", node, epoch - base)
        case Select(node=node, epoch=epoch):
            return ("select", node, epoch - base)
        case Promote(node=node, epoch=epoch):
            return ("promote", node, epoch - base)
        case Demote(node=node, epoch=epoch):
            return ("demote", node, epoch - base)
        case Backfill(node=node, epoch=epoch):
            return ("backfill", node, epoch - base)
        case never:
            assert_never(never)
