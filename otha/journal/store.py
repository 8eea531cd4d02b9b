"""One open segment: appends batches to the chain in one transaction each, signs checkpoints, folds the WAL.

Knows nothing of threads, queues or time-outs; `writer` drives it.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from otha.journal.chain import SegmentStart, hash_fields, row_fields
from otha.journal.entry import Entry, canonical_json
from otha.journal.keys import Signer, sync_directory
from otha.journal.schema import (
    INSERT_CHECKPOINT,
    INSERT_ROW,
    INSERT_ROWS,
    INSERT_SEGMENT,
    ROWS_AT_ONCE,
    Connection,
    connect_to_write,
    read_start,
)
from otha.journal.tables import migrate

Connect = Callable[[Path], Connection]


@cache
def boot_id() -> str:
    """The host's boot, without which a monotonic time means nothing."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class Stamped(NamedTuple):
    """What is stored of an entry, in the order of the hash: all between a row's number and the hash of the row before.

    Nothing of its body but the text: thousands of rows may wait for a slow disk.
    """

    wall_ns: int
    mono_ns: int
    boot_id: str
    node: str
    group: str
    epoch: int
    user: str
    kind: str
    body: str


def stamp(entry: Entry) -> Stamped:
    """Stamp an entry now. Raises EntryRefused for a body without a canonical form."""
    mono_ns = time.monotonic_ns() if entry.mono_ns is None else entry.mono_ns
    return Stamped(
        wall_ns=time.time_ns(),
        mono_ns=mono_ns,
        boot_id=boot_id(),
        node=entry.node,
        group=entry.group,
        epoch=entry.epoch,
        user=entry.user,
        kind=entry.kind,
        body=canonical_json(entry.body),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest row: its number and hash. Before the first row: first_seq - 1 and the segment's link."""

    seq: int
    hash: bytes


class Store:
    """The one writing connection to one segment."""

    def __init__(self, path: Path, connection: Connection, signer: Signer) -> None:
        """Read where the segment ends. Raises sqlite3.Error."""
        self.path = path
        self._connection = connection
        self._signer = signer
        self.start = read_start(connection)
        row = connection.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        first = Head(seq=self.start.first_seq - 1, hash=self.start.link())
        self.head = Head(seq=row[0], hash=row[1]) if row else first
        signed = connection.execute("SELECT max(seq) FROM checkpoints").fetchone()[0]
        self.signed_seq: int = self.start.first_seq - 1 if signed is None else signed
        self.unfolded_rows = 0
        self._page_bytes: int = connection.execute("PRAGMA page_size").fetchone()[0]
        # The end of the batch whose commit failed: if it turns up after all, it must not be written twice.
        self.attempted = self.head

    def append(self, rows: Sequence[Stamped], *, sign: bool) -> int:
        """Append `rows` durably in one transaction and return the number of the first one.

        Signs a checkpoint over the last row when `sign`, or when `checkpoint_rows` came since the last one.
        Raises sqlite3.Error or OSError; then nothing of the batch is acknowledged, but it may have been committed.
        """
        first_seq = seq = self.head.seq + 1
        prev = self.head.hash
        values = []
        for row in rows:
            fields = (seq, *row, prev)
            prev = hash_fields(row_fields(*fields))
            values.append((*fields, prev))
            seq += 1
        last = self.attempted = Head(seq=seq - 1, hash=prev)
        sign = sign or last.seq - self.signed_seq >= self.start.checkpoint_rows
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._insert(values)
            if sign:
                self._sign(last)
            self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        self.head = last
        self.unfolded_rows += len(values)
        if sign:
            self.signed_seq = last.seq
        return first_seq

    def _insert(self, rows: Sequence[Sequence[object]]) -> None:
        single = len(rows) % ROWS_AT_ONCE
        self._connection.executemany(INSERT_ROW, rows[:single])
        for first in range(single, len(rows), ROWS_AT_ONCE):
            self._connection.execute(INSERT_ROWS, [*chain.from_iterable(rows[first : first + ROWS_AT_ONCE])])

    def sign(self) -> None:
        """Sign the newest row durably, if it is not signed yet. Raises sqlite3.Error."""
        if self.signed_seq < self.head.seq:
            self._sign(self.head)
            self.signed_seq = self.head.seq

    def _sign(self, head: Head) -> None:
        point = self._signer.sign(seq=head.seq, hash_=head.hash, wall_ns=time.time_ns())
        self._connection.execute(
            INSERT_CHECKPOINT, (point.seq, point.hash, point.wall_ns, point.key_id, point.signature)
        )

    def fold(self, *, truncate: bool = False) -> None:
        """Move the WAL's pages into the file and sync both; readers are waited for only when `truncate`.

        Raises sqlite3.Error, with `truncate` also when a reader did not let go in time.
        """
        mode = "TRUNCATE" if truncate else "PASSIVE"
        blocked = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()[0]
        if blocked and truncate:
            raise sqlite3.OperationalError("a reader holds the write-ahead log")
        self.unfolded_rows = 0

    def size(self) -> int:
        """Bytes of the file once the WAL is folded. Raises sqlite3.Error."""
        pages: int = self._connection.execute("PRAGMA page_count").fetchone()[0]
        return pages * self._page_bytes

    def close(self) -> None:
        """Close the connection; SQLite folds what is left. Raises nothing: there is nobody left to mend it."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()


def create_segment(path: Path, start: SegmentStart, first: Entry, signer: Signer) -> None:
    """Create a segment with its first row and a checkpoint over it, whole or not at all.

    It is built under another name and renamed, so that a crash never leaves a segment that looks cut.
    Raises sqlite3.Error or OSError.
    """
    part = path.with_name(path.name + ".part")
    for left in path.parent.glob(part.name + "*"):
        left.unlink()
    migrate(part)
    connection = connect_to_write(part)
    try:
        connection.execute(
            INSERT_SEGMENT,
            (
                start.segment,
                start.first_seq,
                start.checkpoint_rows,
                start.created_wall_ns,
                start.prev_file,
                start.prev_seq,
                start.prev_hash,
            ),
        )
        store = Store(part, connection, signer)
        store.append([stamp(first)], sign=True)
        store.fold(truncate=True)
    finally:
        connection.close()
    part.rename(path)
    sync_directory(path.parent)


def open_store(path: Path, signer: Signer, connect: Connect) -> Store:
    """Bring the tables up to date and open the segment for writing. Raises JournalTooNew, sqlite3.Error, OSError."""
    migrate(path)
    return Store(path, connect(path), signer)
