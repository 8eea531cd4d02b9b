"""The journal's one writer: a thread that owns the one writing connection and commits rows in groups.

`append` never waits and never touches the disk. A row is acknowledged, through its future, when it is durable.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from pathlib import Path

from otha.core.errors import OthaError
from otha.journal.chain import MAX_COMMIT_ROWS
from otha.journal.entry import Entry, check_fields
from otha.journal.errors import JournalClosed, JournalFull, NotDurable
from otha.journal.keys import Signer
from otha.journal.opening import begin_next, open_newest
from otha.journal.schema import SQLITE_TROUBLE, connect_to_write
from otha.journal.segment import DirectoryLock, segment_path
from otha.journal.store import Connect, Head, Stamped, Store, stamp
from otha.journal.terms import Damage, JournalStatus, Limits, Trouble, TroubleKind

log = logging.getLogger(__name__)

REFUSED = "journal.refused"
RECHECK_ROWS = 1_000  # verified when a trouble is over; the start of the process verified more
_LOOK_NS = 1_000_000_000  # between looks at the size and the age of the segment
# Beginning a segment takes the disk tens of milliseconds, for which a transfer must not wait: none is begun so soon
# after a row that somebody waits for, unless the segment has twice its size.
_QUIET_NS = 5_000_000_000
_LOST_FILE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


class _Receipt(Future[int]):
    """The number of a row once it is durable. It can't be cancelled: whoever waits, the row is written."""

    def cancel(self) -> bool:
        return False


@dataclass(slots=True, kw_only=True)
class _Waiting:
    row: Stamped
    future: _Receipt
    urgent: bool
    queued_ns: int


@dataclass(slots=True)
class _Refusals:
    rows: int = 0
    first_wall_ns: int = 0
    last_wall_ns: int = 0


