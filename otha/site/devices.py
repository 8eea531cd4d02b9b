"""Nodes, reference points and sections: names resolved, profiles compiled, addresses checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from otha.core.words import Authority
from otha.site.document import Document
from otha.site.gate_map import GATE_PROFILE, GateMap, gate_map
from otha.site.line import Line
from otha.site.lines import check_path, line_paths, place
from otha.site.locate import Path as KeyPath
from otha.site.model import Block, Channel, GatePath, Node, OpcuaAccess, Reference, Section
from otha.site.opcua_words import check_nodes
from otha.site.problem import SiteErrors, nearest
from otha.site.profile import (
    Profile,
    check_words,
    compile_decoder,
    compile_nodes,
    load_profile,
    merged_items,
    shipped_profiles,
    written_items,
)
from otha.site.profile_file import ProfileKind, Protocol, Word
from otha.site.read import Endpoint
from otha.site.refer import refer, refuse_repeats, some
from otha.site.written import (
    ChannelTable,
    DomainKind,
    LineTable,
    NodeTable,
    OpcuaSecurity,
    OpcuaTable,
    OutputTable,
    PathTable,
    ReferenceTable,
    SectionTable,
    SiteFile,
)

MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often a device is asked, as the groups around it need it. `granted_ns`: the longest deadline that each group
    of links grants."""

    period_ns: int
    deadline_ns: int
    granted_ns: Mapping[str, int] = field(default_factory=dict)


class Profiles:
    """The profiles that a site names, each read once; what is wrong in one is reported once."""

    def __init__(self, doc: Document, beside: Path) -> None:
        self.doc = doc
        self.beside = beside
        self._read: dict[str, Profile | None] = {}

    def get(self, path: KeyPath, name: str, kind: ProfileKind) -> Profile | None:
        """The profile, None when there is none of that name or kind."""
        if not name:
            return None
        if not name.endswith(".toml") and name not in shipped_profiles():
            valid = shipped_profiles()
            if name == GATE_PROFILE:
                self.doc.error(path, "profile", f'"{name}" is for sections', mend=f"Give one of {some(valid)}")
            else:
                self.doc.error(
                    path,
                    "profile",
                    f'there is no profile "{name}"',
                    near=nearest(name, valid),
                    mend=f"Shipped: {some(valid)}; or give the path of a profile file of your own that ends in .toml",
                )
            return None
        if name not in self._read:
            try:
                self._read[name] = load_profile(name, self.beside)
            except SiteErrors as errors:
                self.doc.problems.extend(errors.problems)
                self._read[name] = None
        profile = self._read[name]
        if profile is not None and profile.kind is not kind:
            self.doc.error(
                path,
                "profile",
                f'"{name}" describes a {profile.kind.value}, a {kind.value} is needed',
                mend=f"Give a profile of kind {kind.value}",
            )
            return None
        return profile


def check_places(doc: Document, file: SiteFile) -> None:
    """Domains and networks named anywhere exist; no endpoint is used twice."""
    domains = file.domain
    networks = [name for name, domain in domains.items() if domain.kind is DomainKind.NETWORK]
    for table, entries in (
        ("domain", domains),
        ("supervisor", file.supervisor),
        ("node", file.node),
        ("section", file.section),
    ):
        for name, entry in entries.items():
            for domain in entry.domains:
                refer(doc, (table, name), "domains", domain, what="domain", valid=domains)
            refuse_repeats(doc, (table, name), "domains", entry.domains)
    used: dict[tuple[str, int, str | None], str] = {}
    for path, way in _paths(file):
        if not isinstance(way, LineTable):
            check_path(doc, path, way, file.line)
        if way.network is not None:
            refer(
                doc,
                path,
                "network",
                way.network,
                what="domain of kind network",
                valid=networks,
                when_none=f'Give it under [domain]: {way.network} = {{ kind = "network" }}',
            )
        if isinstance(way, LineTable) or (at := _address(way)) is None:
            continue
        here = ".".join(str(part) for part in path)
        other = used.setdefault((at, way.unit, getattr(way, "local", None)), here)
        if other != here:
            doc.error(
                path,
                "endpoint" if way.endpoint is not None else "unit",
                f"{endpoint_of(way.endpoint or at, way.unit)} is already used by [{other}]",
                mend="Give each path an endpoint of its own: two paths over one endpoint fail together",
            )


def endpoint_of(at: Endpoint | Line | str, unit: int) -> str:
    """Where a path leads, as a person names it: with its unit where there are units."""
    return str(at) if isinstance(at, Endpoint) and at.is_opcua else f"{at} unit {unit}"


