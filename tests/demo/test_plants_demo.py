"""The acts of boiler, crane and pump station, as a user starts them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PLANTS = ("boiler", "crane", "pump_station")


def played(folder: Path, plant: str, acts: str = "") -> dict[str, dict[str, Any]]:
    """A demo's acts and evidence, by name."""
    command = [
        sys.executable,
        "-m",
        "otha",
        "demo",
        "--plant",
        plant,
        "--acts",
        acts,
        "--commit-ms",
        "60",
        "--dir",
        str(folder),
    ]
    done = subprocess.run(
        [*command, "--json", str(folder / "figures.json")], capture_output=True, text=True, timeout=400, check=False
    )
    assert (folder / "figures.json").exists(), done.stdout + done.stderr
    return {act["name"]: act for act in json.loads((folder / "figures.json").read_text())["acts"]}


def test_the_pump_stations_changeover_and_its_evidence(tmp_path: Path) -> None:
    acts = played(tmp_path, "pump_station", "changeover")
    # How fast it was is the benchmark's affair: a busy machine must not fail a test.
    assert {name: act["notes"] for name, act in acts.items() if not act["right"]} == {}
    assert set(acts) == {"changeover", "journal", "replay", "bus-plc", "phases"}


@pytest.mark.soak
@pytest.mark.parametrize("plant", PLANTS)
def test_every_act_did_the_right_thing(tmp_path: Path, plant: str) -> None:
    acts = played(tmp_path, plant)
    assert {name: act["notes"] for name, act in acts.items() if not act["right"]} == {}
    assert len(acts) >= 7
