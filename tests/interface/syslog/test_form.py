"""Messages against the grammar of RFC 5424, whatever they are to say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.interface.syslog.form import Element, Message, framed, render
from otha.site.written_outlets import Facility, Severity
from tests.interface.syslog.rfc5424 import parse, unframed

WALL_NS = 1_764_331_200_123_456_789
# Whatever a peer, a person or a file can put into a text, halves of surrogate pairs included.
ANY = st.text(st.characters(exclude_categories=()), max_size=300)
NAMES = st.lists(st.tuples(ANY, ANY), max_size=6)


def message(text: str = "it moved", host: str = "plant-1", data: tuple[Element, ...] = ()) -> Message:
    return Message(
        facility=Facility.LOCAL0,
        severity=Severity.WARNING,
        wall_ns=WALL_NS,
        host=host,
        app="otha",
        process="42",
        id="order.refused",
        data=data,
        text=text,
    )


def test_the_whole_of_one() -> None:
    data = (Element(id="otha@32473", params=(("user", 'a"b\\c]d'), ("comment", "Größe\n<13>1 x"))),)
    assert render(message(data=data), 2048) == (
        b"<132>1 2025-11-28T12:00:00.123456Z plant-1 otha 42 order.refused "
        b'[otha@32473 user="a\\"b\\\\c\\]d" comment="Gr\xc3\xb6\xc3\x9fe?<13>1 x"] \xef\xbb\xbfit moved'
    )


def test_without_data_and_text() -> None:
    assert render(message(text="", host=""), 2048).endswith(b"Z - otha 42 order.refused -")


@given(text=ANY, host=ANY, id_=ANY, params=NAMES, longest=st.integers(480, 3000))
def test_any_text_makes_a_message_of_the_grammar_that_fits(
    text: str, host: str, id_: str, params: list[tuple[str, str]], longest: int
) -> None:
    elements = (Element(id="meta", params=(("sequenceId", "1"),)), Element(id=f"x{id_}@1", params=tuple(params)))
    raw = render(message(text, host, elements), longest)
    assert len(raw) <= longest
    read = parse(raw)
    assert (read.facility, read.severity, read.id) == (16, 4, "order.refused")
    assert read.data["meta"] == {"sequenceId": "1"}


@given(value=st.text(st.characters(categories=("L", "N", "P", "S")), max_size=150))
def test_a_value_is_read_as_it_was_written(value: str) -> None:
    read = parse(render(message(data=(Element(id="a", params=(("v", value),)),)), 4096))
    assert read.data == {"a": {"v": value}}


def test_what_has_no_room_goes_from_behind() -> None:
    long = Element(id="otha@1", params=tuple((f"p{number}", "ü" * 100) for number in range(12)))
    read = parse(render(message("ü" * 5000, data=(Element(id="meta", params=(("a", "b"),)), long)), 1024))
    assert list(read.data["otha@1"]) == [f"p{number}" for number in range(len(read.data["otha@1"]))]
    assert 0 < len(read.data["otha@1"]) < 12


def test_frames_say_their_length_in_octets() -> None:
    messages = [render(message("Größe"), 2048), render(message(""), 2048)]
    assert unframed(b"".join(framed(each) for each in messages)) == (messages, b"")


@pytest.mark.parametrize(
    "raw",
    [
        b"<192>1 2025-11-28T12:00:00Z a b c d -",
        b"<13>1 2025-11-28 12:00:00 a b c d -",
        b"<13>1 2025-11-28T12:00:00.1234567Z a b c d -",
        b'<13>1 2025-11-28T12:00:00Z a b c d [x y="]"]',
        b"<13>1 2025-11-28T12:00:00Z a b c d - no mark of UTF-8",
        b"<13>1 2025-11-28T12:00:00Z a b c d - \xef\xbb\xbftwo\nlines",
        b"<13>1 2025-11-28T12:00:00Z a  c d -",
    ],
)
def test_the_reader_is_strict(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(raw)
