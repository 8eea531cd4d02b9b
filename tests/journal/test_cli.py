import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from otha.core.errors import EngineerError
from otha.journal.cli import BAD_INPUT, DAMAGE, app, moment_ns
from otha.journal.entry import Entry, JournalRow
from otha.journal.segment import segment_path
from otha.journal.writer import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    state = tmp_path / "state"
    with Journal(state / "journal") as journal:
        for n in range(2, 12):
            body = {"n": n, "why": ["[bold]", "a"]}
            journal.append(Entry(kind="transfer.intent", body=body, group="tanks", node="sc_a", epoch=n, user="kim"))
    return state


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def damage(journal: Path) -> None:
    with closing(sqlite3.connect(segment_path(journal / "journal", 1))) as connection, connection:
        connection.execute("UPDATE events SET epoch = 99 WHERE seq = 5")


def test_tail_shows_the_newest_rows_a_line_each(journal: Path) -> None:
    done = call("tail", "--state", journal, "-n", 2)
    assert done.exit_code == 0
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == ["10", "11"]
    assert lines[1][2:] == ["tanks", "sc_a", "11", "kim", "transfer.intent", '{"n":11,"why":["[bold]","a"]}']


def test_query_pages(journal: Path) -> None:
    first = call("query", "--state", journal, "--kind", "transfer.", "--limit", 4, "--json")
    assert [json.loads(line)["seq"] for line in first.stdout.splitlines()] == [2, 3, 4, 5]
    assert "--after 5" in first.stderr
    rest = call("query", "--state", journal, "--after", 5, "--group", "tanks", "--from", "15m", "--json")
    assert [json.loads(line)["seq"] for line in rest.stdout.splitlines()] == [6, 7, 8, 9, 10, 11]
    assert rest.stderr == ""


def test_verify_says_ok_and_what_it_can_not_prove(journal: Path) -> None:
    done = call("verify", "--state", journal)
    assert done.exit_code == 0
    assert "rows up to 11 are as written" in done.stdout
    assert "a cut tail is provable only up to the last checkpoint stored elsewhere" in done.stdout


def test_verify_names_the_bad_row_and_exits_with_3(journal: Path) -> None:
    damage(journal)
    done = call("verify", "--state", journal)
    assert done.exit_code == DAMAGE
    assert "DAMAGE journal-0001.db, row 5, field epoch" in done.stdout
    found = json.loads(call("verify", "--state", journal, "--json").stdout)
    assert found["ok"] is False
    assert (found["faults"][0]["seq"], found["faults"][0]["field"]) == (5, "epoch")


def test_an_anchor_kept_elsewhere_proves_a_cut_tail(journal: Path, tmp_path: Path) -> None:
    kept = tmp_path / "anchor.json"
    kept.write_text(call("anchor", "--state", journal).stdout)
    assert call("verify", "--state", journal, "--anchor", kept).exit_code == 0
    with closing(sqlite3.connect(segment_path(journal / "journal", 1))) as connection, connection:
        connection.execute("DELETE FROM checkpoints WHERE seq > 1")
        connection.execute("DELETE FROM events WHERE seq > 5")
    assert call("verify", "--state", journal).exit_code == 0
    done = call("verify", "--state", journal, "--anchor", kept)
    assert done.exit_code == DAMAGE
    assert "row 11" in done.stdout


@pytest.mark.parametrize(("form", "lines"), [("csv", 12), ("jsonl", 11)])
def test_export_writes_a_new_file_and_never_over_one(journal: Path, tmp_path: Path, form: str, lines: int) -> None:
    out = tmp_path / "out"
    assert call("export", "--state", journal, "--format", form, "-o", out).exit_code == 0
    assert len(out.read_text().splitlines()) == lines
    again = call("export", "--state", journal, "-o", out)
    assert again.exit_code == BAD_INPUT
    assert "name a new file" in again.stderr
    assert len(call("export", "--state", journal, "--format", form).stdout.splitlines()) == lines


