"""Any bytes give messages, the wish for more, or a WireError; nothing else, and never unbounded memory."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.core.words import Arming, OrderKind
from otha.wire import codec, frame
from otha.wire.errors import WireError
from otha.wire.message import (
    EventEntry,
    Hello,
    Message,
    Obstacle,
    OrderReply,
    OrderRequest,
    Refusal,
    StatusReply,
    StatusRequest,
    Subscribe,
    WhyReply,
    WhyRequest,
    from_json,
)

_texts = st.text(max_size=20)
_integers = st.integers(-(2**63), 2**64 - 1)
_json = st.dictionaries(
    _texts,
    st.recursive(
        st.none() | st.booleans() | _integers | _texts,
        lambda x: st.lists(x, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)
_messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Hello, protocol=_integers, sender=_texts, site=_texts, user=_texts, role=_texts),
    st.builds(
        OrderRequest,
        id=_texts,
        order=st.sampled_from(OrderKind),
        group=_texts,
        node=st.none() | _texts,
        arming=st.none() | st.sampled_from(Arming),
        comment=_texts,
    ),
    st.builds(
        OrderReply,
        id=_texts,
        accepted=st.booleans(),
        durable=st.booleans(),
        obstacles=st.lists(st.builds(Obstacle, block=_texts, rule=_texts, detail=_texts), max_size=3).map(tuple),
    ),
    st.just(StatusRequest()),
    st.builds(StatusReply, status=_json),
    st.builds(WhyRequest, group=_texts, node=st.none() | _texts),
    st.builds(WhyReply, why=_json),
    st.just(Subscribe()),
    st.builds(EventEntry, lost=st.integers(0, 2**64 - 1), event=_json),
    st.builds(Refusal, what=_texts, mend=_texts),
)


@given(st.lists(_messages, max_size=4), st.integers(1, 64))
def test_messages_survive_any_cutting_of_the_stream(messages: list[Message], step: int) -> None:
    stream = b"".join(codec.encode(message) for message in messages)
    decoder = codec.Decoder()
    got = [message for at in range(0, len(stream), step) for message in decoder.feed(stream[at : at + step])]
    assert got == messages


@given(_messages)
def test_a_message_has_one_form(message: Message) -> None:
    frame = codec.encode(message)
    assert codec.encode(codec.Decoder().feed(frame)[0]) == frame


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_are_refused_or_wait_for_more(chunks: list[bytes]) -> None:
    decoder = codec.Decoder()
    for chunk in chunks:
        try:
            decoder.feed(chunk)
        except WireError:
            with pytest.raises(WireError):
                decoder.feed(b"")
            return


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_body_is_a_message_or_a_wire_error(body: bytes) -> None:
    frame = b"OW\x01\x00" + len(body).to_bytes(4, "big") + body
    with contextlib.suppress(WireError):
        codec.Decoder().feed(frame)


@given(_messages, st.data())
def test_a_changed_byte_never_gives_another_exception(message: Message, data: st.DataObject) -> None:
    frame = bytearray(codec.encode(message))
    frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        codec.Decoder().feed(bytes(frame))


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda x: (
        st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=8) | st.sampled_from(["kind", "id"]), x, max_size=4)
    ),
    max_leaves=12,
)


@given(_plain, st.sampled_from(["Hello", "OrderRequest", "OrderReply", "StatusRequest", "x"]))
def test_any_json_is_a_message_or_a_wire_error(raw: object, kind: str) -> None:
    for candidate in (raw, {**raw, "kind": kind} if isinstance(raw, dict) else {"kind": raw}):
        with contextlib.suppress(WireError):
            from_json(candidate)


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"kind":"StatusRequest","kind":"StatusRequest"}',
        '{"kind":"EventEntry","lost":1.0,"event":{}}',
        '{"kind":"EventEntry","lost":NaN,"event":{}}',
        '{"kind":"EventEntry","lost":true,"event":{}}',
        '{"kind":"EventEntry","lost":' + "9" * 5000 + ',"event":{}}',
        '{"kind":"EventEntry","lost":18446744073709551616,"event":{}}',
        '{"kind":"StatusRequest","more":1}',
        '{"kind":"OrderReply","id":"x","accepted":true,"durable":true,"obstacles":[1]}',
        '{"kind":"WhyRequest","group":"\\ud800","node":null}',
        "null",
        "",
    ],
    ids=[
        "deep",
        "twice",
        "float",
        "nan",
        "bool for int",
        "huge",
        "65 bits",
        "more fields",
        "wrong part",
        "half a pair",
        "null",
        "empty",
    ],
)
def test_bodies_that_are_no_message(body: str) -> None:
    with pytest.raises(WireError):
        codec.Decoder().feed(b"OW\x01\x00" + len(body).to_bytes(4, "big") + body.encode())


@pytest.mark.parametrize("head", [b"OX", b"OW\x02", b"OW\x01\x01", b"OW\x01\x00\x00\x10\x00\x01", b"GET /"])
def test_a_wrong_head_is_refused_as_soon_as_it_is_seen(head: bytes) -> None:
    """A length above the limit is refused before its body is held."""
    with pytest.raises(WireError):
        codec.Decoder().feed(head)


def test_what_does_not_fit_is_refused_by_the_sender() -> None:
    with pytest.raises(WireError):
        codec.encode(StatusReply(status={"x": "y" * frame.MAX_BODY}))
    with pytest.raises(WireError):
        codec.encode(StatusReply(status={"x": object()}))
    assert json.loads(codec.encode(StatusRequest())[8:]) == {"kind": "StatusRequest"}


def test_what_is_no_integer_of_64_bits_is_not_written() -> None:
    with pytest.raises(WireError):
        codec.encode(StatusReply(status={"wide": 2**64}))
