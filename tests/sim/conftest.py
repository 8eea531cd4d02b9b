"""A running plant per test module, and what tests need to look at it and command its gate."""

import asyncio
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua
from asyncua.client.client import Client
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from sim import console
from sim.heartbeat import Role
from sim.modbus_client import ask
from sim.opcua import COLLECTOR as COLLECTOR_SPACE
from sim.opcua import FOLDER, INT32, INT64, UINT32, node_id
from sim.opcua import HISTORIAN as HISTORIAN_SPACE
from sim.opcua import SCADA as SCADA_SPACE
from sim.plant import NODES, Plant, load
from sim.registers import Answer, Command, Frame, Opcode, State, decode_status, encode_command, encode_frame, gate_map
from sim.whole import SCADA
from tests.patient import patient_template

WAIT_S = 30.0
_BLOCK = (
    *("magic", "layout", "heartbeat", "cycle", "role", "level", "position", "acked", "data_age", "hash", "session"),
    *("node", "count"),
)


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    """Ask again until it is so; fails with what was awaited."""
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, f"not within {WAIT_S} s: {what}"
        time.sleep(0.02)


class Running:
    """A plant that runs in processes of its own."""

    def __init__(self, directory: Path, process: subprocess.Popen[str]) -> None:
        self.directory = directory
        self.process = process
        self.plant: Plant = load(directory)
        self._ids = int(time.monotonic() * 1000) & 0xFFFFFF

    def fault(self, name: str, **arguments: object) -> dict[str, Any]:
        return console.fault(self.directory, name, **arguments)

    def request(self, listener: str, request: ModbusPDU, timeout_ms: int = 2000) -> ModbusPDU:
        return asyncio.run(ask(self.plant.ports[listener], request, timeout_ms=timeout_ms))

    def read(self, listener: str, address: int, count: int, timeout_ms: int = 2000) -> list[int]:
        reply = self.request(listener, ReadHoldingRegistersRequest(address=address, count=count), timeout_ms)
        assert not reply.isError(), reply
        return list(reply.registers)

    def status(self, listener: str = "bus", section: str = "plc") -> dict[str, int]:
        return decode_status(self._status_block(listener, section))[0]

    def rows(self, section: str = "plc") -> tuple[tuple[int, ...], ...]:
        """Applied, held and shadow outputs."""
        return decode_status(self._status_block("bus", section))[1]

    def _status_block(self, listener: str, section: str) -> list[int]:
        built = self.plant.section(section)
        return self.read(listener, built.status_base, gate_map().status_total(built.outputs))

    def outputs(self) -> tuple[int, ...]:
        return self.rows()[0]

    def command(
        self, opcode: Opcode, *, node: int = 0, epoch: int, boot: int = 0, hold_no: int = 0, section: str = "plc"
    ) -> Answer:
        self._ids += 1
        command = Command(opcode=opcode, node=node, epoch=epoch, boot=boot, hold_no=hold_no, id=self._ids)
        registers = encode_command(command)
        address = self.plant.section(section).command_base
        self.request("net_a.plc", WriteMultipleRegistersRequest(address=address, registers=registers))
        wait_for("the command is taken", lambda: self.status(section=section)["command_id"] == self._ids)
        return Answer(self.status(section=section)["command_answer"])

    def write_frame(self, frame: Frame, mailbox: int) -> None:
        address = self.plant.frame_base + (mailbox - 1) * gate_map().frame_stride
        self.request("bus", WriteMultipleRegistersRequest(address=address, registers=encode_frame(frame)))

    def wait_owner(self, name: str) -> None:
        number = NODES[name]
        wait_for(f"{name} drives", lambda: self._drives(number))
        wait_for(f"{name} knows", lambda: self.block(name)["role"] == Role.ACTIVE)

    def _drives(self, number: int) -> bool:
        status = self.status()
        return status["owner"] == number and status["state"] == State.OWNED

    def hand_over(self, name: str) -> int:
        """REVOKE, GRANT, RELEASE, and wait until that node drives. Returns the epoch."""
        status = self.status()
        epoch = max(status["epoch"], status["granted"]) + 1
        assert self.command(Opcode.REVOKE, epoch=epoch) is Answer.DONE
        assert self.command(Opcode.GRANT, node=NODES[name], epoch=epoch, boot=status["boot"]) is Answer.DONE
        assert self.command(Opcode.RELEASE, node=NODES[name], epoch=epoch) is Answer.DONE
        self.wait_owner(name)
        return epoch

    def block(self, name: str, listener: str | None = None) -> dict[str, int]:
        """The heartbeat block, read as the seam describes it and not through the writer's code."""
        raw = struct.pack(">27H", *self.read(listener or name, 0, 27))
        tags = [f"{tag}_{n}" for tag in ("setpoint", "mode", "integral", "output") for n in (1, 2)]
        return dict(zip((*_BLOCK, *tags, "lag"), struct.unpack(">HHIIHHIIHHIHH8HH", raw), strict=True))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)


