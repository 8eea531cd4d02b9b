"""A bystander who writes durably now and then where the supervisor writes: what the disk itself did meanwhile."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

_PERIOD_S = 0.1


class Bystander:
    """One small commit ten times a second in `folder`, from the start of the `with` block to its end."""

    def __init__(self, folder: Path) -> None:
        self.took_ns: list[int] = []
        self._path = folder / "bystander.db"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Bystander":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as link:
            link.execute("PRAGMA journal_mode=WAL").fetchone()
            link.execute("PRAGMA synchronous=FULL")
            link.execute("CREATE TABLE commits (body TEXT NOT NULL) STRICT")
            while not self._stop.wait(_PERIOD_S):
                began = time.monotonic_ns()
                link.execute("INSERT INTO commits VALUES (?)", ("x" * 400,))
                self.took_ns.append(time.monotonic_ns() - began)
