"""A client that shows the alarms of the server it is connected to: after every connect it asks for all of them anew
(ConditionRefresh, OPC UA Part 9, section 5.5.7), as Part 4, section 6.6.2 wants it after a failover."""

import asyncio
from dataclasses import dataclass
from typing import Any

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.object_ids import ObjectIds

WITHIN_S = 30.0
TYPES = (ObjectIds.AlarmConditionType, ObjectIds.RefreshStartEventType, ObjectIds.RefreshEndEventType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One alarm as an operator sees it."""

    active: bool
    acked: bool
    message: str
    event_id: bytes


class _Events:
    def __init__(self) -> None:
        self.shown: dict[str, Shown] = {}
        self.ended = asyncio.Event()

    def event_notification(self, event: Any) -> None:
        """One event. What was shown before is forgotten when a refresh begins."""
        match event.EventType.Identifier:
            case ObjectIds.RefreshStartEventType:
                self.shown.clear()
            case ObjectIds.RefreshEndEventType:
                self.ended.set()
            case _:
                self.shown[event.ConditionName] = Shown(
                    active=getattr(event, "ActiveState/Id"),
                    acked=getattr(event, "AckedState/Id"),
                    message=event.Message.Text,
                    event_id=event.EventId,
                )


async def alarms(client: Client) -> dict[str, Shown]:
    """What this server tells to one who has just come."""
    events = _Events()
    subscription = await client.create_subscription(50, events)
    await subscription.subscribe_events(evtypes=list(TYPES))
    refresh = client.get_node(f"i={ObjectIds.ConditionType_ConditionRefresh}")
    number = subscription.subscription_id
    await client.get_node(f"i={ObjectIds.ConditionType}").call_method(
        refresh.nodeid, ua.Variant(number, ua.VariantType.UInt32)
    )
    await asyncio.wait_for(events.ended.wait(), WITHIN_S)
    return events.shown
