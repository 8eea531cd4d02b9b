"""A choice is moved by a higher epoch only, and kept."""

from pathlib import Path

import pytest

from sim.errors import RecordError
from sim.selection import Answer, Selection


def test_only_a_higher_epoch_moves_it(tmp_path: Path) -> None:
    chosen = Selection(tmp_path / "one.path", first=1, choices=(1, 2))
    assert (chosen.epoch, chosen.node) == (0, 1)
    assert chosen.select(3, 2) is Answer.DONE
    assert chosen.select(3, 2) is Answer.ALREADY
    assert chosen.select(3, 1) is Answer.REFUSED_EPOCH
    assert chosen.select(2, 2) is Answer.REFUSED_EPOCH
    assert chosen.select(4, 3) is Answer.REFUSED_CHOICE
    assert (chosen.epoch, chosen.node) == (3, 2)


def test_under_one_epoch_somebody_is_chosen_once_after_nobody(tmp_path: Path) -> None:
    chosen = Selection(tmp_path / "one.store", first=1, choices=(0, 1, 2))
    assert chosen.select(3, 0) is Answer.DONE
    assert chosen.select(2, 2) is Answer.REFUSED_EPOCH
    assert chosen.select(3, 2) is Answer.DONE
    assert chosen.select(3, 0) is Answer.REFUSED_EPOCH
    assert chosen.select(3, 1) is Answer.REFUSED_EPOCH
    assert (chosen.epoch, chosen.node) == (3, 2)


def test_it_is_kept(tmp_path: Path) -> None:
    Selection(tmp_path / "one.path", first=1, choices=(1, 2)).select(5, 2)
    again = Selection(tmp_path / "one.path", first=1, choices=(1, 2))
    assert (again.epoch, again.node) == (5, 2)
    assert again.select(5, 2) is Answer.ALREADY


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.path").write_text("{", encoding="utf-8")
    with pytest.raises(RecordError, match="damaged"):
        Selection(tmp_path / "one.path", first=1, choices=(1, 2))
