"""The rows of a journal as they come, read while the supervisor writes them. Never writes, never waits."""

from pathlib import Path

from otha.journal.entry import JournalRow
from otha.journal.errors import JournalUnreadable
from otha.journal.reader import Query, Reader
from otha.journal.segment import segment_number, segments_in

START = "supervisor.start"


class Follower:
    """Rows after number `after`, page by page. `given_up`: segments that are damaged, with what was left in them.

    Not shared between threads.
    """

    def __init__(self, journal: Path, after: int) -> None:
        self.after = after
        self.given_up: list[str] = []
        self._journal = journal
        self._segment = 0
        self._reader: tuple[Path, Reader] | None = None

    def page(self, limit: int) -> tuple[JournalRow, ...]:
        """The next rows, () when there are none now. Raises OthaError when the newest segment can't be read."""
        # Which segments there are is looked at first: all but the newest of these are written no more.
        segments = [path for path in segments_in(self._journal) if segment_number(path) >= self._segment]
        for path in segments:
            try:
                rows = tuple(self._reader_of(path).query(Query(after_seq=self.after), limit=limit))
            except JournalUnreadable:
                self.close()
                if path == segments[-1]:
                    raise
                self.given_up.append(path.name)
                self._segment = segment_number(path) + 1
                continue
            if rows:
                self._segment = segment_number(path)
                self.after = rows[-1].seq
                return rows
        return ()

    def close(self) -> None:
        """Close what is open."""
        if self._reader is not None:
            self._reader[1].close()
            self._reader = None

    def _reader_of(self, path: Path) -> Reader:
        if self._reader is None or self._reader[0] != path:
            self.close()
            self._reader = path, Reader(path)
        return self._reader[1]


def last_start(journal: Path) -> int:
    """The number before the newest row that tells a start of the supervisor; 0 when there is none. Raises OthaError."""
    with Reader(journal) as reader:
        rows = reader.tail(1, Query(kind=START))
    return rows[0].seq - 1 if rows else 0


def newest(journal: Path) -> int:
    """The number of the newest row; 0 when there is none. Raises OthaError."""
    with Reader(journal) as reader:
        rows = reader.tail(1)
    return rows[0].seq if rows else 0
