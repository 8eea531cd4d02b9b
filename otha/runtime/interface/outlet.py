"""An outlet as the supervisor sees it: a process that shows OTHA to others, kept running, fed, and never waited for."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from otha.runtime.kept_process import KeptProcess, Pace
from otha.wire import outlet as wire
from otha.wire.codec import Reader
from otha.wire.errors import WireError
from otha.wire.interface import STATUS_MAX
from otha.wire.message import Json

if TYPE_CHECKING:
    from otha.runtime.interface.process import Book

_PACE = Pace(backoff_first_s=0.5, backoff_max_s=60.0, steady_s=60.0, ready_s=60.0)
_UNSENT_MAX: Final = STATUS_MAX + (1 << 20)
_EVERY_S: Final = 1.0
_SHARE: Final = 20  # making a state takes this part of the time at most
_REMARKS_BURST: Final = 20
_REMARK_EVERY_S: Final = 30.0  # then no more often: what an outlet meets must not fill the journal
_TEXT_MAX: Final = 300

Status = Callable[[], Callable[[], Json]]
"""Takes hold of the state; what is returned writes it out, on another thread."""


class Outlet:
    """One outlet, `python -m module`. `run()` must be running. `where`: what it serves or sends to, "" if it doesn't.

    `setup` is its first message; `status` None for an outlet that is told no states.
    """

    def __init__(self, name: str, module: str, setup: wire.ToOutlet, book: "Book", status: Status | None) -> None:
        self.name = name
        self.where = ""
        self.counted: Json = {}
        self._setup = setup
        self._book = book
        self._status = status
        self._kept = KeptProcess(module, self, _PACE, unsent_max=_UNSENT_MAX)
        self._reader: Reader[wire.FromOutlet] = wire.reader_at_supervisor()
        self._scribe = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"otha-{name}")
        self._remarks_left = float(_REMARKS_BURST)
        self._remarked_at = time.monotonic()

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
        """It does its work."""
        return bool(self.where)

    def prepare(self) -> "asyncio.Future[int]":
        """Start the thread that writes states out, before the threads' priorities are set."""
        return asyncio.get_running_loop().run_in_executor(self._scribe, int)

    def close(self) -> None:
        """No states are written any more."""
        self._scribe.shutdown(wait=False)

    def kill(self, why: str) -> None:
        """End the process at once; `run` sees to the rest."""
        self._kept.kill(why)

    def take(self, data: bytes) -> None:
        """See `otha.runtime.kept_process.Owner`."""
        for message in self._reader.feed(data):
            self._kept.heard()
            self._says(message)

    def ping(self) -> bytes:
        """See `otha.runtime.kept_process.Owner`."""
        return wire.to_outlet(wire.Ping())

    def told(self) -> Json:
        """What `otha status --json` shows of it."""
        return {"up": self.is_up, "where": self.where, "starts": self.starts, "counted": dict(self.counted)}

    def _says(self, message: wire.FromOutlet) -> None:
        match message:
            case wire.Working(where=where):
                self.where = where[:_TEXT_MAX]
                self._book.log("info", self.name, works=self.where)
                self._book.note(f"{self.name}.start", {"where": self.where}, "")
            case wire.Failed(what=what, mend=mend):
                self._kept.trouble = f"{what} ({mend})" if mend else what
            case wire.Pong(counted=counted):
                self.counted = {str(name): value for name, value in counted.items() if isinstance(value, int)}
            case wire.Remarked(remark=remark, what=what, count=count):
                if self._may_remark():
                    body = {"what": what[:_TEXT_MAX], "count": count}
                    self._book.log("warning", f"{self.name} {remark.value}", text=what[:_TEXT_MAX], count=count)
                    self._book.note(f"{self.name}.{remark.value}", body, "")

    def _may_remark(self) -> bool:
        now = time.monotonic()
        since, self._remarked_at = now - self._remarked_at, now
        self._remarks_left = min(self._remarks_left + since / _REMARK_EVERY_S, float(_REMARKS_BURST))
        if self._remarks_left < 1:
            return False
        self._remarks_left -= 1
        return True

    async def run(self) -> None:
        """Keep the outlet running, until cancelled."""
        while True:
            self._reader = wire.reader_at_supervisor()
            try:
                await self._kept.live(meanwhile=self._feed)
            except OSError as error:
                self._kept.trouble = f"it can't be started: {error.strerror}"
            except Exception as error:  # whatever it is, supervision goes on
                self._kept.trouble = f"{type(error).__name__}: {error}"
            finally:
                self.where = ""
            why = self._kept.trouble or "it has ended"
            self._book.log("warning", self.name, ended=why)
            self._book.note(f"{self.name}.end", {"why": why, "starts": self.starts}, "")
            await self._kept.rest()

    async def _feed(self) -> None:
        """What it is to be, then the newest state, as often as it is taken and as it costs little."""
        self._kept.write(wire.to_outlet(self._setup))
        loop = asyncio.get_running_loop()
        while self._status is not None:
            began = time.monotonic()
            if self._kept.unsent == 0:
                frame = await loop.run_in_executor(self._scribe, _frame, self._status())
                if frame is not None:
                    self._kept.write(frame)
            await asyncio.sleep(max(_EVERY_S, _SHARE * (time.monotonic() - began)))


def _frame(status: Callable[[], Json]) -> bytes | None:
    """The frame of a state; None when it is longer than a message may be."""
    with suppress(WireError):
        return wire.to_outlet(wire.State(status=status()))
    return None
