"""Journaled events as OPC UA events: what they say, and how they reach who has subscribed.

asyncua hands an event to the items of one node only; here it goes to those of the Server object and of the group that
it is about (OPC UA Part 3, 7.17: what a group tells is told by the Server, too).
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.common.event_objects import BaseEvent
from asyncua.server.internal_server import InternalServer

from otha import names
from otha.guard import PeerCostError
from otha.interface import telling
from otha.interface.breath import Breath
from otha.interface.door import Tell
from otha.interface.items import Items
from otha.interface.own_nodes import standard
from otha.interface.space import NOTHING, TYPES, Space
from otha.interface.values import Json, as_text
from otha.wire.interface import Notice

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_ID_BYTES: Final = 16
_NS_PER_S: Final = 1_000_000_000
_GRAVE: Final = frozenset({"NEEDS_OPERATOR", "HALTED", "UNVERIFIED", "SUSPECTED", "TROUBLE", "BLOCKED"})


def event_id(kind: str, group: str, mono_ns: int, body: str) -> bytes:
    """The id of an event: the same for the live one and for the one that is read from the journal."""
    said = "\0".join((kind, group, str(mono_ns), body))
    return hashlib.sha256(said.encode()).digest()[:_ID_BYTES]


def moment(wall_ns: int) -> datetime:
    """A wall-clock time."""
    seconds, rest = divmod(wall_ns, _NS_PER_S)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)


def severity(kind: str, body: Json) -> int:
    """How grave it is, 1 to 1000 (OPC UA Part 5, 6.4.2)."""
    if any(each["why"] in _GRAVE for each in body.get("reasons", ())) or kind == "supervisor.defect":
        return 600
    return 400 if kind in ("order.refused", "interface.refused", "interface.denied", "interface.cut_off") else 100


class Announcer:
    """Makes events and hands them to subscriptions."""

    def __init__(self, server: InternalServer, space: Space, tell: Tell) -> None:
        self._server: Any = server
        self._space = space
        self._tell = tell

    def event(self, told: Json, wall_ns: int) -> Any:  # Any: an asyncua event
        """The event for one that was journaled."""
        kind, group, body = str(told["kind"]), str(told["group"]), told["body"]
        text = as_text(body)
        made: Any = BaseEvent(message=telling.message(kind, body), severity=severity(kind, body))
        made.EventType = self._space.id(names.EVENT_TYPE)
        made.EventId = event_id(kind, group, int(told["mono_ns"]), text)
        made.SourceNode = self.source(group)
        made.SourceName = group or names.SITE
        made.Time = made.ReceiveTime = moment(wall_ns)
        values = {"Kind": kind, "Group": group, "User": str(told["user"]), "Epoch": int(told["epoch"]), "Body": text}
        for each in names.EVENT_FIELDS:
            made.add_property(each.name, values.get(each.name, NOTHING[each.kind]), TYPES[each.kind])
        return made

    def source(self, group: str) -> Any:  # Any: a NodeId
        """The node that an event of this group, or of none, is about."""
        found = self._space.id(names.group_id(group))
        return found if group and found in self._server.aspace else self._space.id(names.SITE)

    async def tell(self, made: Any, subscriptions: Iterable[Any] | None = None) -> None:  # Any: as above
        """Hand an event to these subscriptions, by default to all. An item that can't take it is given up."""
        service, breath = self._server.subscription_service, Breath()
        for subscription in list(service.subscriptions.values() if subscriptions is None else subscriptions):
            items = subscription.monitored_item_srv
            if not isinstance(items, Items):
                continue
            for node in (standard(ua.ObjectIds.Server), made.SourceNode):
                made.emitting_node = node
                for item in items.of_events(node):
                    await self._to_item(made, items, item)
                    await breath.taken()
            await breath.taken()

    async def _to_item(self, made: Any, items: Items, item: int) -> None:  # Any: as above
        try:
            await items.tell(made, item)
        except PeerCostError:
            raise
        except Exception as error:  # whatever a client's filter makes asyncua raise
            # Once: what is told here is an event again.
            items.delete_monitored_items([item])
            self._tell(Notice.CUT_OFF, "", "", f"a monitored item took no event: {type(error).__name__}: {error}")
