"""One connection to OTHA's interface: what there is, its values and events as they come, and calls. All in asyncio.

asyncua's subscriptions start a task for each value; here a publish response is taken as it is.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from asyncua import Client
from asyncua import ua as asyncua_ua
from PySide6.QtCore import QCoreApplication

from hmi.feed import monotonic_ms
from hmi.model import Answer, EventView, Quality
from hmi.request import Request
from hmi.store import Owner, Reading, Store
from hmi.views import event_of
from otha import names
from otha.names import Kind

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua
translate = QCoreApplication.translate

CALL_TIMEOUT_S: Final = 8.0
_PUBLISH_MS: Final = (50.0, 200.0)  # a small site as soon as it changes, a big one no oftener than a person sees
_KEEP_ALIVE: Final = 5
_LIFETIME_MS: Final = 30_000.0
_PER_REQUEST: Final = 200  # the interface bounds what a message may cost it
_PLACES_PER_REQUEST: Final = 20
_EVENTS_QUEUED: Final = 1000
_EVENTS_HANDLE: Final = 0
_SITE_NAMES: Final = tuple(each.name for each in names.SITE_VARIABLES)
_GOOD, _UNCERTAIN = 0b00, 0b01  # the two highest bits of a StatusCode (OPC UA Part 4, 7.39)

# What is asked of every event: the path of the field, or () for the node of the condition.
_EVENT_FIELDS: Final[tuple[tuple[str, ...], ...]] = (
    ("EventId",),
    ("EventType",),
    ("SourceName",),
    ("Time",),
    ("Message",),
    ("Severity",),
    ("ConditionName",),
    ("Comment",),
    (),
    *((each.name,) for each in names.EVENT_FIELDS),
)
_ALARM_METHODS: Final = {
    "Acknowledge": asyncua_ua.ObjectIds.AcknowledgeableConditionType_Acknowledge,
    "Confirm": asyncua_ua.ObjectIds.AcknowledgeableConditionType_Confirm,
    "AddComment": asyncua_ua.ObjectIds.ConditionType_AddComment,
    "TimedShelve": asyncua_ua.ObjectIds.ShelvedStateMachineType_TimedShelve,
    "OneShotShelve": asyncua_ua.ObjectIds.ShelvedStateMachineType_OneShotShelve,
    "Unshelve": asyncua_ua.ObjectIds.ShelvedStateMachineType_Unshelve,
}
_DENIED: Final = frozenset({"BadUserAccessDenied", "BadSecurityModeInsufficient"})
_VARIANTS: Final = {
    Kind.BOOLEAN: ua.VariantType.Boolean,
    Kind.BYTE: ua.VariantType.Byte,
    Kind.INT32: ua.VariantType.Int32,
    Kind.INT64: ua.VariantType.Int64,
    Kind.TEXT: ua.VariantType.String,
}


class Line:
    """What goes over one connected and activated client.

    `store`: what is seen. `heard_ms`: our monotonic clock when a value of the supervisor's own came last.
    `changed`: called when the store or `events` have something new.
    """

    def __init__(self, client: Client, changed: Callable[[], None]) -> None:
        self._client = client
        self._session: Any = client.uaclient.session  # Any: as ua
        self._changed = changed
        self._index = 0
        self.store = Store(())
        self.heard_ms = 0
        self.service_level = 0
        self.events: list[EventView] = []
        self.methods: frozenset[str] = frozenset()
        self._method_ids: dict[tuple[str, str], Any] = {}  # Any: a NodeId
        self._shelving: dict[str, Any] = {}  # Any: as above
        self._items: list[tuple[str, str]] = []
        self._told_alarms: set[str] = set()
        self._more_alarms = asyncio.Event()
        self._subscription = 0

    async def start(self) -> None:
        """Find what there is, subscribe to it, and have every alarm told. Raises UaError, OSError and TimeoutError."""
        self._index = await self._client.get_namespace_index(names.NAMESPACE)
        self.store = Store(await self._find())
        await self._subscribe()
        await self._refresh()

    async def keep_alarms(self) -> None:
        """Read the values of alarms that have told something, for as long as the connection stands."""
        while True:
            await self._more_alarms.wait()
            self._more_alarms.clear()
            told, self._told_alarms = sorted(self._told_alarms), set()
            wanted = [(owner, each.name) for owner in told for each in names.ALARM_VARIABLES]
            for at in range(0, len(wanted), _PER_REQUEST):
                part = wanted[at : at + _PER_REQUEST]
                read = await self._session.read_attributes(
                    [self._id(names.variable_id(*pair)) for pair in part], ua.AttributeIds.Value
                )
                for (owner, variable), data in zip(part, read, strict=True):
                    if data.Value is not None:
                        self.store.take(owner, variable, _reading(data))
            for owner in told:
                self.store.alarm_read(owner)
            if told:
                self._changed()

    async def clock_offset_ms(self) -> int:
        """The server's clock minus ours."""
        node = ua.NodeId(ua.ObjectIds.Server_ServerStatus_CurrentTime)
        before = time.time_ns()
        (read,) = await self._session.read_attributes([node], ua.AttributeIds.Value)
        after = time.time_ns()
        theirs = _ms(read.Value.Value if read.Value is not None else None)
        return theirs - (before + after) // 2_000_000 if theirs else 0

    @property
    def pace_ms(self) -> float:
        """How often news are taken: a millisecond a group, within bounds."""
        least, most = _PUBLISH_MS
        return min(max(float(self.store.groups), least), most)

    def known(self, group: str) -> bool:
        """Whether there is such a group."""
        return names.group_id(group) in self.store.owners

    # What there is

    async def _find(self) -> list[Owner]:
        """The site and its groups, and the methods of both. What a group has is told by its picture."""
        site, groups = await self._browse([names.SITE, names.GROUPS])
        found = [Owner(id=names.SITE, type="SiteType", name=names.SITE)]
        for each in groups:
            if str(each.TypeDefinition.Identifier) == "GroupType":
                name = str(each.DisplayName.Text or each.BrowseName.Name)
                found.append(Owner(id=each.NodeId.Identifier, type="GroupType", name=name, group=name))
        self._take_methods("SiteType", site)
        if len(found) > 1:  # all groups have the same ones
            (first,) = await self._browse([found[1].id])
            self._take_methods("GroupType", first)
        self.methods = frozenset(name for _, name in self._method_ids)
        return found

    def _take_methods(self, owner: str, references: Iterable[Any]) -> None:  # Any: ReferenceDescriptions
        for each in references:
            if each.NodeClass == ua.NodeClass.Method:
                self._method_ids[owner, each.BrowseName.Name] = each.NodeId

    async def _browse(self, places: list[str]) -> list[Any]:
        results: list[Any] = []
        for at in range(0, len(places), _PLACES_PER_REQUEST):
            params = ua.BrowseParameters()
            params.View.ViewId = ua.NodeId()
            params.RequestedMaxReferencesPerNode = 0
            for place in places[at : at + _PLACES_PER_REQUEST]:
                wanted = ua.BrowseDescription()
                wanted.NodeId = self._id(place)
                wanted.BrowseDirection = ua.BrowseDirection.Forward
                wanted.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HierarchicalReferences)
                wanted.IncludeSubtypes = True
                wanted.NodeClassMask = int(ua.NodeClass.Object | ua.NodeClass.Method)
                wanted.ResultMask = ua.BrowseResultMask.All
                params.NodesToBrowse.append(wanted)
            results += [each.References or [] for each in await self._session.browse(params)]
        return results

    # Values and events

    async def _subscribe(self) -> None:
        params = ua.CreateSubscriptionParameters()
        params.RequestedPublishingInterval = self.pace_ms
        params.RequestedLifetimeCount = int(_LIFETIME_MS / self.pace_ms)
        params.RequestedMaxKeepAliveCount = _KEEP_ALIVE
        params.MaxNotificationsPerPublish = 0
        params.PublishingEnabled = True
        params.Priority = 0
        made = await self._session.create_subscription(params, self._published)
        self._subscription = made.SubscriptionId
        await self._monitor([self._events_item()])
        level = ua.NodeId(ua.ObjectIds.Server_ServiceLevel)
        self._items = [("", "ServiceLevel")]
        wanted = [self._value_item(level, 1)]
        # Of a group its picture alone; alarms are read when they tell something. The site comes last: once its values
        # are heard there are those of the groups.
        pictures = [(each.id, names.PICTURE) for each in self.store.owners.values() if each.type == "GroupType"]
        for owner, variable in (*pictures, *((names.SITE, each) for each in _SITE_NAMES)):
            self._items.append((owner, variable))
            wanted.append(self._value_item(self._id(names.variable_id(owner, variable)), len(self._items)))
        for at in range(0, len(wanted), _PER_REQUEST):
            await self._monitor(wanted[at : at + _PER_REQUEST])

    async def _monitor(self, items: list[Any]) -> None:
        params = ua.CreateMonitoredItemsParameters()
        params.SubscriptionId = self._subscription
        params.TimestampsToReturn = ua.TimestampsToReturn.Source
        params.ItemsToCreate = items
        for created in await self._session.create_monitored_items(params):
            if not created.StatusCode.is_good():
                # A screen that would be told nothing of a group, or of alarms, must not look as if all were heard.
                raise ua.UaStatusCodeError(created.StatusCode.value)

    @staticmethod
    def _value_item(node: Any, handle: int) -> Any:
        item = ua.MonitoredItemCreateRequest()
        item.ItemToMonitor.NodeId = node
        item.ItemToMonitor.AttributeId = ua.AttributeIds.Value
        item.MonitoringMode = ua.MonitoringMode.Reporting
        item.RequestedParameters.ClientHandle = handle
        item.RequestedParameters.SamplingInterval = 0.0
        item.RequestedParameters.QueueSize = 1
        item.RequestedParameters.DiscardOldest = True
        return item

    def _events_item(self) -> Any:
        own = {each.name for each in names.EVENT_FIELDS}
        item = self._value_item(ua.NodeId(ua.ObjectIds.Server), _EVENTS_HANDLE)
        item.ItemToMonitor.AttributeId = ua.AttributeIds.EventNotifier
        item.RequestedParameters.QueueSize = _EVENTS_QUEUED
        wanted = ua.EventFilter()
        for path in _EVENT_FIELDS:
            clause = ua.SimpleAttributeOperand()
            if path and path[0] in own:
                clause.TypeDefinitionId = self._id(names.EVENT_TYPE)
            else:
                clause.TypeDefinitionId = ua.NodeId(ua.ObjectIds.BaseEventType if path else ua.ObjectIds.ConditionType)
            clause.BrowsePath = [ua.QualifiedName(each, self._index if each in own else 0) for each in path]
            clause.AttributeId = ua.AttributeIds.Value if path else ua.AttributeIds.NodeId
            wanted.SelectClauses.append(clause)
        item.RequestedParameters.Filter = wanted
        return item

    async def _published(self, result: Any) -> None:  # Any: a PublishResult
        for each in result.NotificationMessage.NotificationData or ():
            if isinstance(each, ua.DataChangeNotification):
                self._take_values(each.MonitoredItems)
            elif isinstance(each, ua.EventNotificationList):
                for event in each.Events:
                    self._take_event(event.EventFields)
        self._changed()

    def _take_values(self, items: Iterable[Any]) -> None:
        for item in items:
            owner, variable = self._items[item.ClientHandle - 1]
            if not owner:
                self.service_level = int(item.Value.Value.Value or 0) if item.Value.Value is not None else 0
                continue
            reading = _reading(item.Value)
            if owner == names.SITE and reading.quality is Quality.GOOD:
                self.heard_ms = monotonic_ms()
            if variable == names.PICTURE:
                self.store.take_picture(self.store.owners[owner].name, reading)
            else:
                self.store.take(owner, variable, reading)

    def _take_event(self, fields: Sequence[Any]) -> None:
        told: dict[str, Any] = {}
        for path, each in zip(_EVENT_FIELDS, fields, strict=True):
            value = each.Value
            told["/".join(path) or "Condition"] = getattr(value, "Text", value)
        told["at_ms"] = _ms(told.get("Time"))
        at = getattr(told["Condition"], "Identifier", None)
        alarm = names.alarm_of(at) if isinstance(at, str) else None
        if isinstance(at, str) and alarm is not None:
            if at not in self.store.owners:
                self.store.add(Owner(id=at, type="AlarmType", name=alarm[1], group=alarm[0]))
            self.store.take_alarm_event(at, told)
            self._told_alarms.add(at)
            self._more_alarms.set()
        elif told.get("Kind"):
            self.events.append(event_of(told))

    async def _refresh(self) -> None:
        """Have every alarm told that is not normal (OPC UA Part 9, 5.5.7)."""
        self.store.forget_alarms()
        request = ua.CallMethodRequest()
        request.ObjectId = ua.NodeId(ua.ObjectIds.ConditionType)
        request.MethodId = ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh)
        request.InputArguments = [ua.Variant(self._subscription, ua.VariantType.UInt32)]
        (result,) = await self._session.call([request])
        result.StatusCode.check()

    # Calls

    async def call(self, asked: Request) -> Answer:
        """Carry one out. Raises UaError, OSError and TimeoutError: then it may have been taken."""
        request = ua.CallMethodRequest()
        if asked.alarm is not None:
            await self._alarm_call(asked, request)
        else:
            kind = "GroupType" if asked.group else "SiteType"
            method = self._method_ids.get((kind, asked.method))
            if method is None or (asked.group and not self.known(asked.group)):
                return Answer(
                    ticket=asked.ticket,
                    method=asked.method,
                    group=asked.group,
                    trouble=translate("Link", "this OTHA does not have it"),
                )
            request.ObjectId = self._id(names.group_id(asked.group) if asked.group else names.SITE)
            request.MethodId = method
            request.InputArguments = [ua.Variant(value, _VARIANTS[kind]) for kind, value in asked.inputs]
        async with asyncio.timeout(CALL_TIMEOUT_S):
            (result,) = await self._session.call([request])
        return _answer(asked, result)

    async def _alarm_call(self, asked: Request, request: Any) -> None:
        alarm = asked.alarm
        assert alarm is not None
        at = names.alarm_id(alarm.group, alarm.code) if alarm.group else names.own_alarm_id(alarm.code)
        request.MethodId = ua.NodeId(_ALARM_METHODS[asked.method])
        if asked.method in ("Acknowledge", "Confirm", "AddComment"):
            request.ObjectId = self._id(at)
            request.InputArguments = [
                ua.Variant(alarm.event_id, ua.VariantType.ByteString),
                ua.Variant(ua.LocalizedText(asked.comment), ua.VariantType.LocalizedText),
            ]
            return
        request.ObjectId = await self._shelving_of(at)
        request.InputArguments = (
            [ua.Variant(float(asked.for_ms), ua.VariantType.Double)] if asked.method == "TimedShelve" else []
        )

    async def _shelving_of(self, alarm: str) -> Any:
        if alarm not in self._shelving:
            (references,) = await self._browse([alarm])
            self._shelving[alarm] = next(
                (each.NodeId for each in references if each.BrowseName.Name == "ShelvingState"), self._id(alarm)
            )
        return self._shelving[alarm]

    def _id(self, name: str) -> Any:
        return ua.NodeId(name, self._index)


