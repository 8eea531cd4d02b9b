"""The offline checker: silent about a gate that keeps its rules, loud about each one that is broken."""

import json
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from sim import checker
from sim.bus_recorder import BusLog
from sim.checker import Findings, Rule, check
from sim.errors import RecordError
from sim.forward import Direction
from sim.plant import Plant
from sim.registers import Command, Frame, Opcode, encode_command, encode_frame, pack
from sim.two_tanks import KIND
from tests.sim.conftest import running_plant, wait_for

OUT = (3000, 2000, 10_000)
ZERO = (0,) * len(KIND.outputs)
FREE, OWNED, HELD, SAFE = range(4)


@dataclass(kw_only=True)
class Recording:
    """A made-up recording, scan by scan; what isn't given stays as it was."""

    directory: Path
    lines: list[dict[str, Any]] = field(default_factory=list)
    on_bus: bool = True
    hold: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _now: dict[str, Any] = field(
        default_factory=lambda: {
            "section": "plc",
            "scan": 0,
            "ns": 0,
            "ms": 0,
            "out": ZERO,
            "pv": (6000, 5000),
            "state": FREE,
            "owner": 0,
            "owner_epoch": 0,
            "epoch": 0,
            "last_seq": 0,
            "boot": 7,
            "refused": 0,
        }
    )

    def scan(self, *frames: Frame, command: Command | None = None, **changes: Any) -> None:
        self._now |= {"scan": self._now["scan"] + 1, "ns": self._now["ns"] + 5_000_000, "ms": self._now["ms"] + 5}
        self._now |= changes
        line = {**self._now, "frames": {str(one.owner): pack(encode_frame(one)).hex() for one in frames}}
        if command is not None:
            line["command"] = pack(encode_command(command)).hex()
        self.lines.append(line)

    def start(self) -> "Recording":
        """Node 1 drives under epoch 1, its last sequence 3."""
        self.scan()
        grant = Command(opcode=Opcode.GRANT, node=1, epoch=1, boot=7)
        self.scan(command=grant, state=HELD, owner=1, owner_epoch=1, epoch=1)
        for seq in (1, 2):
            self.scan(frame(seq=seq, outputs=ZERO), last_seq=seq, state=HELD if seq == 1 else OWNED)
        self.scan(frame(seq=3), last_seq=3, out=OUT)
        return self

    def judged(self) -> Findings:
        """Write it down as the plant would, and let the checker judge it."""
        Plant(directory=self.directory, ports={}, hold=self.hold).save()
        text = "".join(json.dumps(line) + "\n" for line in self.lines)
        (self.directory / "terminal.jsonl").write_text(text, encoding="utf-8")
        log = BusLog(self.directory)
        for line in self.lines:
            for mailbox, raw in line["frames"].items():
                if self.on_bus:
                    log.take(1, Direction.REQUEST, adu(1300 + 32 * (int(mailbox) - 1), bytes.fromhex(raw)))
            if "command" in line:
                log.take(2, Direction.REQUEST, adu(1200, bytes.fromhex(line["command"])))
        log.close()
        return check(self.directory)


