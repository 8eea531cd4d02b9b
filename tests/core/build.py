"""Configurations, readings, views and states for the tests of the decision core, all literal.

Two nodes "a" and "b" (and "c") drive section "plc" as group "tanks"; the numbers are those of the demo site, rounded.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from otha.core.alarm_list import DEFAULTS
from otha.core.conditions import Compare, Comparison, ConditionConfig, TagConfig
from otha.core.config import (
    ChannelConfig,
    FailbackConfig,
    FixedDetector,
    GateConfig,
    GroupConfig,
    NodeConfig,
    Persons,
    ReferenceConfig,
    SelectorConfig,
    SiteConfig,
    Timing,
    TrackedTag,
)
from otha.core.group.state import GateView, NodeView
from otha.core.inputs import Claim, GateReading, NodeReading, Order, Record
from otha.core.words import (
    AfterFence,
    Arming,
    Authority,
    ConditionClass,
    Confirm,
    FailbackMode,
    Fencing,
    GateState,
    GroupKind,
    Liveness,
    Milestone,
    OrderKind,
    RedundancyMode,
    Role,
    RpoMiss,
    TrackedForm,
    TrackedKind,
    TransferKind,
    Verdict,
)

MS = 1_000_000
# Alarms without delays: what is told is told when it is decided. The delays have tests of their own.
AT_ONCE = tuple(replace(each, on_delay_ns=0, off_delay_ns=0) for each in DEFAULTS)

TIMING = Timing(
    confirm_ns=40 * MS,
    not_driving_ns=600 * MS,
    cas_ns=20 * MS,
    fence_ns=25 * MS,
    promote_ns=40 * MS,
    track_ns=45 * MS,
    release_ns=40 * MS,
    verify_ns=45 * MS,
    retry_ns=10 * MS,
    patience=1,
    settle_ns=500 * MS,
    order_ttl_ns=60_000 * MS,
    holdoff_ns=30_000 * MS,
    window_ns=600_000 * MS,
    max_in_window=3,
    uncontrolled_ns=7_500 * MS,
    safe_ns=25 * MS,
    redirect_ns=0,
    backfill_ns=0,
    deadband_level=20,
    deadband_ns=10_000 * MS,
)

PERSONS = Persons(select_ns=30_000 * MS, confirm_ns=30_000 * MS, two_persons=False, bypass_max_ns=28_800_000 * MS)

GATE = GateConfig(
    section="plc",
    paths=("plc.net_a", "plc.net_b"),
    poll_ns=50 * MS,
    fast_poll_ns=5 * MS,
    stale_after_ns=230 * MS,
    fresh_owner_ns=35 * MS,
    hold_max_ns=10_000 * MS,
    owner_watchdog_ns=60 * MS,
    scan_ns=5 * MS,
    outputs=("pump", "valve"),
    tolerance=(50, 50),
    discrete=(False, False),
)

TRACKED = (
    TrackedTag(
        name="setpoint", kind=TrackedKind.SETPOINT, form=TrackedForm.ANALOG, tolerance=0, max_age_ns=10_000 * MS
    ),
    TrackedTag(name="output", kind=TrackedKind.OUTPUT, form=TrackedForm.ANALOG, tolerance=200, max_age_ns=10_000 * MS),
)

KEY_OUT = Compare(tag="key", op=Comparison.EQ, value=0, for_ns=0)
PERMIT = Compare(tag="permit", op=Comparison.EQ, value=1, for_ns=100 * MS)

INTERLOCK = ConditionConfig(name="key_out", interlock=True, klass=ConditionClass.SAFETY, when=KEY_OUT)
PERMISSIVE = ConditionConfig(name="permit", interlock=False, klass=ConditionClass.PROCESS, when=PERMIT)


def timing(**changes: int) -> Timing:
    return replace(TIMING, **changes)


def node_config(name: str, number: int, **changes: Any) -> NodeConfig:
    node = NodeConfig(
        name=name,
        number=number,
        priority=number,
        channels=(f"{name}.net_a", f"{name}.net_b"),
        frozen_after_ns=150 * MS,
        data_stale_after_ns=1_000 * MS,
        cycle_ns=10 * MS,
        capacity=1,
    )
    return replace(node, **changes)


def selector_config(name: str, *, critical: bool = False) -> SelectorConfig:
    return SelectorConfig(name=name, critical=critical, poll_ns=100 * MS, stale_after_ns=500 * MS)


def path_config(nodes: str = "ab", **changes: Any) -> GroupConfig:
    """Two gateways "a" and "b" that lead to section "plc"; the servers "x" and "y" choose between them."""
    group = group_config(
        nodes,
        name="ways",
        kind=GroupKind.PATH,
        selectors=(selector_config("x"), selector_config("y")),
        timing=timing(redirect_ns=60 * MS),
        rpo_ns=None,
        conditions=(),
        tracked=(),
    )
    return replace(group, **changes)


def store_config(nodes: str = "ab", **changes: Any) -> GroupConfig:
    """Two historians "a" and "b", written by the collector "x"."""
    group = group_config(
        nodes,
        name="archive",
        kind=GroupKind.STORE,
        gate=None,
        selectors=(selector_config("x", critical=True),),
        timing=timing(redirect_ns=60 * MS, backfill_ns=500 * MS),
        rpo_ns=1_000 * MS,
        conditions=(),
        tracked=(),
    )
    return replace(group, **changes)


def group_config(nodes: str = "ab", **changes: Any) -> GroupConfig:
    group = GroupConfig(
        name="tanks",
        supervisor="sup",
        kind=GroupKind.DRIVER,
        mode=RedundancyMode.HOT,
        nodes=tuple(node_config(name, number) for number, name in enumerate(nodes, 1)),
        gate=GATE,
        selectors=(),
        arming=Arming.ARMED,
        authority=Authority.OTHA,
        confirm=Confirm.NEVER,
        persons=PERSONS,
        fencing=Fencing.TOKEN_ENFORCED,
        self_fence=None,
        after_fence=AfterFence.RETURN,
        failback=FailbackConfig(mode=FailbackMode.MANUAL, hold_ns=0),
        drills=False,
        rpo_ns=200 * MS,
        on_rpo_miss=RpoMiss.BLOCK,
        observers_needed=1,
        conditions=(INTERLOCK, PERMISSIVE),
        tracked=TRACKED,
        upstream=(),
        timing=TIMING,
    )
    return replace(group, **changes)


def channel_config(node: str, way: str, **changes: Any) -> ChannelConfig:
    channel = ChannelConfig(
        name=f"{node}.{way}",
        node=node,
        period_ns=50 * MS,
        deadline_ns=40 * MS,
        detector=FixedDetector(misses=3),
    )
    return replace(channel, **changes)


def site_config(groups: Sequence[GroupConfig] | None = None, **changes: Any) -> SiteConfig:
    groups = (group_config(),) if groups is None else tuple(groups)
    names = dict.fromkeys(node.name for group in groups for node in group.nodes)
    site = SiteConfig(
        name="test",
        supervisor="sup",
        channels=tuple(channel_config(name, way) for name in names for way in ("net_a", "net_b")),
        references=tuple(
            ReferenceConfig(name=name, period_ns=50 * MS, deadline_ns=40 * MS, misses=2) for name in ("ref_a", "ref_b")
        ),
        tags=(
            TagConfig(name="key", source="plc", fresh_ns=500 * MS, valid_low=0, valid_high=1),
            TagConfig(name="permit", source="plc", fresh_ns=500 * MS, valid_low=0, valid_high=1),
        ),
        groups=groups,
        tilt_gap_ns=250 * MS,
        tilt_for_ns=1_000 * MS,
        alarms=AT_ONCE,
    )
    return replace(site, **changes)


def reading(**changes: Any) -> NodeReading:
    """A heartbeat of a healthy standby."""
    said = NodeReading(
        heartbeat=1,
        cycle=1,
        role=Role.STANDBY.value,
        level=255,
        position=100,
        acked=100,
        lag_ms=0,
        data_age_ms=5,
        session=7,
        tracked=(500, 4_000),
    )
    return replace(said, **changes)


def gate_reading(**changes: Any) -> GateReading:
    """A gate that node 1 drives under epoch 1."""
    said = GateReading(
        boot=9,
        scan=1_000,
        state=GateState.OWNED,
        armed=False,
        permit=True,
        return_permit=True,
        within=False,
        owner=1,
        last_driver=1,
        owner_epoch=1,
        epoch=1,
        granted=1,
        hold_no=1,
        held_ms=0,
        owner_age_ms=5,
        last_seq=50,
        refused=(0,) * 10,
        command_id=0,
        command_answer=0,
        resumes_left=3,
        hold_max_ms=10_000,
        owner_watchdog_ms=60,
        scan_ms=5,
        shadow_age_ms=65_535,
        applied=(4_000, 5_000),
        held=(0, 0),
        shadow=(0, 0),
    )
    return replace(said, **changes)


def alive(role: Role = Role.STANDBY, **changes: Any) -> NodeView:
    view = NodeView(liveness=Liveness.ALIVE, role=role, level=255, in_rpo=Verdict.TRUE, ready=Verdict.TRUE)
    return replace(view, **changes)


def silent(liveness: Liveness = Liveness.DEAD) -> NodeView:
    """A node that gives no values any more."""
    return NodeView(liveness=liveness, in_rpo=Verdict.TRUE, ready=Verdict.STALE)


def gate_view(owner: str | None = "a", epoch: int = 1, **changes: Any) -> GateView:
    """A gate that `owner` drives under `epoch`."""
    view = GateView(
        seen=True,
        boot=9,
        state=GateState.OWNED,
        owner=owner,
        last_driver=owner,
        owner_epoch=epoch if owner is not None else 0,
        epoch=epoch,
        granted=epoch,
        hold_no=1,
        permit=True,
        return_permit=True,
        owner_fresh=owner is not None,
        driven=owner is not None,
    )
    return replace(view, **changes)


def record(epoch: int = 1, active: str | None = "a", **changes: Any) -> Record:
    stored = Record(epoch=epoch, active=active, claim=None, milestone=Milestone.DONE, revision=f"r{epoch}")
    return replace(stored, **changes)


def open_claim(to_node: str = "b", epoch: int = 3, active: str = "a") -> Record:
    """A record whose claim moves `active` to `to_node` under `epoch - 1`, and back under `epoch`."""
    claim = Claim(id=f"sup/tanks/{epoch - 1}/{to_node}", kind=TransferKind.FAILOVER, to_node=to_node)
    return Record(epoch=epoch, active=active, claim=claim, milestone=Milestone.CLAIMED, revision=f"r{epoch}")


def order(kind: OrderKind, node: str | None = None, **changes: Any) -> Order:
    given = Order(
        id="o1",
        kind=kind,
        group="tanks",
        user="kim",
        client="desk",
        node=node,
        arming=None,
        comment="because",
        seconds=(OrderKind.BYPASS, OrderKind.SAFE),
    )
    return replace(given, **changes)
