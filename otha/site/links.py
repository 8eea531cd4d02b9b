"""Which channels go by a group of links, as written: `via` in a channel, the links in that group's members."""

from collections.abc import Iterator

from otha.core.words import GroupKind
from otha.site.document import Document
from otha.site.refer import refer
from otha.site.written import ChannelTable, SiteFile
from otha.site.written_group import GroupTable, MemberTable


def channels_via(file: SiteFile) -> Iterator[tuple[str, str, ChannelTable]]:
    """Every channel that goes by a group of links, with its node's name and its own."""
    for name, node in file.node.items():
        for channel, entry in node.channels.items():
            if entry.via is not None:
                yield name, channel, entry


def groups_via(file: SiteFile, table: GroupTable) -> tuple[str, ...]:
    """The groups of links that channels of this group's members go by, each once."""
    members = {member.node for member in table.members}
    vias = (entry.via for node, _, entry in channels_via(file) if node in members)
    return tuple(dict.fromkeys(via for via in vias if via in file.group))


def links_of(file: SiteFile, table: GroupTable) -> tuple[MemberTable, ...]:
    """The links that channels of this group's members may go by."""
    return tuple(link for via in groups_via(file, table) for link in file.group[via].members)


def leading(file: SiteFile) -> tuple[str, ...]:
    """The groups that some channel goes by, in the order of the file."""
    vias = {entry.via for _, _, entry in channels_via(file)}
    return tuple(name for name in file.group if name in vias)


def check_vias(doc: Document, file: SiteFile) -> None:
    """What `via` names is a group of links of others; what is wrong is added to `doc`."""
    paths = [name for name, group in file.group.items() if group.kind is GroupKind.PATH]
    judged = {member.node for group in file.group.values() for member in group.members}
    for node, channel, entry in channels_via(file):
        path = ("node", node, "channels", channel)
        none = 'Give a [group.NAME] with kind = "path" and the links as its members'
        if not refer(doc, path, "via", entry.via or "", what="group of kind path", valid=paths, when_none=none):
            continue
        if any(member.node == node for member in file.group[entry.via or ""].members):
            doc.error(
                path,
                "via",
                f"{node} is one of the links of {entry.via}: its own channels are what it is judged by",
                mend="Take `via` out here",
                rule="S18",
            )
        elif node not in judged:
            doc.error(
                path, "via", f"{node} is a member of no group: nobody judges its silence", mend="Take `via` out here"
            )
    led = leading(file)
    for name, group in file.group.items():
        for at, member in enumerate(group.members):
            for key, given in (("deadline_ms", member.deadline_ms), ("misses", member.misses)):
                if given is not None and name not in led:
                    doc.error(
                        ("group", name, "members", at),
                        key,
                        "no channel goes by this group, so that nothing is granted",
                        mend=f'Write via = "{name}" in the channels that do, or take it out',
                    )
