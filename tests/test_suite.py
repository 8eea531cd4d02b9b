"""The script that runs the suite: its lanes, and that all it has begun ends with it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_RUNNERS = 6  # what runs at once: three lanes, and three groups beside them
_DEADLINE_S = 60.0

_WAITS = """#!/bin/sh
echo "$$" >"{folder}/$$.part" && mv "{folder}/$$.part" "{folder}/$$.pid"
exec sleep 600
"""
_SAYS = """#!/bin/sh
echo "said $*"
case "$*" in *tests/demo/*) exit 1 ;; esac
"""


def python(folder: Path, text: str) -> Path:
    """What the suite takes for the interpreter."""
    file = folder / "python"
    file.write_text(text.format(folder=folder), encoding="utf-8")
    file.chmod(0o755)
    return file


def lives(pid: int) -> bool:
    """Whether it runs; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return not state.rpartition(")")[2].startswith(" Z")


def ignores(pid: int, number: signal.Signals) -> bool:
    """Whether the process was begun with this signal ignored."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(mask, 16) >> (number - 1) & 1)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait for it, within the deadline. `what`: what is wrong where it does not come."""
    until = time.monotonic() + _DEADLINE_S
    while not holds():
        assert time.monotonic() < until, what
        time.sleep(0.01)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_the_suite_ends_all_of_it(end: signal.Signals, tmp_path: Path) -> None:
    # Where this here was begun in the background, an interrupt would be ignored from the beginning.
    command = ["env", "--default-signal=INT", "sh", "tools/test.sh", str(python(tmp_path, _WAITS))]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL) as suite:
        begun: list[int] = []
        try:
            wait_until(lambda: len(list(tmp_path.glob("*.pid"))) == _RUNNERS, "the lanes did not begin")
            begun = [int(each.stem) for each in tmp_path.glob("*.pid")]
            assert not any(ignores(each, signal.SIGINT) for each in begun)  # tests interrupt what they have begun
            os.killpg(suite.pid, end)  # as a terminal does
            assert suite.wait(_DEADLINE_S) == 130
            wait_until(lambda: not any(map(lives, begun)), "runners are left behind")
        finally:
            suite.terminate()
            for pid in filter(lives, begun):
                os.kill(pid, signal.SIGKILL)


def test_every_place_is_run_once_and_one_failure_is_enough(tmp_path: Path) -> None:
    command = ["sh", "tools/test.sh", str(python(tmp_path, _SAYS))]
    suite = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
    assert suite.returncode == 1
    told = [line for line in suite.stdout.splitlines() if line.startswith("said ")]
    said = [word for line in told for word in line.split() if word.startswith("tests/")]
    places = {f"tests/{each.name}/" for each in (ROOT / "tests").iterdir() if list(each.glob("**/test_*.py"))}
    files = {f"tests/{each.name}" for each in (ROOT / "tests").glob("test_*.py")}
    apart = {f"tests/runtime/{each.name}" for each in (ROOT / "tests/runtime").glob("test_supervisor*.py")}
    assert sorted(said) == sorted(places | files | apart | {"tests/runtime/opcua/"})
    left_out = {
        word.removeprefix("--ignore=") for line in told for word in line.split() if word.startswith("--ignore=")
    }
    assert left_out == apart | {"tests/runtime/opcua/"}
