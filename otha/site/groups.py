"""Redundancy groups: members, gate and bounds resolved, everything that the engineer left out derived."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from otha.core.conditions import ConditionConfig
from otha.core.config import GateConfig, GroupConfig, NodeConfig, Persons, SelectorConfig, SelfFence, Timing
from otha.core.words import GroupKind
from otha.site import timing
from otha.site.client_groups import check_clients, client_bounds, first_heard_ns, selectors, worst_case
from otha.site.client_groups import pace_of as client_pace
from otha.site.detection import (
    ROUND_TRIP_MS,
    confirm_needed_ms,
    deadline_ms,
    fast_deadline_ms,
    gate_deadline_ms,
    links_known_ms,
    margin_ms,
    standstill,
    told_within,
)
from otha.site.document import Document
from otha.site.failback import build_failback
from otha.site.group_checks import check_drills, check_fencing, check_numbers
from otha.site.locate import Path as KeyPath
from otha.site.model import Node
from otha.site.refer import refer, refuse_repeats
from otha.site.timing import GroupTiming, OverLink, Pace
from otha.site.tracked import check_tracked, tracked_tags
from otha.site.written import NodeTable, SectionTable, SiteFile
from otha.site.written_group import DetectionTable, Detector, GroupTable

MS = 1_000_000
SECOND = 1_000_000_000
# A node that shows no counter is never judged FROZEN; the core still wants a number.
NO_COUNTER_MS = 600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The gate of a driver group, and what its bounds are made of."""

    gate: GateConfig
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltGroup:
    """A group with its worst cases. `owner`: of a driver."""

    group: GroupConfig
    timing: GroupTiming
    owner: Owner | None


def build_group(
    doc: Document,
    file: SiteFile,
    name: str,
    nodes: Mapping[str, Node | None],
    conditions: tuple[ConditionConfig, ...],
    supervisor: str,
    owners: Mapping[str, Owner],
    over: Sequence[tuple[str, DetectionTable]] = (),
) -> BuiltGroup | None:
    """A group and its worst cases; None when a name it needs leads nowhere.

    `owners`: who drives which section; a path needs the owner of the section that it leads to, so drivers come first.
    `over`: the links that grant its channels more time, each with the detection that is in force then.
    """
    table = file.group[name]
    path: KeyPath = ("group", name)
    refuse_repeats(doc, path, "members", (member.node for member in table.members))
    for at, member in enumerate(table.members):
        refer(doc, (*path, "members", at), "node", member.node, what="node", valid=file.node)
    for other in table.upstream:
        refer(doc, path, "upstream", other, what="group", valid=file.group)
    slowest = max((detection for _, detection in over), key=deadline_ms, default=table.detection)
    check_tracked(doc, path, table, nodes, told_within(slowest))
    check_fencing(doc, path, table, nodes)
    check_clients(doc, path, file, table, nodes)
    check_drills(doc, path, file, table)
    if table.target is not None and not refer(doc, path, "target", table.target, what="section", valid=file.section):
        return None
    if table.kind is GroupKind.PATH and table.target is not None and table.target not in owners:
        doc.error(path, "target", f"no group drives {table.target}", mend="Name a section that a driver group has")
        return None
    members = [(member, nodes.get(member.node)) for member in table.members]
    found = [(member.priority, node) for member, node in members if node is not None]
    if not found or len(found) < len(members):
        return None
    check_numbers(doc, path, file, table)
    configs = tuple(_node(file.node[node.name], node, priority, slowest) for priority, node in found)
    counters = any({"cycle", "heartbeat"} & set(node.profile.item_names) for _, node in found)
    if table.kind is GroupKind.DRIVER and table.target is None:
        return None

    def built_with(detection: DetectionTable) -> BuiltGroup:
        """The group as it were with this detection."""
        such = replace(table, detection=detection)
        of = replace(file, group={**file.group, name: such})
        if table.kind is GroupKind.DRIVER:
            return _driver(of, name, such, configs, conditions, supervisor, counters)
        return _clients(of, name, such, configs, conditions, supervisor, counters, nodes, owners)

    built = _with_links(built_with(table.detection), table, over, built_with)
    # What is told over the slowest link is no older than it can be.
    tracked = tracked_tags(table, told_within(slowest))
    built = replace(built, group=replace(built.group, tracked=tracked))
    heard_ns = first_heard_ns(table, nodes)
    if table.settle_ms is not None or built.group.timing.settle_ns >= heard_ns:
        return built
    patient = replace(built.group.timing, settle_ns=heard_ns)
    return replace(built, group=replace(built.group, timing=patient))


