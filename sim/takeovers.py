"""Who took a section over, in which state of its machine, and which discrete outputs changed: read from the terminal
log and the bus recording alone, after the run or while it goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from sim.recordings import Scan, bus_writes, layout, scans

_OWNED: Final = 1
_GRANT: Final = "0003"


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """One node became the owner under an epoch. `granted_in`: the machine's state when it was granted; `driven_in`, at
    `driven_ns`: when its frames first reached the outputs, "" and None if they never did."""

    node: int
    epoch: int
    granted_ns: int
    granted_in: str
    driven_ns: int | None
    driven_in: str

    def in_any_of(self, states: tuple[str, ...]) -> bool:
        """It was granted or began to drive in one of them."""
        return self.granted_in in states or self.driven_in in states


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An output at the terminals changed at the end of that scan."""

    at_ns: int
    output: int
    value: int


def log(directory: Path) -> list[Scan]:
    """The first section's terminal log. Raises RecordError."""
    return list(scans(directory, layout(directory)))


def takeovers(seen: list[Scan]) -> list[Takeover]:
    """All of a log, in order. A machine's state is logged whenever it changes: the line before tells in which a scan
    began."""
    found: list[Takeover] = []
    for last, scan in pairwise(seen):
        if scan.owner and (scan.owner, scan.owner_epoch) != (last.owner, last.owner_epoch):
            found.append(
                Takeover(
                    node=scan.owner,
                    epoch=scan.owner_epoch,
                    granted_ns=scan.at_ns,
                    granted_in=last.machine,
                    driven_ns=None,
                    driven_in="",
                )
            )
        if found and found[-1].driven_ns is None and scan.state == _OWNED and scan.owner_epoch == found[-1].epoch:
            granted = found.pop()
            found.append(
                Takeover(
                    node=granted.node,
                    epoch=granted.epoch,
                    granted_ns=granted.granted_ns,
                    granted_in=granted.granted_in,
                    driven_ns=scan.at_ns,
                    driven_in=last.machine,
                )
            )
    return found


def grants_on_bus(directory: Path) -> int:
    """How many GRANT commands the field bus carried, those that the gate refused included. Raises RecordError."""
    shape = layout(directory)
    return sum(write.mailbox == 0 and write.raw[4:8] == _GRANT for write in bus_writes(directory, shape))


def edges(seen: list[Scan], outputs: tuple[int, ...], since_ns: int) -> Iterator[Edge]:
    """Each change of these outputs at the terminals since then."""
    for last, scan in pairwise(seen):
        if scan.at_ns >= since_ns and scan.boot == last.boot:
            for at in outputs:
                if scan.terminals[at] != last.terminals[at]:
                    yield Edge(at_ns=scan.at_ns, output=at, value=scan.terminals[at])
