"""`otha check`."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from otha.site.check import run, show_site
from otha.site.load import load_site
from otha.site.timing import show
from tests.site.examples import BROKEN, TWO_TANKS, changed, loaded


def _shown(path: Path) -> str:
    out = io.StringIO()
    show_site(load_site(path), Console(file=out, width=160))
    return out.getvalue()


def test_a_good_site(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TWO_TANKS, as_json=False) == 0
    said = capsys.readouterr()
    assert "two_tanks (simulated): can be used" in said.out
    assert said.err == ""


def test_a_broken_site(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(BROKEN / "misspelt.toml", as_json=False) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (BROKEN / "misspelt.txt").read_text(encoding="utf-8")


def test_everything_that_the_sum_is_made_of_is_shown() -> None:
    said = _shown(TWO_TANKS)
    site = load_site(TWO_TANKS)
    for term in site.timings[0].failover.terms:
        assert term.name in said
        assert term.made_of in said
    for name in (
        show(site.timings[0].failover.ns),
        "sc_a.net_b",
        "127.0.0.1:15021",
        "1200..1215",
        "token_enforced",
        "2 interlocks, 1 permissive",
    ):
        assert name in said


def test_costs_are_shown() -> None:
    row = next(line for line in _shown(TWO_TANKS).splitlines() if "plc.net_a 127.0.0.1:15013" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        "plc",
        "plc.net_a 127.0.0.1:15013",
        "2",
        "27",
        "1227",
        "unknown",
    ]


def test_warnings_are_shown_with_their_mend(tmp_path: Path) -> None:
    path = changed(tmp_path, ('fencing = "token_enforced"', 'fencing = "none"'))
    said = _shown(path)
    assert "1 warning" in said
    assert "[group.tanks], fencing" in said
    assert "manual transfers only (rule S3)" in " ".join(said.split())


def test_adaptive_channels_say_how_they_judge(tmp_path: Path) -> None:
    changed(tmp_path, ("misses = 3 }", 'detector = "adaptive" }'))
    assert "expected + 100 ms over 100 replies" in _shown(tmp_path / "site.toml")


def test_json_of_a_good_site(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TWO_TANKS, as_json=True) == 0
    data = json.loads(capsys.readouterr().out)
    site = load_site(TWO_TANKS)
    assert (data["ok"], data["site"], data["digest"]) == (True, "two_tanks", site.digest)
    worst = data["groups"][0]["worst_case"]["failover"]
    assert worst["total_ns"] == sum(worst["terms"].values()) == site.timings[0].failover.ns
    assert {device["name"]: device["connections"] for device in data["devices"]} == {
        "sc_a": 2,
        "sc_b": 2,
        "plc": 3,
        "ref_a": 1,
        "ref_b": 1,
    }


def test_json_of_a_broken_site(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(BROKEN / "misspelt.toml", as_json=True) == 2
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is False
    assert {problem["nearest"] for problem in data["problems"]} >= {"period_ms", "hot", "sc_b", "sim_reference"}


def test_a_site_that_is_not_simulated_is_named_as_real(tmp_path: Path) -> None:
    loaded(tmp_path, ("simulation = true", "simulation = false"))
    said = _shown(tmp_path / "site.toml")
    assert "two_tanks (real)" in said
    assert "(not tried on hardware)" in said
