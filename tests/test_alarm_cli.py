"""`otha alarms` before a real supervisor and a real plant, and its measures of a journal that was written by hand."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from otha.alarm_cli import app, duration_ns
from otha.console import BAD_INPUT, FAILED
from otha.core.errors import EngineerError
from otha.journal.entry import Entry
from otha.journal.reader import Query, Reader
from otha.journal.writer import Journal
from sim import console
from tests.runtime.test_supervisor import WAIT_S, plant, supervising, wait_for

__all__ = ["plant"]  # the fixture

S = 1_000_000_000
KEY_IN = """
[alarms.key_in]
priority = "high"
latching = true
cause = "somebody works at the plant"
consequence = "it must not move"
response = "ask who has the key"
when = { any = [{ tag = "maintenance_key", op = "==", value = 1 }] }
"""


class Operator:
    """A person at the command line."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def __call__(self, *arguments: object, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*map(str, arguments), "--state", str(self.state)])
        assert done.exit_code == code, done.output
        return done.output

    def sees(self, alarm: str = "key_in") -> dict[str, Any]:
        done = CliRunner().invoke(app, ["--json", "--state", str(self.state)])
        rows = json.loads(done.output) if done.exit_code == 0 else []
        return next((row for row in rows if row["code"] == alarm), {})

    def waits_for(self, state: str, alarm: str = "key_in") -> dict[str, Any]:
        wait_for(state, lambda: self.sees(alarm).get("state") == state)
        return self.sees(alarm)


def test_an_alarm_of_the_plant_from_its_coming_over_a_restart_to_its_reset(
    plant: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    site = tmp_path / "site.toml"
    site.write_text(plant.read_text(encoding="utf-8") + KEY_IN, encoding="utf-8")
    state = tmp_path / "state"
    operator = Operator(state)
    with supervising(site, state) as running:
        wait_for("it answers", running.group)
        console.fault(plant.parent, "set_tag", tag="maintenance_key", value=1)
        row = operator.waits_for("unacked")
        assert (row["group"], row["priority"], row["occurrence"]) == ("tanks", "high", 1)
        assert row["values"] == [{"tag": "maintenance_key", "value": 1, "quality": "true"}]
        said = " ".join(operator().split())
        assert "key_in: maintenance_key == 1 [maintenance_key = 1]" in said
        assert "ask who has the key" in said

        assert "not the alarm's newest occurrence" in operator("ack", "tanks", "key_in", 7, code=FAILED)
        assert "no such alarm" in operator("ack", "tanks", "key_inn", 1, code=FAILED)
        assert "not latched and acknowledged" in operator("reset", "tanks", "key_in", code=FAILED)
        assert "for so long" in operator("shelve", "tanks", "key_in", "--for", "13h", code=FAILED)
        assert "not so marked" in operator("unshelve", "tanks", "key_in", code=FAILED)
        assert "no such alarm" in operator("shelve", "tanks", "tilt", code=FAILED), "that is the supervisor's own"
        operator("ack", "tansk", "key_in", 1, code=FAILED)
        operator("shelve", "tanks", "key_in", "--for", "soon", code=BAD_INPUT)

        seen = ("ack", "tanks", "key_in", 1, "--comment", "kim is at the pump", "--id", "seen")
        operator(*seen)
        assert operator.sees()["state"] == "acked"
        assert "taken (order seen)" in operator(*seen), "it was carried out once"
        assert "another order had this id" in operator("reset", "tanks", "key_in", "--id", "seen", code=FAILED)
        operator("shelve", "tanks", "key_in", "--for", "10m")
        assert (operator.sees()["flags"], operator.sees()["state"]) == (["shelved"], "acked")
        operator("unshelve", "tanks", "key_in")
        assert (operator.sees()["state"], operator.sees()["occurrence"]) == ("unacked", 2)
        console.fault(plant.parent, "set_tag", tag="maintenance_key", value=0)
        operator.waits_for("latched_unacked")
        operator("out-of-service", "tanks", "key_in", "--comment", "the key's switch is mended")
        operator("shelve", running.supervisor(), "tilt", "--for", "1h")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(WAIT_S) == 0
    with supervising(site, state) as running:
        row = operator.waits_for("latched_unacked")
        assert (row["flags"], row["occurrence"], row["detail"]) == (["out_of_service"], 2, "maintenance_key == 1")
        assert operator.sees("tilt")["flags"] == ["shelved"]
        operator("ack", "tanks", "key_in", 2)
        operator("in-service", "tanks", "key_in")
        assert operator.sees()["state"] == "latched_acked"
        operator("reset", "tanks", "key_in")
        assert operator.sees() == {}
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(WAIT_S) == 0
    with Reader(state) as reader:
        rows = [json.loads(row.body)["reasons"] for row in reader.query(Query(kind="decision", text="ALARM_"))]
    told = [each for reasons in rows for each in reasons if each["args"][0] == "key_in"]
    assert len([each for each in told if each["why"] == "ALARM_RAISED"]) == 2, "the restart annunciated nothing"
    acked = [each["args"][3] for each in told if each["why"] == "ALARM_ACKED"]
    assert acked == ["kim is at the pump", ""]


@pytest.mark.parametrize("said", ["", "30", "1d", "-5m", "1e3m", "\u0661m", "9999999m", "nan", "m", "5 m"])
def test_what_is_no_duration_is_bad_input(said: str) -> None:
    with pytest.raises(EngineerError, match="write 90s, 30m or 8h"):
        duration_ns(said)


# Measures


class Clock:
    """The wall clock as the journal sees it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ns = 1_700_000_000 * S
        monkeypatch.setattr("otha.journal.writer.time.time_ns", lambda: self.now_ns)


def told(why: str, code: str, priority: str = "low") -> Entry:
    args = [code, "", 1, priority, ""] if why == "ALARM_RAISED" else [code, "", 1, "rtn_unacked"]
    return Entry(kind="decision", group="tanks", body={"reasons": [{"why": why, "rule": "", "args": args}]})


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two hours: a flood of twelve in the first ten minutes, then one that chatters; one of them stands."""
    clock = Clock(monkeypatch)
    begin = clock.now_ns
    with Journal(tmp_path / "journal") as journal:
        for n in range(12):
            clock.now_ns = begin + n * 20 * S
            journal.append(told("ALARM_RAISED", f"a{n:02}", "high" if n < 3 else "low"), urgent=True).result(10)
            if n:
                journal.append(told("ALARM_CLEARED", f"a{n:02}"), urgent=True).result(10)
        for n in range(4):
            clock.now_ns = begin + 3_600 * S + n * 20 * S
            journal.append(told("ALARM_RAISED", "a01"), urgent=True).result(10)
            journal.append(told("ALARM_CLEARED", "a01"), urgent=True).result(10)
        clock.now_ns = begin + 7_199 * S
        journal.append(Entry(kind="supervisor.stop", body={}), urgent=True).result(10)
    monkeypatch.undo()
    return tmp_path


def kpi(state: Path, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["kpi", "--json", "--state", str(state), *arguments])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.output)
    return found