def _address(way: PathTable | ReferenceTable) -> str | None:
    """What no other path may use with the same unit; None when there is none, which was told.

    One server on one port is one endpoint, whatever the path in its URL says.
    """
    if way.endpoint is not None:
        return f"{way.endpoint.host}:{way.endpoint.port}" if way.endpoint.host else None
    return f"line {way.line}" if way.line else None


def _check_protocol(doc: Document, path: KeyPath, way: PathTable | ReferenceTable, protocol: Protocol) -> None:
    """The path leads where what the device speaks can be spoken, and its endpoint is written so."""
    if way.line is not None and protocol is Protocol.OPCUA:
        doc.error(
            path,
            "line",
            "a serial line carries Modbus RTU, and the profile speaks OPC UA",
            mend='Give an endpoint "opc.tcp://host:port/path" and its network, or a profile that speaks Modbus',
        )
        return
    if isinstance(way, PathTable) and way.local is not None and (way.line is not None or protocol is Protocol.OPCUA):
        doc.error(path, "local", "only a Modbus TCP connection is made from a chosen address", mend="Take `local` out")
    if way.endpoint is None or not way.endpoint.host:
        return
    if way.endpoint.is_opcua and protocol is not Protocol.OPCUA:
        doc.error(
            path,
            "endpoint",
            f"{way.endpoint} is an OPC UA URL, and the profile speaks Modbus",
            mend='Give "host:port", or a profile with protocol = "opcua"',
        )
    elif protocol is Protocol.OPCUA and not way.endpoint.is_opcua:
        doc.error(
            path,
            "endpoint",
            f"{way.endpoint} is no OPC UA URL, and the profile speaks OPC UA",
            mend=f'Give "opc.tcp://{way.endpoint}", or a profile that speaks Modbus',
        )
    elif protocol is Protocol.OPCUA and way.unit != 1:
        doc.error(path, "unit", "OPC UA has no units", mend="Take `unit` out")


def _paths(file: SiteFile) -> list[tuple[KeyPath, PathTable | ReferenceTable | LineTable]]:
    found: list[tuple[KeyPath, PathTable | ReferenceTable | LineTable]] = []
    for name, line in file.line.items():
        found.append((("line", name), line))
    return found + list(line_paths(file))


def build_node(
    doc: Document,
    name: str,
    table: NodeTable,
    profile: Profile | None,
    cadence: Cadence,
    groups: tuple[str, ...],
    served: tuple[tuple[str, str], ...],
    tracked: tuple[str, ...],
    lines: Mapping[str, Line],
    beside: Path,
) -> Node | None:
    """A node, None when its profile or addresses can't be used.

    `served`: the groups whose client it is, each with its switch. `beside`: the folder of the site file.
    """
    if profile is None:
        return None
    path: KeyPath = ("node", name)
    for channel, entry in table.channels.items():
        _check_protocol(doc, (*path, "channels", channel), entry, profile.protocol)
    is_opcua = profile.protocol is Protocol.OPCUA
    access = _access(doc, path, table.opcua, profile.protocol, beside)
    profile = _with_nodes(doc, path, table, profile) if is_opcua else _with_registers(doc, path, table, profile)
    if profile is None:
        return None
    tags = tuple(tag for tag in tracked if tag in dict(profile.tracked))
    return Node(
        name=name,
        number=table.number,
        profile=profile,
        decoder=compile_nodes(profile, tags, tuple(switch for _, switch in served))
        if is_opcua
        else compile_decoder(profile, tags),
        opcua=access,
        channels=tuple(_channel(name, channel, entry, cadence, lines) for channel, entry in table.channels.items()),
        domains=table.domains,
        capacity=table.capacity,
        groups=groups,
        client_of=tuple(group for group, _ in served),
    )


def _channel(node: str, channel: str, entry: ChannelTable, cadence: Cadence, lines: Mapping[str, Line]) -> Channel:
    endpoint, network = place(entry, lines)
    return Channel(
        name=f"{node}.{channel}",
        node=node,
        endpoint=endpoint,
        unit=entry.unit,
        network=network,
        period_ns=cadence.period_ns,
        deadline_ns=cadence.deadline_ns,
        local=entry.local,
        via=entry.via,
        widest_deadline_ns=max(cadence.deadline_ns, cadence.granted_ns.get(entry.via or "", 0)),
    )


def _gate_path(section: str, way: str, entry: PathTable, lines: Mapping[str, Line]) -> GatePath:
    endpoint, network = place(entry, lines)
    return GatePath(
        name=f"{section}.{way}",
        section=section,
        endpoint=endpoint,
        unit=entry.unit,
        network=network,
        local=entry.local,
    )


