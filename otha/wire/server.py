"""The supervisor's end of the socket.

The kernel says who asks; the site file says what that user may do. A client that is slow, silent or talks rubbish costs
a bounded amount of memory and is cut off; it never holds up the loop.
"""

import asyncio
import logging
import os
import pwd
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, assert_never

from otha.core.errors import HostError
from otha.core.words import OrderKind
from otha.wire import access, codec
from otha.wire.access import AccessRole
from otha.wire.errors import WireError
from otha.wire.message import (
    PROTOCOL,
    BackupMade,
    BackupNoted,
    EventEntry,
    Hello,
    Json,
    Message,
    OrderReply,
    OrderRequest,
    Refusal,
    SiteApplied,
    SiteApply,
    SiteLook,
    SiteLooked,
    StatusReply,
    StatusRequest,
    Subscribe,
    WhyReply,
    WhyRequest,
)
from otha.wire.place import short_address

log = logging.getLogger(__name__)

_READ_SIZE = 64 * 1024
_CLIENTS_MAX = 32
_EVENTS_MAX = 1000
_WRITE_TIMEOUT_S = 5.0


class Handler(Protocol):
    """What the supervisor offers."""

    async def order(self, request: OrderRequest, user: str, *, seconds: tuple[OrderKind, ...]) -> OrderReply | Refusal:
        """Carry out an order; the role has been checked. `seconds`: what the user may confirm as a second person."""

    def turned_away(self, request: OrderRequest, user: str, what: str) -> None:
        """Note an order that the user's role does not allow."""

    async def look(self, request: SiteLook) -> SiteLooked | Refusal:
        """How another site file differs; the role has been checked."""

    async def apply(self, request: SiteApply, user: str) -> SiteApplied | Refusal:
        """Have it take the place of the present one; the role has been checked."""

    def not_allowed(self, request: SiteApply, user: str, what: str) -> None:
        """Note a change of the site that the user's role does not allow."""

    async def backed_up(self, made: BackupMade, user: str) -> BackupNoted | Refusal:
        """Journal that a copy of the journal was made; the role has been checked."""

    def status(self) -> Callable[[], Json]:
        """Takes hold of the state as it is now; what is returned writes it out, on another thread: of a large site that
        would keep heartbeats waiting."""

    def why(self, group: str, node: str | None) -> Json | None:
        """What stands against a switchover of the group; None: there is no such group."""


def _user_of(sock: socket.socket) -> str:
    uid = access.peer_uid(sock)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _frame(message: Message) -> bytes:
    try:
        return codec.encode(message)
    except WireError as error:
        return codec.encode(Refusal(what=error.what, mend=""))


