"""A link's limits hold whatever asyncua does with a cancellation."""

import asyncio
from contextlib import suppress

import pytest

from sim.opcua_link import LinkDown, OpcuaLink, _within

pytestmark = pytest.mark.asyncio


async def test_work_that_takes_a_cancellation_for_its_own_is_not_waited_for() -> None:
    let_go = asyncio.Event()

    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await let_go.wait()

    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(TimeoutError):
        await _within(0.05, stubborn())
    assert loop.time() - began < 5.0
    let_go.set()


async def test_a_server_that_says_nothing_costs_the_time_to_connect_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A connect proves nothing: a stopped process' kernel takes it. Twice, as the feeding task would ask."""
    monkeypatch.setattr("sim.opcua_link._OPEN_S", 0.2)

    callers: set[asyncio.StreamWriter] = set()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.add(writer)
        with suppress(ConnectionError):
            await reader.read(-1)

    silent = await asyncio.start_server(wait, "127.0.0.1", 0)
    link = OpcuaLink(silent.sockets[0].getsockname()[1], "urn:nobody", timeout_ms=100)
    for _ in range(2):
        with pytest.raises(LinkDown):
            async with asyncio.timeout(10.0):
                await link.call("Store", [])
    assert not link.connected
    silent.close()
    for writer in callers:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    await silent.wait_closed()
