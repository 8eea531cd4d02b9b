"""What an observer hears on one channel over a long time, as columns of numbers instead of one input at a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# The delay of a reply that never comes.
NEVER = int(np.iinfo(np.int64).max // 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Answers and missed deadlines of one channel, in the order of time, in nanoseconds.

    Of each answer: `at` when it came, `left` when the node sent it, `late` whether its heartbeat was a miss by then,
    `ended` how many heartbeats had ended, this one included (`otha.core.watch.channel` counts the same). `missed_at`:
    each deadline that passed without an answer. Heartbeats leave every `period_ns` from `first_ns` on.
    """

    period_ns: int
    deadline_ns: int
    first_ns: int
    until_ns: int
    at: Ints
    left: Ints
    late: Bools
    ended: Ints
    missed_at: Ints

    @property
    def misses_before(self) -> Ints:
        """How many heartbeats were missed before each answer."""
        return self.ended - np.arange(1, len(self.ended) + 1) + np.cumsum(self.late)


def heard(delay: Ints, round_trip: Ints, *, period_ns: int, deadline_ns: int, first_ns: int = 0) -> Heard:
    """What comes of heartbeats whose replies take `delay` (NEVER: lost), of which `round_trip` is on the way.

    A heartbeat ends with its reply or at its deadline, which is no longer than the period: they end in order. What
    comes at the same moment as a deadline comes after it.
    """
    count = len(delay)
    until_ns = first_ns + count * period_ns
    sent = first_ns + np.arange(count, dtype=np.int64) * period_ns
    in_time = delay <= deadline_ns
    replied = np.flatnonzero(in_time)
    at = sent[replied] + delay[replied]
    left = at - round_trip[replied] // 2
    late = np.zeros(len(replied), dtype=np.bool_)
    ended = replied + 1
    tardy = np.flatnonzero(~in_time & (delay < NEVER))
    tardy = tardy[sent[tardy] + delay[tardy] < until_ns]
    if len(tardy):
        came = sent[tardy] + delay[tardy]
        order = np.argsort(came, kind="stable")
        came, way = came[order], round_trip[tardy[order]]
        last_sent = (came - first_ns) // period_ns
        ends = sent[last_sent] + np.where(in_time[last_sent], delay[last_sent], deadline_ns)
        place = np.searchsorted(at, came, side="right")
        at = np.insert(at, place, came)
        left = np.insert(left, place, came - way // 2)
        late = np.insert(late, place, np.ones(len(came), dtype=np.bool_))
        ended = np.insert(ended, place, last_sent + (ends <= came))
    return Heard(
        period_ns=period_ns,
        deadline_ns=deadline_ns,
        first_ns=first_ns,
        until_ns=until_ns,
        at=at,
        left=np.maximum.accumulate(left),
        late=late,
        ended=ended,
        missed_at=sent[~in_time] + deadline_ns,
    )
