"""Registers to readings and back."""

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.core.inputs import NodeReading
from otha.core.words import GateState
from otha.site.decode import (
    GarbledReadingError,
    crc16,
    decode_gate,
    decode_gate_bytes,
    decode_node,
    decode_node_bytes,
    encode_command,
    pack_words,
)
from otha.site.gate_map import REFUSED, GateOpcode, gate_map
from otha.site.profile import compile_decoder, load_profile

HERE = Path(__file__).parent
SC = load_profile("sim_soft_controller", HERE)
U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFF_FFFF)


def _heartbeat(words: dict[int, int]) -> list[int]:
    block = [0x5343, 1] + [0] * 25
    for at, value in words.items():
        block[at] = value
    return block


def test_a_heartbeat_of_the_simulated_controller() -> None:
    """The block as the sim's controllers lay it out; see also tests/site/test_agreement.py."""
    decoder = compile_decoder(SC, ("setpoint_2", "output_1"))
    words = _heartbeat({2: 1, 3: 2, 5: 7, 6: 1, 7: 255, 8: 0, 9: 99, 11: 98, 12: 30, 14: 1, 19: 5000, 24: 42, 26: 12})
    assert decode_node(decoder, words) == NodeReading(
        heartbeat=65538,
        cycle=7,
        role=1,
        level=255,
        position=99,
        acked=98,
        lag_ms=12,
        data_age_ms=30,
        session=65536,
        tracked=(5000, 42),
    )


def test_a_role_code_that_the_profile_does_not_know_is_unknown() -> None:
    assert decode_node(compile_decoder(SC, ()), _heartbeat({6: 9})).role == 0


@pytest.mark.parametrize(
    "words",
    [
        [],
        [0x5343, 1] + [0] * 24,
        [0x5343, 1] + [0] * 26,
        [0x5344, 1] + [0] * 25,
        [0x5343, 2] + [0] * 25,
        _heartbeat({7: 256}),
    ],
    ids=["empty", "short", "long", "magic", "layout", "level"],
)
def test_what_is_not_a_heartbeat_is_garbled(words: list[int]) -> None:
    with pytest.raises(GarbledReadingError):
        decode_node(compile_decoder(SC, ()), words)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_reading_or_are_garbled(payload: bytes) -> None:
    for decode in (
        lambda: decode_node_bytes(compile_decoder(SC, ()), payload),
        lambda: decode_gate_bytes(gate_map(), 3, payload),
    ):
        with contextlib.suppress(GarbledReadingError):
            decode()


def _profile(folder: Path, text: str) -> Path:
    head = (
        'format = 1\nname = "odd"\nkind = "node"\ndescription = "x"\nsource = "x"\n'
        "tried_on_hardware = false\ncycle_ms = 1\nfrozen_after_ms = 1\n"
    )
    (folder / "odd.toml").write_text(head + text, encoding="utf-8")
    return folder


def test_odd_devices_are_put_right_by_their_profile(tmp_path: Path) -> None:
    """Low word first, signed values, bits, codes, a passive server that says 1, seconds instead of milliseconds."""
    folder = _profile(
        tmp_path,
        """
[read]
function = 4
at = 90
length = 20
word_order = "low_first"
[items]
heartbeat = { at = 100, type = "u32" }
cycle = { at = 102, type = "i32" }
role = { at = 104, codes = { "7" = "active", "8" = "standby" } }
level = { at = 105, replace = { "1" = 200 } }
session = { at = 106, bit = 3 }
position = { at = 107, type = "bool" }
data_age_ms = { at = 108, ms_per_count = 1000 }
[tracked]
temperature = { at = 109, type = "i16" }
""",
    )
    decoder = compile_decoder(load_profile("odd.toml", folder), ("temperature",))
    assert (decoder.function, decoder.at, decoder.length) == (4, 90, 20)
    words = [0xAAAA] * 10 + [0x0002, 0x0001, 0xFFFE, 0xFFFF, 8, 1, 0b1000, 77, 3, 0xFFFF]
    assert decode_node(decoder, words) == NodeReading(
        heartbeat=0x10002,
        cycle=-2,
        role=2,
        level=200,
        position=1,
        acked=None,
        lag_ms=None,
        data_age_ms=3000,
        session=1,
        tracked=(-1,),
    )


