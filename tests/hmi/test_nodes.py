"""The nodes of a group side by side: how they stand and why, what the site file says, what they say themselves."""

from dataclasses import replace

import pytest

from hmi import node_rows
from hmi.group_rows import Rows
from hmi.model import GroupView
from hmi.site_text import nodes_of
from hmi.timing_view import ChannelTiming, TimingView
from tests.hmi import plant

SITE = """
[node.tanks_a]
profile = "otha_controller"
number = 1
domains = ["host_a", "room_1"]
channels.lan_1 = { endpoint = "10.0.1.1:502" }

[node.tanks_b]
profile = "otha_controller"
number = 2
domains = ["host_b", "room_1"]
channels.lan_1 = { endpoint = "10.0.1.2:502", unit = 3 }
opcua = { secure = true }
"""


def _found(rows: Rows) -> dict[str, tuple[tuple[str, ...], bool]]:
    return {texts[0]: (texts[1:], bold) for texts, bold in rows}


def test_a_site_file_says_this_of_each_node() -> None:
    found = nodes_of(SITE)
    assert list(found) == ["tanks_a", "tanks_b"]
    assert found["tanks_b"]["channels.lan_1.unit"] == "3"
    assert found["tanks_b"]["opcua.secure"] == "true"
    assert found["tanks_a"]["domains"] == "host_a, room_1"


@pytest.mark.parametrize("text", ["", "[node", "node = 3", "[node]\na = 1"])
def test_a_text_that_says_nothing_of_nodes_says_nothing(text: str) -> None:
    assert nodes_of(text) == {}


def test_where_the_configuration_differs_it_is_bold() -> None:
    found = _found(node_rows.configured(plant.group("tanks"), nodes_of(SITE)))
    assert found["Site file: profile"] == (("otha_controller", "otha_controller"), False)
    assert found["Site file: number"] == (("1", "2"), True)
    assert found["Site file: channels.lan_1.unit"] == (("-", "3"), True)


def test_nothing_speaks_against_nodes_that_are_well() -> None:
    found = _found(node_rows.standing(plant.group("tanks")))
    assert found["ServiceLevel"] == (("255 · healthy", "255 · healthy"), False)
    assert found["Reasons against it"] == (("none", "none"), False)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"liveness": "frozen"}, "FROZEN"),
        ({"maintenance": True}, "maintenance"),
        ({"service_level": 140}, "not healthy"),
        ({"in_rpo": "unknown"}, "RPO: ? not known"),
        ({"ready": "false"}, "ready: ✗ false"),
    ],
)
def test_what_speaks_against_a_standby_is_said(changed: dict[str, object], said: str) -> None:
    group = plant.group("tanks")
    behind = replace(group.nodes[1], **changed)  # type: ignore[arg-type]  # fields by name
    found = _found(node_rows.standing(replace(group, nodes=(group.nodes[0], behind))))
    (active, standby), bold = found["Reasons against it"]
    assert active == "none"
    assert said in standby
    assert bold


def test_a_lost_channel_speaks_against_its_node_alone() -> None:
    group = plant.group("tanks")
    channels = (replace(group.channels[0], pulse="lost"), *group.channels[1:])
    (active, standby), bold = _found(node_rows.standing(replace(group, channels=channels)))["Reasons against it"]
    assert active == f"channel {group.channels[0].name} is lost"
    assert (standby, bold) == ("none", True)


@pytest.mark.parametrize(("number", "said"), [(255, "healthy"), (199, "degraded"), (1, "no data"), (0, "maintenance")])
def test_a_service_level_says_what_it_means(number: int, said: str) -> None:
    assert node_rows.level(number) == f"{number} · {said}"


def test_raw_values_of_the_same_path_stand_beside_each_other() -> None:
    group: GroupView = plant.group("tanks")
    channels = {
        each.name: ChannelTiming(name=each.name, node=each.node, values={"level": 255, "epoch": number})
        for number, each in enumerate(group.channels)
        if each.name.endswith("lan_1")
    }
    found = _found(node_rows.raw(group, TimingView(channels=channels)))
    assert found["lan_1 level"] == (("255", "255"), False)
    assert found["lan_1 epoch"] == (("0", "2"), True)
