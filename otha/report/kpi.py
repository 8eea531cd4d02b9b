"""How well the alarms serve their operators: the measures of EEMUA 191 and ISA-18.2-2016, clause 16, from the journal.

Annunciations count; acknowledgements, returns and events do not. Counts stand in fixed periods of ten minutes from the
begin of what is looked at; a last period that is not whole counts as one. What the journal does not cover is not looked
at, nor are times in which no supervisor ran: quiet that nobody watched would make any plant look good. A period that
was watched in part counts; one that nobody watched does not, and ends a flood.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from otha.core.errors import EngineerError
from otha.core.reasons import Why
from otha.core.words import AlarmPriority
from otha.journal.entry import JournalRow
from otha.journal.reader import Query, Reader, wall_text
from otha.report.watched import Span, overlap, periods_watched, unwatched

Json = dict[str, Any]  # Any: JSON
S = 1_000_000_000
PERIOD_NS = 600 * S
FLOOD_BEGINS_ABOVE, FLOOD_ENDS_BELOW = 10, 5
STANDING_NS = 24 * 3600 * S
CHATTER_COUNT, CHATTER_NS = 3, 60 * S
# EEMUA 191, per operator position, in per mille of annunciations.
EXPECTED = {
    AlarmPriority.CRITICAL: 10,
    AlarmPriority.HIGH: 50,
    AlarmPriority.MEDIUM: 150,
    AlarmPriority.LOW: 800,
}

Name = tuple[str, str]  # group, alarm code
# After these nobody is told of the alarm any more, or is told anew.
_ENDS = frozenset(why.name for why in (Why.ALARM_CLEARED, Why.ALARM_FLAGGED, Why.ALARM_REDEFINED, Why.ALARM_GONE))


@dataclass(slots=True)
class AlarmHistory:
    """What the journal tells of alarms: each annunciation, and from when to when each alarm stood. Times are wall-clock
    ns. A restart of OTHA ends nothing: alarms stand on over it."""

    raised: list[tuple[int, Name, str]] = field(default_factory=list)
    stood: list[tuple[Name, int, int]] = field(default_factory=list)
    standing: dict[Name, int] = field(default_factory=dict)

    def take(self, row: JournalRow) -> None:
        """Take the next row, in their order."""
        if row.kind != "decision":
            return
        for reason in json.loads(row.body).get("reasons", ()):
            args = reason["args"]
            if reason["why"] == Why.ALARM_RAISED.name:
                name = (row.group, str(args[0]))
                self.raised.append((row.wall_ns, name, str(args[3]) if len(args) > 3 else ""))
                self.standing.setdefault(name, row.wall_ns)
            elif reason["why"] in _ENDS:
                self._ends((row.group, str(args[0])), row.wall_ns)

    def _ends(self, name: Name, wall_ns: int) -> None:
        begin = self.standing.pop(name, None)
        if begin is not None:
            self.stood.append((name, begin, wall_ns))


def _floods(counts: list[int], watched: list[bool]) -> tuple[int, int]:
    """How many floods there were, and how many periods were in one."""
    floods = periods = 0
    inside = False
    for count, seen in zip(counts, watched, strict=True):
        if not seen:
            inside = False
            continue
        if not inside and count > FLOOD_BEGINS_ABOVE:
            inside = True
            floods += 1
        elif inside and count < FLOOD_ENDS_BELOW:
            inside = False
        periods += inside
    return floods, periods


def _chattering(raised: list[tuple[int, Name, str]]) -> list[Name]:
    """The alarms that came at least three times within a minute."""
    times: dict[Name, list[int]] = {}
    for at_ns, name, _ in raised:
        times.setdefault(name, []).append(at_ns)
    apart = CHATTER_COUNT - 1
    return [
        name
        for name, at in times.items()
        if any(later - first <= CHATTER_NS for first, later in zip(at, at[apart:], strict=False))
    ]


def measures(rows: Iterable[JournalRow], from_ns: int, to_ns: int, gone: Sequence[Span] = ()) -> Json:
    """The measures of the annunciations in [from_ns, to_ns] (wall clock). Rows before it tell what stood at its begin.
    `gone`: when no supervisor ran, as `otha.report.watched` tells. Shares are per mille, rates thousandths."""
    history = AlarmHistory()
    for row in rows:
        history.take(row)
    raised = [each for each in history.raised if from_ns <= each[0] <= to_ns]
    counts = [0] * max(1, -(-(to_ns - from_ns) // PERIOD_NS))
    for at_ns, _, _ in raised:
        counts[min(max(at_ns - from_ns, 0) // PERIOD_NS, len(counts) - 1)] += 1
    gaps = [(max(begin, from_ns), min(end, to_ns)) for begin, end in gone if begin < to_ns and end > from_ns]
    watched = periods_watched(gaps, from_ns, len(counts), PERIOD_NS)
    # An annunciation is watched, whatever the clocks say.
    watched = [seen or count > 0 for seen, count in zip(watched, counts, strict=True)]
    periods = max(1, sum(watched))
    floods, flooded = _floods(counts, watched)
    stood = [each for each in history.stood if each[2] >= from_ns]
    stood += [(name, begin, to_ns) for name, begin in history.standing.items()]
    long = dict.fromkeys(name for name, begin, end in stood if end - begin - overlap(gone, begin, end) > STANDING_NS)
    often = Counter(name for _, name, _ in raised)
    ranks = Counter(priority for _, _, priority in raised)
    total = len(raised)
    return {
        "from": wall_text(from_ns),
        "to": wall_text(to_ns),
        "annunciations": total,
        "periods": sum(watched),
        "unwatched_s": overlap(gaps, from_ns, to_ns) // S,
        "unwatched_times": len(gaps),
        "unwatched_periods": len(watched) - sum(watched),
        "per_10_min_milli": total * 1000 // periods,
        "peak_10_min": max(counts),
        "above_10_permille": sum(count > FLOOD_BEGINS_ABOVE for count in counts) * 1000 // periods,
        "floods": floods,
        "in_flood_permille": flooded * 1000 // periods,
        "standing_24_h": [_named(name) for name in long],
        "chattering": [_named(name) for name in _chattering(raised)],
        "top_ten": [
            {**_named(name), "count": count, "permille": count * 1000 // total}
            for name, count in sorted(often.items(), key=lambda pair: (-pair[1], pair[0]))[:10]
        ],
        "priorities": {
            priority.value: {
                "count": ranks[priority.value],
                "permille": ranks[priority.value] * 1000 // total if total else 0,
                "expected_permille": expected,
            }
            for priority, expected in EXPECTED.items()
        },
    }


def of_journal(reader: Reader, from_ns: int | None, to_ns: int | None) -> Json:
    """The measures from `from_ns` (None: the journal's begin) to `to_ns` (None: its end), wall clock.

    `cut_to_journal`: the journal begins later than asked. Raises EngineerError when no row is from that time.
    """
    begins = next(iter(reader.query(limit=1)), None)
    last = reader.tail(1, Query(from_ns=from_ns, to_ns=to_ns))
    if begins is None or not last:
        raise EngineerError("no row of the journal is from that time", mend="give another --from or --to")
    begin = max(from_ns or 0, begins.wall_ns)
    # Beyond the newest row nothing says that anybody watched.
    newest = reader.tail(1)[-1].wall_ns
    end = max(begin, min(to_ns or last[-1].wall_ns, newest, time.time_ns()))
    earlier = Query(to_ns=to_ns, kind="decision", text="ALARM_")
    found = measures(reader.query(earlier), begin, end, unwatched(reader, end))
    return {**found, "cut_to_journal": from_ns is not None and from_ns < begin}


def _named(name: Name) -> Json:
    return {"group": name[0], "alarm": name[1]}
