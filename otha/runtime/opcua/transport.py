"""asyncua's client with what a supervised peer needs: receipts stamped, bytes bounded, work on them guarded."""

import time

from asyncua import Client
from asyncua.client.ua_client import UaClient, UASocketProtocol
from asyncua.common.connection import TransportLimits

from otha.guard import Guard

_CHUNK_MAX = 65_535
_CHUNKS_MAX = 32
_MESSAGE_MAX = 1 << 20


class GuardedProtocol(UASocketProtocol):
    """One connection. `received_ns`: when bytes came last. `offended`: taking them cost too much."""

    def __init__(self, guard: Guard, channel: int, transport: "GuardedTransport") -> None:
        super().__init__(
            transport.timeout_s,
            security_policy=transport.security_policy,
            limits=TransportLimits(_CHUNK_MAX, _CHUNK_MAX, _CHUNKS_MAX, _MESSAGE_MAX),
        )
        self._guard = guard
        self._channel = channel
        self.received_ns = 0
        self.offended = False

    def data_received(self, data: bytes) -> None:
        self.received_ns = time.monotonic_ns()
        if len(self.receive_buffer or b"") + len(data) > _MESSAGE_MAX:
            self.abort()
            return
        try:
            with self._guard.taking(self._channel):
                super().data_received(data)
        except Exception:
            # Whatever these bytes were, nothing that follows them can be understood.
            self.abort()
        if self._guard.tripped:
            self.offended = True
            self.abort()

    def abort(self) -> None:
        """Close at once; what is pending fails."""
        if self.transport is not None:
            self.transport.abort()


class GuardedTransport(UaClient):
    """Makes guarded connections."""

    def __init__(self, timeout_s: float, guard: Guard, channel: int) -> None:
        super().__init__(timeout_s)
        self.timeout_s = timeout_s
        self._guard = guard
        self._channel = channel
        self.wire: GuardedProtocol | None = None

    def _make_protocol(self) -> UASocketProtocol:
        made = self.wire = self.protocol = GuardedProtocol(self._guard, self._channel, self)
        made.on_connection_lost = self._on_transport_lost
        made.is_session_closing = self._is_session_closing
        return made


class GuardedClient(Client):
    """A client without asyncua's own reconnecting and watching: the channel does both."""

    def __init__(self, url: str, timeout_s: float, guard: Guard, channel: int) -> None:
        super().__init__(url, timeout=timeout_s)
        self.guarded = GuardedTransport(timeout_s, guard, channel)
        self.uaclient = self.guarded

    def abort(self) -> None:
        """Close at once."""
        if self.guarded.wire is not None:
            self.guarded.wire.abort()
