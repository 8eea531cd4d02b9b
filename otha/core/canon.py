"""Canonical bytes of core values: the same value gives the same bytes on every Python and hash seed.

A tag byte, then a length-prefixed or self-ending payload, so that no two different values share an encoding.
Dataclasses are written as their class name and their fields in the order of declaration.
"""

from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _sized(tag: bytes, payload: bytes) -> bytes:
    return tag + len(payload).to_bytes(4, "big") + payload


def _write(value: object, out: list[bytes]) -> None:
    match value:
        case None:
            out.append(b"N")
        case True:
            out.append(b"T")
        case False:
            out.append(b"F")
        case Enum():
            out.append(_sized(b"E", f"{type(value).__name__}.{value.name}".encode()))
        case int():
            out.append(_sized(b"i", value.to_bytes((value.bit_length() + 8) // 8, "big", signed=True)))
        case str():
            out.append(_sized(b"s", value.encode()))
        case bytes():
            out.append(_sized(b"b", value))
        case tuple() | list():
            out.append(b"(" + len(value).to_bytes(4, "big"))
            for item in value:
                _write(item, out)
        case dict():
            out.append(b"{" + len(value).to_bytes(4, "big"))
            for item in sorted(value.items()):
                _write(item, out)
        case _ if is_dataclass(value) and not isinstance(value, type):
            names = _field_names(type(value))
            out.append(_sized(b"D", type(value).__name__.encode()) + len(names).to_bytes(2, "big"))
            for name in names:
                _write(getattr(value, name), out)
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")


def encode(value: object) -> bytes:
    """Canonical bytes of `value`.

    Takes None, bool, int, str, bytes, enums, tuples, lists, dicts with sortable keys and dataclasses of these.
    Raises TypeError for anything else: floats, sets and open objects have no place in a decision.
    """
    out: list[bytes] = []
    _write(value, out)
    return b"".join(out)
