"""A drum boiler: three-element level control, pressure by the fuel, and burner management in the PLC.

Physics, a reduction of Åström and Bell, "Drum-boiler dynamics", Automatica 36 (2000), to what level and pressure
control see, with round figures for a 30 t/h boiler at 40 bar (steam tables: 2.36 MJ/kg from feed water of 105 C):
- water: a surplus of 1 kg/s raises the level by 0.104 mm/s (12 m2 of surface, 798 kg/m3);
- swell and shrink: 8 mm for each kg/s more steam, -3 mm for each kg/s more (cold) feed water, both within 8 s;
- pressure: 1 MW too much raises it by 0.011 bar/s (90 MJ/bar in water and metal); the heat follows the fuel in 5 s;
- consumers take steam in proportion to the pressure.

Burner management, in the PLC's scan and nobody else's business: PURGE (10 s with the damper open), LIGHT_OFF (damper
to the light-off position, 3 s), IGNITION (pilot and main flame trials, 6 s), RUNNING, POST_PURGE (8 s; a start in it
goes on to the purge), STOPPED; the order of NFPA 85 and EN 12952-8, the times shortened. In LIGHT_OFF and IGNITION
nobody takes over. Fuel flows in RUNNING and IGNITION alone. Low water trips the burner; long before that `low_level`
warns, and nobody takes over either.

Held while it runs, the fuel stays for 5 s, longer than any transfer, and is then run down to the minimum fire by 27 s
(RAMP): nobody watches the pressure, and less fire is the safe direction. In every other state the burner management
has the valve, and the demand goes to the minimum fire at once (VALUE), so that no burner lit meanwhile starts higher.
The air stays (HOLD): never less of it than the fuel needs. The feed stays (HOLD): the level can hardly move within
`hold_max`, and a loop on the level alone would answer the swell the wrong way round. So does the blowdown (HOLD).
"""

from collections.abc import Sequence
from typing import Final

from sim.damping import Damping
from sim.errors import UsageError
from sim.gate_config import GateConfig
from sim.hold_action import HOLD, HoldPlan, Ramp, Value
from sim.kind import Kind
from sim.load import Load
from sim.pid import Pid
from sim.tanks import FULL_SCALE
from sim.transmitter import Transmitters

SCAN_MS, CYCLE_MS = 25, 50
STEP_S: Final = SCAN_MS / 1000
FEED, FUEL, AIR, BLOWDOWN = range(4)
STATES: Final = ("STOPPED", "PURGE", "LIGHT_OFF", "IGNITION", "RUNNING", "POST_PURGE")
FORBIDDEN: Final = ("LIGHT_OFF", "IGNITION")
PURGE_S, LIGHT_OFF_S, IGNITION_S, POST_PURGE_S = 10.0, 3.0, 6.0, 8.0
BUTTONS: Final = ("start_burner", "stop_burner")

_NEXT: Final = {
    "PURGE": (PURGE_S, "LIGHT_OFF"),
    "LIGHT_OFF": (LIGHT_OFF_S, "IGNITION"),
    "IGNITION": (IGNITION_S, "RUNNING"),
    "POST_PURGE": (POST_PURGE_S, "STOPPED"),
}
_AIR_IN: Final = {"PURGE": 8000, "POST_PURGE": 8000, "LIGHT_OFF": 3000, "IGNITION": 3000, "STOPPED": 0}
_MIN_FIRE: Final = 1500
_FLOW_KG_S: Final = 12.0  # span of both flows
_NOMINAL_KG_S: Final = 6.0
_FUEL_MW: Final = 24.0
_MJ_PER_KG: Final = 2.36
_BAR_PER_MJ: Final = 0.011
_PRESSURE_SPAN_BAR, _NOMINAL_BAR = 60.0, 40.0
_MM_PER_KG: Final = 0.104
_SWELL_MM, _SHRINK_MM, _SWELL_S = 8.0, -3.0, 8.0
_LEVEL_MM: Final = 250.0  # of either side of the middle
_LOW_MM: Final = -200.0
_WARNING_MM: Final = -100.0
_HEAT_S, _FEED_S = 5.0, 1.0


