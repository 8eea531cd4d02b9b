"""Plant tags from a CSV file, as a spreadsheet keeps them: one tag a line, a column for each key of a tag."""

import csv
import io
from dataclasses import dataclass, fields, replace
from pathlib import Path

from otha.site.document import Document
from otha.site.problem import nearest
from otha.site.read import hints, key, optional, read_table, toml_key
from otha.site.written import SiteFile, TagTable

NAME_COLUMN = "name"
VALID_COLUMNS = ("valid_low", "valid_high")
_KEYS = tuple(toml_key(item) for item in fields(TagTable) if item.name != "valid")
COLUMNS = (NAME_COLUMN, *_KEYS, *VALID_COLUMNS)
_WHOLE = frozenset(
    {*(toml_key(item) for item in fields(TagTable) if optional(hints(TagTable)[item.name])[0] is int), *VALID_COLUMNS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """What a tag list says, as if it stood in a site file."""

    tag: dict[str, TagTable] = key("plant tags by name", default={})  # noqa: RUF009 - `key()` makes dataclass fields


class TagList(Document):
    """A CSV file while it is read. Its lines are those of the file; what is wrong in a cell is told with its column."""

    def __init__(self, file: str, text: str) -> None:
        super().__init__(file, "")
        self.text = text
        self.raw = {"tag": {}}
        self.lines = {(): 1}
        lines = text.splitlines()
        delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            header = [cell.strip() for cell in next(rows, [])]
            if self._knows(header):
                for row in rows:
                    self._row(header, row, rows.line_num)
        except csv.Error as error:
            self.lines[()] = rows.line_num
            self.error((), "", f"this is not CSV: {error}", mend="Mend the quotes in this line")

    def _knows(self, header: list[str]) -> bool:
        """Whether the first line names columns, each once."""
        if NAME_COLUMN not in header:
            mend = f"Begin with a line of column names, among them `{NAME_COLUMN}`: {', '.join(COLUMNS)}"
            self.error((), "", "the first line names no column `name`", mend=mend)
            return False
        for at, column in enumerate(header):
            if column not in COLUMNS:
                near = nearest(column, [each for each in COLUMNS if each not in header])
                self.error((), column, "no such column", near=near, mend=f"Columns: {', '.join(COLUMNS)}")
            elif column in header[:at]:
                self.error((), column, "named twice", mend="Give each column once")
        return not self.failed

    def _row(self, header: list[str], row: list[str], line: int) -> None:
        cells = {column: cell.strip() for column, cell in zip(header, row, strict=False) if cell.strip()}
        if not any(cell.strip() for cell in row):
            return
        name = cells.pop(NAME_COLUMN, "")
        self.lines.setdefault(("tag", name), line)
        if not name or name in self.raw["tag"]:
            self.lines[()] = line
            what = f"{name} is named a second time" if name else "this line has no name"
            self.error((), NAME_COLUMN, what, mend="Give each tag a name of its own")
        elif len(row) > len(header):
            mend = "Put cells with a separator in quotes"
            self.error(("tag", name), "", f"{len(row)} cells, the first line names {len(header)} columns", mend=mend)
        else:
            self.raw["tag"][name] = self._values(name, cells)

    def _values(self, name: str, cells: dict[str, str]) -> dict[str, object]:
        low, high = (cells.pop(column, None) for column in VALID_COLUMNS)
        values: dict[str, object] = {column: _value(column, cell) for column, cell in cells.items()}
        if (low is None) != (high is None):
            self.error(("tag", name), VALID_COLUMNS[low is not None], "missing", mend="Give both limits, or none")
        elif low is not None and high is not None:
            values["valid"] = [_value(VALID_COLUMNS[0], low), _value(VALID_COLUMNS[1], high)]
        return values


def _value(column: str, cell: str) -> object:
    """A cell as the key wants it; what is no whole number stays a text, and is refused as one."""
    if column not in _WHOLE:
        return cell
    try:
        return int(cell, 0)
    except ValueError:
        return cell


def with_tag_list(doc: Document, file: SiteFile, beside: Path) -> tuple[SiteFile, str]:
    """The site file with the tags of its list, and the list's text ("" without one). What is wrong is added to `doc`;
    what is found wrong with these tags later on is told at their lines."""
    if not file.tags:
        return file, ""
    try:
        text = (beside / file.tags).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8 text"
        mend = "Give the path of a CSV file in UTF-8, from the folder of this file"
        doc.error((), "tags", f"{file.tags} can't be read: {why}", mend=mend)
        return file, ""
    listed = TagList(Path(file.tags).name, text)
    tags = {} if listed.failed else read_table(_Listed, listed, listed.raw, ()).tag
    for name in tags:
        if name in file.tag:
            mend = "Leave it at one of the two places"
            listed.error(("tag", name), "", f"{name} stands in {doc.file} as well", mend=mend)
    doc.problems.extend(listed.problems)
    doc.elsewhere |= {path: (listed.file, line) for path, line in listed.lines.items() if path}
    return replace(file, tag={**tags, **file.tag}), text
