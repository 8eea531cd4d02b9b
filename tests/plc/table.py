"""The case table: text files in tests/plc/cases, one row a scan.

    [name] from start-case        a case; it begins where that one ended, or with a new gate ("new")
    words -> words                one scan: what it sees, and what is so after it
    start-case: words -> words    a case of one row

What a scan sees: a command `REVOKE(e)`, `VOID(node,e)`, `GRANT(node,e)`, `RELEASE(node,e)`, `SAFE(e)`, with `boot=`,
`hold_no=` or `id=` behind it; `garbled`; frames `frame`, each with `box= node= epoch= session= seq= cycle= out= torn
cut` behind it; `dt= permit= return= machine= TAG=value local reset seen start=good start=bad clock=`; `xN` for N such
scans. A frame without more is the owner's next good one. Numbers with a sign are relative: to the gate for commands and
frames, to the row before for what is so afterwards.

What is so afterwards: the state, the command's answer, a counter of refusals, any field of the status block, the
outputs `applied= held= shadow=`, and `silent= armed= permit= tracking= bound=`. Counters that aren't named must not
have moved, and without a command its answer must not have moved either.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sim.gate import FRAME_REFUSALS, REFUSALS, Retained
from sim.gate_config import GateConfig
from sim.hold_action import HoldPlan, LocalLoop, Ramp, StopMotion, Value
from sim.registers import U32_MAX, Answer, Command, Frame, Opcode, State, crc16, encode_command, encode_frame, pack
from tests.plc.pair import Compiled, Scan, Seen, Simulated, Start, differences
from tests.plc.st.machine import Library

FOLDER: Final = Path(__file__).resolve().parent / "cases"
NEW: Final = "new"
CONFIG: Final = GateConfig(
    safe_values=(100, 0),
    tolerance=(50, 50),
    owner_watchdog_ms=60,
    hold_max_ms=500,
    scan_ms=5,
    max_resumes=2,
    resume_window_ms=1000,
    silent_after_ms=2000,
    hold=HoldPlan(
        by_state={
            "FALL": (Value(to=1000, per_s=10_000), Value(to=0)),
            "RAMP": (Ramp(to=0, per_s=10_000, after_ms=50), Ramp(to=10_000, per_s=100, after_ms=0)),
            "STOP": (StopMotion(still=5000, per_s=20_000), StopMotion(still=5000, per_s=50_000)),
            "LOOP": (
                LocalLoop(keeps="level", gain=2.0, integral_s=10.0, per_s=40_000, setpoint=5000, low=2000, high=7000),
                LocalLoop(keeps="flow", gain=-0.5, integral_s=1.0, per_s=100_000),
            ),
        }
    ),
)
TAGS: Final = {"level": 5000, "flow": 300}
RETAINED: Final = Retained(epoch=5, granted=5, boot=7, safe=False, local=False)
DRIVEN: Final = (3000, 10_000)
COUNTERS: Final = (*REFUSALS.values(), *FRAME_REFUSALS)
_FLAGS: Final = {"armed": 1, "permit": 2, "return": 4, "tracking": 8, "bound": 16}
_ROWS: Final = ("applied", "held", "shadow")
_WORD: Final = re.compile(r"(?P<name>[A-Za-z_][A-Za-z_0-9]*)(?:\((?P<given>[^)]*)\))?(?:=(?P<value>\S+))?$")
_TIMES: Final = re.compile(r"x([0-9]+)$")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a case."""

    line: int
    seen: tuple[str, ...]
    wanted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Rows that begin where another case ended."""

    name: str
    start: str
    rows: tuple[Row, ...]


def cases() -> dict[str, Case]:
    """All of the folder, by name. Raises ValueError for a name that stands twice."""
    found: dict[str, Case] = {}
    for file in sorted(FOLDER.glob("*.txt")):
        for case in _cases(file):
            if case.name in found:
                raise ValueError(f"{file.name}: {case.name} stands twice")
            found[case.name] = case
    return found


def _cases(file: Path) -> Iterator[Case]:
    name, start, rows = "", NEW, list[Row]()
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        line = text.split("#")[0].strip()
        if not line:
            continue
        head = re.fullmatch(r"\[(.+)\] from (.+)", line)
        if head is not None:
            if rows:
                yield Case(name, start, tuple(rows))
            (name, start), rows = head.groups(), []
            continue
        seen, arrow, wanted = line.partition("->")
        alone, colon, rest = seen.partition(":")
        if not arrow:
            raise ValueError(f"{file.name}, line {number}: no ->")
        row = Row(number, tuple((rest if colon else seen).split()), tuple(wanted.split()))
        if colon:
            yield Case(f"{alone.strip()}: {rest.strip()}", alone.strip(), (row,))
        else:
            rows.append(row)
    if rows:
        yield Case(name, start, tuple(rows))


def way(found: Mapping[str, Case], name: str) -> tuple[Row, ...]:
    """All rows from a new gate to the end of that case."""
    case = found[name]
    return case.rows if case.start == NEW else (*way(found, case.start), *case.rows)


class Bench:
    """Both gates under a case, row by row."""

    def __init__(self, program: Library | None = None) -> None:
        self.simulated = Simulated(CONFIG, RETAINED, 1000)
        self.compiled = Compiled(CONFIG, RETAINED, 1000, program)
        self.last = self._scan(Scan(tags=TAGS))
        self._cycle = 0
        self._permits = {"permit": True, "return": True}
        self._machine = ""
        self._tags = dict(TAGS)

    def _scan(self, scan: Scan) -> Seen:
        seen = self.simulated.scan(scan)
        assert differences(seen, self.compiled.scan(scan)) == [], "simulated gate and Structured Text differ"
        return seen

    def play(self, row: Row) -> None:
        """One row. AssertionError says what is not as wanted."""
        before, times, words = self.last, 1, list(row.seen)
        if words and (match := _TIMES.match(words[-1])):
            times = int(match[1])
            words.pop()
        for _ in range(times):
            scan = self._seen(words)
            self.last = self._scan(scan)
        problems = list(_problems(before, self.last, row.wanted, commands=times if scan.command else 0))
        assert not problems, f"line {row.line}: {'; '.join(problems)}"

    def _seen(self, words: list[str]) -> Scan:
        status, rows = self.last.status()
        plain: dict[str, Any] = {}
        command: dict[str, str] | None = None
        frames: list[dict[str, str]] = []
        garbled = False
        for word in words:
            match = _WORD.match(word)
            assert match is not None, word
            name, given, value = match["name"], match["given"], match["value"]
            if given is not None:
                command = {"opcode": name, "given": given}
            elif name == "frame":
                frames.append({})
            elif name == "garbled":
                garbled = True
            elif frames and name in ("box", "node", "epoch", "session", "seq", "cycle", "out", "torn", "cut"):
                frames[-1][name] = value or "1"
            elif command is not None and name in ("boot", "hold_no", "id"):
                command[name] = value
            else:
                plain[name] = value
        scan = self._plain(plain)
        if command is not None:
            scan = replace(scan, command=tuple(_command(command, status)))
        if garbled:
            registers = list(scan.command or encode_command(Command(opcode=Opcode.REVOKE, node=0, epoch=99)))
            registers[3] ^= 1
            scan = replace(scan, command=tuple(registers))
        posted: dict[int, tuple[int, ...]] = {}
        for given_frame in frames:
            box, registers = self._frame(given_frame, status, rows)
            posted[box] = tuple(registers)
        return replace(scan, frames=posted)

    def _plain(self, words: dict[str, str]) -> Scan:
        for name, value in words.items():
            if name in self._permits:
                self._permits[name] = value == "1"
            elif name == "machine":
                self._machine = value if value != "none" else ""
            elif name in self._tags:
                self._tags[name] = int(value)
            else:
                assert name in ("dt", "local", "reset", "seen", "start", "clock"), name
        start = words.get("start")
        return Scan(
            dt_ms=int(words.get("dt", 5)),
            permit=self._permits["permit"],
            return_permit=self._permits["return"],
            local="local" in words,
            reset="reset" in words,
            machine=self._machine,
            tags=dict(self._tags),
            seen="seen" in words,
            start=None if start is None else Start(good=start == "good"),
            clock_s=int(words.get("clock", 1000)),
        )

    def _frame(
        self, words: Mapping[str, str], status: Mapping[str, int], rows: tuple[tuple[int, ...], ...]
    ) -> tuple[int, list[int]]:
        node = int(words.get("node", status["owner"] or 1))
        self._cycle = _number(words.get("cycle", "+1"), self._cycle)
        out = words.get("out")
        frame = Frame(
            owner=node,
            epoch=_number(words.get("epoch", "+0"), status["owner_epoch"]),
            session=_number(words.get("session", "+0"), 0xABCD0000 + node),
            seq=_number(words.get("seq", "+1"), status["last_seq"]),
            cycle=self._cycle,
            outputs=rows[0] if out is None else _outputs(out),
        )
        registers = encode_frame(frame)
        if "torn" in words:
            registers[-2] ^= 1
        if "cut" in words:
            registers[len(registers) // 2 :] = [0] * (len(registers) - len(registers) // 2)
        return int(words.get("box", node)), registers


def _number(text: str, base: int) -> int:
    number = int(text, 0)
    return (base + number) & U32_MAX if text[0] in "+-" else number


def _outputs(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(","))


def _command(words: Mapping[str, str], status: Mapping[str, int]) -> list[int]:
    given = [_number(each, status["epoch"]) for each in words["given"].split(",")]
    opcode = Opcode[words["opcode"]] if words["opcode"] in Opcode.__members__ else None
    node = given[0] if len(given) > 1 else 0
    boot = _number(words.get("boot", "+0"), status["boot"]) if opcode is Opcode.GRANT else 0
    hold_no = _number(words.get("hold_no", "+0"), status["hold_no"]) if opcode is Opcode.SAFE else 0
    command = Command(
        opcode=Opcode.REVOKE if opcode is None else opcode,
        node=node,
        epoch=given[-1],
        boot=boot,
        hold_no=hold_no,
        id=int(words.get("id", "77")),
    )
    if opcode is None:
        return _other_opcode(command, int(words["opcode"].removeprefix("OPCODE_"), 0))
    return encode_command(command)


def _other_opcode(command: Command, opcode: int) -> list[int]:
    registers = encode_command(command)
    registers[1] = opcode
    registers[-1] = crc16(pack(registers[:-1]))
    return registers


def _problems(before: Seen, after: Seen, wanted: tuple[str, ...], *, commands: int) -> Iterator[str]:
    (old, _), (new, rows) = before.status(), after.status()
    named: set[str] = set()
    for word in wanted:
        match = _WORD.match(word)
        assert match is not None, word
        name, value = match["name"], match["value"]
        named.add(name)
        if name in State.__members__ and value is None:
            yield from _unlike("state", State(new["state"]).name, name)
        elif name in Answer.__members__:
            named.add("command_answer")
            yield from _unlike("answer", Answer(new["command_answer"]).name, name)
        elif name in _ROWS:
            yield from _unlike(name, rows[_ROWS.index(name)], _outputs(value))
        elif name in _FLAGS:
            yield from _unlike(name, int(bool(new["flags"] & _FLAGS[name])), int(value))
        elif name == "silent":
            yield from _unlike(name, int(after.silent), int(value))
        else:
            assert name in new, name
            base = old[name]
            yield from _unlike(name, new[name], _number(value or "+1", base))
    answer = Answer(new["command_answer"])
    if commands and answer in REFUSALS:
        counter = REFUSALS[answer]
        named.add(counter)
        yield from _unlike(counter, new[counter], old[counter] + commands)
    if old["boot"] != new["boot"]:
        old = {**old, **dict.fromkeys(COUNTERS, 0), "command_answer": 0}
    yield from (f"{name} moved" for name in COUNTERS if name not in named and new[name] != old[name])
    if not commands:
        yield from _unlike("answer", new["command_answer"], old["command_answer"])


def _unlike(name: str, found: object, wanted: object) -> Iterator[str]:
    if found != wanted:
        yield f"{name} is {found}, not {wanted}"