def test_the_measures_of_eemua_191_are_those_counted_by_hand(measured: Path) -> None:
    found = kpi(measured)
    assert (found["annunciations"], found["periods"], found["peak_10_min"]) == (16, 12, 12)
    assert found["per_10_min_milli"] == 16_000 // 12
    assert found["above_10_permille"] == 1_000 // 12
    assert (found["floods"], found["in_flood_permille"]) == (1, 1_000 // 12)
    assert found["chattering"] == [{"group": "tanks", "alarm": "a01"}]
    assert found["standing_24_h"] == []
    assert found["top_ten"][0] == {"group": "tanks", "alarm": "a01", "count": 5, "permille": 312}
    assert {name: each["count"] for name, each in found["priorities"].items()} == {
        "critical": 0, "high": 3, "medium": 0, "low": 13,
    }  # fmt: skip


def test_what_the_journal_does_not_cover_dilutes_nothing(measured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    whole, asked = kpi(measured), kpi(measured, "--from", "2000-01-01")
    assert {**asked, "cut_to_journal": False} == {**whole, "cut_to_journal": False}
    assert asked["cut_to_journal"]
    assert (asked["from"], asked["to"]) == ("2023-11-14T22:13:20.000000Z", "2023-11-15T00:13:19.000000Z")
    done = CliRunner().invoke(app, ["kpi", "--state", str(measured), "--from", "2000-01-01"])
    assert "looked at: 2023-11-14T22:13:20.000000Z, where the journal begins, to 2023-11-15T00:13:19" in done.output


def test_a_part_of_the_time_is_measured_alone(measured: Path) -> None:
    found = kpi(measured, "--from", "2023-11-14T22:23:20Z")
    assert (found["annunciations"], found["periods"], found["peak_10_min"]) == (4, 11, 4)


@pytest.mark.parametrize(
    "asked", [("--from", "99999999d"), ("--from", "never"), ("--from", "1d"), ("--to", "1971-01-01")]
)
def test_a_time_without_rows_is_bad_input(measured: Path, asked: tuple[str, str]) -> None:
    assert CliRunner().invoke(app, ["kpi", "--state", str(measured), *asked]).exit_code == BAD_INPUT
