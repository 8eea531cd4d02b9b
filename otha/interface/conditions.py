"""The core's alarms as conditions of OPC UA Part 9: each alarm of a group is an AlarmConditionType, its states are the
core's, its methods are orders.

Confirmed means: reset. An alarm that is latched waits for it (ISA-18.2-2016, 5.1, states E and F), every other one is
confirmed by itself. A condition is told when a snapshot differs from the one before; what comes and goes between two of
them is in the journal's events alone.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.common.event_objects import AlarmCondition, RefreshEndEvent, RefreshStartEvent
from asyncua.server.internal_server import InternalServer
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes

from otha import names
from otha.core.words import OrderKind
from otha.interface.door import Tell
from otha.interface.events import Announcer
from otha.interface.orders import Orders
from otha.interface.own_nodes import standard
from otha.interface.session import CALLER
from otha.interface.space import Space
from otha.interface.values import Json, alarms_of
from otha.wire.access import may_order
from otha.wire.interface import Notice
from otha.wire.message import OrderReply, OrderRequest

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_SEVERITY: Final = {"critical": 900, "high": 700, "medium": 500, "low": 300, "": 1}
_LATCHED: Final = ("latched_unacked", "latched_acked")
_NS_PER_MS: Final = 1_000_000
_SHELVING: Final = "/Shelving"
_TOLD: Final = ("state", "flags", "occurrence", "priority", "first_out", "detail", "active", "unacked", "one_shot")


class Conditions:
    """Tells what becomes of alarms, and takes what users order of them."""

    def __init__(self, server: InternalServer, space: Space, announcer: Announcer, orders: Orders, tell: Tell) -> None:
        self._server: Any = server
        self._space = space
        self._announcer = announcer
        self._orders = orders
        self._tell = tell
        self._known: dict[str, dict[str, Any]] = {}
        self._said: dict[str, Any] = {}  # Any: JSON
        self._alarms: dict[
            str, tuple[str, str]
        ] = {}  # whose they are, the group's or the supervisor's, and their codes
        self._numbers: dict[str, int] = {}
        self._events: dict[str, Any] = {}  # Any: asyncua events that are retained
        self._first = True

    def link(self) -> None:
        """Let the standard's methods do what they say."""
        for number, call in (
            (ObjectIds.AcknowledgeableConditionType_Acknowledge, self._acknowledge),
            (ObjectIds.AcknowledgeableConditionType_Confirm, self._confirm),
            (ObjectIds.ConditionType_AddComment, self._add_comment),
            (ObjectIds.ShelvedStateMachineType_TimedShelve, self._timed_shelve),
            (ObjectIds.ShelvedStateMachineType_OneShotShelve, self._one_shot_shelve),
            (ObjectIds.ShelvedStateMachineType_Unshelve, self._unshelve),
            (ObjectIds.ConditionType_ConditionRefresh, self._refresh),
            (ObjectIds.ConditionType_ConditionRefresh2, self._refresh),
        ):
            self._server.isession.add_method_callback(standard(number), call)

    async def show(self, status: Json, at: datetime) -> None:
        """Tell every alarm that is not as it was."""
        for alarm in self._moved(names.SITE, status):
            await self._show(names.own_alarm_id(alarm["code"]), status["supervisor"], alarm, at)
        for group in status["groups"]:
            for alarm in self._moved(names.group_id(group["name"]), group):
                await self._show(names.alarm_id(group["name"], alarm["code"]), group["name"], alarm, at)
        self._first = False

    def _moved(self, owner: str, said: Json) -> Iterator[Json]:
        """The alarms of an owner of whom something else is said than before."""
        if self._said.get(owner) == said["alarms"]:
            return iter(())
        self._said[owner] = said["alarms"]
        return alarms_of(said)

    async def _show(self, name: str, owner: str, alarm: Json, at: datetime) -> None:
        before = self._known.get(name)
        if before is not None and not alarm["priority"]:
            # It is normal and therefore left out; it is still the alarm that it was.
            alarm = {**alarm, "priority": before["priority"], "occurrence": before["occurrence"]}
        said = {key: alarm.get(key) for key in _TOLD}
        self._known[name] = said
        self._alarms[name] = owner, alarm["code"]
        if before == said or (before is None and not (self._first and alarm["state"] != "normal")):
            return
        self._numbers[name] = self._numbers.get(name, 0) + 1
        made = self._event(name, owner, alarm, at)
        if made.Retain:
            self._events[name] = made
        else:
            self._events.pop(name, None)
        await self._announcer.tell(made)

    def _event(self, name: str, owner: str, alarm: Json, at: datetime) -> Any:  # Any: an asyncua event
        code, flags = alarm["code"], alarm["flags"]
        detail = f": {alarm['detail']}" if alarm["detail"] else ""
        made: Any = AlarmCondition(
            message=f"{code.replace('_', ' ')} {alarm['state'].replace('_', ' ')}{detail}",
            severity=_SEVERITY[alarm["priority"]],
        )
        made.EventId = f"{code}/{alarm['occurrence']}/{self._numbers[name]}".encode()
        made.SourceNode, made.SourceName = self._announcer.source(owner), owner
        made.Time = made.ReceiveTime = at
        made.ConditionClassId = standard(ObjectIds.ProcessConditionClassType)
        made.ConditionClassName = ua.LocalizedText("ProcessConditionClassType")
        made.ConditionName = code
        made.BranchId = ua.NodeId()
        made.Retain = alarm["state"] != "normal"
        made.Quality, made.LastSeverity = ua.StatusCode(), made.Severity
        made.Comment, made.ClientUserId = ua.LocalizedText(""), ""
        made.SuppressedOrShelved = bool(flags)
        made.add_property("NodeId", self._space.id(name), ua.VariantType.NodeId)
        shelved = "shelved" in flags
        state = ("OneShotShelved" if alarm.get("one_shot") else "TimedShelved") if shelved else "Unshelved"
        shelving = standard(getattr(ObjectIds, f"ShelvedStateMachineType_{state}"))
        made.add_variable("ShelvingState/CurrentState", ua.LocalizedText(state), ua.VariantType.LocalizedText)
        made.add_property("ShelvingState/CurrentState/Id", shelving, ua.VariantType.NodeId)
        for field, holds, yes, no in (
            ("EnabledState", True, "Enabled", "Disabled"),
            ("ActiveState", alarm["active"], "Active", "Inactive"),
            ("AckedState", not alarm["unacked"], "Acknowledged", "Unacknowledged"),
            ("ConfirmedState", alarm["state"] not in _LATCHED, "Confirmed", "Unconfirmed"),
            ("SuppressedState", "suppressed" in flags, "Suppressed", "Unsuppressed"),
            ("OutOfServiceState", "out_of_service" in flags, "Out of Service", "In Service"),
        ):
            setattr(made, field, ua.LocalizedText(yes if holds else no))
            setattr(made, f"{field}/Id", bool(holds))
        return made

    async def _acknowledge(self, at: Any, *given: Any) -> Any:
        return await self._by_event(OrderKind.ALARM_ACK, at, given)

    async def _confirm(self, at: Any, *given: Any) -> Any:
        return await self._by_event(OrderKind.ALARM_RESET, at, given)

    async def _by_event(self, kind: OrderKind, at: Any, given: tuple[Any, ...]) -> Any:
        """What names an event of the condition, with a comment (OPC UA Part 9, 5.7.3 and 5.7.4)."""
        named = self._named(at, given)
        if isinstance(named, int):
            return ua.StatusCode(named)
        found, occurrence, comment = named
        said = await self._order(kind, found, comment=comment, occurrence=occurrence)
        if said == "old_occurrence":
            return ua.StatusCode(StatusCodes.BadEventIdUnknown)
        return self._told(said, StatusCodes.BadConditionBranchAlreadyAcked)

    async def _add_comment(self, at: Any, *given: Any) -> Any:
        """Journal a comment on an alarm, and tell it on (OPC UA Part 9, 5.5.6)."""
        named = self._named(at, given)
        if isinstance(named, int):
            return ua.StatusCode(named)
        (owner, code), occurrence, comment = named
        caller = self._orders.caller()
        if caller is None or not may_order(caller.role, OrderKind.ALARM_ACK):
            return ua.StatusCode(StatusCodes.BadUserAccessDenied)
        self._tell(Notice.COMMENTED, caller.user, caller.client, f"{owner} {code} {occurrence}: {comment}")
        made = self._events.get(str(at.Identifier))
        if made is not None:
            made.Comment, made.ClientUserId = ua.LocalizedText(comment), caller.user
            await self._announcer.tell(made)
        return ua.StatusCode()

    def _named(self, at: Any, given: tuple[Any, ...]) -> tuple[tuple[str, str], int, str] | int:
        """The alarm, the occurrence and the comment that are meant, else the StatusCode that says what is wrong."""
        found = self._alarm(at)
        if found is None:
            return StatusCodes.BadNodeIdInvalid
        if len(given) != 2:
            return StatusCodes.BadArgumentsMissing
        event, comment = given[0].Value, getattr(given[1].Value, "Text", given[1].Value)
        parts = event.decode("utf-8", "replace").split("/") if isinstance(event, bytes) else []
        if len(parts) != 3 or parts[0] != found[1] or not parts[1].isdecimal():
            return StatusCodes.BadEventIdUnknown
        return found, int(parts[1]), str(comment or "")

    async def _timed_shelve(self, at: Any, *given: Any) -> Any:
        found = self._alarm(at)
        if found is None:
            return ua.StatusCode(StatusCodes.BadNodeIdInvalid)
        if not given or not isinstance(given[0].Value, float | int):
            return ua.StatusCode(StatusCodes.BadArgumentsMissing)
        said = await self._order(OrderKind.SHELVE, found, for_ns=int(given[0].Value) * _NS_PER_MS)
        return self._told(said, StatusCodes.BadShelvingTimeOutOfRange)

    async def _one_shot_shelve(self, at: Any, *given: Any) -> Any:
        found = self._alarm(at)
        if found is None:
            return ua.StatusCode(StatusCodes.BadNodeIdInvalid)
        return self._told(await self._order(OrderKind.SHELVE, found), StatusCodes.BadConditionAlreadyShelved)

    async def _unshelve(self, at: Any, *given: Any) -> Any:
        found = self._alarm(at)
        if found is None:
            return ua.StatusCode(StatusCodes.BadNodeIdInvalid)
        return self._told(await self._order(OrderKind.UNSHELVE, found), StatusCodes.BadConditionNotShelved)

    async def _refresh(self, _at: Any, *given: Any) -> Any:
        """Every condition that is retained, to one subscription of the session that asks (OPC UA Part 9, 5.5.7)."""
        number = given[0].Value if given else None
        own = [each for each in CALLER.get().own_subscriptions() if each.data.SubscriptionId == number]
        if not own:
            return ua.StatusCode(StatusCodes.BadSubscriptionIdInvalid)
        await self._announcer.tell(self._bracket(RefreshStartEvent()), own)
        for made in self._events.values():
            await self._announcer.tell(made, own)
        await self._announcer.tell(self._bracket(RefreshEndEvent()), own)
        return []

    @staticmethod
    def _bracket(made: Any) -> Any:  # Any: an asyncua event
        made.EventId = uuid.uuid4().bytes
        made.SourceNode, made.SourceName = standard(ObjectIds.Server), "Server"
        made.Time = made.ReceiveTime = datetime.now(UTC)
        return made

    def _alarm(self, at: Any) -> tuple[str, str] | None:
        """Owner and code of a condition, or of the shelving below it."""
        own = at.NamespaceIndex == self._space.index
        return self._alarms.get(str(at.Identifier).removesuffix(_SHELVING)) if own else None

    async def _order(
        self,
        kind: OrderKind,
        alarm: tuple[str, str],
        *,
        comment: str = "",
        occurrence: int | None = None,
        for_ns: int | None = None,
    ) -> str | None:
        """Give the order; None when it was accepted, else the code of what stands against it, "" for want of rights."""
        group, code = alarm
        request = OrderRequest(
            id=uuid.uuid4().hex,
            order=kind,
            group=group,
            node=None,
            arming=None,
            comment=comment,
            item=code,
            occurrence=occurrence,
            for_ns=for_ns,
        )
        reply = await self._orders.give(request)
        if reply is None:
            return ""
        if isinstance(reply, OrderReply):
            return None if reply.accepted else next((each.block for each in reply.obstacles), "refused")
        return "refused"

    @staticmethod
    def _told(said: str | None, code: int) -> Any:
        if said is None:
            return ua.StatusCode()
        return ua.StatusCode(StatusCodes.BadUserAccessDenied if said == "" else code)
