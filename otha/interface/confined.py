"""How a process that others can reach begins: bounded in memory and descriptors, behind the heartbeats, and never
outliving the supervisor that started it."""

import ctypes
import os
import resource
import signal
import socket
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_NICE: Final = 5  # heartbeats go before


def enter(*, memory: int, descriptors: int) -> socket.socket:
    """Confine this process, `python -m MODULE SOCKET PARENT`, to so many bytes; its end of the socket pair."""
    socket_fd, parent_pid = (int(argument) for argument in sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the supervisor ends its processes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, descriptors), most))
    os.nice(_NICE)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        raise SystemExit(0)  # it ended before the death signal was set
    return socket.socket(fileno=socket_fd)
