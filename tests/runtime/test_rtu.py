"""A line with slaves of good and bad manners. Times are only ever bounded from the safe side."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from otha.core.words import Answer
from otha.runtime.link import Exchange
from otha.runtime.modbus_frame import Request, read_registers, write_registers
from otha.runtime.rtu import RtuLine
from otha.runtime.scheduler import Scheduler
from tests.runtime.slaves import Says, Slaves, good, plugged, polite, silent, with_crc

MS = 1_000_000
READ = read_registers(1, 100, 4)
GOOD = bytes((0, 100, 0, 101, 0, 102, 0, 103))


def later(ms: int) -> int:
    return time.monotonic_ns() + ms * MS


@pytest.fixture
def slaves(tmp_path: Path) -> Iterator[Slaves]:
    with plugged(tmp_path) as slaves:
        yield slaves


@asynccontextmanager
async def master(scheduler: Scheduler, slaves: Slaves, **changes: object) -> AsyncIterator[RtuLine]:
    line = RtuLine(scheduler, slaves.line(**changes))
    async with asyncio.TaskGroup() as tasks:
        runner = tasks.create_task(line.run())
        try:
            yield line
        finally:
            runner.cancel()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.001)


class Ends:
    """Collects how exchanges end."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.payloads: list[bytes] = []

    def __call__(self, exchange: Exchange) -> None:
        assert exchange.answer is not None
        self.answers.append(exchange.answer)
        self.payloads.append(exchange.payload)


def once(first: Callable[[int, bytes], Says]) -> Callable[[int, bytes], Says]:
    """These manners for the first request, good ones for those after it."""
    waiting = [first]

    def manner(unit: int, pdu: bytes) -> Says:
        return waiting.pop()(unit, pdu) if waiting else polite(unit, pdu)

    return manner


@pytest.mark.asyncio
async def test_reads_and_writes(scheduler: Scheduler, slaves: Slaves) -> None:
    async with master(scheduler, slaves) as line:
        link = line.link()
        before = time.monotonic_ns()
        read = await link.call(READ, later(5000))
        assert (read.answer, read.payload) == (Answer.REPLIED, GOOD)
        assert before <= read.ended_ns <= time.monotonic_ns()
        assert link.is_connected
        write = await link.call(write_registers(2, 5, (7, 8)), later(5000))
        assert (write.answer, write.payload) == (Answer.REPLIED, b"")
    assert slaves.requests == [(1, READ.pdu), (2, write_registers(2, 5, (7, 8)).pdu)]
    assert not line.is_open


@pytest.mark.asyncio
async def test_an_exchange_takes_its_time_on_the_wire(scheduler: Scheduler, tmp_path: Path) -> None:
    with plugged(tmp_path, baud=19_200) as slaves:
        async with master(scheduler, slaves) as line:
            link = line.link()
            await link.call(READ, later(5000))
            began = time.monotonic_ns()
            assert (await link.call(read_registers(1, 0, 50), later(5000))).answer is Answer.REPLIED
            assert time.monotonic_ns() - began >= slaves.line().wire_ns(8 + 105)


@pytest.mark.asyncio
async def test_an_exception_is_told(scheduler: Scheduler, slaves: Slaves) -> None:
    slaves.manners[1] = lambda unit, pdu: [(0, with_crc(bytes((unit, pdu[0] | 0x80, 2))))]
    slaves.manners[2] = lambda unit, pdu: [(0, with_crc(bytes((unit, pdu[0] | 0x80, 6))))]
    async with master(scheduler, slaves) as line:
        link = line.link()
        refused = await link.call(READ, later(5000))
        assert (refused.answer, refused.exception) == (Answer.GARBLED, 2)
        assert link.counters.trouble == "unit 1: exception 2"
        assert (await link.call(read_registers(2, 0, 4), later(5000))).answer is Answer.BUSY


