"""`otha replay` on a short recorded incident: which part it shows, why, and how it ends."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from otha.cli import app
from tests.verify.recorded import incident


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("incident") / "recordings"
    incident(folder, version("otha"))
    return folder


def said(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["replay", *(str(each) for each in arguments)])
    return result.exit_code, result.output


def data(*arguments: object) -> dict[str, Any]:
    code, text = said(*arguments, "--json")
    assert code == 0, text
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_incident_comes_out_byte_for_byte_and_is_told(recording: Path) -> None:
    code, text = said(recording)
    assert code == 0
    assert "every decision came out byte for byte as recorded" in text
    assert "failover sc_a to sc_b ended done" in text
    assert "difference may be the version's" not in text


def test_why_shows_input_state_conditions_and_durability(recording: Path) -> None:
    _, text = said(recording, "--why")
    decided = text[text.index("failover requested, sc_a to sc_b") - 1_500 :]
    assert "before  following, active sc_a, epoch 1, armed, suspicion dead" in decided
    assert "judged  failover to sc_b because dead, before it starts" in decided
    assert "safety interlock key_out is true: maintenance_key == 0; maintenance_key = 0 (good, " in decided
    assert "ms old)" in decided
    assert "gate: HELD, owner sc_a" in decided
    assert "Revoke (epoch 2); leaves because the group record already holds its epoch (record)" in decided
    assert "Grant (node sc_b, epoch 2, boot 9); leaves once its intent is on the journal's disk (journal)" in decided


def test_a_part_is_shown_and_all_before_it_is_compared(recording: Path) -> None:
    whole = data(recording, "--group", "tanks")["decisions_shown"]
    begun = next(each["offset_ns"] for each in whole if any(r["why"] == "REQUESTED" for r in each["reasons"]))
    part = data(recording, "--from", f"{begun // 1_000_000}ms", "--to", f"{begun // 1_000_000 + 10}ms")
    assert part["decisions_shown"] == [each for each in whole if begun <= each["offset_ns"] < begun + 10_000_000]
    assert len(part["decisions_shown"]) > 1
    assert part["cut"]
    assert part["decisions"] > len(part["decisions_shown"])
    by_wall = data(recording, "--from", part["decisions_shown"][0]["wall"])["decisions_shown"]
    assert by_wall[-1] == whole[-1]
    assert len(by_wall) < len(whole)


def test_the_explanation_as_json_names_the_judged_transfer(recording: Path) -> None:
    shown = data(recording, "--why")["decisions_shown"]
    begun = next(each for each in shown if any(reason["why"] == "REQUESTED" for reason in each["reasons"]))
    explained = begun["explained"]
    assert explained["judged"] == {"kind": "failover", "to_node": "sc_b", "cause": "dead", "stage": "start"}
    assert explained["against"] == []
    assert [each["needs"] for each in explained["effects"]] == ["now"]
    assert {tag["quality"] for each in explained["conditions"] for tag in each["tags"]} == {"true"}


def test_no_such_group_and_no_such_time_are_bad_input(recording: Path) -> None:
    code, text = said(recording, "--group", "pumps", "--quiet")
    assert (code, "no group 'pumps'" in text, "tanks" in text) == (2, True, True)
    code, text = said(recording, "--from", "soon")
    assert (code, "--from 'soon' is no time" in text) == (2, True)


def test_another_version_is_named(tmp_path: Path) -> None:
    incident(tmp_path, "0.0.7", after_ms=10)
    code, text = said(tmp_path, "--quiet")
    assert code == 0
    assert f"recorded by OTHA 0.0.7, replayed by {version('otha')}" in text
