"""What a site file becomes."""

from pathlib import Path

import pytest

from otha.core.conditions import AllOf, Compare, Comparison
from otha.core.config import AdaptiveDetector, ChannelConfig, FixedDetector, ReferenceConfig
from otha.core.words import Arming, ConditionClass, Fencing
from otha.site.decode import GarbledReadingError, pack_words
from otha.site.load import load_site
from otha.site.model import UserRole
from otha.site.problem import SiteErrors
from otha.site.read import Endpoint
from otha.site.tags import decode_tags
from tests.site.examples import TWO_TANKS, changed, loaded

MS = 1_000_000


def test_the_demo_site_has_no_warnings() -> None:
    site = load_site(TWO_TANKS)
    assert site.warnings == ()
    assert (site.name, site.simulation) == ("two_tanks", True)


def test_channels_follow_the_detection_of_their_group() -> None:
    site = load_site(TWO_TANKS)
    assert [channel.name for channel in site.core.channels] == [
        "sc_a.net_a",
        "sc_a.net_b",
        "sc_b.net_a",
        "sc_b.net_b",
    ]
    assert site.core.channels[1] == ChannelConfig(
        name="sc_a.net_b",
        node="sc_a",
        period_ns=50 * MS,
        deadline_ns=40 * MS,
        detector=FixedDetector(misses=3),
    )
    assert site.channels[1].endpoint == Endpoint(host="127.0.0.1", port=15021)
    assert {channel.network for channel in site.channels} == {"net_a", "net_b"}


def test_the_period_alone_changes_deadlines_polls_and_references(tmp_path: Path) -> None:
    site = loaded(tmp_path, ("period_ms = 50", "period_ms = 10"))
    assert {channel.deadline_ns for channel in site.core.channels} == {8 * MS}
    assert site.core.groups[0].own_gate.poll_ns == 10 * MS
    assert site.core.references[0] == ReferenceConfig(name="ref_a", period_ns=10 * MS, deadline_ns=8 * MS, misses=2)


def test_the_gate_and_its_section() -> None:
    site = load_site(TWO_TANKS)
    section, gate = site.section("plc"), site.group("tanks").own_gate
    assert gate.paths == tuple(path.name for path in section.paths) == ("plc.net_a", "plc.net_b")
    assert gate.tolerance == (50, 50, 50)
    assert (gate.fresh_owner_ns, gate.owner_watchdog_ns, gate.hold_max_ns) == (35 * MS, 60 * MS, 10_000 * MS)
    assert (section.status.at, section.status.count) == (1000, 55)
    assert section.group == "tanks"


def test_nothing_but_the_command_mailbox_is_writable() -> None:
    (block,) = load_site(TWO_TANKS).section("plc").writable
    assert (block.at, block.count) == (1200, 16)
    assert block.covers(1200, 16)
    assert not block.covers(1199, 16)
    assert not block.covers(1201, 16)


def test_conditions_are_data() -> None:
    key_out, not_overfull, permit = load_site(TWO_TANKS).group("tanks").conditions
    assert (key_out.interlock, key_out.klass) == (True, ConditionClass.SAFETY)
    assert key_out.when == Compare(tag="maintenance_key", op=Comparison.EQ, value=0, for_ns=0)
    assert isinstance(not_overfull.when, AllOf)
    assert not_overfull.klass is ConditionClass.PROCESS
    assert (permit.interlock, permit.when) == (
        False,
        Compare(tag="permit_switch", op=Comparison.EQ, value=1, for_ns=100 * MS),
    )


def test_neighbouring_tags_are_read_together() -> None:
    (read,) = load_site(TWO_TANKS).tag_reads
    assert (read.source, read.block.at, read.block.count) == ("plc", 2000, 12)
    assert 2 * read.period_ns < min(tag.fresh_ns for tag in load_site(TWO_TANKS).core.tags)
    payload = pack_words([1, 0, *[9] * 8, 6000, 5000])
    assert decode_tags(read, payload) == (
        ("maintenance_key", 1),
        ("permit_switch", 0),
        ("level_1", 6000),
        ("level_2", 5000),
    )
    with pytest.raises(GarbledReadingError):
        decode_tags(read, payload[:-2])


def test_distant_tags_are_read_apart_and_wide_ones_as_one_number(tmp_path: Path) -> None:
    site = loaded(
        tmp_path,
        ('level_2 = { section = "plc", address = 2011', 'level_2 = { section = "plc", type = "i32", address = 2100'),
    )
    first, second = site.tag_reads
    assert (first.block.count, second.block.at, second.block.count) == (11, 2100, 2)
    assert decode_tags(second, pack_words([0xFFFF, 0xFFFE])) == (("level_2", -2),)


