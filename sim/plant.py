"""The description of one simulated plant: its processes, ports, times and gains. One file in the plant's folder.

Every process of the plant reads the same description, so that a restarted one is the same again.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from sim import kinds, two_tanks, whole
from sim.errors import UsageError
from sim.gate_config import GateConfig
from sim.hold_action import HoldData, plan_of
from sim.kind import Kind
from sim.section import Section
from sim.whole import Scope

# What people turn and press at the PLC, and its shipped register addresses. A site file may move them, as it may move
# the field tags of the plant's kind.
SWITCHES: Final = {
    "maintenance_key": 2000,
    "permit_switch": 2001,
    "return_permit_switch": 2002,
    "local_switch": 2004,
    "reset_button": 2005,
}

# Those of the second section, the supply header; its outputs as they stand at the terminals are readable as well, so
# that one short read tells all that its owners control by.
HEADER_TAGS: Final = {
    "header_permit_switch": 5000,
    "header_return_permit_switch": 5001,
    "header_local_switch": 5002,
    "header_reset_button": 5003,
    "header_level": 5010,
    "supply_pump": 5011,
    "return_valve": 5012,
}

PLC_SECTIONS: Final = ("plc", "header")

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
GATEWAYS: Final = tuple(whole.GATEWAYS)
SERIAL: Final = "serial"
GATEWAY_PORTS: Final = {
    name: whole.PORTS[name] for gateway in GATEWAYS for name in (f"net_a.{gateway}", f"net_b.{gateway}", gateway)
}


def default_ports(scope: Scope) -> dict[str, int]:
    """Name and shipped port of each listener in that scope."""
    return dict(DEFAULT_PORTS) if scope is Scope.PAIR else DEFAULT_PORTS | whole.PORTS


def field_tags(kind: Kind) -> dict[str, int]:
    """Name and shipped address of each field tag of the first section."""
    return SWITCHES | dict(kind.tags)


# In SAFE the pump stops and the valve closes.
_HEADER_GATE: Final = GateConfig(
    safe_values=(0, 0),
    tolerance=(50, 50),
    owner_watchdog_ms=1500,
    hold_max_ms=20_000,
    scan_ms=5,
    max_resumes=3,
    resume_window_ms=60_000,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The supply header: the PLC's second section, and the servers that own it. As in `Plant`."""

    status_base: int = 4000
    command_base: int = 4200
    frame_base: int = 4300
    owner_watchdog_ms: int = _HEADER_GATE.owner_watchdog_ms
    hold_max_ms: int = _HEADER_GATE.hold_max_ms
    tolerance: tuple[int, ...] = _HEADER_GATE.tolerance
    tags: dict[str, int] = field(default_factory=lambda: dict(HEADER_TAGS))
    hold: HoldData = field(default_factory=dict)
    cycle_ms: int = 250
    setpoint: int = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One plant. Times in ms, outputs and levels 0..10000 (0.01 % of span). `kind`: what the first section drives.
    `hold`: what each of its outputs does while it is held, by machine state.

    `memory_mb` limits the address space of each OPC UA server; `buffer_s` is how long the collector keeps what no
    historian has taken; `secure` makes the servers refuse what is not signed and encrypted.
    """

    directory: Path
    ports: dict[str, int]
    seed: int = 1
    scan_ms: int = 5
    cycle_ms: int = 10
    owner_watchdog_ms: int = 60
    hold_max_ms: int = 10_000
    max_resumes: int = 3
    resume_window_ms: int = 60_000
    tolerance: tuple[int, ...] = two_tanks.KIND.gate.tolerance
    status_base: int = 1000
    command_base: int = 1200
    frame_base: int = 1300
    kind: Kind = two_tanks.KIND
    tags: dict[str, int] = field(default_factory=lambda: field_tags(two_tanks.KIND))
    hold: HoldData = field(default_factory=two_tanks.KIND.gate.hold.as_data)
    check_frames: bool = True
    scope: Scope = Scope.PAIR
    header: Header = field(default_factory=Header)
    memory_mb: int = 1024
    sample_ms: int = 50
    buffer_s: int = 60
    secure: bool = False

    def save(self) -> None:
        """Write the description into the plant's folder."""
        body = {
            **asdict(self),
            "directory": str(self.directory),
            "scope": self.scope.value,
            "kind": self.kind.name,
        }
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
        gateways = (SERIAL, *self.gateways) if self.gateways else ()
        return (*PROCESSES, *gateways, *(whole.PROCESSES if self.scope is Scope.WHOLE else ()))

    @property
    def networks(self) -> dict[str, tuple[str, ...]]:
        """Each network's listeners in this plant's scope."""
        if self.scope is Scope.PAIR:
            return {name: (*ends, *self.gateways) for name, ends in NETWORKS.items()}
        shown = {name: (*ends, *whole.ON_NETWORKS) for name, ends in NETWORKS.items()}
        return shown | {"net_s": tuple(whole.SERVER_WAYS)}

    def on_network(self, network: str) -> tuple[str, ...]:
        """Whom a network leads to."""
        return self.networks[network]

    def line(self, gateway: str) -> tuple[Path, Path]:
        """The two ends of a gateway's serial line: the gateway's and the PLC's."""
        return self.directory / f"{gateway}.master", self.directory / f"{gateway}.slave"

    def upstream(self, listener: str) -> int:
        """The port that a network's listener leads to; the PLC is always reached through the bus recorder."""
        network, _, end = listener.rpartition(".")
        if network == "net_s":
            end = whole.SERVER_WAYS[end]
        return self.ports["bus" if end == "plc" else end]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The PLC's sections: the pair's, and in the whole plant the supply header's."""
        names = PLC_SECTIONS[:1] if self.scope is Scope.PAIR else PLC_SECTIONS
        return tuple(self.section(name) for name in names)

    def section(self, name: str) -> Section:
        """One section, whether it runs in this scope or not."""
        first = name == PLC_SECTIONS[0]
        built: Plant | Header = self if first else self.header
        gate = replace(
            self.kind.gate if first else _HEADER_GATE,
            tolerance=built.tolerance,
            owner_watchdog_ms=built.owner_watchdog_ms,
            hold_max_ms=built.hold_max_ms,
            scan_ms=self.scan_ms,
            max_resumes=self.max_resumes,
            resume_window_ms=self.resume_window_ms,
            hold=plan_of(built.hold),
            check_frames=self.check_frames,
        )
        return Section(
            name=name,
            status_base=built.status_base,
            command_base=built.command_base,
            frame_base=built.frame_base,
            gate=gate,
            memory=self.directory / f"{name}.retain",
            start=self.kind.start if first else gate.safe_values,
        )


def load(directory: Path) -> Plant:
    """The plant described in a folder. Raises UsageError when there is none."""
    try:
        body = json.loads((directory / "plant.json").read_text(encoding="utf-8"))
        body["directory"] = Path(body["directory"])
        body["kind"] = kinds.named(body["kind"])
        body["tolerance"] = tuple(body["tolerance"])
        body["scope"] = Scope(body["scope"])
        header = body["header"]
        body["header"] = Header(**{**header, "tolerance": tuple(header["tolerance"])})
        return Plant(**body)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"{directory} holds no simulated plant: {error}", mend="name the folder given to `sim up --dir`"
        ) from error
