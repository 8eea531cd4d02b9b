"""Orders that stand until they are taken back: how far a group is armed, which nodes are in maintenance, and which
alarms are kept quiet; and how often each alarm came, so that an old acknowledgement can't meet a new occurrence.

They outlive the process: each leaves a row in the journal, and the next start gives them again before anything else is
heard. A node that a person took out must not be promoted because its supervisor was restarted.
"""

import json
from pathlib import Path
from typing import Any

from otha.core.alarm_machine import AlarmWatch
from otha.core.config import GroupConfig
from otha.core.group.state import GroupState
from otha.core.inputs import AlarmsStood, AlarmStood, Order
from otha.core.reasons import Reason, Why
from otha.core.words import AlarmCode, Arming, OrderKind
from otha.journal.reader import Query, Reader

KIND = "group.standing"
ALARMS_KIND = "alarm.standing"
_ALARMS_MOVED = frozenset({Why.ALARM_RAISED, Why.ALARM_FLAGGED, Why.ALARM_UNFLAGGED})
_KINDS = (OrderKind.ARM, OrderKind.MAINTENANCE_IN, OrderKind.MAINTENANCE_OUT)


def is_standing(order: Order) -> bool:
    """Whether `order` holds until it is taken back."""
    return order.kind in _KINDS


def body(cfg: GroupConfig, g: GroupState) -> dict[str, Any]:
    """What stands in the group, for the journal."""
    return {
        "arming": g.arming.value,
        "site_arming": cfg.arming.value,
        "maintenance": [node.name for node, out in zip(cfg.nodes, g.maintenance, strict=True) if out],
    }


def orders(journal: Path, cfg: GroupConfig) -> tuple[Order, ...]:
    """The orders that stood when the group was last supervised. The site file wins where its arming was changed since.

    Raises JournalNotFound and JournalUnreadable.
    """
    with Reader(journal) as reader:
        rows = reader.tail(1, Query(kind=KIND, group=cfg.name))
    if not rows:
        return ()
    (row,) = rows
    stood = json.loads(row.body)
    given = [(OrderKind.MAINTENANCE_IN, node.name, None) for node in cfg.nodes if node.name in stood["maintenance"]]
    arming: tuple[OrderKind, None, Arming] = (OrderKind.ARM, None, Arming(stood["arming"]))
    if stood["site_arming"] == cfg.arming.value != stood["arming"]:
        return tuple(_again(cfg, row.seq, row.user, *each) for each in (*given, arming))
    return tuple(_again(cfg, row.seq, row.user, *each) for each in given)


def moves_alarms(reasons: tuple[Reason, ...]) -> bool:
    """Whether something was said of alarms that must outlive this run."""
    return any(reason.why in _ALARMS_MOVED for reason in reasons)


def alarms_body(watches: tuple[AlarmWatch, ...], now: int) -> dict[str, Any]:
    """How the alarms of a group stand at `now` (ns of CLOCK_MONOTONIC), for the journal."""
    return {
        "alarms": [
            {
                "code": w.code.value,
                "occurrence": w.occurrence,
                "shelved_for_ns": None if w.shelved_until is None else w.shelved_until - now,
                "one_shot": w.one_shot,
                "out_of_service": w.out_of_service,
            }
            for w in watches
        ]
    }


def alarms(journal: Path, cfg: GroupConfig, wall_ns: int) -> AlarmsStood | None:
    """How the alarms stood when the group was last supervised; None if there were none. A shelving goes on by the wall
    clock (`wall_ns`: now): the monotonic one may have begun anew.

    Raises JournalNotFound and JournalUnreadable.
    """
    with Reader(journal) as reader:
        rows = reader.tail(1, Query(kind=ALARMS_KIND, group=cfg.name))
    if not rows:
        return None
    (row,) = rows
    codes = {code.value: code for code in AlarmCode}
    told = [each for each in json.loads(row.body)["alarms"] if each["code"] in codes]
    return AlarmsStood(
        group=cfg.name,
        alarms=tuple(
            AlarmStood(
                code=codes[each["code"]],
                occurrence=each["occurrence"],
                shelved_for_ns=_left(each["shelved_for_ns"], wall_ns - row.wall_ns),
                one_shot=each["one_shot"],
                out_of_service=each["out_of_service"],
            )
            for each in told
        ),
    )


def _left(for_ns: int | None, gone_ns: int) -> int | None:
    """What is left of a shelving. A wall clock that was set back does not lengthen it."""
    if for_ns is None:
        return None
    left = for_ns - max(gone_ns, 0)
    return left if left > 0 else None


def _again(cfg: GroupConfig, seq: int, user: str, kind: OrderKind, node: str | None, arming: Arming | None) -> Order:
    return Order(
        id=f"row {seq} {kind.value} {node or ''}".rstrip(),
        kind=kind,
        group=cfg.name,
        user=user,
        client="journal",
        node=node,
        arming=arming,
        comment="stands since before this start",
    )
