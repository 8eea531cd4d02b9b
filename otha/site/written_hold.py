"""The tables of a hold action, key by key, as the engineer writes them."""

# ruff: noqa: RUF009  # `key()` makes dataclass fields, as `field()` does

from dataclasses import dataclass
from enum import Enum

from otha.site.read import key


class HoldAction(Enum):
    """What an output does while its section is held."""

    HOLD = "hold"
    VALUE = "value"
    RAMP = "ramp"
    STOP_MOTION = "stop_motion"
    LOCAL_LOOP = "local_loop"


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionTable:
    """An output that is the reference of a motion: it must not be held but stopped."""

    still_pct: float = key("the value at which it stands still, in percent of span", low=0, high=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTable:
    """What the controller does with an output while its section is held. OTHA shows and judges it; the program of the
    controller carries it out, and must be built so."""

    action: HoldAction = key(
        "hold: it keeps its value; value: it goes to a value, at once or at a rate; ramp: it stays for a while, then "
        "moves towards a value at a rate; stop_motion: a motion is run down to standstill at a rate; local_loop: a PI "
        "controller in the program keeps a tag"
    )
    to_pct: float | None = key("value, ramp: where to, in percent of span", default=None, low=0, high=100)
    rate_pct: float | None = key(
        "how fast, in percent of span per second; of a local loop the fastest", default=None, low=0, high=100_000
    )
    after_ms: int | None = key("ramp: for how long it stays before", default=None, low=0, high=86_400_000)
    tag: str | None = key("local_loop: the tag that is kept, one of the same section", default=None)
    gain: float | None = key(
        "local_loop: output (in 1/100 percent of span) per raw unit of the tag; negative where more output lowers it",
        default=None,
        low=-1000,
        high=1000,
    )
    integral_s: float | None = key("local_loop: the integral time", default=None, low=1, high=86_400)
    setpoint: int | None = key(
        "local_loop: the tag's raw value to keep; by default the one that it had when the hold began", default=None
    )
    low_pct: float | None = key("local_loop: the lowest output, in percent of span", default=None, low=0, high=100)
    high_pct: float | None = key("local_loop: the highest output, in percent of span", default=None, low=0, high=100)
