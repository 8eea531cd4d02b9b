"""What is asked of each device, so that two sites can be compared: what says the same here is asked on, undisturbed,
when a site file is changed under a running supervisor."""

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum

from otha.core.config import GroupConfig
from otha.core.inputs import SiteSwapped
from otha.core.words import GroupKind
from otha.site.model import Node, Section, Site
from otha.site.profile import Profile


class Asked(Enum):
    """Kinds of what is asked."""

    NODE = "node"
    SECTION = "section"
    GATE = "gate"
    CLIENTS = "clients"
    REFERENCE = "reference"
    SELECTOR = "selector"
    TAG_READ = "tag read"
    TAG = "tag"


Name = tuple[Asked, str]
Manner = tuple[object, ...]
"""How something is asked. Equal manners: the same device, asked for the same at the same pace."""


def asked(site: Site) -> dict[Name, Manner]:
    """How everything of `site` is asked, by its name: sources before what is read from them."""
    found: dict[Name, Manner] = {}
    for node in site.nodes:
        if node.is_read:
            found[Asked.NODE, node.name] = _node(site, node)
    driven = {group.section: group for group in site.core.groups if group.kind is GroupKind.DRIVER}
    for section in site.sections:
        found[Asked.SECTION, section.name] = _section(section, driven.get(section.name))
        gate = (section.gate, section.paths, section.outputs, section.status, section.command, section.frames)
        found[Asked.GATE, section.name] = gate
    for group in site.core.groups:
        if group.kind is not GroupKind.DRIVER:
            found[Asked.CLIENTS, group.name] = _clients(site, group)
    paces = {each.name: (each.period_ns, each.deadline_ns) for each in site.core.references}
    for reference in site.references:
        manner = (
            reference.endpoint,
            reference.unit,
            _read_by(reference.profile),
            reference.opcua,
            paces[reference.name],
        )
        found[Asked.REFERENCE, reference.name] = manner
    for selector in site.selectors:
        client = found.get((Asked.NODE, selector.client), ())
        found[Asked.SELECTOR, selector.name] = (selector, client)
    found.update(_tags(site, found))
    return found


def _node(site: Site, node: Node) -> Manner:
    switches = tuple((each.switch, each.name) for each in site.selectors if each.client == node.name)
    tracked = next((tuple(tag.name for tag in g.tracked) for g in site.core.groups if g.name in node.groups), ())
    profile = node.profile
    read = (_read_by(profile), tracked, switches, bool(node.groups))
    return (node.channels, node.opcua, read, profile.methods, profile.store)


def _read_by(profile: Profile) -> Manner:
    """What a decoder is compiled from: two of them can't be compared themselves."""
    words = (profile.items, profile.tracked, profile.checks)
    return (profile.name, profile.function, profile.at, profile.length, profile.word_order, words)


def _section(section: Section, group: GroupConfig | None) -> Manner:
    # What it shares, and how many others are connected to it, is not asked.
    device = replace(section, domains=(), connection_limit=None, other_connections=0)
    numbers = () if group is None else tuple((node.name, node.number) for node in group.nodes)
    return (device, None if group is None else group.own_gate, numbers)


def _clients(site: Site, group: GroupConfig) -> Manner:
    nodes = {node.name: node for node in site.nodes}
    members = tuple((each.name, each.number, nodes[each.name].profile.store) for each in group.nodes)
    selectors = tuple(each for each in site.selectors if each.group == group.name)
    names = [each.name for each in group.nodes] + [each.client for each in selectors]
    return (members, selectors, tuple((name, nodes[name].channels) for name in names))


def _tags(site: Site, sources: dict[Name, Manner]) -> Iterator[tuple[Name, Manner]]:
    def source(name: str) -> Manner:
        return sources.get((Asked.SECTION, name)) or sources.get((Asked.NODE, name)) or ()

    for read in site.tag_reads:
        yield (Asked.TAG_READ, f"{read.source} {read.block.at}"), (read, source(read.source))
        for tag in read.tags:
            place = (read.source, read.block.at + tag.offset, tag.type, read.period_ns, source(read.source))
            yield (Asked.TAG, tag.name), place
    for each in site.opcua_tag_reads:
        yield (Asked.TAG_READ, each.source), (each, source(each.source))
        for name, node_id, counts in zip(each.tags, each.nodeids, each.counts_per_unit, strict=True):
            yield (Asked.TAG, name), (each.source, node_id, counts, each.period_ns, source(each.source))


def otherwise(old: Site, new: Site) -> dict[Asked, tuple[str, ...]]:
    """What both sites ask by the same name, and not in the same manner."""
    before = asked(old)
    found: dict[Asked, tuple[str, ...]] = dict.fromkeys(Asked, ())
    for (kind, name), manner in asked(new).items():
        if (kind, name) in before and before[kind, name] != manner:
            found[kind] += (name,)
    return found


def swapped(old: Site, new: Site) -> SiteSwapped:
    """What the decisions must hear when `new` takes the place of `old`."""
    other = otherwise(old, new)
    return SiteSwapped(
        cfg=new.core,
        nodes=other[Asked.NODE],
        sections=other[Asked.SECTION],
        gates=other[Asked.GATE],
        selectors=other[Asked.SELECTOR],
        tags=other[Asked.TAG],
        references=other[Asked.REFERENCE],
    )
