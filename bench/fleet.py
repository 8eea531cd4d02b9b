"""A process of many minimal servers for the supervisor to read, listening on ports that the system chooses.

`python -m bench.fleet modbus --nodes N --members M` serves N Modbus nodes in groups of M, with a gate for each group
and two reference points; `python -m bench.fleet opcua --nodes N` one OPC UA server on N endpoints. The ports are one
line of JSON; the process ends with its standard input. The Modbus side is hand-written; the OPC UA side is asyncua.
"""

import argparse
import asyncio
import json
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from asyncua import Server, ua
from asyncua.server.binary_server_asyncio import BinaryServer

from bench.devices import Serve, gate, node, reference

NAMESPACE = "urn:otha:bench"
_LIFE_S = 0.02
_REQUEST = 12
_BUFFER = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPorts:
    """Of the nodes one by one, of the gates by group, of the reference points."""

    nodes: list[int]
    gates: list[int] = field(default_factory=list)
    references: list[int] = field(default_factory=list)


class _Session(asyncio.BufferedProtocol):
    """Answers FC03 with the server's block, whatever address was asked: the requests are known."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._buffer = bytearray(_BUFFER)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        assert self._transport is not None
        filled, used, buffer = self._filled + nbytes, 0, self._buffer
        while filled - used >= _REQUEST:
            size = 2 * (buffer[used + 10] << 8 | buffer[used + 11])
            head = buffer[used : used + 4] + (size + 3).to_bytes(2, "big") + buffer[used + 6 : used + 8]
            self._transport.write(head + bytes((size,)) + self._serve()[:size])
            used += _REQUEST
        if used < filled:
            buffer[: filled - used] = buffer[used:filled]
        self._filled = filled - used


async def _listen(serve: Serve) -> int:
    server = await asyncio.get_running_loop().create_server(lambda: _Session(serve), "127.0.0.1", 0, backlog=256)
    return int(server.sockets[0].getsockname()[1])


async def _modbus(nodes: int, members: int) -> FleetPorts:
    kinds = [node(number) for number in range(1, members + 1)]
    return FleetPorts(
        nodes=[await _listen(kinds[at % members]) for at in range(nodes)],
        gates=[await _listen(gate()) for _ in range(-(-nodes // members))],
        references=[await _listen(reference()) for _ in range(2)],
    )


async def _opcua(nodes: int, running: list[Any]) -> FleetPorts:
    """All endpoints lead to one address space: a second one costs a hundred megabytes and tells nothing more."""
    server = Server()
    await server.init()
    server.set_endpoint("opc.tcp://127.0.0.1:0/otha")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace(NAMESPACE)
    live = []
    for name, value in {"Heartbeat": 0, "Cycle": 0, "Active": 1, "Standby": 2}.items():
        node_id: Any = ua.NodeId(name, index)  # type: ignore[arg-type]  # asyncua's own aliases of str and int
        kind = ua.VariantType.UInt32
        variable = await server.nodes.objects.add_variable(node_id, name, ua.Variant(value, kind))
        if value == 0:
            live.append(variable)
    await server.get_node("i=2267").write_value(ua.Variant(200, ua.VariantType.Byte))
    await server.start()
    ports = []
    for _ in range(nodes):
        endpoint = BinaryServer(server.iserver, "127.0.0.1", 0, server.limits)
        endpoint.set_policies(server._policies)
        await endpoint.start()
        ports.append(endpoint.port)
        running.append(endpoint)

    async def live_on() -> None:
        count = 0
        while True:
            count += 1
            for variable in live:
                await variable.write_value(ua.Variant(count, ua.VariantType.UInt32))
            await asyncio.sleep(_LIFE_S)

    running += [server, asyncio.create_task(live_on())]
    return FleetPorts(nodes=ports)


async def _run(kind: str, nodes: int, members: int) -> None:
    running: list[Any] = []
    ports = await (_modbus(nodes, members) if kind == "modbus" else _opcua(nodes, running))
    print(json.dumps(asdict(ports)), flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()


@contextmanager
def running(kind: str, nodes: int, members: int = 1) -> Iterator[FleetPorts]:
    """The servers in a process of their own; their ports."""
    command = [sys.executable, "-m", "bench.fleet", kind, "--nodes", str(nodes), "--members", str(members)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield FleetPorts(**json.loads(process.stdout.readline()))
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("modbus", "opcua"))
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--members", type=int, default=1)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with suppress(OSError):
        # A server that waits for a core is late by itself, and that is not what is measured.
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    asyncio.run(_run(arguments.kind, arguments.nodes, arguments.members))
    sys.exit(0)