@pytest.mark.parametrize("command", ["tail", "query", "verify", "export", "anchor"])
def test_no_journal_is_bad_input(tmp_path: Path, command: str) -> None:
    done = call(command, "--state", tmp_path)
    assert done.exit_code == BAD_INPUT
    assert "there is no journal" in done.stderr


@pytest.mark.parametrize("command", ["tail", "query", "export", "anchor"])
def test_an_unreadable_file_is_damage(journal: Path, command: str) -> None:
    segment_path(journal / "journal", 1).write_bytes(b"no database" * 1000)
    done = call(command, "--state", journal)
    assert done.exit_code == DAMAGE
    assert "otha log verify" in done.stderr


def test_moments() -> None:
    assert moment_ns("", "--from") is None
    assert moment_ns("2023-11-14T22:13:20.5Z", "--from") == 1_700_000_000_500_000_000
    assert moment_ns("2023-11-14T23:13:20+01:00", "--from") == 1_700_000_000_000_000_000
    assert moment_ns("1970-01-02", "--from") == 86_400_000_000_000
    age = moment_ns("2h", "--from")
    assert age is not None
    assert abs(time.time_ns() - age - 7_200_000_000_000) < 5_000_000_000
    with pytest.raises(EngineerError, match="--to 'later'"):
        moment_ns("later", "--to")


@pytest.mark.parametrize(
    "said",
    ["99999999d", "9" * 5_000 + "d", "0001-01-01", "9999-12-31", "1969-12-31T23:59:59Z", "0001-01-01T00:00+23:59"],
)
def test_a_moment_that_no_journal_can_hold_is_bad_input(journal: Path, said: str) -> None:
    for option in ("--from", "--to"):
        done = call("query", "--state", journal, option, said)
        assert done.exit_code == BAD_INPUT
        assert f"otha log: {option} '{said[:40]}' is " in done.stderr


@pytest.mark.parametrize("said", [" ", "-1d", "1.5h", "\u0661d", "nan", "1e3s", "2026-13-01", "d", "\0"])
def test_what_is_no_moment_says_how_one_is_written(journal: Path, said: str) -> None:
    done = call("query", "--state", journal, "--from", said)
    assert done.exit_code == BAD_INPUT
    assert "2026-01-31T14:05:00Z" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("query", "--limit", 10**20),
        ("query", "--limit", 0),
        ("query", "--after", 10**20),
        ("query", "--after", -1),
        ("tail", "-n", 10**20),
    ],
)
def test_a_number_that_no_journal_can_hold_is_bad_input(journal: Path, arguments: tuple[object, ...]) -> None:
    done = call(arguments[0], "--state", journal, *arguments[1:])
    assert (done.exit_code, str(arguments[1]) in done.stderr) == (BAD_INPUT, True)


@pytest.mark.parametrize("path", ["", "nowhere", "a" * 5_000, "a\0b"])
def test_a_place_without_a_journal_is_bad_input(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("tail", "--state", path).exit_code == BAD_INPUT


def test_rows_are_told_in_sentences_by_whoever_knows_what_they_mean(journal: Path) -> None:
    def say(row: JournalRow) -> str:
        return f"said {row.seq}" if row.seq == 11 else ""

    def told(*arguments: object) -> str:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], obj=say).stdout

    tail = [line.split("\t")[-1] for line in told("tail", "--state", journal, "-n", 2).splitlines()]
    assert tail == ['{"n":10,"why":["[bold]","a"]}', "said 11"]
    csv = told("export", "--state", journal).splitlines()
    assert csv[0].endswith(",says")
    assert csv[-1].endswith(",said 11")
    assert json.loads(told("export", "--state", journal, "--format", "jsonl").splitlines()[-1])["says"] == "said 11"


def test_a_narrow_terminal_gets_a_line_for_the_row_and_lines_for_what_it_says(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    head, what, *_ = call("tail", "--state", journal, "-n", 1).stdout.splitlines()
    assert head.split()[0] == "11"
    assert what.strip() == '{"n":11,"why":["[bold]","a"]}'
