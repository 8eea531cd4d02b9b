"""The profile library: what ships of real devices is told honestly, and what a profile may leave to the site file."""

from pathlib import Path

import pytest

from otha.core.words import Authority, Fencing, GroupKind, Role
from otha.site.decode import decode_node
from otha.site.load import load_site
from otha.site.opcua import decode_node_values
from otha.site.problem import SiteErrors
from otha.site.profile import compile_decoder, compile_nodes, load_profile, shipped_profiles
from otha.site.profile_file import Protocol
from tests.site.examples import TWO_TANKS

NATIVE_PAIRS = TWO_TANKS.with_name("native_pairs.toml")
OF_NO_DEVICE = ("generic_", "sim_", "modbus_link", "opcua_link", "opcua_reference")
DEVICES = tuple(name for name in shipped_profiles() if not name.startswith(OF_NO_DEVICE))
HEAD = """format = 1
name = "device"
kind = "node"
description = "x"
source = "x"
tried_on_hardware = false
cycle_ms = 10
frozen_after_ms = 100
"""


def test_eight_device_families_at_least() -> None:
    assert len(DEVICES) >= 8


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_is_told_honestly(name: str) -> None:
    profile = load_profile(name, Path())
    assert len(profile.source) > 30, "title, edition and section of a document"
    assert profile.leaves_open, "no document says all"
    assert not profile.tried_on_hardware
    assert not profile.writable
    assert not profile.methods
    if profile.authority is Authority.NATIVE:
        assert profile.fencing == (Fencing.NONE,)
        assert profile.open or "role" in profile.item_names


@pytest.mark.parametrize(
    ("name", "level", "role", "meant"),
    [
        ("siemens_wincc_oa", 255, Role.ACTIVE, 255),
        ("siemens_wincc_oa", 1, Role.STANDBY, 200),
        ("siemens_wincc_oa", 100, Role.STANDBY, 200),
        ("siemens_wincc_oa", 180, Role.UNKNOWN, 180),
        ("schneider_m580_bmenua0100", 255, Role.ACTIVE, 255),
        ("schneider_m580_bmenua0100", 199, Role.STANDBY, 200),
        ("schneider_m580_bmenua0100", 150, Role.UNKNOWN, 150),
    ],
)
def test_servers_that_tell_their_role_by_their_level(name: str, level: int, role: Role, meant: int) -> None:
    decoder = compile_nodes(load_profile(name, Path()), (), ())
    values = [level if read.node == "i=2267" else 1_000 for read in decoder.reads]
    reading = decode_node_values(decoder, values)
    assert (reading.role, reading.level) == (role.value, meant)


@pytest.mark.parametrize(("state", "level"), [(1, 1), (2, 200)])
def test_a_wago_controller_that_is_stopped_has_no_data(state: int, level: int) -> None:
    reading = decode_node(compile_decoder(load_profile("wago_pfc200", Path()), ()), [state])
    assert reading.level == level


def own(folder: Path, text: str) -> Path:
    (folder / "device.toml").write_text(HEAD + text, encoding="utf-8")
    return folder


def test_a_part_of_a_word(tmp_path: Path) -> None:
    role = 'role = { at = 0, bit = 4, bits = 2, codes = { "2" = "active", "3" = "standby" } }'
    text = f"[items]\nheartbeat = {{ at = 1 }}\n{role}"
    decoder = compile_decoder(load_profile("device.toml", own(tmp_path, text)), ())
    for word, meant in ((0x20, Role.ACTIVE), (0x30, Role.STANDBY), (0xFFEF, Role.ACTIVE), (0x40, Role.UNKNOWN)):
        assert decode_node(decoder, [word, 7]).role == meant.value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[items]\nheartbeat = { at = 1, bits = 2 }", "needs `bit`"),
        ("[items]\nheartbeat = { at = 1, bit = 12, bits = 5 }", "end at bit 16"),
        ('authority = "native"\n[items]\nheartbeat = { at = 1 }', "nobody could see which"),
        (
            'authority = "native"\nfencing = ["token_enforced"]\n[items]\nheartbeat = { at = 1 }\n'
            'role = { at = 2, codes = { "1" = "active" } }',
            "never fenced",
        ),
        (
            'authority = "native"\nwritable = [{ at = 1, count = 1, doc = "x" }]\n[items]\nheartbeat = { at = 1 }\n'
            'role = { at = 2, codes = { "1" = "active" } }',
            "never commanded",
        ),
        ("open = true\n[items]\nrole = {}", "says nothing"),
        ('open = true\n[items]\nlevel = { codes = { "1" = "active" } }', "only `role` has codes"),
        ('[items]\nheartbeat = { at = 1 }\nrole = { codes = { "1" = "active" } }', "needs either `at` or `fixed`"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SiteErrors) as refused:
        load_profile("device.toml", own(tmp_path, text))
    assert says in str(refused.value)


