"""The nodes of a group side by side: how they stand and why, what the site file says, what they say themselves."""

from dataclasses import replace

import pytest

from hmi import node_rows
from hmi.group_rows import Rows
from hmi.model import GroupView
from hmi.timing_view import ChannelTiming, TimingView
from tests.hmi import plant

SITE = {
    "tanks_a": {"profile": "otha_controller", "number": "1"},
    "tanks_b": {"profile": "otha_controller", "number": "2", "channels.lan_1.unit": "3"},
}


def _found(rows: Rows) -> dict[str, tuple[tuple[str, ...], bool]]:
    return {texts[0]: (texts[1:], bold) for texts, bold in rows}


def test_where_the_configuration_differs_it_is_bold() -> None:
    found = _found(node_rows.configured(plant.group("tanks"), SITE))
    assert found["Site file: profile"] == (("otha_controller", "otha_controller"), False)
    assert found["Site file: number"] == (("1", "2"), True)
    assert found["Site file: channels.lan_1.unit"] == (("-", "3"), True)


def test_nothing_speaks_against_nodes_that_are_well() -> None:
    found = _found(node_rows.standing(plant.group("tanks")))
    assert found["ServiceLevel"] == (("255 · healthy", "255 · healthy"), False)
    assert found["Reasons against it"] == (("none", "none"), False)


def test_what_speaks_against_a_node_stands_beside_the_others() -> None:
    group = plant.group("tanks")
    behind = replace(group.nodes[1], reasons=("rpo: stale", f"channel: {group.channels[2].name} lost"))
    found = _found(node_rows.standing(replace(group, nodes=(group.nodes[0], behind))))
    said = f"its copy is within the RPO: ! stale; channel {group.channels[2].name} is lost"
    assert found["Reasons against it"] == (("none", said), True)


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
