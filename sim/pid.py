"""A PID controller that can follow somebody else's output and go on from it without a bump."""

from dataclasses import dataclass
from typing import Final

OUTPUT_MAX: Final = 10_000.0
_DERIVATIVE_FILTER: Final = 0.1  # share of a new slope taken per cycle


@dataclass(slots=True, kw_only=True)
class Pid:
    """Values and outputs 0..10000, `gain` output per value, `integral_s` and `derivative_s` in seconds.

    `integral_s` 0: no integral action; `integral` is then the output's bias, set while tracking and left alone after.
    `auto` false is manual: the output stays, the integral follows it.
    """

    gain: float
    integral_s: float
    derivative_s: float
    setpoint: float
    auto: bool = True
    integral: float = 0.0
    output: float = 0.0
    _last_value: float | None = None
    _slope: float = 0.0
    _tracked: bool = False

    def step(self, value: float, dt_s: float) -> None:
        """One control cycle as the one in charge."""
        if not self.auto:
            self.track(value, self.output, dt_s)
            return
        direct = self._direct(value, dt_s)
        # The cycle that takes over begins where tracking ended: a control error of its own would be a step.
        if self.integral_s and not self._tracked:
            self.integral += self.gain / self.integral_s * (self.setpoint - value) * dt_s
        self._tracked = False
        self.output = min(OUTPUT_MAX, max(0.0, direct + self.integral))
        if self.integral_s:
            self._back_calculate(direct)

    def track(self, value: float, applied: float, dt_s: float) -> None:
        """One cycle while another drives, or nobody: take over what is applied, so that the next step starts there."""
        direct = self._direct(value, dt_s)
        self.output = applied
        self._tracked = True
        self._back_calculate(direct)

    def _direct(self, value: float, dt_s: float) -> float:
        if self._last_value is not None:
            slope = (value - self._last_value) / dt_s
            self._slope += _DERIVATIVE_FILTER * (slope - self._slope)
        self._last_value = value
        return self.gain * (self.setpoint - value - self.derivative_s * self._slope)

    def _back_calculate(self, direct: float) -> None:
        # At a limit this is the anti-windup, while tracking the bumpless start: the sum always equals the output.
        self.integral = self.output - direct
