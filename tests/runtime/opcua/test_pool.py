"""Heartbeats over real servers and workers: what is read, and what becomes of peers and workers that fail."""

import asyncio
import os
import resource
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from otha.core.words import Answer, Outcome, Role
from otha.runtime.opcua.pool import CallRefusedError
from otha.runtime.opcua.process import WorkerProcess
from otha.runtime.opcua.worker import MEMORY_LIMIT
from otha.runtime.scheduler import Scheduler
from sim.forward import Endpoint
from tests.runtime.opcua.rig import ITEMS, MS, NS, PERIOD_MS, WAIT_S, Rig, ServerProcess, opcua_site, rigged

pytestmark = pytest.mark.asyncio
Serve = Callable[..., ServerProcess]
A, B = "sc_a.net_a", "sc_b.net_a"
DEADLINE_NS = PERIOD_MS * MS * 4 // 5


async def test_a_heartbeat_says_what_the_profile_names(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path
) -> None:
    site = opcua_site(tmp_path, {A: shared.url})
    async with rigged(scheduler, site, A) as rig:
        before = time.monotonic_ns()
        first = await rig.until(A, Answer.REPLIED)
        reading = first.reading
        assert reading is not None
        assert reading.heartbeat
        assert reading.cycle
        assert (reading.role, reading.level, reading.position) == (Role.ACTIVE.value, 200, 5)
        assert reading.data_age_ms is not None
        assert 0 <= reading.data_age_ms < 60_000
        assert reading.session is not None
        assert reading.session > 1_600_000_000_000
        second = await rig.beat(A)
        assert second.reading is not None
        assert second.reading.heartbeat is not None
        assert before < rig.ended[A][-1][1] <= time.monotonic_ns()
        assert (rig.links[A].counters.connects, rig.links[A].counters.trouble) == (1, "")


async def test_ages_are_counted_by_the_servers_own_clock(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path
) -> None:
    async with rigged(scheduler, opcua_site(tmp_path, {A: shared.url}), A) as rig:
        await rig.until(A, Answer.REPLIED)
        shared.order(source_age_s=100)
        reading = (await rig.until(A, Answer.REPLIED)).reading
        assert reading is not None
        assert reading.data_age_ms is not None
        assert 95_000 < reading.data_age_ms < 160_000


async def test_a_bad_value_is_unsaid_and_a_bad_heartbeat_is_garbled(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path
) -> None:
    async with rigged(scheduler, opcua_site(tmp_path, {A: shared.url}), A) as rig:
        await rig.until(A, Answer.REPLIED)
        shared.order(status=["Position", 0x80000000])
        reading = (await rig.until(A, Answer.REPLIED)).reading
        assert reading is not None
        assert (reading.position, reading.role) == (None, Role.ACTIVE.value)
        shared.order(status=["Position", 0x40000000])  # Uncertain
        reading = (await rig.until(A, Answer.REPLIED)).reading
        assert reading is not None
        assert reading.position == 1
        shared.order(status=["Heartbeat", 0x80000000])
        assert (await rig.until(A, Answer.GARBLED)).reading is None
        assert f"no value of {NS}Heartbeat" in rig.links[A].counters.trouble


async def test_a_namespace_that_the_server_lacks(scheduler: Scheduler, serve: Serve, tmp_path: Path) -> None:
    server = serve(namespace="urn:another")
    async with rigged(scheduler, opcua_site(tmp_path, {A: server.url}), A) as rig:
        await rig.until(A, Answer.GARBLED)
        assert "no value of nsu=urn:otha:test" in rig.links[A].counters.trouble


async def test_a_passive_server_with_level_1_can_be_healthy(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path
) -> None:
    items = ITEMS + 'level = { node = "i=2267", replace_when_standby = { "1" = 200 } }\n'
    async with rigged(scheduler, opcua_site(tmp_path, {A: shared.url}, items=items), A) as rig:
        shared.order(level=1)
        reading = (await rig.until(A, Answer.REPLIED)).reading
        assert reading is not None
        assert reading.level == 1  # it says that it is active: then 1 means what it says
        shared.order(set={"Role": 2})
        reading = (await rig.until(A, Answer.REPLIED)).reading
        assert reading is not None
        assert (reading.role, reading.level) == (Role.STANDBY.value, 200)


async def test_a_killed_server_is_missed_and_comes_back(scheduler: Scheduler, serve: Serve, tmp_path: Path) -> None:
    server = serve()
    async with rigged(scheduler, opcua_site(tmp_path, {A: server.url}), A) as rig:
        await rig.until(A, Answer.REPLIED)
        server.end()
        assert (await rig.beat(A)).answer is Answer.MISSED
        await rig.until(A, Answer.MISSED)
        serve(port=server.port)
        await rig.until(A, Answer.REPLIED)
        assert rig.links[A].counters.connects == 2
        assert rig.links[A].counters.trouble == ""


