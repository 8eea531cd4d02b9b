"""The tables of a segment file and their migrations. Who only reads needs none of it, and does not load it."""

import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

from otha.journal.errors import JournalTooNew
from otha.journal.schema import WRITE_PRAGMAS

APPLICATION_ID = 0x4F544841  # "OTHA", so that `file` and we know the file again


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
