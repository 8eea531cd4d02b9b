"""Nobody is left who could be trusted to drive: the acts that end in the safe state, as a user starts them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("act", ["nobody", "abandoned"])
def test_the_section_goes_safe_and_only_a_person_ends_it(tmp_path: Path, act: str) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "otha", "demo", "--acts", act, "--dir", str(tmp_path), "--json", str(figures)]
    played = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert figures.exists(), played.stdout + played.stderr
    acts = json.loads(figures.read_text())["acts"]
    assert act in {each["name"] for each in acts}
    assert {each["name"]: each["notes"] for each in acts if not each["right"]} == {}
