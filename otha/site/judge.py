"""What can be judged from the file alone: shared fates, fences, interlocks, reference points, rights and costs.

The timing sums are judged in `otha.site.judge_timing`.
"""

from collections.abc import Iterable
from dataclasses import replace

from otha.core.conditions import AllOf, AnyOf, Compare, ConditionTree, MooN
from otha.core.config import GroupConfig
from otha.core.words import Arming, Authority, Fencing, GroupKind, RpoMiss
from otha.site import cost, judge_timing
from otha.site.conditions import tags_in
from otha.site.document import Document
from otha.site.failback import judge_failback
from otha.site.hold import judge_holds
from otha.site.line_load import judge_lines
from otha.site.locate import Path as KeyPath
from otha.site.machine import judge_states
from otha.site.model import Site, UserRole
from otha.site.problem import Severity
from otha.site.refer import some
from otha.site.ways import judge_links
from otha.site.written import OpcuaSecurity, SiteFile


def judge(doc: Document, file: SiteFile, site: Site) -> Site:
    """The site with its warnings. Raises SiteErrors when a judgement refuses it."""
    note(doc, file, site)
    doc.raise_errors()
    return replace(site, warnings=tuple(p for p in doc.ordered() if p.severity is Severity.WARNING))


def note(doc: Document, file: SiteFile, site: Site) -> None:
    """Every judgement on the site; what refuses it, and what is doubted, is noted in `doc`."""
    for group, timing in zip(site.core.groups, site.timings, strict=True):
        judge_timing.judge_group(doc, file, group, timing)
        judge_links(doc, file, group, timing)
        _members(doc, site, group)
        _fence(doc, group)
        judge_failback(doc, group)
        judge_states(doc, group, site.core.tags)
        _observers(doc, group)
        _interlocks(doc, site, group)
        _sync(doc, site, group)
        if group.name in group.upstream:
            doc.error(("group", group.name), "upstream", "a group is not its own upstream", mend="Take it out")
    _channels(doc, site)
    _references(doc, site)
    _sections(doc, site)
    _costs(doc, site)
    judge_lines(doc, file, site.lines)
    judge_holds(doc, file)
    _profiles(doc, site)
    _identities(doc, site)
    _rights(doc, site)


def _shared(site: Site, *sets: Iterable[str]) -> list[str]:
    """The failure domains that lie behind all of the sets."""
    first, *rest = (site.behind(names) for names in sets)
    return [domain for domain in first if all(domain in other for other in rest)]


def _members(doc: Document, site: Site, group: GroupConfig) -> None:
    """One fault that takes all members makes the redundancy worth nothing against it."""
    path: KeyPath = ("group", group.name)
    nodes = [site.node(node.name) for node in group.nodes]
    for at, node in enumerate(nodes):
        for other in nodes[at + 1 :]:
            shared = _shared(site, node.domains, other.domains)
            if shared:
                doc.warn(
                    path,
                    "members",
                    f"{node.name} and {other.name} share {some(shared)}: one fault there takes both",
                    mend="Move one of them, or accept it",
                )
        watched = _shared(site, node.domains, site.supervisor_domains)
        if watched:
            doc.warn(
                path,
                "members",
                f"the supervisor shares {some(watched)} with {node.name}: they can fail together",
                mend="Run the supervisor elsewhere, or accept it",
            )
    if group.authority is Authority.NATIVE and group.arming is Arming.ARMED:
        doc.warn(path, "arming", "the pair switches itself: OTHA will not act", mend='Write arming = "observe"')


def _fence(doc: Document, group: GroupConfig) -> None:
    if group.fencing is Fencing.NONE and group.arming is Arming.ARMED:
        doc.warn(
            ("group", group.name),
            "fencing",
            "without a fence nothing is moved automatically, though the group is armed: manual transfers only",
            mend='Write arming = "advise", or drive the section through the gate with fencing = "token_enforced"',
            rule="S3",
        )


def _observers(doc: Document, group: GroupConfig) -> None:
    if group.observers_needed > 1:
        doc.error(
            ("group", group.name),
            "observers",
            f"{group.observers_needed} observers need as many supervisors, and several supervisors are built later",
            mend="Write observers = 1",
            rule="S8",
        )


def holds_without(tree: ConditionTree, blind: frozenset[str]) -> bool:
    """Whether the condition can be true while the tags in `blind` can't be read."""
    match tree:
        case Compare():
            return tree.tag not in blind
        case AllOf():
            return all(holds_without(part, blind) for part in tree.of)
        case AnyOf():
            return any(holds_without(part, blind) for part in tree.of)
        case MooN():
            return sum(holds_without(part, blind) for part in tree.of) >= tree.m


def _interlocks(doc: Document, site: Site, group: GroupConfig) -> None:
    """S6: an interlock read through the node that a failover replaces is unknown exactly when it is needed."""
    sources = {tag.name: tag.source for tag in site.core.tags}
    for condition in group.conditions:
        if not condition.interlock:
            continue
        for node in group.nodes:
            blind = frozenset(tag for tag in tags_in(condition.when) if sources[tag] == node.name)
            if not holds_without(condition.when, blind):
                doc.error(
                    ("group", group.name, "interlock", condition.name),
                    "when",
                    f"its only source for {some(sorted(blind))} is {node.name}, which this group may have to replace: "
                    "with it gone the interlock is unknown, and unknown counts as false",
                    mend=f"Read the tag from the section ({group.section}), or add a second source with `any`",
                    rule="S6",
                )


