"""Peers that lie, stall, babble, refuse or never answer, beside good ones: each harms its own channel only.

Every hostile server is the standby of a good one. All the while connections flood the supervisor's own socket. Looked
at once a second: the good nodes are alive. At the end: heartbeats left on time, memory and descriptors are at most 5 %
above their level at minute 2.

OTHA_SOAK_MINUTES sets how long (10; 3 at least, so that there is something to compare).
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bench import fleet, scale, timer
from bench.figure import MS, quantile
from bench.lateness import between, quantile_of, status_of, supervisor
from bench.processes import family
from otha.wire.place import SOCKET_NAME
from tests.runtime.opcua.certificates import URI, server_pair
from tests.runtime.opcua.rig import ServerProcess

MINUTES = max(float(os.environ.get("OTHA_SOAK_MINUTES", "10")), 3.0)
LEVEL_AT_S = 120.0
WINDOW_S = 20.0
SETTLE_S = 20.0
GROWTH = 1.05
LATE_MS = {True: 5.0, False: 15.0}  # p99.9 under floods, with SCHED_FIFO and without
FLOOD_PER_S = 200
TOO_MANY_SESSIONS = 0x80560000
ASYNCUA = ("variant", "sessions_refused", "certificate_expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A node of the site that is not what it should be."""

    node: str
    manner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What supervisor and workers use, the most within a window: bytes and numbers."""

    supervisor: int
    workers: int
    descriptors: int


class Soak:
    """The site, its hostile nodes, and what was seen."""

    def __init__(self, folder: Path, hostile: list[Hostile], pid: int) -> None:
        self.folder = folder
        self.hostile = hostile
        self.pid = pid
        self.answered: set[str] = set()

    def status(self) -> dict[str, Any]:
        """The supervisor's status; it must answer."""
        status = status_of(self.folder)
        assert status is not None, (self.folder / "otha.log").read_text()[-3000:]
        return status

    def look(self) -> None:
        """The good nodes are alive, and nothing has gone wrong inside."""
        status = self.status()
        assert status["loop"]["defects"] == {}
        manners = {each.node: each.manner for each in self.hostile}
        harmed = {}
        for group in status["groups"]:
            for node in group["nodes"]:
                if node["name"] in manners:
                    if node["liveness"] == "alive":
                        self.answered.add(manners[node["name"]])
                elif node["liveness"] != "alive":
                    harmed[node["name"]] = node["liveness"], status["links"][f"{node['name']}.net_a"]
        # A worker that the machine gives no core for seconds harms good nodes as well: the load tells it apart.
        assert harmed == {}, f"load {os.getloadavg()}, supervisor and workers {family(self.pid)}"

    def level(self) -> Level:
        """The most that is used within the window, looking on meanwhile."""
        seen = []
        end = time.monotonic() + WINDOW_S
        while time.monotonic() < end:
            used = family(self.pid)
            seen.append(
                Level(
                    supervisor=used[0].memory,
                    workers=max(each.memory for each in used[1:]),
                    descriptors=sum(each.descriptors for each in used),
                )
            )
            self.look()
            time.sleep(1.0)
        return Level(
            supervisor=max(each.supervisor for each in seen),
            workers=max(each.workers for each in seen),
            descriptors=max(each.descriptors for each in seen),
        )

    def look_until(self, at: float) -> None:
        """Look once a second until CLOCK_MONOTONIC `at` (seconds)."""
        while time.monotonic() < at:
            self.look()
            time.sleep(1.0)


@contextmanager
def _peers() -> Iterator[dict[str, dict[str, int]]]:
    script = Path(__file__).with_name("hostile_peers.py")
    process = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


@contextmanager
def _flood(path: Path) -> Iterator[None]:
    """Connections to the supervisor's socket: some say nothing, some rubbish, and all are dropped."""
    stop = threading.Event()

    def flood() -> None:
        held: list[socket.socket] = []
        count = 0
        while not stop.wait(1 / FLOOD_PER_S):
            count += 1
            caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            caller.setblocking(False)
            with suppress(OSError):
                caller.connect(str(path))
                if count % 2:
                    caller.send(b"\xff" * 512)
            held.append(caller)
            if len(held) > 8:
                held.pop(0).close()
        for caller in held:
            caller.close()

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _asyncua_peers(stack: ExitStack, folder: Path) -> tuple[dict[str, int], str]:
    """The ports of servers that speak OPC UA well but for one thing, and how the site file trusts the expired one."""
    expired, _ = server_pair(folder, "expired", days=-1)
    certificate, key = server_pair(folder, "server")
    (folder / "trusted").mkdir()
    shutil.copy(certificate, folder / "trusted")  # asyncua takes no empty store
    secured = {
        "policy": "Basic256Sha256_SignAndEncrypt",
        "uri": URI,
        "certificate": str(certificate),
        "key": str(key),
        "trusted": str(folder / "trusted"),
    }
    ports = {}
    for manner in ASYNCUA:
        settings = secured if manner == "certificate_expired" else {"namespace": fleet.NAMESPACE}
        server = ServerProcess(**settings)
        stack.callback(server.end)
        ports[manner] = server.port
        if manner == "variant":
            server.order(answer="variant")
        elif manner == "sessions_refused":
            server.order(answer=f"refuse:{TOO_MANY_SESSIONS}")
    return ports, f'security = "basic256sha256"\nserver_certificate = "{expired}"\n'