async def test_nobody_there_is_said(scheduler: Scheduler, tmp_path: Path) -> None:
    async with rigged(scheduler, opcua_site(tmp_path, {A: "opc.tcp://127.0.0.1:9"}), A) as rig:
        assert (await rig.beat(A)).answer is Answer.MISSED
        assert rig.links[A].counters.trouble == "connection refused"


async def test_a_stopped_server_costs_its_own_channel_only(scheduler: Scheduler, serve: Serve, tmp_path: Path) -> None:
    stopped, other = serve(), serve()
    site = opcua_site(tmp_path, {A: stopped.url, B: other.url})
    async with rigged(scheduler, site, A, B) as rig:
        await rig.until(A, Answer.REPLIED)
        await rig.until(B, Answer.REPLIED)
        stopped.process.send_signal(signal.SIGSTOP)
        try:
            departed = time.monotonic_ns()
            assert (await rig.beat(A)).answer is Answer.MISSED
            assert rig.ended[A][-1][1] >= departed + DEADLINE_NS
            for _ in range(5):
                assert (await rig.beat(B)).answer in (Answer.REPLIED, Answer.LATE)
        finally:
            stopped.process.send_signal(signal.SIGCONT)
        # The reply to the missed one still comes, once, and is told as late; it is no other heartbeat's answer.
        await rig.until(A, Answer.REPLIED)


async def test_a_black_hole_is_missed_and_the_connection_made_anew(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    hole = Endpoint("hole", port, shared.port, lambda *_seen: None)
    await hole.listen()
    try:
        async with rigged(scheduler, opcua_site(tmp_path, {A: f"opc.tcp://127.0.0.1:{port}/otha"}), A) as rig:
            await rig.until(A, Answer.REPLIED)
            hole.cut()
            counters = rig.links[A].counters
            async with asyncio.timeout(WAIT_S):
                while not counters.given_up:
                    departed = time.monotonic_ns()
                    assert (await rig.beat(A)).answer is Answer.MISSED
                    assert rig.ended[A][-1][1] - departed < 10 * DEADLINE_NS
            assert counters.losses == 0
            await hole.heal()
            await rig.until(A, Answer.REPLIED)
            assert counters.connects == 2
    finally:
        hole.refuse()


async def test_a_workers_memory_is_limited(scheduler: Scheduler, tmp_path: Path) -> None:
    async with rigged(scheduler, opcua_site(tmp_path, {}), A) as rig:
        (worker,) = rig.pool.workers
        assert worker.pid is not None
        assert resource.prlimit(worker.pid, resource.RLIMIT_AS) == (MEMORY_LIMIT, MEMORY_LIMIT)


async def test_a_late_reply_is_told_as_late(scheduler: Scheduler, shared: ServerProcess, tmp_path: Path) -> None:
    async with rigged(scheduler, opcua_site(tmp_path, {A: shared.url}), A) as rig:
        await rig.until(A, Answer.REPLIED)
        shared.order(stall_ms=800)
        before = len(rig.ended[A])
        await rig.beat(A)
        await rig.reach(A, before + 2)
        first, second = (ended for ended, _ in rig.ended[A][before : before + 2])
        assert (first.answer, first.reading) == (Answer.MISSED, None)
        assert second.answer is Answer.LATE
        assert second.reading is not None
        assert rig.links[A].counters.late == 1


async def test_level_0_is_said_once_and_then_left_alone(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path
) -> None:
    async with rigged(scheduler, opcua_site(tmp_path, {A: shared.url}), A) as rig:
        await rig.until(A, Answer.REPLIED)
        shared.order(back_in_s=3)
        shared.order(level=0)
        said_at = time.monotonic()
        reading = (await rig.until(A, Answer.REPLIED)).reading
        while reading is not None and reading.level != 0:
            reading = (await rig.until(A, Answer.REPLIED)).reading
        assert (await rig.beat(A)).answer is Answer.BUSY
        shared.order(level=200)
        back = await rig.until(A, Answer.REPLIED)
        assert back.reading is not None
        assert back.reading.level == 200
        # CurrentTime of this server steps once a second.
        assert time.monotonic() - said_at > 1.0
        assert rig.links[A].counters.connects == 2
        readings = [ended.reading for ended, _ in rig.ended[A]]
        assert len([each for each in readings if each is not None and each.level == 0]) == 1


@asynccontextmanager
async def one_worker(
    scheduler: Scheduler, server: ServerProcess, folder: Path
) -> AsyncIterator[tuple[Rig, WorkerProcess, int]]:
    """A rig of one channel that is answered, its worker, and that one's process."""
    async with rigged(scheduler, opcua_site(folder, {A: server.url}), A) as rig:
        await rig.until(A, Answer.REPLIED)
        (worker,) = rig.pool.workers
        assert worker.pid is not None
        yield rig, worker, worker.pid


async def test_a_killed_worker_is_missed_and_started_again(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path
) -> None:
    async with one_worker(scheduler, shared, tmp_path) as (rig, worker, pid):
        os.kill(pid, signal.SIGKILL)
        assert (await rig.until(A, Answer.MISSED)).reading is None
        await rig.until(A, Answer.REPLIED)
        assert worker.starts == 2


async def test_a_stopped_worker_is_killed_and_started_again(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path
) -> None:
    async with one_worker(scheduler, shared, tmp_path) as (rig, worker, pid):
        os.kill(pid, signal.SIGSTOP)
        await rig.until(A, Answer.BLIND)
        async with asyncio.timeout(WAIT_S):
            while worker.starts == 1:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        await rig.until(A, Answer.REPLIED)


async def test_a_worker_that_goes_on_drops_no_session_for_what_it_could_not_ask(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path
) -> None:
    async with one_worker(scheduler, shared, tmp_path) as (rig, worker, pid):
        os.kill(pid, signal.SIGSTOP)
        try:
            for _ in range(9):
                assert (await rig.beat(A)).answer is Answer.BLIND
        finally:
            os.kill(pid, signal.SIGCONT)
        await rig.until(A, Answer.REPLIED)
        counters = rig.links[A].counters
        assert (counters.connects, counters.given_up, worker.starts) == (1, 0, 1)


async def test_channels_of_one_node_never_share_a_worker(scheduler: Scheduler, tmp_path: Path) -> None:
    names = ("sc_a.net_a", "sc_a.net_b", "sc_b.net_a", "sc_b.net_b")
    async with rigged(scheduler, opcua_site(tmp_path, {}), *names) as rig:
        first, second = rig.pool.workers
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        async with asyncio.timeout(WAIT_S):
            while rig.links[A].is_connected:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.001)
        assert not rig.links[B].is_connected
        assert rig.links["sc_a.net_b"].is_connected
        assert rig.links["sc_b.net_b"].is_connected
        assert second.starts == 1


