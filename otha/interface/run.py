"""The interface process from its setup to its end: the one place where its parts are put together."""

import asyncio
import gc
import hashlib
import socket
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asyncua.ua.uaerrors import UaError
from cryptography.hazmat.primitives.serialization import Encoding

from otha.certificates import Purpose, own_identity
from otha.core.errors import OthaError
from otha.guard import PAGE_SIZE, Guard
from otha.interface import model, place, standard
from otha.interface.access_watch import AccessWatch
from otha.interface.conditions import Conditions
from otha.interface.door import Door
from otha.interface.events import Announcer, moment
from otha.interface.history import History
from otha.interface.link import Link
from otha.interface.login import LoginGuard
from otha.interface.mirror import Doubt, Mirror
from otha.interface.orders import Orders
from otha.interface.server import UaServer
from otha.interface.services import Services
from otha.interface.sessions import SessionServer
from otha.interface.space import Space
from otha.interface.trust import TrustList
from otha.interface.users import Users
from otha.wire import interface as wire

OLD_AFTER_S: Final = 2.0
LOST_AFTER_S: Final = 10.0
_LOOK_S: Final = 0.25
_ACCESS_S: Final = 2.0
_STRETCH_S: Final = 0.2  # CPU time for one step of work on a message; the largest honest ones take a quarter
_TOLD_MAX: Final = 1000


class Interface:
    """Serves until the supervisor hangs up."""

    def __init__(self) -> None:
        self._setup: asyncio.Future[wire.Setup] = asyncio.get_running_loop().create_future()
        self._snapshot: wire.Snapshot | None = None
        self._told: deque[wire.Told] = deque(maxlen=_TOLD_MAX)
        self._more = asyncio.Event()
        self.link = Link(self._take)

    async def run(self) -> None:
        """Raises OthaError, UaError and OSError when it can't serve."""
        setup = await self._setup
        door, server, services, shown = await self._built(setup)
        # What stands in the address space is never garbage: a full collection of it would hold up the loop for 100 ms.
        gc.freeze()
        gc.enable()
        await server.start()
        fingerprint = hashlib.sha256(server_certificate(server)).hexdigest()
        self.link.send(wire.Listening(url=server.url, fingerprint=fingerprint))
        watching = asyncio.get_running_loop().create_task(self._watch_access(place.folder(Path(setup.folder))))
        try:
            await self._show(shown)
        finally:
            watching.cancel()
            services.close()
            door.close()
            await server.stop()

    async def _watch_access(self, folder: Path) -> None:
        def told(what: str) -> None:
            self.link.tell(wire.Notice.ACCESS_CHANGED, "", "", what)

        watch = AccessWatch(folder, Users(folder), TrustList(folder), told)
        while True:
            watch.look()
            await asyncio.sleep(_ACCESS_S)

    async def _built(self, setup: wire.Setup) -> tuple[Door, UaServer, Services, "_Shown"]:
        state = Path(setup.folder)
        folder = place.folder(state)
        identity = own_identity(place.own(state), setup.site, Purpose.SERVER)
        door = Door(Users(folder), TrustList(folder), LoginGuard(), self.link.tell)
        sessions = SessionServer(door, sessions=setup.sessions, standard_file=standard.file_in(folder))
        guard = Guard(bytearray(PAGE_SIZE), _STRETCH_S)
        server = UaServer(setup, sessions, guard, identity.certificate, identity.key, identity.application_uri)
        space = Space(sessions, await server.prepare())
        orders = Orders(self.link, door, idle_lock_ms=setup.idle_lock_ms)
        services = Services(self.link, door, orders, state)
        while (first := await self._next(None)) is None:
            pass
        orders.supervisor_name = str(first.status["supervisor"])
        announcer = Announcer(sessions, space, self.link.tell)
        history = services.history = History(sessions, space, announcer, state / "journal")
        sessions.read_history = history.read
        self.link.sessions = sessions.count
        model.build(space, first.status, orders.method, services.method)
        conditions = Conditions(sessions, space, announcer, orders, door.tell)
        conditions.link()
        shown = _Shown(Mirror(sessions, space), conditions, announcer, services)
        await shown.show(first)
        return door, server, services, shown

    async def _show(self, shown: "_Shown") -> None:
        heard = time.monotonic()
        while True:
            newest = await self._next(_LOOK_S)
            while self._told:
                await shown.tell(self._told.popleft())
            silent_s = time.monotonic() - heard
            if newest is not None:
                heard = time.monotonic()
                await shown.show(newest)
            elif silent_s > OLD_AFTER_S:
                await shown.mirror.doubt(Doubt.LOST if silent_s > LOST_AFTER_S else Doubt.OLD, datetime.now(UTC))

    async def _next(self, within_s: float | None) -> wire.Snapshot | None:
        """The newest snapshot that was not shown yet; None when there is none in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._more.wait()
        self._more.clear()
        newest, self._snapshot = self._snapshot, None
        return newest

    def _take(self, message: wire.Setup | wire.Snapshot | wire.Told) -> None:
        match message:
            case wire.Setup():
                if not self._setup.done():
                    self._setup.set_result(message)
            case wire.Snapshot():
                self._snapshot = message
                self._more.set()
            case wire.Told():
                self._told.append(message)
                self._more.set()


class _Shown:
    """All that shows what the supervisor says."""

    def __init__(self, mirror: Mirror, conditions: Conditions, announcer: Announcer, services: Services) -> None:
        self.mirror = mirror
        self._services = services
        self._conditions = conditions
        self._announcer = announcer

    async def show(self, newest: wire.Snapshot) -> None:
        """A state."""
        self._services.newest = newest
        at = moment(newest.wall_ns)
        await self.mirror.show(newest.status, at)
        await self._conditions.show(newest.status, at)

    async def tell(self, told: wire.Told) -> None:
        """An event."""
        await self._announcer.tell(self._announcer.event(told.event, told.wall_ns))


def server_certificate(server: UaServer) -> bytes:
    """The certificate that clients see, DER."""
    der: bytes = server.iserver.certificate.public_bytes(Encoding.DER)
    return der


async def serve(sock: socket.socket) -> None:
    """Serve over this socket until the supervisor hangs up."""
    loop = asyncio.get_running_loop()
    # What a peer makes asyncua's own tasks raise is told by what it spoils, and nowhere else.
    loop.set_exception_handler(lambda _loop, _context: None)
    interface = Interface()
    await loop.create_connection(lambda: interface.link, sock=sock)
    serving = loop.create_task(interface.run())
    await asyncio.wait({serving, interface.link.gone}, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done():
        serving.cancel()
    try:
        await serving
    except asyncio.CancelledError:
        pass
    except OthaError as error:
        interface.link.send(wire.Failed(what=error.what, mend=error.mend))
    except (UaError, OSError) as error:
        interface.link.send(wire.Failed(what=str(error), mend="see [interface] in the site file"))
    await asyncio.sleep(0)
