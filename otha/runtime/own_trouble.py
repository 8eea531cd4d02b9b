"""Trouble of the supervisor itself, from the threads that meet it to the core, which makes alarms of it."""

import asyncio
import threading
import time
from collections import deque
from contextlib import suppress

from otha.core.inputs import OwnTrouble
from otha.core.words import AlarmCode
from otha.journal.terms import Trouble, TroubleKind
from otha.runtime.expiry import Expiry
from otha.runtime.inbox import Put

_WITHIN_NS = 60_000_000_000
_STALLS = 3
_AGAIN_NS = 10_000_000_000


class OwnTroubles:
    """Takes what journal and recorder tell, on whatever thread. What comes before `start` is handed over then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._put: Put | None = None
        self._waiting: list[OwnTrouble] = []

    def start(self, put: Put) -> None:
        """Hand over to `put`, on the running loop, from now on."""
        with self._lock:
            self._loop, self._put = asyncio.get_running_loop(), put
            waiting, self._waiting = self._waiting, []
        for each in waiting:
            put(each, time.monotonic_ns())

    def journal(self, trouble: Trouble) -> None:
        """The journal's disk, its queue, or damage; as `Journal`'s `on_trouble`."""
        match trouble.kind:
            case TroubleKind.DAMAGE:
                damage = trouble.damage
                self._tell(AlarmCode.JOURNAL_DAMAGED, "" if damage is None else damage.file.name, holds=True)
            case TroubleKind.DISK:
                self._tell(AlarmCode.JOURNAL_SILENT, "rows wait", holds=True)
            case TroubleKind.FULL:
                self._tell(AlarmCode.JOURNAL_SILENT, "rows are refused", holds=True)
            case TroubleKind.OVER:
                self._tell(AlarmCode.JOURNAL_SILENT, "", holds=False)

    def recorder(self, trouble: str) -> None:
        """The recording ("": it is written again); as `Recorder`'s `on_trouble`."""
        self._tell(AlarmCode.RECORDER_SILENT, "", holds=bool(trouble))

    def disk(self, free: str) -> None:
        """How little room the journal's disk has ("": enough); as `JournalKeeper`'s `low`."""
        self._tell(AlarmCode.DISK_FILLING, free, holds=bool(free))

    def certificates(self, found: Expiry) -> None:
        """Certificates near their end, or beyond; as `CertificateWatch`'s `tell`."""
        for code, names in (
            (AlarmCode.CERTIFICATE_EXPIRING, found.soon),
            (AlarmCode.CERTIFICATE_EXPIRED, found.over),
        ):
            self._tell(code, "\n".join(names), holds=bool(names))

    def _tell(self, code: AlarmCode, detail: str, *, holds: bool) -> None:
        raw = OwnTrouble(code=code, detail=detail, holds=holds)
        with self._lock:
            loop, put = self._loop, self._put
            if loop is None or put is None:
                self._waiting.append(raw)
                return
        with suppress(RuntimeError):  # the loop has ended before its journal
            loop.call_soon_threadsafe(lambda: put(raw, time.monotonic_ns()))


class StallCount:
    """When stalls of the loop are worth an alarm: at the third within a minute, as for alarms that chatter, and not
    more often than every ten seconds. A single one is counted in `otha status` and asks nothing of an operator."""

    def __init__(self) -> None:
        self._times: deque[int] = deque(maxlen=_STALLS)
        self._told_ns: int | None = None

    def worth_telling(self, now: int) -> bool:
        """Count a stall at `now` (ns of CLOCK_MONOTONIC)."""
        self._times.append(now)
        many = len(self._times) == _STALLS and now - self._times[0] <= _WITHIN_NS
        if not many or (self._told_ns is not None and now - self._told_ns < _AGAIN_NS):
            return False
        self._told_ns = now
        return True
