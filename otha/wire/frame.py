"""Frames around messages, without any I/O.

A frame is a magic of two bytes, the format's version as u8, a zero byte, the length of what follows as u32, and the
body, all big-endian.
"""

import struct

from otha.wire.errors import WireError

MAX_BODY = 1 << 20
_HEAD = struct.Struct(">2sBBI")


def frame(magic: bytes, version: int, body: bytes, max_body: int = MAX_BODY) -> bytes:
    """`body` as a frame. Raises WireError when it is too long."""
    if len(body) > max_body:
        raise WireError(f"a message of {len(body)} bytes; the limit is {max_body}")
    return _HEAD.pack(magic, version, 0, len(body)) + body


class FrameReader:
    """Takes bytes as they come; holds at most one unfinished frame."""

    def __init__(self, magic: bytes, version: int, max_body: int = MAX_BODY) -> None:
        self._magic = magic
        self._version = bytes((version,))
        self._max_body = max_body
        self._buffer = bytearray()
        self._broken = False

    def feed(self, data: bytes) -> None:
        """Take `data`. Raises WireError after a broken frame."""
        if self._broken:
            raise WireError("bytes after a broken frame")
        self._buffer += data

    def give_up(self) -> None:
        """Nothing that follows can be trusted."""
        self._broken = True
        self._buffer.clear()

    def next_body(self) -> bytes | None:
        """The next whole body, None when there is none yet. Raises WireError for what is no frame of this version."""
        buffer = self._buffer
        head = bytes(buffer[: _HEAD.size])
        if (
            not self._magic.startswith(head[:2])
            or head[2:3] not in (b"", self._version)
            or head[3:4] not in (b"", b"\0")
        ):
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
