"""Tables into dataclasses: what is taken, and what is said about the rest."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.site.document import Document
from otha.site.problem import SiteErrors, nearest
from otha.site.read import Endpoint, key, read_table
from otha.site.written import SiteFile

# ruff: noqa: RUF009  # `key()` makes dataclass fields, as `field()` does


class Colour(Enum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, kw_only=True)
class Inner:
    size: int = key("the size", low=1, high=9)


@dataclass(frozen=True, kw_only=True)
class Outer:
    LATER = {"flying": "flight"}  # noqa: RUF012  # as the site file's tables have it

    name: str = key("the name")
    wait_ms: int = key("the wait", default=5, low=0)
    share_pct: float = key("the share", default=0.0, low=0, high=100)
    on: bool = key("whether it is on", default=False)
    colour: Colour = key("the colour", default=Colour.RED, later={"blue": "blueness"})
    at: Endpoint | None = key("where it is", default=None)
    value: int | bool | None = key("the value", default=None)
    inner: dict[str, Inner] = key("parts by name", default={})
    items: tuple[str, ...] = key("the items", default=(), least=0)
    class_: str = key("a word that Python keeps for itself", default="")


def _read(text: str) -> tuple[Outer, list[tuple[str, str, str | None]]]:
    doc = Document("x.toml", text)
    made = read_table(Outer, doc, doc.raw, ())
    return made, [(problem.key or problem.table, problem.wrong, problem.nearest) for problem in doc.problems]


def test_everything_given() -> None:
    made, problems = _read(
        'name = "n"\nwait_ms = 0\nshare_pct = 2\non = true\ncolour = "green"\nat = "[::1]:502"\n'
        'value = true\ninner.a = { size = 9 }\nitems = ["x", "y"]\nclass = "c"\n'
    )
    assert problems == []
    assert made == Outer(
        name="n",
        wait_ms=0,
        share_pct=2,
        on=True,
        colour=Colour.GREEN,
        at=Endpoint(host="::1", port=502),
        value=True,
        inner={"a": Inner(size=9)},
        items=("x", "y"),
        class_="c",
    )


def test_only_what_is_required() -> None:
    assert _read('name = "n"') == (Outer(name="n"), [])


@pytest.mark.parametrize(
    ("text", "where", "wrong", "near"),
    [
        ("", "name", "missing", None),
        ('nam = "n"', "nam", "no such key", "name"),
        ('name = ""', "name", "is empty", None),
        ("name = 3", "name", "must be a text in quotes, is 3", None),
        ('name = "n"\nwait_ms = "5 ms"', "wait_ms", 'must be a whole number of milliseconds, is the text "5 ms"', None),
        ('name = "n"\nwait_ms = 1.5', "wait_ms", "must be a whole number of milliseconds, is 1.5", None),
        ('name = "n"\nwait_ms = true', "wait_ms", "must be a whole number of milliseconds, is true", None),
        ('name = "n"\nwait_ms = -1', "wait_ms", "must be at least 0, is -1", None),
        ('name = "n"\nshare_pct = nan', "share_pct", "must be 0 to 100, is nan", None),
        ('name = "n"\nshare_pct = 100.5', "share_pct", "must be 0 to 100, is 100.5", None),
        ('name = "n"\non = 1', "on", "must be true or false, is 1", None),
        ('name = "n"\ncolour = "gren"', "colour", '"gren" is not known here', "green"),
        ('name = "n"\ncolour = "blue"', "colour", '"blue" (blueness) is built later', None),
        ('name = "n"\nflying = 1', "flying", "flight: built later", None),
        ('name = "n"\nat = "host"', "at", 'must be "host:port" with a port of 1 to 65535, is the text "host"', None),
        (
            'name = "n"\nat = "host:0"',
            "at",
            'must be "host:port" with a port of 1 to 65535, is the text "host:0"',
            None,
        ),
        ('name = "n"\nvalue = "1"', "value", 'must be a whole number or true or false, is the text "1"', None),
        ('name = "n"\ninner.a = { size = 0 }', "size", "must be 1 to 9, is 0", None),
        ('name = "n"\ninner."9a" = { size = 1 }', "inner.9a", '"9a" is no name', None),
        ('name = "n"\ninner = 3', "inner", "must be a table, is 3", None),
        ('name = "n"\ninner.a = 3', "a", "must be a table, is 3", None),
        ('name = "n"\nitems = "x"', "items", 'must be a list [ ... ], is the text "x"', None),
        ('name = "n"\nitems = [1]', "items[1]", "must be a text in quotes, is 1", None),
    ],
)
def test_what_is_said(text: str, where: str, wrong: str, near: str | None) -> None:
    _, problems = _read(text)
    assert problems == [(where, wrong, near)]


def test_all_at_once() -> None:
    _, problems = _read('wait_ms = "x"\ncolour = "x"\nwhat = 1\ninner.a = { siz = 3 }')
    assert {where for where, _, _ in problems} == {"wait_ms", "colour", "what", "siz", "name"}


def test_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(SiteErrors, match=r"x\.toml:2") as refused:
        Document("x.toml", "a = 1\nb =\n")
    assert len(refused.value.problems) == 1


JSON = st.recursive(
    st.none().flatmap(lambda _: st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=5))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=10,
)
KEYS = st.sampled_from(
    ["format", "site", "supervisor", "domain", "reference", "node", "section", "tag", "group", "roles"]
)


@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_no_table_breaks_the_reader(raw: dict[str, Any]) -> None:
    doc = Document("x.toml", "")
    assert isinstance(read_table(SiteFile, doc, raw, ()), SiteFile)


@pytest.mark.parametrize(
    ("name", "valid", "near"),
    [("Perod_ms", ["period_ms", "misses"], "period_ms"), ("=", ["==", ">="], "=="), ("x", ["period_ms"], None)],
)
def test_nearest(name: str, valid: list[str], near: str | None) -> None:
    assert nearest(name, valid) == near
