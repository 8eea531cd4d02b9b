"""A copy of a whole journal, made while the supervisor writes it, and verified.

The newest segment is copied as of one moment by SQLite itself, over a read-only connection; closed ones byte by byte,
damaged ones too: they are evidence. The key that signs stays where it is: whoever has it can sign a forged journal.
"""

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from otha.core.errors import EngineerError, HostError
from otha.journal.closed import ClosedSegment, closed_by
from otha.journal.errors import JournalUnreadable
from otha.journal.keys import sync_directory
from otha.journal.reader import Reader
from otha.journal.schema import SQLITE_TROUBLE, connect_to_read
from otha.journal.segment import locate, segments_in
from otha.journal.verify import Verification, verify

_PUBLIC_KEYS = "journal-*.pub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What was made: its files, the journal's newest row when it began, and what the chain says of the copy."""

    segments: tuple[Path, ...]
    newest_seq: int
    found: Verification

    @property
    def is_good(self) -> bool:
        """It is whole, and holds no damage that the journal has not told of itself."""
        return self.is_whole and self.found.recorded == self.found.faults

    @property
    def closed(self) -> tuple[ClosedSegment, ...]:
        """The closed segments that were copied, as the segments after them name them."""
        starts = (report.start for report in self.found.segments)
        return tuple(closed_by(start) for start in starts if start is not None and start.prev_file)

    @property
    def last_hash(self) -> bytes:
        """The hash of the newest row in the copy."""
        return self.found.segments[-1].last_good_hash

    @property
    def is_whole(self) -> bool:
        """Every row that was there at the begin is in the copy."""
        return self.found.last_seq >= self.newest_seq


def back_up(journal: Path, to: Path) -> Backup:
    """Copy the journal (its directory, or the state directory around it) into `to`, a new or empty folder.

    Raises JournalNotFound, JournalUnreadable for a newest segment that can't be copied, EngineerError for a folder
    with something in it, HostError where it can't be written.
    """
    source = locate(journal)[0].parent
    with Reader(source) as reader:
        newest_seq = reader.last_seq()
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(to.iterdir()):
            raise EngineerError(f"{to} holds files already", mend="name a new folder")
        made = _copied(source, to)
    except OSError as error:
        raise HostError(f"{to} can't be written: {error.strerror}", mend="name another, or see its disk") from error
    return Backup(segments=made, newest_seq=newest_seq, found=verify(to))


def _copied(source: Path, to: Path) -> tuple[Path, ...]:
    """Copy until no segment has come meanwhile: one that was the newest is closed then, and copied as such."""
    made: dict[Path, bool] = {}  # whether it was copied as a closed one
    while True:
        segments = segments_in(source)
        left = [path for path in segments if made.get(path) is not (path != segments[-1])]
        if not left:
            break
        for path in left:
            made[path] = path != segments[-1]
            (_copy_bytes if made[path] else _copy_now)(path, to / path.name)
    for key in source.glob(_PUBLIC_KEYS):
        _copy_bytes(key, to / key.name)
    sync_directory(to)
    return tuple(to / path.name for path in segments)


def _copy_now(path: Path, to: Path) -> None:
    """The segment as of now."""
    try:
        with closing(connect_to_read(path)) as origin, closing(sqlite3.connect(to)) as copy:
            origin.backup(copy)  # in one step: a step that the writer overtakes would begin anew, over and over
    except SQLITE_TROUBLE as error:
        raise JournalUnreadable(
            f"{path.name} can't be copied: {error}", mend="run `otha log verify` to see what is damaged"
        ) from error
    _seal(to)


def _copy_bytes(path: Path, to: Path) -> None:
    """The file as it lies there, with what was not folded into it."""
    for behind in ("", "-wal"):
        origin, copy = path.with_name(path.name + behind), to.with_name(to.name + behind)
        with suppress(FileNotFoundError):
            if not behind or origin.stat().st_size:
                shutil.copyfile(origin, copy)
                _seal(copy)


def _seal(file: Path) -> None:
    """Ours alone, and on disk."""
    handle = os.open(file, os.O_RDWR)
    try:
        os.fchmod(handle, 0o600)
        os.fsync(handle)
    finally:
        os.close(handle)
