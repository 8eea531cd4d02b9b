"""The gate twice: the simulated one and the Structured Text program, fed the same registers, scan by scan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import plc_profiles
from sim.gate import Gate, Retained, ScanInputs
from sim.gate_config import GateConfig
from sim.hold_action import Hold, HoldAction, LocalLoop, Ramp, StopMotion, Value
from sim.registers import decode_command, decode_frame, decode_status, encode_status, gate_map
from tests.plc.st.machine import Instance, Library, read, write

FOLDER: Final = Path(plc_profiles.__path__[0]) / "st"
# In the order in which a compiler has to be given them: what is used is declared before.
FILES: Final = ("otha_types", "otha_words", "otha_retain", "otha_hold", "otha_gate", "otha_modbus", "example")
_RETAINED: Final = ("EPOCH", "GRANTED", "BOOT", "SAFE", "LOCAL")


def source(name: str) -> str:
    """One shipped file."""
    return (FOLDER / f"{name}.st").read_text(encoding="utf-8")


@cache
def library() -> Library:
    """The shipped program."""
    return Library(source(name) for name in FILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What one scan sees. Registers as they stand in the mailboxes; an empty one holds zeros alone.

    `start`: the controller was started before this scan, None if not. `clock_s`: its clock.
    """

    dt_ms: int = 5
    permit: bool = True
    return_permit: bool = True
    local: bool = False
    reset: bool = False
    command: tuple[int, ...] = ()
    frames: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    machine: str = ""
    tags: Mapping[str, int] = field(default_factory=dict)
    seen: bool = False
    start: "Start | None" = None
    clock_s: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A cold start; the RETAIN memory may have been spoilt."""

    good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that can be seen of a gate after a scan."""

    registers: tuple[int, ...]
    retained: tuple[int, int, int, bool, bool]
    silent: bool

    def status(self) -> tuple[dict[str, int], tuple[tuple[int, ...], ...]]:
        """The named fields, and the applied, held and shadow outputs."""
        return decode_status(self.registers)


class Simulated:
    """The simulated gate behind registers."""

    def __init__(self, config: GateConfig, retained: Retained | None, clock_s: int) -> None:
        self.config = config
        self.gate = self._started(retained, clock_s)

    def _started(self, retained: Retained | None, clock_s: int) -> Gate:
        return Gate(self.config, retained, clock_s if retained is None else (retained.boot + 1) & 0xFFFF_FFFF)

    def scan(self, scan: Scan) -> Seen:
        """One scan."""
        if scan.start is not None:
            self.gate = self._started(self.gate.retained() if scan.start.good else None, scan.clock_s)
        outputs = len(self.config.safe_values)
        length = gate_map().frame_length(outputs)
        self.gate.scan(
            ScanInputs(
                dt_ms=scan.dt_ms,
                permit=scan.permit,
                return_permit=scan.return_permit,
                local=scan.local,
                reset=scan.reset,
                command=decode_command(scan.command) if any(scan.command) else None,
                frames={
                    box: decode_frame(_filled(each, length), outputs) for box, each in scan.frames.items() if any(each)
                },
                machine=scan.machine,
                tags=scan.tags,
                supervisor_seen=scan.seen,
            )
        )
        kept = self.gate.retained()
        return Seen(
            registers=tuple(encode_status(*self.gate.status())),
            retained=(kept.epoch, kept.granted, kept.boot, kept.safe, kept.local),
            silent=self.gate.supervisor_silent,
        )


def _filled(registers: tuple[int, ...], length: int) -> tuple[int, ...]:
    """As the mailbox holds them: what was not written is zero since the scan before."""
    return (*registers, *(0,) * length)[:length]


