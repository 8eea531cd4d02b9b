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


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of the benchmarks measured, and on what."""

    machine: dict[str, str]
    sections: tuple[Section, ...]


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


def markdown(runs: Sequence[Run], command: str) -> str:
    """The whole page docs/measurements.md. What all runs have in common stands at its top, the rest at the sections."""
    lines = [
        "# Measurements",
        "",
        f"Written by `{command}`; nothing on this page is typed by hand. `x floor` is the ratio against a floor that",
        "was measured in the same run. Wall-clock figures belong to the machine named; ratios and sums travel better.",
        "",
    ]
    common = dict(set.intersection(*(set(run.machine.items()) for run in runs)))
    lines += [f"- {name}: {value}" for name, value in runs[0].machine.items() if name in common]
    for run in runs:
        own = [f"{name}: {value}" for name, value in run.machine.items() if name not in common]
        for section in run.sections:
            lines += ["", f"## {section.title}", "", section.what, ""]
            lines += [f"({'; '.join(own)})", ""] if own else []
            lines += ["| figure | measured | x floor | budget | | note |", "|---|---:|---:|---|---|---|"]
            lines += [
                "| " + " | ".join(cell.replace("|", "\\|") for cell in _cells(each)) + " |" for each in section.figures
            ]
    return "\n".join(lines) + "\n"


def as_json(run: Run) -> str:
    """Everything measured, for machines."""
    missed = [f"{section.name}: {name}" for section in run.sections for name in section.missed]
    body = {"machine": run.machine, "missed": missed, "sections": [asdict(section) for section in run.sections]}
    return json.dumps(body, indent=2) + "\n"


def from_json(text: str) -> Run:
    """The run that `as_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    body = json.loads(text)
    sections = tuple(
        Section(**{**section, "figures": tuple(Figure(**figure) for figure in section["figures"])})
        for section in body["sections"]
    )
    return Run(machine=dict(body["machine"]), sections=sections)
