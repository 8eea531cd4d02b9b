"""One section of the simulated PLC: its gate, RETAIN memory, mailboxes, and the machine at its terminals."""

import time
from dataclasses import dataclass
from typing import Final

from sim import retain
from sim.gate import Gate, ScanInputs
from sim.kind import Machine
from sim.plc_bank import SectionBank
from sim.registers import decode_command, decode_frame, encode_status, pack
from sim.section import Section
from sim.terminal import TerminalLog

_FLUSH_SCANS: Final = 20
_MAX_CATCH_UP: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What people tell a section in one scan. Their permits and the machine's must both be there."""

    permit: bool
    return_permit: bool
    local: bool
    reset: bool


class PlcSection:
    """Scan by scan: the machine's permits, gate, the program's interlocks, machine, registers."""

    def __init__(self, section: Section, machine: Machine, log: TerminalLog) -> None:
        self._section = section
        self._keeps = section.gate.hold.keeps
        kept = retain.load(section.memory)
        self.gate = Gate(section.gate, kept, retain.next_boot(kept))
        if kept is not None and not kept.granted:
            self.gate.outputs = section.start
        self._retained = self.gate.retained()
        # Before the first scan: this boot id is used up even if the process dies in a moment.
        retain.save(section.memory, self._retained)
        self.bank = SectionBank(section)
        self.machine = machine
        self.terminals = machine.terminals(self.gate.outputs)
        self._log = log
        self._at_ms = 0
        self._publish()

    @property
    def name(self) -> str:
        """The section's name."""
        return self._section.name

    def scan(self, switches: Switches, periods: int) -> None:
        """One scan; it stands for several periods when the process was kept from running."""
        permit, return_permit = self.machine.permits()
        tags = self.machine.tags()
        dt_ms = periods * self._section.gate.scan_ms
        self._at_ms += dt_ms
        command, raw_frames = self.bank.take_command(), self.bank.take_frames()
        self.gate.scan(
            ScanInputs(
                dt_ms=dt_ms,
                permit=permit and switches.permit,
                return_permit=return_permit and switches.return_permit,
                local=switches.local,
                reset=switches.reset,
                command=None if command is None else decode_command(command),
                frames={mailbox: decode_frame(raw, self._section.outputs) for mailbox, raw in raw_frames.items()},
                machine=self.machine.state,
                tags=tags,
            )
        )
        if (now_retained := self.gate.retained()) != self._retained:
            # RETAIN before anybody can read that it happened.
            retain.save(self._section.memory, now_retained)
            self._retained = now_retained
        self.terminals = self.machine.terminals(self.gate.outputs)
        for _ in range(min(periods, _MAX_CATCH_UP)):
            self.machine.step(self.machine.terminals(self.gate.outputs))
        self._log.scan(
            at_ns=time.monotonic_ns(),
            at_ms=self._at_ms,
            outputs=self.gate.outputs,
            terminals=self.terminals,
            machine=self.machine.state,
            status=self._publish(),
            frames={mailbox: pack(raw) for mailbox, raw in raw_frames.items()},
            command=None if command is None else pack(command),
            levels=self.machine.measure(),
            kept={name: tags[name] for name in self._keeps},
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
