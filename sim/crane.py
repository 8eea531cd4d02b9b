"""A travelling crane with a magnet: positioning moves, load sway, and a load that must not be dropped.

Physics. The trolley's drive follows its speed reference within 0.1 s. The load is a pendulum of the rope's length L:
L sway'' = -g sway - x'' - 2 L' sway' (small angles; 1 % damping), the textbook model of an overhead crane. Track of
40 m, 1.5 m/s; hoist of 10 m, 0.5 m/s. Speeds are signed: 5000 stands still, 0 and 10000 are full speed either way.

The PLC's job list tells the targets: carry from 6 m to 30 m, come back and fetch; it begins with a load at the magnet.
Machine states: STOPPED (stands; in the pause of 4 s between two moves, or in the middle of one that nobody drives),
IN_MOTION, GRIPPING (the magnet switches, 1 s). Nobody takes over but in STOPPED. The magnet is switched off at the
terminals only with the load on the ground: that interlock is the PLC's.

Held, both speeds run down to standstill at 0.4 m/s2 (STOP_MOTION) in every state, for a held speed would run into the
buffer, and a stop at once would swing the load. The magnet keeps what it has (HOLD): whatever else happens, nothing is
let go. Stated limits: from full speed it stands within `STOP_M`, the load never sways by more than `SWAY_DEG`.
"""

import math
from collections.abc import Sequence
from typing import Final

from sim.errors import UsageError
from sim.gate_config import GateConfig
from sim.hold_action import HOLD, HoldPlan, StopMotion
from sim.kind import Kind
from sim.pid import Pid
from sim.tanks import FULL_SCALE
from sim.transmitter import Transmitters

SCAN_MS, CYCLE_MS = 5, 10
STEP_S: Final = SCAN_MS / 1000
TROLLEY, HOIST, MAGNET = range(3)
STILL: Final = 5000
STATES: Final = ("STOPPED", "IN_MOTION", "GRIPPING")
FORBIDDEN: Final = ("IN_MOTION", "GRIPPING")
SPEED_M_S: Final = 1.5
STOP_M: Final = 3.1  # v^2 / 2a = 2.81, and 175 ms at full speed until watchdog and drive have answered
BUTTONS: Final = ("wait", "go")
SWAY_DEG: Final = 8.0  # 2 a / g of the stop, and of the move before it

TRACK_M, _ROPE_M = 40.0, 10.0
_HOIST_M_S: Final = 0.5
_MOVE_M_S2, _STOP_M_S2 = 0.25, 0.4
_DRIVE_S: Final = 0.1
_GRAVITY: Final = 9.81
_DAMPING: Final = 0.01
_SHORTEST_M: Final = 2.0  # rope above the hook's highest place
_PAUSE_S, _GRIP_S = 4.0, 1.0
SWAY_SPAN_DEG: Final = 20.0  # of the load's camera, either way
_NEAR: Final = 5  # a target is reached, 0.05 % of the way
# Target of the trolley, of the hook (10000 is the ground), and whether the magnet holds when it is there.
_JOBS: Final = (
    (7500, 3000, True),
    (7500, 9950, False),
    (7500, 3000, False),
    (1500, 3000, False),
    (1500, 9950, True),
    (1500, 3000, True),
)


