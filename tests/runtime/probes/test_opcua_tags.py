"""What the probe of OPC UA tags does when its reader can't even ask."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from otha.core.errors import OthaError
from otha.core.inputs import Input, TagsPolled
from otha.runtime.probes.opcua_tags import OpcuaTagsProbe
from otha.site.model import OpcuaTagRead
from otha.site.opcua import Value
from otha.wire.errors import WireError

READ = OpcuaTagRead(
    source="plc",
    channels=("plc.a", "plc.b"),
    tags=("level",),
    nodeids=("nsu=urn:plant;s=Level",),
    counts_per_unit=(1,),
    period_ns=1_000_000_000,
    deadline_ns=1_000_000_000,
)


class Reader:
    """Raises, or answers, one outcome a read; the last one stays."""

    def __init__(self, *outcomes: OthaError | tuple[Value, ...]) -> None:
        self.outcomes = list(outcomes)
        self.asked: list[str] = []

    async def read(
        self,
        channel: str,
        nodes: tuple[str, ...],
        deadline_ns: int,
        *,
        counts_per_unit: tuple[int, ...] | None = None,
        good_only: bool = False,
    ) -> tuple[Value, ...] | None:
        self.asked.append(channel)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, OthaError):
            raise outcome
        return outcome


async def polled(reader: Reader, times: int) -> Sequence[Input]:
    told: list[Input] = []
    async with asyncio.TaskGroup() as tasks:
        probe = OpcuaTagsProbe(READ, reader, lambda raw, _: told.append(raw))
        probe.start(tasks)
        for _ in range(times):
            probe.depart(time.monotonic_ns())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    return told


@pytest.mark.asyncio
async def test_a_read_that_cant_be_asked_ends_nothing_and_the_next_goes_another_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reader = Reader(WireError("too large a message"), WireError("too large a message"), (42,))
    told = await polled(reader, 3)
    assert told == [TagsPolled(source="plc", values=(("level", 42),))]
    assert reader.asked == ["plc.a", "plc.b", "plc.a"]
    assert [record.getMessage() for record in caplog.records] == [
        "tags of plc can't be asked: too large a message"
    ]  # told once, not with every beat


@pytest.mark.asyncio
async def test_what_is_no_trouble_of_othas_own_is_not_hidden() -> None:
    class Broken(Reader):
        async def read(self, *args: object, **kwargs: object) -> tuple[Value, ...] | None:
            raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        await polled(Broken((1,)), 1)
