"""The register map: what is written is read again, and only what is whole is believed."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plc_profiles
from sim.gate import Gate, Retained
from sim.gate_config import GateConfig
from sim.registers import (
    U16_MAX,
    U32_MAX,
    Command,
    Frame,
    Malformed,
    Opcode,
    crc16,
    decode_command,
    decode_frame,
    decode_status,
    encode_command,
    encode_frame,
    encode_status,
    gate_map,
)

U16 = st.integers(0, U16_MAX)
U32 = st.integers(0, U32_MAX)
COMMANDS = st.builds(Command, opcode=st.sampled_from(Opcode), node=U16, epoch=U32, boot=U32, hold_no=U32, id=U32)
FRAMES = st.builds(Frame, owner=U16, epoch=U32, session=U32, seq=U32, cycle=U32, outputs=st.tuples(U16, U16, U16))


def test_crc_has_the_check_value_of_its_standard() -> None:
    assert crc16(b"123456789") == 0x4B37


@given(COMMANDS)
def test_commands_come_back(command: Command) -> None:
    registers = encode_command(command)
    assert len(registers) == gate_map().command_length
    assert decode_command(registers) == command


@given(COMMANDS, st.integers(0, 15), st.integers(1, U16_MAX))
def test_one_changed_register_makes_a_command_malformed(command: Command, at: int, change: int) -> None:
    registers = encode_command(command)
    registers[at] ^= change
    assert decode_command(registers) == Malformed()


def test_an_empty_mailbox_is_no_command() -> None:
    assert decode_command([0] * 16) == Malformed()


@given(FRAMES)
def test_frames_come_back(frame: Frame) -> None:
    registers = encode_frame(frame)
    assert len(registers) == gate_map().frame_length(3)
    assert decode_frame(registers, 3) == frame


@given(FRAMES, st.integers(0, 15), st.integers(1, U16_MAX))
def test_one_changed_register_makes_a_frame_torn(frame: Frame, at: int, change: int) -> None:
    registers = encode_frame(frame)
    registers[at] ^= change
    assert not decode_frame(registers, 3).whole


def test_a_frame_of_another_size_is_torn() -> None:
    frame = Frame(owner=1, epoch=1, session=1, seq=1, cycle=1, outputs=(1, 2))
    assert not decode_frame([*encode_frame(frame), 0], 3).whole


def test_the_status_block_lies_where_the_file_says() -> None:
    config = GateConfig(
        safe_values=(1, 2, 3),
        tolerance=(0, 0, 0),
        owner_watchdog_ms=60,
        hold_max_ms=70_000,
        scan_ms=5,
        max_resumes=2,
        resume_window_ms=1000,
    )
    gate = Gate(config, Retained(epoch=70_001, granted=5, boot=7, safe=False, local=False), 0x12345678)
    fields, rows = gate.status()
    registers = encode_status(fields, rows)
    raw = tomllib.loads((Path(plc_profiles.__path__[0]) / "otha_gate.toml").read_text(encoding="utf-8"))
    assert set(fields) == {field["name"] for field in raw["status"]["fields"]}
    for field in raw["status"]["fields"]:
        at = field["at"]
        value = registers[at] if field["type"] == "u16" else registers[at] << 16 | registers[at + 1]
        assert value == fields[field["name"]], field["name"]
    assert registers[46:49] == [1, 2, 3]
    assert decode_status(registers) == (fields, rows)


def test_a_short_status_block_is_refused() -> None:
    with pytest.raises(ValueError, match="46"):
        decode_status([0] * 45)
