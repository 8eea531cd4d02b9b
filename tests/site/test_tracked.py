"""Tracked tags and discrete outputs in the site file: what is derived, and what is refused (S13)."""

from pathlib import Path

import pytest

from otha.core.words import TrackedForm, TrackedKind
from otha.site.load import load_site
from otha.site.problem import Severity, SiteErrors
from tests.site.examples import changed, loaded

MS = 1_000_000
SETPOINT = '{ name = "setpoint_1", tolerance = 0 }'
VALVE = '{ name = "valve", tolerance_pct = 0.5 }'


def refused(folder: Path, old: str, new: str) -> dict[str, str]:
    with pytest.raises(SiteErrors) as errors:
        load_site(changed(folder, (old, new)))
    return {p.key: str(p) for p in errors.value.problems if p.severity is Severity.ERROR}


def test_what_is_left_out_follows_from_the_name_and_from_the_heartbeats(tmp_path: Path) -> None:
    found = {tag.name: tag for tag in loaded(tmp_path).group("tanks").tracked}
    assert [(name, tag.kind, tag.form) for name, tag in found.items()][::2] == [
        ("setpoint_1", TrackedKind.SETPOINT, TrackedForm.ANALOG),
        ("mode_1", TrackedKind.MODE, TrackedForm.DISCRETE),
        ("output_1", TrackedKind.OUTPUT, TrackedForm.ANALOG),
    ]
    # Two periods with their jitter and a deadline: one heartbeat may be lost.
    assert {tag.max_age_ns for tag in found.values()} == {165 * MS}


def test_a_tolerance_in_percent_of_span(tmp_path: Path) -> None:
    tag = loaded(tmp_path, (SETPOINT, '{ name = "setpoint_1", tolerance_pct = 0.25, span = 4000, max_age_ms = 110 }'))
    found = tag.group("tanks").tracked[0]
    assert (found.tolerance, found.max_age_ns) == (10, 110 * MS)


@pytest.mark.parametrize(
    ("written", "key", "says"),
    [
        ('{ name = "setpoint_1" }', "tolerance", "missing"),
        ('{ name = "setpoint_1", tolerance = 0, tolerance_pct = 1 }', "tolerance", "given twice"),
        ('{ name = "setpoint_1", form = "discrete", tolerance = 1 }', "tolerance", "it agrees when it is equal"),
        ('{ name = "setpoint_1", form = "one_shot", tolerance_pct = 1 }', "tolerance", "one_shot tag has none"),
        ('{ name = "setpoint_1", tolerance = 0, max_age_ms = 102 }', "max_age_ms", "period 62.5 + deadline 40 = 102.5"),
    ],
)
def test_what_contradicts_itself_is_refused_with_the_mend(tmp_path: Path, written: str, key: str, says: str) -> None:
    problems = refused(tmp_path, SETPOINT, written)
    assert list(problems) == [key]
    assert says in " ".join(problems[key].split())


def test_a_name_that_does_not_say_what_the_tag_is_needs_the_key(tmp_path: Path) -> None:
    profile = tmp_path / "own.toml"
    shipped = Path(__file__).parents[2] / "plc_profiles" / "sim_soft_controller.toml"
    text = shipped.read_text(encoding="utf-8").replace('name = "sim_soft_controller"', 'name = "own"')
    profile.write_text(text.replace("setpoint_1 =", "target_1 ="), encoding="utf-8")
    own = ('profile = "sim_soft_controller"', 'profile = "own.toml"')
    target = '{ name = "target_1", tolerance = 0 }'
    with pytest.raises(SiteErrors) as errors:
        load_site(changed(tmp_path, own, (SETPOINT, target)))
    assert "the name target_1 does not say it" in str(errors.value)
    given = target.replace("tolerance", 'kind = "setpoint", tolerance')
    assert loaded(tmp_path, own, (SETPOINT, given)).group("tanks").tracked[0].kind is TrackedKind.SETPOINT


def test_a_discrete_output_has_no_tolerance(tmp_path: Path) -> None:
    gate = loaded(tmp_path, (VALVE, '{ name = "valve", discrete = true }')).group("tanks").own_gate
    assert gate.outputs == ("pump_1", "pump_2", "valve")
    assert (gate.discrete, gate.tolerance) == ((False, False, True), (50, 50, 0))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('{ name = "valve", discrete = true, tolerance_pct = 0.5 }', "an edge nobody commanded"),
        ('{ name = "valve" }', "missing"),
    ],
)
def test_an_output_whose_tolerance_says_nothing_is_refused(tmp_path: Path, written: str, says: str) -> None:
    problems = refused(tmp_path, VALVE, written)
    assert list(problems) == ["tolerance_pct"]
    assert says in " ".join(problems["tolerance_pct"].split())
