"""What keeps the supervisor's loop on time: garbage collection tamed, a real-time priority, memory kept resident.

Each step degrades with a notice: a machine that refuses one still supervises, only less punctually.
"""

import ctypes
import gc
import os
import sys

_MCL_CURRENT = 1
_PRIORITY = 40  # above ordinary interrupt-driven work, below the kernel's own threads at 50


def tame_garbage_collection() -> None:
    """Everything allocated so far is left alone by the collector, and new objects are looked at rarely.

    Reference counting frees nearly all; what start-up has made would be walked again and again for nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def raise_priority() -> str:
    """Run the calling thread, and none that it starts later, under SCHED_FIFO. Returns a notice when refused."""
    if sys.platform != "linux":
        return "no SCHED_FIFO on this system: heartbeats may leave late while the machine is busy"
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(_PRIORITY))
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
