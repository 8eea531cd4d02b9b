"""Where the supervisor listens, and reaching a Unix socket by its path, however long the path is."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from otha.core.errors import HostError

SOCKET_NAME = "otha.sock"
_LONGEST = 100  # sun_path holds 108 bytes on Linux, 104 elsewhere


@contextmanager
def short_address(path: Path) -> Iterator[str]:
    """An address for `path` that fits a socket address, valid within the block. Raises HostError, OSError."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    if sys.platform != "linux":
        raise HostError(f"{path} is too long for a socket", mend="choose a shorter --state directory")
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
