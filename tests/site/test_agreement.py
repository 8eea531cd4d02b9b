"""The shipped site file, the profiles and the simulated plant describe the same devices."""

from otha.core.inputs import NodeReading
from otha.core.words import GateState
from otha.site.decode import decode_gate, decode_node, encode_command
from otha.site.gate_map import GateOpcode, gate_map
from otha.site.line import Line
from otha.site.load import load_site
from otha.site.read import Endpoint
from sim import registers
from sim.gate import Gate, Retained
from sim.heartbeat import Heartbeat, Role, Tracked
from sim.hold_action import plan_of
from sim.plant import DEFAULT_PORTS, NODES, Plant, field_tags
from sim.site_file import settings
from tests.site.examples import TWO_TANKS


def _port(at: Endpoint | Line) -> int:
    assert isinstance(at, Endpoint)
    return at.port


def test_ports() -> None:
    site = load_site(TWO_TANKS)
    named = {f"{channel.network}.{channel.node}": _port(channel.endpoint) for channel in site.channels}
    named |= {f"{path.network}.plc": _port(path.endpoint) for path in site.section("plc").paths}
    named |= {f"{ref.network}.{ref.name}": _port(ref.endpoint) for ref in site.references}
    assert named == {name: port for name, port in DEFAULT_PORTS.items() if "." in name}


def test_numbers_addresses_and_times() -> None:
    site = load_site(TWO_TANKS)
    assert {node.name: node.number for node in site.nodes} == NODES
    plant_defaults = Plant.__dataclass_fields__
    built = settings(TWO_TANKS.read_text(encoding="utf-8"))
    for key, value in built.items():
        if key not in ("tags", "hold"):
            assert value == plant_defaults[key].default, key
    assert plan_of(built["hold"]) == built["kind"].gate.hold
    assert built["tags"] == field_tags(built["kind"])


def test_a_heartbeat_of_the_sim_is_read_as_it_was_meant() -> None:
    tracked = Tracked(setpoints=(6000, 5000), modes=(1, 0), integrals=(-5, 7), outputs=(10, 20))
    said = Heartbeat(
        heartbeat=70_000,
        cycle=80_000,
        role=Role.STANDBY,
        service_level=220,
        position=90_000,
        acked=89_998,
        data_age_ms=15,
        config_hash=1,
        session=0xDEADBEEF,
        node=2,
        tracked=tracked,
        lag_ms=20,
    )
    node = load_site(TWO_TANKS).node("sc_b")
    assert decode_node(node.registers, said.registers()) == NodeReading(
        heartbeat=70_000,
        cycle=80_000,
        role=2,
        level=220,
        position=90_000,
        acked=89_998,
        lag_ms=20,
        data_age_ms=15,
        session=0xDEADBEEF,
        tracked=(6000, 5000, 1, 0, 10, 20),
    )


def test_a_status_block_of_the_sim_is_read_as_it_was_meant() -> None:
    plant = Plant(directory=TWO_TANKS.parent, ports={})
    gate = Gate(plant.section("plc").gate, Retained(epoch=7, granted=6, boot=3, safe=False, local=True), 4)
    fields, rows = gate.status()
    reading = decode_gate(gate_map(), 3, registers.encode_status(fields, rows))
    assert (reading.state, reading.epoch, reading.granted, reading.boot) == (GateState.LOCAL, 7, 6, 4)
    assert (reading.hold_max_ms, reading.owner_watchdog_ms, reading.scan_ms) == (10_000, 60, 5)
    assert reading.shadow_age_ms == 65_535


def test_a_command_is_understood_by_the_sim() -> None:
    words = encode_command(gate_map(), GateOpcode.GRANT, 2, 9, 4, 0, 77)
    assert registers.decode_command(words) == registers.Command(
        opcode=registers.Opcode.GRANT, node=2, epoch=9, boot=4, hold_no=0, id=77
    )
