"""The state directory is private and belongs to one supervisor."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from otha.core.errors import HostError
from otha.runtime.state_dir import StateDir


def test_it_is_made_private(tmp_path: Path) -> None:
    loose = tmp_path / "deep" / "state"
    loose.mkdir(parents=True, mode=0o755)
    state = StateDir(loose)
    assert stat.S_IMODE(loose.stat().st_mode) == 0o700
    assert {state.journal.parent, state.recordings.parent, state.records.parent, state.socket.parent} == {loose}
    state.close()


def test_a_directory_with_other_files_is_not_taken_over(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "somebody's").write_text("")
    with pytest.raises(HostError, match="other files"):
        StateDir(shared)
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    shared.chmod(0o700)
    StateDir(shared).close()


def test_a_second_supervisor_is_refused_with_the_first_ones_process(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    with pytest.raises(HostError, match=f"process {os.getpid()}"):
        StateDir(tmp_path)
    state.close()
    StateDir(tmp_path).close()


def test_a_killed_supervisor_leaves_the_directory_free(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from otha.runtime.state_dir import StateDir
state = StateDir(Path({str(tmp_path)!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    StateDir(tmp_path).close()


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HostError, match="--state"):
        StateDir(tmp_path / "file" / "state")
