"""Groups of kind path and store: their clients resolved, bounds and worst cases derived.

What they share with driver groups (members, detection, conditions, anti-flap) is built in `otha.site.groups`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from otha.core.config import SelectorConfig, Timing
from otha.core.words import Authority, Fencing, GroupKind
from otha.site.document import Document
from otha.site.links import leading
from otha.site.locate import Path as KeyPath
from otha.site.model import Node
from otha.site.refer import refer, refuse_repeats
from otha.site.timing import LOOP_NS, MS, GroupTiming, Pace, Term, Total, late
from otha.site.written import SiteFile
from otha.site.written_group import GroupTable

_BACKFILL_MS = 10_000
_FIRST_CONNECT_NS = 8_000 * MS
# After an answer, the clients' and stores' own words are awaited: they come with their heartbeats.
_SELECTOR_MISSES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPace:
    """What the bounds of a path or store are made of, beside its own detection. Nanoseconds.

    `read_back_ns`: the longest time until a client's or store's own word is read again. `owner`: what the gate behind a
    path is made of; None for a store.
    """

    read_back_ns: int
    commit_ns: int
    owner: Pace | None


def selector_name(node: str, switch: str) -> str:
    """How a client's switch is named in a group."""
    return f"{node}.{switch}"


def check_clients(
    doc: Document, path: KeyPath, file: SiteFile, table: GroupTable, nodes: Mapping[str, Node | None]
) -> None:
    """Kind, target, clients and authority of a group fit together; what does not is added to `doc`."""
    _check_authority(doc, path, table, nodes)
    driver = table.kind is GroupKind.DRIVER
    if table.kind is GroupKind.PAIR:
        _check_pair(doc, path, table)
        return
    if driver and table.clients:
        doc.error(path, "clients", "a driver has no clients", mend="Take it out, or write the group's kind")
    if not driver and not table.clients:
        doc.error(
            path,
            "clients",
            f"missing: a {table.kind.value} is moved by leading its clients to another node",
            mend='Give [{ node = "NODE", switch = "SWITCH" }]',
        )
    if table.kind is GroupKind.STORE and table.target is not None:
        doc.error(path, "target", "a store drives no section", mend="Take `target` out")
    if driver and table.target is None:
        doc.error(
            path, "target", "missing: the section that the group drives", mend="Give the section's name as a text"
        )
    elif table.kind is GroupKind.PATH and table.target is None and str(path[-1]) not in leading(file):
        doc.error(
            path,
            "target",
            "missing: the section that the group leads to",
            mend="Give the section's name as a text; of links, write "
            f'via = "{path[-1]}" in the channels that go by them',
        )
    refuse_repeats(doc, path, "clients", (selector_name(client.node, client.switch) for client in table.clients))
    for at, client in enumerate(table.clients):
        here = (*path, "clients", at)
        if not refer(doc, here, "node", client.node, what="node", valid=file.node):
            continue
        node = nodes.get(client.node)
        if node is not None:
            switches = [name for name, _ in node.profile.switches]
            refer(doc, here, "switch", client.switch, what=f"switch in {node.profile.name}", valid=switches)
        if client.buffer_ms is not None and table.kind is not GroupKind.STORE:
            doc.error(here, "buffer_ms", "only clients of a store keep data back", mend="Take it out")
    if table.kind is GroupKind.STORE:
        _check_stores(doc, path, table, nodes)


def _check_pair(doc: Document, path: KeyPath, table: GroupTable) -> None:
    """OTHA only watches a pair: what would move it has no place in it."""
    if table.authority is not Authority.NATIVE:
        what = "a pair is only watched: OTHA has nothing to move it by"
        doc.error(path, "authority", what, mend='Write authority = "native", or another kind')
    if table.fencing is not Fencing.NONE:
        doc.error(path, "fencing", "a pair that switches itself is never fenced", mend='Write fencing = "none"')
    for name, given, what in (
        ("target", table.target is not None, "a pair drives by itself: OTHA knows no section of it"),
        ("clients", bool(table.clients), "a pair is not moved by leading clients"),
        ("drills", table.drills, "OTHA can't move a pair, nor rehearse it"),
    ):
        if given:
            doc.error(path, name, what, mend=f"Take `{name}` out")


def _check_authority(doc: Document, path: KeyPath, table: GroupTable, nodes: Mapping[str, Node | None]) -> None:
    """Who moves a pair that switches itself makes two of it that decide."""
    if table.authority is Authority.NATIVE:
        return
    for member in table.members:
        node = nodes.get(member.node)
        if node is not None and node.profile.authority is Authority.NATIVE:
            doc.error(
                path,
                "authority",
                f"{node.name} is of a pair that switches itself, as its profile {node.profile.name} says",
                mend='Write authority = "native"; a pair without a gate is of kind = "pair"',
                rule="S1",
            )
            return


def _check_stores(doc: Document, path: KeyPath, table: GroupTable, nodes: Mapping[str, Node | None]) -> None:
    for at, client in enumerate(table.clients):
        if client.buffer_ms is None:
            doc.error(
                (*path, "clients", at),
                "buffer_ms",
                "missing: what a client can't deliver while the store moves is lost unless it keeps it",
                mend="Say for how long it keeps data",
            )
    for member in table.members:
        node = nodes.get(member.node)
        if node is not None and node.profile.store is None:
            doc.error(
                path,
                "members",
                f"{node.name} can't be promoted: its profile {node.profile.name} has no [store]",
                mend="Give a profile of a store, or another kind",
            )
        if node is not None and not {"role", "epoch", "position"} <= set(node.profile.item_names):
            doc.error(
                path,
                "members",
                f"{node.name} does not show role, epoch and position: its promotion could not be read back",
                mend="Give these items in its profile",
                rule="S3",
            )


