"""What an output does while its section is held: for each output and machine state one of five actions.

The controller carries them out, in its scan; OTHA only shows and judges what the site file declares. Values 0..10000
(0.01 % of span), rates in the same units per second, times in ms. The sums are whole thousandths of a unit, as the
Structured Text program keeps them (plc_profiles/st/otha_hold.st), and every one of them fits in 32 bits there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

_MILLI: Final = 1000
_SPAN: Final = 10_000

# The local loop's own: what a gain and an integral time may be, and how small a part of it is reckoned at once.
_GAIN_MILLI: Final = 1_000_000
_INTEGRAL_MS: Final = (1_000, 86_400_000)
_FARTHEST: Final = 500_000_000
_SLICE_MS: Final = 20
_LONGEST_MS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Hold:
    """HOLD: the value stays as it was on entering HELD."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """VALUE: it goes to `to`, at `per_s`, or in the next scan when that is None."""

    to: int
    per_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """RAMP: it stays for `after_ms`, then moves towards `to` at `per_s`. A short hold is then a plain one."""

    to: int
    per_s: int
    after_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StopMotion:
    """STOP_MOTION: a speed reference, either side of its standstill `still`, is run down at `per_s`."""

    still: int
    per_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLoop:
    """LOCAL_LOOP: a PI controller in the PLC keeps the tag `keeps` at `setpoint`.

    Without a setpoint it keeps the value that the tag had on entering HELD. `gain` is output per value and negative
    where more output lowers the tag. The output stays in `low`..`high` and moves by `per_s` at most; it starts where it
    stood, so that the beginning of the hold is no step.
    """

    keeps: str
    gain: float
    integral_s: float
    per_s: int
    setpoint: int | None = None
    low: int = 0
    high: int = _SPAN


HoldAction = Hold | Value | Ramp | StopMotion | LocalLoop
ACTIONS: Final[dict[str, type[HoldAction]]] = {
    "hold": Hold,
    "value": Value,
    "ramp": Ramp,
    "stop_motion": StopMotion,
    "local_loop": LocalLoop,
}
_WORDS: Final = {kind: word for word, kind in ACTIONS.items()}
HOLD: Final = Hold()

# A plan as plain data: for each state a list by output; "" stands for the states that are not named.
HoldData = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlan:
    """Each output's action, by the machine state as the PLC program recognises it. `otherwise` is for the states that
    are not named. An empty list is HOLD for every output."""

    otherwise: tuple[HoldAction, ...] = ()
    by_state: Mapping[str, tuple[HoldAction, ...]] = field(default_factory=dict)

    def of(self, state: str, output: int) -> HoldAction:
        """What that output does in that machine state."""
        actions = self.by_state.get(state, self.otherwise)
        return actions[output] if actions else HOLD

    @property
    def keeps(self) -> tuple[str, ...]:
        """The tags that local loops keep."""
        actions = (*self.otherwise, *(action for plan in self.by_state.values() for action in plan))
        return tuple(dict.fromkeys(action.keeps for action in actions if isinstance(action, LocalLoop)))

    def as_data(self) -> HoldData:
        """As plain data, for a plant's description."""
        return {
            state: [
                {"action": _WORDS[type(action)], **{name: getattr(action, name) for name in action.__slots__}}
                for action in actions
            ]
            for state, actions in {"": self.otherwise, **self.by_state}.items()
        }


def plan_of(data: HoldData) -> HoldPlan:
    """The plan of what `as_data` made. Raises KeyError or TypeError for anything else."""
    plans = {
        state: tuple(
            ACTIONS[each["action"]](**{name: value for name, value in each.items() if name != "action"})
            for each in actions
        )
        for state, actions in data.items()
    }
    return HoldPlan(otherwise=plans.pop("", ()), by_state=plans)


class HeldOutput:
    """One output during one hold. `value` is what stands there now."""

    def __init__(self, value: int, action: HoldAction, tags: Mapping[str, int]) -> None:
        self._at = value * _MILLI
        self._begin(action, tags)

    def _begin(self, action: HoldAction, tags: Mapping[str, int]) -> None:
        self.action = action
        self._for_ms = 0
        self._setpoint = self._last = 0
        self._aim, self._rest = self._at, 0
        if isinstance(action, LocalLoop):
            self._last = tags[action.keeps]
            self._setpoint = self._last if action.setpoint is None else action.setpoint

    @property
    def value(self) -> int:
        """The held value, rounded to what a register can show."""
        return (self._at + _MILLI // 2) // _MILLI

    def step(self, action: HoldAction, tags: Mapping[str, int], dt_ms: int) -> None:
        """So much time of the hold has gone by. Another machine state's action begins where the one before ended."""
        if action != self.action:
            self._begin(action, tags)
        self._for_ms += dt_ms
        match action:
            case Hold():
                pass
            case Value(to=to, per_s=per_s):
                self._towards(to, None if per_s is None else per_s * dt_ms)
            case StopMotion(still=to, per_s=per_s):
                self._towards(to, per_s * dt_ms)
            case Ramp(to=to, per_s=per_s, after_ms=after_ms):
                self._towards(to, per_s * max(0, min(dt_ms, self._for_ms - after_ms)))
            case LocalLoop():
                self._control(action, tags[action.keeps], dt_ms)
            case never:
                assert_never(never)

    def _towards(self, to: int, most: int | None) -> None:
        way = to * _MILLI - self._at
        self._at += way if most is None else max(-most, min(most, way))

    def _control(self, loop: LocalLoop, measured: int, dt_ms: int) -> None:
        gain = _limited(-_GAIN_MILLI, round(loop.gain * _MILLI), _GAIN_MILLI)
        integral_ms = _limited(_INTEGRAL_MS[0], round(loop.integral_s * _MILLI), _INTEGRAL_MS[1])
        farthest = _FARTHEST // max(1, abs(gain))
        self._aim += gain * _limited(-farthest, self._last - measured, farthest)
        self._last = measured
        whole, part = _divided(gain * _limited(-farthest, self._setpoint - measured, farthest), integral_ms)
        counted_ms = min(dt_ms, _LONGEST_MS)
        for begun_ms in range(0, counted_ms, _SLICE_MS):
            slice_ms = min(_SLICE_MS, counted_ms - begun_ms)
            carry, self._rest = _divided(self._rest + part * slice_ms, integral_ms)
            self._aim = _limited(loop.low * _MILLI, self._aim + whole * slice_ms + carry, loop.high * _MILLI)
        most = loop.per_s * dt_ms
        self._at += _limited(-most, self._aim - self._at, most)


def _limited(low: int, value: int, high: int) -> int:
    return min(high, max(low, value))


def _divided(number: int, by: int) -> tuple[int, int]:
    """Quotient towards zero and what is left, as IEC 61131-3 divides."""
    quotient = abs(number) // by * (1 if number >= 0 else -1)
    return quotient, number - quotient * by
