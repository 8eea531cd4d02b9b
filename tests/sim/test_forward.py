"""Forwarding with faults, on real sockets, against an echo server."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sim.forward import Direction, Endpoint, Stalls

pytestmark = pytest.mark.asyncio

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Bench:
    """An echo server, an endpoint in front of it, and its clients."""

    def __init__(self) -> None:
        self.tapped: list[tuple[int, Direction, bytes]] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def start(self) -> None:
        self.echo = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.upstream = self.echo.sockets[0].getsockname()[1]
        probe = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        self.port = probe.sockets[0].getsockname()[1]
        probe.close()
        await probe.wait_closed()
        self.endpoint = Endpoint("bench", self.port, self.upstream, lambda *seen: self.tapped.append(seen))
        await self.endpoint.listen()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    async def client(self) -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def end(self) -> None:
        self.endpoint.refuse()
        for writer in self.writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        self.echo.close()


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.start()
    yield bench
    await bench.end()


async def says(client: Client, text: bytes) -> bytes:
    reader, writer = client
    writer.write(text)
    return await asyncio.wait_for(reader.readexactly(len(text)), 5)


async def silent(client: Client, text: bytes) -> bool:
    reader, writer = client
    writer.write(text)
    try:
        await asyncio.wait_for(reader.readexactly(1), 0.1)
    except TimeoutError:
        return True
    return False


async def test_bytes_pass_and_are_tapped(bench: Bench) -> None:
    client = await bench.client()
    assert await says(client, b"one") == b"one"
    assert bench.tapped == [(1, Direction.REQUEST, b"one"), (1, Direction.REPLY, b"one")]


async def test_a_cut_loses_bytes_and_keeps_sockets(bench: Bench) -> None:
    client = await bench.client()
    assert await says(client, b"one") == b"one"
    bench.endpoint.cut()
    assert await silent(client, b"two")
    late = await bench.client()
    assert await silent(late, b"hello")
    await bench.endpoint.heal()
    assert await says(client, b"three") == b"three"
    # What was connected into the black hole has nobody behind it.
    assert await asyncio.wait_for(_end(late), 5)
    assert bench.tapped[-2:] == [(1, Direction.REQUEST, b"three"), (1, Direction.REPLY, b"three")]


async def _end(client: Client) -> bool:
    try:
        return await client[0].read(1) == b""
    except ConnectionResetError:
        return True


async def test_a_close_doesnt_cross_a_cut_until_it_heals(bench: Bench) -> None:
    client = await bench.client()
    assert await says(client, b"one") == b"one"
    bench.endpoint.cut()
    bench.echo.close()
    bench.writers[1].close()
    assert await silent(client, b"two")
    await bench.endpoint.heal()
    assert await asyncio.wait_for(_end(client), 5)


async def test_refusal_resets_and_refuses_until_healed(bench: Bench) -> None:
    client = await bench.client()
    assert await says(client, b"one") == b"one"
    bench.endpoint.refuse()
    assert await asyncio.wait_for(_end(client), 5)
    with pytest.raises(ConnectionRefusedError):
        await bench.client()
    await bench.endpoint.heal()
    assert await says(await bench.client(), b"two") == b"two"


async def test_a_dead_server_behind_resets_the_client(bench: Bench) -> None:
    bench.echo.close()
    await bench.echo.wait_closed()
    client = await bench.client()
    assert await asyncio.wait_for(_end(client), 5)


async def test_one_way_loses_replies_only_or_requests_only(bench: Bench) -> None:
    client = await bench.client()
    bench.endpoint.faults.lost.add(Direction.REPLY)
    assert await silent(client, b"one")
    assert bench.tapped == [(1, Direction.REQUEST, b"one")]
    await bench.endpoint.heal()
    bench.endpoint.faults.lost.add(Direction.REQUEST)
    assert await silent(client, b"two")
    assert len(bench.tapped) == 1


async def test_delay_holds_back_both_ways_and_keeps_the_order(bench: Bench) -> None:
    client = await bench.client()
    loop = asyncio.get_running_loop()
    bench.endpoint.faults.delay_ms = 40
    start_s = loop.time()
    assert await says(client, b"slow") == b"slow"
    assert loop.time() - start_s >= 0.08
    client[1].write(b"ab")
    await asyncio.sleep(0.02)
    bench.endpoint.faults.delay_ms = 0
    assert await says(client, b"cd") == b"ab"
    assert await asyncio.wait_for(client[0].readexactly(2), 5) == b"cd"


async def test_a_stall_delivers_everything_late_and_in_order(bench: Bench) -> None:
    client = await bench.client()
    assert await says(client, b"x") == b"x"
    now_s = asyncio.get_running_loop().time()
    stalls = Stalls(seed=3, every_ms=1, hold_ms=60, now_s=now_s - 1)
    bench.endpoint.faults.stalls = stalls
    for part in (b"one", b"two", b"three"):
        client[1].write(part)
        await asyncio.sleep(0.01)
    assert await asyncio.wait_for(client[0].readexactly(11), 5) == b"onetwothree"


async def test_what_was_said_before_a_close_still_arrives(bench: Bench) -> None:
    client = await bench.client()
    bench.endpoint.faults.delay_ms = 30
    client[1].write(b"last words")
    client[1].close()
    for _ in range(200):
        if any(direction is Direction.REQUEST for _, direction, _ in bench.tapped):
            break
        await asyncio.sleep(0.005)
    assert bench.tapped[0][2] == b"last words"


async def test_stalls_are_the_same_for_the_same_seed_and_bursts_in_gaps() -> None:
    def releases(seed: int) -> list[float]:
        stalls = Stalls(seed=seed, every_ms=500, hold_ms=200, now_s=0.0)
        return [stalls.release_s(tick * 0.01) for tick in range(2000)]

    assert releases(1) == releases(1) != releases(2)
    held = [release > tick * 0.01 for tick, release in enumerate(releases(1))]
    assert 0.1 < sum(held) / len(held) < 0.6
    bursts = [len(list(run)) for stalled, run in itertools.groupby(held) if stalled]
    assert max(bursts) <= 4 * 20 + 1
    assert min(bursts[:-1]) >= 19
    assert releases(1) == sorted(releases(1))
