"""Breadth-first exploration of a world: every reachable state within the budget, or the shortest story of a breach.

Level by level, so that what is found does not depend on how many processes look: of several ways to a world the
smallest counts, of several breaches at a level the one with the smallest way.
"""

import gc
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from otha.core.config import GroupConfig
from otha.core.errors import InvariantBreachError
from otha.core.group import step as group_step
from otha.core.group.state import Shared
from otha.core.inputs import Record
from otha.core.words import GateState, Milestone, Verdict
from otha.verify.around import Around, Body
from otha.verify.coverage import Coverage
from otha.verify.crew import Crew, crew
from otha.verify.expansion import AT_REST, DIGEST_BYTES, Expander, Level, outdone, parted, place, way
from otha.verify.gate_model import GateModel
from otha.verify.story import Story, retold
from otha.verify.world import World

_W = TypeVar("_W", bound=Around)
# Below so many worlds for each process a level is expanded by this one alone.
_WORTH_SHARING = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an exploration is, told after each level."""

    level: int
    states: int
    frontier: int
    transitions: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """`complete`: the frontier ran empty. `endings`: how often each way of coming to rest was seen. `levels`: how many
    moves the longest of all shortest ways has."""

    states: int
    transitions: int
    complete: bool
    stories: tuple[Story, ...]
    endings: dict[str, int]
    levels: int
    coverage: Coverage


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
    return replace(w, faults_left=faults, orders_left=orders, told=())


def rest(w: Around) -> str:
    """How a world came to rest; raises InvariantBreachError if a person could not accept that."""
    g = w.g
    if g.plan is not None:
        raise InvariantBreachError("L2", f"a transfer rests in {g.plan.course.value}.{g.plan.phase.value}")
    if g.halted is not None:
        raise InvariantBreachError("L2", "halted")
    return w.at_rest()


@dataclass(slots=True)
class _Found:
    """All that was found so far. `ways`: how each world was come to first, in the order of levels; `met`: with how many
    faults and orders left; `sizes`: how many worlds each level has."""

    ways: dict[bytes, bytes]
    met: dict[bytes, tuple[bytes, ...]]
    sizes: list[int] = field(default_factory=lambda: [1])
    onward: dict[bytes, bytes] = field(default_factory=dict)
    acceptable: list[bytes] = field(default_factory=list)
    breaches: list[tuple[bytes, str]] = field(default_factory=list)
    transitions: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    coverage: Coverage = field(default_factory=Coverage)
    cut: bool = False

    def take(self, levels: list[Level]) -> list[list[bytes]]:
        """Take in what each process found at one level; returns the worlds that are each one's to expand next."""
        fresh: dict[bytes, tuple[bytes, int]] = {}
        for number, level in enumerate(levels):
            for there, taken in level.found.items():
                if there in self.ways:
                    continue
                earlier = fresh.get(there)
                if earlier is None or taken < earlier[0]:
                    fresh[there] = (taken, number)
            self.onward.update(level.onward)
            self.acceptable += level.acceptable
            self.transitions += level.transitions
            self.endings.update(level.endings)
            self.coverage.add(level.coverage)
            self.cut = self.cut or level.cut
        self.breaches += sorted(breach for level in levels for breach in level.breaches)
        kept: list[list[bytes]] = [[] for _ in levels]
        # The most that is left comes first: what is outdone within a level needs no look either.
        for there in sorted(fresh, key=lambda there: there[DIGEST_BYTES:], reverse=True):
            like, left = there[:DIGEST_BYTES], there[DIGEST_BYTES:]
            met = self.met.get(like, ())
            if outdone(there, met):
                continue
            taken, number = fresh[there]
            self.met[like] = (*met, left)
            self.ways[there] = taken
            kept[number].append(there)
        self.sizes.append(sum(map(len, kept)))
        return kept

    def moves_to(self, taken: bytes) -> list[int]:
        """The numbers of the moves from the start that end with this way."""
        numbers = []
        while taken:
            here, number = parted(taken)
            numbers.append(number)
            taken = self.ways[here]
        return numbers[::-1]

    def circling(self) -> bytes | None:
        """A world from which none is ever reached by itself that a person could accept: the group moves in a circle
        (L4). Of the nearest ones to the start, the smallest."""
        number_of = {like: number for number, like in enumerate(self.met)}
        before: list[array[int]] = [array("I") for _ in number_of]
        for here, leads_to in self.onward.items():
            for at in range(0, len(leads_to), DIGEST_BYTES):
                before[number_of[leads_to[at : at + DIGEST_BYTES]]].append(number_of[here])
        good = bytearray(len(number_of))
        frontier = [number_of[here] for here in self.acceptable]
        for number in frontier:
            good[number] = 1
        while frontier:
            for number in before[frontier.pop()]:
                if not good[number]:
                    good[number] = 1
                    frontier.append(number)
        worlds, begin = [*self.ways], 0
        for size in self.sizes:
            circling = [here for here in worlds[begin : begin + size] if not good[number_of[here[:DIGEST_BYTES]]]]
            if circling:
                return min(circling)
            begin += size
        return None


def explore(
    start: _W,
    *,
    stories_wanted: int = 1,
    states_at_most: int = 2_000_000,
    within_s: float | None = None,
    on_rest: Callable[[_W], str] = rest,
    jobs: int = 1,
    on_progress: Callable[[Progress], None] | None = None,
) -> Exploration:
    """Explore from `start` until the frontier is empty, enough stories were found, or a limit is reached.

    The same is found with any number of `jobs` (processes), but for a limit in time. Raises HostError when one dies.
    """
    began = time.perf_counter()
    until = None if within_s is None else began + within_s
    first = place(start)
    found = _Found(ways={first: b""}, met={first[:DIGEST_BYTES]: (first[DIGEST_BYTES:],)})
    with ExitStack() as stack:
        stack.enter_context(_without_gc())
        alone = Expander([(first, start)], on_rest)
        hands: Crew | None = None
        kept: list[list[bytes]] | None = None
        while found.sizes[-1] and len(found.breaches) < stories_wanted:
            if found.cut or len(found.ways) >= states_at_most:
                break
            if hands is None and jobs > 1 and found.sizes[-1] >= _WORTH_SHARING * jobs:
                hands, kept = stack.enter_context(crew(alone.frontier, jobs, on_rest)), None
                alone.frontier = []
            if hands is None:
                kept = found.take([alone.expand(until)])
                alone.keep(kept[0])
            else:
                kept = found.take(hands.expand(kept, until))
            if on_progress is not None:
                on_progress(_progress(found, time.perf_counter() - began))
    return _told(start, found, stories_wanted)


@contextmanager
def _without_gc() -> Iterator[None]:
    """Worlds make no cycles, and looking for some among millions of them would take a good part of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _progress(found: _Found, seconds: float) -> Progress:
    return Progress(
        level=len(found.sizes) - 1,
        states=len(found.ways),
        frontier=found.sizes[-1],
        transitions=found.transitions,
        seconds=seconds,
    )


def _told(start: Around, found: _Found, stories_wanted: int) -> Exploration:
    complete = not found.sizes[-1] and not found.cut
    if complete and not found.breaches and (circling := found.circling()) is not None:
        found.breaches.append((way(circling, AT_REST), "L4: it moves in a circle and never comes to rest"))
    stories = [retold(start, found.moves_to(taken), what) for taken, what in found.breaches[:stories_wanted]]
    return Exploration(
        states=len(found.ways),
        transitions=found.transitions,
        complete=complete,
        stories=tuple(stories),
        endings=dict(sorted(found.endings.items())),
        levels=len(found.sizes) - 1,
        coverage=found.coverage,
    )
