import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from otha.journal.entry import Entry
from otha.journal.errors import JournalNotFound, JournalUnreadable
from otha.journal.reader import CSV_COLUMNS, Query, Reader, export_csv, export_jsonl, wall_text
from otha.journal.segment import SEQ_STRIDE, segment_path
from otha.journal.writer import Journal

KINDS = ("transfer.intent", "transfer.outcome", "transferred", "alarm.raised")


def entry(n: int) -> Entry:
    return Entry(
        kind=KINDS[n % 4], body={"n": n, "note": "50%_Ü!"}, group=f"g{n % 2}", node=f"n{n % 3}", user="kim", epoch=n
    )


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Rows 2 to 25, with n = seq - 2."""
    with Journal(tmp_path) as journal:
        for n in range(24):
            journal.append(entry(n))
    return tmp_path


@pytest.fixture
def reader(journal: Path) -> Iterator[Reader]:
    with Reader(journal) as reader:
        yield reader


def seqs(reader: Reader, limit: int | None = None, **conditions: object) -> list[int]:
    return [row.seq for row in reader.query(Query(**conditions), limit=limit)]  # type: ignore[arg-type]


def test_the_newest_rows_come_oldest_first(reader: Reader) -> None:
    assert [row.seq for row in reader.tail(3)] == [23, 24, 25]
    assert [row.seq for row in reader.tail(2, Query(group="g0"))] == [22, 24]
    assert len(reader.tail(1000)) == 25


def test_every_condition_narrows(reader: Reader) -> None:
    assert seqs(reader, group="g1", node="n1") == [3, 9, 15, 21]
    assert seqs(reader, kind="transfer.intent") == [2, 6, 10, 14, 18, 22]
    assert seqs(reader, kind="transfer.", limit=4) == [2, 3, 6, 7]
    assert seqs(reader, kind="transferred", limit=1) == [4]
    assert seqs(reader, user="kim", limit=1) == [2]
    assert seqs(reader, user="nobody") == []
    assert seqs(reader, text='"n":17') == [19]
    assert seqs(reader, after_seq=23) == [24, 25]


@pytest.mark.parametrize(
    ("text", "found"), [("50%_", 24), ("5_%", 0), ("%%", 0), ("!", 24), ("NOTE", 24), ("' OR 1", 0)]
)
def test_text_is_looked_for_as_it_is(reader: Reader, text: str, found: int) -> None:
    assert reader.count(Query(text=text)) == found


def test_times_bound_from_the_first_and_exclude_the_last(reader: Reader) -> None:
    rows = list(reader.query())
    assert seqs(reader, from_ns=rows[4].wall_ns, to_ns=rows[7].wall_ns) == [5, 6, 7]


def test_pages_meet_without_gap_or_repeat(reader: Reader) -> None:
    pages: list[int] = []
    while page := seqs(reader, 7, after_seq=pages[-1] if pages else 0):
        pages += page
    assert pages == list(range(1, 26))


def test_segments_are_read_as_one(journal: Path) -> None:
    with closing(sqlite3.connect(segment_path(journal, 1))) as connection, connection:
        connection.execute("UPDATE events SET user = 'eve' WHERE seq = 5")
    with Journal(journal) as writer:
        writer.append(entry(0))
    with Reader(journal) as reader:
        assert seqs(reader)[-3:] == [25, SEQ_STRIDE + 1, SEQ_STRIDE + 2]
        assert [row.seq for row in reader.tail(3)] == [25, SEQ_STRIDE + 1, SEQ_STRIDE + 2]
        assert reader.count() == 27
        point = reader.last_checkpoint()
        assert point is not None
        assert point.seq == SEQ_STRIDE + 2


def test_rows_show_up_while_the_writer_goes_on(tmp_path: Path) -> None:
    with Journal(tmp_path) as writer, Reader(tmp_path) as reader:
        for n in range(5):
            seq = writer.append(entry(n), urgent=True).result(5)
            assert seqs(reader, after_seq=seq - 1) == [seq]


def test_reading_changes_nothing(journal: Path) -> None:
    def content() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in journal.iterdir() if not path.name.endswith(("-shm", "-wal"))}

    before = content()
    with Reader(journal) as reader:
        assert reader.count() == 25
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._database(segment_path(journal, 1)).execute("DELETE FROM events")
    assert content() == before


def test_json_lines_hold_every_field(reader: Reader) -> None:
    out = io.StringIO()
    assert export_jsonl(reader.query(), out) == 25
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    rows = list(reader.query())
    assert [{k: v for k, v in line.items() if k != "wall"} for line in lines] == [row.as_dict() for row in rows]
    assert lines[3]["wall"] == wall_text(rows[3].wall_ns)


def test_csv_holds_every_field(reader: Reader) -> None:
    out = io.StringIO()
    assert export_csv(reader.query(), out) == 25
    lines = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert tuple(lines[0]) == CSV_COLUMNS
    row = next(reader.query(Query(after_seq=9)))
    assert (lines[9]["body"], lines[9]["hash"], lines[9]["epoch"]) == (row.body, row.hash.hex(), str(row.epoch))


def test_wall_clock_text_is_utc_to_the_microsecond() -> None:
    assert wall_text(1_700_000_000_123_456_789) == "2023-11-14T22:13:20.123456Z"


def test_no_journal_and_an_unreadable_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(JournalNotFound):
        Reader(tmp_path)
    segment_path(tmp_path, 1).write_bytes(b"no database at all" * 300)
    with Reader(tmp_path) as reader, pytest.raises(JournalUnreadable, match="journal-0001"):
        reader.tail()


def test_a_segment_whose_table_is_gone_is_not_told_as_empty(journal: Path) -> None:
    with sqlite3.connect(segment_path(journal, 1)) as connection:
        connection.execute("DROP TABLE events")
    connection.close()
    with Reader(journal) as reader, pytest.raises(JournalUnreadable, match="no such table"):
        list(reader.query())
