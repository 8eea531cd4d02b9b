"""A snapshot as values: every variable has one, whatever a snapshot leaves out."""

from otha import names
from otha.interface.values import values
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
