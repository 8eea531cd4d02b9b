"""A site as an HMI sees it, made up: groups in every state that a screen must show."""

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from hmi.feed import Model, monotonic_ms
from hmi.model import (
    Access,
    AlarmView,
    ChannelView,
    ConditionView,
    GateView,
    GroupView,
    Link,
    MachineView,
    NodeView,
    Priority,
    Quality,
    SiteView,
    Snapshot,
    Stamp,
    Station,
    TransferView,
    urgency,
)
from hmi.timing_view import ChannelTiming, TimingView

translate = QCoreApplication.translate
GOOD = Stamp(quality=Quality.GOOD, at_ms=1_700_000_000_000)


def node(group: str, name: str, role: str, **more: object) -> NodeView:
    """A node that is well, but for what is said."""
    made = NodeView(
        group=group,
        name=name,
        stamp=GOOD,
        liveness="alive",
        role=role,
        service_level=255,
        in_rpo="true",
        ready="true",
    )
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name


def channels(name: str) -> tuple[ChannelView, ...]:
    """Two paths to a node."""
    return tuple(
        ChannelView(name=f"{name}.{path}", stamp=GOOD, node=name, pulse="on_time", connects=1)
        for path in ("lan_1", "lan_2")
    )


def group(name: str, **more: object) -> GroupView:
    """A pair of controllers that is well, but for what is said."""
    a, b = f"{name}_a", f"{name}_b"
    made = GroupView(
        name=name,
        stamp=GOOD,
        kind="driver",
        section="plc",
        arming="armed",
        authority="otha",
        standing="following",
        store="known",
        active=a,
        epoch=7,
        milestone="done",
        gate=GateView(
            seen=True,
            state="OWNED",
            owner=a,
            epoch=7,
            armed=True,
            permit=True,
            driven=True,
            shadow="agrees",
            hold_no=3,
            hold_left_ms=None,
        ),
        machine=MachineView(state="running", switchover="go", failover="go"),
        nodes=(node(name, a, "ACTIVE", in_rpo="unknown"), node(name, b, "STANDBY")),
        conditions=(
            ConditionView(group=name, name="level_ok", stamp=GOOD, verdict="true", interlock=True, klass="safety"),
            ConditionView(group=name, name="pumps_settled", stamp=GOOD, verdict="true", klass="process"),
        ),
        channels=(*channels(a), *channels(b)),
    )
    return replace(made, **more)  # type: ignore[arg-type]  # as above


def alarm(name: str, code: str, priority: Priority, **more: object) -> AlarmView:
    """An alarm that nobody has acknowledged, but for what is said."""
    made = AlarmView(
        group=name,
        owner=name,
        code=code,
        stamp=GOOD,
        state="unacked",
        active=True,
        unacked=True,
        occurrence=1,
        priority=priority,
        event_id=b"x",
        at_ms=1_700_000_000_000,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # as above


def calm(groups: int = 12, *, simulation: bool = True) -> Snapshot:
    """Nothing is wrong."""
    made = {name: group(name) for name in (f"unit_{number:03}" for number in range(groups))}
    site = SiteView(stamp=GOOD, name="refinery", supervisor="otha1", version="0.1.0", simulation=simulation)
    return Snapshot(
        site=site,
        groups=made,
        channels={each.name: each for group_ in made.values() for each in group_.channels},
    )


def troubled() -> Snapshot:
    """A transfer, a dead node, a lost path, alarms of every priority."""
    base = calm()
    groups = dict(base.groups)
    names = list(groups)
    one, two, three, four = (groups[name] for name in names[:4])
    a, b = one.nodes
    groups[one.name] = replace(
        one,
        nodes=(replace(a, liveness="dead", role="UNKNOWN", service_level=1), b),
        transfer=TransferView(
            kind="failover",
            cause="dead",
            from_node=a.name,
            to_node=b.name,
            course="forward",
            phase="fenced",
            due_ms=180,
            drill=False,
            by="",
            against=("interlock not true: level_ok (S6)",),
        ),
        suspicion="dead",
        conditions=(replace(one.conditions[0], verdict="stale"), one.conditions[1]),
    )
    groups[two.name] = replace(two, nodes=(two.nodes[0], replace(two.nodes[1], ready="false", in_rpo="false")))
    groups[three.name] = replace(three, standing="needs_operator", concern="two claim to be active (S1)")
    groups[four.name] = replace(four, nodes=(four.nodes[0], replace(four.nodes[1], maintenance=True)))
    alarms = (
        alarm(one.name, "section_held", Priority.CRITICAL, detail="plc", first_out=True),
        alarm(one.name, "redundancy_lost", Priority.HIGH),
        alarm(two.name, "standby_not_ready", Priority.MEDIUM, unacked=False, state="acked"),
        alarm(three.name, "needs_operator", Priority.HIGH),
        alarm(four.name, "maintenance", Priority.LOW),
        alarm(four.name, "path_lost", Priority.LOW, flags=("shelved",)),
    )
    return replace(base, groups=groups, alarms=tuple(sorted(alarms, key=urgency)))


def connected(model: Model) -> None:
    """The station is connected and hears OTHA now."""
    model.take_station(
        Station(
            url="opc.tcp://127.0.0.1:4840/otha",
            link=Link.OPEN,
            user="olga",
            access=Access.OPERATOR,
            clock_offset_ms=12,
            service_level=255,
            heard_ms=monotonic_ms(),
        )
    )


def timing(snapshot: Snapshot, age_ms: int = 40) -> TimingView:
    """Each heartbeat is that old."""
    return TimingView(
        at_ms=monotonic_ms(),
        channels={
            each.name: ChannelTiming(
                name=each.name,
                node=each.node,
                network=each.name.rpartition(".")[2],
                period_ms=50,
                deadline_ms=25,
                lost_after_ms=175,
                quality="replied",
                age_ms=age_ms,
                values={"counter": 4711},
            )
            for each in snapshot.channels.values()
        },
        domains={
            node.name: ("feed_a" if node.name.endswith("a") else "feed_b", "room")
            for group_ in snapshot.groups.values()
            for node in group_.nodes
        },
    )


def lost(station: Station) -> Station:
    """The connection is gone."""
    return replace(station, link=Link.LOST, trouble="", mend=translate("Link", "it is tried again by itself"))