class Compiled:
    """The Structured Text program behind registers."""

    def __init__(
        self, config: GateConfig, retained: Retained | None, clock_s: int, program: Library | None = None
    ) -> None:
        self._library = program or library()
        self._types = self._library.types
        self._sim_config = config
        self._section = self._library.instance("OTHA_SECTION")
        self._first = True
        self._clock_s = clock_s
        self.held: dict[str, Any] = {
            name: self._library.value(f"OTHA_{kind}")
            for name, kind in (
                *(("CONFIG", "CONFIG"), ("ACTIONS", "HOLD_ACTIONS"), ("TAGS", "TAGS"), ("MEMORY", "RETAINED")),
                *(("STATUS_WORDS", "STATUS_WORDS"), ("COMMAND_WORDS", "COMMAND_WORDS"), ("FRAME_WORDS", "FRAME_WORDS")),
            )
        }
        self._configure(config)
        if retained is not None:
            self._commission(retained, clock_s)

    def set_config(self, name: str, value: object) -> None:
        """Change what the program is built with."""
        write(self._types["OTHA_CONFIG"], self.held["CONFIG"], (name,), value)

    def _configure(self, config: GateConfig) -> None:
        empty = (0,) * (16 - len(config.safe_values))
        for name, value in {
            "OUTPUTS": len(config.safe_values),
            "SAFE_VALUES": [*config.safe_values, *empty],
            "TOLERANCE": [*config.tolerance, *empty],
            "OWNER_WATCHDOG_MS": config.owner_watchdog_ms,
            "HOLD_MAX_MS": config.hold_max_ms,
            "SCAN_MS": config.scan_ms,
            "MAX_RESUMES": config.max_resumes,
            "RESUME_WINDOW_MS": config.resume_window_ms,
            "SILENT_AFTER_MS": config.silent_after_ms,
        }.items():
            self.set_config(name, value)

    def _commission(self, retained: Retained, clock_s: int) -> None:
        self._library.instance("OTHA_COMMISSION")(COMMIT=True, CLOCK_S=clock_s, MEMORY=self.held["MEMORY"])
        values = (retained.epoch, retained.granted, retained.boot, retained.safe, retained.local)
        for name, value in zip(_RETAINED, values, strict=True):
            write(self._types["OTHA_RETAINED"], self.held["MEMORY"], (name,), value)
        self._seal()

    def _seal(self) -> None:
        """The memory as a controller that ran with these values has left it."""
        unit = self._library.units["OTHA_SEAL"]
        env = unit.fresh()
        env[1:6] = [self.memory(name) for name in _RETAINED]
        unit.run(env)
        write(self._types["OTHA_RETAINED"], self.held["MEMORY"], ("SEAL",), env[0])

    def memory(self, name: str) -> Any:
        """One field of the RETAIN memory."""
        return read(self._types["OTHA_RETAINED"], self.held["MEMORY"], name)

    def spoil(self) -> None:
        """Change a bit of the RETAIN memory."""
        write(self._types["OTHA_RETAINED"], self.held["MEMORY"], ("EPOCH",), self.memory("EPOCH") ^ 1)

    def scan(self, scan: Scan) -> Seen:
        """One scan."""
        if scan.start is not None:
            self._section = self._library.instance("OTHA_SECTION")
            if not scan.start.good:
                self.spoil()
        self._act(scan)
        self.held["COMMAND_WORDS"][:] = scan.command or (0,) * gate_map().command_length
        for box, registers in scan.frames.items():
            at = (box - 1) * gate_map().frame_stride
            self.held["FRAME_WORDS"][at : at + len(registers)] = registers
        self._section(
            DT_MS=scan.dt_ms,
            PERMIT=scan.permit,
            RETURN_PERMIT=scan.return_permit,
            LOCAL=scan.local,
            RESET=scan.reset,
            RESTARTED=self._first or scan.start is not None,
            CLOCK_S=scan.clock_s if scan.start is not None else self._clock_s,
            SUPERVISOR_SEEN=scan.seen,
            **self.held,
        )
        self._first = False
        total = gate_map().status_total(len(self._sim_config.safe_values))
        kept = tuple(self.memory(name) for name in _RETAINED)
        return Seen(
            registers=tuple(self.held["STATUS_WORDS"][:total]),
            retained=(kept[0], kept[1], kept[2], kept[3], kept[4]),
            silent=self._section["SUPERVISOR_SILENT"],
        )

    @property
    def section(self) -> Instance:
        """The function block that a program calls."""
        return self._section

    def _act(self, scan: Scan) -> None:
        keeps = self._sim_config.hold.keeps
        for at, tag in enumerate(keeps):
            self.held["TAGS"][at] = scan.tags[tag]
        for at in range(len(self._sim_config.safe_values)):
            fields = _action(self._sim_config.hold.of(scan.machine, at), keeps)
            for name, value in fields.items():
                write(self._types["OTHA_HOLD_ACTIONS"], self.held["ACTIONS"], (at, name), value)


_NUMBERS: Final = ("KIND", "TARGET", "PER_S", "AFTER_MS", "KEEPS", "GAIN_MILLI", "INTEGRAL_MS", "LOW", "HIGH")


def _action(action: HoldAction, keeps: tuple[str, ...]) -> dict[str, int | bool]:
    none: dict[str, int | bool] = {"KEEP_FOUND": False, **dict.fromkeys(_NUMBERS, 0)}
    match action:
        case Hold():
            return none
        case Value(to=to, per_s=per_s):
            return {**none, "KIND": 1, "TARGET": to, "PER_S": per_s or 0}
        case Ramp(to=to, per_s=per_s, after_ms=after_ms):
            return {**none, "KIND": 2, "TARGET": to, "PER_S": per_s, "AFTER_MS": after_ms}
        case StopMotion(still=to, per_s=per_s):
            return {**none, "KIND": 3, "TARGET": to, "PER_S": per_s}
        case LocalLoop():
            return {
                "KIND": 4,
                "TARGET": action.setpoint or 0,
                "PER_S": action.per_s,
                "AFTER_MS": 0,
                "KEEPS": keeps.index(action.keeps),
                "KEEP_FOUND": action.setpoint is None,
                "GAIN_MILLI": round(action.gain * 1000),
                "INTEGRAL_MS": round(action.integral_s * 1000),
                "LOW": action.low,
                "HIGH": action.high,
            }


def differences(one: Seen, other: Seen) -> list[str]:
    """What of two gates is not the same, by name."""
    if one == other:
        return []
    (fields, rows), (fields_2, rows_2) = one.status(), other.status()
    found = [f"{name}: {value} and {fields_2[name]}" for name, value in fields.items() if value != fields_2[name]]
    found += [f"{name}: {a} and {b}" for name, a, b in zip(_ROWS, rows, rows_2, strict=True) if a != b]
    if one.retained != other.retained:
        found.append(f"retained: {one.retained} and {other.retained}")
    if one.silent != other.silent:
        found.append(f"silent: {one.silent} and {other.silent}")
    return found


_ROWS: Final = ("applied", "held", "shadow")


def first_difference(one: Simulated, other: Compiled, scans: Iterable[Scan]) -> str | None:
    """Run both through the same scans, up to the first one after which they differ."""
    for number, scan in enumerate(scans):
        if wrong := differences(one.scan(scan), other.scan(scan)):
            return f"scan {number} {scan}: {'; '.join(wrong)}"
    return None
