"""The fault console: what acts, tests and people use to disturb a running plant."""

import asyncio
from pathlib import Path
from typing import Any, Final

from sim import control
from sim.plant import PLC_SECTIONS

SOCKET: Final = "sim.sock"
_TIMEOUT_S: Final = 100.0  # longer than a process may take to start


def fault(directory: Path, name: str, **arguments: object) -> dict[str, Any]:
    """Carry out a fault on the plant in that folder.

    The answer's `at_ns` is CLOCK_MONOTONIC when it took effect. Raises UsageError for a wrong name or argument and
    PlantError when the plant doesn't answer.
    """
    return asyncio.run(fault_async(directory, name, **arguments))


async def fault_async(directory: Path, name: str, **arguments: object) -> dict[str, Any]:
    """As `fault`, for callers with a running loop."""
    return await control.call(directory / SOCKET, "fault", timeout_s=_TIMEOUT_S, name=name, arguments=arguments)


def processes(directory: Path) -> dict[str, int | None]:
    """The plant's processes and their pids, None for one that doesn't run. Raises PlantError."""
    pids: dict[str, int | None] = asyncio.run(control.call(directory / SOCKET, "processes"))["processes"]
    return pids


def plc_state(directory: Path, section: str = PLC_SECTIONS[0]) -> dict[str, Any]:
    """What the PLC itself knows of a section: gate status, outputs, its machine's state; and all field tags. For tests,
    and for a person who looks inside."""
    return asyncio.run(control.call(directory / "plc.sock", "state", section=section))


def gateway_state(directory: Path, gateway: str) -> dict[str, Any]:
    """What a gateway knows of itself: its line, its queue, its connections."""
    return asyncio.run(control.call(directory / f"{gateway}.sock", "state"))


def historian_state(directory: Path, historian: str) -> dict[str, Any]:
    """What a historian knows of itself: its role, and how old what its peer gave it is (`lag_ms`)."""
    return asyncio.run(control.call(directory / f"{historian}.sock", "state"))
