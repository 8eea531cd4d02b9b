"""The Modbus server against raw bytes: order, exceptions, and who isn't worth an answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from pymodbus.constants import ExcCodes
from pymodbus.pdu import ExceptionResponse, ModbusPDU
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

from sim.modbus_client import ModbusLink, ask
from sim.modbus_server import ModbusServer, carry_out

pytestmark = pytest.mark.asyncio


class Bank:
    """Ten registers; the last one can't be written."""

    def __init__(self) -> None:
        self.registers = list(range(10))

    def read(self, address: int, count: int) -> Sequence[int] | None:
        return self.registers[address : address + count] if address + count <= 10 else None

    def write(self, address: int, values: Sequence[int]) -> bool:
        if address + len(values) > 9:
            return False
        self.registers[address : address + len(values)] = values
        return True


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    server = ModbusServer(Bank())
    yield await server.listen(0)
    server.close()
    await asyncio.sleep(0)


def adu(transaction: int, unit: int, pdu: bytes) -> bytes:
    return transaction.to_bytes(2) + b"\0\0" + (len(pdu) + 1).to_bytes(2) + bytes([unit]) + pdu


def pdu(message: ModbusPDU) -> bytes:
    return bytes((message.function_code,)) + message.encode()


async def exchange(port: int, *chunks: bytes, length: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
    try:
        return await asyncio.wait_for(reader.readexactly(length), 5)
    finally:
        writer.close()
        await writer.wait_closed()


READ_TWO = bytes([3, 0, 1, 0, 2])


async def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    request = b"".join(adu(number, 1, READ_TWO) for number in (5, 3, 9))
    reply = await exchange(port, request, length=3 * 13)
    assert [reply[at : at + 2] for at in (0, 13, 26)] == [b"\0\5", b"\0\3", b"\0\x09"]
    assert reply[7:13] == bytes([3, 4, 0, 1, 0, 2])


async def test_a_request_may_come_in_pieces(port: int) -> None:
    whole = adu(1, 1, READ_TWO)
    assert (await exchange(port, whole[:5], whole[5:9], whole[9:], length=13))[8] == 4


@pytest.mark.parametrize(
    ("unit", "asked", "code"),
    [
        (1, bytes([3, 0, 9, 0, 2]), 2),
        (1, bytes([3, 0, 0, 0, 0]), 3),
        (1, bytes([3, 0, 0, 0, 126]), 3),
        (1, bytes([16, 0, 8, 0, 2, 4, 0, 1, 0, 2]), 2),
        (1, bytes([16, 0, 0, 0, 2, 4, 0, 1, 0]), 3),
        (1, bytes([16, 0, 0, 0, 2, 2, 0, 1, 0, 2]), 3),
        (1, bytes([16, 0, 0, 0, 0, 0]), 3),
        (1, bytes([16, 0, 0, 0]), 3),
        (1, bytes([6, 0, 9, 0, 1]), 2),
        (1, bytes([6, 0]), 3),
        (1, bytes([1, 0, 0, 0, 1]), 1),
        (1, bytes([43, 14, 1, 0]), 1),
        (2, READ_TWO, 0x0B),
    ],
)
async def test_what_cant_be_done_is_answered_by_an_exception(port: int, unit: int, asked: bytes, code: int) -> None:
    reply = await exchange(port, adu(7, unit, asked), length=9)
    assert reply[6:] == bytes([unit, asked[0] | 0x80, code])


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\0\1\0\0\xff\xff\1\3", b"\0\1\0\0\0\1\1\3"])
async def test_what_isnt_modbus_is_cut_off(port: int, garbage: bytes) -> None:
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await exchange(port, garbage, length=1)


async def test_single_and_multiple_writes_and_input_reads(port: int) -> None:
    assert (await ask(port, WriteSingleRegisterRequest(address=4, registers=[77]), timeout_ms=5000)).registers == [77]
    write = bytes([16, 0, 5, 0, 2, 4, 0, 8, 0, 9])
    assert await exchange(port, adu(1, 1, write), length=12) == adu(1, 1, bytes([16, 0, 5, 0, 2]))
    reply = await exchange(port, adu(1, 1, bytes([4, 0, 4, 0, 3])), length=15)
    assert reply[7:] == bytes([4, 6, 0, 77, 0, 8, 0, 9])


async def test_replies_are_to_the_byte_those_of_pymodbus() -> None:
    bank = Bank()
    for count in range(1, 9):
        held = list(bank.registers[1 : count + 1])
        assert carry_out(bank, pdu(ReadHoldingRegistersRequest(address=1, count=count))) == pdu(
            ReadHoldingRegistersResponse(registers=held)
        )
        assert carry_out(bank, pdu(ReadInputRegistersRequest(address=1, count=count))) == pdu(
            ReadInputRegistersResponse(registers=held)
        )
        several = [0xFFFF - count * at for at in range(count)]
        assert carry_out(bank, pdu(WriteMultipleRegistersRequest(address=1, registers=several))) == pdu(
            WriteMultipleRegistersResponse(address=1, count=count)
        )
        assert bank.registers[1 : count + 1] == several
        one = WriteSingleRegisterRequest(address=count, registers=[count << 8])
        assert carry_out(bank, pdu(one)) == pdu(WriteSingleRegisterResponse(address=count, registers=[count << 8]))
        assert bank.registers[count] == count << 8
    assert carry_out(bank, b"\x2b") == pdu(ExceptionResponse(0x2B, ExcCodes.ILLEGAL_FUNCTION))


async def test_a_link_connects_again_after_a_reply_that_never_came() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    number = silent.sockets[0].getsockname()[1]
    link = ModbusLink(number, timeout_ms=50)
    keeper = asyncio.create_task(link.run())
    seen: list[object] = []

    read = ReadHoldingRegistersRequest(address=0, count=1)

    async def sent() -> None:
        while True:
            if link.send([(read, seen.append)]):
                return
            await asyncio.sleep(0.005)

    await asyncio.wait_for(sent(), 5)
    link.expire(time.monotonic_ns())
    assert link.send([(read, seen.append)])
    link.expire(time.monotonic_ns() + 1_000_000_000)
    await asyncio.sleep(0.02)
    assert not link.send([(read, seen.append)])
    assert link.outstanding == 0
    await asyncio.wait_for(sent(), 5)
    assert seen == []
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)
    silent.close()
