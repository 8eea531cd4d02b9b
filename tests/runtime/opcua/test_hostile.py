"""Peers that lie: each costs its own channel, the supervisor's memory stays as it was."""

import asyncio
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from otha.core.words import Answer
from otha.runtime.scheduler import Scheduler
from tests.runtime.opcua.rig import ServerProcess, opcua_site, rigged

pytestmark = pytest.mark.asyncio
Serve = Callable[..., ServerProcess]
A, B = "sc_a.net_a", "sc_b.net_a"
BUSY = 0x80EE0000  # BadServerTooBusy


async def test_a_variant_of_gigabytes_is_refused_and_its_sender_set_apart(
    scheduler: Scheduler, serve: Serve, shared: ServerProcess, tmp_path: Path
) -> None:
    hostile = serve()
    async with rigged(scheduler, opcua_site(tmp_path, {A: hostile.url, B: shared.url}), A, B) as rig:
        await rig.until(A, Answer.REPLIED)
        await rig.until(B, Answer.REPLIED)
        before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        (worker,) = rig.pool.workers
        hostile.order(answer="variant")
        await rig.until(A, Answer.GARBLED)
        assert rig.links[A].offences >= 1  # a busy machine may have been late with one and asked again
        async with asyncio.timeout(60):
            while rig.links[A].offences < 2:
                await rig.beat(A)
                await asyncio.sleep(0.05)
        assert "asked again in 5 s" in rig.links[A].counters.trouble
        assert (await rig.beat(A)).answer is Answer.GARBLED
        assert len(rig.pool.workers) == 2
        for _ in range(5):
            assert (await rig.beat(B)).answer is Answer.REPLIED
        assert worker.starts == 1
        assert rig.links[B].counters.connects == 1
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before_kib + 20_000
        hostile.order(answer="")
        await rig.until(A, Answer.REPLIED)


async def test_whose_bytes_killed_a_worker_twice_is_set_apart(
    scheduler: Scheduler, serve: Serve, shared: ServerProcess, tmp_path: Path
) -> None:
    hostile = serve()
    async with rigged(scheduler, opcua_site(tmp_path, {A: hostile.url, B: shared.url}), A, B) as rig:
        (worker,) = rig.pool.workers
        number = rig.links[A].setup.channel
        for offences in (1, 2):
            await rig.until(B, Answer.REPLIED)
            assert worker.pid is not None
            rig.pool.worker_down(worker, number)  # as if the page named it
            os.kill(worker.pid, signal.SIGKILL)
            assert rig.links[A].offences == offences
        assert len(rig.pool.workers) == 2
        await rig.until(B, Answer.REPLIED)
        assert rig.links[B].offences == 0


@pytest.mark.parametrize("answer", ["rubbish", "few", "fault:2147549184"])
async def test_what_can_not_be_understood_is_garbled(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path, answer: str
) -> None:
    async with rigged(scheduler, opcua_site(tmp_path, {A: shared.url}), A) as rig:
        await rig.until(A, Answer.REPLIED)
        shared.order(answer=answer)
        bad = Answer.MISSED if answer == "rubbish" else Answer.GARBLED  # rubbish answers no request
        assert (await rig.until(A, bad)).reading is None
        assert rig.links[A].counters.trouble != ""
        shared.order(answer="")
        await rig.until(A, Answer.REPLIED)
        assert rig.links[A].offences == 0


async def test_a_busy_server_is_alive(scheduler: Scheduler, shared: ServerProcess, tmp_path: Path) -> None:
    async with rigged(scheduler, opcua_site(tmp_path, {A: shared.url}), A) as rig:
        await rig.until(A, Answer.REPLIED)
        shared.order(answer=f"fault:{BUSY}")
        assert (await rig.until(A, Answer.BUSY)).reading is None
        assert rig.links[A].counters.trouble == "BadServerTooBusy while reading"


async def _answers(data: list[bytes], pause_s: float) -> tuple[asyncio.Server, str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for piece in data:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_s)
            await reader.read()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, f"opc.tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


_CASES = {
    "not OPC UA": [b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10],
    "a message without end": [b"MSGF\xff\xff\xff\xff", *[bytes(60_000)] * 40],
    "an acknowledge of nothing": [b"ACKF\x08\x00\x00\x00"],
    "a byte at a time": [bytes((byte,)) for byte in b"ACKF\x1c\x00\x00\x00" + bytes(20)],
    "a length below the head": [b"ACKF\x00\x00\x00\x00" * 100],
}


@pytest.mark.parametrize("case", _CASES)
async def test_a_peer_that_speaks_no_opc_ua(
    scheduler: Scheduler, shared: ServerProcess, tmp_path: Path, case: str
) -> None:
    server, url = await _answers(_CASES[case], 0.05 if case == "a byte at a time" else 0.0)
    async with server, rigged(scheduler, opcua_site(tmp_path, {A: url, B: shared.url}), A, B) as rig:
        await rig.until(B, Answer.REPLIED)
        for _ in range(3):
            assert (await rig.beat(A)).answer in (Answer.MISSED, Answer.GARBLED)
            assert (await rig.beat(B)).answer is Answer.REPLIED
        assert rig.links[A].counters.trouble != ""
        assert rig.pool.workers[0].starts == 1
