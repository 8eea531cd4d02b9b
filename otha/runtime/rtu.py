"""A serial line with one master (us), and the links of its users: one request at a time, at the pace of the line.

`RtuLine` holds the device and gives each of its links its turn; `RtuLink` is to probes, lanes and actuators what
`ModbusLink` is over TCP. A request whose deadline passes before it can leave is MISSED and not sent. An exchange is
over when its reply was found or when the slave has had its longest time; after the latter the line stays quiet until
nothing was heard for as long again, and the unit has to give a proof before it is asked anything else
(`otha.runtime.rtu_step`). A reply that the line has spoilt is none: MISSED, as a lost packet is elsewhere. A device
that is gone is opened again, ever more seldom.
"""

import asyncio
import os
import time
from collections import deque
from dataclasses import dataclass
from functools import partial

from otha.core.words import Answer
from otha.runtime.link import ANSWERS, Exchange, LinkCounters, OnEnd, awaited
from otha.runtime.modbus_frame import ReplyKind, Request
from otha.runtime.rtu_device import SerialDevice, open_device
from otha.runtime.rtu_frame import Gathering, adu
from otha.runtime.rtu_step import Steps
from otha.runtime.scheduler import Scheduler, Timer
from otha.site.line import AROUND_PDU, PDU_MAX, Line

_QUEUED_MAX = 4  # requests of one user that wait for the line; further ones miss their deadline
_REOPEN_FIRST_S = 0.1
_REOPEN_MAX_S = 2.0


@dataclass(slots=True, kw_only=True)
class _Flight:
    """What is on the line: `request` is that of `exchange`, or a probe of its unit before it."""

    exchange: Exchange
    request: Request
    sent: bytes
    gathering: Gathering
    timer: Timer | None = None

    @property
    def is_probe(self) -> bool:
        return self.request is not self.exchange.request

    @property
    def is_repeated(self) -> bool:
        """The adapter repeats what is sent."""
        return self.gathering.taken.startswith(self.sent)

    @property
    def heard(self) -> bool:
        """Something came back, other than what was sent."""
        return len(self.gathering.taken) > (len(self.sent) if self.is_repeated else 0)


class RtuLink:
    """One user of a line. It has its turn after each other user had one at most."""

    def __init__(self, line: "RtuLine") -> None:
        self._line = line
        self._queue: deque[Exchange] = deque()

    @property
    def counters(self) -> LinkCounters:
        """Those of the line."""
        return self._line.counters

    @property
    def is_connected(self) -> bool:
        """The device is open; whether anybody answers on the line is another matter."""
        return self._line.is_open

    def send(self, request: Request, deadline_ns: int, on_end: OnEnd | None) -> Exchange:
        """Send `request` in its turn; `on_end` hears of its end, at the latest when `deadline_ns` has been judged.

        Never raises.
        """
        exchange = Exchange(self, request, on_end)
        self._line.take(self._queue, exchange, deadline_ns)
        return exchange

    async def call(self, request: Request, deadline_ns: int) -> Exchange:
        """As `send`, awaited. Safe to cancel: the request goes its way, and its reply is absorbed."""
        return await awaited(self, request, deadline_ns)

    def expired(self, exchange: Exchange, now: int) -> None:
        """A deadline has passed. What is on the line stays there until the slave's time is over."""
        self._line.expired(exchange, now)

    def next(self, line: Line, now: int) -> Exchange | None:
        """The oldest request that can still be answered in time, taken out; the others are left to their deadlines."""
        while self._queue:
            exchange = self._queue.popleft()
            if _can_end_in_time(exchange, line, now):
                return exchange
        return None


def _can_end_in_time(exchange: Exchange, line: Line, now: int) -> bool:
    """Whether the line could carry request and reply before the deadline, if the slave took no time at all."""
    if exchange.answer is not None or exchange.timer is None:
        return False
    request = exchange.request
    return now + line.wire_ns(2 * AROUND_PDU + len(request.pdu) + request.reply_length) <= exchange.timer.at_ns


