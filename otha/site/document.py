"""One TOML file while it is read: its tables, the line of each key, and all that was found wrong so far."""

import re
import tomllib
from pathlib import Path
from typing import Any

from otha.site.locate import Path as KeyPath
from otha.site.locate import key_lines
from otha.site.problem import Problem, Severity, SiteErrors


def dotted(path: KeyPath) -> str:
    """A key path as a person writes it: `section.plc.outputs[2]`, positions counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


class Document:
    """One TOML file being read: its tables, where each key stands, and all that was found wrong so far."""

    def __init__(self, file: str, text: str) -> None:
        """Raises SiteErrors when the text is no TOML."""
        self.file = file
        self.text = text
        self.problems: list[Problem] = []
        # Tables that stand in another file, with that file and their line there.
        self.elsewhere: dict[KeyPath, tuple[str, int]] = {}
        try:
            self.raw: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            self.lines: dict[KeyPath, int] = {(): int(found[1])} if found else {}
            self.error((), "", f"this is not TOML: {error}", mend="Mend the syntax at this place")
            raise SiteErrors(tuple(self.problems)) from None
        except RecursionError:
            self.lines = {}
            self.error((), "", "tables or lists are nested too deeply to be read", mend="Nest them less")
            raise SiteErrors(tuple(self.problems)) from None
        self.lines = key_lines(text)

    @classmethod
    def open(cls, path: Path, file: str | None = None) -> "Document":
        """Raises SiteErrors when the file can't be read or is no TOML."""
        name = path.name if file is None else file
        try:
            text = path.read_text(encoding="utf-8-sig")  # some editors begin UTF-8 with a byte order mark
        except (OSError, UnicodeDecodeError) as error:
            why, mend = "it is not UTF-8 text", "Save it as UTF-8"
            if isinstance(error, OSError):
                why, mend = error.strerror or str(error), "Give the path of a readable file"
            problem = Problem(
                severity=Severity.ERROR,
                file=str(path),
                table="",
                key="",
                line=None,
                wrong=f"the file can't be read: {why}",
                nearest=None,
                mend=mend,
            )
            raise SiteErrors((problem,)) from None
        return cls(name, text)

    def line_of(self, path: KeyPath) -> int | None:
        """The line of a key, or of the closest table around it that stands in the file."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None

    def add(
        self,
        severity: Severity,
        path: KeyPath,
        name: str,
        wrong: str,
        *,
        mend: str,
        near: str | None = None,
        rule: str = "",
    ) -> None:
        here = self.line_of((*path, name) if name else path)
        file, line = self.elsewhere.get(tuple(path[:2]), (self.file, here))
        self.problems.append(
            Problem(
                severity=severity,
                file=file,
                table=dotted(path),
                key=name,
                line=line,
                wrong=wrong,
                nearest=near,
                mend=mend,
                rule=rule,
            )
        )

    def error(
        self, path: KeyPath, name: str, wrong: str, *, mend: str, near: str | None = None, rule: str = ""
    ) -> None:
        self.add(Severity.ERROR, path, name, wrong, mend=mend, near=near, rule=rule)

    def warn(self, path: KeyPath, name: str, wrong: str, *, mend: str, rule: str = "") -> None:
        self.add(Severity.WARNING, path, name, wrong, mend=mend, rule=rule)

    def blames(self, path: KeyPath, name: str) -> bool:
        """Whether an error was found at this key; what rests on its placeholder is then not worth a second one."""
        at = dotted(path)
        return any(p.severity is Severity.ERROR and (p.table, p.key) == (at, name) for p in self.problems)

    @property
    def failed(self) -> bool:
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    def raise_errors(self) -> None:
        """Raises SiteErrors, in the order of the file, when anything was found that refuses it."""
        if self.failed:
            raise SiteErrors(self.ordered())

    def ordered(self) -> tuple[Problem, ...]:
        """All findings, those of this file first, in the order of the lines."""

        def place(p: Problem) -> tuple[bool, str, bool, int, str, str]:
            return p.file != self.file, p.file, p.line is None, p.line or 0, p.table, p.key

        return tuple(sorted(self.problems, key=place))
