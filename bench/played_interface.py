"""OTHA's interface as a process of its own, fed with the states of a big site that is not there.

Everything behind the interface is left out, so that what a client needs is measured and not what a supervisor needs.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

from bench.devices import Ports
from bench.lateness import site_text
from otha.core.errors import HostError
from otha.core.supervision import Supervision
from otha.interface import place
from otha.interface.trust import TrustList
from otha.interface.users import Users
from otha.runtime import snapshot
from otha.site.load import load_site
from otha.wire import interface as wire
from otha.wire.access import AccessRole, may_order
from otha.wire.message import OrderReply

USER, PASSWORD = "bench", "a-long-pass-phrase"
_START_S = 60.0
_FIRST_PORT = 20_000
_CHANNELS = 4
_SETTLED = {"standing": "following", "store": "known", "epoch": 4, "milestone": "done"}


class PlayedInterface:
    """A site of `groups` pairs; each group changes `per_s` times a second: its standby is ready, and then it is not."""

    def __init__(self, folder: Path, certificate: bytes, *, groups: int, per_s: float) -> None:
        self._period_s = 1 / per_s
        self._status = _status(folder, groups)
        self._listening = threading.Event()
        self._lock = threading.Lock()
        self.url = self.fingerprint = self._failed = ""
        Users(place.folder(folder)).add(USER, AccessRole.ADMIN, PASSWORD)
        TrustList(place.folder(folder)).trust(certificate)
        self._socket, theirs = socket.socketpair()
        command = [sys.executable, "-m", "otha.interface", str(theirs.fileno()), str(os.getpid())]
        self.process = subprocess.Popen(command, pass_fds=(theirs.fileno(),))
        theirs.close()
        self._send(
            wire.Setup(
                site="bench",
                version="0.0",
                folder=str(folder),
                host="127.0.0.1",
                port=0,
                allow_none=False,
                sessions=20,
                connections=40,
                idle_lock_ms=0,
            )
        )
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._hear, self._feed)]
        for thread in self._threads:
            thread.start()
        if not self._listening.wait(_START_S) or self._failed:
            self.end()
            raise HostError(f"the interface does not listen: {self._failed or 'it says nothing'}")

    def end(self) -> None:
        """Hang up and wait for its end."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.process.kill()
        self.process.wait()

    def _send(self, message: wire.ToInterface) -> None:
        with self._lock:
            self._socket.sendall(wire.to_interface(message))

    def _feed(self) -> None:
        due, ready = time.monotonic(), True
        try:
            while True:
                due, ready = due + self._period_s, not ready
                time.sleep(max(0.0, due - time.monotonic()))
                self._status["mono_ns"] = time.monotonic_ns()
                for group in self._status["groups"]:
                    group["nodes"][1]["ready"] = "true" if ready else "false"
                self._send(wire.Snapshot(wall_ns=time.time_ns(), status=deepcopy(self._status)))
        except OSError:
            return

    def _hear(self) -> None:
        reader = wire.reader_at_supervisor()
        try:
            while data := self._socket.recv(65536):
                for message in reader.feed(data):
                    self._heard(message)
        except OSError:
            return

    def _heard(self, message: wire.FromInterface) -> None:
        match message:
            case wire.Listening(url=url, fingerprint=fingerprint):
                self.url, self.fingerprint = url, fingerprint
                self._listening.set()
            case wire.Failed(what=what):
                self._failed = what
                self._listening.set()
            case wire.Act(ask=ask, role=role, deed=deed):
                go = may_order(role.role, deed)
                code = "" if go else "denied"
                self._send(wire.Permitted(ask=ask, go=go, accepted=False, durable=go, what="", code=code))
            case wire.Look(ask=ask, view=view):
                self._send(wire.Seen(ask=ask, body=self._timing() if view is wire.View.TIMING else None))
            case wire.Explain(ask=ask):
                self._send(wire.Explained(ask=ask, why=None))
            case wire.OnBehalf(ask=ask, order=order):
                reply = OrderReply(id=order.id, accepted=True, durable=True, obstacles=())
                self._send(wire.Answered(ask=ask, reply=reply, refusal=None))
            case wire.Pong() | wire.Acted() | wire.Noted():
                pass

    def _timing(self) -> dict[str, Any]:
        """As the supervisor tells it: every heartbeat is well."""
        age_ms = time.monotonic_ns() // 1_000_000 % 100
        return {
            "bounds_us": [],
            "departures": {},
            "nodes": [],
            "channels": [
                {"name": each["name"], "node": each["node"], "period_ms": 100, "lost_after_ms": 380, "age_ms": age_ms}
                for each in self._status["channels"]
            ],
        }


def _status(folder: Path, groups: int) -> dict[str, Any]:
    """The status of a site whose groups all follow."""
    free = iter(range(_FIRST_PORT, 65_536))
    ports = Ports(
        nodes=[[next(free) for _ in range(_CHANNELS)] for _ in range(groups)],
        gates=[[next(free), next(free)] for _ in range(groups)],
        references=[next(free), next(free)],
    )
    file = folder / "big.toml"
    file.write_text(site_text(ports), encoding="utf-8")
    core = Supervision(load_site(file).core, time.monotonic_ns())
    made: dict[str, Any] = {
        **snapshot.status(core, time.monotonic_ns()),
        "pid": os.getpid(),
        "version": "0.0",
        "simulation": True,
        "loop": {"lateness_ns": {"count": 0, "p99_9": 0}, "skipped": 0, "stalls": 0, "longest_stall_ns": 0},
        "notices": [],
        "links": {},
        "journal": {"last_seq": 1, "trouble": "", "damage": ""},
        "records": {"trouble": ""},
    }
    for group in made["groups"]:
        group.update(_SETTLED, active=group["nodes"][0]["name"], concern=None)
        for node, role in zip(group["nodes"], ("ACTIVE", "STANDBY"), strict=True):
            node.update(liveness="alive", role=role, level=255, in_rpo="true", ready="true")
        group["gate"].update(seen=True, state="OWNED", owner=group["active"], epoch=4, permit=True, driven=True)
    for channel in made["channels"]:
        channel["pulse"] = "on_time"
    return made