@pytest.mark.parametrize(
    "manner",
    [
        pytest.param(lambda unit, pdu: [(0, good(unit, pdu)[:-1] + b"\0")], id="wrong CRC"),
        pytest.param(lambda unit, pdu: [(0, good(unit, pdu)[:-3])], id="torn"),
        pytest.param(lambda unit, pdu: [(0, random.Random(1).randbytes(40))], id="noise"),
        pytest.param(lambda unit, pdu: [(0, good(2, pdu))], id="another unit's"),
        pytest.param(lambda unit, pdu: [(0, good(unit, read_registers(unit, 100, 3).pdu))], id="too short"),
        pytest.param(lambda unit, pdu: [(0, good(unit, b"\x04" + pdu[1:]))], id="another function's"),
    ],
)
@pytest.mark.asyncio
async def test_what_is_no_reply_harms_one_exchange(
    scheduler: Scheduler, slaves: Slaves, manner: Callable[[int, bytes], Says]
) -> None:
    async with master(scheduler, slaves) as line:
        link = line.link()
        slaves.manners[1] = once(manner)
        spoilt = await link.call(READ, later(5000))
        assert (spoilt.answer, spoilt.payload) == (Answer.MISSED, b"")
        assert (await link.call(read_registers(2, 7, 4), later(5000))).answer is Answer.REPLIED
        again = await link.call(READ, later(5000))
        assert (again.answer, again.payload) == (Answer.REPLIED, GOOD)
        assert line.counters.garbled == 1


@pytest.mark.asyncio
async def test_after_a_missed_reply_the_line_is_quiet_for_as_long_again(scheduler: Scheduler, slaves: Slaves) -> None:
    slaves.manners[1] = silent
    async with master(scheduler, slaves) as line:
        link = line.link()
        assert (await link.call(READ, later(5000))).answer is Answer.MISSED
        assert (await link.call(read_registers(2, 0, 4), later(5000))).answer is Answer.REPLIED
        first, second = slaves.at_s
        reply_s = slaves.line().reply_ns(READ.reply_length) / 1e9
        assert second - first >= 1.9 * reply_s  # what the thread that notes the times may lag is left out
        assert line.counters.given_up == 1


@pytest.mark.asyncio
async def test_a_late_reply_makes_the_quiet_longer(scheduler: Scheduler, slaves: Slaves) -> None:
    slaves.manners[1] = lambda unit, pdu: [(0.3, good(unit, pdu))]
    async with master(scheduler, slaves) as line:
        link = line.link()
        assert (await link.call(READ, later(5000))).answer is Answer.MISSED
        assert (await link.call(read_registers(2, 0, 4), later(5000))).answer is Answer.REPLIED
        first, second = slaves.at_s
        assert second - first >= 0.3 + 0.9 * slaves.line().reply_ns(READ.reply_length) / 1e9
        assert line.counters.strays > 0


@pytest.mark.asyncio
async def test_a_user_that_fails_does_not_stop_the_line(scheduler: Scheduler, slaves: Slaves) -> None:
    told: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["exception"]))

    def fails(_exchange: Exchange) -> None:
        raise RuntimeError("on purpose")

    async with master(scheduler, slaves, turnaround_ns=1000 * MS) as line:  # however busy the machine is
        link = line.link()
        link.send(READ, later(5000), fails)
        assert (await link.call(READ, later(5000))).payload == GOOD
    assert [str(error) for error in told] == ["on purpose"]


@pytest.mark.asyncio
async def test_noise_around_a_reply_is_passed_over(scheduler: Scheduler, slaves: Slaves) -> None:
    slaves.manners[1] = lambda unit, pdu: [(0, b"\x00\x01\x03" + good(unit, pdu)), (0, b"\xff")]
    async with master(scheduler, slaves) as line:
        link = line.link()
        for _ in range(3):
            read = await link.call(READ, later(5000))
            assert (read.answer, read.payload) == (Answer.REPLIED, GOOD)
        await until(lambda: line.counters.strays == 12)


@pytest.mark.asyncio
async def test_an_adapter_that_repeats_what_is_sent(scheduler: Scheduler, slaves: Slaves) -> None:
    slaves.repeats = True
    async with master(scheduler, slaves) as line:
        link = line.link()
        assert (await link.call(READ, later(5000))).payload == GOOD
        write = await link.call(write_registers(1, 5, (7, 8)), later(5000))
        assert write.answer is Answer.REPLIED
        slaves.manners[1] = silent
        for _ in range(4):
            assert (await link.call(READ, later(2000))).answer is Answer.MISSED
        # Its own echo would prove nothing: only reads are used to find out whether the unit is back.
        assert {pdu[0] for pdu in slaves.asked(1)} == {3, 16}


