"""The alarm list: the product's own, and what the site file says instead."""

from pathlib import Path

import pytest

from otha.core.alarm_list import DEFAULTS
from otha.core.words import AlarmCode, AlarmPriority
from otha.site import SiteErrors, load_site
from tests.site.examples import TWO_TANKS


def saying(folder: Path, said: str) -> Path:
    """The demo site with more at its end, written into `folder`."""
    path = folder / "site.toml"
    path.write_text(f"{TWO_TANKS.read_text(encoding='utf-8')}\n{said}\n", encoding="utf-8")
    return path


def test_without_a_word_the_list_is_the_products_own() -> None:
    assert load_site(TWO_TANKS).core.alarms == DEFAULTS


def test_what_the_site_says_of_an_alarm_holds_and_the_rest_stays(tmp_path: Path) -> None:
    said = """
[alarms.redundancy_lost]
priority = "high"
on_delay_ms = 500
off_delay_ms = 2_000
latching = true
response = "call the shift electrician"
"""
    site = load_site(saying(tmp_path, said))
    first, lost = site.core.alarms[:2]
    assert first == DEFAULTS[0]
    assert (lost.code, lost.priority, lost.latching) == (AlarmCode.REDUNDANCY_LOST, AlarmPriority.HIGH, True)
    assert (lost.on_delay_ns, lost.off_delay_ns) == (500_000_000, 2_000_000_000)
    assert (lost.response, lost.cause) == ("call the shift electrician", DEFAULTS[1].cause)


@pytest.mark.parametrize(
    ("said", "place", "wrong", "advice"),
    [
        ("[alarms.redundancy_lots]\nlatching = true", "[alarms.redundancy_lots]", "no such alarm", "`redundancy_lost`"),
        ('[alarms.tilt]\nresponse = " "', "[alarms.tilt], response", "is empty", "what the operator does"),
        ('[alarms.tilt]\npriority = "hihg"', "[alarms.tilt], priority", "not known here", "`high`"),
        ("[alarms.tilt]\non_delay_ms = -1", "[alarms.tilt], on_delay_ms", "must be 0 to 3600000", "range"),
        ("[alarms.tilt]\nlatch = true", "[alarms.tilt], latch", "no such key", "`latching`"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, said: str, place: str, wrong: str, advice: str) -> None:
    with pytest.raises(SiteErrors) as caught:
        load_site(saying(tmp_path, said))
    (problem,) = caught.value.problems
    assert place in problem.place
    assert wrong in problem.wrong
    assert advice in problem.advice


def test_the_list_is_part_of_the_sites_digest(tmp_path: Path) -> None:
    other = saying(tmp_path, "[alarms.tilt]\nlatching = true")
    assert load_site(other).digest != load_site(TWO_TANKS).digest
