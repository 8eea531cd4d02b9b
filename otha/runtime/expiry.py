"""Certificates that come near their end: OTHA's own, those that its interface trusts, those of the servers it watches.

Judged by the wall clock, at the start and then often enough that a renewed one takes its alarm away soon.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from otha.certificates import CERTIFICATE_NAME, Certificate, read_certificate
from otha.core.errors import EngineerError
from otha.runtime.state_dir import StateDir
from otha.site.model import Site

LOOK_S: Final = 60.0
_NAMED_MAX: Final = 20  # of each kind; what is told is a line that a person reads
_SUBJECT_MAX: Final = 60

Files = Callable[[], Iterable[tuple[str, Path]]]
"""What each certificate is for, and its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """Certificates that expire soon, and those that have, each in words that stay the same from one limit to the
    next."""

    soon: tuple[str, ...] = ()
    over: tuple[str, ...] = ()


def files_of(site: Site, state: StateDir) -> Files:
    """The certificates that this site's connections need. A file that is not there is nobody's."""

    def files() -> Iterable[tuple[str, Path]]:
        interface = state.path / "interface"
        yield "OTHA's own to servers", state.opcua / CERTIFICATE_NAME
        yield "the interface's own", interface / "own" / CERTIFICATE_NAME
        for path in sorted((interface / "trusted").glob("*.der")):
            yield "trusted", path
        watched = [(each.name, each.opcua) for each in site.nodes] + [
            (each.name, each.opcua) for each in site.references
        ]
        for name, access in watched:
            if access is not None and access.server_certificate is not None:
                yield f"of {name}", access.server_certificate
        if site.syslog is not None and site.syslog.certificate_file is not None:
            yield "OTHA's own to syslog", site.syslog.certificate_file

    return files


class CertificateWatch:
    """Looks at certificates. `tell` is told at the first look and then when something is otherwise."""

    def __init__(self, files: Files, tell: Callable[[Expiry], None]) -> None:
        self.files = files
        self._tell = tell
        self._told = Expiry()
        self._read: dict[Path, tuple[tuple[int, int], Certificate | None]] = {}
        # One of its own, which is there before the threads' priorities are set.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-certificates")

    def close(self) -> None:
        """No files are read any more."""
        self._thread.shutdown(wait=False)

    async def run(self) -> None:
        """Look on and on, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once. Files are read on another thread."""
        found = await asyncio.get_running_loop().run_in_executor(self._thread, self.judged, datetime.now(UTC))
        if found != self._told:
            self._told = found
            self._tell(found)

    def judged(self, now: datetime) -> Expiry:
        """What is near its end at `now`, or beyond."""
        soon: list[str] = []
        over: list[str] = []
        listed = list(self.files())
        self._read = {path: kept for path, kept in self._read.items() if any(path == each for _, each in listed)}
        for what, path in listed:
            found = self._certificate(path)
            days = None if found is None else found.warning(now)
            if found is None or days is None:
                continue
            name = f"{what}: {_one_line(found.subject)} ({found.thumbprint[:8]})"
            if days == 0:
                over.append(name)
            else:
                soon.append(f"{name} within {days} {'day' if days == 1 else 'days'}")
        return Expiry(soon=_bounded(soon), over=_bounded(over))

    def _certificate(self, path: Path) -> Certificate | None:
        """What stands in a file, read once as long as it stays the same; None for what is no certificate."""
        with suppress(OSError, EngineerError):
            stat = path.stat()
            mark = stat.st_mtime_ns, stat.st_size
            kept = self._read.get(path)
            if kept is None or kept[0] != mark:
                self._read[path] = mark, None
                self._read[path] = mark, read_certificate(path.read_bytes())
            return self._read[path][1]
        return None


def _one_line(subject: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in subject)[:_SUBJECT_MAX]


def _bounded(names: list[str]) -> tuple[str, ...]:
    more = len(names) - _NAMED_MAX
    return tuple(names) if more <= 0 else (*names[:_NAMED_MAX], f"and {more} more")