class RtuLine:
    """The master of one line. `run()` must be running for it to open its device."""

    def __init__(self, scheduler: Scheduler, line: Line) -> None:
        self.counters = LinkCounters()
        self._scheduler = scheduler
        self._line = line
        self._links: list[RtuLink] = []
        self._turn = 0
        self._steps = Steps()
        self._device: SerialDevice | None = None
        self._lost: asyncio.Future[None] | None = None
        self._flight: _Flight | None = None
        self._held: Exchange | None = None
        self._quiet_until_ns = 0
        self._gap_ns = line.silence_ns
        self._wake: Timer | None = None
        self._answered_once = False
        self._troubled: int | None = None  # the unit that `counters.trouble` is about

    @property
    def is_open(self) -> bool:
        """The device is open."""
        return self._device is not None

    def link(self) -> RtuLink:
        """A further user of this line."""
        link = RtuLink(self)
        self._links.append(link)
        return link

    def leave(self, link: RtuLink) -> None:
        """This user has no further turn; what it has waiting is left to its deadlines."""
        self._links.remove(link)
        self._turn = 0

    async def run(self) -> None:
        """Keep the device open, until cancelled."""
        loop = asyncio.get_running_loop()
        wait_s = _REOPEN_FIRST_S
        try:
            while True:
                try:
                    device = await open_device(self._line)
                except OSError as error:
                    self.counters.refused += 1
                    self._trouble(os.strerror(error.errno) if error.errno else str(error))
                else:
                    lost = self._attach(loop, device)
                    await lost
                    if self._answered_once:
                        wait_s = _REOPEN_FIRST_S
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, _REOPEN_MAX_S)
        finally:
            self._detach()

    def take(self, queue: "deque[Exchange]", exchange: Exchange, deadline_ns: int) -> None:
        """A request of one of the links."""
        exchange.timer = self._scheduler.after_input(deadline_ns, exchange.judge)
        self._steps.note(exchange.request)
        while queue and queue[0].answer is not None:
            queue.popleft()
        if len(queue) < _QUEUED_MAX:
            queue.append(exchange)
            self._pump(time.monotonic_ns())

    def expired(self, exchange: Exchange, now: int) -> None:
        """The deadline of a request has passed, whether it waits or is on the line."""
        if not self.counters.trouble:
            self._trouble("no answer in time", exchange.request.unit)
        self._end(exchange, Answer.MISSED, now)

    # --- the device ---

    def _attach(self, loop: asyncio.AbstractEventLoop, device: SerialDevice) -> "asyncio.Future[None]":
        self._device = device
        self._lost = loop.create_future()
        self._answered_once = False
        self._steps.repeats = False
        self.counters.connects += 1
        # What an earlier master asked may still be answered.
        self._gap_ns = self._line.reply_ns(PDU_MAX)
        now = time.monotonic_ns()
        self._quiet_until_ns = now + self._gap_ns
        loop.add_reader(device.fd, self._readable)
        self._pump(now)
        return self._lost

    def _detach(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            asyncio.get_running_loop().remove_reader(device.fd)
            device.close()
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)

    def _gone(self, now: int) -> None:
        """The device failed. What is on the line can't be answered; what waits may still leave over the next one."""
        self.counters.losses += 1
        self._trouble("device lost")
        self._detach()
        flight = self._land()
        if flight is not None:
            self._steps.doubt(flight.request.unit)
            self._end(flight.exchange, Answer.MISSED, now)

    def _readable(self) -> None:
        self._take_input(time.monotonic_ns())
        # Departures that have come due meanwhile go before the next piece of input.
        self._scheduler.depart(time.monotonic_ns())

    def _take_input(self, now: int) -> None:
        data = self._taken_in(now)
        flight = self._flight
        if not data:
            return
        if flight is None:
            self._stray(len(data), now)
            return
        pdu = flight.gathering.feed(data)
        if pdu is not None:
            self._answered(flight, pdu, now)

    def _taken_in(self, now: int) -> bytes | None:
        """What can be read; None when the device is gone."""
        try:
            return None if self._device is None else self._device.read()
        except OSError:
            self._gone(now)
            return None

    def _stray(self, count: int, now: int) -> None:
        """Somebody speaks who was not asked: noise, or a reply that is late."""
        self.counters.strays += count
        self._quiet_until_ns = max(self._quiet_until_ns, now + self._gap_ns)

    # --- one exchange after the other ---

    def _pump(self, now: int) -> None:
        """Send what is next, if the line is free and has been quiet."""
        if self._device is None or self._flight is not None:
            return
        if now < self._quiet_until_ns:
            if self._wake is None:
                self._wake = self._scheduler.after_input(self._quiet_until_ns, self._woken)
            return
        unread = self._taken_in(now)
        if unread:
            self._stray(len(unread), now)
            self._pump(now)
            return
        exchange = None if unread is None else self._next(now)
        if exchange is None:
            return
        request: Request | None = exchange.request
        if self._steps.is_doubtful(exchange.request.unit):
            request = self._steps.probe(exchange.request.unit)
        if request is None:
            self._end(exchange, Answer.MISSED, now)
            self._pump(now)
            return
        self._transmit(exchange, request, now)

    def _woken(self, now: int) -> None:
        self._wake = None
        self._pump(now)

    def _next(self, now: int) -> Exchange | None:
        held, self._held = self._held, None
        if held is not None and _can_end_in_time(held, self._line, now):
            return held
        count = len(self._links)
        for step in range(count):
            index = (self._turn + step) % count
            exchange = self._links[index].next(self._line, now)
            if exchange is not None:
                self._turn = (index + 1) % count
                return exchange
        return None

    def _transmit(self, exchange: Exchange, request: Request, now: int) -> None:
        assert self._device is not None
        sent = adu(request)
        try:
            self._device.write(sent)
        except OSError:
            self._steps.doubt(request.unit)
            self._gone(now)
            self._end(exchange, Answer.MISSED, now)
            return
        self._gap_ns = self._line.silence_ns
        flight = _Flight(exchange=exchange, request=request, sent=sent, gathering=Gathering(request))
        self._flight = flight
        limit_ns = now + self._line.wire_ns(len(sent)) + self._line.reply_ns(request.reply_length)
        flight.timer = self._scheduler.after_input(limit_ns, partial(self._over, flight))

    def _land(self) -> _Flight | None:
        flight, self._flight = self._flight, None
        if flight is not None and flight.timer is not None:
            flight.timer.cancel()
        return flight

    def _answered(self, flight: _Flight, pdu: bytes, now: int) -> None:
        self._land()
        self._answered_once = True
        self.counters.strays += flight.gathering.strays
        if pdu != flight.request.pdu:  # of an echo nobody can tell who it comes from
            self._steps.repeats = flight.is_repeated
        self._quiet_until_ns = now + self._line.silence_ns
        kind = flight.request.judge(flight.request.unit, pdu)
        try:
            if not flight.is_probe:
                self._tell(flight.exchange, kind, pdu, now)
            elif self._steps.judge(flight.request, kind):
                self._held = flight.exchange
            else:
                self._trouble("not yet in step", flight.request.unit)
                self._end(flight.exchange, ANSWERS[kind], now)
        finally:
            self._pump(now)

    def _tell(self, exchange: Exchange, kind: ReplyKind, pdu: bytes, now: int) -> None:
        if kind is ReplyKind.GOOD:
            exchange.payload = pdu[len(exchange.request.prefix) :]
            self._well(exchange.request.unit)
        else:
            exchange.exception = pdu[1]
            self._trouble(f"exception {pdu[1]}", exchange.request.unit)
        if exchange.answer is None:
            exchange.end(ANSWERS[kind], now)
            return
        self.counters.late += 1
        if not self.counters.trouble:
            self._trouble("late answers", exchange.request.unit)
        if kind is ReplyKind.GOOD:
            exchange.is_second_end = True
            exchange.end(Answer.LATE, now)

    def _over(self, flight: _Flight, now: int) -> None:
        """The slave has had its time. Whatever it still says is not listened to."""
        if flight is not self._flight:
            return
        self._land()
        self.counters.given_up += 1
        self.counters.strays += len(flight.gathering.taken)
        self._steps.repeats = flight.is_repeated
        self._steps.doubt(flight.request.unit)
        self._gap_ns = self._line.reply_ns(flight.request.reply_length)
        self._quiet_until_ns = now + self._gap_ns
        self.counters.garbled += flight.heard
        self._trouble("a spoilt reply" if flight.heard else "no reply", flight.request.unit)
        self._forget(now)
        try:
            self._end(flight.exchange, Answer.MISSED, now)
        finally:
            self._pump(now)

    def _forget(self, now: int) -> None:
        """A request that the driver still holds must not leave any more, and what came in is nobody's."""
        try:
            if self._device is not None:
                self._device.flush()
        except OSError:
            self._gone(now)

    def _trouble(self, what: str, unit: int | None = None) -> None:
        """Something went wrong; without `unit`, with the line itself."""
        self._troubled = unit
        self.counters.trouble = what if unit is None else f"unit {unit}: {what}"

    def _well(self, unit: int) -> None:
        """A good reply. It says nothing of another unit."""
        if self._troubled is None or self._troubled == unit:
            self._troubled = None
            self.counters.trouble = ""

    @staticmethod
    def _end(exchange: Exchange, answer: Answer, now: int) -> None:
        if exchange.answer is None:
            exchange.end(answer, now)
