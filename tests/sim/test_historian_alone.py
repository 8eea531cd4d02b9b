"""A historian by itself, killed while it writes: what it has acknowledged is on the disk."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua

from sim import opcua
from sim.archive import Archive
from sim.heartbeat import Role
from sim.historian import Historian
from sim.opcua import INT64, UINT32
from sim.opcua_link import LinkDown, OpcuaLink
from sim.plant import Plant, default_ports
from sim.ports import free_ports
from sim.samples import TAGS, Row
from sim.selection import Answer
from sim.whole import Scope

ROWS = 10


async def store_until_killed(plant: Plant, process: subprocess.Popen[bytes], kill_after: int) -> list[int]:
    """First sequence numbers of the batches that were acknowledged before the kill."""
    link = OpcuaLink(plant.ports["hist_a"], opcua.HISTORIAN, timeout_ms=5000)
    assert await link.call("Promote", [ua.Variant(1, UINT32)]) == [Answer.DONE]
    acknowledged: list[int] = []

    async def store() -> None:
        samples = ua.Variant([1, *range(len(TAGS))] * ROWS, INT64)
        for first in range(1, 1_000_000, ROWS):
            answer, position = await link.call("Store", [ua.Variant(1, UINT32), ua.Variant(first, UINT32), samples])
            assert (answer, position) == (Answer.DONE, first + ROWS - 1)
            acknowledged.append(first)
            if len(acknowledged) == kill_after:
                # From now on at a moment that the writing does not know of.
                asyncio.get_running_loop().call_later(0.013, process.kill)

    with pytest.raises(LinkDown):
        await store()
    await link.close()
    return acknowledged


ALONE = """
import pathlib, sys
from sim import historian_server, process
process.live(historian_server.start, pathlib.Path(sys.argv[1]), "hist_a")
"""


def test_kill_9_in_mid_write_loses_nothing_acknowledged(tmp_path: Path) -> None:
    plant = Plant(directory=tmp_path, ports=free_ports(default_ports(Scope.WHOLE)), scope=Scope.WHOLE)
    plant.save()
    acknowledged = []
    with subprocess.Popen([sys.executable, "-c", ALONE, str(tmp_path)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            acknowledged = asyncio.run(store_until_killed(plant, process, 60))
        finally:
            process.kill()
    assert len(acknowledged) >= 60
    with closing(Archive(tmp_path / "hist_a.sqlite")) as archive:
        assert archive.position >= acknowledged[-1] + ROWS - 1
        assert archive.duty() == (1, True)


class Slow(OpcuaLink):
    """A peer that answers when it is told to."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(0, opcua.HISTORIAN, timeout_ms=1000)
        self.answer = answer
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def call(self, method: str, arguments: Sequence[ua.Variant]) -> list[Any]:
        self.asked.set()
        await self.may_answer.wait()
        return [self.answer, 0]


async def refused_while(archive: Archive, order_meanwhile: bool) -> Historian:
    """A historian, active under epoch 1, whose peer refuses what it is fed; maybe promoted anew in that moment."""
    peer = Slow(Answer.REFUSED_EPOCH)
    historian = Historian(archive, peer, [])
    assert await historian.promote(1) is Answer.DONE
    feeding = asyncio.create_task(historian.feed())
    await peer.asked.wait()
    if order_meanwhile:
        assert await historian.promote(3) is Answer.DONE
    peer.may_answer.set()
    await feeding
    return historian


def test_a_peer_with_a_newer_epoch_ends_its_duty_for_good(tmp_path: Path) -> None:
    historian = asyncio.run(refused_while(Archive(tmp_path / "hist.sqlite"), order_meanwhile=False))
    assert historian.role() is Role.STANDBY
    assert historian.archive.duty() == (1, False)
    historian.close()


def test_a_late_refusal_of_an_older_epoch_does_not_end_a_newer_duty(tmp_path: Path) -> None:
    historian = asyncio.run(refused_while(Archive(tmp_path / "hist.sqlite"), order_meanwhile=True))
    assert historian.role() is Role.ACTIVE
    assert historian.archive.duty() == (3, True)
    historian.close()


async def stored_while_demoted(archive: Archive) -> tuple[Answer, int]:
    """What a store is answered whose rows were still waiting when the duty ended."""
    historian = Historian(archive, Slow(Answer.DONE), [])
    assert await historian.promote(1) is Answer.DONE
    storing = asyncio.create_task(historian.store(1, [Row(seq=1, at_ns=1, values=(0,) * len(TAGS))]))
    await asyncio.sleep(0)
    assert await historian.demote(2) is Answer.DONE
    worker = asyncio.create_task(historian.work())
    answer = await storing
    worker.cancel()
    return answer


def test_what_waits_when_the_duty_ends_is_refused_and_not_stored_behind_a_supervisors_back(tmp_path: Path) -> None:
    with closing(Archive(tmp_path / "hist.sqlite")) as archive:
        assert asyncio.run(stored_while_demoted(archive)) == (Answer.REFUSED_EPOCH, 0)
        assert archive.stored == 0
