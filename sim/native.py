"""Two simulated pairs that switch themselves, on real sockets: one like Modicon M580 Hot Standby over Modbus TCP, one
like SIMATIC S7-1500R/H over OPC UA. What they show is what their documents name, as the profiles
`schneider_m580_modbus` and `siemens_s7_1500rh` read it.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from sim import control
from sim.errors import UsageError
from sim.modbus_server import ModbusServer
from sim.native_pair import CpuState, NativePair
from sim.opcua import INT32, UINT32
from sim.opcua_server import HEALTHY, PlantServer
from sim.plant import Plant
from sim.ports import free_ports
from sim.process import every, keep_running
from sim.reference import Bank

DOOR: Final = "native.sock"
SITE: Final = "native_pairs.toml"
TICK_MS: Final = 20
S7_SPACE: Final = "http://www.siemens.com/simatic-s7-opcua"
# Named as in the site file: the address of each CPU itself, and the reference points.
PORTS: Final = {"pac_a": 15101, "pac_b": 15102, "cpu_1": 15103, "cpu_2": 15104, "ref_a": 15105, "ref_b": 15106}
PAIRS: Final = {"m580": ("pac_a", "pac_b"), "s7": ("cpu_1", "cpu_2")}
_ROLE_WORD: Final = 100  # %MW100 and %MW101, as the program of the profile's comment copies them
_CODES: Final = {CpuState.PRIMARY: 1, CpuState.STANDBY: 2}


class M580Words:
    """The located words that one PAC's program fills. In STOP it fills none, and they stand still."""

    def __init__(self, pair: NativePair, cpu: int) -> None:
        self._pair = pair
        self._cpu = cpu
        self._words = (0, 0)

    def read(self, address: int, count: int) -> Sequence[int] | None:
        """%MW from 0; all but the two are 0."""
        state = self._pair.states[self._cpu]
        if state is not CpuState.STOP:
            self._words = (_CODES.get(state, 0), self._pair.cycles[self._cpu] & 0xFFFF)
        if address + count > _ROLE_WORD + len(self._words):
            return None
        shown = {_ROLE_WORD + at: word for at, word in enumerate(self._words)}
        return [shown.get(at, 0) for at in range(address, address + count)]

    def write(self, address: int, values: Sequence[int]) -> bool:
        """Nobody writes to this pair."""
        return False


class M580:
    """Two PACs, each at its own address."""

    def __init__(self, pair: NativePair, ports: dict[str, int]) -> None:
        self._ports = [ports[name] for name in PAIRS["m580"]]
        self._banks = [M580Words(pair, cpu) for cpu in (0, 1)]
        self._servers: list[ModbusServer | None] = [None, None]

    async def power(self, cpu: int, *, on: bool) -> None:
        """Serve at the PAC's address, or be gone from it."""
        server = self._servers[cpu]
        if on and server is None:
            server = self._servers[cpu] = ModbusServer(self._banks[cpu])
            await server.listen(self._ports[cpu])
        elif not on and server is not None:
            server.close()
            self._servers[cpu] = None

    async def show(self) -> None:
        """Registers are read as they are."""


class S7:
    """Two CPUs, each with its OPC UA server at its own address. Both run the same program in step."""

    def __init__(self, pair: NativePair, directory: Path, ports: dict[str, int]) -> None:
        self._pair = pair
        self._plant = Plant(directory=directory, ports=ports)
        self._servers: list[PlantServer | None] = [None, None]

    async def power(self, cpu: int, *, on: bool) -> None:
        """Serve at the CPU's address, or be gone from it."""
        server = self._servers[cpu]
        if on and server is None:
            server = await PlantServer.open(self._plant, PAIRS["s7"][cpu], S7_SPACE, peers=PAIRS["s7"])
            await server.add_variables({'"Otha"."PrimaryId"': INT32, '"Otha"."Cycle"': UINT32})
            await server.show_level(HEALTHY)
            await server.start()
            self._servers[cpu] = server
        elif not on and server is not None:
            self._servers[cpu] = None
            await server.raw.stop()

    async def show(self) -> None:
        """What the program has filled in this cycle; in STOP it fills nothing."""
        for cpu, server in enumerate(self._servers):
            if server is not None and self._pair.states[cpu] is not CpuState.STOP:
                primary = self._pair.primary_as_seen(cpu)
                values = {
                    '"Otha"."PrimaryId"': 0 if primary is None else primary + 1,
                    '"Otha"."Cycle"': self._pair.cycles[cpu],
                }
                await server.show(values)


