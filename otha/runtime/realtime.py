"""What keeps the supervisor's loop on time: a real-time priority, memory kept resident.

Each step degrades with a notice: a machine that refuses one still supervises, only less punctually.
"""

import ctypes
import os
import sys
import threading

_MCL_CURRENT = 1
_SWITCH_S = 0.0005
_PRIORITY = 40  # above ordinary interrupt-driven work, below the kernel's own threads at 50


def raise_priority() -> str:
    """Run this process' threads under SCHED_FIFO, the calling one above the others. Returns a notice when refused.

    The others too: a thread that holds the interpreter's lock and has lost its core to some other program would
    keep the loop waiting as well. Threads and processes started later run at ordinary priority.
    """
    if sys.platform != "linux":
        return "no SCHED_FIFO on this system: heartbeats may leave late while the machine is busy"
    # The longest that another thread keeps the interpreter's lock once the loop wants it.
    sys.setswitchinterval(_SWITCH_S)
    own = threading.get_native_id()
    try:
        for thread in threading.enumerate():
            tid = thread.native_id
            if tid is not None:
                param = os.sched_param(_PRIORITY if tid == own else _PRIORITY - 1)
                os.sched_setscheduler(tid, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, param)
    except OSError as error:
        return f"SCHED_FIFO refused ({error.strerror}): heartbeats may leave late while the machine is busy"
    return ""


def lock_memory() -> str:
    """Keep what is mapped now in memory. Not MCL_FUTURE: it makes every socket read of asyncio allocate pages anew."""
    if sys.platform != "linux":
        return "memory is not locked on this system"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_MCL_CURRENT) != 0:
        return f"memory is not locked ({os.strerror(ctypes.get_errno())})"
    return ""
