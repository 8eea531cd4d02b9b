"""The thread that keeps the connection to OTHA's interface, with an event loop of its own.

Everything that it finds out leaves by the calls that it was given, from its thread; the GUI's side makes Qt signals of
them. Nothing here waits for the GUI, and the GUI waits for nothing here.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication

from hmi import request as requests
from hmi.feed import monotonic_ms
from hmi.model import Access, Answer, EventView, Link, Snapshot, Station
from hmi.opening import Opening, Stop
from hmi.request import Request
from hmi.trust import Keys, KeysError, fingerprint

if TYPE_CHECKING:
    from asyncua import Client
    from asyncua.ua.uaerrors import UaError

    from hmi.line import Line

_WAIT_FIRST_S: Final = 0.5
_WAIT_MOST_S: Final = 15.0
_WAIT_LOGIN_S: Final = 3.0
_CLOCK_EVERY_S: Final = 10.0
_END_S: Final = 2.0
_LAST_TURNS_S: Final = 0.05
_START_S: Final = 120.0  # of a big site tens of thousands of places and values are asked for
_SILENT_S: Final = 4.0  # no publish response, not even a keep-alive: the connection is no good
translate = QCoreApplication.translate
_UNTRUSTED: Final = ("BadCertificateUntrusted", "BadSecurityChecksFailed", "BadCertificateTimeInvalid")
_LOGIN: Final = ("BadUserAccessDenied", "BadIdentityTokenRejected", "BadIdentityTokenInvalid")


class Worker:
    """The thread. All its methods may be called from any other one and return at once."""

    def __init__(
        self,
        keys: Keys,
        *,
        snapshot: Callable[[Snapshot], None],
        station: Callable[[Station], None],
        events: Callable[[tuple[EventView, ...]], None],
        answer: Callable[[Answer], None],
        trust: Callable[[Opening], None],
        login: Callable[[Opening], None],
    ) -> None:
        self._keys = keys
        self._snapshot, self._tell, self._events, self._answer = snapshot, station, events, answer
        self._ask_trust, self._ask_login = trust, login
        self._station = Station()
        self._line: Line | None = None
        self._staying: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._calls: set[asyncio.Task[None]] = set()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="opcua", daemon=True)
        self._thread.start()

    def open(self, opening: Opening) -> None:
        """Connect, and stay connected."""
        self._soon(self._start, opening)

    def trust(self, opening: Opening) -> None:
        """Trust the certificate that was shown, and connect."""
        self._soon(self._trust, opening)

    def close(self) -> None:
        """Hang up."""
        self._soon(self._start, None)

    def ask(self, request: Request) -> None:
        """Carry out a call; its answer is told."""
        self._soon(self._begin_call, request)

    def end(self) -> None:
        """Hang up and end the thread."""
        if not self._ended:
            self._ended = True
            self._soon(self._stop)
            self._thread.join(_END_S)

    def _soon(self, do: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing is heard any more
            self._loop.call_soon_threadsafe(do, *arguments)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda _loop, _context: None)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _stop(self) -> None:
        async def leave() -> None:
            await self._cancel()
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            # A transport that was closed lets its socket go in a later turn of the loop.
            await asyncio.sleep(_LAST_TURNS_S)
            self._loop.stop()

        self._leaving = self._loop.create_task(leave())

    # Staying connected

    def _start(self, opening: Opening | None) -> None:
        before = self._staying

        async def stay() -> None:
            if before is not None:
                before.cancel()
                await asyncio.gather(before, return_exceptions=True)
            if opening is None:
                self._set(Station(url=self._station.url))
            else:
                self._set(Station(url=opening.url, user=opening.user))
                await self._stay(opening)

        self._staying = self._loop.create_task(stay())

    def _trust(self, opening: Opening) -> None:
        try:
            self._keys.pin(opening.url, opening.fingerprint)
        except KeysError as error:
            self._set(replace(self._station, link=Link.CLOSED, trouble=error.what, mend=error.mend))
            return
        self._start(opening)

    async def _cancel(self) -> None:
        if self._staying is not None:
            self._staying.cancel()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_END_S / 2):
                    await asyncio.gather(self._staying, return_exceptions=True)

    async def _stay(self, opening: Opening) -> None:
        wait_s = _WAIT_FIRST_S
        self._set(replace(self._station, link=Link.CONNECTING, retry_ms=None))
        knock = _knock()
        while True:
            self._set(replace(self._station, link=Link.CONNECTING, retry_ms=None))
            was_open = False
            try:
                was_open = await self._once(opening)
                trouble, mend, link = "", translate("Link", "it is tried again by itself"), Link.LOST
            except Stop as stop:
                self._set(replace(self._station, link=stop.link, trouble=stop.trouble, mend=stop.mend, retry_ms=None))
                if stop.tell is not None:
                    stop.tell()
                return
            except knock.UaError as error:
                trouble, mend, link = self._meaning(error)
            except (OSError, TimeoutError) as error:
                trouble, mend, link = (
                    _no_answer(error),
                    translate("Link", "it is tried again by itself; is `otha run` up?"),
                    Link.LOST,
                )
            wait_s = _WAIT_FIRST_S if was_open else min(wait_s * 2, _WAIT_MOST_S)
            again = monotonic_ms() + int(wait_s * 1000)
            self._set(replace(self._station, link=link, trouble=trouble, mend=mend, retry_ms=again))
            await asyncio.sleep(wait_s)

    def _meaning(self, error: "UaError") -> tuple[str, str, Link]:
        name = _knock().name_of(error)
        if name in _UNTRUSTED:
            try:
                mine = self._keys.identity().thumbprint[:16]
            except KeysError:
                mine = ""
            return (
                translate("Link", "OTHA does not trust this station's certificate yet"),
                translate("Link", "at OTHA: `otha cert list`, then `otha cert trust {0}`").format(mine),
                Link.NOT_TRUSTED,
            )
        return (
            translate("Link", "the interface refused: {0}").format(name),
            translate("Link", "it is tried again by itself"),
            Link.LOST,
        )

    async def _once(self, opening: Opening) -> bool:
        """One connection from beginning to end; whether it was open."""
        try:
            identity, pinned = self._keys.identity(), self._keys.pinned(opening.url)
        except KeysError as error:
            raise Stop(Link.CLOSED, error.what, error.mend) from error
        policy, der = await _knock().offered(opening.url)
        seen = replace(opening, certificate=der, fingerprint=fingerprint(der), pinned=pinned or "")
        self._set(replace(self._station, fingerprint=seen.fingerprint))
        self._check_pin(seen)
        if not opening.user:
            raise Stop(
                Link.LOGIN_REFUSED,
                translate("Link", "nobody is logged in"),
                translate("Link", "log in"),
                lambda: self._ask_login(seen),
            )
        client = await _knock().client_for(seen, identity, policy)
        try:
            await self._connect(client, seen)
        except BaseException:
            with contextlib.suppress(Exception):
                client.disconnect_socket()
            raise
        transport = _knock().transport_of(client)
        try:
            return await self._serve(client, seen)
        finally:
            self._line = None
            try:
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(1.0):
                        await client.disconnect()
            finally:
                # Whoever has no time left to say goodbye hangs up all the same.
                with contextlib.suppress(Exception):
                    client.disconnect_socket()
                if transport is not None:
                    transport.abort()

    def _check_pin(self, seen: Opening) -> None:
        if not seen.pinned:
            raise Stop(
                Link.ASKING_TRUST,
                translate("Link", "this OTHA is not known here yet"),
                translate("Link", "compare the fingerprint with the one in OTHA's log, and trust it"),
                lambda: self._ask_trust(seen),
            )
        if seen.pinned != seen.fingerprint:
            raise Stop(
                Link.CERTIFICATE_CHANGED,
                translate("Link", "THE CERTIFICATE HAS CHANGED: this may be somebody else who answers in OTHA's name"),
                translate(
                    "Link", "ask who renewed OTHA's certificate; trust the new one only with its fingerprint confirmed"
                ),
                lambda: self._ask_trust(seen),
            )

    async def _connect(self, client: "Client", seen: Opening) -> None:
        knock = _knock()
        try:
            async with asyncio.timeout(knock.TIMEOUT_S * 2):
                await client.connect()
        except knock.UaError as error:
            if knock.name_of(error) in _LOGIN:
                raise Stop(
                    Link.LOGIN_REFUSED,
                    translate("Link", "name or password was not taken"),
                    translate("Link", "log in anew; after several attempts OTHA makes you wait"),
                    lambda: self._ask_login(replace(seen, password="", refused=True)),
                ) from error
            raise

    async def _serve(self, client: "Client", opening: Opening) -> bool:
        self._news = asyncio.Event()
        line = _knock().Line(client, self._news.set)
        lost = asyncio.Event()

        async def on_lost(_error: Exception) -> None:
            lost.set()

        client.connection_lost_callback = on_lost
        async with asyncio.timeout(_START_S):
            await line.start()
        self._line = line
        parts: list[Coroutine[Any, Any, None]] = [
            self._flush(line),
            line.keep_alarms(),
            self._watch_clock(line),
            self._who(line),
        ]
        tasks = [asyncio.ensure_future(each) for each in parts]
        tasks.append(asyncio.ensure_future(_wait(lost)))
        self._set(replace(self._station, link=Link.OPEN, trouble="", mend="", user=opening.user, retry_ms=None))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return True

    async def _flush(self, line: "Line") -> None:
        """Hand over what is new at the line's pace; end when nothing at all comes any more."""
        while True:
            async with asyncio.timeout(_SILENT_S):
                await self._news.wait()
            self._news.clear()
            events, line.events = tuple(line.events), []
            if line.heard_ms:
                self._set(replace(self._station, heard_ms=line.heard_ms, service_level=line.service_level))
                if line.store.changed:
                    self._snapshot(line.store.snapshot())
            if events:
                self._events(events)
            await asyncio.sleep(line.pace_ms / 1000)

    async def _watch_clock(self, line: "Line") -> None:
        while True:
            self._set(replace(self._station, clock_offset_ms=await line.clock_offset_ms()))
            await asyncio.sleep(_CLOCK_EVERY_S)

    async def _who(self, line: "Line") -> None:
        """Which role the user has now, where the interface tells it."""
        while True:
            if "WhoAmI" in line.methods:
                answer = await line.call(requests.service("who", "WhoAmI", "", {}))
                if not answer.trouble:
                    user, role, methods, locks_in_ms = answer.outputs
                    self._set(
                        replace(
                            self._station,
                            user=str(user),
                            access=Access.__members__.get(str(role).upper(), Access.NONE),
                            methods=frozenset(methods or ()),
                            locks_in_ms=None if locks_in_ms < 0 else int(locks_in_ms),
                        )
                    )
            await asyncio.sleep(_CLOCK_EVERY_S)

    # Calls

    def _begin_call(self, request: Request) -> None:
        task = self._loop.create_task(self._call(request))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _call(self, request: Request) -> None:
        line = self._line
        said: dict[str, Any] = {"ticket": request.ticket, "method": request.method, "group": request.group}
        if line is None:
            self._answer(Answer(**said, trouble=translate("Link", "not connected")))
            return
        knock = _knock()
        try:
            self._answer(await line.call(request))
        except knock.UaError as error:
            self._answer(Answer(**said, trouble=knock.name_of(error), unsure=True))
        except (OSError, TimeoutError) as error:
            self._answer(Answer(**said, trouble=_no_answer(error), unsure=True))
        except asyncio.CancelledError:
            self._answer(Answer(**said, trouble=translate("Link", "the connection was closed"), unsure=True))

    def _set(self, station: Station) -> None:
        if station == self._station:
            return
        if station.link is not self._station.link:
            station = replace(station, since_ms=monotonic_ms())
        self._station = station
        self._tell(station)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


def _knock() -> Any:  # Any: the module, whose types need the library that it loads
    from hmi import knock

    return knock


def _no_answer(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return translate("Link", "it does not answer")
    return translate("Link", "it can't be reached: {0}").format(error)
