"""The supervisor's end of a channel, with a worker that says what each test wants."""

import asyncio
import time

import pytest

from otha.core.words import Answer
from otha.runtime.opcua.link import OpcuaBeat, OpcuaLink
from otha.runtime.scheduler import Scheduler
from otha.wire.opcua import Beat, BeatEnded, Open, ReadOutcome, Request, Rest

pytestmark = pytest.mark.asyncio
MS = 1_000_000
SETUP = Open(
    channel=3,
    url="opc.tcp://127.0.0.1:1",
    security="none",
    server_certificate="",
    own_certificate="",
    own_key="",
    application_uri="",
    user="",
    password_file="",
    connect_ms=1000,
    patience=3,
    nodes=(),
)


class Said(list[Request]):
    """A worker that only listens. `silent_since_ns`: as a test wants it."""

    silent_since_ns: int | None = None

    def send(self, request: Request) -> None:
        self.append(request)


class Ends(list[tuple[Answer | None, bool, int]]):
    """What heartbeats ended with."""

    def __call__(self, beat: OpcuaBeat) -> None:
        self.append((beat.answer, beat.is_second_end, beat.ended_ns))


def ended(
    serial: int, outcome: ReadOutcome = ReadOutcome.REPLIED, received_ns: int = 0, trouble: str = ""
) -> BeatEnded:
    return BeatEnded(channel=3, serial=serial, outcome=outcome, values=(1,), received_ns=received_ns, trouble=trouble)


@pytest.fixture
def worker() -> Said:
    return Said()


@pytest.fixture
def link(scheduler: Scheduler, worker: Said) -> OpcuaLink:
    link = OpcuaLink(scheduler, "a.net", SETUP)
    link.attach(worker)
    return link


async def _until(ends: Ends, number: int) -> None:
    async with asyncio.timeout(10):
        while len(ends) < number:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)


async def test_a_worker_is_told_the_channel_first(link: OpcuaLink, worker: Said) -> None:
    ends = Ends()
    deadline = time.monotonic_ns() + 10_000 * MS
    link.beat(deadline, ends)
    assert worker == [SETUP, Beat(channel=3, serial=1, deadline_ns=deadline)]
    assert ends == []


@pytest.mark.parametrize("outcome", list(ReadOutcome))
async def test_every_outcome_ends_a_heartbeat_once(link: OpcuaLink, outcome: ReadOutcome) -> None:
    ends = Ends()
    link.beat(time.monotonic_ns() + 10_000 * MS, ends)
    link.take(ended(1, outcome))
    link.take(ended(1, outcome))
    link.take(ended(99))
    assert [answer for answer, _, _ in ends] == [Answer[outcome.name]]


async def test_a_receipt_lies_between_departure_and_now(link: OpcuaLink) -> None:
    ends = Ends()
    for serial, received in ((1, 10**30), (2, 5), (3, 0)):
        before = time.monotonic_ns()
        link.beat(before + 10_000 * MS, ends)
        link.take(ended(serial, received_ns=received))
        assert before <= ends[-1][2] <= time.monotonic_ns()


async def test_silence_is_missed_at_the_deadline_and_a_late_reply_told_once(link: OpcuaLink) -> None:
    ends = Ends()
    deadline = time.monotonic_ns() + 10 * MS
    link.beat(deadline, ends)
    await _until(ends, 1)
    assert ends[0][:2] == (Answer.MISSED, False)
    assert ends[0][2] >= deadline
    link.take(ended(1))
    link.take(ended(1))
    assert [each[:2] for each in ends[1:]] == [(Answer.LATE, True)]
    assert link.counters.late == 1


async def test_a_worker_that_says_nothing_proves_nothing(link: OpcuaLink, worker: Said) -> None:
    """A machine that is too busy to let it run must not make its servers dead."""
    ends = Ends()
    worker.silent_since_ns = time.monotonic_ns()
    link.beat(time.monotonic_ns() + 10 * MS, ends)
    await _until(ends, 1)
    assert ends[0][:2] == (Answer.BLIND, False)
    assert "worker" in link.counters.trouble
    link.take(ended(1))
    assert [each[:2] for each in ends[1:]] == [(Answer.LATE, True)]


async def test_a_worker_that_was_asked_a_moment_ago_is_not_silent_yet(link: OpcuaLink, worker: Said) -> None:
    ends = Ends()
    deadline = time.monotonic_ns() + 10 * MS
    worker.silent_since_ns = deadline - 1
    link.beat(deadline, ends)
    await _until(ends, 1)
    assert ends[0][:2] == (Answer.MISSED, False)


async def test_a_late_end_that_is_no_reply_tells_nothing(link: OpcuaLink) -> None:
    ends = Ends()
    link.beat(time.monotonic_ns(), ends)
    await _until(ends, 1)
    link.take(ended(1, ReadOutcome.GARBLED, trouble="why"))
    assert len(ends) == 1
    assert link.counters.trouble == "why"


async def test_a_worker_that_goes_leaves_all_missed(link: OpcuaLink, worker: Said) -> None:
    ends = Ends()
    link.beat(time.monotonic_ns() + 10_000 * MS, ends)
    link.beat(time.monotonic_ns() + 10_000 * MS, ends)
    link.detach(time.monotonic_ns(), "gone")
    link.beat(time.monotonic_ns() + 10_000 * MS, ends)
    assert [answer for answer, _, _ in ends] == [Answer.MISSED] * 3
    assert link.counters.trouble == "gone"
    link.attach(worker)
    link.take(ended(1))  # of the worker that is gone
    assert len(ends) == 3


async def test_a_server_at_level_0_is_busy_until_it_is_back(link: OpcuaLink, worker: Said) -> None:
    ends = Ends()
    link.beat(time.monotonic_ns() + 10_000 * MS, ends)
    link.rest()
    link.rest()
    assert [request for request in worker if isinstance(request, Rest)] == [Rest(channel=3)]
    link.take(ended(1, ReadOutcome.MISSED))  # what was pending when the worker hung up
    link.beat(time.monotonic_ns() + 10_000 * MS, ends)
    assert [answer for answer, _, _ in ends] == [Answer.BUSY, Answer.BUSY]
    link.rested(0)
    link.beat(time.monotonic_ns() + 10_000 * MS, ends)
    assert type(worker[-1]).__name__ == "Beat"


async def test_a_shunned_peer_is_not_asked(link: OpcuaLink, worker: Said) -> None:
    ends = Ends()
    asked = len(worker)
    link.shun(time.monotonic_ns() + 10_000 * MS, "too dear")
    link.beat(time.monotonic_ns() + 10_000 * MS, ends)
    assert [answer for answer, _, _ in ends] == [Answer.GARBLED]
    assert (len(worker), link.counters.trouble) == (asked, "too dear")


async def test_nothing_leaves_before_the_workers_first_start(scheduler: Scheduler, worker: Said) -> None:
    link = OpcuaLink(scheduler, "a.net", SETUP)
    link.begin_by_ns = 100
    assert not link.has_begun(99)
    assert link.has_begun(100)
    link.attach(worker)
    assert link.has_begun(0)


async def test_what_a_hung_worker_owes_is_bounded(link: OpcuaLink) -> None:
    ends = Ends()
    for _ in range(100):
        link.beat(time.monotonic_ns(), ends)
    await _until(ends, 100)
    assert len(link._outstanding) <= 32
