"""Absolute times, phases, skips, and deadlines that are judged after the input."""

import asyncio
import socket
import time

import pytest

from otha.runtime.scheduler import Scheduler, stagger
from otha.runtime.timerfd import LoopAlarm

MS = 1_000_000


def test_phases_are_spread_evenly() -> None:
    assert stagger(4, 100 * MS) == [0, 25 * MS, 50 * MS, 75 * MS]
    assert stagger(3, 50 * MS) == [0, 16_500_000, 33 * MS]


def test_many_phases_leave_in_small_parties() -> None:
    phases = stagger(1000, 100 * MS)
    assert max(phases.count(phase) for phase in set(phases)) == 5
    assert sorted(set(phases)) == list(range(0, 100 * MS, MS // 2))


@pytest.mark.asyncio
async def test_never_early_and_in_order(scheduler: Scheduler) -> None:
    start = time.monotonic_ns()
    seen: list[tuple[int, int]] = []
    for offset in (9, 3, 6, 3):
        at = start + offset * MS
        scheduler.at(at, lambda now, at=at: seen.append((at, now)))  # type: ignore[misc]
    await scheduler.sleep_until(start + 12 * MS)
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)
    assert all(now >= at for at, now in seen)
    assert len(seen) == 4


@pytest.mark.asyncio
async def test_beats_keep_their_absolute_times_whatever_the_work_costs(scheduler: Scheduler) -> None:
    start = time.monotonic_ns()
    seen: list[int] = []

    def work(now: int) -> None:
        seen.append(now)
        time.sleep(0.002)

    beat = scheduler.every(5 * MS, work, first_ns=start + 5 * MS)
    await scheduler.sleep_until(start + 52 * MS)
    beat.stop()
    assert len(seen) + beat.skipped == 10
    assert all((now - start) >= 5 * MS * (index + 1) for index, now in enumerate(seen))


@pytest.mark.asyncio
async def test_whole_periods_that_were_missed_are_counted_and_the_stall_is_told_first() -> None:
    told: list[tuple[str, int]] = []
    scheduler = Scheduler(
        asyncio.get_running_loop(),
        stall_ns=20 * MS,
        on_stall=lambda gap, now: told.append(("stall", gap)),
        on_defect=lambda error: None,
    )
    start = time.monotonic_ns()
    beat = scheduler.every(5 * MS, lambda now: told.append(("beat", now)), first_ns=start + 5 * MS)
    time.sleep(0.05)  # noqa: ASYNC251 - the loop stands still, as a page fault or a debugger would make it
    await scheduler.sleep_until(time.monotonic_ns() + 12 * MS)
    scheduler.close()
    assert told[0][0] == "stall"
    assert told[0][1] >= 40 * MS
    assert [kind for kind, _ in told].count("stall") == 1
    assert scheduler.skipped == beat.skipped >= 8
    assert beat.skipped + [kind for kind, _ in told].count("beat") == (beat.due_ns - start) // (5 * MS) - 1
    assert scheduler.lateness.max_ns >= 40 * MS


@pytest.mark.asyncio
async def test_departures_go_between_two_pieces_of_input_and_timers_do_not(scheduler: Scheduler) -> None:
    start = time.monotonic_ns()
    order: list[str] = []
    beat = scheduler.every(20 * MS, lambda now: order.append("beat"), first_ns=start + 2 * MS)
    scheduler.at(start + MS, lambda now: order.append("timer"))
    for _ in range(3):  # one turn of the loop: pieces of input of two milliseconds each
        time.sleep(0.002)  # noqa: ASYNC251 - taking input keeps the loop
        order.append("input")
        scheduler.depart(time.monotonic_ns())
    assert order == ["input", "beat", "input", "input"]
    await scheduler.sleep_until(start + 8 * MS)
    beat.stop()
    assert order == ["input", "beat", "input", "input", "timer"]
    assert scheduler.lateness.max_ns < 2 * 20 * MS


@pytest.mark.asyncio
async def test_a_stall_noticed_between_two_pieces_of_input_is_told_before_the_departure() -> None:
    told: list[str] = []
    scheduler = Scheduler(
        asyncio.get_running_loop(),
        stall_ns=5 * MS,
        on_stall=lambda gap, now: told.append("stall"),
        on_defect=lambda error: None,
    )
    scheduler.every(100 * MS, lambda now: told.append("beat"), first_ns=time.monotonic_ns())
    time.sleep(0.01)  # noqa: ASYNC251 - the loop stands still
    scheduler.depart(time.monotonic_ns())
    scheduler.close()
    assert told == ["stall", "beat"]


@pytest.mark.asyncio
async def test_a_deadline_is_judged_only_after_all_readable_input_was_taken(scheduler: Scheduler) -> None:
    """Input that becomes readable while the loop is busy past the deadline still counts."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    order: list[str] = []
    loop.add_reader(ours, lambda: order.append(ours.recv(10).decode()))
    done: asyncio.Future[None] = loop.create_future()

    def judge(now: int) -> None:
        order.append("judged")
        done.set_result(None)

    scheduler.after_input(time.monotonic_ns() + 2 * MS, judge)

    def busy_past_the_deadline(now: int) -> None:
        time.sleep(0.005)
        theirs.send(b"input")

    scheduler.at(time.monotonic_ns() + MS, busy_past_the_deadline)
    await done
    loop.remove_reader(ours)
    ours.close()
    theirs.close()
    assert order == ["input", "judged"]


@pytest.mark.asyncio
async def test_cancelled_work_is_not_run_even_when_due(scheduler: Scheduler) -> None:
    start = time.monotonic_ns()
    seen: list[str] = []
    doomed = scheduler.after_input(start + 2 * MS, lambda now: seen.append("doomed"))
    scheduler.at(start + 2 * MS, lambda now: doomed.cancel())
    other = scheduler.at(start + MS, lambda now: seen.append("other"))
    other.cancel()
    await scheduler.sleep_until(start + 5 * MS)
    assert seen == []


@pytest.mark.asyncio
async def test_work_that_raises_is_reported_and_spares_the_rest(scheduler: Scheduler, defects: list[Exception]) -> None:
    start = time.monotonic_ns()
    seen: list[str] = []

    def broken(now: int) -> None:
        raise ValueError("broken")

    scheduler.at(start + MS, broken)
    scheduler.after_input(start + MS, broken)
    scheduler.at(start + MS, lambda now: seen.append("well"))
    await scheduler.sleep_until(start + 3 * MS)
    for _ in range(5):  # a deadline is judged some turns of the loop after it was due
        await asyncio.sleep(0)
    assert seen == ["well"]
    assert [str(error) for error in defects] == ["broken", "broken"]
    defects.clear()


@pytest.mark.asyncio
async def test_a_cancelled_sleep_leaves_nothing_behind(scheduler: Scheduler) -> None:
    sleeper = asyncio.ensure_future(scheduler.sleep_until(time.monotonic_ns() + 2 * MS))
    await asyncio.sleep(0)
    sleeper.cancel()
    await scheduler.sleep_until(time.monotonic_ns() + 5 * MS)
    assert sleeper.cancelled()


@pytest.mark.asyncio
async def test_the_coarse_alarm_serves_where_there_is_no_timerfd() -> None:
    loop = asyncio.get_running_loop()
    woken: list[int] = []
    alarm = LoopAlarm(loop, lambda: woken.append(time.monotonic_ns()))
    at = time.monotonic_ns() + 5 * MS
    alarm.arm(time.monotonic_ns() + 500 * MS)
    alarm.arm(at)
    await asyncio.sleep(0.05)
    alarm.close()
    assert len(woken) == 1
