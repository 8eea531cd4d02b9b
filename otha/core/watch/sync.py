"""How far a standby is behind (rule S5)."""

from otha.core.watch.node import NodeWatch
from otha.core.words import Verdict

# Looked up once: in CPython 3.11 a member of an enum is found by a call, which every heartbeat would make many times.
_TRUE, _FALSE, _UNKNOWN = Verdict.TRUE, Verdict.FALSE, Verdict.UNKNOWN


def lag_ns(active: NodeWatch, standby: NodeWatch, *, cycle_ns: int, unseen_until: int) -> int | None:
    """The standby's last acknowledged position against the active's last seen one, plus the time unseen.

    `unseen_until`: now, or when the gate saw the active's frames stop: after that it changed nothing more.
    None: unknown, which is infinite.
    """
    position, acked = active.reading.position, standby.reading.acked
    if position is None or acked is None or active.seen_at == 0 or standby.seen_at == 0:
        return None
    behind = (position - acked) * cycle_ns if position > acked else 0
    return behind + (unseen_until - active.seen_at if unseen_until > active.seen_at else 0)


def in_rpo(lag: int | None, rpo_ns: int | None) -> Verdict:
    """The lag against the group's RPO. A group whose controller holds all values has no RPO and no lag."""
    if rpo_ns is None:
        return _TRUE
    if lag is None:
        return _UNKNOWN
    return _TRUE if lag <= rpo_ns else _FALSE
