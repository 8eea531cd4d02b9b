"""The messages: frozen values, and how they stand in JSON.

A message is an object with its "kind" and exactly the fields of its class; anything else is no message.
"""

import types
import typing
from dataclasses import dataclass, fields
from typing import Any, get_args, get_origin

from otha.core.words import Arming, OrderKind
from otha.wire.errors import WireError

PROTOCOL = 1

Json = dict[str, Any]  # Any: JSON of any depth, checked by the codec to hold no floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first message each way. From the supervisor it says which site it is and as whom it sees the client."""

    protocol: int
    sender: str
    site: str
    user: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order. Who gives it is not for the client to say: the kernel does. `id` makes a repeat harmless."""

    id: str
    order: OrderKind
    group: str
    node: str | None
    arming: Arming | None
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One thing that stands against an order: the code and rule of a `Block`, and the detail."""

    block: str
    rule: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReply:
    """What became of an order. `durable`: order and answer are in the journal, on disk; no crash takes them back."""

    id: str
    accepted: bool
    durable: bool
    obstacles: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRequest:
    """Asks for the newest snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReply:
    """The newest snapshot; see `otha.runtime.snapshot`."""

    status: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyRequest:
    """Asks what stands against a switchover of `group` right now, to `node` (None: the best standby)."""

    group: str
    node: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyReply:
    """Every condition, verdict and obstacle of the group; see `otha.runtime.snapshot`."""

    why: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """From now on the connection carries EventEntry messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    """One event as it is journaled. `lost`: how many before it this client was too slow for."""

    lost: int
    event: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that was not carried out, and what can be done about it."""

    what: str
    mend: str


Message = (
    Hello
    | OrderRequest
    | OrderReply
    | StatusRequest
    | StatusReply
    | WhyRequest
    | WhyReply
    | Subscribe
    | EventEntry
    | Refusal
)

_KINDS: dict[str, type] = {kind.__name__: kind for kind in get_args(Message)}
_HINTS = {kind: typing.get_type_hints(kind) for kind in (*_KINDS.values(), Obstacle)}
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in _HINTS}


def to_json(message: Message) -> Json:
    """The message as an object of JSON."""
    return {"kind": type(message).__name__, **_fields_of(message)}


def _fields_of(value: Any) -> Json:  # Any: a message or a part of one
    return {name: _plain(getattr(value, name)) for name in _NAMES[type(value)]}


def _plain(value: Any) -> Any:  # Any: a field of a message, and its JSON
    match value:
        case tuple():
            return [_plain(item) for item in value]
        case OrderKind() | Arming():
            return value.value
        case _ if type(value) in _NAMES:
            return _fields_of(value)
        case _:
            return value


def from_json(raw: object) -> Message:
    """The message that stands in `raw`. Raises WireError for anything that is none."""
    if not isinstance(raw, dict):
        raise WireError("a message that is no object")
    kind = _KINDS.get(raw["kind"]) if isinstance(raw.get("kind"), str) else None
    if kind is None:
        raise WireError("a message of an unknown kind")
    message: Message = _build(kind, {name: item for name, item in raw.items() if name != "kind"})
    return message


def _build(kind: type, raw: Json) -> Any:  # Any: an instance of `kind`
    if raw.keys() != set(_NAMES[kind]):
        raise WireError(f"a {kind.__name__} with other fields than {', '.join(_NAMES[kind]) or 'none'}")
    return kind(**{name: _value(_HINTS[kind][name], item, f"{kind.__name__}.{name}") for name, item in raw.items()})


def _text(raw: str, where: str) -> str:
    """JSON can carry half a surrogate pair, which no journal, recording or terminal can."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise WireError(f"{where}: half a surrogate pair is no text") from None
    return raw


def _value(hint: Any, raw: Any, where: str) -> Any:  # Any: a type's annotation, JSON, and the field it becomes
    if isinstance(hint, types.UnionType):
        return None if raw is None else _value(get_args(hint)[0], raw, where)
    origin = get_origin(hint)
    if origin is tuple and isinstance(raw, list):
        return tuple(_value(get_args(hint)[0], item, where) for item in raw)
    if origin is dict and isinstance(raw, dict):
        return raw
    if hint in (OrderKind, Arming) and isinstance(raw, str):
        try:
            return hint(raw)
        except ValueError:
            raise WireError(f"{where}: no such thing as {raw[:40]!r}") from None
    if hint is str and type(raw) is str:
        return _text(raw, where)
    if hint in (int, bool) and type(raw) is hint:
        return raw
    if hint in _NAMES and isinstance(raw, dict):
        return _build(hint, raw)
    raise WireError(f"{where}: wrong type")
