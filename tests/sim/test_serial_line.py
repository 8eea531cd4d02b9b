"""A serial line between two processes' ends: its pace, its faults, and the master and slave at its ends."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from otha.core.words import Answer
from otha.runtime.modbus_frame import read_registers, write_registers
from otha.runtime.rtu import RtuLine
from otha.runtime.scheduler import Scheduler
from otha.site.line import Line, Parity
from sim.bus_recorder import MAGIC, RECORD, BusLog
from sim.errors import UsageError
from sim.forward import Direction
from sim.rtu_master import RtuMaster
from sim.rtu_server import RtuServer
from sim.serial_line import CHAR_S, SILENCE_S, Cables, SerialLine
from sim.serial_port import SerialPort
from sim.serial_tap import SerialTap


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


def frame_of(body: bytes, unit: int = 1) -> bytes:
    return bytes(FramerRTU(DecodePDU(True)).encode(body, unit, 0))


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


def written_down(folder: Path) -> list[tuple[int, int, bytes]]:
    """Line, direction and ADU of each record, without the head that a serial frame does not have."""
    data = (folder / "serial.bin").read_bytes()
    assert data[:8] == MAGIC
    found, at = [], 8
    while at < len(data):
        _, line, direction, length = RECORD.unpack_from(data, at)
        found.append((line, direction, data[at + RECORD.size + 6 : at + RECORD.size + length]))
        at += RECORD.size + length
    return found


def test_whole_frames_are_written_down_as_on_the_bus(tmp_path: Path) -> None:
    log = BusLog(tmp_path, "serial.bin")
    request, reply = SerialTap(log, 2, Direction.REQUEST, pause_s=1), SerialTap(log, 2, Direction.REPLY, pause_s=1)
    asked, answered = frame_of(READ), frame_of(GOOD)
    request.take(asked[:3], 10.0)
    request.take(asked[:3], 20.0)  # what was begun before the pause is no part of this frame
    request.take(asked[3:], 20.1)
    reply.take(answered[:-1] + b"\0", 20.2)
    reply.take(answered, 30.0)
    log.close()
    assert written_down(tmp_path) == [(2, 0, b"\x01" + READ), (2, 1, b"\x01" + GOOD)]


def test_a_frame_in_the_middle_of_which_the_machine_stood_still_is_written_down(tmp_path: Path) -> None:
    """The device behind may hear it without the pause, and then obeys it: a recorder that lost it accuses the gate."""
    log = BusLog(tmp_path, "serial.bin")
    tap = SerialTap(log, 1, Direction.REQUEST, pause_s=SILENCE_S)
    asked = frame_of(READ)
    for at, byte in enumerate(asked):
        tap.take(bytes((byte,)), 10.0 + at * 0.2)
    tap.take(asked, 20.0)
    log.close()
    assert written_down(tmp_path) == [(1, 0, b"\x01" + READ)] * 2


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_frame_after_one_that_broke_off_is_written_down(tmp_path: Path, cut: int) -> None:
    log = BusLog(tmp_path, "serial.bin")
    tap = SerialTap(log, 1, Direction.REQUEST, pause_s=SILENCE_S)
    asked = frame_of(READ)
    tap.take(asked[:cut], 10.0)
    tap.take(asked[:5], 10.01)
    tap.take(asked[5:], 10.2)
    log.close()
    assert written_down(tmp_path) == [(1, 0, b"\x01" + READ)]


@pytest.mark.asyncio
async def test_otha_is_a_master_of_this_line(tmp_path: Path) -> None:
    """The two ends share no code but the framer and the PDUs: product against simulated slave, at the real pace."""
    bank = Bank()
    async with cable(tmp_path) as (line, (near, far)):
        scheduler = Scheduler(
            asyncio.get_running_loop(), stall_ns=10**12, on_stall=lambda gap, now: None, on_defect=lambda error: None
        )
        master = RtuLine(
            scheduler,
            Line(
                name="bus",
                device=str(near),
                baud=19_200,
                parity=Parity.NONE,
                stop_bits=2,
                rs485=False,
                network="field",
                turnaround_ns=60_000_000,
            ),
        )
        link = master.link()
        async with at_work(master.run, RtuServer(far, bank).run):
            read = await link.call(read_registers(1, 100, 60), time.monotonic_ns() + 20 * 10**9)
            assert read.payload[:4] == bytes((0, 100, 0, 101))
            write = await link.call(write_registers(1, 5, (7, 8)), time.monotonic_ns() + 10**10)
            assert write.answer is Answer.REPLIED
            assert bank.written == [(5, (7, 8))]
            line.cut()
            assert (await link.call(read_registers(1, 0, 10), time.monotonic_ns() + 10**9)).answer is Answer.MISSED
            line.heal()
            back = await link.call(read_registers(1, 0, 10), time.monotonic_ns() + 10**10)
            assert back.answer is Answer.REPLIED
        scheduler.close()


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
