"""What OTHA answers to an order, and what a selection would do: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a selection would do. `passed`: what stands against it and is passed over, by a bypass, a confirmation or a
    wait, each as text."""

    transfer: str
    from_node: str
    to_node: str
    needs_confirmation: bool
    passed: tuple[str, ...]
    for_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer of a method, as `otha.names.ANSWER` lists it."""

    accepted: bool
    durable: bool = True
    obstacles: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    preview: Preview | None = None


def preview_of(raw: Mapping[str, Any]) -> Preview | None:  # Any: JSON
    """The preview in an answer; None when there is none that can be read."""
    try:
        return Preview(
            transfer=str(raw["transfer"]),
            from_node=str(raw["from_node"] or ""),
            to_node=str(raw["to_node"]),
            needs_confirmation=bool(raw["needs_confirmation"]),
            passed=tuple(obstacle_text(each) for each in raw["passed"]),
            for_ms=int(raw["for_ms"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def obstacle_text(raw: Any) -> str:  # Any: JSON
    """One obstacle of OTHA's as a text: code, detail and rule."""
    detail = f": {raw['detail']}" if raw.get("detail") else ""
    rule = f" ({raw['rule']})" if raw.get("rule") else ""
    return f"{str(raw['block']).replace('_', ' ')}{detail}{rule}"
