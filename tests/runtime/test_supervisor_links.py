"""The whole supervisor with its controllers behind two links, the second one slow: the first one is cut, and the router
is led to the second; the controllers are not touched, and get the time that it needs."""

import asyncio
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sim.forward import Endpoint
from sim.ports import free_ports
from tests.patient import patient_template, with_patient_gate
from tests.runtime.chooser import WAIT_S, Chooser, group_of, supervise, until
from tests.site.examples import TWO_TANKS
from tests.site.links_site import links_text, write

pytestmark = pytest.mark.asyncio
X, Y = 1, 2
# One way: there and back it is later than the controllers' own deadline of 150 ms, and within the 390 ms of link_y.
SLOW_MS = 100.0
DEVICES = {"sc_a": 15011, "sc_b": 15012, "ref_a": 15014}


class Router:
    """Two links to each device, and a switch: what comes in for a controller goes by the link that was chosen."""

    def __init__(self, devices: dict[str, int]) -> None:
        ports = free_ports([f"{name} {way}" for name in devices for way in (X, Y, "door")])
        self.port = {name: {number: ports[f"{name} {number}"] for number in (X, Y)} for name in devices}
        self.door = {name: ports[f"{name} door"] for name in devices}
        self.links = {
            number: {name: Endpoint(name, self.port[name][number], port) for name, port in devices.items()}
            for number in (X, Y)
        }
        for endpoint in self.links[Y].values():
            endpoint.faults.delay_ms = SLOW_MS
        self.doors = {name: Endpoint(name, port, self.port[name][X]) for name, port in self.door.items()}
        self.chooser = Chooser(X, self._choose)

    async def start(self) -> int:
        """Listen everywhere; the port of the OPC UA server."""
        for endpoint in (*self.links[X].values(), *self.links[Y].values(), *self.doors.values()):
            await endpoint.listen()
        return await self.chooser.start()

    def _choose(self, number: int) -> None:
        """Lead everybody by this link; what was on its way by the other one is gone."""
        for name, door in self.doors.items():
            door.upstream = self.port[name][number]
            for connection in list(door.connections):
                connection.abort()

    def cut(self, number: int) -> None:
        """The link swallows everything."""
        for endpoint in self.links[number].values():
            endpoint.cut()

    async def stop(self) -> None:
        for endpoint in (*self.links[X].values(), *self.links[Y].values(), *self.doors.values()):
            endpoint.refuse()
        await self.chooser.stop()


def _up(folder: Path) -> "subprocess.Popen[str]":
    folder.mkdir()
    command = [sys.executable, "-m", "sim", "up", str(patient_template(folder)), "--dir", str(folder), "--ephemeral"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@asynccontextmanager
async def plant(folder: Path) -> AsyncIterator[Path]:
    """The simulated two tanks; yields their site file."""
    process = _up(folder)
    try:
        assert process.stdout is not None
        assert (await asyncio.to_thread(process.stdout.readline)).startswith("ready ")
        yield folder / "site.toml"
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, WAIT_S)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


PLACES = (
    *(("node", name, "channels", "net_a") for name in ("sc_a", "sc_b")),
    *(("section", "plc", "paths", way) for way in ("net_a", "net_b")),
    *(("reference", name) for name in ("ref_a", "ref_b")),
)


def _port(site: Path, place: tuple[str, ...]) -> int:
    found: Any = tomllib.loads(site.read_text(encoding="utf-8"))
    for key in place:
        found = found[key]
    return int(found["endpoint"].rpartition(":")[2])


def _ports(site: Path) -> dict[int, int]:
    """Where the plant listens, by the shipped ports."""
    return {_port(TWO_TANKS, place): _port(site, place) for place in PLACES}


def _well(status: dict[str, Any], link: str) -> bool:
    """Both groups follow, this link is in use, the first controller drives, and both are heard in time."""
    links, tanks = group_of(status, "links"), group_of(status, "tanks")
    pulses = {each["name"]: each["pulse"] for each in status["channels"]}
    return (
        (links["active"], tanks["active"]) == (link, "sc_a")
        and (links["standing"], tanks["standing"]) == ("following", "following")
        and {pulses["sc_a.net_a"], pulses["sc_b.net_a"]} == {"on_time"}
    )


async def test_a_dead_link_costs_no_controller_and_the_slow_one_gives_them_time(tmp_path: Path) -> None:
    async with plant(tmp_path / "plant") as ephemeral:
        ports = _ports(ephemeral)
        devices = {name: ports[shipped] for name, shipped in DEVICES.items()}
        router = Router(devices)
        moved = {
            15011: router.door["sc_a"],
            15012: router.door["sc_b"],
            15101: router.port["ref_a"][X],
            15102: router.port["ref_a"][Y],
            15103: await router.start(),
        }
        text = with_patient_gate(links_text())
        for shipped, port in (ports | moved).items():
            text = text.replace(f"127.0.0.1:{shipped}", f"127.0.0.1:{port}")
        site, state = write(tmp_path, text), tmp_path / "state"
        process = supervise(site, state)
        try:
            before = await until(state, lambda status: _well(status, "link_x"))
            epoch = group_of(before, "tanks")["epoch"]
            router.cut(X)
            after = await until(state, lambda status: _well(status, "link_y"))
            assert router.chooser.chosen == Y
            assert group_of(after, "tanks")["epoch"] == epoch
            assert after["loop"]["defects"] == {}
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, WAIT_S)
            await router.stop()
