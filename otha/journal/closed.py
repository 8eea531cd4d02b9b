"""A closed segment by its name and its end, as the segment after it has them in its start."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from otha.journal.chain import SegmentStart
from otha.journal.schema import connect_to_read, read_start
from otha.journal.segment import segments_in

BACKED_UP = "journal.backup"
REMOVED = "journal.removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedSegment:
    """Its file's name, its last good row and that row's hash."""

    file: str
    last_row: int
    last_hash: str

    def as_json(self) -> dict[str, object]:
        """For a row of the journal."""
        return {"file": self.file, "last_row": self.last_row, "last_hash": self.last_hash}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A closed segment that is there. `closed_ns`: when it was closed (wall clock); `size`: of its file, in bytes."""

    segment: ClosedSegment
    path: Path
    closed_ns: int
    size: int


def closed_by(start: SegmentStart) -> ClosedSegment:
    """The segment before the one with this start."""
    return ClosedSegment(file=start.prev_file, last_row=start.prev_seq, last_hash=start.prev_hash.hex())


def closed_in(directory: Path) -> Sequence[Held]:
    """The closed segments in `directory`, oldest first. Raises sqlite3.Error, OSError."""
    found = []
    for path, newer in pairwise(segments_in(directory)):
        with closing(connect_to_read(newer)) as connection:
            start = read_start(connection)
        if start.prev_file == path.name:
            size = path.stat().st_size
            found.append(Held(segment=closed_by(start), path=path, closed_ns=start.created_wall_ns, size=size))
    return found
