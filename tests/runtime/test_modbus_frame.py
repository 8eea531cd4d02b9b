"""Requests as the specification prints them, and any bytes as a reply."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.runtime.modbus_frame import (
    FRAME_MAX,
    BrokenFrame,
    Incomplete,
    ReplyKind,
    read_registers,
    split,
    write_registers,
)


def test_read_request_bytes() -> None:
    """Modbus application protocol 1.1b3, section 6.3: read registers 108 to 110."""
    assert read_registers(0x11, 107, 3).frame(0x1501) == bytes.fromhex("1501 0000 0006 11 03 006B 0003")
    assert read_registers(1, 8, 1, function=4).frame(1)[7] == 4


def test_write_request_bytes() -> None:
    """Modbus application protocol 1.1b3, section 6.12: write 000A and 0102 from register 2."""
    assert write_registers(0x11, 1, (0x000A, 0x0102)).frame(7) == bytes.fromhex(
        "0007 0000 000B 11 10 0001 0002 04 000A 0102"
    )


@pytest.mark.parametrize(
    ("unit", "pdu", "kind"),
    [
        (1, "0304 0001 0002", ReplyKind.GOOD),
        (2, "0304 0001 0002", ReplyKind.GARBLED),
        (1, "0404 0001 0002", ReplyKind.GARBLED),
        (1, "0302 0001", ReplyKind.GARBLED),
        (1, "0304 0001", ReplyKind.GARBLED),
        (1, "0304 0001 0002 0003", ReplyKind.GARBLED),
        (1, "8306", ReplyKind.BUSY),
        (1, "8305", ReplyKind.BUSY),
        (1, "830B", ReplyKind.UNREACHED),
        (1, "8302", ReplyKind.EXCEPTION),
        (1, "8402", ReplyKind.GARBLED),
        (1, "830200", ReplyKind.GARBLED),
    ],
)
def test_replies_are_checked_for_unit_function_and_length(unit: int, pdu: str, kind: ReplyKind) -> None:
    assert read_registers(1, 0, 2).judge(unit, bytes.fromhex(pdu)) is kind


def test_a_write_must_be_echoed_exactly() -> None:
    request = write_registers(1, 5, (1, 2))
    assert request.judge(1, bytes.fromhex("10 0005 0002")) is ReplyKind.GOOD
    assert request.judge(1, bytes.fromhex("10 0005 0001")) is ReplyKind.GARBLED


@given(st.binary(max_size=600))
def test_any_bytes_give_a_frame_or_need_more_or_are_broken(data: bytes) -> None:
    try:
        used, transaction, _unit, pdu = split(data)
    except Incomplete:
        assert len(data) < FRAME_MAX
    except BrokenFrame:
        pass
    else:
        assert 9 <= used <= min(len(data), FRAME_MAX)
        assert 0 <= transaction <= 0xFFFF
        assert len(pdu) == used - 7


@given(st.binary(min_size=3, max_size=40), st.integers(0, 20))
def test_a_frame_is_recognised_from_its_whole_length_on(body: bytes, cut: int) -> None:
    frame = b"\x12\x34\0\0" + len(body).to_bytes(2, "big") + body
    assert split(frame + b"rest") == (len(frame), 0x1234, body[0], body[1:])
    with pytest.raises(Incomplete):
        split(frame[: max(len(frame) - 1 - cut, 0)])
