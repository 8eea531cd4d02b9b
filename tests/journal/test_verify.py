"""Whatever is changed in a journal is noticed, and the first bad row is named."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from otha.journal.anchor import AnchorError, anchor_text, load_anchor
from otha.journal.chain import Checkpoint, hash_fields, row_fields
from otha.journal.entry import COLUMNS, Entry
from otha.journal.errors import JournalNotFound
from otha.journal.reader import Reader
from otha.journal.segment import segment_path
from otha.journal.terms import Limits
from otha.journal.verify import CUT_TAIL, Verification, verify
from otha.journal.writer import Journal

ROWS = 40
INTEGERS = ("seq", "wall_ns", "mono_ns", "epoch")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of 40 rows, folded into its file, with checkpoints over rows 1 and 40."""
    directory = tmp_path_factory.mktemp("journal")
    with Journal(directory) as journal:
        for n in range(2, ROWS + 1):
            journal.append(Entry(kind="test.row", body={"n": n, "ü": "é"}, group="g", node="a", epoch=n, user="kim"))
    return directory


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "copy")


def change(directory: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(segment_path(directory, 1))) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(sql, values)


def value_of(directory: Path, seq: int, column: str) -> bytes | int:
    with closing(sqlite3.connect(segment_path(directory, 1))) as connection:
        found = connection.execute(f'SELECT "{column}" FROM events WHERE seq = ?', (seq,)).fetchone()[0]
    return found.encode() if isinstance(found, str) else found


def flips(value: bytes | int) -> Iterator[bytes | int]:
    """`value` with one bit of one byte changed, once for every byte."""
    whole = value if isinstance(value, bytes) else value.to_bytes(8, "big", signed=True)
    for at in range(len(whole)):
        flipped = whole[:at] + bytes((whole[at] ^ 1 << at % 8,)) + whole[at + 1 :]
        yield flipped if isinstance(value, bytes) else int.from_bytes(flipped, "big", signed=True)


def test_an_untouched_journal_is_good(written: Path) -> None:
    found = verify(written)
    assert found.ok
    assert found.first_bad is None
    assert (found.rows, found.last_seq, found.signed_seq) == (ROWS, ROWS, ROWS)
    assert found.note == CUT_TAIL
    assert "only up to the last checkpoint stored elsewhere" in CUT_TAIL


@pytest.mark.parametrize("seq", [1, 17, ROWS])
@pytest.mark.parametrize("column", COLUMNS)
def test_every_flipped_byte_of_a_row_is_noticed_and_the_row_and_field_named(
    written: Path, tmp_path: Path, seq: int, column: str
) -> None:
    true = value_of(written, seq, column)
    for n, flipped in enumerate(flips(true)):
        directory = shutil.copytree(written, tmp_path / str(n))
        text = column not in INTEGERS and not column.endswith("hash")
        # Text may be no UTF-8 any more: it goes in as its bytes.
        new = "CAST(? AS TEXT)" if text else "?"
        try:
            change(directory, f'UPDATE events SET "{column}" = {new} WHERE seq = ?', flipped, seq)
        except sqlite3.IntegrityError:
            assert column == "seq"  # another row has that number already
            continue
        bad = verify(directory).first_bad
        assert bad is not None
        assert (bad.seq, bad.field) == (seq, column), bad


@pytest.mark.parametrize("name", ["kin", "kil", "kiz", "ki "])
def test_a_byte_of_which_several_bits_changed_is_named_as_well(copy: Path, name: str) -> None:
    change(copy, "UPDATE events SET user = ? WHERE seq = 17", name)
    bad = verify(copy).first_bad
    assert bad is not None
    assert (bad.seq, bad.field, bad.what) == (17, "user", "byte 3 was changed")


def test_any_flipped_byte_of_the_file_is_noticed_or_changes_no_row(written: Path, tmp_path: Path) -> None:
    with Reader(written) as reader:
        true = list(reader.query())
    path = segment_path(tmp_path, 1)
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    good = path.read_bytes()
    dice = random.Random(1)
    noticed = 0
    for at in sorted(dice.sample(range(100, len(good)), 400)):
        path.write_bytes(good[:at] + bytes((good[at] ^ 1 << dice.randrange(8),)) + good[at + 1 :])
        if verify(tmp_path).ok:
            with Reader(tmp_path) as reader:
                assert list(reader.query()) == true, at
        else:
            noticed += 1
    assert noticed > 50


@pytest.mark.parametrize("gone", [1, 2, 20, ROWS - 1])
def test_a_missing_row_is_named(copy: Path, gone: int) -> None:
    change(copy, "DELETE FROM events WHERE seq = ?", gone)
    bad = verify(copy).first_bad
    assert bad is not None
    assert bad.seq == gone
    assert "missing" in bad.what or gone == 1


def test_two_exchanged_rows_are_noticed_at_the_first(copy: Path) -> None:
    change(copy, "UPDATE events SET seq = -1 WHERE seq = 10")
    change(copy, "UPDATE events SET seq = 10 WHERE seq = 11")
    change(copy, "UPDATE events SET seq = 11 WHERE seq = -1")
    bad = verify(copy).first_bad
    assert bad is not None
    assert bad.seq == 10


def test_a_row_before_the_first_is_noticed(copy: Path) -> None:
    columns = ", ".join(f'"{c}"' for c in COLUMNS[1:])
    change(copy, f"INSERT INTO events (seq, {columns}) SELECT -5, {columns} FROM events WHERE seq = 3")
    bad = verify(copy).first_bad
    assert bad is not None
    assert bad.seq == -5


