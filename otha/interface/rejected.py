"""Certificates that stay outside, kept for a person to see: off the loop, and few at a time.

Anybody in reach can make as many certificates as he likes. Each address has its own pace, so that a flood from one does
not keep the certificate of an engineer elsewhere from being seen.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from otha.core.errors import OthaError
from otha.interface.pace import Turns, TurnsOf

_S: Final = 1_000_000_000
_STEP_NS: Final = 2 * _S  # of all together
_BURST: Final = 16
_STEP_OF_ONE_NS: Final = 15 * _S
_BURST_OF_ONE: Final = 4
_ADDRESSES: Final = 1_024
_WAITING_MAX: Final = 8


class Rejected:
    """Hands certificates to `keep`, which may take its time and raise OthaError, on a thread of its own."""

    def __init__(self, keep: Callable[[bytes], None]) -> None:
        self._keep = keep
        self._writing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-rejected")
        self._pending: list[Future[None]] = []
        self._all = Turns(_STEP_NS, _BURST)
        self._each = TurnsOf(_STEP_OF_ONE_NS, _BURST_OF_ONE, _ADDRESSES)

    def close(self) -> None:
        """Nothing is kept any more."""
        self._writing.shutdown(wait=False, cancel_futures=True)

    def offer(self, certificate: bytes, address: str) -> bool:
        """Keep it, unless too many were kept of late. Never blocks."""
        now = time.monotonic_ns()
        turns = self._each.of(address), self._all
        self._pending = [each for each in self._pending if not each.done()]
        if len(self._pending) >= _WAITING_MAX or any(each.wait_ns(now) for each in turns):
            return False
        for each in turns:
            each.take(now)
        self._pending.append(self._writing.submit(self._kept, certificate))
        return True

    def _kept(self, certificate: bytes) -> None:
        with suppress(OthaError):  # that it was turned away is in the journal anyway
            self._keep(certificate)
