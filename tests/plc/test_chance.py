"""Both gates through the same seeded scans; and that a change of one line of either is noticed."""

from collections import Counter
from dataclasses import replace

import pytest

from sim import gate, hold_action
from sim.gate import Gate
from sim.registers import Answer, State
from tests.plc import chance, table
from tests.plc.chance import Chance
from tests.plc.pair import FILES, Compiled, Simulated, differences, source
from tests.plc.st.machine import Library
from tests.plc.st.trouble import StError
from tests.plc.table import RETAINED, Bench

SCANS = 300
SEEDS = range(7)
SOAK_SCANS = 5_000
SOAK_SEEDS = range(100, 125)


def run(seed: int, count: int, program: Library | None = None, seen: Counter[str] | None = None) -> str | None:
    """What the first scan was after which they differ, None if they never do."""
    built = chance.config(seed)
    draw = Chance(seed, built)
    one, other = Simulated(built, RETAINED, 1000), Compiled(built, RETAINED, 1000, program)
    for number, scan in enumerate(draw.scans(count)):
        before, draw.last = draw.last, one.scan(scan)
        try:
            second = other.scan(scan)
        except StError as stopped:
            return f"seed {seed}, scan {number} {scan}: {stopped}"
        if wrong := differences(draw.last, second):
            return f"seed {seed}, scan {number} {scan}: {'; '.join(wrong)}"
        if seen is not None:
            fields, _ = draw.last.status()
            old = fields if before is None else before.status()[0]
            seen[f"{State(old['state']).name} {State(fields['state']).name}"] += 1
            if scan.command:
                seen[Answer(fields["command_answer"]).name] += 1
            seen.update(name for name in gate.FRAME_REFUSALS if fields[name] != old[name])
            seen["resumed"] += fields["resumes_left"] < old["resumes_left"]
    return None


# Ways from state to state; with every answer and every refusal, what the scans must have led through.
WAYS = (
    *("FREE HELD", "FREE LOCAL", "HELD OWNED", "HELD SAFE", "HELD LOCAL", "OWNED HELD", "OWNED LOCAL", "SAFE FREE"),
    *("LOCAL FREE", "SAFE LOCAL", "OWNED OWNED", "resumed"),
)


def test_no_scan_tells_them_apart() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        assert run(seed, SCANS, seen=seen) is None
    answers = [answer.name for answer in Answer if answer is not Answer.NONE]
    assert [each for each in (*WAYS, *answers, *gate.FRAME_REFUSALS) if not seen[each]] == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", SOAK_SEEDS)
def test_no_scan_of_very_many_tells_them_apart(seed: int) -> None:
    assert run(seed, SOAK_SCANS) is None


# One line of the program each: the file, what stands there, and what a slip would make of it.
SLIPS = [
    (
        "otha_gate",
        "IF COMMAND.EPOCH <= GATE.EPOCH THEN\n            ANSWER := ANSWER_REFUSED_EPOCH;\n        ELSE",
        "<=",
        "<",
    ),
    ("otha_gate", "OR COMMAND.EPOCH <= GATE.GRANTED THEN", "<=", "<"),
    ("otha_gate", "ELSIF FRAME.EPOCH <> GATE.OWNER_EPOCH THEN", "OWNER_EPOCH", "EPOCH"),
    ("otha_gate", "IF APART > CONFIG.TOLERANCE[INDEX] THEN", ">", ">="),
    ("otha_words", "SUM := SHR(SUM, 1) XOR 16#A001;", "16#A001", "16#A003"),
    *(
        pytest.param(*slip, marks=pytest.mark.soak)
        for slip in (
            ("otha_gate", "ELSIF COMMAND.BOOT <> GATE.BOOT THEN", "<>", "<"),
            ("otha_gate", "ELSIF FRAME.SEQ <= GATE.LAST_SEQ THEN", "<=", "<"),
            ("otha_gate", "ELSIF GATE.SESSION_BOUND AND FRAME.SESSION", "AND FRAME", "AND NOT GATE.ARMED AND FRAME"),
            ("otha_gate", "OR FRAME.OWNER <> MAILBOX THEN", "<> MAILBOX", "> MAILBOX + 7"),
            ("otha_gate", "GATE.OWNER_AGE_MS >= CONFIG.OWNER_WATCHDOG_MS", ">=", ">"),
            ("otha_gate", "GATE.HELD_MS >= CONFIG.HOLD_MAX_MS", ">=", ">"),
            ("otha_gate", "GATE.RESUMES >= CONFIG.MAX_RESUMES THEN", ">=", ">"),
            ("otha_gate", "IF NOT (GATE.ARMED AND ADVANCED AND", "ADVANCED AND", ""),
            ("otha_gate", "IF GATE.STATE <> STATE_FREE THEN\n    FOR", "GATE.STATE <> STATE_FREE", "TRUE"),
            ("otha_gate", "GATE.ARMED := FALSE;", "FALSE", "GATE.ARMED"),
            ("otha_gate", "GATE.WATCHDOG_HELD := TRUE;", "TRUE", "FALSE"),
            ("otha_gate", "IF GATE.OWNER = GATE.LAST_DRIVER THEN", "GATE.LAST_DRIVER", "0"),
            ("otha_hold", "HELD.REST := HELD.REST - CARRY * INTEGRAL;", "HELD.REST -", "0 -"),
            ("otha_hold", "HELD.FOR_MS > ACT.AFTER_MS", ">", "<"),
            ("otha_words", "WAY <= 2147483647", "<=", "<"),
            ("otha_modbus", "COMMAND.OPCODE <= 5", "5", "6"),
        )
    ),
]


def slipped(file: str, where: str, old: str, new: str) -> Library:
    """The program with that slip in it, at the first place where that text stands."""
    texts = {name: source(name) for name in FILES}
    assert where in texts[file]
    assert old in where
    texts[file] = texts[file].replace(where, where.replace(old, new, 1), 1)
    return Library(texts.values())


@pytest.mark.parametrize(("file", "where", "old", "new"), SLIPS)
def test_a_slip_in_the_program_is_noticed(file: str, where: str, old: str, new: str) -> None:
    program = slipped(file, where, old, new)
    assert any(run(seed, SCANS, program) for seed in SEEDS[:3]) or not holds_the_table(program)


def holds_the_table(program: Library) -> bool:
    """The case table has nothing against it. What needs a count to the millisecond stands there, not in the chance."""
    found = table.cases()
    try:
        for name in found:
            bench = Bench(program)
            for row in table.way(found, name):
                bench.play(row)
    except (AssertionError, StError):
        return False
    return True


def test_a_slip_in_the_simulated_gate_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(hold_action, "_MILLI", 999)
        assert any(run(seed, SCANS) for seed in SEEDS)
    with monkeypatch.context() as patch:
        patch.setattr(gate, "U16_MAX", 0x7FFF)
        assert run(0, SCANS)
    with monkeypatch.context() as patch:
        patch.setattr(Gate, "_within", lambda self, values: values == self.held)
        assert run(0, SCANS)


def test_another_watchdog_is_noticed() -> None:
    built = chance.config(0)
    draw = Chance(0, built)
    one, other = Simulated(built, RETAINED, 1000), Compiled(replace(built, owner_watchdog_ms=61), RETAINED, 1000)
    scan = next(draw.scans(1))
    assert differences(one.scan(scan), other.scan(scan)) == ["owner_watchdog_ms: 60 and 61"]
