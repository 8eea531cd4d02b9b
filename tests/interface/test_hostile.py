"""What a client that is let in may ask, and must not get: filters, numbers and texts that no honest client sends."""

import asyncio
import math
import struct
import time
from contextlib import closing
from typing import Any

import pytest

from otha import names
from otha.certificates import OwnIdentity
from otha.interface.link import Link
from otha.wire import interface as wire
from otha.wire.interface import Notice
from tests.interface.clients import Guest, guest, secured, ua
from tests.interface.house import PASSWORD, USERS, WAIT_S, House
from tests.interface.raw import Raw

NO_TEXT = "caf\udce9"  # half of a pair: what asyncua makes of bytes that are no UTF-8


def told(house: House, kind: str) -> None:
    """The supervisor journals an event."""
    event = {"kind": kind, "group": "tanks", "epoch": 1, "user": "", "mono_ns": time.monotonic_ns(), "body": {}}
    house.send(wire.Told(lost=0, wall_ns=time.time_ns(), event=event))


def path(*path: str, attribute: int = ua.AttributeIds.Value) -> Any:
    """What a filter selects."""
    clause = ua.SimpleAttributeOperand()
    clause.TypeDefinitionId = ua.NodeId(ua.ObjectIds.BaseEventType)
    clause.BrowsePath = [ua.QualifiedName(each) for each in path]
    clause.AttributeId = attribute
    return clause


def element(operator: Any, *operands: Any) -> Any:
    """A part of a where clause."""
    return ua.ContentFilterElement(FilterOperator=operator, FilterOperands=list(operands))


def refers(*indices: int) -> list[Any]:
    """Operands that are other elements."""
    return [ua.ElementOperand(Index=index) for index in indices]


def event_filter(select: list[Any], where: list[Any] | None = None) -> Any:
    """An EventFilter."""
    made = ua.EventFilter()
    made.SelectClauses = select
    made.WhereClause.Elements = where or []
    return made


def monitored(wanted: Any, handle: int = 1) -> Any:
    """A request for the events of the Server object."""
    request = ua.MonitoredItemCreateRequest()
    request.ItemToMonitor.NodeId = ua.NodeId(ua.ObjectIds.Server)
    request.ItemToMonitor.AttributeId = ua.AttributeIds.EventNotifier
    request.MonitoringMode = ua.MonitoringMode.Reporting
    request.RequestedParameters.ClientHandle = handle
    request.RequestedParameters.QueueSize = 10
    request.RequestedParameters.Filter = wanted
    return request


