"""A process of OTHA's own, kept running at the far end of a socket pair: asked for signs of life, started again."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from otha.wire.errors import WireError

_PING_S: Final = 1.0
_SILENT_PINGS: Final = 5
_END_S: Final = 1.5
_SPARE_AGAIN_S: Final = 60.0
_WHY_MAX: Final = 300
# Such a process is limited in its address space. The C library sets 64 MiB of it aside for each thread that allocates,
# used or not: a dozen threads would leave nothing, and a password could not be checked any more.
_ARENAS: Final = {"MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How soon a process that has ended is started again: at once if it was up for `steady_s`, and the first time
    that it was not; then after a pause that doubles from `backoff_first_s` to `backoff_max_s`. One that is not up
    `ready_s` after its start is killed. Once it was up for `spare_after_s` the next one is started beside it, which has
    then only to be told what it is to be (None: none is)."""

    backoff_first_s: float
    backoff_max_s: float
    steady_s: float
    ready_s: float
    spare_after_s: float | None = None


class Backoff:
    """The pauses between lives. Pure."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._next_s = 0.0

    def pause_s(self, up_s: float) -> float:
        """The pause after a life that was up for so long; 0 for one that never was."""
        if up_s >= self._pace.steady_s:
            self._next_s = 0.0
            return 0.0
        pause_s = self._next_s
        self._next_s = min(max(2 * pause_s, self._pace.backoff_first_s), self._pace.backoff_max_s)
        return pause_s


class Owner(Protocol):
    """Whose process it is."""

    @property
    def is_up(self) -> bool:
        """It has said that it is ready."""

    def take(self, data: bytes) -> None:
        """Bytes from the process. Raises WireError for what can be none of its messages: that is its end."""

    def ping(self) -> bytes:
        """The frame that asks it for a sign of life."""


class _Wire(asyncio.Protocol):
    """The supervisor's end of the socket pair."""

    def __init__(self, kept: "KeptProcess", owner: Owner) -> None:
        self._kept = kept
        self._owner = owner
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._owner.take(data)
        except WireError as error:
            self._kept.kill(error.what)

    def connection_lost(self, exc: Exception | None) -> None:
        self._kept.hung_up(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Started:
    """A process, and the supervisor's end of its socket pair."""

    process: asyncio.subprocess.Process
    sock: socket.socket


class KeptProcess:
    """`python -m module SOCKET [FD ...] PARENT`, one life after the other. `starts`: how often it was started.

    A process that leaves more than `unsent_max` bytes untaken is killed. `ends_itself`: at the end it is hung up on and
    has a moment to bring its work to an end; any other is killed at once.
    """

    def __init__(self, module: str, owner: Owner, pace: Pace, *, unsent_max: int, ends_itself: bool = False) -> None:
        self._module = module
        self._unsent_max = unsent_max
        self._ends_itself = ends_itself
        self._is_ending = False
        self._owner = owner
        self._pace = pace
        self._wire: _Wire | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._spare: _Started | None = None
        self._heard = False
        self._backoff = Backoff(pace)
        self._up_since: float | None = None
        self._up_s = 0.0
        self.starts = 0
        self.trouble = ""

    @property
    def pid(self) -> int | None:
        """The process, None when there is none."""
        return None if self._process is None else self._process.pid

    @property
    def unsent(self) -> int | None:
        """How many bytes it has not taken yet; None when there is nobody to take any."""
        return None if self._transport is None else self._transport.get_write_buffer_size()

    @property
    def _transport(self) -> asyncio.Transport | None:
        transport = None if self._wire is None else self._wire.transport
        return None if transport is None or transport.is_closing() else transport

    def write(self, frame: bytes) -> None:
        """Hand a frame over, if there is anybody to take it."""
        transport = self._transport
        if transport is None:
            return
        transport.write(frame)
        if transport.get_write_buffer_size() > self._unsent_max:
            self.kill("it takes nothing any more")

    def heard(self) -> None:
        """It has given a sign of life."""
        self._heard = True
        if self._up_since is None and self._owner.is_up:
            self._up_since = time.monotonic()

    def kill(self, why: str) -> None:
        """End the process at once. `trouble` keeps the first reason of its life."""
        if self._process is not None and self._process.returncode is None:
            self.trouble = self.trouble or why
            with suppress(ProcessLookupError):
                self._process.kill()

    def hung_up(self, wire: _Wire) -> None:
        """The connection is over: of a process that goes on without it nothing is known any more. What is left to send
        to one that is dead can end its connection when the next process is there already: that is not its end."""
        if wire is self._wire and not (self._is_ending and self._ends_itself):
            self.kill("it has hung up")

    def _helper_ended(self, helper: "asyncio.Task[None]") -> None:
        """A process that is fed or asked no more would go on to look well."""
        if not helper.cancelled() and (error := helper.exception()) is not None:
            self.kill(f"the supervisor's part failed: {type(error).__name__}: {error}"[:_WHY_MAX])

    async def live(
        self, fds: Sequence[int] = (), *, meanwhile: Callable[[], Coroutine[Any, Any, None]] | None = None
    ) -> None:
        """One life, from start to end; `meanwhile` runs beside it. Raises OSError when it can't be started."""
        self._is_ending = False
        self._up_since, self._up_s = None, 0.0
        started = self._taken_spare() or await self._start(fds)
        self._process = process = started.process
        self.starts += 1
        loop = asyncio.get_running_loop()
        work: list[Callable[[], Coroutine[Any, Any, None]]] = [self._ping]
        if self._pace.spare_after_s is not None:
            work.append(partial(self._keep_spare, fds, self._pace.spare_after_s))
        if meanwhile is not None:
            work.append(meanwhile)
        helpers = list[asyncio.Task[None]]()
        self._wire = wire = _Wire(self, self._owner)
        try:
            await loop.create_connection(lambda: wire, sock=started.sock)
            helpers += [loop.create_task(each()) for each in work]
            for helper in helpers:
                helper.add_done_callback(self._helper_ended)
            await process.wait()
        finally:
            self._up_s = self._up_for()
            for helper in helpers:
                helper.cancel()
            await self._end(process)

    async def _start(self, fds: Sequence[int]) -> _Started:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    self._module,
                    *(str(fd) for fd in (theirs.fileno(), *fds, os.getpid())),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(), *fds),
                    env=os.environ | _ARENAS,
                )
            except BaseException:
                ours.close()
                raise
        return _Started(process=process, sock=ours)

    async def _keep_spare(self, fds: Sequence[int], after_s: float) -> None:
        """Have a spare once this life is steady, and another one if it ends."""
        while True:
            await asyncio.sleep(_PING_S)
            if self._up_for() < after_s or (self._spare is not None and self._spare.process.returncode is None):
                continue
            await self.drop_spare()
            with suppress(OSError, RuntimeError):  # no thread or no process is to be had
                self._spare = await self._start(fds)
            await asyncio.sleep(_SPARE_AGAIN_S)

    def _taken_spare(self) -> _Started | None:
        """The spare, if there is one that lives."""
        if self._spare is None or self._spare.process.returncode is not None:
            return None
        spare, self._spare = self._spare, None
        return spare

    async def drop_spare(self) -> None:
        """End the spare."""
        spare, self._spare = self._spare, None
        if spare is None:
            return
        spare.sock.close()
        with suppress(ProcessLookupError):
            spare.process.kill()
        await spare.process.wait()

    def _up_for(self) -> float:
        return 0.0 if self._up_since is None else time.monotonic() - self._up_since

    async def rest(self) -> None:
        """The pause between two lives."""
        await asyncio.sleep(self._backoff.pause_s(self._up_s))
        self.trouble = ""

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Hang up, which the process takes as its end, and see to it."""
        self._is_ending = True
        wire, self._wire = self._wire, None
        if wire is not None and wire.transport is not None:
            wire.transport.close()
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
            if not self._owner.is_up:
                if time.monotonic() - started > self._pace.ready_s:
                    self.kill("it was not ready in time")
                silent = 0
            elif silent >= _SILENT_PINGS:
                self.kill("it does not answer")
            self.write(self._owner.ping())
