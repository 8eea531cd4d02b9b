"""How much the outputs move: by themselves while somebody drives, and when somebody takes over (rule S13).

Seen from the gate's status alone: between two readings OTHA knows the sum of what happened, not each scan.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from otha.core.inputs import GateReading
from otha.core.words import GateState

# Readings whose changes are remembered as natural; scans after a release that count as the new owner's first.
_REMEMBERED = 16
FIRST_SCANS = 10
_U32 = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The output that moved most, by its place, by how much (raw units of 1/100 % of span), within so many scans."""

    output: int
    by: int
    scans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BumpWatch:
    """`applied`, `scan`: of the last reading, while somebody drives. `moves`: the newest of what he moved; `natural`:
    the fastest of them when the section came to be held. `held`: what it is, or was last, held at. `epoch`: under which
    an owner took over from there, 0 if none did; `from_scan`: when that was seen first; `bump`: how far the outputs
    went from the held ones in the scans after it."""

    applied: tuple[int, ...] = ()
    scan: int = 0
    moves: tuple[Move, ...] = ()
    natural: Move | None = None
    held: tuple[int, ...] = ()
    epoch: int = 0
    from_scan: int = 0
    bump: Move | None = None


def watch(w: BumpWatch, reading: GateReading, *, owner_fresh: bool) -> BumpWatch:
    """Take one status block in."""
    match reading.state:
        case GateState.HELD:
            fastest = _fastest(w.moves) if w.applied else w.natural
            return BumpWatch(natural=fastest, held=reading.held)
        case GateState.OWNED:
            return _driven(_taken_over(w, reading), reading, owner_fresh=owner_fresh)
        case _:
            return BumpWatch()


def _taken_over(w: BumpWatch, reading: GateReading) -> BumpWatch:
    """The first scans of a new owner after a hold."""
    if w.held and w.epoch == 0:
        w = replace(w, epoch=reading.owner_epoch, from_scan=reading.scan)
    scans = (reading.scan - w.from_scan) % _U32 + 1
    if w.epoch == 0 or w.epoch != reading.owner_epoch or (w.bump is not None and scans > FIRST_SCANS):
        return w
    at, by = _widest(reading.applied, w.held)
    if w.bump is not None and w.bump.by >= by:
        at, by = w.bump.output, w.bump.by
    return replace(w, bump=Move(output=at, by=by, scans=scans))


def _driven(w: BumpWatch, reading: GateReading, *, owner_fresh: bool) -> BumpWatch:
    scans = (reading.scan - w.scan) % _U32
    moves = w.moves
    if len(w.applied) == len(reading.applied) and scans and owner_fresh:
        at, by = _widest(reading.applied, w.applied)
        moves = (*moves[1 - _REMEMBERED :], Move(output=at, by=by, scans=scans))
    return replace(w, applied=reading.applied, scan=reading.scan, moves=moves)


def _widest(found: Sequence[int], before: Sequence[int]) -> tuple[int, int]:
    """Which output differs most, and by how much."""
    by = [abs(one - other) for one, other in zip(found, before, strict=True)]
    widest = max(by, default=0)
    return (by.index(widest) if by else 0), widest


def _fastest(moves: tuple[Move, ...]) -> Move | None:
    """The greatest change in a scan; whole numbers only."""
    fastest: Move | None = None
    for move in moves:
        if fastest is None or move.by * fastest.scans > fastest.by * move.scans:
            fastest = move
    return fastest
