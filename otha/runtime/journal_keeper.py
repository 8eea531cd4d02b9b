"""The journal's closed segments: copies of them are noted, old ones removed when they may be; its disk is watched."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from otha.core.errors import OthaError
from otha.journal.closed import BACKED_UP, REMOVED, ClosedSegment, Held, closed_in
from otha.journal.errors import JournalUnreadable
from otha.journal.reader import Query, Reader
from otha.journal.schema import SQLITE_TROUBLE
from otha.journal.segment import segments_in
from otha.runtime import last_site, standing
from otha.site.retention import Retention
from otha.wire.message import BackupMade, BackupNoted, Refusal

FIRST_S: Final = 60.0
EVERY_S: Final = 3_600.0
_DURABLE_S: Final = 2.0
_PATH_MAX: Final = 1_000
# What the next start asks the journal for, however old it is: the newest row of each group, and the newest of a site.
_OF_GROUPS: Final = (standing.KIND, standing.ALARMS_KIND)
_OF_SITES: Final = (last_site.START, last_site.STANDING, last_site.APPLIED)
T = TypeVar("T")


class Note(Protocol):
    """Journals something; done once it is durable."""

    def __call__(self, kind: str, body: dict[str, Any], user: str) -> "Future[int]":
        """`user`: "" for the supervisor itself."""


def due(held: Sequence[Held], newest_bytes: int, kept: Retention, now_ns: int) -> Iterator[tuple[Held, str]]:
    """The closed segments that are kept no longer, the oldest first, each with why. `held` is oldest first;
    `newest_bytes`: of the segment that is written; `now_ns`: of the wall clock."""
    together = newest_bytes + sum(each.size for each in held)
    for each in held:
        age_s = (now_ns - each.closed_ns) // 1_000_000_000
        if kept.keep_s and age_s >= kept.keep_s:
            why = f"closed {age_s // 86_400} days ago"
        elif kept.keep_bytes and together > kept.keep_bytes:
            why = f"the journal has {together >> 20} MiB"
        else:
            return
        together -= each.size
        yield each, why


class JournalKeeper:
    """Keeps the closed segments in `folder`. `names`: the groups there are, and the supervisor. `told`: called with
    what stands against removing old ones, when it changes; `low`: with how little room the disk has, "" for enough."""

    def __init__(
        self,
        folder: Path,
        kept: Retention,
        note: Note,
        *,
        names: Callable[[], Collection[str]],
        told: Callable[[str], None],
        low: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._names = names
        self._kept = kept
        self._note = note
        self._told = told
        self._low = low
        self._said: tuple[str, ...] = ()
        self._is_low = False
        self._files = ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-keeper")
        # The thread is there before it has work, so that it gets the priority of the process' other threads.
        self._files.submit(int).result()

    def close(self) -> None:
        """Nothing more is begun."""
        self._files.shutdown(wait=False, cancel_futures=True)

    async def run(self) -> None:
        """Look after the segments now and then, until cancelled."""
        await asyncio.sleep(FIRST_S)
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def backed_up(self, made: BackupMade, user: str) -> BackupNoted | Refusal:
        """Note a copy, with those closed segments in it that are this journal's."""
        try:
            own, is_own_row = await self._aside(partial(self._own, made))
        except (*SQLITE_TROUBLE, OSError, OthaError) as error:
            return Refusal(what=f"the journal can't be read: {error}", mend="run `otha log verify`")
        if not is_own_row:
            return Refusal(what="the copy is not one of this journal", mend="name the folder that was copied from here")
        body = {
            "path": made.path[:_PATH_MAX],
            "last_row": made.last_row,
            "last_hash": made.last_hash,
            "segments": [each.as_json() for each in own],
        }
        try:
            async with asyncio.timeout(_DURABLE_S):
                return BackupNoted(row=await asyncio.wrap_future(self._note(BACKED_UP, body, user)))
        except (OthaError, TimeoutError):
            return Refusal(what="the journal's disk does not take it", mend="see `otha status`; mend the disk")

    async def look(self) -> None:
        """Remove what is kept no longer, and say what stands against it. Raises nothing: the journal goes on."""
        said = []
        try:
            free = await self._aside(lambda: shutil.disk_usage(self._folder).free)
            is_low = free < self._kept.free_bytes
            if is_low is not self._is_low:
                self._is_low = is_low
                self._low(f"less than {self._kept.free_bytes >> 20} MiB" if is_low else "")
            said += [against async for against in self._removed()]
        except Exception as error:  # whatever it is, supervision goes on
            said.append(f"old segments of the journal are not removed: {error}")
        for each in said:
            if each not in self._said:
                self._told(each)
        self._said = tuple(said)

    async def _removed(self) -> AsyncIterator[str]:
        """Remove, and give what stands against it."""
        for each, why in await self._aside(self._due):
            against, path = await self._aside(partial(self._against, each, frozenset(self._names())))
            if against:
                yield f"{each.path.name} is to be removed ({why}), and is not: {against}"
                return  # a journal without its middle proves nothing
            body = {**each.segment.as_json(), "why": why, "backup": path}
            async with asyncio.timeout(_DURABLE_S):
                await asyncio.wrap_future(self._note(REMOVED, body, ""))
            await self._aside(partial(_unlink, each.path))

    def _due(self) -> list[tuple[Held, str]]:
        held, segments = closed_in(self._folder), segments_in(self._folder)
        # One that no other follows as it should is not in `held`: whatever is newer than it stays, too.
        sound = [each for each, path in zip(held, segments, strict=False) if each.path == path]
        newest = segments[-1].stat().st_size if segments else 0
        return list(due(sound, newest, self._kept, time.time_ns()))

    def _against(self, held: Held, names: frozenset[str]) -> tuple[str, str]:
        """Why it must stay; "" and where its newest copy is when it may go."""
        path = next((body["path"] for body in self._copies() if held.segment.as_json() in body["segments"]), "")
        if not path and not self._kept.without_backup:
            return "there is no copy of it; make one by `otha log backup`", ""
        asked = ""
        with suppress(JournalUnreadable), Reader(held.path) as old, Reader(self._folder) as whole:
            asked = _asked_at_start(old, whole, held.segment.last_row, names)
        return (f"the next start asks for {asked}", "") if asked else ("", path)

    def _copies(self) -> list[dict[str, Any]]:
        with Reader(self._folder) as reader:
            return [json.loads(row.body) for row in reader.newest(Query(kind=BACKED_UP))]

    def _own(self, made: BackupMade) -> tuple[list[ClosedSegment], bool]:
        copied = {
            ClosedSegment(file=each.file, last_row=each.last_row, last_hash=each.last_hash) for each in made.segments
        }
        with Reader(self._folder) as reader:
            rows = reader.query(Query(after_seq=made.last_row - 1, before_seq=made.last_row + 1), limit=1)
            is_own_row = any(row.hash.hex() == made.last_hash for row in rows)
        return [each.segment for each in closed_in(self._folder) if each.segment in copied], is_own_row

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._files, work)


def _asked_at_start(old: Reader, whole: Reader, last_row: int, names: frozenset[str]) -> str:
    """Which row of an old segment has no newer one in its place; "": none."""
    for kind in _OF_GROUPS:
        for group in sorted({row.group for row in old.query(Query(kind=kind))} & names):
            if not whole.tail(1, Query(kind=kind, group=group, after_seq=last_row)):
                return f"its row {kind} of {group}"
    ran = any(old.tail(1, Query(kind=kind)) for kind in _OF_SITES)
    if ran and not any(whole.tail(1, Query(kind=kind, after_seq=last_row)) for kind in _OF_SITES):
        return "which site has run since then"
    return ""


def _unlink(path: Path) -> None:
    for behind in ("-wal", "-shm", ""):
        path.with_name(path.name + behind).unlink(missing_ok=True)
