"""Canonical bytes of core values, and back: the same value gives the same bytes on every Python and hash seed.

A tag byte, then a length-prefixed or self-ending payload, so that no two different values share an encoding.
Dataclasses are written as their class name and their fields in the order of declaration.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter

from otha.core.errors import EngineerError


class CanonError(EngineerError):
    """Bytes that are no canonical form of anything known here."""


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _sized(tag: bytes, payload: bytes) -> bytes:
    return tag + len(payload).to_bytes(4, "big") + payload


def _integer(value: int) -> bytes:
    return _sized(b"i", value.to_bytes((value.bit_length() + 8) // 8, "big", signed=True))


# Most integers of an input are small, and every input comes here.
_SMALL = tuple(_integer(value) for value in range(1024))


@cache
def _head(kind: type) -> tuple[bytes, Callable[[object], tuple[object, ...]]]:
    """What stands before the fields of a dataclass, and the fields of a value of it."""
    names = _field_names(kind)
    head = _sized(b"D", kind.__name__.encode()) + len(names).to_bytes(2, "big")
    if len(names) > 1:
        return head, attrgetter(*names)
    return head, lambda value: tuple(getattr(value, name) for name in names)


def _write(value: object, out: list[bytes]) -> None:
    if type(value) is int:
        out.append(_SMALL[value] if 0 <= value < len(_SMALL) else _integer(value))
        return
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
            out.append(_integer(value))
        case str():
            out.append(_sized(b"s", value.encode()))
        case bytes():
            out.append(_sized(b"b", value))
        case tuple() | list():
            out.append(b"(" + len(value).to_bytes(4, "big"))
            for item in value:
                _write(item, out)
        case dict():
            # Sorted by the bytes of the keys: any key with a canonical form has an order then.
            pairs = sorted(((encode(of), item) for of, item in value.items()), key=lambda pair: pair[0])
            out.append(b"{" + len(pairs).to_bytes(4, "big"))
            for encoded, item in pairs:
                out.append(encoded)
                _write(item, out)
        case _ if is_dataclass(value) and not isinstance(value, type):
            head, fields_of = _head(type(value))
            out.append(head)
            for item in fields_of(value):
                _write(item, out)
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")


def encode(value: object) -> bytes:
    """Canonical bytes of `value`.

    Takes None, bool, int, str, bytes, enums, tuples, lists, dicts and dataclasses of these.
    Raises TypeError for anything else: floats, sets and open objects have no place in a decision.
    """
    out: list[bytes] = []
    _write(value, out)
    return b"".join(out)


class _Reader:
    def __init__(self, data: bytes, kinds: Mapping[str, type]) -> None:
        self.data, self.kinds, self.at = data, kinds, 0

    def take(self, length: int) -> bytes:
        piece = self.data[self.at : self.at + length]
        if len(piece) != length:
            raise CanonError("canonical bytes end early", mend="the file is cut or damaged")
        self.at += length
        return piece

    def sized(self) -> bytes:
        return self.take(int.from_bytes(self.take(4), "big"))

    def count(self) -> int:
        count = int.from_bytes(self.take(4), "big")
        if count > len(self.data) - self.at:
            raise CanonError("a count larger than the bytes that follow", mend="the file is damaged")
        return count

    def kind(self, name: str) -> type:
        if name not in self.kinds:
            raise CanonError(f"unknown type {name!r}", mend="read it with the version of OTHA that wrote it")
        return self.kinds[name]

    def value(self) -> object:
        match self.take(1):
            case b"N":
                return None
            case b"T":
                return True
            case b"F":
                return False
            case b"E":
                name, _, member = self.sized().decode().partition(".")
                members: Mapping[str, object] = getattr(self.kind(name), "__members__", {})
                if member not in members:
                    raise CanonError(f"unknown {name} {member!r}")
                return members[member]
            case b"i":
                return int.from_bytes(self.sized(), "big", signed=True)
            case b"s":
                return self.sized().decode()
            case b"b":
                return self.sized()
            case b"(":
                return tuple(self.value() for _ in range(self.count()))
            case b"{":
                return {self.value(): self.value() for _ in range(self.count())}
            case b"D":
                return self._dataclass()
            case tag:
                raise CanonError(f"unknown tag {tag!r}", mend="the file is damaged")

    def _dataclass(self) -> object:
        kind = self.kind(self.sized().decode())
        names = _field_names(kind)
        if int.from_bytes(self.take(2), "big") != len(names):
            raise CanonError(f"{kind.__name__} has other fields", mend="read it with the version of OTHA that wrote it")
        return kind(**{name: self.value() for name in names})


def decode(data: bytes, kinds: Mapping[str, type]) -> object:
    """The value that `encode` wrote; `kinds` maps class names to the dataclasses and enums that may occur.

    Raises CanonError for anything that `encode` did not write. Lists come back as tuples.
    """
    reader = _Reader(data, kinds)
    try:
        value = reader.value()
    except (UnicodeDecodeError, TypeError, RecursionError) as error:
        raise CanonError(f"canonical bytes do not fit together: {error}", mend="the file is damaged") from error
    if reader.at != len(data):
        raise CanonError("bytes behind the value", mend="the file is damaged")
    if encode(value) != data:
        raise CanonError("bytes that no value is written as", mend="the file is damaged")
    return value
