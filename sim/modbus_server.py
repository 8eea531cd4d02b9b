"""A small Modbus TCP server: pymodbus' framer and PDUs under a transport of its own.

Requests are carried out in the loop's own turn, one after the other, so that a block is read and a mailbox is written
as a whole; pipelined requests are answered in order.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    ReadInputRegistersRequest,
    ReadInputRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest,
    WriteSingleRegisterResponse,
)

_MAX_ADU: Final = 260
_FRAMER: Final = FramerSocket(DecodePDU(True))


class RegisterBank(Protocol):
    """What a server serves. Addresses are protocol addresses of holding registers."""

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """The registers, or None when some of them don't exist."""

    def write(self, address: int, values: Sequence[int]) -> bool:
        """Take the values; False when some of the registers can't be written."""


def carry_out(bank: RegisterBank, adu_pdu: bytes) -> ModbusPDU:
    """Do at a bank what a request (function code and data) asks; the reply to it."""
    function = adu_pdu[0]
    if function not in (3, 4, 6, 16):
        return ExceptionResponse(function, ExcCodes.ILLEGAL_FUNCTION)
    request = _FRAMER.decoder.decode(adu_pdu)
    if request is None:
        return ExceptionResponse(function, ExcCodes.ILLEGAL_VALUE)
    address = request.address
    if isinstance(request, ReadHoldingRegistersRequest):
        values = bank.read(address, request.count)
        if values is None:
            return ExceptionResponse(function, ExcCodes.ILLEGAL_ADDRESS)
        if isinstance(request, ReadInputRegistersRequest):
            return ReadInputRegistersResponse(registers=values)
        return ReadHoldingRegistersResponse(registers=values)
    if not isinstance(request, WriteMultipleRegistersRequest | WriteSingleRegisterRequest):
        return ExceptionResponse(function, ExcCodes.ILLEGAL_FUNCTION)
    if not bank.write(address, request.registers):
        return ExceptionResponse(function, ExcCodes.ILLEGAL_ADDRESS)
    if isinstance(request, WriteSingleRegisterRequest):
        return WriteSingleRegisterResponse(address=address, registers=request.registers)
    return WriteMultipleRegistersResponse(address=address, count=len(request.registers))


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

    def answer(self, adu_pdu: bytes, unit: int, transaction: int) -> bytes:
        """The reply to one request, as bytes to send. `adu_pdu` is function code and data."""
        reply = self._reply(adu_pdu, unit)
        reply.dev_id, reply.transaction_id = unit, transaction
        return _FRAMER.buildFrame(reply)

    def _reply(self, adu_pdu: bytes, unit: int) -> ModbusPDU:
        if unit != self.unit:
            return ExceptionResponse(adu_pdu[0], ExcCodes.GATEWAY_NO_RESPONSE)
        return carry_out(self.bank, adu_pdu)


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
