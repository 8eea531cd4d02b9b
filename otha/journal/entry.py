"""One entry of the journal before it is written, and one row after."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from otha.journal.errors import EntryRefused

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MAX_DEPTH = 32
MAX_BODY_BYTES = 1 << 20

_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode


# What holds nothing else. Most of a body is of these, so only the others cost a call each.
_PLAIN = frozenset({str, int, bool, type(None)})


def _check(value: object, depth: int) -> None:
    """Raise EntryRefused for what has no canonical form; `value` itself is none of `_PLAIN`."""
    if depth >= MAX_DEPTH:
        raise EntryRefused(f"a body nested deeper than {MAX_DEPTH}")
    items: Iterable[object]
    if type(value) is dict:
        items = value.values()
        for key in value:
            if type(key) is not str:
                raise EntryRefused(f"a body's key must be text, not {type(key).__name__}")
    elif type(value) is list or type(value) is tuple:
        items = value
    else:
        # Floats differ between platforms and enums between versions; evidence holds neither.
        kind = type(value).__name__
        raise EntryRefused(f"a body holds integers, text, booleans, null, lists and tables, not {kind}")
    for item in items:
        if type(item) not in _PLAIN:
            _check(item, depth + 1)


def canonical_json(body: Mapping[str, Any]) -> str:
    """The one JSON text of `body`: sorted keys, no blanks, no floats, UTF-8.

    Raises EntryRefused for a value without a canonical form, a body nested too deep, or one above 1 MiB.
    """
    _check(dict(body) if type(body) is not dict else body, 0)
    text = _encode(body)
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError as error:
        raise EntryRefused("a body holds half a surrogate pair, which is no text") from error
    if size > MAX_BODY_BYTES:
        raise EntryRefused(f"a body of {size} bytes; the limit is {MAX_BODY_BYTES}")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is to be written down.

    `kind` is a dotted word ("transfer.intent"); `body` holds integers, text, booleans, None, lists and tables.
    `group`, `node` and `user` may be empty; `epoch` is 0 where none applies.
    `mono_ns` (CLOCK_MONOTONIC) is when it happened; None means when it is handed in.
    """

    kind: str
    body: Mapping[str, Any]
    group: str = ""
    node: str = ""
    epoch: int = 0
    user: str = ""
    mono_ns: int | None = None


def check_fields(entry: Entry) -> None:
    """Raise EntryRefused if a field beside the body can't be stored exactly."""
    if not entry.kind:
        raise EntryRefused("an entry without a kind")
    for text in (entry.kind, entry.group, entry.node, entry.user):
        if not text.isprintable():
            raise EntryRefused(f"a name with characters that can't be printed: {text!r}")
    if not INT64_MIN <= entry.epoch <= INT64_MAX:
        raise EntryRefused(f"epoch {entry.epoch} is beyond 64 bits")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One durable row. Hashes are 32 bytes; `body` is the canonical JSON text; times are nanoseconds."""

    seq: int
    wall_ns: int
    mono_ns: int
    boot_id: str
    node: str
    group: str
    epoch: int
    user: str
    kind: str
    body: str
    prev_hash: bytes
    hash: bytes

    def as_dict(self) -> dict[str, Any]:
        """The row for people and exports: the body parsed, the hashes as hexadecimal text."""
        return {
            "seq": self.seq,
            "wall_ns": self.wall_ns,
            "mono_ns": self.mono_ns,
            "boot_id": self.boot_id,
            "node": self.node,
            "group": self.group,
            "epoch": self.epoch,
            "user": self.user,
            "kind": self.kind,
            "body": json.loads(self.body),
            "prev_hash": self.prev_hash.hex(),
            "hash": self.hash.hex(),
        }


# The columns of the table in the order of the hash; "group" is a word of SQL, so the column is group_name.
COLUMNS: Sequence[str] = (
    "seq",
    "wall_ns",
    "mono_ns",
    "boot_id",
    "node",
    "group_name",
    "epoch",
    "user",
    "kind",
    "body",
    "prev_hash",
    "hash",
)
