"""A Modbus TCP link for heartbeats: one connection that mends itself, every request bounded by its own deadline.

Differences from pymodbus' client, each met in practice: the receipt is stamped in the protocol callback; a deadline is
judged only after all readable input was taken; a FIN ends what is pending at once; a reply must have the transaction,
unit, function and length that were asked for; the reply to an expired request is recognised and told as LATE, never
taken for the next one's; cancelling spoils nothing. Reconnecting is paced by the requests themselves: a connect proves
nothing, so there is none without a request to carry.
"""

import asyncio
import socket
import struct
import time
from dataclasses import dataclass
from functools import partial

from otha.core.words import Answer
from otha.runtime.link import ANSWERS, Exchange, LinkCounters, OnEnd, awaited
from otha.runtime.modbus_frame import BrokenFrame, Incomplete, ReplyKind, Request, split
from otha.runtime.scheduler import Scheduler

_BUFFER_SIZE = 4096
_RECENT = 64  # transaction ids this far back may still be answered by a slow peer
_STRAYS_MAX = 16  # stray frames since the last good reply, before the connection is given up
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTiming:
    """How a link treats a peer that does not answer.

    `outstanding_max`: unanswered requests in flight; further ones are not sent and miss their deadline.
    `patience`: requests in a row without an answer in time, before the connection is given up and made anew; doubled
    each time in vain, up to `patience_max`. `eager_connects`: refused connects in a row before attempts are spaced out,
    up to `backoff_max_ns`.
    """

    connect_timeout_ns: int = 500_000_000
    outstanding_max: int = 4
    patience: int = 8
    patience_max: int = 64
    eager_connects: int = 8
    backoff_first_ns: int = 100_000_000
    backoff_max_ns: int = 1_000_000_000


class _Wire(asyncio.BufferedProtocol):
    """One TCP connection of a link. A wire that the link has given up tells it nothing any more."""

    __slots__ = ("_buffer", "_link", "_view", "filled", "lost", "transport")

    def __init__(self, link: "ModbusLink", lost: "asyncio.Future[None]") -> None:
        self._link = link
        self._buffer = bytearray(_BUFFER_SIZE)
        self._view = memoryview(self._buffer)
        self.filled = 0
        self.lost = lost
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Closing with a reset frees the device's connection slot at once; nothing of ours is worth waiting for.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._link.connected(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view[self.filled :] if self.filled else self._view

    def buffer_updated(self, nbytes: int) -> None:
        now = time.monotonic_ns()
        filled = self.filled + nbytes
        data = bytes(self._view[:filled])
        used = self._link.received(self, data, now)
        rest = filled - used
        if rest and used:
            self._buffer[:rest] = data[used:]
        self.filled = rest
        self._link.between()

    def eof_received(self) -> None:
        self._link.lost(self, time.monotonic_ns())

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.lost(self, time.monotonic_ns())
        if not self.lost.done():
            self.lost.set_result(None)


def _why_not_connected(error: Exception) -> str:
    match error:
        case ConnectionRefusedError():
            return "connection refused"
        case TimeoutError():
            return "no answer while connecting"
        case OSError():
            return error.strerror or str(error)
        case _:
            return "a host that can be no name"


