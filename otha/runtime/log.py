"""Structured log lines on standard error: `time level event key=value ...`, written by a thread of their own.

A terminal or a pipe that takes nothing must not stop the loop: lines wait in a bounded queue and what does not fit is
counted.
"""

import json
import logging
import queue
import sys
import threading
import time
from typing import TextIO

_WAITING_MAX = 2000


def _value(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    plain = text and all(char.isalnum() or char in "._-:/+@" for char in text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def line(level: str, event: str, fields: dict[str, object], wall_ns: int) -> str:
    """One log line. Values with blanks or signs are quoted as JSON strings."""
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    said = "".join(f" {key}={_value(value)}" for key, value in fields.items())
    return f"{stamp}.{rest // 1_000_000:03d}Z {level} {event}{said}"


class LineLog:
    """Writes lines to `stream` from a thread. Also takes the records of the standard `logging`."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._queue: queue.Queue[str | None] = queue.Queue(_WAITING_MAX)
        self._lost = 0
        self._thread = threading.Thread(target=self._run, name="otha-log", daemon=True)
        self._thread.start()

    def write(self, level: str, event: str, **fields: object) -> None:
        """Queue one line; never blocks."""
        if self._lost:
            fields = {**fields, "lines_lost": self._lost}
        try:
            self._queue.put_nowait(line(level, event, fields, time.time_ns()))
            self._lost = 0
        except queue.Full:
            self._lost += 1

    def handler(self) -> logging.Handler:
        """A handler for the standard logging that writes here."""
        return _Handler(self)

    def close(self) -> None:
        """Write what waits. Waits a second at most for a stream that takes nothing."""
        try:
            self._queue.put(None, timeout=1.0)
        except queue.Full:
            return
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        while (text := self._queue.get()) is not None:
            try:
                self._stream.write(text + "\n")
                if self._queue.empty():
                    self._stream.flush()
            except (OSError, ValueError):
                self._lost += 1


class _Handler(logging.Handler):
    def __init__(self, lines: LineLog) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {"text": record.getMessage()}
        if record.exc_info is not None and record.exc_info[0] is not None:
            fields["error"] = logging.Formatter().formatException(record.exc_info)
        self._lines.write(record.levelname.lower(), record.name, **fields)
