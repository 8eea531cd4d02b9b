"""The measures of EEMUA 191 and ISA-18.2, from journals small enough to count by hand."""

import json
from typing import Any

import pytest

from otha.journal.entry import JournalRow
from otha.report.kpi import measures

S = 1_000_000_000
MIN = 60 * S
HOUR = 60 * MIN


def row(at_ns: int, kind: str = "decision", *reasons: tuple[str, ...], group: str = "tanks") -> JournalRow:
    body = json.dumps({"reasons": [{"why": why, "rule": "", "args": list(args)} for why, *args in reasons]})
    return JournalRow(
        seq=1, wall_ns=at_ns, mono_ns=0, boot_id="", node="", group=group, epoch=0, user="", kind=kind, body=body,
        prev_hash=b"", hash=b"",
    )  # fmt: skip


def raised(at_ns: int, code: str = "tilt", priority: str = "low") -> JournalRow:
    return row(at_ns, "decision", ("ALARM_RAISED", code, "", "1", priority, ""))


def cleared(at_ns: int, code: str = "tilt") -> JournalRow:
    return row(at_ns, "decision", ("ALARM_CLEARED", code, "", "1", "rtn_unacked"))


def of(rows: list[JournalRow], to_ns: int = HOUR) -> dict[str, Any]:
    return measures(rows, 0, to_ns)


def test_an_empty_journal_has_no_alarm() -> None:
    found = of([])
    assert (found["annunciations"], found["periods"], found["peak_10_min"], found["top_ten"]) == (0, 6, 0, [])


def test_annunciations_count_and_nothing_else() -> None:
    other = [("ALARM_ACKED", "tilt", "1", "kim", "", "acked"), ("ALARM_KEPT_QUIET", "tilt", "", "shelved")]
    found = of([raised(0), row(1, "decision", *other), cleared(2), row(3, "effect.intent"), raised(11 * MIN)])
    assert found["annunciations"] == 2
    assert (found["per_10_min_milli"], found["peak_10_min"]) == (333, 1)


