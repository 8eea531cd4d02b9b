"""One heartbeat path: how its answers are judged.

`fixed`: LOST after k heartbeats in a row without a reply. `adaptive`: Chen, Toueg, Aguilera, "On the quality of service
of failure detectors", IEEE Trans. Computers 51 (2002), NFD-E: LOST when the next reply is `margin` later than the mean
of the last arrivals lets expect.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from otha.core.config import AdaptiveDetector, ChannelConfig, FixedDetector
from otha.core.words import Answer, Pulse


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWatch:
    """`ended`: heartbeats ended so far. `shifted`: arrivals, each less its number of periods (NFD-E). `due`: when the
    adaptive detector gives the channel up."""

    pulse: Pulse = Pulse.UNKNOWN
    misses: int = 0
    ended: int = 0
    shifted: tuple[int, ...] = ()
    due: int | None = None


_UNHEARD = (Pulse.UNKNOWN, Pulse.BLIND)
# Looked up once: in CPython 3.11 a member of an enum is found by a call, which every heartbeat would make many times.
_REPLIED, _ON_TIME = Answer.REPLIED, Pulse.ON_TIME


def _fixed(misses_allowed: int, w: ChannelWatch, answer: Answer, lost: Pulse) -> ChannelWatch:
    match answer:
        case Answer.REPLIED:
            return ChannelWatch(pulse=Pulse.ON_TIME)
        case Answer.LATE | Answer.BUSY:
            return ChannelWatch(pulse=Pulse.LATE)
        case Answer.MISSED | Answer.GARBLED:
            misses = w.misses + 1
            if misses >= misses_allowed:
                return ChannelWatch(pulse=lost, misses=misses_allowed)
            return ChannelWatch(pulse=w.pulse if w.pulse in _UNHEARD else Pulse.LATE, misses=misses)
        case Answer.BLIND:
            return w
        case never:
            assert_never(never)


def _adaptive(
    detector: AdaptiveDetector, period_ns: int, w: ChannelWatch, answer: Answer, now: int, lost: Pulse
) -> ChannelWatch:
    ended = w.ended + (0 if answer is Answer.LATE else 1)
    match answer:
        case Answer.REPLIED | Answer.LATE | Answer.BUSY:
            shifted = (*w.shifted, now - ended * period_ns)[-detector.window :]
            expected = sum(shifted) // len(shifted) + (ended + 1) * period_ns
            pulse = Pulse.ON_TIME if answer is Answer.REPLIED else Pulse.LATE
            return ChannelWatch(pulse=pulse, ended=ended, shifted=shifted, due=expected + detector.margin_ns)
        case Answer.MISSED | Answer.GARBLED:
            never_heard = w.due is None and w.pulse is Pulse.UNKNOWN
            given_up = ended * period_ns > detector.margin_ns if never_heard else w.due is None or now >= w.due
            if given_up:
                # The window is kept: after an outage the old rhythm is the best guess until there is a new one.
                return ChannelWatch(pulse=lost, misses=1, ended=ended, shifted=w.shifted)
            pulse = w.pulse if w.pulse in _UNHEARD else Pulse.LATE
            return ChannelWatch(pulse=pulse, misses=1, ended=ended, shifted=w.shifted, due=w.due)
        case Answer.BLIND:
            return replace(w, ended=ended, due=None if w.due is None else w.due + period_ns)
        case never:
            assert_never(never)


def watch(cfg: ChannelConfig, w: ChannelWatch, answer: Answer, now: int, *, carries: bool = True) -> ChannelWatch:
    """Judge one ended heartbeat. A late or busy answer is an answer: it is not death. A blind end changes no verdict.

    `carries`: the way that the channel goes by is well; silence over one that is not proves nothing (S18).
    """
    if answer is _REPLIED and w.pulse is _ON_TIME and type(cfg.detector) is FixedDetector:
        return w  # nearly all are
    lost = Pulse.LOST if carries else Pulse.BLIND
    match cfg.detector:
        case FixedDetector(misses=misses):
            return _fixed(misses, w, answer, lost)
        case AdaptiveDetector() as detector:
            return _adaptive(detector, cfg.period_ns, w, answer, now, lost)
        case never:
            assert_never(never)


def expire(w: ChannelWatch, now: int, *, carries: bool = True) -> ChannelWatch:
    """Give the channel up if its adaptive detector's time has come."""
    if w.due is None or now < w.due:
        return w
    lost = Pulse.LOST if carries else Pulse.BLIND
    return ChannelWatch(pulse=lost, misses=1, ended=w.ended, shifted=w.shifted)


def way_fails(w: ChannelWatch) -> ChannelWatch:
    """The way does not carry any more: what was given up over it may have been given up for that."""
    return replace(w, pulse=Pulse.BLIND) if w.pulse is Pulse.LOST else w


def way_carries(cfg: ChannelConfig, w: ChannelWatch, now: int) -> ChannelWatch:
    """The way carries again: silence counts from now on, from the beginning."""
    match cfg.detector:
        case FixedDetector():
            return replace(w, misses=0)
        case AdaptiveDetector(margin_ns=margin_ns) if w.pulse is not Pulse.UNKNOWN:
            return replace(w, due=now + cfg.period_ns + margin_ns)
        case AdaptiveDetector():
            return w
        case never:
            assert_never(never)
