"""Which site ran last in a state directory, and whether a change of it was cut off, as the journal tells."""

import json
from pathlib import Path
from typing import Any

from otha.journal.entry import JournalRow
from otha.journal.reader import Query, Reader

INTENT = "site.apply"
APPLIED = "site.applied"
REFUSED = "site.refused"
START = "supervisor.start"
STANDING = "site.standing"  # told again in each new segment of the journal


def told(journal: Path, digest: str) -> str:
    """What a person should know when the site of this hash starts; "" when it is the one that ran last.

    Raises JournalNotFound and JournalUnreadable.
    """
    with Reader(journal) as reader:
        rows = {kind: reader.tail(1, Query(kind=kind)) for kind in (START, STANDING, INTENT, APPLIED, REFUSED)}
    newest = {kind: found[0] for kind, found in rows.items() if found}
    ran = _newest(newest.get(START), newest.get(STANDING), newest.get(APPLIED))
    if ran is None:
        return ""
    intent = newest.get(INTENT)
    if intent is not None and all(
        intent.seq > row.seq for kind, row in newest.items() if kind not in (INTENT, STANDING)
    ):
        return _cut_off(intent, digest)
    before = _body(ran)["site_hash"]
    return "" if before == digest else f"the site is not the one that ran last: its hash was {before}, and is {digest}"


def _cut_off(intent: JournalRow, digest: str) -> str:
    body = _body(intent)
    now = {body["from"]: "the old site", body["to"]: "the new site"}.get(digest, "neither of the two sites")
    return (
        f"the end of the supervisor cut off otha apply {body['id']} by {intent.user}, "
        f"from {body['from']} to {body['to']}: {now} runs now"
    )


def _newest(*rows: JournalRow | None) -> JournalRow | None:
    found = [row for row in rows if row is not None]
    return max(found, key=lambda row: row.seq, default=None)


def _body(row: JournalRow) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.body)
    return found