class Boiler:
    """See `sim.kind.Machine`. Consumers of 4 % (standard deviation) come and go every 60 s within 10 s; the rest
    wanders by 0.5 % within 20 s."""

    def __init__(self, seed: int) -> None:
        self._load = Load(
            seed, step_s=STEP_S, step_share=0.04, every_s=60.0, stroke_s=10.0, restless=0.005, restless_s=20.0
        )
        self._transmitters = Transmitters(seed, noise_pct=(0.02, 0.01, 0.02, 0.02), damping_s=1.0, step_s=STEP_S)
        self._bar, self._mw, self._water_mm, self._swell_mm = _NOMINAL_BAR, 14.2, 0.0, 0.0
        self._steam = self._feed = _NOMINAL_KG_S
        self._state = "RUNNING"
        self._state_s = 0.0
        self.tested: set[str] = set()
        self._shown = self._transmitters.show(self._true())

    # --- burner management --------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return self._state

    def stop(self) -> None:
        """A person stops the burner."""
        if self._state in ("RUNNING", "IGNITION"):
            self._enter("POST_PURGE")

    def start(self) -> None:
        """A person starts the burner."""
        if self._state in ("STOPPED", "POST_PURGE") and not self._low():
            self._enter("PURGE")

    def press(self, button: str) -> None:
        """`start_burner`, `stop_burner`."""
        if button not in BUTTONS:
            raise UsageError(f"there is no button {button!r} here", mend=f"one of: {', '.join(BUTTONS)}")
        if button == "start_burner":
            self.start()
        else:
            self.stop()

    def _enter(self, state: str) -> None:
        self._state, self._state_s = state, 0.0

    def _burner(self) -> None:
        self._state_s += STEP_S
        if self._low():
            self.stop()
        after = _NEXT.get(self._state)
        if after is not None and self._state_s >= after[0] - STEP_S / 2:
            self._enter(after[1])

    def terminals(self, outputs: tuple[int, ...]) -> tuple[int, ...]:
        """Fuel valves and damper belong to the burner management until the burner runs."""
        if self._state == "RUNNING":
            return outputs
        fuel = _MIN_FIRE if self._state == "IGNITION" else 0
        return (outputs[FEED], fuel, _AIR_IN[self._state], outputs[BLOWDOWN])

    # --- physics ------------------------------------------------------------------------------------------------

    def step(self, outputs: tuple[int, ...]) -> None:
        """One scan."""
        self._mw += STEP_S / _HEAT_S * (_FUEL_MW * outputs[FUEL] / FULL_SCALE - self._mw)
        self._steam = _NOMINAL_KG_S * self._load.step() * self._bar / _NOMINAL_BAR
        self._feed += STEP_S / _FEED_S * (_FLOW_KG_S * outputs[FEED] / FULL_SCALE - self._feed)
        blown = 0.5 * outputs[BLOWDOWN] / FULL_SCALE
        self._water_mm += (self._feed - self._steam - blown) * _MM_PER_KG * STEP_S
        swell = _SWELL_MM * (self._steam - _NOMINAL_KG_S) + _SHRINK_MM * (self._feed - _NOMINAL_KG_S)
        self._swell_mm += STEP_S / _SWELL_S * (swell - self._swell_mm)
        self._bar = max(0.0, self._bar + (self._mw - _MJ_PER_KG * self._steam) * _BAR_PER_MJ * STEP_S)
        self._shown = self._transmitters.show(self._true())
        self._burner()

    def _true(self) -> tuple[float, ...]:
        level = 0.5 + (self._water_mm + self._swell_mm) / (2 * _LEVEL_MM)
        return level, self._bar / _PRESSURE_SPAN_BAR, self._steam / _FLOW_KG_S, self._feed / _FLOW_KG_S

    def _low(self) -> bool:
        return self._water_mm + self._swell_mm < _LOW_MM

    def _warns(self) -> bool:
        return self._water_mm + self._swell_mm < _WARNING_MM or "low_level" in self.tested

    def measure(self) -> tuple[int, ...]:
        """Level, pressure, steam flow, feed flow, and the machine state's number."""
        return (*self._shown, STATES.index(self._state))

    def permits(self) -> tuple[bool, bool]:
        """Nobody takes over while the burner is lit, or at a low level. Who drove it may always go on."""
        return self._state not in FORBIDDEN and not self._warns(), True

    def tags(self) -> dict[str, int]:
        """State and transmitters."""
        return {
            "maintenance_key": 0,
            "burner_state": STATES.index(self._state),
            "lighting": int(self._state in FORBIDDEN),
            "low_level": int(self._warns()),
            "level": self._shown[0],
            "pressure": self._shown[1],
        }


