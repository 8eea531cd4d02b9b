"""Commands to clients and stores: who is called with what, which answers count, and what is read back."""

import asyncio
import time
from dataclasses import dataclass, field

import pytest

from otha.core.effects import Backfill, Demote, Promote, Select
from otha.core.inputs import Input, SelectorPolled, SelectorReading
from otha.core.words import Outcome
from otha.runtime.actuators.clients import Client, ClientActuator, Member
from otha.runtime.opcua.pool import CallEnd
from otha.site.model import Selector
from otha.site.opcua import Value
from otha.site.profile_file import OrderTable, StoreTable, SwitchTable

SECOND = 1_000_000_000
SWITCH = SwitchTable(epoch="i=1", node="i=2", object="i=3", method="i=4")
STORE = StoreTable(
    promote=OrderTable(object="i=10", method="i=11"),
    demote=OrderTable(object="i=10", method="i=12"),
    backfill=OrderTable(object="i=10", method="i=13"),
)


def done(*outputs: int) -> CallEnd:
    return CallEnd(outcome=Outcome.DONE, status=0, outputs=outputs, detail="")


NO_ANSWER = CallEnd(outcome=Outcome.UNKNOWN, status=0, outputs=(), detail="no answer in time")
REFUSED = CallEnd(outcome=Outcome.REFUSED, status=0x80AF0000, outputs=(), detail="BadInvalidState")


@dataclass
class Field:
    """Answers calls by channel; a channel without an answer hangs until its deadline."""

    answers: dict[str, CallEnd]
    reads: dict[str, tuple[Value, ...]] = field(default_factory=dict)
    calls: list[tuple[str, str, tuple[int, ...]]] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)

    async def call(
        self, channel: str, object_id: str, method_id: str, arguments: tuple[int, ...], deadline_ns: int
    ) -> CallEnd:
        self.calls.append((channel, method_id, arguments))
        if channel not in self.answers:
            await asyncio.sleep(max(deadline_ns - time.monotonic_ns(), 0) / SECOND)
            return NO_ANSWER
        return self.answers[channel]

    async def read(self, channel: str, nodes: tuple[str, ...], deadline_ns: int) -> tuple[Value, ...] | None:
        return self.reads.get(channel)

    def put(self, raw: Input, at_ns: int) -> None:
        self.inputs.append(raw)

    def actuator(self, *clients: str) -> ClientActuator:
        members = {
            "a": Member(number=1, channels=("a.net_a", "a.net_b"), store=STORE),
            "g": Member(number=2, channels=("g.net_a",), store=None),
        }
        selectors = [Selector(name=f"{name}.s", group="g", client=name, switch="s", table=SWITCH) for name in clients]
        served = [
            Client(selector=selector, channels=(f"{selector.client}.net_a", f"{selector.client}.net_b"))
            for selector in selectors
        ]
        return ClientActuator(members, served, self, self.put)


def soon(seconds: float = 5.0) -> int:
    return time.monotonic_ns() + round(seconds * SECOND)


@pytest.mark.asyncio
async def test_every_client_is_led_and_its_switch_is_read_at_once() -> None:
    field_ = Field({"x.net_a": done(1), "y.net_a": done(2)}, {"x.net_a": (7, 2), "y.net_a": (7, 2)})
    end = await field_.actuator("x", "y").carry_out(Select(node="g", epoch=7), soon())
    assert end.outcome is Outcome.DONE
    assert {arguments for _, _, arguments in field_.calls} == {(7, 2)}
    expected = SelectorReading(epoch=7, node=2)
    assert [raw.reading for raw in field_.inputs if isinstance(raw, SelectorPolled)] == [expected, expected]


@pytest.mark.asyncio
async def test_nobody_is_number_zero() -> None:
    field_ = Field({"x.net_a": done(1), "x.net_b": done(2)})
    await field_.actuator("x").carry_out(Select(node=None, epoch=7), soon())
    assert {arguments for _, _, arguments in field_.calls} == {(7, 0)}


@pytest.mark.asyncio
async def test_the_first_channel_that_answers_counts() -> None:
    field_ = Field({"x.net_b": done(1)})
    began = time.monotonic()
    end = await field_.actuator("x").carry_out(Select(node="a", epoch=7), soon())
    assert (end.outcome, end.path) == (Outcome.DONE, "x.net_b")
    assert time.monotonic() - began < 4, "it did not wait for the silent channel"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (done(1), Outcome.DONE),
        (done(2), Outcome.DONE),
        (done(3), Outcome.REFUSED),
        (done(), Outcome.REFUSED),
        (REFUSED, Outcome.REFUSED),
        (NO_ANSWER, Outcome.UNKNOWN),
    ],
)
async def test_what_an_answer_means(answer: CallEnd, outcome: Outcome) -> None:
    field_ = Field({"a.net_a": answer, "a.net_b": answer})
    assert (await field_.actuator().carry_out(Promote(node="a", epoch=3), soon())).outcome is outcome


@pytest.mark.asyncio
async def test_one_silent_client_makes_the_end_unknown_and_one_refusal_refused() -> None:
    silent = Field({"x.net_a": done(1)})
    assert (await silent.actuator("x", "y").carry_out(Select(node="a", epoch=7), soon(0.1))).outcome is Outcome.UNKNOWN
    against = Field({"x.net_a": done(1), "y.net_a": done(3), "y.net_b": done(3)})
    end = await against.actuator("x", "y").carry_out(Select(node="a", epoch=7), soon())
    assert end.outcome is Outcome.REFUSED


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("command", "method"),
    [(Promote(node="a", epoch=4), "i=11"), (Demote(node="a", epoch=4), "i=12"), (Backfill(node="a", epoch=4), "i=13")],
)
async def test_a_store_is_told_by_the_methods_of_its_profile(command: Promote | Demote | Backfill, method: str) -> None:
    field_ = Field({"a.net_a": done(1), "a.net_b": done(2)})
    await field_.actuator().carry_out(command, soon())
    assert {(each, arguments) for _, each, arguments in field_.calls} == {(method, (4,))}


@pytest.mark.asyncio
async def test_what_is_no_store_is_not_called() -> None:
    field_ = Field({})
    end = await field_.actuator().carry_out(Promote(node="g", epoch=4), soon())
    assert (end.outcome, field_.calls) == (Outcome.REFUSED, [])


@pytest.mark.asyncio
async def test_a_switch_that_gives_no_numbers_tells_nothing() -> None:
    field_ = Field({"x.net_a": done(1), "x.net_b": done(1)}, {"x.net_a": (None, 2), "x.net_b": ("7", 2)})
    await field_.actuator("x").carry_out(Select(node="a", epoch=7), soon())
    assert field_.inputs == []


@pytest.mark.asyncio
async def test_cancelling_leaves_no_call_behind() -> None:
    field_ = Field({})
    task = asyncio.ensure_future(field_.actuator("x").carry_out(Select(node="a", epoch=7), soon(60)))
    while len(field_.calls) < 2:  # noqa: ASYNC110 - the calls are made in turns of the loop
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [each for each in asyncio.all_tasks() if each is not asyncio.current_task()] == []
