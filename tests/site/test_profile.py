"""Profiles: what ships, and what is refused."""

import struct
from pathlib import Path

import pytest

from otha.core.words import Fencing
from otha.site.gate_map import REFUSED, gate_map
from otha.site.problem import SiteErrors
from otha.site.profile import load_profile, shipped_profiles

HEAD = """format = 1
name = "device"
kind = "node"
description = "x"
source = "x"
tried_on_hardware = false
cycle_ms = 10
frozen_after_ms = 100
"""


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_loads_and_says_where_it_is_from(name: str) -> None:
    profile = load_profile(name, Path())
    assert profile.source
    assert profile.writable == ()
    assert not profile.tried_on_hardware


def test_what_ships() -> None:
    assert set(shipped_profiles()) >= {"generic_modbus", "sim_reference", "sim_soft_controller"}


def test_a_plain_modbus_device_claims_no_token() -> None:
    """Design, section 7: a plain Modbus write proves nothing about identity or epoch."""
    assert Fencing.TOKEN_ENFORCED not in load_profile("generic_modbus", Path()).fencing


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "says nothing"),
        ("[items]\nheartbeat = { type = 'u32' }", "needs either `at` or `fixed`"),
        ("[items]\nheartbeat = { at = 1, fixed = 2 }", "needs either `at` or `fixed`"),
        ("[items]\nheartbeat = { fixed = 2 }", "only `level` may have a fixed value"),
        ("[items]\nheartbeat = { at = 1, type = 'u32', bit = 3 }", "a bit is taken from one register"),
        ("[items]\nrole = { at = 1 }\nheartbeat = { at = 2 }", "codes"),
        ("[items]\nheartbeat = { at = 1, codes = { '1' = 'active' } }", "only `role` has codes"),
        ("[items]\nheartbeat = { at = 1, replace = { '1' = 2 } }", "only `level` has values to replace"),
        ("[items]\nheartbeat = { at = 1, ms_per_count = 10 }", "only for lag_ms and data_age_ms"),
        ("[items]\nlevel = { at = 1, replace = { 'x' = 2 } }\nheartbeat = { at = 2 }", "a code is a whole number"),
        ("[items]\nheartbeat = { at = 1, type = 'u32' }\ncycle = { at = 2 }", "overlap"),
        ("[items]\nheartbeat = { at = 1 }\ncycle = { at = 1, type = 'i16' }", "read as"),
        ("[items]\nheartbeat = { at = 1 }\ncycle = { at = 126 }", "span 126 registers"),
        ("[read]\nat = 2\n[items]\nheartbeat = { at = 1 }", "outside the registers read"),
        ("[read]\nlength = 1\n[items]\nheartbeat = { at = 1, type = 'u32' }", "outside the registers read"),
    ],
)
def test_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "device.toml").write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(SiteErrors, match=says):
        load_profile("device.toml", tmp_path)


@pytest.mark.parametrize("missing", ["cycle_ms", "frozen_after_ms"])
def test_times_that_a_node_needs(tmp_path: Path, missing: str) -> None:
    head = "".join(line for line in HEAD.splitlines(keepends=True) if not line.startswith(missing))
    (tmp_path / "device.toml").write_text(f"{head}[items]\nheartbeat = {{ at = 1 }}", encoding="utf-8")
    with pytest.raises(SiteErrors, match=missing):
        load_profile("device.toml", tmp_path)


def test_the_gate_map_is_whole() -> None:
    shape = gate_map()
    assert struct.calcsize(shape.status.format) == 2 * shape.status_length
    assert struct.calcsize(shape.command.format) == 2 * shape.command_length
    assert set(REFUSED) == {n for n in shape.status_names if n.startswith(("refused_", "frame_"))}
    assert [name for name in shape.status_names if name in REFUSED] == list(REFUSED)