def adu(address: int, data: bytes) -> bytes:
    body = bytes([1, 16]) + address.to_bytes(2) + (len(data) // 2).to_bytes(2) + bytes([len(data)]) + data
    return bytes(4) + len(body).to_bytes(2) + body


def frame(*, seq: int, owner: int = 1, epoch: int = 1, session: int = 11, outputs: tuple[int, ...] = OUT) -> Frame:
    return Frame(owner=owner, epoch=epoch, session=session, seq=seq, cycle=seq, outputs=outputs)


def handed_over(recording: Recording) -> None:
    """Node 2 drives under epoch 2."""
    recording.scan(command=Command(opcode=Opcode.REVOKE, node=0, epoch=2), state=HELD, owner=0, owner_epoch=0, epoch=2)
    recording.scan(command=Command(opcode=Opcode.GRANT, node=2, epoch=2, boot=7), owner=2, owner_epoch=2, last_seq=0)
    recording.scan(frame(seq=1, owner=2, epoch=2, session=22), last_seq=1)
    recording.scan(frame(seq=2, owner=2, epoch=2, session=22), last_seq=2, state=OWNED)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return Recording(directory=tmp_path).start()


def rules(findings: Findings) -> set[Rule]:
    return {violation.rule for violation in findings.violations}


def test_a_clean_run_is_clean(recording: Recording) -> None:
    handed_over(recording)
    stale = frame(seq=4)
    recording.scan(stale, refused=1)
    findings = recording.judged()
    assert findings.ok
    assert findings.owners == {1: 1, 2: 2}
    assert findings.commands_on_bus == {"GRANT": 2, "REVOKE": 1}
    assert (findings.holds, findings.boots, findings.frames_on_bus) == (2, 1, 6)
    assert [(one.mailbox, one.rule) for one in findings.refusals] == [(1, Rule.FOREIGN)]
    assert findings.refused(1, 0, recording.lines[-1]["ns"]) == 1
    assert findings.refused(2, 0, recording.lines[-1]["ns"]) == 0


def test_two_owners_in_one_epoch(recording: Recording) -> None:
    recording.scan(owner=2, state=HELD)
    assert Rule.TWO_OWNERS in rules(recording.judged())


def test_an_epoch_that_falls_even_over_a_restart(recording: Recording) -> None:
    handed_over(recording)
    recording.scan(boot=8, state=FREE, owner=0, owner_epoch=0, epoch=1, last_seq=0, out=ZERO)
    assert rules(recording.judged()) == {Rule.EPOCH_FELL}


def test_an_epoch_granted_again_over_a_restart(recording: Recording) -> None:
    recording.scan(boot=8, state=FREE, owner=0, owner_epoch=0, last_seq=0, out=ZERO)
    recording.scan(state=HELD, owner=1, owner_epoch=1)
    assert rules(recording.judged()) == {Rule.GRANTED_TWICE}


def test_a_boot_id_that_comes_back(recording: Recording) -> None:
    recording.scan(boot=8, state=FREE, owner=0, owner_epoch=0, last_seq=0, out=ZERO)
    recording.scan(boot=7)
    assert Rule.BOOT_REPEATED in rules(recording.judged())


OTHER = (9000, 2000, 10_000)
THROUGH = [
    (frame(seq=9, owner=2, outputs=OTHER), Rule.FOREIGN),
    (frame(seq=9, epoch=2, outputs=OTHER), Rule.OLD_EPOCH),
    (frame(seq=9, session=12, outputs=OTHER), Rule.OTHER_SESSION),
    (frame(seq=2, outputs=OTHER), Rule.OLD_SEQUENCE),
]


@pytest.mark.parametrize(("wrong", "rule"), THROUGH)
def test_a_wrong_frame_let_through(recording: Recording, wrong: Frame, rule: Rule) -> None:
    recording.scan(wrong, last_seq=wrong.seq, out=wrong.outputs)
    found = rules(recording.judged())
    assert {rule, Rule.NOT_REFUSED, Rule.MOVED_ALONE} <= found


@pytest.mark.parametrize(("wrong", "rule"), THROUGH)
def test_a_wrong_frame_refused_is_evidence(recording: Recording, wrong: Frame, rule: Rule) -> None:
    recording.scan(wrong, refused=1)
    findings = recording.judged()
    assert findings.ok
    assert [one.rule for one in findings.refusals] == [rule]


def test_a_wrong_frame_hidden_behind_a_right_one_is_missed_by_its_count(recording: Recording) -> None:
    recording.scan(frame(seq=9, owner=2, outputs=OTHER), frame(seq=4), last_seq=4)
    assert rules(recording.judged()) == {Rule.NOT_REFUSED}


def test_a_torn_frame_let_through(recording: Recording) -> None:
    good = frame(seq=4, outputs=OTHER)
    recording.scan(good, last_seq=4, out=OTHER)
    raw = recording.lines[-1]["frames"]["1"]
    recording.lines[-1]["frames"]["1"] = raw[:44] + "ffff" + raw[48:]
    assert Rule.TORN in rules(recording.judged())


def test_a_right_frame_refused(recording: Recording) -> None:
    recording.scan(frame(seq=4), refused=1)
    assert Rule.WRONGLY_REFUSED in rules(recording.judged())


def test_outputs_that_move_while_held(recording: Recording) -> None:
    recording.scan(state=HELD)
    recording.scan(out=OTHER)
    assert rules(recording.judged()) == {Rule.MOVED_WHILE_HELD}


RAMP = {"action": "ramp", "to": 0, "per_s": 2000, "after_ms": 10}
STAY = {"action": "hold"}
STOP = {"action": "stop_motion", "still": 5000, "per_s": 1000}
LOOP = {"action": "local_loop", "keeps": "level", "gain": 2.0, "integral_s": 10.0, "per_s": 1000}
LOOP |= {"setpoint": None, "low": 0, "high": 10_000}


@pytest.mark.parametrize(
    ("action", "places"),
    [
        (RAMP, [3000, 3000, 2990, 2980]),
        ({"action": "value", "to": 1500, "per_s": None}, [1500, 1500, 1500]),
        ({"action": "value", "to": 1500, "per_s": 1000}, [2995, 2990]),
        (STOP, [3005, 3010, 3015]),
        (LOOP, [3000, 3000]),
    ],
)
def test_outputs_that_move_as_declared_and_not_otherwise(
    recording: Recording, action: dict[str, Any], places: list[int]
) -> None:
    recording.hold = {"": [action, STAY, STAY]}
    recording.scan(state=HELD, kept={"level": 5000})
    for place in places:
        recording.scan(out=(place, *OUT[1:]))
    assert recording.judged().ok
    recording.scan(out=(places[-1] + 20, *OUT[1:]))
    assert rules(recording.judged()) == {Rule.MOVED_WHILE_HELD}


@pytest.mark.parametrize("action", [RAMP, STOP, {"action": "value", "to": 1500, "per_s": None}])
def test_an_output_that_stays_where_it_must_not(recording: Recording, action: dict[str, Any]) -> None:
    recording.hold = {"": [action, STAY, STAY]}
    recording.scan(state=HELD)
    for _ in range(5):
        recording.scan()
    assert rules(recording.judged()) == {Rule.MOVED_WHILE_HELD}


def test_the_action_is_that_of_the_machine_state_at_the_scans_beginning(recording: Recording) -> None:
    recording.hold = {"": [STAY] * 3, "RUNNING": [STOP, STAY, STAY]}
    recording.scan(state=HELD, machine="PURGE")
    recording.scan(machine="RUNNING")
    recording.scan(out=(3005, *OUT[1:]))
    recording.scan(out=(3010, *OUT[1:]), machine="PURGE")
    recording.scan()
    assert recording.judged().ok
    recording.scan(out=(3015, *OUT[1:]))
    assert rules(recording.judged()) == {Rule.MOVED_WHILE_HELD}


def test_a_local_loop_is_judged_by_what_it_was_told(recording: Recording) -> None:
    recording.hold = {"": [LOOP, STAY, STAY]}
    recording.scan(state=HELD, kept={"level": 5000})
    recording.scan(kept={"level": 4999}, out=(3002, *OUT[1:]))
    assert recording.judged().ok
    recording.scan(kept={"level": 5000}, out=(3004, *OUT[1:]))
    assert rules(recording.judged()) == {Rule.MOVED_WHILE_HELD}


def test_a_hold_out_of_free_leads_nowhere(recording: Recording) -> None:
    recording.lines.clear()
    recording.hold = {"": [STOP, STAY, STAY]}
    recording.scan(state=FREE, owner=0, owner_epoch=0, epoch=0, last_seq=0, out=ZERO)
    recording.scan(state=HELD, owner=1, owner_epoch=1, epoch=1)
    recording.scan()
    assert recording.judged().ok
    recording.scan(out=(5, 0, 0))
    assert rules(recording.judged()) == {Rule.MOVED_WHILE_HELD}


def test_outputs_that_move_on_the_way_into_hold(recording: Recording) -> None:
    recording.scan(state=HELD, owner=0, owner_epoch=0, epoch=2, out=OTHER)
    assert rules(recording.judged()) == {Rule.MOVED_ALONE}


def test_outputs_that_move_in_safe(recording: Recording) -> None:
    recording.scan(state=HELD)
    recording.scan(state=SAFE, owner=0, owner_epoch=0, last_seq=0, out=ZERO)
    recording.scan(out=OTHER)
    assert rules(recording.judged()) == {Rule.MOVED_ALONE}


def test_outputs_that_move_without_a_frame(recording: Recording) -> None:
    recording.scan(out=OTHER)
    assert rules(recording.judged()) == {Rule.MOVED_ALONE}


def test_a_sequence_that_moves_without_a_frame(recording: Recording) -> None:
    recording.scan(last_seq=17)
    assert rules(recording.judged()) == {Rule.MOVED_ALONE}


def test_a_frame_that_the_bus_never_carried(recording: Recording) -> None:
    recording.on_bus = False
    assert rules(recording.judged()) == {Rule.NOT_ON_BUS}


def test_the_hold_limit_after_a_shadowed_frame_is_no_refusal(recording: Recording) -> None:
    recording.scan(state=HELD)
    recording.scan(frame(seq=4), state=SAFE, owner=0, owner_epoch=0, last_seq=0, out=ZERO)
    assert recording.judged().ok


def test_the_last_frame_before_a_watchdog_hold_may_move_outputs(recording: Recording) -> None:
    recording.scan(frame(seq=4, outputs=OTHER), state=HELD, last_seq=4, out=OTHER)
    assert recording.judged().ok


def test_tails_cut_off_by_a_kill_are_left_out(recording: Recording) -> None:
    findings = recording.judged()
    for name in ("terminal.jsonl", "bus.bin"):
        path = recording.directory / name
        path.write_bytes(path.read_bytes() + path.read_bytes()[8:20])
    again = check(recording.directory)
    assert (again.scans, again.frames_on_bus) == (findings.scans, findings.frames_on_bus)


def test_a_bus_recorder_that_writes_out_late_is_waited_for(recording: Recording) -> None:
    """A busy machine keeps the recorder of a running plant from its file for longer than the terminal log's."""
    recording.scan(frame(seq=4), last_seq=4, ns=time.monotonic_ns())
    recording.judged()
    path = recording.directory / "bus.bin"
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])

    def write_the_rest() -> None:
        with path.open("ab") as file:
            file.write(whole[-5:])

    late = threading.Timer(0.4, write_the_rest)
    late.start()
    try:
        assert check(recording.directory).ok
    finally:
        late.join()