def _with_links(
    built: BuiltGroup,
    table: GroupTable,
    over: Sequence[tuple[str, DetectionTable]],
    built_with: Callable[[DetectionTable], BuiltGroup],
) -> BuiltGroup:
    """With the worst cases over each slower link; a start is looked at for as long as the slowest needs."""
    confirm_ms = built.group.timing.confirm_ns // MS
    wide = [(link, built_with(replace(detection, confirm_ms=confirm_ms))) for link, detection in over]
    settle_ns = max(each.group.timing.settle_ns for each in (built, *(each for _, each in wide)))
    overs = tuple(
        OverLink(link=link, heartbeats=each.timing.heartbeats, failover=each.timing.failover) for link, each in wide
    )
    return replace(
        built,
        group=replace(built.group, timing=replace(built.group.timing, settle_ns=settle_ns)),
        timing=replace(built.timing, over=overs),
    )


def _driver(
    file: SiteFile,
    name: str,
    table: GroupTable,
    configs: tuple[NodeConfig, ...],
    conditions: tuple[ConditionConfig, ...],
    supervisor: str,
    counters: bool,
) -> BuiltGroup:
    assert table.target is not None
    section = file.section[table.target]
    pace = pace_of(file, table, configs)
    bounds = _bounds(file, table, section, pace)
    gate = _gate(table.target, section, pace, gate_deadline_ms(section, table.detection) * MS)
    heartbeats, veto = timing.heartbeats(pace), timing.veto(pace)
    worst = GroupTiming(
        group=name,
        heartbeats=heartbeats,
        veto=veto,
        frozen=timing.frozen(pace) if counters else None,
        failover=timing.failover(max(heartbeats, veto, key=lambda total: total.ns), bounds, pace),
        transfer=timing.transfer(bounds, pace),
        held=timing.held(bounds, pace),
        lost_reply=timing.lost_reply(pace, fast_deadline_ms(section, table.detection) * MS),
    )
    group = _group(name, table, configs, gate, (), conditions, supervisor, bounds)
    return BuiltGroup(group=group, timing=worst, owner=Owner(gate=gate, pace=pace))


def _clients(
    file: SiteFile,
    name: str,
    table: GroupTable,
    configs: tuple[NodeConfig, ...],
    conditions: tuple[ConditionConfig, ...],
    supervisor: str,
    counters: bool,
    nodes: Mapping[str, Node | None],
    owners: Mapping[str, Owner],
) -> BuiltGroup:
    owner = owners.get(table.target) if table.target is not None else None
    watch = _watch_pace(file, table, configs, owner)
    pace = client_pace(file, table, nodes, None if owner is None else owner.pace)
    heartbeats = timing.heartbeats(watch)
    veto = None if owner is None else timing.veto(watch)
    base = _shared_timing(file, table, watch, max(heartbeats.ns, 0 if veto is None else veto.ns))
    bounds = client_bounds(table, pace, base)
    frozen = timing.frozen(watch) if counters else None
    worst = worst_case(name, table.kind, heartbeats, veto, frozen, bounds, pace)
    switches = selectors(table, nodes)
    gate = None if owner is None else owner.gate
    group = _group(name, table, configs, gate, switches, conditions, supervisor, bounds)
    return BuiltGroup(group=group, timing=worst, owner=None)


