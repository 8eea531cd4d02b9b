"""Rows of the journal as text and as CSV."""

import csv
import io
import json
from datetime import UTC
from typing import Any

from hmi.event_rows import EventRow, as_csv, local_time, row_of, sentence


def raw(**changed: Any) -> dict[str, Any]:
    reasons = [{"why": "ENDED", "rule": "L2", "args": ["done", "switchover", "a", "b", ""]}]
    row: dict[str, Any] = {
        "seq": 7,
        "wall_ns": 1_700_000_000_123_456_789,
        "kind": "decision",
        "group": "tanks",
        "user": "",
        "epoch": 5,
        "mono_ns": 1,
        "body": {"reasons": reasons},
    }
    return row | changed


def read(**changed: Any) -> EventRow:
    row = row_of(raw(**changed))
    assert row is not None
    return row


def test_a_decision_is_told_by_its_reasons() -> None:
    assert read().text == "ended: a → b, switchover, done"
    asked = [{"why": "REQUESTED", "rule": "", "args": ["failover", "a", "b", "dead"]}]
    assert read(body={"reasons": asked}).text == "requested: a → b, failover, dead"
    blocked = [{"why": "BLOCKED", "rule": "S6", "args": ["b", "interlock", "level_ok"]}]
    assert (read(body={"reasons": blocked}).text, read(body={"reasons": blocked}).grave) == (
        "blocked b interlock level_ok (S6)",
        True,
    )


def test_what_has_no_reasons_is_told_by_what_else_it_says() -> None:
    assert sentence("interface.refused", {"what": "no\ntrust"}) == "no?trust"
    assert sentence("supervisor.start", {}) == "start"


def test_what_is_no_row_is_left_out() -> None:
    for told in ({}, raw(seq="x"), {"body": None}):
        assert row_of(told) is None


def test_csv_keeps_the_body_and_gives_a_spreadsheet_no_formula() -> None:
    text = as_csv([read(user='=cmd|"x"'), read(kind="a,b")])
    head, first, second = csv.reader(io.StringIO(text))
    assert first[head.index("user")] == '\'=cmd|"x"'
    assert first[head.index("time_utc")] == "2023-11-14T22:13:20.123456789Z"
    assert json.loads(first[head.index("body")]) == raw()["body"]
    assert second[head.index("kind")] == "a,b"


def test_a_time_is_shown_to_the_millisecond() -> None:
    assert local_time(1_700_000_000_123_456_789, UTC) == "2023-11-14 22:13:20.123"
