"""What the journal's writer obeys (its limits) and what it says (troubles, its status)."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A segment that was found damaged and kept. The journal goes on in `new_file`, whose first row says all this."""

    file: Path
    new_file: Path
    first_bad_seq: int
    what: str
    last_good_seq: int
    last_good_hash: bytes


class TroubleKind(Enum):
    """What is the matter with the journal."""

    DISK = "disk"  # rows wait and don't become durable
    FULL = "full"  # rows are refused
    DAMAGE = "damage"  # a segment is damaged; a new one was linked to it
    OVER = "over"  # rows become durable again


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Told through `on_trouble`, once per change. `damage` comes with DAMAGE."""

    kind: TroubleKind
    what: str
    damage: Damage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When groups are committed, signed and folded, and how much may wait. The defaults are the design's.

    A row waits at most `group_ms`, or until `group_rows` wait. Urgent rows find `urgent_reserve_rows` kept free for
    them. `check_rows` of the newest rows are verified on opening. A disk in trouble is tried again after `retry_ms`,
    then after twice that, up to `retry_max_ms`. A segment is closed and the next one begun when its file has
    `segment_bytes` or is `segment_s` old (0: never for that reason); a row on its way is in one of the two.
    """

    group_ms: int = 20
    group_rows: int = 100
    checkpoint_rows: int = 1_000
    checkpoint_s: int = 60
    queue_rows: int = 65_536
    urgent_reserve_rows: int = 4_096
    fold_rows: int = 4_000
    check_rows: int = 20_000
    retry_ms: int = 50
    retry_max_ms: int = 1_000
    segment_bytes: int = 0
    segment_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalStatus:
    """A glance for metrics: rows waiting, the newest durable row, rows refused, and what is the matter ("" if fine)."""

    path: Path | None
    waiting_rows: int
    last_seq: int
    refused_rows: int
    trouble: str