@pytest.mark.asyncio
async def test_a_late_reply_is_never_taken_for_the_next_ones(scheduler: Scheduler, slaves: Slaves) -> None:
    """The first reply says 11, all later ones 22; it comes when the second request is already under way."""

    def slave(unit: int, pdu: bytes) -> Says:
        count = int.from_bytes(pdu[3:5], "big")
        value = 11 if not slaves.asked(1)[1:] else 22
        reply = good(unit, pdu) if pdu[0] == 8 else with_crc(bytes((unit, 3, 2 * count)) + bytes((0, value)) * count)
        # Longer than reply time and silence together: nothing but the shape of the probe can tell it apart.
        return [(0.45 if value == 11 else 0.001, reply)]

    slaves.manners[1] = slave
    async with master(scheduler, slaves) as line:
        link = line.link()
        answers = []
        for _ in range(12):
            read = await link.call(READ, later(400))
            answers.append(read.answer)
            if read.answer is Answer.REPLIED:
                assert read.payload == bytes((0, 22)) * 4
        assert answers[0] is Answer.MISSED
        assert answers[-1] is Answer.REPLIED


@pytest.mark.asyncio
async def test_a_reply_after_its_deadline_and_within_the_slaves_time_is_late(
    scheduler: Scheduler, slaves: Slaves
) -> None:
    slaves.manners[1] = lambda unit, pdu: [(0.1, good(unit, pdu))]
    async with master(scheduler, slaves, turnaround_ns=500 * MS) as line:
        link = line.link()
        await link.call(READ, later(50_000))
        ends = Ends()
        link.send(READ, later(50), ends)
        await until(lambda: len(ends.answers) == 2)
        assert ends.answers == [Answer.MISSED, Answer.LATE]
        assert ends.payloads == [b"", GOOD]
        assert line.counters.late == 1


@pytest.mark.asyncio
async def test_a_request_that_can_not_be_answered_in_time_is_not_sent(scheduler: Scheduler, slaves: Slaves) -> None:
    slaves.manners[1] = lambda unit, pdu: [(0.2, good(unit, pdu))]
    async with master(scheduler, slaves, turnaround_ns=500 * MS) as line:
        link, other = line.link(), line.link()
        first = Ends()
        link.send(READ, later(50_000), first)
        await until(lambda: len(slaves.requests) == 1)
        missed = await other.call(read_registers(2, 0, 4), later(20))
        assert missed.answer is Answer.MISSED
        await until(lambda: first.answers == [Answer.REPLIED])
        assert (await other.call(read_registers(2, 9, 4), later(5000))).answer is Answer.REPLIED
    assert slaves.asked(2) == [read_registers(2, 9, 4).pdu]


@pytest.mark.asyncio
async def test_a_request_that_takes_longer_than_its_deadline_is_not_sent(scheduler: Scheduler, slaves: Slaves) -> None:
    async with master(scheduler, slaves) as line:
        link = line.link()
        await link.call(READ, later(5000))
        long = read_registers(1, 0, 125)
        assert slaves.line().wire_ns(8 + 255) > 20 * MS
        assert (await link.call(long, later(15))).answer is Answer.MISSED
        assert (await link.call(READ, later(5000))).answer is Answer.REPLIED
        assert long.pdu not in slaves.asked(1)


@pytest.mark.asyncio
async def test_users_have_their_turns(scheduler: Scheduler, slaves: Slaves) -> None:
    """One user that asks as fast as it can does not keep the line from another."""
    async with master(scheduler, slaves) as line:
        greedy, modest = line.link(), line.link()
        await greedy.call(READ, later(5000))

        def again(_exchange: Exchange) -> None:
            greedy.send(READ, later(5000), again)

        for _ in range(4):
            greedy.send(READ, later(5000), again)
        for _ in range(10):
            before = len(slaves.asked(1))
            assert (await modest.call(read_registers(2, 0, 4), later(5000))).answer is Answer.REPLIED
            assert len(slaves.asked(1)) - before <= 3


@pytest.mark.asyncio
async def test_a_user_that_asks_too_much_misses(scheduler: Scheduler, slaves: Slaves) -> None:
    slaves.manners[1] = lambda unit, pdu: [(0.2, good(unit, pdu))]
    async with master(scheduler, slaves, turnaround_ns=500 * MS) as line:
        link, ends = line.link(), Ends()
        await link.call(READ, later(5000))
        for _ in range(8):
            link.send(READ, later(2500), ends)
        await until(lambda: len(ends.answers) == 8)
        assert ends.answers.count(Answer.REPLIED) in (4, 5)
        assert ends.answers.count(Answer.MISSED) in (3, 4)


