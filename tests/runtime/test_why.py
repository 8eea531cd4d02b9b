"""What `otha why` answers: never that a failover would happen where none would, and always the operator's next step."""

import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from otha import terminal
from otha.core.group.state import InFlight, InFlightKind
from otha.core.inputs import ClockStepped, EffectEnded, HeartbeatEnded, NodeReading, Record
from otha.core.reasons import Block
from otha.core.supervision import Supervision
from otha.core.words import Answer, Milestone, Outcome
from otha.report import sentence
from otha.runtime import snapshot
from otha.runtime import why as told
from otha.site.load import load_site

SITE = load_site(Path(__file__).parents[2] / "sim" / "sites" / "two_tanks.toml")
(GROUP,) = SITE.core.groups
PROCESS: dict[str, Any] = {
    "journal": {"damage": "", "trouble": ""},
    "records": {"trouble": ""},
    "notices": [],
    "loop": {"defects": {}},
    "links": defaultdict(lambda: {"trouble": ""}),
}


def why(core: Supervision, node: str | None = None) -> dict[str, Any]:
    answer = told.why(core, GROUP.name, node, time.monotonic_ns())
    assert answer is not None
    return answer


def codes(obstacles: list[dict[str, Any]]) -> list[str]:
    return [each["block"] for each in obstacles]


def test_without_an_able_standby_no_failover_would_happen() -> None:
    answer = why(Supervision(SITE.core, 0))
    assert "node_not_able" in codes(answer["failover_obstacles"])


def test_a_node_that_is_none_stands_against_the_switchover_and_names_those_there_are() -> None:
    answer = why(Supervision(SITE.core, 0), "sc_x")
    assert [(each["block"], each["detail"]) for each in answer["obstacles"]] == [
        ("no_such_node", "sc_x; its nodes are sc_a, sc_b")
    ]


def test_what_needs_an_operator_stands_against_a_failover_too() -> None:
    core = Supervision(SITE.core, 0)
    decisions = core.feed(ClockStepped(jump_ns=SITE.core.tilt_gap_ns + 1), 0)
    (asked,) = (effect for decision in decisions for effect in decision.effects)
    core.feed(EffectEnded(id=asked.id, outcome=Outcome.UNKNOWN, record=None), GROUP.timing.settle_ns)
    answer = why(core)
    assert answer["concern"]["block"] == "store_silent"
    assert codes(answer["failover_obstacles"]) == ["store_silent"]


@pytest.mark.parametrize(
    "block",
    [
        Block.GATE_NOT_IN_OTHAS_HANDS,
        Block.NOBODY_DRIVES,
        Block.OWNER_DISAGREES,
        Block.FIRST_START_DISAGREES,
        Block.GATE_UNSEEN,
        Block.GATE_MISMATCH,
        Block.STORE_SILENT,
        Block.NOT_ARMED,
        Block.HALTED,
    ],
)
def test_every_concern_names_the_next_step(block: Block) -> None:
    assert sentence.next_step(block.code, group="tanks", owner=None)


def test_the_next_step_can_be_typed_as_it_stands() -> None:
    step = sentence.next_step("owner_disagrees", group="tanks", owner="sc_b")
    assert step.endswith("otha order switchover tanks --to sc_b")


def away() -> Supervision:
    """sc_b is the recorded active, sc_a the preferred node; nobody was heard yet."""
    core = Supervision(SITE.core, 0)
    decisions = core.feed(ClockStepped(jump_ns=SITE.core.tilt_gap_ns + 1), 0)
    (asked,) = (effect for decision in decisions for effect in decision.effects)
    found = Record(epoch=1, active="sc_b", claim=None, milestone=Milestone.DONE, revision="1")
    core.feed(EffectEnded(id=asked.id, outcome=Outcome.DONE, record=found), 1)
    return core


