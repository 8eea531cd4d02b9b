"""Bad networks and slow nodes: which replies are lost, and how long the others take."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otha.verify.study.heard import NEVER, Heard, Ints, heard

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
# Of a deadline, so much is the mean of a reply's way: with a period of 1 s that is the 20 ms of Chen's own simulation.
_WAY_PER_DEADLINE = 40

Stretches = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """`loss`: of each heartbeat, by itself. Bursts (Gilbert-Elliott: nothing gets through while one lasts) befall each
    network by itself, pauses the node, so all of its channels; both last exponentially."""

    name: str
    loss: float = 0.0
    burst_s: float = 0.0
    bursts_per_day: float = 0.0
    pause_s: float = 0.0
    pauses_per_day: float = 0.0

    @property
    def is_iid(self) -> bool:
        """Nothing but heartbeats lost by themselves: what Chen's formulas speak of."""
        return not self.bursts_per_day and not self.pauses_per_day


PATTERNS = (
    Pattern(name="loss 0.1 %", loss=0.001),
    Pattern(name="loss 1 %", loss=0.01),
    Pattern(name="bursts of 0.2 s", loss=0.001, burst_s=0.2, bursts_per_day=1),
    Pattern(name="bursts of 1 s", loss=0.001, burst_s=1, bursts_per_day=1),
    Pattern(name="bursts of 5 s", loss=0.001, burst_s=5, bursts_per_day=1),
    Pattern(name="pauses of 1 s", loss=0.001, pause_s=1, pauses_per_day=1),
    Pattern(name="pauses of 5 s", loss=0.001, pause_s=5, pauses_per_day=1),
)


def way_ns(deadline_ns: int) -> int:
    """The mean of a reply's way, there and back; it is exponential."""
    return deadline_ns // _WAY_PER_DEADLINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Of each heartbeat of one channel: how long its reply takes (NEVER: lost), and how much of that is the way."""

    delay: Ints
    way: Ints
    first_ns: int
    period_ns: int
    deadline_ns: int

    def heard(self) -> Heard:
        return heard(
            self.delay, self.way, period_ns=self.period_ns, deadline_ns=self.deadline_ns, first_ns=self.first_ns
        )


def replies(
    rng: np.random.Generator,
    pattern: Pattern,
    networks: Sequence[int],
    *,
    period_ns: int,
    deadline_ns: int,
    heartbeats: int,
) -> tuple[Replies, ...]:
    """What a living node replies for a while on each of its channels, which go over these networks.

    The heartbeats of the channels are spread over the period, as OTHA sends them. The first one of each is answered.
    """
    length_ns = heartbeats * period_ns
    pauses = _happen(rng, pattern.pauses_per_day, pattern.pause_s, length_ns)
    bursts = {
        network: _happen(rng, pattern.bursts_per_day, pattern.burst_s, length_ns) for network in dict.fromkeys(networks)
    }
    channels = []
    for at, network in enumerate(networks):
        first_ns = at * period_ns // len(networks)
        way = np.rint(rng.standard_exponential(heartbeats) * way_ns(deadline_ns)).astype(np.int64)
        delay = way.copy()
        _pause(delay, way, pauses, first_ns, period_ns)
        if pattern.loss:
            delay[rng.random(heartbeats) < pattern.loss] = NEVER
        _interrupt(delay, bursts[network], first_ns, period_ns)
        way[0] = min(int(way[0]), deadline_ns)
        delay[0] = way[0]
        channels.append(Replies(delay=delay, way=way, first_ns=first_ns, period_ns=period_ns, deadline_ns=deadline_ns))
    return tuple(channels)


def _happen(rng: np.random.Generator, per_day: float, mean_s: float, length_ns: int) -> list[tuple[int, int]]:
    if not per_day:
        return []
    many = int(rng.poisson(per_day * length_ns / DAY_NS))
    begin = np.sort(rng.integers(0, length_ns, many))
    lasts = (rng.standard_exponential(many) * mean_s * SECOND_NS).astype(np.int64)
    return [(int(at), int(at + long)) for at, long in zip(begin, lasts, strict=True)]


def _sent_within(begin: int, end: int, first_ns: int, period_ns: int, count: int) -> slice:
    """The heartbeats that leave in this time, and the one before, which may be on its way when it begins."""
    first = -((first_ns - begin) // period_ns)
    last = -((first_ns - end) // period_ns)
    return slice(min(max(first - 1, 0), count), min(max(last, 0), count))


def _pause(delay: Ints, way: Ints, pauses: Stretches, first_ns: int, period_ns: int) -> None:
    """A node that stands still answers when it goes on."""
    for begin, end in pauses:
        some = _sent_within(begin, end, first_ns, period_ns, len(delay))
        sent = first_ns + np.arange(some.start, some.stop, dtype=np.int64) * period_ns
        reached = sent + way[some] // 2
        waits = (reached >= begin) & (reached < end)
        delay[some] = np.where(waits, np.maximum(delay[some], end - sent + way[some] - way[some] // 2), delay[some])


def _interrupt(delay: Ints, bursts: Stretches, first_ns: int, period_ns: int) -> None:
    """Nothing that leaves or comes in a burst gets through."""
    for begin, end in bursts:
        some = _sent_within(begin, end, first_ns, period_ns, len(delay))
        sent = first_ns + np.arange(some.start, some.stop, dtype=np.int64) * period_ns
        came = sent + delay[some]
        hit = ((sent >= begin) & (sent < end)) | ((came >= begin) & (came < end))
        delay[some] = np.where(hit, NEVER, delay[some])
