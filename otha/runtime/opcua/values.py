"""What OPC UA values become between the processes: whole numbers, short texts, ages in milliseconds."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from asyncua import ua

from otha.site.opcua import INT64_MAX, NodeName, Value, Want, parse_node

_TEXT_MAX = 200
_MS = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BAD = 0x8000_0000
_SEVERITY = 0xC000_0000


# Any: asyncua's annotations name its own aliases of int, str, bytes and UUID, and take these.
def id_of(identifier: Any, index: Any = 0) -> ua.NodeId:
    """A NodeId as asyncua wants it; its kind follows from the identifier's type."""
    return ua.NodeId(identifier, index)


def node_id(name: NodeName, namespaces: Sequence[str]) -> ua.NodeId | None:
    """The NodeId at a server with these namespaces; None when it does not know the name's."""
    if name.namespace is None:
        index = 0
    elif name.namespace in namespaces:
        index = namespaces.index(name.namespace)
    else:
        return None
    return id_of(name.identifier, index)


def resolve(text: str, namespaces: Sequence[str]) -> ua.NodeId | None:
    """As `node_id`, from a written NodeId. Raises ValueError when it is none."""
    return node_id(parse_node(text), namespaces)


def is_bad(value: ua.DataValue) -> bool:
    """Whether the StatusCode says that the value must not be used. Uncertain counts as usable."""
    return value.StatusCode is not None and bool(value.StatusCode.value & _BAD)


def is_good(value: ua.DataValue) -> bool:
    """Whether the StatusCode vouches for the value: its severity is Good (Part 4, 7.39), neither Uncertain nor Bad."""
    return value.StatusCode is None or not value.StatusCode.value & _SEVERITY


def aware(moment: object) -> datetime | None:
    """A DateTime of OPC UA, which is UTC; None for what is none or is the standard's "no time"."""
    if not isinstance(moment, datetime):
        return None
    made = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return made if made > _EPOCH else None


def plain(value: ua.DataValue, want: Want, counts_per_unit: int, server_now: datetime | None) -> Value:
    """What is wanted of a value, None when it is not there. `server_now`: the server's own clock, for ages."""
    if is_bad(value):
        return None
    if want is Want.AGE:
        then = aware(value.SourceTimestamp)
        return None if then is None or server_now is None else max((server_now - then) // _MS, 0)
    inner = None if value.Value is None else value.Value.Value
    return text(inner) if want is Want.TEXT else number(inner, counts_per_unit)


def number(value: object, counts_per_unit: int = 1) -> int | None:
    """A number times `counts_per_unit`, rounded; a moment as milliseconds since 1970; None for anything else."""
    made: int | None = None
    match value:
        case bool():
            made = int(value)
        case int():
            made = int(value) * counts_per_unit
        case float() if math.isfinite(value * counts_per_unit):
            made = round(value * counts_per_unit)
        case datetime():
            moment = aware(value)
            made = None if moment is None else (moment - _EPOCH) // _MS
        case _:
            pass
    return made if made is None or -INT64_MAX <= made <= INT64_MAX else None


def text(value: object) -> str | None:
    """A text, or the first one of a list."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, ua.LocalizedText):
        value = value.Text
    if not isinstance(value, str):
        return None
    return value[:_TEXT_MAX].encode(errors="replace").decode()
