"""The journal's rows of a drill and of a failover, told as evidence."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from otha.journal.entry import Entry
from otha.journal.reader import Reader
from otha.journal.segment import segment_path
from otha.journal.writer import Journal
from otha.report import evidence, sheet
from otha.report.cli import BAD_INPUT, DAMAGE, app
from otha.report.evidence import Bump, Dossier

MS = 1_000_000
BOUNDS = {"T_confirm": 40 * MS, "T_cas": 20 * MS, "T_fence": 25 * MS, "T_promote": 40 * MS, "T_verify": 45 * MS}


def decision(at_ms: int, *reasons: tuple[Any, ...], user: str = "", **body: Any) -> Entry:
    """Reasons as (why, rule, args...)."""
    said = [{"why": why, "rule": rule, "args": list(args)} for why, rule, *args in reasons]
    return Entry(kind="decision", body={"reasons": said, **body}, group="tanks", user=user, mono_ns=at_ms * MS, epoch=1)


def ordered(kind: str, user: str = "kim", comment: str = "") -> dict[str, Any]:
    return {"order": {"id": f"id-{kind}", "order": kind, "user": user, "comment": comment}, "accepted": True}


def phase(name: str, epoch: int = 2, node: str = "sc_b") -> tuple[Any, ...]:
    return ("PHASE", "", name, node, epoch)


START = Entry(
    kind="supervisor.start",
    body={"site_hash": "abc", "version": "1.0", "bounds": {"tanks": BOUNDS}},
    mono_ns=1,
)
DRILL = (
    decision(
        1_000,
        ("REQUESTED", "", "failover", "sc_a", "sc_b", "drill"),
        ("ORDER_TAKEN", "", "drill", "kim", "sc_b", "yearly"),
        user="kim",
        **ordered("drill", comment="yearly"),
    ),
    decision(
        1_500, ("ORDER_TAKEN", "", "confirm", "eva", "-", ""), phase("permitted"), user="eva", **ordered("confirm")
    ),
    decision(1_510, phase("claimed")),
    decision(1_540, phase("fenced")),
    Entry(
        kind="effect.outcome",
        body={"do": "GRANT", "node": "sc_b", "epoch": 2, "outcome": "done", "detail": "over net_a", "took_ns": 9 * MS},
        group="tanks",
        mono_ns=1_549 * MS,
    ),
    decision(1_550, phase("promoted")),
    decision(1_560, ("TROUBLE", "S6", "promoted", "interlock", "key_out (safety) false")),
    decision(1_570, phase("output_verified")),
    decision(1_580, ("ENDED", "L2", "done", "failover", "sc_a", "sc_b", "")),
)
FAILOVER = (
    decision(4_000, ("SUSPECTED", "S8", "sc_b", "dead")),
    decision(4_040, ("REQUESTED", "", "failover", "sc_b", "sc_a", "dead"), phase("permitted", 4, "sc_a")),
    decision(4_055, phase("claimed", 4, "sc_a")),
    decision(4_060, ("ENDED", "S9", "needs_operator", "failover", "sc_b", "sc_a", "another claim won")),
)


BUMPED = (
    decision(5_000, ("REQUESTED", "", "switchover", "sc_a", "sc_b", "order")),
    decision(5_010, phase("claimed")),
    decision(5_020, ("IN_FLIGHT", "S13", "sc_a", "commands", 2, "")),
    decision(
        5_090,
        ("BUMP", "S13", "sc_b", "valve", 12, 8, "pump_1", 35, 10),
        ("ENDED", "L2", "done", "switchover", "sc_a", "sc_b", ""),
    ),
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    with Journal(folder / "journal") as journal:
        for entry in (START, *DRILL, *FAILOVER):
            journal.append(entry)
    return folder


def read(state: Path) -> list[Dossier]:
    with Reader(state) as reader:
        return evidence.dossiers(reader.query())


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_drill_says_who_when_how_long_and_how_it_ended(state: Path) -> None:
    drill, failover = read(state)
    assert (drill.drill, drill.ordered_by, drill.comment, drill.confirmed_by, drill.epoch) == (
        True, "kim", "yearly", "eva", 2,
    )  # fmt: skip
    assert (drill.transfer.kind, drill.transfer.from_node, drill.transfer.to_node, drill.transfer.ending) == (
        "failover", "sc_a", "sc_b", "done",
    )  # fmt: skip
    assert [(s.name, s.ms, s.bound_ms, s.kept) for s in drill.steps] == [
        ("T_cas", 10.0, 20.0, True),
        ("T_fence", 30.0, 25.0, False),
        ("T_promote", 10.0, 40.0, True),
        ("T_verify", 20.0, 45.0, True),
    ]
    assert (drill.took_ms, drill.verified_ms) == (580.0, 570.0)
    assert drill.obstacles == ("trouble in phase promoted: an interlock is not true: key_out (safety) false (S6)",)
    assert failover.drill is False


def test_a_failover_is_told_from_the_first_suspicion_on(state: Path) -> None:
    _, failover = read(state)
    assert (failover.ordered_by, failover.transfer.cause, failover.rule) == ("", "dead", "S9")
    assert [(s.name, s.ms, s.bound_ms) for s in failover.steps] == [("T_confirm", 40.0, 40.0), ("T_cas", 15.0, 20.0)]
    assert [line.after_ms for line in failover.lines] == [-40.0, 0.0, 0.0, 15.0, 20.0]
    assert failover.lines[0].text == "suspects sc_b: dead (S8)"
    assert failover.first_seq == failover.id - 1


def test_a_transfer_that_has_not_ended_goes_on(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.append(START)
        for entry in DRILL[:4]:
            journal.append(entry)
    (found,) = read(tmp_path)
    assert (found.took_ms, found.verified_ms, found.ended_wall_ns, found.transfer.ending) == (None, None, None, "")
    assert "goes on" in sheet.text(found)


def test_without_bounds_in_the_journal_nothing_is_called_kept(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        for entry in DRILL:
            journal.append(entry)
    (found,) = read(tmp_path)
    assert {step.kept for step in found.steps} == {None}


def test_what_another_version_said_is_shown_as_it_stands(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        for entry in (*DRILL[:2], decision(1_505, ("FORGOTTEN", "", "x", 7)), *DRILL[2:]):
            journal.append(entry)
    (found,) = read(tmp_path)
    assert "FORGOTTEN x 7" in [line.text for line in found.lines]


def test_the_list_shows_each_transfer_in_a_line(state: Path) -> None:
    done = call("transfers", "--state", state)
    assert done.exit_code == 0
    (first, second) = [line for line in done.stdout.splitlines() if "tanks" in line]
    assert "drill: failover" in first
    assert "late: T_fence" in first
    assert "another claim won" in second
    assert [each["drill"] for each in json.loads(call("transfers", "--state", state, "--json").stdout)] == [True, False]
    assert len(json.loads(call("transfers", "--state", state, "--drills", "--json").stdout)) == 1
    assert json.loads(call("transfers", "--state", state, "--group", "other", "--json").stdout) == []


def test_the_sheet_of_a_drill_is_text_or_one_html_file(state: Path, tmp_path: Path) -> None:
    drill, _ = read(state)
    done = call("drill", drill.id, "--state", state)
    assert done.exit_code == 0
    for wanted in ("drill of a failover, tanks, sc_a to sc_b", "kim", "eva", "EXCEEDED", "as written, rows 3 to"):
        assert wanted in done.stdout
    page, text = tmp_path / "drill.html", tmp_path / "drill.txt"
    assert call("drill", drill.id, "--state", state, "--out", page).exit_code == 0
    assert call("drill", drill.id, "--state", state, "--out", text).exit_code == 0
    assert text.read_text(encoding="utf-8") == done.stdout
    shown = page.read_text(encoding="utf-8")
    assert shown.startswith("<!doctype html>")
    assert "EXCEEDED" in shown
    assert not [sign for sign in ("http", "src=", "<script", "<link") if sign in shown]


def test_what_a_person_typed_is_text_in_the_page(tmp_path: Path) -> None:
    evil = decision(
        1, ("REQUESTED", "", "failover", "a", "b", "drill"), user="kim", **ordered("drill", comment="<b onload=x>")
    )
    with Journal(tmp_path / "journal") as journal:
        journal.append(evil)
    (found,) = read(tmp_path)
    assert "&lt;b onload=x&gt;" in sheet.html(found)
    assert "<b onload" not in sheet.html(found)


def test_an_incident_is_any_transfer_and_a_drill_only_a_drill(state: Path) -> None:
    _, failover = read(state)
    assert call("incident", failover.id, "--state", state).exit_code == 0
    refused = call("drill", failover.id, "--state", state)
    assert refused.exit_code == BAD_INPUT
    assert "is of no drill" in refused.output


def test_bad_input_is_told(state: Path, tmp_path: Path) -> None:
    assert call("drill", 9_999, "--state", state).exit_code == BAD_INPUT
    assert call("transfers", "--state", tmp_path / "nothing").exit_code == BAD_INPUT
    drill, _ = read(state)
    assert call("drill", drill.id, "--state", state, "--out", tmp_path / "no" / "where.txt").exit_code == BAD_INPUT


def test_damage_behind_the_rows_leaves_them_as_written(state: Path) -> None:
    drill, failover = read(state)
    with closing(sqlite3.connect(segment_path(state / "journal", 1))) as connection, connection:
        connection.execute("UPDATE events SET epoch = 99 WHERE seq = ?", (failover.last_seq,))
    done = call("drill", drill.id, "--state", state)
    assert done.exit_code == DAMAGE
    assert "as written" in done.stdout
    assert "damaged further on" in done.stdout


def test_a_changed_row_is_told_on_the_sheet_and_by_the_exit_code(state: Path) -> None:
    drill, _ = read(state)
    with closing(sqlite3.connect(segment_path(state / "journal", 1))) as connection, connection:
        connection.execute("UPDATE events SET epoch = 99 WHERE seq = 5")
    done = call("drill", drill.id, "--state", state)
    assert done.exit_code == DAMAGE
    assert "DAMAGED" in done.stdout


def test_a_transfer_tells_its_bump_and_what_is_unknown_of_commands(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        for entry in (START, *DRILL, *BUMPED):
            journal.append(entry)
    drill, switched = read(tmp_path)
    assert (drill.bump, drill.in_flight) == (None, ())
    bump = Bump(output="valve", by=12, scans=8, natural_output="pump_1", natural=35, natural_scans=10)
    assert switched.bump == bump
    (unknown,) = switched.in_flight
    assert unknown.startswith("UNKNOWN whether carried out: commands that sc_a had taken, 2 of them,")
    shown = sheet.text(switched)
    assert "0.12 % of span at valve, over 8 scans; natural change 0.35 % in 10 scans at pump_1" in shown
    assert unknown in shown
    line = call("transfers", "--state", tmp_path).output.splitlines()[-1]
    assert "\t0.12 (0.35 in 10 scans before)\tdone commands UNKNOWN" in line
    told = json.loads(call("transfers", "--state", tmp_path, "--json").output)[-1]
    assert (told["bump"]["by"], told["in_flight"]) == (12, [unknown])


def test_a_bump_that_another_version_wrote_is_shown_as_it_stands(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        for entry in (START, BUMPED[0], decision(5_080, ("BUMP", "S13", "sc_b", "valve", 12)), BUMPED[-1]):
            journal.append(entry)
    (found,) = read(tmp_path)
    assert any(line.text == "BUMP sc_b valve 12" for line in found.lines)
