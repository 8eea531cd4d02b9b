"""The journal's events for clients: as history of OPC UA events (Part 11), and page by page for a method.

Read only, on a thread of its own and a page at a time; a page ends at a number of rows or of bytes.
"""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.server.internal_server import InternalServer
from asyncua.server.monitored_item_service import WhereClauseEvaluator
from asyncua.ua.status_codes import StatusCodes

from otha import names
from otha.core.errors import OthaError
from otha.interface import filters
from otha.interface.events import Announcer
from otha.interface.refusal import refused
from otha.interface.space import Space, standard
from otha.interface.values import as_text
from otha.journal.entry import JournalRow
from otha.journal.reader import Query, Reader

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

PAGE_MAX: Final = 500
_BYTES_MAX: Final = 1 << 20
_WAITING_MAX: Final = 8
_POINT_BYTES: Final = 8
_NS_PER_MS: Final = 1_000_000
_BEFORE_ALL: Final = 1602  # OPC UA's null time is the year 1601


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows, and after which one the next page begins; None: there is none."""

    rows: tuple[JournalRow, ...]
    after: int | None


def page(journal: Path, query: Query, limit: int, *, newest_first: bool = False) -> Page:
    """The first rows that match, or the newest. Raises OthaError."""
    rows: list[JournalRow] = []
    size = 0
    with Reader(journal) as reader:
        for row in (reader.newest if newest_first else reader.query)(query, limit=limit + 1):
            if rows and (len(rows) == limit or size + len(row.body) > _BYTES_MAX):
                return Page(rows=tuple(rows), after=rows[-1].seq)
            rows.append(row)
            size += len(row.body)
    return Page(rows=tuple(rows), after=None)


class History:
    """Answers what clients ask of the past."""

    def __init__(self, server: InternalServer, space: Space, announcer: Announcer, journal: Path) -> None:
        self._server: Any = server
        self._space = space
        self._announcer = announcer
        self._journal = journal
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-history")
        self._waiting = 0

    def close(self) -> None:
        """Nothing is read any more."""
        self._reading.shutdown(wait=False, cancel_futures=True)

    async def query(self, taken: dict[str, Any]) -> tuple[list[str], int] | None:  # Any: arguments of `QueryEvents`
        """Rows as JSON, and after which the next page begins (0: there is none); None when they can't be read now."""
        after, newest_first = max(taken["AfterSeq"], 0), taken["NewestFirst"]
        wanted = Query(
            from_ns=taken["FromMs"] * _NS_PER_MS or None,
            to_ns=taken["ToMs"] * _NS_PER_MS or None,
            group=taken["Group"],
            user=taken["User"],
            kind=taken["Kind"],
            text=taken["Text"],
            after_seq=0 if newest_first else after,
            before_seq=after if newest_first else 0,
        )
        found = await self._page(wanted, taken["Limit"], newest_first=newest_first)
        return None if found is None else ([as_text(_row(row)) for row in found.rows], found.after or 0)

    async def read(self, params: Any) -> list[Any]:
        """A HistoryRead of events. Raises ServiceError."""
        details = params.HistoryReadDetails
        if type(details) is not ua.ReadEventDetails:
            raise refused(StatusCodes.BadHistoryOperationUnsupported)
        if params.ReleaseContinuationPoints:
            return [ua.HistoryReadResult(StatusCode=ua.StatusCode()) for _ in params.NodesToRead]
        code = filters.judge(details.Filter, events=True)
        if code != StatusCodes.Good:
            raise refused(code)
        first, last = _ns(details.StartTime), _ns(details.EndTime)
        if first is not None and last is not None and first > last:
            raise refused(StatusCodes.BadHistoryOperationUnsupported)  # newest first is not kept
        return [await self._node(each, details, Query(from_ns=first, to_ns=last)) for each in params.NodesToRead]

    async def _node(self, asked: Any, details: Any, wanted: Query) -> Any:
        if asked.NodeId not in (standard(ua.ObjectIds.Server), self._space.id(names.SITE)):
            group = self._group(asked.NodeId)
            if group is None:
                return ua.HistoryReadResult(StatusCode=ua.StatusCode(StatusCodes.BadHistoryOperationUnsupported))
            wanted = replace(wanted, group=group)
        if asked.ContinuationPoint:
            if len(asked.ContinuationPoint) != _POINT_BYTES:
                return ua.HistoryReadResult(StatusCode=ua.StatusCode(StatusCodes.BadContinuationPointInvalid))
            wanted = replace(wanted, after_seq=int.from_bytes(asked.ContinuationPoint, "big"))
        found = await self._page(wanted, details.NumValuesPerNode)
        if found is None:
            return ua.HistoryReadResult(StatusCode=ua.StatusCode(StatusCodes.BadResourceUnavailable))
        result = ua.HistoryReadResult(StatusCode=ua.StatusCode())
        result.HistoryData = ua.HistoryEvent(Events=self._events(found, details.Filter))
        if found.after is not None:
            result.ContinuationPoint = found.after.to_bytes(_POINT_BYTES, "big")
        return result

    def _events(self, found: Page, wanted: Any) -> list[Any]:
        where = WhereClauseEvaluator(logging.getLogger(__name__), self._server.aspace, wanted.WhereClause)
        events = (self._announcer.event(_told(row), row.wall_ns) for row in found.rows)
        return [
            ua.HistoryEventFieldList(EventFields=made.to_event_fields(wanted.SelectClauses))
            for made in events
            if where.eval(made)
        ]

    def _group(self, node: Any) -> str | None:
        """The group that this is the object of."""
        said = str(node.Identifier)
        name = said.removeprefix(names.group_id(""))
        known = node.NamespaceIndex == self._space.index and node in self._server.aspace
        return name if known and said == names.group_id(name) and not set("/.") & set(name) else None

    async def _page(self, wanted: Query, limit: int, *, newest_first: bool = False) -> Page | None:
        """None when too many wait, or the journal can't be read."""
        if self._waiting >= _WAITING_MAX:
            return None
        self._waiting += 1
        rows = min(limit, PAGE_MAX) if limit > 0 else PAGE_MAX
        work = partial(page, self._journal, wanted, rows, newest_first=newest_first)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reading, work)
        except OthaError:
            return None
        finally:
            self._waiting -= 1


def _row(row: JournalRow) -> dict[str, Any]:
    return {"seq": row.seq, "wall_ns": row.wall_ns, **_told(row)}


def _told(row: JournalRow) -> dict[str, Any]:
    """A row as the supervisor tells an event."""
    return {
        "kind": row.kind,
        "group": row.group,
        "epoch": row.epoch,
        "user": row.user,
        "mono_ns": row.mono_ns,
        "body": json.loads(row.body),
    }


def _ns(at: datetime | None) -> int | None:
    """A time of OPC UA; None: it was left open."""
    if at is None or at.year < _BEFORE_ALL:
        return None
    return int((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() * 1_000_000) * 1000
