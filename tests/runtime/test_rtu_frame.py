"""The gathering of a reply: whatever surrounds it, and however it is cut, it is found when its last byte is there."""

from hypothesis import assume, given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU

from otha.runtime.modbus_frame import Request, echo, read_registers, write_registers
from otha.runtime.rtu_frame import Gathering, adu


def with_crc(frame: bytes) -> bytes:
    return frame + FramerRTU.compute_CRC(frame).to_bytes(2, "big")


units = st.integers(1, 247)
words = st.integers(0, 0xFFFF)
reads = st.builds(read_registers, units, words, st.integers(1, 125), function=st.sampled_from([3, 4]))
writes = st.builds(write_registers, units, words, st.lists(words, min_size=1, max_size=100).map(tuple))
requests = st.one_of(reads, writes, st.builds(echo, units, words))


@st.composite
def asked_and_answered(draw: st.DrawFn) -> tuple[Request, bytes]:
    """A request and the PDU of a right reply or of an exception."""
    request = draw(requests)
    if draw(st.booleans()):
        return request, bytes((request.prefix[0] | 0x80, draw(st.integers(1, 11))))
    rest = request.reply_length - len(request.prefix)
    return request, request.prefix + draw(st.binary(min_size=rest, max_size=rest))


def fed(request: Request, data: bytes, cuts: list[int]) -> list[tuple[int, bytes]]:
    """Feed the data in lumps; (bytes fed by then, PDU) of everything that was found."""
    gathering, found, at = Gathering(request), [], 0
    for cut in [*sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]:
        pdu = gathering.feed(data[at:cut])
        at = cut
        if pdu is not None:
            found.append((cut, pdu))
    return found


@given(asked_and_answered(), st.binary(max_size=40), st.binary(max_size=10))
def test_a_reply_is_found_with_its_last_byte(pair: tuple[Request, bytes], before: bytes, after: bytes) -> None:
    request, pdu = pair
    data = before + with_crc(bytes((request.unit,)) + pdu) + after
    end = len(data) - len(after)
    found = fed(request, data, list(range(len(data))))
    assert found[0] == (end, pdu)


@given(asked_and_answered(), st.binary(max_size=40), st.lists(st.integers(0, 400), max_size=8))
def test_how_it_is_cut_changes_nothing(pair: tuple[Request, bytes], before: bytes, cuts: list[int]) -> None:
    request, pdu = pair
    found = fed(request, before + with_crc(bytes((request.unit,)) + pdu), cuts)
    assert found[0][1] == pdu


@given(asked_and_answered(), st.integers(0, 2000), st.integers(1, 255))
def test_a_changed_byte_is_no_reply(pair: tuple[Request, bytes], where: int, flip: int) -> None:
    request, pdu = pair
    frame = bytearray(with_crc(bytes((request.unit,)) + pdu))
    frame[where % len(frame)] ^= flip  # CRC-16 finds every error of a single byte
    assert fed(request, bytes(frame), []) == []


@given(asked_and_answered(), requests)
def test_the_reply_to_another_request_is_none(pair: tuple[Request, bytes], other: Request) -> None:
    request, pdu = pair
    same_function = other.prefix[0] == request.prefix[0]
    assume(other.unit != request.unit or not same_function or other.reply_length != request.reply_length)
    assume(len(pdu) != 2 or other.unit != request.unit or not same_function)
    assert fed(other, with_crc(bytes((request.unit,)) + pdu), []) == []


@given(st.one_of(reads, writes))
def test_a_request_that_is_repeated_is_no_reply(request: Request) -> None:
    assert fed(request, adu(request), []) == []


@given(reads, st.binary(max_size=3000))
def test_however_much_comes_it_is_bounded(request: Request, data: bytes) -> None:
    gathering = Gathering(request)
    for _ in range(3):
        gathering.feed(data)
    assert len(gathering.taken) <= 1024
    assert gathering.strays <= len(gathering.taken)


@given(asked_and_answered(), st.binary(max_size=20), st.binary(max_size=20))
def test_what_belongs_to_no_reply_is_counted(pair: tuple[Request, bytes], before: bytes, after: bytes) -> None:
    request, pdu = pair
    gathering = Gathering(request)
    gathering.feed(before + with_crc(bytes((request.unit,)) + pdu) + after)
    assert gathering.strays == len(before) + len(after)
