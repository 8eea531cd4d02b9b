"""What a start says of the site that ran last, and of a change that was cut off."""

from pathlib import Path

import pytest

from otha.journal.entry import Entry
from otha.journal.writer import Journal
from otha.runtime.last_site import told

START = ("supervisor.start", {"site_hash": "aa"})
INTENT = ("site.apply", {"id": "7", "from": "aa", "to": "bb"})
APPLIED = ("site.applied", {"id": "7", "from": "aa", "to": "bb", "site_hash": "bb"})
STANDING = ("site.standing", {"site_hash": "bb"})
REFUSED = ("site.refused", {"id": "7", "from": "aa", "to": "bb"})


def _told(folder: Path, digest: str, *rows: tuple[str, dict[str, str]]) -> str:
    with Journal(folder) as journal:
        for kind, body in rows:
            journal.append(Entry(kind=kind, body=body, user="kim"), urgent=True).result(10)
    return told(folder, digest)


@pytest.mark.parametrize(
    ("digest", "rows", "says"),
    [
        ("aa", (), ""),
        ("aa", (START,), ""),
        ("cc", (START,), "the site is not the one that ran last"),
        ("bb", (START, INTENT, APPLIED), ""),
        ("aa", (START, INTENT, APPLIED), "its hash was bb, and is aa"),
        ("aa", (START, INTENT, REFUSED), ""),
        ("aa", (START, INTENT), "otha apply 7 by kim, from aa to bb: the old site runs now"),
        ("bb", (START, INTENT), "the new site runs now"),
        ("cc", (START, INTENT), "neither of the two sites runs now"),
        ("aa", (START, INTENT, START), ""),
        ("bb", (STANDING,), ""),
        ("aa", (STANDING,), "its hash was bb, and is aa"),
        ("aa", (START, INTENT, STANDING), "otha apply 7 by kim, from aa to bb: the old site runs now"),
    ],
)
def test_a_start_says_what_became_of_the_site(
    tmp_path: Path, digest: str, rows: tuple[tuple[str, dict[str, str]], ...], says: str
) -> None:
    found = _told(tmp_path, digest, *rows)
    assert says in found
    assert bool(found) is bool(says)
