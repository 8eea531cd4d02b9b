"""The interface process as the supervisor sees it: what it asks and tells is bounded, and events that it is too slow
for are counted."""

import time
from collections.abc import Callable
from typing import Final, Protocol

from otha.core.words import OrderKind
from otha.runtime.interface.counter import Counter
from otha.runtime.interface.fed import Book, Diet, FedProcess
from otha.runtime.interface.port import HeldPort
from otha.runtime.kept_process import Pace
from otha.wire import interface as wire
from otha.wire.codec import Reader
from otha.wire.message import Json, OrderReply, OrderRequest, Refusal

# Loading OPC UA's own address space takes seconds where it is not kept yet, on a busy machine many.
_PACE: Final = Pace(backoff_first_s=0.5, backoff_max_s=30.0, steady_s=10.0, ready_s=60.0, spare_after_s=5.0)
_EVENTS_UNSENT_MAX: Final = 1 << 20
_DIET: Final = Diet(every_s=0.2, share=10, unsent_max=(4 << 20) + wire.STATUS_MAX)


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


class InterfaceProcess(FedProcess[wire.FromInterface]):
    """One interface. `where` is its URL."""

    def __init__(self, setup: wire.Setup, desk: Desk, book: Book) -> None:
        super().__init__("interface", "otha.interface", book, desk.status, _PACE, _DIET)
        self._setup = setup
        self._counter = Counter(desk, book, self.send, self._scribe)
        self._port = HeldPort(setup.host, setup.port)
        self._lost = 0
        self._sessions = 0

    def told(self) -> Json:
        return {**super().told(), "sessions": self._sessions}

    def send(self, message: wire.ToInterface) -> None:
        """Hand a message over. An interface that takes none any more is killed."""
        self._kept.write(wire.to_interface(message))

    def publish(self, event: Json) -> None:
        """Offer a journaled event; never blocks."""
        if not self.is_up:
            return
        unsent = self._kept.unsent
        if unsent is None or unsent > _EVENTS_UNSENT_MAX:
            self._lost += 1
            return
        self.send(wire.Told(lost=self._lost, wall_ns=time.time_ns(), event=event))
        self._lost = 0

    def ping(self) -> bytes:
        return wire.to_interface(wire.Ping())

    def _new_reader(self) -> Reader[wire.FromInterface]:
        return wire.reader_at_supervisor()

    def close(self) -> None:
        super().close()
        self._port.close()

    def _setup_frame(self) -> bytes:
        self._port.hold()
        return wire.to_interface(self._setup)

    def _state_frame(self, wall_ns: int, status: Json) -> bytes:
        return wire.to_interface(wire.Snapshot(wall_ns=wall_ns, status=status))

    def _is_over(self) -> None:
        self._sessions = 0
        self._counter.close()

    def _says(self, message: wire.FromInterface) -> None:
        match message:
            case wire.Listening(url=url, fingerprint=fingerprint):
                self.where = url
                self._book.log("info", "interface", listens=url, certificate_sha256=fingerprint)
                self._book.note("interface.start", {"url": url, "certificate_sha256": fingerprint}, "")
            case wire.Failed(what=what, mend=mend):
                self._kept.trouble = f"{what} ({mend})" if mend else what
            case wire.Pong(sessions=sessions):
                self._sessions = sessions
            case _:
                if not self._counter.take(message):
                    self.kill("it asked more than an interface may ask")
