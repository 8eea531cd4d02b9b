"""What a site file says of each node, by its keys."""

import json

import pytest

from otha.interface.site_text import as_answered, nodes_of

SITE = """
[node.tanks_a]
profile = "otha_controller"
domains = ["host_a", "room_1"]

[node.tanks_b]
channels.lan_1 = { endpoint = "10.0.1.2:502", unit = 3 }
opcua = { secure = true }
"""


def test_a_site_file_says_this_of_each_node() -> None:
    assert nodes_of(SITE) == {
        "tanks_a": {"profile": "otha_controller", "domains": "host_a, room_1"},
        "tanks_b": {"channels.lan_1.endpoint": "10.0.1.2:502", "channels.lan_1.unit": "3", "opcua.secure": "true"},
    }


@pytest.mark.parametrize("text", ["", "[node", "node = 3", "[node]\na = 1"])
def test_a_text_that_says_nothing_of_nodes_says_nothing(text: str) -> None:
    assert nodes_of(text) == {}


def test_a_text_that_stays_the_same_is_read_once() -> None:
    first = as_answered(SITE)
    assert json.loads(first) == nodes_of(SITE)
    assert as_answered("".join(SITE)) is first
    assert as_answered(SITE.replace("tanks_b", "tanks_c")) != first
