"""What a run of the benchmarks was asked for, and what a measurement is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`count`: faults of each kind. `keep`: folder that the failovers' recordings are kept in, None: none are."""

    count: int
    periods_ms: tuple[int, ...]
    lateness_s: float
    keep: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measurement: its name on the command line, its title, how it is taken, and what takes it.

    `on_request`: it takes long, and is taken only when it is named.
    """

    name: str
    title: str
    what: str
    measure: Callable[[Options], Iterable[Figure]]
    on_request: bool = False
