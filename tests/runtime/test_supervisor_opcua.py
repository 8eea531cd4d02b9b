"""The whole supervisor with OPC UA nodes: a killed server is dead in its bound, and nothing else is touched."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from otha.core.errors import OthaError
from otha.site.load import load_site
from otha.wire.client import WireClient
from tests.runtime.opcua.rig import ServerProcess, site_text

WAIT_S = 60.0
MS = 1_000_000

_RUN = """
import asyncio, signal, sys
from pathlib import Path
from otha.runtime.supervisor import run
from otha.site.load import load_site

async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return await run(load_site(Path(sys.argv[1])), Path(sys.argv[2]), live=False, stop=stop)

sys.exit(asyncio.run(main()))
"""


class Running:
    """Two servers, the simulated plant's gate, and a supervisor over them."""

    def __init__(self, folder: Path, plant: Path) -> None:
        self.servers = {name: ServerProcess() for name in ("sc_a", "sc_b")}
        self.servers["sc_b"].order(set={"Role": 2})
        urls = {f"{name}.net_a": server.url for name, server in self.servers.items()}
        text = site_text(urls)
        for line in plant.read_text(encoding="utf-8").splitlines():
            if line.startswith(("paths.net_", "endpoint = ")):
                text = _with_line(text, line)
        # One channel per node: its server listens on one port.
        text = "\n".join(line for line in text.splitlines() if "opc.tcp" not in line or "/none" not in line)
        self.site = folder / "opcua.toml"
        self.site.write_text(text, encoding="utf-8")
        self.state = folder / "state"
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen([sys.executable, "-c", _RUN, str(self.site), str(self.state)], stderr=log)

    def status(self) -> dict[str, Any]:
        with WireClient(self.state / "otha.sock", timeout_s=10) as client:
            return client.status()

    def wait_for(self, liveness: dict[str, str]) -> dict[str, Any]:
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            with suppress(OthaError):
                status = self.status()
                if {node["name"]: node["liveness"] for node in status["groups"][0]["nodes"]} == liveness:
                    return status
            time.sleep(0.05)
        raise AssertionError(f"not within {WAIT_S} s: {liveness}; {self.log.read_text()}")

    def end(self) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(WAIT_S)
        self.process.kill()
        self.process.wait()
        for server in self.servers.values():
            server.end()


def _with_line(text: str, line: str) -> str:
    """The site text with an ephemeral endpoint in the place of the shipped one, which has the same network."""
    lines = text.splitlines()
    network = "net_a" if "net_a" in line else "net_b"
    for at, old in enumerate(lines):
        if line.startswith(f"paths.{network}") and old.startswith(f"paths.{network}"):
            lines[at] = line
    return "\n".join(lines)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    command = [sys.executable, "-m", "sim", "up", "--dir", str(tmp_path / "plant"), "--ephemeral"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as plant:
        assert plant.stdout is not None
        try:
            assert plant.stdout.readline().startswith("ready ")
            running = Running(tmp_path, tmp_path / "plant" / "site.toml")
            try:
                yield running
            finally:
                running.end()
        finally:
            plant.terminate()
            plant.wait(WAIT_S)


def test_a_killed_server_is_dead_in_its_bound(running: Running) -> None:
    (group,) = load_site(running.site).timings
    running.wait_for({"sc_a": "alive", "sc_b": "alive"})
    running.servers["sc_a"].process.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    status = running.wait_for({"sc_a": "dead", "sc_b": "alive"})
    took_ms = (time.monotonic() - killed) * 1000
    assert took_ms < group.heartbeats.ns / MS + 10_000  # asking, and a machine that stands still
    assert status["links"]["sc_a.net_a"]["trouble"] in ("connection refused", "connection lost")
    assert status["links"]["sc_b.net_a"]["trouble"] == ""
    assert status["loop"]["defects"] == {}
    running.servers["sc_b"].process.send_signal(signal.SIGSTOP)
    try:
        running.wait_for({"sc_a": "dead", "sc_b": "dead"})
    finally:
        running.servers["sc_b"].process.send_signal(signal.SIGCONT)
    running.wait_for({"sc_a": "dead", "sc_b": "alive"})
    running.process.terminate()
    assert running.process.wait(WAIT_S) == 0


def test_workers_that_stand_still_for_longer_than_the_bound_make_nobody_dead_and_nobody_alive(running: Running) -> None:
    """The machine did not let OTHA's own workers run: that is no evidence about the servers."""
    (group,) = load_site(running.site).timings
    running.wait_for({"sc_a": "alive", "sc_b": "alive"})
    blind = without_workers(running, 1.5 * group.heartbeats.ns / 1e9)
    assert {node["liveness"] for node in blind["groups"][0]["nodes"]} == {"alive"}
    assert "worker says nothing" in blind["links"]["sc_a.net_a"]["trouble"]
    running.wait_for({"sc_a": "alive", "sc_b": "alive"})
    running.servers["sc_a"].process.send_signal(signal.SIGKILL)
    running.wait_for({"sc_a": "dead", "sc_b": "alive"})
    blind = without_workers(running, 1.5 * group.heartbeats.ns / 1e9)
    assert [node["liveness"] for node in blind["groups"][0]["nodes"]] == ["dead", "alive"], "silence proves no life"
    running.process.terminate()
    assert running.process.wait(WAIT_S) == 0
    said = running.log.read_text(encoding="utf-8")
    assert "sc_b alive" in said
    assert "sc_b dead" not in said
    assert said.count("sc_a dead") == 1


def without_workers(running: Running, seconds: float) -> dict[str, Any]:
    """Stop OTHA's own workers for so long; the status before they go on."""
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text(encoding="utf-8")
    workers = [
        pid for pid in map(int, children.split()) if b"opcua.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert workers
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
        return running.status()
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
