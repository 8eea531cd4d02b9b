"""What a Structured Text source says, as a tree. Each node keeps the word it began with."""

from dataclasses import dataclass
from enum import Enum

from tests.plc.st.lexer import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayOf:
    """ARRAY [low..high] OF element."""

    at: Token
    low: int
    high: int
    element: "Spec"


@dataclass(frozen=True, slots=True, kw_only=True)
class StructOf:
    """STRUCT."""

    at: Token
    fields: tuple[tuple[Token, "Spec"], ...]


Spec = Token | ArrayOf | StructOf  # a Token is a type's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A number or a truth value. `bits`: written as 16#..., for WORD and DWORD alone."""

    at: Token
    value: int | bool
    bits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A name, and fields and indices behind it."""

    at: Token
    path: tuple["Token | Expression", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function's value."""

    at: Token
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary:
    """NOT or minus."""

    at: Token
    operand: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """Two operands; `at` is the operator."""

    at: Token
    left: "Expression"
    right: "Expression"


Expression = Literal | Variable | Call | Unary | Binary


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """target := value."""

    at: Token
    target: Variable
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoke:
    """A function block's call."""

    at: Token
    block: Variable
    arguments: tuple[tuple[Token, Expression], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class If:
    """Conditions with what to do, and what to do otherwise."""

    at: Token
    branches: tuple[tuple[Expression, tuple["Statement", ...]], ...]
    otherwise: tuple["Statement", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A choice by number."""

    at: Token
    selector: Expression
    branches: tuple[tuple[tuple[Literal, ...], tuple["Statement", ...]], ...]
    otherwise: tuple["Statement", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class For:
    """Counted upwards by one."""

    at: Token
    variable: Token
    first: Expression
    last: Expression
    body: tuple["Statement", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class While:
    """As long as the condition is true."""

    at: Token
    condition: Expression
    body: tuple["Statement", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """EXIT or RETURN."""

    at: Token


Statement = Assign | Invoke | If | Case | For | While | Leave


class Place(Enum):
    """Which block of declarations a variable stands in."""

    INPUT = "VAR_INPUT"
    OUTPUT = "VAR_OUTPUT"
    IN_OUT = "VAR_IN_OUT"
    LOCAL = "VAR"
    CONSTANT = "VAR CONSTANT"
    RETAIN = "VAR RETAIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One variable."""

    at: Token
    place: Place
    spec: Spec
    address: Token | None
    initial: Literal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A FUNCTION, FUNCTION_BLOCK or PROGRAM. `result`: a function's type."""

    at: Token
    kind: str
    result: Token | None
    variables: tuple[Declared, ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All that one text declares, in its order."""

    types: tuple[tuple[Token, Spec], ...]
    units: tuple[Unit, ...]
