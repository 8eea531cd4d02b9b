"""The heartbeat block of a simulated soft controller, as `plc_profiles/sim_soft_controller.toml` describes it."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from sim.registers import U16_MAX, U32_MAX, unpack

MAGIC: Final = 0x5343
LAYOUT: Final = 1
LENGTH: Final = 27
_FORMAT: Final = struct.Struct(">HHIIHHIIHHIHH8HH")


class Role(IntEnum):
    """What the controller says it is."""

    UNKNOWN = 0
    ACTIVE = 1
    STANDBY = 2
    MAINTENANCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """What must agree between active and standby. Integrals may be negative; all others 0..10000, modes 0 or 1."""

    setpoints: tuple[int, int]
    modes: tuple[int, int]
    integrals: tuple[int, int]
    outputs: tuple[int, int]

    def registers(self) -> list[int]:
        """Eight registers; the integrals shifted by 32768."""
        shifted = [min(U16_MAX, max(0, value + 32768)) for value in self.integrals]
        return [*self.setpoints, *self.modes, *shifted, *self.outputs]

    @staticmethod
    def parse(registers: list[int]) -> "Tracked":
        """The reverse of `registers`."""
        sp_1, sp_2, mode_1, mode_2, i_1, i_2, out_1, out_2 = registers
        return Tracked(
            setpoints=(sp_1, sp_2),
            modes=(mode_1, mode_2),
            integrals=(i_1 - 32768, i_2 - 32768),
            outputs=(out_1, out_2),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One block. Ages in ms, positions in control cycles."""

    heartbeat: int
    cycle: int
    role: Role
    service_level: int
    position: int
    acked: int
    data_age_ms: int
    config_hash: int
    session: int
    node: int
    tracked: Tracked
    lag_ms: int

    def registers(self) -> list[int]:
        """The block as registers."""
        tags = self.tracked.registers()
        return unpack(
            _FORMAT.pack(
                MAGIC,
                LAYOUT,
                self.heartbeat & U32_MAX,
                self.cycle & U32_MAX,
                self.role,
                self.service_level,
                self.position & U32_MAX,
                self.acked & U32_MAX,
                min(U16_MAX, self.data_age_ms),
                self.config_hash,
                self.session,
                self.node,
                len(tags),
                *tags,
                min(U16_MAX, self.lag_ms),
            )
        )
