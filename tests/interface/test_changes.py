"""Of a snapshot only what it says anew is told, and what is told is what the whole snapshot would tell."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from otha import names
from otha.interface.changes import Changes, values
from otha.interface.values import quiet_alarm
from otha.names import variable_id
from tests.interface.house import first_status

Json = dict[str, Any]  # Any: JSON


def _ready(status: Json) -> None:
    status["groups"][0]["nodes"][1]["ready"] = "true"


def _held(status: Json) -> None:
    status["groups"][0]["gate"].update(seen=True, state="HELD", hold_left_ms=40)


def _lost(status: Json) -> None:
    status["channels"][0]["pulse"] = "lost"


def _reconnected(status: Json) -> None:
    status["links"][status["channels"][0]["name"]] = {"connects": 3, "losses": 2, "trouble": "refused"}


def _bypassed(status: Json) -> None:
    status["groups"][0]["conditions"][0]["bypassed"] = True


def _alarm(status: Json) -> None:
    group = status["groups"][0]
    code = group["alarm_codes"][0]
    group["alarms"] = [{**quiet_alarm(code), "state": "unacked", "active": True, "unacked": True, "priority": "high"}]


def _own_alarm(status: Json) -> None:
    status["alarms"] = [{**quiet_alarm("tilt"), "state": "unacked", "active": True, "priority": "low"}]


def _renamed(status: Json) -> None:
    status["site"] = "renamed"


@pytest.mark.parametrize("change", [_ready, _held, _lost, _reconnected, _bypassed, _alarm, _own_alarm, _renamed])
def test_what_is_told_after_a_change_is_what_the_whole_snapshot_tells(change: Callable[[Json], None]) -> None:
    followed, status = Changes(), first_status()
    shown = followed.of(status)
    assert shown == values(status)
    status = deepcopy(status)
    change(status)
    told = followed.of(status)
    assert told
    assert shown | told == values(status)
    assert len(told) < len(shown)


def test_a_snapshot_that_says_nothing_anew_tells_nothing() -> None:
    followed, status = Changes(), first_status()
    followed.of(status)
    assert followed.of(deepcopy(status)) == {}


def test_a_change_of_a_node_tells_that_node_and_the_picture_alone() -> None:
    followed, status = Changes(), first_status()
    followed.of(status)
    status = deepcopy(status)
    _ready(status)
    node = names.node_id("tanks", status["groups"][0]["nodes"][1]["name"])
    assert followed.of(status).keys() == {
        variable_id(names.group_id("tanks"), names.PICTURE),
        *(variable_id(node, each.name) for each in names.NODE_VARIABLES),
    }


def test_the_picture_is_json_whatever_things_are_called() -> None:
    status = first_status()
    status["groups"][0]["nodes"][0]["name"] = 'quote " back\\slash'
    _, text = values(status)[variable_id(names.group_id("tanks"), names.PICTURE)]
    assert isinstance(text, str)
    told = json.loads(text)
    assert list(told) == ["Group", "Nodes", "Conditions", "Clients", "Channels"]
    assert list(told["Nodes"]) == [each["name"] for each in status["groups"][0]["nodes"]]