@pytest.mark.parametrize(
    ("counts", "floods", "flooded"),
    [
        ([10, 0, 0, 0, 0, 0], 0, 0),
        ([11, 0, 0, 0, 0, 0], 1, 1),
        ([11, 5, 5, 4, 0, 0], 1, 3),
        ([11, 4, 11, 5, 4, 12], 3, 4),
        ([0, 6, 6, 6, 6, 6], 0, 0),
    ],
)
def test_a_flood_begins_above_ten_and_ends_below_five(counts: list[int], floods: int, flooded: int) -> None:
    rows = [raised(at * 10 * MIN + n * S, f"a{n}") for at, count in enumerate(counts) for n in range(count)]
    found = of(rows)
    assert (found["floods"], found["in_flood_permille"]) == (floods, flooded * 1000 // 6)
    assert found["above_10_permille"] == sum(count > 10 for count in counts) * 1000 // 6
    assert found["peak_10_min"] == max(counts)


@pytest.mark.parametrize(("hours", "stale"), [(24, False), (25, True)])
def test_what_stands_for_more_than_a_day_is_named(hours: int, stale: bool) -> None:
    named = [{"group": "tanks", "alarm": "tilt"}] if stale else []
    assert of([raised(0)], hours * HOUR)["standing_24_h"] == named
    assert of([raised(0), cleared(hours * HOUR)], 100 * HOUR)["standing_24_h"] == named
    on_top = [raised(0), raised(20 * HOUR), cleared(hours * HOUR)]
    assert of(on_top, 100 * HOUR)["standing_24_h"] == named, "what comes on top does not begin it anew"


def test_a_flag_ends_the_standing_and_a_restart_does_not() -> None:
    flagged = row(HOUR, "decision", ("ALARM_FLAGGED", "tilt", "shelved", "", "", "0"))
    assert of([raised(0), flagged], 100 * HOUR)["standing_24_h"] == []
    started = row(HOUR, "supervisor.start")
    assert of([raised(0), started], 100 * HOUR)["standing_24_h"] == [{"group": "tanks", "alarm": "tilt"}]


def test_what_came_before_the_time_looked_at_stands_and_does_not_count() -> None:
    found = measures([raised(0), raised(0, "halted"), cleared(HOUR, "halted")], 2 * HOUR, 26 * HOUR)
    assert found["standing_24_h"] == [{"group": "tanks", "alarm": "tilt"}]
    assert (found["annunciations"], found["peak_10_min"], found["periods"]) == (0, 0, 144)


@pytest.mark.parametrize(("last_s", "chatters"), [(60, True), (61, False)])
def test_three_in_a_minute_chatter(last_s: int, chatters: bool) -> None:
    found = of([raised(0), raised(30 * S), raised(40 * S, "halted"), raised(last_s * S)])
    assert found["chattering"] == ([{"group": "tanks", "alarm": "tilt"}] if chatters else [])


def test_the_top_ten_and_the_priorities() -> None:
    rows = [raised(n * HOUR, f"a{n % 12:02}", "high" if n % 4 == 0 else "low") for n in range(36)]
    rows += [raised(40 * HOUR, "a11", "low")]
    found = of(rows, 41 * HOUR)
    assert found["top_ten"][0] == {"group": "tanks", "alarm": "a11", "count": 4, "permille": 108}
    assert [each["alarm"] for each in found["top_ten"][1:]] == [f"a{n:02}" for n in range(9)]
    assert found["priorities"]["high"] == {"count": 9, "permille": 243, "expected_permille": 50}
    assert sum(each["count"] for each in found["priorities"].values()) == 37


def test_rows_of_an_older_version_count_without_a_priority() -> None:
    found = of([row(0, "decision", ("ALARM_RAISED", "tilt", ""))])
    assert found["annunciations"] == 1
    assert all(each["count"] == 0 for each in found["priorities"].values())


# When nobody watched


def test_what_nobody_watched_is_no_quiet() -> None:
    """Two hours of six, with twelve annunciations: ten periods of ten minutes were not watched at all."""
    rows = [raised(n * S, f"a{n:02}") for n in range(12)]
    gap = (65 * MIN, 175 * MIN)
    found = measures(rows, 0, 6 * HOUR, [gap])
    assert (found["unwatched_s"], found["unwatched_times"], found["unwatched_periods"]) == (110 * 60, 1, 10)
    assert found["periods"] == 26
    assert found["per_10_min_milli"] == 12_000 // 26
    assert found["above_10_permille"] == 1_000 // 26
    whole = of(rows, 6 * HOUR)
    assert (whole["periods"], whole["unwatched_s"], whole["unwatched_times"]) == (36, 0, 0)


def test_a_flood_does_not_go_on_while_nobody_watches() -> None:
    rows = [raised(n * S, f"a{n:02}") for n in range(12)]
    rows += [raised(20 * MIN + n * S, f"b{n:02}") for n in range(6)]
    assert of(rows)["in_flood_permille"] == 1_000 // 6, "six are not enough after a quiet period"
    close = [raised(n * S, f"a{n:02}") for n in range(12)] + [raised(20 * MIN + n * S, f"b{n}") for n in range(6)]
    found = measures(close, 0, HOUR, [(10 * MIN, 20 * MIN)])
    assert (found["floods"], found["in_flood_permille"]) == (1, 1_000 // 5)


@pytest.mark.parametrize(("gone_h", "stale"), [(2, False), (0, True)])
def test_what_stood_while_nobody_watched_counts_by_what_was_seen(gone_h: int, stale: bool) -> None:
    found = measures([raised(0), cleared(25 * HOUR)], 0, 48 * HOUR, [(HOUR, (1 + gone_h) * HOUR)])
    assert bool(found["standing_24_h"]) is stale


def test_what_lies_outside_is_not_missed() -> None:
    found = measures([], 10 * HOUR, 20 * HOUR, [(0, HOUR), (9 * HOUR, 11 * HOUR), (19 * HOUR, 30 * HOUR)])
    assert (found["unwatched_s"], found["unwatched_times"]) == (2 * 3_600, 2)
