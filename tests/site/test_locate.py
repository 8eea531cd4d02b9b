"""Where each key stands in a TOML text."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.site.locate import Path as KeyPath
from otha.site.locate import key_lines
from tests.site.examples import BROKEN, TWO_TANKS

TRICKY = '''# comment with [brackets] and = signs
top = "a # no comment" # comment
"quoted key" = 1
a.b.c = [1, 2, # inside
  3]

[table.'sub table']
text = """
[not.a.table]
key = "no key"
"""
lit = \'\'\'it''s\'\'\'
inline = { x = 1, y = { z = [ { w = 1 }, { w = 2 } ] } }

[[array]]
name = "first"

[[array]]
name = "second"
[array.sub]
deep = true
[[array.many]]
n = 1
[[array.many]]
n = 2
'''


def _paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        yield (*path, key)
        yield from _paths(item, (*path, key))


def test_tricky_text() -> None:
    lines = key_lines(TRICKY)
    assert set(_paths(tomllib.loads(TRICKY))) <= set(lines)
    expected: dict[KeyPath, int] = {
        ("top",): 2,
        ("quoted key",): 3,
        ("a", "b", "c"): 4,
        ("a", "b", "c", 2): 5,
        ("table", "sub table"): 7,
        ("table", "sub table", "lit"): 12,
        ("table", "sub table", "inline", "y", "z", 1, "w"): 13,
        ("array", 0, "name"): 16,
        ("array", 1, "name"): 19,
        ("array", 1, "sub", "deep"): 21,
        ("array", 1, "many", 1, "n"): 25,
    }
    assert {path: lines[path] for path in expected} == expected


@pytest.mark.parametrize(
    "path", [TWO_TANKS, *(p for p in sorted(BROKEN.glob("*.toml")) if p.stem != "not_toml")], ids=lambda p: p.stem
)
def test_every_key_of_a_real_file_is_found(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = key_lines(text)
    written = text.splitlines()
    for key in _paths(tomllib.loads(text)):
        assert key in lines
        if isinstance(key[-1], str):
            assert key[-1] in written[lines[key] - 1]


@given(
    st.dictionaries(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1), st.integers(), max_size=8)
)
def test_any_quoted_keys(table: dict[str, int]) -> None:
    quoted = {key: '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' for key in table}
    text = "".join(f"{quoted[key]} = {value}\n" for key, value in table.items())
    plain = [key for key in table if "\\" not in key and '"' not in key]
    lines = key_lines(text)
    assert {key: lines[(key,)] for key in plain} == {key: at for at, key in enumerate(table, start=1) if key in plain}