METHOD = f"""
[[method]]
object = "{NS}Box"
method = "{NS}Add"
arguments = ["u16", "u16"]
doc = "adds"
"""


def _with_method(folder: Path, url: str) -> Path:
    shipped = Path(__file__).parents[3] / "plc_profiles" / "generic_opcua.toml"
    text = shipped.read_text(encoding="utf-8").replace('name = "generic_opcua"', 'name = "adding"')
    (folder / "adding.toml").write_text(text + METHOD, encoding="utf-8")
    return folder


async def test_calls_and_reads(scheduler: Scheduler, shared: ServerProcess, tmp_path: Path) -> None:
    site = opcua_site(_with_method(tmp_path, shared.url), {A: shared.url}, profile="adding.toml")
    box, add = f"{NS}Box", f"{NS}Add"

    def soon() -> int:
        return time.monotonic_ns() + 20_000 * MS

    async with rigged(scheduler, site, A) as rig:
        end = await rig.pool.call(A, box, add, (3, 4), soon())
        assert (end.outcome, end.outputs) == (Outcome.DONE, (7,))
        end = await rig.pool.call(A, box, add, (666, 4), soon())
        assert (end.outcome, end.status, end.detail) == (Outcome.REFUSED, 0x80AF0000, "BadInvalidState")
        with pytest.raises(CallRefusedError):
            await rig.pool.call(A, box, f"{NS}Other", (), soon())
        with pytest.raises(CallRefusedError):
            await rig.pool.call(A, box, add, (1,), soon())
        assert await rig.pool.read(A, (f"{NS}Name", f"{NS}Setpoint", "i=2259"), soon()) == ("press", 12, 0)
        shared.process.send_signal(signal.SIGSTOP)
        try:
            end = await rig.pool.call(A, box, add, (1, 2), time.monotonic_ns() + 200 * MS)
            assert end.outcome is Outcome.UNKNOWN
            assert await rig.pool.read(A, ("i=2259",), time.monotonic_ns() + 200 * MS) is None
        finally:
            shared.process.send_signal(signal.SIGCONT)
