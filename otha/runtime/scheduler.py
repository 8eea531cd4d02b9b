"""Work at absolute times of CLOCK_MONOTONIC, all of it on one alarm of the asyncio loop.

Heartbeats are *beats*: they leave at start + k * period whatever happened to their predecessors; a whole period that
could not be served is counted as skipped, never silently dropped. Their lateness (departure against the absolute
time) is kept in a histogram. Who takes input calls `depart` after each piece of it, so that beats go before what else
a turn of the loop has to do.
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
    """Periodic work at absolute times. `departs`: it sends something, so that its lateness and its skips count."""

    __slots__ = ("_work", "departs", "due_ns", "period_ns", "skipped")

    def __init__(self, first_ns: int, period_ns: int, work: Work, departs: bool) -> None:
        self.due_ns = first_ns
        self.period_ns = period_ns
        self.departs = departs
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
        self._beats: list[tuple[int, int, Beat]] = []
        self._timers: list[tuple[int, int, Timer]] = []
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

    def every(self, period_ns: int, work: Work, *, first_ns: int, departs: bool = True) -> Beat:
        """Call `work(now)` at first_ns + k * period_ns. `departs`: as Beat's."""
        beat = Beat(first_ns, period_ns, work, departs)
        heappush(self._beats, (first_ns, self._next(), beat))
        self._arm_for(first_ns)
        return beat

    async def sleep_until(self, at_ns: int) -> None:
        """Return at or after `at_ns`; safe to cancel."""
        done: asyncio.Future[None] = self._loop.create_future()
        timer = self.at(at_ns, lambda _now: None if done.done() else done.set_result(None))
        try:
            await done
        finally:
            timer.cancel()

    def depart(self, now: int) -> None:
        """Make the departures that are due. Called between two pieces of input: a turn of the loop that takes many
        of them must not make heartbeats wait for its end."""
        beats = self._beats
        if not beats or beats[0][0] > now or self._firing:
            return
        self._firing = True
        try:
            self._tell_stall(beats[0][0], now)
            self._beat_until(now)
        finally:
            self._firing = False

    def close(self) -> None:
        """Nothing is called any more."""
        self._beats.clear()
        self._timers.clear()
        self._alarm.close()

    def _add(self, timer: Timer) -> Timer:
        heappush(self._timers, (timer.at_ns, self._next(), timer))
        self._arm_for(timer.at_ns)
        return timer

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _arm_for(self, at_ns: int) -> None:
        if not self._firing and (self._armed_ns is None or at_ns < self._armed_ns):
            self._arm(at_ns)

    def _arm(self, at_ns: int | None) -> None:
        self._armed_ns = at_ns
        self._alarm.arm(at_ns)

    def _fire(self) -> None:
        timers = self._timers
        started = time.monotonic_ns()
        self._firing = True
        try:
            first = min((heap[0][0] for heap in (self._beats, timers) if heap), default=started)
            self._tell_stall(first, started)
            # Only what was due on entry: in an overload, input must be taken between the bursts.
            self._beat_until(started)
            while timers and timers[0][0] <= started:
                timer = heappop(timers)[2]
                if timer._work is None:
                    continue  # an exchange that was answered in time: nearly all are
                try:
                    self._ring(timer, time.monotonic_ns())
                except Exception as error:
                    self._on_defect(error)
        finally:
            self._firing = False
            while timers and timers[0][2]._work is None:
                heappop(timers)
            self._arm(min((heap[0][0] for heap in (self._beats, timers) if heap), default=None))

    def _tell_stall(self, due: int, now: int) -> None:
        if now - due > self._stall_ns:
            self._on_stall(now - due, now)

    def _beat_until(self, at_ns: int) -> None:
        beats = self._beats
        while beats and beats[0][0] <= at_ns:
            due, _, beat = beats[0]
            try:
                self._beat(beat, due, time.monotonic_ns())
            except Exception as error:
                self._on_defect(error)

    def _beat(self, beat: Beat, due: int, now: int) -> None:
        work = beat._work
        if work is None:
            heappop(self._beats)
            return
        behind = (now - due) // beat.period_ns
        beat.due_ns = due + (behind + 1) * beat.period_ns
        heapreplace(self._beats, (beat.due_ns, self._next(), beat))
        if beat.departs:
            beat.skipped += behind
            self.skipped += behind
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