@contextmanager
def running_plant(directory: Path, *options: str) -> Iterator[Running]:
    """A plant in that folder on ports of its own, ended at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", "up", "--dir", str(directory), "--ephemeral", *options],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready "), line
        yield Running(directory, process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(WAIT_S)
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One plant for a module's tests; each leaves it as it found it."""
    folder = tmp_path_factory.mktemp("running")
    with running_plant(folder / "plant", str(patient_template(folder))) as plant:
        yield plant


class Whole(Running):
    """The whole plant, with an OPC UA client's view of its servers and a supervisor's hands at the header's gate."""

    def values(self, server: str, *names: str, listener: str = "") -> dict[str, Any]:
        """Variables of a server, read by a client of its own."""

        async def read(client: Client, index: int) -> dict[str, Any]:
            nodes = [client.get_node(node_id(name, index)) for name in names]
            return dict(zip(names, await client.read_values(nodes), strict=True))

        found: dict[str, Any] = self.session(server, read, listener=listener)
        return found

    def value(self, server: str, name: str) -> Any:
        return self.values(server, name)[name]

    def timestamp(self, server: str, name: str) -> datetime:
        async def read(client: Client, index: int) -> datetime | None:
            return (await client.get_node(node_id(name, index)).read_data_value()).SourceTimestamp

        found = self.session(server, read)
        assert isinstance(found, datetime)
        return found

    def standard(self, server: str, node: str) -> Any:
        async def read(client: Client, _index: int) -> Any:
            return await client.get_node(node).read_value()

        return self.session(server, read)

    def write(self, server: str, name: str, value: int, kind: ua.VariantType = INT32) -> None:
        async def write(client: Client, index: int) -> None:
            node = client.get_node(node_id(name, index))
            await node.write_value(ua.DataValue(ua.Variant(value, kind)))

        self.session(server, write)

    def call(self, server: str, method: str, *arguments: int | list[int]) -> Any:
        """A method's results: one, or a list of several. Whole numbers go as UInt32, lists as Int64[]."""
        given = [ua.Variant(one, INT64 if isinstance(one, list) else UINT32) for one in arguments]

        async def call(client: Client, index: int) -> Any:
            return await client.get_node(node_id(FOLDER, index)).call_method(node_id(method, index), *given)

        return self.session(server, call)

    def session(self, server: str, work: Callable[[Client, int], Awaitable[Any]], *, listener: str = "") -> Any:
        """Something done with a client of a server, given its namespace's index."""
        kind = server.partition("_")[0]
        namespace = {"scada": SCADA_SPACE, "hist": HISTORIAN_SPACE, "collector": COLLECTOR_SPACE}[kind]

        async def carry_out() -> Any:
            client = Client(f"opc.tcp://127.0.0.1:{self.plant.ports[listener or server]}/", timeout=5)
            client.session_timeout = 60_000
            async with client:
                return await work(client, await client.get_namespace_index(namespace))

        return asyncio.run(carry_out())

    def header(self) -> dict[str, int]:
        return self.status(section="header")

    def header_hand_over(self, name: str) -> int:
        """As `hand_over`, at the header's gate."""
        status = self.header()
        epoch, node = max(status["epoch"], status["granted"]) + 1, SCADA[name]
        for opcode in (Opcode.REVOKE, Opcode.GRANT, Opcode.RELEASE):
            answer = self.command(opcode, node=node, epoch=epoch, boot=status["boot"], section="header")
            assert answer is Answer.DONE, opcode
        wait_for(f"{name} drives", lambda: self.header()["state"] == State.OWNED)
        wait_for(f"{name} knows", lambda: bool(self.value(name, "Role") == Role.ACTIVE))
        return epoch


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One whole plant for a module's tests; each leaves it as it found it."""
    with running_plant(tmp_path_factory.mktemp("whole"), "--plant", "whole_plant") as plant:
        yield Whole(plant.directory, plant.process)


def alive(pid: int) -> bool:
    """Whether a process with that id exists and isn't only waiting to be reaped."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def parent_of(pid: int) -> int:
    """The process that it is a child of."""
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def pids_of(plant: Running) -> dict[str, int]:
    """Those of all processes."""
    return {name: pid for name, pid in console.processes(plant.directory).items() if pid is not None}
