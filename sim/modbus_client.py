"""A small Modbus TCP client for fast cycles: requests are pipelined, replies come back as calls.

pymodbus' own client costs too much for a 10 ms cycle in several processes on one core; its framer and PDUs don't.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersResponse

from sim.registers import unpack

_FRAMER: Final = FramerSocket(DecodePDU(False))
_RECONNECT_S: Final = 0.05
_READ_HOLDING: Final = ReadHoldingRegistersResponse.function_code

OnReply = Callable[[ModbusPDU], None]


class ModbusLink:
    """One connection to one server, opened again for ever. A reply that doesn't come in time closes it."""

    def __init__(self, port: int, *, timeout_ms: int, unit: int = 1) -> None:
        self._port = port
        self._timeout_ns = timeout_ms * 1_000_000
        self._unit = unit
        self._transaction = 0
        self._pending: dict[int, tuple[int, OnReply]] = {}
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether requests can be sent now."""
        return self._transport is not None

    @property
    def outstanding(self) -> int:
        """Requests sent and not answered yet."""
        return len(self._pending)

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._lost.clear()
                try:
                    await loop.create_connection(lambda: _Wire(self), "127.0.0.1", self._port)
                except OSError:
                    await asyncio.sleep(_RECONNECT_S)
                    continue
                await self._lost.wait()
                await asyncio.sleep(_RECONNECT_S)
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the connection, if there is one, and see it closed."""
        if self._transport is not None:
            self._lost.clear()
            self._transport.abort()
            await self._lost.wait()

    def send(self, calls: Sequence[tuple[ModbusPDU, OnReply]]) -> bool:
        """Send requests in one segment, in order. False, and nothing sent, when there is no connection."""
        if self._transport is None:
            return False
        now_ns = time.monotonic_ns()
        data = []
        for request, on_reply in calls:
            self._transaction = self._transaction % 0xFFFF + 1
            request.transaction_id, request.dev_id = self._transaction, self._unit
            self._pending[self._transaction] = now_ns, on_reply
            data.append(_FRAMER.buildFrame(request))
        self._transport.write(b"".join(data))
        return True

    def expire(self, now_ns: int) -> None:
        """Close the connection when its oldest request has waited too long."""
        if self._pending and self._transport is not None:
            sent_ns, _ = next(iter(self._pending.values()))
            if now_ns - sent_ns > self._timeout_ns:
                self._transport.abort()

    def opened(self, transport: asyncio.Transport) -> None:
        """The connection stands."""
        self._transport = transport

    def closed(self) -> None:
        """The connection is gone, and with it the requests under way: whether they were carried out is unknown."""
        self._transport = None
        self._pending.clear()
        self._lost.set()

    def replied(self, transaction: int, pdu: bytes) -> None:
        """A reply came in. One that nobody waits for is dropped."""
        waiting = self._pending.pop(transaction, None)
        if waiting is None:
            return
        reply = _decoded(pdu)
        if reply is not None:
            waiting[1](reply)


def _decoded(pdu: bytes) -> ModbusPDU | None:
    """The reply, None when it is none. Registers that were read are unpacked whole: pymodbus takes one after the other,
    and a status of fifty comes in with each control cycle."""
    if len(pdu) >= 2 and pdu[0] == _READ_HOLDING and len(pdu) == 2 + pdu[1] and pdu[1] % 2 == 0:
        return ReadHoldingRegistersResponse(registers=unpack(pdu[2:]))
    return _FRAMER.decoder.decode(pdu)


class _Wire(asyncio.Protocol):
    """The transport side of a link."""

    def __init__(self, link: ModbusLink) -> None:
        self._link = link
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._link.opened(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.closed()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            used, _, transaction, pdu = _FRAMER.decode(self._buffer)
            if not used:
                return
            self._buffer = self._buffer[used:]
            self._link.replied(transaction, pdu)


async def ask(port: int, request: ModbusPDU, *, timeout_ms: int) -> ModbusPDU:
    """One request on a connection of its own. Raises OSError (refused, closed) or TimeoutError."""
    loop = asyncio.get_running_loop()
    link = ModbusLink(port, timeout_ms=timeout_ms)
    answered: asyncio.Future[ModbusPDU] = loop.create_future()

    def on_reply(reply: ModbusPDU) -> None:
        if not answered.done():
            answered.set_result(reply)

    async with asyncio.timeout(timeout_ms / 1000):
        await loop.create_connection(lambda: _Wire(link), "127.0.0.1", port)
        try:
            link.send([(request, on_reply)])
            return await answered
        finally:
            await link.close()
