"""Some acts of the whole plant as a user starts them, and what they leave behind."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim.archive_check import check
from tests.patient import patient_template

ACTS = "lag,gateway-stop,network,historian"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One demo, played once for all tests of this module."""
    folder = tmp_path_factory.mktemp("whole")
    site = patient_template(folder, "whole_plant")
    command = [sys.executable, "-m", "otha", "demo", "--acts", ACTS, "--site", str(site), "--dir", str(folder)]
    played = subprocess.run(
        [*command, "--json", str(folder / "figures.json")],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        env=os.environ,
    )
    assert (folder / "figures.json").exists(), played.stdout + played.stderr
    return folder


def _acts(run: Path) -> dict[str, dict[str, Any]]:
    return {act["name"]: act for act in json.loads((run / "figures.json").read_text())["acts"]}


def test_every_act_did_the_right_thing(run: Path) -> None:
    # How fast it was is the benchmark's affair: a busy machine must not fail a test.
    assert {name: act["notes"] for name, act in _acts(run).items() if not act["right"]} == {}


def test_the_evidence_covers_both_sections_and_both_archives(run: Path) -> None:
    assert {"journal", "replay", "bus-plc", "bus-header", "archives"} <= set(_acts(run))


@pytest.mark.parametrize(
    ("act", "group", "terms"),
    [
        ("gateway-stop", "ways", ["T_detect", "T_confirm", "T_cas", "T_fence", "T_redirect", "T_verify"]),
        (
            "historian",
            "archive",
            ["T_detect", "T_confirm", "T_cas", "T_fence", "T_promote", "T_redirect", "T_verify", "T_backfill"],
        ),
    ],
)
def test_the_terms_of_a_path_and_a_store_are_measured(run: Path, act: str, group: str, terms: list[str]) -> None:
    played = _acts(run)[act]
    assert played["group"] == group
    assert list(played["terms_ms"]) == terms
    # T_backfill comes after the rows are seen to be kept again, and has no bound in the sum.
    assert set(terms) - set(played["bounds_ms"]) <= {"T_backfill"}
    until_verified_ms = sum(ms for name, ms in played["terms_ms"].items() if name != "T_backfill")
    assert until_verified_ms == pytest.approx(played["total_ms"], abs=1.0)


@pytest.mark.parametrize("historian", ["hist_a", "hist_b"])
def test_the_archives_left_behind_hold_each_row_once(run: Path, historian: str) -> None:
    found = check(run / "plant", historian, bound_ms=5000)
    assert (found.missing, found.doubled, found.changed, found.made_up) == ((), (), (), ())
    assert found.stored > 200
