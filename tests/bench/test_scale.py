"""The sites of the scale measurement are good ones, and the servers answer as they say."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bench import fleet, scale
from bench.processes import family, use
from otha.site.load import load_site


@pytest.mark.parametrize("kind", [scale.MODBUS, scale.OPCUA], ids=["modbus", "opcua"])
def test_every_node_is_read_at_its_period(tmp_path: Path, kind: scale.Fleet) -> None:
    small = replace(kind, nodes=2 * kind.members)
    path = tmp_path / "site.toml"
    groups = scale.groups_text(small, range(20_000, 20_000 + small.nodes), [21_001, 21_002])
    path.write_text(scale.head_text([21_003, 21_004]) + groups, encoding="utf-8")
    site = load_site(path)
    assert len(site.channels) == small.nodes
    assert {channel.period_ns for channel in site.channels} == {kind.period_ms * 1_000_000}
    assert len(site.core.groups) == 2


def test_a_fleet_listens_on_as_many_ports_as_were_asked_for() -> None:
    with fleet.running("modbus", 6, 3) as ports:
        assert (len(set(ports.nodes)), len(ports.gates), len(ports.references)) == (6, 2, 2)


def test_a_process_knows_what_it_uses() -> None:
    own = use(os.getpid())
    assert own.cpu_s > 0
    assert own.memory > 1 << 20
    assert own.descriptors > 2
    assert family(os.getpid())[0].pid == os.getpid()
