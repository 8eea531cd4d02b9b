"""The supervisor's end of an OPC UA channel: heartbeats go to a worker, deadlines are judged here.

As with Modbus, every heartbeat ends exactly once, and once more (LATE) if its reply still comes; a deadline is judged
after all readable input was taken. What the worker says is believed about the peer, never about time. A worker that
says nothing, because the machine does not let it run or it is lost in another peer's bytes, proves nothing about this
one: what it owes at a deadline is BLIND, not MISSED.
"""

import time
from collections.abc import Callable
from typing import Protocol, assert_never

from otha.core.words import Answer
from otha.runtime.link import LinkCounters
from otha.runtime.scheduler import Scheduler, Timer
from otha.site.opcua import Value
from otha.wire.opcua import Beat, BeatEnded, Open, ReadOutcome, Request, Rest

_OUTSTANDING_MAX = 32
_REST_NS = 10_000_000_000
_BLIND_MAX_NS = 10_000_000_000
_SECOND = 1_000_000_000

_ANSWERS = {
    ReadOutcome.REPLIED: Answer.REPLIED,
    ReadOutcome.BUSY: Answer.BUSY,
    ReadOutcome.GARBLED: Answer.GARBLED,
    ReadOutcome.MISSED: Answer.MISSED,
}


class Sender(Protocol):
    """A worker as a link sees it."""

    @property
    def silent_since_ns(self) -> int | None:
        """Since when it owes a sign of life; None: it owes none."""

    def send(self, request: Request) -> None:
        """Hand a request over; never raises, and what can't be sent is lost."""


class OpcuaBeat:
    """One heartbeat and how it ended. `on_end` is called once, and once more with LATE (`is_second_end`)."""

    __slots__ = ("answer", "ended_ns", "is_second_end", "link", "on_end", "sent_ns", "serial", "timer", "values")

    def __init__(self, link: "OpcuaLink", serial: int, sent_ns: int, on_end: "OnEnd") -> None:
        self.link = link
        self.serial = serial
        self.sent_ns = sent_ns
        self.on_end = on_end
        self.answer: Answer | None = None
        self.is_second_end = False
        self.values: tuple[Value, ...] = ()
        self.ended_ns = 0
        self.timer: Timer | None = None

    def end(self, answer: Answer, now: int) -> None:
        """Tell how it ended."""
        self.answer = answer
        self.ended_ns = now
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.on_end(self)

    def judge(self, now: int) -> None:
        """The deadline has come and all readable input was taken."""
        if self.answer is None:
            self.link.expired(self, now)


OnEnd = Callable[[OpcuaBeat], None]


