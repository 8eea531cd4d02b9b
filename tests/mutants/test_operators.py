"""What the operators make of a piece of code."""

import ast
from enum import Enum

import pytest

from tests.mutants import operators


class Way(Enum):
    LEFT = 1
    AHEAD = 2
    RIGHT = 3


def made_of(code: str, operator: str) -> list[str]:
    """What an operator makes of the statement or expression `code`."""
    (statement,) = ast.parse(code).body
    node: ast.AST = statement
    if isinstance(statement, ast.Expr) and operator != "statement":
        node = statement.value
    return list(operators.OPERATORS[operator](node, {"Way": Way, "number": 3}.get))


@pytest.mark.parametrize(
    ("operator", "code", "made"),
    [
        ("comparison", "a < b", ["a <= b"]),
        ("comparison", "a < b < c", ["a <= b < c", "a < b <= c"]),
        ("comparison", "a is not None", ["a is None"]),
        ("logic", "a and b", ["a or b"]),
        ("operand", "a and b and c", ["b and c", "a and c", "a and b"]),
        ("operand", "a or b", ["b", "a"]),
        ("negation", "not a", ["a"]),
        ("negation", "-a", ["a"]),
        ("arithmetic", "a // b", ["a * b"]),
        ("constant", "7", ["8"]),
        ("constant", "True", ["False"]),
        ("constant", "'seven'", []),
        ("constant", "None", []),
        ("extreme", "min(a, b)", ["max(a, b)"]),
        ("extreme", "len(a)", []),
        ("member", "Way.AHEAD", ["Way.RIGHT"]),
        ("member", "Way.RIGHT", ["Way.LEFT"]),
        ("member", "Way.value", []),
        ("member", "number.real", []),
        ("keyword", "t.put(a=1, b=2)", ["t.put(b=2)", "t.put(a=1)"]),
        ("keyword", "t.put(**all)", []),
        ("keyword", "Blocker(block=1)", []),
        ("statement", "t.put(a=1)", ["pass"]),
        ("statement", "total += 1", ["pass"]),
        ("statement", "total = 1", []),
        ("statement", "return 1", []),
    ],
)
def test_what_an_operator_makes(operator: str, code: str, made: list[str]) -> None:
    assert made_of(code, operator) == made


def test_a_pattern_is_left_out_of_a_case() -> None:
    (match,) = ast.parse("match a:\n    case 1 | 2 | None:\n        pass\n").body
    assert isinstance(match, ast.Match)
    made = list(operators.alternative(match.cases[0].pattern, lambda _: None))
    assert made == ["2 | None", "1 | None", "1 | 2"]


@pytest.mark.parametrize(
    ("code", "answers"),
    [
        ("if a:\n    pass", ["True", "False"]),
        ("b if a else c", ["True", "False"]),
        ("while a:\n    pass", ["False"]),
        ("[b for b in c if a]", ["True", "False"]),
        ("match b:\n    case 1 if a:\n        pass", ["True", "False"]),
    ],
)
def test_a_condition_is_answered_without_looking(code: str, answers: list[str]) -> None:
    found = [found for node in ast.walk(ast.parse(code)) for found in operators.conditions(node)]
    assert [(ast.unparse(test), new) for test, new in found] == [("a", answer) for answer in answers]
