"""Orders that stand until they are taken back: how far a group is armed, and which nodes are in maintenance.

They outlive the process: each leaves a row in the journal, and the next start gives them again before anything else is
heard. A node that a person took out must not be promoted because its supervisor was restarted.
"""

import json
from pathlib import Path
from typing import Any

from otha.core.config import GroupConfig
from otha.core.group.state import GroupState
from otha.core.inputs import Order
from otha.core.words import Arming, OrderKind
from otha.journal.reader import Query, Reader

KIND = "group.standing"
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
