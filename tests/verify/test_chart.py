"""Sequence charts of stories: who takes part, what is drawn, and that the file is whole."""

from xml.etree import ElementTree as ET

import pytest

from otha.core.config import GroupConfig
from otha.core.effects import Action, Grant, ReadRecord, Revoke, Select
from otha.core.words import Outcome
from otha.report import sentence
from otha.verify.chart import GATE, OPERATOR, OTHA, STORE, Chart, Line, Row, Shape, as_text, chart
from otha.verify.chart_svg import as_svg
from otha.verify.story import Story, Told
from tests.core.build import INTERLOCK, MS, group_config, path_config, selector_config

DRIVER = group_config("ab", conditions=(INTERLOCK,))
PATH = path_config(selectors=(selector_config("panel"), selector_config("pump")))
SVG = "{http://www.w3.org/2000/svg}"


def drawn(move: str, about: Action | None, answer: Outcome | None, cfg: GroupConfig = DRIVER) -> list[Line]:
    told = Told(move=move, at_ns=1_500_000, reasons=(), about=about, answer=answer)
    return list(chart(Story(told=(told,), breach="S1: two owners"), cfg, sentence.of_reason).rows[0].lines)


def line(shape: Shape, start: str, end: str, label: str, *, is_fault: bool = False) -> Line:
    return Line(shape=shape, start=start, end=end, label=label, is_fault=is_fault)


@pytest.mark.parametrize(
    ("move", "about", "answer", "lines"),
    [
        ("ORDER switchover b", None, None, [line(Shape.ARROW, OPERATOR, OTHA, "switchover b")]),
        (
            "Revoke carried out",
            Revoke(epoch=2),
            Outcome.REFUSED,
            [line(Shape.ARROW, OTHA, GATE, "REVOKE 2"), line(Shape.ANSWER, GATE, OTHA, "refused")],
        ),
        (
            "FAULT Grant carried out, its answer lost",
            Grant(node="b", epoch=2, boot=1),
            None,
            [
                line(Shape.ARROW, OTHA, GATE, "GRANT b 2"),
                line(Shape.LOST, GATE, OTHA, "answer lost", is_fault=True),
            ],
        ),
        (
            "FAULT Revoke lost, or delayed beyond its bound",
            Revoke(epoch=2),
            None,
            [line(Shape.LOST, OTHA, GATE, "REVOKE 2, lost or late", is_fault=True)],
        ),
        (
            "FAULT ReadRecord lost",
            ReadRecord(),
            None,
            [line(Shape.LOST, OTHA, STORE, "read record, lost", is_fault=True)],
        ),
        ("late Revoke arrives", Revoke(epoch=2), None, [line(Shape.ARROW, OTHA, GATE, "late: REVOKE 2")]),
        ("a judged dead", None, None, [line(Shape.JUDGED, "a", OTHA, "a judged dead")]),
        ("gate read", None, None, [line(Shape.JUDGED, GATE, OTHA, "gate read")]),
        ("conditions read", None, None, [line(Shape.JUDGED, GATE, OTHA, "conditions read")]),
        ("FAULT b killed", None, None, [line(Shape.MARK, "b", "", "b killed", is_fault=True)]),
        ("FAULT interlock false", None, None, [line(Shape.MARK, GATE, "", "interlock false", is_fault=True)]),
        ("FAULT TILT toggles", None, None, [line(Shape.MARK, OTHA, "", "TILT toggles", is_fault=True)]),
        ("owner watchdog", None, None, [line(Shape.MARK, GATE, "", "owner watchdog")]),
        ("time passes from 3 ms on", None, None, [line(Shape.MARK, OTHA, "", "time passes from 3 ms on")]),
    ],
)
def test_each_kind_of_move(move: str, about: Action | None, answer: Outcome | None, lines: list[Line]) -> None:
    assert drawn(move, about, answer) == lines


def test_a_selection_goes_to_every_client() -> None:
    lines = drawn("Select carried out", Select(node="gw_a", epoch=2), Outcome.DONE, PATH)
    assert [each.end for each in lines if each.shape is Shape.ARROW] == ["panel", "pump"]
    assert [each.start for each in lines if each.shape is Shape.ANSWER] == ["panel", "pump"]


HOSTILE = Chart(
    title='<script>&"',
    lifelines=(OPERATOR, OTHA, "a<b>&amp;"),
    rows=(
        Row(number=1, at_ns=0, lines=(line(Shape.ARROW, OTHA, "a<b>&amp;", "</text>"),), notes=("x < y & z",) * 3),
        Row(number=2, at_ns=5 * MS, lines=(line(Shape.LOST, "a<b>&amp;", OPERATOR, "]]>", is_fault=True),), notes=()),
        Row(number=3, at_ns=5 * MS, lines=(line(Shape.MARK, "a<b>&amp;", "", "m" * 40),), notes=()),
        Row(number=0, at_ns=5 * MS, lines=(line(Shape.BREACH, OTHA, OTHA, "S1: <>"),), notes=()),
    ),
)


def test_the_picture_is_whole_whatever_the_names_are() -> None:
    root = ET.fromstring(as_svg(HOSTILE))
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert {"</text>", "FAULT ]]>", "BREACH  S1: <>", "a<b>&amp;", "x < y & z", "5.0 ms"} <= {*texts}
    assert {each.tag for each in root.iter()} <= {
        f"{SVG}{name}" for name in ("svg", "title", "rect", "line", "path", "text", "circle")
    }
    width, height = (int(root.attrib[name]) for name in ("width", "height"))
    for each in root.iter(f"{SVG}text"):
        assert 0 <= float(each.attrib["x"]) < width
        assert 0 <= float(each.attrib["y"]) < height


def test_arrows_of_the_text_run_between_their_lifelines() -> None:
    head, *rows = as_text(HOSTILE)
    columns = [head.index(name) + len(name) // 2 for name in (OPERATOR, OTHA)]
    assert "a<b>&amp;" in head
    first = next(each for each in rows if "▶" in each)
    assert first.index("─") - 1 in range(columns[1] - 1, columns[1] + 2)
    lost = next(each for each in rows if "✗─" in each)
    assert lost.index("✗") - 1 in range(columns[0] - 1, columns[0] + 2)
    assert "BREACH S1: <>" in rows[-1]
    assert all(each == each.rstrip() for each in rows)
