"""Where connections come in: how many, from whom, and what an unfinished message may take."""

import asyncio
from collections import Counter
from typing import Any, Final

from asyncua.common.connection import TransportLimits
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol

from otha.guard import Guard
from otha.interface.channel import Channel
from otha.interface.pace import TurnsOf
from otha.interface.sessions import SessionServer

_CHUNK_MAX: Final = 65_535
_PAUSE_AT: Final = 64
_OPEN_STEP_NS: Final = 50_000_000  # between channels that one address opens,
_OPEN_BURST: Final = 40  # and how many of them at once
_ADDRESSES: Final = 4_096
_STRANGERS_SHARE: Final = 4  # one address fills at most this part of the connections with channels that nobody is in


class _Connection(OPCUAProtocol):
    """One connection, with bounds on what an unfinished message, waiting requests and strangers may take."""

    def __init__(self, house: "ChannelServer", **asyncuas: Any) -> None:
        super().__init__(**asyncuas)
        self._house = house

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._house.takes(address):
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
            return
        super().connection_made(transport)
        if self.processor is not None:
            channel: Any = self._house.channel(transport, self.limits)  # Any: asyncua's half of it is not typed
            channel.set_policies(self.policies)
            self.processor = channel

    async def _activation_watchdog(self) -> None:
        await super()._activation_watchdog()
        if self.transport is not None and self.transport.is_closing():
            self.transport.abort()  # a stranger who does not read would keep a place until he does

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport is None:
            return
        if len(self._buffer) > _CHUNK_MAX:
            self.transport.abort()  # what is left is the beginning of one message, and none is so long
        elif self.messages.qsize() > _PAUSE_AT:
            self.transport.pause_reading()

    async def _process_one_msg(self, header: Any, buf: Any) -> bool:
        going_on = await super()._process_one_msg(header, buf)
        if going_on and self.transport is not None and self.messages.qsize() <= _PAUSE_AT:
            self.transport.resume_reading()
        return going_on


class ChannelServer(BinaryServer):
    """Listens, and makes the channels above."""

    def __init__(
        self, server: SessionServer, host: str, port: int, limits: TransportLimits, guard: Guard, *, allow_none: bool
    ) -> None:
        super().__init__(server, host, port, limits)
        self._server_of_sessions = server
        self._guard = guard
        self._allow_none = allow_none
        self._openings = TurnsOf(_OPEN_STEP_NS, _OPEN_BURST, _ADDRESSES)

    def channel(self, transport: Any, limits: TransportLimits) -> Channel:
        """A channel for a new connection."""
        return Channel(
            self._server_of_sessions, transport, limits, self._guard, self._openings, allow_none=self._allow_none
        )

    def takes(self, address: str) -> bool:
        """Whether one more connection from there is taken. When there are too many, one over which nobody has logged in
        gives way: the oldest from the address that has most of them."""
        strangers = [each for each in self.clients if isinstance(each.processor, Channel) and not each.processor.is_in]
        held = Counter(each.processor.address for each in strangers if isinstance(each.processor, Channel))
        if held[address] >= max(self._server_of_sessions.max_connections // _STRANGERS_SHARE, 4):
            return False
        if len(self.clients) < self._server_of_sessions.max_connections:
            return True
        crowd, many = max(held.items(), key=lambda pair: pair[1], default=("", 0))
        if many <= held[address] + 1:
            return False
        oldest = next(
            each for each in strangers if isinstance(each.processor, Channel) and each.processor.address == crowd
        )
        self.clients.remove(oldest)
        if oldest.transport is not None:
            oldest.transport.abort()
        return True

    def _make_protocol(self) -> OPCUAProtocol:
        return _Connection(
            self,
            iserver=self.iserver,
            policies=self._policies,
            clients=self.clients,
            closing_tasks=self.closing_tasks,
            limits=self.limits,
        )
