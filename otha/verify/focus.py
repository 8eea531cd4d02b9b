"""A driver group's world, narrowed to what one kind of unsafe setting does: few faults, and a closer look.

The world of `otha.verify.world` judges by verdicts: an owner that lives is fresh at the gate, a standby is within the
RPO. Here the two are judged by the production watches at their worst moment, and what the rules do not forbid but a
person would is a breach too. Everything that is decided is decided by the production core.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial

from otha.core.altered import altered
from otha.core.conditions import UNKNOWN_MACHINE
from otha.core.config import GroupConfig
from otha.core.errors import InvariantBreachError
from otha.core.group import machine
from otha.core.group.event import GateJudged, NodeJudged
from otha.core.group.key import packed
from otha.core.group.state import GateView, NodeView
from otha.core.inputs import GateReading
from otha.core.watch import gate as gate_watch
from otha.core.watch import sync
from otha.core.watch.node import NOTHING_SAID, NodeWatch
from otha.core.words import Conduct, GateState, Verdict
from otha.site.past_refusal import Motion
from otha.verify import explore
from otha.verify.around import STATES_OF_A_BODY, Move, body_of, tell, with_body
from otha.verify.world import World, drives, gate_view, node_view

_MS = 1_000_000


class Lens(Enum):
    """What is looked for."""

    GIVEN_UP = "a living owner is given up"
    LEFT_ALONE = "nobody drives, though a standby is well"
    FLAPPING = "the active role moves again before a transfer's time has passed"
    GOES_ON = "a motion goes on with nobody driving"


# The faults of each: a node that comes back is needed to go back and forth.
_STATES = {
    Lens.GIVEN_UP: ("unseen but working",),
    Lens.LEFT_ALONE: ("killed", "frozen"),
    Lens.FLAPPING: ("killed", "well again"),
    Lens.GOES_ON: ("killed",),
}
FAULTS = {Lens.GIVEN_UP: 1, Lens.LEFT_ALONE: 1, Lens.FLAPPING: 3, Lens.GOES_ON: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus(World):
    """`fresh_when_oldest`: whether the gate shows a living owner fresh when its last frame is as old as it gets.
    `in_rpo_when_dead`: whether a standby in good order is within the RPO when the active dies as long after its last
    word as it can. `motions`: of the machine's state. `moved_at`: when the last automatic transfer ended, until its
    time has passed. `held_at`: since when the section is held with nobody driving."""

    lens: Lens
    fresh_when_oldest: bool
    in_rpo_when_dead: Verdict
    motions: tuple[Motion, ...]
    moved_at: int | None = None
    held_at: int | None = None

    def moves(self) -> Iterator[Move["Focus"]]:
        for name, make in World.moves(self):
            yield name, partial(self._watched, make)

    def soon(self) -> Iterator[Move["Focus"]]:
        for name, make in World.soon(self):
            if name != "gate read" and not self._is_judgement(name):
                yield name, make  # type: ignore[misc]  # the world gives its own kind
        for index, node in enumerate(self.cfg.nodes):
            view = self._node(index)
            if view != self.g.nodes[index]:
                yield (
                    f"{node.name} judged {view.liveness.value}",
                    partial(tell, self, NodeJudged(index=index, view=view)),
                )
        if self._gate() != self.g.gate:
            yield "gate read", self.looked

    def _is_judgement(self, name: str) -> bool:
        return any(name.startswith(f"{node.name} judged ") for node in self.cfg.nodes)

    def looked(self) -> "Focus":
        view = self._gate()
        return tell(self, GateJudged(view=view)) if view != self.g.gate else self

    def faults(self) -> Iterator[Move["Focus"]]:
        poorer = altered(self, faults_left=self.faults_left - 1)
        for index, node in enumerate(self.cfg.nodes):
            for what in _STATES[self.lens]:
                if STATES_OF_A_BODY[what] != self.bodies[index]:
                    yield f"FAULT {node.name} {what}", partial(with_body, poorer, index, STATES_OF_A_BODY[what])

    def key(self) -> bytes:
        ages = tuple(None if at is None else self.now - at for at in (self.moved_at, self.held_at))
        return World.key(self) + packed(ages)

    def at_rest(self) -> str:
        if self.lens is Lens.LEFT_ALONE and self.gate.state is not GateState.LOCAL and not self._is_driven():
            well = [
                node.name for node, body in zip(self.cfg.nodes, self.bodies, strict=True) if body.works and body.seen
            ]
            if well and self.g.plan is None:
                raise InvariantBreachError(
                    "L1", f"nobody drives, the section is {self.gate.state.name}, though {' and '.join(well)} could"
                )
        return World.at_rest(self)

    def _is_driven(self) -> bool:
        return self.gate.state is GateState.OWNED and drives(self)

    def _disturbed(self) -> bool:
        return any(not (body.works and body.seen) for body in self.bodies)

    def _gate(self) -> GateView:
        view = gate_view(self)
        if view.owner_fresh and not self.fresh_when_oldest and self._disturbed():
            return altered(view, owner_fresh=False, driven=False)
        return view

    def _node(self, index: int) -> NodeView:
        view = node_view(self, index)
        active = body_of(self, self.g.record.active if self.g.record is not None else None)
        if view.in_rpo is Verdict.TRUE and active is not None and not (active.works and active.seen):
            return altered(view, in_rpo=self.in_rpo_when_dead)
        return view

    def _watched(self, make: Callable[[], "Focus"]) -> "Focus":
        """The world after a move, and whether what is looked for has come about."""
        after = make()
        bound_ns = self.cfg.timing.transfer_bound_ns
        plan, was = after.g.plan, self.g.plan
        taken = self._is_driven() and after.gate.owner is None
        if self.lens is Lens.GIVEN_UP and was is not None and was.automatic and taken:
            raise InvariantBreachError("S8", f"{self.gate.owner} lives and drives, and its section is taken from it")
        if self.lens is Lens.FLAPPING:
            moved_at = self.moved_at
            if was is not None and was.automatic and was.revoked and plan is None:
                moved_at = after.now
            if moved_at is not None and after.now - moved_at >= bound_ns:
                moved_at = None
            begins = plan is not None and was is None and plan.automatic
            if begins and moved_at is not None and plan is not None and not (plan.cause and plan.cause.positive):
                since_ms = (after.now - moved_at) // _MS
                raise InvariantBreachError(
                    "S7",
                    f"the active role leaves {plan.from_node} {since_ms} ms after it came there, and one transfer may "
                    f"take {bound_ns // _MS} ms",
                )
            after = altered(after, moved_at=moved_at)
        if self.lens is Lens.GOES_ON:
            after = self._motion_seen(after, bound_ns)
        return after

    def _motion_seen(self, after: "Focus", bound_ns: int) -> "Focus":
        if self.held_at is not None and after.now - self.held_at > bound_ns:
            for motion in self.motions:
                if motion.stops_in_ns is None:
                    since_ms = (after.now - self.held_at) // _MS
                    raise InvariantBreachError(
                        "hazard",
                        f"{motion.output}, a motion, has gone on for {since_ms} ms with nobody driving ({motion.does})",
                    )
        if after.gate.state is not GateState.HELD:
            return altered(after, held_at=None)
        return altered(after, held_at=after.now) if self.held_at is None else after


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """What of a group's settings the watches make at their worst moment; the fields as `Focus` has them. `motions`: by
    the machine's state, "" where no state says otherwise."""

    fresh_when_oldest: bool
    in_rpo_when_dead: Verdict
    motions: tuple[tuple[str, tuple[Motion, ...]], ...]


