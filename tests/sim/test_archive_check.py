"""The archive checker: silent about a whole archive, loud about each row that is lost, doubled, changed or made up."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sim.archive_check import check, main, report
from sim.errors import RecordError

LINES: list[tuple[int, ...]] = [(seq, seq * 50_000_000, seq, 2, 3) for seq in range(1, 101)]


def made(directory: Path, stored: list[tuple[int, ...]], produced: list[tuple[int, ...]] | None = None) -> Path:
    """A made-up folder; its table takes anything, as no historian's does."""
    text = "".join(" ".join(map(str, line)) + "\n" for line in (LINES if produced is None else produced))
    (directory / "produced.log").write_text(text + "101 50", encoding="utf-8")
    with closing(sqlite3.connect(directory / "hist_a.sqlite")) as archive, archive:
        archive.execute("CREATE TABLE sample (seq, at_ns, a, b, c)")
        archive.executemany("INSERT INTO sample VALUES (?, ?, ?, ?, ?)", stored)
    return directory


def test_a_whole_archive_is_well(tmp_path: Path) -> None:
    findings = check(made(tmp_path, list(LINES)), "hist_a")
    assert findings.ok
    assert (findings.produced, findings.stored, findings.young) == (100, 100, 0)
    assert main([str(tmp_path), "hist_a"]) == 0


def test_a_lost_row(tmp_path: Path) -> None:
    findings = check(made(tmp_path, [line for line in LINES if line[0] != 42]), "hist_a")
    assert findings.missing == (42,)
    assert "missing: 42" in report(findings)
    assert main([str(tmp_path), "hist_a"]) == 1


def test_a_doubled_row(tmp_path: Path) -> None:
    findings = check(made(tmp_path, [*LINES, LINES[6]]), "hist_a")
    assert (findings.doubled, findings.changed, findings.missing) == ((7,), (), ())
    assert not findings.ok


def test_a_row_stored_again_under_another_number_is_changed(tmp_path: Path) -> None:
    findings = check(made(tmp_path, [line if line[0] != 9 else (9, *LINES[7][1:]) for line in LINES]), "hist_a")
    assert findings.changed == (9,)


def test_a_made_up_row(tmp_path: Path) -> None:
    findings = check(made(tmp_path, [*LINES, (500, 1, 1, 1, 1)]), "hist_a")
    assert findings.made_up == (500,)


def test_young_rows_may_be_on_their_way_and_old_ones_not(tmp_path: Path) -> None:
    made(tmp_path, LINES[:90])
    assert check(tmp_path, "hist_a", bound_ms=500).ok
    assert check(tmp_path, "hist_a", bound_ms=500).young == 10
    assert check(tmp_path, "hist_a", bound_ms=400).missing == (91, 92)


def test_what_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RecordError, match="there is no"):
        check(tmp_path, "hist_a")
    made(tmp_path, [], produced=[LINES[0], LINES[0]])
    with pytest.raises(RecordError, match="line 2 is damaged: seq 1 again"):
        check(tmp_path, "hist_a")
    assert main([str(tmp_path), "hist_b"]) == 2
    assert "name a historian" in capsys.readouterr().err
