"""Paths that are asked from an own address of the supervisor's machine: by it the routes decide which way is taken."""

import asyncio
import time
from pathlib import Path

import pytest

from otha.runtime.scheduler import Scheduler
from otha.runtime.wiring import Network
from otha.site.load import load_site
from tests.site.examples import changed

pytestmark = pytest.mark.asyncio


async def test_channels_and_section_paths_come_from_their_own_address(scheduler: Scheduler, tmp_path: Path) -> None:
    callers: dict[str, set[str]] = {}
    all_called = asyncio.Event()

    async def listen(name: str) -> tuple[asyncio.Server, int]:
        async def called(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            callers.setdefault(name, set()).add(writer.get_extra_info("peername")[0])
            if len(callers) == 2:
                all_called.set()
            writer.transport.abort()

        server = await asyncio.start_server(called, "127.0.0.1", 0)
        return server, server.sockets[0].getsockname()[1]

    node, node_port = await listen("node")
    section, section_port = await listen("section")
    path = changed(
        tmp_path,
        ('15011", network = "net_a" }', '15011", network = "net_a", local = "127.0.0.2" }'),
        ('15013", network = "net_a" }', '15013", network = "net_a", local = "127.0.0.3" }'),
        ("127.0.0.1:15011", f"127.0.0.1:{node_port}"),
        ("127.0.0.1:15013", f"127.0.0.1:{section_port}"),
    )
    network = Network(load_site(path), scheduler, lambda raw, at_ns: None)
    async with asyncio.TaskGroup() as tasks:
        network.start(tasks, time.monotonic_ns())
        async with asyncio.timeout(10):
            await all_called.wait()
        network.stop()
    for server in (node, section):
        server.close()
    assert callers == {"node": {"127.0.0.2"}, "section": {"127.0.0.3"}}
