"""The interface process, kept running: started, fed, asked whether it still works, started again at a pace.

Nothing here waits for it: a snapshot that it has not taken yet is replaced by the next one, events that it is too slow
for are counted, and what it asks is bounded. Killed, flooded or silent, supervision does not notice.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

from otha.core.words import OrderKind
from otha.runtime.interface.counter import Counter
from otha.wire import interface as wire
from otha.wire.errors import WireError
from otha.wire.message import Json, OrderReply, OrderRequest, Refusal

_BACKOFF_FIRST_S = 0.2
_BACKOFF_MAX_S = 30.0
_STEADY_S = 60.0  # one that has lived so long is started again at once
_PING_S = 1.0
_SILENT_PINGS = 5
_READY_S = 60.0  # loading OPC UA's own address space takes seconds, on a busy machine many
_END_S = 1.5
_BACKLOG_MAX = 4 << 20
_FRESH_S = 0.2
_SHARE = 10  # making a snapshot takes this part of the time at most


class Desk(Protocol):
    """What the supervisor offers to the interface."""

    async def order(
        self, request: OrderRequest, user: str, client: str, *, seconds: tuple[OrderKind, ...]
    ) -> OrderReply | Refusal:
        """Carry out an order; the role has been checked. `seconds`: what the user may confirm as a second person."""

    def turned_away(self, request: OrderRequest, user: str, what: str, client: str) -> None:
        """Journal an order that was not carried out."""

    def status(self) -> Callable[[], Json]:
        """Takes hold of the state; what is returned writes it out, on another thread."""

    def why(self, group: str, node: str | None) -> Json | None:
        """What stands against a switchover of the group; None: there is no such group."""


class Book(Protocol):
    """Where it is written down what became of the interface."""

    def note(self, kind: str, body: dict[str, Any], user: str) -> None:
        """Journal it."""

    def log(self, level: str, event: str, **fields: object) -> None:
        """One line of the log."""


class _Wire(asyncio.Protocol):
    """The supervisor's end of the socket pair."""

    def __init__(self, process: "InterfaceProcess") -> None:
        self._process = process
        self._reader = wire.reader_at_supervisor()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._reader.feed(data):
                self._process.says(message)
        except WireError as error:
            self._process.kill(error.what)

    def connection_lost(self, exc: Exception | None) -> None:
        self._process.kill("it has hung up")


