"""A short recorded incident with other site files: where each leaves the recording, and what happens instead."""

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import pytest
from typer.testing import CliRunner

from otha.cli import app
from otha.core.errors import EngineerError
from otha.core.reasons import Why
from otha.core.words import GateState, Liveness, Phase, Standing
from otha.journal.recording import recordings_in
from otha.site.load import load_site
from otha.verify.what_if import Findings, WhatIf
from tests.verify.recorded import PLANT, incident

MS = 1_000_000
TEXT = resources.files("sim").joinpath("sites", f"{PLANT}.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("once") / "recordings"
    incident(folder, "1")
    return folder


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twice") / "recordings"
    incident(folder, "1", after_ms=1_500, again=True)
    return folder


def site_file(folder: Path, *replaced: tuple[str, str]) -> Path:
    text = TEXT
    for old, new in replaced:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def what_if(recording: Path, folder: Path, *replaced: tuple[str, str]) -> Findings:
    return WhatIf(recording, load_site(site_file(folder, *replaced)).core).run()


def whys(found: Findings, name: str = "changed") -> list[Why]:
    course = getattr(found, name)["tanks"]
    return [reason.why for told in course.told for reason in told.reasons]


OBSERVE = ('arming = "armed"', 'arming = "observe"')
ALWAYS = ('arming = "armed"', 'arming = "armed"\nconfirm = "always"')
SIX = ("misses = 3", "misses = 6")
OVERFULL = ('tag = "level_2", op = "<", value = 9_500', 'tag = "level_2", op = "<", value = 4_000')


def test_the_same_file_never_leaves_the_recording(once: Path, tmp_path: Path) -> None:
    found = what_if(once, tmp_path)
    assert (found.changes, found.branches, found.first_said, found.stopped) == ((), {}, {}, "")
    assert found.recorded["tanks"].told == found.changed["tanks"].told
    assert Why.ENDED in whys(found)


def test_a_hold_off_that_never_counted_changes_nothing(once: Path, tmp_path: Path) -> None:
    found = what_if(once, tmp_path, ("holdoff_s = 30", "holdoff_s = 60"))
    assert [(each.at, each.recorded, each.changed) for each in found.changes] == [
        ("groups.tanks.timing.holdoff_ns", "30000 ms", "60000 ms")
    ]
    assert not found.branches


def test_a_shorter_hold_off_lets_the_second_failover_happen(twice: Path, tmp_path: Path) -> None:
    found = what_if(twice, tmp_path, ("holdoff_s = 30", "holdoff_s = 3"))
    branch = found.branches["tanks"]
    assert branch.recorded is None
    assert branch.changed is not None
    assert {each["block"] for each in branch.recorded_stood["against"]} == {"hold_off"}
    assert whys(found, "recorded").count(Why.ENDED) == 1
    assert whys(found).count(Why.ENDED) == 2
    last = found.changed["tanks"].last
    assert last is not None
    assert last.record is not None
    assert (last.record.active, last.gate.owner, last.gate.state) == ("sc_a", "sc_a", GateState.OWNED)
    assert found.changed["tanks"].undriven_ns < found.recorded["tanks"].undriven_ns - 500 * MS


def test_more_misses_fail_over_later_and_say_what_was_not_seen_yet(once: Path, tmp_path: Path) -> None:
    found = what_if(once, tmp_path, SIX)
    recorded, changed = found.first_said["tanks"]
    assert recorded is not None
    assert [each.why for each in recorded.reasons] == [Why.CHANNEL]
    assert changed is None
    branch = found.branches["tanks"]
    assert branch.changed is None
    assert branch.recorded_stood["judged"]["cause"] == "dead"
    assert branch.changed_stood["nodes"][0]["liveness"] == "alive"
    later = found.changed["tanks"].undriven_ns - found.recorded["tanks"].undriven_ns
    assert 50 * MS < later < 250 * MS
    assert [each.why for _, each in found.changed["tanks"].ends] == [Why.ENDED]
    assert Why.BUMP not in whys(found)


def test_a_group_that_only_watches_stays_held(once: Path, tmp_path: Path) -> None:
    found = what_if(once, tmp_path, OBSERVE)
    branch = found.branches["tanks"]
    assert [each["block"] for each in branch.changed_stood["against"]] == ["not_armed"]
    assert Why.WOULD_TRANSFER in whys(found)
    last = found.changed["tanks"].last
    assert last is not None
    assert (last.gate.state, last.gate.owner, last.standing) == (GateState.HELD, "sc_a", Standing.FOLLOWING)
    assert last.gate.epoch == 1


def test_a_failover_that_a_person_must_confirm_waits(once: Path, tmp_path: Path) -> None:
    found = what_if(once, tmp_path, ALWAYS)
    last = found.changed["tanks"].last
    assert last is not None
    assert last.plan is not None
    assert last.plan.phase is Phase.REQUESTED
    assert Why.PERSON_ASKED in whys(found)
    assert Why.ENDED not in whys(found)


def test_a_hold_that_runs_out_ends_in_safe(tmp_path: Path) -> None:
    incident(tmp_path / "recordings", "1", after_ms=11_000)
    found = what_if(tmp_path / "recordings", tmp_path, OBSERVE)
    last = found.changed["tanks"].last
    assert last is not None
    assert (last.gate.state, last.standing) == (GateState.SAFE, Standing.NEEDS_OPERATOR)


def test_another_interlock_is_named_with_the_value_that_it_stood_on(once: Path, tmp_path: Path) -> None:
    path = site_file(tmp_path, OVERFULL)
    result = CliRunner().invoke(app, ["replay", str(once), "--what-if", str(path)])
    assert result.exit_code == 0
    at = result.output.index("LEAVES THE RECORDING")
    assert "against an interlock is not true: not_overfull (process) false (S6)" in result.output[at:]
    assert "process interlock not_overfull is false: level_1 < 9500, level_2 < 4000; level_1 = " in result.output[at:]
    assert "modelled after the branch" in result.output
    as_json = CliRunner().invoke(app, ["replay", str(once), "--what-if", str(path), "--json"])
    data = json.loads(as_json.output)
    assert data["branches"][0]["what_if"]["stood"]["against"][0]["block"] == "interlock"
    assert data["ends"]["tanks"]["what_if"]["undriven_ms"] > data["ends"]["tanks"]["recorded"]["undriven_ms"]


def test_an_order_that_would_be_refused_leaves_the_recording(tmp_path: Path) -> None:
    incident(tmp_path / "recordings", "1", after_ms=10, ordered=True)
    found = what_if(tmp_path / "recordings", tmp_path, OVERFULL)
    branch = found.branches["tanks"]
    assert branch.input == "order switchover sc_b by operator"
    answers = [told.answer.accepted for told in (branch.recorded, branch.changed) if told is not None and told.answer]
    assert answers == [True, False]
    assert [order for _, order in found.orders_left_out] == ["switchover tanks by operator"]
    assert Why.ENDED not in whys(found)
    assert whys(found, "recorded").count(Why.ENDED) == 2


def test_an_owner_that_was_started_anew_needs_a_new_epoch(twice: Path, tmp_path: Path) -> None:
    last = what_if(twice, tmp_path, OBSERVE).changed["tanks"].last
    assert last is not None
    assert last.nodes[0].liveness is Liveness.ALIVE
    assert (last.gate.state, last.gate.owner) == (GateState.HELD, "sc_a")


NEW_TAG = (
    ("level_2 = {", 'level_3 = { section = "plc", address = 2012, valid = [0, 10_000] }\nlevel_2 = {'),
    ('tag = "level_2", op', 'tag = "level_3", op'),
)


@pytest.mark.parametrize(
    ("replaced", "named"),
    [
        ([("period_ms = 50, misses = 3", "period_ms = 100, misses = 3")], "channel sc_a.net_a was heard with another"),
        ([("hold_max_ms = 10_000", "hold_max_ms = 9_000")], "group tanks: the recorded gate had another hold_max_ns"),
        ([("number = 2\n", "number = 3\n")], "sc_b (number 3)"),
        (NEW_TAG, "nothing was recorded of tags: level_3"),
        ([("group.tanks", "group.vats")], "inputs speak of groups that the file lacks: tanks"),
        ([('name = "two_tanks"', 'name = "three_tanks"')], "site two_tanks would be three_tanks"),
    ],
)
def test_what_the_recording_can_not_answer_is_refused_by_name(
    replaced: Sequence[tuple[str, str]], named: str, once: Path, tmp_path: Path
) -> None:
    text = TEXT
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EngineerError, match="can't answer") as refused:
        WhatIf(once, load_site(path).core).run()
    assert named in refused.value.what


def test_a_later_segment_is_taken_as_it_stands(tmp_path: Path) -> None:
    """What is known at its start is taken over; of a condition that it does not know nothing could be."""
    folder = tmp_path / "recordings"
    incident(folder, "1", split=True)
    later = recordings_in(folder)[1]
    assert what_if(later, tmp_path).branches == {}
    assert [each["block"] for each in what_if(later, tmp_path, OBSERVE).branches["tanks"].changed_stood["against"]] == [
        "not_armed"
    ]
    more = (
        "[group.tanks.permissive.permit]",
        '[group.tanks.permissive.calm]\nwhen = { tag = "level_1", op = "<", '
        "value = 9_000 }\n\n[group.tanks.permissive.permit]",
    )
    with pytest.raises(EngineerError, match="does not begin with a start"):
        what_if(later, tmp_path, more)
