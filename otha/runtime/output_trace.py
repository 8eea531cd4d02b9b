"""A section's outputs through its group's last transfer, as the gate's status told them: before, held, after.

At rest the newest readings are kept so that a transfer shows what was before it. A transfer is recorded from its claim
on: what waits for a person moves nothing. All numbers are raw, as in the gate's registers; the memory that a group
takes is bounded: of a long hold every second reading is let go, and again.
"""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from otha.core.group.state import Plan
from otha.core.inputs import GateReading
from otha.core.words import Phase

Json = dict[str, Any]  # Any: JSON

BEFORE = 100
SAMPLES_MAX = 3_000
AFTER_NS = 5_000_000_000
_BEFORE_CLAIM = (Phase.REQUESTED, Phase.PERMITTED)


@dataclass(slots=True, kw_only=True)
class _Record:
    """Readings around one transfer. `wall_ns`: wall clock at `begin_ns`. `left_out`: how many more there were."""

    plan: Plan
    begin_ns: int
    wall_ns: int
    end_ns: int | None = None
    left_out: int = 0
    samples: list[tuple[int, GateReading]] = field(default_factory=list)

    def add(self, at_ns: int, reading: GateReading) -> None:
        if len(self.samples) >= SAMPLES_MAX:
            kept = self.samples[::2]
            self.left_out += len(self.samples) - len(kept)
            self.samples = kept
        self.samples.append((at_ns, reading))


class OutputTrace:
    """The trace of one group's section."""

    def __init__(self) -> None:
        self._before: deque[tuple[int, GateReading]] = deque(maxlen=BEFORE)
        self._record: _Record | None = None
        self._is_over = True

    def take(self, plan: Plan | None, reading: GateReading, at_ns: int) -> None:
        """A reading, and the transfer that is under way."""
        if plan is not None and plan.phase in _BEFORE_CLAIM:
            plan = None
        record = self._record
        if plan is not None and (record is None or record.plan.serial != plan.serial):
            record = self._record = _Record(
                plan=plan, begin_ns=at_ns, wall_ns=time.time_ns(), samples=list(self._before)
            )
            self._is_over = False
        if record is not None and not self._is_over:
            record.add(at_ns, reading)
            if plan is None:
                record.end_ns = record.end_ns or at_ns
                self._is_over = at_ns - record.end_ns > AFTER_NS
            else:
                record.plan = plan
        self._before.append((at_ns, reading))

    def still(self) -> "Still | None":
        """The last transfer as it stands now; None when there was none."""
        record = self._record
        if record is None:
            return None
        return Still(
            plan=record.plan,
            begin_ns=record.begin_ns,
            wall_ns=record.wall_ns,
            end_ns=record.end_ns,
            left_out=record.left_out,
            samples=tuple(record.samples),
            is_over=self._is_over,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """What was recorded up to one moment; the recording goes on meanwhile."""

    plan: Plan
    begin_ns: int
    wall_ns: int
    end_ns: int | None
    left_out: int
    samples: tuple[tuple[int, GateReading], ...]
    is_over: bool

    def as_json(self, outputs: tuple[str, ...], full_scale: int, numbers: dict[int, str]) -> Json:
        """For machines. `outputs`: their names in order; `numbers`: nodes by their number at the gate."""
        plan, begin_ns = self.plan, self.begin_ns
        return {
            "kind": plan.kind.value,
            "drill": plan.drill,
            "from_node": plan.from_node,
            "to_node": plan.to_node,
            "begin_wall_ns": self.wall_ns,
            "end_us": None if self.end_ns is None else (self.end_ns - begin_ns) // 1000,
            "goes_on": not self.is_over,
            "left_out": self.left_out,
            "outputs": list(outputs),
            "full_scale": full_scale,
            "samples": [_sample(at_ns - begin_ns, each, numbers) for at_ns, each in self.samples],
        }


def _sample(after_ns: int, reading: GateReading, numbers: dict[int, str]) -> Json:
    return {
        "at_us": after_ns // 1000,
        "state": reading.state.name,
        "owner": numbers.get(reading.owner, ""),
        "armed": reading.armed,
        "owner_epoch": reading.owner_epoch,
        "applied": list(reading.applied),
        "held": list(reading.held),
        "shadow": list(reading.shadow),
        "shadow_age_ms": reading.shadow_age_ms,
    }
