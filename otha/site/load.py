"""Loads a site file: reads, resolves, judges; the typed site, or all that is wrong with it."""

from dataclasses import replace
from pathlib import Path

from otha.core.config import ChannelConfig, ReferenceConfig, SiteConfig
from otha.core.errors import DefectError
from otha.core.words import GroupKind
from otha.site.alarms import build_alarms, check_names
from otha.site.client_groups import selector_name
from otha.site.conditions import build_conditions
from otha.site.detection import deadline_ms, detector_of, fast_deadline_ms, gate_deadline_ms, reference_pace
from otha.site.devices import (
    Cadence,
    Profiles,
    build_node,
    build_reference,
    build_section,
    check_places,
)
from otha.site.document import Document
from otha.site.failback import check_failback
from otha.site.groups import BuiltGroup, Owner, build_group
from otha.site.hold import build_holds
from otha.site.interface import build_interface
from otha.site.judge import judge
from otha.site.line import Line
from otha.site.line_load import line_loads, with_line_times
from otha.site.lines import build_lines
from otha.site.links import check_vias, leading
from otha.site.machine import build_machine
from otha.site.model import (
    SELF_USER,
    Domain,
    Node,
    OpcuaAccess,
    Reference,
    Section,
    Selector,
    Site,
    UserRole,
    default_state_dir,
    digest_of,
)
from otha.site.outlets import build_metrics, build_syslog
from otha.site.problem import Severity
from otha.site.profile_file import ProfileKind
from otha.site.read import NAME, NAME_RULE, read_table
from otha.site.retention import build_retention
from otha.site.tag_list import with_tag_list
from otha.site.tags import build_opcua_reads, build_reads, build_tags
from otha.site.ways import allowances, check_deadlines, over_links, widest_deadline_ns
from otha.site.written import SiteFile
from otha.site.written_group import GroupTable

MS = 1_000_000
# A device that no group has is not read; its channels still need numbers.
IDLE = Cadence(period_ns=1_000 * MS, deadline_ns=800 * MS)


def load_site(path: Path) -> Site:
    """The site that `path` describes.

    Raises SiteErrors with every error of the file and of the profiles it names, and the warnings found so far.
    """
    doc, file, site = build_site(path)
    return judge(doc, file, site)


def build_site(path: Path, *, past_refusal: bool = False) -> tuple[Document, SiteFile, Site]:
    """The site that `path` describes, not judged yet, with the file that it comes from.

    `past_refusal`: what refuses it by a rule of the design, and not for a mistake of writing, is noted and passed over.
    Raises SiteErrors as `load_site`.
    """
    doc = Document.open(path)
    file, tag_list = with_tag_list(doc, read_table(SiteFile, doc, doc.raw, ()), path.parent)
    check_places(doc, file)
    check_vias(doc, file)
    check_deadlines(doc, file)
    _check_site_name(doc, file.site.name)
    _check_supervisors(doc, file)
    roles = _roles(doc, file)
    groups_of = _groups_of(doc, file)
    profiles = Profiles(doc, path.parent)
    lines = build_lines(doc, file)
    nodes = _nodes(doc, file, profiles, groups_of, lines)
    references = _references(doc, file, profiles, lines)
    sections = _sections(doc, file, lines)
    tags = build_tags(doc, file)
    deadlines = {section.name: section.deadline_ns for section in sections}
    reads = build_reads(doc, file, sections, deadlines)
    found = [node for node in nodes.values() if node is not None]
    opcua_reads = build_opcua_reads(doc, file, found)
    loads = line_loads(file, lines, found, sections, references, reads)
    file = with_line_times(file, loads)
    sections = tuple(_with_fast_deadline(file, section) for section in sections)
    supervisor = next(iter(file.supervisor), "")
    built = _groups(doc, file, nodes, supervisor)
    check_names(doc, file)
    alarms, plant_alarms = build_alarms(doc, file)
    interface = build_interface(doc, file.interface)
    metrics = build_metrics(doc, file.metrics)
    syslog = build_syslog(doc, file.syslog, path.parent)
    retention = build_retention(doc, file.journal)
    if not past_refusal or any(each.severity is Severity.ERROR and not each.rule for each in doc.problems):
        doc.raise_errors()
    groups = [each for each in built.values() if each is not None]
    whole_nodes = tuple(node for node in nodes.values() if node is not None)
    if past_refusal and (len(groups) < len(built) or len(whole_nodes) < len(nodes)):
        doc.raise_errors()
    if len(groups) < len(built) or len(whole_nodes) < len(nodes) or len(references) < len(file.reference):
        raise DefectError(f"{path.name}: something could not be built and no reason was given")
    core = SiteConfig(
        name=file.site.name,
        supervisor=supervisor,
        channels=tuple(_channels(file, whole_nodes)),
        references=tuple(_reference_config(file, name) for name in file.reference),
        tags=tags,
        groups=tuple(each.group for each in groups),
        tilt_gap_ns=file.site.tilt_gap_ms * MS,
        tilt_for_ns=file.site.tilt_for_ms * MS,
        alarms=alarms,
        plant_alarms=plant_alarms,
    )
    site = Site(
        path=path,
        text=doc.text + tag_list,
        name=file.site.name,
        simulation=file.site.simulation,
        state_dir=Path(file.site.state_dir) if file.site.state_dir else default_state_dir(file.site.name),
        core=core,
        domains=tuple(
            Domain(name=name, kind=domain.kind, domains=domain.domains) for name, domain in file.domain.items()
        ),
        supervisor_domains=next(iter(file.supervisor.values())).domains,
        nodes=whole_nodes,
        sections=sections,
        references=references,
        selectors=_selectors(file, nodes),
        tag_reads=reads,
        opcua_tag_reads=opcua_reads,
        lines=tuple(loads.values()),
        roles=roles,
        interface=interface,
        metrics=metrics,
        syslog=syslog,
        retention=retention,
        timings=tuple(each.timing for each in groups),
        warnings=(),
        digest=_digest(file, core, whole_nodes, sections, references, roles),
    )
    return doc, file, site


