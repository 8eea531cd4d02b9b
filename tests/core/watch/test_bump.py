"""How much the outputs move by themselves, and at a takeover, from the gate's status alone (S13)."""

from typing import Any

from otha.core.inputs import GateReading
from otha.core.watch import bump
from otha.core.watch.bump import BumpWatch, Move
from otha.core.words import GateState
from tests.core.build import gate_reading

HELD: dict[str, Any] = {"state": GateState.HELD, "held": (4_000, 5_000)}


def taken(*readings: GateReading, w: BumpWatch | None = None, owner_fresh: bool = True) -> BumpWatch:
    w = BumpWatch() if w is None else w
    for said in readings:
        w = bump.watch(w, said, owner_fresh=owner_fresh)
    return w


def drives(scan: int, *applied: int, epoch: int = 2) -> GateReading:
    return gate_reading(scan=scan, applied=applied, owner=2, owner_epoch=epoch)


def test_the_bump_is_the_widest_way_from_the_held_outputs_in_the_first_scans() -> None:
    w = taken(gate_reading(scan=100, **HELD), drives(102, 4_005, 4_990), drives(104, 4_030, 4_999))
    assert w.bump == Move(output=0, by=30, scans=3)
    assert w.epoch == 2
    # What the owner does later is its control, and no bump.
    w = taken(drives(111, 4_030, 5_000), drives(112, 9_000, 9_000), w=w)
    assert w.bump == Move(output=0, by=30, scans=10)


def test_a_slow_poll_sees_the_first_scans_as_one() -> None:
    w = taken(gate_reading(scan=100, **HELD), drives(160, 4_100, 5_000), drives(210, 4_900, 5_000))
    assert w.bump == Move(output=0, by=100, scans=1)


def test_the_natural_change_is_the_fastest_of_the_old_owner() -> None:
    w = taken(
        drives(100, 4_000, 5_000, epoch=1),
        drives(110, 4_000, 5_040, epoch=1),  # 4 a scan
        drives(111, 4_006, 5_040, epoch=1),  # 6 a scan
        drives(121, 4_020, 5_000, epoch=1),
        gate_reading(scan=122, **HELD),
        gate_reading(scan=123, **HELD),
    )
    assert w.natural == Move(output=0, by=6, scans=1)
    assert taken(drives(124, 4_000, 5_001), w=w).natural == w.natural


def test_only_the_newest_readings_count_as_natural() -> None:
    readings = [drives(100, 9_000, 5_000, epoch=1)]
    readings += [drives(100 + at, 4_000, 5_000, epoch=1) for at in range(1, 18)]
    w = taken(*readings)
    assert len(w.moves) == 16
    assert taken(gate_reading(scan=200, **HELD), w=w).natural == Move(output=0, by=0, scans=1)


def test_what_stands_because_its_owner_is_silent_is_no_natural_change() -> None:
    w = taken(drives(100, 4_000, 5_000, epoch=1), drives(110, 4_000, 5_000, epoch=1), owner_fresh=False)
    assert w.moves == ()


def test_without_a_hold_that_was_seen_there_is_no_bump() -> None:
    assert taken(drives(100, 4_000, 5_000, epoch=1), drives(101, 4_400, 5_000)).bump is None


def test_a_section_that_nobody_has_forgets() -> None:
    assert taken(gate_reading(scan=100, **HELD), gate_reading(state=GateState.SAFE)) == BumpWatch()


def test_scans_wrap() -> None:
    last = (1 << 32) - 1
    w = taken(gate_reading(scan=last - 1, **HELD), drives(last, 4_000, 5_000), drives(1, 4_000, 5_020))
    assert w.bump == Move(output=1, by=20, scans=3)
