"""What a group's tables must agree on among each other: fences, drills, numbers and priorities."""

from collections.abc import Mapping

from otha.core.words import Fencing, GroupKind
from otha.site.document import Document
from otha.site.locate import Path as KeyPath
from otha.site.model import Node
from otha.site.written import SiteFile
from otha.site.written_group import GroupTable


def check_fencing(doc: Document, path: KeyPath, table: GroupTable, nodes: Mapping[str, Node | None]) -> None:
    """What the group says of its fences agrees with itself and with what its members' profiles honestly do (S3)."""
    if table.fencing is Fencing.SELF_FENCE and table.self_fence is None:
        doc.error(
            path, "self_fence", "missing: fencing is self_fence", mend="Give watchdog_ms, stop_ms, wait_ms and hardware"
        )
    if table.fencing is not Fencing.SELF_FENCE and table.self_fence is not None:
        doc.error(
            path, "self_fence", f"given, but fencing is {table.fencing.value}", mend="Take it out, or mend `fencing`"
        )
    for member in table.members:
        node = nodes.get(member.node)
        if node is not None and table.fencing not in node.profile.fencing:
            honest = ", ".join(fence.value for fence in node.profile.fencing)
            doc.error(
                path,
                "fencing",
                f"{node.name} can't take part in {table.fencing.value}: "
                f"its profile {node.profile.name} honestly does {honest}",
                mend="Give one of these, or a profile of a device that sends owner frames to the gate",
                rule="S3",
            )


def check_drills(doc: Document, path: KeyPath, file: SiteFile, table: GroupTable) -> None:
    """A way that is drilled interrupts the section behind it for a moment: that one is touched as well (S14)."""
    if table.kind is not GroupKind.PATH or not table.drills or table.target is None:
        return
    for name, other in file.group.items():
        if other.kind is GroupKind.DRIVER and other.target == table.target and not other.drills:
            doc.error(
                path,
                "drills",
                f"a drill of this way would touch {table.target}, and group {name} that drives it is not marked",
                mend=f"Mark group {name} with drills = true as well, or take it out here",
                rule="S14",
            )


def check_numbers(doc: Document, path: KeyPath, file: SiteFile, table: GroupTable) -> None:
    """Members are told apart by number and by priority."""
    taken: dict[int, str] = {}
    for at, member in enumerate(table.members):
        if doc.blames(("node", member.node), "number"):
            continue
        number = file.node[member.node].number
        other = taken.setdefault(number, member.node)
        if other != member.node:
            doc.error(
                ("node", member.node),
                "number",
                f"{number} is also the number of {other}, and the gate of {table.target} knows owners by number",
                mend="Give each member a number of its own",
                rule="S1",
            )
        same = [m.node for m in table.members[:at] if m.priority == member.priority and m.node != member.node]
        if same:
            doc.error(
                (*path, "members", at),
                "priority",
                f"{member.priority} is also the priority of {same[0]}",
                mend="Give each member a priority of its own, so that the choice is never left to chance",
            )
