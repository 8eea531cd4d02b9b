"""The hash chain: what is hashed, in which order, so that no two different rows share a hash's input.

Every field is length-prefixed and every kind of message starts with its own domain, so that a row can't pass for a
segment's start or a checkpoint. Integers are 8 bytes, big-endian, signed.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

ROW_DOMAIN = b"otha.journal.row.v1\x00"
SEGMENT_DOMAIN = b"otha.journal.segment.v1\x00"
CHECKPOINT_DOMAIN = b"otha.journal.checkpoint.v1\x00"
NO_HASH = bytes(32)

# A checkpoint rides with the commit that reaches its number of rows, and a commit takes at most this many. Both are
# part of the format: a verifier may expect a signature within that distance.
MAX_COMMIT_ROWS = 1_000

_LENGTH = struct.Struct(">I")
_INT = struct.Struct(">Iq")


def sized_int(value: int) -> bytes:
    """An integer as a length-prefixed field."""
    return _INT.pack(8, value)


def sized(value: bytes) -> bytes:
    """Bytes as a length-prefixed field."""
    return _LENGTH.pack(len(value)) + value


def row_fields(
    seq: int,
    wall_ns: int,
    mono_ns: int,
    boot_id: str,
    node: str,
    group: str,
    epoch: int,
    user: str,
    kind: str,
    body: str,
    prev_hash: bytes,
) -> list[bytes]:
    """The length-prefixed fields of a row in the order of the hash, one item per column."""
    integer = _INT.pack
    return [
        integer(8, seq),
        integer(8, wall_ns),
        integer(8, mono_ns),
        _sized_name(boot_id),
        _sized_name(node),
        _sized_name(group),
        integer(8, epoch),
        _sized_name(user),
        _sized_name(kind),
        sized(body.encode()),
        sized(prev_hash),
    ]


@lru_cache(maxsize=1024)
def _sized_name(value: str) -> bytes:
    """Text that many rows have in common."""
    return sized(value.encode())


def hash_fields(fields: list[bytes]) -> bytes:
    """SHA-256 over the domain and the fields of `row_fields`."""
    return sha256(ROW_DOMAIN + b"".join(fields)).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentStart:
    """How a segment begins. The first row's `prev_hash` is `link()`, so the chain holds these fields too.

    A linked segment names the file before it, the last good row there and its hash; the first segment has empty ones.
    """

    segment: int
    first_seq: int
    checkpoint_rows: int
    created_wall_ns: int
    prev_file: str
    prev_seq: int
    prev_hash: bytes

    @property
    def goes_on(self) -> bool:
        """It follows a sound segment, whose last row is `prev_seq`; a damaged one is followed at a distance."""
        return bool(self.prev_file) and self.first_seq == self.prev_seq + 1

    def link(self) -> bytes:
        """The hash that the segment's first row carries as its previous hash."""
        return sha256(
            SEGMENT_DOMAIN
            + sized_int(self.segment)
            + sized_int(self.first_seq)
            + sized_int(self.checkpoint_rows)
            + sized_int(self.created_wall_ns)
            + sized(self.prev_file.encode())
            + sized_int(self.prev_seq)
            + sized(self.prev_hash)
        ).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed statement that row `seq` had hash `hash` at `wall_ns` (nanoseconds since 1970)."""

    seq: int
    hash: bytes
    wall_ns: int
    key_id: str
    signature: bytes

    def message(self) -> bytes:
        """The bytes that the signature covers."""
        return checkpoint_message(seq=self.seq, hash_=self.hash, wall_ns=self.wall_ns, key_id=self.key_id)


def checkpoint_message(*, seq: int, hash_: bytes, wall_ns: int, key_id: str) -> bytes:
    """The bytes that a checkpoint's signature covers."""
    return CHECKPOINT_DOMAIN + sized_int(seq) + sized(hash_) + sized_int(wall_ns) + sized(key_id.encode())
