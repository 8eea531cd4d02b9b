"""The simulated PLC's mailboxes: filled by a write, emptied by a scan, and empty when they hold zeros alone."""

from pathlib import Path

import pytest

from sim.gate_config import GateConfig
from sim.plc_bank import SectionBank
from sim.registers import gate_map
from sim.section import Section

GATE = GateConfig(
    safe_values=(100, 0),
    tolerance=(50, 50),
    owner_watchdog_ms=60,
    hold_max_ms=500,
    scan_ms=5,
    max_resumes=2,
    resume_window_ms=1000,
)
COMMAND, FRAMES = 1200, 1300
LENGTH = gate_map().command_length
STRIDE = gate_map().frame_stride


@pytest.fixture
def bank() -> SectionBank:
    return SectionBank(
        Section(
            name="plc",
            status_base=1000,
            command_base=COMMAND,
            frame_base=FRAMES,
            gate=GATE,
            memory=Path("plc.retain"),
            start=(0, 0),
        )
    )


def test_a_command_is_taken_once(bank: SectionBank) -> None:
    assert bank.write(COMMAND, [1] * LENGTH)
    assert bank.take_command() == [1] * LENGTH
    assert bank.take_command() is None
    assert bank.read(COMMAND, LENGTH) == [0] * LENGTH


def test_a_frame_is_taken_once_from_its_own_mailbox(bank: SectionBank) -> None:
    assert bank.write(FRAMES + STRIDE, [2] * gate_map().frame_length(2))
    assert bank.take_frames() == {2: [2] * gate_map().frame_length(2)}
    assert bank.take_frames() == {}


def test_zeros_are_an_empty_mailbox(bank: SectionBank) -> None:
    assert bank.write(COMMAND, [0] * LENGTH)
    assert bank.write(FRAMES, [0] * STRIDE)
    assert bank.take_command() is None
    assert bank.take_frames() == {}


def test_nothing_but_a_mailbox_is_written(bank: SectionBank) -> None:
    assert not bank.write(1000, [1])
    assert not bank.write(COMMAND + LENGTH - 1, [1, 1])
