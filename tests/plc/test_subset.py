"""The interpreter of the subset: what it computes, what it refuses and where."""

import pytest

from tests.plc.st.machine import Library
from tests.plc.st.trouble import StError


def value(result: str, expression: str, declared: str = "") -> object:
    """What a function of that type gives."""
    text = f"FUNCTION F : {result}\n{declared}\nF := {expression};\nEND_FUNCTION"
    unit = Library([text]).units["F"]
    env = unit.fresh()
    unit.run(env)
    return env[0]


@pytest.mark.parametrize(
    ("result", "expression", "found"),
    [
        ("DINT", "2 + 3 * 4", 14),
        ("DINT", "(2 + 3) * 4", 20),
        ("DINT", "10 - 3 - 2", 5),
        ("DINT", "-7 / 2", -3),
        ("DINT", "7 / (-2)", -3),
        ("DINT", "-(-2147483647) - 1", 2147483646),
        ("UDINT", "4294967295 - 1", 4294967294),
        ("BOOL", "TRUE OR FALSE AND FALSE", True),
        ("BOOL", "NOT TRUE OR TRUE", True),
        ("BOOL", "TRUE XOR TRUE", False),
        ("WORD", "NOT 16#00FF", 0xFF00),
        ("WORD", "16#0F0F AND 16#00FF OR 16#F000", 0xF00F),
        ("WORD", "16#FFFF XOR 16#0F0F", 0xF0F0),
        ("WORD", "SHL(16#8001, 1)", 2),
        ("WORD", "SHR(16#8001, 1)", 0x4000),
        ("DWORD", "WORD_TO_DWORD(16#8000)", 0x8000),
        ("WORD", "DWORD_TO_WORD(16#12345678)", 0x5678),
        ("UINT", "WORD_TO_UINT(16#FFFF)", 65535),
        ("DINT", "LIMIT(-5, -7, 5)", -5),
        ("DINT", "MIN(3, MAX(1, 2))", 2),
    ],
)
def test_values(result: str, expression: str, found: object) -> None:
    assert value(result, expression) == found


@pytest.mark.parametrize(
    ("result", "expression", "declared", "wrong"),
    [
        ("UINT", "A - 1", "VAR A : UINT; END_VAR", "-1 does not fit in UINT"),
        ("UINT", "B + 1", "VAR CONSTANT B : UINT := 65535; END_VAR", "65536 does not fit in UINT"),
        ("DINT", "B * 2", "VAR CONSTANT B : DINT := 2000000000; END_VAR", "4000000000 does not fit in DINT"),
        ("DINT", "1 / A", "VAR A : DINT; END_VAR", "division by zero"),
        ("UINT", "UDINT_TO_UINT(B)", "VAR CONSTANT B : UDINT := 70000; END_VAR", "70000 does not fit in UINT"),
    ],
)
def test_what_controllers_do_differently_stops_the_run(result: str, expression: str, declared: str, wrong: str) -> None:
    with pytest.raises(StError, match=wrong):
        value(result, expression, declared)


BODY = """FUNCTION_BLOCK B
VAR_INPUT
    A : UINT;
    T : BOOL;
END_VAR
VAR
    W : WORD;
    I : DINT;
    U : UINT;
    L : ARRAY [0..3] OF UINT;
END_VAR
%s
END_FUNCTION_BLOCK"""


@pytest.mark.parametrize(
    ("line", "column", "statement"),
    [
        (12, 10, "U := A + I;"),  # at the name that has another type
        (12, 1, "A := 1;"),
        (12, 6, "W := 12;"),
        (12, 6, "U := 16#000C;"),
        (12, 6, "U := 70000;"),
        (12, 6, "U := W + 16#0001;"),
        (12, 1, "X := 1;"),
        (12, 6, "U := F(1);"),
        (12, 3, "L[4] := 1;"),
        (12, 4, "IF A THEN U := 1; END_IF;"),
        (12, 1, "EXIT;"),
        (12, 1, "REPEAT U := 1; UNTIL TRUE END_REPEAT;"),
        (12, 17, "FOR U := 0 TO 3 BY 2 DO I := 1; END_FOR;"),
        (12, 20, "FOR U := 0 TO 3 DO U := 1; END_FOR;"),
        (12, 7, "I := 1.5;"),
        (12, 10, "I := DINT#5;"),
        (12, 1, "T();"),
        (12, 8, "U := A MOD 2;"),
        (12, 1, "// a comment"),
        (12, 1, "(* a (* comment *) *)"),
        (12, 9, "U := A; ;"),
        (12, 22, "CASE A OF 1: U := 1; 1: U := 2; END_CASE;"),
        (12, 2, "I^ := 1;"),
    ],
)
def test_what_is_not_in_the_subset_is_refused_at_its_place(line: int, column: int, statement: str) -> None:
    with pytest.raises(StError) as caught:
        Library([BODY % statement])
    assert (caught.value.line, caught.value.column) == (line, column), caught.value


