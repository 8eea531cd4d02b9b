"""`otha verify --simulate`: what it says, writes and ends with."""

import json
from pathlib import Path

import pytest

from otha.core.errors import EngineerError
from otha.core.group import guard
from otha.report import sentence
from otha.site.model import Site
from otha.verify.simulation import cli
from otha.verify.simulation.fault import SECOND, FaultKind
from otha.verify.simulation.hour import live
from otha.verify.simulation.hours import Simulation, simulate
from otha.verify.simulation.schedule import of_hour
from otha.verify.simulation.shrink import shrunk
from otha.verify.simulation.tally import Tally, upper_bound
from tests.verify.simulation.build import fault, schedule


def test_lengths_of_time() -> None:
    assert cli.parse_length("1000h") == (1000, 3_600 * SECOND)
    assert cli.parse_length("90m") == (2, 3_600 * SECOND)
    assert cli.parse_length("20s") == (1, 20 * SECOND)
    for wrong in ("", "h", "0h", "1.5h", "1000", "-1h", "\u0663h"):
        with pytest.raises(EngineerError):
            cli.parse_length(wrong)


def test_the_bound_of_what_was_never_seen_is_three() -> None:
    assert upper_bound(0) == pytest.approx(3, abs=0.01)
    assert upper_bound(2) == pytest.approx(6.3, abs=0.01)
    assert upper_bound(50) == pytest.approx(63.3, abs=0.2)


def test_a_short_run_says_what_it_did_not_reach_and_is_no_success(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tmp_path / "found.json"
    code = cli.run(site, length="30s", seed=3, jobs=1, faithful=False, json_file=found, sentence=sentence.of_reason)
    said = capsys.readouterr().out
    assert code == 1
    assert "NOT REACHED: " in said
    assert "0 away from a node that served its target" in said
    data = json.loads(found.read_text(encoding="utf-8"))
    assert (data["site"], data["seed"], data["failure"]) == ("two_tanks", 3, None)
    assert "ending returned" in data["missed"]
    assert data["digests"] == [live(site, of_hour(site, 3, 30 * SECOND)).digest]


def test_hours_over_several_processes_are_the_same_hours(site: Site) -> None:
    def run(jobs: int) -> Simulation:
        return simulate(
            site, hours=2, seed=5, jobs=jobs, faithful=False, length_ns=20 * SECOND, on_hour=lambda *_: None
        )

    alone, together = run(1), run(2)
    assert alone.digests == together.digests
    assert len(set(alone.digests)) == 2
    assert alone.tally.inputs == together.tally.inputs


def test_a_broken_rule_is_told_as_a_story(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    key = fault(0, FaultKind.TAG_TURNS, "maintenance_key", 20.0, 25.0, size=1)
    planted = schedule(key, fault(1, FaultKind.CRASH, "sc_a", 30.0, 20.0), seed=17)
    monkeypatch.setattr(guard, "interlocks", lambda cfg, g: ())
    breach = live(site, planted).breach
    assert breach is not None
    done = Simulation(
        site=site,
        seed=17,
        hours=1,
        jobs=1,
        faithful=False,
        seconds=1.0,
        tally=Tally(),
        digests=(),
        failure=shrunk(site, planted, breach, faithful=False),
    )
    said = "\n".join(cli.lines(done, sentence.of_reason))
    assert "seed 17 breaks a rule; again: --simulate 1h --seed 17" in said
    assert "FAULT maintenance_key takes another value" in said
    assert "FAULT sc_a is killed, and starts anew for 20.000 s" in said
    assert "failover requested, sc_a to sc_b" in said
    assert "BREACH  S6" in said
    assert "otha/core/group/guard.py" in said
    assert cli.as_json(done)["failure"]["rule"] == "S6"
