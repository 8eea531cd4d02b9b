"""The alarm machine of ISA-18.2-2016 (IEC 62682), clause 5: states A to F, flags G to I, delays, first-out.

An occurrence is one annunciation; its number only grows, so that a late acknowledgement can't take a newer one with it.

A flag makes the alarm quiet and takes nothing from it: what nobody has acknowledged stays unacknowledged, what latched
stays latched, and both may be acknowledged and reset meanwhile. Under a flag nothing is annunciated; what comes and
goes in that time is journaled as kept quiet. When the last flag ends, an alarm whose condition holds is annunciated
anew.

After a start each alarm stands as the journal told, until its condition can be judged: a restart acknowledges nothing,
resets nothing and annunciates nothing twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from otha.core.alarm import Alarm
from otha.core.alarm_list import FOLLOWS, AlarmConfig
from otha.core.inputs import AlarmStood
from otha.core.reasons import Reason, Why
from otha.core.words import AlarmFlag, AlarmState


class AlarmMove(Enum):
    """What moves an alarm from one state to the next."""

    COMES = "comes"
    GOES = "goes"
    ACK = "ack"
    RESET = "reset"


# The state diagram. What is not in it changes nothing.
AFTER: dict[tuple[AlarmState, AlarmMove], AlarmState] = {
    (AlarmState.NORMAL, AlarmMove.COMES): AlarmState.UNACKED,
    (AlarmState.UNACKED, AlarmMove.ACK): AlarmState.ACKED,
    (AlarmState.UNACKED, AlarmMove.GOES): AlarmState.RTN_UNACKED,
    (AlarmState.ACKED, AlarmMove.GOES): AlarmState.NORMAL,
    (AlarmState.RTN_UNACKED, AlarmMove.ACK): AlarmState.NORMAL,
    (AlarmState.RTN_UNACKED, AlarmMove.COMES): AlarmState.UNACKED,
    (AlarmState.LATCHED_UNACKED, AlarmMove.ACK): AlarmState.LATCHED_ACKED,
    (AlarmState.LATCHED_UNACKED, AlarmMove.COMES): AlarmState.UNACKED,
    (AlarmState.LATCHED_ACKED, AlarmMove.RESET): AlarmState.NORMAL,
    (AlarmState.LATCHED_ACKED, AlarmMove.COMES): AlarmState.UNACKED,
}
# Where a latching alarm goes instead when its condition goes.
LATCHED: dict[AlarmState, AlarmState] = {
    AlarmState.UNACKED: AlarmState.LATCHED_UNACKED,
    AlarmState.ACKED: AlarmState.LATCHED_ACKED,
}
UNACKED = (AlarmState.UNACKED, AlarmState.RTN_UNACKED, AlarmState.LATCHED_UNACKED)
ACTIVE = (AlarmState.UNACKED, AlarmState.ACKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmWatch:
    """One alarm of one group.

    `holds`: its condition, after the delays; `turn_at`: when that will turn, if the condition stays as it is now.
    `details` are those of the condition when it was last seen. `since` is when the state or a flag last changed: it is
    shown, and decides nothing. `shelved_until` is the end of a timed shelving, `one_shot` shelves until the condition
    next goes. `recalled`: it stands as before this start, and its condition was not judged since.
    """

    code: str
    state: AlarmState = AlarmState.NORMAL
    holds: bool = False
    turn_at: int | None = None
    details: tuple[str, ...] = ()
    occurrence: int = 0
    first_out: bool = False
    shelved_until: int | None = None
    one_shot: bool = False
    suppressed: bool = False
    out_of_service: bool = False
    since: int = 0
    recalled: bool = False

    @property
    def flags(self) -> tuple[AlarmFlag, ...]:
        """What keeps it quiet."""
        set_ = (
            (AlarmFlag.SHELVED, self.shelved_until is not None or self.one_shot),
            (AlarmFlag.SUPPRESSED, self.suppressed),
            (AlarmFlag.OUT_OF_SERVICE, self.out_of_service),
        )
        return tuple(flag for flag, stands in set_ if stands)

    @property
    def annunciated(self) -> bool:
        """Its condition holds and an operator is told so."""
        return self.state in ACTIVE and not self.flags

    @property
    def detail(self) -> str:
        return ", ".join(each for each in self.details if each)

    @property
    def wake(self) -> int | None:
        """When it changes by itself, if nothing else happens."""
        return min((at for at in (self.turn_at, self.shelved_until) if at is not None), default=None)


class AlarmTurn:
    """One alarm being moved: `w` is replaced, never changed. `alone`: no other alarm of its group is annunciated."""

    def __init__(self, cfg: AlarmConfig, w: AlarmWatch, now: int, *, alone: bool) -> None:
        self.cfg = cfg
        self.w = w
        self.now = now
        self.alone = alone
        self.reasons: list[Reason] = []

    def judge(self, details: tuple[str, ...] | None, *, suppressed: bool) -> None:
        """Take the condition as it is now (no details: it does not hold; None: it can't be judged) and whether a cause
        suppresses it.

        A flag that begins goes before the condition, and one that ends after it: nothing is annunciated for a moment.
        """
        if suppressed and not self.w.suppressed:
            self.flag(AlarmFlag.SUPPRESSED, suppressed=True)
        if details is None:
            self._put(turn_at=None)
        else:
            self._put(recalled=False)
            self._condition(details)
        if self.w.shelved_until is not None and self.now >= self.w.shelved_until:
            self.unflag(AlarmFlag.SHELVED, "", "", shelved_until=None)
        if self.w.suppressed and not suppressed:
            self.unflag(AlarmFlag.SUPPRESSED, "", "", suppressed=False)

    def recall(self, told: AlarmStood) -> None:
        """Stand as before this start; the condition is taken to be as it was until it is judged."""
        self._put(
            state=told.state,
            holds=told.state in ACTIVE,
            details=told.details,
            occurrence=max(self.w.occurrence, told.occurrence),
            first_out=told.first_out,
            recalled=True,
        )
        if told.state is not AlarmState.NORMAL:
            self._say(Why.ALARM_STOOD, self.w.detail, told.occurrence, told.state.value)

    def ack(self, user: str, comment: str) -> None:
        """Acknowledge the present occurrence; the caller has judged that there is one to acknowledge."""
        self._move(AlarmMove.ACK)
        self._say(Why.ALARM_ACKED, self.w.occurrence, user, comment, self.w.state.value)

    def reset(self, user: str, comment: str) -> None:
        """Reset a latched alarm; the caller has judged that it is one."""
        self._move(AlarmMove.RESET)
        self._say(Why.ALARM_RESET, self.w.occurrence, user, comment)

    def flag(self, flag: AlarmFlag, user: str = "", comment: str = "", **changes: Any) -> None:
        """Set a flag. Any: `replace` takes the fields of AlarmWatch."""
        self._put(first_out=False, since=self.now, **changes)
        if flag is AlarmFlag.SUPPRESSED and self.w.state is AlarmState.NORMAL:
            return  # nothing that anybody saw changes
        left = self.w.shelved_until - self.now if flag is AlarmFlag.SHELVED and self.w.shelved_until is not None else 0
        self._say(Why.ALARM_FLAGGED, flag.value, user, comment, left // 1_000_000)

    def unflag(self, flag: AlarmFlag, user: str, comment: str, **changes: Any) -> None:
        """End a flag; when it was the last, an alarm whose condition holds is annunciated. Any: as for `flag`."""
        self._put(since=self.now, **changes)
        if flag is not AlarmFlag.SUPPRESSED:
            self._say(Why.ALARM_UNFLAGGED, flag.value, user, comment)
        if not self.w.flags and self.w.holds:
            self._come()

    def redefine(self, *, other_condition: bool) -> None:
        """The site file says something else of this alarm now: what was acknowledged or shelved was another one.

        What was acknowledged is annunciated anew while its condition holds, one that latched is to be acknowledged
        again; what nobody has seen stays to be seen. Out of service it stays out of service.
        """
        before = self.w
        shelved = AlarmFlag.SHELVED in before.flags
        self._put(shelved_until=None, one_shot=False)
        if before.state is AlarmState.LATCHED_ACKED:
            self._put(state=AlarmState.LATCHED_UNACKED, since=self.now)
        elif before.state is AlarmState.ACKED:
            self._put(state=AlarmState.NORMAL, first_out=False, since=self.now)
        if other_condition and self.w.state is not AlarmState.UNACKED:
            self._put(holds=False, turn_at=None, details=())
        if self.w.state is before.state and not shelved:
            return
        said = (before.detail, before.occurrence, before.state.value, AlarmFlag.SHELVED.value if shelved else "")
        self._say(Why.ALARM_REDEFINED, *said)
        if self.w.holds and not self.w.flags:
            self._come()

    def _condition(self, details: tuple[str, ...]) -> None:
        before, raw = self.w.details, bool(details)
        if raw:
            self._put(details=details)
        if raw == self.w.holds:
            self._put(turn_at=None)
            if raw and any(each not in before for each in details):
                self._come()  # something came on top of what was annunciated
        elif self.w.turn_at is None:
            self._put(turn_at=self.now + (self.cfg.on_delay_ns if raw else self.cfg.off_delay_ns))
        if self.w.turn_at is not None and self.now >= self.w.turn_at:
            self._put(turn_at=None, holds=raw)
            if raw:
                self._come()
            else:
                self._go()

    def _come(self) -> None:
        if self.w.flags:
            kept = ", ".join(flag.value for flag in self.w.flags)
            self._say(Why.ALARM_KEPT_QUIET, self.w.detail, kept)
            return
        self._put(
            state=AlarmState.UNACKED,
            occurrence=self.w.occurrence + 1,
            first_out=self.alone,
            since=self.now,
        )
        first = "first-out" if self.w.first_out else ""
        self._say(Why.ALARM_RAISED, self.w.detail, self.w.occurrence, self.cfg.priority.value, first)

    def _go(self) -> None:
        if self.w.state in ACTIVE:
            self._move(AlarmMove.GOES)
            self._say(Why.ALARM_CLEARED, self.w.detail, self.w.occurrence, self.w.state.value)
        if self.w.one_shot:
            self.unflag(AlarmFlag.SHELVED, "", "", one_shot=False)

    def _move(self, move: AlarmMove) -> None:
        state = AFTER[self.w.state, move]
        if move is AlarmMove.GOES and self.cfg.latching:
            state = LATCHED[self.w.state]
        self._put(state=state, since=self.now)

    def _put(self, **changes: Any) -> None:  # Any: `replace` takes the fields of AlarmWatch
        self.w = replace(self.w, **changes)

    def _say(self, why: Why, *args: str | int) -> None:
        self.reasons.append(Reason(why=why, rule="", args=(str(self.cfg.code), *args)))


Listed = Mapping[str, AlarmConfig]
"""The alarms that there are, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsSeen:
    """What is known of the conditions of a group's alarms: those `found` to hold, and those that are `unjudged` because
    a value can't be used. `causes`: what stands elsewhere and suppresses here. `settled`: what is not found does not
    hold; after a start it may only not have been seen yet."""

    found: tuple[Alarm, ...] = ()
    unjudged: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    settled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmBook:
    """All alarms of one group: what was `seen` last, and each alarm that ever came or was flagged."""

    seen: AlarmsSeen = AlarmsSeen()
    watches: tuple[AlarmWatch, ...] = ()

    @property
    def wake(self) -> int | None:
        return min((w.wake for w in self.watches if w.wake is not None), default=None)

    def watch(self, code: str) -> AlarmWatch:
        """The alarm with this code, as it stands."""
        return next((w for w in self.watches if w.code == code), AlarmWatch(code=code))

    def turn(self, listed: Listed, code: str, now: int) -> AlarmTurn:
        """The alarm with this code, about to be moved."""
        alone = not any(w.annunciated for w in self.watches if w.code != code)
        return AlarmTurn(listed[code], self.watch(listed[code].code), now, alone=alone)

    def put(self, listed: Listed, w: AlarmWatch) -> "AlarmBook":
        """The book with this alarm in it, in the order of the list."""
        by_code = {each.code: each for each in (*self.watches, w)}
        return replace(self, watches=tuple(by_code[code] for code in listed if code in by_code))


def stood(
    listed: Listed, book: AlarmBook, alarms: tuple[AlarmStood, ...], now: int
) -> tuple[AlarmBook, tuple[Reason, ...]]:
    """The book with what stood before this start: each alarm in its state, occurrences go on counting, and what was
    kept quiet is quiet. An alarm that is not listed any more is left out."""
    reasons: list[Reason] = []
    comment = "since before this start"
    for each in alarms:
        if each.code not in listed:
            if each.state is not AlarmState.NORMAL:
                last = (each.code, ", ".join(each.details), each.occurrence, each.state.value, "")
                reasons.append(Reason(why=Why.ALARM_GONE, rule="", args=last))
            continue
        turn = book.turn(listed, each.code, now)
        turn.recall(each)
        if each.shelved_for_ns is not None or each.one_shot:
            until = None if each.shelved_for_ns is None else now + each.shelved_for_ns
            turn.flag(AlarmFlag.SHELVED, "", comment, shelved_until=until, one_shot=each.one_shot)
        if each.out_of_service:
            turn.flag(AlarmFlag.OUT_OF_SERVICE, "", comment, out_of_service=True)
        book = book.put(listed, replace(turn.w, since=now - each.stood_ns))
        reasons += turn.reasons
    # Nothing was seen of what was recalled: a first look that finds nothing is news too.
    return replace(book, seen=AlarmsSeen(settled=False)), tuple(reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relisted:
    """What a changed site makes of a list of alarms. `meant`: those that mean something else now, `judged`: those of
    them whose condition is another one."""

    listed: Listed
    meant: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()


def carried(change: Relisted, book: AlarmBook, now: int, *, anew: bool) -> tuple[AlarmBook, tuple[Reason, ...]]:
    """The book of a site that was changed: what is listed as before still stands as it did. What means something else
    now nobody has acknowledged or shelved, and what is not listed any more is gone and said to be. `anew`: conditions
    are not known, as after a start."""
    listed, reasons = change.listed, list(gone(book, change.listed))
    watches = tuple(replace(w, recalled=anew or w.recalled) for w in book.watches if w.code in listed)
    seen = replace(
        book.seen,
        found=tuple(each for each in book.seen.found if each.code in listed),
        unjudged=tuple(code for code in book.seen.unjudged if code in listed),
    )
    book = AlarmBook(seen=seen, watches=watches)
    for w in watches:
        if w.code in change.meant:
            turn = book.turn(listed, w.code, now)
            turn.redefine(other_condition=w.code in change.judged)
            book = book.put(listed, turn.w)
            reasons += turn.reasons
    # A condition that began anew is news, even if nothing else has changed.
    return (replace(book, seen=AlarmsSeen(settled=False)) if change.judged else book), tuple(reasons)


def gone(book: AlarmBook, listed: Listed) -> tuple[Reason, ...]:
    """The last state of each alarm that is not listed any more, if anybody could have seen it."""
    return tuple(
        Reason(
            why=Why.ALARM_GONE,
            rule="",
            args=(w.code, w.detail, w.occurrence, w.state.value, ", ".join(flag.value for flag in w.flags)),
        )
        for w in book.watches
        if w.code not in listed and (w.state is not AlarmState.NORMAL or w.flags)
    )


def advance(listed: Listed, book: AlarmBook, seen: AlarmsSeen, now: int) -> tuple[AlarmBook, tuple[Reason, ...]]:
    """Take the conditions as they are now; the book after it, and what there is to tell."""
    wake = book.wake
    if seen == book.seen and (wake is None or now < wake):
        return book, ()
    details: dict[str, tuple[str, ...]] = {}
    for each in seen.found:
        details[each.code] = (*details.get(each.code, ()), each.detail)
    suppressed = [follower for cause in (*details, *seen.causes) for follower in FOLLOWS.get(cause, ())]
    reasons: list[Reason] = []
    known = [w.code for w in book.watches]
    book = replace(book, seen=seen)
    for code in listed:
        if code not in details and code not in known and code not in suppressed:
            continue
        turn = book.turn(listed, code, now)
        unseen = turn.w.recalled and not seen.settled and code not in details
        open_ = unseen or code in seen.unjudged
        turn.judge(None if open_ else details.get(code, ()), suppressed=code in suppressed)
        if turn.w != book.watch(code):
            book = book.put(listed, turn.w)
        reasons += turn.reasons
    return book, tuple(reasons)
