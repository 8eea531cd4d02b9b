"""One section of the simulated PLC: its gate, RETAIN memory, mailboxes, and the process at its terminals."""

import time
from dataclasses import dataclass
from typing import Final, Protocol

from sim import retain
from sim.gate import Gate, ScanInputs
from sim.plant import Section
from sim.plc_bank import SectionBank
from sim.registers import decode_command, decode_frame, encode_status, pack
from sim.terminal import TerminalLog

_FLUSH_SCANS: Final = 20
_MAX_CATCH_UP: Final = 20_000


class Process(Protocol):
    """What hangs on a section's outputs."""

    def step(self, outputs: tuple[int, ...]) -> None:
        """One scan's time goes by with these outputs."""

    def measure(self) -> tuple[int, ...]:
        """What the transmitters show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What people and the program's own logic tell a section in one scan."""

    permit: bool
    return_permit: bool
    local: bool
    reset: bool


class PlcSection:
    """Scan by scan: gate, terminals, process, registers."""

    def __init__(self, section: Section, process: Process, log: TerminalLog) -> None:
        self._section = section
        kept = retain.load(section.memory)
        self.gate = Gate(section.gate, kept, retain.next_boot(kept))
        self._retained = self.gate.retained()
        # Before the first scan: this boot id is used up even if the process dies in a moment.
        retain.save(section.memory, self._retained)
        self.bank = SectionBank(section)
        self._process = process
        self._log = log
        self.levels = process.measure()
        self._publish()

    @property
    def name(self) -> str:
        """The section's name."""
        return self._section.name

    def scan(self, switches: Switches, periods: int) -> None:
        """One scan; it stands for several periods when the process was kept from running."""
        command, raw_frames = self.bank.take_command(), self.bank.take_frames()
        self.gate.scan(
            ScanInputs(
                dt_ms=periods * self._section.gate.scan_ms,
                permit=switches.permit,
                return_permit=switches.return_permit,
                local=switches.local,
                reset=switches.reset,
                command=None if command is None else decode_command(command),
                frames={mailbox: decode_frame(raw, self._section.outputs) for mailbox, raw in raw_frames.items()},
            )
        )
        if (now_retained := self.gate.retained()) != self._retained:
            # RETAIN before anybody can read that it happened.
            retain.save(self._section.memory, now_retained)
            self._retained = now_retained
        terminals = self.gate.outputs
        for _ in range(min(periods, _MAX_CATCH_UP)):
            self._process.step(terminals)
        self.levels = self._process.measure()
        self._log.scan(
            at_ns=time.monotonic_ns(),
            outputs=terminals,
            status=self._publish(),
            frames={mailbox: pack(raw) for mailbox, raw in raw_frames.items()},
            command=None if command is None else pack(command),
            levels=self.levels,
        )
        if self.gate.scan_no % _FLUSH_SCANS == 0:
            self._log.flush()

    def _publish(self) -> dict[str, int]:
        """Show the gate's status in the registers. Returns its fields."""
        fields, rows = self.gate.status()
        self.bank.show(encode_status(fields, rows))
        return fields

    def close(self) -> None:
        """Write out what was logged."""
        self._log.close()
