"""The link against peers with good and bad manners. Times are only ever bounded from the safe side."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from otha.core.words import Answer
from otha.runtime.link import Exchange
from otha.runtime.modbus import LinkTiming, ModbusLink
from otha.runtime.modbus_frame import read_registers, write_registers
from otha.runtime.scheduler import Scheduler

if TYPE_CHECKING:
    from tests.runtime.conftest import Peer

MS = 1_000_000
READ = read_registers(1, 100, 2)
GOOD = bytes((0, 100, 0, 101))


@asynccontextmanager
async def linked(scheduler: Scheduler, port: int, timing: LinkTiming | None = None) -> AsyncIterator[ModbusLink]:
    link = ModbusLink(scheduler, "127.0.0.1", port, timing)
    async with asyncio.TaskGroup() as tasks:
        runner = tasks.create_task(link.run())
        yield link
        runner.cancel()


def later(ms: int) -> int:
    return time.monotonic_ns() + ms * MS


class Ends:
    """Collects (answer, payload) of exchanges, and lets a test wait for the n-th."""

    def __init__(self) -> None:
        self.seen: list[tuple[Answer, bytes]] = []
        self._more = asyncio.Event()

    def __call__(self, exchange: Exchange) -> None:
        assert exchange.answer is not None
        self.seen.append((exchange.answer, exchange.payload))
        self._more.set()

    async def count(self, number: int) -> list[Answer]:
        async with asyncio.timeout(10):
            while len(self.seen) < number:
                self._more.clear()
                await self._more.wait()
        return [answer for answer, _ in self.seen]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.001)


@pytest.mark.asyncio
async def test_reads_and_writes(scheduler: Scheduler, peer: "Peer") -> None:
    async with linked(scheduler, peer.port) as link:
        before = time.monotonic_ns()
        read = await link.call(READ, later(2000))
        assert (read.answer, read.payload) == (Answer.REPLIED, GOOD)
        assert before <= read.ended_ns <= time.monotonic_ns()
        write = await link.call(write_registers(1, 5, (7, 8)), later(2000))
        assert (write.answer, write.payload) == (Answer.REPLIED, b"")
        assert [request[:2] for request in peer.requests] == [b"\0\1", b"\0\2"]
        assert peer.connections == 1


@pytest.mark.asyncio
async def test_the_transaction_id_is_never_zero(scheduler: Scheduler, peer: "Peer") -> None:
    async with linked(scheduler, peer.port) as link:
        link._transaction = 65533
        for _ in range(4):
            assert (await link.call(READ, later(2000))).answer is Answer.REPLIED
    assert [int.from_bytes(request[:2], "big") for request in peer.requests] == [65534, 65535, 1, 2]


@pytest.mark.asyncio
async def test_silence_is_missed_not_before_its_deadline(scheduler: Scheduler, peer: "Peer") -> None:
    async with linked(scheduler, peer.port) as link:
        await link.call(READ, later(2000))
        peer.manner = type(peer).silent
        deadline = later(20)
        exchange = await link.call(READ, deadline)
        assert exchange.answer is Answer.MISSED
        assert exchange.ended_ns >= deadline


@pytest.mark.asyncio
async def test_a_late_reply_is_told_as_late_and_never_taken_for_the_next_ones(
    scheduler: Scheduler, peer: "Peer"
) -> None:
    held: list[bytes] = []

    async def hold_the_first(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        held.append(request)
        if len(held) == 2:
            for one in held:
                writer.write(peer.good(one))

    async with linked(scheduler, peer.port) as link:
        await link.call(READ, later(2000))
        peer.manner = hold_the_first
        first, second = Ends(), Ends()
        link.send(READ, later(10), first)
        assert await first.count(1) == [Answer.MISSED]
        link.send(read_registers(1, 200, 1), later(2000), second)
        assert await second.count(1) == [Answer.REPLIED]
        assert await first.count(2) == [Answer.MISSED, Answer.LATE]
        assert first.seen[1][1] == GOOD
        assert second.seen[0][1] == bytes((0, 200))
        assert link.counters.late == 1
        assert peer.connections == 1


@pytest.mark.asyncio
async def test_cancelling_spoils_nothing(scheduler: Scheduler, peer: "Peer") -> None:
    released = asyncio.Event()

    async def slow(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        frame = peer.good(request)
        writer.write(frame[:5])
        await released.wait()
        writer.write(frame[5:])

    async with linked(scheduler, peer.port) as link:
        await link.call(READ, later(2000))
        peer.manner = slow
        task = asyncio.ensure_future(link.call(READ, later(2000)))
        await until(lambda: len(peer.requests) == 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        released.set()
        peer.manner = type(peer).polite
        after = await link.call(read_registers(1, 300, 1), later(2000))
        assert (after.answer, after.payload) == (Answer.REPLIED, (300).to_bytes(2, "big"))
        assert peer.connections == 1


@pytest.mark.asyncio
async def test_a_fin_ends_what_is_pending_at_once(scheduler: Scheduler, peer: "Peer") -> None:
    async def hang_up(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with linked(scheduler, peer.port) as link:
        await link.call(READ, later(2000))
        peer.manner = hang_up
        deadline = later(60_000)
        exchange = await asyncio.wait_for(link.call(READ, deadline), 5)
        assert exchange.answer is Answer.MISSED
        peer.manner = type(peer).polite
        assert (await link.call(READ, later(2000))).answer is Answer.REPLIED
        assert peer.connections == 2


@pytest.mark.asyncio
async def test_a_refused_connect_ends_the_request_at_once_and_the_peers_return_is_noticed(
    scheduler: Scheduler, peer: "Peer"
) -> None:
    await peer.stop()
    async with linked(scheduler, peer.port) as link:
        for _ in range(3):
            exchange = await asyncio.wait_for(link.call(READ, later(60_000)), 5)
            assert exchange.answer is Answer.MISSED
        assert link.counters.refused == 3
        await peer.start(peer.port)
        assert (await link.call(READ, later(2000))).answer is Answer.REPLIED


@pytest.mark.asyncio
async def test_connects_are_spaced_out_after_many_refusals(scheduler: Scheduler, peer: "Peer") -> None:
    await peer.stop()
    timing = LinkTiming(eager_connects=2, backoff_first_ns=10**12, backoff_max_ns=10**12)
    async with linked(scheduler, peer.port, timing) as link:
        answers = [(await link.call(READ, later(5))).answer for _ in range(5)]
        assert answers == [Answer.MISSED] * 5
        assert link.counters.refused == 3


@pytest.mark.asyncio
async def test_no_more_than_the_limit_is_sent_to_a_silent_peer_and_the_connection_is_made_anew(
    scheduler: Scheduler, peer: "Peer"
) -> None:
    peer.manner = type(peer).silent
    timing = LinkTiming(outstanding_max=2, patience=5)
    async with linked(scheduler, peer.port, timing) as link:
        ends = Ends()
        for number in range(1, 6):
            link.send(READ, later(3), ends)
            await ends.count(number)
        assert ends.seen == [(Answer.MISSED, b"")] * 5
        assert len(peer.requests) == 2
        assert not link.is_connected
        peer.manner = type(peer).polite
        assert (await link.call(READ, later(2000))).answer is Answer.REPLIED
        assert peer.connections == 2
        assert link.counters.given_up == 1


@pytest.mark.asyncio
async def test_a_peer_that_answers_one_of_two_pipelined_requests_is_not_lost_for_ever(
    scheduler: Scheduler, peer: "Peer"
) -> None:
    """pymodbus' server keeps the second request until the next one comes: every reply would be one period late."""
    lag: list[bytes] = []

    async def one_behind(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        lag.append(request)
        if len(lag) > 1:
            writer.write(peer.good(lag.pop(0)))

    peer.manner = one_behind
    async with linked(scheduler, peer.port, LinkTiming(patience=4)) as link:
        ends = Ends()
        async with asyncio.timeout(10):
            while not link.counters.given_up:
                missed = link.send(READ, later(5), ends)
                await until(lambda missed=missed: missed.answer is not None)  # type: ignore[misc]
        assert {answer for answer, _ in ends.seen} == {Answer.MISSED, Answer.LATE}
        assert not link.is_connected
        peer.manner = type(peer).polite
        assert (await link.call(READ, later(2000))).answer is Answer.REPLIED


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("pdu", "answer"),
    [("8306", Answer.BUSY), ("830b", Answer.MISSED), ("8302", Answer.GARBLED)],
    ids=["busy", "gateway without target", "illegal address"],
)
async def test_exceptions_keep_the_connection(scheduler: Scheduler, peer: "Peer", pdu: str, answer: Answer) -> None:
    async def exception(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(peer.reply(request, bytes.fromhex(pdu)))

    async with linked(scheduler, peer.port) as link:
        peer.manner = exception
        exchange = await link.call(READ, later(2000))
        assert (exchange.answer, exchange.exception) == (answer, int(pdu[2:], 16))
        assert link.is_connected


def _wrong(request: bytes, peer: "Peer", how: str) -> bytes:
    good = peer.good(request)
    return {
        "garbage": b"HTTP/1.1 400 Bad Request\r\n\r\n",
        "too long": request[:2] + b"\0\0\xff\xff\1" + b"x" * 300,
        "short reply": peer.reply(request, b"\x03\x02\0\1"),
        "other unit": peer.reply(request, good[7:], unit=9),
        "other function": peer.reply(request, b"\x04" + good[8:]),
        "other transaction": peer.reply(request, good[7:], transaction=40_000),
        "transaction 0": peer.reply(request, good[7:], transaction=0),
        "flood": b"".join(peer.reply(request, good[7:], transaction=1) for _ in range(5000)),
        "length 2": request[:2] + b"\0\0\0\2\1\3",
    }[how]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "how",
    [
        "garbage",
        "too long",
        "short reply",
        "other unit",
        "other function",
        "other transaction",
        "transaction 0",
        "flood",
        "length 2",
    ],
)
async def test_a_hostile_peer_is_garbled_dropped_and_harms_no_other(
    scheduler: Scheduler, peer: "Peer", how: str
) -> None:
    async def hostile(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(_wrong(request, peer, how))

    neighbour = type(peer)()
    await neighbour.start()
    try:
        async with linked(scheduler, peer.port) as link, linked(scheduler, neighbour.port) as other:
            await link.call(READ, later(2000))
            peer.manner = hostile
            garbled, good = await asyncio.gather(link.call(READ, later(2000)), other.call(READ, later(2000)))
            assert garbled.answer is Answer.GARBLED
            assert good.answer is Answer.REPLIED
            assert not link.is_connected
            peer.manner = type(peer).polite
            assert (await link.call(READ, later(2000))).answer is Answer.REPLIED
    finally:
        await neighbour.stop()


@pytest.mark.asyncio
async def test_one_byte_now_and_then_is_garbled_at_the_deadline(scheduler: Scheduler, peer: "Peer") -> None:
    async def trickle(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(peer.good(request)[:3])

    async with linked(scheduler, peer.port) as link:
        await link.call(READ, later(2000))
        peer.manner = trickle
        assert (await link.call(READ, later(100))).answer is Answer.GARBLED
        assert not link.is_connected


@pytest.mark.asyncio
async def test_frames_may_come_in_any_pieces(scheduler: Scheduler, peer: "Peer") -> None:
    async def in_pieces(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        for byte in peer.good(request):
            writer.write(bytes((byte,)))
            await asyncio.sleep(0)

    peer.manner = in_pieces
    async with linked(scheduler, peer.port) as link:
        for _ in range(3):
            exchange = await link.call(READ, later(5000))
            assert (exchange.answer, exchange.payload) == (Answer.REPLIED, GOOD)


@pytest.mark.asyncio
async def test_a_stopped_link_leaves_no_connection_behind(scheduler: Scheduler, peer: "Peer") -> None:
    async with linked(scheduler, peer.port) as link:
        await link.call(READ, later(2000))
    assert not link.is_connected
    await until(lambda: all(writer.is_closing() for writer in peer.writers))
