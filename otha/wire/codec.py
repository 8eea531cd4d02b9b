"""Messages to bytes and back, without any I/O.

A frame is the magic "OW", the format's version as u8, a zero byte, the length of what follows as u32, and the message
as canonical JSON (sorted keys, no blanks, ASCII), all big-endian.
"""

import json
import struct
from typing import Any

from otha.wire.errors import WireError
from otha.wire.message import Message, from_json, to_json

MAGIC = b"OW"
VERSION = 1
MAX_BODY = 1 << 20
_HEAD = struct.Struct(">2sBBI")


def encode(message: Message) -> bytes:
    """The frame of a message. Raises WireError when it is too long or holds what JSON can't carry."""
    try:
        body = json.dumps(
            to_json(message), sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True
        ).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise WireError(f"a message that can't be written: {error}") from error
    if len(body) > MAX_BODY:
        raise WireError(f"a message of {len(body)} bytes; the limit is {MAX_BODY}")
    return _HEAD.pack(MAGIC, VERSION, 0, len(body)) + body


def _no_float(text: str) -> Any:  # Any: never returns
    raise WireError(f"a message with the number {text[:40]!r}: only integers travel")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # Any: JSON
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WireError("a message that names a key twice")
    return found


def _parse(body: bytes) -> Message:
    try:
        raw = json.loads(body, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_no_repeats)
    except (ValueError, RecursionError) as error:
        raise WireError("a message that is no JSON") from error
    return from_json(raw)


class Decoder:
    """Takes bytes as they come; holds at most one unfinished frame."""

    def __init__(self, max_body: int = MAX_BODY) -> None:
        self._max_body = max_body
        self._buffer = bytearray()
        self._broken = False

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes. Raises WireError, also on every further call after one."""
        if self._broken:
            raise WireError("bytes after a broken frame")
        self._buffer += data
        messages: list[Message] = []
        try:
            while (body := self._next_body()) is not None:
                messages.append(_parse(body))
        except WireError:
            self._broken = True
            self._buffer.clear()
            raise
        return messages

    def _next_body(self) -> bytes | None:
        buffer = self._buffer
        head = bytes(buffer[: _HEAD.size])
        if not MAGIC.startswith(head[:2]) or head[2:3] not in (b"", bytes((VERSION,))) or head[3:4] not in (b"", b"\0"):
            raise WireError("no message of this version", mend="use the otha command of the version that is running")
        if len(head) < _HEAD.size:
            return None
        length = int.from_bytes(head[4:], "big")
        if length > self._max_body:
            raise WireError(f"a message of {length} bytes; the limit is {self._max_body}")
        end = _HEAD.size + length
        if len(buffer) < end:
            return None
        body = bytes(buffer[_HEAD.size : end])
        del buffer[:end]
        return body
