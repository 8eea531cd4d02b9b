"""A pump station with a duty and a standby pump: suction tank, two pumps at variable speed, pressure vessel, consumers.

Physics. Pump: H = H0 n^2 - a Q^2 (affinity laws; H0 = 80 m and 50 m at 0.1 m3/s, an ordinary two-pole centrifugal
pump of 55 kW). Vessel: dp/dt = (Q_in - Q_out) / C with C = 0.5 m3/bar of trapped air; the consumers' flow goes with
the root of the pressure. Suction tank of 4 m2 and 5 m. A drive takes 2 s to follow its speed reference.

Machine states: STOPPED (no pump runs), STARTING (3 s after a pump was switched on or off: nobody takes over in a
changeover), RUNNING. Which pump is on duty is chosen at the panel; the controllers obey.

Held, a pump keeps its speed (HOLD): on its curve the pressure finds its own balance, below the shut-off head. The
inlet is a fill valve, and one held would empty the suction tank or fill it over: a PI loop in the PLC keeps the level
where it was (LOCAL_LOOP). Which pumps run stays (HOLD): a changeover is nobody's then.
"""

import math
from collections.abc import Sequence
from typing import Final

from sim.damping import Damping
from sim.errors import UsageError
from sim.gate_config import GateConfig
from sim.hold_action import HOLD, HoldPlan, LocalLoop
from sim.kind import Kind
from sim.load import Load
from sim.pid import Pid
from sim.tanks import FULL_SCALE
from sim.transmitter import Transmitters

SCAN_MS, CYCLE_MS = 25, 50
STEP_S: Final = SCAN_MS / 1000
SPEED, INLET, RUN_1, RUN_2 = range(4)
BUTTONS: Final = ("change_duty",)
ON: Final = FULL_SCALE

_HEAD_M, _CURVE = 80.0, 3000.0
_M_PER_BAR: Final = 10.2
_VESSEL_M3_PER_BAR: Final = 0.5
_PRESSURE_SPAN_BAR: Final = 10.0
_NOMINAL_BAR: Final = 5.0
_DEMAND_M3_S: Final = 0.07
_DRIVE_S: Final = 2.0
_TANK_M2, _TANK_M = 4.0, 5.0
_INLET_M3_S: Final = 0.2
_DRY_M: Final = 0.5  # below it both pumps are stopped by the PLC, whatever anybody asks
_STARTING_S: Final = 3.0


