"""The PLC with two sections: each behind a gate of its own, in one register map, in one log."""

from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from sim import crane, retain
from sim.boiler import STATES
from sim.bus_recorder import BusLog
from sim.checker import Findings, Rule, check_all
from sim.errors import UsageError
from sim.forward import Direction
from sim.hold_action import HeldOutput
from sim.kind import Kind
from sim.kinds import KINDS
from sim.plant import Plant
from sim.plc import Plc
from sim.registers import (
    Answer,
    Command,
    Frame,
    Opcode,
    State,
    decode_status,
    encode_command,
    encode_frame,
    gate_map,
    pack,
)
from sim.section import Section
from sim.site_file import settings
from sim.takeovers import log
from sim.whole import Scope


class Bench:
    """A PLC without its process, scanned by hand; what is written to it is on the bus as well."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        for section in plant.sections:
            if not section.memory.exists():
                retain.commission(section.memory)
        plant.save()
        self.plc = Plc(plant)
        self.bus = BusLog(plant.directory)
        self._seq = 0

    def status(self, section: Section) -> tuple[dict[str, int], tuple[tuple[int, ...], ...]]:
        registers = self.plc.bank.read(section.status_base, gate_map().status_total(section.outputs))
        assert registers is not None
        return decode_status(registers)

    def command(self, section: Section, opcode: Opcode, node: int, epoch: int) -> Answer:
        boot = self.status(section)[0]["boot"]
        self._write(section.command_base, encode_command(Command(opcode=opcode, node=node, epoch=epoch, boot=boot)))
        self.plc.scan()
        return Answer(self.status(section)[0]["command_answer"])

    def frame(self, section: Section, node: int, epoch: int, *outputs: int) -> None:
        self._seq += 1
        frame = Frame(owner=node, epoch=epoch, session=9, seq=self._seq, cycle=self._seq, outputs=outputs)
        self._write(section.frame_base + (node - 1) * gate_map().frame_stride, encode_frame(frame))
        self.plc.scan()

    def own(self, section: Section, node: int, epoch: int) -> None:
        assert self.command(section, Opcode.REVOKE, 0, epoch) is Answer.DONE
        assert self.command(section, Opcode.GRANT, node, epoch) is Answer.DONE
        assert self.command(section, Opcode.RELEASE, node, epoch) is Answer.DONE
        held = self.status(section)[1][1]
        for _ in range(2):
            self.frame(section, node, epoch, *held)
        assert self.status(section)[0]["state"] == State.OWNED

    def _write(self, address: int, registers: list[int]) -> None:
        data = pack(registers)
        body = bytes([1, 16]) + address.to_bytes(2) + len(registers).to_bytes(2) + bytes([len(data)]) + data
        self.bus.take(1, Direction.REQUEST, bytes(4) + len(body).to_bytes(2) + body)
        assert self.plc.bank.write(address, registers)

    def close(self) -> None:
        self.plc.close()
        self.bus.close()


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(directory=tmp_path, ports={}, scope=Scope.WHOLE)


@pytest.fixture
def bench(plant: Plant) -> Iterator[Bench]:
    bench = Bench(plant)
    yield bench
    bench.close()


def test_sections_are_owned_apart(bench: Bench) -> None:
    tanks, header = bench.plant.sections
    bench.own(tanks, 1, 1)
    bench.own(header, 2, 1)
    bench.frame(header, 2, 1, 7000, 100)
    assert bench.status(header)[1][0] == (7000, 100)
    assert bench.status(tanks)[1][0] == tanks.start
    assert bench.command(header, Opcode.REVOKE, 0, 2) is Answer.DONE
    assert bench.status(header)[0]["state"] == State.HELD
    assert (bench.status(tanks)[0]["state"], bench.status(tanks)[0]["epoch"]) == (State.OWNED, 1)


def test_the_headers_watchdog_is_slower_and_its_hold_ends_in_safe(bench: Bench) -> None:
    tanks, header = bench.plant.sections
    bench.own(header, 1, 1)
    bench.frame(header, 1, 1, 4000, 0)
    bench.own(tanks, 1, 1)
    bench.plc.scan(100)
    assert bench.status(tanks)[0]["state"] == State.HELD
    assert bench.status(header)[0]["state"] == State.OWNED
    bench.plc.scan(200)
    assert bench.status(header)[0]["state"] == State.HELD
    assert bench.status(header)[1][0] == (4000, 0)
    bench.plc.scan(4000)
    assert bench.status(header)[0]["state"] == State.SAFE
    assert bench.status(header)[1][0] == (0, 0)


def test_one_short_read_tells_level_and_terminals(bench: Bench) -> None:
    _, header = bench.plant.sections
    bench.own(header, 1, 1)
    bench.frame(header, 1, 1, 10_000, 0)
    level = bench.plc.shown_tags()["header_level"]
    bench.plc.scan(200)
    read = bench.plc.bank.read(bench.plant.header.tags["header_level"], 3)
    assert read is not None
    assert read[0] > level
    assert list(read[1:]) == [10_000, 0]


def test_switches_of_one_section_leave_the_other_alone(bench: Bench) -> None:
    tanks, header = bench.plant.sections
    bench.plc.set_tag("header_permit_switch", 0)
    bench.plc.local("header")
    bench.plc.scan()
    assert bench.status(header)[0]["state"] == State.LOCAL
    assert (bench.status(header)[0]["flags"] & 2, bench.status(tanks)[0]["flags"] & 2) == (0, 2)
    assert bench.status(tanks)[0]["state"] == State.FREE
    bench.plc.press_reset("header")
    bench.plc.scan()
    assert bench.status(header)[0]["state"] == State.FREE
    with pytest.raises(UsageError, match="no section 'boiler'"):
        bench.plc.press_reset("boiler")


def test_the_tanks_alone_have_one_section(plant: Plant) -> None:
    bench = Bench(replace(plant, scope=Scope.PAIR))
    assert bench.plc.bank.read(plant.header.status_base, 1) is None
    with pytest.raises(UsageError, match="no switch"):
        bench.plc.set_tag("header_permit_switch", 0)
    bench.close()


def test_the_checker_judges_both_sections(plant: Plant) -> None:
    bench = Bench(plant)
    tanks, header = plant.sections
    bench.own(tanks, 1, 1)
    bench.own(header, 2, 5)
    bench.frame(header, 1, 5, 9000, 0)
    bench.close()
    first, second = check_all(plant.directory)
    assert (first.section, first.owners, first.ok) == ("plc", {1: 1}, True)
    assert (second.section, second.owners, second.ok) == ("header", {5: 2}, True)
    assert [one.mailbox for one in second.refusals] == [1]
    assert first.refusals == ()


def test_the_checker_sees_a_header_that_lets_all_frames_through(plant: Plant) -> None:
    bench = Bench(replace(plant, check_frames=False))
    _, header = plant.sections
    bench.own(header, 2, 1)
    bench.frame(header, 1, 1, 9000, 0)
    bench.close()
    first, second = check_all(plant.directory)
    assert first.ok
    assert not second.ok


def built(folder: Path, kind: Kind) -> Bench:
    """The PLC of a kind's shipped site file."""
    text = resources.files("sim").joinpath("sites", f"{kind.name}.toml").read_text(encoding="utf-8")
    return Bench(Plant(directory=folder, ports={}, **settings(text, kind=kind)))