def _reading(data: Any) -> Reading:  # Any: a DataValue
    code = data.StatusCode.value if data.StatusCode is not None else 0
    top = code >> 30
    quality = Quality.GOOD if top == _GOOD else Quality.UNCERTAIN if top == _UNCERTAIN else Quality.BAD
    return Reading(data.Value.Value if data.Value is not None else None, quality, _ms(data.SourceTimestamp))


def _ms(at: Any) -> int:  # Any: a datetime, or nothing
    if not isinstance(at, datetime):
        return 0
    return int((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _answer(asked: Request, result: Any) -> Answer:  # Any: a CallMethodResult
    """What a CallMethodResult says."""
    name = str(result.StatusCode.name)
    said: dict[str, Any] = {"ticket": asked.ticket, "method": asked.method, "group": asked.group}
    if not result.StatusCode.is_good():
        return Answer(**said, trouble=name, denied=name in _DENIED, codes=(name,))
    outputs = tuple(
        tuple(each.Value) if isinstance(each.Value, list) else each.Value for each in result.OutputArguments or ()
    )
    if asked.alarm is not None:
        return Answer(**said, accepted=True, durable=True)
    if asked.order:
        accepted, durable, obstacles, codes, preview = outputs
        return Answer(
            **said,
            accepted=bool(accepted),
            durable=bool(durable),
            obstacles=obstacles or (),
            codes=codes or (),
            preview=_json(preview) or {},
            outputs=outputs,
        )
    return Answer(**said, outputs=outputs, data=_data(asked.method, outputs), **_done(asked.method, outputs))


def _done(method: str, outputs: tuple[Any, ...]) -> Mapping[str, Any]:
    """What a service that changes something answers."""
    found = next((each for each in names.SERVICES if each.name == method), None)
    if found is None or found.outputs != names.DONE:
        return {}
    accepted, durable, what, code = outputs
    return {
        "accepted": bool(accepted),
        "durable": bool(durable),
        "obstacles": () if accepted else (str(what),),
        "codes": (str(code),) if code else (),
    }


def _data(method: str, outputs: tuple[Any, ...]) -> Any:  # Any: JSON
    """The first output that is JSON, or a list of it."""
    if not outputs:
        return None
    first = outputs[0]
    if isinstance(first, tuple):
        return tuple(_json(each) for each in first)
    return _json(first) if isinstance(first, str) else None


def _json(text: Any) -> Any:  # Any: JSON
    try:
        return json.loads(text) if text else None
    except (TypeError, ValueError):
        return None