class ModbusLink:
    """A self-mending connection to `host`:`port`. `run()` must be running for it to connect.

    `local`: the own address from which it is made, None for any.
    """

    def __init__(
        self, scheduler: Scheduler, host: str, port: int, timing: LinkTiming | None = None, *, local: str | None = None
    ) -> None:
        self.host = host
        self.port = port
        self._local = None if local is None else (local, 0)
        self.counters = LinkCounters()
        self._scheduler = scheduler
        self._timing = timing or LinkTiming()
        self._wire: _Wire | None = None
        self._connecting = False
        self._wanted = asyncio.Event()
        self._transaction = 0
        self._outstanding: dict[int, Exchange] = {}
        self._unsent: Exchange | None = None
        self._barren = 0
        self._patience = self._timing.patience
        self._strays = 0
        self._refused_in_a_row = 0
        self._not_before_ns = 0

    @property
    def is_connected(self) -> bool:
        """A connection stands; whether anybody answers on it is another matter."""
        return self._wire is not None

    @property
    def in_flight(self) -> int:
        """Requests sent and not answered, expired ones included."""
        return len(self._outstanding)

    def send(self, request: Request, deadline_ns: int, on_end: OnEnd | None) -> Exchange:
        """Send `request`; `on_end` hears of its end, at the latest when `deadline_ns` has been judged. Never raises."""
        exchange = Exchange(self, request, on_end)
        exchange.timer = self._scheduler.after_input(deadline_ns, exchange.judge)
        if self._wire is None:
            self._unsent = exchange
            if not self._connecting and time.monotonic_ns() >= self._not_before_ns:
                self._connecting = True
                self._wanted.set()
        elif len(self._outstanding) < self._timing.outstanding_max:
            self._transmit(self._wire, exchange)
        return exchange

    async def call(self, request: Request, deadline_ns: int) -> Exchange:
        """As `send`, awaited. Safe to cancel: the reply, if it still comes, is absorbed."""
        return await awaited(self, request, deadline_ns)

    async def run(self) -> None:
        """Connect whenever a request wants it, until cancelled."""
        loop = asyncio.get_running_loop()
        timeout_s = self._timing.connect_timeout_ns / 1e9
        try:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                lost: asyncio.Future[None] = loop.create_future()
                try:
                    async with asyncio.timeout(timeout_s):
                        await loop.create_connection(
                            partial(_Wire, self, lost), self.host, self.port, local_addr=self._local
                        )
                except (OSError, TimeoutError, UnicodeError) as error:  # the last: a host that can be no name
                    self._connecting = False
                    self.counters.trouble = _why_not_connected(error)
                    self._connect_failed(time.monotonic_ns())
                    continue
                self._connecting = False
                await lost
        finally:
            self._drop()

    def connected(self, wire: _Wire) -> None:
        """A connection was made (called by it); the newest request waiting for it leaves."""
        self._wire = wire
        self.counters.connects += 1
        self._refused_in_a_row = 0
        unsent, self._unsent = self._unsent, None
        if unsent is not None and unsent.answer is None:
            self._transmit(wire, unsent)

    def received(self, wire: _Wire, data: bytes, now: int) -> int:
        """Take all whole frames of `data`; returns how many bytes they were."""
        used = 0
        while wire is self._wire and used < len(data):
            try:
                length, transaction, unit, pdu = split(data[used:] if used else data)
            except Incomplete:
                break
            except BrokenFrame:
                self._break(now, "what it sends is no Modbus")
                break
            used += length
            self._reply(transaction, unit, pdu, now)
        # Bytes of a connection that was given up are of no interest.
        return used if wire is self._wire else len(data)

    def between(self) -> None:
        """One piece of input was taken: departures that have come due meanwhile go before the next one."""
        self._scheduler.depart(time.monotonic_ns())

    def lost(self, wire: _Wire, now: int) -> None:
        """The connection ended by the peer's or the network's doing: what is pending on it can't be answered."""
        if wire is self._wire:
            self.counters.losses += 1
            self.counters.trouble = "connection lost"
            self._drop()
            self._end_all(Answer.MISSED, now)

    def expired(self, exchange: Exchange, now: int) -> None:
        """A deadline has passed; a frame begun and not ended by then is no reply but rubbish."""
        wire = self._wire
        begun = wire is not None and wire.filled > 0
        self.counters.trouble = self.counters.trouble or "no answer in time"
        exchange.end(Answer.GARBLED if begun else Answer.MISSED, now)
        if exchange is self._unsent:
            self._unsent = None
        if begun:
            self._break(now, "a reply that does not end")
            return
        if wire is None:
            return
        self._barren += 1
        if self._barren >= self._patience:
            # A network that has swallowed packets retries them ever more seldom: a new connection mends sooner.
            self.counters.given_up += 1
            self._patience = min(2 * self._patience, self._timing.patience_max)
            self._drop()
            self._end_all(Answer.MISSED, now)

    def _transmit(self, wire: _Wire, exchange: Exchange) -> None:
        self._transaction = transaction = self._transaction % 65535 + 1
        self._outstanding[transaction] = exchange
        assert wire.transport is not None
        wire.transport.write(exchange.request.frame(transaction))

    def _reply(self, transaction: int, unit: int, pdu: bytes, now: int) -> None:
        outstanding = self._outstanding
        exchange = outstanding.pop(transaction, None)
        if exchange is None:
            self._stray(transaction, now)
            return
        kind = exchange.request.judge(unit, pdu)
        if kind is ReplyKind.GARBLED:
            self._end_garbled(exchange, unit, now)
            return
        if outstanding:
            self._forget_expired_before(transaction)
        if kind is ReplyKind.GOOD:
            exchange.payload = pdu[len(exchange.request.prefix) :]
            self._strays = 0
            self.counters.trouble = ""
        else:
            exchange.exception = pdu[1]
            self.counters.trouble = f"exception {pdu[1]}"
        if exchange.answer is not None:
            self.counters.late += 1
            self.counters.trouble = self.counters.trouble or "late answers"
            if kind is ReplyKind.GOOD:
                exchange.is_second_end = True
                exchange.end(Answer.LATE, now)
            return
        self._barren = 0
        self._patience = self._timing.patience
        exchange.end(ANSWERS[kind], now)

    def _stray(self, transaction: int, now: int) -> None:
        """A reply that nobody waits for: to a request given up long ago, or to none of ours."""
        self.counters.strays += 1
        self._strays += 1
        age = (self._transaction - transaction) % 65535
        if transaction == 0 or age >= _RECENT or self._strays > _STRAYS_MAX:
            self._break(now, "replies that nobody asked for")

    def _forget_expired_before(self, transaction: int) -> None:
        """A newer request was answered: an answer to an older one that has expired would tell nothing more."""
        age = (self._transaction - transaction) % 65535
        for older in [
            key
            for key, exchange in self._outstanding.items()
            if exchange.answer is not None and (self._transaction - key) % 65535 > age
        ]:
            del self._outstanding[older]

    def _end_garbled(self, exchange: Exchange, unit: int, now: int) -> None:
        if exchange.answer is None:
            exchange.end(Answer.GARBLED, now)
        asked = exchange.request.unit
        self._break(now, f"unit {unit} answers for {asked}" if unit != asked else "a reply that is not what was asked")

    def _break(self, now: int, trouble: str) -> None:
        """The peer does not speak Modbus, or not to us: nothing that follows on this connection can be trusted."""
        self.counters.garbled += 1
        self.counters.trouble = trouble
        self._drop()
        self._end_all(Answer.GARBLED, now)

    def _connect_failed(self, now: int) -> None:
        self.counters.refused += 1
        self._refused_in_a_row += 1
        spaced = self._refused_in_a_row - self._timing.eager_connects
        if spaced > 0:
            wait = min(self._timing.backoff_first_ns << min(spaced - 1, 16), self._timing.backoff_max_ns)
            self._not_before_ns = now + wait
        unsent, self._unsent = self._unsent, None
        if unsent is not None and unsent.answer is None:
            unsent.end(Answer.MISSED, now)

    def _end_all(self, answer: Answer, now: int) -> None:
        pending = [exchange for exchange in self._outstanding.values() if exchange.answer is None]
        self._outstanding.clear()
        for exchange in pending:
            exchange.end(answer, now)

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        self._barren = 0
        self._strays = 0
        if wire is not None and wire.transport is not None:
            wire.transport.abort()
