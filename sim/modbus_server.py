"""A small Modbus TCP server: pymodbus' framer under a transport of its own.

Requests are carried out in the loop's own turn, one after the other, so that a block is read and a mailbox is written
as a whole; pipelined requests are answered in order. The four functions of registers are read and answered here:
pymodbus' PDUs pack register by register, and a PLC is asked for its status of fifty in each control cycle.
"""

import asyncio
import struct
from collections.abc import Sequence
from typing import Final, Protocol

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU

from sim.registers import pack, unpack

_MAX_ADU: Final = 260
_FRAMER: Final = FramerSocket(DecodePDU(True))
_READ_HOLDING, _READ_INPUT, _WRITE_ONE, _WRITE_SEVERAL = _FUNCTIONS = 3, 4, 6, 16
_READ_MAX: Final = 125
_WRITE_MAX: Final = 123
_REFUSED: Final = 0x80  # set in the function code of an exception
_HEAD: Final = struct.Struct(">BHH")  # of all four: function, address, and how many registers or the one's value


class RegisterBank(Protocol):
    """What a server serves. Addresses are protocol addresses of holding registers."""

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """The registers, or None when some of them don't exist."""

    def write(self, address: int, values: Sequence[int]) -> bool:
        """Take the values; False when some of the registers can't be written."""


def carry_out(bank: RegisterBank, request: bytes) -> bytes:
    """Do at a bank what a request asks; the reply to it. Both are PDUs: function code and data."""
    function = request[0]
    if function not in _FUNCTIONS:
        return refusal(function, ExcCodes.ILLEGAL_FUNCTION)
    if len(request) < _HEAD.size:
        return refusal(function, ExcCodes.ILLEGAL_VALUE)
    _, address, number = _HEAD.unpack_from(request)
    if function in (_READ_HOLDING, _READ_INPUT):
        if not 1 <= number <= _READ_MAX:
            return refusal(function, ExcCodes.ILLEGAL_VALUE)
        found = bank.read(address, number)
        if found is None:
            return refusal(function, ExcCodes.ILLEGAL_ADDRESS)
        return bytes((function, 2 * number)) + pack(found)
    values = [number] if function == _WRITE_ONE else _written(number, request[_HEAD.size :])
    if values is None:
        return refusal(function, ExcCodes.ILLEGAL_VALUE)
    if not bank.write(address, values):
        return refusal(function, ExcCodes.ILLEGAL_ADDRESS)
    return request[: _HEAD.size]  # both writes are answered by what they begin with


def _written(count: int, data: bytes) -> list[int] | None:
    """What stands behind the head of a write of several: the number of bytes, and as many. None: it does not."""
    if not 1 <= count <= _WRITE_MAX or len(data) != 1 + 2 * count or data[0] != 2 * count:
        return None
    return unpack(data[1:])


def refusal(function: int, code: ExcCodes) -> bytes:
    """The exception that a request of that function is answered by."""
    return bytes((function | _REFUSED, code))


class ModbusServer:
    """Serves one bank as one unit."""

    def __init__(self, bank: RegisterBank, unit: int = 1) -> None:
        self.bank = bank
        self.unit = unit
        self._open: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> int:
        """Listen on 127.0.0.1; port 0 takes any. Returns the port. Raises OSError when it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Session(self), "127.0.0.1", port, backlog=128)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop listening and reset the open connections."""
        if self._server is not None:
            self._server.close()
        for transport in list(self._open):
            transport.abort()

    def opened(self, transport: asyncio.Transport) -> None:
        """A client connected."""
        self._open.add(transport)

    def closed(self, transport: asyncio.Transport) -> None:
        """A client's connection is gone."""
        self._open.discard(transport)

    def answer(self, request: bytes, unit: int, transaction: int) -> bytes:
        """The reply to one request (function code and data), as bytes to send."""
        if unit != self.unit:
            reply = refusal(request[0], ExcCodes.GATEWAY_NO_RESPONSE)
        else:
            reply = carry_out(self.bank, request)
        return _FRAMER.encode(reply, unit, transaction)


class _Session(asyncio.Protocol):
    """One client connection."""

    def __init__(self, server: ModbusServer) -> None:
        self._server = server
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.opened(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._server.closed(self._transport)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        self._buffer += data
        replies = []
        while len(self._buffer) >= _FRAMER.MIN_SIZE:
            length = int.from_bytes(self._buffer[4:6]) + 6
            if self._buffer[2:4] != b"\0\0" or not _FRAMER.MIN_SIZE <= length <= _MAX_ADU:
                # Not Modbus TCP, or out of step for good: nothing after this can be trusted.
                self._transport.abort()
                return
            used, unit, transaction, pdu = _FRAMER.decode(self._buffer)
            if not used:
                break
            self._buffer = self._buffer[used:]
            replies.append(self._server.answer(pdu, unit, transaction))
        if replies:
            self._transport.write(b"".join(replies))
