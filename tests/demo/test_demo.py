"""The demo as a user starts it: real processes on loopback, killed for real; then its evidence, examined."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from otha.cli import app
from tests.patient import patient_template

TANKS = ("--plant", "two_tanks")
ACTS = "kill,return,switchover,drill,failback,stop,interlock,otha"


def _otha(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "otha", *arguments],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, **environment},
    )


def _said(*arguments: str) -> Result:
    """What is said, and the exit code, where no plant is started: it needs no process of its own either."""
    return CliRunner().invoke(app, ["demo", *arguments])


def _processes_of(folder: Path) -> list[str]:
    """The command lines of running processes that name `folder`, or have a file in it open."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it may end while it is looked at, or be another user's
            command = os.fsdecode((process / "cmdline").read_bytes())
            if str(folder) in command or any(str(folder) in os.readlink(file) for file in (process / "fd").iterdir()):
                found.append(command)
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One demo, played once for all tests of this module."""
    folder = tmp_path_factory.mktemp("demo")
    given = ("--acts", ACTS, "--site", str(patient_template(folder)), "--dir", str(folder))
    played = _otha("demo", *TANKS, *given, "--json", str(folder / "figures.json"))
    (folder / "stdout").write_text(played.stdout)
    assert (folder / "figures.json").exists(), played.stdout + played.stderr
    return folder


def _figures(run: Path) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((run / "figures.json").read_text())
    return figures


def test_every_act_did_the_right_thing(run: Path) -> None:
    # How fast it was is the benchmark's affair: a busy machine must not fail a test.
    wrong = {act["name"]: act["notes"] for act in _figures(run)["acts"] if not act["right"]}
    assert wrong == {}


def test_every_term_of_the_failover_is_measured_beside_its_bound(run: Path) -> None:
    (kill,) = (act for act in _figures(run)["acts"] if act["name"] == "kill")
    terms = ["T_detect", "T_confirm", "T_cas", "T_fence", "T_promote", "T_track", "T_release", "T_verify"]
    assert list(kill["terms_ms"]) == terms
    assert list(kill["bounds_ms"]) == terms
    assert sum(kill["terms_ms"].values()) == pytest.approx(kill["total_ms"], abs=1.0)


def test_it_leaves_nothing_running(run: Path) -> None:
    assert _processes_of(run) == []


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_the_recording_replays_byte_for_byte(run: Path, seed: str) -> None:
    replayed = _otha("replay", str(run / "state" / "recordings"), "--json", PYTHONHASHSEED=seed)
    assert replayed.returncode == 0, replayed.stderr
    verdict = json.loads(replayed.stdout)
    assert verdict["same"] is True
    assert verdict["decisions"] > 100


def test_a_changed_byte_of_the_recording_is_noticed(run: Path, tmp_path: Path) -> None:
    (segment, *_) = sorted((run / "state" / "recordings").iterdir())
    changed = bytearray(segment.read_bytes())
    changed[len(changed) // 2] ^= 1
    copy = tmp_path / segment.name
    copy.write_bytes(changed)
    replayed = _otha("replay", str(copy), "--quiet")
    assert replayed.returncode == 3
    assert "damage" in replayed.stderr.lower() or "changed" in replayed.stderr.lower()


def test_the_journal_verifies(run: Path) -> None:
    verified = _otha("log", "verify", "--state", str(run / "state"))
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_timeline_tells_the_transfer_in_sentences(run: Path) -> None:
    told = _otha("replay", str(run / "state" / "recordings")).stdout
    assert "suspects sc_a: dead (S8)" in told
    # Whether the record was marked in time behind it, too, is the disk's affair.
    assert "failover sc_a to sc_b ended done" in told
    assert "every decision came out byte for byte as recorded" in told


def test_an_unknown_act_is_refused_with_the_names() -> None:
    refused = _said("--acts", "kil")
    assert refused.exit_code == 2
    assert "there is no act kil" in refused.stderr
    assert "kill" in refused.stderr


def test_an_unknown_plant_is_refused_with_the_names() -> None:
    refused = _said("--plant", "three_tanks")
    assert refused.exit_code == 2
    assert "there is no plant three_tanks" in refused.stderr
    assert "whole_plant" in refused.stderr


def test_a_site_file_of_ones_own_is_taken_as_it_stands_or_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    missing = _otha("demo", "--acts", "steady", "--site", str(file))
    assert (missing.returncode, str(file) in missing.stderr) == (2, True)
    file.write_text("")
    both = _said("--acts", "steady", "--site", str(file), "--period-ms", "20")
    assert (both.exit_code, f"write them in {file}" in both.stderr) == (2, True)


def test_the_whole_plants_acts_are_the_tanks_and_more() -> None:
    tanks, whole = (_said("--list", "--plant", plant).stdout for plant in ("two_tanks", "whole_plant"))
    assert whole.startswith(tanks)
    assert len(tanks.splitlines()) + 13 == len(whole.splitlines())


def test_a_killed_demo_takes_everything_with_it(tmp_path: Path) -> None:
    """kill -9 of the demo itself: plant and supervisor notice and end."""
    command = [sys.executable, "-m", "otha", "demo", *TANKS, "--acts", "steady", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        assert any("are up" in line for line in demo.stdout)
        demo.kill()
    until = time.monotonic() + 30.0
    while (left := _processes_of(tmp_path)) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


def test_a_demo_told_to_end_removes_its_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "otha", "demo", *TANKS, "--acts", "steady"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        assert any("are up" in line for line in demo.stdout)
        demo.terminate()
        assert (demo.wait(60), demo.stderr.read()) == (143, "")
    assert list(tmp_path.iterdir()) == []
    assert _processes_of(tmp_path) == []


@pytest.mark.parametrize("option", ["--dir", "--json", "--svg"])
def test_what_can_not_be_written_is_told_before_the_acts(tmp_path: Path, option: str) -> None:
    (tmp_path / "file").write_text("")
    refused = _said("--acts", "steady", option, str(tmp_path / "file" / "inside"))
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 2