class PumpStation:
    """See `sim.kind.Machine`. Consumers of 5 % (standard deviation) come and go every 30 s within 5 s; the rest wanders
    by 1 % within 10 s."""

    def __init__(self, seed: int) -> None:
        self._load = Load(
            seed, step_s=STEP_S, step_share=0.05, every_s=30.0, stroke_s=5.0, restless=0.01, restless_s=10.0
        )
        self._transmitters = Transmitters(seed, noise_pct=(0.02, 0.01), damping_s=1.0, step_s=STEP_S)
        self._level_m, self._bar, self._speed = 3.0, 5.0, 0.9
        self._running = (True, False)
        self._duty = 1
        self.tested: set[str] = set()
        self._starting_s = 0.0
        self._shown = self._transmitters.show(self._true())

    @property
    def state(self) -> str:
        """STOPPED, STARTING or RUNNING."""
        if self._starting_s > 0:
            return "STARTING"
        return "RUNNING" if any(self._running) else "STOPPED"

    def press(self, button: str) -> None:
        """`change_duty`: the pump that stood by is to run, and the other to stand by."""
        if button not in BUTTONS:
            raise UsageError(f"there is no button {button!r} here", mend=f"one of: {', '.join(BUTTONS)}")
        self._duty = 3 - self._duty

    def terminals(self, outputs: tuple[int, ...]) -> tuple[int, ...]:
        """Dry-run protection: no pump runs on an empty suction tank."""
        return (*outputs[:RUN_1], 0, 0) if self._dry() else outputs

    def step(self, outputs: tuple[int, ...]) -> None:
        """One scan."""
        running = (outputs[RUN_1] >= ON // 2, outputs[RUN_2] >= ON // 2)
        self._starting_s = _STARTING_S if running != self._running else max(0.0, self._starting_s - STEP_S)
        self._running = running
        self._speed += STEP_S / _DRIVE_S * (outputs[SPEED] / FULL_SCALE - self._speed)
        spare = _HEAD_M * self._speed**2 - self._bar * _M_PER_BAR
        pumped = sum(running) * math.sqrt(max(0.0, spare) / _CURVE)
        taken = _DEMAND_M3_S * self._load.step() * math.sqrt(max(0.0, self._bar) / _NOMINAL_BAR)
        self._bar = max(0.0, self._bar + (pumped - taken) / _VESSEL_M3_PER_BAR * STEP_S)
        filled = _INLET_M3_S * outputs[INLET] / FULL_SCALE - pumped
        self._level_m = min(_TANK_M, max(0.0, self._level_m + filled / _TANK_M2 * STEP_S))
        self._shown = self._transmitters.show(self._true())

    def measure(self) -> tuple[int, ...]:
        """Pressure, suction level, and which pump is on duty."""
        return (*self._shown, self._duty)

    def permits(self) -> tuple[bool, bool]:
        """Nobody takes over in a changeover of pumps, or on a suction tank about to run dry."""
        return self._starting_s <= 0 and not self._dry(), not self._dry()

    def tags(self) -> dict[str, int]:
        """State and transmitters."""
        return {
            "maintenance_key": 0,
            "starting": int(self._starting_s > 0),
            "dry": int(self._dry()),
            "pressure": self._shown[0],
            "suction_level": self._shown[1],
            "duty": self._duty,
        }

    def _true(self) -> tuple[float, ...]:
        return self._bar / _PRESSURE_SPAN_BAR, self._level_m / _TANK_M

    def _dry(self) -> bool:
        return self._level_m < _DRY_M or "dry" in self.tested


class PumpLaw:
    """Pressure by the pumps' speed, suction level by the inlet; the standby pump helps when the duty pump cannot.
    Another choice of the duty pump is obeyed at once: both drives follow one speed reference.

    See `sim.control_task.Law`. The help comes above 97 % speed and goes below 75 %.
    """

    INTEGRAL_S: Final = 40.0
    _DAMPING_S: Final = 0.5
    _HELPS, _HELPED = 9700, 7500

    def __init__(self) -> None:
        self.loops = [
            Pid(gain=1.0, integral_s=4.0, derivative_s=0.0, setpoint=5000.0),
            Pid(gain=5.0, integral_s=self.INTEGRAL_S, derivative_s=0.0, setpoint=6000.0),
        ]
        self._damping = Damping(self._DAMPING_S)
        self._runs = [ON, 0]

    @property
    def gains(self) -> tuple[float, ...]:
        """Of both loops."""
        return tuple(value for loop in self.loops for value in (loop.gain, loop.integral_s))

    def drive(self, measured: Sequence[int], dt_s: float) -> None:
        """One control cycle as the one in charge."""
        *values, duty = measured
        for loop, value in zip(self.loops, self._damping.step(values, dt_s), strict=True):
            loop.step(value, dt_s)
        alone = [ON, 0] if duty == 1 else [0, ON]
        speed = self.loops[0].output
        if speed >= self._HELPS:
            self._runs = [ON, ON]
        elif speed <= self._HELPED or not all(self._runs):
            self._runs = alone

    def follow(self, measured: Sequence[int], applied: Sequence[int], dt_s: float) -> None:
        """One cycle while another drives."""
        *values, _ = measured
        damped = self._damping.step(values, dt_s)
        for loop, value, output in zip(self.loops, damped, applied[:RUN_1], strict=True):
            loop.track(value, output, dt_s)
        self._runs = list(applied[RUN_1:])

    def outputs(self) -> tuple[int, ...]:
        """Speed, inlet valve, and which pumps run."""
        return (*(round(loop.output) for loop in self.loops), *self._runs)


_KEEP_LEVEL: Final = LocalLoop(keeps="suction_level", gain=2.0, integral_s=60.0, per_s=500)

KIND: Final = Kind(
    name="pump_station",
    cycle_ms=CYCLE_MS,
    gate=GateConfig(
        safe_values=(0, 0, 0, 0),
        tolerance=(50, 50, 0, 0),
        owner_watchdog_ms=250,
        hold_max_ms=30_000,
        scan_ms=SCAN_MS,
        max_resumes=3,
        resume_window_ms=60_000,
        hold=HoldPlan(otherwise=(HOLD, _KEEP_LEVEL, HOLD, HOLD)),
    ),
    outputs=("speed", "inlet", "run_1", "run_2"),
    start=(9060, 3500, ON, 0),
    discrete=(RUN_1, RUN_2),
    pv=(0, 1),
    integral_s=PumpLaw.INTEGRAL_S,
    tags={"starting": 2006, "dry": 2007, "pressure": 2010, "suction_level": 2011, "duty": 2012},
    measured=("pressure", "suction_level", "duty"),
    machine=PumpStation,
    law=PumpLaw,
    forbidden=("STARTING",),
    buttons=BUTTONS,
    detectors=("dry",),
)