class BoilerLaw:
    """Three elements: the level corrects a feed flow that follows the steam flow; the pressure corrects a fuel that
    does. The damper follows the fuel, the blowdown opens at +60 mm. See `sim.control_task.Law`."""

    INTEGRAL_S: Final = 60.0
    _DAMPING_S: Final = 2.0
    _MIDDLE: Final = 5000.0
    _FORWARD: Final = 1.0  # fuel for steam
    _OPENS, _SHUTS = 6200, 5600
    _AIR_STEP: Final = 100  # of the damper, each cycle
    _FAR: Final = 500  # a replica so far from the flows is none of now

    def __init__(self) -> None:
        self.loops = [
            Pid(gain=8.0, integral_s=self.INTEGRAL_S, derivative_s=0.0, setpoint=self._MIDDLE),
            Pid(gain=5.0, integral_s=self.INTEGRAL_S, derivative_s=0.0, setpoint=6667.0),
        ]
        self._flow = Pid(gain=0.4, integral_s=4.0, derivative_s=0.0, setpoint=self._MIDDLE)
        self._damping = Damping(self._DAMPING_S)
        self._air = 0
        self._fuel = float(_MIN_FIRE)
        self._blowdown = 0

    @property
    def gains(self) -> tuple[float, ...]:
        """Of the three loops."""
        return tuple(value for loop in (*self.loops, self._flow) for value in (loop.gain, loop.integral_s))

    def drive(self, measured: Sequence[int], dt_s: float) -> None:
        """One control cycle as the one in charge."""
        *_, feed, state = measured
        level, pressure, steam = self._damping.step(measured[:3], dt_s)
        master, firing = self.loops
        master.step(level, dt_s)
        self._flow.setpoint = steam + master.output - self._MIDDLE
        self._flow.step(feed, dt_s)
        forward = self._FORWARD * (steam - self._MIDDLE)
        if STATES[state] == "RUNNING":
            firing.step(pressure, dt_s)
            self._fuel = min(float(FULL_SCALE), max(float(_MIN_FIRE), firing.output + forward))
        else:
            self._fuel = float(_MIN_FIRE)
            firing.track(pressure, self._fuel - forward, dt_s)
        wanted = _AIR_IN.get(STATES[state], min(FULL_SCALE, round(self._fuel * 1.05) + 300))
        self._air += max(-self._AIR_STEP, min(self._AIR_STEP, wanted - self._air))
        if level >= self._OPENS:
            self._blowdown = FULL_SCALE
        elif level <= self._SHUTS:
            self._blowdown = 0

    def follow(self, measured: Sequence[int], applied: Sequence[int], dt_s: float) -> None:
        """One cycle while another drives: each loop is given the output that leads to what is applied."""
        level, pressure, steam = self._damping.step(measured[:3], dt_s)
        feed = measured[3]
        master, firing = self.loops
        # The peer's replica says what its level loop asks for; the flows alone would say so only with their noise.
        balance = feed - steam + self._MIDDLE
        asked = master.output if abs(master.output - balance) <= self._FAR else balance
        master.track(level, asked, dt_s)
        self._flow.setpoint = steam + asked - self._MIDDLE
        self._flow.track(feed, applied[FEED], dt_s)
        self._fuel = float(applied[FUEL])
        firing.track(pressure, self._fuel - self._FORWARD * (steam - self._MIDDLE), dt_s)
        self._air, self._blowdown = applied[AIR], applied[BLOWDOWN]

    def outputs(self) -> tuple[int, ...]:
        """Feed valve, fuel, damper, blowdown."""
        return round(self._flow.output), round(self._fuel), self._air, self._blowdown


KIND: Final = Kind(
    name="boiler",
    cycle_ms=CYCLE_MS,
    gate=GateConfig(
        safe_values=(0, 0, 0, 0),
        tolerance=(50, 50, 50, 50),
        owner_watchdog_ms=250,
        hold_max_ms=30_000,
        scan_ms=SCAN_MS,
        max_resumes=3,
        resume_window_ms=60_000,
        hold=HoldPlan(
            otherwise=(HOLD, Value(to=_MIN_FIRE), HOLD, HOLD),
            by_state={"RUNNING": (HOLD, Ramp(to=_MIN_FIRE, per_s=400, after_ms=5000), HOLD, HOLD)},
        ),
    ),
    outputs=("feed", "fuel", "air", "blowdown"),
    start=(5000, 5900, 6500, 0),
    discrete=(BLOWDOWN,),
    pv=(0, 1),
    integral_s=BoilerLaw.INTEGRAL_S,
    tags={
        "lighting": 2006,
        "burner_state": 2007,
        "low_level": 2008,
        "level": 2010,
        "pressure": 2011,
        "steam_flow": 2012,
        "feed_flow": 2013,
    },
    measured=("level", "pressure", "steam_flow", "feed_flow", "burner_state"),
    machine=Boiler,
    law=BoilerLaw,
    forbidden=FORBIDDEN,
    buttons=BUTTONS,
    detectors=("low_level",),
)
