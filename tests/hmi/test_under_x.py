"""The keyboard on a real window system without a screen; skipped where there is no Xvfb (`tools/hmi_libraries.sh`)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

_XVFB = shutil.which("Xvfb")
pytestmark = pytest.mark.skipif(_XVFB is None, reason="Xvfb is not installed: apt-get install xvfb")
_START_S = 30


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """An X server that chooses its own number and says it when it is ready."""
    assert _XVFB is not None
    ours, theirs = os.pipe()
    command = [_XVFB, "-displayfd", str(theirs), "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, pass_fds=(theirs,), stderr=subprocess.DEVNULL) as server:
        os.close(theirs)
        try:
            with os.fdopen(ours) as said:
                number = said.readline().strip()
            assert number, "Xvfb has ended before it listened"
            yield f":{number}"
        finally:
            server.terminate()
            server.wait(_START_S)


def test_a_switchover_by_the_keyboard_where_the_window_system_says_who_has_it(display: str) -> None:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    command = [sys.executable, "-m", "tests.hmi.under_x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr
