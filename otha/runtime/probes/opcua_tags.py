"""Plant tags of an OPC UA server, read for conditions."""

import asyncio
import logging
import time
from typing import Protocol

from otha.core.errors import OthaError
from otha.core.inputs import TagsPolled
from otha.runtime.inbox import Put
from otha.site.model import OpcuaTagRead
from otha.site.opcua import Value

log = logging.getLogger(__name__)


class Reader(Protocol):
    """What reads nodes of a server: `otha.runtime.opcua.pool.OpcuaPool`."""

    async def read(
        self,
        channel: str,
        nodes: tuple[str, ...],
        deadline_ns: int,
        *,
        counts_per_unit: tuple[int, ...] | None = None,
        good_only: bool = False,
    ) -> tuple[Value, ...] | None: ...


class OpcuaTagsProbe:
    """Reads all tags of one node. `depart` is the work of a beat.

    What is not good, no number, or not at the server at all has no value (BAD). No reply gives nothing: the last values
    grow stale, and the next read goes over another channel. So does a read that can't be asked at all, which is logged
    once until one can.
    """

    def __init__(self, read: OpcuaTagRead, reader: Reader, put: Put) -> None:
        self._read = read
        self._reader = reader
        self._put = put
        self._at = 0
        self._trouble = ""
        self._under_way: asyncio.Task[None] | None = None
        self._tasks: asyncio.TaskGroup | None = None

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Reads run in `tasks`."""
        self._tasks = tasks

    def stop(self) -> None:
        """Wait for no further answer."""
        if self._under_way is not None:
            self._under_way.cancel()

    def depart(self, now: int) -> None:
        """Read over the channel in use, unless a read is under way."""
        if self._tasks is None or (self._under_way is not None and not self._under_way.done()):
            return
        self._under_way = self._tasks.create_task(self._poll(now + self._read.deadline_ns))

    async def _poll(self, deadline_ns: int) -> None:
        read = self._read
        values = await self._ask(deadline_ns)
        if values is None or len(values) != len(read.tags):
            self._at = (self._at + 1) % len(read.channels)
            return
        told = tuple(
            (tag, value if isinstance(value, int) else None) for tag, value in zip(read.tags, values, strict=True)
        )
        self._put(TagsPolled(source=read.source, values=told), time.monotonic_ns())

    async def _ask(self, deadline_ns: int) -> tuple[Value, ...] | None:
        """The values, or None. A task that raised would end the supervisor with all that it watches."""
        read, trouble = self._read, ""
        try:
            return await self._reader.read(
                read.channels[self._at], read.nodeids, deadline_ns, counts_per_unit=read.counts_per_unit, good_only=True
            )
        except OthaError as error:
            trouble = str(error)
            return None
        finally:
            if trouble and trouble != self._trouble:
                log.warning("tags of %s can't be asked: %s", read.source, trouble)
            self._trouble = trouble