def test_safe_defaults(tmp_path: Path) -> None:
    """Design, section 5: arming is observe unless the site says more."""
    site = loaded(tmp_path, ('arming = "armed"\n', ""))
    assert site.group("tanks").arming is Arming.OBSERVE


def test_adaptive_detection(tmp_path: Path) -> None:
    site = loaded(tmp_path, ("misses = 3 }", 'detector = "adaptive", window = 50 }'))
    assert site.core.channels[0].detector == AdaptiveDetector(window=50, margin_ns=100 * MS)


def test_roles() -> None:
    site = load_site(TWO_TANKS)
    assert site.role_of("anna", supervisor_user="anna") is UserRole.ADMIN
    assert site.role_of("berta", supervisor_user="anna") is None


def test_named_users(tmp_path: Path) -> None:
    site = loaded(tmp_path, ('admin = ["@self"]', 'operator = ["anna"]\nadmin = ["@self"]'))
    assert site.role_of("anna", supervisor_user="anna") is UserRole.OPERATOR
    assert site.role_of("berta", supervisor_user="berta") is UserRole.ADMIN


def test_the_digest_is_of_the_model_and_not_of_the_text(tmp_path: Path) -> None:
    same = loaded(
        tmp_path, ("# --- the pair ---", "# --- the pair, as it is ---"), ("misses = 3", "misses     =     3")
    )
    assert same.digest == load_site(TWO_TANKS).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("misses = 3", "misses = 4"),
        ("127.0.0.1:15023", "127.0.0.1:15099"),
        ("status_base = 1000", "status_base = 1001"),
        ('admin = ["@self"]', 'operator = ["@self"]'),
        ("address = 2011", "address = 2012"),
        ("simulation = true", "simulation = false"),
    ],
)
def test_the_digest_changes_with_what_is_decided_on(tmp_path: Path, old: str, new: str) -> None:
    assert loaded(tmp_path, (old, new)).digest != load_site(TWO_TANKS).digest


def test_a_generic_device_takes_its_addresses_from_the_site(tmp_path: Path) -> None:
    registers = """cycle_ms = 100
frozen_after_ms = 400
registers.heartbeat = { at = 40, type = "u32" }
registers.role = { at = 43, codes = { "1" = "active", "2" = "standby" } }
registers.position = { at = 44, type = "u32" }
registers.acked = { at = 46, type = "u32" }
"""
    tracked = "".join(
        f"tracked.{name} = {{ at = {at} }}\n"
        for at, name in enumerate(("setpoint_1", "setpoint_2", "mode_1", "mode_2", "output_1", "output_2"), start=48)
    )
    pairs = [
        (
            f'profile = "sim_soft_controller"\nnumber = {number}\n',
            f'profile = "generic_modbus"\nnumber = {number}\n{registers}{tracked}',
        )
        for number in (1, 2)
    ]
    slow = ("owner_watchdog_ms = 60", "owner_watchdog_ms = 250\nfresh_owner_ms = 200")
    site = loaded(
        tmp_path, *pairs, slow, ('fencing = "token_enforced"', 'fencing = "none"'), ("rpo_ms = 500", "rpo_ms = 500")
    )
    node = site.node("sc_a")
    assert (node.registers.at, node.registers.length) == (40, 14)
    assert site.group("tanks").nodes[0].cycle_ns == 100 * MS
    assert site.group("tanks").fencing is Fencing.NONE
    assert [warning.rule for warning in site.warnings if warning.rule] == ["S8", "S3"]


def test_a_file_that_is_not_there_is_an_engineers_error(tmp_path: Path) -> None:
    with pytest.raises(SiteErrors, match="No such file") as refused:
        load_site(tmp_path / "gone.toml")
    assert refused.value.problems[0].mend


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "bytes.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SiteErrors, match="UTF-8"):
        load_site(path)


def test_errors_of_several_kinds_are_told_together(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ("scan_ms = 5", 'scan_ms = "5"'),
        ('node = "sc_b", priority = 2', 'node = "sc_c", priority = 2'),
        ('"127.0.0.1:15024"', '"127.0.0.1:99999"'),
        ("rpo_ms = 500", "rp_ms = 200"),
    )
    with pytest.raises(SiteErrors) as refused:
        load_site(path)
    assert [(problem.key, problem.nearest) for problem in refused.value.problems] == [
        ("endpoint", None),
        ("scan_ms", None),
        ("node", "sc_b"),
        ("rp_ms", "rpo_ms"),
    ]
    lines = path.read_text(encoding="utf-8").splitlines()
    for problem in refused.value.problems:
        assert problem.line is not None
        assert problem.key in lines[problem.line - 1]
