"""Pages of the journal: so many rows, so many bytes, so much time, and where the next page begins.

A search goes through the journal a stretch of numbers at a time, so that it can end early and go on later: what it
costs is bounded, however long the journal is and however little is found.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from otha.journal.entry import JournalRow
from otha.journal.reader import Query, Reader

PAGE_MAX: Final = 500
PAGE_S: Final = 1.0
_BYTES_MAX: Final = 1 << 20
_STRETCH: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows, and the number after which the next page begins, or before which when the newest come first; None: there is
    no next page."""

    rows: tuple[JournalRow, ...]
    after: int | None


def page(
    journal: Path,
    query: Query,
    limit: int,
    *,
    newest_first: bool,
    given_up: Callable[[], bool],
    within_s: float = PAGE_S,
) -> Page:
    """The first `limit` rows that match, or fewer when it takes longer than `within_s`. Raises OthaError.

    `given_up`: nobody waits for it any more.
    """
    until = time.monotonic() + within_s
    rows: list[JournalRow] = []
    size = 0
    with Reader(journal) as reader:
        # Closed segments may have been removed: where there are no rows, none are looked for.
        first = reader.first_seq()
        end = first if newest_first else reader.last_seq()
        at = (query.before_seq or reader.last_seq() + 1) if newest_first else max(query.after_seq, first - 1)
        while at > end if newest_first else at < end:
            then = at - _STRETCH if newest_first else at + _STRETCH
            low, high = (max(then - 1, 0), at) if newest_first else (at, then + 1)
            stretch = replace(query, after_seq=low, before_seq=high)
            for row in reader.newest(stretch) if newest_first else reader.query(stretch):
                if rows and (len(rows) >= limit or size + len(row.body) > _BYTES_MAX):
                    return Page(rows=tuple(rows), after=rows[-1].seq)
                rows.append(row)
                size += len(row.body)
            at = then
            if (at > end if newest_first else at < end) and (given_up() or time.monotonic() > until):
                return Page(rows=tuple(rows), after=at)
    return Page(rows=tuple(rows), after=None)
