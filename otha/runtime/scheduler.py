"""Work at absolute times of CLOCK_MONOTONIC, all of it on one alarm of the asyncio loop.

Heartbeats are *beats*: they leave at start + k * period whatever happened to their predecessors; a whole period that
could not be served is counted as skipped, never silently dropped. Their lateness (departure against the absolute
time) is kept in a histogram.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from heapq import heappop, heappush, heapreplace

from otha.runtime.histogram import Histogram
from otha.runtime.timerfd import make_alarm

Work = Callable[[int], None]

_GRID_NS = 500_000


class Timer:
    """One call at `at_ns`; it may be cancelled at any time, also between being due and being run."""

    __slots__ = ("_after_input", "_work", "at_ns")

    def __init__(self, at_ns: int, work: Work, after_input: bool) -> None:
        self.at_ns = at_ns
        self._work: Work | None = work
        self._after_input = after_input

    def cancel(self) -> None:
        """The work is not run any more. Cancelling twice, or after the run, does nothing."""
        self._work = None


class Beat:
    """Periodic work at absolute times."""

    __slots__ = ("_work", "due_ns", "period_ns", "skipped")

    def __init__(self, first_ns: int, period_ns: int, work: Work) -> None:
        self.due_ns = first_ns
        self.period_ns = period_ns
        self.skipped = 0
        self._work: Work | None = work

    def stop(self) -> None:
        """No further beat."""
        self._work = None


def stagger(count: int, period_ns: int) -> Sequence[int]:
    """Phases that spread `count` beats of one period evenly over it: bursts are what makes heartbeats late.

    Phases closer than half a millisecond leave together: so many more wakes would cost more than they spread.
    """
    return [index * period_ns // count // _GRID_NS * _GRID_NS for index in range(count)]


class Scheduler:
    """Timers and beats on one alarm.

    `on_stall(gap_ns, now)` is told when work is more than `stall_ns` late, before that work is run: the loop did not
    run for at least so long. `on_defect` is told of every exception that work lets out; the other work goes on.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        stall_ns: int,
        on_stall: Callable[[int, int], None],
        on_defect: Callable[[Exception], None],
    ) -> None:
        self._loop = loop
        self._stall_ns = stall_ns
        self._on_stall = on_stall
        self._on_defect = on_defect
        self._heap: list[tuple[int, int, Timer | Beat]] = []
        self._serial = 0
        self._armed_ns: int | None = None
        self._firing = False
        self._alarm, self.notice = make_alarm(loop, self._fire)
        self.lateness = Histogram()
        # Departures that were not made because the loop was more than a whole period late.
        self.skipped = 0

    def at(self, at_ns: int, work: Work) -> Timer:
        """Call `work(now)` at or after `at_ns`."""
        return self._add(Timer(at_ns, work, False))

    def after_input(self, at_ns: int, work: Work) -> Timer:
        """Call `work(now)` once all input that was readable at `at_ns` has been taken: for judging deadlines."""
        return self._add(Timer(at_ns, work, True))

    def every(self, period_ns: int, work: Work, *, first_ns: int) -> Beat:
        """Call `work(now)` at first_ns + k * period_ns."""
        beat = Beat(first_ns, period_ns, work)
        self._push(first_ns, beat)
        return beat

    async def sleep_until(self, at_ns: int) -> None:
        """Return at or after `at_ns`; safe to cancel."""
        done: asyncio.Future[None] = self._loop.create_future()
        timer = self.at(at_ns, lambda _now: None if done.done() else done.set_result(None))
        try:
            await done
        finally:
            timer.cancel()

    def close(self) -> None:
        """Nothing is called any more."""
        self._heap.clear()
        self._alarm.close()

    def _add(self, timer: Timer) -> Timer:
        self._push(timer.at_ns, timer)
        return timer

    def _push(self, at_ns: int, item: Timer | Beat) -> None:
        self._serial += 1
        heappush(self._heap, (at_ns, self._serial, item))
        if not self._firing and (self._armed_ns is None or at_ns < self._armed_ns):
            self._arm(at_ns)

    def _arm(self, at_ns: int | None) -> None:
        self._armed_ns = at_ns
        self._alarm.arm(at_ns)

    def _fire(self) -> None:
        heap = self._heap
        started = now = time.monotonic_ns()
        self._firing = True
        try:
            if heap and now - heap[0][0] > self._stall_ns:
                self._on_stall(now - heap[0][0], now)
            # Only what was due on entry: in an overload, input must be taken between the bursts.
            while heap and heap[0][0] <= started:
                due, _, item = heap[0]
                try:
                    if isinstance(item, Beat):
                        self._beat(item, due, now)
                    else:
                        heappop(heap)
                        self._ring(item, now)
                except Exception as error:
                    self._on_defect(error)
                now = time.monotonic_ns()
        finally:
            self._firing = False
            while heap and heap[0][2]._work is None:
                heappop(heap)
            self._arm(heap[0][0] if heap else None)

    def _beat(self, beat: Beat, due: int, now: int) -> None:
        work = beat._work
        if work is None:
            heappop(self._heap)
            return
        behind = (now - due) // beat.period_ns
        beat.skipped += behind
        self.skipped += behind
        beat.due_ns = due + (behind + 1) * beat.period_ns
        self._serial += 1
        heapreplace(self._heap, (beat.due_ns, self._serial, beat))
        self.lateness.add(now - due)
        work(now)

    def _ring(self, timer: Timer, now: int) -> None:
        work = timer._work
        if work is None:
            return
        if not timer._after_input:
            timer._work = None
            work(now)
            return
        # What select() reported together with the alarm is taken in this turn of the loop; what became readable while
        # this turn ran is taken in the next one, whose events come before a callback added in that turn.
        self._loop.call_soon(self._loop.call_soon, self._judge, timer)

    def _judge(self, timer: Timer) -> None:
        work = timer._work
        if work is None:
            return
        timer._work = None
        try:
            work(time.monotonic_ns())
        except Exception as error:
            self._on_defect(error)
