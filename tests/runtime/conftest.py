"""A Modbus TCP peer on loopback whose manners each test chooses, and a scheduler on the test's loop."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from otha.core.inputs import Input
from otha.runtime.scheduler import Scheduler
from otha.site.gate_map import CommandAnswer, gate_map
from otha.site.load import load_site
from otha.site.model import Site

MS = 1_000_000

Manner = Callable[..., Awaitable[None]]


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


class FakeGate(Peer):
    """A gate that takes every command at once and answers it as told; `applies` says what a command changes."""

    def __init__(self) -> None:
        super().__init__()
        self.manner = FakeGate.gate
        self.words = dict.fromkeys(gate_map().status_names, 0)
        self.words |= {"magic": gate_map().magic, "layout": gate_map().layout, "outputs": 3, "boot": 77, "scan_ms": 5}
        self.answer = CommandAnswer.DONE
        self.commands: list[dict[str, int]] = []
        self.takes = True

    async def gate(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        shape = gate_map()
        address, count = struct.unpack(">HH", request[8:12])
        if request[7] == 16:
            values = shape.command.unpack(request[13:])
            self.commands.append({"address": address, **dict(zip(shape.command_names, values, strict=True))})
            if self.takes:
                self.words |= {"command_id": self.commands[-1]["id"], "command_answer": int(self.answer)}
            writer.write(Peer.reply(request, request[7:12]))
            return
        self.words["scan"] += 1
        body = shape.status.pack(*(self.words[name] for name in shape.status_names)) + bytes(18)
        writer.write(Peer.reply(request, bytes((3, len(body))) + body if 2 * count == len(body) else b"\x83\x02"))


@pytest_asyncio.fixture
async def gates() -> AsyncIterator[tuple[FakeGate, FakeGate]]:
    """The same section's gate as seen over two paths; the second one shares the first one's registers."""
    first, second = FakeGate(), FakeGate()
    second.words, second.commands = first.words, first.commands
    await first.start()
    await second.start()
    yield first, second
    await first.stop()
    await second.stop()
    await asyncio.sleep(0)


class Inputs(list[Input]):
    """Collects what is put, and lets a test wait for a number of inputs."""

    def put(self, raw: Input, at_ns: int) -> None:
        self.append(raw)
        self._more.set()

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    async def reach(self, number: int) -> None:
        async with asyncio.timeout(10):
            while len(self) < number:
                self._more.clear()
                await self._more.wait()


@pytest_asyncio.fixture
async def inputs() -> AsyncIterator[Inputs]:
    yield Inputs()


@pytest.fixture
def demo_site(tmp_path: Path) -> Callable[..., Site]:
    """The shipped demo site, with ports by default port: demo_site({15013: 40001})."""

    def load(ports: dict[int, int]) -> Site:
        shipped = Path(__file__).parents[2] / "sim" / "sites" / "two_tanks.toml"
        text = shipped.read_text(encoding="utf-8")
        for old, new in ports.items():
            text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
        path = tmp_path / "two_tanks.toml"
        path.write_text(text, encoding="utf-8")
        return load_site(path)

    return load