def _sync(doc: Document, site: Site, group: GroupConfig) -> None:
    """S5: what can't be known is infinite."""
    path: KeyPath = ("group", group.name)
    if group.rpo_ns is not None and group.on_rpo_miss is not RpoMiss.DEGRADE:
        for node in group.nodes:
            says = set(site.node(node.name).profile.item_names)
            if not {"position", "acked"} <= says:
                doc.error(
                    path,
                    "rpo_ms",
                    f"{node.name} does not show both position and acked: its lag is unknown, unknown is infinite, "
                    "and no transfer to it would ever be allowed",
                    mend='Give these registers, take rpo_ms out, or write on_rpo_miss = "degrade"',
                    rule="S5",
                )
    if not group.tracked and group.kind is not GroupKind.PAIR:
        doc.warn(
            path,
            "tracked",
            "no tracked tags: whether a standby would take over without a bump is not known before",
            mend="Name setpoints, modes and outputs of the nodes' profile",
            rule="S13",
        )


def _channels(doc: Document, site: Site) -> None:
    for node in site.nodes:
        path: KeyPath = ("node", node.name)
        shared = _shared(site, *([channel.network] for channel in node.channels))
        if len(node.channels) == 1:
            doc.warn(
                path,
                "channels",
                "one channel: its loss looks like the node's death",
                mend="Add a second one over another network",
            )
        elif shared:
            doc.warn(
                path,
                "channels",
                f"all channels depend on {some(shared)}: one fault there looks like the node's death",
                mend="Lead one of them over another network",
            )
        if not node.is_read:
            doc.warn(path, "", "is in no group: it is not watched", mend="Make it a member of a group, or take it out")
        elif len(node.groups) > node.capacity:
            doc.warn(
                path,
                "capacity",
                f"is a member of {len(node.groups)} groups and can drive {node.capacity} at a time",
                mend="Raise capacity if it can, or expect a failover that finds no able node",
            )


def _references(doc: Document, site: Site) -> None:
    """S8: an observer knows that it is isolated only by reference points on the networks that it watches over."""
    # A link is a network itself, and is judged as such.
    vias = {channel.via for channel in site.channels if channel.via is not None}
    links = {node.name for group in site.core.groups if group.name in vias for node in group.nodes}
    used = {channel.network for channel in site.channels if channel.node not in links}
    covered = {reference.network for reference in site.references}
    for network in sorted(used - covered):
        doc.warn(
            ("domain", network),
            "",
            "channels use this network and no reference point is on it: its failure looks like dead nodes",
            mend=f'Add a [reference.NAME] with network = "{network}"',
            rule="S8",
        )


def _sections(doc: Document, site: Site) -> None:
    for section in site.sections:
        path: KeyPath = ("section", section.name)
        shared = _shared(site, *([way.network] for way in section.paths))
        if shared:
            doc.warn(
                path,
                "paths",
                f"all paths depend on {some(shared)}: without it no REVOKE reaches the gate",
                mend="Add a path over another network",
            )
        if section.group is None:
            doc.warn(path, "", "no group drives it", mend="Make it a group's target, or take it out")


def _costs(doc: Document, site: Site) -> None:
    """Some gateways take four connections and drop the oldest: a monitor must not evict the SCADA server."""
    for device in cost.devices(site):
        limit, total = device.limit, device.connections + device.others
        if limit is None:
            continue
        made = f"OTHA opens {device.connections}, others hold {device.others}, together {total}"
        path: KeyPath = (device.table, device.name)
        if total > limit:
            doc.error(
                path,
                "connection_limit" if device.table == "section" else "channels",
                f"the device takes {limit} connections: {made}; a device at its limit may drop its oldest client",
                mend="Leave a path out, or free a connection",
            )
        elif total == limit:
            doc.warn(
                path,
                "connection_limit" if device.table == "section" else "channels",
                f"the device takes {limit} connections: {made}; none is left for engineering",
                mend="Free one if you can",
            )


def _profiles(doc: Document, site: Site) -> None:
    if site.simulation:
        return
    untried: dict[str, KeyPath] = {}
    for node in site.nodes:
        if not node.profile.tried_on_hardware:
            untried.setdefault(node.profile.name, ("node", node.name))
    for name, path in untried.items():
        doc.warn(
            path,
            "profile",
            f"{name} has not been tried on the real device",
            mend='Compare its addresses with the device\'s manual, and start with arming = "observe"',
        )


def _identities(doc: Document, site: Site) -> None:
    """Who answers as an OPC UA server, and whether the files that prove it are there."""
    known = [("node", node.name, node.opcua) for node in site.nodes]
    known += [("reference", each.name, each.opcua) for each in site.references]
    for table, asked, access in known:
        if access is None:
            continue
        path: KeyPath = (table, asked, "opcua")
        if access.security is OpcuaSecurity.NONE and not site.simulation:
            doc.warn(
                path,
                "security",
                "none: anybody on this network can answer in its place, or read along",
                mend='Write security = "aes256_sha256_rsa_pss" with the server\'s certificate',
            )
        for name, file in (
            ("server_certificate", access.server_certificate),
            ("password_file", access.password_file),
        ):
            if file is not None and not file.is_file():
                doc.warn(path, name, f"there is no file {file}", mend="Put it there before `otha run`")


def _rights(doc: Document, site: Site) -> None:
    if not any(role is not UserRole.VIEWER for _, role in site.roles):
        doc.warn(
            ("roles",),
            "operator",
            "nobody may order a transfer or acknowledge one",
            mend="Name system users under [roles]",
        )
