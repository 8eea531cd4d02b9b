"""What each link grants the channels that go by it, and what is refused of it.

A link's `deadline_ms` and `misses` hold for every channel that goes by it, while it is in use, where they are more than
the channel's own. An adaptive detector gets as much more margin as its deadline grows.
"""

from collections.abc import Iterator
from dataclasses import replace

from otha.core.config import Allowance, GroupConfig
from otha.core.words import GroupKind, RpoMiss
from otha.site.detection import deadline_ms, detector_of, earliest_lost_ms, link_lost_ms, margin_ms, standstill
from otha.site.document import Document
from otha.site.links import channels_via, groups_via, links_of
from otha.site.locate import Path as KeyPath
from otha.site.timing import MS, GroupTiming, Term, Total, late, show
from otha.site.written import SiteFile
from otha.site.written_group import DetectionTable, Detector, GroupTable, MemberTable


def widened(detection: DetectionTable, link: MemberTable) -> DetectionTable:
    """The detection that is in force while `link` is in use."""
    own_ms = deadline_ms(detection)
    wide_ms = max(own_ms, min(link.deadline_ms or 0, detection.period_ms))
    margin = margin_ms(detection) + wide_ms - own_ms if detection.detector is Detector.ADAPTIVE else detection.margin_ms
    return replace(detection, deadline_ms=wide_ms, misses=max(detection.misses, link.misses or 0), margin_ms=margin)


def allowances(file: SiteFile, detection: DetectionTable, via: str) -> tuple[Allowance, ...]:
    """What a channel with this detection is granted by each link of group `via`."""
    found = []
    for link in file.group[via].members:
        wide = widened(detection, link)
        found.append(Allowance(link=link.node, deadline_ns=deadline_ms(wide) * MS, detector=detector_of(wide)))
    return tuple(found)


def over_links(file: SiteFile, table: GroupTable) -> tuple[tuple[str, DetectionTable], ...]:
    """The links that grant this group more than its own detection, with what is in force then."""
    wide = ((link.node, widened(table.detection, link)) for link in links_of(file, table))
    own = replace(table.detection, deadline_ms=deadline_ms(table.detection))
    return tuple((link, detection) for link, detection in wide if (detection.deadline_ms, detection.misses)
                 != (own.deadline_ms, own.misses))  # fmt: skip


def widest_deadline_ns(file: SiteFile, detection: DetectionTable, via: str | None) -> int:
    """The longest deadline that a channel may be granted."""
    own_ns = deadline_ms(detection) * MS
    if via is None or via not in file.group:
        return own_ns
    return max([own_ns, *(each.deadline_ns for each in allowances(file, detection, via))])


def judge_links(doc: Document, file: SiteFile, group: GroupConfig, timing: GroupTiming) -> None:
    """The sums with a slower link in use, and that a dead link is known before what is behind it would be left."""
    _link_first(doc, file, group)
    for over in timing.over:
        gate = group.gate
        if group.kind is GroupKind.DRIVER and gate is not None:
            allowed = gate.hold_max_ns + gate.owner_watchdog_ns
            if allowed < over.failover.ns:
                doc.error(
                    ("section", gate.section),
                    "hold_max_ms",
                    f"{show(gate.hold_max_ns)} ms: with {over.link} in use the failover ends after {over.failover}, "
                    f"and the watchdog holds a dead owner's section after {show(gate.owner_watchdog_ns)} ms: too "
                    "little hold is left",
                    mend=f"Give at least {_up(over.failover.ns - gate.owner_watchdog_ns)} if the process bears it, or "
                    "grant the link less",
                )
        _clients(doc, file, group, over.link, over.failover)
        _rpo(doc, file, group, over.link)
        if file.group[group.name].settle_ms is not None and group.timing.settle_ns < over.heartbeats.ns:
            doc.warn(
                ("group", group.name),
                "settle_ms",
                f"{show(group.timing.settle_ns)} ms is shorter than one detection with {over.link} in use "
                f"({over.heartbeats})",
                mend="Leave it out",
            )
        _frozen(doc, file, group, over.link)


