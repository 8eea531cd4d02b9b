"""The application of a historian: stores samples when active, takes its peer's when standby, fills its gaps.

The storing task writes what came in since its last turn in one transaction and only then answers; it raises `cycle`.
The feeding task, while this one is active, sends its peer what that doesn't have. An epoch orders who is active: a
lower one is refused, a peer that shows a higher one ends this one's duty.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from asyncua import ua

from sim.archive import Archive
from sim.disturb import Disturbance
from sim.heartbeat import Role
from sim.opcua import INT64, UINT32
from sim.opcua_link import LinkDown, OpcuaLink
from sim.registers import U32_MAX
from sim.samples import Row, flat, parse
from sim.selection import Answer

_T = TypeVar("_T")

FEED_MS: Final = 250
_TURN_S: Final = 0.25
_THAWED_S: Final = 0.05
_BATCH: Final = 500
_FILL_WITHIN_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Rows on their way to the disk. `epoch`: under which they were sent, None: whatever it is by now."""

    rows: list[Row]
    epoch: int | None
    kept: asyncio.Future[bool]


class Historian:
    """The state of one historian. `sources` are asked in order for rows that are missing."""

    def __init__(self, archive: Archive, peer: OpcuaLink, sources: Sequence[OpcuaLink]) -> None:
        self.archive = archive
        self._peer = peer
        self._sources = sources
        # SQLite waits for the disk; all of it happens in one thread, one thing after the other.
        self._thread = ThreadPoolExecutor(max_workers=1)
        self.epoch, active = archive.duty()
        self._active = active
        self.wrong = Disturbance()
        self.heartbeat = 0
        self.cycle = 0
        self.acked = 0
        self.newest: Row | None = next(iter(archive.rows(archive.highest, archive.highest, 1)), None)
        self._replica_at_ns: int | None = None
        self._waiting: asyncio.Queue[_Batch] = asyncio.Queue()
        self._heads: deque[tuple[int, int]] = deque()
        self._head, self._head_at_ns = archive.highest, time.monotonic_ns()
        self._fed: int | None = None

    # --- duty ---------------------------------------------------------------------------------------------------

    async def promote(self, epoch: int) -> Answer:
        """Become active under a new epoch."""
        return await self._order(epoch, active=True)

    async def demote(self, epoch: int) -> Answer:
        """Become standby under a new epoch: whatever is sent under an older one is refused from now on."""
        return await self._order(epoch, active=False)

    async def _order(self, epoch: int, *, active: bool) -> Answer:
        await self._thawed()
        if epoch == self.epoch and active == self._active and epoch > 0:
            return Answer.ALREADY
        if epoch <= self.epoch:
            return Answer.REFUSED_EPOCH
        await self._change(epoch, active=active)
        return Answer.DONE

    async def _change(self, epoch: int, *, active: bool) -> None:
        # Refuse from this moment, obey once it is on disk.
        self.epoch, self._active = epoch, False
        self._fed = None
        await self._on_disk(lambda: self.archive.keep_duty(epoch, active=active))
        if self.epoch == epoch:
            self._active = active

    def role(self) -> Role:
        """Its duty, unless a fault makes it lie."""
        if self.wrong.shown_role is not None:
            return self.wrong.shown_role
        return Role.ACTIVE if self._active else Role.STANDBY

    # --- storing ------------------------------------------------------------------------------------------------

    async def store(self, epoch: int, rows: list[Row]) -> tuple[Answer, int]:
        """Keep samples as the active one, and say up to where all are kept. A repeat changes nothing."""
        await self._thawed()
        if epoch != self.epoch:
            return Answer.REFUSED_EPOCH, self.archive.position
        if not self._active:
            return Answer.REFUSED_ROLE, self.archive.position
        before = self.archive.stored
        if not await self._keep(rows, epoch):
            return Answer.REFUSED_EPOCH, self.archive.position
        return (Answer.DONE if self.archive.stored > before else Answer.ALREADY), self.archive.position

    async def replicate(self, epoch: int, head: int, age_ms: int, rows: list[Row]) -> tuple[Answer, int]:
        """Take what the active peer has. `head` is its position as it was `age_ms` ago."""
        await self._thawed()
        if epoch < self.epoch:
            return Answer.REFUSED_EPOCH, self.archive.position
        if epoch > self.epoch:
            await self._change(epoch, active=False)
        if self._active:
            return Answer.REFUSED_ROLE, self.archive.position
        if not await self._keep(rows, epoch):
            return Answer.REFUSED_EPOCH, self.archive.position
        self.acked = min(head, self.archive.position)
        if self.archive.position >= head or self.archive.highest >= head:
            self._replica_at_ns = time.monotonic_ns() - age_ms * 1_000_000
        return Answer.DONE, self.archive.position

    async def _keep(self, rows: list[Row], epoch: int | None) -> bool:
        """False when a newer order came before they were written: then they are not."""
        if not rows:
            return True
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Batch(rows=rows, epoch=epoch, kept=kept))
        return await kept

    async def work(self) -> None:
        """The storing task: what came in since its last turn, in one transaction."""
        while True:
            taken: list[_Batch] = []
            try:
                async with asyncio.timeout(_TURN_S):
                    taken.append(await self._waiting.get())
            except TimeoutError:
                pass
            while not self._waiting.empty():
                taken.append(self._waiting.get_nowait())
            await self._thawed(storing=True)
            await self._write(taken)
            self.cycle = (self.cycle + 1) & U32_MAX

    async def _write(self, taken: list[_Batch]) -> None:
        valid = [batch for batch in taken if batch.epoch in (None, self.epoch)]
        rows = [row for batch in valid for row in batch.rows]
        if rows:
            await self._write_rows(rows)
        for batch in taken:
            if not batch.kept.done():
                batch.kept.set_result(batch in valid)

    async def _write_rows(self, rows: list[Row]) -> None:
        await self._on_disk(lambda: self.archive.store(rows))
        last = max(rows, key=lambda row: row.seq)
        if self.newest is None or last.seq >= self.newest.seq:
            self.newest = last
        self._heads.append((time.monotonic_ns(), self.archive.highest))

    # --- feeding the peer ---------------------------------------------------------------------------------------

    async def feed(self) -> None:
        """One turn of the feeding task: bring the peer up to this one's head, or as near as the lag fault lets it."""
        self._ripen()
        if not self._active or self.wrong.frozen:
            return
        try:
            while await self._feed_some():
                pass
        except LinkDown:
            self._fed = None

    def _ripen(self) -> None:
        now_ns, lag_ns = time.monotonic_ns(), self.wrong.replication_lag_ms * 1_000_000
        while self._heads and now_ns - self._heads[0][0] >= lag_ns:
            self._head_at_ns, self._head = self._heads.popleft()
        if not self._heads and not lag_ns:
            self._head_at_ns = now_ns

    async def _feed_some(self) -> bool:
        """Send some rows. Whether there are more."""
        rows: list[Row] = []
        if self._fed is not None:
            first, head = self._fed + 1, self._head
            rows = await self._on_disk(lambda: self.archive.rows(first, head, _BATCH))
        epoch, age_ms = self.epoch, min(U32_MAX, (time.monotonic_ns() - self._head_at_ns) // 1_000_000)
        position = min(self.archive.position, self._head)
        answer, peers = await self._peer.call(
            "Replicate",
            [ua.Variant(one, UINT32) for one in (epoch, position, age_ms)] + [ua.Variant(flat(rows), INT64)],
        )
        if epoch != self.epoch or not self._active:
            return False  # an order came meanwhile: the answer is about what was before it
        if answer == Answer.REFUSED_EPOCH:
            # The peer obeyed a newer order: this one's time is over.
            await self._change(epoch, active=False)
        if answer != Answer.DONE:
            return False
        known, self._fed = self._fed is not None, rows[-1].seq if rows else self._fed
        if self._fed is None:
            self._fed = peers
        return not known or len(rows) == _BATCH

    # --- gaps ---------------------------------------------------------------------------------------------------

    async def fetch(self, from_seq: int, to_seq: int) -> list[Row]:
        """Rows of this archive, for a peer that misses them; at most a batch."""
        await self._thawed()
        return await self._on_disk(lambda: self.archive.rows(from_seq, to_seq, _BATCH))

    async def backfill(self, from_seq: int, to_seq: int) -> tuple[Answer, int]:
        """Pull what is missing in that range. INCOMPLETE when no source had all of it in a bounded time; ask again."""
        await self._thawed()
        until_s = time.monotonic() + _FILL_WITHIN_S
        before = await self._count(from_seq, to_seq)
        gap = await self._gap(from_seq, to_seq)
        if gap is None:
            return Answer.ALREADY, 0
        while gap is not None and time.monotonic() < until_s:
            rows = await self._pull(*gap)
            if not rows:
                break
            await self._keep(rows, None)
            gap = await self._gap(from_seq, to_seq)
        self._fed = None  # the peer may miss them as well
        filled = await self._count(from_seq, to_seq) - before
        return (Answer.DONE if gap is None else Answer.INCOMPLETE), filled

    async def fill_gaps(self, epoch: int) -> tuple[Answer, int]:
        """Pull all that is known to be missing, as the active one of that epoch or a later one."""
        if epoch < self.epoch:
            return Answer.REFUSED_EPOCH, 0
        if self.archive.highest == 0:
            return Answer.ALREADY, 0
        return await self.backfill(1, self.archive.highest)

    async def _gap(self, from_seq: int, to_seq: int) -> tuple[int, int] | None:
        return await self._on_disk(lambda: self.archive.gap(from_seq, to_seq))

    async def _count(self, from_seq: int, to_seq: int) -> int:
        return await self._on_disk(lambda: self.archive.count(from_seq, to_seq))

    async def _pull(self, from_seq: int, to_seq: int) -> list[Row]:
        for source in self._sources:
            try:
                (numbers,) = await source.call("Fetch", [ua.Variant(one, UINT32) for one in (from_seq, to_seq)])
            except LinkDown:
                continue
            rows = parse(numbers or [])
            if rows:
                return rows
        return []

    # --- what others see ----------------------------------------------------------------------------------------

    def lag_ms(self) -> int:
        """How old the peer's newest state is; 0 at the active one."""
        if self._active:
            return 0
        if self._replica_at_ns is None:
            return U32_MAX
        return min(U32_MAX, (time.monotonic_ns() - self._replica_at_ns) // 1_000_000)

    async def _thawed(self, *, storing: bool = False) -> None:
        while True:
            if not (self.wrong.frozen or (storing and self.wrong.stalled)):
                return
            await asyncio.sleep(_THAWED_S)

    async def _on_disk(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def history(self, work: Callable[[Archive], _T]) -> _T:
        """Something read from the archive."""
        return await self._on_disk(lambda: work(self.archive))

    def close(self) -> None:
        """Let the write under way end, and close the archive."""
        self._thread.shutdown()
        self.archive.close()
