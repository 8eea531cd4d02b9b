"""One measured figure with its budget, and the arithmetic on samples."""

from collections.abc import Sequence
from dataclasses import dataclass

MS = 1_000_000
US = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure as measured. `budget`: "" when there is none; `ok`: None then. `ratio`: against the floor of the run."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    budget: str = ""
    ok: bool | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """ok, MISSED, or nothing for a figure without a budget."""
        return "" if self.ok is None else "ok" if self.ok else "MISSED"


def shown(name: str, value: float, unit: str, *, ratio: float | None = None, note: str = "") -> Figure:
    """A figure without a budget."""
    return Figure(name=name, value=value, unit=unit, ratio=ratio, note=note)


def at_least(name: str, value: float, unit: str, limit: float, *, ratio: float | None = None, note: str = "") -> Figure:
    """A figure that must reach `limit`."""
    budget = f">= {number(limit)}"
    return Figure(name=name, value=value, unit=unit, ratio=ratio, budget=budget, ok=value >= limit, note=note)


def at_most(name: str, value: float, unit: str, limit: float, *, ratio: float | None = None, note: str = "") -> Figure:
    """A figure that must not exceed `limit`."""
    budget = f"<= {number(limit)}"
    return Figure(name=name, value=value, unit=unit, ratio=ratio, budget=budget, ok=value <= limit, note=note)


def ratio_at_most(name: str, value: float, unit: str, floor: float, limit: float, *, note: str = "") -> Figure:
    """A figure that must not exceed `limit` times the floor that was measured beside it."""
    ratio = value / floor
    budget = f"<= {number(limit)} x floor"
    return Figure(name=name, value=value, unit=unit, ratio=ratio, budget=budget, ok=ratio <= limit, note=note)


def holds(name: str, holding: bool, note: str) -> Figure:
    """Something that must be so: 1 if it is."""
    return Figure(name=name, value=float(holding), unit="", budget="must hold", ok=holding, note=note)


def number(value: float) -> str:
    """Three significant digits and thousands marked, whole numbers above a thousand."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantile(samples: Sequence[float], parts: int, of: int) -> float:
    """The smallest sample that `parts`/`of` of all samples do not exceed (nearest rank). Raises ValueError if empty."""
    if not samples:
        raise ValueError("no samples")
    rank = max(1, -(-len(samples) * parts // of))
    return sorted(samples)[rank - 1]


def median(samples: Sequence[float]) -> float:
    """The nearest-rank median, which is always one of the samples."""
    return quantile(samples, 1, 2)
