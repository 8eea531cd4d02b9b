"""Breadth-first exploration of a world: every reachable state within the budget, or the shortest story of a breach."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from otha.core.config import GroupConfig
from otha.core.errors import DefectError, InvariantBreachError
from otha.core.group import step as group_step
from otha.core.group.state import Shared
from otha.core.inputs import Record
from otha.core.words import GateState, Milestone, Verdict
from otha.verify.around import Around, Body
from otha.verify.gate_model import GateModel
from otha.verify.world import World

_W = TypeVar("_W", bound=Around)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """How a rule was broken: the moves from the start, and what was seen at the end."""

    moves: tuple[str, ...]
    breach: str

    def __str__(self) -> str:
        lines = [f"{number:3d}  {move}" for number, move in enumerate(self.moves, 1)]
        return "\n".join([*lines, f"     BREACH {self.breach}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """`complete`: the frontier ran empty. `endings`: how often each way of coming to rest was seen."""

    states: int
    transitions: int
    complete: bool
    stories: tuple[Story, ...]
    endings: dict[str, int]


def commissioned(cfg: GroupConfig, *, faults: int, orders: int) -> World:
    """A running group: the first node drives, the record and the gate agree, everybody is well."""
    first = cfg.nodes[0].name
    record = Record(epoch=1, active=first, claim=None, milestone=Milestone.DONE, revision="1")
    gate = GateModel(state=GateState.OWNED, owner=first, last_driver=first, owner_epoch=1, epoch=1, granted=1)
    return _settled(cfg, gate, record, faults=faults, orders=orders)


def first_start(cfg: GroupConfig, *, faults: int, orders: int) -> World:
    """A plant never driven before: the gate is FREE and there is no record; only an order begins anything."""
    return _settled(cfg, GateModel(), None, faults=faults, orders=orders)


def _settled(cfg: GroupConfig, gate: GateModel, record: Record | None, *, faults: int, orders: int) -> World:
    w = World(
        cfg=cfg,
        g=group_step.start(cfg, 0),
        shared=Shared(),
        now=0,
        gate=gate,
        gate_seen=True,
        store=record,
        store_serial=0 if record is None else 1,
        bodies=tuple(Body() for _ in cfg.nodes),
        interlock=Verdict.TRUE,
        flying=(),
        late=(),
        faults_left=0,
        orders_left=0,
        owners=() if gate.owner is None else ((gate.owner_epoch, gate.owner),),
    )
    return settled(w, faults=faults, orders=orders)


def settled(w: _W, *, faults: int, orders: int) -> _W:
    """Let everything happen that happens by itself, then grant the budget."""
    while (move := next(w.soon(), None)) is not None:
        w = move[1]()
    return replace(w, faults_left=faults, orders_left=orders)


def rest(w: Around) -> str:
    """How a world came to rest; raises InvariantBreachError if a person could not accept that."""
    g = w.g
    if g.plan is not None:
        raise InvariantBreachError("L2", f"a transfer rests in {g.plan.course.value}.{g.plan.phase.value}")
    if g.halted is not None:
        raise InvariantBreachError("L2", "halted")
    return w.at_rest()


@dataclass(slots=True)
class _Onward:
    """Where each state leads by itself, without a further fault or order; and which states a person could accept."""

    after: dict[bytes, list[bytes]] = field(default_factory=dict)
    acceptable: list[bytes] = field(default_factory=list)

    def note(self, here: bytes, w: Around, leads_to: list[bytes], on_rest: Callable[[_W], str]) -> None:
        self.after[here] = leads_to
        try:
            on_rest(w)  # type: ignore[arg-type]  # the explorer's own kind of world
        except InvariantBreachError:
            return
        self.acceptable.append(here)

    def stuck(self) -> bytes | None:
        """A state from which none is ever reached that a person could accept: the group moves in a circle (L4)."""
        before: dict[bytes, list[bytes]] = {}
        for here, leads_to in self.after.items():
            for there in leads_to:
                before.setdefault(there, []).append(here)
        good, frontier = set(self.acceptable), list(self.acceptable)
        while frontier:
            for each in before.get(frontier.pop(), ()):
                if each not in good:
                    good.add(each)
                    frontier.append(each)
        return next((here for here in self.after if here not in good), None)


def explore(
    start: _W,
    *,
    stories_wanted: int = 1,
    states_at_most: int = 2_000_000,
    within_s: float | None = None,
    on_rest: Callable[[_W], str] = rest,
) -> Exploration:
    """Explore from `start` until the frontier is empty, enough stories were found, or a limit is reached."""
    onward = _Onward()
    began = time.perf_counter()
    first = start.key()
    parents: dict[bytes, tuple[bytes | None, str]] = {first: (None, "")}
    frontier: deque[tuple[bytes, _W]] = deque([(first, start)])
    stories: list[Story] = []
    endings: dict[str, int] = {}
    transitions = 0

    def tell_story(last: bytes, move: str, breach: str) -> None:
        told = [move] if move else []
        at: bytes | None = last
        while at is not None:
            at, name = parents[at]
            if name:
                told.append(name)
        stories.append(Story(moves=tuple(reversed(told)), breach=breach))

    while frontier and len(stories) < stories_wanted and len(parents) < states_at_most:
        if within_s is not None and time.perf_counter() - began > within_s:
            break
        here, w = frontier.popleft()
        quiet = True
        leads_to: list[bytes] = []
        try:
            for name, make in w.moves():
                transitions += 1
                try:
                    after = make()
                except DefectError as breach:
                    tell_story(here, name, str(breach))
                    quiet = False
                    continue
                there = after.key()
                if not name.startswith(("FAULT", "ORDER")):
                    leads_to.append(there)
                quiet = quiet and (there == here or name.startswith(("FAULT", "ORDER", "late")))
                if there not in parents:
                    parents[there] = (here, name)
                    frontier.append((there, after))
            if quiet and not w.late:
                ending = on_rest(w)
                endings[ending] = endings.get(ending, 0) + 1
            onward.note(here, w, leads_to, on_rest)
        except DefectError as breach:
            tell_story(here, "", str(breach))
    if not frontier and not stories and (circling := onward.stuck()) is not None:
        tell_story(circling, "", "L4: it moves in a circle and never comes to rest")
    return Exploration(
        states=len(parents),
        transitions=transitions,
        complete=not frontier,
        stories=tuple(stories),
        endings=dict(sorted(endings.items())),
    )
