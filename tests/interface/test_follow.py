"""Following a journal that is being written: every row once, in order, over segments and damage."""

from pathlib import Path

import pytest

from otha.interface.follow import Follower, last_start, newest
from otha.journal.entry import Entry
from otha.journal.errors import JournalUnreadable
from otha.journal.writer import Journal


def write(journal: Journal, kind: str, count: int = 1) -> None:
    for number in range(count):
        journal.append(Entry(kind=kind, body={"number": number}), urgent=True).result(30)


def test_each_row_comes_once_and_in_order(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        write(journal, "first", 5)
        last = newest(tmp_path)
        follower = Follower(tmp_path, last - 3)
        assert [row.seq for row in follower.page(2)] == [last - 2, last - 1]
        assert [row.seq for row in follower.page(2)] == [last]
        assert follower.page(2) == ()
        write(journal, "second", 2)
        assert [row.kind for row in follower.page(10)] == ["second", "second"]
        follower.close()


def test_where_the_newest_start_is(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        write(journal, "before", 3)
        before = newest(tmp_path)
        assert last_start(tmp_path) == 0
        write(journal, "supervisor.start")
        write(journal, "after")
        assert (last_start(tmp_path), newest(tmp_path)) == (before, before + 2)


def test_a_damaged_segment_is_given_up_once_another_follows(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        write(journal, "old", 3)
    segment = tmp_path / "journal-0001.db"
    raw = segment.read_bytes()
    segment.write_bytes(b"no database at all" + raw[18:])
    follower = Follower(tmp_path, 0)
    with pytest.raises(JournalUnreadable):
        follower.page(10)
    with Journal(tmp_path) as journal:
        write(journal, "new", 2)
        rows = follower.page(10)
        assert [row.kind for row in rows][-2:] == ["new", "new"]
        assert follower.given_up == [segment.name]
        assert follower.page(10) == ()
        follower.close()
