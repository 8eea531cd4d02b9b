"""Does the journal hold what was written? Recomputes the chain, checks the signatures, names the first bad row."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from otha.journal.chain import MAX_COMMIT_ROWS, Checkpoint, SegmentStart, hash_fields, sized, sized_int
from otha.journal.closed import REMOVED, ClosedSegment, closed_by
from otha.journal.diagnose import changed_field, decode_row, type_fault
from otha.journal.entry import COLUMNS
from otha.journal.errors import JournalNotFound
from otha.journal.keys import public_keys, signature_fault
from otha.journal.schema import SQLITE_TROUBLE, connect_to_read
from otha.journal.segment import locate, segment_number

CUT_TAIL = "a cut tail is provable only up to the last checkpoint stored elsewhere"

_SELECT = "SELECT " + ", ".join(f'"{column}"' for column in COLUMNS) + " FROM events NOT INDEXED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is not as it was written. `seq` is the row (0: the file as a whole), `field` its column or ""."""

    file: str
    seq: int
    field: str
    what: str

    def __str__(self) -> str:
        where = f"{self.file}, row {self.seq}" if self.seq else self.file
        return f"{where}, field {self.field}: {self.what}" if self.field else f"{where}: {self.what}"


@dataclass(slots=True, kw_only=True)
class SegmentReport:
    """What was found in one segment. `last_good_*` is the newest row up to which the chain fits."""

    path: Path
    start: SegmentStart | None = None
    rows: int = 0
    rows_seen: int = 0
    last_good_seq: int = 0
    last_good_hash: bytes = b""
    signed_seq: int = 0
    checkpoints: int = 0
    faults: list[Fault] = field(default_factory=list)

    def fault(self, seq: int, column: str, what: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(file=self.path.name, seq=seq, field=column, what=what))

    @property
    def highest_seq(self) -> int:
        """No number above this one was given in the segment, as far as it can still be read."""
        first = self.start.first_seq if self.start else 1
        return max(first + self.rows_seen - 1, self.signed_seq, self.last_good_seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The judgement over all segments. `note` says what a chain alone cannot prove."""

    segments: tuple[SegmentReport, ...]
    faults: tuple[Fault, ...]
    note: str = CUT_TAIL

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.faults

    @property
    def recorded(self) -> tuple[Fault, ...]:
        """Faults that the journal has told of itself, in the start of a good segment after the damaged one: nothing
        that it held to be good is among them."""
        links = {
            report.start.prev_file: report.start.prev_seq
            for report in self.segments
            if report.start is not None and report.rows and not report.start.goes_on
        }
        return tuple(
            fault for fault in self.faults if fault.file in links and (fault.seq == 0 or fault.seq > links[fault.file])
        )

    @property
    def first_bad(self) -> Fault | None:
        """The first bad row of the oldest damaged segment."""
        return self.faults[0] if self.faults else None

    @property
    def rows(self) -> int:
        """Rows whose chain fits."""
        return sum(segment.rows for segment in self.segments)

    @property
    def last_seq(self) -> int:
        """The newest good row; 0 if there is none."""
        return self.segments[-1].last_good_seq if self.segments else 0

    @property
    def signed_seq(self) -> int:
        """The newest row under a good signature."""
        return max((segment.signed_seq for segment in self.segments), default=0)

    @property
    def verified_seq(self) -> int:
        """All rows up to this one are as written; 0 if none is."""
        return self.last_seq if self.ok else max(min(fault.seq for fault in self.faults) - 1, 0)

    def as_json(self) -> dict[str, object]:
        """The judgement for machines."""
        return {
            "ok": self.ok,
            "rows": self.rows,
            "last_seq": self.last_seq,
            "signed_seq": self.signed_seq,
            "note": self.note,
            "faults": [{"file": f.file, "seq": f.seq, "field": f.field, "what": f.what} for f in self.faults],
        }


def verify(path: Path, anchor: Checkpoint | None = None) -> Verification:
    """Verify a segment file, or every segment of a journal or state directory.

    `anchor` is a checkpoint that was stored elsewhere: rows up to it that are missing or different are found even if
    the whole journal was written anew. Public keys are taken from the directory. Raises JournalNotFound.
    """
    paths = locate(path)
    keys = public_keys(paths[0].parent)
    reports = [verify_segment(segment, keys) for segment in paths]
    if not path.is_file():
        _check_links(reports)
    if anchor:
        _check_anchor(reports, anchor, keys)
    faults = tuple(fault for report in reports for fault in report.faults)
    return Verification(segments=tuple(reports), faults=faults)


def verify_segment(path: Path, keys: dict[str, Ed25519PublicKey], *, newest: int | None = None) -> SegmentReport:
    """Verify one segment; only about its `newest` rows, from a signed checkpoint on, if that is given.

    Damage is reported, never raised. Raises JournalNotFound.
    """
    report = SegmentReport(path=path)
    try:
        connection = connect_to_read(path)
    except SQLITE_TROUBLE as error:
        report.fault(0, "", f"SQLite can't open it: {error}")
        return report
    connection.text_factory = bytes
    try:
        # One transaction: rows and checkpoints of the same moment, while the writer goes on.
        connection.execute("BEGIN")
        _Walk(connection, report, keys, newest).run()
    except SQLITE_TROUBLE as error:
        report.fault(report.last_good_seq + 1 if report.start else 0, "", f"SQLite can't read on: {error}")
    finally:
        connection.close()
    return report


class _Walk:
    """One pass over a segment: the start, the checkpoints, then the rows."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        report: SegmentReport,
        keys: dict[str, Ed25519PublicKey],
        newest: int | None,
    ) -> None:
        self.connection = connection
        self.report = report
        self.keys = keys
        self.newest = newest
        self.points: dict[int, Checkpoint] = {}

    def run(self) -> None:
        if (start := self._read_start()) is None:
            return
        self.report.start = start
        self._read_checkpoints()
        seq, prev = start.first_seq - 1, start.link()
        if self.newest is not None:
            seq, prev = self._late_start(seq, prev)
        self.report.last_good_seq, self.report.last_good_hash = seq, prev
        self.report.rows_seen = seq - start.first_seq + 1
        self._walk_rows(seq, prev)
        if not self.report.faults:
            self._check_signed_range(start)
            self._check_strays(start)
        if not self.report.faults and self.newest is None:
            self._check_file()

    def _read_start(self) -> SegmentStart | None:
        rows = self.connection.execute(
            "SELECT segment, first_seq, checkpoint_rows, created_wall_ns, prev_file, prev_seq, prev_hash FROM segments"
        ).fetchall()
        kinds = (int, int, int, int, bytes, int, bytes)
        if len(rows) != 1 or any(type(v) is not kind for v, kind in zip(rows[0], kinds, strict=True)):
            self.report.fault(0, "segments", "the segment's start was changed")
            return None
        row = rows[0]
        start = SegmentStart(
            segment=row[0],
            first_seq=row[1],
            checkpoint_rows=row[2],
            created_wall_ns=row[3],
            prev_file=row[4].decode(errors="replace"),
            prev_seq=row[5],
            prev_hash=row[6],
        )
        number = segment_number(self.report.path)
        if number and start.segment != number:
            self.report.fault(0, "segments", f"the file calls itself segment {start.segment}")
        if not self._first_row_fits(start):
            self.report.fault(0, "segments", "the segment's start was changed: its first row is linked to another one")
        return start

    def _first_row_fits(self, start: SegmentStart) -> bool:
        """False if the start, rather than something in the first row, was changed; the walk judges the row itself."""
        row = self.connection.execute(f"{_SELECT} WHERE seq = ?", (start.first_seq,)).fetchone()
        if row is None or row[-2] == start.link():
            return True
        fields, column, _ = decode_row(row)
        if column:
            return column == "prev_hash"
        # Only the row's previous hash was changed if its own hash fits with the true link.
        return bool(hash_fields([*fields[:-1], sized(start.link())]) == row[-1])

    def _read_checkpoints(self) -> None:
        rows = self.connection.execute(
            "SELECT seq, hash, wall_ns, key_id, signature FROM checkpoints NOT INDEXED ORDER BY seq"
        ).fetchall()
        for seq, hash_, wall_ns, key_id, signature in rows:
            typed = type(seq) is int and type(wall_ns) is int and not type_fault("hash", hash_)
            typed = typed and type(key_id) is bytes and type(signature) is bytes
            self.report.checkpoints += 1
            if not typed:
                self.report.fault(seq, "checkpoint", "the checkpoint over this row was changed")
                continue
            point = Checkpoint(
                seq=seq, hash=hash_, wall_ns=wall_ns, key_id=key_id.decode(errors="replace"), signature=signature
            )
            if fault := signature_fault(point, self.keys):
                self.report.fault(seq, "checkpoint", f"the checkpoint over this row: {fault}")
                continue
            self.points[seq] = point
            self.report.signed_seq = max(self.report.signed_seq, seq)

    def _late_start(self, seq: int, prev: bytes) -> tuple[int, bytes]:
        """The newest signed row that leaves at least `newest` rows to walk, or the segment's beginning."""
        last = self.connection.execute("SELECT seq FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        if last is None or self.newest is None:
            return seq, prev
        early = [point for point in self.points.values() if point.seq <= last[0] - self.newest]
        point = max(early, key=lambda p: p.seq, default=None)
        return (point.seq, point.hash) if point else (seq, prev)

    def _rows(self, after: int) -> Iterator[tuple[tuple[object, ...], bytes | None]]:
        """Each row with what the row after it says its hash was. Read in the order in which the file holds them."""
        cursor = self.connection.execute(f"{_SELECT} WHERE seq > ? ORDER BY seq", (after,))
        held: tuple[object, ...] | None = None
        for row in cursor:
            if held is not None:
                yield held, row[-2] if isinstance(row[-2], bytes) else None
            held = row
        if held is not None:
            seq = held[0]
            point = self.points.get(seq) if isinstance(seq, int) else None
            yield held, point.hash if point else None

    def _walk_rows(self, seq: int, prev: bytes) -> None:
        report = self.report
        for row, next_prev in self._rows(seq):
            report.rows_seen += 1
            seq += 1
            fields, column, what = decode_row(row)
            hash_ = row[-1]
            if (
                not isinstance(hash_, bytes)
                or column
                or row[0] != seq
                or row[-2] != prev
                or hash_fields(fields) != hash_
            ):
                self._name_fault(seq, row, fields, prev, next_prev, column, what)
                self._count_the_rest(seq)
                return
            if (point := self.points.get(seq)) and point.hash != hash_:
                report.fault(seq, "hash", "the chain fits, but not the signed checkpoint: the rows were written anew")
                self._count_the_rest(seq)
                return
            prev = hash_
            report.rows += 1
            report.last_good_seq, report.last_good_hash = seq, prev

    def _name_fault(
        self,
        seq: int,
        row: tuple[object, ...],
        fields: list[bytes],
        prev: bytes,
        next_prev: bytes | None,
        column: str,
        what: str,
    ) -> None:
        report, found, stored = self.report, row[0], row[-1]
        if column or not isinstance(stored, bytes) or not isinstance(found, int):
            report.fault(seq, column, what)
            return
        if found != seq:
            report.fault(seq, *self._misplaced(seq, found, prev))
        elif hash_fields(fields) == stored:
            report.fault(seq, "prev_hash", "the row fits itself, but the row before it was removed or replaced")
        else:
            report.fault(seq, *changed_field(fields, stored, prev, next_prev))

    def _misplaced(self, seq: int, found: int, prev: bytes) -> tuple[str, str]:
        """Why number `found` stands where `seq` belongs: the true row is looked for under any number."""
        for row in self.connection.execute(f"{_SELECT} WHERE prev_hash = ?", (prev,)):
            fields, column, _ = decode_row(row)
            if not column and hash_fields([sized_int(seq), *fields[1:]]) == row[-1]:
                return "seq", f"the number was changed to {row[0]}"
        if found > seq:
            return "", f"rows {seq} to {found - 1} are missing"
        return "seq", f"number {found} stands where {seq} belongs"

    def _count_the_rest(self, seq: int) -> None:
        with contextlib.suppress(*SQLITE_TROUBLE):
            for _ in self.connection.execute("SELECT seq FROM events NOT INDEXED WHERE seq > ? ORDER BY seq", (seq,)):
                self.report.rows_seen += 1

    def _check_signed_range(self, start: SegmentStart) -> None:
        """Signatures come at known distances: a missing one, or one over a row that is not there, is a change."""
        report = self.report
        at = start.first_seq - 1
        limit = start.checkpoint_rows + MAX_COMMIT_ROWS
        for seq in [*sorted(self.points), report.last_good_seq]:
            if seq > report.last_good_seq:
                report.fault(seq, "", f"the journal ends at row {report.last_good_seq}, but row {seq} was signed")
            elif seq - at > limit:
                report.fault(at + limit, "checkpoint", f"no signed checkpoint from row {at + 1} to {seq}")
            else:
                at = seq
                continue
            return
        if start.first_seq not in self.points and report.rows:
            report.fault(start.first_seq, "checkpoint", "the checkpoint over the segment's first row is missing")

    def _check_strays(self, start: SegmentStart) -> None:
        row = self.connection.execute("SELECT seq FROM events ORDER BY seq LIMIT 1").fetchone()
        if row and row[0] < start.first_seq:
            self.report.fault(row[0], "", f"a row stands before the segment's first number, {start.first_seq}")

    def _check_file(self) -> None:
        found = [row[0].decode(errors="replace") for row in self.connection.execute("PRAGMA integrity_check(3)")]
        if found != ["ok"]:
            self.report.fault(0, "", "rows are good, but the file is not: " + "; ".join(found))


def _check_links(reports: list[SegmentReport]) -> None:
    for index, report in enumerate(reports):
        start = report.start
        if start is None:
            continue
        if index == 0:
            if start.prev_file and closed_by(start) not in _told_removed(reports):
                report.fault(0, "segments", f"the file before it, {start.prev_file}, is missing")
            continue
        before = reports[index - 1]
        if start.prev_file != before.path.name:
            report.fault(0, "segments", f"it follows {start.prev_file}, which is missing")
        elif start.prev_seq and _hash_at(before.path, start.prev_seq) not in (start.prev_hash, None):
            report.fault(0, "segments", f"row {start.prev_seq} of {start.prev_file} is not the one it was linked to")
        elif start.goes_on and not before.faults and before.last_good_seq != start.prev_seq:
            what = f"the closed segment ends at row {before.last_good_seq} and not at {start.prev_seq}"
            before.fault(min(before.last_good_seq, start.prev_seq) + 1, "", what)


def _told_removed(reports: list[SegmentReport]) -> list[ClosedSegment]:
    """The segments that rows of the journal, as far as they are good, tell were removed."""
    found = []
    for report in reports:
        with contextlib.suppress(*SQLITE_TROUBLE), contextlib.closing(connect_to_read(report.path)) as connection:
            rows = connection.execute(
                "SELECT body FROM events WHERE kind = ? AND seq <= ?", (REMOVED, report.last_good_seq)
            )
            for (body,) in rows:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    told = json.loads(body)
                    found.append(
                        ClosedSegment(file=told["file"], last_row=told["last_row"], last_hash=told["last_hash"])
                    )
    return found


def _check_anchor(reports: list[SegmentReport], anchor: Checkpoint, keys: dict[str, Ed25519PublicKey]) -> None:
    if fault := signature_fault(anchor, keys):
        reports[-1].fault(anchor.seq, "anchor", fault)
        return
    for report in reports:
        hash_ = _hash_at(report.path, anchor.seq)
        if hash_ is not None:
            if hash_ != anchor.hash:
                report.fault(anchor.seq, "anchor", "the row is not the one whose checkpoint was stored elsewhere")
            return
    reports[-1].fault(anchor.seq, "anchor", "the row is missing: the journal was cut after its checkpoint was stored")


def _hash_at(path: Path, seq: int) -> bytes | None:
    with contextlib.suppress(*SQLITE_TROUBLE, JournalNotFound), contextlib.closing(connect_to_read(path)) as connection:
        row = connection.execute("SELECT hash FROM events WHERE seq = ?", (seq,)).fetchone()
        return row[0] if row and isinstance(row[0], bytes) else None
    return None
