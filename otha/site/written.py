"""The site file, key by key, as the engineer writes it. Nothing is resolved or judged here.

Every class is a table, every field a key; `key(...)` carries its meaning, which also goes into the JSON Schema.
"""

# ruff: noqa: RUF009  # `key()` makes dataclass fields, as `field()` does

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from otha.site.line import Parity
from otha.site.profile_file import ItemsTable, Word, WordType
from otha.site.read import Endpoint, key
from otha.site.written_alarm import AlarmTable
from otha.site.written_group import DAY_MS, GroupTable
from otha.site.written_hold import HoldAction, HoldTable, MotionTable
from otha.site.written_outlets import JournalTable, MetricsTable, SyslogTable


class DomainKind(Enum):
    """What things can share, so that one fault takes them all."""

    NETWORK = "network"
    POWER = "power"
    SWITCH = "switch"
    HOST = "host"
    HYPERVISOR = "hypervisor"
    ROOM = "room"
    SITE = "site"
    CLOCK = "clock"
    LICENCE = "licence"
    CERTIFICATE = "certificate"


class OpcuaSecurity(Enum):
    """How a connection to an OPC UA server is secured; all but `none` sign and encrypt."""

    NONE = "none"
    BASIC256SHA256 = "basic256sha256"
    AES128_SHA256_RSA_OAEP = "aes128_sha256_rsa_oaep"
    AES256_SHA256_RSA_PSS = "aes256_sha256_rsa_pss"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTable:
    """What holds for the whole site."""

    LATER: ClassVar[dict[str, str]] = {"store": "a shared consensus store (etcd)", "etcd": "a shared consensus store"}

    name: str = key("the site's name; it also names the state directory")
    description: str = key("one sentence for people", default="")
    simulation: bool = key("true when the plant is simulated; evidence is marked with it", default=False)
    state_dir: str | None = key("where OTHA keeps its state; by default the platform's state directory", default=None)
    commit_ms: int = key("longest time of one durable write on the supervisor's disk", default=30, low=1, high=5000)
    tilt_gap_ms: int = key(
        "loop gap or clock step above which OTHA watches and does not act", default=250, low=20, high=60_000
    )
    tilt_for_ms: int = key("how long it then only watches", default=1000, low=100, high=600_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorTable:
    """A machine that runs `otha run`."""

    domains: tuple[str, ...] = key("failure domains that it depends on", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTable:
    """A failure domain: what things share."""

    kind: DomainKind = key("what is shared")
    domains: tuple[str, ...] = key(
        "failure domains that it depends on itself: a network's switch, a host's feed", default=()
    )
    description: str = key("one sentence for people", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpcuaTable:
    """How OTHA identifies itself to an OPC UA server, and the server to OTHA."""

    security: OpcuaSecurity = key("security policy; all but `none` sign and encrypt", default=OpcuaSecurity.NONE)
    server_certificate: str | None = key(
        "file with the server's certificate (DER or PEM), beside the site file; needed with a security policy",
        default=None,
    )
    user: str | None = key("user at the server; by default anonymous", default=None)
    password_file: str | None = key("file with this user's password alone, beside the site file", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceTable:
    """A reference point: an endpoint that a healthy observer reaches (rule S8)."""

    profile: str = key("how it is read; a profile of kind reference")
    endpoint: Endpoint | None = key("where it listens (Modbus TCP or OPC UA)", default=None)
    line: str | None = key("the serial line on which it is (Modbus RTU)", default=None)
    network: str | None = key(
        "the network (a domain of kind network) over which it is reached; that of a line is the line's", default=None
    )
    unit: int = key("Modbus unit id; on a line 1 to 247", default=1, low=0, high=255)
    period_ms: int | None = key(
        "how often it is read; by default as often as the fastest group", default=None, low=5, high=60_000
    )
    deadline_ms: int | None = key(
        "a reply later than this is a miss; by default 4/5 of the period", default=None, low=1, high=60_000
    )
    misses: int | None = key(
        "misses in a row until it counts as lost; by default one less than the groups'", default=None, low=1, high=20
    )
    opcua: OpcuaTable | None = key("security and user of an OPC UA server", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTable:
    """A serial line (Modbus RTU) with OTHA as its only master. Its units are reached by paths that name it."""

    device: str = key('its device: "/dev/ttyUSB0", better a name that stays, as under /dev/serial/by-id')
    network: str = key("the network (a domain of kind network) that it is")
    baud: int = key("its pace in bits per second", low=300, high=4_000_000)
    parity: Parity = key("the parity bit of each character", default=Parity.EVEN)
    stop_bits: int | None = key(
        "stop bits of each character; by default 1, without parity 2", default=None, low=1, high=2
    )
    turnaround_ms: int = key(
        "longest time from the end of a request to the beginning of its reply, adapter and driver included",
        default=20,
        low=1,
        high=10_000,
    )
    rs485: bool = key("whether the driver must switch the transceiver (the kernel's RS-485 mode)", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTable:
    """One path to a device: a heartbeat channel of a node, or a path to a section. By `endpoint` or by `line`."""

    endpoint: Endpoint | None = key("where the device listens on this network (Modbus TCP or OPC UA)", default=None)
    line: str | None = key("the serial line on which it is (Modbus RTU)", default=None)
    network: str | None = key(
        "the network (a domain of kind network) that this path uses; that of a line is the line's", default=None
    )
    unit: int = key("Modbus unit id; on a line 1 to 247", default=1, low=0, high=255)
    local: str | None = key(
        "Modbus TCP: OTHA's own address from which the connection is made; the routes of its machine decide by it "
        "which way is taken",
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTable(PathTable):
    """A heartbeat channel of a node: a path by which it is asked."""

    via: str | None = key(
        "the group of kind path whose links it goes by: while the link in use is dead or being changed its silence "
        "proves nothing (rule S18), and a slower link grants it more time",
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTable:
    """A supervised server, gateway, controller or link."""

    profile: str = key("how it is read; a profile of kind node")
    number: int = key("its number at the gate, the owner number in its frames", low=1, high=8)
    channels: dict[str, ChannelTable] = key("heartbeat channels by name; two independent ones are normal", least=1)
    domains: tuple[str, ...] = key("failure domains that it depends on", default=())
    capacity: int = key("how many groups it can drive at a time", default=1, low=1, high=64)
    registers: ItemsTable = key("addresses for a profile that leaves them open (generic_modbus)", default=ItemsTable())
    items: ItemsTable = key(
        "OPC UA nodes for a profile that leaves them open (generic_opcua); they go before the profile's own",
        default=ItemsTable(),
    )
    tracked: dict[str, Word] = key("and those of its tracked tags", default={})
    opcua: OpcuaTable | None = key("security and user of an OPC UA server", default=None)
    cycle_ms: int | None = key("its control cycle, when the profile's is not right", default=None, low=1, high=60_000)
    frozen_after_ms: int | None = key(
        "a counter standing still so long while it answers means FROZEN; by default the profile's, or what slow "
        "heartbeats need",
        default=None,
        low=1,
        high=600_000,
    )
    data_stale_after_ms: int | None = key(
        "plant data older than this is stale, 0: not judged; by default the profile's",
        default=None,
        low=0,
        high=3_600_000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputTable:
    """One output behind a gate."""

    name: str = key("the output's name")
    tolerance_pct: float | None = key(
        "how far a newcomer's value may be from the held one, in percent of span; none for a discrete one",
        default=None,
        low=0,
        high=100,
    )
    discrete: bool = key(
        "true: off or on; what a newcomer would switch at its release keeps it from being released", default=False
    )
    motion: MotionTable | None = key(
        "given where the output is the reference of a motion; such an output must not be held", default=None
    )
    hold: HoldTable = key(
        "what it does while the section is held, in machine states that say nothing else",
        default=HoldTable(action=HoldAction.HOLD),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionTable:
    """A controller section behind a gate: what a group drives."""

    profile: str = key("otha_gate")
    paths: dict[str, PathTable] = key("network paths to it by name; the first is used while it works", least=1)
    outputs: tuple[OutputTable, ...] = key("its outputs, in the order of the registers", least=1)
    status_base: int = key("address of the gate's status block", low=0, high=65_535)
    command_base: int = key("address of the gate's command mailbox", low=0, high=65_535)
    frame_base: int = key("address of the owner frames' mailboxes", low=0, high=65_535)
    scan_ms: int = key("the controller's scan time", low=1, high=1000)
    owner_watchdog_ms: int = key("after this time without a frame the gate holds by itself", low=2, high=600_000)
    hold_max_ms: int = key("after this time in hold the gate goes to its safe values by itself", low=10, high=DAY_MS)
    poll_ms: int | None = key(
        "how often its status is read at rest; by default the group's heartbeat period",
        default=None,
        low=2,
        high=60_000,
    )
    fast_poll_ms: int | None = key(
        "how often in a transfer; by default its scan time, at least 5, over a serial line at least round_trip_ms",
        default=None,
        low=1,
        high=10_000,
    )
    fast_deadline_ms: int | None = key(
        "how long a read may take in a transfer, when a lost reply must not blind it; by default as a heartbeat, over "
        "a serial line what it needs while a unit is silent",
        default=None,
        low=1,
        high=60_000,
    )
    fresh_owner_ms: int | None = key(
        "a younger owner age means that the owner lives (rule S8); by default three control cycles and a scan",
        default=None,
        low=2,
        high=600_000,
    )
    round_trip_ms: int | None = key(
        "longest request and reply on a healthy path; by default 3, over a serial line what the line needs",
        default=None,
        low=1,
        high=10_000,
    )
    domains: tuple[str, ...] = key("failure domains that it depends on", default=())
    connection_limit: int | None = key("how many connections the controller takes", default=None, low=1, high=10_000)
    other_connections: int = key(
        "how many of them others hold (servers, HMIs, engineering)", default=0, low=0, high=10_000
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TagTable:
    """A plant tag, read for interlocks and permissives. It has exactly one source: a section or a node."""

    section: str | None = key("the section that holds it", default=None)
    node: str | None = key("the node that holds it", default=None)
    address: int | None = key("Modbus: address of its holding register", default=None, low=0, high=65_535)
    type: WordType | None = key(
        "how the registers are read, by default u16; of an OPC UA value what it can be, by default i32", default=None
    )
    nodeid: str | None = key(
        'OPC UA: its NodeId at the server of `node`, "nsu=...;s=..."; a value whose status is not Good is bad',
        default=None,
    )
    counts_per_unit: int = key(
        "OPC UA: the value times this, rounded, is what conditions compare", default=1, low=1, high=1_000_000
    )
    fresh_ms: int = key("an older value is stale", default=500, low=10, high=3_600_000)
    valid: tuple[int, ...] | None = key(
        "[lowest, highest] raw value that can be right; by default all of its type", default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesTable:
    """Which system users may do what. "@self" is the user under which the supervisor runs."""

    viewer: tuple[str, ...] = key("may look", default=())
    operator: tuple[str, ...] = key("may also order transfers, confirm and acknowledge", default=())
    engineer: tuple[str, ...] = key("may also arm and take into maintenance", default=())
    commissioning: tuple[str, ...] = key("may also run drills and inject faults", default=())
    admin: tuple[str, ...] = key("may do all", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceTable:
    """OTHA's own OPC UA server, through which others see and order. Without this table there is none."""

    endpoint: Endpoint = key('where it listens: "127.0.0.1:4840" is for this machine alone, "0.0.0.0:4840" for all')
    allow_none: bool = key("whether clients may also connect without signing and encryption", default=False)
    sessions: int = key("how many sessions there may be at a time", default=50, low=1, high=1000)
    connections: int = key("how many connections there may be at a time", default=100, low=1, high=2000)
    idle_lock_min: int = key(
        "a session that has ordered nothing for so long only looks on, until its user logs in again; 0: never so",
        default=30,
        low=0,
        high=1440,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFile:
    """The whole file."""

    LATER: ClassVar[dict[str, str]] = {
        "etcd": "a shared consensus store",
        "fence": "power and port fencing",
        "redirect": "client redirects (VIP, DNS, proxy)",
        "hazard": "hazard conditions",
    }

    format: int = key("format of this file: 1", low=1, high=1)
    site: SiteTable = key("what holds for the whole site")
    supervisor: dict[str, SupervisorTable] = key("the machine that runs `otha run`", least=1)
    domain: dict[str, DomainTable] = key("failure domains by name", default={})
    line: dict[str, LineTable] = key("serial lines by name", default={})
    reference: dict[str, ReferenceTable] = key("reference points by name", default={})
    node: dict[str, NodeTable] = key("nodes by name", least=1)
    section: dict[str, SectionTable] = key(
        "controller sections by name; none where pairs are watched alone", default={}
    )
    tag: dict[str, TagTable] = key("plant tags by name", default={})
    tags: str | None = key("a CSV file with more plant tags, by its path from this file", default=None)
    group: dict[str, GroupTable] = key("redundancy groups by name", least=1)
    alarms: dict[str, AlarmTable] = key(
        "what this site says of OTHA's own alarms, and its alarms on plant tags", default={}
    )
    roles: RolesTable = key("who may do what", default=RolesTable())
    interface: InterfaceTable | None = key("OTHA's own OPC UA server", default=None)
    metrics: MetricsTable | None = key("figures for Prometheus", default=None)
    syslog: SyslogTable | None = key("the journal for a SIEM", default=None)
    journal: JournalTable = key("how long the journal is kept, and in which files", default=JournalTable())
