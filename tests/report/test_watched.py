"""When no supervisor ran, as a journal tells it: stopped in order, killed, never."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from otha.journal.entry import Entry
from otha.journal.reader import Reader
from otha.journal.writer import Journal
from otha.report.watched import unwatched

S = 1_000_000_000
BEGIN = 1_700_000_000 * S


def told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, rows: Sequence[tuple[int, str]], to_s: int
) -> list[tuple[int, int]]:
    """The spans of a journal with rows of these kinds at these seconds, in seconds."""
    now_s = 0
    monkeypatch.setattr("otha.journal.writer.time.time_ns", lambda: BEGIN + now_s * S)
    with Journal(folder / "journal") as journal:
        for now_s, kind in rows:  # noqa: B007 - the clock of the journal reads it
            journal.append(Entry(kind=kind, body={}), urgent=True).result(10)
    monkeypatch.undo()
    with Reader(folder) as reader:
        return [((one - BEGIN) // S, (other - BEGIN) // S) for one, other in unwatched(reader, BEGIN + to_s * S)]


START, STOP, DECISION = "supervisor.start", "supervisor.stop", "decision"


@pytest.mark.parametrize(
    ("rows", "to_s", "spans"),
    [
        ([], 100, []),
        ([(0, START), (10, DECISION)], 100, []),
        ([(0, START), (10, STOP), (60, START), (70, DECISION)], 100, [(10, 60)]),
        # Killed: nothing says how long it went on after its last row.
        ([(0, START), (10, DECISION), (60, START)], 100, [(10, 60)]),
        ([(0, START), (60, START)], 100, [(0, 60)]),
        # What is written at a start before the row that says so is no sign of the run before.
        ([(0, START), (10, "effect.outcome"), (59, "journal.linked"), (60, START)], 100, [(10, 60)]),
        ([(0, START), (10, STOP), (20, "interface.denied")], 100, [(10, 100)]),
        ([(0, START), (10, STOP), (60, START), (70, STOP), (80, START)], 75, [(10, 60), (70, 75)]),
    ],
    ids=["empty", "runs", "stopped", "killed", "killed at once", "linked", "still stopped", "up to then"],
)
def test_when_no_supervisor_ran(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[int, str]],
    to_s: int,
    spans: list[tuple[int, int]],
) -> None:
    assert told(tmp_path, monkeypatch, rows, to_s) == spans
