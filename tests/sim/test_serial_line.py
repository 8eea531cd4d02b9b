"""A serial line between two processes' ends: its pace, its faults, and the master and slave at its ends."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from sim.errors import UsageError
from sim.rtu_master import RtuMaster
from sim.rtu_server import RtuServer
from sim.serial_line import CHAR_S, Cables, SerialLine
from sim.serial_port import SerialPort


class Bank:
    """Registers that hold their address; writes are kept."""

    def __init__(self) -> None:
        self.written: list[tuple[int, tuple[int, ...]]] = []

    def read(self, address: int, count: int) -> Sequence[int] | None:
        return None if address + count > 1000 else list(range(address, address + count))

    def write(self, address: int, values: Sequence[int]) -> bool:
        self.written.append((address, tuple(values)))
        return True


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.001)


@asynccontextmanager
async def cable(folder: Path) -> AsyncIterator[tuple[SerialLine, tuple[Path, Path]]]:
    ends = folder / "gw_a.master", folder / "gw_a.slave"
    line = SerialLine(ends)
    line.start()
    try:
        yield line, ends
    finally:
        line.close()


@asynccontextmanager
async def at_work(*runs: Callable[[], object]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(run()) for run in runs]  # type: ignore[call-overload]  # coroutine functions all
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def pdu(request: ModbusPDU) -> bytes:
    return bytes((request.function_code,)) + request.encode()


READ = pdu(ReadHoldingRegistersRequest(address=100, count=4))
GOOD = bytes((3, 8, 0, 100, 0, 101, 0, 102, 0, 103))


@asynccontextmanager
async def bus(folder: Path, *, timeout_s: float = 2.0) -> AsyncIterator[tuple[SerialLine, RtuMaster, Bank]]:
    bank = Bank()
    async with cable(folder) as (line, (near, far)):
        master, server = RtuMaster(near, reply_timeout_s=timeout_s), RtuServer(far, bank)
        async with at_work(master.run, server.run):
            await until(lambda: master.is_open and server._port.is_open)
            yield line, master, bank


@pytest.mark.asyncio
async def test_bytes_take_their_time(tmp_path: Path) -> None:
    heard = bytearray()
    async with cable(tmp_path) as (_, (near, far)):
        one, other = SerialPort(near, lambda data: None), SerialPort(far, heard.extend)
        async with at_work(one.run, other.run):
            await until(lambda: one.is_open and other.is_open)
            began = time.monotonic()
            one.write(bytes(range(100)))
            one.write(bytes(range(100, 200)))
            await until(lambda: len(heard) == 200)
            assert time.monotonic() - began >= 200 * CHAR_S
            assert heard == bytes(range(200))


@pytest.mark.asyncio
async def test_the_ends_go_with_the_line(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    async with cable(tmp_path) as (_, (near, far)):
        assert near.exists()
        assert far.exists()
    assert not near.is_symlink()
    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.asyncio
async def test_reads_writes_and_exceptions(tmp_path: Path) -> None:
    async with bus(tmp_path) as (_, master, bank):
        began = time.monotonic()
        assert await master.ask(1, READ) == GOOD
        assert time.monotonic() - began >= (8 + 13) * CHAR_S
        write = pdu(WriteMultipleRegistersRequest(address=5, registers=[7, 8]))
        assert await master.ask(1, write) == write[:5]
        assert bank.written == [(5, (7, 8))]
        assert await master.ask(1, pdu(ReadHoldingRegistersRequest(address=999, count=2))) == b"\x83\x02"
        assert await master.ask(1, b"\x08\x00\x00\x12\x34") == b"\x88\x01"


@pytest.mark.asyncio
async def test_a_slave_is_silent_to_what_is_not_for_it(tmp_path: Path) -> None:
    async with bus(tmp_path, timeout_s=0.1) as (_, master, bank):
        assert await master.ask(2, pdu(WriteMultipleRegistersRequest(address=5, registers=[7, 8]))) is None
        assert bank.written == []
        assert await master.ask(1, READ) == GOOD


@pytest.mark.asyncio
async def test_a_cut_line_and_its_mending(tmp_path: Path) -> None:
    async with bus(tmp_path, timeout_s=0.2) as (line, master, _):
        cables = Cables({"gw_a": line})
        cables.cut("gw_a")
        assert await master.ask(1, READ) is None
        cables.heal("gw_a")
        assert await master.ask(1, READ) == GOOD


@pytest.mark.asyncio
async def test_spoilt_bytes_are_no_frames(tmp_path: Path) -> None:
    """Every reply that comes through is right, and nothing wrong was written."""
    async with bus(tmp_path, timeout_s=0.1) as (line, master, bank):
        cables = Cables({"gw_a": line})
        cables.garble("gw_a", one_in=10, seed=3)
        write = pdu(WriteMultipleRegistersRequest(address=5, registers=[7, 8]))
        for _ in range(8):
            assert await master.ask(1, READ) in (None, GOOD)
            await master.ask(1, write)
        assert set(bank.written) <= {(5, (7, 8))}
        cables.heal("gw_a")
        async with asyncio.timeout(10):
            while await master.ask(1, READ) != GOOD:
                pass


def test_faults_that_make_no_sense(tmp_path: Path) -> None:
    line = SerialLine((tmp_path / "a", tmp_path / "b"))
    cables = Cables({"gw_a": line})
    with pytest.raises(UsageError, match="no line"):
        cables.cut("gw_c")
    with pytest.raises(UsageError, match="makes no sense"):
        cables.garble("gw_a", one_in=0)
    for fd in line._open:
        os.close(fd)


@pytest.mark.asyncio
async def test_a_line_that_comes_later_is_found(tmp_path: Path) -> None:
    bank = Bank()
    master, server = (
        RtuMaster(tmp_path / "gw_a.master", reply_timeout_s=2.0),
        RtuServer(tmp_path / "gw_a.slave", bank),
    )
    async with at_work(master.run, server.run):
        await asyncio.sleep(0)
        assert not master.is_open
        async with cable(tmp_path):
            await until(lambda: master.is_open and server._port.is_open)
            assert await master.ask(1, READ) == GOOD
