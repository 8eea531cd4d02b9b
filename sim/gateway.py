"""A simulated gateway: Modbus TCP in, Modbus RTU out over a serial line, with the habits of real ones.

Requests wait in one queue of fixed length and go over the line one after the other; replies find their connection by
transaction. A full queue answers "busy" (exception 6), a slave without a reply "target failed to respond" (0x0B), a
unit that is not routed "path unavailable" (0x0A). Eight connections are taken; a ninth drops the oldest. What stands in
the queue is sent, even if who asked has hung up meanwhile, and even if the gateway was stopped for an hour in between:
a frame that was right when it was queued reaches the controller when it is wrong, and the gate there must refuse it.

Unit 255 is the gateway itself: see `plc_profiles/sim_gateway.toml`.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU

from sim import control
from sim.modbus_server import carry_out, refusal
from sim.plant import Plant
from sim.process import Ticker
from sim.registers import U16_MAX, U32_MAX, unpack
from sim.rtu_master import RtuMaster

OWN_UNIT: Final = 255
MAGIC: Final = 0x4757
LAYOUT: Final = 1
QUEUE_MAX: Final = 16
CONNECTIONS_MAX: Final = 8
_REPLY_TIMEOUT_S: Final = 0.15
_IDLE_S: Final = 0.02
_COMMUNICATE_MS: Final = 10
_MAX_ADU: Final = 260
_FRAME: Final = 16  # the function code of owner frames, and of a supervisor's commands
_BLOCK: Final = struct.Struct(">HHIIHHHIII")
_FRAMER: Final = FramerSocket(DecodePDU(True))


class LinkState(IntEnum):
    """How the gateway finds its line."""

    UNKNOWN = 0
    ANSWERED = 1
    SILENT = 2
    NO_DEVICE = 3


_LEVELS: Final = {LinkState.UNKNOWN: 255, LinkState.ANSWERED: 255, LinkState.SILENT: 100, LinkState.NO_DEVICE: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Queued:
    session: "_Session"
    transaction: int
    unit: int
    pdu: bytes


class Gateway:
    """Queue, bus task, own registers. `serve_bus` must be running."""

    def __init__(self, bus: RtuMaster, units: Sequence[int]) -> None:
        self._bus = bus
        self._units = frozenset(units)
        self._queue: deque[_Queued] = deque()
        self._wanted = asyncio.Event()
        self._sessions: list[_Session] = []
        self._server: asyncio.Server | None = None
        self._heartbeat = 0
        self._cycle = 0
        self._answered = True
        self._asked = False
        self._held = False
        self.forwarded = 0
        self.failed = 0
        self.refused = 0
        self.dropped = 0

    async def listen(self, port: int) -> int:
        """Listen on 127.0.0.1; port 0 takes any. Returns the port. Raises OSError when it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Session(self), "127.0.0.1", port, backlog=128)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop listening and reset the open connections."""
        if self._server is not None:
            self._server.close()
        for session in list(self._sessions):
            session.abort()

    def communicate(self, periods: int) -> None:
        """The task that serves the network: its sign of life."""
        self._heartbeat = (self._heartbeat + periods) & U32_MAX

    async def serve_bus(self) -> None:
        """The task that serves the line, for ever: one request after the other, or a look around."""
        while True:
            self._cycle = (self._cycle + 1) & U32_MAX
            if self._queue and not self._held:
                await self._forward(self._queue.popleft())
                continue
            self._wanted.clear()
            try:
                async with asyncio.timeout(_IDLE_S):
                    await self._wanted.wait()
            except TimeoutError:
                pass

    def hold_queue(self) -> None:
        """From now on requests wait; what is on the line ends."""
        self._held = True

    def let_go(self) -> None:
        """The queue goes on."""
        self._held = False
        self._wanted.set()

    async def _forward(self, request: _Queued) -> None:
        reply = await self._bus.ask(request.unit, request.pdu)
        self._asked, self._answered = True, reply is not None
        if reply is None:
            self.failed += 1
            request.session.refuse(request, ExcCodes.GATEWAY_NO_RESPONSE)
        else:
            self.forwarded += 1
            request.session.answer(request.transaction, request.unit, reply)

    # --- the network side ---

    def opened(self, session: "_Session") -> None:
        """A client connected; one too many drops the oldest."""
        self._sessions.append(session)
        if len(self._sessions) > CONNECTIONS_MAX:
            self.dropped += 1
            self._sessions[0].abort()

    def closed(self, session: "_Session") -> None:
        """A client's connection is gone. What it asked stays in the queue."""
        if session in self._sessions:
            self._sessions.remove(session)

    def take(self, request: _Queued) -> None:
        """A request of a client."""
        session = request.session
        if request.unit == OWN_UNIT:
            session.answer(request.transaction, request.unit, carry_out(self, request.pdu))
        elif request.unit not in self._units:
            session.refuse(request, ExcCodes.GATEWAY_PATH_UNAVIABLE)
        elif len(self._queue) >= QUEUE_MAX:
            self.refused += 1
            session.refuse(request, ExcCodes.DEVICE_BUSY)
        else:
            self._queue.append(request)
            self._wanted.set()

    # --- its own registers ---

    @property
    def link_state(self) -> LinkState:
        """How it finds its line."""
        if not self._bus.is_open:
            return LinkState.NO_DEVICE
        if not self._asked:
            return LinkState.UNKNOWN
        return LinkState.ANSWERED if self._answered else LinkState.SILENT

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """The status block."""
        block = unpack(
            _BLOCK.pack(
                MAGIC,
                LAYOUT,
                self._heartbeat,
                self._cycle,
                _LEVELS[self.link_state],
                min(U16_MAX, len(self._queue)),
                self.link_state,
                self.forwarded & U32_MAX,
                self.failed & U32_MAX,
                self.refused & U32_MAX,
            )
        )
        return block[address : address + count] if address + count <= len(block) else None

    def write(self, address: int, values: Sequence[int]) -> bool:
        """Nothing can be written."""
        return False

    def state(self) -> control.Answer:
        """What a test or a person at the console wants to know."""
        return {
            "link": self.link_state.name,
            "queue": len(self._queue),
            "frames": sum(queued.pdu[0] == _FRAME for queued in self._queue),
            "connections": len(self._sessions),
            "forwarded": self.forwarded,
            "failed": self.failed,
            "refused": self.refused,
            "dropped": self.dropped,
        }


