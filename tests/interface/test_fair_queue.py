"""One at a time, by turns of those who ask."""

import asyncio

import pytest

from otha.interface.fair_queue import FairQueue, QueueFullError


async def take(queue: FairQueue, who: str, served: list[str], gate: asyncio.Event | None = None) -> None:
    async with queue.turn(who):
        served.append(who)
        if gate is not None:
            await gate.wait()


async def begun() -> None:
    """Let everybody come as far as he can."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_who_asks_often_delays_another_by_one_turn() -> None:
    queue, served, gate = FairQueue(waiting_max=64, each_max=32), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(take(queue, "first", served, gate))
        await begun()
        for _ in range(20):
            tasks.create_task(take(queue, "flood", served))
        await begun()
        tasks.create_task(take(queue, "operator", served))
        await begun()
        gate.set()
    assert served[:3] == ["first", "flood", "operator"]
    assert len(served) == 22


@pytest.mark.asyncio
async def test_none_takes_every_place_and_all_places_are_bounded() -> None:
    queue, served, gate = FairQueue(waiting_max=3, each_max=2), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(take(queue, "flood", served, gate))
        await begun()
        with pytest.raises(QueueFullError):
            await take(queue, "flood", served)
        tasks.create_task(take(queue, "operator", served, gate))
        await begun()
        with pytest.raises(QueueFullError):
            await take(queue, "another", served)
        gate.set()
    assert served == ["flood", "operator", "flood"]


@pytest.mark.asyncio
async def test_who_gives_up_leaves_nothing_behind() -> None:
    queue, served, gate = FairQueue(waiting_max=2, each_max=2), list[str](), asyncio.Event()
    holder = asyncio.create_task(take(queue, "first", served, gate))
    await begun()
    gone = asyncio.create_task(take(queue, "gone", served))
    await begun()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    gate.set()
    await holder
    await take(queue, "next", served)
    assert served == ["first", "next"]
    assert (queue._own, queue._waiting.total()) == ({}, 0)
