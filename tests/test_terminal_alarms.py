"""How alarms are put before an operator."""

import pytest

from otha import terminal_alarms
from otha.core.inputs import LoopStalled, OrderGiven
from otha.core.supervision import Supervision
from otha.core.words import OrderKind
from otha.report.kpi import measures
from otha.runtime import alarm_view
from tests.core.build import MS, order, site_config

Json = terminal_alarms.Json


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def shown(core: Supervision, at_ms: int) -> list[Json]:
    alarms = [each for each in alarm_view.alarms(core, "sup", at_ms * MS) if each["code"] == "tilt"]
    return terminal_alarms.alarm_rows({"groups": [], "supervisor": "sup", "alarms": alarms})


def test_an_alarm_is_shown_with_its_state_age_and_response(capsys: pytest.CaptureFixture[str]) -> None:
    core = Supervision(site_config(), 0)
    core.feed(LoopStalled(gap_ns=60_000 * MS), 1_000 * MS)
    (row,) = shown(core, 61_000)
    assert (row["code"], row["state"], row["priority"], row["occurrence"]) == ("tilt", "unacked", "low", 1)
    assert (row["group"], row["since_ms"], row["active"]) == ("sup", 60_000, True)
    terminal_alarms.show_alarms([row])
    said = " ".join(capsys.readouterr().out.split())
    for word in ("unacknowledged", "60 s", "sets its clock"):
        assert word in said


def test_what_is_kept_quiet_stays_in_sight(capsys: pytest.CaptureFixture[str]) -> None:
    core = Supervision(site_config(), 0)
    core.feed(OrderGiven(order=order(OrderKind.SHELVE, group="sup", item="tilt", for_ns=600_000 * MS)), 0)
    (row,) = shown(core, 60_000)
    assert (row["flags"], row["shelved_left_ms"], row["active"]) == (["shelved"], 540_000, False)
    terminal_alarms.show_alarms([row])
    assert "shelved for another 9 min" in " ".join(capsys.readouterr().out.split())


def test_no_alarm_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    terminal_alarms.show_alarms([])
    assert capsys.readouterr().out == "no alarm\n"


def test_what_nobody_has_seen_comes_first_then_what_is_urgent_then_what_is_new() -> None:
    def alarm(code: str, priority: str, since_ms: int, *flags: str, unacked: bool) -> Json:
        return {"code": code, "priority": priority, "since_ms": since_ms, "unacked": unacked, "flags": flags}

    alarms = [
        alarm("quiet", "critical", 1, "shelved", unacked=False),
        alarm("seen", "critical", 1, unacked=False),
        alarm("old", "low", 9, unacked=True),
        alarm("new", "low", 5, unacked=True),
        alarm("urgent", "high", 99, unacked=True),
    ]
    rows = terminal_alarms.alarm_rows(
        {"groups": [{"name": "g", "alarms": alarms[1:]}], "supervisor": "sup", "alarms": alarms[:1]}
    )
    assert [row["code"] for row in rows] == ["urgent", "new", "old", "seen", "quiet"]


def test_the_measures_are_told_beside_what_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    found = measures([], 0, 600_000 * MS)
    found["top_ten"] = [{"group": "tanks", "alarm": "tilt", "count": 3, "permille": 1000}]
    found["chattering"] = [{"group": "tanks", "alarm": "tilt"}]
    terminal_alarms.show_kpi(found)
    said = " ".join(capsys.readouterr().out.split())
    for words in (
        "annunciations: 0 in 1 periods",
        "chattering (0): 1: tanks tilt",
        "tilt tanks 3 100.0 %",
        "critical 0",
    ):
        assert words in said


def test_the_alarms_are_counted_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    core = Supervision(site_config(), 0)
    core.feed(LoopStalled(gap_ns=60_000 * MS), 1_000 * MS)
    rows = shown(core, 2_000)
    assert terminal_alarms.alarm_summary(rows) == "alarms: 1 unacknowledged, 1 active"
    terminal_alarms.show_alarms(rows, explain=True)
    said = capsys.readouterr().out
    for words in (
        "sup tilt, low, occurrence 1: unacknowledged",
        "  cause: the wall clock",
        "  response: if it comes again",
    ):
        assert words in said
    quiet = [{**rows[0], "flags": ["shelved"], "unacked": False}]
    assert terminal_alarms.alarm_summary(quiet) == "alarms: 1 kept quiet"


def test_what_is_suppressed_and_would_be_normal_is_no_line() -> None:
    core = Supervision(site_config(), 0)
    core.feed(LoopStalled(gap_ns=60_000 * MS), 1_000 * MS)
    assert [w.code for w in core.alarm_watches("tanks") if w.suppressed] == ["active_suspect"]
    assert "active_suspect" not in [each["code"] for each in alarm_view.alarms(core, "tanks", 2_000 * MS)]
