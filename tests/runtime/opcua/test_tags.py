"""Plant tags out of a real OPC UA server: what counts as good, what as bad, and what says nothing."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from otha.core.inputs import Input, TagsPolled
from otha.runtime.probes.opcua_tags import OpcuaTagsProbe
from otha.runtime.scheduler import Scheduler
from otha.site.model import OpcuaTagRead
from tests.runtime.opcua.rig import MS, NS, WAIT_S, Rig, ServerProcess, opcua_site, rigged

pytestmark = pytest.mark.asyncio
A, A2 = "sc_a.net_a", "sc_a.net_b"
UNCERTAIN, BAD = 0x40000000, 0x80000000


def read_of(*nodeids: str, channels: tuple[str, ...] = (A,), deadline_ms: int = 5000) -> OpcuaTagRead:
    return OpcuaTagRead(
        source="sc_a",
        channels=channels,
        tags=tuple(nodeid.rpartition("=")[2].lower() for nodeid in nodeids),
        nodeids=nodeids,
        counts_per_unit=(100,) * len(nodeids),
        period_ns=200 * MS,
        deadline_ns=deadline_ms * MS,
    )


class Asked:
    """A probe that a test sends off; `told` is what reached the core."""

    def __init__(self, rig: Rig, read: OpcuaTagRead, tasks: asyncio.TaskGroup) -> None:
        self.told: list[TagsPolled] = []
        self._more = asyncio.Event()
        self.probe = OpcuaTagsProbe(read, rig.pool, self._put)
        self.probe.start(tasks)

    def _put(self, raw: Input, at_ns: int) -> None:
        assert isinstance(raw, TagsPolled)
        assert at_ns <= time.monotonic_ns()
        self.told.append(raw)
        self._more.set()

    async def values(self) -> dict[str, int | None]:
        """What the next answer says; a read that is not answered is repeated, as beats repeat it."""
        self._more.clear()
        async with asyncio.timeout(WAIT_S):
            while not self._more.is_set():
                self.probe.depart(time.monotonic_ns())
                await asyncio.sleep(0.02)
        return dict(self.told[-1].values)


async def test_numbers_in_counts_and_nothing_else(scheduler: Scheduler, shared: ServerProcess, tmp_path: Path) -> None:
    site = opcua_site(tmp_path, {A: shared.url})
    read = read_of(f"{NS}Setpoint", f"{NS}Position", f"{NS}Name", f"{NS}Nowhere", "nsu=urn:unknown;s=There")
    async with rigged(scheduler, site, A) as rig, asyncio.TaskGroup() as tasks:
        assert await Asked(rig, read, tasks).values() == {
            "setpoint": 1234,
            "position": 500,
            "name": None,
            "nowhere": None,
            "there": None,
        }


@pytest.mark.parametrize("status", [UNCERTAIN, BAD])
async def test_only_a_good_value_counts(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path, status: int
) -> None:
    site = opcua_site(tmp_path, {A: shared.url})
    async with rigged(scheduler, site, A) as rig, asyncio.TaskGroup() as tasks:
        asked = Asked(rig, read_of(f"{NS}Setpoint"), tasks)
        assert await asked.values() == {"setpoint": 1234}
        shared.order(status=["Setpoint", status])
        assert await asked.values() == {"setpoint": None}


async def test_no_answer_says_nothing_and_the_next_read_goes_the_other_way(
    scheduler: Scheduler, serve: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    gone, there = serve(), serve()
    site = opcua_site(tmp_path, {A: gone.url, A2: there.url})
    async with rigged(scheduler, site, A, A2) as rig, asyncio.TaskGroup() as tasks:
        asked = Asked(rig, read_of(f"{NS}Setpoint", channels=(A, A2)), tasks)
        assert await asked.values() == {"setpoint": 1234}
        there.order(set={"Setpoint": 7.0})
        gone.end()
        assert await asked.values() == {"setpoint": 700}
        # Nothing was made up in between: each thing told was read.
        assert [dict(each.values)["setpoint"] for each in asked.told] == [1234, 700]
