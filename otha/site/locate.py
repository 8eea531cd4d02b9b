"""Finds the line of every key of a TOML text, which the standard library's parser does not tell.

It walks a text that `tomllib` has already accepted, so it needs no error handling of its own: it only follows strings,
comments, brackets and headers. Paths are tuples of names and, inside arrays, positions.
"""

from bisect import bisect_left

Path = tuple[str | int, ...]

_BLANK = " \t"
_BARE_END = " \t=.]}\r\n#,"
_VALUE_END = ",]}\r\n#"


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.ends = [place for place, char in enumerate(self.text) if char == "\n"]
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def line(self) -> int:
        return self.line_at(self.at)

    def line_at(self, place: int) -> int:
        return bisect_left(self.ends, place) + 1

    def mark(self, path: Path) -> None:
        self.lines.setdefault(path, self.line())

    def skip(self, also: str = "") -> None:
        while (char := self.peek()) and (char in _BLANK + also or char == "#"):
            if char == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
                if "\n" not in also:
                    return
            else:
                self.at += 1

    def string(self) -> str:
        quote = self.text[self.at]
        if self.text.startswith(quote * 3, self.at):
            end = self.at + 3
            while not self.text.startswith(quote * 3, end):
                end += 2 if self.text[end] == "\\" and quote == '"' else 1
            while self.text.startswith(quote, end + 3):
                end += 1
            start, self.at = self.at + 3, end + 3
        else:
            end = self.at + 1
            while self.text[end] != quote:
                end += 2 if self.text[end] == "\\" and quote == '"' else 1
            start, self.at = self.at + 1, end + 1
        return self.text[start:end]

    def key(self) -> tuple[str, ...]:
        parts = []
        while True:
            self.skip()
            if self.peek() in "\"'":
                parts.append(self.string())
            else:
                start = self.at
                while self.peek() and self.peek() not in _BARE_END:
                    self.at += 1
                parts.append(self.text[start : self.at])
            self.skip()
            if self.peek() != ".":
                return tuple(parts)
            self.at += 1

    def value(self, path: Path) -> None:
        self.skip("\n")
        match self.peek():
            case '"' | "'":
                self.string()
            case "[":
                self.items(path)
            case "{":
                self.inline(path)
            case _:
                while self.peek() and self.peek() not in _VALUE_END:
                    self.at += 1

    def items(self, path: Path) -> None:
        self.at += 1
        position = 0
        while True:
            self.skip("\n,")
            if self.peek() == "]":
                self.at += 1
                return
            self.mark((*path, position))
            self.value((*path, position))
            position += 1

    def inline(self, path: Path) -> None:
        self.at += 1
        while True:
            self.skip("\n,")
            if self.peek() == "}":
                self.at += 1
                return
            self.pair(path)

    def pair(self, path: Path) -> None:
        self.skip()
        start = self.at
        inner: Path = path
        for part in self.key():
            inner = (*inner, part)
            self.lines.setdefault(inner, self.line_at(start))
        self.skip()
        self.at += 1  # the equals sign
        self.value(inner)

    def settled(self, parts: tuple[str, ...]) -> Path:
        """The path of a header, with the position of the newest element of each array of tables on the way."""
        path: Path = ()
        for part in parts:
            path = (*path, part)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def header(self) -> Path:
        array = self.text.startswith("[[", self.at)
        start = self.line()
        self.at += 2 if array else 1
        parts = self.key()
        self.at += 2 if array else 1
        if array:
            path = (*self.settled(parts[:-1]), parts[-1])
            self.counts[path] = self.counts.get(path, 0) + 1
            path = (*path, self.counts[path] - 1)
        else:
            path = self.settled(parts)
        for end in range(1, len(path) + 1):
            self.lines.setdefault(path[:end], start)
        return path


def key_lines(text: str) -> dict[Path, int]:
    """The 1-based line on which each table, key and array element of `text` first appears."""
    walk = _Walk(text)
    table: Path = ()
    while True:
        walk.skip("\n")
        if not walk.peek():
            return walk.lines
        if walk.peek() == "[":
            table = walk.header()
        else:
            walk.pair(table)
