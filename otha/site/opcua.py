"""OPC UA nodes to readings: how nodes are named, what is read in a heartbeat, and what the values say.

A NodeId is written with its namespace's URI, never with an index: indexes differ from server to server and may change
at every start (OPC UA Part 3, section 8.2).
"""

import base64
import binascii
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import reduce

from otha.core.inputs import NodeReading, SelectorReading
from otha.core.words import Role
from otha.site.decode import LEVEL_MAX, GarbledReadingError
from otha.site.profile_file import SwitchTable, Word

NODE_FORM = 'Write "nsu=NAMESPACE-URI;s=NAME" (or ;i=NUMBER), or "i=2267" for a node of the standard namespace'
INT64_MAX = (1 << 63) - 1

_NODE = re.compile(r"(?:nsu=([^;]+);)?([isgb])=(.+)", re.DOTALL)
_NUMERIC_MAX = 0xFFFF_FFFF

Value = int | str | None
Finish = Callable[[int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeName:
    """A NodeId without an index. `namespace` is None for the standard one."""

    namespace: str | None
    identifier: int | str | uuid.UUID | bytes


def parse_node(text: str) -> NodeName:
    """The parts of a written NodeId. Raises ValueError, which says what is wrong."""
    if text.startswith("ns="):
        raise ValueError("namespace indexes differ from server to server")
    found = _NODE.fullmatch(text)
    if found is None:
        raise ValueError("this is no NodeId")
    namespace, kind, rest = found.groups()
    if namespace is not None:
        # Part 6, section 5.3.1.11: these two characters are escaped in a namespace URI.
        namespace = namespace.replace("%3B", ";").replace("%3b", ";").replace("%25", "%")
    return NodeName(namespace=namespace, identifier=_identifier(kind, rest))


def _identifier(kind: str, text: str) -> int | str | uuid.UUID | bytes:
    match kind:
        case "i":
            if not text.isdecimal() or not text.isascii() or int(text) > _NUMERIC_MAX:
                raise ValueError(f"a numeric identifier is a whole number up to {_NUMERIC_MAX}")
            return int(text)
        case "g":
            return uuid.UUID(text)
        case "b":
            try:
                return base64.b64decode(text, validate=True)
            except binascii.Error:
                raise ValueError("an opaque identifier is written in base64") from None
        case _:
            return text


class Want(Enum):
    """What is taken of a node: its number, its text, or the age of its SourceTimestamp in milliseconds."""

    NUMBER = "number"
    TEXT = "text"
    AGE = "age"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRead:
    """One value of a heartbeat. A number is multiplied by `counts_per_unit` and rounded."""

    node: str
    want: Want
    counts_per_unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpcuaDecoder:
    """A profile compiled for one node: one Read service call, and what its values mean.

    `switches` pairs a switch's name with the positions of its epoch and of the number of the node that it uses.
    `items` pairs an item's name with its position in `reads` and how its value is finished; `checks` pairs a position
    with the value it must have; `tracked` are positions. `level`: a fixed ServiceLevel. `vital`: positions without
    which the reply is worth nothing.
    """

    what: str
    reads: tuple[NodeRead, ...]
    items: tuple[tuple[str, int, Finish], ...]
    checks: tuple[tuple[int, int | str], ...]
    tracked: tuple[int, ...]
    vital: frozenset[int]
    roles: dict[int, int]
    level: int | None
    standby_levels: dict[int, int]
    switches: tuple[tuple[str, int, int], ...]


class _Reads:
    """The reads of a decoder, each once."""

    def __init__(self) -> None:
        self.places: dict[NodeRead, int] = {}

    def place(self, node: str, want: Want, counts_per_unit: int = 1) -> int:
        read = NodeRead(node=node, want=want, counts_per_unit=counts_per_unit)
        return self.places.setdefault(read, len(self.places))

    def word(self, word: Word) -> int:
        assert word.node is not None
        if word.source_age:
            return self.place(word.node, Want.AGE)
        return self.place(word.node, Want.NUMBER, word.counts_per_unit)


def _finish(word: Word) -> Finish:
    steps: list[Finish] = []
    if word.bit is not None:
        bit, mask = word.bit, (1 << word.bits) - 1
        steps.append(lambda value: value >> bit & mask)
    if word.replace:
        instead = {int(code): level for code, level in word.replace.items()}
        steps.append(lambda value: instead.get(value, value))
    if word.ms_per_count != 1:
        factor = word.ms_per_count
        steps.append(lambda value: value * factor)
    return lambda value: reduce(lambda made, step: step(made), steps, value)


def compile_opcua(
    what: str,
    items: dict[str, Word],
    tags: dict[str, Word],
    checks: Sequence[tuple[str, int | str]],
    tracked: tuple[str, ...],
    switches: dict[str, SwitchTable],
) -> OpcuaDecoder:
    """The decoder of a profile whose nodes are complete; `tracked` names the tags to deliver, in order."""
    reads = _Reads()
    places = [(name, reads.word(word), _finish(word)) for name, word in items.items() if word.node is not None]
    checked = [
        (reads.place(node, Want.TEXT if isinstance(wanted, str) else Want.NUMBER), wanted) for node, wanted in checks
    ]
    switched = tuple(
        (name, reads.place(switch.epoch, Want.NUMBER), reads.place(switch.node, Want.NUMBER))
        for name, switch in switches.items()
    )
    tracked_places = tuple(reads.word(tags[name]) for name in tracked)
    role, level = items.get("role"), items.get("level")
    vital = {place for place, _ in checked} | {place for name, place, _ in places if name == "heartbeat"}
    return OpcuaDecoder(
        what=what,
        reads=tuple(reads.places),
        items=tuple(places),
        checks=tuple(checked),
        tracked=tracked_places,
        vital=frozenset(vital),
        roles={} if role is None else {int(code): meant.value for code, meant in role.codes.items()},
        level=None if level is None else level.fixed,
        standby_levels={} if level is None else {int(c): v for c, v in level.replace_when_standby.items()},
        switches=switched,
    )


def _fits(value: int | None) -> int | None:
    """What no recording can hold is as good as unsaid."""
    return value if value is None or -INT64_MAX <= value <= INT64_MAX else None


def decode_node_values(decoder: OpcuaDecoder, values: Sequence[Value]) -> NodeReading:
    """The values of a heartbeat's reads, in their order; None is what the server gave with a Bad status or not at all.

    Raises GarbledReadingError when heartbeat or check is missing, a check differs, or a ServiceLevel is above 255.
    """
    if len(values) != len(decoder.reads):
        raise GarbledReadingError(f"{decoder.what}: {len(values)} values, expected {len(decoder.reads)}")
    for position in decoder.vital:
        if values[position] is None:
            raise GarbledReadingError(f"{decoder.what}: no value of {decoder.reads[position].node}")
    for position, wanted in decoder.checks:
        if values[position] != wanted:
            node = decoder.reads[position].node
            raise GarbledReadingError(f"{decoder.what}: {node} is {values[position]!r}, expected {wanted!r}")
    said: dict[str, int | None] = {}
    for name, position, finish in decoder.items:
        value = values[position]
        said[name] = _fits(finish(value)) if isinstance(value, int) else None
    role = said.get("role")
    if role is not None:
        role = decoder.roles.get(role, Role.UNKNOWN.value)
    level = said.get("level") if decoder.level is None else decoder.level
    if level is not None and role == Role.STANDBY.value:
        level = decoder.standby_levels.get(level, level)
    if level is not None and not 0 <= level <= LEVEL_MAX:
        raise GarbledReadingError(f"{decoder.what}: ServiceLevel {level}")
    tracked = [_fits(value) if isinstance(value, int) else None for value in (values[p] for p in decoder.tracked)]
    return NodeReading(
        heartbeat=said.get("heartbeat"),
        cycle=said.get("cycle"),
        role=role,
        level=level,
        position=said.get("position"),
        acked=said.get("acked"),
        lag_ms=said.get("lag_ms"),
        data_age_ms=said.get("data_age_ms"),
        session=said.get("session"),
        epoch=said.get("epoch"),
        missing=said.get("missing"),
        stored=said.get("stored"),
        pending=said.get("pending"),
        tracked=tuple(tracked),
    )


def decode_switches(decoder: OpcuaDecoder, values: Sequence[Value]) -> tuple[tuple[str, SelectorReading | None], ...]:
    """What the switches of a client say, by name; None where the server gave no value that can be one."""
    return tuple(
        (name, decode_switch(values[epoch_at], values[node_at])) for name, epoch_at, node_at in decoder.switches
    )


def decode_switch(epoch: Value, node: Value) -> SelectorReading | None:
    """What a client's switch says, from the values of its two nodes; None when they can be none."""
    if not isinstance(epoch, int) or not isinstance(node, int) or not 0 <= epoch <= _NUMERIC_MAX or node < 0:
        return None
    return SelectorReading(epoch=epoch, node=node)
