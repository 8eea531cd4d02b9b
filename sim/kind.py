"""What a kind of plant is built of: its PLC section, the machine at the terminals, the law that controls it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sim.control_task import Law
from sim.errors import UsageError
from sim.gate_config import GateConfig


class Machine(Protocol):
    """What hangs on a section's outputs, with the PLC's own logic around it. Deterministic from its seed.

    `tested`: detectors that a person tests, so that they report, whatever is true.
    """

    tested: set[str]

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

    def press(self, button: str) -> None:
        """A person presses one of the kind's buttons. Raises UsageError when it has none of that name."""


class Plain:
    """A machine of one state without buttons, nothing between the gate and its terminals, and nothing against a
    takeover."""

    def __init__(self) -> None:
        self.tested: set[str] = set()

    @property
    def state(self) -> str:
        """There is one."""
        return "RUNNING"

    def terminals(self, outputs: tuple[int, ...]) -> tuple[int, ...]:
        """As the gate lets them through."""
        return outputs

    def permits(self) -> tuple[bool, bool]:
        """Always."""
        return True, True

    def press(self, button: str) -> None:
        """Raises UsageError."""
        raise UsageError(f"there is no button {button!r} here", mend="this machine has none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of plant. `start`: where a person brings the outputs by hand before the first
    owner comes. `discrete`: indexes of outputs that are 0 or 10000. `integral_s`: its slowest loop's.

    `machine` takes a seed. `pv` are the indexes of `measure` that the loops control.
    `tags`: its field tags and their shipped register addresses. `measured`: those that `measure` returns, which the
    controllers read. `forbidden`: machine states in which nobody takes over. `buttons` and `detectors`: what a person
    can press, and which tags a person can test.
    """

    name: str
    cycle_ms: int
    gate: GateConfig
    outputs: tuple[str, ...]
    start: tuple[int, ...]
    discrete: tuple[int, ...]
    pv: tuple[int, ...]
    integral_s: float
    tags: Mapping[str, int]
    measured: tuple[str, ...]
    machine: Callable[[int], Machine]
    law: Callable[[], Law]
    forbidden: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()

    @property
    def scan_ms(self) -> int:
        """The PLC's scan."""
        return self.gate.scan_ms