def _digest(
    file: SiteFile,
    core: SiteConfig,
    nodes: tuple[Node, ...],
    sections: tuple[Section, ...],
    references: tuple[Reference, ...],
    roles: tuple[tuple[str, UserRole], ...],
) -> str:
    return digest_of(
        file.site.simulation,
        core,
        tuple((name, domain.kind, domain.domains) for name, domain in file.domain.items()),
        tuple(
            (node.name, node.profile, node.channels, node.domains, node.capacity, _identity(node.opcua))
            for node in nodes
        ),
        tuple((name, group.clients) for name, group in file.group.items()),
        tuple((s.name, s.gate.layout, s.paths, s.outputs, s.status, s.command, s.frames, s.domains) for s in sections),
        tuple((r.name, r.endpoint, r.unit, r.network, r.profile, _identity(r.opcua)) for r in references),
        tuple((name, tag.address, tag.type, tag.nodeid, tag.counts_per_unit) for name, tag in file.tag.items()),
        roles,
    )


def _identity(access: OpcuaAccess | None) -> tuple[object, ...]:
    """How an OPC UA server and OTHA know each other; the places of files are no part of the model."""
    return () if access is None else (access.security, access.user)


def _check_site_name(doc: Document, name: str) -> None:
    """It becomes a folder of the state directory."""
    if name.strip() and not NAME.fullmatch(name):
        doc.error(("site",), "name", f'"{name}" is no name', mend=f"{NAME_RULE}; `description` takes any text")


def _check_supervisors(doc: Document, file: SiteFile) -> None:
    if len(file.supervisor) > 1:
        second = list(file.supervisor)[1]
        doc.error(
            ("supervisor", second),
            "",
            f"{len(file.supervisor)} supervisors: several of them with a shared consensus store are built later",
            mend="Leave one supervisor",
        )


def _roles(doc: Document, file: SiteFile) -> tuple[tuple[str, UserRole], ...]:
    given: dict[str, UserRole] = {}
    for role in UserRole:
        users: tuple[str, ...] = getattr(file.roles, role.value)
        for user in users:
            if user.startswith("@") and user != SELF_USER:
                doc.error(
                    ("roles",), role.value, f'"{user}" is no user', near=SELF_USER, mend="Give a system user's name"
                )
            if user in given:
                doc.error(
                    ("roles",), role.value, f'"{user}" is also {given[user].value}', mend="Give each user one role"
                )
            given[user] = role
    return tuple(given.items())


