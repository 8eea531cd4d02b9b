"""The archive keeps each row once, knows its gaps, and remembers its duty."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.archive import Archive
from sim.samples import TAGS, Row, flat, flat_from, parse, parse_from


def rows(*seqs: int) -> list[Row]:
    return [Row(seq=seq, at_ns=seq * 50_000_000, values=tuple(range(seq, seq + len(TAGS)))) for seq in seqs]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "hist.sqlite")
    yield archive
    archive.close()


def test_a_repeat_changes_nothing(archive: Archive) -> None:
    assert archive.store(rows(1, 2, 3)) == 3
    assert archive.store(rows(2, 3, 4)) == 1
    assert archive.store(rows(1, 2, 3, 4)) == 0
    assert (archive.stored, archive.position, archive.highest) == (4, 4, 4)


def test_the_position_stands_before_a_gap_until_it_is_filled(archive: Archive) -> None:
    archive.store(rows(1, 2))
    archive.store(rows(6, 7))
    assert (archive.stored, archive.position, archive.highest) == (4, 2, 7)
    assert archive.gap(1, 7) == (3, 5)
    archive.store(rows(4))
    assert archive.gap(1, 9) == (3, 3)
    assert archive.gap(4, 9) == (5, 5)
    archive.store(rows(3, 5))
    assert archive.position == 7
    assert archive.gap(1, 7) is None
    assert archive.gap(6, 9) == (8, 9)


def test_all_of_it_is_known_again_after_a_start(archive: Archive, tmp_path: Path) -> None:
    archive.store(rows(1, 2, 5))
    archive.keep_duty(7, active=True)
    again = Archive(tmp_path / "hist.sqlite")
    assert (again.stored, again.position, again.highest, again.duty()) == (3, 2, 5, (7, True))
    assert again.rows(2, 9, 10) == rows(2, 5)
    assert again.rows(1, 9, 1) == rows(1)
    again.close()


def test_a_tags_history_in_both_directions(archive: Archive) -> None:
    archive.store(rows(1, 2, 3, 4))
    found = archive.history("level_2", 2 * 50_000_000, 3 * 50_000_000, 10, newest_first=False)
    assert [(point.at_ns, point.value) for point in found] == [(100_000_000, 3), (150_000_000, 4)]
    assert [point.value for point in archive.history("level_1", 0, 2**62, 3, newest_first=True)] == [4, 3, 2]


def test_rows_travel_as_numbers() -> None:
    sent = rows(4, 5, 6)
    assert parse(flat(sent)) == sent
    assert parse_from(4, flat_from(sent)) == sent
    assert parse(flat(sent)[:-1]) is None
    assert parse_from(4, flat_from(sent)[:-1]) is None
    assert parse([]) == parse_from(1, []) == []