def check_deadlines(doc: Document, file: SiteFile) -> None:
    """A granted deadline fits into the period of every channel that goes by the link."""
    for link_path, key, deadline, node, period in _granted(file):
        if deadline > period:
            doc.error(
                link_path,
                key,
                f"{deadline} ms is longer than the period of {period} ms with which {node} is asked by way of this "
                "link: the next heartbeat would leave before this one is judged",
                mend=f"Give at most {period}, or a longer period to the group of {node}",
            )


def _granted(file: SiteFile) -> Iterator[tuple[KeyPath, str, int, str, int]]:
    told: set[tuple[str, int]] = set()
    for node, _, entry in channels_via(file):
        groups = [each for each in file.group.values() if any(member.node == node for member in each.members)]
        if not groups or entry.via not in file.group:
            continue
        for at, link in enumerate(file.group[entry.via].members):
            if link.deadline_ms is not None and (entry.via, at) not in told:
                period = groups[0].detection.period_ms
                if link.deadline_ms > period:
                    told.add((entry.via, at))
                yield ("group", entry.via, "members", at), "deadline_ms", link.deadline_ms, node, period


def _link_first(doc: Document, file: SiteFile, group: GroupConfig) -> None:
    """S18: what is behind a link that died must not be left before the link is known to be dead."""
    table = file.group[group.name]
    for via in groups_via(file, table):
        needed_ms = link_lost_ms(file, via) - earliest_lost_ms(table.detection)
        if group.timing.confirm_ns < needed_ms * MS:
            doc.error(
                ("group", group.name, "detection"),
                "confirm_ms",
                f"{show(group.timing.confirm_ns)} ms: a dead link of {via} is known after "
                f"{link_lost_ms(file, via)} ms, what is behind it may be given up after "
                f"{earliest_lost_ms(table.detection)} ms: healthy nodes would be left for a dead link",
                mend=f"Give at least {needed_ms}, leave it out, or ask the links more often",
                rule="S18",
            )


def _clients(doc: Document, file: SiteFile, group: GroupConfig, link: str, failover: Total) -> None:
    for at, client in enumerate(file.group[group.name].clients):
        if client.buffer_ms is not None and client.buffer_ms * MS < failover.ns:
            doc.error(
                ("group", group.name, "clients", at),
                "buffer_ms",
                f"{client.buffer_ms} ms is shorter than a failover of the store with {link} in use ({failover}): rows "
                "would be lost",
                mend=f"Give the client a buffer of at least {_up(failover.ns)} ms, or grant the link less",
                rule="S5",
            )


def _rpo(doc: Document, file: SiteFile, group: GroupConfig, link: str) -> None:
    table = file.group[group.name]
    wide = dict(over_links(file, table))[link]
    if group.rpo_ns is None or group.on_rpo_miss is RpoMiss.DEGRADE:
        return
    total = Total(
        terms=(
            Term(name="heartbeat period", ns=late(wide.period_ms * MS), made_of=""),
            Term(name="deadline", ns=deadline_ms(wide) * MS, made_of=""),
            Term(name="2 control cycles", ns=2 * max(node.cycle_ns for node in group.nodes), made_of=""),
        )
    )
    if group.rpo_ns < total.ns:
        doc.error(
            ("group", group.name),
            "rpo_ms",
            f"{show(group.rpo_ns)} ms is shorter than a standby in good order can seem to be behind with {link} in use "
            f"({total}): failovers would be blocked",
            mend=f'Give at least {_up(total.ns)}, grant the link less, or write on_rpo_miss = "degrade"',
            rule="S5",
        )


def _frozen(doc: Document, file: SiteFile, group: GroupConfig, link: str) -> None:
    wide = dict(over_links(file, file.group[group.name]))[link]
    for node in group.nodes:
        total = standstill(node.cycle_ns, wide)
        if node.frozen_after_ns < total.ns and not doc.blames(("node", node.name), "frozen_after_ms"):
            doc.error(
                ("node", node.name),
                "frozen_after_ms",
                f"{show(node.frozen_after_ns)} ms: with {link} in use a healthy counter can seem to stand still for "
                f"{total}",
                mend=f"Give at least {_up(total.ns)}, or leave it out",
                rule="S8",
            )


def _up(ns: int) -> int:
    return -(-ns // MS)