@pytest.mark.asyncio
async def test_a_dead_unit_takes_nothing_from_the_other_but_its_turns(scheduler: Scheduler, tmp_path: Path) -> None:
    with plugged(tmp_path, baud=19_200, units=(2,)) as slaves:
        async with master(scheduler, slaves) as line:
            dead, alive = line.link(), line.link()
            missed, beats = Ends(), 6
            for _ in range(beats):
                dead.send(READ, later(600), missed)
                before = len(slaves.asked(1))
                assert (await alive.call(read_registers(2, 0, 20), later(20_000))).answer is Answer.REPLIED
                assert len(slaves.asked(1)) - before <= 1
            await until(lambda: len(missed.answers) == beats)
    assert missed.answers == [Answer.MISSED] * beats
    assert slaves.asked(1)


@pytest.mark.asyncio
async def test_a_slave_that_answers_byte_by_byte_spoils_only_its_own(scheduler: Scheduler, slaves: Slaves) -> None:
    slaves.manners[1] = lambda unit, pdu: [(0.3, bytes((byte,))) for byte in good(unit, pdu)]
    slaves.manners[2] = polite
    async with master(scheduler, slaves) as line:
        link = line.link()
        assert (await link.call(READ, later(2000))).answer is Answer.MISSED
        slaves.manners[1] = silent
        # The bytes still come, one by one, before and between the exchanges with the other unit.
        async with asyncio.timeout(20):
            while (await link.call(read_registers(2, 0, 4), later(2000))).answer is not Answer.REPLIED:
                pass


@pytest.mark.asyncio
async def test_the_trouble_of_a_unit_ends_with_its_own_good_reply(scheduler: Scheduler, slaves: Slaves) -> None:
    async with master(scheduler, slaves, turnaround_ns=500 * MS) as line:
        link = line.link()
        slaves.manners[1] = silent
        await link.call(READ, later(60_000))
        assert line.counters.trouble == "unit 1: no reply"
        assert (await link.call(read_registers(2, 0, 4), later(5000))).answer is Answer.REPLIED
        assert line.counters.trouble == "unit 1: no reply"
        slaves.manners[1] = polite
        assert (await link.call(READ, later(5000))).answer is Answer.REPLIED
        assert line.counters.trouble == ""


@pytest.mark.asyncio
async def test_a_unit_that_comes_back_is_read_in_the_same_turn(scheduler: Scheduler, slaves: Slaves) -> None:
    async with master(scheduler, slaves) as line:
        link = line.link()
        slaves.manners[1] = silent
        assert (await link.call(READ, later(3000))).answer is Answer.MISSED
        assert (await link.call(READ, later(3000))).answer is Answer.MISSED
        slaves.manners[1] = polite
        back = await link.call(READ, later(3000))
        assert (back.answer, back.payload) == (Answer.REPLIED, GOOD)
    # The probes: lengths that nothing else has, and an echo.
    assert next(pdu for pdu in slaves.asked(1) if pdu != READ.pdu) == read_registers(1, 100, 1).pdu


@pytest.mark.asyncio
async def test_a_unit_of_single_registers_is_proved_by_an_echo(scheduler: Scheduler, slaves: Slaves) -> None:
    single = read_registers(1, 100, 1)
    async with master(scheduler, slaves) as line:
        link = line.link()
        slaves.manners[1] = silent
        assert (await link.call(single, later(3000))).answer is Answer.MISSED
        slaves.manners[1] = lambda unit, pdu: (
            [(0, with_crc(bytes((unit, 0x88, 1))))] if pdu[0] == 8 else polite(unit, pdu)
        )
        assert (await link.call(single, later(3000))).payload == bytes((0, 100))
    assert [pdu[0] for pdu in slaves.asked(1)] == [3, 8, 3]


@pytest.mark.asyncio
async def test_bytes_that_nobody_asked_for_are_waited_out(scheduler: Scheduler, slaves: Slaves) -> None:
    async with master(scheduler, slaves) as line:
        link = line.link()
        await link.call(READ, later(5000))
        slaves.say(good(1, READ.pdu)[:-2] + b"\0\0")
        assert (await link.call(READ, later(5000))).payload == GOOD
        await until(lambda: line.counters.strays > 0)


