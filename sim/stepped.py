"""A plant in simulated time: one PLC section and its two controllers, scan by scan, no sockets and no clock.

Gate, control task and physics are those of the live plant. What differs is the way between them: a message takes until
the next scan. The same seed and the same commands give the same plant again.
"""

import copy
import random
from collections.abc import Mapping
from typing import Final

from sim.control_task import ControlTask
from sim.disturb import Disturbance
from sim.gate import Gate, Retained, ScanInputs
from sim.heartbeat import Heartbeat
from sim.kind import Kind, Machine
from sim.owner import Ownership
from sim.registers import U32_MAX, Command, Frame, Opcode, State

MS: Final = 1_000_000
NODES: Final = {"sc_a": 1, "sc_b": 2}
_BOOT: Final = 9


class SteppedPlc:
    """One section: gate, interlocks and machine. Commands wait in the mailbox; one is taken a scan."""

    def __init__(self, kind: Kind, seed: int) -> None:
        retained = Retained(epoch=0, granted=0, boot=_BOOT - 1, safe=False, local=False)
        self.gate = Gate(kind.gate, retained, boot=_BOOT)
        self.machine: Machine = kind.machine(seed)
        self.commands: list[Command] = []
        self.frames: dict[int, Frame] = {}
        self.terminals = self.gate.outputs
        self._scan_ms = kind.scan_ms
        self._keeps = kind.gate.hold.keeps

    def scan(self) -> None:
        """One scan: the machine's permits, the gate, the program's interlocks, the machine."""
        permit, return_permit = self.machine.permits()
        command = self.commands.pop(0) if self.commands else None
        frames, self.frames = self.frames, {}
        self.gate.scan(
            ScanInputs(
                dt_ms=self._scan_ms,
                permit=permit,
                return_permit=return_permit,
                command=command,
                frames=frames,
                machine=self.machine.state,
                tags=self.machine.tags() if self._keeps else {},
            )
        )
        self.terminals = self.machine.terminals(self.gate.outputs)
        self.machine.step(self.terminals)


class SteppedController:
    """One soft controller. Its exchange with the PLC and its control task alternate, half a cycle apart."""

    def __init__(self, kind: Kind, name: str, *, phase_ms: int, session: int) -> None:
        self.name = name
        self.number = NODES[name]
        self.lives = True
        self._kind = kind
        self._session = session
        self.task = self._new_task(tracking=True)
        self._cycle_ms = kind.cycle_ms
        self._phase_ms = phase_ms

    def _new_task(self, *, tracking: bool) -> ControlTask:
        return ControlTask(
            self._kind.law(),
            Ownership(self.number, self._session),
            self.number,
            cycle_ms=self._kind.cycle_ms,
            wrong=Disturbance(),
            tracking=tracking,
        )

    def restart(self, *, tracking: bool = True) -> None:
        """Its process is started anew: another session, nothing remembered."""
        self.lives = True
        self._session = (self._session + 1) & U32_MAX or 1
        self.task = self._new_task(tracking=tracking)

    def step(self, now_ms: int, plc: SteppedPlc, peer: "SteppedController") -> None:
        """What this controller does before the scan at `now_ms`."""
        if not self.lives:
            return
        at = (now_ms - self._phase_ms) % self._cycle_ms
        if at == 0:
            self.task.beat()
            self._exchange(now_ms, plc)
        elif at == self._cycle_ms // 2:
            self.task.beat()
            if self.task.control() and peer.lives:
                peer.task.take_replica(self.task.replica(), now_ms * MS)

    def _exchange(self, now_ms: int, plc: SteppedPlc) -> None:
        if (frame := self.task.frame()) is not None:
            plc.frames[self.number] = frame
        fields, _ = plc.gate.status()
        self.task.learn_gate(fields, plc.gate.outputs)
        self.task.learn_measured(plc.machine.measure(), now_ms * MS)


class SteppedPlant:
    """PLC and controllers. `now_ms` is the time of the scan that comes next."""

    def __init__(self, kind: Kind, seed: int) -> None:
        chance = random.Random(seed)
        self.kind = kind
        self.now_ms = 0
        self.plc = SteppedPlc(kind, seed)
        # Phases in whole scans: what arrives between two scans waits for the second.
        scans = kind.cycle_ms // kind.scan_ms
        self.controllers = {
            name: SteppedController(
                kind,
                name,
                phase_ms=chance.randrange(scans) * kind.scan_ms,
                session=chance.getrandbits(32) | 1,
            )
            for name in NODES
        }

    def fork(self) -> "SteppedPlant":
        """The same plant once more: from here on both go their own way, with the same disturbances and noise."""
        return copy.deepcopy(self, {id(self.kind): self.kind})

    def step(self) -> None:
        """One scan."""
        first, second = self.controllers.values()
        first.step(self.now_ms, self.plc, second)
        second.step(self.now_ms, self.plc, first)
        self.plc.scan()
        self.now_ms += self.kind.scan_ms

    def commission(self, owner: str, settle_ms: int) -> None:
        """Before OTHA: the plant is started by hand, `owner` drives under epoch 1, and the plant settles."""
        number = NODES[owner]
        self.plc.gate.outputs = self.kind.start
        self._until_learnt()
        self.command(Command(opcode=Opcode.GRANT, node=number, epoch=1, boot=_BOOT))
        self.command(Command(opcode=Opcode.RELEASE, node=number, epoch=1))
        until = self.now_ms + settle_ms
        while self.now_ms < until:
            self.step()

    def _until_learnt(self) -> None:
        for _ in range(2 * self.kind.cycle_ms // self.kind.scan_ms):
            self.step()

    # --- what OTHA sees and asks ----------------------------------------------------------------------------------

    def command(self, command: Command) -> None:
        """Put a command into the gate's mailbox."""
        self.plc.commands.append(command)

    def kill(self, name: str) -> None:
        """The controller's process ends."""
        self.controllers[name].lives = False

    def heartbeat(self, name: str) -> Heartbeat | None:
        """What a controller answers to a heartbeat; None: nothing."""
        controller = self.controllers[name]
        return controller.task.show(self.now_ms * MS) if controller.lives else None

    def status(self) -> tuple[Mapping[str, int], tuple[tuple[int, ...], ...]]:
        """The gate's status block: its fields, and applied, held and shadow outputs."""
        return self.plc.gate.status()

    def tags(self) -> dict[str, int]:
        """The field tags."""
        return self.plc.machine.tags()

    @property
    def driver(self) -> str | None:
        """Whose frames reach the outputs."""
        gate = self.plc.gate
        if gate.state is not State.OWNED:
            return None
        return next(name for name, number in NODES.items() if number == gate.owner)
