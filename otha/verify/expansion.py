"""One level of a breadth-first exploration: where each world of a frontier leads to, in one process."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from otha.core.altered import altered
from otha.core.errors import DefectError, InvariantBreachError
from otha.verify.around import Around
from otha.verify.coverage import Coverage
from otha.verify.memo import Memo

DIGEST_BYTES = 16
_PLACE_BYTES = DIGEST_BYTES + 2
_NUMBER_BYTES = 2
# The number of no move: a world that is wrong in itself.
AT_REST = (1 << 8 * _NUMBER_BYTES) - 1
_FROM_OUTSIDE = ("FAULT", "ORDER")

OnRest = Callable[[Any], str]  # Any: the explorer's own kind of world


def place(w: Around) -> bytes:
    """What tells worlds apart: 128 bits of the whole key, and how many faults and orders are left. Two keys of ten
    million share their bits once in 10^24 runs."""
    return blake2b(w.key(), digest_size=DIGEST_BYTES).digest() + bytes((w.faults_left, w.orders_left))


def outdone(there: bytes, met: tuple[bytes, ...]) -> bool:
    """Whether a world like this one, with no less left of anything, is among those met: it leads wherever this does,
    and in no more moves."""
    faults, orders = there[DIGEST_BYTES], there[DIGEST_BYTES + 1]
    return any(left[0] >= faults and left[1] >= orders for left in met)


def way(here: bytes, number: int) -> bytes:
    """Move `number` from the world `here`."""
    return here + number.to_bytes(_NUMBER_BYTES, "big")


def parted(taken: bytes) -> tuple[bytes, int]:
    """The world and the number of a way."""
    return taken[:_PLACE_BYTES], int.from_bytes(taken[_PLACE_BYTES:], "big")


@dataclass(slots=True, kw_only=True)
class Level:
    """What one process found at one level. `found`: the worlds that it has not met before, each with the smallest way
    to it. `onward`: where each world leads to by itself, without a further fault or order. `acceptable`: those that a
    person could leave as they are. `cut`: the time was over before all were expanded."""

    found: dict[bytes, bytes] = field(default_factory=dict)
    onward: dict[bytes, bytes] = field(default_factory=dict)
    acceptable: list[bytes] = field(default_factory=list)
    breaches: list[tuple[bytes, str]] = field(default_factory=list)
    transitions: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    coverage: Coverage = field(default_factory=Coverage)
    cut: bool = False


class Expander:
    """Keeps the worlds of its part of the frontier, and gives away only what tells them apart."""

    def __init__(self, frontier: list[tuple[bytes, Around]], on_rest: OnRest) -> None:
        self.frontier = frontier
        self._on_rest = on_rest
        self._after: dict[bytes, Around] = {}
        self._memo: Memo | None = None
        self._met = {here for here, _ in frontier}

    def expand(self, until: float | None) -> Level:
        """Take every move of every world of the frontier. `until`: when to stop, by `time.perf_counter`."""
        level = Level()
        if self._memo is not None:
            self._memo.forget()
        for here, w in self.frontier:
            if until is not None and time.perf_counter() > until:
                level.cut = True
                break
            if self._memo is None:
                self._memo = Memo(w.cfg)
            fresh = w if not w.told and w.memo is self._memo else altered(w, told=(), memo=self._memo)
            self._from(level, here, fresh)
        self.frontier = []
        self._met.update(level.found)
        return level

    def keep(self, mine: list[bytes]) -> None:
        """These of the worlds found are this process's to expand at the next level."""
        self.frontier = [(here, self._after[here]) for here in mine]
        self._after = {}

    def _from(self, level: Level, here: bytes, w: Around) -> None:
        quiet, leads_to = True, []
        level.coverage.visited(w)
        try:
            for number, (name, make) in enumerate(w.moves()):
                level.transitions += 1
                taken = way(here, number)
                try:
                    after = make()
                except DefectError as breach:
                    level.breaches.append((taken, breach.what))
                    quiet = False
                    continue
                there = place(after)
                level.coverage.moved(name, after.told)
                if not name.startswith(_FROM_OUTSIDE):
                    leads_to.append(there[:DIGEST_BYTES])
                    quiet = quiet and (there == here or name.startswith("late"))
                self._found(level, there, taken, after)
            self._judge(level, here, w, quiet=quiet)
        except DefectError as breach:
            level.breaches.append((way(here, AT_REST), breach.what))
        level.onward[here[:DIGEST_BYTES]] = b"".join(leads_to)

    def _found(self, level: Level, there: bytes, taken: bytes, after: Around) -> None:
        if there in self._met:
            return
        earlier = level.found.get(there)
        if earlier is None or taken < earlier:
            level.found[there] = taken
            self._after[there] = after

    def _judge(self, level: Level, here: bytes, w: Around, *, quiet: bool) -> None:
        """Whether a person could leave this world as it is; one that is quiet has to be so."""
        try:
            ending = self._on_rest(w)
        except InvariantBreachError:
            if quiet:
                raise
            return
        level.acceptable.append(here[:DIGEST_BYTES])
        if quiet:
            level.endings[ending] += 1
