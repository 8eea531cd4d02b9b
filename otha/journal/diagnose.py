"""Which field of a damaged row was changed, found by trying what would make its hash fit again."""

from collections.abc import Sequence
from hashlib import sha256

from otha.journal.chain import ROW_DOMAIN, hash_fields, row_fields, sized
from otha.journal.entry import COLUMNS

MAX_HASHED = 300_000_000  # bytes; half a second. A row of some 1,000 bytes is still searched whole
_INTEGERS = frozenset({"seq", "wall_ns", "mono_ns", "epoch"})
_BLOBS = frozenset({"prev_hash", "hash"})
_PREFIX_BYTES = 4
_BLOCK = 1000
# What breaks by itself is most often one bit: those are tried everywhere before anything else is.
_ONE_BIT = tuple(1 << bit for bit in range(8))
_MORE_BITS = tuple(mask for mask in range(1, 256) if mask not in _ONE_BIT)


def type_fault(column: str, value: object) -> str:
    """What is wrong with the type of a stored value, text being read as bytes; "" if nothing."""
    if column in _INTEGERS:
        return "" if type(value) is int else "is not an integer any more"
    if type(value) is not bytes:
        return "is neither text nor bytes any more"
    if column in _BLOBS:
        return "" if len(value) == 32 else f"has {len(value)} bytes instead of 32"
    try:
        value.decode()
    except UnicodeDecodeError:
        return "is not UTF-8 any more"
    return ""


def decode_row(values: Sequence[object]) -> tuple[list[bytes], str, str]:
    """The length-prefixed fields of a stored row, or the (column, fault) that keeps it from being read.

    Returns (fields without the hash, "", "") or ([], column, what).
    """
    decoded: list[object] = []
    for column, value in zip(COLUMNS, values, strict=True):
        if fault := type_fault(column, value):
            return [], column, fault
        text = column not in _INTEGERS and column not in _BLOBS
        decoded.append(value.decode() if text and isinstance(value, bytes) else value)
    return row_fields(*decoded[:-1]), "", ""  # type: ignore[arg-type]


def changed_field(
    fields: list[bytes], stored_hash: bytes, true_prev: bytes, next_prev: bytes | None
) -> tuple[str, str]:
    """The (column, what) whose change explains why the row's hash does not fit; ("", what) if nothing explains it.

    `true_prev` is the hash of the row before, `next_prev` what the row after or a checkpoint says this row's hash was.
    """
    if next_prev is not None and next_prev == hash_fields(fields) and fields[-1][_PREFIX_BYTES:] == true_prev:
        return "hash", "the stored hash was changed"
    if hash_fields([*fields[:-1], sized(true_prev)]) == stored_hash:
        return "prev_hash", "the stored previous hash was changed"
    for masks in (_ONE_BIT, _MORE_BITS):
        if found := _one_byte(fields, stored_hash, masks):
            column, position = found
            return column, f"byte {position} was changed"
    return "", "one of its fields was changed, or the row was replaced"


def _one_byte(fields: list[bytes], stored_hash: bytes, masks: Sequence[int]) -> tuple[str, int] | None:
    """The column, and the position from 1, of the one byte that explains the hash: a mask undoes its change.

    None if there is none among those that may be tried.
    """
    whole = b"".join(fields)
    hashed = start = 0
    for column, field in zip(COLUMNS, fields, strict=False):
        # A short rest costs as much as a block of the hash.
        hashed += (len(field) - _PREFIX_BYTES) * len(masks) * max(len(whole) - start, _BLOCK)
        if hashed > MAX_HASHED:
            return None
        for at in range(start + _PREFIX_BYTES, start + len(field)):
            # What stands before the byte is hashed once for all that is tried in its place.
            before, after = sha256(ROW_DOMAIN + whole[:at]), whole[at + 1 :]
            for mask in masks:
                trial = before.copy()
                trial.update(bytes((whole[at] ^ mask,)) + after)
                if trial.digest() == stored_hash:
                    return column, at - start - _PREFIX_BYTES + 1
        start += len(field)
    return None
