"""The embedded ConsensusStore, for one supervisor: an SQLite file of its own, in a thread of its own.

synchronous=FULL: a swap that was answered survives the loss of power. A disk that does not answer keeps the thread,
never the loop: calls end UNKNOWN, and what the thread still achieves is found by reading again.
"""

import asyncio
import json
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from otha.core.inputs import Claim, Record
from otha.core.words import Milestone, Outcome, TransferKind
from otha.runtime.coordination.store import UNKNOWN, StoreAnswer

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    group_name TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT
"""
_LAYOUT = 1

_Work = Callable[[sqlite3.Connection], StoreAnswer]
_Connect = Callable[[Path], sqlite3.Connection]


class UnreadableRecordError(Exception):
    """The file holds something that no version of this program has written."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file for the store's thread, making it when it is missing. Raises sqlite3.Error."""
    link = sqlite3.connect(path, isolation_level=None, timeout=1.0)
    try:
        link.execute("PRAGMA journal_mode=WAL").fetchone()
        link.execute("PRAGMA synchronous=FULL")
        (layout,) = link.execute("PRAGMA user_version").fetchone()
        if layout not in (0, _LAYOUT):
            raise UnreadableRecordError(f"layout {layout} of {path.name} is not known to this version")
        link.execute(_SCHEMA)
        link.execute(f"PRAGMA user_version={_LAYOUT}")
    except BaseException:
        link.close()
        raise
    return link


def _claim(claim: Claim) -> dict[str, str | bool]:
    drill = {"drill": True} if claim.drill else {}
    return {"id": claim.id, "kind": claim.kind.value, "to_node": claim.to_node, **drill}


def _encode(record: Record) -> str:
    claim = record.claim
    return json.dumps(
        {
            "epoch": record.epoch,
            "active": record.active,
            "claim": None if claim is None else _claim(claim),
            "milestone": record.milestone.value,
        },
        sort_keys=True,
    )


def _decode(revision: int, body: str) -> Record:
    try:
        raw = json.loads(body)
        claim = raw["claim"]
        return Record(
            epoch=int(raw["epoch"]),
            active=raw["active"],
            claim=None
            if claim is None
            else Claim(
                id=claim["id"],
                kind=TransferKind(claim["kind"]),
                to_node=claim["to_node"],
                drill=bool(claim.get("drill", False)),
            ),
            milestone=Milestone(raw["milestone"]),
            revision=str(revision),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableRecordError(f"a group record can't be read: {error!r}") from error


def _found(link: sqlite3.Connection, group: str) -> Record | None:
    row = link.execute("SELECT revision, body FROM record WHERE group_name = ?", (group,)).fetchone()
    return None if row is None else _decode(*row)


def _read(link: sqlite3.Connection, group: str) -> StoreAnswer:
    return StoreAnswer(outcome=Outcome.DONE, record=_found(link, group))


def _swap(link: sqlite3.Connection, group: str, expect: str | None, record: Record) -> StoreAnswer:
    """In a transaction that others may share."""
    found = _found(link, group)
    if (None if found is None else found.revision) != expect:
        return StoreAnswer(outcome=Outcome.REFUSED, record=found)
    revision = 1 if found is None else int(found.revision) + 1
    body = _encode(record)
    link.execute(
        "INSERT INTO record VALUES (?, ?, ?)"
        " ON CONFLICT (group_name) DO UPDATE SET revision = excluded.revision, body = excluded.body",
        (group, revision, body),
    )
    return StoreAnswer(outcome=Outcome.DONE, record=_decode(revision, body))


class _Job:
    """One piece of work for the thread and where its answer goes. Given up before it began, it is not begun."""

    __slots__ = ("_future", "_loop", "given_up", "work")

    def __init__(self, loop: asyncio.AbstractEventLoop, work: _Work) -> None:
        self._loop = loop
        self._future: asyncio.Future[StoreAnswer] = loop.create_future()
        self.work = work
        self.given_up = False

    async def answer(self, within_ns: int) -> StoreAnswer:
        try:
            async with asyncio.timeout(within_ns / 1e9):
                return await self._future
        except TimeoutError:
            # A loop that was late itself finds answer and time-out in one turn: the answer is there.
            return self._future.result() if self._future.done() and not self._future.cancelled() else UNKNOWN
        finally:
            self.given_up = True

    def give(self, answer: StoreAnswer) -> None:
        """Called on the thread."""
        if self.given_up:
            return
        try:
            self._loop.call_soon_threadsafe(self._settle, answer)
        except RuntimeError:
            log.debug("the loop has ended before its store")

    def _settle(self, answer: StoreAnswer) -> None:
        if not self._future.done():
            self._future.set_result(answer)


class SqliteStore:
    """A ConsensusStore in the file `path`. Without a usable file every call ends UNKNOWN, and opening is tried anew."""

    def __init__(self, path: Path, *, connect: _Connect = connect) -> None:
        self._path = path
        self._connect = connect
        self._link: sqlite3.Connection | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="otha-store", daemon=True)
        self._thread.start()

    async def read(self, group: str, *, within_ns: int) -> StoreAnswer:
        """As ConsensusStore.read."""
        return await self._ask(lambda link: _read(link, group), within_ns)

    async def swap(self, group: str, expect: str | None, record: Record, *, within_ns: int) -> StoreAnswer:
        """As ConsensusStore.swap."""
        return await self._ask(lambda link: _swap(link, group, expect, record), within_ns)

    def close(self) -> None:
        """As ConsensusStore.close. Blocks until the disk has answered the call under way."""
        self._jobs.put(None)
        self._thread.join()

    async def _ask(self, work: _Work, within_ns: int) -> StoreAnswer:
        job = _Job(asyncio.get_running_loop(), work)
        self._jobs.put(job)
        return await job.answer(within_ns)

    def _run(self) -> None:
        going_on = True
        while going_on:
            jobs = [self._jobs.get()]
            while not self._jobs.empty():
                jobs.append(self._jobs.get_nowait())
            going_on = None not in jobs
            wanted = [job for job in jobs if job is not None and not job.given_up]
            if wanted:
                for job, answer in zip(wanted, self._carry_out(wanted), strict=True):
                    job.give(answer)
        if self._link is not None:
            self._link.close()

    def _carry_out(self, jobs: list[_Job]) -> list[StoreAnswer]:
        """What waits is done in one transaction: many groups that ask at once share the disk's answer."""
        try:
            if self._link is None:
                self._link = self._connect(self._path)
            trouble, answers = self._in_one_transaction(self._link, jobs)
        except (sqlite3.Error, OSError, UnreadableRecordError) as error:
            self._note(str(error))
            self._let_go()
            return [UNKNOWN for _ in jobs]
        self._note(trouble)
        return answers

    @staticmethod
    def _in_one_transaction(link: sqlite3.Connection, jobs: list[_Job]) -> tuple[str, list[StoreAnswer]]:
        trouble, answers = "", []
        link.execute("BEGIN")
        try:
            for job in jobs:
                try:
                    answers.append(job.work(link))
                except UnreadableRecordError as error:
                    # This group's record alone is spoilt, and nothing was written over it.
                    trouble = str(error)
                    answers.append(UNKNOWN)
            link.execute("COMMIT")
        except BaseException:
            if link.in_transaction:
                link.execute("ROLLBACK")
            raise
        return trouble, answers

    def _let_go(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            try:
                link.close()
            except sqlite3.Error as error:
                log.debug("closing the store: %s", error)

    def _note(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.warning("group records: %s", trouble or "can be read and written again")
        self.trouble = trouble
