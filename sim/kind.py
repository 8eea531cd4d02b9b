"""What a kind of plant is built of: its PLC section, the machine at the terminals, the law that controls it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sim.control_task import Law
from sim.gate import Gate, GateConfig


class Machine(Protocol):
    """What hangs on a section's outputs, with the PLC's own logic around it. Deterministic from its seed."""

    @property
    def state(self) -> str:
        """The machine state, as the PLC's program recognises it."""

    def terminals(self, outputs: tuple[int, ...]) -> tuple[int, ...]:
        """What the PLC's program puts to the terminals of what the gate lets through: its interlocks come last."""

    def step(self, outputs: tuple[int, ...]) -> None:
        """One scan's time goes by with these at the terminals."""

    def measure(self) -> tuple[int, ...]:
        """What the transmitters show, 0..10000."""

    def permits(self) -> tuple[bool, bool]:
        """The gate's permit and return permit, evaluated in this scan."""

    def tags(self) -> dict[str, int]:
        """The field tags that a site file may name, as others read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of plant. `start`: where a person brings the outputs by hand before the first
    owner comes. `discrete`: indexes of outputs that are 0 or 10000. `integral_s`: its slowest loop's.

    `machine` takes a seed. `pv` are the indexes of `measure` that the loops control. `gate_class`: the section's gate.
    """

    name: str
    cycle_ms: int
    gate: GateConfig
    outputs: tuple[str, ...]
    start: tuple[int, ...]
    discrete: tuple[int, ...]
    pv: tuple[int, ...]
    integral_s: float
    machine: Callable[[int], Machine]
    law: Callable[[], Law]
    gate_class: type[Gate] = Gate

    @property
    def scan_ms(self) -> int:
        """The PLC's scan."""
        return self.gate.scan_ms
