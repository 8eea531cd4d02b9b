"""How long a durable write takes where the demo keeps its state: what `commit_ms` of a site file is about."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from otha.core.errors import HostError

_COMMITS = 100
_MARGIN = 3  # the slowest of so few is not yet the slowest there is
_LEAST_MS = 15  # a quick disk too has its slow moments: with 8 ms, 11 of 300 failovers had to claim a second time
_MOST_MS = 500
_NS_PER_MS = 1_000_000


def slowest_commit_ns(folder: Path) -> int:
    """The slowest of 100 small commits with synchronous=FULL in `folder`. Raises HostError when it can't be written."""
    path = folder / "commits.db"
    slowest = 0
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as link:
            link.execute("PRAGMA journal_mode=WAL").fetchone()
            link.execute("PRAGMA synchronous=FULL")
            link.execute("CREATE TABLE commits (body TEXT NOT NULL) STRICT")
            for _ in range(_COMMITS):
                began = time.monotonic_ns()
                link.execute("INSERT INTO commits VALUES (?)", ("x" * 400,))
                slowest = max(slowest, time.monotonic_ns() - began)
        path.unlink()
    except (sqlite3.Error, OSError) as error:
        raise HostError(f"{folder} can't be written: {error}", mend="name another folder with --dir") from error
    return slowest


def commit_ms(slowest_ns: int) -> int:
    """The `commit_ms` to write into a site file for a disk whose slowest commit out of 100 this was."""
    return min(max(-(-_MARGIN * slowest_ns // _NS_PER_MS), _LEAST_MS), _MOST_MS)
