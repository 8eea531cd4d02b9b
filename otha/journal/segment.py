"""The segment files of a journal: journal-0001.db, journal-0002.db, ...

The newest number is the one written. A damaged segment keeps its name and its bytes; the next one is linked to it.
"""

import fcntl
import os
import re
from pathlib import Path

from otha.journal.errors import JournalInUse, JournalNotFound
from otha.journal.keys import sync_directory

LOCK_FILE = "journal.lock"
_NAME = re.compile(r"journal-(\d{4,})\.db")

# A linked segment starts at the next round million, so that a number that somebody was told is never given twice,
# however many rows of the damaged file can't be read any more.
SEQ_STRIDE = 1_000_000


def segment_path(directory: Path, segment: int) -> Path:
    """The file of segment number `segment` (1, 2, ...)."""
    return directory / f"journal-{segment:04d}.db"


def segment_number(path: Path) -> int:
    """The number in a segment's name; 0 if the name is not a segment's."""
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else 0


def segments_in(directory: Path) -> list[Path]:
    """All segment files in `directory`, oldest first."""
    return sorted((p for p in directory.glob("journal-*.db") if segment_number(p)), key=segment_number)


def locate(path: Path) -> list[Path]:
    """The segments that a person means by `path`: one file, a journal's directory, or a state directory around it.

    Raises JournalNotFound if there are none.
    """
    try:
        if path.is_file():
            return [path]
        for directory in (path, path / "journal"):
            if directory.is_dir() and (found := segments_in(directory)):
                return found
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise JournalNotFound(f"{str(path)[:80]!r} can't be looked at: {why}", mend="name a state directory") from error
    raise JournalNotFound(f"there is no journal in {path}", mend="name a state directory or a journal-NNNN.db file")


def next_first_seq(highest_seq: int) -> int:
    """The first number of a segment that is linked to one whose numbers may have reached `highest_seq`."""
    return (highest_seq // SEQ_STRIDE + 1) * SEQ_STRIDE + 1


class DirectoryLock:
    """Held by the one writing process for as long as it lives; the kernel drops it when the process dies."""

    def __init__(self, directory: Path) -> None:
        """Take the lock. Raises JournalInUse if another writer holds it, OSError if the directory can't be written."""
        if not directory.exists():
            directory.mkdir(parents=True, mode=0o700)
            sync_directory(directory.parent)
        self._handle = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._handle)
            raise JournalInUse(
                f"another process writes the journal in {directory}",
                mend="stop the other `otha run`, or use another state directory",
            ) from error

    def release(self) -> None:
        """Give the lock back."""
        os.close(self._handle)