def read_tag(bench: Bench, tag: str) -> int:
    read = bench.plc.bank.read(bench.plant.tags[tag], 1)
    assert read is not None
    return read[0]


def test_a_new_plant_stands_where_a_person_brought_it_and_a_restarted_one_at_its_safe_values(
    tmp_path: Path,
) -> None:
    bench = built(tmp_path, KINDS["boiler"])
    (section,) = bench.plant.sections
    assert bench.status(section)[1][0] == KINDS["boiler"].start
    bench.own(section, 1, 1)
    bench.close()
    again = Bench(bench.plant)
    assert (again.status(section)[0]["state"], again.status(section)[1][0]) == (State.FREE, section.gate.safe_values)
    again.close()


def test_the_burner_management_stands_between_gate_and_terminals(tmp_path: Path) -> None:
    bench = built(tmp_path, KINDS["boiler"])
    (section,) = bench.plant.sections
    bench.own(section, 1, 1)
    bench.plc.press("stop_burner")
    bench.frame(section, 1, 1, 5000, 5900, 6500, 0)
    told = bench.plc.state()
    assert (told["machine"], told["terminals"], told["outputs"]) == (
        "POST_PURGE",
        (5000, 0, 8000, 0),
        (5000, 5900, 6500, 0),
    )
    assert read_tag(bench, "burner_state") == STATES.index("POST_PURGE")
    bench.close()
    last = log(tmp_path)[-1]
    assert (last.machine, last.terminals, last.outputs) == ("POST_PURGE", told["terminals"], told["outputs"])
    assert check_all(tmp_path)[0].ok


