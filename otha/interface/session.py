"""A session of the interface.

asyncua's own sessions have numbers for tokens, do not look at the channel's certificate, and know subscriptions of
other sessions. Here a session has a random token, belongs to the certificate of the channel that it was made over, is
served over one channel at a time, reads and calls, and touches no subscription but its own.
"""

import secrets
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import Any, Final, Protocol

from asyncua import ua as asyncua_ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession, SessionState
from asyncua.ua.status_codes import StatusCodes

from otha.interface import filters
from otha.interface.breath import Breath
from otha.interface.door import Caller, Door
from otha.interface.items import Items
from otha.interface.refusal import refused
from otha.wire.interface import Notice

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

CALLER: ContextVar["Session"] = ContextVar("otha_caller")
"""The session whose method call is being carried out."""

_TOKEN_BYTES: Final = 32
SUBSCRIPTIONS_MAX: Final = 250
CALLS_MAX: Final = 16
NODES_MAX: Final = 2_000
_EVENT_COST_MAX: Final = 10_000
UNACKED_MAX: Final = 20
_PUBLISHING_MIN_MS: Final = 50.0
_PUBLISHING_MAX_MS: Final = 3_600_000.0


class Line(Protocol):
    """What a session knows of the channel that it is served over."""

    @property
    def is_lost(self) -> bool:
        """The connection is no more."""


class House(Protocol):
    """What sessions share; see `otha.interface.sessions`. `read_history`: answers a HistoryRead."""

    read_history: Callable[[Any], Awaitable[list[Any]]] | None

    def check_items(self, session: "Session", more: int) -> None:
        """Whether `session` may monitor so many items more. Raises ServiceError."""


