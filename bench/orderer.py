"""A client that orders without a pause, and repeats with the same id whatever got no answer, until it has one."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asyncua import Client
from asyncua import ua as asyncua_ua

from bench.stations import Station, acknowledged, client_of
from otha import names
from otha.journal.reader import Query, Reader

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_AGAIN_S = 0.1
_TRY_S = 15.0
_HANG_UP_S = 2.0
_PATIENCE_S = 60.0


@dataclass(slots=True)
class Given:
    """Ids of orders: those that were answered, of these the ones that had to be repeated; those without an answer.
    `failed`: how often a try failed at what."""

    answered: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)


class Orderer:
    """Orders acknowledgements of `groups` in turn, as `station`."""

    def __init__(self, station: Station, groups: Sequence[str], name: str) -> None:
        self._station = station
        self._groups = groups
        self._name = name
        self._client: Client | None = None
        self._index = 0
        self._step = ""
        self._count = 0
        self.given = Given()

    async def until(self, done: Callable[[], bool], *, every_s: float = 0.0) -> None:
        """Order until `done`."""
        while not done():
            await self.order()
            await asyncio.sleep(every_s)

    async def order(self) -> None:
        """One order, until it is answered."""
        order_id, group = f"{self._name}-{self._count}", self._groups[self._count % len(self._groups)]
        self._count += 1
        tries, until = 0, time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            began, tries = time.monotonic(), tries + 1
            if await self._answered(group, order_id):
                self.given.took_s.append(time.monotonic() - began)
                self.given.answered.append(order_id)
                if tries > 1:
                    self.given.repeated.append(order_id)
                return
            await asyncio.sleep(_AGAIN_S)
        self.given.unanswered.append(order_id)

    async def connect(self) -> Client:
        """Come in. Raises what asyncua does."""
        if self._client is None:
            # Known before it is in: whatever fails on the way, `close` hangs up, and no session is left behind.
            client = self._client = await client_of(self._station)
            self._step = "connecting"
            await client.connect()
            self._step = "asking for the namespace"
            self._index = await client.get_namespace_index(names.NAMESPACE)
        self._step = "ordering"
        return self._client

    async def close(self) -> None:
        """Hang up."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                async with asyncio.timeout(_HANG_UP_S):
                    await client.disconnect()

    async def _answered(self, group: str, order_id: str) -> bool:
        try:
            async with asyncio.timeout(_TRY_S):
                codes = await acknowledged(await self.connect(), self._index, group, order_id)
        except (ua.UaError, OSError, TimeoutError, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self.given.failed[f"{self._step}: {type(error).__name__} {error}"[:120]] += 1
            await self.close()
            return False
        refused = {"no_answer", "refused"} & set(codes)
        self.given.failed.update(f"ordering: {each}" for each in refused)
        return not refused


def carried_out(journal: Path, name: str) -> dict[str, int]:
    """How often each order whose id begins with `name` was decided on, by the journal; a repeat that was answered from
    memory is none (S11)."""
    counts: dict[str, int] = {}
    with Reader(journal) as reader:
        for row in reader.query(Query(kind="decision", text=name)):
            body = json.loads(row.body)
            order_id = body.get("order", {}).get("id", "")
            if order_id.startswith(name) and all(each["why"] != "ORDER_REPEATED" for each in body.get("reasons", ())):
                counts[order_id] = counts.get(order_id, 0) + 1
    return counts
