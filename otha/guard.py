"""How much taking a peer's bytes may cost, inside a process that speaks OPC UA.

asyncua's decoder believes every length it is told: 24 bytes can keep it busy for half a minute and fill gigabytes.
Each stretch of work on a peer's bytes is bounded in CPU time here; memory is bounded by the process' limit. A page
shared with the supervisor says whose bytes were being taken, should the process die of them.
"""

import gc
import mmap
import signal
import time
from collections.abc import Awaitable, Generator, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

PAGE_SIZE = 4096
_SLACK_S = 0.002
_LIMIT_S = 0.1  # of CPU time; a secure connection's arithmetic takes a tenth of it

T = TypeVar("T")


class PeerCostError(Exception):
    """A peer's bytes cost more than a peer may cost."""


def blamed(page: mmap.mmap) -> int | None:
    """The channel whose bytes were being taken when the process wrote to `page` last."""
    return int.from_bytes(page[:4], "big") - 1 if any(page[:4]) else None


class Guard:
    """Bounds the CPU time of work on one peer's bytes; one stretch at a time. Uses SIGPROF of the process."""

    def __init__(self, page: mmap.mmap | bytearray, limit_s: float = _LIMIT_S) -> None:
        self._page = page
        self._limit_s = limit_s
        self._armed = False
        self._until_s = 0.0
        self.tripped = False
        signal.signal(signal.SIGPROF, self._over)

    def _over(self, _number: int, _frame: FrameType | None) -> None:
        if not self._armed:
            return
        # The timer counts what other threads spend as well, which is none of this peer's.
        left_s = self._until_s - time.thread_time()
        if left_s > _SLACK_S:
            signal.setitimer(signal.ITIMER_PROF, left_s)
            return
        self._armed = False
        self.tripped = True
        raise PeerCostError("its bytes take too long to decode")

    @contextmanager
    def taking(self, channel: int) -> Iterator[None]:
        """Work on the bytes of `channel`. Raises PeerCostError; `tripped` says so if somebody else has caught it."""
        self._page[:4] = (channel + 1).to_bytes(4, "big")
        self.tripped = False
        # A collection of all that the process holds takes as long as a peer may cost, and is none of this peer's.
        collects = gc.isenabled()
        gc.disable()
        self._until_s = time.thread_time() + self._limit_s
        try:
            try:
                self._armed = True
                signal.setitimer(signal.ITIMER_PROF, self._limit_s)
                yield
            finally:
                self._armed = False
                signal.setitimer(signal.ITIMER_PROF, 0)
        except MemoryError:
            self.tripped = True
            raise
        finally:  # even if the time was up just at the end of the work, and so within the `finally` above
            if collects:
                gc.enable()
            self._page[:4] = b"\0\0\0\0"


class Guarded:
    """Awaits `work` for `channel`, every one of its steps under the guard. Raises PeerCostError besides its errors."""

    def __init__(self, guard: Guard, channel: int, work: Awaitable[T]) -> None:
        self._guard = guard
        self._channel = channel
        self._work = work

    # Any: what a coroutine yields to its loop is the loop's affair, and the result is the work's.
    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._work.__await__()
        thrown: BaseException | None = None
        while True:
            try:
                with self._guard.taking(self._channel):
                    waits_for = next(steps) if thrown is None else steps.throw(thrown)
            except StopIteration as done:
                if self._guard.tripped:
                    raise PeerCostError("its bytes take too long to decode") from None
                return done.value
            except MemoryError:
                raise PeerCostError("its bytes fill the memory") from None
            thrown = None
            try:
                yield waits_for
            except BaseException as error:
                thrown = error
