"""A site that is played to the HMI, page by page, in four states: normal, in a failover, in an alarm flood, stale.

For pictures of every screen, and for tests of what every screen may look like. Times are fixed, so that a picture only
changes when the HMI does.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, QTimer

from hmi import timing
from hmi.feed import Model, monotonic_ms
from hmi.model import (
    Access,
    AlarmView,
    Answer,
    ClientView,
    GroupView,
    Link,
    NodeView,
    Priority,
    RequestView,
    SiteView,
    Snapshot,
    Station,
    TransferView,
    urgency,
)
from hmi.request import Request
from hmi.session import Session, Then
from tests.hmi import plant

AT_MS = 1_767_600_000_000  # 2026-01-05 08:00 UTC
MAIN = "tank_farm"
_GROUPS = (
    (MAIN, "driver", "plc_1"),
    ("boiler_feed", "driver", "plc_2"),
    ("crane_north", "driver", "plc_3"),
    ("crane_south", "driver", "plc_4"),
    ("pumps_west", "driver", "plc_5"),
    ("pumps_east", "driver", "plc_6"),
    ("mixing", "driver", "plc_7"),
    ("scada", "path", ""),
    ("gateway_hall", "path", ""),
    ("gateway_yard", "path", ""),
    ("historians", "store", ""),
    ("archive", "store", ""),
)
_OWN = (
    ("redundancy_lost", Priority.LOW),
    ("gate_unseen", Priority.HIGH),
    ("active_suspect", Priority.HIGH),
    ("role_disagrees", Priority.MEDIUM),
    ("selector_unseen", Priority.LOW),
    ("tag_unusable", Priority.MEDIUM),
)
Json = dict[str, Any]  # Any: JSON


class Scene(Enum):
    """What goes on. The value is how its pictures are called."""

    NORMAL = "normal"
    FAILOVER = "failover"
    FLOOD = "flood"
    STALE = "stale"


def snapshot(scene: Scene) -> Snapshot:
    """What is seen of the site."""
    groups = {name: _group(name, kind, section) for name, kind, section in _GROUPS}
    alarms: tuple[AlarmView, ...] = ()
    match scene:
        case Scene.NORMAL:
            pass
        case Scene.FAILOVER | Scene.STALE:
            groups[MAIN] = _failing(groups[MAIN])
            groups["mixing"] = replace(groups["mixing"], nodes=(groups["mixing"].nodes[0], _behind(groups["mixing"])))
            alarms = _few()
        case Scene.FLOOD:
            groups[MAIN] = _failing(groups[MAIN])
            for name in ("boiler_feed", "pumps_west", "scada", "historians"):
                groups[name] = replace(groups[name], nodes=(groups[name].nodes[0], _dead(groups[name])))
            asked = RequestView(order="safe", by="kim", comment="pump runs dry", left_ms=41_000, number=311)
            groups["pumps_west"] = replace(groups["pumps_west"], request=asked, standing="needs_operator")
            alarms = (*_few(), *_many())
    site = SiteView(
        stamp=plant.GOOD,
        name="harbour_works",
        supervisor="otha_1",
        version="0.1.0",
        simulation=True,
        heartbeats=1_204_511,
        lateness_p999_us=880,
        journal_seq=len(_EVENTS),
    )
    return Snapshot(
        site=site,
        groups=groups,
        channels={each.name: each for group in groups.values() for each in group.channels},
        alarms=tuple(sorted(alarms, key=urgency)),
    )


def station(scene: Scene) -> Station:
    """How the HMI stands."""
    well = Station(
        url="opc.tcp://otha-1.example:4840/otha",
        fingerprint="3f9a" * 16,
        link=Link.OPEN,
        user="olga",
        access=Access.ADMIN,
        clock_offset_ms=3,
        service_level=255,
        heard_ms=monotonic_ms(),
    )
    return plant.lost(replace(well, heard_ms=monotonic_ms() - 8_400)) if scene is Scene.STALE else well


def show(model: Model, scene: Scene) -> None:
    """Let the HMI see it. Alone its first picture of a stale plant was a good one."""
    model.take_station(replace(station(scene), link=Link.OPEN))
    model.take_snapshot(snapshot(scene))
    found = timing.read(_timing(model.snapshot), monotonic_ms())
    assert found is not None
    model.take_timing(found)
    model.take_station(station(scene))


def _group(name: str, kind: str, section: str) -> GroupView:
    made = plant.group(name, kind=kind, section=section, drills=name in (MAIN, "mixing"))
    if kind == "driver":
        return made
    clients = tuple(
        ClientView(group=name, name=each, stamp=plant.GOOD, critical=True, seen=True, node=made.active, epoch=7)
        for each in ("control_room", "reports")
    )
    return replace(made, gate=None, machine=None, clients=clients)


def _failing(group: GroupView) -> GroupView:
    a, b = group.nodes
    assert group.gate is not None
    return replace(
        group,
        nodes=(replace(a, liveness="dead", role="UNKNOWN", service_level=0, reasons=_dead_reasons(a.name)), b),
        suspicion="dead",
        epoch=8,
        milestone="claimed",
        transfer=TransferView(
            kind="failover",
            cause="dead",
            from_node=a.name,
            to_node=b.name,
            course="forward",
            phase="tracked",
            due_ms=180,
            drill=False,
            by="",
            against=(),
        ),
        gate=replace(group.gate, state="HELD", owner=b.name, epoch=8, driven=False, hold_no=4, hold_left_ms=1640),
        channels=tuple(
            replace(each, pulse="lost", losses=1, trouble="no answer") if each.node == a.name else each
            for each in group.channels
        ),
    )


def _dead_reasons(node: str) -> tuple[str, ...]:
    return ("not_alive: dead", "service_level: 0", f"channel: {node}.lan_1 lost", f"channel: {node}.lan_2 lost")


def _dead(group: GroupView) -> NodeView:
    b = group.nodes[1]
    reasons = (*_dead_reasons(b.name)[:2], "rpo: unknown", "ready: false", *_dead_reasons(b.name)[2:])
    return replace(
        b, liveness="dead", role="UNKNOWN", service_level=0, ready="false", in_rpo="unknown", reasons=reasons
    )


def _behind(group: GroupView) -> NodeView:
    reasons = ("service_level: 140", "rpo: false", "ready: false", "tag: level_setpoint false")
    return replace(group.nodes[1], ready="false", in_rpo="false", service_level=140, reasons=reasons)


def _few() -> tuple[AlarmView, ...]:
    words = {
        "site_words": True,
        "cause": "the level of tank 2 rises while its inlet is closed",
        "consequence": "the tank runs over in about four minutes",
        "response": "close V-201 by hand and call the shift leader",
    }
    return (
        plant.alarm(MAIN, "tank_2_rising", Priority.CRITICAL, first_out=True, at_ms=AT_MS - 4_000, **words),
        plant.alarm(MAIN, "section_held", Priority.HIGH, detail="plc_1", at_ms=AT_MS - 2_000),
        plant.alarm(MAIN, "redundancy_lost", Priority.LOW, at_ms=AT_MS - 1_000),
        plant.alarm("mixing", "redundancy_lost", Priority.LOW, unacked=False, state="acked", at_ms=AT_MS - 900_000),
        plant.alarm("archive", "rows_missing", Priority.MEDIUM, flags=("shelved",), at_ms=AT_MS - 400_000),
    )


def _many() -> tuple[AlarmView, ...]:
    return tuple(
        plant.alarm(
            name,
            code,
            priority,
            at_ms=AT_MS - 700 * (number + 1),
            unacked=number % 5 != 0,
            state="acked" if number % 5 == 0 else "unacked",
        )
        for number, (name, code, priority) in enumerate(
            (name, code, priority) for code, priority in _OWN for name, _, _ in _GROUPS[1:]
        )
    )


# What is asked for and not published


_DEPARTURES = {
    "count": 1_204_511,
    "p50": 84_000,
    "p99": 410_000,
    "p99_9": 880_000,
    "max": 6_120_000,
    "counts": [801_204, 312_877, 84_310, 5_911, 188, 19, 2, 0],
}
_REPLIES = {
    "count": 301_120,
    "p50": 610_000,
    "p99": 2_400_000,
    "p99_9": 4_100_000,
    "max": 9_300_000,
    "counts": [0, 1_022, 104_377, 171_002, 20_318, 4_389, 12, 0],
}


def _timing(of: Snapshot) -> Json:
    return {
        "bounds_us": [100, 200, 500, 1000, 2000, 5000, 10_000],
        "departures": _DEPARTURES,
        "nodes": [
            {"name": node.name, "domains": [f"host_{node.name[-1]}", f"feed_{node.name[-1]}", "room_1"]}
            for group in of.groups.values()
            for node in group.nodes
        ],
        "channels": [
            {
                "name": each.name,
                "node": each.node,
                "network": each.name.rpartition(".")[2],
                "period_ms": 50,
                "deadline_ms": 25,
                "lost_after_ms": 175,
                "quality": "good",
                "age_ms": 412 if each.pulse == "lost" else 20 + len(each.name) % 17,
                "values": {"counter": 40_217, "role": "ACTIVE", "level": 255},
                "replies": _REPLIES,
            }
            for each in of.channels.values()
        ],
    }


def _why(group: str) -> Json:
    def condition(name: str, tag: str, value: int, limit: int, *, safety: bool, interlock: bool = True) -> Json:
        return {
            "name": name,
            "interlock": interlock,
            "class": "safety" if safety else "process",
            "verdict": "true",
            "bypassed": False,
            "first_out": False,
            "when": {"tag": tag, "op": "lt", "value": limit, "for_ms": 500},
            "tags": [{"name": tag, "source": "plc", "value": value, "quality": "true", "age_ms": 38, "fresh_ms": 500}],
        }

    tracked = (("flow_set", "setpoint", 430, 430, 0), ("valve_out", "output", 5120, 5124, 50))
    return {
        "group": group,
        "node": f"{group}_b",
        "obstacles": [],
        "failover_obstacles": [],
        "conditions": [
            condition("level_ok", "tank_level", 6120, 9500, safety=True),
            condition("pumps_settled", "pump_speed", 12, 60, safety=False, interlock=False),
        ],
        "tracking": [
            {
                "node": f"{group}_b",
                "tag": tag,
                "kind": kind,
                "active": active,
                "standby": standby,
                "tolerance": tolerance,
                "max_age_ms": 500,
                "verdict": "true",
                "active_age_ms": 21,
                "standby_age_ms": 34,
            }
            for tag, kind, active, standby, tolerance in tracked
        ],
        "holds": [{"output": "valve_out", "does": "HOLD"}, {"output": "pump_out", "does": "RAMP"}],
    }


_STEPS = (
    ("T_detect", 142.0, 187.5),
    ("T_cas", 11.2, 60.0),
    ("T_fence", 9.4, 50.0),
    ("T_promote", 12.9, 50.0),
    ("T_track", 41.0, 120.0),
    ("T_release", 8.8, 50.0),
    ("T_verify", 20.3, 100.0),
)
_TRANSFERS = tuple(
    {
        "id": number,
        "group": group,
        "kind": kind,
        "drill": drill,
        "from_node": f"{group}_a",
        "to_node": f"{group}_b",
        "cause": None if by else "dead",
        "ordered_by": by,
        "requested_wall_ns": (AT_MS - number * 86_400_000) * 1_000_000,
        "ending": ending,
        "detail": "",
        "took_ms": 245.6,
        "steps": [{"name": name, "ms": ms, "bound_ms": bound, "kept": True} for name, ms, bound in _STEPS],
        "bump": {"by": 4, "output": "valve_out"},
    }
    for number, (group, kind, drill, by, ending) in enumerate(
        (
            (MAIN, "failover", False, "", "done"),
            (MAIN, "switchover", True, "carl", "done"),
            ("mixing", "switchover", False, "olga", "returned"),
            ("historians", "failover", False, "", "done"),
        ),
        1,
    )
)
_EVENTS = tuple(
    {
        "seq": number,
        "wall_ns": (AT_MS - (40 - number) * 733) * 1_000_000,
        "kind": kind,
        "group": group,
        "user": user,
        "epoch": 7,
        "body": body,
    }
    for number, (kind, group, user, body) in enumerate(
        (
            ("decision", MAIN, "", {"reasons": [{"why": "SUSPECTED", "rule": "S8", "args": [f"{MAIN}_a", "dead"]}]}),
            (
                "decision",
                MAIN,
                "",
                {"reasons": [{"why": "REQUESTED", "rule": "", "args": ["failover", f"{MAIN}_a", f"{MAIN}_b", "dead"]}]},
            ),
            ("effect", MAIN, "", {"do": "fence", "outcome": "done"}),
            ("effect", MAIN, "", {"do": "promote", "outcome": "done"}),
            ("order", "mixing", "olga", {"order": {"order": "switchover", "comment": "change of pump seals"}}),
        )
        * 8,
        1,
    )
)
_KPI: Json = {
    "from": "2026-01-04T08:00:00.000000Z",
    "to": "2026-01-05T08:00:00.000000Z",
    "annunciations": 96,
    "per_10_min_milli": 667,
    "peak_10_min": 7,
    "above_10_permille": 0,
    "floods": 0,
    "in_flood_permille": 0,
    "standing_24_h": [{"group": "archive", "alarm": "rows_missing"}],
    "chattering": [],
    "priorities": {
        name: {"count": count, "permille": count * 1000 // 96, "expected_permille": expected}
        for name, count, expected in (("critical", 1, 10), ("high", 6, 50), ("medium", 15, 150), ("low", 74, 800))
    },
    "top_ten": [
        {"group": group, "alarm": alarm, "count": count, "permille": count * 10}
        for group, alarm, count in (
            ("mixing", "redundancy_lost", 21),
            (MAIN, "tank_2_rising", 14),
            ("archive", "rows_missing", 11),
            ("scada", "selector_unseen", 9),
            ("gateway_hall", "redundancy_lost", 4),
        )
    ],
}
_FAULTS = tuple(
    {
        "name": name,
        "help": said,
        "parameters": [{"name": "node", "help": "", "choices": [f"{MAIN}_a", f"{MAIN}_b"], "default": f"{MAIN}_a"}],
    }
    for name, said in (
        ("kill", "kill -9 of a node's process"),
        ("freeze", "its control cycle stands still while it answers"),
        ("cut", "no packet passes on one of its networks"),
        ("lag", "its copy falls behind"),
    )
)
_USERS = tuple(
    {"name": name, "role": role, "locked": name == "visitor", "changed": "2025-11-03T07:30:00+00:00"}
    for name, role in (
        ("anna", "operator"),
        ("carl", "commissioning"),
        ("kim", "engineer"),
        ("olga", "admin"),
        ("visitor", "viewer"),
    )
)
_CERTIFICATES = tuple(
    {"trust": trust, "subject": f"CN={name}", "days_left": days, "application_uri": uri, "fingerprint": digit * 64}
    for trust, name, days, uri, digit in (
        ("own", "otha", 712, "urn:otha-1:otha", "3"),
        ("trusted", "hmi-control-room", 341, "urn:hmi-1:otha:hmi", "7"),
        ("rejected", "laptop", 19, "urn:laptop:otha:hmi", "c"),
    )
)


def _outputs(group: str) -> Json:
    samples = [
        {
            "at_us": at_ms * 1000,
            "state": "HELD" if 0 <= at_ms < 210 else "OWNED",
            "applied": [5120 + (at_ms % 40 - 20) // 8 if not 0 <= at_ms < 210 else 5118],
            "held": [5118],
            "shadow": [5118 + min(at_ms, 210) // 40],
            "shadow_age_ms": 3 if 40 <= at_ms < 210 else 65_535,
        }
        for at_ms in range(-500, 800, 10)
    ]
    ends = {"kind": "failover", "drill": False, "from_node": f"{group}_a", "to_node": f"{group}_b"}
    return {**ends, "end_us": 245_600, "outputs": ["valve_out"], "full_scale": 10_000, "samples": samples}


class PlayedSession(Session):
    """Answers as the site would, by the next turn of the GUI's loop; connected to nothing, and without a thread.

    `orders`: what was ordered; it is accepted, and moves nothing. `waiting`: how many answers are still to come.
    """

    def __init__(self, model: Model) -> None:
        QObject.__init__(self)
        self.model = model
        self.orders: list[Request] = []
        self.waiting = 0
        self._then: dict[str, Then] = {}
        self._timing = False

    def end(self) -> None:
        """There is nothing to end."""

    def _ask(self, request: Request, then: Then | None) -> str:
        answer = self._answer_to(request)

        def told() -> None:
            self.waiting -= 1
            if then is not None:
                then(answer)
            self.answered.emit(answer)

        self.waiting += 1
        QTimer.singleShot(0, self, told)
        return request.ticket

    def _answer_to(self, request: Request) -> Answer:
        said: Json = {"ticket": request.ticket, "method": request.method, "group": request.group}
        if request.order or request.alarm is not None:
            self.orders.append(request)
            return Answer(**said, accepted=True, durable=True, preview=_PREVIEW if request.method == "Select" else {})
        if request.method == "QueryEvents":
            rows = tuple(reversed(_EVENTS))
            return Answer(**said, data=rows, outputs=(tuple(json.dumps(each) for each in rows), 0, len(_EVENTS)))
        if request.method == "Configuration":
            return Answer(**said, outputs=("/etc/otha/harbour.toml", "", _SITE_HASH, "5b" * 32, _SITE_HASH, _NODES))
        told = _TOLD.get(request.method)
        data = told(self.model, request.group) if told is not None else None
        return Answer(**said, data=data, outputs=(data,))


_NODES = json.dumps(
    {
        f"{group}_{node}": {
            "profile": "otha_controller",
            "number": str(number),
            "domains": f"host_{node}, feed_{node}, room_1",
            "channels.lan_1.endpoint": f"10.0.1.{number}:502",
            "channels.lan_1.network": "lan_1",
            "channels.lan_2.endpoint": f"10.0.2.{number}:502",
            "channels.lan_2.network": "lan_2",
            **unit,
        }
        for group, _, _ in _GROUPS
        for node, number, unit in (("a", 1, {}), ("b", 2, {"channels.lan_2.unit": "3"}))
    }
)
_SITE_HASH = "3f" * 32
_PREVIEW = {
    "transfer": "switchover",
    "from_node": f"{MAIN}_a",
    "to_node": f"{MAIN}_b",
    "needs_confirmation": False,
    "passed": [],
    "for_ms": 30_000,
}
_TOLD: dict[str, Callable[[Model, str], Any]] = {
    "Timing": lambda model, _group: _timing(model.snapshot),
    "Why": lambda _model, group: _why(group),
    "Transfers": lambda _model, _group: _TRANSFERS,
    "OutputsOfTransfer": lambda _model, group: _outputs(group),
    "AlarmKpi": lambda _model, _group: _KPI,
    "ListFaults": lambda _model, _group: _FAULTS,
    "ListUsers": lambda _model, _group: _USERS,
    "ListCertificates": lambda _model, _group: _CERTIFICATES,
}
