"""The table of security requirements: what it names exists, and what it calls met is shown."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "hardening.md"
_ROW = re.compile(r"^\| (\d\.\d+) ([^|]+) \| (\w+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# The component requirements of IEC 62443-4-2:2019 but those without a demand on components (2.3, 3.10 and such).
REQUIREMENTS = {
    *(f"1.{number}" for number in (1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 14)),
    *(f"2.{number}" for number in (1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12)),
    *(f"3.{number}" for number in range(1, 10)),
    *("4.1", "4.2", "4.3", "5.1", "6.1", "6.2"),
    *(f"7.{number}" for number in (1, 2, 3, 4, 6, 7, 8)),
}
ROWS = _ROW.findall(PAGE.read_text(encoding="utf-8"))


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_requirement_is_judged_once() -> None:
    numbers = [number for number, *_ in ROWS]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) == REQUIREMENTS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_named_test_exists(row: tuple[str, ...]) -> None:
    for file, name in _TEST.findall(row[4]):
        assert name in functions_of(file), f"{file}::{name}"
    assert len(_TEST.findall(row[4])) == row[4].count("`") // 2


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_met_is_shown_and_what_is_not_says_so(row: tuple[str, ...]) -> None:
    _, _, met, how, shown = row
    assert met in ("yes", "partly", "no")
    assert how.strip()
    assert bool(_TEST.search(shown)) is (met != "no")
