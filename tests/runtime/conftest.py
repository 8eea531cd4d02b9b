"""A Modbus TCP peer on loopback whose manners each test chooses, and a scheduler on the test's loop."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from otha.runtime.scheduler import Scheduler

MS = 1_000_000

Manner = Callable[["Peer", bytes, asyncio.StreamWriter], Awaitable[None]]


class Peer:
    """Answers FC03 with register value = address, FC16 with its echo, unless `manner` says otherwise."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[bytes] = []
        self.connections = 0
        self.manner: Manner = Peer.polite
        self.writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readexactly(6)
                body = await reader.readexactly(int.from_bytes(head[4:6], "big"))
                self.requests.append(head + body)
                await self.manner(self, head + body, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    @staticmethod
    def reply(request: bytes, pdu: bytes, *, unit: int | None = None, transaction: int | None = None) -> bytes:
        number = int.from_bytes(request[:2], "big") if transaction is None else transaction
        return struct.pack(">HHHB", number, 0, len(pdu) + 1, request[6] if unit is None else unit) + pdu

    @staticmethod
    def good(request: bytes) -> bytes:
        if request[7] == 16:
            return Peer.reply(request, request[7:12])
        address, count = struct.unpack(">HH", request[8:12])
        words = [(address + index) & 0xFFFF for index in range(count)]
        return Peer.reply(request, bytes((request[7], 2 * count)) + struct.pack(f">{count}H", *words))

    async def polite(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(Peer.good(request))

    async def silent(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        return


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    await peer.start()
    yield peer
    await peer.stop()
    await asyncio.sleep(0)


class Defects(list[Exception]):
    """What work let out; a test that expects none needs no assertion of its own."""


@pytest_asyncio.fixture
async def defects() -> AsyncIterator[Defects]:
    defects = Defects()
    yield defects
    assert defects == []


@pytest_asyncio.fixture
async def scheduler(defects: Defects) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(
        asyncio.get_running_loop(), stall_ns=10**12, on_stall=lambda gap, now: None, on_defect=defects.append
    )
    yield scheduler
    scheduler.close()


@pytest.fixture
def ms() -> int:
    return MS
