"""The process that talks OPC UA: `python -m otha.runtime.opcua.worker SOCKET PAGE PARENT`, started by the supervisor.

Memory-limited: a hostile peer can make asyncua allocate gigabytes, and then this process dies instead of the
supervisor. It ends when the socket does, so that it never outlives who started it.
"""

import asyncio
import ctypes
import gc
import logging
import mmap
import os
import resource
import signal
import socket
import sys

from otha.guard import PAGE_SIZE, Guard
from otha.runtime.opcua.channel import WorkerChannel
from otha.wire import opcua as wire
from otha.wire.errors import WireError

MEMORY_LIMIT = 768 << 20
_PR_SET_PDEATHSIG = 1
_BACKLOG_MAX = 4 << 20


def _limit(parent_pid: int) -> None:
    """Bound the memory, and end with the parent."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        raise SystemExit(0)  # it ended before the death signal was set


class Worker(asyncio.Protocol):
    """Takes the supervisor's requests and hands them to their channels."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._reader = wire.request_reader()
        self._channels: dict[int, WorkerChannel] = {}
        self._transport: asyncio.Transport | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.report(wire.Ready(pid=os.getpid()))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            for request in self._reader.feed(data):
                self._take(request)
        except WireError:
            assert self._transport is not None
            self._transport.abort()

    def report(self, message: wire.Report) -> None:
        """Tell the supervisor. One that takes nothing any more ends this process."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(wire.encode_report(message))
        if transport.get_write_buffer_size() > _BACKLOG_MAX:
            transport.abort()

    def _take(self, request: wire.Request) -> None:
        if isinstance(request, wire.Ping):
            self.report(wire.Pong())
            return
        if isinstance(request, wire.Open):
            self._open(request)
            return
        channel = self._channels.get(request.channel)
        if channel is None:
            return
        match request:
            case wire.Beat():
                channel.beat(request)
            case wire.Rest():
                channel.rest()
            case wire.ReadNodes():
                channel.read(request)
            case wire.CallMethod():
                channel.call(request)
            case wire.Close():
                del self._channels[request.channel]
                self._close(channel)

    def _open(self, setup: wire.Open) -> None:
        before = self._channels.get(setup.channel)
        if before is not None:
            self._close(before)
        self._channels[setup.channel] = WorkerChannel(setup, self._guard, self.report)

    def _close(self, channel: WorkerChannel) -> None:
        task = asyncio.get_running_loop().create_task(channel.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Hang up everywhere."""
        await asyncio.gather(*(channel.close() for channel in self._channels.values()), return_exceptions=True)


async def serve(sock: socket.socket, page: mmap.mmap) -> None:
    """Serve the supervisor until it hangs up."""
    loop = asyncio.get_running_loop()
    # What a peer makes asyncua's own tasks raise is told by the requests that it spoils, and nowhere else.
    loop.set_exception_handler(lambda _loop, _context: None)
    guard = Guard(page)
    _, worker = await loop.create_connection(lambda: Worker(guard), sock=sock)
    await worker.gone
    await worker.close()


def main() -> None:
    """Run as a process of its own."""
    socket_fd, page_fd, parent_pid = (int(argument) for argument in sys.argv[1:4])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the supervisor ends its workers
    _limit(parent_pid)
    logging.disable(logging.CRITICAL)  # asyncua logs what peers do wrong, as often as they do it
    gc.freeze()
    page = mmap.mmap(page_fd, PAGE_SIZE)
    asyncio.run(serve(socket.socket(fileno=socket_fd), page))


if __name__ == "__main__":
    main()
