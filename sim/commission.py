"""What a commissioning engineer does to a new plant before OTHA is there: gives each section its first owner."""

import asyncio
from typing import Final

from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from sim import control, retain
from sim.errors import PlantError
from sim.heartbeat import LENGTH, Role
from sim.modbus_client import ask
from sim.plant import NODES, PLC_SECTIONS, Plant
from sim.registers import Command, Opcode, State, decode_status, encode_command, gate_map
from sim.section import Section
from sim.whole import HISTORIANS, SCADA, Scope

_REPLY_MS: Final = 1000
_WITHIN_S: Final = 10.0
_FRESH_MS: Final = 200
_FRESH_SERVER_MS: Final = 1000
_FIRST_STORE: Final = "hist_a"
_FIRST_OWNERS: Final = {"plc": "sc_a", "header": "scada_a"}


def new_memories(plant: Plant) -> bool:
    """Give each section that has none its first, good RETAIN memory. Whether there was any such."""
    fresh = [section.memory for section in plant.sections if not section.memory.exists()]
    for memory in fresh:
        retain.commission(memory)
    return bool(fresh)


async def commission(plant: Plant) -> None:
    """Hand the sections of a new plant to their first owners. Raises PlantError when a gate doesn't take it."""
    if plant.scope is Scope.WHOLE:
        await _first_store(plant)
    for section in plant.sections:
        owner = _FIRST_OWNERS[section.name]
        try:
            async with asyncio.timeout(_WITHIN_S):
                await _hand_over(plant.ports["bus"], section, (NODES | SCADA)[owner])
                await (_controllers_settled if section.name == PLC_SECTIONS[0] else _servers_settled)(plant)
        except (OSError, TimeoutError) as error:
            raise PlantError(
                f"{owner} did not become the owner of section {section.name}",
                mend=f"look into the logs in {plant.directory}",
            ) from error


async def _first_store(plant: Plant) -> None:
    """The first historian is active, and the collector writes to it."""
    await control.call(plant.door(_FIRST_STORE), "promote", epoch=1)
    await control.call(plant.door("collector"), "select", epoch=1, node=HISTORIANS[_FIRST_STORE])


async def _hand_over(port: int, section: Section, owner: int) -> None:
    status = await _status(port, section)
    epoch = max(status["epoch"], status["granted"]) + 1
    await _command(port, section, Command(opcode=Opcode.GRANT, node=owner, epoch=epoch, boot=status["boot"], id=1))
    await _command(port, section, Command(opcode=Opcode.RELEASE, node=owner, epoch=epoch, id=2))
    await _until(port, section, "state", State.OWNED)


async def _servers_settled(plant: Plant) -> None:
    """Both SCADA servers know their role, and the standby has the state of the active."""
    while True:
        states = [await control.call(plant.door(name), "state") for name in SCADA]
        roles, lags = [state["role"] for state in states], [state["lag_ms"] for state in states]
        if sorted(roles) == ["active", "standby"] and max(lags) < _FRESH_SERVER_MS:
            return
        await asyncio.sleep(0.05)


async def _controllers_settled(plant: Plant) -> None:
    """Both controllers know their role, and the standby has the state of the active."""
    while True:
        blocks = [await _block(plant, name) for name in NODES]
        roles, lags = [block[6] for block in blocks], [block[26] for block in blocks]
        if sorted(roles) == [Role.ACTIVE, Role.STANDBY] and max(lags) < _FRESH_MS:
            return
        await asyncio.sleep(0.01)


async def _block(plant: Plant, name: str) -> list[int]:
    request = ReadHoldingRegistersRequest(address=0, count=LENGTH)
    return list((await ask(plant.ports[name], request, timeout_ms=_REPLY_MS)).registers)


async def _status(port: int, section: Section) -> dict[str, int]:
    count = gate_map().status_total(section.outputs)
    request = ReadHoldingRegistersRequest(address=section.status_base, count=count)
    reply = await ask(port, request, timeout_ms=_REPLY_MS)
    return decode_status(reply.registers)[0]


async def _command(port: int, section: Section, command: Command) -> None:
    request = WriteMultipleRegistersRequest(address=section.command_base, registers=encode_command(command))
    await ask(port, request, timeout_ms=_REPLY_MS)
    # The mailbox holds one command: the next one must not overwrite it before a scan has taken it.
    await _until(port, section, "command_id", command.id)


async def _until(port: int, section: Section, field: str, value: int) -> None:
    while True:
        if (await _status(port, section))[field] == value:
            return
        await asyncio.sleep(0.01)
