"""How far the journal was told: one number in a file, written at most every other second and at the end."""

import json
import time
from pathlib import Path
from typing import Final

from otha.certificates import write_private
from otha.interface import place

_EVERY_S: Final = 2.0


class Mark:
    """The number of the last row that was told. Writing may raise OSError."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._row: int | None = None
        self._kept: int | None = None
        self._kept_at = 0.0

    def read(self) -> int | None:
        """What was remembered; None when there is nothing, or nothing that can be read."""
        try:
            row = json.loads(self._file.read_text(encoding="utf-8"))["row"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        self._row = self._kept = row if isinstance(row, int) and row >= 0 else None
        return self._row

    def put(self, row: int) -> None:
        """This row was told."""
        self._row = row

    def keep(self, *, now: bool = False) -> None:
        """Write it down, unless it was just now."""
        if self._row is None or self._row == self._kept or (not now and time.monotonic() - self._kept_at < _EVERY_S):
            return
        place.make(self._file.parent)
        write_private(self._file, (json.dumps({"row": self._row}) + "\n").encode())
        self._kept, self._kept_at = self._row, time.monotonic()
