"""Orders that stand until they are taken back: how far a group is armed, which nodes are in maintenance; and how each
alarm stands: its state, its occurrences, what keeps it quiet.

They outlive the process: each leaves a row in the journal, and the next start gives them again before anything else is
heard. A node that a person took out must not be promoted because its supervisor was restarted, and what nobody has
acknowledged must not be gone because of it.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from otha.core.alarm_machine import AlarmWatch
from otha.core.config import GroupConfig
from otha.core.errors import EngineerError
from otha.core.group.state import GroupState
from otha.core.inputs import AlarmsStood, AlarmStood, Order
from otha.core.reasons import Reason, Why
from otha.core.site_swap import lesser
from otha.core.words import AlarmState, Arming, OrderKind
from otha.journal.entry import JournalRow
from otha.journal.reader import Query, Reader

KIND = "group.standing"
ALARMS_KIND = "alarm.standing"
_ALARMS_MOVED = frozenset(
    {
        Why.ALARM_RAISED,
        Why.ALARM_CLEARED,
        Why.ALARM_ACKED,
        Why.ALARM_RESET,
        Why.ALARM_FLAGGED,
        Why.ALARM_UNFLAGGED,
        Why.ALARM_REDEFINED,
        Why.ALARM_GONE,
    }
)
_KINDS = (OrderKind.ARM, OrderKind.MAINTENANCE_IN, OrderKind.MAINTENANCE_OUT)


def is_standing(order: Order) -> bool:
    """Whether `order` holds until it is taken back."""
    return order.kind in _KINDS


def body(cfg: GroupConfig, g: GroupState) -> dict[str, Any]:
    """What stands in the group, for the journal."""
    return {
        "arming": g.arming.value,
        "ordered": g.arming_ordered,
        "site_arming": cfg.arming.value,
        "maintenance": [node.name for node, out in zip(cfg.nodes, g.maintenance, strict=True) if out],
    }


def orders(journal: Path, cfg: GroupConfig) -> tuple[Order, ...]:
    """The orders that stood when the group was last supervised. An ordered arming stands on; where the site file was
    changed since, the lesser of the two does: nobody has looked at them together, and a start is no person's word.

    Raises JournalNotFound, JournalUnreadable, and EngineerError for a row that this version does not understand.
    """
    with Reader(journal) as reader:
        rows = reader.tail(1, Query(kind=KIND, group=cfg.name))
    if not rows:
        return ()
    (row,) = rows
    try:
        return _orders(cfg, row)
    except (KeyError, TypeError, ValueError) as error:
        what = f"row {row.seq} of the journal tells what stood in a way not known here ({error!r})"
        raise EngineerError(
            what, mend=f"otha order arm {cfg.name}, and take out again what is in maintenance"
        ) from error


def _orders(cfg: GroupConfig, row: JournalRow) -> tuple[Order, ...]:
    stood = json.loads(row.body)
    given = [(OrderKind.MAINTENANCE_IN, node.name, None) for node in cfg.nodes if node.name in stood["maintenance"]]
    again = [_again(cfg, row.seq, row.user, *each) for each in given]
    if stood["ordered"]:
        ordered = Arming(stood["arming"])
        stands = ordered if stood["site_arming"] == cfg.arming.value else lesser(ordered, cfg.arming)
        again.append(_again(cfg, row.seq, row.user, OrderKind.ARM, None, stands))
    return tuple(again)


def unknown(cfg: GroupConfig) -> tuple[Order, ...]:
    """What is ordered where nobody can tell what stood: a group acts by itself only on the word of a person."""
    if cfg.arming is not Arming.ARMED:
        return ()
    order = _again(cfg, 0, "", OrderKind.ARM, None, Arming.ADVISE)
    return (replace(order, id="what stood is not known", comment="what stood before this start is not known"),)


def otherwise(cfg: GroupConfig, orders: tuple[Order, ...]) -> str:
    """What is to be told of a group whose arming is not the site file's; "" where it is."""
    for order in orders:
        if order.arming is not None and order.arming is not cfg.arming:
            return (
                f"{cfg.name} is armed to {order.arming.value}, as last ordered, and not to {cfg.arming.value}, as the "
                f"site file says: otha order arm {cfg.name} --level LEVEL"
            )
    return ""


def moves_alarms(reasons: tuple[Reason, ...]) -> bool:
    """Whether something was said of alarms that must outlive this run."""
    return any(reason.why in _ALARMS_MOVED for reason in reasons)


def alarms_body(watches: tuple[AlarmWatch, ...], now: int) -> dict[str, Any]:
    """How the alarms of a group stand at `now` (ns of CLOCK_MONOTONIC), for the journal."""
    return {
        "alarms": [
            {
                "code": str(w.code),
                "state": w.state.value,
                "occurrence": w.occurrence,
                "details": list(w.details),
                "first_out": w.first_out,
                "stood_ns": now - w.since,
                "shelved_for_ns": None if w.shelved_until is None else max(w.shelved_until - now, 0),
                "one_shot": w.one_shot,
                "out_of_service": w.out_of_service,
            }
            for w in watches
        ]
    }


def alarms(journal: Path, group: str, wall_ns: int) -> AlarmsStood | None:
    """How the alarms of a group, or of the supervisor, stood at the end of the last run; None if there were none. A
    shelving goes on by the wall clock (`wall_ns`: now): the monotonic one may have begun anew.

    Raises JournalNotFound, JournalUnreadable, and EngineerError for a row that this version does not understand.
    """
    with Reader(journal) as reader:
        rows = reader.tail(1, Query(kind=ALARMS_KIND, group=group))
    if not rows:
        return None
    (row,) = rows
    gone_ns = max(wall_ns - row.wall_ns, 0)  # a wall clock that was set back does not lengthen a shelving
    try:
        alarms = tuple(_stood(each, gone_ns) for each in json.loads(row.body)["alarms"])
    except (KeyError, TypeError, ValueError) as error:
        what = f"row {row.seq} of the journal tells alarms in a way not known here ({error!r})"
        raise EngineerError(what, mend="nothing; they are annunciated anew") from error
    return AlarmsStood(group=group, alarms=alarms)


def _stood(told: dict[str, Any], gone_ns: int) -> AlarmStood:
    shelved_for_ns: int | None = told["shelved_for_ns"]
    return AlarmStood(
        code=str(told["code"]),
        state=AlarmState(told["state"]),
        occurrence=int(told["occurrence"]),
        details=tuple(str(each) for each in told["details"]),
        first_out=bool(told["first_out"]),
        stood_ns=int(told["stood_ns"]) + gone_ns,
        shelved_for_ns=None if shelved_for_ns is None else max(shelved_for_ns - gone_ns, 0),
        one_shot=bool(told["one_shot"]),
        out_of_service=bool(told["out_of_service"]),
    )


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
