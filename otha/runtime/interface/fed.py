"""A process through which others see OTHA: kept running, fed with states, asked whether it still works.

Nothing here waits for it: a state that it has not taken yet is replaced by the next one. Killed, flooded or silent,
supervision does not notice.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from otha.runtime.kept_process import KeptProcess, Pace
from otha.wire.codec import Reader
from otha.wire.errors import WireError
from otha.wire.message import Json

M = TypeVar("M")

Status = Callable[[], Callable[[], Json]]
"""Takes hold of the state; what is returned writes it out, on another thread."""


class Book(Protocol):
    """Where it is written down what became of it."""

    def note(self, kind: str, body: dict[str, Any], user: str) -> "Future[int]":
        """Journal it; done once it is durable."""

    def log(self, level: str, event: str, **fields: object) -> None:
        """One line of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diet:
    """How it is fed: a state every `every_s` seconds at most, made in one part in `share` of the time at most, with
    `unsent_max` bytes waiting at most."""

    every_s: float
    share: int
    unsent_max: int


class FedProcess(ABC, Generic[M]):
    """One such process, `python -m module`, which says messages `M`. `run()` must be running.

    `name`: in journal and log. `where`: what it serves or sends to, "" while it doesn't. `status` None for one that is
    told no states. `ends_itself`: see `KeptProcess`.
    """

    def __init__(
        self,
        name: str,
        module: str,
        book: Book,
        status: Status | None,
        pace: Pace,
        diet: Diet,
        *,
        ends_itself: bool = False,
    ) -> None:
        self.name = name
        self.where = ""
        self._book = book
        self._status = status
        self._diet = diet
        self._kept = KeptProcess(module, self, pace, unsent_max=diet.unsent_max, ends_itself=ends_itself)
        self._reader = self._new_reader()
        self._scribe = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"otha-{name}")

    @abstractmethod
    def _new_reader(self) -> Reader[M]:
        """Reads what it says, from the begin of a life."""

    @abstractmethod
    def _says(self, message: M) -> None:
        """It has said this."""

    @abstractmethod
    def _setup_frame(self) -> bytes:
        """The first that it is told."""

    @abstractmethod
    def _state_frame(self, wall_ns: int, status: Json) -> bytes:
        """A state. Raises WireError when it is longer than a message may be."""

    @abstractmethod
    def ping(self) -> bytes:
        """See `otha.runtime.kept_process.Owner`."""

    def _is_over(self) -> None:
        """A life has ended."""

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

    def told(self) -> Json:
        """What `otha status --json` shows of it."""
        return {"up": self.is_up, "where": self.where, "starts": self.starts, "pid": self.pid}

    def take(self, data: bytes) -> None:
        """See `otha.runtime.kept_process.Owner`."""
        for message in self._reader.feed(data):
            self._kept.heard()
            self._says(message)

    async def run(self) -> None:
        """Keep it running, until cancelled."""
        try:
            while True:
                await self._live()
        finally:
            await self._kept.drop_spare()

    async def _live(self) -> None:
        self._reader = self._new_reader()
        try:
            await self._kept.live(meanwhile=self._feed)
        except OSError as error:
            self._kept.trouble = f"it can't be started: {error.strerror}"
        except Exception as error:  # whatever it is, supervision goes on
            self._kept.trouble = f"{type(error).__name__}: {error}"
        finally:
            self.where = ""
            self._is_over()
        why = self._kept.trouble or "it has ended"
        self._book.log("warning", self.name, ended=why)
        self._book.note(f"{self.name}.end", {"why": why, "starts": self.starts}, "")
        await self._kept.rest()

    async def _feed(self) -> None:
        """What it is to be, then the newest state, as often as it is taken and as it costs little."""
        self._kept.write(self._setup_frame())
        loop = asyncio.get_running_loop()
        while self._status is not None:
            began = time.monotonic()
            if self._kept.unsent == 0:
                frame = await loop.run_in_executor(self._scribe, self._frame, time.time_ns(), self._status())
                if frame is not None:
                    self._kept.write(frame)
            await asyncio.sleep(max(self._diet.every_s, self._diet.share * (time.monotonic() - began)))

    def _frame(self, wall_ns: int, status: Callable[[], Json]) -> bytes | None:
        """The frame of a state; None when it is longer than a message may be."""
        with suppress(WireError):
            return self._state_frame(wall_ns, status())
        return None
