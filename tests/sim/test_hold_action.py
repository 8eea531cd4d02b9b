"""The five hold actions in the gate's scans: direction, pace, end; machine states; what a newcomer is compared with."""

from dataclasses import replace

import pytest

from sim import boiler, crane, pump_station, two_tanks
from sim.gate import Gate, Retained, ScanInputs
from sim.gate_config import GateConfig
from sim.hold_action import HOLD, HoldAction, HoldPlan, LocalLoop, Ramp, StopMotion, Value, plan_of
from sim.kind import Kind
from sim.registers import Command, Frame, Opcode, State

START = 6000
CONFIG = GateConfig(
    safe_values=(100,),
    tolerance=(50,),
    owner_watchdog_ms=60,
    hold_max_ms=10_000,
    scan_ms=5,
    max_resumes=3,
    resume_window_ms=60_000,
)
GOOD = Retained(epoch=0, granted=0, boot=7, safe=False, local=False)


class Held:
    """A gate whose owner drove 6000 and was revoked in the scan before."""

    def __init__(self, plan: HoldPlan, machine: str = "RUNNING", **tags: int) -> None:
        self.gate = Gate(replace(CONFIG, hold=plan), GOOD, boot=8)
        self.machine, self.tags = machine, tags
        self.scan(command=Command(opcode=Opcode.GRANT, node=1, epoch=1, boot=8))
        self.scan(command=Command(opcode=Opcode.RELEASE, node=1, epoch=1))
        for at, output in enumerate((100, 100, START), start=1):
            self.scan(frame=self.frame(at, output))
        assert (self.state(), self.gate.outputs) == (State.OWNED, (START,))
        self.scan(command=Command(opcode=Opcode.REVOKE, node=0, epoch=2))
        assert (self.state(), self.gate.held, self.gate.outputs) == (State.HELD, (START,), (START,))

    def state(self) -> State:
        return self.gate.state

    def frame(self, seq: int, output: int, *, node: int = 1, epoch: int = 1) -> Frame:
        return Frame(owner=node, epoch=epoch, session=node, seq=seq, cycle=seq, outputs=(output,))

    def scan(self, dt_ms: int = 5, command: Command | None = None, frame: Frame | None = None) -> int:
        """The output after one scan."""
        frames = {} if frame is None else {frame.owner: frame}
        self.gate.scan(
            ScanInputs(
                dt_ms=dt_ms,
                permit=True,
                return_permit=True,
                command=command,
                frames=frames,
                machine=self.machine,
                tags=self.tags,
            )
        )
        assert self.state() is not State.HELD or self.gate.outputs == self.gate.held
        return self.gate.outputs[0]

    def after(self, ms: int) -> int:
        """The output so much later, scan by scan."""
        for _ in range(ms // 5):
            self.scan()
        return self.gate.outputs[0]


def alone(action: HoldAction) -> HoldPlan:
    return HoldPlan(otherwise=(action,))


def test_hold_stays() -> None:
    assert Held(HoldPlan()).after(5_000) == START
    assert Held(alone(HOLD)).after(5_000) == START


@pytest.mark.parametrize(
    ("action", "places"),
    [
        (Value(to=1500), {5: 1500, 100: 1500}),
        (Value(to=1500, per_s=1000), {5: 5995, 1000: 5000, 4500: 1500, 6000: 1500}),
        (Value(to=9000, per_s=1000), {1000: 7000, 3000: 9000, 3005: 9000}),
        (Ramp(to=0, per_s=2000, after_ms=1000), {1000: START, 1005: 5990, 2000: 4000, 4000: 0, 5000: 0}),
        (StopMotion(still=5000, per_s=1333), {5: 5993, 300: 5600, 750: 5000, 5000: 5000}),
        (StopMotion(still=7000, per_s=1333), {300: 6400, 750: 7000, 5000: 7000}),
    ],
)
def test_it_goes_that_way_at_that_pace_and_no_farther(action: HoldAction, places: dict[int, int]) -> None:
    for ms, place in places.items():
        assert Held(alone(action)).after(ms) == pytest.approx(place, abs=1)


def test_scans_that_were_left_out_count() -> None:
    held = Held(alone(Ramp(to=0, per_s=2000, after_ms=1000)))
    assert held.scan(dt_ms=1500) == 5000


def test_a_slow_pace_is_not_lost_in_rounding() -> None:
    assert Held(alone(Value(to=0, per_s=20))).after(5_000) == START - 100


def test_a_local_loop_begins_where_the_output_stood_and_keeps_what_it_found() -> None:
    held = Held(alone(LocalLoop(keeps="level", gain=2.0, integral_s=10.0, per_s=1000)), level=4000)
    assert held.after(1_000) == START
    held.tags = {"level": 3990}
    assert held.scan() == START + 5  # no faster than it may
    assert held.after(1_000) == pytest.approx(START + 20 + 2, abs=1)
    held.tags = {"level": 4010}
    assert held.after(100) < START + 5


def test_a_local_loop_keeps_its_setpoint_within_its_range() -> None:
    loop = LocalLoop(keeps="level", gain=2.0, integral_s=1.0, per_s=10_000, setpoint=5000, low=2000, high=7000)
    assert Held(alone(loop), level=4000).after(2_000) == 7000
    assert Held(alone(replace(loop, gain=-2.0)), level=4000).after(4_000) == 2000


def test_each_machine_state_has_its_action_and_goes_on_from_where_the_one_before_ended() -> None:
    plan = HoldPlan(otherwise=(HOLD,), by_state={"RUNNING": (Value(to=0, per_s=1000),), "STOPPED": (Value(to=1500),)})
    held = Held(plan)
    assert held.after(1_000) == 5000
    held.machine = "PURGE"
    assert held.after(1_000) == 5000
    held.machine = "RUNNING"
    assert held.after(1_000) == 4000
    held.machine = "STOPPED"
    assert held.scan() == 1500


def test_a_hold_out_of_free_stays_at_the_safe_values() -> None:
    gate = Gate(replace(CONFIG, hold=alone(Value(to=9000))), GOOD, boot=8)
    grant = Command(opcode=Opcode.GRANT, node=1, epoch=1, boot=8)
    gate.scan(ScanInputs(dt_ms=5, permit=True, return_permit=True, command=grant))
    for _ in range(100):
        gate.scan(ScanInputs(dt_ms=5, permit=True, return_permit=True))
    assert (gate.state, gate.outputs) == (State.HELD, (100,))


def test_a_newcomer_is_compared_with_what_the_output_has_come_to() -> None:
    held = Held(alone(Value(to=0, per_s=1000)))
    held.scan(command=Command(opcode=Opcode.GRANT, node=2, epoch=2, boot=8))
    held.scan(command=Command(opcode=Opcode.RELEASE, node=2, epoch=2))
    now = held.after(1_000)
    assert now < START - 900
    assert held.gate.status()[1][1] == (now,)
    held.scan(frame=held.frame(1, START, node=2, epoch=2))
    held.scan(frame=held.frame(2, START, node=2, epoch=2))
    assert (held.state(), held.gate.tracking()) == (State.HELD, False)
    held.scan(frame=held.frame(3, now, node=2, epoch=2))
    assert (held.state(), held.gate.outputs) == (State.OWNED, (now,))
    assert held.after(50) == now


def test_the_hold_ends_at_its_limit_whatever_it_does() -> None:
    held = Held(alone(Value(to=9000, per_s=100)))
    held.scan(dt_ms=CONFIG.hold_max_ms)
    assert (held.state(), held.gate.outputs) == (State.SAFE, CONFIG.safe_values)


@pytest.mark.parametrize("kind", [two_tanks.KIND, boiler.KIND, crane.KIND, pump_station.KIND], ids=lambda k: k.name)
def test_a_plan_survives_as_plain_data(kind: Kind) -> None:
    assert plan_of(kind.gate.hold.as_data()) == kind.gate.hold
