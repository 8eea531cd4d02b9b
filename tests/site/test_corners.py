"""Rarer judgements, each with a site file of its own."""

import shutil
from pathlib import Path

import pytest

from otha.core.conditions import AnyOf, MooN
from otha.core.config import FailbackConfig
from otha.core.window import parse
from otha.core.words import FailbackMode
from otha.site.load import load_site
from otha.site.problem import SiteErrors
from tests.site.examples import BROKEN, changed, loaded

DRAIN = """
[section.drain]
profile = "otha_gate"
paths.net_a = { endpoint = "127.0.0.1:15093", network = "net_a" }
paths.net_b = { endpoint = "127.0.0.1:15094", network = "net_b" }
status_base = 1000
command_base = 1200
frame_base = 1300
scan_ms = 5
owner_watchdog_ms = 60
hold_max_ms = 10_000
outputs = [{ name = "drain", tolerance_pct = 1 }]
"""
DRAIN_GROUP = """
[group.drain]
mode = "hot"
target = "drain"
members = [{ node = "sc_a", priority = 2 }, { node = "sc_b", priority = 1 }]
arming = "armed"
fencing = "token_enforced"
detection = { period_ms = 50, misses = 3 }
"""
KEY = 'when = { tag = "maintenance_key", op = "==", value = 0 }'
HEAD = "[section.plc]\n"


def _errors(folder: Path, *pairs: tuple[str, str]) -> list[tuple[str, str, str]]:
    with pytest.raises(SiteErrors) as refused:
        load_site(changed(folder, *pairs))
    return [(problem.table, problem.key, problem.wrong) for problem in refused.value.problems]


SAID = "drills = true\nfailback = { hold_s = 4 }  # a plant would take minutes\n"


def test_a_group_goes_back_by_hand_and_is_not_drilled_unless_it_is_said(tmp_path: Path) -> None:
    (group,) = loaded(tmp_path, (SAID, "")).core.groups
    usual = FailbackConfig(mode=FailbackMode.MANUAL, hold_ns=600_000_000_000)
    assert (group.failback, group.drills, group.preferred) == (usual, False, "sc_a")
    (other,) = loaded(tmp_path, (SAID, 'drills = true\nfailback = { mode = "approval", hold_s = 5 }\n')).core.groups
    approved = FailbackConfig(mode=FailbackMode.APPROVAL, hold_ns=5_000_000_000)
    assert (other.failback, other.drills) == (approved, True)


def test_a_scheduled_failback_has_windows(tmp_path: Path) -> None:
    said = 'failback = { mode = "scheduled", window = ["mon-fri 02:00-04:00", "sun 22:00-06:00"], hold_s = 5 }\n'
    (group,) = loaded(tmp_path, (SAID, said)).core.groups
    assert group.failback == FailbackConfig(
        mode=FailbackMode.SCHEDULED,
        hold_ns=5_000_000_000,
        windows=(parse("mon-fri 02:00-04:00"), parse("sun 22:00-06:00")),
    )


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ('mode = "scheduled"', "missing: it is scheduled"),
        ('mode = "approval", window = ["daily 01:00-02:00"]', "given, but the mode is approval"),
        (
            'mode = "scheduled", window = ["daily 01:00-02:00", "funday 1-2"]',
            '"funday 1-2" names no days with "funday"',
        ),
    ],
)
def test_a_failback_that_does_not_fit_together_is_refused(tmp_path: Path, said: str, wrong: str) -> None:
    ((table, key, what),) = _errors(tmp_path, (SAID, f"failback = {{ {said} }}\n"))
    assert (table, key) == ("group.tanks.failback", "window")
    assert what.startswith(wrong)


def test_a_scheduled_failback_in_a_group_that_is_not_armed_is_warned_of(tmp_path: Path) -> None:
    said = 'failback = { mode = "scheduled", window = ["daily 01:00-02:00"] }\n'
    site = loaded(tmp_path, (SAID, said), ('arming = "armed"', 'arming = "advise"'))
    assert [each.table for each in site.warnings if "only tells that it would" in each.wrong] == [
        "group.tanks.failback"
    ]
    assert not [each for each in loaded(tmp_path, (SAID, said)).warnings if "only tells" in each.wrong]


def _tracked() -> str:
    text = (BROKEN.parent.parent.parent / "sim" / "sites" / "two_tanks.toml").read_text(encoding="utf-8")
    start = text.index("tracked = [")
    return text[start : text.index("\n]\n", start) + 3]


def test_crossed_groups_over_the_same_nodes_need_capacity(tmp_path: Path) -> None:
    group = DRAIN_GROUP + _tracked()
    site = loaded(tmp_path, (HEAD, DRAIN + group + "\n" + HEAD))
    assert [(warning.table, warning.key) for warning in site.warnings] == [
        ("node.sc_a", "capacity"),
        ("node.sc_b", "capacity"),
    ]
    able = [(f"number = {n}\n", f"number = {n}\ncapacity = 2\n") for n in (1, 2)]
    site = loaded(tmp_path, (HEAD, DRAIN + group + "\n" + HEAD), *able)
    assert site.warnings == ()
    assert site.node("sc_a").groups == ("drain", "tanks") or site.node("sc_a").groups == ("tanks", "drain")
    assert len(site.channels) == 4


