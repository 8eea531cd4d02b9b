"""Orders of persons, given by the command line to a live supervisor: select and operate, a bypass, an ordered SAFE."""

import getpass
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from otha import cli
from otha.journal.closed import BACKED_UP
from otha.journal.reader import Query, Reader
from tests.runtime.test_supervisor import plant, supervising, wait_for

__all__ = ["plant"]  # the fixture


def test_select_operate_bypass_and_safe_by_the_command_line(plant: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"

    def order(kind: str, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli.app, ["order", kind, "tanks", "--state", str(state), *words])
        return done.exit_code, done.output

    def selected(node: str) -> str:
        """What the selection shows, "" while it is refused."""
        code, said = order("select", "--to", node)
        return said if code == 0 else ""

    with supervising(plant, state) as running:
        first = wait_for("adopted", lambda: running.follows("sc_a", "sc_b"))
        other = "sc_b" if first == "sc_a" else "sc_a"

        code, said = order("operate")
        assert (code, "nothing is selected" in said) == (1, True)
        said = wait_for("selected", lambda: selected(other))
        assert f"switchover from {first} to {other}" in said
        code, said = order("operate")
        assert code == 0, said
        wait_for("switched over", lambda: running.follows(other))

        # A bypass waits for a second person, and who asked is none.
        forced = ("--item", "not_overfull", "--for", "10m", "--comment", "level transmitter")
        code, said = order("bypass", *forced)
        assert code == 0, said
        asked = running.group()["persons"]["request"]
        assert asked["item"] == "not_overfull"
        named = ("--request", str(asked["number"]))
        code, said = order("confirm", *named)
        assert (code, "second" in said) == (1, True)
        code, said = order("reject", "--comment", "mended", "--request", str(asked["number"] - 1))
        assert (code, f"request {asked['number']}" in said) == (1, True)
        assert order("reject", "--comment", "mended", *named)[0] == 0
        assert running.group()["persons"]["request"] is None
        code, said = order("bypass", "--item", "key_out", "--for", "10m", "--comment", "in a hurry")
        assert (code, "never bypassed" in said) == (1, True)

        # The gate takes SAFE in a hold alone.
        code, said = order("safe", "--comment", "for the test")
        assert (code, "in a hold only" in said) == (1, True)
        assert running.follows(other) == other

        # A copy of the journal is journaled, too.
        backup = [sys.executable, "-m", "otha", "log", "backup", str(tmp_path / "copy"), "--state", str(state)]
        made = subprocess.run(backup, check=False, capture_output=True, text=True)
        assert (made.returncode, "the journal tells of it in row" in made.stdout) == (0, True), made
        with Reader(state) as reader:
            (row,) = reader.query(Query(kind=BACKED_UP))
        assert (row.user, row.as_dict()["body"]["path"]) == (getpass.getuser(), str(tmp_path / "copy"))
