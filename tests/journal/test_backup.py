"""A copy of a journal that is being written: whole, verified, without the key, and never over another."""

import json
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from otha.journal.backup import back_up
from otha.journal.cli import BAD_INPUT, DAMAGE, app
from otha.journal.entry import Entry
from otha.journal.reader import Reader
from otha.journal.segment import segment_path
from otha.journal.verify import verify
from otha.journal.writer import Journal


def entry(n: int) -> Entry:
    return Entry(kind="test.row", body={"n": n})


def test_a_journal_is_copied_while_it_is_written(tmp_path: Path) -> None:
    end = threading.Event()
    with Journal(tmp_path / "state" / "journal") as journal:
        journal.append(entry(0), urgent=True).result(10)

        def write() -> None:
            while not end.is_set():
                journal.append(entry(1), urgent=True).result(10)

        writing = threading.Thread(target=write)
        writing.start()
        try:
            for copy in ("a", "b", "c"):
                made = back_up(tmp_path / "state", tmp_path / copy)
                assert (made.found.ok, made.is_whole) == (True, True)
        finally:
            end.set()
            writing.join()
        last = journal.append(entry(2), urgent=True).result(10)
    with Reader(tmp_path / "c") as copied, Reader(tmp_path / "state") as whole:
        rows = list(copied.query())
        assert rows == list(whole.query(limit=len(rows)))
    assert made.newest_seq <= rows[-1].seq < last
    files = {path.name for path in (tmp_path / "c").iterdir()}
    assert "journal.key" not in files
    assert any(name.endswith(".pub") for name in files)
    assert stat.S_IMODE((tmp_path / "c" / "journal-0001.db").stat().st_mode) == 0o600


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A journal whose first segment is damaged and closed."""
    folder = tmp_path / "journal"
    with Journal(folder) as journal:
        for n in range(20):
            journal.append(entry(n))
    with closing(sqlite3.connect(segment_path(folder, 1))) as connection, connection:
        connection.execute("UPDATE events SET epoch = 9 WHERE seq = 5")
    with Journal(folder) as journal:
        journal.append(entry(21), urgent=True).result(10)
    return folder


def test_evidence_of_damage_is_copied_as_it_is(damaged: Path, tmp_path: Path) -> None:
    made = back_up(damaged, tmp_path / "copy")
    assert [path.name for path in made.segments] == ["journal-0001.db", "journal-0002.db"]
    assert made.segments[0].read_bytes() == segment_path(damaged, 1).read_bytes()
    assert made.found.faults == verify(damaged).faults
    assert (made.is_whole, made.is_good) == (True, True)
    said = CliRunner().invoke(app, ["backup", str(tmp_path / "other"), "--state", str(damaged)])
    assert (said.exit_code, "known already, and told in the journal: journal-0001.db, row 5" in said.output) == (
        0,
        True,
    )


@pytest.mark.parametrize(("segment", "seq"), [(1, 3), (2, 1_000_002)])
def test_damage_that_the_journal_does_not_know_is_a_failure(
    damaged: Path, tmp_path: Path, segment: int, seq: int
) -> None:
    with closing(sqlite3.connect(segment_path(damaged, segment))) as connection, connection:
        connection.execute("UPDATE events SET epoch = 9 WHERE seq = ?", (seq,))
    said = CliRunner().invoke(app, ["backup", str(tmp_path / "other"), "--state", str(damaged)])
    assert (said.exit_code, f"DAMAGE journal-000{segment}.db, row {seq}" in said.output) == (DAMAGE, True)
    assert "the journal does not tell of it: the copy is not good" in said.output


def test_the_command_says_what_it_made_and_writes_over_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.append(entry(1))
    command = ["backup", str(tmp_path / "copy"), "--state", str(tmp_path)]
    done = CliRunner().invoke(app, [*command, "--json"])
    assert (done.exit_code, json.loads(done.output)["files"]) == (0, ["journal-0001.db"])
    assert "holds files already" in (again := CliRunner().invoke(app, command)).output
    assert again.exit_code == BAD_INPUT
    nothing = CliRunner().invoke(app, ["backup", str(tmp_path / "new"), "--state", str(tmp_path / "copy" / "none")])
    assert nothing.exit_code == BAD_INPUT
    assert not (tmp_path / "new").exists()