def changed(folder: Path, *pairs: tuple[str, str]) -> Path:
    """The site of the native pairs with each text replaced."""
    text = NATIVE_PAIRS.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return folder / "site.toml"


def test_the_site_of_the_native_pairs(tmp_path: Path) -> None:
    site = load_site(changed(tmp_path))
    assert [(group.kind, group.authority) for group in site.core.groups] == [(GroupKind.PAIR, Authority.NATIVE)] * 2
    assert not site.sections
    pac, cpu = site.node("pac_a").profile, site.node("cpu_2").profile
    assert dict(pac.items)["role"].codes == {"1": Role.ACTIVE, "2": Role.STANDBY}, "codes of the profile"
    assert dict(cpu.items)["role"].codes == {"2": Role.ACTIVE, "1": Role.STANDBY}, "codes of the site file"
    assert cpu.protocol is Protocol.OPCUA
    assert {warning.key for warning in site.warnings} == {"channels"}, list(map(str, site.warnings))


PACS = '[group.pacs]\nkind = "pair"\nauthority = "native"'


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("role", ("registers.role = { at = 100 }\n", "")),
        (
            "role",
            (
                'role = { node = \'nsu=http://www.siemens.com/simatic-s7-opcua;s="Otha"."PrimaryId"\', codes = { "1"',
                "x = { y = 1 } #",
            ),
        ),
        ("authority", (PACS, '[group.pacs]\nkind = "pair"')),
        ("target", (PACS, f'{PACS}\ntarget = "plc"')),
        ("clients", (PACS, f'{PACS}\nclients = [{{ node = "cpu_1", switch = "x" }}]')),
        ("drills", (PACS, f"{PACS}\ndrills = true")),
        (
            "fencing",
            (
                'fencing = "none"\ndetection = { period_ms = 200',
                'fencing = "token_enforced"\ndetection = { period_ms = 200',
            ),
        ),
    ],
)
def test_what_a_pair_can_not_have(tmp_path: Path, key: str, change: tuple[str, str]) -> None:
    with pytest.raises(SiteErrors) as refused:
        load_site(changed(tmp_path, change))
    assert key in {problem.key for problem in refused.value.problems}, str(refused.value)


def test_nobody_but_the_pair_itself_moves_a_native_one(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        (PACS, '[group.pacs]\nkind = "driver"\ntarget = "plc"'),
        (
            "[group.cpus]",
            '[section.plc]\nprofile = "otha_gate"\npaths.net_a = { endpoint = "127.0.0.1:15110", network = "net_a" }\n'
            "status_base = 1000\ncommand_base = 1200\nframe_base = 1300\nscan_ms = 5\nowner_watchdog_ms = 500\n"
            'hold_max_ms = 60_000\noutputs = [{ name = "x", tolerance_pct = 1.0 }]\n\n[group.cpus]',
        ),
    )
    with pytest.raises(SiteErrors) as refused:
        load_site(path)
    (found,) = [problem for problem in refused.value.problems if problem.key == "authority"]
    assert "switches itself" in found.wrong
    assert found.rule == "S1"
