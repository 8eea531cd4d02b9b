"""Reading a journal while, or after, another process writes it: the newest rows, queries, exports. Never writes."""

import contextlib
import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from otha.journal.chain import Checkpoint
from otha.journal.entry import JournalRow
from otha.journal.errors import JournalUnreadable
from otha.journal.schema import SQLITE_TROUBLE, connect_to_read
from otha.journal.segment import locate

if TYPE_CHECKING:
    from sqlite_utils import Database

CSV_COLUMNS = (
    "seq",
    "wall",
    "wall_ns",
    "mono_ns",
    "boot_id",
    "node",
    "group",
    "epoch",
    "user",
    "kind",
    "body",
    "prev_hash",
    "hash",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which rows: all given conditions must hold. Times are wall-clock nanoseconds, `to_ns` excluded.

    `kind` matches a whole kind or, ending in ".", every kind that begins so. `text` is looked for anywhere in the body,
    A-Z like a-z. `after_seq` is where the page before ended, `before_seq` where it did newest first.
    """

    from_ns: int | None = None
    to_ns: int | None = None
    group: str = ""
    node: str = ""
    user: str = ""
    kind: str = ""
    text: str = ""
    after_seq: int = 0
    before_seq: int = 0

    def where(self) -> tuple[str, list[Any]]:
        """The condition as the end of an SQL statement, "" if there is none, and its parameters."""
        parts: list[str] = []
        values: list[Any] = []
        for sql, value in (
            ("wall_ns >= ?", self.from_ns),
            ("wall_ns < ?", self.to_ns),
            ("seq > ?", self.after_seq or None),
            ("seq < ?", self.before_seq or None),
            ("group_name = ?", self.group or None),
            ("node = ?", self.node or None),
            ('"user" = ?', self.user or None),
        ):
            if value is not None:
                parts.append(sql)
                values.append(value)
        if self.kind:
            parts.append("substr(kind, 1, ?) = ?" if self.kind.endswith(".") else "kind = ?")
            values += [len(self.kind), self.kind] if self.kind.endswith(".") else [self.kind]
        if self.text:
            parts.append("body LIKE ? ESCAPE '!'")
            escaped = self.text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
            values.append(f"%{escaped}%")
        return f" WHERE {' AND '.join(parts)}" if parts else "", values


class Reader:
    """Read-only access to all segments of a journal, oldest first. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        """`path` is a segment file, a journal's directory or a state directory. Raises JournalNotFound."""
        self._path = path
        self._open: dict[Path, Database] = {}
        locate(path)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        for db in self._open.values():
            db.close()
        self._open.clear()

    def query(self, query: Query | None = None, *, limit: int | None = None) -> Iterator[JournalRow]:
        """Matching rows in the order of their numbers. Raises JournalUnreadable where a file is damaged."""
        where, values = (query or Query()).where()
        left = limit
        for path in locate(self._path):
            for row in self._select(path, where, values, "seq", left):
                yield row
                left = left - 1 if left is not None else None
            if left == 0:
                return

    def newest(self, query: Query | None = None, *, limit: int | None = None) -> Iterator[JournalRow]:
        """Matching rows, the newest first. Raises JournalUnreadable where a file is damaged."""
        where, values = (query or Query()).where()
        left = limit
        for path in reversed(locate(self._path)):
            for row in self._select(path, where, values, "seq desc", left):
                yield row
                left = left - 1 if left is not None else None
            if left == 0:
                return

    def tail(self, rows: int = 20, query: Query | None = None) -> list[JournalRow]:
        """The newest matching rows, oldest of them first. Raises JournalUnreadable where a file is damaged."""
        return list(self.newest(query, limit=rows))[::-1]

    def count(self, query: Query | None = None) -> int:
        """How many rows match. Raises JournalUnreadable where a file is damaged."""
        where, values = (query or Query()).where()
        total = 0
        for path in locate(self._path):
            with _named(path):
                (found,) = self._database(path).query(f"SELECT count(*) AS rows FROM events{where}", values)
                total += found["rows"]
        return total

    def last_seq(self) -> int:
        """The number of the newest row; 0 when there is none. Raises JournalUnreadable where a file is damaged."""
        return next((row.seq for row in self.newest(limit=1)), 0)

    def first_seq(self) -> int:
        """The number of the oldest row; 0 when there is none. Raises JournalUnreadable where a file is damaged."""
        return next((row.seq for row in self.query(limit=1)), 0)

    def last_checkpoint(self) -> Checkpoint | None:
        """The newest signed checkpoint: kept elsewhere, it proves a cut tail. None in a journal without rows."""
        path = locate(self._path)[-1]
        with _named(path):
            rows = self._database(path).query("SELECT * FROM checkpoints ORDER BY seq DESC LIMIT 1")
            return next((Checkpoint(**row) for row in rows), None)

    def _select(self, path: Path, where: str, values: list[Any], order: str, limit: int | None) -> Iterator[JournalRow]:
        with _named(path):
            sql = f"SELECT * FROM events{where} ORDER BY {order} LIMIT ?"
            for row in self._database(path).query(sql, [*values, -1 if limit is None else limit]):
                row["group"] = row.pop("group_name")
                yield JournalRow(**row)

    def _database(self, path: Path) -> "Database":
        if path not in self._open:
            # It loads numpy where that is installed: a process that may read a journal starts without it.
            from sqlite_utils import Database

            self._open[path] = Database(connect_to_read(path), execute_plugins=False)
        return self._open[path]


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Damage met while reading names the file."""
    try:
        yield
    except (*SQLITE_TROUBLE, TypeError) as error:
        raise JournalUnreadable(
            f"{path.name} can't be read on: {error}", mend="run `otha log verify` to see what is damaged"
        ) from error


def wall_text(wall_ns: int) -> str:
    """Wall-clock nanoseconds as ISO 8601 in UTC, to the microsecond."""
    moment = datetime.fromtimestamp(wall_ns // 1_000_000_000, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{wall_ns % 1_000_000_000 // 1000:06d}Z"


Say = Callable[[JournalRow], str]
"""Tells a row in sentences. It knows what rows mean, which the journal does not."""


def export_jsonl(rows: Iterable[JournalRow], out: IO[str], say: Say | None = None) -> int:
    """Write rows as JSON lines, the body as JSON, all fields exact; the number of rows. `say` adds a field `says`."""
    count = 0
    for row in rows:
        fields = {"wall": wall_text(row.wall_ns), **row.as_dict()}
        if say is not None:
            fields["says"] = say(row)
        out.write(json.dumps(fields, ensure_ascii=False) + "\n")
        count += 1
    return count


def export_csv(rows: Iterable[JournalRow], out: IO[str], say: Say | None = None) -> int:
    """Write rows as CSV with a heading, the body as its canonical JSON text, hashes hexadecimal; the number of rows.

    `say` adds a last column `says`.
    """
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*CSV_COLUMNS, *(["says"] if say is not None else [])])
    count = 0
    for row in rows:
        fields = {**row.as_dict(), "wall": wall_text(row.wall_ns), "body": row.body}
        cells = [fields[column] for column in CSV_COLUMNS]
        if say is not None:
            cells.append(say(row))
        writer.writerow(cells)
        count += 1
    return count
