"""The observer itself: can it reach its own reference points, and is its own clock to be trusted (rules S8, S10)."""

from dataclasses import dataclass, replace

from otha.core.config import ReferenceConfig
from otha.core.words import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceWatch:
    """Polls of one reference point missed in a row; None before the first one ended."""

    misses: int | None = None


def watch(w: ReferenceWatch, answer: Answer) -> ReferenceWatch:
    """Judge one poll of a reference point. A blind end tells nothing of it."""
    if answer is Answer.BLIND:
        return w
    if answer in (Answer.MISSED, Answer.GARBLED):
        return replace(w, misses=(w.misses or 0) + 1)
    return ReferenceWatch(misses=0)


def isolated(references: tuple[ReferenceConfig, ...], watches: dict[str, ReferenceWatch]) -> bool:
    """Whether the observer can reach none of its reference points. Without any it can't know, and says no."""
    misses = [(watches[reference.name].misses, reference.misses) for reference in references]
    return bool(misses) and all(missed is not None and missed >= allowed for missed, allowed in misses)