class Crane:
    """See `sim.kind.Machine`. Wind pushes the load with gusts of 0.02 m/s2 (standard deviation)."""

    def __init__(self, seed: int) -> None:
        self._wind = Transmitters(seed + 1, noise_pct=(0.2,), damping_s=3.0, step_s=STEP_S)
        self._transmitters = Transmitters(seed, noise_pct=(0.002, 0.002), damping_s=0.1, step_s=STEP_S)
        self.x_m, self._hook_m = 0.15 * TRACK_M, 0.3 * _ROPE_M
        self.speed_m_s, self._lift_m_s = 0.0, 0.0
        self._sway, self._sway_rate = 0.0, 0.0
        self._job, self._pause_s, self._grip_s = 0, _PAUSE_S, 0.0
        self._holding = True
        self._waits = False
        self.tested: set[str] = set()
        self.dropped = False
        self._shown = self._transmitters.show(self._true())

    @property
    def sway_deg(self) -> float:
        """The load's angle."""
        return math.degrees(self._sway)

    @property
    def state(self) -> str:
        """One of `STATES`."""
        if self._grip_s > 0:
            return "GRIPPING"
        return "IN_MOTION" if abs(self.speed_m_s) > 0.01 or abs(self._lift_m_s) > 0.005 else "STOPPED"

    @property
    def waits_s(self) -> float:
        """How long it still waits before it begins the next move."""
        return self._pause_s if self.state == "STOPPED" else 0.0

    def press(self, button: str) -> None:
        """`wait`: no further move begins after this one; `go`: the next one begins."""
        if button not in BUTTONS:
            raise UsageError(f"there is no button {button!r} here", mend=f"one of: {', '.join(BUTTONS)}")
        self._waits = button == "wait"

    def terminals(self, outputs: tuple[int, ...]) -> tuple[int, ...]:
        """No load is let go above the ground; between two moves the drives' brakes are on."""
        holds = outputs[MAGNET] >= FULL_SCALE // 2 or (self._holding and not self._landed())
        return (outputs[TROLLEY], outputs[HOIST], FULL_SCALE if holds else 0)

    def step(self, outputs: tuple[int, ...]) -> None:
        """One scan."""
        wanted = SPEED_M_S * (outputs[TROLLEY] - STILL) / STILL
        before = self.speed_m_s
        self.speed_m_s += STEP_S / _DRIVE_S * (wanted - self.speed_m_s)
        self._lift_m_s += STEP_S / _DRIVE_S * (_HOIST_M_S * (outputs[HOIST] - STILL) / STILL - self._lift_m_s)
        self.x_m = min(TRACK_M, max(0.0, self.x_m + self.speed_m_s * STEP_S))
        self._hook_m = min(_ROPE_M, max(0.0, self._hook_m + self._lift_m_s * STEP_S))
        rope_m = _SHORTEST_M + self._hook_m
        gust = 0.1 * (self._wind.show((0.5,))[0] / FULL_SCALE - 0.5)
        push = (self.speed_m_s - before) / STEP_S + gust + 2 * self._lift_m_s * self._sway_rate
        damping = 2 * _DAMPING * math.sqrt(_GRAVITY / rope_m) * self._sway_rate
        self._sway_rate += STEP_S * (-(_GRAVITY * self._sway + push) / rope_m - damping)
        self._sway += STEP_S * self._sway_rate
        holding = outputs[MAGNET] >= FULL_SCALE // 2
        if holding != self._holding:
            self.dropped = self.dropped or (self._holding and not self._landed())
            self._holding, self._grip_s = holding, _GRIP_S
        self._shown = self._transmitters.show(self._true())
        self._jobs()

    def _jobs(self) -> None:
        self._grip_s = max(0.0, self._grip_s - STEP_S)
        trolley, hook, holds = _JOBS[self._job]
        x, depth = (round(value * FULL_SCALE) for value in self._true())
        there = abs(x - trolley) <= _NEAR and abs(depth - hook) <= _NEAR and abs(self.speed_m_s) < 0.01
        if self._pause_s > 0:
            self._pause_s = max(STEP_S if self._waits else 0.0, self._pause_s - STEP_S)
        elif there and abs(self._lift_m_s) < 0.005 and self._holding == holds and self._grip_s <= 0:
            self._job, self._pause_s = (self._job + 1) % len(_JOBS), _PAUSE_S

    def _true(self) -> tuple[float, ...]:
        return self.x_m / TRACK_M, self._hook_m / _ROPE_M

    def _landed(self) -> bool:
        return self._hook_m >= 0.99 * _ROPE_M

    def measure(self) -> tuple[int, ...]:
        """Trolley, hook, the targets of both and of the magnet, and whether the pause is over."""
        trolley, hook, holds = _JOBS[self._job]
        return (*self._shown, trolley, hook, int(holds), int(self._pause_s <= 0))

    def permits(self) -> tuple[bool, bool]:
        """Takeovers at standstill alone; who drove last may go on with what it began."""
        return self.state == "STOPPED", True

    def tags(self) -> dict[str, int]:
        """State and transmitters."""
        return {
            "maintenance_key": 0,
            "crane_state": STATES.index(self.state),
            "moving": int(not self.permits()[0]),
            "trolley": self._shown[0],
            "hook": self._shown[1],
            "sway": round(STILL * (1 + self.sway_deg / SWAY_SPAN_DEG)),
        }