@contextmanager
def _soaked(folder: Path) -> Iterator[Soak]:
    with ExitStack() as stack:
        peers = stack.enter_context(_peers())
        more, opcua_table = _asyncua_peers(stack, folder)
        manners = {"modbus": peers["modbus"], "opcua": peers["opcua"] | more}
        count = sum(len(each) for each in manners.values())
        around = stack.enter_context(fleet.running("modbus", 2 * count, 2))
        good = {
            "modbus": around.nodes[::2],
            "opcua": stack.enter_context(fleet.running("opcua", len(manners["opcua"]))).nodes,
        }
        text, hostile, first = scale.head_text(around.references), [], 0
        for protocol, kind in (("modbus", scale.MODBUS), ("opcua", scale.OPCUA)):
            pairs = list(zip(good[protocol], manners[protocol].values(), strict=False))
            gates = around.gates[first : first + len(pairs)]
            ports = [port for pair in pairs for port in pair]
            text += scale.groups_text(replace(kind, members=2), ports, gates, first=first)
            for at, manner in enumerate(manners[protocol], first):
                hostile.append(Hostile(node=f"n{at}_2", manner=f"{protocol} {manner}"))
                if manner == "certificate_expired":
                    text += f"\n[node.n{at}_2.opcua]\n{opcua_table}"
            first += len(pairs)
        (folder / "site.toml").write_text(text, encoding="utf-8")
        process = stack.enter_context(supervisor(folder, fifo=True))
        stack.enter_context(_flood(folder / "state" / SOCKET_NAME))
        yield Soak(folder, hostile, process.pid)


@pytest.mark.soak
def test_each_hostile_peer_harms_its_own_channel_only(tmp_path: Path) -> None:
    with _soaked(tmp_path) as soak:
        began = time.monotonic()
        time.sleep(SETTLE_S)
        before = soak.status()
        with timer.beside() as floor_ns:
            soak.look_until(began + LEVEL_AT_S - WINDOW_S / 2)
            early = soak.level()
            soak.look_until(began + 60.0 * MINUTES - WINDOW_S)
            level = soak.level()
        after = soak.status()
    loop = after["loop"]
    late = between(before["loop"]["lateness_counts"], loop["lateness_counts"])
    p99_9_ms = quantile_of(late, 999, 1000) / MS
    floor_ms, most_ms = quantile(floor_ns, 999, 1000) / MS, quantile_of(late, 1, 1) / MS
    least_ms = max(floor_ns) / MS
    print(  # noqa: T201
        f"lateness p99.9 {p99_9_ms:.2f} ms, max {most_ms:.2f} ms; a bare timer's {floor_ms:.2f} and {least_ms:.2f} ms"
    )
    print(f"minute 2 {early}; end {level}")  # noqa: T201
    # Who has no session left for a watcher may serve its clients well: it is busy, which is not death.
    assert soak.answered <= {"opcua sessions_refused"}
    silent = {each.manner for each in soak.hostile if not after["links"][f"{each.node}.net_a"]["trouble"]}
    assert silent == set(), "no trouble is told of these"
    fifo = not any("SCHED_FIFO" in notice for notice in after["notices"])
    # Where the machine wakes a process that does nothing else no sooner, nobody's heartbeats leave sooner.
    assert loop["skipped"] == before["loop"]["skipped"] or least_ms >= min(
        scale.MODBUS.period_ms, scale.OPCUA.period_ms
    )
    assert p99_9_ms <= max(LATE_MS[fifo], floor_ms)
    assert level.supervisor <= GROWTH * early.supervisor
    assert level.workers <= GROWTH * early.workers
    assert level.descriptors <= GROWTH * early.descriptors
