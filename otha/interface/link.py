"""The interface's end of the socket pair that it has inherited from the supervisor."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Final

from otha.interface.door import Caller
from otha.wire import interface as wire
from otha.wire.errors import WireError
from otha.wire.message import Json, OrderReply, OrderRequest, Refusal

_ANSWER_S: Final = 6.0
_BACKLOG_MAX: Final = 4 << 20


class Link(asyncio.Protocol):
    """Orders and questions go out, snapshots and events come in. `gone` is done when the supervisor has hung up."""

    def __init__(self, take: Callable[[wire.Setup | wire.Snapshot | wire.Told], None]) -> None:
        self._take = take
        self._reader = wire.reader_at_interface()
        self._ids = count(1)
        self._waiting: dict[int, asyncio.Future[wire.Answered | wire.Explained]] = {}
        self._transport: asyncio.Transport | None = None
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._reader.feed(data):
                self._received(message)
        except WireError:
            assert self._transport is not None
            self._transport.abort()

    def send(self, message: wire.FromInterface) -> None:
        """Tell the supervisor. One that takes nothing any more ends this process."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(wire.from_interface(message))
        if self._transport.get_write_buffer_size() > _BACKLOG_MAX:
            self._transport.abort()

    def tell(self, notice: wire.Notice, user: str, client: str, what: str) -> None:
        """Something for the journal."""
        self.send(wire.Noted(notice=notice, user=_text(user), client=_text(client), what=_text(what)))

    async def order(self, caller: Caller, request: OrderRequest) -> OrderReply | Refusal | None:
        """The supervisor's answer to an order; None when there is none in time."""
        ask = next(self._ids)
        role = wire.RoleName[caller.role.name]
        end = await self._ask(
            ask,
            wire.OnBehalf(ask=ask, user=_text(caller.user), client=_text(caller.client), role=role, order=request),
        )
        return (end.reply or end.refusal) if isinstance(end, wire.Answered) else None

    async def explain(self, group: str, node: str | None) -> Json | None:
        """What stands against a switchover; None when nobody says."""
        ask = next(self._ids)
        end = await self._ask(ask, wire.Explain(ask=ask, group=group, node=node))
        return end.why if isinstance(end, wire.Explained) else None

    async def _ask(self, ask: int, message: wire.FromInterface) -> wire.Answered | wire.Explained | None:
        done: asyncio.Future[wire.Answered | wire.Explained] = asyncio.get_running_loop().create_future()
        self._waiting[ask] = done
        try:
            self.send(message)
            async with asyncio.timeout(_ANSWER_S):
                return await done
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(ask, None)

    def _received(self, message: wire.ToInterface) -> None:
        match message:
            case wire.Ping():
                self.send(wire.Pong())
            case wire.Answered(ask=ask) | wire.Explained(ask=ask):
                done = self._waiting.get(ask)
                if done is not None and not done.done():
                    done.set_result(message)
            case _:
                self._take(message)


def _text(text: str) -> str:
    """What a wire message carries; a peer's text may hold half a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")
