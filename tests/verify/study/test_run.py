"""The study keeps to Chen's formula where it speaks, and to the bounds; the same seed gives the same numbers."""

from pathlib import Path

import pytest

from otha.core.config import FixedDetector
from otha.site.load import load_site
from otha.verify.study import rules, tell
from otha.verify.study.chance import YEAR_S, mistakes_per_s, upper95
from otha.verify.study.network import SECOND_NS, Pattern, way_ns
from otha.verify.study.run import Outcome, study

DEADLINE_NS = SECOND_NS * 4 // 5
SITES = Path(__file__).parents[3] / "sim" / "sites"


@pytest.fixture(scope="module")
def lossy() -> list[Outcome]:
    return study(rules.usual(), [Pattern(name="loss 3 %", loss=0.03)], hours=500, deaths=3_000, seed=3)


def _of(outcomes: list[Outcome], name: str) -> Outcome:
    return next(each for each in outcomes if each.rule.name == name)


def test_the_upper_bound_of_a_rate_is_the_poisson_one() -> None:
    # Half the 95 % quantile of chi-square with 2 (n + 1) degrees of freedom, from tables.
    for count, bound in ((0, 2.9957), (1, 4.7439), (10, 16.9622), (100, 118.079)):
        assert upper95(count) == pytest.approx(bound, rel=1e-4)
    assert upper95(201) == pytest.approx(upper95(200) + 1, abs=0.1)


def test_the_formula_gives_the_known_rates() -> None:
    rate = mistakes_per_s(
        FixedDetector(misses=3), period_ns=SECOND_NS, deadline_ns=DEADLINE_NS, way_ns=way_ns(DEADLINE_NS), loss=0.01
    )
    assert rate * YEAR_S == pytest.approx(0.99 * 1e-6 * YEAR_S, rel=1e-6)


def test_mistakes_by_chance_come_as_often_as_chens_formula_says(lossy: list[Outcome]) -> None:
    checked = [each for each in lossy if each.expected is not None and each.expected > 20]
    assert {each.rule.name for each in checked} >= {"2 misses", "3 misses", "adaptive, margin 2 s"}
    for each in checked:
        assert each.deviation is not None
        assert abs(each.deviation) < 4, each.rule.name


def test_every_death_is_noticed_within_the_bound_and_never_before_it_can_be(lossy: list[Outcome]) -> None:
    for each in lossy:
        if each.bound_ns is not None:
            assert each.detection(1.0) <= each.bound_ns
            assert each.detection(0.99) > each.bound_ns - 2 * SECOND_NS
        assert each.detection(0.5) <= each.detection(0.99) <= each.detection(1.0)


def test_two_networks_are_never_silent_together_by_chance_and_one_burst_takes_all_on_one(lossy: list[Outcome]) -> None:
    assert _of(lossy, "3 misses").mistakes > 20
    assert _of(lossy, "2 of 2 channels, 3 misses").mistakes == 0
    setting = rules.of_site(load_site(SITES / "two_tanks.toml"))[0]
    assert setting.networks == (0, 1)
    bursts = [Pattern(name="bursts", burst_s=5, bursts_per_day=100)]
    apart = study([setting], bursts, hours=20, deaths=100, seed=1)[0]
    shared = study(
        [
            type(setting)(
                period_ns=setting.period_ns, deadline_ns=setting.deadline_ns, networks=(0, 0), rules=setting.rules
            )
        ],
        bursts,
        hours=20,
        deaths=100,
        seed=1,
    )[0]
    assert shared.failovers > 60
    assert apart.failovers < shared.failovers / 10


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    patterns = [Pattern(name="loss", loss=0.05)]
    runs = [tell.as_data(study(rules.usual(), patterns, hours=20, deaths=100, seed=seed)) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_a_site_is_studied_with_its_own_settings_and_the_worst_is_named(tmp_path: Path) -> None:
    text = (SITES / "two_tanks.toml").read_text(encoding="utf-8")
    site = tmp_path / "site.toml"
    site.write_text(text.replace("misses = 3", "misses = 4"), encoding="utf-8")
    settings = rules.of_site(load_site(site))
    assert [rule.detector for setting in settings for rule in setting.rules] == [FixedDetector(misses=4)]
    assert settings[0].rules[0].groups == ("tanks",)
    said = tell.verdict(
        study(settings, [Pattern(name="pauses", pause_s=1, pauses_per_day=100)], hours=20, deaths=100, seed=1)
    )
    assert any(line.startswith("worst: tanks: 4 misses, 2 channels over 2 networks") for line in said)
