"""The alarm list: the product's own, and what the site file says instead."""

import tomllib
from pathlib import Path

import pytest

from otha.core.alarm_list import DEFAULTS
from otha.core.conditions import Compare, Comparison
from otha.core.words import AlarmCode, AlarmPriority
from otha.site.load import load_site
from otha.site.problem import SiteErrors
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


# Alarms on plant tags

PLANT = """
[alarms.level_high]
priority = "high"
on_delay_ms = 500
cause = "the tank fills up"
consequence = "it overflows"
response = "close the inlet by hand"
when = { tag = "LEVEL", op = ">", value = 9_000, deadband = 200 }
"""


def tag() -> str:
    """A tag of the demo site that is no bit."""
    file = tomllib.loads(TWO_TANKS.read_text(encoding="utf-8"))
    found: str = next(name for name, each in file["tag"].items() if each.get("type", "u16") == "u16")
    return found


def plant(**changes: str) -> str:
    said = PLANT.replace("LEVEL", tag())
    for key, value in changes.items():
        old = next(line for line in said.splitlines() if line.startswith(f"{key} ="))
        said = said.replace(old, f"{key} = {value}" if value else "")
    return said


def test_an_alarm_on_a_plant_tag_stands_in_its_groups_list_with_all_that_an_operator_needs(tmp_path: Path) -> None:
    site = load_site(saying(tmp_path, plant()))
    (alarm,) = site.core.plant_alarms
    assert (alarm.group, alarm.listed.code, alarm.text) == ("tanks", "level_high", f"{tag()} > 9000")
    assert (alarm.listed.priority, alarm.listed.on_delay_ns) == (AlarmPriority.HIGH, 500_000_000)
    assert alarm.listed.response == "close the inlet by hand"
    assert alarm.when == Compare(tag=tag(), op=Comparison.GT, value=9_000, for_ns=0, deadband=200)
    assert site.core.alarms == DEFAULTS


@pytest.mark.parametrize(
    ("changes", "place", "wrong", "advice"),
    [
        ({"response": ""}, "[alarms.level_high], response", "missing", "without a response it is no alarm"),
        ({"priority": ""}, "[alarms.level_high], priority", "missing", "how soon"),
        ({"priority": '"high"\ngroup = "tansk"'}, "[alarms.level_high], group", "there is no group", "`tanks`"),
        (
            {"when": '{ tag = "levle", op = ">", value = 1 }'},
            "[alarms.level_high.when], tag",
            "there is no tag",
            "level_1",
        ),
        ({"when": "{ all = [] }"}, "[alarms.level_high.when], all", "", ""),
    ],
)
def test_what_an_alarm_on_a_plant_tag_lacks_is_named(
    tmp_path: Path, changes: dict[str, str], place: str, wrong: str, advice: str
) -> None:
    with pytest.raises(SiteErrors) as caught:
        load_site(saying(tmp_path, plant(**changes)))
    (problem,) = caught.value.problems
    assert place in problem.place
    assert wrong in problem.wrong
    assert advice in problem.advice


@pytest.mark.parametrize(
    ("op", "value", "deadband", "wrong"),
    [
        ("==", 1, 1, "needs <, <=, > or >="),
        (">", 9_000, 9_001, "would never return"),
        (">=", 9_000, 9_000, "would never return"),
        ("<", 65_000, 536, "would never return"),
        (">", 9_000, 9_000, ""),
        ("<", 65_000, 535, ""),
    ],
)
def test_a_deadband_lets_the_alarm_return(tmp_path: Path, op: str, value: int, deadband: int, wrong: str) -> None:
    when = f'{{ tag = "{tag()}", op = "{op}", value = {value}, deadband = {deadband} }}'
    path = saying(tmp_path, plant(when=when))
    if not wrong:
        assert load_site(path).core.plant_alarms
        return
    with pytest.raises(SiteErrors) as caught:
        load_site(path)
    (problem,) = caught.value.problems
    assert "deadband" in problem.place
    assert wrong in problem.wrong


def test_a_deadband_is_no_matter_of_interlocks(tmp_path: Path) -> None:
    said = f"""
[group.tanks.interlock.extra]
class = "process"
when = {{ tag = "{tag()}", op = "<", value = 9_000, deadband = 10 }}
"""
    with pytest.raises(SiteErrors) as caught:
        load_site(saying(tmp_path, said))
    (problem,) = caught.value.problems
    assert ("deadband" in problem.place, "belongs to an alarm" in problem.wrong) == (True, True)


@pytest.mark.parametrize("key", ['when = { tag = "x", op = ">", value = 1 }', 'group = "tanks"'])
def test_an_alarm_of_othas_own_has_its_condition_built_in(tmp_path: Path, key: str) -> None:
    with pytest.raises(SiteErrors) as caught:
        load_site(saying(tmp_path, f"[alarms.tilt]\n{key}"))
    assert any("condition built in" in problem.wrong for problem in caught.value.problems)


def test_a_group_is_not_named_as_the_supervisor(tmp_path: Path) -> None:
    text = TWO_TANKS.read_text(encoding="utf-8")
    name = load_site(TWO_TANKS).core.supervisor
    path = tmp_path / "site.toml"
    path.write_text(text.replace(f"[supervisor.{name}]", "[supervisor.tanks]"), encoding="utf-8")
    with pytest.raises(SiteErrors) as caught:
        load_site(path)
    assert [problem.wrong for problem in caught.value.problems] == [
        "a group has the same name, and alarms are named by the one or the other"
    ]
