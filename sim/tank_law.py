"""How the two tanks are controlled: a level loop for each pump, and the valve between the tanks by the second level."""

from collections.abc import Sequence
from typing import Final

from sim.damping import Damping
from sim.pid import Pid

VALVE: Final = 2  # index of the discrete output
OPEN: Final = 10_000
INTEGRAL_S: Final = 2.0

_GAINS: Final = (5.0, INTEGRAL_S, 0.02)
_DAMPING_S: Final = 0.1
_VALVE_SHUTS: Final = 9000
_VALVE_OPENS: Final = 8500


class TankLaw:
    """The law of the two tanks; see `sim.control_task.Law`. Measured: both levels."""

    def __init__(self, setpoints: tuple[int, int]) -> None:
        gain, integral_s, derivative_s = _GAINS
        self.loops = [
            Pid(gain=gain, integral_s=integral_s, derivative_s=derivative_s, setpoint=float(value))
            for value in setpoints
        ]
        self._valve = 0
        self._damping = Damping(_DAMPING_S)

    @property
    def gains(self) -> tuple[float, ...]:
        """Gain, integral and derivative time of both loops."""
        return _GAINS

    def drive(self, measured: Sequence[int], dt_s: float) -> None:
        """One control cycle as the one in charge."""
        for loop, level in zip(self.loops, self._damping.step(measured, dt_s), strict=True):
            loop.step(level, dt_s)
        if all(loop.auto for loop in self.loops):
            self._valve = self._wanted_valve(measured[1])

    def follow(self, measured: Sequence[int], applied: Sequence[int], dt_s: float) -> None:
        """One cycle while another drives."""
        for loop, level, output in zip(self.loops, self._damping.step(measured, dt_s), applied[:VALVE], strict=True):
            loop.track(level, output, dt_s)
        self._valve = applied[VALVE]

    def outputs(self) -> tuple[int, ...]:
        """Both pumps and the valve."""
        return (*(round(loop.output) for loop in self.loops), self._valve)

    def _wanted_valve(self, level_2: int) -> int:
        """Open, but shut while the second tank is nearly full."""
        if level_2 >= _VALVE_SHUTS:
            return 0
        return OPEN if level_2 <= _VALVE_OPENS else self._valve
