"""Registers to readings, and commands to registers: pure functions over compiled profiles."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from otha.core.errors import OthaError
from otha.core.inputs import GateReading, NodeReading
from otha.core.words import GateState
from otha.site.gate_map import REFUSED, GateMap, GateOpcode

U16_MAX = 0xFFFF
U32_MAX = 0xFFFF_FFFF
LEVEL_MAX = 255

_GATE_STATES = {state.value: state for state in GateState}


class GarbledReadingError(OthaError):
    """A reply that is not what the profile says: length, check word, layout or code. Nothing in it may be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoder:
    """A profile compiled for one node: one `struct` for the whole block, and where each item ends up.

    The values of an exchange are the unpacked registers, then `constants`, then one `derived` value per entry (an
    unpacked position and the function that finishes it). Items are positions among these. `roles` maps a device's
    code to a `Role`'s; the code None maps to itself.
    """

    what: str
    function: int
    at: int
    length: int
    block: struct.Struct
    constants: tuple[int | None, ...]
    derived: tuple[tuple[int, Callable[[int], int]], ...]
    checks: tuple[tuple[int, int], ...]
    roles: dict[int | None, int | None]
    heartbeat: int
    cycle: int
    role: int
    level: int
    position: int
    acked: int
    lag_ms: int
    data_age_ms: int
    session: int
    epoch: int
    missing: int
    stored: int
    pending: int
    tracked: tuple[int, ...]


def unpack_block(decoder: Decoder, payload: bytes) -> tuple[Any, ...]:
    """All values of one exchange; raises GarbledReadingError when length or check words are wrong."""
    if len(payload) != decoder.block.size:
        raise GarbledReadingError(f"{decoder.what}: {len(payload)} bytes, expected {decoder.block.size}")
    values: tuple[Any, ...] = decoder.block.unpack(payload)
    for position, wanted in decoder.checks:
        if values[position] != wanted:
            raise GarbledReadingError(f"{decoder.what}: check word is {values[position]:#06x}, expected {wanted:#06x}")
    if decoder.derived:
        finished = tuple(finish(values[position]) for position, finish in decoder.derived)
        return values + decoder.constants + finished
    return values + decoder.constants


def decode_node_bytes(decoder: Decoder, payload: bytes) -> NodeReading:
    """A heartbeat's registers, as the bytes of the reply, high byte first.

    Raises GarbledReadingError when the reply has a wrong length or check word, or a ServiceLevel above 255.
    """
    v = unpack_block(decoder, payload)
    level = v[decoder.level]
    if level is not None and not 0 <= level <= LEVEL_MAX:
        raise GarbledReadingError(f"{decoder.what}: ServiceLevel {level}")
    return NodeReading(
        heartbeat=v[decoder.heartbeat],
        cycle=v[decoder.cycle],
        role=decoder.roles.get(v[decoder.role], 0),
        level=level,
        position=v[decoder.position],
        acked=v[decoder.acked],
        lag_ms=v[decoder.lag_ms],
        data_age_ms=v[decoder.data_age_ms],
        session=v[decoder.session],
        epoch=v[decoder.epoch],
        missing=v[decoder.missing],
        stored=v[decoder.stored],
        pending=v[decoder.pending],
        tracked=tuple([v[position] for position in decoder.tracked]),
    )


def decode_node(decoder: Decoder, words: Sequence[int]) -> NodeReading:
    """As `decode_node_bytes`, from registers."""
    return decode_node_bytes(decoder, pack_words(words))


def pack_words(words: Sequence[int]) -> bytes:
    """Registers as bytes, high byte first."""
    return struct.pack(f">{len(words)}H", *words)


def decode_gate_bytes(shape: GateMap, outputs: int, payload: bytes) -> GateReading:
    """A gate's status block with the outputs behind it, as the bytes of the reply.

    Raises GarbledReadingError when length, magic, layout, number of outputs or state are not what they must be.
    """
    expected = 2 * shape.status_count(outputs)
    if len(payload) != expected:
        raise GarbledReadingError(f"gate status: {len(payload)} bytes, expected {expected}")
    v = dict(zip(shape.status_names, shape.status.unpack_from(payload), strict=True))
    for name, wanted in (("magic", shape.magic), ("layout", shape.layout), ("outputs", outputs)):
        if v[name] != wanted:
            raise GarbledReadingError(f"gate status: {name} is {v[name]}, expected {wanted}")
    state = _GATE_STATES.get(v["state"])
    if state is None:
        raise GarbledReadingError(f"gate status: no such state as {v['state']}")
    flags = v["flags"]
    rows = struct.unpack_from(f">{3 * outputs}H", payload, 2 * shape.status_length)
    return GateReading(
        boot=v["boot"],
        scan=v["scan"],
        state=state,
        armed=bool(flags & 1),
        permit=bool(flags & 2),
        return_permit=bool(flags & 4),
        within=bool(flags & 8),
        owner=v["owner"],
        last_driver=v["last_driver"],
        owner_epoch=v["owner_epoch"],
        epoch=v["epoch"],
        granted=v["granted"],
        hold_no=v["hold_no"],
        held_ms=v["held_ms"],
        owner_age_ms=v["owner_age_ms"],
        last_seq=v["last_seq"],
        refused=tuple([v[name] for name in REFUSED]),
        command_id=v["command_id"],
        command_answer=v["command_answer"],
        resumes_left=v["resumes_left"],
        hold_max_ms=v["hold_max_ms"],
        owner_watchdog_ms=v["owner_watchdog_ms"],
        scan_ms=v["scan_ms"],
        shadow_age_ms=v["shadow_age_ms"],
        applied=rows[:outputs],
        held=rows[outputs : 2 * outputs],
        shadow=rows[2 * outputs :],
    )


def decode_gate(shape: GateMap, outputs: int, words: Sequence[int]) -> GateReading:
    """As `decode_gate_bytes`, from registers."""
    return decode_gate_bytes(shape, outputs, pack_words(words))


def encode_command(
    shape: GateMap, opcode: GateOpcode, node: int, epoch: int, boot: int, hold_no: int, id_: int
) -> tuple[int, ...]:
    """A command as the registers of the mailbox, CRC included. `boot` is for GRANT, `hold_no` for SAFE, else 0.

    Raises ValueError when a number does not fit its register.
    """
    given = {
        "magic": shape.magic,
        "opcode": int(opcode),
        "node": node,
        "epoch": epoch,
        "boot": boot,
        "hold_no": hold_no,
        "id": id_,
    }
    try:
        body = shape.command.pack(*(given.get(name, 0) for name in shape.command_names))
    except struct.error as error:
        raise ValueError(f"command {opcode.name}: {error}") from None
    words = struct.unpack(f">{shape.command_length}H", body)
    return (*words[:-1], crc16(body[:-2]))


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS: polynomial 0x8005 reflected, start 0xFFFF."""
    value = U16_MAX
    for byte in data:
        value = (value >> 8) ^ _CRC_TABLE[(value ^ byte) & 0xFF]
    return value