@pytest.mark.asyncio
async def test_a_cancelled_call_spoils_nothing(scheduler: Scheduler, slaves: Slaves) -> None:
    slaves.manners[1] = once(lambda unit, pdu: [(0.1, good(unit, pdu))])
    async with master(scheduler, slaves, turnaround_ns=500 * MS) as line:
        link = line.link()
        call = asyncio.create_task(link.call(READ, later(50_000)))
        await until(lambda: len(slaves.requests) == 1)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        read = await link.call(read_registers(1, 7, 2), later(5000))
        assert (read.answer, read.payload) == (Answer.REPLIED, bytes((0, 7, 0, 8)))


@pytest.mark.asyncio
async def test_a_device_that_is_not_there_is_waited_for(scheduler: Scheduler, tmp_path: Path) -> None:
    slaves = Slaves(tmp_path / "tty")
    async with master(scheduler, slaves) as line:
        link = line.link()
        assert (await link.call(READ, later(50))).answer is Answer.MISSED
        await until(lambda: line.counters.refused >= 2)
        assert line.counters.trouble == "No such file or directory"
        slaves.plug_in()
        try:
            assert (await link.call(READ, later(20_000))).payload == GOOD
        finally:
            slaves.pull_out()


@pytest.mark.asyncio
async def test_what_is_no_serial_device_is_refused(scheduler: Scheduler, tmp_path: Path) -> None:
    slaves = Slaves(tmp_path / "tty")
    slaves.device.write_text("no device")
    async with master(scheduler, slaves) as line:
        await until(lambda: line.counters.refused >= 2)
        assert not line.is_open


@pytest.mark.asyncio
async def test_a_device_that_disappears_and_returns(scheduler: Scheduler, slaves: Slaves) -> None:
    async with master(scheduler, slaves) as line:
        link = line.link()
        await link.call(READ, later(5000))
        slaves.manners[1] = silent
        ends = Ends()
        link.send(READ, later(60_000), ends)
        await until(lambda: len(slaves.requests) == 2)
        slaves.pull_out()
        await until(lambda: line.counters.losses == 1)
        assert not line.is_open
        assert ends.answers == [Answer.MISSED]
        assert line.counters.trouble == "device lost" or line.counters.refused
        slaves.manners[1] = polite
        slaves.plug_in()
        assert (await link.call(READ, later(20_000))).payload == GOOD
        assert line.counters.connects == 2
        assert line.counters.trouble == ""


@pytest.mark.asyncio
async def test_no_descriptor_is_lost(scheduler: Scheduler, slaves: Slaves) -> None:
    before = None
    for _ in range(3):
        async with master(scheduler, slaves) as line:
            await line.link().call(READ, later(5000))
        count = len(os.listdir("/proc/self/fd"))
        assert before is None or count <= before
        before = count


@pytest.mark.asyncio
async def test_under_random_manners_no_wrong_value_is_ever_told(scheduler: Scheduler, tmp_path: Path) -> None:
    """Replies dropped, late, torn, noisy: every value that is told is the newest one, and the loop lives."""
    chance = random.Random(7)
    counts: dict[int, int] = {1: 0, 2: 0}

    def wild(unit: int, pdu: bytes) -> Says:
        reply = good(unit, pdu)
        if pdu[0] == 3 and int.from_bytes(pdu[3:5], "big") in (4, 6):
            counts[unit] += 1
            count = int.from_bytes(pdu[3:5], "big")
            reply = with_crc(bytes((unit, 3, 2 * count)) + counts[unit].to_bytes(2, "big") * count)
        match chance.randrange(8):
            case 0:
                return []
            case 1:
                return [(0.06, reply)]
            case 2:
                return [(0.0, reply[: chance.randrange(len(reply))])]
            case 3:
                return [(0.0, reply), (0.0, chance.randbytes(3))]
            case 4:
                return [(0.0, chance.randbytes(5)), (0.03, reply)]
            case _:
                return [(0.001, reply)]

    with plugged(tmp_path) as slaves:
        slaves.manners = {1: wild, 2: wild}
        async with master(scheduler, slaves, turnaround_ns=15 * MS) as line:
            links = {1: line.link(), 2: line.link()}
            requests: dict[int, Request] = {1: read_registers(1, 0, 4), 2: read_registers(2, 0, 6)}
            good_ones = 0
            for turn in range(120):
                unit = 1 + turn % 2
                read = await links[unit].call(requests[unit], later(250))
                if read.answer is Answer.REPLIED:
                    good_ones += 1
                    assert int.from_bytes(read.payload[:2], "big") == counts[unit]
            assert good_ones > 20
