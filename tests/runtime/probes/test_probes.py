"""What each probe tells the core of good, bad and missing replies, over real sockets."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from otha.core.inputs import GatePolled, HeartbeatEnded, ReferencePolled, TagsPolled
from otha.core.words import Answer, GateState
from otha.runtime.lane import Lane
from otha.runtime.link import Exchange
from otha.runtime.modbus import ModbusLink
from otha.runtime.modbus_frame import read_registers
from otha.runtime.paths import Paths
from otha.runtime.probes.gate import GateProbe
from otha.runtime.probes.node import NodeProbe
from otha.runtime.probes.reference import ReferenceProbe
from otha.runtime.probes.tags import TagsProbe
from otha.runtime.scheduler import Scheduler
from otha.site.decode import Decoder
from otha.site.model import Site

if TYPE_CHECKING:
    from tests.runtime.conftest import FakeGate, Inputs, Peer

MS = 1_000_000
DemoSite = Callable[..., Site]


@asynccontextmanager
async def linked(scheduler: Scheduler, *ports: int) -> AsyncIterator[list[ModbusLink]]:
    links = [ModbusLink(scheduler, "127.0.0.1", port) for port in ports]
    async with asyncio.TaskGroup() as tasks:
        runners = [tasks.create_task(link.run()) for link in links]
        yield links
        for runner in runners:
            runner.cancel()


def heartbeat_words(cycle: int = 5) -> bytes:
    words = [0x5343, 1, 0, 9, 0, cycle, 1, 255, 0, 11, 0, 10, 4, 0xAB, 0, 99, 1, 8, *range(8), 0]
    return struct.pack(">27H", *words)


def answering(payload: bytes) -> Callable[..., object]:
    async def manner(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(peer.reply(request, bytes((3, len(payload))) + payload))

    return manner


def channel_of(site: Site, deadline_ms: int = 3000) -> tuple[object, ...]:
    cfg = replace(site.core.channels[0], deadline_ns=deadline_ms * MS)
    return cfg, 1, site.node("sc_a").registers


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (heartbeat_words(), Answer.REPLIED),
        (b"\0" * 54, Answer.GARBLED),
        (heartbeat_words()[:20], Answer.GARBLED),
    ],
    ids=["good", "wrong magic", "short"],
)
async def test_a_heartbeat_is_told_once(
    scheduler: Scheduler, peer: "Peer", inputs: "Inputs", demo_site: DemoSite, payload: bytes, answer: Answer
) -> None:
    peer.manner = answering(payload)  # type: ignore[assignment]
    async with linked(scheduler, peer.port) as (link,):
        cfg, unit, decoder = channel_of(demo_site({}))
        NodeProbe(cfg, unit, decoder, link, inputs.put).depart(time.monotonic_ns())  # type: ignore[arg-type]
        await inputs.reach(1)
    (told,) = inputs
    assert isinstance(told, HeartbeatEnded)
    assert (told.channel, told.answer) == ("sc_a.net_a", answer)
    assert (told.reading is not None) == (answer is Answer.REPLIED)
    if told.reading is not None:
        assert (told.reading.heartbeat, told.reading.cycle, told.reading.role) == (9, 5, 1)


@pytest.mark.asyncio
async def test_a_missed_heartbeat_is_told_and_its_late_reply_after_it(
    scheduler: Scheduler, peer: "Peer", inputs: "Inputs", demo_site: DemoSite
) -> None:
    release = asyncio.Event()

    async def slow(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(peer.reply(request, bytes((3, 54)) + heartbeat_words()))

    peer.manner = slow
    async with linked(scheduler, peer.port) as (link,):
        cfg, unit, decoder = channel_of(demo_site({}), deadline_ms=20)
        probe = NodeProbe(cfg, unit, decoder, link, inputs.put)  # type: ignore[arg-type]
        pauses: list[int] = []
        probe.on_reply = pauses.append
        probe.depart(time.monotonic_ns())
        await inputs.reach(1)
        release.set()
        await inputs.reach(2)
    assert [raw.answer for raw in inputs if isinstance(raw, HeartbeatEnded)] == [Answer.MISSED, Answer.LATE]
    assert pauses == []


@pytest.mark.asyncio
async def test_a_nodes_tags_are_read_in_the_pause_after_a_heartbeat(
    scheduler: Scheduler, peer: "Peer", inputs: "Inputs", demo_site: DemoSite
) -> None:
    async def both(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        payload = heartbeat_words() if request[8:10] == b"\0\0" else bytes(24)
        writer.write(peer.reply(request, bytes((3, len(payload))) + payload))

    peer.manner = both
    site = demo_site({})
    async with linked(scheduler, peer.port) as (link,):
        cfg, unit, decoder = channel_of(site)
        probe = NodeProbe(cfg, unit, decoder, link, inputs.put)  # type: ignore[arg-type]
        read = replace(site.tag_reads[0], deadline_ns=3000 * MS)
        tags = TagsProbe(read, lambda: (1, probe.lane), inputs.put)
        tags.depart(time.monotonic_ns())
        tags.depart(time.monotonic_ns())  # one is under way: nothing more is asked
        assert link.in_flight == 0
        probe.depart(time.monotonic_ns())
        await inputs.reach(2)
    assert [type(raw) for raw in inputs] == [HeartbeatEnded, TagsPolled]
    assert len(peer.requests) == 2


@pytest.mark.asyncio
async def test_tags_without_a_reply_tell_nothing_and_bad_ones_have_no_value(
    scheduler: Scheduler, peer: "Peer", inputs: "Inputs", demo_site: DemoSite
) -> None:
    read = replace(demo_site({}).tag_reads[0], deadline_ns=20 * MS)
    async with linked(scheduler, peer.port) as (link,):
        lane = Lane(link)
        probe = TagsProbe(read, lambda: (1, lane), inputs.put)
        peer.manner = type(peer).silent
        probe.depart(time.monotonic_ns())
        await scheduler.sleep_until(time.monotonic_ns() + 60 * MS)
        assert inputs == []
        peer.manner = answering(b"\0\1")  # type: ignore[assignment]
        probe.depart(time.monotonic_ns())
        await inputs.reach(1)
    (told,) = inputs
    assert isinstance(told, TagsPolled)
    assert {value for _, value in told.values} == {None}
    assert [name for name, _ in told.values] == [tag.name for tag in read.tags]


@pytest.mark.asyncio
async def test_a_reference_point_is_told_as_it_answered(
    scheduler: Scheduler, peer: "Peer", inputs: "Inputs", demo_site: DemoSite
) -> None:
    site = demo_site({})
    cfg, decoder = replace(site.core.references[0], deadline_ns=500 * MS), site.references[0].decoder
    assert isinstance(decoder, Decoder)
    async with linked(scheduler, peer.port) as (link,):
        probe = ReferenceProbe(cfg, 1, decoder, link, inputs.put)
        probe.depart(time.monotonic_ns())
        await inputs.reach(1)
        await peer.stop()
        probe.depart(time.monotonic_ns())
        await inputs.reach(2)
    assert all(isinstance(raw, ReferencePolled) for raw in inputs)
    assert inputs[1] == ReferencePolled(name="ref_a", answer=Answer.MISSED)


def _polls(inputs: "Inputs") -> list[GatePolled]:
    return [raw for raw in inputs if isinstance(raw, GatePolled)]


@pytest.mark.asyncio
async def test_a_gate_is_polled_over_the_first_path_that_answers(
    scheduler: Scheduler, gates: tuple["FakeGate", "FakeGate"], inputs: "Inputs", demo_site: DemoSite
) -> None:
    site = demo_site({})
    section = replace(site.section("plc"), deadline_ns=200 * MS)
    cfg = replace(site.group("tanks").own_gate, poll_ns=20 * MS, fast_poll_ns=4 * MS)
    gates[0].words["state"] = GateState.OWNED.value
    async with linked(scheduler, gates[0].port, gates[1].port) as links:
        paths = Paths([path.name for path in section.paths])
        probe = GateProbe(section, cfg, paths, [Lane(link) for link in links], scheduler, inputs.put)
        probe.start(time.monotonic_ns() + MS)
        await inputs.reach(5)
        first = [poll for poll in _polls(inputs) if poll.path == "plc.net_a"]
        assert len(first) >= 4  # the standby path is asked once a second only
        assert all(poll.reading is not None and poll.reading.state is GateState.OWNED for poll in first)
        await gates[0].stop()
        inputs.clear()
        await inputs.reach(4)
        assert [poll.path for poll in _polls(inputs)][:2] == ["plc.net_a", "plc.net_b"]
        assert paths.current == 1
        fast_from = time.monotonic_ns()
        inputs.clear()
        probe.set_fast(True, fast_from)
        await inputs.reach(20)
        assert time.monotonic_ns() - fast_from < 20 * 20 * MS
        probe.set_fast(False, time.monotonic_ns())
        probe.stop()
        await scheduler.sleep_until(time.monotonic_ns() + 50 * MS)
        count = len(inputs)
        await scheduler.sleep_until(time.monotonic_ns() + 50 * MS)
        assert len(inputs) == count


@pytest.mark.asyncio
async def test_a_lane_sends_one_at_a_time_in_order(scheduler: Scheduler, peer: "Peer", demo_site: DemoSite) -> None:
    most = 0

    async def watched(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal most
        most = max(most, link.in_flight)
        writer.write(peer.good(request))

    peer.manner = watched
    async with linked(scheduler, peer.port) as (link,):
        lane, order, done = Lane(link), list[int](), asyncio.Event()

        def ended(number: int) -> None:
            order.append(number)
            if len(order) == 5:
                done.set()

        for number in range(5):
            lane.submit(
                read_registers(1, number, 1),
                2000 * MS,
                time.monotonic_ns(),
                lambda _, number=number: ended(number),  # type: ignore[misc]
            )
        await done.wait()
    assert order == list(range(5))
    assert most == 1


@pytest.mark.asyncio
async def test_a_lost_reply_costs_a_transfer_one_short_deadline(
    scheduler: Scheduler, gates: tuple["FakeGate", "FakeGate"], inputs: "Inputs", demo_site: DemoSite
) -> None:
    """At rest a read may take long, over a slow line say; in a transfer nothing waits so long behind a lost reply."""
    site = demo_site({})
    section = replace(site.section("plc"), deadline_ns=60_000 * MS, fast_deadline_ns=50 * MS)
    cfg = replace(site.group("tanks").own_gate, poll_ns=60_000 * MS, fast_poll_ns=5 * MS)
    gate, read = gates[0], replace(site.tag_reads[0], deadline_ns=60_000 * MS)
    lost = [section.status.at]  # one reply to a read from here

    async def losing(peer: "Peer", request: bytes, writer: asyncio.StreamWriter) -> None:
        at = int.from_bytes(request[8:10], "big")
        if at in lost:
            lost.remove(at)
            return
        await gate.gate(request, writer)

    gate.manner = losing
    async with linked(scheduler, gate.port) as links:
        lanes = [Lane(link) for link in links]
        probe = GateProbe(section, cfg, Paths(["plc.net_a"]), lanes, scheduler, inputs.put)
        probe.start(time.monotonic_ns())
        async with asyncio.timeout(10):
            while not gate.requests:  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.001)
        # The reply of the poll at rest is lost already when the transfer begins.
        probe.set_fast(True, time.monotonic_ns())
        await inputs.reach(3)
        assert [poll.answer for poll in _polls(inputs)][:2] == [Answer.MISSED, Answer.REPLIED]
        # Neither does the lost reply of somebody else on the same path.
        lost.append(read.block.at)
        TagsProbe(read, lambda: (1, lanes[0]), inputs.put).depart(time.monotonic_ns())
        async with asyncio.timeout(10):
            while lost:  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.001)
        seen = len(_polls(inputs))
        await inputs.reach(seen + 5)
        probe.set_fast(False, time.monotonic_ns())
        probe.stop()
    assert len([poll for poll in _polls(inputs) if poll.answer is Answer.REPLIED]) >= 5


@pytest.mark.asyncio
async def test_what_ended_before_the_link_returned_is_not_hastened(scheduler: Scheduler, peer: "Peer") -> None:
    async with linked(scheduler, peer.port) as (link,):
        lane, ends = Lane(link), list[Answer | None]()
        done = asyncio.Event()

        def ended(exchange: Exchange) -> None:
            ends.append(exchange.answer)
            done.set()

        lane.submit(read_registers(1, 0, 1), 2000 * MS, time.monotonic_ns(), ended)
        await done.wait()
        lane.hurry(1, scheduler, time.monotonic_ns())
        await asyncio.sleep(0.01)
        lane.ease()
        done.clear()
        lane.submit(read_registers(1, 0, 1), 2000 * MS, time.monotonic_ns(), ended)
        await done.wait()
    assert ends == [Answer.REPLIED, Answer.REPLIED]
