"""The site as OTHA uses it: every name resolved, every default filled in, times in nanoseconds."""

import hashlib
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from otha.core import canon
from otha.core.config import GroupConfig, SiteConfig
from otha.core.errors import DefectError
from otha.site.decode import Decoder
from otha.site.gate_map import GateMap
from otha.site.interface import Interface
from otha.site.line import Line, LineLoad
from otha.site.opcua import OpcuaDecoder
from otha.site.outlets import Metrics, Syslog
from otha.site.problem import Problem
from otha.site.profile import Profile
from otha.site.profile_file import SwitchTable, WordType
from otha.site.read import Endpoint
from otha.site.retention import Retention
from otha.site.timing import GroupTiming
from otha.site.written import DomainKind, OpcuaSecurity

SELF_USER = "@self"


class UserRole(Enum):
    """What a user may do, each role including the ones before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    COMMISSIONING = "commissioning"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A failure domain and those that it depends on itself."""

    name: str
    kind: DomainKind
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One heartbeat path to a node; `name` is `node.path`, as in `SiteConfig.channels`.

    `local`: OTHA's own address from which it is asked, None for any. `via`: the group of links that it goes by, the
    slowest of which grants it `widest_deadline_ns`.
    """

    name: str
    node: str
    endpoint: Endpoint | Line
    unit: int
    network: str
    period_ns: int
    deadline_ns: int
    local: str | None
    via: str | None
    widest_deadline_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpcuaAccess:
    """How OTHA and an OPC UA server know each other. The files are read when a connection is made."""

    security: OpcuaSecurity
    server_certificate: Path | None
    user: str | None
    password_file: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A supervised node. `groups`: whose member it is; `client_of`: whose client. Without either it is not read.

    `opcua`: None for Modbus.
    """

    name: str
    number: int
    profile: Profile
    decoder: Decoder | OpcuaDecoder
    opcua: OpcuaAccess | None
    channels: tuple[Channel, ...]
    domains: tuple[str, ...]
    capacity: int
    groups: tuple[str, ...]
    client_of: tuple[str, ...]

    @property
    def is_read(self) -> bool:
        """Somebody wants to know of it."""
        return bool(self.groups or self.client_of)

    @property
    def registers(self) -> Decoder:
        """The decoder of a Modbus node. Raises DefectError for an OPC UA one."""
        if not isinstance(self.decoder, Decoder):
            raise DefectError(f"{self.name} has no registers")
        return self.decoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A client's switch; `name` as in `GroupConfig.selectors`. `client`: the node that has it."""

    name: str
    group: str
    client: str
    switch: str
    table: SwitchTable


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePath:
    """One network path to a section; `name` is `section.path`, as in `GateConfig.paths`. `local`: as in `Channel`."""

    name: str
    section: str
    endpoint: Endpoint | Line
    unit: int
    network: str
    local: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Consecutive registers."""

    at: int
    count: int

    def covers(self, at: int, count: int) -> bool:
        """Whether `count` registers from `at` are all inside."""
        return self.at <= at and at + count <= self.at + self.count

    def meets(self, other: "Block") -> bool:
        """Whether the two share a register."""
        return self.at < other.at + other.count and other.at < self.at + self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A controller section behind a gate.

    `writable` is the exact allow-list: OTHA writes nothing else anywhere. `deadline_ns` is for one request on a path,
    `fast_deadline_ns` for one in a transfer, when a lost reply must not blind it for long.
    `group`: who drives it, None when no group does: then it is read only for its tags.
    """

    name: str
    gate: GateMap
    paths: tuple[GatePath, ...]
    outputs: tuple[str, ...]
    status: Block
    command: Block
    frames: Block
    writable: tuple[Block, ...]
    deadline_ns: int
    fast_deadline_ns: int
    domains: tuple[str, ...]
    group: str | None
    connection_limit: int | None
    other_connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSource:
    """Where a tag stands: `offset` in registers from the start of its read."""

    name: str
    offset: int
    type: WordType


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRead:
    """One FC03 for neighbouring tags of one source (a section or a node), over the first of its paths that answers."""

    source: str
    block: Block
    period_ns: int
    deadline_ns: int
    tags: tuple[TagSource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpcuaTagRead:
    """One Read of all tags of an OPC UA node, over the first of its `channels` that answers. `nodeids` and
    `counts_per_unit` in the order of `tags`."""

    source: str
    channels: tuple[str, ...]
    tags: tuple[str, ...]
    nodeids: tuple[str, ...]
    counts_per_unit: tuple[int, ...]
    period_ns: int
    deadline_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference point. Its decoder only checks the reply. `opcua`: None for Modbus."""

    name: str
    endpoint: Endpoint | Line
    unit: int
    network: str
    profile: Profile
    decoder: Decoder | OpcuaDecoder
    opcua: OpcuaAccess | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that one site file describes. `core` is what the decisions need; the rest is for the shell.

    `text` is what stood in the file and its tag list. `warnings` are doubts that do not refuse the file. `digest` is
    the SHA-256 of the model: equal digests decide alike.
    """

    path: Path
    text: str
    name: str
    simulation: bool
    state_dir: Path
    core: SiteConfig
    domains: tuple[Domain, ...]
    supervisor_domains: tuple[str, ...]
    nodes: tuple[Node, ...]
    sections: tuple[Section, ...]
    references: tuple[Reference, ...]
    selectors: tuple[Selector, ...]
    tag_reads: tuple[TagRead, ...]
    opcua_tag_reads: tuple[OpcuaTagRead, ...]
    lines: tuple[LineLoad, ...]
    roles: tuple[tuple[str, UserRole], ...]
    interface: Interface | None
    metrics: Metrics | None
    syslog: Syslog | None
    retention: Retention
    timings: tuple[GroupTiming, ...]
    warnings: tuple[Problem, ...]
    digest: str

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of all nodes that are read."""
        return tuple(channel for node in self.nodes if node.is_read for channel in node.channels)

    @property
    def text_hash(self) -> str:
        """The SHA-256 of the file's text, as hexadecimal text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def behind(self, names: Iterable[str]) -> tuple[str, ...]:
        """The failure domains named and all those that they depend on, each once."""
        depends = {domain.name: domain.domains for domain in self.domains}
        found: list[str] = []
        waiting = list(names)
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found.append(name)
                waiting += depends.get(name, ())
        return tuple(found)

    def node(self, name: str) -> Node:
        """The node of that name. Raises KeyError."""
        return {node.name: node for node in self.nodes}[name]

    def section(self, name: str) -> Section:
        """The section of that name. Raises KeyError."""
        return {section.name: section for section in self.sections}[name]

    def group(self, name: str) -> GroupConfig:
        """The group of that name. Raises KeyError."""
        return {group.name: group for group in self.core.groups}[name]

    def role_of(self, user: str, *, supervisor_user: str) -> UserRole | None:
        """The role of a system user, None if the site gives it none. "@self" stands for `supervisor_user`."""
        given = dict(self.roles)
        if user in given:
            return given[user]
        return given.get(SELF_USER) if user == supervisor_user else None


def digest_of(*parts: object) -> str:
    """The SHA-256 of the model's canonical bytes, as hexadecimal text."""
    return hashlib.sha256(canon.encode(tuple(parts))).hexdigest()


def default_state_dir(site: str) -> Path:
    """The platform's state directory for OTHA and this site."""
    given = os.environ.get("XDG_STATE_HOME")
    if given:
        return Path(given) / "otha" / site
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "otha" / site
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "otha" / site
    if os.geteuid() == 0:
        return Path("/var/lib/otha") / site
    return Path.home() / ".local" / "state" / "otha" / site