def test_a_fixed_level_and_nothing_else(tmp_path: Path) -> None:
    folder = _profile(tmp_path, "[items]\nheartbeat = { at = 5 }\nlevel = { fixed = 255 }\n")
    reading = decode_node(compile_decoder(load_profile("odd.toml", folder), ()), [3])
    assert (reading.heartbeat, reading.level, reading.role, reading.cycle) == (3, 255, None, None)


def _status(outputs: int, **fields: int) -> list[int]:
    shape = gate_map()
    given = {"magic": shape.magic, "layout": shape.layout, "outputs": outputs, **fields}
    body = shape.status.pack(*(given.get(name, 0) for name in shape.status_names))
    return [*struct.unpack(f">{shape.status_length}H", body), *range(3 * outputs)]


@given(
    st.integers(1, 16),
    st.dictionaries(st.sampled_from(["boot", "scan", "epoch", "granted", "hold_no", "held_ms", "command_id"]), U32),
    st.sampled_from(list(GateState)),
    st.integers(0, 31),
)
def test_every_field_of_a_status_block(outputs: int, fields: dict[str, int], state: GateState, flags: int) -> None:
    counters = {name: at for at, name in enumerate(REFUSED, start=1)}
    words = _status(outputs, state=state.value, flags=flags, **fields, **counters)
    reading = decode_gate(gate_map(), outputs, words)
    assert {name: getattr(reading, name) for name in fields} == fields
    assert reading.state is state
    assert (reading.armed, reading.permit, reading.return_permit, reading.within) == tuple(
        bool(flags >> bit & 1) for bit in range(4)
    )
    assert reading.refused == tuple(counters.values())
    assert (*reading.applied, *reading.held, *reading.shadow) == tuple(range(3 * outputs))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (_status(3)[:-1], "bytes"),
        (_status(3, magic=1), "magic"),
        (_status(3, layout=2), "layout"),
        ([*_status(2), 0, 0, 0], "outputs"),
        (_status(3, state=5), "state"),
    ],
)
def test_what_is_not_a_status_block_is_garbled(words: list[int], says: str) -> None:
    with pytest.raises(GarbledReadingError, match=says):
        decode_gate(gate_map(), 3, words)


@given(st.sampled_from(list(GateOpcode)), st.integers(0, 8), U32, U32, U32, U32)
def test_a_command_says_what_was_asked(
    opcode: GateOpcode, node: int, epoch: int, boot: int, hold_no: int, id_: int
) -> None:
    shape = gate_map()
    words = encode_command(shape, opcode, node, epoch, boot, hold_no, id_)
    body = pack_words(words)
    said = dict(zip(shape.command_names, shape.command.unpack(body), strict=True))
    assert len(words) == shape.command_length == 16
    assert said == {
        "magic": shape.magic,
        "opcode": opcode.value,
        "node": node,
        "epoch": epoch,
        "boot": boot,
        "hold_no": hold_no,
        "id": id_,
        "reserved_0": 0,
        "reserved_1": 0,
        "crc": crc16(body[:-2]),
    }


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="GRANT"):
        encode_command(gate_map(), GateOpcode.GRANT, 1, 1 << 32, 0, 0, 1)


def test_crc_of_the_standards_example() -> None:
    """MODBUS over Serial Line V1.02, appendix B: 02 07 gives 41 12 on the wire, low byte first."""
    assert crc16(bytes([0x02, 0x07])) == 0x1241


@given(U16)
def test_a_changed_register_changes_the_crc(flip: int) -> None:
    words = encode_command(gate_map(), GateOpcode.REVOKE, 0, 7, 0, 0, 1)
    other = [word ^ (flip if at == 4 else 0) for at, word in enumerate(words[:-1])]
    assert (crc16(pack_words(other)) == words[-1]) == (flip == 0)
