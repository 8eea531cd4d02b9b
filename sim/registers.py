"""The gate's registers: encode and decode what `plc_profiles/otha_gate.toml` describes.

Registers travel as lists of u16; a u32 takes two, most significant word first. The map is read from the file, so that
the simulated gate, the simulated controllers and the real probes can't drift apart.
"""

import struct
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import resources
from typing import Any, Final

U16_MAX: Final = 0xFFFF
U32_MAX: Final = 0xFFFFFFFF


class State(IntEnum):
    """The gate's state as the status block codes it."""

    FREE = 0
    OWNED = 1
    HELD = 2
    SAFE = 3
    LOCAL = 4


class Opcode(IntEnum):
    """What a command asks of the gate."""

    REVOKE = 1
    VOID = 2
    GRANT = 3
    RELEASE = 4
    SAFE = 5


class Answer(IntEnum):
    """What the gate did with the last command it took."""

    NONE = 0
    DONE = 1
    ALREADY = 2
    REFUSED_EPOCH = 3
    REFUSED_STATE = 4
    REFUSED_PERMIT = 5
    REFUSED_BOOT = 6
    REFUSED_MALFORMED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a supervisor. `boot` matters to GRANT only, `hold_no` to SAFE only."""

    opcode: Opcode
    node: int
    epoch: int
    boot: int = 0
    hold_no: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """What stood in the command mailbox was no command: wrong magic, opcode or CRC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One owner frame. `whole` is false when its two sequence numbers differ or its CRC is wrong."""

    owner: int
    epoch: int
    session: int
    seq: int
    cycle: int
    outputs: tuple[int, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GateMap:
    """The register map as read from the file. Lengths in registers, `status_at` in registers from the block's base."""

    layout: int
    magic: int
    max_nodes: int
    full_scale: int
    status_length: int
    command_length: int
    frame_stride: int
    status_names: tuple[str, ...]
    status_short: tuple[str, ...]
    status_format: struct.Struct
    command_format: struct.Struct

    def frame_length(self, outputs: int) -> int:
        """Registers of one owner frame with that many outputs."""
        return 13 + outputs

    def status_total(self, outputs: int) -> int:
        """Registers of the status block with the applied, held and shadow outputs behind it."""
        return self.status_length + 3 * outputs


@cache
def gate_map() -> GateMap:
    """The shipped register map."""
    text = resources.files("plc_profiles").joinpath("otha_gate.toml").read_text(encoding="utf-8")
    raw: dict[str, Any] = tomllib.loads(text)
    return GateMap(
        layout=raw["gate"]["layout"],
        magic=raw["gate"]["magic"],
        max_nodes=raw["gate"]["max_nodes"],
        full_scale=raw["outputs"]["full_scale"],
        status_length=raw["status"]["length"],
        command_length=raw["command"]["length"],
        frame_stride=raw["frame"]["stride"],
        status_names=tuple(field["name"] for field in raw["status"]["fields"]),
        status_short=_short(raw["status"]["fields"]),
        status_format=_format(raw["status"]["fields"], raw["status"]["length"]),
        command_format=_format(raw["command"]["fields"], raw["command"]["length"]),
    )


def _format(fields: Sequence[Mapping[str, Any]], length: int) -> struct.Struct:
    letters, at = ">", 0
    for field in fields:
        if field["at"] != at:
            raise ValueError(f"otha_gate.toml: field {field['name']} is at {field['at']}, the one before ends at {at}")
        wide = field["type"] == "u32"
        letters += "I" if wide else "H"
        at += 2 if wide else 1
    if at != length:
        raise ValueError(f"otha_gate.toml: the fields take {at} registers, length says {length}")
    return struct.Struct(letters)


