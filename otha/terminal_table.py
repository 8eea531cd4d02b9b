"""What every table on a terminal is like."""

import sys

from rich import box
from rich.console import Console
from rich.table import Table

_LEAST = {
    "condition": 9,
    "kind": 10,
    "verdict": 7,
    "quality": 7,
    "priority": 8,
    "no": 2,
}  # the longest word under a heading


def plain_console() -> Console:
    """As wide as the terminal; without one nothing is wrapped."""
    return Console(soft_wrap=not sys.stdout.isatty(), highlight=False, markup=False)


def folded(*headings: str) -> Table:
    """A table that folds what a narrow terminal has no room for, instead of cutting names short."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", min_width=_LEAST.get(heading, 5))
    return table
