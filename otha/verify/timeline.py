"""The times of a recording: as offsets from its first input and as wall time, and the part of it that is wanted.

Inputs carry CLOCK_MONOTONIC alone; each segment's header says the wall time at which it was begun. Within a run offsets
are monotonic; from one run to the next the wall time tells how far they are apart. The wall times are good to about a
tenth of a second, and follow a step of the clock at the next segment only.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from otha.core.errors import EngineerError
from otha.journal.recording import Header

_UNITS_NS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_SPAN = re.compile(r"\+?(\d{1,9})(?:\.(\d{1,9}))?(ms|s|m|h)", re.ASCII)
_CLOCK = re.compile(r"\+?(?:(\d{1,5}) days?, )?(\d{1,5}):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?", re.ASCII)
_HOW = (
    "an offset from the recording's first input (12.5s, 3m, 0:01:12.5), or a wall time with its date "
    "(2026-11-29T07:30:12, of this machine's zone unless it says +00:00)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment of a recording as a person names it: one of the two is set."""

    offset_ns: int | None = None
    wall_ns: int | None = None


def parse_mark(text: str, option: str) -> Mark:
    """The moment that `text` names. Raises EngineerError that says how to write one."""
    if found := _SPAN.fullmatch(text):
        whole, part, unit = found.groups()
        return Mark(offset_ns=int(whole) * _UNITS_NS[unit] + int((part or "").ljust(9, "0")) * _UNITS_NS[unit] // 10**9)
    if found := _CLOCK.fullmatch(text):
        days, hours, minutes, seconds, part = found.groups()
        whole_s = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
        return Mark(offset_ns=whole_s * 10**9 + int((part or "").ljust(9, "0")))
    try:
        at = datetime.fromisoformat(text)
        if len(text) < len("2026-11-29T07"):
            raise ValueError("a date alone")
        since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise EngineerError(f"{option} {text!r} is no time", mend=f"write {_HOW}") from None
    return Mark(wall_ns=since // timedelta(microseconds=1) * 1000)


@dataclass(slots=True)
class Timeline:
    """Follows a recording as it is read: `begin` at each header, then `offset_ns` and `wall_ns` of what follows."""

    run: str = ""
    _first_wall_ns: int | None = None
    _run_wall_ns: int = 0
    _run_mono_ns: int = 0
    _wall_ns: int = 0
    _mono_ns: int | None = None
    _new_run: bool = True

    def begin(self, header: Header) -> None:
        """A segment begins; its place in time is that of the next input."""
        self._new_run = self._new_run or header.run != self.run or not header.run
        self.run, self._wall_ns, self._mono_ns = header.run, header.wall_ns, None

    def take(self, now_ns: int) -> None:
        """An input follows."""
        if self._mono_ns is not None:
            return
        self._mono_ns = now_ns
        if self._new_run:
            self._run_wall_ns, self._run_mono_ns, self._new_run = self._wall_ns, now_ns, False
        if self._first_wall_ns is None:
            self._first_wall_ns = self._wall_ns

    def offset_ns(self, now_ns: int) -> int:
        """Since the recording's first input."""
        return now_ns - self._run_mono_ns + self._run_wall_ns - (self._first_wall_ns or 0)

    def wall_ns(self, now_ns: int) -> int:
        """Since 1970, UTC."""
        return now_ns - (self._mono_ns if self._mono_ns is not None else now_ns) + self._wall_ns

    def reached(self, mark: Mark, now_ns: int) -> bool:
        """Whether `now_ns` is at the mark or behind it."""
        if mark.offset_ns is not None:
            return self.offset_ns(now_ns) >= mark.offset_ns
        return self.wall_ns(now_ns) >= (mark.wall_ns or 0)
