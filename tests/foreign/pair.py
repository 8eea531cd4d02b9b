"""A pair of servers of another maker, the simulated plant's gate, and `otha run` over them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from otha.core.errors import OthaError
from otha.core.inputs import Order
from otha.core.words import OrderKind
from otha.site.load import load_site
from otha.wire.client import WireClient
from tests.patient import patient_template
from tests.runtime.opcua.rig import site_text

HERE = Path(__file__).parent
MODULES = Path(sys.prefix) / "foreign" / "node_modules"
WAIT_S = 60.0
ASKING_MS = 1000.0  # what looking at the status adds to a bound
MS = 1_000_000
NODES = ("sc_a", "sc_b")


def why_not(package: str) -> str:
    """Why servers of `package` can't run here; nothing when they can."""
    if shutil.which("node") is None:
        return "no node on this machine: install Node.js 20 or later and npm, then `make foreign`"
    return "" if (MODULES / package).is_dir() else f"{package} is not installed: `make foreign` does it"


class Peer:
    """One server as a process. Started again, it listens on the same port."""

    def __init__(self, script: str, folder: Path, role: int) -> None:
        folder.mkdir()
        self._script = script
        self._folder = folder
        self._role = role
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it and wait until it listens."""
        settings = {"role": self._role, "port": self.port, "folder": str(self._folder)}
        with (self._folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                ["node", str(HERE / self._script), json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "NODE_PATH": str(MODULES)},
            )
        said = self._said()
        if not said.strip().isdigit():
            self.end()
            raise AssertionError(f"{self._script} did not start: {said} {(self._folder / 'log').read_text()}")
        self.port = int(said)

    def order(self, **order: object) -> None:
        """Give an order and wait until it is carried out."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        assert self._said() == "ok\n"

    def end(self) -> None:
        """kill -9 it and wait for its end."""
        self.process.kill()
        self.process.wait(WAIT_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


class Pair:
    """Two peers in the places of the demo site's controllers, supervised. `bound_ms`: as `otha check` prints it."""

    def __init__(self, peers: Sequence[Peer], site: Path, folder: Path) -> None:
        self.peers = dict(zip(NODES, peers, strict=True))
        self.state = folder / "state"
        self.log = folder / "otha.log"
        (group,) = load_site(site).timings
        self.bound_ms = group.heartbeats.ns / MS
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "otha", "run", str(site), "--state", str(self.state)]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def status(self) -> dict[str, Any]:
        """What `otha status` is made of."""
        with WireClient(self.state / "otha.sock", timeout_s=10) as client:
            return client.status()

    def group(self) -> dict[str, Any]:
        """The one group."""
        (group,) = self.status()["groups"]
        found: dict[str, Any] = group
        return found

    def wait_for(self, within_s: float = WAIT_S, **liveness: str) -> dict[str, Any]:
        """The status once the nodes are so."""
        status: dict[str, Any] | None = None
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            with suppress(OthaError):
                status = self.status()
                if {node["name"]: node["liveness"] for node in status["groups"][0]["nodes"]} == liveness:
                    return status
            time.sleep(0.05)
        raise AssertionError(f"not within {within_s:.1f} s: {liveness}; {status}; {self.log.read_text()}")

    def dies_in_its_bound(self, name: str, number: int, **liveness: str) -> dict[str, Any]:
        """Send `name` the signal and wait for its death; the status then."""
        self.peers[name].process.send_signal(number)
        return self.wait_for((self.bound_ms + ASKING_MS) / 1000, **liveness)

    def switch_to(self, name: str) -> None:
        """Order a switchover and wait until the gate lets the frames of `name` through."""
        order = Order(
            id=f"foreign-{name}",
            kind=OrderKind.SWITCHOVER,
            group="tanks",
            user="",
            client="",
            node=name,
            arming=None,
            comment="",
        )
        end = time.monotonic() + WAIT_S
        with WireClient(self.state / "otha.sock", timeout_s=10) as client:
            # The gate and its permit may not have been seen yet.
            while not (reply := client.order(replace(order, id=f"{order.id}-{time.monotonic_ns()}"))).accepted:
                assert time.monotonic() < end, reply.obstacles
                time.sleep(0.1)
        while not (self.group()["active"] == name == self.group()["gate"]["owner"] and self.group()["gate"]["driven"]):
            assert time.monotonic() < end, self.group()
            time.sleep(0.02)

    def end(self) -> None:
        """Stop the supervisor in order, else kill it."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(WAIT_S)
        self.process.kill()
        self.process.wait()


_ITS_OWN = ("simulation", "round_trip_ms", "owner_watchdog_ms", "hold_max_ms", "paths.net_a", "paths.net_b")


def _with_gate_of(plant: Path, text: str) -> str:
    """The site text with the gate, its times and the reference points as this plant has them."""
    own = plant.read_text(encoding="utf-8").splitlines()
    its = {key: line for line in own if (key := line.partition(" = ")[0]) in _ITS_OWN}
    its["simulation"] += "\n" + next(line for line in own if line.startswith("commit_ms = "))
    references = iter([line for line in own if line.startswith("endpoint = ")])
    lines = []
    for line in text.splitlines():
        key = line.partition(" = ")[0]
        if key in its:
            lines.append(its[key])
        elif key == "endpoint":
            lines.append(next(references))
        elif "/none" not in line:  # one channel per node: its server listens on one port
            lines.append(line)
    return "\n".join(lines)


@contextmanager
def pair(folder: Path, script: str, scheme: str, **site: str) -> Iterator[Pair]:
    """Plant, peers and supervisor, ended with the context. `scheme`: an endpoint with a {port}; `site`: the rest."""
    template = str(patient_template(folder))
    command = [sys.executable, "-m", "sim", "up", template, "--dir", str(folder / "plant"), "--ephemeral"]
    peers: list[Peer] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as plant:
        assert plant.stdout is not None
        try:
            assert plant.stdout.readline().startswith("ready ")
            for number, name in enumerate(NODES, 1):
                peers.append(Peer(script, folder / name, number))
            urls = {f"{name}.net_a": scheme.format(port=each.port) for name, each in zip(NODES, peers, strict=True)}
            file = folder / "site.toml"
            file.write_text(_with_gate_of(folder / "plant" / "site.toml", site_text(urls, **site)), encoding="utf-8")
            made = Pair(peers, file, folder)
            try:
                yield made
            finally:
                made.end()
        finally:
            for peer in peers:
                with suppress(ProcessLookupError):
                    peer.process.send_signal(signal.SIGCONT)
                peer.end()
            plant.terminate()
            plant.wait(WAIT_S)