class _Session(asyncio.Protocol):
    """One client connection."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._gateway.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._gateway.closed(self)

    def abort(self) -> None:
        """Reset the connection."""
        if self._transport is not None:
            self._transport.abort()
        self._gateway.closed(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= _FRAMER.MIN_SIZE:
            length = int.from_bytes(self._buffer[4:6]) + 6
            if self._buffer[2:4] != b"\0\0" or not _FRAMER.MIN_SIZE <= length <= _MAX_ADU:
                self.abort()
                return
            used, unit, transaction, pdu = _FRAMER.decode(self._buffer)
            if not used:
                return
            self._buffer = self._buffer[used:]
            self._gateway.take(_Queued(session=self, transaction=transaction, unit=unit, pdu=pdu))

    def answer(self, transaction: int, unit: int, pdu: bytes) -> None:
        """Send a reply; to a connection that is gone there is nothing to say."""
        if self._transport is not None:
            self._transport.write(_FRAMER.encode(pdu, unit, transaction))

    def refuse(self, request: _Queued, code: ExcCodes) -> None:
        """Send an exception."""
        self.answer(request.transaction, request.unit, refusal(request.pdu[0], code))


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the gateway called `name`."""
    master_end, _ = plant.line(name)
    bus = RtuMaster(master_end, reply_timeout_s=_REPLY_TIMEOUT_S)
    gateway = Gateway(bus, units=(1,))
    await gateway.listen(plant.ports[name])
    tasks = [asyncio.create_task(each) for each in (bus.run(), gateway.serve_bus())]
    ticker = Ticker(_COMMUNICATE_MS, gateway.communicate)
    door = await control.serve(
        plant.door(name),
        {
            "state": gateway.state,
            "hold_queue": gateway.hold_queue,
            "let_go": gateway.let_go,
        },
    )

    def end() -> None:
        ticker.stop()
        for task in tasks:
            task.cancel()
        gateway.close()
        door.close()

    return end
