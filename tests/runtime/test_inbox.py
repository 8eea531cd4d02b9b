"""One order, nothing lost that nobody replaces, newest wins when behind, and bounded turns."""

import asyncio
import time

import pytest

from otha.core.inputs import (
    DueReached,
    EffectEnded,
    EffectId,
    GatePolled,
    HeartbeatEnded,
    Input,
    LoopStalled,
    Order,
    OrderGiven,
    ReferencePolled,
    SelectorPolled,
    TagsPolled,
)
from otha.core.words import Answer, OrderKind, Outcome
from otha.runtime.inbox import Inbox


def beat(channel: str, answer: Answer = Answer.MISSED) -> HeartbeatEnded:
    return HeartbeatEnded(channel=channel, answer=answer, reading=None)


def ended(attempt: int) -> EffectEnded:
    id_ = EffectId(group="g", epoch=1, plan=1, phase="p", attempt=attempt)
    return EffectEnded(id=id_, outcome=Outcome.DONE, record=None)


def order(number: int) -> OrderGiven:
    return OrderGiven(
        order=Order(
            id=str(number), kind=OrderKind.CONFIRM, group="g", user="", client="", node=None, arming=None, comment=""
        )
    )


def idle(_now: int) -> None:
    """Nothing departs."""


async def drained(inbox: Inbox) -> None:
    while len(inbox):  # noqa: ASYNC110 - every turn of the loop is to be seen
        await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_inputs_are_taken_in_order_and_their_stamps_never_fall() -> None:
    taken: list[tuple[Input, int]] = []
    inbox = Inbox(asyncio.get_running_loop(), lambda raw, at: taken.append((raw, at)), between=idle)
    inbox.put(beat("a"), 100)
    inbox.put(DueReached(), 90)
    inbox.put(beat("a"), 110)
    assert taken == []
    await drained(inbox)
    assert [at for _, at in taken] == [100, 100, 110]
    assert inbox.coalesced == 0


@pytest.mark.asyncio
async def test_behind_the_newest_of_a_source_wins_and_what_has_no_successor_stays() -> None:
    taken: list[Input] = []
    inbox = Inbox(asyncio.get_running_loop(), lambda raw, at: taken.append(raw), between=idle, behind=10)
    for number in range(1000):
        inbox.put(beat(f"c{number % 20}", Answer.LATE if number >= 980 else Answer.MISSED), number)
        if number % 100 == 50:
            inbox.put(ended(number), number)
            assert inbox.put_order(order(number), number)
        inbox.put(GatePolled(section="s", path=f"p{number % 2}", answer=Answer.MISSED, reading=None), number)
    await drained(inbox)
    assert [raw.id.attempt for raw in taken if isinstance(raw, EffectEnded)] == list(range(50, 1000, 100))
    assert len([raw for raw in taken if isinstance(raw, OrderGiven)]) == 10
    beats = [raw for raw in taken if isinstance(raw, HeartbeatEnded)]
    last = {b.channel: b.answer for b in beats}
    assert last == {f"c{n}": Answer.LATE for n in range(20)}
    assert len(taken) <= 10 + 10 * (20 + 2 + 2) + 22
    assert inbox.coalesced > 1500


@pytest.mark.asyncio
async def test_a_source_that_is_replaced_again_and_again_keeps_its_turn() -> None:
    taken: list[tuple[str, int]] = []

    def take(raw: Input, at: int) -> None:
        assert isinstance(raw, HeartbeatEnded)
        taken.append((raw.channel, at))

    inbox = Inbox(asyncio.get_running_loop(), take, between=idle, behind=0)
    for number, channel in enumerate(("a", "b", "c", "a", "a")):
        inbox.put(beat(channel), number)
    assert len(inbox) == 3
    await drained(inbox)
    assert taken == [("a", 4), ("b", 4), ("c", 4)]


@pytest.mark.asyncio
async def test_nothing_newer_overtakes_what_replaces_nothing() -> None:
    """A miss that a stall of the loop has made must be judged after the stall was told (S10)."""
    taken: list[tuple[Input, int]] = []
    inbox = Inbox(asyncio.get_running_loop(), lambda raw, at: taken.append((raw, at)), between=idle, behind=0)
    stall = LoopStalled(gap_ns=5)
    inbox.put(beat("a", Answer.REPLIED), 100)
    inbox.put(DueReached(), 150)
    inbox.put(stall, 160)
    inbox.put(beat("a"), 610)
    await drained(inbox)
    assert taken == [(beat("a", Answer.REPLIED), 100), (DueReached(), 150), (stall, 160), (beat("a"), 610)]


@pytest.mark.asyncio
async def test_what_was_read_before_an_effect_ended_is_taken_before_its_end() -> None:
    taken: list[Input] = []
    inbox = Inbox(asyncio.get_running_loop(), lambda raw, at: taken.append(raw), between=idle, behind=0)
    polls = [GatePolled(section="s", path="p", answer=answer, reading=None) for answer in (Answer.REPLIED, Answer.BUSY)]
    inbox.put(polls[0], 1)
    inbox.put(ended(0), 2)
    inbox.put(polls[1], 3)
    await drained(inbox)
    assert taken == [polls[0], ended(0), polls[1]]


@pytest.mark.asyncio
async def test_no_more_orders_wait_than_places_are_kept_for_them() -> None:
    inbox = Inbox(asyncio.get_running_loop(), lambda raw, at: None, between=idle, orders_max=3)
    assert [inbox.put_order(order(n), n) for n in range(5)] == [True, True, True, False, False]
    await drained(inbox)
    assert inbox.put_order(order(9), 9)
    await drained(inbox)


