"""A worker process, kept running: started, asked whether it still works, started again at a pace when it is gone."""

import asyncio
import mmap
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Protocol

from otha.guard import PAGE_SIZE, blamed
from otha.wire import opcua as wire
from otha.wire.errors import WireError

_BACKOFF_FIRST_S = 0.05
_BACKOFF_MAX_S = 2.0
_STEADY_S = 10.0  # a worker that has lived so long is started again at once
_PING_S = 1.0
_SILENT_PINGS = 5
_READY_S = 20.0  # a busy machine takes its time to start Python
_END_S = 1.5
_BACKLOG_MAX = 1 << 20


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


class _Wire(asyncio.Protocol):
    """The supervisor's end of the socket pair."""

    def __init__(self, worker: "WorkerProcess") -> None:
        self._worker = worker
        self._reader = wire.report_reader()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for report in self._reader.feed(data):
                self._worker.says(report)
        except WireError:
            self._worker.kill()

    def connection_lost(self, exc: Exception | None) -> None:
        self._worker.kill()


class WorkerProcess:
    """One worker. `run()` must be running. `starts`: how often it was started."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._wire: _Wire | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._ready: asyncio.Event = asyncio.Event()
        self._heard = False
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The process, None when there is none."""
        return None if self._process is None else self._process.pid

    @property
    def is_up(self) -> bool:
        """It is ready and takes requests."""
        return self._ready.is_set()

    def send(self, request: wire.Request) -> None:
        """Hand a request over. A worker that takes none any more is killed."""
        transport = None if self._wire is None else self._wire.transport
        if transport is None or transport.is_closing():
            return
        transport.write(wire.encode_request(request))
        if transport.get_write_buffer_size() > _BACKLOG_MAX:
            self.kill()

    def says(self, report: wire.Report) -> None:
        """Called by the wire."""
        self._heard = True
        if isinstance(report, wire.Ready):
            self._ready.set()
            self._master.worker_up(self)
        elif not isinstance(report, wire.Pong):
            self._master.worker_says(self, report)

    def kill(self) -> None:
        """End the process at once; `run` sees to the rest."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def run(self) -> None:
        """Keep a worker running, until cancelled."""
        backoff_s = _BACKOFF_FIRST_S
        while True:
            started = time.monotonic()
            channel = None
            with suppress(OSError), _shared_page() as (page_fd, page):
                await self._live(page_fd)
                channel = blamed(page)
            was_up = self._ready.is_set()
            self._ready.clear()
            if was_up:
                self._master.worker_down(self, channel)
            steady = time.monotonic() - started > _STEADY_S
            backoff_s = _BACKOFF_FIRST_S if steady else min(2 * backoff_s, _BACKOFF_MAX_S)
            await asyncio.sleep(backoff_s)

    async def _live(self, page_fd: int) -> None:
        """The life of one process. Raises OSError when it can't be started."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "otha.runtime.opcua.worker",
                    str(theirs.fileno()),
                    str(page_fd),
                    str(os.getpid()),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(), page_fd),
                )
            except BaseException:
                ours.close()
                raise
        self.starts += 1
        pinging = asyncio.get_running_loop().create_task(self._ping())
        try:
            _, self._wire = await asyncio.get_running_loop().create_connection(lambda: _Wire(self), sock=ours)
            await process.wait()
        finally:
            pinging.cancel()
            await self._end(process)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Hang up, which the worker takes as its end, and see to it."""
        wire_, self._wire = self._wire, None
        if wire_ is not None and wire_.transport is not None:
            wire_.transport.close()
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        self._process = None

    async def _ping(self) -> None:
        """Kill a process that is there and works no more: stopped, or lost in somebody's bytes."""
        silent = 0
        started = time.monotonic()
        while True:
            await asyncio.sleep(_PING_S)
            # Counted in pings and not in seconds: a supervisor that slept itself has heard nothing either.
            silent = 0 if self._heard else silent + 1
            self._heard = False
            if not self._ready.is_set():
                if time.monotonic() - started > _READY_S:
                    self.kill()
                silent = 0
            elif silent >= _SILENT_PINGS:
                self.kill()
            self.send(wire.Ping())
