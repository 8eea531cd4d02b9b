"""Alarms as rows of a list: which of them stand on which page, in which order, and what of them wants a sound. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

PRIORITIES = ("critical", "high", "medium", "low")


class Shelf(Enum):
    """The lists of the alarm page (ISA-18.2-2016, 11.8): what wants somebody, and what is kept quiet and why."""

    ACTIVE = "active"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """One alarm. `group`: "" for the supervisor's own; `owner`: what stands as group in an order about it.

    `since_ms`: wall clock of its last change as this station saw it, 0: not known.
    """

    group: str
    owner: str
    code: str
    state: str
    active: bool
    unacked: bool
    flags: tuple[str, ...]
    occurrence: int
    priority: str
    first_out: bool
    detail: str
    since_ms: int = 0
    cause: str = ""
    consequence: str = ""
    response: str = ""
    shelved_left_s: int = -1

    @property
    def key(self) -> tuple[str, str]:
        """What names it."""
        return self.group, self.code

    @property
    def shelf(self) -> Shelf | None:
        """The list that it stands on; None: it is normal and on none. What a person did is seen before what follows
        from another alarm."""
        for shelf in (Shelf.OUT_OF_SERVICE, Shelf.SHELVED, Shelf.SUPPRESSED):
            if shelf.value in self.flags:
                return shelf
        return None if self.state == "normal" else Shelf.ACTIVE

    @property
    def latched(self) -> bool:
        """It waits to be reset."""
        return self.state.startswith("latched")


def urgency(row: AlarmRow) -> tuple[int, int, int, str, str]:
    """The order of the list: unacknowledged first, then by priority, then the newest."""
    rank = PRIORITIES.index(row.priority) if row.priority in PRIORITIES else len(PRIORITIES)
    return (0 if row.unacked else 1, rank, -row.since_ms, row.group, row.code)


def matching(needle: str) -> Callable[[AlarmRow], bool]:
    """Whether every word of `needle` stands somewhere in a row, upper case as lower case."""
    words = needle.lower().split()
    if not words:
        return lambda _row: True

    def fits(row: AlarmRow) -> bool:
        text = f"{row.group} {row.code} {row.code.replace('_', ' ')} {row.priority} {row.state} {row.detail}".lower()
        return all(word in text for word in words)

    return fits


def chosen(rows: Iterable[AlarmRow], shelf: Shelf, needle: str = "", group: str | None = None) -> list[AlarmRow]:
    """The rows of one list, the most urgent first."""
    fits = matching(needle)
    return sorted(
        (row for row in rows if row.shelf is shelf and (group is None or row.group == group) and fits(row)),
        key=urgency,
    )


def first_out(rows: Iterable[AlarmRow]) -> AlarmRow | None:
    """The alarm to look at first: of those that want somebody the most urgent first-out, else the most urgent."""
    waiting = sorted((row for row in rows if row.shelf is Shelf.ACTIVE), key=urgency)
    return next((row for row in waiting if row.first_out), waiting[0] if waiting else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Horn:
    """Whether the sound is on. `heard`: the occurrences that it sounds, or was silenced, for."""

    heard: frozenset[tuple[str, str, int]] = frozenset()
    on: bool = False
    priority: str = ""


def horn(before: Horn, rows: Iterable[AlarmRow]) -> Horn:
    """The horn after these rows: a new unacknowledged occurrence starts it; it goes on until it is silenced, or nothing
    unacknowledged is left. Acknowledging one alarm silences nothing else (EEMUA 191)."""
    now = [row for row in rows if row.shelf is Shelf.ACTIVE and row.unacked]
    ids = frozenset((row.group, row.code, row.occurrence) for row in now)
    fresh = ids - before.heard
    on = bool(ids) and (before.on or bool(fresh))
    priority = min(now, key=urgency).priority if on else ""
    return Horn(heard=ids, on=on, priority=priority)


def silenced(before: Horn) -> Horn:
    """Quiet until something new comes. It acknowledges nothing."""
    return Horn(heard=before.heard)
