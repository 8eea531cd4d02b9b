"""A snapshot as values: every variable has one, whatever a snapshot leaves out."""

from otha import names
from otha.core.alarm_list import DEFAULTS
from otha.core.words import AlarmCode
from otha.interface.changes import values
from otha.interface.values import quiet_alarm
from otha.names import Kind
from tests.interface.house import first_status

PYTHON = {
    Kind.BOOLEAN: bool,
    Kind.BYTE: int,
    Kind.INT32: int,
    Kind.INT64: int,
    Kind.TEXT: str,
    Kind.TEXTS: list,
}


def test_every_variable_has_a_value_of_its_kind() -> None:
    found = values(first_status())
    assert found.keys() >= {names.variable_id(names.SITE, each.name) for each in names.SITE_VARIABLES}
    for kind, value in found.values():
        assert type(value) is PYTHON[kind]


def test_a_transfer_and_an_alarm_are_shown() -> None:
    status = first_status()
    (group,) = status["groups"]
    against = {"block": "tilt", "rule": "S10", "detail": ""}
    group["plan"] = {
        "kind": "failover",
        "cause": "dead",
        "from_node": "sc_a",
        "to_node": "sc_b",
        "course": "forward",
        "phase": "fenced",
        "due_in_ms": 120,
        "drill": False,
        "by": "",
        "against": [against],
    }
    alarm = {
        "code": "section_held",
        "state": "unacked",
        "active": True,
        "unacked": True,
        "flags": [],
        "occurrence": 4,
        "priority": "high",
        "first_out": True,
        "detail": "",
        "cause": "frames stopped",
        "consequence": "outputs are held",
        "response": "look at the plant",
    }
    group["alarms"] = [alarm, {**alarm, "code": "gate_unseen", "flags": ["shelved"]}]
    status["alarms"] = [{**alarm, "code": "tilt"}]
    found = {name: value for name, (_, value) in values(status).items()}
    assert found["Group/tanks.TransferPhase"] == "fenced"
    assert found["Group/tanks.TransferDueMs"] == 120
    assert found["Group/tanks.TransferAgainst"] == ["tilt (S10)"]
    assert (found["Group/tanks.ActiveAlarms"], found["Group/tanks.UnackedAlarms"]) == (1, 1)
    assert found["Group/tanks/Alarm/section_held.Occurrence"] == 4
    assert found["Group/tanks/Alarm/gate_unseen.Flags"] == ["shelved"]
    assert found[f"{names.SITE}/Alarm/tilt.State"] == "unacked"
    assert found["Group/tanks/Alarm/halted.State"] == "normal"
    assert found["Group/tanks/Alarm/section_held.Response"] == "look at the plant"
    assert found["Group/tanks/Alarm/halted.Response"] == ""


def test_whose_words_an_alarms_cause_and_response_are_is_told() -> None:
    status = first_status()
    listed = next(each for each in DEFAULTS if each.code == AlarmCode.TILT)
    own = {"cause": listed.cause, "consequence": listed.consequence, "response": listed.response}
    alarm = {**quiet_alarm("tilt"), "state": "unacked", "priority": "low", **own}
    status["alarms"] = [alarm]
    at = f"{names.SITE}/Alarm/tilt.SiteWords"
    assert values(status)[at] == (Kind.BOOLEAN, False)
    status["alarms"] = [{**alarm, "response": "call the shift leader"}]
    assert values(status)[at] == (Kind.BOOLEAN, True)


def test_what_waits_for_a_second_person_is_told_whole() -> None:
    status = first_status()
    status["groups"][0]["persons"]["request"] = {
        "number": 7,
        "order": "bypass",
        "by": "kim",
        "item": "level_ok",
        "for_ms": 60_000,
        "comment": "transmitter is being changed",
        "left_ms": 30_000,
    }
    found = {name: value for name, (_, value) in values(status).items()}
    at = "Group/tanks.Request"
    told = {name: found[f"{at}{name}"] for name in ("Order", "Number", "By", "Item", "ForMs", "Comment", "LeftMs")}
    assert list(told.values()) == ["bypass", 7, "kim", "level_ok", 60_000, "transmitter is being changed", 30_000]
