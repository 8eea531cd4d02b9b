"""Carries the journal to the collector, row by row, from the one that was remembered.

The journal itself is the queue: while the collector is away nothing is kept in memory, and nothing is lost over a
restart. A row is told at least once: what was sent just before a connection broke is sent again, with the same `row`.
"""

import os
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from otha.core.errors import OthaError
from otha.interface import follow
from otha.interface.syslog import ways
from otha.interface.syslog.form import Element, Message, render
from otha.interface.syslog.mark import Mark
from otha.interface.syslog.told import Said, said
from otha.journal.entry import JournalRow
from otha.journal.reader import Query, Reader
from otha.site.written_outlets import Facility, Severity
from otha.wire.outlet import Remark

PAGE: Final = 100
_LOOK_S: Final = 0.5
_BACKOFF_FIRST_S, _BACKOFF_MAX_S = 0.5, 30.0
_AGAIN_S: Final = 5.0  # what was sent in this time before a break is sent again
_AGAIN_MAX: Final = 1_000
_SEQUENCE_MAX: Final = 2**31 - 1  # RFC 5424, 7.3.1
LOST: Final = "syslog.lost"

Tell = Callable[[Remark, str, int], None]
"""Tells the supervisor: what it is, in words, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How rows are told. `enterprise`: the number under which OTHA's own structured data stands (RFC 5424, 7.2.2)."""

    site: str
    version: str
    facility: Facility
    least: Severity
    enterprise: int
    backlog_rows: int


class Courier:
    """`work()` is called over and over, by one thread. `sent`, `lost`: rows since its start."""

    def __init__(self, journal: Path, mark: Mark, manner: Manner, collector: ways.Collector, tell: Tell) -> None:
        self._journal = journal
        self._mark = mark
        self._manner = manner
        self._collector = collector
        self._tell = tell
        self._follower: follow.Follower | None = None
        self._way: ways.Way | None = None
        self._fresh: deque[tuple[float, int]] = deque(maxlen=_AGAIN_MAX)
        self._sequence = 0
        self._backoff_s = _BACKOFF_FIRST_S
        self._trouble = ""
        self._damaged = 0
        self._unsaid_lost = 0
        self._host = socket.gethostname()
        self.sent = self.lost = self.breaks = 0

    def work(self) -> float:
        """Carry on a little; how many seconds to wait before the next call."""
        try:
            carried = self._carry()
        except (OthaError, OSError) as error:
            return self._broke(error)
        self._backoff_s = _BACKOFF_FIRST_S
        if self._trouble:
            self._tell(Remark.MENDED, f"sends again to {self._collector}", 0)
            self._trouble = ""
        return 0.0 if carried else _LOOK_S

    def close(self) -> None:
        """Remember how far it came, and close what is open."""
        if self._follower is not None:
            self._follower.close()
        if self._way is not None:
            self._way.close()
            self._way = None
        self._mark.keep(now=True)

    def _carry(self) -> bool:
        follower = self._follower = self._follower or self._followed()
        if self._way is None:
            self._way = ways.opened(self._collector)
        self._drop_backlog(follower)
        before = follower.after
        try:
            rows = follower.page(PAGE)
            self._tell_damage(follower)
            self._send(rows)
        except BaseException:
            follower.after = before
            raise
        if not rows:
            self._way.look()
            self._mark.keep()
            return False
        now = time.monotonic()
        self._fresh.append((now, before))
        while self._fresh and now - self._fresh[0][0] > _AGAIN_S:
            self._fresh.popleft()
        self._mark.put(rows[-1].seq)
        self._mark.keep()
        return True

    def _followed(self) -> follow.Follower:
        newest = follow.newest(self._journal)
        marked = self._mark.read()
        # Without a mark, or in another journal, it begins with what this run of the supervisor has told.
        after = follow.last_start(self._journal) if marked is None or marked > newest else marked
        return follow.Follower(self._journal, after)

    def _drop_backlog(self, follower: follow.Follower) -> None:
        """More than the site file allows is not carried after: the newest rows count more than all."""
        most = self._manner.backlog_rows
        if follow.newest(self._journal) - follower.after <= most:
            return
        with Reader(self._journal) as reader:
            behind = reader.count(Query(after_seq=follower.after))
            if behind <= most:
                return  # numbers are left out where a segment follows a damaged one
            *_, last = reader.newest(limit=most + 1)
        follower.after = last.seq
        self.lost += behind - most
        self._unsaid_lost += behind - most
        self._tell(Remark.LOST, f"more than {most} rows waited for {self._collector}", behind - most)

    def _tell_damage(self, follower: follow.Follower) -> None:
        for name in follower.given_up[self._damaged :]:
            self._tell(Remark.LOST, f"{name} is damaged: what is left in it can't be sent", 0)
        self._damaged = len(follower.given_up)

    def _send(self, rows: tuple[JournalRow, ...]) -> None:
        assert self._way is not None
        found = [(said(row), row.wall_ns) for row in rows]
        messages = [self._message(each, at_ns) for each, at_ns in found if self._counts(each)]
        if self._unsaid_lost:
            params = (("kind", LOST), ("count", str(self._unsaid_lost)))
            gap = Said(severity=Severity.ERROR, id=LOST, params=params, text=f"{self._unsaid_lost} rows were left out")
            messages.insert(0, self._message(gap, time.time_ns()))
        if messages:
            self._way.send(messages)
        self.sent += len(messages)
        self._unsaid_lost = 0

    def _counts(self, each: Said) -> bool:
        return each.severity.value <= self._manner.least.value

    def _message(self, each: Said, wall_ns: int) -> bytes:
        manner = self._manner
        self._sequence = self._sequence % _SEQUENCE_MAX + 1
        # Where there is no room for all, parameters of the last element go first.
        data = (
            Element(id="meta", params=(("sequenceId", str(self._sequence)),)),
            Element(id="origin", params=(("software", "OTHA"), ("swVersion", manner.version or "-"))),
            Element(id=f"otha@{manner.enterprise}", params=(("site", manner.site), *each.params)),
        )
        message = Message(
            facility=manner.facility,
            severity=each.severity,
            wall_ns=wall_ns,
            host=self._host,
            app="otha",
            process=str(os.getppid()),
            id=each.id,
            data=data,
            text=each.text,
        )
        return render(message, ways.LONGEST[self._collector.transport])

    def _broke(self, error: OthaError | OSError) -> float:
        what = error.what if isinstance(error, OthaError) else error.strerror or str(error)
        if self._way is not None:
            self._way.close()
            self._way = None
            self.breaks += 1
        if self._follower is not None and self._fresh:
            self._follower.close()
            self._follower = follow.Follower(self._journal, min(self._follower.after, self._fresh[0][1]))
            self._damaged = 0
        self._fresh.clear()
        if not self._trouble:
            self._tell(Remark.TROUBLE, f"{self._collector}: {what}", 0)
        self._trouble = what
        waits_s, self._backoff_s = self._backoff_s, min(2 * self._backoff_s, _BACKOFF_MAX_S)
        return waits_s
