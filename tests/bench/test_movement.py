"""What a terminal log says that moved."""

from bench.movement import Log, Movement
from sim.kinds import KINDS
from sim.recordings import Scan

MS = 1_000_000
KIND = KINDS["pump_station"]


def scan(at_ms: int, speed: int, pressure: int, run: int = 10_000) -> Scan:
    outputs = (speed, 3500, run, 0)
    return Scan(
        number=at_ms,
        at_ns=at_ms * MS,
        at_ms=0,
        outputs=outputs,
        terminals=outputs,
        machine="RUNNING",
        levels=(pressure, 6000, 1),
        kept={},
        state=1,
        owner=1,
        owner_epoch=1,
        epoch=1,
        last_seq=at_ms,
        boot=1,
        refused=0,
        frames=(),
        command=None,
    )


def test_what_stood_at_the_beginning_counts_and_a_pump_does_not() -> None:
    log = Log(KIND, [scan(0, 9000, 5000), scan(100, 9010, 5000), scan(200, 9030, 5005, run=0)])
    assert log.between(150 * MS, 250 * MS) == Movement(output=0.2, value=0.05)
    assert log.between(10 * MS, 90 * MS) == Movement(output=0.0, value=0.0)


def test_its_own_movement_is_the_most_of_a_time_of_that_length() -> None:
    log = Log(KIND, [scan(at * 100, 9000 + (40 if at == 5 else 0), 5000) for at in range(20)])
    assert log.by_itself(1_900 * MS, 300 * MS, 10.0).output == 0.4
    assert log.by_itself(1_900 * MS, 300 * MS, 1.0).output == 0.0
    assert log.by_itself(100 * MS, 300 * MS, 10.0) == Movement(output=0.0, value=0.0)


def test_the_scan_before_a_moment() -> None:
    log = Log(KIND, [scan(0, 9000, 5000), scan(100, 9010, 5000)])
    assert [log.at(at).outputs[0] for at in (0, 100 * MS, 100 * MS + 1)] == [9000, 9000, 9010]
