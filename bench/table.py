"""The figures as a table: on a terminal, as plain lines, as Markdown, as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.figure import Figure, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The figures of one measurement. `what`: how they were taken."""

    name: str
    title: str
    what: str
    seconds: float
    figures: tuple[Figure, ...]

    @property
    def missed(self) -> tuple[str, ...]:
        """Names of the figures that missed their budgets."""
        return tuple(figure.name for figure in self.figures if figure.ok is False)


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    value = f"{number(figure.value)} {figure.unit}".strip()
    return figure.name, value, ratio, figure.budget, figure.verdict, figure.note


def show(console: Console, section: Section) -> None:
    """Print one measurement: a table on a terminal, plain lines else."""
    if not console.is_terminal:
        for line in plain(section):
            console.print(line, highlight=False, markup=False)
        return
    table = Table(title=f"{section.title} ({section.seconds:.0f} s)", title_justify="left")
    for name in ("figure", "measured", "x floor", "budget", "", "note"):
        table.add_column(name, justify="right" if name in ("measured", "x floor") else "left")
    for figure in section.figures:
        style = "bold red" if figure.ok is False else None
        table.add_row(*(escape(cell) for cell in _cells(figure)), style=style)
    console.print(table)


def plain(section: Section) -> Iterator[str]:
    """One line per figure."""
    yield f"{section.name}: {section.title} ({section.seconds:.0f} s)"
    width = max((len(figure.name) for figure in section.figures), default=0)
    for figure in section.figures:
        name, value, ratio, budget, verdict, note = _cells(figure)
        parts = (f"{name:{width}}", value, ratio and f"{ratio} x floor", budget and f"({budget})", verdict, note)
        yield "  " + "  ".join(part for part in parts if part)


def markdown(sections: Sequence[Section], machine: dict[str, str], command: str) -> str:
    """The whole page docs/measurements.md."""
    lines = [
        "# Measurements",
        "",
        f"Written by `{command}`; nothing on this page is typed by hand. `x floor` is the ratio against a floor that",
        "was measured in the same run. Wall-clock figures belong to this machine; ratios and sums travel better.",
        "",
    ]
    lines += [f"- {name}: {value}" for name, value in machine.items()]
    for section in sections:
        lines += ["", f"## {section.title}", "", section.what, ""]
        lines += ["| figure | measured | x floor | budget | | note |", "|---|---:|---:|---|---|---|"]
        lines += [
            "| " + " | ".join(cell.replace("|", "\\|") for cell in _cells(each)) + " |" for each in section.figures
        ]
    return "\n".join(lines) + "\n"


def as_json(sections: Sequence[Section], machine: dict[str, str]) -> str:
    """Everything measured, for machines."""
    missed = [f"{section.name}: {name}" for section in sections for name in section.missed]
    body = {"machine": machine, "missed": missed, "sections": [asdict(section) for section in sections]}
    return json.dumps(body, indent=2) + "\n"
