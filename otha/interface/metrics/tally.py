"""What is counted of the journal since the supervisor's start: transfers by kind and outcome, logins, denied orders."""

import json
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from otha.core.reasons import Why
from otha.journal.entry import JournalRow
from otha.wire.interface import Notice

BOUNDS_S: Final = (0.1, 0.2, 0.35, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
DENIED_ORDER: Final = "order.refused"
_NOTICES: Final = {notice.value: notice.name.lower() for notice in Notice}
_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Transfers that are counted together. `is_drill`: a rehearsal."""

    group: str
    kind: str
    outcome: str
    is_drill: bool


@dataclass(slots=True)
class Durations:
    """How many took how long: by bucket of BOUNDS_S, the last one without a bound."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_ns: int = 0

    def add(self, duration_ns: int) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_S, duration_ns / _NS_PER_S)] += 1
        self.sum_ns += duration_ns


class Tally:
    """Counts rows of the journal. `version` grows with every one that changed something."""

    def __init__(self) -> None:
        self.version = 0
        self.ended: Counter[Ended] = Counter()
        self.durations: dict[tuple[str, str], Durations] = {}
        self.notices: Counter[str] = Counter(dict.fromkeys(_NOTICES.values(), 0))
        self.denied_orders = 0
        self._begun: dict[str, tuple[int, bool]] = {}

    def take(self, row: JournalRow) -> None:
        """Count a row; one that another version wrote and this one can't read is passed over."""
        try:
            if row.kind == "decision":
                self._decision(row, json.loads(row.body))
            elif row.kind in _NOTICES:
                self.notices[_NOTICES[row.kind]] += 1 + int(json.loads(row.body).get("left_out", 0))
                self.version += 1
            elif row.kind == DENIED_ORDER:
                self.denied_orders += 1
                self.version += 1
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            return

    def _decision(self, row: JournalRow, body: dict[str, Any]) -> None:
        for reason in body["reasons"]:
            match reason["why"]:
                case Why.REQUESTED.name:
                    self._begun[row.group] = row.mono_ns, reason["args"][3] == "drill"
                case Why.ENDED.name:
                    self._end(row, str(reason["args"][1]), str(reason["args"][0]))
                case _:
                    pass

    def _end(self, row: JournalRow, kind: str, outcome: str) -> None:
        # Of one that a start has resumed it is not known when it began.
        begun = self._begun.pop(row.group, None)
        is_drill = begun is not None and begun[1]
        self.ended[Ended(group=row.group, kind=kind, outcome=outcome, is_drill=is_drill)] += 1
        if begun is not None and not is_drill:
            self.durations.setdefault((kind, outcome), Durations()).add(max(row.mono_ns - begun[0], 0))
        self.version += 1
