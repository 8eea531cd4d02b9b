"""Takeovers and edges as the terminal log tells them."""

import json
from pathlib import Path

from sim.bus_recorder import BusLog
from sim.forward import Direction
from sim.pump_station import RUN_1, RUN_2
from sim.registers import Command, Opcode, encode_command, pack
from sim.takeovers import Edge, Takeover, edges, grants_on_bus, log, takeovers

FREE, OWNED, HELD = 0, 1, 2


def written(folder: Path, *lines: tuple[int, int, int, str, tuple[int, ...]]) -> Path:
    """A plant's folder with these scans: state, owner, owner's epoch, machine, terminals."""
    body = {"scope": "pair", "command_base": 1200, "frame_base": 1300, "tolerance": [50] * 4, "hold": {}}
    (folder / "plant.json").write_text(json.dumps(body))
    records = [
        {
            "section": "plc",
            "scan": at,
            "ns": at * 25,
            "ms": at * 25,
            "out": (9000, 3500, 0, 0),
            "at": terminals,
            "boot": 1,
            "machine": machine,
            "state": state,
            "owner": owner,
            "owner_epoch": epoch,
            "epoch": epoch,
            "last_seq": 0,
            "refused": 0,
            "frames": {},
            "pv": [],
        }
        for at, (state, owner, epoch, machine, terminals) in enumerate(lines)
    ]
    (folder / "terminal.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


ONE, OTHER = (9000, 3500, 10_000, 0), (9000, 3500, 0, 10_000)


def test_a_takeover_is_judged_by_the_state_in_which_its_scan_began(tmp_path: Path) -> None:
    seen = log(
        written(
            tmp_path,
            (FREE, 0, 0, "RUNNING", ONE),
            (HELD, 1, 1, "RUNNING", ONE),
            (OWNED, 1, 1, "PURGE", ONE),
            (HELD, 0, 0, "LIGHT_OFF", ONE),
            (HELD, 2, 2, "IGNITION", ONE),
            (HELD, 2, 2, "RUNNING", ONE),
            (OWNED, 2, 2, "RUNNING", ONE),
        )
    )
    first, second = takeovers(seen)
    assert first == Takeover(node=1, epoch=1, granted_ns=25, granted_in="RUNNING", driven_ns=50, driven_in="RUNNING")
    assert (second.granted_in, second.driven_in) == ("LIGHT_OFF", "RUNNING")
    assert not first.in_any_of(("LIGHT_OFF",))
    assert second.in_any_of(("LIGHT_OFF",))


def test_who_is_granted_and_never_drives_is_told_so(tmp_path: Path) -> None:
    seen = log(written(tmp_path, (FREE, 0, 0, "RUNNING", ONE), (HELD, 2, 1, "RUNNING", ONE)))
    (only,) = takeovers(seen)
    assert (only.driven_ns, only.driven_in) == (None, "")


def test_an_owner_that_resumes_after_its_watchdog_took_nothing_over(tmp_path: Path) -> None:
    resumed = [(FREE, 0, 0, "A", ONE), (OWNED, 1, 1, "A", ONE), (HELD, 1, 1, "A", ONE), (OWNED, 1, 1, "B", ONE)]
    assert len(takeovers(log(written(tmp_path, *resumed)))) == 1


def test_edges_are_those_at_the_terminals(tmp_path: Path) -> None:
    seen = log(written(tmp_path, (OWNED, 1, 1, "A", ONE), (OWNED, 1, 1, "A", OTHER), (OWNED, 1, 1, "A", OTHER)))
    assert list(edges(seen, (RUN_1, RUN_2), 0)) == [
        Edge(at_ns=25, output=RUN_1, value=0),
        Edge(at_ns=25, output=RUN_2, value=10_000),
    ]
    assert list(edges(seen, (RUN_1, RUN_2), 26)) == []


def test_grants_are_counted_on_the_bus_whatever_the_gate_answered(tmp_path: Path) -> None:
    written(tmp_path, (FREE, 0, 0, "A", ONE))
    bus = BusLog(tmp_path)
    for opcode in (Opcode.REVOKE, Opcode.GRANT, Opcode.GRANT):
        registers = encode_command(Command(opcode=opcode, node=2, epoch=3))
        data = pack(registers)
        body = bytes([1, 16]) + (1200).to_bytes(2) + len(registers).to_bytes(2) + bytes([len(data)]) + data
        bus.take(1, Direction.REQUEST, bytes(4) + len(body).to_bytes(2) + body)
    bus.close()
    assert grants_on_bus(tmp_path) == 2