class Journal:
    """An append-only, hash-chained journal in one directory. One process, one thread, one connection writes it."""

    def __init__(
        self,
        directory: Path,
        *,
        limits: Limits | None = None,
        on_trouble: Callable[[Trouble], None] | None = None,
        on_closed: Callable[[Path], None] | None = None,
        connect: Connect = connect_to_write,
    ) -> None:
        """Open the journal in `directory` (made if missing) and start its thread. Blocks, for about a second at most.

        A damaged segment is kept and a new one is linked to it (see `damage`); a disk that takes nothing is told and
        tried again: neither keeps the supervisor from starting. `on_trouble` may be called on any thread, and so may
        `on_closed`, with a segment that is closed because its successor has begun.
        Raises JournalInUse, JournalTooNew, KeyTrouble, and OSError if the directory itself can't be used.
        """
        self._directory = directory
        self._limits = limits or Limits()
        self._on_trouble = on_trouble
        self._on_closed = on_closed
        self._next_look_ns = 0
        self._urgent_ns = 0
        self._connect = connect
        self.damage: Damage | None = None
        self._store: Store | None = None
        self._wake = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._held: list[_Waiting] = []  # taken from the queue and not durable yet
        self._doubt: tuple[Head, int] | None = None  # a failed commit's end and its rows: it may have happened
        self._urgent_waiting = 0
        self._refusals = _Refusals()
        self._trouble = ""
        self._condemned = ""
        self._closing = False
        self._signed_ns = time.monotonic_ns()
        self._last_seq = 0
        self._lock = DirectoryLock(directory)
        try:
            self._signer = Signer.of(directory)
            try:
                self._open(self._limits.check_rows)
            except (*SQLITE_TROUBLE, OSError) as error:
                self._note_trouble(error)
        except BaseException:
            self._lock.release()
            raise
        self._thread = threading.Thread(target=self._run, name="otha-journal", daemon=True)
        self._thread.start()

    # The caller's side: no disk, no waiting.

    def append(self, entry: Entry, urgent: bool = False) -> "Future[int]":
        """Hand in an entry; the future gives its number once it is durable. It can't be cancelled.

        `urgent` (role changes, intents) commits at once and signs a checkpoint; other rows wait for up to 20 ms or 100
        rows. The future fails with NotDurable (the row stays queued: treat it as UNKNOWN), JournalFull (refused) or
        JournalClosed. Raises EntryRefused for an entry that can't be written exactly.
        """
        check_fields(entry)
        future = _Receipt()
        row = stamp(entry)
        refused: OthaError | None = None
        with self._wake:
            count = len(self._queue) + len(self._held)
            if self._closing:
                refused = JournalClosed("the journal is closed")
            elif count >= self._limits.queue_rows - (0 if urgent else self._limits.urgent_reserve_rows):
                refused = JournalFull(f"{count} rows wait for the disk", mend="free or mend the journal's disk")
                self._count_refusal(row.wall_ns)
                first = self._refusals.rows == 1
            else:
                self._queue.append(_Waiting(row=row, future=future, urgent=urgent, queued_ns=time.monotonic_ns()))
                self._urgent_waiting += urgent
                if urgent or len(self._queue) in (1, self._limits.group_rows):
                    self._wake.notify()
        if refused is not None:
            future.set_exception(refused)
            if isinstance(refused, JournalFull) and first:
                self._tell(Trouble(kind=TroubleKind.FULL, what=refused.what))
        return future

    async def durable(self, entry: Entry, *, urgent: bool = True) -> int:
        """Append and wait until the row is durable; its number. Fails as `append`'s future does.

        Bound it with `asyncio.timeout`: cancelling stops the waiting, not the writing.
        """
        return await asyncio.wrap_future(self.append(entry, urgent))

    def status(self) -> JournalStatus:
        """What waits and where the journal stands."""
        store = self._store
        return JournalStatus(
            path=store.path if store else None,
            waiting_rows=len(self._queue) + len(self._held),
            last_seq=self._last_seq,
            refused_rows=self._refusals.rows,
            trouble=self._trouble,
        )

    def close(self) -> None:
        """Write what waits, sign a checkpoint, close. Rows that the disk does not take now fail with JournalClosed.

        Blocks until the disk answered; closing twice is harmless.
        """
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _count_refusal(self, wall_ns: int) -> None:
        self._refusals.first_wall_ns = self._refusals.first_wall_ns or wall_ns
        self._refusals.last_wall_ns = wall_ns
        self._refusals.rows += 1

    # The thread's side.

    def _run(self) -> None:
        retry_ms = self._limits.retry_ms
        try:
            while self._collect():
                last_try = self._closing
                if self._write():
                    retry_ms = self._limits.retry_ms
                    continue
                if last_try:
                    break
                with self._wake:
                    self._wake.wait_for(lambda: self._closing, retry_ms / 1e3)
                retry_ms = min(2 * retry_ms, self._limits.retry_max_ms)
        except Exception as error:
            log.exception("the journal's thread failed")
            self._tell(Trouble(kind=TroubleKind.DISK, what=f"the journal stopped: {error!r}"))
        finally:
            self._end()

    def _collect(self) -> bool:
        """Wait until something is due and move what waits to `_held`. False when closing and nothing is left."""
        with self._wake:
            while not self._closing and not self._held and self._store is not None:
                wait_s = self._wait_s(self._store)
                if wait_s is not None and wait_s <= 0:
                    break
                self._wake.wait(wait_s)
            for _ in range(min(MAX_COMMIT_ROWS - len(self._held), len(self._queue))):
                waiting = self._queue.popleft()
                self._urgent_waiting -= waiting.urgent
                self._held.append(waiting)
            return bool(self._held) or not self._closing

    def _wait_s(self, store: Store) -> float | None:
        """Seconds until something is due; None: nothing is, before somebody appends."""
        now_ns = time.monotonic_ns()
        if self._urgent_waiting or len(self._queue) >= self._limits.group_rows:
            return 0
        if self._queue:
            return self._limits.group_ms / 1e3 - (now_ns - self._queue[0].queued_ns) / 1e9
        if store.signed_seq < store.head.seq:
            return self._limits.checkpoint_s - (now_ns - self._signed_ns) / 1e9
        return None

    def _write(self) -> bool:
        """Make the held rows durable and do what else is due. False if the disk refused."""
        try:
            store = self._store or self._reopen()
            if self._held:
                if any(w.urgent for w in self._held):
                    self._urgent_ns = time.monotonic_ns()
                first_seq = store.append([w.row for w in self._held], sign=any(w.urgent for w in self._held))
                self._acknowledge(first_seq, len(self._held))
            self._upkeep(store)
        except (*SQLITE_TROUBLE, OSError) as error:
            self._note_trouble(error)
            return False
        self._note_over()
        return True

    def _acknowledge(self, first_seq: int, rows: int) -> None:
        # Taken out before anybody is told: a callback that asks for the status must not see its own row waiting.
        done, self._held = self._held[:rows], self._held[rows:]
        self._last_seq = first_seq + rows - 1
        for seq, waiting in enumerate(done, first_seq):
            try:
                waiting.future.set_result(seq)
            except InvalidStateError:
                log.debug("row %d is durable after all", seq)  # its future has failed with NotDurable

    def _upkeep(self, store: Store) -> None:
        now_ns = time.monotonic_ns()
        if store.signed_seq == store.head.seq:
            self._signed_ns = now_ns
        elif now_ns - self._signed_ns >= self._limits.checkpoint_s * 1_000_000_000:
            store.sign()
            self._signed_ns = now_ns
        # Folding costs milliseconds: best done while nothing waits, but the WAL must not grow for ever either.
        due = self._limits.fold_rows if not self._queue else 8 * self._limits.fold_rows
        if store.unfolded_rows >= due:
            store.fold()
        if not self._held and now_ns >= self._next_look_ns:
            self._next_look_ns = now_ns + _LOOK_NS
            if why := self._full(store, is_quiet=now_ns - self._urgent_ns >= _QUIET_NS):
                self._begin_next(store, why)

    def _full(self, store: Store, *, is_quiet: bool) -> str:
        """Why the segment is closed now; "": it is not."""
        size, limits = store.size(), self._limits
        age_s = (time.time_ns() - store.start.created_wall_ns) // 1_000_000_000
        if limits.segment_bytes and size >= limits.segment_bytes * (1 if is_quiet else 2):
            return f"{size} bytes"
        return f"{age_s} s old" if is_quiet and limits.segment_s and age_s >= limits.segment_s else ""

    def _begin_next(self, store: Store, why: str) -> None:
        """Rows go on in a new segment. A disk that has no room for one is no reason to stop writing the old one."""
        try:
            newer = begin_next(store, self._signer, self._connect, why)
        except (*SQLITE_TROUBLE, OSError) as error:
            if segment_path(self._directory, store.start.segment + 1).exists():
                raise  # it is the newest one: opening goes on with it
            log.warning("the journal goes on in %s: no other can be begun: %s", store.path.name, error)
            return
        self._store, self._last_seq = newer, newer.head.seq
        store.close()
        if self._on_closed is not None:
            try:
                self._on_closed(store.path)
            except Exception:
                log.exception("the journal's on_closed callback failed")

    def _open(self, check_rows: int) -> Store:
        store, damage = open_newest(
            self._directory,
            self._signer,
            self._connect,
            checkpoint_rows=self._limits.checkpoint_rows,
            check_rows=check_rows,
            condemned=self._condemned,
        )
        self._condemned = ""
        if damage:
            self.damage = damage
            self._tell(Trouble(kind=TroubleKind.DAMAGE, what=damage.what, damage=damage))
        self._store = store
        self._last_seq = store.head.seq
        return store

    def _reopen(self) -> Store:
        """Open again after a trouble; rows of a failed commit that turn up after all are acknowledged, not repeated."""
        store = self._open(RECHECK_ROWS)
        try:
            # A failed fsync may leave pages that look written and never will be. Folding writes and syncs them anew.
            store.fold(truncate=True)
        except SQLITE_TROUBLE:
            self._drop_store()
            raise
        if self._doubt and self._doubt[0] == store.head:
            rows = self._doubt[1]
            self._acknowledge(store.head.seq - rows + 1, rows)
        self._doubt = None
        return store

    def _drop_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _note_trouble(self, error: Exception) -> None:
        """Let go of the connection and fail the futures of the held rows; the rows themselves are kept."""
        if self._store is not None and self._held and self._doubt is None:
            self._doubt = (self._store.attempted, len(self._held))
        self._drop_store()
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(_LOST_FILE):
            self._condemned = f"SQLite: {error}"
        what = f"{error} ({name})" if name else str(error)
        self._fail_held(NotDurable(f"the journal's disk did not take the row: {what}", mend="free or mend the disk"))
        if not self._trouble:
            self._tell(Trouble(kind=TroubleKind.DISK, what=what))
        self._trouble = what

    def _fail_held(self, error: OthaError) -> None:
        for waiting in self._held:
            if not waiting.future.done():
                waiting.future.set_exception(error)

    def _note_over(self) -> None:
        """After rows went through: say so if there was a trouble, and write down how many rows were refused."""
        if not self._trouble and not self._refusals.rows:
            return
        with self._wake:
            if len(self._queue) > self._limits.queue_rows // 2:
                return
            refusals, self._refusals = self._refusals, _Refusals()
            if refusals.rows:
                body = {
                    "rows": refusals.rows,
                    "first_wall_ns": refusals.first_wall_ns,
                    "last_wall_ns": refusals.last_wall_ns,
                }
                row = stamp(Entry(kind=REFUSED, body=body))
                self._queue.append(_Waiting(row=row, future=_Receipt(), urgent=False, queued_ns=time.monotonic_ns()))
        what, self._trouble = self._trouble or f"{refusals.rows} rows were refused", ""
        self._tell(Trouble(kind=TroubleKind.OVER, what=what))

    def _end(self) -> None:
        with self._wake:
            self._closing = True
            self._held.extend(self._queue)
            self._queue.clear()
        if self._held:
            log.error("the journal closes with %d rows that the disk did not take", len(self._held))
            self._fail_held(JournalClosed("the journal was closed before the disk took the row"))
        if self._store is not None:
            try:
                self._store.sign()
            except (*SQLITE_TROUBLE, OSError) as error:
                log.error("the journal closes without a last checkpoint: %s", error)
            self._drop_store()
        self._lock.release()

    def _tell(self, trouble: Trouble) -> None:
        """Call the callback; its failure must not end the journal."""
        if self._on_trouble is None:
            return
        try:
            self._on_trouble(trouble)
        except Exception:
            log.exception("the journal's on_trouble callback failed")
