"""TCP forwarding with faults: what a network path, or a bus tap, is made of.

An endpoint listens on a port and leads to another one. Whatever flows through it can be watched (a tap) and disturbed
(black hole, refusal, delay, one direction lost, stalls as packet loss makes them). Bytes of a direction never overtake
each other.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from typing import Final

_MS: Final = 0.001


class Direction(IntEnum):
    """Which way bytes go: from the client that connected, or from the server behind."""

    REQUEST = 0
    REPLY = 1


Tap = Callable[[int, Direction, bytes], None]


class Stalls:
    """Seeded bursts in which everything is held back, as TCP does while it retransmits; between them all flows.

    Gaps are exponential with mean `every_ms`; a stall lasts `hold_ms`, doubled with probability 1/4 for each further
    loss of the retransmission, up to four times as long.
    """

    def __init__(self, *, seed: int, every_ms: float, hold_ms: float, now_s: float) -> None:
        self._random = random.Random(seed)
        self._every_ms = every_ms
        self._hold_ms = hold_ms
        self._from_s = now_s
        self._until_s = now_s
        self._draw(now_s)

    def release_s(self, now_s: float) -> float:
        """When bytes that arrive now go on."""
        while self._until_s <= now_s:
            self._draw(self._until_s)
        return self._until_s if self._from_s <= now_s else now_s

    def _draw(self, after_s: float) -> None:
        self._from_s = after_s + self._random.expovariate(1 / self._every_ms) * _MS
        hold_ms = self._hold_ms
        while hold_ms < 4 * self._hold_ms and self._random.random() < 0.25:
            hold_ms *= 2
        self._until_s = self._from_s + hold_ms * _MS


@dataclass(slots=True, kw_only=True)
class Faults:
    """What is wrong with an endpoint now. All together is possible; the worst wins."""

    cut: bool = False
    lost: set[Direction] = field(default_factory=set)
    delay_ms: float = 0.0
    stalls: Stalls | None = None


class Endpoint:
    """One listening port, the port behind it, its connections and its faults."""

    def __init__(
        self, name: str, port: int, upstream: int, tap: Tap | None = None, numbers: Iterator[int] | None = None
    ) -> None:
        """`numbers` gives each connection its number; endpoints that share a tap share them."""
        self.name = name
        self.faults = Faults()
        self.tap = tap
        self.upstream = upstream
        self.connections: set[Connection] = set()
        self._port = port
        self._server: asyncio.Server | None = None
        self._numbers = count(1) if numbers is None else numbers

    async def listen(self) -> None:
        """Accept connections. Raises OSError when the port is taken."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._accept, "127.0.0.1", self._port, backlog=128)

    def _accept(self) -> asyncio.Protocol:
        return Connection(self, next(self._numbers)).near

    def refuse(self) -> None:
        """From now on connects are refused, and what was connected is reset."""
        self.close()
        for connection in list(self.connections):
            connection.abort()

    def cut(self) -> None:
        """A black hole: sockets stay open, bytes and closes vanish."""
        self.faults.cut = True

    async def heal(self) -> None:
        """No faults. What a black hole kept apart learns the truth: half-dead connections are reset."""
        self.faults = Faults()
        for connection in list(self.connections):
            connection.settle()
        await self.listen()

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = None


class Connection:
    """A client's connection and the one it leads to."""

    def __init__(self, endpoint: Endpoint, number: int) -> None:
        self.endpoint = endpoint
        self.number = number
        self.near = _Side(self, Direction.REQUEST)
        self.far = _Side(self, Direction.REPLY)
        self._dialling: asyncio.Task[None] | None = None
        self._torn = False

    def opened(self) -> None:
        """The client is connected: connect to the server behind, unless that would cross a black hole."""
        self.endpoint.connections.add(self)
        if self.endpoint.faults.cut:
            self._torn = True
        else:
            self._dialling = asyncio.create_task(self._dial())

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.far, "127.0.0.1", self.endpoint.upstream)
        except OSError:
            self.abort()

    def passed(self, direction: Direction, data: bytes) -> None:
        """Bytes came in on one side: give them to the other one, as the faults allow."""
        faults = self.endpoint.faults
        if faults.cut or direction in faults.lost:
            return
        target = self.far if direction is Direction.REQUEST else self.near
        if self.endpoint.tap is not None:
            self.endpoint.tap(self.number, direction, data)
        if faults.delay_ms == 0 and faults.stalls is None:
            target.deliver(data, None)
            return
        now_s = asyncio.get_running_loop().time()
        release_s = now_s if faults.stalls is None else faults.stalls.release_s(now_s)
        target.deliver(data, release_s + faults.delay_ms * _MS)

    def lost(self) -> None:
        """One side is closed: close the other one, but a close doesn't cross a black hole either."""
        if self.endpoint.faults.cut:
            self._torn = True
        else:
            self.close()

    def settle(self) -> None:
        """A black hole ended."""
        if self._torn:
            self.abort()

    def close(self) -> None:
        """Close both sides once what is under way was delivered."""
        self._end()
        self.near.finish()
        self.far.finish()

    def abort(self) -> None:
        """Reset both sides."""
        self._end()
        self.near.abort()
        self.far.abort()

    def _end(self) -> None:
        self.endpoint.connections.discard(self)
        if self._dialling is not None:
            self._dialling.cancel()


class _Side(asyncio.Protocol):
    """One of the two sockets of a connection."""

    def __init__(self, connection: Connection, direction: Direction) -> None:
        self._connection = connection
        self._direction = direction
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._finishing = False
        self._gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._gone:
            transport.abort()
        elif self._direction is Direction.REQUEST:
            self._connection.opened()
        else:
            self._flush()

    def data_received(self, data: bytes) -> None:
        self._connection.passed(self._direction, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._gone:
            self._gone = True
            self._connection.lost()

    def deliver(self, data: bytes, at_s: float | None) -> None:
        """Write at a loop time, or now; never before what came earlier."""
        if self._transport is not None and at_s is None and not self._waiting:
            self._transport.write(data)
            return
        earliest_s = self._waiting[-1][0] if self._waiting else 0.0
        self._waiting.append((max(earliest_s, at_s or 0.0), data))
        self._flush()

    def finish(self) -> None:
        """Close after the last delivery."""
        self._gone = True
        self._finishing = True
        self._flush()

    def abort(self) -> None:
        """Reset."""
        self._gone = True
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is None:
            return
        loop = asyncio.get_running_loop()
        while self._waiting:
            at_s, data = self._waiting[0]
            if at_s > loop.time():
                self._timer = loop.call_at(at_s, self._flush)
                return
            self._waiting.popleft()
            self._transport.write(data)
        if self._finishing:
            self._transport.close()
