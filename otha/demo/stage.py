"""What the acts play on: the plant's processes, the supervisor's process, and the eyes and hands of an operator."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from otha.core.errors import HostError
from otha.core.inputs import Order
from otha.core.words import OrderKind, TransferKind
from otha.journal.reader import Query, Reader
from otha.report.terms import Said
from otha.site.load import load_site
from otha.site.model import Site
from otha.wire.client import WireClient
from otha.wire.errors import NoSupervisorError
from otha.wire.message import OrderReply
from otha.wire.place import SOCKET_NAME

if TYPE_CHECKING:
    from sim.kind import Kind

_T = TypeVar("_T")

_OTHA_RUN = (sys.executable, "-m", "otha", "run")
_LOOK_EVERY_S = 0.01
_START_S = 90.0  # on a machine busy with others; a plant's processes have as long
_STOP_S = 10.0


class StageError(HostError):
    """The plant or the supervisor did not come up, or did not do in a generous time what it must."""


def wait_for(look: Callable[[], _T | None], *, within_s: float, what: str, said: Callable[[], str] = lambda: "") -> _T:
    """The first thing `look` finds. Raises StageError when there is nothing within the time; `said` tells why then."""
    until = time.monotonic() + within_s
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > until:
            told = f"not within {within_s:g} s: {what}" + (f" ({why})" if (why := said()) else "")
            raise StageError(told, mend="see the logs in the demo's folder")
        time.sleep(_LOOK_EVERY_S)


class Stage:
    """A running plant and its supervisor. Use it in a `with` block: it leaves nothing running."""

    def __init__(self, directory: Path, *, template: Path, plant: str = "two_tanks") -> None:
        self.directory = directory
        self.plant = plant
        self.plant_dir = directory / "plant"
        self.state_dir = directory / "state"
        self._template = template
        self._plant: subprocess.Popen[str] | None = None
        self._otha: subprocess.Popen[bytes] | None = None
        self.site: Site | None = None
        self._said: list[Said] = []
        self._said_seq = 0

    def __enter__(self) -> "Stage":
        try:
            self._start_plant()
            self.start_otha()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_otha()
        if self._plant is not None:
            if self._plant.stdin is not None:
                self._plant.stdin.close()
            self._end(self._plant)
            if self._plant.stdout is not None:
                self._plant.stdout.close()
            self._plant = None

    @staticmethod
    def _end(process: "subprocess.Popen[Any]") -> None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start_plant(self) -> None:
        command = [sys.executable, "-m", "sim", "up", str(self._template), "--dir", str(self.plant_dir)]
        command += ["--plant", self.plant]
        self._plant = subprocess.Popen(
            [*command, "--ephemeral", "--stop-on-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._plant.stdout is not None
        line = self._plant.stdout.readline().split()
        if line[:1] != ["ready"]:
            raise StageError("the simulated plant did not start", mend=f"see the logs in {self.plant_dir}")
        self.site = load_site(Path(line[1]))

    def launch_otha(self) -> "subprocess.Popen[bytes]":
        """Start the supervisor and do not wait for it."""
        assert self.site is not None
        with (self.directory / "otha.log").open("ab") as log:
            self._otha = subprocess.Popen(
                [*_OTHA_RUN, str(self.site.path), "--state", str(self.state_dir), "--stop-on-eof"],
                # Held open by this process alone: however it ends, the supervisor ends too.
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        return self._otha

    def start_otha(self) -> None:
        """Start the supervisor and wait until it answers."""
        self.launch_otha()
        wait_for(self._answers, within_s=_START_S, what="the supervisor answers")

    def _answers(self) -> dict[str, Any] | None:
        if self._otha is not None and self._otha.poll() is not None:
            raise StageError("the supervisor ended by itself", mend=f"see {self.directory / 'otha.log'}")
        try:
            return self.status()
        except NoSupervisorError:
            return None

    def kill_otha(self) -> int:
        """kill -9 the supervisor; CLOCK_MONOTONIC ns just before."""
        assert self._otha is not None
        at_ns = time.monotonic_ns()
        self._otha.kill()
        self._otha.wait()
        self._hang_up()
        return at_ns

    def stop_otha(self) -> None:
        """Stop the supervisor in order."""
        if self._otha is not None:
            self._end(self._otha)
            self._hang_up()

    def _hang_up(self) -> None:
        if self._otha is not None and self._otha.stdin is not None:
            self._otha.stdin.close()
        self._otha = None

    @property
    def kind(self) -> "Kind":
        """What the plant's first section drives. Raises StageError when the plant is gone."""
        from sim.errors import SimError
        from sim.plant import load

        try:
            return load(self.plant_dir).kind
        except SimError as error:
            raise StageError(f"the plant is gone: {error}", mend=error.mend) from error

    # Hands

    def fault(self, name: str, **arguments: object) -> int:
        """Disturb the plant; CLOCK_MONOTONIC ns at which it took effect (now, for one that has no such moment)."""
        from sim import console
        from sim.errors import SimError

        try:
            answer = console.fault(self.plant_dir, name, **arguments)
        except SimError as error:
            raise StageError(f"the plant does not take the fault {name}: {error}", mend=error.mend) from error
        return int(answer.get("at_ns", time.monotonic_ns()))

    def mend(self) -> None:
        """End what an act that broke off has left: networks healed, applications thawed, stopped and dead ones back."""
        from sim import console
        from sim.errors import SimError
        from sim.plant import GATEWAYS, NODES
        from sim.whole import SERVERS

        try:
            processes = console.processes(self.plant_dir)
        except SimError as error:
            raise StageError(f"the plant is gone: {error}", mend=error.mend) from error
        with suppress(StageError):
            self.fault("heal")
        for name, pid in processes.items():
            with suppress(StageError):
                self.fault("restart" if pid is None else "cont", node=name)
                if name in (*NODES, *SERVERS):
                    self.fault("thaw", node=name)
                if name in GATEWAYS:
                    self.fault("let_go", node=name)
        if self._otha is None:
            self.start_otha()

    def order(
        self,
        kind: OrderKind,
        group: str,
        *,
        node: str | None = None,
        comment: str = "",
        transfer: TransferKind | None = None,
    ) -> OrderReply:
        """Give an order as the user who runs the demo."""
        order = Order(
            id=uuid.uuid4().hex,
            kind=kind,
            group=group,
            user="",
            client="demo",
            node=node,
            arming=None,
            comment=comment,
            transfer=transfer,
        )
        with WireClient(self.state_dir / SOCKET_NAME) as client:
            return client.order(order)

    # Eyes

    def client(self) -> WireClient:
        """A connection to the supervisor."""
        return WireClient(self.state_dir / SOCKET_NAME)

    def status(self) -> dict[str, Any]:
        """The supervisor's newest snapshot."""
        with self.client() as client:
            return client.status()

    def why(self, group: str) -> dict[str, Any]:
        """Why the group can or can't switch."""
        with self.client() as client:
            return client.why(group)

    def gate(self, section: str = "plc") -> dict[str, Any]:
        """What the controller itself says of a section: an eye that does not depend on the supervisor."""
        from sim import console

        return console.plc_state(self.plant_dir, section)

    def queued_frames(self, gateway: str) -> int:
        """How many owner frames wait in a gateway's queue."""
        from sim import console

        return int(console.gateway_state(self.plant_dir, gateway)["frames"])

    def said(self, since_ns: int = 0) -> list[Said]:
        """The reasons that the journal holds, from CLOCK_MONOTONIC `since_ns` on."""
        with Reader(self.state_dir) as reader:
            for row in reader.query(Query(after_seq=self._said_seq)):
                self._said_seq = row.seq
                for reason in json.loads(row.body).get("reasons", ()):
                    told = Said(mono_ns=row.mono_ns, group=row.group, why=reason["why"], args=tuple(reason["args"]))
                    self._said.append(told)
        return [each for each in self._said if each.mono_ns >= since_ns]

    def environment(self) -> str:
        """A line on the machine that the figures were measured on."""
        return f"{os.cpu_count()} cores, Python {sys.version.split()[0]}"
