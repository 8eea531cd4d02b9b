import inspect
from collections import Counter
from dataclasses import fields
from enum import Enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otha.core import canon, codec, inputs, words
from otha.core.canon import CanonError
from otha.core.inputs import (
    AlarmsStood,
    AlarmStood,
    ClockStepped,
    DueReached,
    EffectEnded,
    EffectId,
    GatePolled,
    HeartbeatEnded,
    Input,
    LoopStalled,
    NodeReading,
    OrderGiven,
    OwnTrouble,
    ReferencePolled,
    SelectorPolled,
    SelectorReading,
    SiteSwapped,
    TagsPolled,
    WindowTurned,
)
from otha.core.words import AlarmCode, AlarmState, Answer, Arming, OrderKind, Outcome
from tests.core.build import gate_reading, open_claim, order, reading, record, site_config

few = settings(max_examples=60, deadline=None)

u32 = st.integers(0, 2**32 - 1)
said = st.none() | u32
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = [field.name for field in fields(NodeReading) if field.name != "tracked"]
tracked = st.lists(st.none() | st.integers(-(2**31), 2**31 - 1), max_size=16).map(tuple)
readings = st.builds(NodeReading, tracked=tracked, **dict.fromkeys(numbers, said))
heartbeats = st.builds(HeartbeatEnded, channel=names, answer=st.sampled_from(Answer), reading=st.none() | readings)

EFFECT = EffectId(group="tanks", epoch=2, plan=1, phase="forward.claimed", attempt=0)
OTHERS: list[Input] = [
    GatePolled(section="plc", path="plc.net_a", answer=Answer.REPLIED, reading=gate_reading()),
    GatePolled(section="plc", path="plc.net_a", answer=Answer.MISSED, reading=None),
    SelectorPolled(selector="x", answer=Answer.REPLIED, reading=SelectorReading(epoch=3, node=2)),
    TagsPolled(source="plc", values=(("key", 0), ("permit", None))),
    ReferencePolled(name="ref_a", answer=Answer.MISSED),
    OrderGiven(order=order(OrderKind.SWITCHOVER, "b")),
    OrderGiven(order=order(OrderKind.ARM, arming=Arming.ARMED)),
    AlarmsStood(
        group="tanks",
        alarms=(
            AlarmStood(
                code="level_high",
                state=AlarmState.LATCHED_ACKED,
                occurrence=3,
                details=("drum", "feed"),
                first_out=True,
                stood_ns=7_000,
                shelved_for_ns=5_000,
                one_shot=False,
                out_of_service=True,
            ),
        ),
    ),
    SiteSwapped(cfg=site_config(), nodes=("a",), sections=("plc",), tags=("key",)),
    OwnTrouble(code=AlarmCode.JOURNAL_SILENT, detail="rows wait", holds=True),
    EffectEnded(id=EFFECT, outcome=Outcome.UNKNOWN, record=None),
    EffectEnded(id=EFFECT, outcome=Outcome.DONE, record=record()),
    EffectEnded(id=EFFECT, outcome=Outcome.REFUSED, record=open_claim()),
    WindowTurned(group="tanks", is_open=True),
    ClockStepped(jump_ns=-3_600_000_000_000),
    LoopStalled(gap_ns=400_000_000),
    DueReached(),
]


@few
@given(heartbeats)
def test_a_heartbeat_comes_back_as_it_was(raw: HeartbeatEnded) -> None:
    assert codec.decode_input(codec.encode_input(raw)) == raw


@pytest.mark.parametrize("raw", OTHERS, ids=lambda raw: type(raw).__name__)
def test_every_other_input_comes_back_as_it_was(raw: Input) -> None:
    assert codec.decode_input(codec.encode_input(raw)) == raw


def test_every_kind_of_input_is_tried_here() -> None:
    tried = {HeartbeatEnded, *map(type, OTHERS)}
    assert tried == set(Input.__args__)


@few
@given(heartbeats, st.data())
def test_a_damaged_heartbeat_gives_another_input_or_an_error(raw: HeartbeatEnded, data: st.DataObject) -> None:
    whole = codec.encode_input(raw)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[at] ^= data.draw(st.integers(1, 255))
    try:
        back = codec.decode_input(bytes(damaged))
    except CanonError:
        return
    assert codec.encode_input(back) == bytes(damaged)


@few
@given(heartbeats, st.data())
def test_a_cut_heartbeat_is_an_error(raw: HeartbeatEnded, data: st.DataObject) -> None:
    whole = codec.encode_input(raw)
    with pytest.raises(CanonError):
        codec.decode_input(whole[: data.draw(st.integers(0, len(whole) - 1))])


@few
@given(heartbeats, st.binary(min_size=1, max_size=9))
def test_bytes_behind_a_heartbeat_are_an_error(raw: HeartbeatEnded, more: bytes) -> None:
    with pytest.raises(CanonError):
        codec.decode_input(codec.encode_input(raw) + more)


@few
@given(st.binary(max_size=64))
def test_chance_bytes_are_an_error(chance: bytes) -> None:
    with pytest.raises(CanonError):
        codec.decode_input(b"D" + chance)
    with pytest.raises(CanonError):
        codec.decode_input(chance[:3])


@pytest.mark.parametrize("value", [reading(), record(), 5, "DueReached", (1, 2)])
def test_what_is_no_input_is_refused(value: object) -> None:
    with pytest.raises(CanonError, match="no input"):
        codec.decode_input(canon.encode(value))


def test_no_two_classes_of_the_core_share_a_name() -> None:
    """The bytes name classes without their module."""
    classes = {
        kind
        for module in codec._MODULES
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__.startswith("otha.core") and (hasattr(kind, "__dataclass_fields__") or issubclass(kind, Enum))
    }
    assert [name for name, count in Counter(kind.__name__ for kind in classes).items() if count > 1] == []
    assert codec._KINDS["Role"] is words.Role
    assert codec._KINDS["Record"] is inputs.Record