class _Client:
    """One connection. Requests are answered in order, one at a time."""

    def __init__(self, server: "WireServer", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._decoder = codec.Decoder()
        self._user = _user_of(writer.get_extra_info("socket"))
        self._greeted = False
        self.events: asyncio.Queue[EventEntry] | None = None
        self._lost = 0

    async def serve(self) -> None:
        """Answer until the client goes, or is sent away."""
        try:
            while data := await self._reader.read(_READ_SIZE):
                for message in self._decoder.feed(data):
                    if not await self._answer(message):
                        return
                    if self.events is not None:
                        await self._stream(self.events)
                        return
        except WireError as error:
            await self._send(Refusal(what=error.what, mend=error.mend))

    def offer(self, event: Json) -> None:
        """Queue an event for a subscriber, or count it as lost."""
        if self.events is None:
            return
        try:
            self.events.put_nowait(EventEntry(lost=self._lost, event=event))
            self._lost = 0
        except asyncio.QueueFull:
            self._lost += 1

    async def _send(self, message: Message) -> None:
        await self._send_frame(_frame(message))

    async def _send_frame(self, frame: bytes) -> None:
        self._writer.write(frame)
        async with asyncio.timeout(_WRITE_TIMEOUT_S):
            await self._writer.drain()

    async def _answer(self, message: Message) -> bool:
        """False: the connection ends."""
        if not self._greeted:
            return await self._greet(message)
        role = self._server.role_of(self._user)
        if role is None:
            await self._send(self._no_role())  # a changed site file has taken it away
            return False
        match message:
            case OrderRequest():
                await self._send(await self._order(message, role))
            case StatusRequest():
                await self._send_frame(await self._server.written_out(self._server.handler.status()))
            case WhyRequest(group=group, node=node):
                why = self._server.handler.why(group, node)
                await self._send(
                    Refusal(what=f"there is no group {group[:80]!r}", mend="`otha status` lists the groups")
                    if why is None
                    else WhyReply(why=why)
                )
            case SiteLook() | SiteApply():
                await self._send(await self._site(message, role))
            case BackupMade():
                await self._send(await self._backed_up(message, role))
            case Subscribe():
                self.events = asyncio.Queue(_EVENTS_MAX)
            case (
                Hello()
                | OrderReply()
                | StatusReply()
                | WhyReply()
                | SiteLooked()
                | SiteApplied()
                | BackupNoted()
                | EventEntry()
                | Refusal()
            ):
                await self._send(Refusal(what=f"{type(message).__name__} is no request", mend=""))
                return False
            case never:
                assert_never(never)
        return True

    async def _greet(self, message: Message) -> bool:
        if not isinstance(message, Hello) or message.protocol != PROTOCOL:
            await self._send(
                Refusal(
                    what=f"this supervisor speaks protocol {PROTOCOL}",
                    mend="use the otha command of the version that is running",
                )
            )
            return False
        role = self._server.role_of(self._user)
        if role is None:
            log.warning("wire: user %s has no role and was sent away", self._user)
            await self._send(self._no_role())
            return False
        self._greeted = True
        await self._send(
            Hello(
                protocol=PROTOCOL,
                sender="supervisor",
                site=self._server.site,
                user=self._user,
                role=role.name.lower(),
            )
        )
        return True

    def _no_role(self) -> Refusal:
        return Refusal(what=f"user {self._user} has no role in the site file", mend="add the user to [roles]")

    async def _site(self, request: SiteLook | SiteApply, role: AccessRole) -> Message:
        if role >= access.APPLY:
            if isinstance(request, SiteLook):
                return await self._server.handler.look(request)
            return await self._server.handler.apply(request, self._user)
        what = f"user {self._user} is {role.name.lower()}; another site file needs {access.APPLY.name.lower()}"
        if isinstance(request, SiteApply):
            self._server.handler.not_allowed(request, self._user, what)
        return Refusal(what=what, mend="ask a user with that role")

    async def _backed_up(self, made: BackupMade, role: AccessRole) -> Message:
        if role >= access.BACKUP:
            return await self._server.handler.backed_up(made, self._user)
        what = f"user {self._user} is {role.name.lower()}; to tell of a copy needs {access.BACKUP.name.lower()}"
        return Refusal(what=what, mend="ask a user with that role")

    async def _order(self, request: OrderRequest, role: AccessRole) -> OrderReply | Refusal:
        if not access.may_order(role, request.order):
            needed = access.NEEDED[request.order].name.lower()
            what = f"user {self._user} is {role.name.lower()}; {request.order.value} needs {needed}"
            self._server.handler.turned_away(request, self._user, what)
            return Refusal(what=what, mend="ask a user with that role")
        return await self._server.handler.order(request, self._user, seconds=access.seconds(role))

    async def _stream(self, events: "asyncio.Queue[EventEntry]") -> None:
        """Events until the client goes; whatever it still says ends the stream."""
        async with asyncio.TaskGroup() as tasks:
            gone = tasks.create_task(self._reader.read(1))
            sender = tasks.create_task(self._pump(events))
            gone.add_done_callback(lambda _: sender.cancel())

    async def _pump(self, events: "asyncio.Queue[EventEntry]") -> None:
        while True:
            await self._send(await events.get())


class WireServer:
    """Listens on `path` until closed. `role_of` gives the role of a system user, None for nobody's."""

    def __init__(self, path: Path, handler: Handler, *, site: str, role_of: Callable[[str], AccessRole | None]) -> None:
        self.path = path
        self.handler = handler
        self.site = site
        self.role_of = role_of
        self._clients: set[_Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._scribe = ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-status")

    async def start(self) -> None:
        """Listen; an old socket is replaced (the state directory's lock says that nobody uses it). Raises HostError."""
        # The thread is there before anybody can ask, so that it gets the priority of the process' other threads.
        await asyncio.get_running_loop().run_in_executor(self._scribe, int)
        self.path.unlink(missing_ok=True)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with short_address(self.path) as address:
                before = os.umask(0o177)
                try:
                    sock.bind(address)
                finally:
                    os.umask(before)
            self._server = await asyncio.start_unix_server(self._serve, sock=sock, backlog=16)
        except OSError as error:
            sock.close()
            raise HostError(
                f"no socket at {self.path}: {error.strerror}", mend="check the --state directory"
            ) from error

    async def written_out(self, status: Callable[[], Json]) -> bytes:
        """The reply that carries `status`, made on the thread that is there for it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._scribe, lambda: _frame(StatusReply(status=status())))

    async def close(self) -> None:
        """Send everybody away and remove the socket."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._scribe.shutdown()
        self.path.unlink(missing_ok=True)

    def publish(self, event: Json) -> None:
        """Offer an event to all subscribers; never blocks."""
        for client in self._clients:
            client.offer(event)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        client: _Client | None = None
        try:
            if len(self._clients) < _CLIENTS_MAX:
                client = _Client(self, reader, writer)
                self._clients.add(client)
                await client.serve()
            writer.close()  # lets a last message out
        except (OSError, TimeoutError, asyncio.CancelledError):
            log.debug("wire: a client went away")
            writer.transport.abort()
        except Exception:
            log.exception("wire: serving a client failed")
            writer.transport.abort()
        finally:
            if client is not None:
                self._clients.discard(client)
            self._tasks.discard(task)