class OpcuaLink:
    """One channel of one node. `begin_by_ns`: from then on a worker that is not there counts as silence."""

    def __init__(self, scheduler: Scheduler, name: str, setup: Open) -> None:
        self.name = name
        self.setup = setup
        self.counters = LinkCounters()
        self.offences = 0
        self.begin_by_ns = 0
        self._scheduler = scheduler
        self._worker: Sender | None = None
        self._begun = False
        self._serial = 0
        self._outstanding: dict[int, OpcuaBeat] = {}
        self._away_until_ns = 0
        self._shunned_until_ns = 0

    @property
    def is_connected(self) -> bool:
        """A worker serves this channel."""
        return self._worker is not None

    def is_left_alone(self, now: int) -> bool:
        """The server is away by agreement, or shunned: nothing is asked of it."""
        return now < max(self._away_until_ns, self._shunned_until_ns)

    def has_begun(self, now: int) -> bool:
        """Heartbeats make sense: its worker was there once, or has had its time to come."""
        return self._begun or now >= self.begin_by_ns

    def attach(self, worker: Sender) -> None:
        """A worker is ready for this channel."""
        self._worker = worker
        self._begun = True
        worker.send(self.setup)

    def detach(self, now: int, trouble: str) -> None:
        """The worker is gone, and with it the answers to all that is pending."""
        self._worker = None
        self.counters.trouble = trouble
        pending = list(self._outstanding.values())
        self._outstanding.clear()
        for beat in pending:
            if beat.answer is None:
                beat.end(self._unless_away(Answer.MISSED, now), now)

    def shun(self, until_ns: int, trouble: str) -> None:
        """Do not ask this peer before `until_ns`: what it answers has cost too much."""
        self._shunned_until_ns = until_ns
        self.counters.trouble = trouble

    def beat(self, deadline_ns: int, on_end: OnEnd) -> None:
        """Send a heartbeat; `on_end` hears of its end, at the latest when `deadline_ns` has been judged."""
        now = time.monotonic_ns()
        self._serial += 1
        beat = OpcuaBeat(self, self._serial, now, on_end)
        worker = self._worker
        if now < self._away_until_ns:
            beat.end(Answer.BUSY, now)
        elif now < self._shunned_until_ns:
            beat.end(Answer.GARBLED, now)
        elif worker is None:
            beat.end(Answer.MISSED, now)
        else:
            if len(self._outstanding) >= _OUTSTANDING_MAX:
                del self._outstanding[next(iter(self._outstanding))]
            self._outstanding[beat.serial] = beat
            beat.timer = self._scheduler.after_input(deadline_ns, beat.judge)
            worker.send(Beat(channel=self.setup.channel, serial=beat.serial, deadline_ns=deadline_ns))

    def rest(self) -> None:
        """The server is at level 0: leave it alone until it says that it is back (Part 4, section 6.6.2)."""
        now = time.monotonic_ns()
        if now < self._away_until_ns or self._worker is None:
            return
        self._away_until_ns = now + _REST_NS
        self._worker.send(Rest(channel=self.setup.channel))

    def rested(self, for_ms: int) -> None:
        """The worker has hung up and knows how long the server will be away."""
        self._away_until_ns = time.monotonic_ns() + for_ms * 1_000_000
        self.counters.trouble = f"ServiceLevel 0: left alone for {for_ms // 1000} s"

    def expired(self, beat: OpcuaBeat, now: int) -> None:
        """A deadline has passed without an answer."""
        if self._is_blind(beat, now):
            self.counters.trouble = "its OPC UA worker says nothing; of the server nothing is known"
            beat.end(self._unless_away(Answer.BLIND, now), now)
            return
        beat.end(self._unless_away(Answer.MISSED, now), now)
        self.counters.trouble = self.counters.trouble or "no answer in time"

    def _is_blind(self, beat: OpcuaBeat, now: int) -> bool:
        """The worker has given no sign of life for half of the time that the heartbeat had. One that should have been
        killed for its silence by now is no excuse any more."""
        since = None if self._worker is None else self._worker.silent_since_ns
        return since is not None and since <= (beat.sent_ns + now) // 2 and now - since < _BLIND_MAX_NS

    def take(self, report: BeatEnded) -> None:
        """How a heartbeat ended, by the worker."""
        now = time.monotonic_ns()
        beat = self._outstanding.pop(report.serial, None)
        if beat is None:
            return
        received = min(max(report.received_ns, beat.sent_ns), now) if report.received_ns else now
        self.counters.trouble = report.trouble
        if beat.answer is None:
            self._ended(beat, report, received)
        elif report.outcome is ReadOutcome.REPLIED:
            self.counters.late += 1
            self.counters.trouble = report.trouble or "late answers"
            beat.is_second_end = True
            beat.values = report.values
            beat.end(Answer.LATE, received)

    def garbled(self, trouble: str) -> None:
        """What came is not what the profile says."""
        self.counters.garbled += 1
        self.counters.trouble = trouble

    def _ended(self, beat: OpcuaBeat, report: BeatEnded, received: int) -> None:
        answer = _ANSWERS[report.outcome]
        match answer:
            case Answer.REPLIED:
                beat.values = report.values
            case Answer.GARBLED:
                self.counters.garbled += 1
            case Answer.MISSED:
                answer = self._unless_away(answer, received)
            case Answer.BUSY | Answer.LATE | Answer.BLIND:
                pass
            case never:
                assert_never(never)
        beat.end(answer, received)

    def _unless_away(self, answer: Answer, now: int) -> Answer:
        """A server that is left alone by agreement owes no answer."""
        return Answer.BUSY if now < self._away_until_ns else answer