def weakness(cfg: GroupConfig, motions: dict[str, tuple[Motion, ...]], unseen_ns: int) -> Weakness:
    """Of this group. `unseen_ns`: how old the active's last word can be when it dies."""
    return Weakness(
        fresh_when_oldest=_fresh_when_oldest(cfg),
        in_rpo_when_dead=_in_rpo_when_dead(cfg, unseen_ns),
        motions=tuple(motions.items()),
    )


def begun(cfg: GroupConfig, lens: Lens, weak: Weakness) -> Iterator[Focus]:
    """The worlds that a search begins with: the first node drives, in each state of a machine where that matters."""
    motions = dict(weak.motions)
    running = explore.commissioned(cfg, faults=0, orders=0)
    fields = {name: getattr(running, name) for name in World.__dataclass_fields__}
    states = [UNKNOWN_MACHINE]
    if cfg.machine is not None:
        states = [*range(len(cfg.machine.states))]
        if lens is not Lens.GOES_ON:
            # A phase in which the site itself wants no takeover proves nothing against its settings.
            states = [at for at in states if cfg.machine.states[at].failover.does is Conduct.GO][:1]
    for state in states:
        name = "" if cfg.machine is None or state == UNKNOWN_MACHINE else cfg.machine.state(state).name
        w = Focus(
            **fields,
            lens=lens,
            # Each lens looks at one weakness; the others would only make its stories longer.
            fresh_when_oldest=lens is not Lens.GIVEN_UP or weak.fresh_when_oldest,
            in_rpo_when_dead=weak.in_rpo_when_dead if lens is Lens.LEFT_ALONE else Verdict.TRUE,
            motions=motions.get(name, motions.get("", ())),
        )
        if cfg.machine is not None:
            # As `World.enters` has it: the program drops its permit in a phase that forbids a takeover.
            permits = machine.lets_any_go(cfg.machine.state(state))
            w = altered(w, machine=state, gate=altered(w.gate, phase_permits=permits))
        yield explore.settled(w, faults=FAULTS[lens], orders=0)


def _fresh_when_oldest(cfg: GroupConfig) -> bool:
    """By the production watch: frames come once a control cycle, and are taken in the scan after."""
    gate, owner = cfg.own_gate, cfg.nodes[0]
    oldest_ns = max(node.cycle_ns for node in cfg.nodes) + gate.scan_ns
    reading = GateReading(
        boot=1, scan=1, state=GateState.OWNED, armed=False, permit=True, return_permit=True, within=True,
        owner=owner.number, last_driver=owner.number, owner_epoch=1, epoch=1, granted=1, hold_no=0, held_ms=0,
        owner_age_ms=-(-oldest_ns // _MS), last_seq=1, refused=(), command_id=0, command_answer=0, resumes_left=1,
        hold_max_ms=gate.hold_max_ns // _MS, owner_watchdog_ms=gate.owner_watchdog_ns // _MS,
        scan_ms=gate.scan_ns // _MS, shadow_age_ms=0, applied=(), held=(), shadow=(),
    )  # fmt: skip
    names = {node.number: node.name for node in cfg.nodes}
    return gate_watch.watch(gate, names, gate_watch.unseen(), reading, 1).view.owner_fresh


def _in_rpo_when_dead(cfg: GroupConfig, unseen_ns: int) -> Verdict:
    """By the production watch: the standby has acknowledged all but two control cycles."""
    cycle_ns = max(node.cycle_ns for node in cfg.nodes)
    active = NodeWatch(reading=altered(NOTHING_SAID, position=1002, acked=1000), seen_at=1)
    standby = NodeWatch(reading=altered(NOTHING_SAID, position=1000, acked=1000), seen_at=1)
    lag = sync.lag_ns(active, standby, cycle_ns=cycle_ns, unseen_until=1 + unseen_ns)
    return sync.in_rpo(lag, cfg.rpo_ns)
