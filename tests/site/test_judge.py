"""What is refused or doubted from the file alone, one change of the demo site at a time."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.core.conditions import AllOf, AnyOf, Compare, Comparison, ConditionTree, MooN
from otha.site.conditions import tags_in
from otha.site.judge import holds_without
from otha.site.load import load_site
from otha.site.problem import Severity, SiteErrors
from tests.site.examples import BROKEN, TWO_TANKS, changed, loaded

GROUP = 'arming = "armed"\n'
ONE_CHANNEL = 'channels.net_b = { endpoint = "127.0.0.1:15021", network = "net_b" }\n'

# What takes longer than so short a hold is refused for that.
RUN_DOWN = (', hold = { action = "ramp", to_pct = 0, rate_pct = 20, after_ms = 3000 }', "")

REFUSED = {
    "S1 two numbers": ("S1", "number", ("number = 2", "number = 1")),
    "S3 dishonest fence": (
        "S3",
        "fencing",
        (
            'fencing = "token_enforced"',
            'fencing = "self_fence"\nself_fence = { watchdog_ms = 1, stop_ms = 1, wait_ms = 9, hardware = true }',
        ),
    ),
    "S3 watchdog": ("S3", "owner_watchdog_ms", ("owner_watchdog_ms = 60", "owner_watchdog_ms = 297")),
    "watchdog too short": (
        "",
        "owner_watchdog_ms",
        ("owner_watchdog_ms = 60", "owner_watchdog_ms = 29\nfresh_owner_ms = 25"),
    ),
    "S5 rpo": ("S5", "rpo_ms", ("rpo_ms = 500", "rpo_ms = 122")),
    "S6 source": (
        "S6",
        "when",
        ('level_2 = { section = "plc", address = 2011', 'level_2 = { node = "sc_b", address = 100'),
    ),
    "S7 hold-off": ("S7", "holdoff_s", ("holdoff_s = 30", "holdoff_s = 0")),
    "S8 observers": ("S8", "observers", (GROUP, GROUP + "observers = 2\n")),
    "S8 fresh owner": ("S8", "fresh_owner_ms", ("scan_ms = 5", "scan_ms = 5\nfresh_owner_ms = 15")),
    "S8 frozen": ("S8", "frozen_after_ms", ("number = 1", "number = 1\nfrozen_after_ms = 122")),
    "deadline": ("", "deadline_ms", ("misses = 3 }", "misses = 3, deadline_ms = 51 }")),
    "reference deadline": (
        "",
        "deadline_ms",
        ('endpoint = "127.0.0.1:15014"', 'endpoint = "127.0.0.1:15014"\ndeadline_ms = 51'),
    ),
    "connections": ("", "connection_limit", ("other_connections = 2", "connection_limit = 4\nother_connections = 2")),
    "upstream": ("", "upstream", (GROUP, GROUP + 'upstream = ["tanks"]\n')),
    "moon": (
        "",
        "m",
        (
            'when = { tag = "maintenance_key", op = "==", value = 0 }',
            'when.moon = { m = 2, of = [{ tag = "level_1", op = "<", value = 1 }] }',
        ),
    ),
    "two shapes": (
        "",
        "",
        ('op = "==", value = 0 }', 'op = "==", value = 0, all = [{ tag = "level_1", op = "<", value = 1 }] }'),
    ),
    "value out of type": ("", "value", ('op = "==", value = 0 }', 'op = "==", value = 2 }')),
    "valid too wide": ("", "valid", ("address = 2010, valid = [0, 10_000]", "address = 2010, valid = [0, 70_000]")),
    "valid upside down": ("", "valid", ("address = 2010, valid = [0, 10_000]", "address = 2010, valid = [9, 0]")),
    "two sources": (
        "",
        "section",
        ('permit_switch = { section = "plc"', 'permit_switch = { section = "plc", node = "sc_a"'),
    ),
    "domain twice": ("", "domains", ('domains = ["host_a"]', 'domains = ["host_a", "host_a"]')),
    "network is a host": (
        "",
        "network",
        (
            'channels.net_a = { endpoint = "127.0.0.1:15011", network = "net_a" }',
            'channels.net_a = { endpoint = "127.0.0.1:15011", network = "host_a" }',
        ),
    ),
    "user in two roles": ("", "admin", ('admin = ["@self"]', 'operator = ["@self"]\nadmin = ["@self"]')),
    "no user": ("", "admin", ('admin = ["@self"]', 'admin = ["@all"]')),
    "one member": ("", "members", ('{ node = "sc_a", priority = 1 }, ', "")),
    "member twice": ("", "members", ('node = "sc_b", priority = 2', 'node = "sc_a", priority = 2')),
    "same priority": ("", "priority", ('node = "sc_b", priority = 2', 'node = "sc_b", priority = 1')),
    "output twice": ("", "outputs", ('name = "pump_2"', 'name = "pump_1"')),
    "gate in the wrong place": ("", "profile", ('profile = "otha_gate"', 'profile = "sim_reference"')),
    "reference as a node": (
        "",
        "profile",
        ('profile = "sim_soft_controller"\nnumber = 1', 'profile = "sim_reference"\nnumber = 1'),
    ),
    "registers of a known device": ("", "registers", ("number = 1", "number = 1\nregisters.heartbeat = { at = 9 }")),
    "block beyond the end": ("", "frame_base", ("frame_base = 1300", "frame_base = 65_500")),
    "self fence times without one": (
        "",
        "self_fence",
        (GROUP, GROUP + "self_fence = { watchdog_ms = 1, stop_ms = 1, wait_ms = 9, hardware = true }\n"),
    ),
}

WARNED = {
    "S3 armed without fence": ("S3", "fencing", ('fencing = "token_enforced"', 'fencing = "none"')),
    "S8 confirm": ("S8", "confirm_ms", ("misses = 3 }", "misses = 3, confirm_ms = 39 }")),
    "S8 slow veto": ("S8", "fresh_owner_ms", ("scan_ms = 5", "scan_ms = 5\npoll_ms = 200")),
    "S8 veto after the watchdog": ("S8", "fresh_owner_ms", ("scan_ms = 5", "scan_ms = 5\nfresh_owner_ms = 61")),
    "S7 limit never reached": ("S7", "max_in_window", ("window_s = 600", "window_s = 89")),
    "one channel": ("", "channels", (ONE_CHANNEL, "")),
    "one network": ("", "channels", ('"127.0.0.1:15021", network = "net_b"', '"127.0.0.1:15021", network = "net_a"')),
    "members share a host": ("", "members", ('domains = ["host_b"]', 'domains = ["host_a"]')),
    "the supervisor shares a host": ("", "members", ('domains = ["host_sup"', 'domains = ["host_a"')),
    "members on one feed": (
        "",
        "members",
        (
            'host_a = { kind = "host" }\nhost_b = { kind = "host" }',
            'feed = { kind = "power" }\nhost_a = { kind = "host", domains = ["feed"] }\n'
            'host_b = { kind = "host", domains = ["feed"] }',
        ),
    ),
    "one path to the gate": (
        "",
        "paths",
        ('"127.0.0.1:15023", network = "net_b"', '"127.0.0.1:15023", network = "net_a"'),
    ),
    "nobody may act": ("", "operator", ('admin = ["@self"]', "")),
    "native": ("", "arming", (GROUP, GROUP + 'authority = "native"\n')),
    "not tried": ("", "profile", ("simulation = true", "")),
    "last connection": (
        "",
        "connection_limit",
        ("other_connections = 2", "connection_limit = 5\nother_connections = 2"),
    ),
    "short bound": ("", "fence_ms", (GROUP, GROUP + "bounds.fence_ms = 17\n")),
    "late limit": ("", "uncontrolled_ms", (GROUP, GROUP + "bounds.uncontrolled_ms = 10_001\n")),
    "no chance to resume": ("", "not_driving_ms", ("misses = 3 }", "misses = 3, not_driving_ms = 59 }")),
    "judged before seen": ("", "settle_ms", (GROUP, GROUP + "settle_ms = 200\n")),
    "misses of an adaptive": ("", "misses", ("misses = 3 }", 'misses = 4, detector = "adaptive" }')),
}


@pytest.mark.parametrize(("rule", "key", "change"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(tmp_path: Path, rule: str, key: str, change: tuple[str, str]) -> None:
    with pytest.raises(SiteErrors) as refused:
        load_site(changed(tmp_path, change))
    errors = [p for p in refused.value.problems if p.severity is Severity.ERROR]
    assert {(error.rule, error.key) for error in errors} == {(rule, key)}, [str(error) for error in errors]


@pytest.mark.parametrize("hold_max_ms", [163, 420], ids=["hold", "hold after watchdog"])
def test_a_hold_too_short_for_a_transfer_is_refused(tmp_path: Path, hold_max_ms: int) -> None:
    with pytest.raises(SiteErrors) as refused:
        load_site(changed(tmp_path, ("hold_max_ms = 10_000", f"hold_max_ms = {hold_max_ms}"), RUN_DOWN))
    errors = [p for p in refused.value.problems if p.severity is Severity.ERROR]
    assert {error.key for error in errors} == {"hold_max_ms"}


@pytest.mark.parametrize(("rule", "key", "change"), WARNED.values(), ids=WARNED.keys())
def test_warned(tmp_path: Path, rule: str, key: str, change: tuple[str, str]) -> None:
    site = loaded(tmp_path, change)
    assert {(warning.rule, warning.key) for warning in site.warnings} == {(rule, key)}, list(map(str, site.warnings))


def test_the_same_numbers_one_step_better_are_taken(tmp_path: Path) -> None:
    """Each bound is judged to the millisecond: what a message asks for is enough."""
    loaded(
        tmp_path,
        ("owner_watchdog_ms = 60", "owner_watchdog_ms = 287"),
        ("rpo_ms = 500", "rpo_ms = 123"),
        ("holdoff_s = 30", "holdoff_s = 1"),
        ("number = 1", "number = 1\nfrozen_after_ms = 123"),
        ("hold_max_ms = 10_000", "hold_max_ms = 197"),
        RUN_DOWN,
    )


def _without_tracked(text: str) -> str:
    start, end = text.index("tracked = ["), text.index("\n]\n", text.index("tracked = ["))
    return text[start : end + 3]


def test_without_tracked_tags_a_bump_is_not_foreseen(tmp_path: Path) -> None:
    site = loaded(tmp_path, (_without_tracked(TWO_TANKS.read_text(encoding="utf-8")), ""))
    assert [(warning.rule, warning.key) for warning in site.warnings] == [("S13", "tracked")]


def test_a_lag_that_can_not_be_known_never_fits_an_rpo(tmp_path: Path) -> None:
    """S5: unknown is infinite; only a group that takes the loss may have such a member."""
    silent = (
        'profile = "sim_soft_controller"\nnumber = 1',
        'profile = "generic_modbus"\nnumber = 1\ncycle_ms = 10\nfrozen_after_ms = 150\n'
        "registers.heartbeat = { at = 1 }",
    )
    tracked = (_without_tracked(TWO_TANKS.read_text(encoding="utf-8")), "")
    unfenced = ('fencing = "token_enforced"', 'fencing = "none"')
    with pytest.raises(SiteErrors) as refused:
        load_site(changed(tmp_path, silent, tracked, unfenced))
    errors = [p for p in refused.value.problems if p.severity is Severity.ERROR]
    assert [(error.rule, error.key) for error in errors] == [("S5", "rpo_ms")]
    loaded(tmp_path, silent, tracked, unfenced, ("rpo_ms = 500", 'rpo_ms = 500\non_rpo_miss = "degrade"'))


SELF_FENCE = "self_fence = {{ watchdog_ms = 500, stop_ms = 100, wait_ms = {wait}, hardware = {hardware} }}\n"


@pytest.mark.parametrize(
    ("wait", "hardware", "keys"),
    [
        (601, "true", []),
        (600, "true", ["wait_ms"]),
        (601, "false", ["hardware"]),
        (1, "false", ["hardware", "wait_ms"]),
    ],
)
def test_a_timed_self_fence(tmp_path: Path, wait: int, hardware: str, keys: list[str]) -> None:
    """S4: watchdog + stop + drift of 200 ppm (0.2 ms) must be shorter than the wait, and the watchdog hardware."""
    shutil.copy(BROKEN / "soft_watchdog.toml", tmp_path)
    path = changed(
        tmp_path,
        *(
            (f'profile = "sim_soft_controller"\nnumber = {n}', f'profile = "soft_watchdog.toml"\nnumber = {n}')
            for n in (1, 2)
        ),
        ('fencing = "token_enforced"\n', 'fencing = "self_fence"\n' + SELF_FENCE.format(wait=wait, hardware=hardware)),
    )
    found: list[str] = []
    try:
        load_site(path)
    except SiteErrors as refused:
        found = sorted(problem.key for problem in refused.problems if problem.rule == "S4")
    assert found == keys


def test_networks_behind_one_switch_are_one(tmp_path: Path) -> None:
    old = 'net_a = { kind = "network" }\nnet_b = { kind = "network" }'
    new = (
        old.replace('"network"', '"network", domains = ["core"]') + '\ncore = { kind = "switch", domains = ["net_a"] }'
    )
    site = loaded(tmp_path, (old, new))
    assert [(warning.table, warning.key) for warning in site.warnings] == [
        ("node.sc_a", "channels"),
        ("node.sc_b", "channels"),
        ("section.plc", "paths"),
    ]
    assert all("core" in warning.wrong for warning in site.warnings)


def test_reference_points_are_wanted_on_every_network(tmp_path: Path) -> None:
    old = '[reference.ref_b]\nprofile = "sim_reference"\nendpoint = "127.0.0.1:15024"\nnetwork = "net_b"\n'
    site = loaded(tmp_path, (old, ""))
    assert [(warning.rule, warning.table) for warning in site.warnings] == [("S8", "domain.net_b")]


def test_a_node_in_no_group_is_not_read(tmp_path: Path) -> None:
    spare = (
        '[node.spare]\nprofile = "sim_soft_controller"\nnumber = 3\n'
        'channels.net_a = { endpoint = "127.0.0.1:15098", network = "net_a" }\n'
        'channels.net_b = { endpoint = "127.0.0.1:15099", network = "net_b" }\n\n[node.sc_b]'
    )
    site = loaded(tmp_path, ("[node.sc_b]", spare))
    assert [warning.table for warning in site.warnings] == ["node.spare"]
    assert not [channel for channel in site.channels if channel.node == "spare"]


COMPARES = st.sampled_from("abcd").map(lambda tag: Compare(tag=tag, op=Comparison.EQ, value=1, for_ns=0))
TREES = st.recursive(
    COMPARES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(of=tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(of=tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: MooN(m=2, of=tuple(parts))),
    ),
    max_leaves=8,
)


@given(TREES, st.frozensets(st.sampled_from("abcd")))
def test_blindness(tree: ConditionTree, blind: frozenset[str]) -> None:
    """More blindness never helps; seeing all always does; seeing nothing never does."""
    tags = frozenset(tags_in(tree))
    assert holds_without(tree, frozenset())
    assert not holds_without(tree, tags)
    if not holds_without(tree, blind):
        assert not holds_without(tree, blind | {"a"})
