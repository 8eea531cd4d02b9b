"""Where each output of a held section has to be by its declared hold action. For the offline checker.

Written a second time on purpose, from the declaration in the plant's description and the log alone: it shares no code
with the gate, and knows an output's place from the beginning of its action and the time since, not from step to step.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sim.recordings import Scan

_ROUNDED: Final = 1  # registers show whole units, and another state's action begins at what they showed
_HOLD: Final[Mapping[str, Any]] = {"action": "hold"}


class _Path:
    """One output under one action: it began at `start`, at `at_ms` of the section's own time."""

    def __init__(self, action: Mapping[str, Any], start: int, at_ms: int, kept: Mapping[str, int]) -> None:
        self.action = action
        self._start, self._at_ms, self._last_ms = start, at_ms, at_ms
        self._loop = self._aim = float(start)
        if action["action"] == "local_loop":
            self._seen = kept[action["keeps"]]
            self._wanted = self._seen if action["setpoint"] is None else int(action["setpoint"])

    def place(self, at_ms: int, kept: Mapping[str, int]) -> float:
        """Where it has to be now."""
        action, since_ms = self.action, at_ms - self._at_ms
        match action["action"]:
            case "hold":
                return self._start
            case "value" if action["per_s"] is None:
                return float(action["to"])
            case "value":
                return self._on_the_way(action["to"], action["per_s"] * since_ms / 1000)
            case "ramp":
                return self._on_the_way(action["to"], action["per_s"] * max(0, since_ms - action["after_ms"]) / 1000)
            case "stop_motion":
                return self._on_the_way(action["still"], action["per_s"] * since_ms / 1000)
            case _:
                return self._controlled(at_ms, kept[action["keeps"]])

    def _on_the_way(self, to: int, way: float) -> float:
        return max(to, self._start - way) if to < self._start else min(to, self._start + way)

    def _controlled(self, at_ms: int, seen: int) -> float:
        """A proportional and integral controller that began at `start`, in its range and no faster than it may."""
        action, dt_s = self.action, (at_ms - self._last_ms) / 1000
        change = action["gain"] * (self._seen - seen + (self._wanted - seen) * dt_s / action["integral_s"])
        self._seen, self._last_ms = seen, at_ms
        self._aim = sorted((action["low"], self._aim + change, action["high"]))[1]
        fastest = action["per_s"] * dt_s
        self._loop = sorted((self._loop - fastest, self._aim, self._loop + fastest))[1]
        return self._loop


class HeldCheck:
    """One section's holds, one after the other. `plans`: its declaration, state by state; "" is for all others."""

    def __init__(self, plans: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._plans = plans
        self._paths: list[_Path] = []

    def begin(self, scan: Scan, machine: str, *, driven: bool) -> None:
        """The section became held in this scan. Not `driven` before, its outputs stand at safe values and stay."""
        self._paths = [
            _Path(self._action(machine, at) if driven else _HOLD, value, scan.at_ms, scan.kept)
            for at, value in enumerate(scan.outputs)
        ]
        self._driven = driven

    def wrong(self, scan: Scan, last: Scan) -> Iterator[str]:
        """Each output that is not where it has to be in a scan that began held and ended so."""
        for at, value in enumerate(scan.outputs):
            action = self._action(last.machine, at) if self._driven else _HOLD
            if action != self._paths[at].action:
                self._paths[at] = _Path(action, last.outputs[at], last.at_ms, scan.kept)
            place = self._paths[at].place(scan.at_ms, scan.kept)
            if abs(value - place) > _ROUNDED:
                yield f"output {at + 1} from {last.outputs[at]} to {value}; {action['action']} leads it to {place:.0f}"

    def _action(self, machine: str, output: int) -> Mapping[str, Any]:
        actions = self._plans.get(machine) or self._plans.get("")
        return actions[output] if actions else _HOLD
