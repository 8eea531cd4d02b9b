"""The subset's types: what a value may be, where it starts, how it is copied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Elementary:
    """A number, a bit string or BOOL. `bits`: AND, OR, SHL and their like, and no sums."""

    name: str
    low: int
    high: int
    bits: bool = False

    @property
    def number(self) -> bool:
        """It can be added and compared by size."""
        return not self.bits and self.name != "BOOL"


BOOL: Final = Elementary("BOOL", 0, 1)
ELEMENTARY: Final[Mapping[str, Elementary]] = {
    "BOOL": BOOL,
    "WORD": Elementary("WORD", 0, 0xFFFF, bits=True),
    "DWORD": Elementary("DWORD", 0, 0xFFFF_FFFF, bits=True),
    "INT": Elementary("INT", -0x8000, 0x7FFF),
    "UINT": Elementary("UINT", 0, 0xFFFF),
    "DINT": Elementary("DINT", -0x8000_0000, 0x7FFF_FFFF),
    "UDINT": Elementary("UDINT", 0, 0xFFFF_FFFF),
}


@dataclass(frozen=True, slots=True)
class Array:
    """Its values are Python lists, the first one for `low`."""

    low: int
    high: int
    element: "Type"
    name: str = "ARRAY"


@dataclass(frozen=True, slots=True)
class Struct:
    """Its values are Python lists in the order of the fields."""

    name: str
    fields: tuple[tuple[str, "Type"], ...]

    def index(self, field: str) -> int | None:
        """The field's place."""
        return next((at for at, (name, _) in enumerate(self.fields) if name == field), None)


@dataclass(frozen=True, slots=True)
class Block:
    """A function block's instance; its value is a Python list of its variables."""

    name: str


Type = Elementary | Array | Struct | Block


def initial(kind: Type) -> Any:
    """What a variable of that type starts with. A Block's is made where the block is known."""
    match kind:
        case Elementary():
            return False if kind is BOOL else 0
        case Array():
            return [initial(kind.element) for _ in range(kind.low, kind.high + 1)]
        case Struct():
            return [initial(field) for _, field in kind.fields]
        case Block():
            raise TypeError(f"an instance of {kind.name} in a structure or array")


def copied(kind: Type, value: Any) -> Any:
    """An equal value that shares nothing with it."""
    match kind:
        case Array(element=Elementary()):
            return list(value)
        case Array():
            return [copied(kind.element, each) for each in value]
        case Struct():
            return [copied(field, each) for (_, field), each in zip(kind.fields, value, strict=True)]
        case _:
            return value
