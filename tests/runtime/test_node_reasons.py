"""What speaks against a node is told by codes, of the active one and of a standby."""

from dataclasses import replace
from pathlib import Path

import pytest

from otha.core.group.state import GroupState, NodeView
from otha.core.inputs import Record
from otha.core.supervision import Supervision
from otha.core.words import Liveness, Milestone, Pulse, Role, Verdict
from otha.runtime import snapshot
from otha.runtime.node_reasons import of_node
from otha.site.load import load_site

SITE = load_site(Path(__file__).parents[2] / "sim" / "sites" / "two_tanks.toml")
(GROUP,) = SITE.core.groups
WELL = NodeView(
    liveness=Liveness.ALIVE, role=Role.STANDBY, level=255, in_rpo=Verdict.TRUE, ready=Verdict.TRUE, taking=Verdict.TRUE
)
ON_TIME = {"sc_b.net_a": Pulse.ON_TIME, "sc_b.net_b": Pulse.ON_TIME}


def against(view: NodeView, name: str = "sc_b", **more: object) -> list[str]:
    """What speaks against `name`, of which this is seen; sc_a is the active one."""
    record = Record(epoch=1, active="sc_a", claim=None, milestone=Milestone.DONE, revision="1")
    seen = tuple(view if node.name == name else WELL for node in GROUP.nodes)
    g = replace(Supervision(SITE.core, 0).group(GROUP.name), record=record, nodes=seen)
    g = replace(g, **more)  # type: ignore[arg-type]  # fields by name
    assert isinstance(g, GroupState)
    return of_node(GROUP, g, [node.name for node in GROUP.nodes].index(name), off=(), pulses=ON_TIME)


def test_nothing_speaks_against_a_node_that_is_well() -> None:
    assert against(WELL) == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (replace(WELL, liveness=Liveness.FROZEN), "not_alive: frozen"),
        (replace(WELL, role=Role.MAINTENANCE), "maintenance"),
        (replace(WELL, level=199), "service_level: 199"),
        (replace(WELL, in_rpo=Verdict.UNKNOWN), "rpo: unknown"),
        (replace(WELL, ready=Verdict.STALE), "ready: stale"),
        (replace(WELL, one_shots=("start_pump",)), "one_shot: start_pump"),
    ],
)
def test_what_keeps_a_standby_from_driving_is_told(seen: NodeView, said: str) -> None:
    assert against(seen) == [said]


def test_a_node_that_was_taken_out_is_told_whatever_it_says_itself() -> None:
    assert against(WELL, maintenance=(False, True)) == ["maintenance"]


def test_of_the_active_one_no_copy_is_asked_for() -> None:
    copy = replace(WELL, in_rpo=Verdict.UNKNOWN, ready=Verdict.UNKNOWN, one_shots=("start_pump",))
    assert against(copy, "sc_a") == []


def test_a_channel_that_is_not_on_time_is_named() -> None:
    g = replace(Supervision(SITE.core, 0).group(GROUP.name), nodes=(WELL, WELL))
    assert of_node(GROUP, g, 1, off=(), pulses={**ON_TIME, "sc_b.net_b": Pulse.LOST}) == ["channel: sc_b.net_b lost"]


def test_a_snapshot_tells_it_of_every_node() -> None:
    (group,) = snapshot.status(Supervision(SITE.core, 0), 0)["groups"]
    for node in group["nodes"]:
        assert node["reasons"][:2] == ["not_alive: unknown", "service_level: 0"]
        assert f"channel: {node['name']}.net_a unknown" in node["reasons"]
