"""`otha run` over a simulated plant, with an interface, as processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from otha.interface import place
from otha.interface.trust import TrustList
from otha.interface.users import Users
from otha.journal.reader import Query, Reader
from otha.wire.access import AccessRole
from otha.wire.client import WireClient
from sim.ports import free_ports
from tests.interface.house import PASSWORD, USERS, WAIT_S, begun
from tests.patient import patient_template


class Supervised:
    """`otha run` over a plant, with an interface. What clients need to know of a house."""

    def __init__(
        self,
        folder: Path,
        plant: Path,
        trusted: bytes,
        more: str = "",
        env: dict[str, str] | None = None,
        *,
        in_plant: bool = False,
    ) -> None:
        port = free_ports(["interface"])["interface"]
        self.url = f"opc.tcp://127.0.0.1:{port}/otha"
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        self._own = place.own(self.state) / "otha.der"
        users = Users(place.folder(self.state))
        for role in AccessRole:
            users.add(USERS[role.name.lower()], role, PASSWORD)
        TrustList(place.folder(self.state)).trust(trusted)
        begun(self.state)
        site = plant.with_name("supervised.toml") if in_plant else folder / "site.toml"
        site.write_text(f'{plant.read_text()}\n[interface]\nendpoint = "127.0.0.1:{port}"\n{more}', encoding="utf-8")
        self.log = folder / "otha.log"
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "otha", "run", str(site), "--state", str(self.state)]
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **(env or {})}
            )

    @property
    def certificate(self) -> Path:
        """The interface's own certificate."""
        return self._own

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until the log says so, so many times."""
        end = time.monotonic() + WAIT_S
        while self.log.read_text().count(text) < times:
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def status(self) -> dict[str, Any]:
        """What `otha status` is made of."""
        with WireClient(self.state / "otha.sock", timeout_s=10) as client:
            return client.status()

    def journaled(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """User and body of the journal's rows of this kind."""
        with Reader(self.state / "journal") as reader:
            return [(row.user, json.loads(row.body)) for row in reader.query(Query(kind=kind))]

    def child(self, name: str = "interface") -> int:
        """The process through which others see OTHA, by its name; one that is up."""
        told = self.status()["outside"][name]
        assert told["up"]
        pid: int = told["pid"]
        return pid

    def end(self) -> None:
        """Stop the supervisor in order, else kill it."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(WAIT_S)
        self.process.kill()
        self.process.wait()


@contextmanager
def supervised_plant(
    folder: Path, trusted: bytes, more: str = "", env: dict[str, str] | None = None, *, in_plant: bool = False
) -> Iterator[Supervised]:
    """Plant, supervisor and interface, ended with the context. `trusted`: a client's certificate; `more`: of the site
    file; `env`: of the supervisor; `in_plant`: the site file stands in the plant's folder."""
    template = str(patient_template(folder))
    command = [sys.executable, "-m", "sim", "up", template, "--dir", str(folder / "plant"), "--ephemeral"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as plant:
        assert plant.stdout is not None
        try:
            assert plant.stdout.readline().startswith("ready ")
            made = Supervised(folder, folder / "plant" / "site.toml", trusted, more, env, in_plant=in_plant)
            try:
                yield made
            finally:
                made.end()
        finally:
            plant.terminate()
            plant.wait(WAIT_S)
