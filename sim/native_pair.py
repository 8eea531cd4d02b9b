"""Two CPUs that switch themselves, as the documents of hot standby controllers describe it: states, no I/O.

A CPU that starts waits (WAIT) until it is level with the primary, then stands by; when the primary is gone, the standby
is primary one tick later. With the link between them cut at once, each takes the other one for gone.
"""

from enum import Enum
from typing import Final

SYNC_TICKS: Final = 20


class CpuState(Enum):
    """What a CPU is in the pair. Of one without power nothing is heard."""

    OFF = "off"
    STOP = "stop"
    WAIT = "wait"
    STANDBY = "standby"
    PRIMARY = "primary"


_RUNS: Final = (CpuState.WAIT, CpuState.STANDBY, CpuState.PRIMARY)


class NativePair:
    """The pair; CPUs are 0 and 1. `cycles`: how often each has executed its program."""

    def __init__(self) -> None:
        self.states = [CpuState.PRIMARY, CpuState.STANDBY]
        self.cycles = [0, 0]
        self.linked = True
        self._waited = [0, 0]

    def tick(self) -> None:
        """One cycle of both."""
        before = list(self.states)
        for cpu, state in enumerate(before):
            self.cycles[cpu] += state in _RUNS
            other = before[1 - cpu] if self.linked else CpuState.OFF
            alone = other is not CpuState.PRIMARY
            match state:
                case CpuState.STANDBY if alone:
                    self.states[cpu] = CpuState.PRIMARY
                case CpuState.WAIT if alone and other is not CpuState.STANDBY and (cpu == 0 or other not in _RUNS):
                    self.states[cpu] = CpuState.PRIMARY
                case CpuState.WAIT:
                    self._waited[cpu] += 1
                    if self._waited[cpu] >= SYNC_TICKS and not alone:
                        self.states[cpu] = CpuState.STANDBY
                case CpuState.PRIMARY if other is CpuState.PRIMARY and cpu == 1:
                    # Linked again after both were primary: the second one gives way.
                    self._enter_wait(cpu)
                case _:
                    pass

    def swap(self) -> None:
        """The primary goes to WAIT, and so the standby becomes primary. Nothing without a standby."""
        if CpuState.STANDBY in self.states and CpuState.PRIMARY in self.states:
            self._enter_wait(self.states.index(CpuState.PRIMARY))

    def stop(self, cpu: int) -> None:
        """The CPU goes to STOP; it still answers."""
        self.states[cpu] = CpuState.STOP

    def power_off(self, cpu: int) -> None:
        """The CPU loses its power."""
        self.states[cpu] = CpuState.OFF

    def start(self, cpu: int) -> None:
        """The CPU runs (again). One that runs already goes on."""
        if self.states[cpu] not in _RUNS:
            self._enter_wait(cpu)

    def primary_as_seen(self, cpu: int) -> int | None:
        """Which CPU is primary by what this one knows: itself, or the other one through the link; None: neither."""
        if self.states[cpu] is CpuState.PRIMARY:
            return cpu
        return 1 - cpu if self.linked and self.states[1 - cpu] is CpuState.PRIMARY else None

    def _enter_wait(self, cpu: int) -> None:
        self.states[cpu] = CpuState.WAIT
        self._waited[cpu] = 0
