"""The interface as a process of its own, with a supervisor that the test plays: it feeds states and answers orders."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from otha.core.supervision import Supervision
from otha.interface import place, standard
from otha.interface.trust import TrustList
from otha.interface.users import Users
from otha.runtime import snapshot
from otha.site.load import load_site
from otha.wire import interface as wire
from otha.wire.access import AccessRole, may_order
from otha.wire.message import OrderReply, OrderRequest, Refusal
from tests.opcua_standard import kept_file
from tests.site.examples import TWO_TANKS

WAIT_S = 60.0
PASSWORD = "a-long-pass-phrase"
USERS = {role.name.lower(): f"{role.name.lower()[:5]}-person" for role in AccessRole}


def begun(folder: Path) -> None:
    """Spare an interface with this state directory the building of OPC UA's own address space."""
    place.make(place.folder(folder))
    shutil.copy(kept_file(), standard.file_in(place.folder(folder)))


def first_status() -> dict[str, Any]:
    """The status of the demo site before anything was heard."""
    core = Supervision(load_site(TWO_TANKS).core, time.monotonic_ns())
    summary = {"count": 0, "p99_9": 0}
    return {
        **snapshot.status(core, time.monotonic_ns()),
        "pid": 1,
        "version": "0.0",
        "simulation": True,
        "loop": {"lateness_ns": summary, "skipped": 0, "stalls": 0, "longest_stall_ns": 0},
        "notices": [],
        "links": {},
        "journal": {"last_seq": 1, "trouble": "", "damage": ""},
        "records": {"trouble": ""},
    }


def taken(request: OrderRequest) -> OrderReply | Refusal:
    """The answer to an order that is accepted."""
    return OrderReply(id=request.id, accepted=True, durable=True, obstacles=())


def permitted(act: wire.Act) -> wire.Permitted:
    """The answer to an act that may be done."""
    go = may_order(act.role.role, act.deed)
    return wire.Permitted(ask=act.ask, go=go, accepted=False, durable=go, what="", code="" if go else "denied")


class House:
    """A running interface. `orders`, `acts`, `acted`, `notes`: what it has asked and told. `views`: what the supervisor
    shows, by view and group. `silent`: the supervisor says nothing."""

    def __init__(self, folder: Path, *, kept: bool = True, **setup: Any) -> None:
        """`kept`: it finds OPC UA's own address space where an earlier start has kept it."""
        self.folder = folder
        self.status = first_status()
        self.orders: list[wire.OnBehalf] = []
        self.acts: list[wire.Act] = []
        self.acted: list[wire.Acted] = []
        self.notes: list[wire.Noted] = []
        self.permit: Callable[[wire.Act], wire.Permitted] = permitted
        self.views: dict[tuple[wire.View, str], dict[str, Any]] = {}
        self.answer: Callable[[OrderRequest], OrderReply | Refusal] = taken
        self.silent = False
        self.users = Users(place.folder(folder))
        self.trust = TrustList(place.folder(folder))
        for role in AccessRole:
            self.users.add(USERS[role.name.lower()], role, PASSWORD)
        said: dict[str, Any] = {"allow_none": False, "sessions": 20, "connections": 40, "idle_lock_ms": 0}
        self._setup = wire.Setup(
            site="two_tanks", version="0.0", folder=str(folder), host="127.0.0.1", port=0, **(said | setup)
        )
        if kept:
            begun(folder)
        self._lock = threading.Lock()
        self.listening = threading.Event()
        self.url = self.fingerprint = self.failed = ""
        self.start()

    def start(self) -> None:
        """Start the process and feed it."""
        ours, theirs = socket.socketpair()
        self._socket = ours
        self.listening.clear()
        command = [sys.executable, "-m", "otha.interface", str(theirs.fileno()), str(os.getpid())]
        self.process = subprocess.Popen(command, pass_fds=(theirs.fileno(),))
        theirs.close()
        self.send(self._setup)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._hear, self._feed)]
        for thread in self._threads:
            thread.start()
        assert self.listening.wait(WAIT_S)
        assert self.failed == "", self.failed

    def send(self, message: wire.ToInterface) -> None:
        """Say something to the interface."""
        with self._lock:
            self._socket.sendall(wire.to_interface(message))

    @property
    def certificate(self) -> Path:
        """The interface's own certificate."""
        return place.own(self.folder) / "otha.der"

    def group(self) -> dict[str, Any]:
        """The one group in the status that is fed."""
        found: dict[str, Any] = self.status["groups"][0]
        return found

    def noted(self, text: str) -> bool:
        """Whether something with this text was told, at last."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if any(text in f"{each.notice.value} {each.user} {each.client} {each.what}" for each in self.notes):
                return True
            time.sleep(0.01)
        return False

    def ended(self, count: int) -> list[wire.Acted]:
        """How acts ended, once there are so many."""
        end = time.monotonic() + WAIT_S
        while len(self.acted) < count and time.monotonic() < end:
            time.sleep(0.01)
        return list(self.acted)

    def end(self) -> None:
        """Hang up and wait for its end."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        try:
            self.process.wait(WAIT_S)
        finally:
            self.process.kill()
            self.process.wait()

    def _feed(self) -> None:
        try:
            while self.process.poll() is None:
                if not self.silent:
                    self.status["mono_ns"] = time.monotonic_ns()
                    self.send(wire.Snapshot(wall_ns=time.time_ns(), status=deepcopy(self.status)))
                time.sleep(0.1)
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
                self.listening.set()
            case wire.Failed(what=what):
                self.failed = what
                self.listening.set()
            case wire.OnBehalf():
                self.orders.append(message)
                end = self.answer(message.order)
                if isinstance(end, Refusal):
                    self.send(wire.Answered(ask=message.ask, reply=None, refusal=end))
                else:
                    self.send(wire.Answered(ask=message.ask, reply=end, refusal=None))
            case wire.Explain(ask=ask, group=group, node=node):
                self.send(wire.Explained(ask=ask, why={"group": group, "node": node}))
            case wire.Act():
                self.acts.append(message)
                self.send(self.permit(message))
            case wire.Acted():
                self.acted.append(message)
            case wire.Look(ask=ask, view=view, group=group):
                self.send(wire.Seen(ask=ask, body=self.views.get((view, group))))
            case wire.Noted():
                self.notes.append(message)
            case wire.Pong():
                pass
