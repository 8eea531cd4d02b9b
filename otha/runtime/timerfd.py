"""One alarm at an absolute CLOCK_MONOTONIC time, waking the asyncio loop.

asyncio rounds its own timers up to a millisecond; a Linux timerfd (timerfd_create(2)) is a file that becomes readable
at the time itself.
"""

import asyncio
import ctypes
import os
import sys
import time
from collections.abc import Callable
from typing import Protocol

from otha.core.errors import HostError

_TFD_NONBLOCK = os.O_NONBLOCK
_TFD_CLOEXEC = 0o2000000  # O_CLOEXEC on every Linux architecture that CPython supports
_TFD_TIMER_ABSTIME = 1
_SECOND_NS = 1_000_000_000


class Alarm(Protocol):
    """Wakes its callback once, at or after the time it was armed for."""

    def arm(self, at_ns: int | None) -> None:
        """Move the alarm to `at_ns` of CLOCK_MONOTONIC; None switches it off."""

    def close(self) -> None:
        """Give back the descriptor; the alarm never fires again."""


class _ITimerSpec(ctypes.Structure):
    _fields_ = (
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    )


class TimerFdAlarm:
    """An alarm on a timerfd. Raises HostError when the kernel gives none."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        fd: int = libc.timerfd_create(time.CLOCK_MONOTONIC, _TFD_NONBLOCK | _TFD_CLOEXEC)
        if fd < 0:
            raise HostError(f"no timerfd: {os.strerror(ctypes.get_errno())}", mend="raise the limit of open files")
        self._fd = fd
        self._loop = loop
        self._settime = libc.timerfd_settime
        self._spec = _ITimerSpec(0, 0, 0, 0)
        self._spec_ref = ctypes.byref(self._spec)
        loop.add_reader(fd, wake)

    def arm(self, at_ns: int | None) -> None:
        """Setting the time also clears an expiry that was not read, so the descriptor need not be read at all."""
        spec = self._spec
        # A value of zero switches a timerfd off; a time of the past fires at once.
        spec.value_s, spec.value_ns = (0, 0) if at_ns is None else divmod(max(at_ns, 1), _SECOND_NS)
        if self._settime(self._fd, _TFD_TIMER_ABSTIME, self._spec_ref, None) != 0:
            raise HostError(f"timerfd_settime: {os.strerror(ctypes.get_errno())}")

    def close(self) -> None:
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1


class LoopAlarm:
    """The loop's own timer, for systems without timerfd. Coarser: up to a millisecond or more late."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._loop = loop
        self._wake = wake
        self._handle: asyncio.TimerHandle | None = None

    def arm(self, at_ns: int | None) -> None:
        self.close()
        if at_ns is not None:
            # loop.time() is time.monotonic(), the clock of at_ns. An early wake re-arms, so it can't be lost.
            self._handle = self._loop.call_at(at_ns / _SECOND_NS, self._wake)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


def make_alarm(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> tuple[Alarm, str]:
    """The best alarm that this system has, and a notice when it is not the precise one ("" otherwise)."""
    if sys.platform != "linux":
        return LoopAlarm(loop, wake), "no timerfd on this system: heartbeats may leave a few milliseconds late"
    return TimerFdAlarm(loop, wake), ""
