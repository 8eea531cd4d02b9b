"""Transfers and drills as the journal tells of them: one a line, and what the next one may be expected to do. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# While these last nobody drives: from the fence of the old node to the outputs of the new one (docs/judgements.md).
_GAP = ("T_fence", "T_promote", "T_track", "T_release", "T_redirect", "T_verify")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRow:
    """One transfer. Times in ms, -1: not known. `bump`: hundredths of a percent of span, -1: not known."""

    id: int
    group: str
    kind: str
    drill: bool
    from_node: str
    to_node: str
    cause: str
    by: str
    wall_ns: int
    ending: str
    detail: str
    took_ms: int
    gap_ms: int
    gap_bound_ms: int
    bump: int
    bump_output: str
    kept: bool | None

    @property
    def well(self) -> bool:
        """It ended as it was wanted."""
        return self.ending == "done"


def row_of(raw: Any) -> TransferRow | None:  # Any: JSON
    """A transfer as `Transfers` gives it; None for one that can't be read."""
    try:
        steps = [each for each in raw["steps"] if each["name"] in _GAP]
        bounds = [each["bound_ms"] for each in steps]
        judged = [each["kept"] for each in raw["steps"] if each["kept"] is not None]
        bump = raw["bump"]
        return TransferRow(
            id=int(raw["id"]),
            group=str(raw["group"]),
            kind=str(raw["kind"]),
            drill=bool(raw["drill"]),
            from_node=str(raw["from_node"]),
            to_node=str(raw["to_node"]),
            cause=str(raw["cause"] or ""),
            by=str(raw["ordered_by"]),
            wall_ns=int(raw["requested_wall_ns"]),
            ending=str(raw["ending"]),
            detail=str(raw["detail"]),
            took_ms=-1 if raw["took_ms"] is None else round(raw["took_ms"]),
            gap_ms=round(sum(each["ms"] for each in steps)) if steps else -1,
            gap_bound_ms=-1 if not bounds or None in bounds else round(sum(bounds)),
            bump=-1 if bump is None else int(bump["by"]),
            bump_output="" if bump is None else str(bump["output"]),
            kept=all(judged) if judged else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def like(rows: Iterable[TransferRow], group: str) -> TransferRow | None:
    """The newest transfer of the group that ended well: what the next one may be expected to do."""
    done = [row for row in rows if row.group == group and row.well]
    return max(done, key=lambda row: row.wall_ns, default=None)


def percent(hundredths: int) -> str:
    """A bump, of span."""
    return "-" if hundredths < 0 else f"{hundredths / 100:.2f} %"
