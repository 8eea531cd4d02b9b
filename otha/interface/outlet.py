"""An outlet's end of the socket pair that it has inherited from the supervisor: setup and states come in, what it has
counted and met goes out. There is no message by which an outlet could order anything."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from otha.core.errors import OthaError
from otha.wire import outlet as wire
from otha.wire.errors import WireError

_BACKLOG_MAX: Final = 1 << 20


class OutletLink(asyncio.Protocol):
    """`setup` is done when the supervisor has said what this outlet is to be, `gone` when it has hung up.

    `counted`: what the next pong says.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._reader = wire.reader_at_outlet()
        self._transport: asyncio.Transport | None = None
        self.setup: asyncio.Future[wire.ToOutlet] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()
        self.take: Callable[[wire.State], None] = lambda _state: None
        self.counted: Callable[[], wire.Json] = dict

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._reader.feed(data):
                match message:
                    case wire.Ping():
                        self.send(wire.Pong(counted=self.counted()))
                    case wire.State():
                        self.take(message)
                    case wire.MetricsSetup() | wire.SyslogSetup():
                        if not self.setup.done():
                            self.setup.set_result(message)
        except WireError:
            assert self._transport is not None
            self._transport.abort()

    def send(self, message: wire.FromOutlet) -> None:
        """Tell the supervisor. One that takes nothing any more ends this process."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(wire.from_outlet(message))
        if self._transport.get_write_buffer_size() > _BACKLOG_MAX:
            self._transport.abort()


async def live(sock: Any, work: Callable[[OutletLink], Coroutine[Any, Any, None]], mend: str) -> None:
    """Work over this socket until the supervisor hangs up. `mend`: what to look at when it fails."""
    loop = asyncio.get_running_loop()
    link = OutletLink()
    await loop.create_connection(lambda: link, sock=sock)
    working = loop.create_task(work(link))
    await asyncio.wait({working, link.gone}, return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
        working.cancel()
    try:
        await working
    except asyncio.CancelledError:
        pass
    except OthaError as error:
        link.send(wire.Failed(what=error.what, mend=error.mend))
    except OSError as error:
        link.send(wire.Failed(what=error.strerror or str(error), mend=mend))
    await asyncio.sleep(0)
