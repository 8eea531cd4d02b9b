"""One section of the simulated PLC, as its program was built."""

from dataclasses import dataclass
from pathlib import Path

from sim.gate_config import GateConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Its name, where its blocks lie, its gate, its RETAIN memory's file. `start`: where a person has brought the
    outputs by hand when a new plant is given its first owner."""

    name: str
    status_base: int
    command_base: int
    frame_base: int
    gate: GateConfig
    memory: Path
    start: tuple[int, ...]

    @property
    def outputs(self) -> int:
        """How many it has."""
        return len(self.gate.safe_values)
