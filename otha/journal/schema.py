"""The tables of a segment file, their migrations, and how connections are opened.

The file is SQLite in WAL mode. One connection in one process writes it; everybody else opens it read-only, because
SQLite 3.7.0 to 3.51.2 can damage a WAL that two connections write or checkpoint at once.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlite_utils import Database, Migrations

from otha.journal.errors import JournalNotFound, JournalTooNew

APPLICATION_ID = 0x4F544841  # "OTHA", so that `file` and we know the file again
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


class _Migrations(Migrations):
    migrations_table = "migrations"


migrations = _Migrations("journal")


def _create(db: Database, table: str, columns: dict[str, type], pk: str | tuple[str, ...]) -> None:
    db.table(table).create(columns, pk=pk, not_null=set(columns), strict=True)


@migrations(name="0001_segments_events_checkpoints")
def _first(db: Database) -> None:
    _create(
        db,
        "segments",
        {
            "segment": int,
            "first_seq": int,
            "checkpoint_rows": int,
            "created_wall_ns": int,
            "prev_file": str,
            "prev_seq": int,
            "prev_hash": bytes,
        },
        "segment",
    )
    # No index beside the number: numbers follow time, and each further index would cost a third of an append.
    _create(
        db,
        "events",
        {
            "seq": int,
            "wall_ns": int,
            "mono_ns": int,
            "boot_id": str,
            "node": str,
            "group_name": str,
            "epoch": int,
            "user": str,
            "kind": str,
            "body": str,
            "prev_hash": bytes,
            "hash": bytes,
        },
        "seq",
    )
    _create(
        db,
        "checkpoints",
        {"seq": int, "hash": bytes, "wall_ns": int, "key_id": str, "signature": bytes},
        "seq",
    )


KNOWN = frozenset({"0001_segments_events_checkpoints"})


def migrate(path: Path) -> None:
    """Create the tables in `path`, or bring an older file's up to date.

    Raises JournalTooNew for a file with migrations unknown here, sqlite3.Error if the file can't be used.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in WRITE_PRAGMAS:
            connection.execute(pragma)
        db = Database(connection)
        applied = {migration.name for migration in migrations.applied(db)}
        if unknown := sorted(applied - KNOWN):
            raise JournalTooNew(
                f"{path} has the tables of a newer OTHA ({', '.join(unknown)})",
                mend="run that version, or start with another state directory",
            )
        if KNOWN - applied:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrations.apply(db)
    finally:
        connection.close()


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
