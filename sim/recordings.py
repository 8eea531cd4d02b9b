"""Reads what the bus recorder and the terminal log wrote. For the offline checker: shares no code with the gate.

The layouts are written down here a second time on purpose, from the documents and not from the writers.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import RecordError


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where one section's mailboxes lie, and what its outputs do while held: from the plant's description."""

    section: str
    command_base: int
    frame_base: int
    frame_stride: int
    outputs: int
    hold: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFrame:
    """An owner frame as its bytes say. `torn` when its two sequence numbers differ or its CRC is wrong."""

    mailbox: int
    raw: str
    owner: int
    epoch: int
    session: int
    seq: int
    outputs: tuple[int, ...]
    torn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One line of the terminal log. `outputs`: what the gate let through; `terminals`: after the program's interlocks.
    `command` is the opcode presented, None if none was; levels 0..10000. `at_ms` is the section's own time, `machine`
    the state after the scan, `kept` what local loops were told at its beginning."""

    number: int
    at_ns: int
    at_ms: int
    outputs: tuple[int, ...]
    terminals: tuple[int, ...]
    machine: str
    levels: tuple[int, ...]
    kept: dict[str, int]
    state: int
    owner: int
    owner_epoch: int
    epoch: int
    last_seq: int
    boot: int
    refused: int
    frames: tuple[SeenFrame, ...]
    command: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusWrite:
    """A write request on the bus to one of a section's mailboxes; `mailbox` 0 is the command mailbox."""

    section: str
    at_ns: int
    connection: int
    mailbox: int
    raw: str


def layout(directory: Path) -> Layout:
    """The first section's. Raises RecordError when the folder has no plant description."""
    return layouts(directory)[0]


def layouts(directory: Path) -> tuple[Layout, ...]:
    """One for each section that the plant's controller has. Raises RecordError."""
    try:
        body = json.loads((directory / "plant.json").read_text(encoding="utf-8"))
        built = {"plc": body}
        if body["scope"] == "whole":
            built["header"] = body["header"]
        return tuple(
            Layout(
                section=name,
                command_base=section["command_base"],
                frame_base=section["frame_base"],
                frame_stride=32,
                outputs=len(section["tolerance"]),
                hold=section["hold"],
            )
            for name, section in built.items()
        )
    except (OSError, ValueError, KeyError) as error:
        raise RecordError(f"{directory} has no readable plant.json: {error}", mend="name a plant's folder") from error


def scans(directory: Path, shape: Layout) -> Iterator[Scan]:
    """The terminal log's lines of one section, in order. A last line that was cut off by a kill is left out."""
    path = directory / "terminal.jsonl"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path} can't be read: {error}", mend="was the PLC running?") from error
    lines = data.split(b"\n")[:-1]
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
            if record["section"] == shape.section:
                yield _scan(record, shape)
        except (ValueError, KeyError, TypeError, struct.error) as error:
            raise RecordError(f"{path} line {number} is damaged: {error}", mend="check an unchanged copy") from error


def _scan(line: dict[str, Any], shape: Layout) -> Scan:
    command = bytes.fromhex(line["command"]) if "command" in line else None
    return Scan(
        number=line["scan"],
        at_ns=line["ns"],
        at_ms=line["ms"],
        outputs=tuple(line["out"]),
        terminals=tuple(line.get("at", line["out"])),
        machine=line.get("machine", ""),
        levels=tuple(line["pv"]),
        kept=line.get("kept", {}),
        state=line["state"],
        owner=line["owner"],
        owner_epoch=line["owner_epoch"],
        epoch=line["epoch"],
        last_seq=line["last_seq"],
        boot=line["boot"],
        refused=line["refused"],
        frames=tuple(_frame(int(mailbox), raw, shape) for mailbox, raw in line["frames"].items()),
        command=None if command is None else int.from_bytes(command[2:4]),
    )


def _frame(mailbox: int, raw: str, shape: Layout) -> SeenFrame:
    data = bytes.fromhex(raw)
    owner = int.from_bytes(data[0:2])
    epoch, session, seq = (int.from_bytes(data[at : at + 4]) for at in (2, 6, 10))
    count = int.from_bytes(data[18:20])
    outputs = tuple(int.from_bytes(data[20 + 2 * index : 22 + 2 * index]) for index in range(shape.outputs))
    end = 20 + 2 * shape.outputs
    again, crc = int.from_bytes(data[end : end + 4]), int.from_bytes(data[end + 4 : end + 6])
    return SeenFrame(
        mailbox=mailbox,
        raw=raw,
        owner=owner,
        epoch=epoch,
        session=session,
        seq=seq,
        outputs=tuple(min(10_000, value) for value in outputs),
        torn=seq != again or count != shape.outputs or crc != _crc(data[: end + 4]),
    )


def _crc(data: bytes) -> int:
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            lowest = value & 1
            value >>= 1
            if lowest:
                value ^= 0xA001
    return value


def bus_writes(directory: Path, shape: Layout) -> Iterator[BusWrite]:
    """Writes to one section's mailboxes on the bus, in order, then those on the serial lines, if the plant has any.

    A last record cut off by a kill is left out.
    """
    yield from _recorded_writes(directory / "bus.bin", shape)
    if (directory / "serial.bin").exists():
        yield from _recorded_writes(directory / "serial.bin", shape)


def _recorded_writes(path: Path, shape: Layout) -> Iterator[BusWrite]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path} can't be read: {error}", mend="was the bus recorder running?") from error
    if data[:8] != b"OTHABUS1":
        raise RecordError(f"{path} is no bus recording", mend="check an unchanged copy")
    at = 8
    while at + 15 <= len(data):
        at_ns, connection, direction, length = struct.unpack_from(">QIBH", data, at)
        adu = data[at + 15 : at + 15 + length]
        at += 15 + length
        if direction == 0 and len(adu) == length > 13 and adu[7] == 16:
            address = int.from_bytes(adu[8:10])
            mailbox = _mailbox(address, shape)
            if mailbox is not None:
                raw = adu[13:].hex()
                yield BusWrite(section=shape.section, at_ns=at_ns, connection=connection, mailbox=mailbox, raw=raw)


def _mailbox(address: int, shape: Layout) -> int | None:
    if address == shape.command_base:
        return 0
    offset = address - shape.frame_base
    if 0 <= offset < 8 * shape.frame_stride:
        return offset // shape.frame_stride + 1
    return None
