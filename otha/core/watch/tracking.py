"""Whether a standby would take over without a bump (rule S13): its tracked tags beside the active's, each with a
tolerance and an age. What is unknown, bad or stale agrees with nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from otha.core.config import TrackedTag
from otha.core.group.state import TagOff
from otha.core.watch.node import NodeWatch
from otha.core.words import Liveness, TrackedForm, Verdict

MS = 1_000_000
# Looked up once: in CPython 3.11 a member of an enum is found by a call, which every heartbeat would make many times.
_ALIVE, _TRUE, _ONE_SHOT = Liveness.ALIVE, Verdict.TRUE, TrackedForm.ONE_SHOT


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
    """The verdict on a standby. `off`: what stands in its way. `until`: when the first of its values is too old, if
    no newer one comes (None: it is not ready, or nothing ages)."""

    verdict: Verdict
    off: tuple[TagOff, ...] = ()
    until: int | None = None


READY = Readiness(verdict=Verdict.TRUE)


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
    if not tags:
        return READY
    until = _all_agree_until(tags, active, standby, now)
    if until is not None:
        return Readiness(verdict=_TRUE, until=until)
    off = [each for each in agreements(tags, active, standby, now) if each.verdict is not Verdict.TRUE]
    # FALSE is the plainest thing that can be said; else the first that is wrong.
    plain = any(each.verdict is Verdict.FALSE for each in off)
    return Readiness(verdict=Verdict.FALSE if plain else off[0].verdict, off=tuple(_off(each) for each in off))


def _all_agree_until(tags: tuple[TrackedTag, ...], active: NodeWatch, standby: NodeWatch, now: int) -> int | None:
    """When the first value is too old, while all of them agree; None as soon as one does not.

    Judges as `_judged` does. Nearly every heartbeat ends here, so nothing is made of it that nobody asks for.
    """
    ours, theirs = active.tracked, standby.tracked
    if len(ours) != len(tags) or len(theirs) != len(tags) or not active.seen_at or not standby.seen_at:
        return None
    if active.liveness is not _ALIVE or standby.liveness is not _ALIVE:
        return None
    youngest = tags[0].max_age_ns
    for tag, one, other in zip(tags, ours, theirs, strict=True):
        if (one is None or one != other or tag.form is _ONE_SHOT) and (_agree(tag, one, other) is not _TRUE):
            return None
        if tag.max_age_ns < youngest:
            youngest = tag.max_age_ns
    until = (active.seen_at if active.seen_at < standby.seen_at else standby.seen_at) + youngest
    return until if now < until else None


def pending_one_shots(tags: tuple[TrackedTag, ...], w: NodeWatch) -> tuple[str, ...]:
    """The one-shot commands that a node has not carried out, as it said last."""
    found = [at for at, tag in enumerate(tags) if tag.form is _ONE_SHOT]
    return tuple(tags[at].name for at in found if _value(tags, w, at)) if found else ()


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
    return w.tracked[at] if len(w.tracked) == len(tags) else None


def _judged(
    tags: tuple[TrackedTag, ...], active: NodeWatch, standby: NodeWatch, now: int
) -> Iterator[tuple[TrackedTag, Verdict]]:
    silent = active.liveness is not Liveness.ALIVE or standby.liveness is not Liveness.ALIVE
    untold = not active.seen_at or not standby.seen_at
    unsaid = len(active.tracked) != len(tags) or len(standby.tracked) != len(tags)
    oldest = min(active.seen_at, standby.seen_at)
    for at, tag in enumerate(tags):
        if silent:
            yield tag, Verdict.STALE
        elif untold or unsaid:
            yield tag, Verdict.UNKNOWN
        elif now >= oldest + tag.max_age_ns:
            yield tag, Verdict.STALE
        else:
            yield tag, _agree(tag, active.tracked[at], standby.tracked[at])


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
    return Verdict.TRUE if agree else Verdict.FALSE
