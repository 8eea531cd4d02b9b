"""`otha verify --past-refusal`: each unsafe site is refused, or doubted, for one reason, and a story shows why."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from otha import cli as otha_cli
from otha.core.conditions import MachineRule
from otha.core.config import GroupConfig
from otha.core.words import Conduct, Confirm
from otha.report import sentence
from otha.site.load import load_site
from otha.site.past_refusal import Refused, load_past_refusal
from otha.site.problem import Severity, SiteErrors
from otha.verify import past_refusal, refusal_cli
from otha.verify.focus import Lens

SITES = Path(__file__).parents[2] / "sim" / "sites"
UNSAFE = SITES / "unsafe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`key`, `rule`: of the one finding of loading. `breach`: how the story ends, `by_way_of`: what it comes by."""

    file: str
    key: str
    rule: str
    lens: Lens
    breach: str
    by_way_of: tuple[str, ...]
    refused: bool = True


CASES = (
    Case(
        file="no_veto",
        key="fresh_owner_ms",
        rule="S8",
        lens=Lens.GIVEN_UP,
        breach="S8: sc_a lives and drives, and its section is taken from it",
        by_way_of=("FAULT sc_a unseen but working", "gate read", "Revoke carried out"),
    ),
    Case(
        file="rpo",
        key="rpo_ms",
        rule="S5",
        lens=Lens.LEFT_ALONE,
        breach="L1: nobody drives, the section is SAFE, though sc_b could",
        by_way_of=("owner watchdog", "Safe carried out"),
    ),
    Case(
        file="hold_max",
        key="hold_max_ms",
        rule="",
        lens=Lens.LEFT_ALONE,
        breach="L1: nobody drives, the section is SAFE, though sc_b could",
        by_way_of=("owner watchdog", "Safe carried out"),
    ),
    Case(
        file="no_fence",
        key="fencing",
        rule="S3",
        lens=Lens.LEFT_ALONE,
        breach="L1: nobody drives, the section is SAFE, though sc_b could",
        by_way_of=("owner watchdog", "Safe carried out"),
        refused=False,
    ),
    Case(
        file="holdoff",
        key="holdoff_s",
        rule="S7",
        lens=Lens.FLAPPING,
        breach="S7: the active role leaves sc_b",
        by_way_of=("FAULT sc_a killed", "Grant carried out", "FAULT sc_b killed"),
    ),
    Case(
        file="held_motion",
        key="action",
        rule="S13",
        lens=Lens.GOES_ON,
        breach="hazard: trolley_speed, a motion, has gone on for 455 ms with nobody driving (hold)",
        by_way_of=("FAULT sc_a killed", "owner watchdog"),
    ),
)


def test_every_unsafe_site_has_its_case() -> None:
    assert {path.stem for path in UNSAFE.glob("*.toml")} == {case.file for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_loading_finds_the_one_thing_that_is_unsafe(case: Case) -> None:
    path = UNSAFE / f"{case.file}.toml"
    if case.refused:
        with pytest.raises(SiteErrors) as caught:
            load_site(path)
        found = [each for each in caught.value.problems if each.severity is Severity.ERROR]
    else:
        found = [*load_site(path).warnings]
    assert [(each.key, each.rule) for each in found] == [(case.key, case.rule)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_the_search_finds_the_story(case: Case) -> None:
    (search,) = past_refusal.searches(load_past_refusal(UNSAFE / f"{case.file}.toml"), (case.lens,))
    assert search.story is not None
    assert search.story.breach.startswith(case.breach)
    moves = iter(search.story.moves)
    assert all(wanted in moves for wanted in case.by_way_of), search.story.moves


QUICK = (Lens.GIVEN_UP, Lens.LEFT_ALONE, Lens.GOES_ON)


@pytest.mark.parametrize(
    ("name", "lenses"),
    [("two_tanks", (Lens.FLAPPING,)), ("two_tanks", QUICK[:2]), ("crane", QUICK), ("pump_station", QUICK[:2])],
)
def test_a_safe_site_has_none(name: str, lenses: tuple[Lens, ...]) -> None:
    found = past_refusal.searches(load_past_refusal(SITES / f"{name}.toml"), lenses)
    assert [(search.lens, search.story) for search in found if search.story is not None] == []
    assert all(search.complete for search in found)
    assert tuple(search.lens for search in found) == lenses


def _with(refused: Refused, group: GroupConfig) -> Refused:
    return replace(refused, site=replace(refused.site, core=replace(refused.site.core, groups=(group,))))


def test_a_group_that_asks_a_person_is_not_blamed_for_waiting() -> None:
    refused = load_past_refusal(UNSAFE / "no_fence.toml")
    (group,) = refused.site.core.groups
    assert past_refusal.searches(_with(refused, replace(group, confirm=Confirm.ALWAYS)), (Lens.LEFT_ALONE,)) == []


def test_a_machine_that_lets_no_failover_go_is_said_not_to_be_searched() -> None:
    refused = load_past_refusal(SITES / "crane.toml")
    (group,) = refused.site.core.groups
    assert group.machine is not None
    waits = tuple(replace(state, failover=MachineRule(does=Conduct.STAY)) for state in group.machine.states)
    still = _with(refused, replace(group, machine=replace(group.machine, states=waits)))
    found = past_refusal.searches(still, (Lens.LEFT_ALONE,))
    assert [search.states for search in found] == [0]
    assert any("not searched" in line for line in past_refusal.lines(still, found, lambda story: []))


def test_groups_that_decide_alike_and_are_not_safe_alike_are_searched_each() -> None:
    """The exploration takes one group of each class; what makes a class does not look at the gate's freshness."""
    refused = load_past_refusal(UNSAFE / "no_veto.toml")
    (unsafe,) = refused.site.core.groups
    assert unsafe.gate is not None
    safe = replace(unsafe, name="safe", gate=replace(unsafe.gate, fresh_owner_ns=100_000_000))
    core = replace(refused.site.core, groups=(safe, unsafe))
    found = past_refusal.searches(replace(refused, site=replace(refused.site, core=core)), (Lens.GIVEN_UP,))
    assert [(search.groups, search.story is None) for search in found] == [(("safe",), True), (("tanks",), False)]


def test_what_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code = refusal_cli.run(
        load_past_refusal(UNSAFE / "hold_max.toml"),
        faults=0,
        orders=0,
        jobs=1,
        states_at_most=50_000,
        sentence=sentence.of_reason,
    )
    said = capsys.readouterr().out
    assert code == 1
    assert said.index("hold_max.toml is refused") < said.index("150 ms is shorter") < said.index("though sc_b could")
    assert "no transfer to sc_b: the gate's hold would end before the transfer could" in said
    assert said.rstrip().endswith("UNSAFE: tanks: nobody drives, though a standby is well")


def test_mistakes_of_writing_are_refused_as_ever(tmp_path: Path) -> None:
    text = (UNSAFE / "held_motion.toml").read_text(encoding="utf-8")
    site = tmp_path / "site.toml"
    site.write_text(text.replace('target = "plc"', 'target = "plx"'), encoding="utf-8")
    with pytest.raises(SiteErrors):
        load_past_refusal(site)


def test_no_report_is_written_of_such_a_site(tmp_path: Path) -> None:
    asked = ["verify", str(UNSAFE / "rpo.toml"), "--past-refusal", "--report", str(tmp_path / "report.html")]
    ran = CliRunner().invoke(otha_cli.app, asked)
    assert ran.exit_code == 2
    assert [*tmp_path.iterdir()] == []
