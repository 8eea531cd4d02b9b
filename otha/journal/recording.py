"""The format of recordings, and how they are read.

A recording is a row of segment files, each able to be replayed on its own: a magic, then blocks, each written with one
`write()`. A block is

    length u32 | rows u32 | kind u8 | chain 16 bytes | CRC-32 of these u32 | body (zlib)

in big-endian order. `length` counts the body as stored. `chain` is BLAKE2b, keyed with the chain of the block before,
over length, rows, kind and body: a block vouches for itself and says what came before it. A body holds rows, each

    length u32 | kind u8 | now_ns i64 | payload

The first block holds the header row alone, the last one of an orderly end the end row alone. A block cut short by
the death of the process is tolerated at the end of a segment and reported as a TORN row; any other byte that does not
fit raises RecordingDamaged. The head has a CRC of its own so that a changed length never passes for a cut.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from pathlib import Path

from otha.journal.errors import RecordingDamaged, RecordingNotFound

FORMAT = 1
MAGIC = b"OTHA recording 1\n"
SUFFIX = ".rec"
CHAIN_BYTES = 16
NO_CHAIN = bytes(CHAIN_BYTES)

_SHAPE = struct.Struct(">IIB")
_HEAD = struct.Struct(f">IIB{CHAIN_BYTES}s")
_CRC = struct.Struct(">I")
_ROW = struct.Struct(">IBq")
_JSON_LENGTH = struct.Struct(">I")
BLOCK_HEAD_BYTES = _HEAD.size + _CRC.size


class RowKind(Enum):
    """What a row of a recording is."""

    HEADER = 1  # payload: `Header`; replay starts from its snapshot
    INPUT = 2  # payload: one core input
    DECISION = 3  # payload: the hash of the decision that the inputs before it led to
    GAP = 4  # payload: u64, the rows that were lost here because the disk took nothing; a new header follows
    END = 5  # payload: empty; the segment was ended in order
    TORN = 6  # payload: u64, the bytes of a block cut short; never stored, only read


class BlockKind(Enum):
    """What a block holds."""

    HEADER = 1
    ROWS = 2
    END = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a replay needs to know first. `snapshot` is the core's state before the first input that follows.

    `run` names the recorder's run and `part` counts its segments from 1; `previous` names the file before, with its
    size and the chain at its end, so that a cut or exchanged older file is noticed. They are set by the recorder.
    """

    code_version: str
    site_hash: str
    python_version: str
    snapshot: bytes
    run: str = ""
    part: int = 0
    wall_ns: int = 0
    previous_file: str = ""
    previous_bytes: int = 0
    previous_chain: str = ""

    def encode(self) -> bytes:
        """The payload of the header row."""
        text = json.dumps(
            {
                "format": FORMAT,
                "code_version": self.code_version,
                "site_hash": self.site_hash,
                "python_version": self.python_version,
                "run": self.run,
                "part": self.part,
                "wall_ns": self.wall_ns,
                "previous_file": self.previous_file,
                "previous_bytes": self.previous_bytes,
                "previous_chain": self.previous_chain,
            },
            sort_keys=True,
        ).encode()
        return _JSON_LENGTH.pack(len(text)) + text + self.snapshot


def decode_header(payload: bytes) -> Header:
    """The header in a HEADER row's payload. Raises RecordingDamaged if it is none of this format."""
    try:
        (length,) = _JSON_LENGTH.unpack_from(payload)
        fields = json.loads(payload[_JSON_LENGTH.size : _JSON_LENGTH.size + length])
        if fields.pop("format") != FORMAT:
            raise RecordingDamaged(
                "the recording has another format; replay it with the version that wrote it", offset=0
            )
        return Header(snapshot=payload[_JSON_LENGTH.size + length :], **fields)
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise RecordingDamaged(f"the header can't be read: {error}", offset=0) from error


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a recording. `now_ns` is CLOCK_MONOTONIC in nanoseconds, the `now` of the input."""

    kind: RowKind
    now_ns: int
    payload: bytes


def encode_rows(rows: Iterable[tuple[int, int, bytes]]) -> bytes:
    """The body of a block before compression, from (kind, now_ns, payload)."""
    pack = _ROW.pack
    parts = []
    for kind, now_ns, payload in rows:
        parts.append(pack(len(payload), kind, now_ns))
        parts.append(payload)
    return b"".join(parts)


def encode_block(kind: BlockKind, body: bytes, rows: int, chain: bytes) -> tuple[bytes, bytes]:
    """A block's bytes and the chain after it."""
    stored = zlib.compress(body, 1)
    chain = _next_chain(chain, _SHAPE.pack(len(stored), rows, kind.value), stored)
    head = _HEAD.pack(len(stored), rows, kind.value, chain)
    return head + _CRC.pack(zlib.crc32(head)) + stored, chain


