"""A worker process, kept running: started, asked whether it still works, started again at a pace when it is gone."""

import asyncio
import mmap
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Protocol

from otha.guard import PAGE_SIZE, blamed
from otha.runtime.kept_process import KeptProcess, Pace
from otha.wire import opcua as wire
from otha.wire.codec import Reader

# A busy machine takes its time to start Python.
_PACE = Pace(backoff_first_s=0.05, backoff_max_s=2.0, steady_s=10.0, ready_s=20.0)
_UNSENT_MAX = 1 << 20


@contextmanager
def _shared_page() -> Iterator[tuple[int, mmap.mmap]]:
    """A page that a worker shares with us, and its descriptor. Raises OSError.

    In memory where the system can; else its place on the disk is taken beforehand: a full disk must not end us.
    """
    with ExitStack() as stack:
        if hasattr(os, "memfd_create"):
            fd = os.memfd_create("otha-opcua")
            stack.callback(os.close, fd)
        else:
            fd = stack.enter_context(tempfile.TemporaryFile()).fileno()
        os.write(fd, bytes(PAGE_SIZE))
        yield fd, stack.enter_context(mmap.mmap(fd, PAGE_SIZE))


class Master(Protocol):
    """Who is told what becomes of a worker."""

    def worker_up(self, worker: "WorkerProcess") -> None:
        """It is ready."""

    def worker_down(self, worker: "WorkerProcess", channel: int | None) -> None:
        """It is gone; `channel`: whose bytes it was taking when it went, None when nobody's."""

    def worker_says(self, worker: "WorkerProcess", report: wire.Report) -> None:
        """It reports."""


class WorkerProcess:
    """One worker. `run()` must be running."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._kept = KeptProcess("otha.runtime.opcua.worker", self, _PACE, unsent_max=_UNSENT_MAX)
        self._reader: Reader[wire.Report] = wire.report_reader()
        self._ready: asyncio.Event = asyncio.Event()
        self._silent_since_ns: int | None = None

    @property
    def pid(self) -> int | None:
        """The process, None when there is none."""
        return self._kept.pid

    @property
    def starts(self) -> int:
        """How often it was started."""
        return self._kept.starts

    @property
    def is_up(self) -> bool:
        """It is ready and takes requests."""
        return self._ready.is_set()

    @property
    def silent_since_ns(self) -> int | None:
        """Since when it owes a sign of life, on the monotonic clock; None: it has given the last one asked for."""
        return self._silent_since_ns

    def send(self, request: wire.Request) -> None:
        """Hand a request over. A worker that takes none any more is killed."""
        self._kept.write(wire.encode_request(request))
        if isinstance(request, wire.Beat) and self._silent_since_ns is None:
            self._silent_since_ns = time.monotonic_ns()
            self._kept.write(self.ping())

    def take(self, data: bytes) -> None:
        """See `otha.runtime.kept_process.Owner`."""
        for report in self._reader.feed(data):
            self._kept.heard()
            self._silent_since_ns = None
            if isinstance(report, wire.Ready):
                self._ready.set()
                self._master.worker_up(self)
            elif not isinstance(report, wire.Pong):
                self._master.worker_says(self, report)

    def ping(self) -> bytes:
        """See `otha.runtime.kept_process.Owner`."""
        return wire.encode_request(wire.Ping())

    async def run(self) -> None:
        """Keep a worker running, until cancelled."""
        while True:
            channel = None
            self._reader = wire.report_reader()
            self._silent_since_ns = None
            with suppress(OSError), _shared_page() as (page_fd, page):
                await self._kept.live((page_fd,))
                channel = blamed(page)
            was_up = self._ready.is_set()
            self._ready.clear()
            if was_up:
                self._master.worker_down(self, channel)
            await self._kept.rest()
