"""How soon a process of OTHA's own that has ended is started again."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from otha.runtime.kept_process import Backoff, KeptProcess, Pace

PACE = Pace(backoff_first_s=0.5, backoff_max_s=3.0, steady_s=10.0, ready_s=60.0)


def pauses(*up_s: float) -> list[float]:
    backoff = Backoff(PACE)
    return [backoff.pause_s(each) for each in up_s]


def test_one_that_served_for_a_while_is_back_at_once_however_often_it_is_killed() -> None:
    assert pauses(*[10.0] * 20) == [0.0] * 20


def test_the_first_early_end_costs_no_pause_and_further_ones_ever_more() -> None:
    assert pauses(0.0, 1.0, 0.0, 9.9, 0.0, 0.0) == [0.0, 0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_steady_life_makes_up_for_the_early_ends_before_it() -> None:
    assert pauses(0.0, 0.0, 0.0, 11.0, 0.0, 0.0) == [0.0, 0.5, 1.0, 0.0, 0.0, 0.5]


class Owner:
    """Of a process that is never up."""

    is_up = False

    def take(self, data: bytes) -> None:
        raise AssertionError("it says nothing")

    def ping(self) -> bytes:
        return b""


@pytest.mark.asyncio
async def test_a_module_that_can_not_run_is_not_started_over_and_over(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    kept = KeptProcess("otha.there_is_no_such_module", Owner(), PACE, unsent_max=1)
    for _ in range(3):
        await kept.live()
        with monkeypatch.context() as patched:
            patched.setattr("otha.runtime.kept_process.asyncio.sleep", sleep)
            await kept.rest()
    assert (kept.starts, slept) == (3, [0.0, 0.5, 1.0])


class Heard:
    """Of a process that says who it is, once it is told anything."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[int] = asyncio.Queue()
        self.is_up = False

    def take(self, data: bytes) -> None:
        self.is_up = True
        self.kept.heard()
        self.said.put_nowait(int(data))

    def ping(self) -> bytes:
        return b""

    kept: KeptProcess


_SAYS_WHO_IT_IS = """
import os, socket, sys
from pathlib import Path
with socket.socket(fileno=int(sys.argv[1])) as supervisor:
    Path(__file__).with_name(f"begun-{os.getpid()}").write_text(os.environ["MALLOC_ARENA_MAX"])
    while supervisor.recv(100):
        supervisor.sendall(str(os.getpid()).encode())
"""


@pytest.mark.asyncio
async def test_the_next_one_is_there_already_when_a_steady_one_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept_says.py").write_text(_SAYS_WHO_IT_IS, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("otha.runtime.kept_process._PING_S", 0.05)
    monkeypatch.setattr("otha.runtime.kept_process._SILENT_PINGS", 10_000)
    owner = Heard()
    kept = owner.kept = KeptProcess("kept_says", owner, replace(PACE, spare_after_s=0.1), unsent_max=100)

    async def ask() -> None:
        kept.write(b"who?")

    def begun() -> set[int]:
        return {int(each.name.partition("-")[2]) for each in tmp_path.glob("begun-*")}

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(kept.live(meanwhile=ask))
        one = await owner.said.get()
        while len(begun()) < 2:  # noqa: ASYNC110 - what a process does has no event
            await asyncio.sleep(0.02)
        (spare,) = begun() - {one}
        os.kill(one, signal.SIGKILL)
        await first
        second = tasks.create_task(kept.live(meanwhile=ask))
        assert await owner.said.get() == spare == kept.pid
        while len(begun()) < 3:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
        (next_one,) = begun() - {one, spare}
        os.kill(next_one, signal.SIGKILL)
        while kept._spare is None or kept._spare.process.returncode is None:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
        kept.kill("enough")
        await second
        third = tasks.create_task(kept.live(meanwhile=ask))
        assert await owner.said.get() not in (one, spare, next_one)
        third.cancel()
    await kept.drop_spare()
    assert kept.starts == 3
    assert {each.read_text() for each in tmp_path.glob("begun-*")} == {"2"}  # noqa: ASYNC240 - small, and at the end


@pytest.mark.asyncio
async def test_the_late_end_of_a_connection_is_not_the_end_of_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept_says.py").write_text(_SAYS_WHO_IT_IS, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    owner = Heard()
    kept = owner.kept = KeptProcess("kept_says", owner, PACE, unsent_max=100)

    async def ask() -> None:
        kept.write(b"who?")

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(kept.live(meanwhile=ask))
        os.kill(await owner.said.get(), signal.SIGKILL)
        wire = kept._wire
        assert wire is not None
        await first
        second = tasks.create_task(kept.live(meanwhile=ask))
        next_one = await owner.said.get()
        wire.connection_lost(None)
        await ask()
        assert await owner.said.get() == next_one
        second.cancel()


@pytest.mark.asyncio
async def test_a_life_ends_when_what_feeds_it_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept_says.py").write_text(_SAYS_WHO_IT_IS, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    kept = KeptProcess("kept_says", Owner(), PACE, unsent_max=100)

    async def feed() -> None:
        raise ValueError("a state that can't be written out")

    async with asyncio.timeout(60):
        await kept.live(meanwhile=feed)
    assert kept.trouble == "the supervisor's part failed: ValueError: a state that can't be written out"