def test_a_tested_detector_is_shown_and_drops_the_permit(tmp_path: Path) -> None:
    bench = built(tmp_path, KINDS["boiler"])
    (section,) = bench.plant.sections
    for value in (1, 0):
        bench.plc.set_tag("low_level", value)
        bench.plc.scan()
        assert read_tag(bench, "low_level") == value
        assert bench.status(section)[0]["flags"] & 2 == 2 * (1 - value)
    with pytest.raises(UsageError, match="'dry' is no switch"):
        bench.plc.set_tag("dry", 1)
    with pytest.raises(UsageError, match="no button 'wait'"):
        bench.plc.press("wait")
    bench.close()


def test_in_a_forbidden_phase_the_gate_grants_nobody_new(tmp_path: Path) -> None:
    bench = built(tmp_path, KINDS["pump_station"])
    (section,) = bench.plant.sections
    bench.own(section, 1, 1)
    bench.frame(section, 1, 1, 9000, 3500, 0, 10_000)
    assert bench.plc.state()["machine"] == "STARTING"
    assert bench.command(section, Opcode.REVOKE, 0, 2) is Answer.DONE
    assert bench.command(section, Opcode.GRANT, 2, 2) is Answer.REFUSED_PERMIT
    bench.plc.scan(200)
    assert bench.command(section, Opcode.GRANT, 2, 2) is Answer.DONE
    bench.close()


MOVING = {"two_tanks": (5400, 1950, 10_000), "boiler": (5000, 5900, 6500, 0), "crane": (9000, 4000, 10_000)}
MOVING |= {"pump_station": (9060, 3500, 10_000, 0)}


def held_for_long(directory: Path, kind: Kind) -> Findings:
    """Driven, then left alone for the whole of the longest hold, then SAFE."""
    gate, bench = kind.gate, built(directory, kind)
    (section,) = bench.plant.sections
    bench.own(section, 1, 1)
    bench.frame(section, 1, 1, *MOVING[kind.name])
    for scan in range((gate.owner_watchdog_ms + gate.hold_max_ms) // gate.scan_ms + 2):
        bench.plc.scan(7 if scan == 100 else 1)
    assert bench.status(section)[0]["state"] == State.SAFE
    bench.close()
    return check_all(directory)[0]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_the_checker_follows_every_plants_hold_to_its_end(tmp_path: Path, kind: Kind) -> None:
    findings = held_for_long(tmp_path, kind)
    assert findings.ok, findings.violations[:3]
    assert findings.holds == 2


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_the_checker_sees_a_gate_whose_hold_actions_do_nothing(
    tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HeldOutput, "step", lambda *_: None)
    findings = held_for_long(tmp_path, kind)
    assert {one.rule for one in findings.violations} == {Rule.MOVED_WHILE_HELD}


def test_the_checker_sees_a_gate_that_stops_a_motion_too_hard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_built = HeldOutput.step
    monkeypatch.setattr(HeldOutput, "step", lambda self, action, tags, dt_ms: as_built(self, action, tags, 2 * dt_ms))
    findings = held_for_long(tmp_path, crane.KIND)
    assert {one.rule for one in findings.violations} == {Rule.MOVED_WHILE_HELD}
