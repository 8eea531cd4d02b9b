"""How far a standby is behind (rule S5), and whether it would take over without a bump (rule S13)."""

from dataclasses import dataclass, replace

from otha.core.config import TrackedTag
from otha.core.watch.node import NodeWatch
from otha.core.words import Liveness, Verdict


def lag_ns(active: NodeWatch, standby: NodeWatch, *, cycle_ns: int, unseen_until: int) -> int | None:
    """The standby's last acknowledged position against the active's last seen one, plus the time unseen.

    `unseen_until`: now, or when the gate saw the active's frames stop: after that it changed nothing more.
    None: unknown, which is infinite.
    """
    if active.position is None or standby.acked is None or active.seen_at == 0 or standby.seen_at == 0:
        return None
    behind = max(0, active.position - standby.acked) * cycle_ns
    return behind + max(0, unseen_until - active.seen_at)


def in_rpo(lag: int | None, rpo_ns: int | None) -> Verdict:
    """The lag against the group's RPO. A group whose controller holds all values has no RPO and no lag."""
    if rpo_ns is None:
        return Verdict.TRUE
    if lag is None:
        return Verdict.UNKNOWN
    return Verdict.TRUE if lag <= rpo_ns else Verdict.FALSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One tracked tag of a standby beside the active's, in raw units. None: not said."""

    tag: TrackedTag
    active: int | None
    standby: int | None
    verdict: Verdict


def agreements(tags: tuple[TrackedTag, ...], active: NodeWatch, standby: NodeWatch) -> tuple[Agreement, ...]:
    """Each tracked tag, for a person: what `ready` judges as a whole, in the same way."""
    mine = standby.tracked if len(standby.tracked) == len(tags) else (None,) * len(tags)
    theirs = active.tracked if len(active.tracked) == len(tags) else (None,) * len(tags)
    return tuple(
        Agreement(
            tag=tag, active=theirs[at], standby=mine[at], verdict=ready((tag,), _one(active, at), _one(standby, at))
        )
        for at, tag in enumerate(tags)
    )


def _one(w: NodeWatch, at: int) -> NodeWatch:
    return replace(w, tracked=w.tracked[at : at + 1])


def ready(tags: tuple[TrackedTag, ...], active: NodeWatch, standby: NodeWatch) -> Verdict:
    """Whether every tracked tag of the standby agrees with the active's within its tolerance."""
    if not tags:
        return Verdict.TRUE
    if active.liveness is not Liveness.ALIVE or standby.liveness is not Liveness.ALIVE:
        return Verdict.STALE
    if len(active.tracked) != len(tags) or len(standby.tracked) != len(tags):
        return Verdict.UNKNOWN
    agree = all(
        abs(mine - theirs) <= tag.tolerance
        for tag, mine, theirs in zip(tags, standby.tracked, active.tracked, strict=True)
    )
    return Verdict.TRUE if agree else Verdict.FALSE
