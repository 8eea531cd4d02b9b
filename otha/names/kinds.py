"""Types of variables, and one variable."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The type of a variable or argument. TEXTS: a list of String."""

    BOOLEAN = "Boolean"
    BYTE = "Byte"
    INT32 = "Int32"
    INT64 = "Int64"
    TEXT = "String"
    TEXTS = "String[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable of an object; its NodeId is the object's with "." and `name` behind it."""

    name: str
    kind: Kind
    doc: str


def of(*variables: tuple[str, Kind, str]) -> tuple[Variable, ...]:
    """Variables by name, kind and meaning."""
    return tuple(Variable(name=name, kind=kind, doc=doc) for name, kind, doc in variables)
