"""The figures as text and data."""

import io
import json
from dataclasses import replace

from rich.console import Console

from bench import table
from bench.figure import at_most, shown
from bench.table import Run, Section

SECTION = Section(
    name="some",
    title="Some figures",
    what="Taken by hand.",
    seconds=1.5,
    figures=(
        at_most("late", 7.0, "ms", 5, note="a | b"),
        at_most("early", 3.0, "ms", 5),
        shown("rate", 2.0, "/s", ratio=2),
    ),
)


def test_what_was_missed_is_named() -> None:
    assert SECTION.missed == ("late",)


def test_plain_lines_without_a_terminal() -> None:
    out = io.StringIO()
    table.show(Console(file=out, soft_wrap=True), SECTION)
    assert [" ".join(line.split()) for line in out.getvalue().splitlines()] == [
        "some: Some figures (2 s)",
        "late 7 ms (<= 5) MISSED a | b",
        "early 3 ms (<= 5) ok",
        "rate 2 /s 2.00 x floor",
    ]


def test_a_table_on_a_terminal() -> None:
    out = io.StringIO()
    table.show(Console(file=out, force_terminal=True, width=100, color_system=None), SECTION)
    assert "MISSED" in out.getvalue()
    assert "┃" in out.getvalue()


RUN = Run(machine={"cores": "2", "load": "0.1"}, sections=(SECTION,))


def test_markdown_and_json_hold_the_same() -> None:
    page = table.markdown([RUN], "make bench")
    assert "| late | 7 ms |  | <= 5 | MISSED | a \\| b |" in page
    assert "- cores: 2" in page
    data = json.loads(table.as_json(RUN))
    assert (data["machine"], data["missed"]) == ({"cores": "2", "load": "0.1"}, ["some: late"])
    assert [figure["value"] for figure in data["sections"][0]["figures"]] == [7.0, 3.0, 2.0]


def test_a_run_comes_back_from_its_json() -> None:
    assert table.from_json(table.as_json(RUN)) == RUN


def test_a_page_of_several_runs_says_at_each_what_was_its_own() -> None:
    other = replace(RUN, machine={"cores": "2", "load": "0.9"}, sections=(replace(SECTION, title="Others"),))
    page = table.markdown([RUN, other], "make bench").splitlines()
    assert page.count("- cores: 2") == 1
    assert "- load: 0.1" not in page
    assert page.index("(load: 0.1)") < page.index("## Others") < page.index("(load: 0.9)")
