"""Damage found on opening: the file is kept, a linked segment begins, the caller is told, rows go on."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from otha.journal.entry import Entry
from otha.journal.opening import LINKED
from otha.journal.reader import Reader
from otha.journal.schema import Connection, connect_to_write
from otha.journal.segment import SEQ_STRIDE, segment_path
from otha.journal.terms import Limits, Trouble, TroubleKind
from otha.journal.verify import verify
from otha.journal.writer import Journal

BAD = 12


def entry(n: int) -> Entry:
    return Entry(kind="test.row", body={"n": n})


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    with Journal(tmp_path) as journal:
        for n in range(2, 31):
            journal.append(entry(n))
    with closing(sqlite3.connect(segment_path(tmp_path, 1))) as connection, connection:
        connection.execute("UPDATE events SET body = '{\"n\":0}' WHERE seq = ?", (BAD,))
    return tmp_path


def test_a_damaged_segment_is_kept_and_a_linked_one_begins(damaged: Path) -> None:
    before = segment_path(damaged, 1).read_bytes()
    told: list[Trouble] = []
    with Journal(damaged, on_trouble=told.append) as journal:
        assert [trouble.kind for trouble in told] == [TroubleKind.DAMAGE]
        damage = journal.damage
        assert damage is not None
        assert told[0].damage == damage
        assert (damage.first_bad_seq, damage.last_good_seq) == (BAD, BAD - 1)
        assert journal.append(entry(1), urgent=True).result(5) == SEQ_STRIDE + 2
    assert segment_path(damaged, 1).read_bytes() == before
    with Reader(segment_path(damaged, 2)) as reader:
        first = next(reader.query())
        assert (first.seq, first.kind) == (SEQ_STRIDE + 1, LINKED)
        with Reader(segment_path(damaged, 1)) as old:
            good = next(row for row in old.query() if row.seq == BAD - 1)
        body = first.as_dict()["body"]
    assert body["damaged_file"] == "journal-0001.db"
    assert (body["first_bad_row"], body["last_good_row"]) == (BAD, BAD - 1)
    assert body["last_good_hash"] == good.hash.hex()


def test_the_next_start_goes_on_in_the_linked_segment(damaged: Path) -> None:
    Journal(damaged).close()
    with Journal(damaged) as journal:
        assert journal.damage is None
        assert journal.append(entry(1)).result(5) == SEQ_STRIDE + 2
    found = verify(damaged)
    assert [fault.seq for fault in found.faults] == [BAD]
    assert verify(segment_path(damaged, 2)).ok


def test_a_linked_segment_whose_predecessor_is_changed_or_missing_is_noticed(damaged: Path) -> None:
    Journal(damaged).close()
    with closing(sqlite3.connect(segment_path(damaged, 1))) as connection, connection:
        connection.execute("UPDATE events SET hash = zeroblob(32) WHERE seq = ?", (BAD - 1,))
    assert any("not the one it was linked to" in fault.what for fault in verify(damaged).faults)
    segment_path(damaged, 1).unlink()
    assert any("missing" in fault.what for fault in verify(damaged).faults)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 300])
def test_a_file_that_is_no_database_any_more_is_kept(tmp_path: Path, content: bytes) -> None:
    Journal(tmp_path).close()
    segment_path(tmp_path, 1).write_bytes(content)
    with Journal(tmp_path) as journal:
        assert journal.damage is not None
        assert journal.append(entry(1), urgent=True).result(5) == SEQ_STRIDE + 2
    assert segment_path(tmp_path, 1).read_bytes() == content


def test_numbers_never_fall_back_after_two_damaged_segments(damaged: Path) -> None:
    Journal(damaged).close()
    segment_path(damaged, 2).write_bytes(b"")
    with Journal(damaged) as journal:
        assert journal.append(entry(1), urgent=True).result(5) == 2 * SEQ_STRIDE + 2


def test_a_damage_that_shows_only_when_writing_leads_to_a_linked_segment(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    told: list[Trouble] = []

    def connect(path: Path) -> Connection:
        if path == segment_path(tmp_path, 1):
            # What SQLite says of a damaged file, from a file that is one.
            broken = tmp_path / "broken"
            broken.write_bytes(b"x" * 4096)
            return connect_to_write(broken)
        return connect_to_write(path)

    limits = Limits(retry_ms=1, retry_max_ms=1)
    with Journal(tmp_path, limits=limits, on_trouble=told.append, connect=connect) as journal:
        for _ in range(1000):
            future = journal.append(entry(1), urgent=True)
            if future.exception(5) is None:
                break
        assert future.result(0) > SEQ_STRIDE
    assert TroubleKind.DAMAGE in [trouble.kind for trouble in told]


def test_a_crash_while_a_segment_is_made_leaves_none(tmp_path: Path) -> None:
    segment_path(tmp_path, 1).with_name("journal-0001.db.part").write_bytes(b"half")
    segment_path(tmp_path, 1).with_name("journal-0001.db.part-wal").write_bytes(b"half")
    Journal(tmp_path).close()
    assert verify(tmp_path).ok
    assert not list(tmp_path.glob("*.part*"))


def test_old_damage_outside_the_checked_rows_is_left_to_verify(tmp_path: Path) -> None:
    limits = Limits(checkpoint_rows=100, check_rows=300)
    with Journal(tmp_path, limits=limits) as journal:
        for n in range(3000):
            journal.append(entry(n))
    with closing(sqlite3.connect(segment_path(tmp_path, 1))) as connection, connection:
        connection.execute("UPDATE events SET body = '{}' WHERE seq = 50")
    with Journal(tmp_path, limits=limits) as journal:
        assert journal.damage is None
    bad = verify(tmp_path).first_bad
    assert bad is not None
    assert bad.seq == 50
    with closing(sqlite3.connect(segment_path(tmp_path, 1))) as connection, connection:
        connection.execute("UPDATE events SET body = '{}' WHERE seq = 2950")
    with Journal(tmp_path, limits=limits) as journal:
        assert journal.damage is not None
        assert journal.damage.first_bad_seq == 2950
