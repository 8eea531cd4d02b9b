"""The HMI beside the demo, as a process: the interface that it looks at, its user and the trust between both.

Everything is made in the demo's folder and goes with it. The HMI sees OTHA as any client does.
"""

import importlib.util
import json
import os
import secrets
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from otha.core.errors import HostError
from otha.demo.stage import Stage, wait_for
from sim.ports import free_ports

_OTHA = (sys.executable, "-m", "otha")
_HMI = (sys.executable, "-m", "hmi")
_USER = "demo"
_START_S = 60.0
_SHOT_S = 180.0
_PASSWORD_VARIABLE = "OTHA_HMI_PASSWORD"
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_LIBRARIES = ("PySide6", "pyqtgraph")
_GENTLE = 10  # beside the plant that it shows, on the same cores: what is measured comes first
WINDOW = "1"
SHOT = "shot"
BESIDE = "beside"


class Display:
    """The HMI in a demo. `wanted`: WINDOW (which ends the demo when it is closed), BESIDE (a window that may be closed
    at any time) or SHOT (pictures of every page in `pictures`)."""

    def __init__(self, folder: Path, wanted: str, pictures: Path) -> None:
        self.wanted = wanted
        self.pictures = pictures
        self._folder = folder / "hmi"
        self._password = secrets.token_urlsafe(12)
        self._port = free_ports(["interface"])["interface"]
        self._window: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where OTHA's interface listens."""
        return f"opc.tcp://127.0.0.1:{self._port}/otha"

    def site_lines(self) -> str:
        """What the site file says of the interface."""
        return f'\n[interface]\nendpoint = "127.0.0.1:{self._port}"\n'

    def admit(self, stage: Stage) -> str:
        """Make the user, let the HMI's certificate in, and wait until the interface is there; a line on all of it.
        Raises HostError."""
        state = str(stage.state_dir)
        _run(
            (*_OTHA, "user", "add", _USER, "--role", "admin", "--password-file", "-", "--state", state), self._password
        )
        certificate = _run((*_HMI, "--certificate", "--dir", str(self._folder))).strip()
        _run((*_OTHA, "cert", "trust", certificate, "--state", state))

        def own() -> str | None:
            found = json.loads(_run((*_OTHA, "cert", "list", "--json", "--state", state)))
            fingerprint = next((str(each["fingerprint"]) for each in found if each["trust"] == "own"), None)
            return fingerprint if fingerprint is not None and _listens(self._port) else None

        self._fingerprint = wait_for(own, within_s=_START_S, what="OTHA's interface listens")
        return (
            f"HMI: {self.url}, user {_USER} (admin), password {self._password}; OTHA's certificate SHA-256 "
            f"{self._fingerprint}: trusted here, as the HMI's is there. All of it is thrown away at the end."
        )

    def open(self) -> None:
        """Open the window, and go on."""
        self._window = subprocess.Popen(self.command(), env=self.environment(), stdin=subprocess.DEVNULL)
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._window.pid, _GENTLE)

    def wait(self) -> None:
        """Until a person closes the window."""
        if self._window is not None:
            self._window.wait()

    def shoot(self) -> list[str]:
        """Pictures of every page; their files. Raises HostError."""
        said = _run((*self.command(), "--shot", str(self.pictures)), environment=self.environment())
        return said.split()

    def close(self) -> None:
        """Leave no window behind."""
        if self._window is not None and self._window.poll() is None:
            self._window.terminate()
            self._window.wait()

    def command(self) -> tuple[str, ...]:
        """What starts a station that is let in."""
        return (*_HMI, *self.arguments())

    def arguments(self) -> tuple[str, ...]:
        """The station's, without the command."""
        return self.url, "--user", _USER, "--trust", self._fingerprint, "--dir", str(self._folder)

    def environment(self) -> dict[str, str]:
        """With its password."""
        return {**os.environ, _PASSWORD_VARIABLE: self._password}


def possible() -> bool:
    """Whether a window can be opened here: there is a display, and the HMI's libraries are installed."""
    if not any(os.environ.get(name) for name in _DISPLAYS):
        return False
    return all(importlib.util.find_spec(name) is not None for name in _LIBRARIES)


def check_hmi() -> None:
    """Raises HostError where the HMI can't run: better before the plant is up."""
    _run((*_HMI, "--help"))


def _run(command: tuple[str, ...], text: str = "", environment: dict[str, str] | None = None) -> str:
    """What a command prints. Raises HostError when it fails."""
    done = subprocess.run(
        command,
        input=f"{text}\n",
        capture_output=True,
        text=True,
        timeout=_SHOT_S,
        check=False,
        env=environment,
    )
    if done.returncode != 0:
        if "No module named 'PySide6'" in done.stderr:
            raise HostError("the HMI's libraries are not installed", mend="pip install 'otha[hmi]', or leave --hmi out")
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise HostError(f"{' '.join(command[2:4])}: {lines[0]}", mend="\n  ".join(lines[1:]))
    return done.stdout


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
