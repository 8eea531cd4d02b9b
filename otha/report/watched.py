"""When no supervisor ran, from the journal: what nobody watched is neither quiet nor anything else."""

from collections.abc import Iterable
from itertools import pairwise

from otha.journal.entry import JournalRow
from otha.journal.reader import Query, Reader

START, STOP = "supervisor.start", "supervisor.stop"
# What a supervisor that runs writes; other rows may come before its start.
_SIGNS_OF_LIFE = ("decision", "effect.", STOP)

Span = tuple[int, int]
"""From and to, wall-clock ns."""


def unwatched(reader: Reader, to_ns: int) -> list[Span]:
    """The times up to `to_ns` in which no supervisor ran, oldest first.

    After one that was killed the time from its last row counts as well: nothing says for how long it went on. Raises
    JournalUnreadable.
    """
    spans: list[Span] = []
    for start in reader.query(Query(to_ns=to_ns + 1, kind=START)):
        last = _last_before(reader, start)
        if last is not None and last.wall_ns < start.wall_ns:
            spans.append((last.wall_ns, start.wall_ns))
    ends = _newest(reader.tail(1, Query(to_ns=to_ns + 1, kind=kind))[-1:] for kind in (START, *_SIGNS_OF_LIFE))
    if ends is not None and ends.kind == STOP and ends.wall_ns < to_ns:
        spans.append((ends.wall_ns, to_ns))
    return spans


def _last_before(reader: Reader, start: JournalRow) -> JournalRow | None:
    """The last that the run before this start has written."""
    found = (reader.tail(1, Query(before_seq=start.seq, kind=kind)) for kind in (START, *_SIGNS_OF_LIFE))
    return _newest(found)


def _newest(found: Iterable[list[JournalRow]]) -> JournalRow | None:
    rows = [row for some in found for row in some]
    return max(rows, key=lambda row: row.seq, default=None)


def overlap(spans: Iterable[Span], begin: int, end: int) -> int:
    """How much of the time from `begin` to `end` lies in them."""
    return sum(max(0, min(end, to_ns) - max(begin, from_ns)) for from_ns, to_ns in spans)


def periods_watched(spans: list[Span], begin: int, count: int, period_ns: int) -> list[bool]:
    """Of each of `count` periods from `begin` on, whether any of it was watched."""
    edges = [begin + at * period_ns for at in range(count + 1)]
    return [overlap(spans, one, other) < other - one for one, other in pairwise(edges)]
