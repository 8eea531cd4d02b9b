"""What stands at the PLC's output terminals, logged by code outside the gate, for the offline checker.

One JSON line per scan in which anything changed, a frame or command was presented, or the section was held:
{"section", "scan", "ns" (CLOCK_MONOTONIC), "ms" (the section's own time, scans left out included), "out" (what the gate
lets through), "at" (what the program's interlocks make of it at the terminals, absent where it is the same), "machine"
(its state after the scan), "state", "owner", "owner_epoch", "epoch", "last_seq", "boot", "refused" (frames, all kinds
together, modulo 65536), "frames": {mailbox: registers as hex}, "command": hex or absent, "pv": what the transmitters
show, "kept": what the tags of local loops showed at the scan's beginning, in a hold alone}.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sim.registers import State, gate_map

FILE_NAME: Final = "terminal.jsonl"
_JSON: Final = json.JSONEncoder(separators=(",", ":"))
_STATUS: Final = ("state", "owner", "owner_epoch", "epoch", "last_seq", "boot")


class TerminalLog:
    """Appends one section's lines to DIR/terminal.jsonl. Buffered: `flush` at least every 100 ms and at the end."""

    def __init__(self, directory: Path, section: str) -> None:
        self._section = section
        self._refusals = tuple(name for name in gate_map().status_names if name.startswith("frame_"))
        self._file = os.open(directory / FILE_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._lines: list[str] = []
        self._last: tuple[tuple[int, ...], tuple[int, ...], str, tuple[int, ...]] | None = None

    def scan(
        self,
        *,
        at_ns: int,
        at_ms: int,
        outputs: tuple[int, ...],
        terminals: tuple[int, ...],
        machine: str,
        status: Mapping[str, int],
        frames: Mapping[int, bytes],
        command: bytes | None,
        levels: Sequence[int],
        kept: Mapping[str, int],
    ) -> None:
        """One scan's end. Nothing is written when nothing happened in it."""
        seen = outputs, terminals, machine, tuple(status[name] for name in _STATUS)
        held = status["state"] == State.HELD
        if seen == self._last and not frames and command is None and not held:
            return
        self._last = seen
        record: dict[str, object] = {"section": self._section, "scan": status["scan"], "ns": at_ns, "ms": at_ms}
        record["out"] = outputs
        if terminals != outputs:
            record["at"] = terminals
        record["machine"] = machine
        record.update((name, status[name]) for name in _STATUS)
        record["refused"] = sum(status[name] for name in self._refusals) & 0xFFFF
        record["pv"] = levels
        if held and kept:
            record["kept"] = dict(kept)
        record["frames"] = {str(mailbox): raw.hex() for mailbox, raw in frames.items()}
        if command is not None:
            record["command"] = command.hex()
        self._lines.append(_JSON.encode(record))

    def flush(self) -> None:
        """Hand over to the operating system all that was logged."""
        if self._lines:
            data = "\n".join(self._lines).encode() + b"\n"
            self._lines.clear()
            os.write(self._file, data)

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        os.close(self._file)
