"""Readings as views: every name of the interface has its field, and only what has changed is made anew."""

from typing import Any

import pytest

from hmi import views
from hmi.model import AlarmView, ChannelView, ConditionView, GroupView, NodeView, Priority, Quality
from hmi.store import Owner, Reading, Store
from hmi.views import event_of, priority
from otha import names
from otha.interface.changes import values
from tests.interface.house import first_status

AT = 1_700_000_000_000
OF_VIEW: dict[type, str] = {
    GroupView: "GroupType",
    NodeView: "NodeType",
    ConditionView: "InterlockType",
    ChannelView: "ChannelType",
}


def owners(status: dict[str, Any]) -> list[Owner]:
    """What stands in the address space for this status."""
    found = [Owner(id=names.SITE, type="SiteType", name=names.SITE)]
    for group in status["groups"]:
        name = group["name"]
        found.append(Owner(id=names.group_id(name), type="GroupType", name=name, group=name))
        found += [
            Owner(id=names.alarm_id(name, code), type="AlarmType", name=code, group=name)
            for code in group["alarm_codes"]
        ]
    return found


def fed(status: dict[str, Any], quality: Quality = Quality.GOOD) -> Store:
    """A store with all that the interface would tell of this status."""
    made = Store(owners(status))
    feed(made, status, quality)
    return made


def feed(made: Store, status: dict[str, Any], quality: Quality = Quality.GOOD) -> None:
    for name, (_, value) in values(status).items():
        owner, _, variable = name.rpartition(".")
        reading = Reading(value, quality, AT)
        if variable == names.PICTURE:
            made.take_picture(made.owners[owner].name, reading)
        elif owner == names.SITE or names.alarm_of(owner) is not None:
            made.take(owner, variable, reading)


def test_every_variable_of_the_interface_has_a_field() -> None:
    assert {kind: left for kind, maker in views.MAKERS.items() if (left := maker.more - views.IN_PARTS)} == {}


def test_a_status_as_views() -> None:
    status = first_status()
    snapshot = fed(status).snapshot()
    assert (snapshot.site.name, snapshot.site.simulation) == ("two_tanks", True)
    (group,) = snapshot.groups.values()
    assert isinstance(group, GroupView)
    assert [each.name for each in group.nodes] == ["sc_a", "sc_b"]
    assert {each.node for each in group.channels} == {"sc_a", "sc_b"}
    assert group.transfer is None
    assert group.gate is not None
    assert group.gate.hold_left_ms is None
    assert group.stamp.quality is Quality.GOOD
    assert group.stamp.at_ms == AT


def test_a_transfer_is_a_view_of_its_own() -> None:
    status = first_status()
    status["groups"][0]["plan"] = {
        "kind": "failover",
        "cause": "dead",
        "from_node": "sc_a",
        "to_node": "sc_b",
        "course": "forward",
        "phase": "fenced",
        "due_in_ms": None,
        "drill": False,
        "by": "",
        "against": [{"block": "tilt", "rule": "S10", "detail": ""}],
    }
    (group,) = fed(status).snapshot().groups.values()
    assert group.transfer is not None
    assert (group.transfer.from_node, group.transfer.to_node, group.transfer.due_ms) == ("sc_a", "sc_b", None)
    assert group.transfer.against == ("tilt (S10)",)


def test_what_has_not_changed_is_the_same_view() -> None:
    status = first_status()
    made = fed(status)
    before = made.snapshot()
    assert made.snapshot() is before
    status["site"] = "renamed"
    made.take(names.SITE, "Name", Reading("renamed", Quality.GOOD, AT + 1))
    after = made.snapshot()
    assert after.site.name == "renamed"
    assert all(after.groups[name] is group for name, group in before.groups.items())
    made.take(names.channel_id(status["channels"][0]["name"]), "Pulse", Reading("lost", Quality.GOOD, AT + 2))
    moved = made.snapshot()
    assert "lost" in {each.pulse for group in moved.groups.values() for each in group.channels}


