"""A client that chooses between the nodes of a path: its switch as an OPC UA server in the test's own loop, as
`tests/site/links_site.py` describes it, and a supervisor beside it."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from asyncua import Server, uamethod
from asyncua import ua as asyncua_ua

from otha.core.errors import OthaError
from otha.wire.client import WireClient
from tests.opcua_standard import QuickServer, kept_in
from tests.runtime.test_supervisor import _RUN

WAIT_S = 60.0
ua: Any = asyncua_ua  # as in tests/runtime/opcua/server.py


class Chooser:
    """`chosen`: the node in use. `on_choice` hears of each new one."""

    def __init__(self, chosen: int, on_choice: Callable[[int], None] = lambda node: None) -> None:
        self.chosen = chosen
        self._on_choice = on_choice
        self._server = Server(QuickServer(kept_in()))

    async def start(self) -> int:
        """Listen; returns the port."""
        server, kind = self._server, ua.VariantType.UInt32
        await server.init()
        server.set_endpoint("opc.tcp://127.0.0.1:0/otha")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        index = await server.register_namespace("urn:otha:test")
        box = await server.nodes.objects.add_object(ua.NodeId("Box", index), "Box")
        epoch, chosen = [
            await box.add_variable(ua.NodeId(name, index), name, ua.Variant(value, kind))
            for name, value in (("Epoch", 0), ("Chosen", self.chosen))
        ]

        @uamethod
        async def select(_parent: Any, new: int, node: int) -> Any:
            if new <= await epoch.read_value():
                return ua.Variant(3, ua.VariantType.Int32)
            await epoch.write_value(ua.Variant(new, kind))
            await chosen.write_value(ua.Variant(node, kind))
            self.chosen = node
            self._on_choice(node)
            return ua.Variant(1, ua.VariantType.Int32)

        await box.add_method(ua.NodeId("Select", index), "Select", select, [kind, kind], [ua.VariantType.Int32])
        await server.start()
        port: int = server.bserver._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # it has started
        return port

    async def stop(self) -> None:
        """End the server."""
        await self._server.stop()


def supervise(site: Path, state: Path) -> "subprocess.Popen[bytes]":
    """Start a supervisor."""
    with state.with_suffix(".log").open("w") as log:
        return subprocess.Popen([sys.executable, "-c", _RUN, str(site), str(state)], stderr=log)


async def asked(state: Path, work: Callable[[WireClient], Any]) -> Any:
    """What the supervisor answers. Raises OthaError."""

    def ask() -> Any:
        with WireClient(state / "otha.sock", timeout_s=10) as client:
            return work(client)

    return await asyncio.to_thread(ask)


async def until(state: Path, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask for the status until it is so."""
    async with asyncio.timeout(WAIT_S):
        while True:
            with suppress(OthaError):
                status: dict[str, Any] = await asked(state, WireClient.status)
                if holds(status):
                    return status
            await asyncio.sleep(0.02)


def group_of(status: dict[str, Any], name: str) -> dict[str, Any]:
    """One group of a status."""
    (group,) = [each for each in status["groups"] if each["name"] == name]
    return dict(group)
