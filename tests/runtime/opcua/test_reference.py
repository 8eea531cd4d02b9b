"""Reference points at a real OPC UA server: reached, stopped, killed and back, on one kept session."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from otha.core.inputs import Input, ReferencePolled
from otha.core.words import Answer
from otha.runtime.scheduler import Scheduler
from otha.runtime.wiring import Network
from otha.site.load import load_site
from otha.site.model import Site
from tests.runtime.opcua.rig import WAIT_S, ServerProcess, site_text

pytestmark = pytest.mark.asyncio


def _site(folder: Path, url: str) -> Site:
    text = site_text({}).replace(
        'profile = "sim_reference"\nendpoint = "127.0.0.1:15014"', f'profile = "opcua_reference"\nendpoint = "{url}"'
    )
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return load_site(path)


async def test_it_is_read_anew_each_time_and_lost_when_it_stops(
    scheduler: Scheduler, serve: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = serve()
    told: list[ReferencePolled] = []
    more = asyncio.Event()

    def put(raw: Input, at_ns: int) -> None:
        if isinstance(raw, ReferencePolled) and raw.name == "ref_a":
            assert at_ns <= time.monotonic_ns()
            told.append(raw)
            more.set()

    async def until(answer: Answer, times: int = 1) -> None:
        """Wait for so many of these."""
        told.clear()
        async with asyncio.timeout(WAIT_S):
            while sum(raw.answer is answer for raw in told) < times:
                more.clear()
                await more.wait()

    network = Network(_site(tmp_path, server.url), scheduler, put)
    async with asyncio.TaskGroup() as tasks:
        network.start(tasks, time.monotonic_ns())
        try:
            await until(Answer.REPLIED, 3)
            assert network.counters()["ref_a"].connects < 3  # one session, kept
            server.process.send_signal(signal.SIGSTOP)
            await until(Answer.MISSED, 2)
            server.process.send_signal(signal.SIGCONT)
            await until(Answer.REPLIED)
            server.end()
            await until(Answer.MISSED, 2)
        finally:
            network.stop()
