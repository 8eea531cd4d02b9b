"""Commands to a gate: one FC16 each, read back until the gate echoes it."""

import asyncio
import time
import zlib
from collections.abc import Sequence
from typing import assert_never

from otha.core.config import GroupConfig
from otha.core.effects import GateCommand, Grant, Release, Revoke, Safe, Void
from otha.core.errors import DefectError
from otha.core.inputs import EffectId, GatePolled, GateReading
from otha.core.words import Answer, Outcome
from otha.runtime.actuators.end import CommandEnd
from otha.runtime.inbox import Put
from otha.runtime.link import Exchange, Link
from otha.runtime.modbus_frame import read_registers, write_registers
from otha.runtime.paths import Paths
from otha.runtime.scheduler import Scheduler
from otha.site.decode import GarbledReadingError, decode_gate_bytes, encode_command
from otha.site.gate_map import CommandAnswer, GateOpcode
from otha.site.model import Section

_READ_AGAIN_MIN_NS = 1_000_000


class WriteRefusedError(DefectError):
    """A write to an address that is not on the site's allow-list. Nothing was sent."""


def command_number(id_: EffectId, command: GateCommand) -> int:
    """The 32-bit id that the gate echoes: derived from effect and command, never 0."""
    text = f"{id_.group}/{id_.epoch}/{id_.plan}/{id_.phase}/{id_.attempt}/{command!r}"
    return zlib.crc32(text.encode()) or 1


def _answer(reading: GateReading) -> tuple[Outcome, str]:
    try:
        answer = CommandAnswer(reading.command_answer)
    except ValueError:
        return Outcome.UNKNOWN, f"answer {reading.command_answer}"
    done = answer in (CommandAnswer.DONE, CommandAnswer.ALREADY)
    if answer is CommandAnswer.NONE:
        return Outcome.UNKNOWN, answer.name
    return (Outcome.DONE if done else Outcome.REFUSED), answer.name


class GateActuator:
    """Commands one section, one command at a time: the gate's mailbox holds a single one."""

    def __init__(
        self,
        section: Section,
        group: GroupConfig,
        links: Sequence[Link],
        paths: Paths,
        scheduler: Scheduler,
        put: Put,
    ) -> None:
        self._section = section
        self._numbers = {node.name: node.number for node in group.nodes}
        self._read_again_ns = max(group.own_gate.scan_ns // 2, _READ_AGAIN_MIN_NS)
        self._links = links
        self._paths = paths
        self._scheduler = scheduler
        self._put = put
        self._reads = [read_registers(p.unit, section.status.at, section.status.count) for p in section.paths]
        self._turn = asyncio.Lock()

    def keep_warm(self, now: int) -> None:
        """Read over the first path's command connection, so that it stands, or is known not to, when it is needed."""
        if not self._turn.locked():
            self._links[0].send(self._reads[0], now + self._section.deadline_ns, None)

    async def carry_out(self, id_: EffectId, command: GateCommand, deadline_ns: int) -> CommandEnd:
        """Send `command` and wait for its echo until `deadline_ns`. Every status read is put before this returns.

        DONE for DONE and ALREADY, REFUSED for the gate's refusals, UNKNOWN for everything else.
        Raises WriteRefusedError.
        """
        try:
            async with asyncio.timeout(max(deadline_ns - time.monotonic_ns(), 0) / 1e9):
                await self._turn.acquire()
        except TimeoutError:
            return CommandEnd(outcome=Outcome.UNKNOWN, detail="another command is under way", path="")
        try:
            return await self._carry_out(id_, command, deadline_ns)
        finally:
            self._turn.release()

    async def _carry_out(self, id_: EffectId, command: GateCommand, deadline_ns: int) -> CommandEnd:
        index, before = await self._first_path(deadline_ns)
        path = self._paths.names[index]
        if before is None:
            return CommandEnd(outcome=Outcome.UNKNOWN, detail="no path shows the gate", path=path)
        number = command_number(id_, command)
        if before.command_id == number:
            # An earlier process sent the same: its echo must not pass for this one's.
            number ^= 0xFFFF_FFFF if number != 0xFFFF_FFFF else 1
        written = await self._write(index, self._encode(command, number), deadline_ns)
        if written.exception:
            return CommandEnd(outcome=Outcome.UNKNOWN, detail=f"Modbus exception {written.exception}", path=path)
        # A write without a reply may have happened: the echo alone tells.
        while time.monotonic_ns() < deadline_ns:
            reading = await self._status(index, deadline_ns)
            if reading is None:
                index = self._paths.current
            elif reading.command_id == number:
                outcome, detail = _answer(reading)
                return CommandEnd(outcome=outcome, detail=detail, path=path)
            await self._scheduler.sleep_until(min(time.monotonic_ns() + self._read_again_ns, deadline_ns))
        return CommandEnd(outcome=Outcome.UNKNOWN, detail="no echo in time", path=path)

    async def _first_path(self, deadline_ns: int) -> tuple[int, GateReading | None]:
        """The first path that shows this gate (its magic number); the time left is shared among the paths."""
        order = self._paths.order()
        for position, index in enumerate(order):
            now = time.monotonic_ns()
            share = now + (deadline_ns - now) // (len(order) - position)
            reading = await self._status(index, share)
            if reading is not None:
                return index, reading
        return order[0], None

    async def _status(self, index: int, deadline_ns: int) -> GateReading | None:
        """One status read, put as an input; None when it gave nothing."""
        limit = min(deadline_ns, time.monotonic_ns() + self._section.fast_deadline_ns)
        exchange = await self._links[index].call(self._reads[index], limit)
        answer, reading = exchange.answer, None
        assert answer is not None
        if answer is Answer.REPLIED:
            try:
                reading = decode_gate_bytes(self._section.gate, len(self._section.outputs), exchange.payload)
            except GarbledReadingError:
                answer = Answer.GARBLED
        self._paths.report(index, reading is not None)
        path = self._paths.names[index]
        # Stamped now: other inputs may have been put since its receipt, and the inbox has one order.
        self._put(
            GatePolled(section=self._section.name, path=path, answer=answer, reading=reading), time.monotonic_ns()
        )
        return reading

    async def _write(self, index: int, words: tuple[int, ...], deadline_ns: int) -> Exchange:
        """The one place where OTHA writes to a device."""
        at = self._section.command.at
        if not any(block.covers(at, len(words)) for block in self._section.writable):
            raise WriteRefusedError(f"{self._section.name}: {len(words)} registers from {at} are not on the allow-list")
        request = write_registers(self._section.paths[index].unit, at, words)
        return await self._links[index].call(request, deadline_ns)

    def _encode(self, command: GateCommand, number: int) -> tuple[int, ...]:
        boot = hold_no = node = 0
        match command:
            case Revoke(epoch=epoch):
                opcode = GateOpcode.REVOKE
            case Void(node=name, epoch=epoch):
                opcode, node = GateOpcode.VOID, self._numbers[name]
            case Grant(node=name, epoch=epoch, boot=boot):
                opcode, node = GateOpcode.GRANT, self._numbers[name]
            case Release(node=name, epoch=epoch):
                opcode, node = GateOpcode.RELEASE, self._numbers[name]
            case Safe(epoch=epoch, hold_no=hold_no):
                opcode = GateOpcode.SAFE
            case never:
                assert_never(never)
        return encode_command(self._section.gate, opcode, node, epoch, boot, hold_no, number)
