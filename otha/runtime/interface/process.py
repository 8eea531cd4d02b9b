"""The interface process, kept running: started, fed, asked whether it still works, started again at a pace.

Nothing here waits for it: a snapshot that it has not taken yet is replaced by the next one, events that it is too slow
for are counted, and what it asks is bounded. Killed, flooded or silent, supervision does not notice.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

from otha.core.words import OrderKind
from otha.runtime.interface.counter import Counter
from otha.runtime.kept_process import KeptProcess, Pace
from otha.wire import interface as wire
from otha.wire.codec import Reader
from otha.wire.errors import WireError
from otha.wire.message import Json, OrderReply, OrderRequest, Refusal

# Loading OPC UA's own address space takes seconds, on a busy machine many.
_PACE = Pace(backoff_first_s=0.5, backoff_max_s=30.0, steady_s=10.0, ready_s=60.0)
_EVENTS_UNSENT_MAX = 1 << 20
_UNSENT_MAX = (4 << 20) + wire.STATUS_MAX
_FRESH_S = 0.2
_SHARE = 10  # making a snapshot takes this part of the time at most


class Desk(Protocol):
    """What the supervisor offers to the interface."""

    async def order(
        self, request: OrderRequest, user: str, client: str, *, seconds: tuple[OrderKind, ...]
    ) -> OrderReply | Refusal:
        """Carry out an order; the role has been checked. `seconds`: what the user may confirm as a second person."""

    def turned_away(self, request: OrderRequest, user: str, what: str, client: str) -> None:
        """Journal an order that was not carried out."""

    def status(self) -> Callable[[], Json]:
        """Takes hold of the state; what is returned writes it out, on another thread."""

    def why(self, group: str, node: str | None) -> Json | None:
        """What stands against a switchover of the group; None: there is no such group."""

    def view(self, view: wire.View, group: str) -> Callable[[], Json] | None:
        """Takes hold of it; what is returned writes it out, on another thread. None: there is nothing to see."""


class Book(Protocol):
    """Where it is written down what became of the interface."""

    def note(self, kind: str, body: dict[str, Any], user: str) -> "Future[int]":
        """Journal it; done once it is durable."""

    def log(self, level: str, event: str, **fields: object) -> None:
        """One line of the log."""


class InterfaceProcess:
    """One interface. `run()` must be running. `url`: where it listens, "" while it does not."""

    def __init__(self, setup: wire.Setup, desk: Desk, book: Book) -> None:
        self._setup = setup
        self._book = book
        self._kept = KeptProcess("otha.interface", self, _PACE, unsent_max=_UNSENT_MAX)
        self._reader: Reader[wire.FromInterface] = wire.reader_at_supervisor()
        self._desk = desk
        self._scribe = ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-interface")
        self._counter = Counter(desk, book, self.send, self._scribe)
        self._lost = 0
        self._sessions = 0
        self.url = ""

    @property
    def pid(self) -> int | None:
        """The process, None when there is none."""
        return self._kept.pid

    @property
    def starts(self) -> int:
        """How often it was started."""
        return self._kept.starts

    @property
    def is_up(self) -> bool:
        """It listens."""
        return bool(self.url)

    def prepare(self) -> "asyncio.Future[int]":
        """Start the thread that writes snapshots out, before the threads' priorities are set."""
        return asyncio.get_running_loop().run_in_executor(self._scribe, int)

    def close(self) -> None:
        """No snapshots are written any more."""
        self._scribe.shutdown(wait=False)

    def told(self) -> Json:
        """What `otha status --json` shows of it."""
        return {"up": self.is_up, "where": self.url, "starts": self.starts, "sessions": self._sessions}

    def kill(self, why: str) -> None:
        """End the process at once; `run` sees to the rest."""
        self._kept.kill(why)

    def send(self, message: wire.ToInterface) -> None:
        """Hand a message over. An interface that takes none any more is killed."""
        self._kept.write(wire.to_interface(message))

    def publish(self, event: Json) -> None:
        """Offer a journaled event; never blocks."""
        if not self.url:
            return
        unsent = self._kept.unsent
        if unsent is None or unsent > _EVENTS_UNSENT_MAX:
            self._lost += 1
            return
        self.send(wire.Told(lost=self._lost, wall_ns=time.time_ns(), event=event))
        self._lost = 0

    def take(self, data: bytes) -> None:
        """See `otha.runtime.kept_process.Owner`."""
        for message in self._reader.feed(data):
            self._kept.heard()
            self._says(message)

    def ping(self) -> bytes:
        """See `otha.runtime.kept_process.Owner`."""
        return wire.to_interface(wire.Ping())

    def _says(self, message: wire.FromInterface) -> None:
        match message:
            case wire.Listening(url=url, fingerprint=fingerprint):
                self.url = url
                self._book.log("info", "interface", listens=url, certificate_sha256=fingerprint)
                self._book.note("interface.start", {"url": url, "certificate_sha256": fingerprint}, "")
            case wire.Failed(what=what, mend=mend):
                self._kept.trouble = f"{what} ({mend})" if mend else what
            case wire.Pong(sessions=sessions):
                self._sessions = sessions
            case _:
                if not self._counter.take(message):
                    self.kill("it asked more than an interface may ask")

    async def run(self) -> None:
        """Keep the interface running, until cancelled."""
        while True:
            self._reader = wire.reader_at_supervisor()
            try:
                await self._kept.live(meanwhile=self._feed)
            except OSError as error:
                self._kept.trouble = f"it can't be started: {error.strerror}"
            except Exception as error:  # whatever it is, supervision goes on
                self._kept.trouble = f"{type(error).__name__}: {error}"
            finally:
                self.url = ""
                self._sessions = 0
                self._counter.close()
            self._told_end()
            await self._kept.rest()

    def _told_end(self) -> None:
        why = self._kept.trouble or "it has ended"
        self._book.log("warning", "interface", ended=why)
        self._book.note("interface.end", {"why": why, "starts": self.starts}, "")

    async def _feed(self) -> None:
        """What it is to be, then the newest state, as often as it is taken and as it costs little."""
        self.send(self._setup)
        loop = asyncio.get_running_loop()
        while True:
            began = time.monotonic()
            if self._kept.unsent == 0:
                status, wall_ns = self._desk.status(), time.time_ns()
                frame = await loop.run_in_executor(self._scribe, _snapshot, wall_ns, status)
                if frame is not None:
                    self._kept.write(frame)
            await asyncio.sleep(max(_FRESH_S, _SHARE * (time.monotonic() - began)))


def _snapshot(wall_ns: int, status: Callable[[], Json]) -> bytes | None:
    """The frame of a snapshot; None when it is longer than a message may be."""
    with suppress(WireError):
        return wire.to_interface(wire.Snapshot(wall_ns=wall_ns, status=status()))
    return None