def selectors(table: GroupTable, nodes: Mapping[str, Node | None]) -> tuple[SelectorConfig, ...]:
    """The clients' switches, as the core knows them."""
    found = []
    for client in table.clients:
        node = nodes.get(client.node)
        if node is None:
            continue
        channel = node.channels[0]
        found.append(
            SelectorConfig(
                name=selector_name(client.node, client.switch),
                critical=client.critical,
                poll_ns=channel.period_ns,
                stale_after_ns=_SELECTOR_MISSES * late(channel.period_ns) + channel.widest_deadline_ns,
            )
        )
    return tuple(found)


def pace_of(file: SiteFile, table: GroupTable, nodes: Mapping[str, Node | None], owner: Pace | None) -> ClientPace:
    """What the bounds are made of: clients and members are read back by their heartbeats."""
    names = [client.node for client in table.clients] + [member.node for member in table.members]
    channels = [channel for name in names if (node := nodes.get(name)) is not None for channel in node.channels]
    read_back_ns = max((late(channel.period_ns) + channel.widest_deadline_ns for channel in channels), default=0)
    return ClientPace(read_back_ns=read_back_ns, commit_ns=file.site.commit_ms * MS, owner=owner)


def _read_back(pace: ClientPace) -> Term:
    return Term(name="read back", ns=pace.read_back_ns, made_of="1.25 x period + deadline of a heartbeat")


def _loop() -> Term:
    return Term(name="loop", ns=LOOP_NS, made_of="the supervisor's loop")


def _disk(pace: ClientPace) -> Term:
    return Term(name="disk", ns=pace.commit_ns, made_of="commit_ms")


def order(pace: ClientPace) -> Total:
    """A command to clients or a store: durable, sent, read back."""
    return Total(terms=(_disk(pace), _read_back(pace), _loop()))


def verify(kind: GroupKind, pace: ClientPace) -> Total:
    """Frames reach the gate by the new way; or the store's position is seen to advance."""
    if kind is GroupKind.PATH and pace.owner is not None:
        cycles = Term(name="2 cycles", ns=2 * pace.owner.cycle_ns, made_of="2 x control cycle of the owner")
        way = Term(name="way", ns=2 * pace.owner.round_trip_ns, made_of="2 x round_trip_ms")
        scan = Term(name="scan", ns=pace.owner.scan_ns, made_of="scan_ms")
        poll = Term(name="poll", ns=late(pace.owner.poll_ns), made_of="1.25 x poll_ms")
        return Total(terms=(cycles, way, scan, poll, _loop()))
    twice = Term(name="two readings", ns=2 * pace.read_back_ns, made_of="2 x (1.25 x period + deadline)")
    return Total(terms=(twice, _loop()))


def first_heard_ns(table: GroupTable, nodes: Mapping[str, Node | None]) -> int:
    """How long after a start it may be that a member or client has not been heard though it is well.

    A first OPC UA connect (worker process, secure channel, session, namespaces) takes up to 5 s on a busy machine.
    """
    names = [member.node for member in table.members] + [client.node for client in table.clients]
    found = [nodes.get(name) for name in names]
    return _FIRST_CONNECT_NS if any(node is not None and node.opcua is not None for node in found) else 0


def client_bounds(table: GroupTable, pace: ClientPace, base: Timing) -> Timing:
    """`base` with the bounds of a redirection; nothing is held at a gate by it."""
    given, store = table.bounds, table.kind is GroupKind.STORE

    def of(written_ms: int | None, derived_ns: int) -> int:
        return derived_ns if written_ms is None else written_ms * MS

    order_ns = order(pace).ns
    return replace(
        base,
        fence_ns=of(given.fence_ms, order_ns) if store else 0,
        promote_ns=of(given.promote_ms, order_ns) if store else 0,
        track_ns=0,
        release_ns=0,
        verify_ns=of(given.verify_ms, verify(table.kind, pace).ns),
        redirect_ns=of(given.redirect_ms, order_ns),
        backfill_ns=of(given.backfill_ms, _BACKFILL_MS * MS) if store else 0,
        settle_ns=max(base.settle_ns, 2 * pace.read_back_ns),
    )


def worst_case(
    name: str,
    kind: GroupKind,
    heartbeats: Total,
    veto: Total | None,
    frozen: Total | None,
    bounds: Timing,
    pace: ClientPace,
) -> GroupTiming:
    """L1 term by term: from a death to frames, or rows, that arrive again."""
    steps = [
        Term(name="T_cas", ns=bounds.cas_ns, made_of="disk and loop"),
        Term(name="T_fence", ns=0, made_of="the gate itself refuses what the old way still holds"),
        Term(name="T_redirect", ns=bounds.redirect_ns, made_of=order(pace).spelled),
    ]
    if kind is GroupKind.STORE:
        steps[1] = Term(name="T_fence", ns=bounds.redirect_ns, made_of=f"every client lets go: {order(pace).spelled}")
        steps.insert(2, Term(name="T_promote", ns=bounds.promote_ns, made_of=order(pace).spelled))
    steps.append(Term(name="T_verify", ns=bounds.verify_ns, made_of=verify(kind, pace).spelled))
    detect = heartbeats if veto is None else max(heartbeats, veto, key=lambda total: total.ns)
    stands = Term(name="T_confirm", ns=bounds.confirm_ns + LOOP_NS, made_of="confirm_ms and loop")
    transfer = Total(terms=tuple(steps))
    failover = Total(terms=(Term(name="T_detect", ns=detect.ns, made_of=detect.spelled), stands, *transfer.terms))
    return GroupTiming(
        group=name,
        heartbeats=heartbeats,
        veto=veto,
        frozen=frozen,
        failover=failover,
        transfer=transfer,
        held=None,
        lost_reply=None,
    )
