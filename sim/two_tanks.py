"""The two coupled tanks as a kind of plant: see `sim.tanks` for their physics, `sim.tank_law` for their control.

Held, the pumps keep their speed for 3 s, longer than any transfer, and then run down to standstill by 8 s (RAMP): one
held for the whole 10 s of `hold_max` can fill a tank over, an empty one hurts nobody, and standstill is the safe value
that the section would fall to anyway. The valve between the tanks stays as it is (HOLD): it lets nothing in.
"""

from typing import Final

from sim.gate_config import GateConfig
from sim.hold_action import HOLD, HoldPlan, Ramp
from sim.kind import Kind, Plain
from sim.load import Load
from sim.tank_law import INTEGRAL_S, VALVE, TankLaw
from sim.tanks import FULL_SCALE, STEP_S, Tanks

SETPOINTS: Final = (6000, 5000)
_RUN_DOWN: Final = Ramp(to=0, per_s=2000, after_ms=3000)


class TwoTanks(Plain):
    """The tanks, with consumers that come and go; see `sim.kind.Machine`.

    A consumer of 3 % of the drain (standard deviation) joins or leaves every 15 s on average, its valve strokes in 2 s;
    the rest of the consumers wander by 0.5 % within 5 s.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        load = Load(seed, step_s=STEP_S, step_share=0.03, every_s=15.0, stroke_s=2.0, restless=0.005, restless_s=5.0)
        self._tanks = Tanks(seed, load)

    def step(self, outputs: tuple[int, ...]) -> None:
        """One scan."""
        self._tanks.step(outputs)

    def measure(self) -> tuple[int, ...]:
        """Both levels."""
        return self._tanks.measure()

    def permits(self) -> tuple[bool, bool]:
        """Nobody takes over a tank about to run over; who drove it goes on."""
        return not self._tripped(), True

    def tags(self) -> dict[str, int]:
        """The switches stand as in an ordinary run."""
        level_1, level_2 = self.measure()
        return {
            "maintenance_key": 0,
            "permit_switch": 1,
            "return_permit_switch": 1,
            "high_level_trip": int(self._tripped()),
            "level_1": level_1,
            "level_2": level_2,
        }

    def _tripped(self) -> bool:
        return self._tanks.tripped() or "high_level_trip" in self.tested


KIND: Final = Kind(
    name="two_tanks",
    cycle_ms=10,
    gate=GateConfig(
        safe_values=(0, 0, 0),
        tolerance=(50, 50, 50),
        owner_watchdog_ms=60,
        hold_max_ms=10_000,
        scan_ms=5,
        max_resumes=3,
        resume_window_ms=60_000,
        hold=HoldPlan(otherwise=(_RUN_DOWN, _RUN_DOWN, HOLD)),
    ),
    outputs=("pump_1", "pump_2", "valve"),
    start=(5400, 1950, FULL_SCALE),
    discrete=(VALVE,),
    pv=(0, 1),
    integral_s=INTEGRAL_S,
    tags={"high_level_trip": 2003, "level_1": 2010, "level_2": 2011},
    measured=("level_1", "level_2"),
    machine=TwoTanks,
    law=lambda: TankLaw(SETPOINTS),
    detectors=("high_level_trip",),
)