def _watch_pace(file: SiteFile, table: GroupTable, configs: tuple[NodeConfig, ...], owner: Owner | None) -> Pace:
    """What a path's or store's detection is made of: its own heartbeats, and the gate that may veto them."""
    own = Pace(
        period_ns=table.detection.period_ms * MS,
        deadline_ns=deadline_ms(table.detection) * MS,
        misses=table.detection.misses,
        adaptive=table.detection.detector is Detector.ADAPTIVE,
        margin_ns=margin_ms(table.detection) * MS,
        cycle_ns=max(node.cycle_ns for node in configs),
        scan_ns=0,
        poll_ns=0,
        fast_poll_ns=0,
        round_trip_ns=0,
        fresh_owner_ns=0,
        commit_ns=file.site.commit_ms * MS,
        frozen_after_ns=max(node.frozen_after_ns for node in configs),
    )
    if owner is None:
        return own
    gate = owner.pace
    return replace(
        own,
        scan_ns=gate.scan_ns,
        poll_ns=gate.poll_ns,
        fast_poll_ns=gate.fast_poll_ns,
        round_trip_ns=gate.round_trip_ns,
        fresh_owner_ns=gate.fresh_owner_ns,
    )


def _group(
    name: str,
    table: GroupTable,
    configs: tuple[NodeConfig, ...],
    gate: GateConfig | None,
    switches: tuple[SelectorConfig, ...],
    conditions: tuple[ConditionConfig, ...],
    supervisor: str,
    bounds: Timing,
) -> GroupConfig:
    return GroupConfig(
        name=name,
        supervisor=supervisor,
        kind=table.kind,
        mode=table.mode,
        nodes=configs,
        gate=gate,
        selectors=switches,
        arming=table.arming,
        authority=table.authority,
        confirm=table.confirm,
        persons=Persons(
            select_ns=table.select_ttl_s * SECOND,
            confirm_ns=table.confirm_ttl_s * SECOND,
            two_persons=table.two_persons,
            bypass_max_ns=table.bypass_max_s * SECOND,
        ),
        fencing=table.fencing,
        self_fence=_self_fence(table),
        after_fence=table.after_fence,
        failback=build_failback(table.failback),
        drills=table.drills,
        rpo_ns=None if table.rpo_ms is None else table.rpo_ms * MS,
        on_rpo_miss=table.on_rpo_miss,
        observers_needed=table.observers,
        conditions=conditions,
        tracked=tracked_tags(table, told_within(table.detection)),
        upstream=table.upstream,
        timing=bounds,
    )


def _node(table: NodeTable, node: Node, priority: int, detection: DetectionTable) -> NodeConfig:
    profile = node.profile
    cycle_ns = (table.cycle_ms or profile.cycle_ms or 1) * MS
    # Slow heartbeats stretch what the profile says; what the engineer says is taken as it is, and judged.
    usual_ns = max((profile.frozen_after_ms or NO_COUNTER_MS) * MS, standstill(cycle_ns, detection).ns)
    stale_ms = profile.data_stale_after_ms if table.data_stale_after_ms is None else table.data_stale_after_ms
    return NodeConfig(
        name=node.name,
        number=node.number,
        priority=priority,
        channels=tuple(channel.name for channel in node.channels),
        frozen_after_ns=usual_ns if table.frozen_after_ms is None else table.frozen_after_ms * MS,
        data_stale_after_ns=stale_ms * MS,
        cycle_ns=cycle_ns,
        capacity=table.capacity,
    )


def pace_of(file: SiteFile, table: GroupTable, nodes: tuple[NodeConfig, ...]) -> Pace:
    """What the bounds of a group are made of."""
    assert table.target is not None
    detection, section = table.detection, file.section[table.target]
    cycle_ns = max(node.cycle_ns for node in nodes)
    scan_ns = section.scan_ms * MS
    return Pace(
        period_ns=detection.period_ms * MS,
        deadline_ns=deadline_ms(detection) * MS,
        misses=detection.misses,
        adaptive=detection.detector is Detector.ADAPTIVE,
        margin_ns=margin_ms(detection) * MS,
        cycle_ns=cycle_ns,
        scan_ns=scan_ns,
        poll_ns=(section.poll_ms or detection.period_ms) * MS,
        fast_poll_ns=(section.fast_poll_ms or max(5, section.scan_ms)) * MS,
        round_trip_ns=(section.round_trip_ms or ROUND_TRIP_MS) * MS,
        # A living owner is never older than a cycle and a scan; three cycles leave room for jitter.
        fresh_owner_ns=section.fresh_owner_ms * MS if section.fresh_owner_ms else 3 * cycle_ns + scan_ns,
        commit_ns=file.site.commit_ms * MS,
        frozen_after_ns=max(node.frozen_after_ns for node in nodes),
    )


