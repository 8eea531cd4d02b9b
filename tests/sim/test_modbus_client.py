"""What the Modbus client makes of replies, whole ones and others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from sim.modbus_client import ask
from sim.registers import pack

pytestmark = pytest.mark.asyncio

READ = ReadHoldingRegistersRequest(address=0, count=2)


@asynccontextmanager
async def answering(pdu: bytes) -> AsyncIterator[int]:
    """A port at which the first request is answered by that."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(7)
        await reader.readexactly(int.from_bytes(head[4:6]) - 1)
        writer.write(head[:4] + (len(pdu) + 1).to_bytes(2) + head[6:] + pdu)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def asked(pdu: bytes, timeout_ms: int = 5000) -> ModbusPDU:
    async with answering(pdu) as port:
        return await ask(port, READ, timeout_ms=timeout_ms)


@pytest.mark.parametrize("count", [1, 2, 50, 125])
async def test_registers_come_as_they_were_sent(count: int) -> None:
    sent = [0xFFFF - 500 * at for at in range(count)]
    reply = await asked(bytes((3, 2 * count)) + pack(sent))
    assert not reply.isError()
    assert list(reply.registers) == sent


async def test_an_exception_is_told() -> None:
    reply = await asked(b"\x83\x02")
    assert reply.isError()
    assert reply.exception_code == 2


@pytest.mark.parametrize("pdu", [b"", b"\x03", b"\x03\x04\0\1", b"\x55\0"])
async def test_what_is_no_reply_is_waited_past(pdu: bytes) -> None:
    with pytest.raises(TimeoutError):
        await asked(pdu, timeout_ms=200)