def rewrite(directory: Path, seq: int, body: str) -> None:
    """Change a row and everything that depends on it, as somebody who knows the format would."""
    with closing(sqlite3.connect(segment_path(directory, 1))) as connection, connection:
        names = ", ".join(f'"{c}"' for c in COLUMNS)
        found = connection.execute(f"SELECT {names} FROM events WHERE seq >= ? ORDER BY seq", (seq,)).fetchall()
        prev = found[0][-2]
        for row in found:
            fields: list[Any] = [*row[:-2], prev]
            if row[0] == seq:
                fields[9] = body
            hash_ = hash_fields(row_fields(*fields))
            connection.execute(
                "UPDATE events SET body = ?, prev_hash = ?, hash = ? WHERE seq = ?", (fields[9], prev, hash_, row[0])
            )
            prev = hash_


def test_rows_written_anew_without_the_key_do_not_fit_the_checkpoint(copy: Path) -> None:
    rewrite(copy, 30, '{"n":0}')
    bad = verify(copy).first_bad
    assert bad is not None
    assert (bad.seq, bad.field) == (ROWS, "hash")
    assert "checkpoint" in bad.what


def test_one_replaced_row_that_fits_itself_is_found_by_its_successor(copy: Path) -> None:
    found = value_of(copy, 30, "hash")
    rewrite(copy, 30, '{"n":0}')
    change(copy, "UPDATE events SET prev_hash = ? WHERE seq = 31", found)
    bad = verify(copy).first_bad
    assert bad is not None
    assert bad.seq == 31


@pytest.mark.parametrize("column", ["seq", "hash", "wall_ns", "key_id", "signature"])
def test_every_flipped_byte_of_a_checkpoint_is_noticed(written: Path, tmp_path: Path, column: str) -> None:
    with Reader(written) as reader:
        point = reader.last_checkpoint()
    assert point is not None
    value = getattr(point, column)
    for n, flipped in enumerate(flips(value.encode() if isinstance(value, str) else value)):
        directory = shutil.copytree(written, tmp_path / str(n))
        new = "CAST(? AS TEXT)" if column == "key_id" else "?"
        change(directory, f"UPDATE checkpoints SET {column} = {new} WHERE seq = ?", flipped, ROWS)
        found = verify(directory)
        assert not found.ok
        assert any(fault.field == "checkpoint" for fault in found.faults)


def test_removed_checkpoints_are_noticed(copy: Path) -> None:
    change(copy, "DELETE FROM checkpoints")
    bad = verify(copy).first_bad
    assert bad is not None
    assert bad.field == "checkpoint"


def test_a_long_stretch_without_a_checkpoint_is_noticed(tmp_path: Path) -> None:
    with Journal(tmp_path, limits=Limits(checkpoint_rows=100)) as journal:
        for n in range(1500):
            journal.append(Entry(kind="test.row", body={"n": n}))
    assert verify(tmp_path).ok
    change(tmp_path, "DELETE FROM checkpoints WHERE seq > 1 AND seq < 1400")
    bad = verify(tmp_path).first_bad
    assert bad is not None
    assert "no signed checkpoint" in bad.what


@pytest.mark.parametrize(
    "column", ["segment", "first_seq", "checkpoint_rows", "created_wall_ns", "prev_seq", "prev_file", "prev_hash"]
)
def test_a_changed_start_is_noticed(copy: Path, column: str) -> None:
    new = {"prev_file": "'x'", "prev_hash": "zeroblob(31)"}.get(column, f"{column} + 1")
    change(copy, f"UPDATE segments SET {column} = {new}")
    assert not verify(copy).ok


def cut(directory: Path, after: int) -> Verification:
    change(directory, "DELETE FROM events WHERE seq > ?", after)
    return verify(directory)


def test_a_cut_below_a_checkpoint_is_noticed(copy: Path) -> None:
    bad = cut(copy, 30).first_bad
    assert bad is not None
    assert "ends at row 30, but row 40 was signed" in bad.what


def anchor_of(directory: Path) -> Checkpoint:
    with Reader(directory) as reader:
        found = reader.last_checkpoint()
    assert found is not None
    return found


def test_a_cut_tail_with_its_checkpoints_is_proved_by_an_anchor_alone(copy: Path, tmp_path: Path) -> None:
    kept_elsewhere = tmp_path / "anchor.json"
    kept_elsewhere.write_text(anchor_text(anchor_of(copy)))
    anchor = load_anchor(kept_elsewhere)
    assert verify(copy, anchor).ok
    change(copy, "DELETE FROM checkpoints WHERE seq > 1")
    assert cut(copy, 30).ok
    bad = verify(copy, anchor).first_bad
    assert bad is not None
    assert (bad.seq, bad.field) == (ROWS, "anchor")
    assert "missing" in bad.what


def test_a_journal_written_anew_with_another_key_does_not_fit_the_anchor(written: Path, tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for n in range(2, ROWS + 1):
            journal.append(Entry(kind="test.row", body={"n": n}))
    assert verify(tmp_path).ok
    assert not verify(tmp_path, anchor_of(written)).ok
    shutil.copy(next(written.glob("*.pub")), tmp_path)
    bad = verify(tmp_path, anchor_of(written)).first_bad
    assert bad is not None
    assert "not the one" in bad.what


def test_an_anchor_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('{"seq": 1}')
    with pytest.raises(AnchorError):
        load_anchor(tmp_path / "a")


def test_no_journal_and_no_database_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(JournalNotFound):
        verify(tmp_path)
    segment_path(tmp_path, 1).write_bytes(b"no database at all" * 300)
    assert not verify(tmp_path).ok
    segment_path(tmp_path, 1).write_bytes(b"")
    assert not verify(tmp_path).ok


def test_a_running_journal_verifies(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for n in range(500):
            future = journal.append(Entry(kind="test.row", body={"n": n}))
            if n % 100 == 0:
                assert verify(tmp_path).ok
        future.result(5)
        assert verify(tmp_path).rows == 501
