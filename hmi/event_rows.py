"""Rows of the journal as a person reads them, and as they leave in a file. Pure."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

_NS_PER_S = 1_000_000_000
_GRAVE = frozenset({"NEEDS_OPERATOR", "HALTED", "UNVERIFIED", "SUSPECTED", "TROUBLE", "BLOCKED"})
_ARROWS = {"REQUESTED", "ENDED"}
CSV_COLUMNS = ("seq", "time_utc", "wall_ns", "group", "epoch", "user", "kind", "text", "body")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One row. `seq`: its number in the journal, 0 for one that came live and is not numbered yet."""

    seq: int
    wall_ns: int
    kind: str
    group: str
    user: str
    epoch: int
    body: str
    text: str
    grave: bool


def row_of(raw: Mapping[str, Any]) -> EventRow | None:  # Any: JSON
    """A row as QueryEvents gives it; None for one that can't be read."""
    try:
        body = raw["body"]
        return EventRow(
            seq=int(raw["seq"]),
            wall_ns=int(raw["wall_ns"]),
            kind=str(raw["kind"]),
            group=str(raw["group"]),
            user=str(raw["user"]),
            epoch=int(raw["epoch"]),
            body=json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
            text=sentence(str(raw["kind"]), body),
            grave=is_grave(str(raw["kind"]), body),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def is_grave(kind: str, body: Any) -> bool:  # Any: JSON
    """Whether it stands out in the list."""
    reasons = body.get("reasons", ()) if isinstance(body, dict) else ()
    return kind.endswith((".defect", ".refused", ".denied", ".damage")) or any(
        each.get("why") in _GRAVE for each in reasons
    )


def sentence(kind: str, body: Any) -> str:  # Any: JSON
    """What a row says, in one line: the reasons of a decision, else what else of its body is text."""
    if not isinstance(body, dict):
        return str(body)
    parts = [_reason(each) for each in body.get("reasons", ()) if isinstance(each, dict)]
    if isinstance(order := body.get("order"), dict):
        parts.insert(0, f"order {order.get('order', '')} {order.get('comment', '')}".rstrip())
    parts += [str(body[key]) for key in ("what", "why", "error", "outcome", "do", "detail") if body.get(key)]
    said = "; ".join(part for part in parts if part) or kind.rpartition(".")[2]
    return "".join(char if char.isprintable() else "?" for char in said)


def _reason(said: dict[str, Any]) -> str:
    why, args = str(said.get("why", "")), [str(each) for each in said.get("args", ())]
    words = why.lower().replace("_", " ")
    if why in _ARROWS and len(args) >= 4:
        first, second = (args[1], args[2]) if why == "REQUESTED" else (args[2], args[3])
        rest = [args[0], *args[3:]] if why == "REQUESTED" else [args[1], args[0], *args[4:]]
        return f"{words}: {first} → {second}, {', '.join(part for part in rest if part)}"
    rule = f" ({said['rule']})" if said.get("rule") else ""
    return f"{words} {' '.join(args)}".rstrip() + rule


def local_time(wall_ns: int, zone: tzinfo | None = None) -> str:
    """A time as the list shows it, in the station's time zone."""
    seconds, rest = divmod(wall_ns, _NS_PER_S)
    at = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    return f"{at:%Y-%m-%d %H:%M:%S}.{rest // 1_000_000:03d}"


def as_csv(rows: Iterable[EventRow]) -> str:
    """The rows as RFC 4180 text. A cell that a spreadsheet would take for a formula is quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        at = datetime.fromtimestamp(row.wall_ns // _NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        utc = f"{at}.{row.wall_ns % _NS_PER_S:09d}Z"
        cells = (row.seq, utc, row.wall_ns, row.group, row.epoch, row.user, row.kind, row.text, row.body)
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
