"""The wall clock, watched against the monotonic one."""

import time

_READ_SPREAD_NS = 200_000
_READ_TRIES = 5


def offset_ns() -> int:
    """Wall clock minus monotonic clock. Read again when a pause between the two readings would fake a step."""
    best: tuple[int, int] | None = None
    for _ in range(_READ_TRIES):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        spread = after - before
        if best is None or spread < best[0]:
            best = (spread, wall - (before + spread // 2))
        if spread <= _READ_SPREAD_NS:
            break
    assert best is not None
    return best[1]


class WallClockWatch:
    """Tells steps of the wall clock larger than `step_ns`, from one look to the next.

    Slewing (at most 500 ppm under NTP) stays far below any sensible `step_ns` when looked at several times a second.
    """

    def __init__(self, step_ns: int) -> None:
        self._step_ns = step_ns
        self._offset_ns = offset_ns()

    def look(self) -> int:
        """The jump in ns since the last look, or 0 when there was none."""
        now = offset_ns()
        jump, self._offset_ns = now - self._offset_ns, now
        return jump if abs(jump) > self._step_ns else 0
