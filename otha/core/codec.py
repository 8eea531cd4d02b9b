"""Bytes of the core's inputs and state, for the recorder and replay.

Heartbeats are nine inputs in ten, so they have a packed form of their own; the rest is canonical.
"""

import inspect
import struct
from enum import Enum
from typing import cast

from otha.core import (
    alarm,
    alarm_machine,
    canon,
    conditions,
    config,
    inputs,
    order_book,
    plant_alarms,
    reasons,
    window,
    words,
)
from otha.core.canon import CanonError
from otha.core.group import request, state
from otha.core.inputs import HeartbeatEnded, Input, NodeReading
from otha.core.watch import bump, channel, condition, gate, node, observer, selector
from otha.core.words import Answer

_MODULES = (
    conditions, config, inputs, words, reasons, alarm, alarm_machine, order_book, plant_alarms, request, state, bump,
    channel, condition, gate, node, observer, selector, window,
)  # fmt: skip
_KINDS: dict[str, type] = {
    name: kind
    for module in _MODULES
    for name, kind in inspect.getmembers(module, inspect.isclass)
    if kind.__module__.startswith("otha.core") and (hasattr(kind, "__dataclass_fields__") or issubclass(kind, Enum))
}

_HEARTBEAT = 0x48
_NO_READING = 0xFFFF
_HEAD = struct.Struct(">BBBH")
_NUMBERS = struct.Struct(">13qB")
# What no reading can be (`otha.site.opcua` lets none through).
_BAD = -(1 << 63)
_FIELDS = (
    "heartbeat", "cycle", "role", "level", "position", "acked", "lag_ms", "data_age_ms", "session", "epoch", "missing",
    "stored", "pending",
)  # fmt: skip


def _told(tracked: tuple[int | None, ...]) -> list[int]:
    return [_BAD if value is None else value for value in tracked]


def _encode_heartbeat(raw: HeartbeatEnded) -> bytes:
    name = raw.channel.encode()
    reading = raw.reading
    if reading is None:
        return _HEAD.pack(_HEARTBEAT, raw.answer.value, len(name), _NO_READING) + name
    r = reading
    said = (
        r.heartbeat, r.cycle, r.role, r.level, r.position, r.acked, r.lag_ms, r.data_age_ms, r.session, r.epoch,
        r.missing,
        r.stored, r.pending,
    )  # fmt: skip
    mask = 0
    numbers = []
    for bit, number in enumerate(said):
        if number is not None:
            mask |= 1 << bit
        numbers.append(number or 0)
    count = len(r.tracked)
    head = _HEAD.pack(_HEARTBEAT, raw.answer.value, len(name), mask)
    return head + name + _NUMBERS.pack(*numbers, count) + struct.pack(f">{count}q", *_told(r.tracked))


def _decode_heartbeat(data: bytes) -> HeartbeatEnded:
    _, answer, length, mask = _HEAD.unpack_from(data)
    at = _HEAD.size
    channel_name = data[at : at + length].decode()
    at += length
    if mask == _NO_READING:
        return HeartbeatEnded(channel=channel_name, answer=Answer(answer), reading=None)
    *numbers, count = _NUMBERS.unpack_from(data, at)
    tracked = struct.unpack_from(f">{count}q", data, at + _NUMBERS.size)
    said = [number if mask >> bit & 1 else None for bit, number in enumerate(numbers)]
    values = tuple(None if value == _BAD else value for value in tracked)
    reading = NodeReading(tracked=values, **dict(zip(_FIELDS, said, strict=True)))
    return HeartbeatEnded(channel=channel_name, answer=Answer(answer), reading=reading)


def encode_input(raw: Input) -> bytes:
    """Bytes of one input."""
    if type(raw) is HeartbeatEnded:
        return _encode_heartbeat(raw)
    return canon.encode(raw)


def decode_input(data: bytes) -> Input:
    """The input that `encode_input` wrote. Raises CanonError for anything else."""
    if data[:1] == bytes([_HEARTBEAT]):
        try:
            raw = _decode_heartbeat(data)
        except (struct.error, ValueError) as error:
            raise CanonError(f"damaged heartbeat: {error}", mend="the recording is damaged") from error
        if _encode_heartbeat(raw) != data:
            raise CanonError("bytes that no heartbeat is written as", mend="the recording is damaged")
        return raw
    value = canon.decode(data, _KINDS)
    if type(value).__name__ not in _INPUT_NAMES:
        raise CanonError(f"{type(value).__name__} is no input", mend="the recording is damaged")
    return cast(Input, value)


_INPUT_NAMES = frozenset(kind.__name__ for kind in Input.__args__)


def decode_state(data: bytes) -> object:
    """A snapshot of `Supervision`, as `canon.encode` wrote it. Raises CanonError for anything else."""
    return canon.decode(data, _KINDS)
