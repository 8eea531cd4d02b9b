"""A soft controller of the stories: a control task, a communication task, and a frame that may be left in a queue."""

from dataclasses import dataclass

from otha.core.inputs import NodeReading
from otha.core.words import Role
from sim.gate import Gate
from sim.registers import Frame, State

CYCLE_MS = 10


@dataclass(slots=True)
class NodeModel:
    """`lives`: the process exists; `runs`: it is not stopped; `works`: its control task advances."""

    name: str
    number: int
    session: int
    lives: bool = True
    runs: bool = True
    works: bool = True
    lies: bool = False
    level: int = 255
    heartbeat: int = 0
    cycle: int = 0
    position: int = 0
    acked: int = 0
    epoch: int = 0
    seq: int = 0
    outputs: tuple[int, ...] = (4_000, 5_000)
    queued: Frame | None = None
    active: bool = False

    def control(self, gate: Gate, peer: "NodeModel | None") -> Frame | None:
        """One control cycle: follow the peer, or send what this node would drive if the gate knows it as the owner."""
        if not (self.lives and self.runs and self.works):
            return None
        self.cycle += 1
        if peer is not None and peer.lives and peer.runs:
            self.acked = self.position = peer.position
            self.outputs = peer.outputs
        owns = gate.owner == self.number
        self.active = owns and gate.state is State.OWNED
        self.position += self.active
        if not owns:
            self.epoch = 0
            return None
        if gate.owner_epoch != self.epoch:
            # A new owner starts from what the outputs are held at.
            self.epoch, self.seq, self.outputs = gate.owner_epoch, 0, gate.held
        self.seq += 1
        return self._frame()

    def _frame(self) -> Frame:
        return Frame(
            owner=self.number,
            epoch=self.epoch,
            session=self.session,
            seq=self.seq,
            cycle=self.cycle,
            outputs=self.outputs,
        )

    def stop(self) -> None:
        """SIGSTOP; what it was about to send stays in a queue."""
        self.runs = False
        if self.epoch:
            self.seq += 1
            self.cycle += 1
            self.queued = self._frame()

    def wake(self) -> Frame | None:
        """SIGCONT; the frame in the queue leaves first."""
        self.runs = True
        frame, self.queued = self.queued, None
        return frame

    def restart(self) -> None:
        """The process is started anew: another session, nothing remembered."""
        self.lives = self.runs = self.works = True
        self.session += 1
        self.cycle = self.heartbeat = self.seq = self.epoch = self.acked = self.position = 0
        self.active, self.queued = False, None

    def reading(self) -> NodeReading:
        """What it says in a heartbeat; the communication task counts by itself."""
        self.heartbeat += 1
        role = Role.ACTIVE if self.active or self.lies else Role.STANDBY
        return NodeReading(
            heartbeat=self.heartbeat,
            cycle=self.cycle,
            role=role.value,
            level=self.level,
            position=self.position,
            acked=self.acked,
            lag_ms=0,
            data_age_ms=5,
            session=self.session,
            tracked=(500, self.outputs[0]),
        )