def test_damaged_or_missing_recordings_are_named(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording.judged()
    terminal = tmp_path / "terminal.jsonl"
    whole = terminal.read_bytes()
    terminal.write_bytes(b"{}\n" + whole)
    with pytest.raises(RecordError, match="line 1"):
        check(tmp_path)
    terminal.write_bytes(whole)
    (tmp_path / "bus.bin").write_bytes(b"something")
    with pytest.raises(RecordError, match="no bus recording"):
        check(tmp_path)
    assert checker.main([str(tmp_path / "nowhere")]) == 2
    assert "plant.json" in capsys.readouterr().err


def test_the_command_line_prints_and_tells_by_its_exit_code(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording.judged()
    assert checker.main([str(tmp_path)]) == 0
    assert "no rule broken" in capsys.readouterr().out
    recording.lines[-1] = replace(recording).lines[-1] | {"out": OTHER}
    (tmp_path / "bus.bin").unlink()
    recording.judged()
    assert checker.main([str(tmp_path)]) == 1
    assert "BROKEN" in capsys.readouterr().out


def test_with_the_gates_checks_switched_off_the_checker_fails(tmp_path: Path) -> None:
    """The proof that the checker sees: the same act, with a gate that lets a woken stale owner through."""
    with running_plant(tmp_path, "--no-check-frames") as plant:
        plant.fault("stop", node="sc_a")
        wait_for("the watchdog holds", lambda: plant.status()["state"] == HELD)
        plant.hand_over("sc_b")
        plant.fault("wake", node="sc_a")
        wait_for("sc_a knows", lambda: plant.block("sc_a")["role"] == 2)
        time.sleep(0.2)  # the recorders write out within 100 ms
        findings = check(tmp_path)
    assert not findings.ok
    assert Rule.NOT_REFUSED in rules(findings)
