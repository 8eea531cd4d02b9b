"""A link's limits hold whatever asyncua does with a cancellation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from asyncua import Server, ua, uamethod

from sim.opcua import FOLDER, node_id
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

    async with _silent() as port:
        link = OpcuaLink(port, "urn:nobody", timeout_ms=100)
        for _ in range(2):
            with pytest.raises(LinkDown):
                async with asyncio.timeout(10.0):
                    await link.call("Store", [])
        assert not link.connected


async def test_a_greeted_server_takes_a_call_without_connecting_first(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    await server.init()
    server.set_endpoint("opc.tcp://127.0.0.1:0/")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace("urn:greeted")
    folder = await server.nodes.objects.add_folder(node_id(FOLDER, index), f"{index}:plant")
    await folder.add_method(node_id("Store", index), f"{index}:Store", _answer, [], [ua.VariantType.Int64])
    await server.start()
    port = server.bserver._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # it has started
    link = OpcuaLink(port, "urn:greeted", timeout_ms=3000)
    seen = [link.connected]
    await link.greet()
    seen.append(link.connected)
    monkeypatch.setattr(link, "_open", None)  # who connected again would fail
    await link.greet()
    assert await link.call("Store", []) == [7]
    await server.stop()
    await link.greet()
    assert [*seen, link.connected] == [False, True, False]


async def test_a_call_does_not_wait_for_a_greeting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.opcua_link._OPEN_S", 0.2)
    async with _silent() as port:
        link = OpcuaLink(port, "urn:nobody", timeout_ms=100)
        greeting = asyncio.create_task(link.greet())
        await asyncio.sleep(0)  # it has begun
        with pytest.raises(LinkDown):
            async with asyncio.timeout(10.0):
                await link.call("Store", [])
        await greeting
        assert not link.connected


@uamethod
async def _answer(_parent: ua.NodeId) -> int:
    return 7


@asynccontextmanager
async def _silent() -> AsyncIterator[int]:
    """The port of a server that takes connections and says nothing."""
    callers: set[asyncio.StreamWriter] = set()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.add(writer)
        with suppress(ConnectionError):
            await reader.read(-1)

    silent = await asyncio.start_server(wait, "127.0.0.1", 0)
    yield silent.sockets[0].getsockname()[1]
    silent.close()
    for writer in callers:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    await silent.wait_closed()
