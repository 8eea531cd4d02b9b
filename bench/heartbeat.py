"""CPU of one Modbus heartbeat: OTHA's link and decoder, a minimal hand-written client (the floor), plain pymodbus."""

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle, islice

from pymodbus.client import AsyncModbusTcpClient

from bench import devices
from bench.figure import Figure, median, ratio_at_most, shown
from bench.options import Measurement, Options
from bench.virtual import demo_site
from otha.core.errors import DefectError
from otha.core.words import Answer
from otha.runtime.link import Exchange
from otha.runtime.modbus import ModbusLink
from otha.runtime.modbus_frame import Request, read_registers
from otha.runtime.scheduler import Scheduler
from otha.site.decode import Decoder, decode_node_bytes
from sim.heartbeat import LENGTH

_CONNECTIONS = (1, 50, 200)
_ROUNDS = 5
_HEARTBEATS = 12_000
_DEADLINE_S = 0.08
_PAIRS = 50


class _Run:
    """Heartbeats in a closed loop: each connection sends the next one when a reply has come, until all were made."""

    def __init__(self, wanted: int) -> None:
        self.left = wanted
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def another(self) -> bool:
        """One was answered; whether to send the next."""
        self.left -= 1
        if self.left <= 0 and not self.done.done():
            self.done.set_result(None)
        return self.left > 0

    def fail(self, what: str) -> None:
        if not self.done.done():
            self.done.set_exception(DefectError(what))


Client = Callable[[list[int], int], Awaitable[float]]
"""Makes so many heartbeats over one connection to each port; CPU seconds of this process."""


async def otha(ports: list[int], wanted: int) -> float:
    """The production link and decoder."""
    loop = asyncio.get_running_loop()
    site = demo_site()
    decoder: Decoder = site.nodes[0].registers
    request: Request = read_registers(1, decoder.at, decoder.length, function=decoder.function)
    run = _Run(wanted)
    scheduler = Scheduler(
        loop, stall_ns=10**9, on_stall=lambda _gap, _now: None, on_defect=lambda error: run.fail(repr(error))
    )
    links = [ModbusLink(scheduler, "127.0.0.1", port) for port in ports]
    runners = [asyncio.create_task(link.run()) for link in links]
    for link in links:
        while (await link.call(request, time.monotonic_ns() + 1_000_000_000)).answer is not Answer.REPLIED:
            pass
    deadline_ns = round(_DEADLINE_S * 1e9)

    def ended(exchange: Exchange) -> None:
        if exchange.answer is not Answer.REPLIED:
            run.fail(f"a heartbeat ended as {exchange.answer}")
            return
        decode_node_bytes(decoder, exchange.payload)
        if run.another():
            exchange.link.send(request, exchange.ended_ns + deadline_ns, ended)

    began = time.process_time()
    for link in links:
        link.send(request, time.monotonic_ns() + deadline_ns, ended)
    try:
        await run.done
        return time.process_time() - began
    finally:
        for runner in runners:
            runner.cancel()
        await asyncio.gather(*runners, return_exceptions=True)
        scheduler.close()


class _Floor(asyncio.BufferedProtocol):
    """The least that does the job: one buffer, one transaction at a time, one deadline, one `struct`."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._buffer = bytearray(512)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._transaction = 0
        self._tail = struct.pack(">HHBBHH", 0, 6, 1, 3, 0, LENGTH)
        self._block = struct.Struct(">HHIIHHIIHHIHH8HH")
        self._loop = asyncio.get_running_loop()
        self._deadline: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self.values: tuple[int, ...] = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def depart(self) -> None:
        assert self._transport is not None
        self._transaction = self._transaction % 65535 + 1
        self._deadline = self._loop.call_later(_DEADLINE_S, self._run.fail, "a heartbeat of the floor was missed")
        self._transport.write(self._transaction.to_bytes(2, "big") + self._tail)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self._filled += nbytes
        buffer = self._buffer
        if self._filled < 9 + 2 * LENGTH:
            return
        self._filled = 0
        if int.from_bytes(buffer[:2], "big") != self._transaction or buffer[7] != 3 or buffer[8] != 2 * LENGTH:
            self._run.fail("the floor got a wrong reply")
            return
        assert self._deadline is not None
        self._deadline.cancel()
        self.values = self._block.unpack_from(buffer, 9)
        if self._run.another():
            self.depart()

    def close(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._transport is not None:
            self._transport.abort()


async def floor(ports: list[int], wanted: int) -> float:
    """The hand-written client."""
    loop = asyncio.get_running_loop()
    run = _Run(wanted)
    clients = [(await loop.create_connection(lambda: _Floor(run), "127.0.0.1", port))[1] for port in ports]
    began = time.process_time()
    for client in clients:
        client.depart()
    try:
        await run.done
        return time.process_time() - began
    finally:
        for client in clients:
            client.close()
        await asyncio.sleep(0)


async def pymodbus(ports: list[int], wanted: int) -> float:
    """pymodbus' own client, as its documentation uses it."""
    clients = [AsyncModbusTcpClient("127.0.0.1", port=port, timeout=1, retries=0) for port in ports]
    for client in clients:
        await client.connect()
    run = _Run(wanted)

    async def talk(client: AsyncModbusTcpClient) -> None:
        more = True
        while more:
            reply = await client.read_holding_registers(0, count=LENGTH, device_id=1)
            if reply.isError() or len(reply.registers) != LENGTH:
                run.fail(f"pymodbus got {reply}")
                return
            more = run.another()

    began = time.process_time()
    tasks = [asyncio.create_task(talk(client)) for client in clients]
    try:
        await run.done
        return time.process_time() - began
    finally:
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in clients:
            client.close()


def _cpu_us(client: Client, ports: list[int]) -> float:
    async def run() -> float:
        await client(ports, _HEARTBEATS // 10)
        return await client(ports, _HEARTBEATS)

    return asyncio.run(run()) / _HEARTBEATS * 1e6


def measure(_options: Options) -> Iterator[Figure]:
    """Round by round, each client in turn, so that what else the machine does meets all of them."""
    with devices.running(_PAIRS) as ports:
        known = [port for pair in ports.nodes for port in pair]
        for connections in _CONNECTIONS:
            used = list(islice(cycle(known), connections))
            rounds = [[_cpu_us(client, used) for client in (floor, otha, pymodbus)] for _ in range(_ROUNDS)]
            alone, ours, theirs = (median([each[at] for each in rounds]) for at in range(3))
            many = f"{connections} connection{'s' if connections > 1 else ''}"
            yield shown(f"{many}: floor, hand-written", alone, "us")
            yield ratio_at_most(f"{many}: OTHA's link and decoder", ours, "us", alone, 2)
            yield shown(f"{many}: pymodbus' client", theirs, "us", ratio=theirs / alone)


MEASUREMENT = Measurement(
    name="heartbeat",
    title="CPU of one Modbus heartbeat",
    what=f"FC03 of {LENGTH} registers, decoded, in a closed loop with a deadline each; the devices are another "
    f"process. CPU of the client's process alone; medians of {_ROUNDS} rounds in which the three clients take turns.",
    measure=measure,
)