class InterfaceProcess:
    """One interface. `run()` must be running. `starts`: how often it was started; `url`: where it listens, "" while it
    does not."""

    def __init__(self, setup: wire.Setup, desk: Desk, book: Book) -> None:
        self._setup = setup
        self._book = book
        self._counter = Counter(desk, book, self.send)
        self._desk = desk
        self._scribe = ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-interface")
        self._wire: _Wire | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._heard = False
        self._lost = 0
        self._trouble = ""
        self.starts = 0
        self.url = ""

    @property
    def pid(self) -> int | None:
        """The process, None when there is none."""
        return None if self._process is None else self._process.pid

    def prepare(self) -> "asyncio.Future[int]":
        """Start the thread that writes snapshots out, before the threads' priorities are set."""
        return asyncio.get_running_loop().run_in_executor(self._scribe, int)

    def close(self) -> None:
        """No snapshots are written any more."""
        self._scribe.shutdown(wait=False)

    def send(self, message: wire.ToInterface) -> None:
        """Hand a message over. An interface that takes none any more is killed."""
        self._write(wire.to_interface(message))

    def publish(self, event: Json) -> None:
        """Offer a journaled event; never blocks."""
        if not self.url:
            return
        transport = None if self._wire is None else self._wire.transport
        if transport is None or transport.get_write_buffer_size() > _BACKLOG_MAX // 4:
            self._lost += 1
            return
        self.send(wire.Told(lost=self._lost, wall_ns=time.time_ns(), event=event))
        self._lost = 0

    def says(self, message: wire.FromInterface) -> None:
        """Called by the wire."""
        self._heard = True
        match message:
            case wire.Listening(url=url, fingerprint=fingerprint):
                self.url = url
                self._book.log("info", "interface", listens=url, certificate_sha256=fingerprint)
                self._book.note("interface.start", {"url": url, "certificate_sha256": fingerprint}, "")
            case wire.Failed(what=what, mend=mend):
                self._trouble = f"{what} ({mend})" if mend else what
            case wire.Pong():
                pass
            case _:
                if not self._counter.take(message):
                    self.kill("it asked more than an interface may ask")

    def kill(self, why: str) -> None:
        """End the process at once; `run` sees to the rest."""
        if self._process is not None and self._process.returncode is None:
            self._trouble = self._trouble or why
            with suppress(ProcessLookupError):
                self._process.kill()

    async def run(self) -> None:
        """Keep the interface running, until cancelled."""
        backoff_s = _BACKOFF_FIRST_S
        while True:
            started = time.monotonic()
            self._trouble = ""
            try:
                await self._live()
            except OSError as error:
                self._trouble = f"it can't be started: {error.strerror}"
            except Exception as error:  # whatever it is, supervision goes on
                self._trouble = f"{type(error).__name__}: {error}"
            finally:
                self.url = ""
            self._told_end()
            steady = time.monotonic() - started > _STEADY_S
            backoff_s = _BACKOFF_FIRST_S if steady else min(2 * backoff_s, _BACKOFF_MAX_S)
            await asyncio.sleep(backoff_s)

    def _told_end(self) -> None:
        why = self._trouble or "it has ended"
        self._book.log("warning", "interface", ended=why)
        self._book.note("interface.end", {"why": why, "starts": self.starts}, "")

    async def _live(self) -> None:
        """The life of one process. Raises OSError when it can't be started."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "otha.interface",
                    str(theirs.fileno()),
                    str(os.getpid()),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                )
            except BaseException:
                ours.close()
                raise
        self.starts += 1
        loop = asyncio.get_running_loop()
        helpers = [loop.create_task(self._ping())]
        try:
            _, self._wire = await loop.create_connection(lambda: _Wire(self), sock=ours)
            self.send(self._setup)
            helpers.append(loop.create_task(self._feed()))
            await process.wait()
        finally:
            for helper in helpers:
                helper.cancel()
            self._counter.close()
            await self._end(process)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Hang up, which the interface takes as its end, and see to it."""
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

    async def _feed(self) -> None:
        """The newest state, as often as it is taken and as it costs little."""
        loop = asyncio.get_running_loop()
        while True:
            transport = None if self._wire is None else self._wire.transport
            began = time.monotonic()
            if transport is not None and not transport.get_write_buffer_size():
                status, wall_ns = self._desk.status(), time.time_ns()
                frame = await loop.run_in_executor(self._scribe, _snapshot, wall_ns, status)
                if frame is not None:
                    self._write(frame)
            await asyncio.sleep(max(_FRESH_S, _SHARE * (time.monotonic() - began)))

    async def _ping(self) -> None:
        """Kill a process that is there and works no more."""
        silent = 0
        started = time.monotonic()
        while True:
            await asyncio.sleep(_PING_S)
            # Counted in pings and not in seconds: a supervisor that slept itself has heard nothing either.
            silent = 0 if self._heard else silent + 1
            self._heard = False
            if not self.url:
                if time.monotonic() - started > _READY_S:
                    self.kill("it did not listen in time")
                silent = 0
            elif silent >= _SILENT_PINGS:
                self.kill("it does not answer")
            self.send(wire.Ping())

    def _write(self, frame: bytes) -> None:
        transport = None if self._wire is None else self._wire.transport
        if transport is None or transport.is_closing():
            return
        transport.write(frame)
        if transport.get_write_buffer_size() > _BACKLOG_MAX + wire.STATUS_MAX:
            self.kill("it takes nothing any more")


def _snapshot(wall_ns: int, status: Callable[[], Json]) -> bytes | None:
    """The frame of a snapshot; None when it is longer than a message may be."""
    with suppress(WireError):
        return wire.to_interface(wire.Snapshot(wall_ns=wall_ns, status=status()))
    return None