def _access(
    doc: Document, path: KeyPath, table: OpcuaTable | None, protocol: Protocol, beside: Path
) -> OpcuaAccess | None:
    if protocol is not Protocol.OPCUA:
        if table is not None:
            doc.error(path, "opcua", "this device speaks Modbus", mend=f"Take [{'.'.join(map(str, path))}.opcua] out")
        return None
    table = table or OpcuaTable()
    here = (*path, "opcua")
    plain = table.security is OpcuaSecurity.NONE
    if not plain and table.server_certificate is None:
        doc.error(
            here,
            "server_certificate",
            "missing: without it anybody could answer in the server's place",
            mend="Give the file of the server's own certificate, taken from the server by a trusted way",
        )
    if plain and table.server_certificate is not None:
        doc.error(here, "server_certificate", 'not used with security = "none"', mend="Give a security policy")
    if (table.user is None) != (table.password_file is None):
        doc.error(here, "user", "a user needs a password_file, and the other way round", mend="Give both, or none")
    elif plain and table.user is not None:
        doc.error(here, "user", "its password would travel readable", mend="Give a security policy")
    certificate, password = table.server_certificate, table.password_file
    return OpcuaAccess(
        security=table.security,
        server_certificate=None if certificate is None else beside / certificate,
        user=table.user,
        password_file=None if password is None else beside / password,
    )


def _with_nodes(doc: Document, path: KeyPath, table: NodeTable, profile: Profile) -> Profile | None:
    """The profile of an OPC UA server with the nodes of the site file; None when they are missing or wrong."""
    before = len(doc.problems)
    given, tracked = written_items(table.items), tuple(table.tracked.items())
    if written_items(table.registers):
        mend = f"Write [{'.'.join(map(str, path))}.items]"
        doc.error(path, "registers", "an OPC UA server has no registers", mend=mend)
    if not profile.open:
        for has, where in ((given, "items"), (tracked, "tracked")):
            if has:
                _refuse_given(doc, path, where, profile, "generic_opcua")
        return profile if len(doc.problems) == before else None
    items = merged_items(profile, given)
    named = {name for name, _ in given}
    check_nodes(doc, path, tuple((name, word) for name, word in items if name in named), tracked)
    _check_role(doc, path, "items", profile, items)
    _check_complete(doc, path, table, profile, items)
    if not {"heartbeat", "cycle"} & {item for item, _ in items}:
        mend = f"Add [{'.'.join(map(str, path))}.items] with at least heartbeat or cycle"
        doc.error(path, "items", f'missing: the profile "{profile.name}" leaves the nodes to the site file', mend=mend)
    return None if len(doc.problems) > before else replace(profile, items=items, tracked=profile.tracked + tracked)


def _refuse_given(doc: Document, path: KeyPath, where: str, profile: Profile, open_profile: str) -> None:
    doc.error(
        path,
        where,
        f'the profile "{profile.name}" gives its addresses itself',
        mend=f"Take [{'.'.join(map(str, path))}.{where}] out, or use the profile {open_profile}",
    )


def _check_complete(
    doc: Document, path: KeyPath, table: NodeTable, profile: Profile, items: tuple[tuple[str, Word], ...]
) -> None:
    counters = {"heartbeat", "cycle"} & {item for item, _ in items}
    for needed, when in (("cycle_ms", True), ("frozen_after_ms", bool(counters))):
        if when and getattr(table, needed) is None and getattr(profile, needed) is None:
            doc.error(path, needed, f'missing: the profile "{profile.name}" does not say it', mend=f"Give `{needed}`")


def _check_role(
    doc: Document, path: KeyPath, table: str, profile: Profile, items: tuple[tuple[str, Word], ...]
) -> None:
    if profile.authority is Authority.NATIVE and "role" not in dict(items):
        doc.error(
            (*path, table),
            "role",
            f'missing: the profile "{profile.name}" leaves to the site file where the device shows its role',
            mend="Give its address; and its codes, where the profile has none",
        )


def _with_registers(doc: Document, path: KeyPath, table: NodeTable, profile: Profile) -> Profile | None:
    """The profile with the addresses of the site file; None when they are missing or wrong."""
    items = written_items(table.registers)
    tracked = tuple(table.tracked.items())
    if written_items(table.items):
        mend = f"Write [{'.'.join(map(str, path))}.registers]"
        doc.error(path, "items", "this device speaks Modbus: it has registers", mend=mend)
    if not profile.open:
        for given, where in ((items, "registers"), (tracked, "tracked")):
            if given:
                _refuse_given(doc, path, where, profile, "generic_modbus")
        return profile
    before = len(doc.problems)
    items = merged_items(profile, items)
    _check_role(doc, path, "registers", profile, items)
    if not items:
        doc.error(
            path,
            "registers",
            f'missing: the profile "{profile.name}" leaves the addresses to the site file',
            mend=f"Add [{'.'.join(map(str, path))}.registers] with at least heartbeat or cycle",
        )
    _check_complete(doc, path, table, profile, items)
    check_words(doc, path, items, tracked, profile.checks, profile.at, profile.length, ("registers", "tracked"))
    return None if len(doc.problems) > before else replace(profile, items=items, tracked=tracked)


