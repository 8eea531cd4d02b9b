"""How long a durable write takes where the demo keeps its state: what `commit_ms` of a site file is about."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from otha.core.errors import HostError

_FILES = ("records", "journal")  # two at a time, as the supervisor writes
_COMMITS = 150
_PACE_S = 0.01  # spread out, so that the disk's slow moments are met as well
_MARGIN = 2  # the slowest of so few is not yet the slowest there is
_LEAST_MS = 12
_MOST_MS = 500
_NS_PER_MS = 1_000_000

COMMITS = len(_FILES) * _COMMITS


def _slowest_ns(path: Path) -> int:
    slowest = 0
    with closing(sqlite3.connect(path, isolation_level=None)) as link:
        link.execute("PRAGMA journal_mode=WAL").fetchone()
        link.execute("PRAGMA synchronous=FULL")
        link.execute("CREATE TABLE commits (body TEXT NOT NULL) STRICT")
        for _ in range(_COMMITS):
            began = time.monotonic_ns()
            link.execute("INSERT INTO commits VALUES (?)", ("x" * 400,))
            slowest = max(slowest, time.monotonic_ns() - began)
            time.sleep(_PACE_S)
    path.unlink()
    return slowest


def slowest_commit_ns(folder: Path) -> int:
    """The slowest of 300 small commits with synchronous=FULL in `folder`. Raises HostError when it can't be written."""
    try:
        with ThreadPoolExecutor(len(_FILES)) as threads:
            return max(threads.map(_slowest_ns, [folder / f"{name}.measured" for name in _FILES]))
    except (sqlite3.Error, OSError) as error:
        raise HostError(f"{folder} can't be written: {error}", mend="name another folder with --dir") from error


def commit_ms(slowest_ns: int) -> int:
    """The `commit_ms` to write into a site file for a disk whose slowest commit this was."""
    return min(max(-(-_MARGIN * slowest_ns // _NS_PER_MS), _LEAST_MS), _MOST_MS)
