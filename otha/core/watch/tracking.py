"""Whether a standby would take over without a bump (rule S13): its tracked tags beside the active's, each with a
tolerance and an age. What is unknown, bad or stale agrees with nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from otha.core.config import TrackedTag
from otha.core.group.state import TagOff
from otha.core.watch.node import NodeWatch
from otha.core.words import Liveness, TrackedForm, Verdict

MS = 1_000_000
# Looked up once: in CPython 3.11 a member of an enum is found by a call, which every heartbeat would make many times.
_ALIVE, _TRUE, _FALSE, _ONE_SHOT = Liveness.ALIVE, Verdict.TRUE, Verdict.FALSE, TrackedForm.ONE_SHOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One tracked tag of a standby beside the active's, in raw units (None: not said). Ages are those of the readings
    that told them, in milliseconds (None: never read in time)."""

    tag: TrackedTag
    active: int | None
    standby: int | None
    verdict: Verdict
    active_age_ms: int | None
    standby_age_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The verdict on a standby. `off`: what stands in its way."""

    verdict: Verdict
    off: tuple[TagOff, ...] = ()


READY = Readiness(verdict=Verdict.TRUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedTags:
    """The tracked tags of a group. `fresh_ns`: the youngest of their ages, up to which none is too old."""

    tags: tuple[TrackedTag, ...]
    fresh_ns: int
    has_one_shots: bool

    @classmethod
    def of(cls, tags: tuple[TrackedTag, ...]) -> Self:
        """Those that a group is configured with; there may be none."""
        return cls(
            tags=tags,
            fresh_ns=min((tag.max_age_ns for tag in tags), default=0),
            has_one_shots=any(tag.form is _ONE_SHOT for tag in tags),
        )


def agreements(tags: tuple[TrackedTag, ...], active: NodeWatch, standby: NodeWatch, now: int) -> tuple[Agreement, ...]:
    """Each tracked tag, for a person: what `readiness` judges as a whole, in the same way."""
    ages = [(now - w.seen_at) // MS if w.seen_at else None for w in (active, standby)]
    return tuple(
        Agreement(
            tag=tag,
            active=_value(tags, active, at),
            standby=_value(tags, standby, at),
            verdict=verdict,
            active_age_ms=ages[0],
            standby_age_ms=ages[1],
        )
        for at, (tag, verdict) in enumerate(_judged(tags, active, standby, now))
    )


def readiness(tags: tuple[TrackedTag, ...], active: NodeWatch, standby: NodeWatch, now: int) -> Readiness:
    """Whether every tracked tag of the standby agrees with the active's."""
    off = [each for each in agreements(tags, active, standby, now) if each.verdict is not Verdict.TRUE]
    if not off:
        return READY
    # FALSE is the plainest thing that can be said; else the first that is wrong.
    plain = any(each.verdict is Verdict.FALSE for each in off)
    return Readiness(verdict=Verdict.FALSE if plain else off[0].verdict, off=tuple(_off(each) for each in off))


def ready_until(tracked: TrackedTags, active: NodeWatch, standby: NodeWatch, now: int) -> int | None:
    """Of a standby that is ready: when the first of its values is too old, if no newer one comes. None: it is not.

    Ready are those of which `readiness` says READY, which makes for a person what nearly no heartbeat asks for.
    """
    ours, theirs = active.reading.tracked, standby.reading.tracked
    count = len(tracked.tags)
    if len(ours) != count or len(theirs) != count or not active.seen_at or not standby.seen_at:
        return None
    if active.verdict.liveness is not _ALIVE or standby.verdict.liveness is not _ALIVE:
        return None
    if ours != theirs or None in ours or tracked.has_one_shots:
        for tag, one, other in zip(tracked.tags, ours, theirs, strict=True):
            if (one != other or one is None or tag.form is _ONE_SHOT) and _agree(tag, one, other) is not _TRUE:
                return None
    until = (active.seen_at if active.seen_at < standby.seen_at else standby.seen_at) + tracked.fresh_ns
    return until if now < until else None


def pending_one_shots(tags: tuple[TrackedTag, ...], w: NodeWatch) -> tuple[str, ...]:
    """The one-shot commands that a node has not carried out, as it said last."""
    return tuple(tag.name for at, tag in enumerate(tags) if tag.form is _ONE_SHOT and _value(tags, w, at))


def alike(found: tuple[TagOff, ...], known: tuple[TagOff, ...]) -> bool:
    """Whether the same tags are off for the same reason, whatever their values."""
    if not found or not known:
        return not found and not known
    return [(each.tag, each.verdict) for each in found] == [(each.tag, each.verdict) for each in known]


def _off(each: Agreement) -> TagOff:
    ages = [age for age in (each.active_age_ms, each.standby_age_ms) if age is not None]
    return TagOff(
        tag=each.tag.name,
        form=each.tag.form,
        verdict=each.verdict,
        active=each.active,
        standby=each.standby,
        tolerance=each.tag.tolerance,
        age_ms=max(ages) if len(ages) == 2 else None,
        max_age_ms=each.tag.max_age_ns // MS,
    )


def _value(tags: tuple[TrackedTag, ...], w: NodeWatch, at: int) -> int | None:
    told = w.reading.tracked
    return told[at] if len(told) == len(tags) else None


def _judged(
    tags: tuple[TrackedTag, ...], active: NodeWatch, standby: NodeWatch, now: int
) -> Iterator[tuple[TrackedTag, Verdict]]:
    ours, theirs = active.reading.tracked, standby.reading.tracked
    silent = active.verdict.liveness is not _ALIVE or standby.verdict.liveness is not _ALIVE
    untold = not active.seen_at or not standby.seen_at
    unsaid = len(ours) != len(tags) or len(theirs) != len(tags)
    oldest = min(active.seen_at, standby.seen_at)
    for at, tag in enumerate(tags):
        if silent:
            yield tag, Verdict.STALE
        elif untold or unsaid:
            yield tag, Verdict.UNKNOWN
        elif now >= oldest + tag.max_age_ns:
            yield tag, Verdict.STALE
        else:
            yield tag, _agree(tag, ours[at], theirs[at])


def _agree(tag: TrackedTag, active: int | None, standby: int | None) -> Verdict:
    if active is None or standby is None:
        return Verdict.BAD
    match tag.form:
        case TrackedForm.ANALOG:
            agree = abs(standby - active) <= tag.tolerance
        case TrackedForm.DISCRETE:
            agree = standby == active
        case TrackedForm.ONE_SHOT:
            # A command that is still to be carried out would be carried out again by the one who takes over.
            agree = not active and not standby
    return _TRUE if agree else _FALSE