def build_reference(
    doc: Document, name: str, table: ReferenceTable, profile: Profile | None, lines: Mapping[str, Line], beside: Path
) -> Reference | None:
    """A reference point, None when its profile can't be used. `beside`: the folder of the site file."""
    if profile is None:
        return None
    path: KeyPath = ("reference", name)
    _check_protocol(doc, path, table, profile.protocol)
    is_opcua = profile.protocol is Protocol.OPCUA
    endpoint, network = place(table, lines)
    return Reference(
        name=name,
        endpoint=endpoint,
        unit=table.unit,
        network=network,
        profile=profile,
        decoder=compile_nodes(profile, (), ()) if is_opcua else compile_decoder(profile, ()),
        opcua=_access(doc, path, table.opcua, profile.protocol, beside),
    )


def build_section(
    doc: Document, name: str, table: SectionTable, deadline_ns: int, group: str | None, lines: Mapping[str, Line]
) -> Section:
    """A section. Its command mailbox is all that OTHA may write."""
    path: KeyPath = ("section", name)
    shape = gate_map()
    if table.profile and table.profile != GATE_PROFILE:
        doc.error(
            path,
            "profile",
            f'"{table.profile}" is no profile of a section',
            near=GATE_PROFILE,
            mend=f'Give profile = "{GATE_PROFILE}": a section without the gate can\'t be fenced',
        )
    for way, entry in table.paths.items():
        _check_protocol(doc, (*path, "paths", way), entry, Protocol.MODBUS)
    outputs = tuple(output.name for output in table.outputs)
    refuse_repeats(doc, path, "outputs", outputs)
    if len(outputs) > shape.max_outputs:
        doc.error(
            path,
            "outputs",
            f"{len(outputs)} outputs, a gate has at most {shape.max_outputs}",
            mend="Split the section: each part gets a gate and a group of its own",
        )
    for at, output in enumerate(table.outputs):
        _check_output(doc, (*path, "outputs", at), output)
    blocks = _blocks(doc, path, table, shape)
    return Section(
        name=name,
        gate=shape,
        paths=tuple(_gate_path(name, way, entry, lines) for way, entry in table.paths.items()),
        outputs=outputs,
        status=blocks["status_base"],
        command=blocks["command_base"],
        frames=blocks["frame_base"],
        writable=(blocks["command_base"],),
        deadline_ns=deadline_ns,
        # What a serial line needs of it is known when all that is asked over the line is.
        fast_deadline_ns=deadline_ns,
        domains=table.domains,
        group=group,
        connection_limit=table.connection_limit,
        other_connections=table.other_connections,
    )


def _check_output(doc: Document, path: KeyPath, output: OutputTable) -> None:
    if output.discrete and output.tolerance_pct:
        what = "a discrete output has none: at a release it is equal, or it is an edge nobody commanded"
        doc.error(path, "tolerance_pct", what, mend="Take it out, and build the PLC program with 0", rule="S13")
    if not output.discrete and output.tolerance_pct is None:
        mend = "Give percent of span, as the PLC program was built with, or discrete = true"
        doc.error(path, "tolerance_pct", "missing", mend=mend, rule="S13")


def _blocks(doc: Document, path: KeyPath, table: SectionTable, shape: GateMap) -> Mapping[str, Block]:
    blocks = {
        "status_base": Block(at=table.status_base, count=shape.status_count(len(table.outputs))),
        "command_base": Block(at=table.command_base, count=shape.command_length),
        "frame_base": Block(at=table.frame_base, count=shape.frame_stride * shape.max_nodes),
    }
    placed: list[tuple[str, Block]] = []
    for key, block in blocks.items():
        if block.at + block.count > 65_536:
            doc.error(path, key, f"its {block.count} registers end above 65535", mend="Give a lower address")
        for other, taken in placed:
            if block.meets(taken):
                doc.error(
                    path,
                    key,
                    f"registers {block.at}..{block.at + block.count - 1} overlap those of {other}, "
                    f"{taken.at}..{taken.at + taken.count - 1}",
                    mend="Move one of the two blocks",
                )
        placed.append((key, block))
    return blocks
