"""Starts a simulated plant, keeps its processes, disturbs them on request, ends them all."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sim import control
from sim.child import Child, prepare_for
from sim.commission import commission, new_memories
from sim.console import SOCKET
from sim.errors import PlantError, UsageError
from sim.faults import named
from sim.plant import Plant
from sim.template import MODULES

_START_S: Final = 90.0  # five OPC UA servers build their address spaces at once, on a machine busy with others
_STOP_S: Final = 3.0


class Orchestrator:
    """The parent of a plant's processes."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self._children: dict[str, Child] = {}
        self._stopped: set[str] = set()

    async def start(self) -> None:
        """Start all processes. Raises PlantError when one doesn't come up."""
        prepare_for(self.plant.scope)
        await asyncio.gather(*(self._spawn(name) for name in self.plant.processes))

    async def _spawn(self, name: str) -> None:
        log = self.plant.directory / f"{name}.log"
        child = self._children[name] = Child(MODULES[name], self.plant.directory, name, log)
        self._stopped.discard(name)
        if not await child.is_ready(within_s=_START_S):
            said = log.read_text(errors="replace").splitlines()[-1:]
            raise PlantError(": ".join([f"{name} did not start", *said]), mend=f"look into {log}")

    async def stop(self) -> None:
        """End all processes: politely, then by force; stopped ones can't be polite."""
        for name, child in self._children.items():
            if child.returncode is None:
                child.send(signal.SIGKILL if name in self._stopped else signal.SIGTERM)
        await asyncio.gather(*(self._await_end(child) for child in self._children.values()))

    async def _await_end(self, child: Child) -> None:
        try:
            async with asyncio.timeout(_STOP_S):
                await child.end()
        except TimeoutError:
            child.send(signal.SIGKILL)
            await child.end()

    # --- what the fault catalogue asks for ----------------------------------------------------------------------

    def send(self, process: str, number: signal.Signals) -> int:
        """Send a signal. Raises PlantError when the process doesn't run."""
        child = self._running(process)
        at_ns = time.monotonic_ns()
        child.send(number)
        if number is signal.SIGSTOP:
            self._stopped.add(process)
        elif number is signal.SIGCONT:
            self._stopped.discard(process)
        return at_ns

    async def restart(self, process: str) -> None:
        """End the process if it runs and start it again. Raises UsageError when this plant has none of that name."""
        child = self._child(process)
        if child.returncode is None:
            child.send(signal.SIGKILL if process in self._stopped else signal.SIGTERM)
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

    @property
    def networks(self) -> tuple[str, ...]:
        """All that bytes pass through, the field bus included."""
        return (*self.plant.networks, "bus")

    def _child(self, process: str) -> Child:
        if process not in self._children:
            raise UsageError(f"this plant has no {process}", mend=f"one of: {', '.join(self._children)}")
        return self._children[process]

    def _running(self, process: str) -> Child:
        child = self._child(process)
        if child.returncode is not None:
            raise PlantError(f"{process} isn't running", mend=f"fault restart node={process}")
        return child


async def run(plant: Plant, *, on_ready: Callable[[], None], stop_on_eof: bool) -> None:
    """Start the plant, call `on_ready`, serve faults until SIGTERM, SIGINT or (if asked) the end of stdin."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if stop_on_eof:
        loop.add_reader(sys.stdin.fileno(), _watch_stdin, loop, stop)
    is_new = new_memories(plant)
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
