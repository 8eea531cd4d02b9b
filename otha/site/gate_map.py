"""The gate's register map, read from `plc_profiles/otha_gate.toml`: its one source."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import resources

from otha.core.errors import DefectError
from otha.site.document import Document
from otha.site.profile_file import GateBlock, GateFile, WordType
from otha.site.read import read_table

GATE_PROFILE = "otha_gate"

# How the map's types are packed, most significant byte and word first.
STRUCT_LETTERS = {
    WordType.U16: "H",
    WordType.I16: "h",
    WordType.U32: "I",
    WordType.I32: "i",
    WordType.BOOL: "H",
}


class GateOpcode(IntEnum):
    """What a command asks of a gate."""

    REVOKE = 1
    VOID = 2
    GRANT = 3
    RELEASE = 4
    SAFE = 5


class CommandAnswer(IntEnum):
    """What a gate did with the last command that it took (`command_answer`)."""

    NONE = 0
    DONE = 1
    ALREADY = 2
    REFUSED_EPOCH = 3
    REFUSED_STATE = 4
    REFUSED_PERMIT = 5
    REFUSED_BOOT = 6
    REFUSED_MALFORMED = 7


# The refusal counters of the status block, in the order of `GateReading.refused`.
REFUSED = (
    "refused_epoch",
    "refused_state",
    "refused_permit",
    "refused_boot",
    "refused_malformed",
    "frame_torn",
    "frame_owner",
    "frame_epoch",
    "frame_session",
    "frame_seq",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateMap:
    """The register map. Lengths in registers; the structs pack whole blocks, high byte first."""

    layout: int
    magic: int
    max_nodes: int
    max_outputs: int
    full_scale: int
    status_length: int
    status_names: tuple[str, ...]
    status: struct.Struct
    command_length: int
    command_names: tuple[str, ...]
    command: struct.Struct
    frame_stride: int

    def status_count(self, outputs: int) -> int:
        """Registers of one status read: the block and the applied, held and shadow outputs behind it."""
        return self.status_length + 3 * outputs

    def status_at(self, name: str) -> int:
        """Registers of the status block before the field of that name."""
        letters = self.status.format.lstrip(">")[: self.status_names.index(name)]
        return struct.calcsize(f">{letters}") // 2


def _struct(block: GateBlock, name: str) -> struct.Struct:
    letters, at = ">", 0
    for field in block.fields:
        if field.at != at:
            raise DefectError(f"{GATE_PROFILE}.toml: {name}.{field.name} is at {field.at}, the one before ends at {at}")
        letters += STRUCT_LETTERS[field.type]
        at += 2 if field.type in (WordType.U32, WordType.I32) else 1
    if at != block.length:
        raise DefectError(
            f"{GATE_PROFILE}.toml: the fields of {name} take {at} registers, its length says {block.length}"
        )
    return struct.Struct(letters)


@cache
def gate_map() -> GateMap:
    """The shipped map. Raises SiteErrors when the file is damaged, DefectError when its fields do not fit together."""
    shipped = resources.files("plc_profiles").joinpath(f"{GATE_PROFILE}.toml")
    doc = Document(f"{GATE_PROFILE}.toml", shipped.read_text(encoding="utf-8"))
    file = read_table(GateFile, doc, doc.raw, ())
    doc.raise_errors()
    return GateMap(
        layout=file.gate.layout,
        magic=file.gate.magic,
        max_nodes=file.gate.max_nodes,
        max_outputs=file.gate.max_outputs,
        full_scale=file.outputs.full_scale,
        status_length=file.status.length,
        status_names=tuple(field.name for field in file.status.fields),
        status=_struct(file.status, "status"),
        command_length=file.command.length,
        command_names=tuple(field.name for field in file.command.fields),
        command=_struct(file.command, "command"),
        frame_stride=file.frame.stride,
    )
