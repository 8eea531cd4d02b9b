"""One sample of the plant: what the collector produces, historians keep, and everybody sends as flat Int64 arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

TAGS: Final = (
    *("level_1", "level_2", "pump_1", "pump_2", "valve"),
    *("header_level", "supply_pump", "return_valve"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`seq` counts up without a gap from 1; `at_ns` is the wall clock's; `values` are those of `TAGS`, 0..10000."""

    seq: int
    at_ns: int
    values: tuple[int, ...]


def flat(rows: Sequence[Row]) -> list[int]:
    """Rows one after the other: seq, at_ns, values."""
    return [number for row in rows for number in (row.seq, row.at_ns, *row.values)]


def parse(numbers: Sequence[int]) -> list[Row] | None:
    """The reverse of `flat`; None when the numbers are no whole rows."""
    width = len(TAGS) + 2
    if len(numbers) % width:
        return None
    return [
        Row(seq=numbers[at], at_ns=numbers[at + 1], values=tuple(numbers[at + 2 : at + width]))
        for at in range(0, len(numbers), width)
    ]


def flat_from(rows: Sequence[Row]) -> list[int]:
    """Rows that follow each other, without their sequence numbers: at_ns, values."""
    return [number for row in rows for number in (row.at_ns, *row.values)]


def parse_from(first_seq: int, numbers: Sequence[int]) -> list[Row] | None:
    """The reverse of `flat_from`, the first row being `first_seq`."""
    width = len(TAGS) + 1
    if len(numbers) % width:
        return None
    return [
        Row(seq=first_seq + at // width, at_ns=numbers[at], values=tuple(numbers[at + 1 : at + width]))
        for at in range(0, len(numbers), width)
    ]