def _short(fields: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    names = [str(field["name"]) for field in fields]
    return tuple(names[: names.index("owner_epoch") + 1])


def pack(registers: Sequence[int]) -> bytes:
    """Registers as bytes, high byte first."""
    return struct.pack(f">{len(registers)}H", *registers)


def unpack(data: bytes) -> list[int]:
    """Bytes as registers, high byte first."""
    return list(struct.unpack(f">{len(data) // 2}H", data))


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_CRC_TABLE: Final = _crc_table()


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS (polynomial 0x8005 reflected, start 0xFFFF)."""
    value = 0xFFFF
    for byte in data:
        value = (value >> 8) ^ _CRC_TABLE[(value ^ byte) & 0xFF]
    return value


def encode_status(fields: Mapping[str, int], outputs: Sequence[Sequence[int]]) -> list[int]:
    """The status block from its named fields, followed by the applied, held and shadow outputs."""
    shape = gate_map()
    block = unpack(shape.status_format.pack(*map(fields.__getitem__, shape.status_names)))
    for row in outputs:
        block.extend(row)
    return block


def decode_status(registers: Sequence[int]) -> tuple[dict[str, int], tuple[tuple[int, ...], ...]]:
    """The named fields of a status block and its applied, held and shadow outputs. Raises ValueError if too short."""
    shape = gate_map()
    length = shape.status_length
    if len(registers) < length:
        raise ValueError(f"a status block has {length} registers, got {len(registers)}")
    fields = dict(zip(shape.status_names, shape.status_format.unpack(pack(registers[:length])), strict=True))
    count = fields["outputs"]
    rows = tuple(tuple(registers[length + row * count : length + (row + 1) * count]) for row in range(3))
    return fields, rows


def short_status_length() -> int:
    """Registers from the status block's start that tell state, owner and the owner's epoch: for a slow line."""
    return _short_format().size // 2


@cache
def _short_format() -> struct.Struct:
    shape = gate_map()
    letters = shape.status_format.format[1 : len(shape.status_short) + 1]
    return struct.Struct(f">{letters}")


def decode_short_status(registers: Sequence[int]) -> dict[str, int]:
    """The fields of a short read. Raises ValueError for another length, or when it is no status block."""
    shape = gate_map()
    if len(registers) != short_status_length() or registers[0] != shape.magic:
        raise ValueError(f"no short status block of {short_status_length()} registers: {list(registers)}")
    return dict(zip(shape.status_short, _short_format().unpack(pack(registers)), strict=True))


def encode_command(command: Command) -> list[int]:
    """A command as the registers of its mailbox."""
    shape = gate_map()
    body = shape.command_format.pack(
        shape.magic,
        command.opcode,
        command.node,
        command.epoch,
        command.boot,
        command.hold_no,
        command.id,
        0,
        0,
        0,
    )
    registers = unpack(body)
    registers[-1] = crc16(body[:-2])
    return registers


def decode_command(registers: Sequence[int]) -> Command | Malformed:
    """What stands in the command mailbox."""
    shape = gate_map()
    body = pack(registers)
    magic, opcode, node, epoch, boot, hold_no, identity, _, _, crc = shape.command_format.unpack(body)
    if magic != shape.magic or crc != crc16(body[:-2]) or opcode not in Opcode.__members__.values():
        return Malformed()
    return Command(opcode=Opcode(opcode), node=node, epoch=epoch, boot=boot, hold_no=hold_no, id=identity)


def encode_frame(frame: Frame) -> list[int]:
    """An owner frame as the registers of its mailbox."""
    count = len(frame.outputs)
    body = struct.pack(
        f">HIIIIH{count}HI",
        frame.owner,
        frame.epoch,
        frame.session,
        frame.seq,
        frame.cycle,
        count,
        *frame.outputs,
        frame.seq,
    )
    return [*unpack(body), crc16(body)]


def decode_frame(registers: Sequence[int], outputs: int) -> Frame:
    """What stands in a frame mailbox of a section with that many outputs; `whole` says whether it may be believed."""
    body = pack(registers)
    owner, epoch, session, seq, cycle, count, *rest = struct.unpack(f">HIIIIH{outputs}HIH", body)
    *values, again, crc = rest
    return Frame(
        owner=owner,
        epoch=epoch,
        session=session,
        seq=seq,
        cycle=cycle,
        outputs=tuple(values),
        whole=seq == again and count == outputs and crc == crc16(body[:-2]),
    )
