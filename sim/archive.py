"""A historian's archive: SQLite, one row per sample, the sequence number as primary key.

Blocking; a historian calls it from one thread of its own. What `store` returned from is on the disk.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.samples import TAGS, Row

_COLUMNS: Final = ", ".join(f"{tag} INTEGER NOT NULL" for tag in TAGS)
_SCHEMA: Final = (
    f"CREATE TABLE IF NOT EXISTS sample (seq INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, {_COLUMNS}) STRICT",
    "CREATE INDEX IF NOT EXISTS sample_at ON sample (at_ns)",
    "CREATE TABLE IF NOT EXISTS duty (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), epoch INTEGER NOT NULL,"
    " active INTEGER NOT NULL) STRICT",
    "INSERT OR IGNORE INTO duty VALUES (1, 0, 0)",
)
_INSERT: Final = f"INSERT INTO sample VALUES (?, ?, {', '.join('?' * len(TAGS))}) ON CONFLICT (seq) DO NOTHING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value of one tag."""

    at_ns: int
    value: int


class Archive:
    """`position` is the last sequence number up to which none is missing, `highest` the highest stored, `stored` how
    many there are.
    """

    def __init__(self, path: Path) -> None:
        """Open or make it. Raises sqlite3.Error when it can't be."""
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            for statement in _SCHEMA:
                self._db.execute(statement)
        self.stored, self.highest = self._db.execute("SELECT count(*), coalesce(max(seq), 0) FROM sample").fetchone()
        self.position = 0
        self._advance()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def store(self, rows: Sequence[Row]) -> int:
        """Keep those that aren't kept yet, in one transaction. Returns how many were new."""
        before = self._db.total_changes
        with self._transaction():
            self._db.executemany(_INSERT, [(row.seq, row.at_ns, *row.values) for row in rows])
        new = self._db.total_changes - before
        self.stored += new
        self.highest = max(self.highest, *(row.seq for row in rows))
        self._advance()
        return new

    def _advance(self) -> None:
        for (seq,) in self._db.execute("SELECT seq FROM sample WHERE seq > ? ORDER BY seq", (self.position,)):
            if seq != self.position + 1:
                break
            self.position = seq

    def rows(self, from_seq: int, to_seq: int, limit: int) -> list[Row]:
        """Those there are in that range, in order, at most so many."""
        found = self._db.execute(
            "SELECT * FROM sample WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?", (from_seq, to_seq, limit)
        )
        return [Row(seq=seq, at_ns=at_ns, values=tuple(values)) for seq, at_ns, *values in found]

    def gap(self, from_seq: int, to_seq: int) -> tuple[int, int] | None:
        """The first range missing within that range, both ends included; None when it is whole."""
        expected = from_seq
        for (seq,) in self._db.execute(
            "SELECT seq FROM sample WHERE seq BETWEEN ? AND ? ORDER BY seq", (from_seq, to_seq)
        ):
            if seq != expected:
                return expected, seq - 1
            expected = seq + 1
        return (expected, to_seq) if expected <= to_seq else None

    def count(self, from_seq: int, to_seq: int) -> int:
        """How many rows of that range there are, both ends included."""
        within = "SELECT count(*) FROM sample WHERE seq BETWEEN ? AND ?"
        return int(self._db.execute(within, (from_seq, to_seq)).fetchone()[0])

    def history(self, tag: str, from_ns: int, to_ns: int, limit: int, *, newest_first: bool) -> list[Point]:
        """A tag's values in that time, both ends included."""
        assert tag in TAGS
        order = "DESC" if newest_first else "ASC"
        found = self._db.execute(
            f"SELECT at_ns, {tag} FROM sample WHERE at_ns BETWEEN ? AND ? ORDER BY at_ns {order} LIMIT ?",
            (from_ns, to_ns, limit),
        )
        return [Point(at_ns=at_ns, value=value) for at_ns, value in found]

    def duty(self) -> tuple[int, bool]:
        """The epoch last obeyed, and whether it made this historian the active one."""
        epoch, active = self._db.execute("SELECT epoch, active FROM duty").fetchone()
        return epoch, bool(active)

    def keep_duty(self, epoch: int, *, active: bool) -> None:
        """Remember both over restarts."""
        with self._transaction():
            self._db.execute("UPDATE duty SET epoch = ?, active = ?", (epoch, active))

    def close(self) -> None:
        """Close the file."""
        self._db.close()
