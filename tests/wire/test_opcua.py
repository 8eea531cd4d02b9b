"""The messages between the supervisor and its OPC UA workers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.wire import opcua
from otha.wire.errors import WireError
from otha.wire.opcua import (
    Beat,
    BeatEnded,
    CallMethod,
    CallOutcome,
    Close,
    Connected,
    Lost,
    MethodEnded,
    NodesRead,
    Offence,
    Open,
    Ping,
    Pong,
    ReadNodes,
    ReadOutcome,
    Ready,
    Report,
    Request,
    Rest,
    Rested,
    WantedNode,
)

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_ints = st.integers(-(2**63), 2**63)
_values = st.lists(st.none() | _ints | _texts, max_size=5).map(tuple)
_nodes = st.lists(st.builds(WantedNode, node=_texts, want=_texts, counts_per_unit=_ints), max_size=3).map(tuple)

_FILES = ("server_certificate", "own_certificate", "own_key", "password_file")
_OPEN_TEXTS = ("url", "security", "application_uri", "user", *_FILES)

_requests: st.SearchStrategy[Request] = st.one_of(
    st.builds(
        Open,
        channel=_ints,
        **dict.fromkeys(_OPEN_TEXTS, _texts),
        connect_ms=_ints,
        patience=_ints,
        nodes=_nodes,
    ),
    st.builds(Close, channel=_ints),
    st.builds(Beat, channel=_ints, serial=_ints, deadline_ns=_ints),
    st.builds(Rest, channel=_ints),
    st.builds(
        ReadNodes,
        id=_ints,
        channel=_ints,
        nodes=st.lists(_texts, max_size=3).map(tuple),
        counts_per_unit=st.lists(_ints, max_size=3).map(tuple),
        deadline_ns=_ints,
    ),
    st.builds(
        CallMethod,
        id=_ints,
        channel=_ints,
        object_id=_texts,
        method_id=_texts,
        arguments=st.lists(_ints, max_size=3).map(tuple),
        types=st.lists(_texts, max_size=3).map(tuple),
        deadline_ns=_ints,
    ),
    st.just(Ping()),
)
_reports: st.SearchStrategy[Report] = st.one_of(
    st.builds(Ready, pid=_ints),
    st.just(Pong()),
    st.builds(
        BeatEnded,
        channel=_ints,
        serial=_ints,
        outcome=st.sampled_from(ReadOutcome),
        values=_values,
        received_ns=_ints,
        trouble=_texts,
    ),
    st.builds(Rested, channel=_ints, for_ms=_ints),
    st.builds(NodesRead, id=_ints, outcome=st.sampled_from(ReadOutcome), values=_values, trouble=_texts),
    st.builds(
        MethodEnded,
        id=_ints,
        outcome=st.sampled_from(CallOutcome),
        status=_ints,
        values=st.lists(_ints, max_size=3).map(tuple),
        trouble=_texts,
    ),
    st.builds(Connected, channel=_ints),
    st.builds(Lost, channel=_ints, refused=st.booleans(), given_up=st.booleans(), trouble=_texts),
    st.builds(Offence, channel=_ints, trouble=_texts),
)


@given(st.lists(_requests, max_size=4), st.integers(1, 64))
def test_requests_survive_any_cutting(messages: list[Request], step: int) -> None:
    stream = b"".join(opcua.encode_request(message) for message in messages)
    reader = opcua.request_reader()
    assert [m for at in range(0, len(stream), step) for m in reader.feed(stream[at : at + step])] == messages


@given(st.lists(_reports, max_size=4), st.integers(1, 64))
def test_reports_survive_any_cutting(messages: list[Report], step: int) -> None:
    stream = b"".join(opcua.encode_report(message) for message in messages)
    reader = opcua.report_reader()
    assert [m for at in range(0, len(stream), step) for m in reader.feed(stream[at : at + step])] == messages


def test_each_side_takes_only_what_is_meant_for_it() -> None:
    with pytest.raises(WireError):
        opcua.report_reader().feed(opcua.encode_request(Ping()))
    with pytest.raises(WireError):
        opcua.request_reader().feed(opcua.encode_report(Pong()))


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"Rested","channel":1,"for_ms":1.5}',
        b'{"kind":"Rested","channel":true,"for_ms":1}',
        b'{"kind":"Rested","channel":1}',
        b'{"kind":"NodesRead","id":1,"outcome":"done","trouble":"","values":[]}',
        b'{"kind":"NodesRead","id":1,"outcome":"busy","trouble":"","values":[[1]]}',
        b'{"kind":"NodesRead","id":1,"outcome":"busy","trouble":"","values":["\\ud800"]}',
        b'{"kind":"NodesRead","id":1,"outcome":"busy","trouble":"","values":7}',
    ],
)
def test_what_is_no_report(body: bytes) -> None:
    with pytest.raises(WireError):
        opcua.report_reader().feed(b"OU\x01\x00" + len(body).to_bytes(4, "big") + body)
