"""What is written into a segment file, and how connections to it are opened.

The file is SQLite in WAL mode. One connection in one process writes it; everybody else opens it read-only, because
SQLite 3.7.0 to 3.51.2 can damage a WAL that two connections write or checkpoint at once.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from otha.journal.chain import SegmentStart
from otha.journal.errors import JournalNotFound

BUSY_MS = 5_000

# What using a damaged file may raise: names in its schema that are no text any more come as UnicodeError.
SQLITE_TROUBLE = (sqlite3.Error, UnicodeError)

# Every acknowledged row must outlive a power cut: FULL syncs the WAL at each commit, before COMMIT returns.
# The writer folds the WAL into the file itself, when nothing waits.
WRITE_PRAGMAS: Sequence[str] = (
    f"PRAGMA busy_timeout = {BUSY_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA cell_size_check = ON",
)

_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_ROW = (
    "INSERT INTO events"
    " (seq, wall_ns, mono_ns, boot_id, node, group_name, epoch, user, kind, body, prev_hash, hash)"
    f" VALUES {_ROW}"
)
# SQLite lets go of the interpreter's lock for each statement, and a busy thread gives it back only after milliseconds.
ROWS_AT_ONCE = 50
INSERT_ROWS = INSERT_ROW + f", {_ROW}" * (ROWS_AT_ONCE - 1)
INSERT_CHECKPOINT = "INSERT INTO checkpoints (seq, hash, wall_ns, key_id, signature) VALUES (?, ?, ?, ?, ?)"
INSERT_SEGMENT = (
    "INSERT INTO segments"
    " (segment, first_seq, checkpoint_rows, created_wall_ns, prev_file, prev_seq, prev_hash)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


class Cursor(Protocol):
    """What the writer needs of a cursor."""

    def fetchone(self) -> Any: ...


class Connection(Protocol):
    """What the writer needs of a connection: the standard library's has it."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Cursor: ...
    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any: ...
    def close(self) -> None: ...


def connect_to_write(path: Path) -> Connection:
    """The writer's connection, in autocommit: the writer says BEGIN and COMMIT itself. Raises sqlite3.Error."""
    # mode=rw: a vanished file must show as trouble, never come back as an empty journal.
    connection = sqlite3.connect(
        path.absolute().as_uri() + "?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in WRITE_PRAGMAS:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A read-only connection to a segment, also on a medium that can't be written.

    Raises JournalNotFound if there is no such file, sqlite3.Error if SQLite can't open it.
    """
    if not path.is_file():
        raise JournalNotFound(f"there is no journal segment {path}")
    mode = "ro"
    wal = path.with_name(path.name + "-wal")
    if not os.access(path.parent, os.W_OK) and not (wal.exists() and wal.stat().st_size):
        mode = "ro&immutable=1"  # SQLite can't make the WAL's index there, and without a WAL it needs none
    connection = sqlite3.connect(
        path.absolute().as_uri() + f"?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return connection


def read_start(connection: Connection) -> SegmentStart:
    """How a segment begins. Raises sqlite3.Error."""
    row = connection.execute(
        "SELECT segment, first_seq, checkpoint_rows, created_wall_ns, prev_file, prev_seq, prev_hash FROM segments"
    ).fetchone()
    if row is None:
        raise sqlite3.DatabaseError("the segment has no start")
    return SegmentStart(
        segment=row[0],
        first_seq=row[1],
        checkpoint_rows=row[2],
        created_wall_ns=row[3],
        prev_file=row[4],
        prev_seq=row[5],
        prev_hash=row[6],
    )