class Pairs:
    """Both pairs, and what can be done to them."""

    def __init__(self, directory: Path, ports: dict[str, int]) -> None:
        self._states = {name: NativePair() for name in PAIRS}
        self._faces: dict[str, M580 | S7] = {
            "m580": M580(self._states["m580"], ports),
            "s7": S7(self._states["s7"], directory, ports),
        }

    async def start(self) -> None:
        """Serve all four CPUs."""
        for face in self._faces.values():
            for cpu in (0, 1):
                await face.power(cpu, on=True)

    async def tick(self) -> None:
        """One cycle of each."""
        for name, face in self._faces.items():
            self._states[name].tick()
            await face.show()

    async def end(self) -> None:
        """Power off."""
        for face in self._faces.values():
            for cpu in (0, 1):
                await face.power(cpu, on=False)

    def swap(self, pair: str) -> None:
        """The pair's own switchover, as an engineer orders it at the pair."""
        self._of(pair).swap()

    def stop(self, cpu: str) -> None:
        """Put a CPU to STOP."""
        pair, at = _cpu(cpu)
        self._states[pair].stop(at)

    async def off(self, cpu: str) -> None:
        """Cut a CPU's power."""
        pair, at = _cpu(cpu)
        self._states[pair].power_off(at)
        await self._faces[pair].power(at, on=False)

    async def on(self, cpu: str) -> None:
        """Give a CPU power, or put it from STOP to RUN."""
        pair, at = _cpu(cpu)
        await self._faces[pair].power(at, on=True)
        self._states[pair].start(at)

    def cut(self, pair: str) -> None:
        """Cut every link between the two CPUs at once."""
        self._of(pair).linked = False

    def mend(self, pair: str) -> None:
        """Mend the links."""
        self._of(pair).linked = True

    def state(self) -> control.Answer:
        """What each CPU is."""
        return {cpu: self._states[pair].states[at].value for pair, cpus in PAIRS.items() for at, cpu in enumerate(cpus)}

    def _of(self, pair: str) -> NativePair:
        if pair not in self._states:
            raise UsageError(f"there is no pair {pair!r}", mend=f"one of: {', '.join(PAIRS)}")
        return self._states[pair]


def _cpu(name: str) -> tuple[str, int]:
    for pair, cpus in PAIRS.items():
        if name in cpus:
            return pair, cpus.index(name)
    known = ", ".join(cpu for cpus in PAIRS.values() for cpu in cpus)
    raise UsageError(f"there is no CPU {name!r}", mend=f"one of: {known}")


def site_text(ports: dict[str, int]) -> str:
    """The shipped site file with these ports in the place of the shipped ones."""
    text = resources.files("sim").joinpath("sites", SITE).read_text(encoding="utf-8")
    for name, port in PORTS.items():
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{ports[name]}")
    return text


def _folder(directory: Path) -> Path:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} can't be made: {error}", mend="name a folder that you may write to") from error
    return directory.resolve()


def _written(directory: Path, ports: dict[str, int]) -> Path:
    site = directory / "site.toml"
    site.write_text(site_text(ports), encoding="utf-8")
    return site


async def run(directory: Path, *, ephemeral: bool, on_ready: Callable[[Path], None], stop_on_eof: bool) -> None:
    """Serve both pairs until SIGTERM or SIGINT. Raises SimError when a port or the folder can't be had."""
    ports = free_ports(tuple(PORTS)) if ephemeral else dict(PORTS)
    pairs = Pairs(_folder(directory), ports)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if stop_on_eof:
        threading.Thread(target=_stop_at_eof, args=(loop, stop), daemon=True).start()
    references = [ModbusServer(Bank()) for _ in range(2)]
    for server, name in zip(references, ("ref_a", "ref_b"), strict=True):
        await server.listen(ports[name])
    await pairs.start()
    ticking = keep_running(every(TICK_MS, pairs.tick))
    actions: dict[str, control.Action] = {
        name: getattr(pairs, name) for name in ("swap", "stop", "off", "on", "cut", "mend", "state")
    }
    door = await control.serve(directory / DOOR, actions)
    on_ready(_written(directory, ports))
    await stop.wait()
    ticking.cancel()
    door.close()
    await pairs.end()
    for server in references:
        server.close()


def _stop_at_eof(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop.set)