class CraneLaw:
    """Each axis goes to its target by speeding up, going at full speed and slowing down at 0.25 m/s2. See
    `sim.control_task.Law`; the loops hold the targets and the speeds, their integrals stay 0."""

    INTEGRAL_S: Final = 2.0
    _ARRIVES_S: Final = 1.0  # near the target the speed is the way left in this time

    def __init__(self) -> None:
        self.loops = [
            Pid(gain=1.0, integral_s=self.INTEGRAL_S, derivative_s=0.0, setpoint=1500.0, output=float(STILL))
            for _ in range(2)
        ]
        self._magnet = 0

    @property
    def gains(self) -> tuple[float, ...]:
        """What it may ask of the drives."""
        return _MOVE_M_S2, SPEED_M_S, _HOIST_M_S

    def drive(self, measured: Sequence[int], dt_s: float) -> None:
        """One control cycle as the one in charge."""
        x, hook, trolley, depth, holds, go = measured
        travel, lift = self.loops
        if go:
            travel.setpoint, lift.setpoint = float(trolley), float(depth)
        # In a pause the targets reached stay the setpoints, and nothing is corrected.
        self._approach(travel, x if go else None, TRACK_M, SPEED_M_S, dt_s)
        self._approach(lift, hook if go else None, _ROPE_M, _HOIST_M_S, dt_s)
        if go and abs(x - trolley) <= _NEAR and abs(hook - depth) <= _NEAR:
            self._magnet = FULL_SCALE if holds else 0

    def _approach(self, loop: Pid, place: int | None, way_m: float, fastest_m_s: float, dt_s: float) -> None:
        left_m = 0.0 if place is None else (loop.setpoint - place) / FULL_SCALE * way_m
        if abs(left_m) <= 0.0004 * way_m:
            left_m = 0.0
        size = min(fastest_m_s, math.sqrt(1.6 * _MOVE_M_S2 * abs(left_m)), abs(left_m) / self._ARRIVES_S)
        wanted = STILL + math.copysign(size, left_m) / fastest_m_s * STILL
        most = _MOVE_M_S2 * dt_s / fastest_m_s * STILL
        loop.output += max(-most, min(most, wanted - loop.output))

    def follow(self, measured: Sequence[int], applied: Sequence[int], dt_s: float) -> None:
        """One cycle while another drives: the speeds as they are."""
        for loop, output in zip(self.loops, applied[:MAGNET], strict=True):
            loop.output = float(output)
        self._magnet = applied[MAGNET]

    def outputs(self) -> tuple[int, ...]:
        """Both speeds and the magnet."""
        return (*(round(loop.output) for loop in self.loops), self._magnet)


KIND: Final = Kind(
    name="crane",
    cycle_ms=CYCLE_MS,
    gate=GateConfig(
        safe_values=(STILL, STILL, FULL_SCALE),
        tolerance=(50, 50, 0),
        owner_watchdog_ms=60,
        hold_max_ms=20_000,
        scan_ms=SCAN_MS,
        max_resumes=3,
        resume_window_ms=60_000,
        hold=HoldPlan(
            otherwise=(
                StopMotion(still=STILL, per_s=round(_STOP_M_S2 / SPEED_M_S * STILL)),
                StopMotion(still=STILL, per_s=round(_STOP_M_S2 / _HOIST_M_S * STILL)),
                HOLD,
            )
        ),
    ),
    outputs=("trolley_speed", "hoist_speed", "magnet"),
    start=(STILL, STILL, FULL_SCALE),
    discrete=(MAGNET,),
    pv=(0, 1),
    integral_s=CraneLaw.INTEGRAL_S,
    tags={
        "moving": 2006,
        "crane_state": 2007,
        "sway": 2008,
        "trolley": 2010,
        "hook": 2011,
        "trolley_target": 2012,
        "hook_target": 2013,
        "magnet_target": 2014,
        "go": 2015,
    },
    measured=("trolley", "hook", "trolley_target", "hook_target", "magnet_target", "go"),
    machine=Crane,
    law=CraneLaw,
    forbidden=FORBIDDEN,
    buttons=BUTTONS,
)