def _groups_of(doc: Document, file: SiteFile) -> dict[str, tuple[str, ...]]:
    """The groups of each node. Groups that share a node share its heartbeats and what these say."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(file.node, ())
    compared: set[tuple[str, str]] = set()
    for name, group in file.group.items():
        for member in group.members:
            if member.node not in found or name in found[member.node]:
                continue
            for other in found[member.node][:1]:
                if (name, other) not in compared:
                    _check_sharing(doc, name, group, other, file.group[other], member.node)
                compared.add((name, other))
            found[member.node] += (name,)
    return found


def _check_sharing(doc: Document, name: str, group: GroupTable, other: str, first: GroupTable, node: str) -> None:
    if group.detection != first.detection:
        doc.error(
            ("group", name),
            "detection",
            f"differs from that of group {other}, and {node} is in both: its heartbeats are the same",
            mend="Give both groups the same detection",
        )
    if [tag.name for tag in group.tracked] != [tag.name for tag in first.tracked]:
        doc.error(
            ("group", name),
            "tracked",
            f"names other tags than group {other}, and {node} is in both: different tags per group are built later",
            mend="Name the same tags in the same order in both groups",
        )


def _cadence(file: SiteFile, groups: tuple[str, ...], led: tuple[str, ...]) -> Cadence:
    if not groups:
        return IDLE
    detection = file.group[groups[0]].detection
    granted = {via: widest_deadline_ns(file, detection, via) for via in led}
    return Cadence(period_ns=detection.period_ms * MS, deadline_ns=deadline_ms(detection) * MS, granted_ns=granted)


def _groups(
    doc: Document, file: SiteFile, nodes: dict[str, Node | None], supervisor: str
) -> dict[str, BuiltGroup | None]:
    """All groups in the order of the file. Drivers are built first: a path leads to the section of one."""
    owners: dict[str, Owner] = {}
    holds = build_holds(doc, file)
    built: dict[str, BuiltGroup | None] = dict.fromkeys(file.group)
    for name in sorted(file.group, key=lambda name: file.group[name].kind is not GroupKind.DRIVER):
        conditions = build_conditions(doc, file, name, file.group[name])
        machine = build_machine(doc, file, name, file.group[name])
        check_failback(doc, name, file.group[name].failback)
        over = over_links(file, file.group[name])
        made = build_group(doc, file, name, nodes, conditions, supervisor, owners, over)
        if made is not None and machine is not None:
            made = replace(made, group=replace(made.group, machine=machine))
        if made is not None and made.group.kind is GroupKind.DRIVER:
            gate = replace(made.group.own_gate, holds=holds[made.group.section])
            made = replace(made, group=replace(made.group, gate=gate))
        built[name] = made
        if made is not None and made.owner is not None:
            owners.setdefault(made.group.section, made.owner)
    return built


def _clients_of(file: SiteFile) -> dict[str, tuple[tuple[str, str], ...]]:
    """For each node the groups that it is a client of, each with its switch."""
    found: dict[str, tuple[tuple[str, str], ...]] = dict.fromkeys(file.node, ())
    for name, group in file.group.items():
        for client in group.clients:
            if client.node in found:
                found[client.node] += ((name, client.switch),)
    return found


def _selectors(file: SiteFile, nodes: dict[str, Node | None]) -> tuple[Selector, ...]:
    found = []
    for name, group in file.group.items():
        for client in group.clients:
            node = nodes.get(client.node)
            switch = dict(node.profile.switches).get(client.switch) if node is not None else None
            if switch is not None:
                found.append(
                    Selector(
                        name=selector_name(client.node, client.switch),
                        group=name,
                        client=client.node,
                        switch=client.switch,
                        table=switch,
                    )
                )
    return tuple(found)


def _nodes(
    doc: Document,
    file: SiteFile,
    profiles: Profiles,
    groups_of: dict[str, tuple[str, ...]],
    lines: dict[str, Line],
) -> dict[str, Node | None]:
    nodes: dict[str, Node | None] = {}
    clients_of, led = _clients_of(file), leading(file)
    for name, table in file.node.items():
        groups = groups_of[name]
        tracked = tuple(tag.name for tag in file.group[groups[0]].tracked) if groups else ()
        profile = profiles.get(("node", name), table.profile, ProfileKind.NODE)
        served = clients_of[name]
        cadence = _cadence(file, groups or tuple(group for group, _ in served), led)
        nodes[name] = build_node(doc, name, table, profile, cadence, groups, served, tracked, lines, profiles.beside)
    return nodes


def _references(doc: Document, file: SiteFile, profiles: Profiles, lines: dict[str, Line]) -> tuple[Reference, ...]:
    built = (
        build_reference(
            doc,
            name,
            table,
            profiles.get(("reference", name), table.profile, ProfileKind.REFERENCE),
            lines,
            profiles.beside,
        )
        for name, table in file.reference.items()
    )
    return tuple(reference for reference in built if reference is not None)


def _sections(doc: Document, file: SiteFile, lines: dict[str, Line]) -> tuple[Section, ...]:
    sections = []
    for name, table in file.section.items():
        driven = [
            group for group, entry in file.group.items() if entry.target == name and entry.kind is GroupKind.DRIVER
        ]
        for group in driven[1:]:
            doc.error(
                ("group", group),
                "target",
                f"{name} is already driven by group {driven[0]}: a gate knows one epoch",
                mend="Give each group a section of its own",
                rule="S1",
            )
        deadline_ns = gate_deadline_ms(table, file.group[driven[0]].detection) * MS if driven else IDLE.deadline_ns
        sections.append(build_section(doc, name, table, deadline_ns, driven[0] if driven else None, lines))
    return tuple(sections)


def _with_fast_deadline(file: SiteFile, section: Section) -> Section:
    if section.group is None:
        return section
    fast_ms = fast_deadline_ms(file.section[section.name], file.group[section.group].detection)
    return replace(section, fast_deadline_ns=fast_ms * MS)


def _channels(file: SiteFile, nodes: tuple[Node, ...]) -> list[ChannelConfig]:
    return [
        ChannelConfig(
            name=channel.name,
            node=node.name,
            period_ns=channel.period_ns,
            deadline_ns=channel.deadline_ns,
            detector=detector_of(file.group[node.groups[0]].detection),
            via=channel.via,
            allowances=()
            if channel.via is None
            else allowances(file, file.group[node.groups[0]].detection, channel.via),
        )
        for node in nodes
        if node.groups
        for channel in node.channels
    ]


def _reference_config(file: SiteFile, name: str) -> ReferenceConfig:
    pace = reference_pace(file, name)
    return ReferenceConfig(
        name=name, period_ns=pace.period_ms * MS, deadline_ns=pace.deadline_ms * MS, misses=pace.misses
    )
