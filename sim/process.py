"""What every process of a simulated plant does alike: die with its parent, keep time, say when it is ready."""

import asyncio
import ctypes
import gc
import os
import resource
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sim.plant import Plant, load

READY: Final = b"ready\n"
_PR_SET_PDEATHSIG: Final = 1
_PRIORITY: Final = 10  # below the supervisor's own, which must not wait for what it watches


def tie_to_parent(parent: int) -> None:
    """Be killed when the parent ends, however it ends. Ends this process at once if the parent is gone already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(1)


def stand_apart() -> None:
    """Run under SCHED_RR where that is allowed: a real controller has a processor of its own, and so do networks.

    Refused, the plant runs all the same, but a busy machine shows in it as slow devices.
    """
    if sys.platform == "linux":
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))


class Ticker:
    """Calls back at absolute deadlines `period_ms` apart. A late call is told how many periods it stands for."""

    def __init__(self, period_ms: int, callback: Callable[[int], None], *, phase_ms: int = 0) -> None:
        self._period_s = period_ms / 1000
        self._callback = callback
        self._loop = asyncio.get_running_loop()
        self._due_s = self._loop.time() + phase_ms / 1000
        self._handle = self._loop.call_at(self._due_s, self._tick)

    def _tick(self) -> None:
        periods = max(1, int((self._loop.time() - self._due_s) / self._period_s) + 1)
        self._due_s += periods * self._period_s
        self._handle = self._loop.call_at(self._due_s, self._tick)
        self._callback(periods)

    def stop(self) -> None:
        """No further calls."""
        self._handle.cancel()


async def every(period_ms: int, body: Callable[[], Awaitable[None]], *, phase_ms: int = 0) -> None:
    """Await `body` at absolute deadlines `period_ms` apart, for ever. Those that a slow one took up are left out."""
    loop = asyncio.get_running_loop()
    due_s = loop.time() + phase_ms / 1000
    while True:
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        await body()
        due_s += period_ms / 1000 * max(1, int((loop.time() - due_s) / (period_ms / 1000)) + 1)


def keep_running(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run something that never ends. An error in it ends this process, with its story in the process' log."""
    task = asyncio.create_task(work)

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            traceback.print_exception(error)
            os.kill(os.getpid(), signal.SIGTERM)

    task.add_done_callback(ended)
    return task


def limit_memory(megabytes: int) -> None:
    """Let this process have no more address space than that; beyond it an allocation fails."""
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def live(body: Callable[[Plant, str], Awaitable[Callable[[], None]]], directory: Path, name: str) -> None:
    """Be the process `name` of the plant in that folder until SIGTERM or SIGINT: `body` starts it and returns what ends
    it. Says READY on standard output."""
    stand_apart()
    asyncio.run(_run(body, load(directory), name))


async def _run(body: Callable[[Plant, str], Awaitable[Callable[[], None]]], plant: Plant, name: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    end = await body(plant, name)
    # What exists now lives as long as the process: no reason to look at it in every collection.
    gc.collect()
    gc.freeze()
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    await stop.wait()
    end()