def _next_chain(chain: bytes, shape: bytes, stored: bytes) -> bytes:
    state = blake2b(shape, digest_size=CHAIN_BYTES, key=chain)
    state.update(stored)
    return state.digest()


def recordings_in(directory: Path) -> list[Path]:
    """The segment files in `directory`, oldest first."""
    return sorted(path for path in directory.glob(f"*{SUFFIX}") if path.stem.isdecimal())


def read(path: Path) -> Iterator[Row]:
    """All rows of a segment file, or of every segment in a directory, oldest first.

    Each segment begins with its HEADER row. Raises RecordingNotFound, and RecordingDamaged where a byte was changed, or
    where a segment does not follow the one before it (cut, exchanged or missing).
    """
    try:
        is_file = path.is_file()
        segments = recordings_in(path) if not is_file and path.is_dir() else []
    except PermissionError as error:
        raise RecordingNotFound(f"{path} can't be read by this user", mend="read it as the user who owns it") from error
    if is_file:
        yield from SegmentReader(path).rows()
        return
    if not segments:
        raise RecordingNotFound(f"there is no recording at {path}")
    before: SegmentReader | None = None
    for name in segments:
        segment = SegmentReader(name)
        for row in segment.rows():
            if row.kind is RowKind.HEADER and before is not None:
                _check_previous(decode_header(row.payload), before, name)
            yield row
        before = segment


def _check_previous(header: Header, before: "SegmentReader", path: Path) -> None:
    found = (before.path.name, before.good_bytes, before.chain.hex())
    if (header.previous_file, header.previous_bytes, header.previous_chain) != found:
        expected = header.previous_file or "nothing"
        raise RecordingDamaged(f"{path.name} was written after {expected}, which is missing or was changed", offset=0)


class SegmentReader:
    """One segment file. After reading, `good_bytes` and `chain` say where its last whole block ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chain = NO_CHAIN
        self.good_bytes = 0
        self.torn_bytes = 0

    def rows(self) -> Iterator[Row]:
        """Every row, a TORN one at the end if the last block was cut short. Raises RecordingDamaged."""
        now_ns = 0
        for stored, count in self.blocks():
            body = zlib.decompress(stored)
            at = 0
            for _ in range(count):
                length, kind, now_ns = _ROW.unpack_from(body, at)
                at += _ROW.size
                yield Row(RowKind(kind), now_ns, body[at : at + length])
                at += length
        if self.torn_bytes:
            yield Row(RowKind.TORN, now_ns, self.torn_bytes.to_bytes(8, "big"))

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        """Every whole block that fits the chain, as (stored body, number of rows). Raises RecordingDamaged."""
        with self.path.open("rb") as file:
            magic = file.read(len(MAGIC))
            if magic != MAGIC:
                if not MAGIC.startswith(magic):
                    raise RecordingDamaged(f"{self.path.name} is not a recording of format {FORMAT}", offset=0)
                self.torn_bytes = len(magic)
                return
            self.good_bytes = len(magic)
            ended = False
            while head := file.read(BLOCK_HEAD_BYTES):
                if ended:
                    raise self._damaged("something follows the segment's end")
                if len(head) < BLOCK_HEAD_BYTES:
                    self.torn_bytes = len(head)
                    return
                if zlib.crc32(head[: _HEAD.size]) != _CRC.unpack_from(head, _HEAD.size)[0]:
                    raise self._damaged("its head was changed")
                length, count, kind, chain = _HEAD.unpack_from(head)
                stored = file.read(length)
                if len(stored) < length:
                    self.torn_bytes = len(head) + len(stored)
                    return
                if chain != _next_chain(self.chain, head[: _SHAPE.size], stored):
                    raise self._damaged("it was changed, or does not follow the block before it")
                ended = kind == BlockKind.END.value
                self.chain = chain
                self.good_bytes += len(head) + length
                yield stored, count

    def _damaged(self, what: str) -> RecordingDamaged:
        return RecordingDamaged(f"{self.path.name}, block at byte {self.good_bytes}: {what}", offset=self.good_bytes)
