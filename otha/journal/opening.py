"""Opening a journal for writing: continue a sound segment, or keep a damaged one and link a new one to it.

A sound segment that has grown or aged enough is followed by the next one in the same way; its numbers go on.
"""

import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from otha.journal.chain import NO_HASH, SegmentStart
from otha.journal.entry import Entry
from otha.journal.keys import Signer, public_keys
from otha.journal.segment import next_first_seq, segment_number, segment_path, segments_in
from otha.journal.store import Connect, Store, create_segment, open_store
from otha.journal.terms import Damage
from otha.journal.verify import SegmentReport, verify_segment

CREATED = "journal.created"
LINKED = "journal.linked"
CONTINUED = "journal.continued"


def open_newest(
    directory: Path,
    signer: Signer,
    connect: Connect,
    *,
    checkpoint_rows: int,
    check_rows: int,
    condemned: str = "",
) -> tuple[Store, Damage | None]:
    """Open the newest segment in `directory`, after verifying its newest `check_rows` rows; create the first one.

    `condemned` says why the newest segment must not be written any more although its rows may verify.
    Raises JournalTooNew, sqlite3.Error, OSError.
    """
    segments = segments_in(directory)
    if not segments:
        path = segment_path(directory, 1)
        start = _start(1, first_seq=1, checkpoint_rows=checkpoint_rows)
        create_segment(path, start, _first_entry(CREATED, signer, {"segment": 1}), signer)
        return open_store(path, signer, connect), None
    newest = segments[-1]
    report = verify_segment(newest, public_keys(directory), newest=check_rows)
    if condemned:
        report.fault(0, "", condemned)
    if not report.faults:
        return open_store(newest, signer, connect), None
    damage = _link_new(directory, report, signer, checkpoint_rows)
    return open_store(damage.new_file, signer, connect), damage


def begin_next(store: Store, signer: Signer, connect: Connect, why: str) -> Store:
    """Begin the segment after a sound one whose rows are all durable, and open it; the caller closes the old one.

    The old segment ends with a signed checkpoint; the new one's start holds its last row and hash, so that a cut end of
    a closed segment shows. Raises sqlite3.Error, OSError; then the old one is still the newest, or the new one is
    whole.
    """
    store.sign()
    store.fold()
    segment = store.start.segment + 1
    path = segment_path(store.path.parent, segment)
    start = _start(
        segment,
        first_seq=store.head.seq + 1,
        checkpoint_rows=store.start.checkpoint_rows,
        prev_file=store.path.name,
        prev_seq=store.head.seq,
        prev_hash=store.head.hash,
    )
    body = {
        "segment": segment,
        "closed_file": store.path.name,
        "why": why,
        "last_row": store.head.seq,
        "last_hash": store.head.hash.hex(),
    }
    create_segment(path, start, _first_entry(CONTINUED, signer, body), signer)
    return open_store(path, signer, connect)


def _start(
    segment: int,
    *,
    first_seq: int,
    checkpoint_rows: int,
    prev_file: str = "",
    prev_seq: int = 0,
    prev_hash: bytes = NO_HASH,
) -> SegmentStart:
    return SegmentStart(
        segment=segment,
        first_seq=first_seq,
        checkpoint_rows=checkpoint_rows,
        created_wall_ns=time.time_ns(),
        prev_file=prev_file,
        prev_seq=prev_seq,
        prev_hash=prev_hash,
    )


def _first_entry(kind: str, signer: Signer, body: dict[str, object]) -> Entry:
    try:
        code = version("otha")
    except PackageNotFoundError:
        code = ""
    return Entry(kind=kind, body={**body, "key_id": signer.key_id, "version": code})


def _link_new(directory: Path, report: SegmentReport, signer: Signer, checkpoint_rows: int) -> Damage:
    fault = report.faults[0]
    segment = segment_number(report.path) + 1
    path = segment_path(directory, segment)
    good = report.last_good_seq if report.rows or report.last_good_hash else 0
    damage = Damage(
        file=report.path,
        new_file=path,
        first_bad_seq=fault.seq,
        what=str(fault),
        last_good_seq=good,
        last_good_hash=report.last_good_hash if good else NO_HASH,
    )
    start = _start(
        segment,
        first_seq=next_first_seq(max(report.highest_seq, _known_highest(directory, segment))),
        checkpoint_rows=checkpoint_rows,
        prev_file=report.path.name,
        prev_seq=damage.last_good_seq,
        prev_hash=damage.last_good_hash,
    )
    body = {
        "segment": segment,
        "damaged_file": report.path.name,
        "first_bad_row": damage.first_bad_seq,
        "what": damage.what,
        "last_good_row": damage.last_good_seq,
        "last_good_hash": damage.last_good_hash.hex(),
    }
    create_segment(path, start, _first_entry(LINKED, signer, body), signer)
    return damage


def _known_highest(directory: Path, segment: int) -> int:
    """The start of the damaged segment itself may be unreadable: numbers never fall below those of the ones before."""
    older = [p for p in segments_in(directory) if segment_number(p) < segment - 1]
    if not older:
        return 0
    return next_first_seq(verify_segment(older[-1], public_keys(directory)).highest_seq)
