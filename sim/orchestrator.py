"""Starts a simulated plant, keeps its processes, disturbs them on request, ends them all."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from sim import control, retain
from sim.console import SOCKET
from sim.errors import PlantError, UsageError
from sim.faults import named
from sim.heartbeat import LENGTH, Role
from sim.modbus_client import ask
from sim.plant import NODES, OUTPUTS, Plant
from sim.process import READY
from sim.registers import Command, Opcode, State, decode_status, encode_command, gate_map

_START_S: Final = 30.0
_STOP_S: Final = 3.0
_REPLY_MS: Final = 1000
_COMMISSION_S: Final = 10.0
_FRESH_MS: Final = 200
_FIRST_OWNER: Final = "sc_a"
_MODULES: Final = {
    "plc": "sim.plc",
    "bus": "sim.bus_recorder",
    "sc_a": "sim.soft_controller",
    "sc_b": "sim.soft_controller",
    "ref_a": "sim.reference",
    "ref_b": "sim.reference",
    "net_a": "sim.proxy",
    "net_b": "sim.proxy",
    "serial": "sim.serial_line",
    "gw_a": "sim.gateway",
    "gw_b": "sim.gateway",
}


class Orchestrator:
    """The parent of a plant's processes."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._stopped: set[str] = set()

    async def start(self) -> None:
        """Start all processes. Raises PlantError when one doesn't come up."""
        await asyncio.gather(*(self._spawn(name) for name in self.plant.processes))

    async def _spawn(self, name: str) -> None:
        with (self.plant.directory / f"{name}.log").open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", _MODULES[name], "--dir", str(self.plant.directory)),
                *("--name", name, "--parent", str(os.getpid())),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self._children[name] = child
        self._stopped.discard(name)
        assert child.stdout is not None
        try:
            async with asyncio.timeout(_START_S):
                line = await child.stdout.readline()
        except TimeoutError:
            line = b""
        if line != READY:
            log_path = self.plant.directory / f"{name}.log"
            said = log_path.read_text(errors="replace").splitlines()[-1:]
            raise PlantError(": ".join([f"{name} did not start", *said]), mend=f"look into {log_path}")

    async def stop(self) -> None:
        """End all processes: politely, then by force; stopped ones can't be polite."""
        for name, child in self._children.items():
            if child.returncode is None:
                # Not `send_signal`: it polls first, and a child it finds ended is lost to asyncio's watcher.
                with suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL if name in self._stopped else signal.SIGTERM)
        await asyncio.gather(*(self._await_end(child) for child in self._children.values()))

    async def _await_end(self, child: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(_STOP_S):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()

    # --- what the fault catalogue asks for ----------------------------------------------------------------------

    def send(self, process: str, number: signal.Signals) -> int:
        """Send a signal. Raises PlantError when the process doesn't run."""
        child = self._running(process)
        at_ns = time.monotonic_ns()
        child.send_signal(number)
        if number is signal.SIGSTOP:
            self._stopped.add(process)
        elif number is signal.SIGCONT:
            self._stopped.discard(process)
        return at_ns

    async def restart(self, process: str) -> None:
        """End the process if it runs and start it again. Raises UsageError when this plant has none of that name."""
        child = self._child(process)
        if child.returncode is None:
            child.send_signal(signal.SIGKILL if process in self._stopped else signal.SIGTERM)
        await self._await_end(child)
        await self._spawn(process)

    async def ask(self, process: str, action: str, **arguments: object) -> control.Answer:
        """Ask a process through its door. Raises PlantError when it doesn't answer, UsageError when it refuses."""
        self._running(process)
        return await control.call(self.plant.door(process), action, timeout_s=5.0, **arguments)

    async def fault(self, name: str, arguments: dict[str, object]) -> control.Answer:
        """Carry out one fault of the catalogue."""
        entry = named(name)
        return await entry.carry_out(self, entry.arguments(arguments))

    def processes(self) -> control.Answer:
        """Names and pids."""
        return {
            "processes": {
                name: child.pid if child.returncode is None else None for name, child in self._children.items()
            }
        }

    def _running(self, process: str) -> asyncio.subprocess.Process:
        child = self._child(process)
        if child.returncode is not None:
            raise PlantError(f"{process} isn't running", mend=f"fault restart node={process}")
        return child

    def _child(self, process: str) -> asyncio.subprocess.Process:
        if process not in self._children:
            raise UsageError(f"this plant has no {process}", mend=f"it has {', '.join(self._children)}")
        return self._children[process]


async def commission(plant: Plant) -> None:
    """Hand the section of a new plant to its first owner, as a commissioning engineer does before OTHA is there.

    Raises PlantError when the gate doesn't take it.
    """
    try:
        async with asyncio.timeout(_COMMISSION_S):
            status = await _status(plant)
            epoch = max(status["epoch"], status["granted"]) + 1
            owner = NODES[_FIRST_OWNER]
            grant = Command(opcode=Opcode.GRANT, node=owner, epoch=epoch, boot=status["boot"], id=1)
            await _command(plant, grant)
            await _command(plant, Command(opcode=Opcode.RELEASE, node=owner, epoch=epoch, id=2))
            await _until(plant, "state", State.OWNED)
            await _settled(plant)
    except (OSError, TimeoutError) as error:
        raise PlantError(
            f"{_FIRST_OWNER} did not become the owner of the section", mend=f"look into the logs in {plant.directory}"
        ) from error


async def _settled(plant: Plant) -> None:
    """Both controllers know their role, and the standby has the state of the active."""
    while True:
        blocks = [await _block(plant, name) for name in NODES]
        roles, lags = [block[6] for block in blocks], [block[26] for block in blocks]
        if sorted(roles) == [Role.ACTIVE, Role.STANDBY] and max(lags) < _FRESH_MS:
            return
        await asyncio.sleep(0.01)


async def _block(plant: Plant, name: str) -> list[int]:
    request = ReadHoldingRegistersRequest(address=0, count=LENGTH)
    return list((await ask(plant.ports[name], request, timeout_ms=_REPLY_MS)).registers)


async def _status(plant: Plant) -> dict[str, int]:
    count = gate_map().status_total(OUTPUTS)
    request = ReadHoldingRegistersRequest(address=plant.status_base, count=count)
    reply = await ask(plant.ports["bus"], request, timeout_ms=_REPLY_MS)
    return decode_status(reply.registers)[0]


async def _command(plant: Plant, command: Command) -> None:
    request = WriteMultipleRegistersRequest(address=plant.command_base, registers=encode_command(command))
    await ask(plant.ports["bus"], request, timeout_ms=_REPLY_MS)
    # The mailbox holds one command: the next one must not overwrite it before a scan has taken it.
    await _until(plant, "command_id", command.id)


async def _until(plant: Plant, field: str, value: int) -> None:
    while True:
        if (await _status(plant))[field] == value:
            return
        await asyncio.sleep(0.01)


async def run(plant: Plant, *, on_ready: Callable[[], None], stop_on_eof: bool) -> None:
    """Start the plant, call `on_ready`, serve faults until SIGTERM, SIGINT or (if asked) the end of stdin."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if stop_on_eof:
        loop.add_reader(sys.stdin.fileno(), _watch_stdin, loop, stop)
    memory = plant.directory / "plc.retain"
    is_new = not memory.exists()
    if is_new:
        retain.commission(memory)
    plant.save()
    orchestrator = Orchestrator(plant)
    try:
        try:
            await orchestrator.start()
            if is_new:
                await commission(plant)
        except PlantError:
            if stop.is_set():
                return  # a Ctrl-C reaches the processes too: that they did not come up is no news
            raise
        doors: dict[str, control.Action] = {"fault": orchestrator.fault, "processes": orchestrator.processes}
        door = await control.serve(plant.directory / SOCKET, doors)
        on_ready()
        await stop.wait()
        door.close()
    finally:
        await orchestrator.stop()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        loop.remove_reader(sys.stdin.fileno())
        stop.set()


def prepare(directory: Path) -> None:
    """Make the plant's folder. Raises UsageError when it can't be, or when a plant runs in it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} can't be made: {error}", mend="choose another --dir") from error
    try:
        asyncio.run(control.call(directory / SOCKET, "processes", timeout_s=1.0))
    except PlantError:
        return
    raise UsageError(f"a plant runs in {directory}", mend="end it first, or choose another --dir")
