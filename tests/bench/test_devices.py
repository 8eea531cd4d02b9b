"""The hand-written devices are what the profiles say: a supervisor can read them."""

from pathlib import Path

from bench import devices
from bench.devices import Ports
from bench.lateness import site_text
from otha.core.words import GateState, Role
from otha.site.decode import decode_gate_bytes, decode_node_bytes
from otha.site.gate_map import gate_map
from otha.site.load import load_site

PORTS = Ports(nodes=[[20_001, 20_002, 20_003, 20_004]], gates=[[20_005, 20_006]], references=[20_007, 20_008])


def test_blocks_are_read_as_they_were_meant(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(site_text(PORTS), encoding="utf-8")
    site = load_site(path)
    assert [str(warning) for warning in site.warnings if warning.rule == "S8"] == []
    decoder = site.nodes[0].registers
    reading = decode_node_bytes(decoder, bytes(devices.node(1)()[: 2 * decoder.length]))
    assert (reading.role, reading.level, reading.lag_ms) == (Role.ACTIVE.value, 255, 0)
    later = decode_node_bytes(decoder, bytes(devices.node(2)()[: 2 * decoder.length]))
    assert (later.role, reading.position) == (Role.STANDBY.value, reading.acked)
    gate = decode_gate_bytes(gate_map(), devices.OUTPUTS, bytes(devices.gate()()))
    assert (gate.state, gate.owner, gate.epoch, gate.permit) == (GateState.OWNED, 1, 1, True)
    assert gate.hold_max_ms * 1_000_000 == site.core.groups[0].own_gate.hold_max_ns