@pytest.mark.asyncio
async def test_a_long_queue_is_taken_in_turns_that_leave_the_loop_to_others() -> None:
    loop = asyncio.get_running_loop()
    turns: list[int] = []

    def take(raw: Input, at: int) -> None:
        until = time.monotonic_ns() + 200_000
        while time.monotonic_ns() < until:
            pass

    inbox = Inbox(loop, take, between=idle, behind=10_000)
    for number in range(100):
        inbox.put(beat(f"c{number}"), number)
    while len(inbox):
        turns.append(len(inbox))
        await asyncio.sleep(0)
    assert len(turns) >= 5


@pytest.mark.asyncio
async def test_others_have_their_turn_after_each_input() -> None:
    order: list[str] = []
    inbox = Inbox(
        asyncio.get_running_loop(), lambda raw, at: order.append("input"), between=lambda now: order.append("between")
    )
    for number in range(3):
        inbox.put(beat("c"), number)
    await drained(inbox)
    assert order == ["input", "between"] * 3


@pytest.mark.asyncio
async def test_an_exception_in_taking_one_input_spares_the_next() -> None:
    loop = asyncio.get_running_loop()
    told: list[str] = []
    loop.set_exception_handler(lambda _loop, context: told.append(str(context.get("exception"))))
    taken: list[int] = []

    def take(raw: Input, at: int) -> None:
        taken.append(at)
        if at == 1:
            raise ValueError("broken")

    inbox = Inbox(loop, take, between=idle)
    for number in range(3):
        inbox.put(beat("c"), number)
    await drained(inbox)
    assert taken == [0, 1, 2]
    assert told == ["broken"]


@pytest.mark.asyncio
async def test_what_stood_before_the_start_is_never_refused() -> None:
    taken: list[Input] = []
    inbox = Inbox(asyncio.get_running_loop(), lambda raw, _at: taken.append(raw), between=idle, orders_max=2)
    stood = [order(number) for number in range(5)]
    for each in stood:
        inbox.put_standing(each, 1)
    assert not inbox.put_order(order(9), 2)
    await drained(inbox)
    assert taken == stood
    assert inbox.put_order(order(9), 3)
    await drained(inbox)
    assert taken[-1] == order(9)


@pytest.mark.asyncio
async def test_what_the_site_does_not_have_any_more_is_sifted_out_and_frees_its_places() -> None:
    taken: list[Input] = []
    inbox = Inbox(asyncio.get_running_loop(), lambda raw, _: taken.append(raw), between=idle, orders_max=1)
    inbox.put(beat("gone"), 1)
    assert inbox.put_order(order(1), 2)
    inbox.put(beat("kept"), 3)
    inbox.sift(lambda raw: raw == beat("kept"))
    assert inbox.put_order(order(2), 4)
    await drained(inbox)
    assert taken == [beat("kept"), order(2)]


@pytest.mark.asyncio
async def test_the_queue_stays_bounded_whatever_comes_between_the_readings() -> None:
    taken: list[Input] = []
    inbox = Inbox(asyncio.get_running_loop(), lambda raw, at: taken.append(raw), between=idle, behind=10)
    for number in range(500):
        for source in range(20):
            inbox.put(beat(f"c{source}", Answer.LATE if number == 499 else Answer.MISSED), number)
        inbox.put(ended(number), number)
    await drained(inbox)
    beats = [raw for raw in taken if isinstance(raw, HeartbeatEnded)]
    assert len(beats) <= 10 + 2 * 20
    assert [raw.id.attempt for raw in taken if isinstance(raw, EffectEnded)] == list(range(500))
    for source in range(20):
        heard = [raw.answer for raw in beats if raw.channel == f"c{source}"]
        assert heard[-1] is Answer.LATE
    # The first reading of each is taken before what came after it, the newest in its own turn.
    assert taken.index(beat("c0")) < taken.index(ended(0))
    assert taken.index(beat("c0", Answer.LATE)) > taken.index(ended(498))


@pytest.mark.asyncio
async def test_a_source_is_heard_in_its_turn_however_often_something_comes_between() -> None:
    taken: list[Input] = []
    inbox = Inbox(asyncio.get_running_loop(), lambda raw, at: taken.append(raw), between=idle, behind=0)
    inbox.put(beat("slow"), 0)
    for number in range(100):
        inbox.put(ended(number), number)
        inbox.put(beat("slow"), number)
    await drained(inbox)
    assert taken.index(beat("slow")) == 0
    assert [type(raw) for raw in taken[-2:]] == [EffectEnded, HeartbeatEnded]
    assert sum(isinstance(raw, HeartbeatEnded) for raw in taken) == 2


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "polled",
    [
        GatePolled(section="s", path="p", answer=Answer.MISSED, reading=None),
        SelectorPolled(selector="s", answer=Answer.MISSED, reading=None),
        TagsPolled(source="s", values=(("t", 1),)),
        ReferencePolled(name="r", answer=Answer.MISSED),
    ],
    ids=lambda polled: type(polled).__name__,
)
async def test_what_is_read_at_a_pace_fills_no_queue(polled: Input) -> None:
    taken: list[Input] = []
    inbox = Inbox(asyncio.get_running_loop(), lambda raw, at: taken.append(raw), between=idle, behind=10)
    for number in range(1000):
        inbox.put(polled, number)
    assert len(inbox) == 11
    await drained(inbox)
    assert set(taken) == {polled}
