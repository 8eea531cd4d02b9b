"""What is wrong, or doubtful, in what the engineer wrote: each with its place and its mend."""

import difflib
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from otha.core.errors import EngineerError

TEXT_WIDTH = 100


class Severity(Enum):
    """An error refuses the file; a warning is shown and kept."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. `line` is None when the place can't be found (a missing key has its table's line).

    `rule`: the rule of the design that it comes from, "" for plain mistakes of writing.
    """

    severity: Severity
    file: str
    table: str
    key: str
    line: int | None
    wrong: str
    nearest: str | None
    mend: str
    rule: str = ""

    @property
    def place(self) -> str:
        """File, line and table path with key, as a person would look for it."""
        at = self.file if self.line is None else f"{self.file}:{self.line}"
        inside = f"[{self.table}]" if self.table else "top of the file"
        return f"{at}, {inside}{f', {self.key}' if self.key else ''}"

    @property
    def advice(self) -> str:
        """What to do about it, with the nearest valid name first."""
        near = f"Did you mean `{self.nearest}`? " if self.nearest else ""
        return f"{near}{self.mend}."

    def __str__(self) -> str:
        rule = f" (rule {self.rule})" if self.rule else ""
        return "\n".join([self.place, _wrapped(f"{self.wrong}{rule}"), _wrapped(self.advice)])


def _wrapped(text: str) -> str:
    return textwrap.fill(
        text,
        width=TEXT_WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


class SiteErrors(EngineerError):  # it is the collection of all errors of one file
    """A site file or profile that can't be taken. `problems` holds every finding, warnings included."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        errors = [problem for problem in problems if problem.severity is Severity.ERROR]
        super().__init__("\n".join(map(str, errors)), mend="")
        self.problems = problems


def render_errors(path: Path, problems: tuple[Problem, ...]) -> str:
    """Every error, then every warning, each with its place and its mend."""
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    rest = [problem for problem in problems if problem.severity is Severity.WARNING]
    lines = [f"{path.name}: refused, {counted(len(errors), 'error')}", *(f"\n{problem}" for problem in errors)]
    if rest:
        lines += [f"\n{counted(len(rest), 'warning')}", *(f"\n{problem}" for problem in rest)]
    return "\n".join(lines) + "\n"


def counted(number: int, noun: str) -> str:
    """A number with its noun, `1 error`, `2 errors`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


# What people write for the comparisons in other languages.
_HABITS = {"=": "==", "<>": "!=", "=<": "<=", "=>": ">="}


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that `name` was most likely meant to be, None if none is near."""
    valid = tuple(valid)
    if _HABITS.get(name) in valid:
        return _HABITS[name]
    folded = {option.casefold(): option for option in valid}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None
