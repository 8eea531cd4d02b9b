"""The process that others talk OPC UA to: `python -m otha.interface SOCKET PARENT`, started by the supervisor.

Memory-limited: a hostile client can make asyncua allocate gigabytes, and then this process dies instead of the
supervisor. It ends when the socket does, so that it never outlives who started it.
"""

import asyncio
import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys

from otha.interface.run import serve

MEMORY_LIMIT = 1 << 30
DESCRIPTORS = 4096  # twice the connections that a site file may ask for
_PR_SET_PDEATHSIG = 1
_NICE = 5  # heartbeats go before


def _limit(parent_pid: int) -> None:
    """Bound the memory, and end with the parent."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, DESCRIPTORS), most))
    os.nice(_NICE)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        raise SystemExit(0)  # it ended before the death signal was set


def main() -> None:
    """Run as a process of its own."""
    socket_fd, parent_pid = (int(argument) for argument in sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the supervisor ends its processes
    _limit(parent_pid)
    logging.disable(logging.CRITICAL)  # asyncua logs what peers do wrong, as often as they do it
    gc.disable()  # until the address space stands
    asyncio.run(serve(socket.socket(fileno=socket_fd)))


if __name__ == "__main__":
    main()
