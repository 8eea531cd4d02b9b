"""The description of one simulated plant: its processes, ports, times and gains. One file in the plant's folder.

Every process of the plant reads the same description, so that a restarted one is the same again.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from sim.errors import UsageError
from sim.gate import GateConfig, HoldAction

# The PLC's outputs: two pumps and the valve between the tanks (discrete: 0 or 10000).
OUTPUTS: Final = 3

# The PLC's field tags and their shipped register addresses. A site file may move them.
TAGS: Final = {
    "maintenance_key": 2000,
    "permit_switch": 2001,
    "return_permit_switch": 2002,
    "high_level_trip": 2003,
    "local_switch": 2004,
    "reset_button": 2005,
    "level_1": 2010,
    "level_2": 2011,
}

NODES: Final = {"sc_a": 1, "sc_b": 2}
NETWORKS: Final = {"net_a": ("sc_a", "sc_b", "plc", "ref_a"), "net_b": ("sc_a", "sc_b", "plc", "ref_b")}
PROCESSES: Final = ("plc", "bus", "sc_a", "sc_b", "ref_a", "ref_b", "net_a", "net_b")

# Name of each listening socket: its default port. "net_a.plc" is the PLC as network A shows it to OTHA, "bus" as the
# field bus shows it to all but the controllers, which have a tap of their own each; "sync_sc_a" leads sc_b to sc_a.
DEFAULT_PORTS: Final = {
    "bus": 15003,
    "plc": 15004,
    "sc_a": 15001,
    "sc_b": 15002,
    "ref_a": 15005,
    "ref_b": 15006,
    "bus_sc_a": 15007,
    "bus_sc_b": 15008,
    "sync_sc_a": 15009,
    "sync_sc_b": 15010,
    "net_a.sc_a": 15011,
    "net_a.sc_b": 15012,
    "net_a.plc": 15013,
    "net_a.ref_a": 15014,
    "net_b.sc_a": 15021,
    "net_b.sc_b": 15022,
    "net_b.plc": 15023,
    "net_b.ref_b": 15024,
}

# A plant with gateways has these ports as well, and a process `serial` with a line from each gateway to the PLC.
GATEWAYS: Final = ("gw_a", "gw_b")
SERIAL: Final = "serial"
GATEWAY_PORTS: Final = {
    "net_a.gw_a": 15015,
    "net_a.gw_b": 15016,
    "net_b.gw_a": 15025,
    "net_b.gw_b": 15026,
    "gw_a": 15031,
    "gw_b": 15032,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One plant. Times in ms, outputs and levels 0..10000 (0.01 % of span)."""

    directory: Path
    ports: dict[str, int]
    seed: int = 1
    scan_ms: int = 5
    cycle_ms: int = 10
    owner_watchdog_ms: int = 60
    hold_max_ms: int = 10_000
    max_resumes: int = 3
    resume_window_ms: int = 60_000
    tolerance: tuple[int, ...] = (50,) * OUTPUTS
    status_base: int = 1000
    command_base: int = 1200
    frame_base: int = 1300
    tags: dict[str, int] = field(default_factory=lambda: dict(TAGS))
    setpoints: tuple[int, int] = (6000, 5000)
    check_frames: bool = True

    def save(self) -> None:
        """Write the description into the plant's folder."""
        body = {**asdict(self), "directory": str(self.directory)}
        (self.directory / "plant.json").write_text(json.dumps(body, indent=1), encoding="utf-8")

    def door(self, process: str) -> Path:
        """The Unix socket of one process."""
        return self.directory / f"{process}.sock"

    @property
    def gateways(self) -> tuple[str, ...]:
        """The plant's gateways; most plants have none."""
        return tuple(name for name in GATEWAYS if name in self.ports)

    @property
    def processes(self) -> tuple[str, ...]:
        """All processes, in the order in which they are shown."""
        return (*PROCESSES, SERIAL, *self.gateways) if self.gateways else PROCESSES

    def on_network(self, network: str) -> tuple[str, ...]:
        """Whom a network leads to."""
        return (*NETWORKS[network], *self.gateways)

    def line(self, gateway: str) -> tuple[Path, Path]:
        """The two ends of a gateway's serial line: the gateway's and the PLC's."""
        return self.directory / f"{gateway}.master", self.directory / f"{gateway}.slave"

    def upstream(self, listener: str) -> int:
        """The port that a network's listener leads to; the PLC is always reached through the bus recorder."""
        process = listener.rpartition(".")[2]
        return self.ports["bus" if process == "plc" else process]

    def gate_config(self) -> GateConfig:
        """What this plant's PLC program was built with: in SAFE the pumps stop and the valve closes."""
        return GateConfig(
            safe_values=(0,) * OUTPUTS,
            tolerance=self.tolerance,
            hold_actions=(HoldAction.HOLD,) * OUTPUTS,
            owner_watchdog_ms=self.owner_watchdog_ms,
            hold_max_ms=self.hold_max_ms,
            scan_ms=self.scan_ms,
            max_resumes=self.max_resumes,
            resume_window_ms=self.resume_window_ms,
            check_frames=self.check_frames,
        )


def load(directory: Path) -> Plant:
    """The plant described in a folder. Raises UsageError when there is none."""
    try:
        body = json.loads((directory / "plant.json").read_text(encoding="utf-8"))
        body["directory"] = Path(body["directory"])
        body["setpoints"] = tuple(body["setpoints"])
        body["tolerance"] = tuple(body["tolerance"])
        return Plant(**body)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"{directory} holds no simulated plant: {error}", mend="name the folder given to `sim up --dir`"
        ) from error
