"""The layout of `--state DIR`, and the lock that keeps two supervisors out of one directory."""

import fcntl
import os
import stat
from pathlib import Path

from otha.core.errors import HostError
from otha.wire.place import SOCKET_NAME

_LOCK_NAME = "supervisor.lock"


def _make_private(path: Path) -> None:
    """Close the directory to other users. Raises HostError for one that holds somebody else's files."""
    if not stat.S_IMODE(path.stat().st_mode) & 0o077:
        return
    if not (path / _LOCK_NAME).exists() and any(path.iterdir()):
        raise HostError(
            f"the state directory {path} is open to other users and holds other files",
            mend="give a directory of its own with --state, or chmod 700 it",
        )
    path.chmod(0o700)


class StateDir:
    """A supervisor's own directory: mode 0700, locked while it is open.

    journal/      the journal's segments and its key
    recordings/   the recorder's segments
    records.sqlite   the group records
    opcua/        OTHA's OPC UA certificate and key
    supervisor.log   log lines while a live table has the terminal
    otha.sock     the socket of `otha status`, `otha order`, ...
    """

    def __init__(self, path: Path) -> None:
        """Make the directory where it is missing, and lock it. Raises HostError."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make_private(path)
            self._lock = os.open(path / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise HostError(
                f"the state directory {path} can't be used: {error.strerror}", mend="give another with --state"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._lock, 20, 0).decode(errors="replace").strip()
            os.close(self._lock)
            who = f" (process {holder})" if holder else ""
            raise HostError(
                f"another supervisor uses the state directory {path}{who}", mend="stop it, or give another with --state"
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    @property
    def journal(self) -> Path:
        return self.path / "journal"

    @property
    def recordings(self) -> Path:
        return self.path / "recordings"

    @property
    def records(self) -> Path:
        return self.path / "records.sqlite"

    @property
    def opcua(self) -> Path:
        return self.path / "opcua"

    @property
    def socket(self) -> Path:
        return self.path / SOCKET_NAME

    @property
    def log(self) -> Path:
        return self.path / "supervisor.log"

    def close(self) -> None:
        """Let another supervisor in."""
        os.close(self._lock)
