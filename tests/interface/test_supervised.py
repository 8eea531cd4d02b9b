"""The whole of it: plant, supervisor and interface as processes, and a client that sees and orders a switchover."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client

from otha import names
from otha.certificates import OwnIdentity
from otha.interface import place
from otha.interface.trust import TrustList
from otha.interface.users import Users
from otha.journal.reader import Query, Reader
from otha.wire.access import AccessRole
from otha.wire.client import WireClient
from tests.interface.clients import Guest, guest, ua
from tests.interface.house import PASSWORD, USERS, WAIT_S

TANKS = names.group_id("tanks")


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Supervised:
    """`otha run` over a plant, with an interface. What clients need to know of a house."""

    def __init__(self, folder: Path, plant: Path, own: OwnIdentity) -> None:
        port = free_port()
        self.url = f"opc.tcp://127.0.0.1:{port}/otha"
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        self._own = place.own(self.state) / "otha.der"
        users = Users(place.folder(self.state))
        for role in AccessRole:
            users.add(USERS[role.name.lower()], role, PASSWORD)
        TrustList(place.folder(self.state)).trust(own.certificate.read_bytes())
        site = folder / "site.toml"
        site.write_text(f'{plant.read_text()}\n[interface]\nendpoint = "127.0.0.1:{port}"\n', encoding="utf-8")
        self.log = folder / "otha.log"
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "otha", "run", str(site), "--state", str(self.state)]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def certificate(self) -> Path:
        """The interface's own certificate."""
        return self._own

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until the log says so, so many times."""
        end = time.monotonic() + WAIT_S
        while self.log.read_text().count(text) < times:
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)

    def status(self) -> dict[str, Any]:
        """What `otha status` is made of."""
        with WireClient(self.state / "otha.sock", timeout_s=10) as client:
            return client.status()

    def child(self) -> int:
        """The interface's process."""
        for each in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                stat, command = (each / "stat").read_text(), (each / "cmdline").read_bytes()
                if int(stat.rpartition(")")[2].split()[1]) == self.process.pid and b"otha.interface" in command:
                    return int(each.name)
        raise AssertionError("there is no interface")

    def end(self) -> None:
        """Stop the supervisor in order, else kill it."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(WAIT_S)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def supervised(tmp_path: Path, own: OwnIdentity) -> Iterator[Supervised]:
    command = [sys.executable, "-m", "sim", "up", "--dir", str(tmp_path / "plant"), "--ephemeral"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as plant:
        assert plant.stdout is not None
        try:
            assert plant.stdout.readline().startswith("ready ")
            made = Supervised(tmp_path, tmp_path / "plant" / "site.toml", own)
            try:
                yield made
            finally:
                made.end()
        finally:
            plant.terminate()
            plant.wait(WAIT_S)


async def until(at: Guest, name: str, value: object) -> None:
    """Wait until a variable of the group has this value."""
    async with asyncio.timeout(WAIT_S):
        while await at.node(TANKS, name).read_value() != value:  # noqa: ASYNC110 - what is asked has no event
            await asyncio.sleep(0.05)


async def switch_to(at: Guest, node: str) -> str:
    """Order a switchover until it is accepted; the id of the order."""
    async with asyncio.timeout(WAIT_S):
        while True:
            order = uuid.uuid4().hex
            accepted, durable, *_ = await at.call("Switchover", order, node, "from the interface")
            if accepted:
                assert durable
                return order
            await asyncio.sleep(0.2)


def journaled(state: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    with Reader(state / "journal") as reader:
        return [(row.user, json.loads(row.body)) for row in reader.query(Query(kind=kind))]


@pytest.mark.asyncio
async def test_a_client_sees_and_orders_a_switchover_and_the_interfaces_death_moves_nothing(
    supervised: Supervised, own: OwnIdentity
) -> None:
    await asyncio.to_thread(supervised.wait_for, "listens=")
    async with guest(supervised, own, "operator") as at:
        await until(at, "Standing", "following")
        first = await at.node(TANKS, "Active").read_value()
        other = {"sc_a": "sc_b", "sc_b": "sc_a"}[first]
        order = await switch_to(at, other)
        await until(at, "Active", other)
        with pytest.raises(ua.uaerrors.BadUserAccessDenied):
            await at.call("SetArming", uuid.uuid4().hex, "observe", "")
    with pytest.raises(ua.UaError):
        async with Client(supervised.url):
            pass
    before = supervised.status()
    os.kill(supervised.child(), signal.SIGKILL)
    await asyncio.to_thread(supervised.wait_for, "listens=", 2)
    after = supervised.status()
    assert after["loop"]["defects"] == {}
    assert [node["liveness"] for node in after["groups"][0]["nodes"]] == ["alive", "alive"]
    assert after["loop"]["lateness_ns"]["count"] > before["loop"]["lateness_ns"]["count"]
    async with guest(supervised, own, "viewer") as at:
        await until(at, "Active", other)
    supervised.end()
    orders = [(user, body["order"]) for user, body in journaled(supervised.state, "decision") if "order" in body]
    (given,) = [(user, each) for user, each in orders if each["id"] == order]
    assert given[0] == USERS["operator"]
    assert given[1]["client"].startswith("opcua 127.0.0.1 OTHA hmi")
    ((user, denied),) = journaled(supervised.state, "order.refused")
    assert (user, denied["order"]) == (USERS["operator"], "arm")
    assert denied["client"] == given[1]["client"]
    assert any("signs" in body["what"] for _, body in journaled(supervised.state, "interface.refused"))
    assert journaled(supervised.state, "interface.end")
    assert journaled(supervised.state, "interface.login")
