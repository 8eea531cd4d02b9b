"""From the text of a Structured Text source to its words."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from tests.plc.st.trouble import StError


class Kind(Enum):
    """What a word is."""

    NAME = auto()
    KEYWORD = auto()
    NUMBER = auto()
    BITS = auto()
    ADDRESS = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One word, upper case, and where it stands (from 1)."""

    kind: Kind
    text: str
    line: int
    column: int

    def wrong(self, what: str) -> StError:
        """An error at this place."""
        return StError(what, self.line, self.column)


KEYWORDS: Final = frozenset(
    [
        "AND",
        "ARRAY",
        "AT",
        "CASE",
        "CONSTANT",
        "DO",
        "ELSE",
        "ELSIF",
        "END_CASE",
        "END_FOR",
        "END_FUNCTION",
        "END_FUNCTION_BLOCK",
        "END_IF",
        "END_PROGRAM",
        "END_STRUCT",
        "END_TYPE",
        "END_VAR",
        "END_WHILE",
        "EXIT",
        "FALSE",
        "FOR",
        "FUNCTION",
        "FUNCTION_BLOCK",
        "IF",
        "MOD",
        "NOT",
        "OF",
        "OR",
        "PROGRAM",
        "RETAIN",
        "RETURN",
        "STRUCT",
        "THEN",
        "TO",
        "TRUE",
        "TYPE",
        "VAR",
        "VAR_INPUT",
        "VAR_IN_OUT",
        "VAR_OUTPUT",
        "WHILE",
        "XOR",
        "BOOL",
        "WORD",
        "DWORD",
        "INT",
        "UINT",
        "DINT",
        "UDINT",
    ]
)
# Words of the standard (edition 2) that the subset does without. A compiler would take none of them for a name.
REFUSED: Final = frozenset(
    [
        "ACTION",
        "ADD",
        "ASIN",
        "ABS",
        "BY",
        "BYTE",
        "CAL",
        "CONCAT",
        "CONFIGURATION",
        "COS",
        "CTD",
        "CTU",
        "CTUD",
        "DATE",
        "DATE_AND_TIME",
        "DELETE",
        "DIV",
        "DT",
        "D",
        "EN",
        "END_ACTION",
        "END_CONFIGURATION",
        "END_REPEAT",
        "END_RESOURCE",
        "END_STEP",
        "END_TRANSITION",
        "ENO",
        "EQ",
        "EXP",
        "FIND",
        "F_EDGE",
        "F_TRIG",
        "FROM",
        "GE",
        "GT",
        "INITIAL_STEP",
        "INSERT",
        "INTERVAL",
        "LD",
        "LE",
        "LEFT",
        "LEN",
        "LINT",
        "LN",
        "LOG",
        "LREAL",
        "LT",
        "LWORD",
        "MID",
        "MOVE",
        "MUL",
        "MUX",
        "N",
        "NE",
        "NON_RETAIN",
        "ON",
        "P",
        "PRIORITY",
        "R",
        "READ_ONLY",
        "READ_WRITE",
        "REAL",
        "REPEAT",
        "REPLACE",
        "RESOURCE",
        "RIGHT",
        "ROL",
        "ROR",
        "RS",
        "R_EDGE",
        "R_TRIG",
        "S",
        "SD",
        "SEL",
        "SIN",
        "SINGLE",
        "SINT",
        "SL",
        "SQRT",
        "SR",
        "ST",
        "STEP",
        "STN",
        "STRING",
        "SUB",
        "TAN",
        "TASK",
        "TIME",
        "TIME_OF_DAY",
        "TOD",
        "TOF",
        "TON",
        "TP",
        "TRANSITION",
        "TRUNC",
        "ULINT",
        "UNTIL",
        "USINT",
        "VAR_ACCESS",
        "VAR_CONFIG",
        "VAR_EXTERNAL",
        "VAR_GLOBAL",
        "VAR_TEMP",
        "WITH",
        "WSTRING",
        "REFERENCE",
        "REF_TO",
        "POINTER",
        "METHOD",
        "CLASS",
        "INTERFACE",
        "EXTENDS",
        "SUPER",
        "THIS",
        "UNION",
        "NAMESPACE",
        "USING",
        "CONTINUE",
    ]
)
_WORD: Final = re.compile(
    r"(?P<space>[ \n]+)|(?P<comment>\(\*.*?\*\))|(?P<bits>16#[0-9A-F]+)|(?P<number>[0-9]+)"
    r"|(?P<address>%[IQM][XWD][0-9]+(?:\.[0-7])?)|(?P<name>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)"
    r"|(?P<sign>:=|=>|<>|<=|>=|\.\.|[:;,.()\[\]=<>+*/-])",
    re.DOTALL,
)
_KINDS: Final = {"bits": Kind.BITS, "number": Kind.NUMBER, "address": Kind.ADDRESS, "sign": Kind.SIGN}


def tokens(text: str) -> list[Token]:
    """All words of the text, an END behind them. Raises StError for what is no word of the subset."""
    found: list[Token] = []
    at, line, line_at = 0, 1, 0
    while at < len(text):
        match, column = _WORD.match(text, at), at - line_at + 1
        if match is None:
            raise StError(f"{text[at]!r} begins no word", line, column)
        kind, word = str(match.lastgroup), match.group().upper()
        if kind == "name":
            found.append(_named(word, line, column))
        elif kind in _KINDS:
            found.append(Token(_KINDS[kind], word, line, column))
        if kind == "comment" and "(*" in word[2:]:
            raise StError("a comment in a comment", line, column)
        if lines := match.group().count("\n"):
            line += lines
            line_at = at + match.group().rindex("\n") + 1
        at = match.end()
        if kind in ("number", "bits") and text[at : at + 1].isidentifier():
            raise StError("a letter behind a number", line, column)
    found.append(Token(Kind.END, "end of file", line, at - line_at + 1))
    return found


def _named(word: str, line: int, column: int) -> Token:
    if word in REFUSED:
        raise StError(f"{word} is a word of the standard that the subset does without", line, column)
    return Token(Kind.KEYWORD if word in KEYWORDS else Kind.NAME, word, line, column)