def test_the_way_back_to_the_preferred_node_is_shown_with_all_that_stands_against_it() -> None:
    core = away()
    answer = why(core)
    assert (answer["failback"]["to_node"], answer["failback"]["mode"], answer["failback"]["steady"]) == (
        "sc_a", "manual", False,
    )  # fmt: skip
    assert {"not_steady", "not_resynchronised"} <= set(codes(answer["failback"]["obstacles"]))
    (group,) = snapshot.status(core, 2)["groups"]
    assert group["failback"]["obstacles"]
    assert group["drills"] is True


def test_there_is_no_way_back_to_a_node_that_is_active() -> None:
    assert why(Supervision(SITE.core, 0))["failback"] is None


def test_status_and_why_say_in_a_line_what_stands_against_a_failback(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_why(why(away()))
    shown = capsys.readouterr().out
    assert "failback to sc_a (manual): " in shown


def test_why_shows_each_tracked_tag_beside_the_actives(capsys: pytest.CaptureFixture[str]) -> None:
    core, now = away(), time.monotonic_ns()
    for name, output in (("sc_b", 4000), ("sc_a", 4201)):
        reading = NodeReading(
            heartbeat=1, cycle=1, role=None, level=255, position=1, acked=1, lag_ms=0, data_age_ms=0, session=1,
            tracked=(6000, 5000, 1, 1, 4000, output),
        )  # fmt: skip
        channel = next(each.name for each in SITE.core.channels if each.node == name)
        core.feed(HeartbeatEnded(channel=channel, answer=Answer.REPLIED, reading=reading), now)
    answer = why(core)
    assert [(each["node"], each["tag"], each["verdict"]) for each in answer["tracking"]] == [
        ("sc_a", "setpoint_1", "true"),
        ("sc_a", "setpoint_2", "true"),
        ("sc_a", "mode_1", "true"),
        ("sc_a", "mode_2", "true"),
        ("sc_a", "output_1", "true"),
        ("sc_a", "output_2", "false"),
    ]
    terminal.show_why(answer)
    shown = capsys.readouterr().out.splitlines()
    (line,) = (line for line in shown if "output_2" in line and "DIFFERS" in line)
    assert [word for word in line.split() if word.isalnum()][:4] == ["DIFFERS", "4000", "4201", "200"]
    assert "active 4000, standby 4201, tolerance 200, age" in " ".join(" ".join(shown).split())


def test_status_names_what_a_standby_is_not_ready_by_and_what_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    core, now = away(), time.monotonic_ns()
    for name, output in (("sc_b", 4000), ("sc_a", None)):
        reading = NodeReading(
            heartbeat=1, cycle=1, role=None, level=255, position=1, acked=1, lag_ms=0, data_age_ms=0, session=1,
            pending=3, tracked=(6000, 5000, 1, 1, 4000, output),
        )  # fmt: skip
        channel = next(each.name for each in SITE.core.channels if each.node == name)
        core.feed(HeartbeatEnded(channel=channel, answer=Answer.REPLIED, reading=reading), now)
    at = core._wiring.by_name["tanks"]
    flying = InFlight(node="sc_b", kind=InFlightKind.COMMANDS, count=3, tag="")
    core._state.groups[at] = replace(core._state.groups[at], in_flight=(flying,))
    (group,) = snapshot.status(core, now)["groups"]
    by_name = {node["name"]: node for node in group["nodes"]}
    assert [(row["tag"], row["form"], row["verdict"]) for row in by_name["sc_a"]["off"]] == [
        ("output_2", "analog", "bad")
    ]
    assert (by_name["sc_b"]["off"], by_name["sc_b"]["pending"], by_name["sc_b"]["one_shots"]) == ([], 3, [])
    terminal.show_status({**snapshot.status(core, now), **PROCESS})
    shown = " ".join(capsys.readouterr().out.split())
    assert "sc_a is not ready by output_2 (bad): active 4000, standby -, tolerance 200" in shown
    assert "UNKNOWN whether carried out: commands that sc_b had taken, 3 of them," in shown