@pytest.mark.parametrize(
    "text",
    [
        "TYPE X : REAL; END_TYPE",
        "TYPE X : (ONE, TWO); END_TYPE",
        "TYPE A : ARRAY [3..1] OF UINT; END_TYPE",
        "TYPE PAIR : STRUCT A : UINT; A : UINT; END_STRUCT; END_TYPE",
        "FUNCTION F : UINT END_FUNCTION",
        "FUNCTION F : UINT VAR_INPUT A : UINT; END_VAR F := A",
        "FUNCTION_BLOCK B VAR A : NONE; END_VAR END_FUNCTION_BLOCK",
        "FUNCTION_BLOCK B VAR A : B; END_VAR END_FUNCTION_BLOCK",
        "FUNCTION_BLOCK B VAR A : UINT; A : UINT; END_VAR END_FUNCTION_BLOCK",
        "FUNCTION_BLOCK B VAR_IN_OUT A : UINT; END_VAR END_FUNCTION_BLOCK",
        "FUNCTION_BLOCK B VAR RETAIN A : UINT; END_VAR END_FUNCTION_BLOCK",
        "FUNCTION_BLOCK B VAR A AT %MW1 : WORD; END_VAR END_FUNCTION_BLOCK",
        "FUNCTION_BLOCK B VAR A : UINT := 1; END_VAR END_FUNCTION_BLOCK",
        "FUNCTION_BLOCK B VAR STEP : UINT; END_VAR END_FUNCTION_BLOCK",
        "FUNCTION_BLOCK B VAR A__B : UINT; END_VAR END_FUNCTION_BLOCK",
        "PROGRAM Q VAR_INPUT A : UINT; END_VAR END_PROGRAM",
        "CONFIGURATION C END_CONFIGURATION",
    ],
)
def test_declarations_that_are_not_in_the_subset(text: str) -> None:
    with pytest.raises(StError):
        Library([text])


def test_structures_are_copied_and_in_out_is_not() -> None:
    text = """
    TYPE PAIR : STRUCT COUNT : UINT; L : ARRAY [1..2] OF UINT; END_STRUCT; END_TYPE
    FUNCTION_BLOCK TOUCH
    VAR_IN_OUT GIVEN : PAIR; END_VAR
    GIVEN.COUNT := GIVEN.COUNT + 1; GIVEN.L[2] := GIVEN.COUNT;
    END_FUNCTION_BLOCK
    FUNCTION_BLOCK B
    VAR ONE : PAIR; OTHER : PAIR; DO_TOUCH : TOUCH; END_VAR
    VAR_OUTPUT FIRST : UINT; SECOND : UINT; END_VAR
    DO_TOUCH(GIVEN := ONE);
    OTHER := ONE;
    DO_TOUCH(GIVEN := OTHER);
    FIRST := ONE.L[2]; SECOND := OTHER.L[2];
    END_FUNCTION_BLOCK
    """
    block = Library([text]).instance("B")
    block()
    assert (block["FIRST"], block["SECOND"]) == (1, 2)
    block()
    assert (block["FIRST"], block["SECOND"]) == (2, 3)


def test_loops_and_ways_out() -> None:
    text = """
    FUNCTION_BLOCK B
    VAR_INPUT MOST : UINT; END_VAR
    VAR_OUTPUT SUM : UINT; TURNS : UINT; END_VAR
    VAR I : UINT; END_VAR
    SUM := 0; TURNS := 0;
    FOR I := 1 TO 10 DO
        IF I > MOST THEN EXIT; END_IF;
        SUM := SUM + I;
    END_FOR;
    WHILE TRUE DO
        TURNS := TURNS + 1;
        CASE TURNS OF
            1, 2: SUM := SUM + 100;
            3: SUM := SUM + 1000;
        ELSE
            RETURN;
        END_CASE;
    END_WHILE;
    END_FUNCTION_BLOCK
    """
    block = Library([text]).instance("B")
    block(MOST=4)
    assert (block["SUM"], block["TURNS"]) == (1210, 4)
    block(MOST=0)
    assert block["SUM"] == 1200


def test_a_loop_without_end_stops_the_run() -> None:
    block = Library(["FUNCTION_BLOCK B VAR A : UINT; END_VAR WHILE A = 0 DO A := 0; END_WHILE; END_FUNCTION_BLOCK"])
    with pytest.raises(StError, match="turns"):
        block.instance("B")()


def test_both_sides_of_and_are_evaluated() -> None:
    variables = "VAR A : UINT; L : ARRAY [1..2] OF BOOL; T : BOOL; END_VAR"
    text = f"FUNCTION_BLOCK B {variables} T := A > 0 AND L[A]; END_FUNCTION_BLOCK"
    with pytest.raises(StError, match="index 0"):
        Library([text]).instance("B")()


def test_a_restart_keeps_retain_alone() -> None:
    text = "PROGRAM Q VAR RETAIN A : UINT; END_VAR VAR B AT %MW4 : UINT; END_VAR A := A + 1; B := B + 1; END_PROGRAM"
    program = Library([text]).instance("Q")
    program()
    program()
    program.restart()
    program()
    assert (program["A"], program["B"]) == (3, 1)
