"""Commands to a gate over real sockets: magic first, one write, read back until the echo, honest ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from otha.core.effects import GateCommand, Grant, Release, Revoke, Safe, Void
from otha.core.inputs import EffectId, GatePolled
from otha.core.words import Outcome
from otha.runtime.actuators.end import CommandEnd
from otha.runtime.actuators.gate import GateActuator, WriteRefusedError, command_number
from otha.runtime.modbus import ModbusLink
from otha.runtime.paths import Paths
from otha.runtime.scheduler import Scheduler
from otha.site.decode import crc16
from otha.site.gate_map import CommandAnswer, GateOpcode
from otha.site.model import Block, Site

if TYPE_CHECKING:
    from tests.runtime.conftest import FakeGate, Inputs

MS = 1_000_000
ID = EffectId(group="tanks", epoch=3, plan=1, phase="forward.fenced", attempt=0)
Gates = tuple["FakeGate", "FakeGate"]
DemoSite = Callable[..., Site]


@asynccontextmanager
async def actuator(
    scheduler: Scheduler, gates: Gates, inputs: "Inputs", site: Site, **changes: Any
) -> AsyncIterator[GateActuator]:
    section = replace(site.section("plc"), **changes)
    links = [ModbusLink(scheduler, "127.0.0.1", gate.port) for gate in gates]
    paths = Paths([path.name for path in section.paths])
    async with asyncio.TaskGroup() as tasks:
        runners = [tasks.create_task(link.run()) for link in links]
        yield GateActuator(section, site.group("tanks"), links, paths, scheduler, inputs.put)
        for runner in runners:
            runner.cancel()


def later(ms: int) -> int:
    return time.monotonic_ns() + ms * MS


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (Revoke(epoch=3), {"opcode": GateOpcode.REVOKE, "epoch": 3}),
        (Void(node="sc_a", epoch=4), {"opcode": GateOpcode.VOID, "node": 1, "epoch": 4}),
        (Grant(node="sc_b", epoch=3, boot=77), {"opcode": GateOpcode.GRANT, "node": 2, "epoch": 3, "boot": 77}),
        (Release(node="sc_b", epoch=3), {"opcode": GateOpcode.RELEASE, "node": 2, "epoch": 3}),
        (Safe(epoch=3, hold_no=9), {"opcode": GateOpcode.SAFE, "epoch": 3, "hold_no": 9}),
    ],
)
async def test_each_command_is_one_write_of_the_whole_mailbox(
    scheduler: Scheduler,
    gates: Gates,
    inputs: "Inputs",
    demo_site: DemoSite,
    command: GateCommand,
    fields: dict[str, int],
) -> None:
    async with actuator(scheduler, gates, inputs, demo_site({})) as gate:
        end = await gate.carry_out(ID, command, later(5000))
    assert end == CommandEnd(outcome=Outcome.DONE, detail="DONE", path="plc.net_a")
    (sent,) = gates[0].commands
    blank = {"magic": 0x4F54, "node": 0, "boot": 0, "hold_no": 0, "reserved_0": 0, "reserved_1": 0, "address": 1200}
    assert {name: value for name, value in sent.items() if name not in ("id", "crc")} == blank | fields
    assert sent["id"] == command_number(ID, command)
    functions = [request[7] for request in gates[0].requests]
    assert functions[:2] == [3, 16]
    assert set(functions[2:]) == {3}
    write = gates[0].requests[1]
    assert crc16(write[13:-2]) == int.from_bytes(write[-2:], "big")
    assert all(isinstance(raw, GatePolled) and raw.reading is not None for raw in inputs)
    assert len(inputs) == functions.count(3)


@pytest.mark.asyncio
@pytest.mark.parametrize("answer", [answer for answer in CommandAnswer if answer is not CommandAnswer.NONE])
async def test_the_gates_answer_decides_the_outcome(
    scheduler: Scheduler, gates: Gates, inputs: "Inputs", demo_site: DemoSite, answer: CommandAnswer
) -> None:
    gates[0].answer = answer
    async with actuator(scheduler, gates, inputs, demo_site({})) as gate:
        end = await gate.carry_out(ID, Revoke(epoch=3), later(5000))
    expected = Outcome.DONE if answer in (CommandAnswer.DONE, CommandAnswer.ALREADY) else Outcome.REFUSED
    assert (end.outcome, end.detail) == (expected, answer.name)


@pytest.mark.asyncio
async def test_no_echo_in_time_is_unknown_not_before_the_time_is_over(
    scheduler: Scheduler, gates: Gates, inputs: "Inputs", demo_site: DemoSite
) -> None:
    gates[0].takes = False
    async with actuator(scheduler, gates, inputs, demo_site({})) as gate:
        deadline = later(100)
        end = await gate.carry_out(ID, Revoke(epoch=3), deadline)
        assert time.monotonic_ns() >= deadline
    assert end.outcome is Outcome.UNKNOWN
    assert len(gates[0].commands) == 1


@pytest.mark.asyncio
async def test_a_lost_first_path_is_replaced_within_one_attempt(
    scheduler: Scheduler, gates: Gates, inputs: "Inputs", demo_site: DemoSite
) -> None:
    await gates[0].stop()
    async with actuator(scheduler, gates, inputs, demo_site({})) as gate:
        end = await gate.carry_out(ID, Revoke(epoch=3), later(5000))
    assert (end.outcome, end.path) == (Outcome.DONE, "plc.net_b")


@pytest.mark.asyncio
async def test_a_silent_first_path_leaves_time_for_the_second(
    scheduler: Scheduler, gates: Gates, inputs: "Inputs", demo_site: DemoSite
) -> None:
    gates[0].manner = type(gates[0]).silent
    async with actuator(scheduler, gates, inputs, demo_site({})) as gate:
        end = await gate.carry_out(ID, Revoke(epoch=3), later(400))
    assert (end.outcome, end.path) == (Outcome.DONE, "plc.net_b")


@pytest.mark.asyncio
@pytest.mark.parametrize("wrong", ["magic", "layout", "outputs"])
async def test_nothing_is_written_to_what_does_not_show_the_gates_magic(
    scheduler: Scheduler, gates: Gates, inputs: "Inputs", demo_site: DemoSite, wrong: str
) -> None:
    gates[0].words[wrong] += 1
    async with actuator(scheduler, gates, inputs, demo_site({})) as gate:
        end = await gate.carry_out(ID, Safe(epoch=1, hold_no=1), later(100))
    assert end.outcome is Outcome.UNKNOWN
    assert gates[0].commands == []
    assert all(request[7] == 3 for fake in gates for request in fake.requests)


@pytest.mark.asyncio
async def test_an_address_off_the_allow_list_is_never_written(
    scheduler: Scheduler, gates: Gates, inputs: "Inputs", demo_site: DemoSite
) -> None:
    block = Block(at=1201, count=16)
    async with actuator(scheduler, gates, inputs, demo_site({}), writable=(block,)) as gate:
        with pytest.raises(WriteRefusedError):
            await gate.carry_out(ID, Revoke(epoch=3), later(5000))
        with pytest.raises(WriteRefusedError):  # the next command is not locked out
            await gate.carry_out(ID, Revoke(epoch=3), later(5000))
    assert gates[0].commands == []


@pytest.mark.asyncio
async def test_the_echo_of_an_earlier_process_does_not_pass_for_this_commands(
    scheduler: Scheduler, gates: Gates, inputs: "Inputs", demo_site: DemoSite
) -> None:
    command = Grant(node="sc_b", epoch=3, boot=77)
    gates[0].words |= {"command_id": command_number(ID, command), "command_answer": int(CommandAnswer.REFUSED_PERMIT)}
    async with actuator(scheduler, gates, inputs, demo_site({})) as gate:
        end = await gate.carry_out(ID, command, later(5000))
    assert end.outcome is Outcome.DONE
    assert gates[0].commands[0]["id"] not in (0, command_number(ID, command))


@pytest.mark.asyncio
async def test_commands_of_one_section_take_turns(
    scheduler: Scheduler, gates: Gates, inputs: "Inputs", demo_site: DemoSite
) -> None:
    gates[0].takes = False
    async with actuator(scheduler, gates, inputs, demo_site({})) as gate:
        first = asyncio.ensure_future(gate.carry_out(ID, Revoke(epoch=3), later(150)))
        await asyncio.sleep(0.02)
        waiting = await gate.carry_out(ID, Revoke(epoch=4), later(30))
        assert waiting.detail == "another command is under way"
        assert (await first).detail == "no echo in time"
    assert len(gates[0].commands) == 1


def test_command_numbers_differ_with_effect_and_command() -> None:
    numbers = {
        command_number(replace(ID, attempt=attempt), command)
        for attempt in range(50)
        for command in (Revoke(epoch=3), Safe(epoch=3, hold_no=1), Safe(epoch=3, hold_no=2))
    }
    assert len(numbers) == 150
    assert 0 not in numbers
    assert command_number(ID, Revoke(epoch=3)) == command_number(replace(ID), Revoke(epoch=3))