def test_a_section_that_nobody_drives(tmp_path: Path) -> None:
    site = loaded(tmp_path, (HEAD, DRAIN + "\n" + HEAD))
    assert [(warning.table, warning.wrong) for warning in site.warnings] == [("section.drain", "no group drives it")]
    assert site.section("drain").group is None


def test_one_channel_is_not_told_as_two_over_one_network(tmp_path: Path) -> None:
    old = 'channels.net_b = { endpoint = "127.0.0.1:15021", network = "net_b" }\n'
    (warning,) = loaded(tmp_path, (old, "")).warnings
    assert warning.wrong == "one channel: its loss looks like the node's death"


def test_a_permissive_may_be_read_through_a_member(tmp_path: Path) -> None:
    """S6 is about interlocks: a permissive is asked only when both nodes are well."""
    site = loaded(
        tmp_path, ('permit_switch = { section = "plc", address = 2001', 'permit_switch = { node = "sc_a", address = 90')
    )
    assert site.warnings == ()
    assert {read.source for read in site.tag_reads} == {"plc", "sc_a"}


def test_an_interlock_with_a_second_source_is_taken(tmp_path: Path) -> None:
    site = loaded(
        tmp_path,
        ("[tag]\n", '[tag]\nkey_copy = { node = "sc_a", address = 90, type = "bool" }\n'),
        (
            KEY,
            f'when.any = [{KEY.removeprefix("when = ")}, {{ tag = "key_copy", op = "==", value = 0 }}]',
        ),
    )
    assert isinstance(site.group("tanks").conditions[0].when, AnyOf)


def test_two_out_of_three(tmp_path: Path) -> None:
    parts = ", ".join(f'{{ tag = "{tag}", op = "<", value = 9 }}' for tag in ("level_1", "level_2", "level_1"))
    when = loaded(tmp_path, (KEY, f"when.moon = {{ m = 2, of = [{parts}] }}")).group("tanks").conditions[0].when
    assert isinstance(when, MooN)
    assert (when.m, len(when.of)) == (2, 3)


def test_a_comparison_that_lacks_a_part(tmp_path: Path) -> None:
    assert _errors(tmp_path, (KEY, 'when = { tag = "maintenance_key", value = 0 }')) == [
        ("group.tanks.interlock.key_out.when", "op", "missing")
    ]


def test_a_time_that_belongs_to_no_comparison(tmp_path: Path) -> None:
    said = _errors(tmp_path, ("when.all = [", "when.for_ms = 5\nwhen.all = ["))
    assert said == [("group.tanks.interlock.not_overfull.when", "for_ms", "belongs to a comparison")]


def test_an_interlock_and_a_permissive_of_one_name(tmp_path: Path) -> None:
    said = _errors(tmp_path, ("permissive.permit]", "permissive.key_out]"))
    assert said == [("group.tanks.permissive.key_out", "", "an interlock of this group has the same name")]


def test_a_gate_is_no_node(tmp_path: Path) -> None:
    said = _errors(tmp_path, ('profile = "sim_soft_controller"\nnumber = 1', 'profile = "otha_gate"\nnumber = 1'))
    assert said == [("node.sc_a", "profile", '"otha_gate" is for sections')]


def test_a_missing_profile_is_told_once(tmp_path: Path) -> None:
    said = _errors(tmp_path, ('profile = "sim_soft_controller"\nnumber = 1', "number = 1"))
    assert said == [("node.sc_a", "profile", "missing")]


def test_bad_endpoints_are_not_also_the_same_endpoint(tmp_path: Path) -> None:
    said = _errors(tmp_path, ("127.0.0.1:15011", "sc_a"), ("127.0.0.1:15021", "sc_a"))
    assert [table for table, _, _ in said] == ["node.sc_a.channels.net_a", "node.sc_a.channels.net_b"]
    assert all("host:port" in wrong for _, _, wrong in said)


def test_more_outputs_than_a_gate_has(tmp_path: Path) -> None:
    more = "".join(f'    {{ name = "spare_{n}", tolerance_pct = 1 }},\n' for n in range(14))
    said = _errors(
        tmp_path,
        ('    { name = "valve", tolerance_pct = 0.5 },\n', more + '    { name = "valve", tolerance_pct = 0.5 },\n'),
    )
    assert said == [("section.plc", "outputs", "17 outputs, a gate has at most 16")]
    fewer = more.replace('    { name = "spare_13", tolerance_pct = 1 },\n', "")
    loaded(
        tmp_path,
        ('    { name = "valve", tolerance_pct = 0.5 },\n', fewer + '    { name = "valve", tolerance_pct = 0.5 },\n'),
    )


def test_a_self_fence_needs_its_times(tmp_path: Path) -> None:
    shutil.copy(BROKEN / "soft_watchdog.toml", tmp_path)
    own = [
        (f'profile = "sim_soft_controller"\nnumber = {n}', f'profile = "soft_watchdog.toml"\nnumber = {n}')
        for n in (1, 2)
    ]
    said = _errors(tmp_path, *own, ('fencing = "token_enforced"', 'fencing = "self_fence"'))
    assert said == [("group.tanks", "self_fence", "missing: fencing is self_fence")]
