"""Pages of a long journal: none is left out, none comes twice, and a search that finds little ends all the same."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from otha.interface import pages
from otha.journal.entry import Entry
from otha.journal.reader import Query
from otha.journal.writer import Journal

ROWS = 60


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("journal")
    with Journal(folder) as made:
        for number in range(ROWS):
            last = made.append(Entry(kind="decision", body={"n": number}, mono_ns=number), number == ROWS - 1)
        last.result(30)
    return folder


def numbers(page: pages.Page) -> list[int]:
    return [json.loads(row.body)["n"] for row in page.rows if row.kind == "decision"]


def every(journal: Path, wanted: Query, limit: int, *, newest_first: bool, within_s: float) -> tuple[list[int], int]:
    """The numbers on all pages, and how many pages there are."""
    found, count, point = list[int](), 0, 0
    while True:
        before, after = (point, 0) if newest_first else (0, point)
        page = pages.page(
            journal,
            replace(wanted, before_seq=before, after_seq=after),
            limit,
            newest_first=newest_first,
            given_up=lambda: False,
            within_s=within_s,
        )
        found, count = found + numbers(page), count + 1
        assert len(page.rows) <= limit
        if page.after is None:
            return found, count
        point = page.after


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("stretch", [1, 7, 1000])
@pytest.mark.parametrize("limit", [1, 9, 500])
@pytest.mark.parametrize("within_s", [0.0, 60.0])
def test_pages_meet_without_gap_or_repeat(
    journal: Path, monkeypatch: pytest.MonkeyPatch, newest_first: bool, stretch: int, limit: int, within_s: float
) -> None:
    monkeypatch.setattr(pages, "_STRETCH", stretch)
    found, _ = every(journal, Query(kind="decision"), limit, newest_first=newest_first, within_s=within_s)
    assert found == (list(range(ROWS))[::-1] if newest_first else list(range(ROWS)))


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_long_search_ends_its_page_in_time_and_goes_on_in_the_next(
    journal: Path, monkeypatch: pytest.MonkeyPatch, newest_first: bool
) -> None:
    monkeypatch.setattr(pages, "_STRETCH", 10)
    found, count = every(journal, Query(text='"n":30'), 5, newest_first=newest_first, within_s=0.0)
    assert found == [30]
    assert count > ROWS // 10


def test_nobody_waits_for_a_page_that_was_given_up(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_STRETCH", 10)
    page = pages.page(journal, Query(text="nowhere"), 5, newest_first=False, given_up=lambda: True)
    assert (page.rows, page.after) == ((), 10)