class Session(InternalSession):
    """One session of a client. `certificate`: of the channel over which it was made; None without security."""

    def __init__(self, server: InternalServer, house: House, name: str, door: Door) -> None:
        super().__init__(
            server, server.aspace, server.subscription_service, name, user=User(role=UserRole.Anonymous), external=False
        )
        self.external = True
        self.session_id = ua.NodeId(uuid.uuid4(), 0, ua.NodeIdType.Guid)
        self.auth_token = ua.NodeId(secrets.token_bytes(_TOKEN_BYTES), 0, ua.NodeIdType.ByteString)
        self.door = door
        self._house = house
        self.certificate: bytes | None = None
        self.policy = ""
        self.owner: bytes | str = ""
        self.channel: Line | None = None
        self.caller: Caller | None = None
        self.ordered_at = time.monotonic()
        self._own: dict[int, Items] = {}
        self._making = 0
        server.register_external_session(self)

    def made_over(self, channel: Line, certificate: bytes | None, policy: str, address: str) -> None:
        """Bind the session to the channel that it was made over."""
        self.channel, self.certificate, self.policy = channel, certificate, policy
        self.owner = certificate or address

    @property
    def is_lost(self) -> bool:
        """It waits for its client to come back over another channel."""
        return self.channel is not None and self.channel.is_lost

    @property
    def user_name(self) -> str:
        """Who has logged in; empty: nobody has."""
        return "" if self.caller is None else self.caller.user

    @property
    def last_heard(self) -> float:
        """When its client asked for something the last time (CLOCK_MONOTONIC, seconds)."""
        return self._last_activity

    def admit(self, channel: Line, caller: Caller, nonce: bytes) -> None:
        """Serve this user over this channel from now on."""
        if self.state is SessionState.Created:
            self.state = SessionState.Activated
            InternalSession._current_connections += 1
        self.channel, self.caller, self.nonce = channel, caller, nonce
        self.user = User(role=UserRole.User, name=caller.user)
        self.ordered_at = time.monotonic()
        self.touch()
        self._start_timeout_watchdog()
        self.door.tell(Notice.LOGGED_IN, caller.user, caller.client, f"as {caller.role.name.lower()}")

    def activate_session(self, params: Any, peer_certificate: bytes | None) -> Any:
        """Sessions are activated by their channel, which knows more than it can hand over here."""
        raise refused(StatusCodes.BadServiceUnsupported)

    async def create_session(self, params: Any, sockname: tuple[str, int] | None = None) -> Any:
        # asyncua would wait for a time that is no number, over and over and not at all.
        params.RequestedSessionTimeout = max(0.0, params.RequestedSessionTimeout)
        return await super().create_session(params, sockname)

    async def close_session(self, delete_subs: bool = True) -> None:
        was_in = self.state is SessionState.Activated
        # A session that is no more has no use for its subscriptions, whatever its client says.
        await super().close_session(True)
        if was_in and self.caller is not None:
            self.door.tell(Notice.LOGGED_OUT, self.caller.user, self.caller.client, "")

    async def call(self, params: list[Any]) -> list[Any]:
        if len(params) > CALLS_MAX:
            raise refused(StatusCodes.BadTooManyOperations)
        token = CALLER.set(self)
        try:
            return await super().call(params)
        finally:
            CALLER.reset(token)

    async def read(self, params: Any) -> list[Any]:
        _few(params.NodesToRead)
        await self._make(each.NodeId for each in params.NodesToRead)
        return await super().read(params)

    async def browse(self, params: Any) -> list[Any]:
        _few(params.NodesToBrowse)
        await self._make(each.NodeId for each in params.NodesToBrowse)
        return await super().browse(params)

    async def _make(self, nodes: Iterable[Any]) -> None:  # Any: NodeIds
        """What is asked for the first time is made now, and others go on meanwhile."""
        breath = Breath()
        for each in nodes:
            self.aspace.get(each)
            await breath.taken()

    async def browse_next(self, parameters: Any) -> list[Any]:
        raise refused(StatusCodes.BadServiceUnsupported)

    async def write(self, params: Any) -> list[Any]:
        return [ua.StatusCode(StatusCodes.BadNotWritable) for _ in params.NodesToWrite]

    async def add_nodes(self, params: Any) -> list[Any]:
        raise refused(StatusCodes.BadServiceUnsupported)

    async def delete_nodes(self, params: Any) -> list[Any]:
        raise refused(StatusCodes.BadServiceUnsupported)

    async def add_references(self, params: Any) -> list[Any]:
        raise refused(StatusCodes.BadServiceUnsupported)

    async def delete_references(self, params: Any) -> list[Any]:
        raise refused(StatusCodes.BadServiceUnsupported)

    async def history_read(self, params: Any) -> list[Any]:
        _few(params.NodesToRead)
        if self._house.read_history is None:
            raise refused(StatusCodes.BadHistoryOperationUnsupported)
        token = CALLER.set(self)
        try:
            return await self._house.read_history(params)
        finally:
            CALLER.reset(token)

    async def history_update(self, params: Any) -> list[Any]:
        raise refused(StatusCodes.BadServiceUnsupported)

    def owns(self, subscription: int) -> bool:
        """Whether this is a subscription of this session."""
        return subscription in self._own and subscription in self.subscription_service.subscriptions

    def own_subscriptions(self) -> list[Any]:
        """The subscriptions of this session."""
        every = self.subscription_service.subscriptions
        for gone in [each for each in self._own if each not in every]:  # one that its client left alone has expired
            del self._own[gone]
        return [every[each] for each in self._own]

    @property
    def items(self) -> int:
        """How many items it monitors, with those that are being made."""
        return self._making + sum(len(each) for each in self._own.values())

    async def create_subscription(
        self, params: Any, callback: Callable[..., Any], request_callback: Callable[..., Any] | None = None
    ) -> Any:
        if len(self.own_subscriptions()) >= SUBSCRIPTIONS_MAX:
            raise refused(StatusCodes.BadTooManySubscriptions)
        # In this order no number is taken that is none.
        wanted = max(_PUBLISHING_MIN_MS, params.RequestedPublishingInterval)
        params.RequestedPublishingInterval = min(wanted, _PUBLISHING_MAX_MS)
        made = await super().create_subscription(params, callback, request_callback)
        subscription = self.subscription_service.subscriptions[made.SubscriptionId]
        items = Items(subscription, self.aspace)
        subscription.monitored_item_srv = self._own[made.SubscriptionId] = items
        return made

    async def create_monitored_items(self, params: Any) -> list[Any]:
        self._must_own(params.SubscriptionId)
        _few(params.ItemsToCreate)
        self._house.check_items(self, len(params.ItemsToCreate))
        codes = [self._judged(each) for each in params.ItemsToCreate]
        pairs = list(zip(params.ItemsToCreate, codes, strict=True))
        params.ItemsToCreate = [each for each, code in pairs if code == StatusCodes.Good]
        if self._event_cost() + sum(filters.cost(each) for each in _event_filters(params)) > _EVENT_COST_MAX:
            raise refused(StatusCodes.BadTooManyMonitoredItems)
        made = iter(await self._made(params))
        return [
            next(made) if code == StatusCodes.Good else ua.MonitoredItemCreateResult(StatusCode=ua.StatusCode(code))
            for _, code in pairs
        ]

    async def _made(self, params: Any) -> list[Any]:
        """One by one: a client may ask for all that there is at once, and others go on meanwhile."""
        breath, made, every = Breath(), list[Any](), params.ItemsToCreate
        self._making = len(every)
        try:
            for wanted in every:
                self._must_own(params.SubscriptionId)
                params.ItemsToCreate = [wanted]
                made += await super().create_monitored_items(params)
                self._making -= 1
                await breath.taken()
        finally:
            self._making = 0
        return made

    async def modify_monitored_items(self, params: Any) -> list[Any]:
        self._must_own(params.SubscriptionId)
        _few(params.ItemsToModify)
        service = self._own[params.SubscriptionId]
        return [self._modified(service, each) for each in params.ItemsToModify]

    @staticmethod
    def _modified(service: Any, asked: Any) -> Any:
        """asyncua takes any filter and any queue when an item is modified."""
        result = ua.MonitoredItemModifyResult()
        item, wanted = service._monitored_items.get(asked.MonitoredItemId), asked.RequestedParameters
        if item is None:
            result.StatusCode = ua.StatusCode(StatusCodes.BadMonitoredItemIdInvalid)
            return result
        if wanted.Filter:
            # What an item of events selects is told once, when it is made; the bound of them all is kept so.
            events = item.where_clause_evaluator is not None
            code = StatusCodes.BadFilterNotAllowed if events else filters.judge(wanted.Filter, events=False)
            if code != StatusCodes.Good:
                result.StatusCode = ua.StatusCode(code)
                return result
            item.filter = wanted.Filter
        item.client_handle = wanted.ClientHandle
        item.queue_size = result.RevisedQueueSize = service._revise_queue_size(wanted.QueueSize)
        result.RevisedSamplingInterval = service.isub.data.RevisedPublishingInterval
        return result

    @staticmethod
    def _judged(asked: Any) -> int:
        events = asked.ItemToMonitor.AttributeId == ua.AttributeIds.EventNotifier
        return filters.judge(asked.RequestedParameters.Filter, events=events)

    def _event_cost(self) -> int:
        """What the items of events of this session cost, for each event."""
        return sum(each.event_cost for each in self._own.values())

    async def delete_monitored_items(self, params: Any) -> list[Any]:
        self._must_own(params.SubscriptionId)
        _few(params.MonitoredItemIds)
        return await self._forgotten(self._own[params.SubscriptionId], params.MonitoredItemIds)

    @staticmethod
    async def _forgotten(items: Items, ids: list[int]) -> list[Any]:
        breath, results = Breath(), list[Any]()
        for each in ids:
            results += items.delete_monitored_items([each])
            await breath.taken()
        return results

    async def set_monitoring_mode(self, params: Any) -> list[Any]:
        self._must_own(params.SubscriptionId)
        _few(params.MonitoredItemIds)
        items, breath, results = self._own[params.SubscriptionId], Breath(), list[Any]()
        for each in params.MonitoredItemIds:
            results += await items.set_monitoring_mode(params.MonitoringMode, [each])
            await breath.taken()
        return results

    async def set_publishing_mode(self, params: Any) -> list[Any]:
        _few(params.SubscriptionIds)
        for subscription in params.SubscriptionIds:
            self._must_own(subscription)
        return await super().set_publishing_mode(params)

    def modify_subscription(self, params: Any) -> Any:
        self._must_own(params.SubscriptionId)
        return super().modify_subscription(params)

    def republish(self, params: Any) -> Any:
        self._must_own(params.SubscriptionId)
        return super().republish(params)

    async def delete_subscriptions(self, ids: list[int]) -> list[Any]:
        _few(ids)
        own = [each for each in dict.fromkeys(ids) if self.owns(each)]
        for each in own:
            await self._forgotten(self._own[each], list(self._own[each]))
        ended = dict(zip(own, await super().delete_subscriptions(own), strict=True))
        for each in own:
            self._own.pop(each, None)
        return [ended.get(each, ua.StatusCode(StatusCodes.BadSubscriptionIdInvalid)) for each in ids]

    def publish(self, acks: Iterable[Any] | None = None) -> tuple[int, list[Any]]:
        own = len(self.own_subscriptions())
        if not own:
            raise refused(StatusCodes.BadNoSubscription)
        given = list(acks or ())
        if len(given) > SUBSCRIPTIONS_MAX * UNACKED_MAX:
            raise refused(StatusCodes.BadTooManyOperations)
        taken = [each for each in given if self.owns(each.SubscriptionId)]
        _, results = super().publish(taken)
        told = iter(results)
        unknown = ua.StatusCode(StatusCodes.BadSubscriptionIdInvalid)
        return own, [next(told) if self.owns(each.SubscriptionId) else unknown for each in given]

    # asyncua's own session widens the signature of its base just so.
    async def transfer_subscriptions(  # type: ignore[override]
        self, params: Any, callback: Callable[..., Any]
    ) -> list[Any]:
        """No session takes another one's subscriptions; clients make theirs anew."""
        _few(params.SubscriptionIds)
        return [ua.TransferResult(StatusCode=ua.StatusCode(self._transfer_of(int(s)))) for s in params.SubscriptionIds]

    def _transfer_of(self, subscription: int) -> int:
        return StatusCodes.BadNothingToDo if self.owns(subscription) else StatusCodes.BadSubscriptionIdInvalid

    def _must_own(self, subscription: int) -> None:
        if not self.owns(subscription):
            raise refused(StatusCodes.BadSubscriptionIdInvalid)


def _event_filters(params: Any) -> list[Any]:
    found = (each.RequestedParameters.Filter for each in params.ItemsToCreate)
    return [each for each in found if type(each) is ua.EventFilter]


def _few(asked: list[Any]) -> None:
    if len(asked) > NODES_MAX:
        raise refused(StatusCodes.BadTooManyOperations)
