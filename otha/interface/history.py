"""The journal's events for clients: as history of OPC UA events (Part 11), and page by page for a method.

Read only, on threads of its own, a page at a time. A client has a few reads under way and no more, so that a slow one
holds up nobody else, and what its session leaves behind is not read on.
"""

import asyncio
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import SessionState
from asyncua.server.monitored_item_service import WhereClauseEvaluator
from asyncua.ua.status_codes import StatusCodes

from otha import names
from otha.core.errors import OthaError
from otha.interface import filters
from otha.interface.breath import Breath
from otha.interface.events import Announcer
from otha.interface.own_nodes import standard
from otha.interface.pages import PAGE_MAX, Page, page
from otha.interface.refusal import refused
from otha.interface.session import CALLER
from otha.interface.space import Space
from otha.interface.values import as_text
from otha.journal.entry import JournalRow
from otha.journal.reader import Query

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

NODES_MAX: Final = 10
_AT_ONCE: Final = 3
_OF_CLIENT: Final = _AT_ONCE - 1
_WAITING_MAX: Final = 32
_POINT_BYTES: Final = 8
_NS_PER_MS: Final = 1_000_000
_SHOWN_NS: Final = 1_000  # a time of OPC UA is told to the microsecond
_NS_MAX: Final = (1 << 63) - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BEFORE_ALL: Final = 1602  # OPC UA's null time is the year 1601


class History:
    """Answers what clients ask of the past."""

    def __init__(self, server: InternalServer, space: Space, announcer: Announcer, journal: Path) -> None:
        self._server: Any = server
        self._space = space
        self._announcer = announcer
        self._journal = journal
        self._reading = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="otha-history")
        self._waiting = 0
        self._lanes: dict[bytes | str, asyncio.Semaphore] = {}

    def close(self) -> None:
        """Nothing is read any more."""
        self._reading.shutdown(wait=False, cancel_futures=True)

    async def query(self, taken: dict[str, Any]) -> tuple[list[str], int] | None:  # Any: arguments of `QueryEvents`
        """Rows as JSON, and after which the next page begins (0: there is none); None when they can't be read now."""
        after, newest_first = max(taken["AfterSeq"], 0), taken["NewestFirst"]
        wanted = Query(
            from_ns=_bounded(taken["FromMs"] * _NS_PER_MS) or None,
            to_ns=_bounded(taken["ToMs"] * _NS_PER_MS) or None,
            group=taken["Group"],
            user=taken["User"],
            kind=taken["Kind"],
            text=taken["Text"],
        )
        wanted = _from(wanted, after, newest_first=newest_first)
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
        if len(params.NodesToRead) > NODES_MAX:
            raise refused(StatusCodes.BadTooManyOperations)
        wanted, newest_first = _span(details)
        return [await self._node(each, details, wanted, newest_first=newest_first) for each in params.NodesToRead]

    async def _node(self, asked: Any, details: Any, wanted: Query, *, newest_first: bool) -> Any:
        if asked.NodeId not in (standard(ua.ObjectIds.Server), self._space.id(names.SITE)):
            group = self._group(asked.NodeId)
            if group is None:
                return ua.HistoryReadResult(StatusCode=ua.StatusCode(StatusCodes.BadHistoryOperationUnsupported))
            wanted = replace(wanted, group=group)
        if asked.ContinuationPoint:
            if len(asked.ContinuationPoint) != _POINT_BYTES:
                return ua.HistoryReadResult(StatusCode=ua.StatusCode(StatusCodes.BadContinuationPointInvalid))
            seq = min(int.from_bytes(asked.ContinuationPoint, "big"), _NS_MAX)
            wanted = _from(wanted, seq, newest_first=newest_first)
        found = await self._page(wanted, details.NumValuesPerNode, newest_first=newest_first)
        if found is None:
            return ua.HistoryReadResult(StatusCode=ua.StatusCode(StatusCodes.BadResourceUnavailable))
        result = ua.HistoryReadResult(StatusCode=ua.StatusCode())
        result.HistoryData = ua.HistoryEvent(Events=await self._events(found, details.Filter))
        if found.after is not None:
            result.ContinuationPoint = found.after.to_bytes(_POINT_BYTES, "big")
        return result

    async def _events(self, found: Page, wanted: Any) -> list[Any]:
        where = WhereClauseEvaluator(logging.getLogger(__name__), self._server.aspace, wanted.WhereClause)
        breath, told = Breath(), list[Any]()
        for row in found.rows:
            made = self._announcer.event(_told(row), row.wall_ns)
            if where.eval(made):
                told.append(ua.HistoryEventFieldList(EventFields=made.to_event_fields(wanted.SelectClauses)))
            await breath.taken()
        return told

    def _group(self, node: Any) -> str | None:
        """The group that this is the object of."""
        said = str(node.Identifier)
        name = said.removeprefix(names.group_id(""))
        known = node.NamespaceIndex == self._space.index and node in self._server.aspace
        return name if known and said == names.group_id(name) and not set("/.") & set(name) else None

    async def _page(self, wanted: Query, limit: int, *, newest_first: bool) -> Page | None:
        """None when too many wait, or the journal can't be read."""
        session, gone = CALLER.get(), threading.Event()
        if self._waiting >= _WAITING_MAX:
            return None
        rows = min(limit, PAGE_MAX) if limit > 0 else PAGE_MAX

        def given_up() -> bool:
            return gone.is_set() or session.state is SessionState.Closed

        def work() -> Page:
            if given_up():
                return Page(rows=(), after=None)
            return page(self._journal, wanted, rows, newest_first=newest_first, given_up=given_up)

        lane = self._lanes.setdefault(session.owner, asyncio.Semaphore(_OF_CLIENT))
        self._waiting += 1
        try:
            async with lane:
                return await asyncio.get_running_loop().run_in_executor(self._reading, work)
        except OthaError:
            return None
        finally:
            self._waiting -= 1
            gone.set()


def _row(row: JournalRow) -> dict[str, Any]:
    return row.as_dict()


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


def _from(wanted: Query, seq: int, *, newest_first: bool) -> Query:
    """The page that begins there; 0: the first one."""
    return replace(wanted, before_seq=seq) if newest_first else replace(wanted, after_seq=seq)


def _span(details: Any) -> tuple[Query, bool]:
    """Which rows are asked for, and whether the newest first (OPC UA Part 11, 6.4.2): when the start is after the end,
    or only the end and a number are given. The start is within the span, the end is not."""
    first, last = _ns(details.StartTime), _ns(details.EndTime)
    if first is not None and last is not None and first == last:
        return Query(from_ns=first, to_ns=first + _SHOWN_NS), False
    backwards = last is not None and (first > last if first is not None else details.NumValuesPerNode > 0)
    if not backwards or last is None:
        return Query(from_ns=first, to_ns=last), False
    if first is None:
        # There is no start that could be within, so everything up to the end is meant.
        return Query(to_ns=last + _SHOWN_NS), True
    return Query(from_ns=last + _SHOWN_NS, to_ns=first + _SHOWN_NS), True


def _bounded(ns: int) -> int:
    """A time that the journal's can be compared with."""
    return min(max(ns, -_NS_MAX), _NS_MAX)


def _ns(at: datetime | None) -> int | None:
    """A time of OPC UA; None: it was left open."""
    if at is None or at.year < _BEFORE_ALL:
        return None
    moment = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min((moment - _EPOCH) // _MICROSECOND * _SHOWN_NS, _NS_MAX - _SHOWN_NS)