class Ear:
    """The kinds of the events that are told."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Any] = asyncio.Queue()

    def event_notification(self, event: Any) -> None:
        self.heard.put_nowait(event.Kind)

    async def until(self, kind: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while await self.heard.get() != kind:
                pass


async def subscribed(at: Guest) -> Any:
    """A subscription of this client that nobody listens to."""
    return await at.client.create_subscription(100, Ear())


async def items(subscription: Any, *requests: Any) -> list[str]:
    """Make monitored items; the names of their StatusCodes."""
    params = ua.CreateMonitoredItemsParameters()
    params.SubscriptionId = subscription.subscription_id
    params.ItemsToCreate = list(requests)
    made = await subscription.server.create_monitored_items(params)
    return [str(each.StatusCode.name) for each in made]


BOMB = [
    *(element(ua.FilterOperator.And, *refers(index + 1, index + 1)) for index in range(60)),
    element(ua.FilterOperator.Equals, ua.LiteralOperand(), ua.LiteralOperand()),
]
FILTERS = {
    "an attribute that there is none": event_filter([path(attribute=99)]),
    "a name of the server's own": event_filter([path("emitting_node")]),
    "a path of nothing": event_filter([ua.SimpleAttributeOperand(BrowsePath=[ua.QualifiedName(None)])]),
    "elements that double": event_filter([path("Kind")], BOMB),
    "an element of itself": event_filter([path("Kind")], [element(ua.FilterOperator.Not, *refers(0))]),
    "an element that is not there": event_filter([path("Kind")], [element(ua.FilterOperator.Not, *refers(9))]),
    "too many fields": event_filter([path("Kind")] * 5_000),
    "an operator that is not known here": event_filter(
        [path("Kind")], [element(ua.FilterOperator.Like, path("Kind"), ua.LiteralOperand())]
    ),
}


@pytest.mark.asyncio
async def test_no_filter_of_a_viewer_ends_the_interface_or_keeps_it_from_others(house: House, own: OwnIdentity) -> None:
    before = house.process.pid
    async with guest(house, own, "viewer") as honest, guest(house, own, "viewer") as hostile:
        ear = Ear()
        subscription = await honest.client.create_subscription(50, ear)
        kind = honest.node(names.EVENT_TYPE)
        await subscription.subscribe_events(honest.client.nodes.server, kind, where_clause_generation=False)
        against = await subscribed(hostile)
        for number, wanted in enumerate(FILTERS.values()):
            try:
                await items(against, monitored(wanted, number))
            except ua.UaError:
                continue
        told(house, "test.after_filters")
        await ear.until("test.after_filters")
    assert (house.process.poll(), house.process.pid) == (None, before)


@pytest.mark.asyncio
async def test_a_filter_is_not_changed_into_one_of_another_kind_nor_a_queue_into_an_endless_one(
    house: House, own: OwnIdentity
) -> None:
    async with guest(house, own, "viewer") as at:
        ear = Ear()
        subscription = await at.client.create_subscription(50, ear)
        kind = at.node(names.EVENT_TYPE)
        item = await subscription.subscribe_events(at.client.nodes.server, kind, where_clause_generation=False)
        change = ua.MonitoredItemModifyRequest()
        change.MonitoredItemId = item
        change.RequestedParameters.ClientHandle = subscription._client_handle
        change.RequestedParameters.QueueSize = 0
        for wanted in (ua.DataChangeFilter(), FILTERS["elements that double"]):
            change.RequestedParameters.Filter = wanted
            params = ua.ModifyMonitoredItemsParameters()
            params.SubscriptionId = subscription.subscription_id
            params.ItemsToModify = [change]
            (result,) = await at.client.uaclient.modify_monitored_items(params)
            assert not result.StatusCode.is_good()
        change.RequestedParameters.Filter = ua.ExtensionObject()
        (result,) = await at.client.uaclient.modify_monitored_items(params)
        assert 0 < result.RevisedQueueSize <= 1_000
        told(house, "test.after_change")
        await ear.until("test.after_change")


@pytest.mark.asyncio
@pytest.mark.parametrize("interval", [math.nan, math.inf, 1e300, -math.inf, 0.0])
async def test_a_subscription_publishes_at_an_interval_that_is_one(
    house: House, own: OwnIdentity, interval: float
) -> None:
    async with guest(house, own, "viewer") as at:
        params = ua.CreateSubscriptionParameters()
        params.RequestedPublishingInterval = interval
        params.RequestedLifetimeCount = 1_000
        params.RequestedMaxKeepAliveCount = 10
        made = await at.client.uaclient.create_subscription(params, lambda _: None)
        assert 50 <= made.RevisedPublishingInterval <= 3_600_000


@pytest.mark.asyncio
@pytest.mark.parametrize("timeout_ms", [math.nan, math.inf, -1.0])
async def test_a_session_ends_some_day_whatever_it_asks_for(house: House, own: OwnIdentity, timeout_ms: float) -> None:
    client = await secured(house, own)
    client.set_user(USERS["viewer"])
    client.set_password(PASSWORD)
    await client.connect_socket()
    try:
        await client.send_hello()
        await client.open_secure_channel()
        params = ua.CreateSessionParameters()
        params.ClientNonce = bytes(32)
        params.ClientCertificate = client.security_policy.host_certificate
        params.RequestedSessionTimeout = timeout_ms
        made = await client.uaclient.create_session(params)
        assert 1_000 <= made.RevisedSessionTimeout <= 120_000
    finally:
        client.disconnect_socket()


@pytest.mark.asyncio
async def test_a_text_that_is_none_ends_nothing_and_a_long_one_is_cut(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "operator") as at:
        for arguments in ((NO_TEXT, ""), ("odd-comment", NO_TEXT)):
            with pytest.raises(ua.UaStatusCodeError):
                await at.call("Acknowledge", *arguments)
        with pytest.raises(ua.UaStatusCodeError):
            await at.call("Why", NO_TEXT)
        accepted, *_ = await at.call("Acknowledge", "long", "x" * 2_000_000)
        assert accepted
        assert (house.orders[-1].order.id, len(house.orders[-1].order.comment)) == ("long", 4_096)


@pytest.mark.asyncio
async def test_values_are_filtered_as_clients_do(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "viewer") as at:
        against = await subscribed(at)
        honest = ua.DataChangeFilter(Trigger=ua.DataChangeTrigger.StatusValueTimestamp)
        requests = [monitored(wanted) for wanted in (None, honest, FILTERS["too many fields"])]
        for each in requests:
            each.ItemToMonitor.NodeId = at.node(names.SITE, "Heartbeats").nodeid
            each.ItemToMonitor.AttributeId = ua.AttributeIds.Value
        assert await items(against, *requests) == ["Good", "Good", "BadFilterNotAllowed"]
        # A display of a large site asks for as much at once as it is told that it may.
        limit = at.client.get_node(ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall)
        most = await limit.read_value()
        assert set(await items(against, *[requests[0]] * most)) == {"Good"}
        with pytest.raises(ua.uaerrors.BadTooManyOperations):
            await items(against, *[requests[0]] * (most + 1))


@pytest.mark.asyncio
async def test_a_stranger_sets_no_limits_and_fills_no_memory(house: House) -> None:
    """asyncua takes a client's Acknowledge, which is a server's message, and with it limits of zero: none."""
    raw = await Raw.to(house)
    with closing(raw.writer):
        raw.hello()
        assert (await raw.answer()).startswith(b"ACKF")
        raw.send(b"ACKF", struct.pack("<5I", 0, 1 << 31, 1 << 31, 0, 0))
        assert await raw.is_closed()


@pytest.mark.asyncio
async def test_a_message_without_an_end_is_cut_off(house: House) -> None:
    raw = await Raw.to(house)
    with closing(raw.writer):
        raw.hello()
        assert (await raw.answer()).startswith(b"ACKF")
        await raw.open()
        for _ in range(80):
            raw.part(bytes(60_000))
        assert await raw.is_closed()


@pytest.mark.asyncio
@pytest.mark.parametrize("buffer", [0, 1, 100, 8_191])
async def test_a_buffer_that_holds_no_answer_is_none(house: House, buffer: int) -> None:
    raw = await Raw.to(house)
    with closing(raw.writer):
        raw.hello(buffer)
        assert await raw.is_closed()


@pytest.mark.asyncio
async def test_a_message_that_is_sent_again_ends_its_channel(house: House) -> None:
    raw = await Raw.to(house)
    with closing(raw.writer):
        raw.hello()
        assert (await raw.answer()).startswith(b"ACKF")
        await raw.open()
        raw.part(b"")
        raw._sequence -= 1
        raw.part(b"")
        assert await raw.is_closed()


class _Pipe(asyncio.Transport):
    """Takes all that is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


@pytest.mark.asyncio
async def test_a_flood_of_refusals_is_told_in_part_and_hides_no_login() -> None:
    link, pipe = Link(lambda _: None), _Pipe()
    link.connection_made(pipe)
    for _ in range(10_000):
        link.tell(Notice.REFUSED, "", "opcua 10.0.0.66", "it neither signs nor encrypts")
    link.tell(Notice.LOGGED_IN, "olga", "opcua 10.0.0.5 hmi", "as operator")
    told = wire.reader_at_supervisor().feed(bytes(pipe.written))
    assert len(told) < 100
    assert isinstance(told[-1], wire.Noted)
    assert told[-1].notice is Notice.LOGGED_IN