def _gate(name: str, section: SectionTable, pace: Pace, deadline_ns: int) -> GateConfig:
    return GateConfig(
        section=name,
        paths=tuple(f"{name}.{way}" for way in section.paths),
        poll_ns=pace.poll_ns,
        fast_poll_ns=pace.fast_poll_ns,
        stale_after_ns=3 * timing.late(pace.poll_ns) + deadline_ns,
        fresh_owner_ns=pace.fresh_owner_ns,
        hold_max_ns=section.hold_max_ms * MS,
        owner_watchdog_ns=section.owner_watchdog_ms * MS,
        scan_ns=pace.scan_ns,
        outputs=tuple(output.name for output in section.outputs),
        tolerance=tuple(round((output.tolerance_pct or 0) * 100) for output in section.outputs),
        discrete=tuple(output.discrete for output in section.outputs),
    )


def _shared_timing(file: SiteFile, table: GroupTable, pace: Pace, detect_ns: int) -> Timing:
    """What every kind of group has; the steps at a gate and at clients are filled in by its kind."""
    given, detection = table.bounds, table.detection

    def of(written_ms: int | None, derived_ns: int) -> int:
        return derived_ns if written_ms is None else written_ms * MS

    confirm_ms = deadline_ms(detection) if not file.reference else confirm_needed_ms(file, detection)
    confirm_ns = of(detection.confirm_ms, max(confirm_ms, links_known_ms(file, table)) * MS)
    return Timing(
        confirm_ns=confirm_ns,
        not_driving_ns=of(detection.not_driving_ms, confirm_ns),
        cas_ns=of(given.cas_ms, timing.cas(pace).ns),
        fence_ns=0,
        promote_ns=0,
        track_ns=0,
        release_ns=0,
        verify_ns=0,
        retry_ns=of(given.retry_ms, pace.period_ns),
        patience=given.patience,
        settle_ns=of(table.settle_ms, 2 * detect_ns),
        order_ttl_ns=table.order_ttl_s * SECOND,
        holdoff_ns=table.holdoff_s * SECOND,
        window_ns=table.window_s * SECOND,
        max_in_window=table.max_in_window,
        uncontrolled_ns=0,
        safe_ns=0,
        redirect_ns=0,
        backfill_ns=0,
        deadband_level=table.deadband_level,
        deadband_ns=table.deadband_ms * MS,
    )


def _bounds(file: SiteFile, table: GroupTable, section: SectionTable, pace: Pace) -> Timing:
    given, detection = table.bounds, table.detection

    def of(written_ms: int | None, derived_ns: int) -> int:
        return derived_ns if written_ms is None else written_ms * MS

    fence_ns = of(given.fence_ms, timing.fence(pace).ns)
    detect_ns = max(timing.heartbeats(pace).ns, timing.veto(pace).ns)
    return replace(
        _shared_timing(file, table, pace, detect_ns),
        not_driving_ns=of(detection.not_driving_ms, 10 * section.owner_watchdog_ms * MS),
        fence_ns=fence_ns,
        promote_ns=of(given.promote_ms, timing.promote(pace).ns),
        track_ns=of(given.track_ms, timing.track(pace).ns),
        release_ns=of(given.release_ms, timing.promote(pace).ns),
        verify_ns=of(given.verify_ms, timing.verify(pace).ns),
        retry_ns=of(given.retry_ms, pace.scan_ns + pace.fast_poll_ns),
        uncontrolled_ns=of(given.uncontrolled_ms, section.hold_max_ms * MS * 3 // 4),
        safe_ns=of(given.safe_ms, fence_ns),
    )


def _self_fence(table: GroupTable) -> SelfFence | None:
    given = table.self_fence
    if given is None:
        return None
    return SelfFence(
        watchdog_ns=given.watchdog_ms * MS,
        stop_ns=given.stop_ms * MS,
        wait_ns=given.wait_ms * MS,
        drift_ppm=given.drift_ppm,
        hardware=given.hardware,
    )