def test_a_picture_says_what_the_variables_say() -> None:
    status = first_status()
    status["groups"][0]["nodes"][0].update(role="ACTIVE", level=255, ready="true")
    status["groups"][0]["gate"].update(seen=True, state="HELD", hold_left_ms=0)
    (group,) = fed(status).snapshot().groups.values()
    told = {name: value for name, (_, value) in values(status).items()}
    for owner, view in (
        (names.group_id("tanks"), group),
        (names.node_id("tanks", "sc_a"), group.nodes[0]),
        (names.node_id("tanks", "sc_b"), group.nodes[1]),
        *((names.condition_id("tanks", each.name), each) for each in group.conditions),
        *((names.channel_id(each.name), each) for each in group.channels),
    ):
        for variable, field in views.MAKERS[OF_VIEW[type(view)]].fields.items():
            said = told[names.variable_id(owner, variable)]
            assert getattr(view, field.name) == (tuple(said) if isinstance(said, list) else said), (owner, variable)
    assert len(group.conditions) == len(status["groups"][0]["conditions"])
    assert len(group.channels) == len(status["channels"])
    assert group.gate is not None
    assert group.gate.hold_left_ms == 0  # and not "nothing is held"


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"Group": {}}', '{"Group": 3, "Nodes": {}}'])
def test_of_a_picture_that_cannot_be_read_the_last_one_stays_and_is_doubtful(text: str | None) -> None:
    made = fed(first_status())
    before = made.snapshot().groups["tanks"]
    made.take_picture("tanks", Reading(text, Quality.GOOD, AT + 1))
    after = made.snapshot().groups["tanks"]
    assert [each.name for each in after.nodes] == [each.name for each in before.nodes]
    stamps = (each.stamp for of in ((after,), after.nodes, after.conditions, after.channels) for each in of)
    assert {each.quality for each in stamps} == {Quality.UNCERTAIN}


def test_only_what_a_picture_says_anew_is_a_new_view() -> None:
    status = first_status()
    made = fed(status)
    before = made.snapshot().groups["tanks"]
    status["groups"][0]["nodes"][1]["ready"] = "true"
    feed(made, status)
    after = made.snapshot().groups["tanks"]
    assert after.nodes[1].ready == "true"
    assert after.nodes[0] is before.nodes[0]
    assert all(one is other for one, other in zip(after.channels, before.channels, strict=True))


def test_a_doubtful_value_makes_its_view_doubtful() -> None:
    status = first_status()
    made = fed(status)
    made.take(names.node_id("tanks", "sc_a"), "Role", Reading("ACTIVE", Quality.UNCERTAIN, AT))
    (group,) = made.snapshot().groups.values()
    assert group.nodes[0].stamp.quality is Quality.UNCERTAIN
    assert group.nodes[1].stamp.quality is Quality.GOOD


def test_an_alarm_comes_and_goes() -> None:
    status = first_status()
    made = fed(status)
    code = status["groups"][0]["alarm_codes"][0]
    at = names.alarm_id("tanks", code)
    for name, value in (("State", "unacked"), ("Unacked", True), ("Priority", "high"), ("Occurrence", 3)):
        made.take(at, name, Reading(value, Quality.GOOD, AT))
    made.take_alarm_event(at, {"EventId": b"id", "SourceName": "tanks", "at_ms": AT + 5, "Message": "held"})
    made.alarm_read(at)
    (alarm,) = made.snapshot().alarms
    assert isinstance(alarm, AlarmView)
    assert (alarm.group, alarm.code, alarm.priority, alarm.event_id, alarm.at_ms) == (
        "tanks",
        code,
        Priority.HIGH,
        b"id",
        AT + 5,
    )
    made.take(at, "State", Reading("normal", Quality.GOOD, AT + 9))
    made.alarm_read(at)
    assert made.snapshot().alarms == ()


@pytest.mark.parametrize(("word", "found"), [("low", Priority.LOW), ("", Priority.LOW), ("urgent", Priority.CRITICAL)])
def test_a_priority_that_is_none_is_not_hidden(word: str, found: Priority) -> None:
    assert priority(word) is found


def test_a_damaged_event_is_still_told() -> None:
    event = event_of({"Kind": "x", "Body": "{", "at_ms": AT})
    assert (event.kind, event.body, event.at_ms) == ("x", {}, AT)
