"""A closed set of messages, and how they stand in JSON.

A message is an object with its "kind" and exactly the fields of its class; anything else is no message. Only integers
travel, no floats.
"""

import json
import types
import typing
from collections.abc import Iterable
from dataclasses import fields
from enum import Enum
from typing import Any, Generic, TypeVar, get_args, get_origin

from otha.wire.errors import WireError

M = TypeVar("M")
Json = dict[str, Any]  # Any: JSON of any depth


class Vocabulary(Generic[M]):
    """The messages `kinds`, the dataclasses that are `parts` of them, and the `enums` in their fields."""

    def __init__(self, kinds: Iterable[type], *, parts: Iterable[type] = (), enums: Iterable[type[Enum]] = ()) -> None:
        self._kinds: dict[str, type] = {kind.__name__: kind for kind in kinds}
        self._enums = frozenset(enums)
        self._hints = {kind: typing.get_type_hints(kind) for kind in (*self._kinds.values(), *parts)}
        self._names = {kind: tuple(field.name for field in fields(kind)) for kind in self._hints}

    def dump(self, message: M) -> bytes:
        """The message as canonical JSON: sorted keys, no blanks, ASCII. Raises WireError for what JSON can't carry."""
        try:
            return json.dumps(
                self.to_json(message), sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True
            ).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise WireError(f"a message that can't be written: {error}") from error

    def load(self, body: bytes) -> M:
        """The message that `dump` wrote. Raises WireError for anything else."""
        try:
            raw = json.loads(body, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_no_repeats)
        except (ValueError, RecursionError) as error:
            raise WireError("a message that is no JSON") from error
        return self.from_json(raw)

    def to_json(self, message: M) -> Json:
        """The message as an object of JSON."""
        return {"kind": type(message).__name__, **self._fields_of(message)}

    def from_json(self, raw: object) -> M:
        """The message that stands in `raw`. Raises WireError for anything that is none."""
        if not isinstance(raw, dict):
            raise WireError("a message that is no object")
        kind = self._kinds.get(raw["kind"]) if isinstance(raw.get("kind"), str) else None
        if kind is None:
            raise WireError("a message of an unknown kind")
        message: M = self._build(kind, {name: item for name, item in raw.items() if name != "kind"})
        return message

    def _fields_of(self, value: Any) -> Json:  # Any: a message or a part of one
        return {name: self._plain(getattr(value, name)) for name in self._names[type(value)]}

    def _plain(self, value: Any) -> Any:  # Any: a field of a message, and its JSON
        match value:
            case tuple():
                return [self._plain(item) for item in value]
            case Enum():
                return value.value
            case _ if type(value) in self._names:
                return self._fields_of(value)
            case _:
                return value

    def _build(self, kind: type, raw: Json) -> Any:  # Any: an instance of `kind`
        names, hints = self._names[kind], self._hints[kind]
        if raw.keys() != set(names):
            raise WireError(f"a {kind.__name__} with other fields than {', '.join(names) or 'none'}")
        return kind(**{name: self._value(hints[name], item, f"{kind.__name__}.{name}") for name, item in raw.items()})

    def _value(self, hint: Any, raw: Any, where: str) -> Any:  # Any: an annotation, JSON, and the field it becomes
        if isinstance(hint, types.UnionType):
            return self._one_of(get_args(hint), raw, where)
        origin = get_origin(hint)
        if origin is tuple and isinstance(raw, list):
            inner = get_args(hint)[0]
            return tuple([self._value(inner, item, where) for item in raw])
        if origin is dict and isinstance(raw, dict):
            return raw
        if hint in self._enums and isinstance(raw, str):
            try:
                return hint(raw)
            except ValueError:
                raise WireError(f"{where}: no such thing as {raw[:40]!r}") from None
        if hint is str and type(raw) is str:
            return _text(raw, where)
        if hint in (int, bool) and type(raw) is hint:
            return raw
        if hint in self._names and isinstance(raw, dict):
            return self._build(hint, raw)
        raise WireError(f"{where}: wrong type")

    def _one_of(self, hints: tuple[Any, ...], raw: Any, where: str) -> Any:  # Any: as for `_value`
        if raw is None and type(None) in hints:
            return None
        plain = type(raw)
        return self._value(plain if plain in hints else hints[0], raw, where)


def _no_float(text: str) -> Any:  # Any: never returns
    raise WireError(f"a message with the number {text[:40]!r}: only integers travel")


def _no_repeats(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WireError("a message that names a key twice")
    return found


def _text(raw: str, where: str) -> str:
    """JSON can carry half a surrogate pair, which no journal, recording or terminal can."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise WireError(f"{where}: half a surrogate pair is no text") from None
    return raw
