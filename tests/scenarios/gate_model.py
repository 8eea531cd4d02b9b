"""The gate of the stories: the simulated controller's own gate, spoken to in the words of the core."""

from otha.core.effects import GateCommand, Grant, Release, Revoke, Safe, Void
from otha.core.inputs import GateReading
from otha.core.words import GateState
from sim.gate import FRAME_REFUSALS, REFUSALS, Gate, Retained, ScanInputs
from sim.gate_config import GateConfig
from sim.registers import Answer, Command, Frame, Opcode, State

SCAN_MS = 5
CONFIG = GateConfig(
    safe_values=(4_000, 5_000),
    tolerance=(50, 50),
    owner_watchdog_ms=60,
    hold_max_ms=10_000,
    scan_ms=SCAN_MS,
    max_resumes=3,
    resume_window_ms=60_000,
)


class GateModel:
    """A section named "plc" whose owners are known by number. One `scan` is 5 ms."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers
        self.gate = Gate(CONFIG, Retained(epoch=0, granted=0, boot=8, safe=False, local=False), boot=9)
        self.permit = self.return_permit = True
        self.local = self.reset = False
        self._waiting: list[GateCommand] = []
        self.taken: list[tuple[GateCommand, Answer]] = []

    def command(self, do: GateCommand) -> None:
        """Put a command into the mailbox; the gate takes one a scan."""
        self._waiting.append(do)

    def scan(self, frames: dict[int, Frame]) -> list[str]:
        """One scan; the refusals it counted, by name."""
        before = dict(self.gate.counts)
        do = self._waiting.pop(0) if self._waiting else None
        self.gate.scan(
            ScanInputs(
                dt_ms=SCAN_MS,
                permit=self.permit,
                return_permit=self.return_permit,
                local=self.local,
                reset=self.reset,
                command=None if do is None else self._command(do),
                frames=frames,
            )
        )
        self.reset = False
        if do is not None:
            self.taken.append((do, self.gate.command_answer))
        return [name for name, count in self.gate.counts.items() if count != before[name]]

    def cold_start(self) -> None:
        """The controller starts anew with good RETAIN memory."""
        self.gate = Gate(CONFIG, self.gate.retained(), self.gate.boot + 1)
        self._waiting = []

    def _command(self, do: GateCommand) -> Command:
        match do:
            case Revoke(epoch=epoch):
                return Command(opcode=Opcode.REVOKE, node=0, epoch=epoch)
            case Void(node=node, epoch=epoch):
                return Command(opcode=Opcode.VOID, node=self._numbers[node], epoch=epoch)
            case Grant(node=node, epoch=epoch, boot=boot):
                return Command(opcode=Opcode.GRANT, node=self._numbers[node], epoch=epoch, boot=boot)
            case Release(node=node, epoch=epoch):
                return Command(opcode=Opcode.RELEASE, node=self._numbers[node], epoch=epoch)
            case Safe(epoch=epoch, hold_no=hold_no):
                return Command(opcode=Opcode.SAFE, node=0, epoch=epoch, hold_no=hold_no)

    def reading(self) -> GateReading:
        """The status block as a probe reads it."""
        fields, (applied, held, shadow) = self.gate.status()
        flags = fields["flags"]
        return GateReading(
            boot=fields["boot"],
            scan=fields["scan"],
            state=GateState(fields["state"]),
            armed=bool(flags & 1),
            permit=bool(flags & 2),
            return_permit=bool(flags & 4),
            within=bool(flags & 8),
            owner=fields["owner"],
            last_driver=fields["last_driver"],
            owner_epoch=fields["owner_epoch"],
            epoch=fields["epoch"],
            granted=fields["granted"],
            hold_no=fields["hold_no"],
            held_ms=fields["held_ms"],
            owner_age_ms=fields["owner_age_ms"],
            last_seq=fields["last_seq"],
            refused=tuple(self.gate.counts[name] for name in (*REFUSALS.values(), *FRAME_REFUSALS)),
            command_id=fields["command_id"],
            command_answer=fields["command_answer"],
            resumes_left=fields["resumes_left"],
            hold_max_ms=fields["hold_max_ms"],
            owner_watchdog_ms=fields["owner_watchdog_ms"],
            scan_ms=fields["scan_ms"],
            shadow_age_ms=fields["shadow_age_ms"],
            applied=applied,
            held=held,
            shadow=shadow,
        )

    @property
    def driven_by(self) -> int:
        """The number of the owner whose frames reach the outputs, 0 for nobody."""
        return self.gate.owner if self.gate.state is State.OWNED else 0
