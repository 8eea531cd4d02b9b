"""The measures of EEMUA 191 and ISA-18.2 beside what these accept. Pure."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from hmi.alarm_rows import PRIORITIES

Json = dict[str, Any]  # Any: JSON


class Figure(Enum):
    """What is measured, for one operator."""

    ANNUNCIATIONS = "annunciations"
    RATE = "per_10_min_milli"
    PEAK = "peak_10_min"
    ABOVE_10 = "above_10_permille"
    FLOODS = "floods"
    IN_FLOOD = "in_flood_permille"
    STANDING = "standing_24_h"
    CHATTERING = "chattering"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure. `accepted`: "" where none is given; `well`: None where nothing is accepted or refused."""

    figure: Figure
    value: str
    accepted: str
    well: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of something, in per mille, and how many are expected (-1: nothing is)."""

    name: str
    count: int
    permille: int
    expected: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """All of it, for the time from `begin` to `end` as texts."""

    begin: str
    end: str
    measures: tuple[Measure, ...]
    priorities: tuple[Share, ...]
    top: tuple[Share, ...]
    standing: tuple[str, ...]
    chattering: tuple[str, ...]
    counts: tuple[int, ...]


def read(raw: Any) -> Kpi | None:  # Any: JSON
    """The measures as `otha alarms kpi --json` has them; None for what can't be read."""
    try:
        standing, chattering = _named(raw["standing_24_h"]), _named(raw["chattering"])
        return Kpi(
            begin=str(raw["from"]),
            end=str(raw["to"]),
            measures=_measures(raw, len(standing), len(chattering)),
            priorities=tuple(
                Share(name=name, count=each["count"], permille=each["permille"], expected=each["expected_permille"])
                for name, each in sorted(raw["priorities"].items(), key=lambda pair: _rank(pair[0]))
            ),
            top=tuple(
                Share(name=f"{each['group']} {each['alarm']}".strip(), count=each["count"], permille=each["permille"])
                for each in raw["top_ten"]
            ),
            standing=standing,
            chattering=chattering,
            counts=tuple(int(each) for each in raw.get("counts", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _rank(priority: str) -> int:
    return PRIORITIES.index(priority) if priority in PRIORITIES else len(PRIORITIES)


def _named(raw: list[Json]) -> tuple[str, ...]:
    return tuple(f"{each['group']} {each['alarm']}".strip() for each in raw)


def _measures(raw: Json, standing: int, chattering: int) -> tuple[Measure, ...]:
    rate, above, flooded = raw["per_10_min_milli"], raw["above_10_permille"], raw["in_flood_permille"]
    rows = (
        (Figure.ANNUNCIATIONS, str(raw["annunciations"]), "", None),
        (Figure.RATE, f"{rate / 1000:.2f}", "1 … 2", rate <= 2000),
        (Figure.PEAK, str(raw["peak_10_min"]), "≤ 10", raw["peak_10_min"] <= 10),
        (Figure.ABOVE_10, f"{above / 10:.1f} %", "< 1 %", above < 10),
        (Figure.FLOODS, str(raw["floods"]), "", None),
        (Figure.IN_FLOOD, f"{flooded / 10:.1f} %", "< 1 %", flooded < 10),
        (Figure.STANDING, str(standing), "< 5", standing < 5),
        (Figure.CHATTERING, str(chattering), "0", chattering == 0),
    )
    return tuple(Measure(figure=each[0], value=each[1], accepted=each[2], well=each[3]) for each in rows)
