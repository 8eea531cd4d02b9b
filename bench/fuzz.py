"""Valid messages of OPC UA with bytes changed, at every layer of the interface: hello, channel, session, services.

Everything follows from a seed. What is measured is how long an input keeps its sender waiting, and how it ended.
"""

import asyncio
import random
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from typing import Any

from asyncua import Client
from asyncua import ua as asyncua_ua
from asyncua.ua.ua_binary import nodeid_from_binary, struct_to_binary

from bench.stations import Station, client_of
from otha import names

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_WITHIN_S = 10.0
_NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 1_700_000_000)
_NONE = b"http://opcfoundation.org/UA/SecurityPolicy#None"
_SECURE = b"http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"
_HELLO = struct.pack("<5Ii", 0, 65_535, 65_535, 0, 0, -1)
_ADDRESSES = 32  # of this machine, so that the pace of one address is not what is measured
_WITHIN_HEAD = 8  # one in so many changes what stands before a request's own fields: that ends the channel, and no more


@dataclass(slots=True)
class Layer:
    """What became of the inputs of one layer: `took_s` of each, how many ended how."""

    took_s: list[float] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)

    def add(self, took_s: float, end: str) -> None:
        """One more."""
        self.took_s.append(took_s)
        self.ends[end] = self.ends.get(end, 0) + 1


class Mutator:
    """Changes bytes."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def changed(self, data: bytes, keep: int = 0) -> bytes:
        """The same with one to four changes; most often the first `keep` bytes stay as they are."""
        made = bytearray(data)
        first = keep if self._chance.randrange(_WITHIN_HEAD) else 0
        for _ in range(self._chance.randint(1, 4)):
            self._change(made, min(first, len(made)))
        return bytes(made)

    def noise(self) -> bytes:
        """Bytes that mean nothing."""
        return self._chance.randbytes(self._chance.randint(1, 512))

    def _change(self, made: bytearray, first: int) -> None:
        chance = self._chance
        at = chance.randrange(first, len(made) + 1)
        match chance.randrange(7):
            case 0 if at < len(made):
                made[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(made):
                made[at] = chance.randrange(256)
            case 2 | 3:
                made[at : at + 4] = struct.pack("<I", chance.choice(_NUMBERS))
            case 4:
                del made[at : at + chance.randint(1, 16)]
            case 5:
                made[at:at] = made[at : at + chance.randint(1, 64)]
            case _:
                made[at:at] = chance.randbytes(chance.randint(1, 16))


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body) + 8) + body


def _open_none() -> bytes:
    request = ua.OpenSecureChannelRequest()
    request.Parameters.SecurityMode = ua.MessageSecurityMode.None_
    request.Parameters.RequestedLifetime = 60_000
    head = struct.pack("<Ii", 0, len(_NONE)) + _NONE + struct.pack("<iiII", -1, -1, 1, 1)
    return _message(b"OPNF", head + struct_to_binary(request))


def _open_secure(certificate: bytes) -> bytes:
    """With a trusted certificate, which anybody can read off the wire, and nothing behind it."""
    head = struct.pack("<Ii", 0, len(_SECURE)) + _SECURE + struct.pack("<i", len(certificate)) + certificate
    return _message(b"OPNF", head + struct.pack("<i", 20) + bytes(20) + bytes(512))


class Strangers:
    """Connections without security: hello, channel, and what is said over a channel that nobody is in."""

    def __init__(self, port: int, certificate: bytes, mutator: Mutator) -> None:
        self._port = port
        self._mutator = mutator
        self._opens = cycle((_open_none(), _open_secure(certificate)))
        self._said = cycle([struct_to_binary(each) for each in _unsecured()])
        self._addresses = cycle(f"127.0.0.{number}" for number in range(2, 2 + _ADDRESSES))

    async def noise(self) -> tuple[float, str]:
        """Bytes at random."""
        return await self._sent([], self._mutator.noise())

    async def hello(self) -> tuple[float, str]:
        """A hello with bytes changed."""
        return await self._sent([], self._mutator.changed(_message(b"HELF", _HELLO)))

    async def channel(self) -> tuple[float, str]:
        """A message that opens a channel, changed."""
        return await self._sent([_message(b"HELF", _HELLO)], self._mutator.changed(next(self._opens)))

    async def chunk(self) -> tuple[float, str]:
        """A message over an open channel, changed with its headers."""
        return await self._sent([_message(b"HELF", _HELLO), _open_none()], None)

    async def _sent(self, before: list[bytes], last: bytes | None) -> tuple[float, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(next(self._addresses), 0))
        try:
            answer = b""
            for each in before:
                writer.write(each)
                answer = await _answer(reader)
            if last is None:
                head = answer[8:12] + struct.pack("<3I", 13, 2, 2)
                last = self._mutator.changed(_message(b"MSGF", head + next(self._said)))
            began = time.monotonic()
            writer.write(last)
            writer.write_eof()
            said = await _answer(reader)
            while await _answer(reader):
                pass
            return time.monotonic() - began, "answered" if said else "closed"
        except TimeoutError:
            return _WITHIN_S, "silent"
        except (ConnectionError, asyncio.IncompleteReadError):
            return 0.0, "closed"
        finally:
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """The next message; empty when there is none any more."""
    async with asyncio.timeout(_WITHIN_S):
        try:
            head = await reader.readexactly(8)
            return head + await reader.readexactly(struct.unpack("<I", head[4:])[0] - 8)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""


def _unsecured() -> Iterator[Any]:
    yield ua.GetEndpointsRequest()
    yield ua.FindServersRequest()
    yield ua.CreateSessionRequest()
    yield ua.ActivateSessionRequest()
    yield ua.ReadRequest()
    yield ua.CloseSecureChannelRequest()


def _sessions() -> Iterator[Any]:
    create = ua.CreateSessionRequest()
    create.Parameters.ClientNonce = bytes(32)
    create.Parameters.RequestedSessionTimeout = 10_000
    yield create
    for token in (
        ua.AnonymousIdentityToken(PolicyId="anonymous"),
        ua.X509IdentityToken(PolicyId="certificate", CertificateData=bytes(64)),
        ua.UserNameIdentityToken(
            PolicyId="username",
            UserName="nobody",
            Password=bytes(256),
            EncryptionAlgorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep",
        ),
    ):
        activate = ua.ActivateSessionRequest()
        activate.Parameters.UserIdentityToken = token
        yield activate
    yield ua.CloseSessionRequest()


def _event_filter() -> Any:
    clause = ua.SimpleAttributeOperand(TypeDefinitionId=ua.NodeId(ua.ObjectIds.BaseEventType))
    clause.BrowsePath, clause.AttributeId = [ua.QualifiedName("Kind")], ua.AttributeIds.Value
    element = ua.ContentFilterElement(
        FilterOperator=ua.FilterOperator.Equals,
        FilterOperands=[clause, ua.LiteralOperand(Value=ua.Variant("decision"))],
    )
    return ua.EventFilter(SelectClauses=[clause] * 3, WhereClause=ua.ContentFilter(Elements=[element] * 2))


def _item(node: Any, attribute: int, wanted: Any) -> Any:
    request = ua.MonitoredItemCreateRequest(MonitoringMode=ua.MonitoringMode.Reporting)
    request.ItemToMonitor.NodeId, request.ItemToMonitor.AttributeId = node, attribute
    request.RequestedParameters.QueueSize = 10
    request.RequestedParameters.Filter = wanted
    return request


def _services(index: int, group: str, own: int) -> Iterator[Any]:
    """A valid request of each service that a client which is in may ask; `own`: its subscription."""
    site, at = ua.NodeId(names.SITE, index), ua.NodeId(names.group_id(group), index)
    value = ua.NodeId(names.variable_id(names.SITE, "Heartbeats"), index)
    read = ua.ReadRequest()
    read.Parameters.NodesToRead = [ua.ReadValueId(NodeId=value, AttributeId=ua.AttributeIds.Value)] * 3
    yield read
    browse = ua.BrowseRequest()
    browse.Parameters.NodesToBrowse = [ua.BrowseDescription(NodeId=each) for each in (site, at)]
    yield browse
    paths = ua.TranslateBrowsePathsToNodeIdsRequest()
    element = ua.RelativePathElement(TargetName=ua.QualifiedName("Name", index), IsInverse=False, IncludeSubtypes=True)
    paths.Parameters.BrowsePaths = [ua.BrowsePath(StartingNode=site, RelativePath=ua.RelativePath(Elements=[element]))]
    yield paths
    subscription = ua.CreateSubscriptionRequest()
    subscription.Parameters.RequestedPublishingInterval, subscription.Parameters.RequestedLifetimeCount = 500.0, 30
    yield subscription
    items = ua.CreateMonitoredItemsRequest()
    items.Parameters.SubscriptionId = own
    items.Parameters.ItemsToCreate = [
        _item(value, ua.AttributeIds.Value, ua.DataChangeFilter()),
        _item(ua.NodeId(ua.ObjectIds.Server), ua.AttributeIds.EventNotifier, _event_filter()),
    ]
    yield items
    modify = ua.ModifyMonitoredItemsRequest()
    modify.Parameters.SubscriptionId = own
    modify.Parameters.ItemsToModify = [ua.MonitoredItemModifyRequest(MonitoredItemId=112)]
    yield modify
    for request in (ua.DeleteMonitoredItemsRequest(), ua.SetMonitoringModeRequest()):
        request.Parameters.SubscriptionId = own
        request.Parameters.MonitoredItemIds = [112, 113, 114]
        yield request
    for request in (ua.SetPublishingModeRequest(), ua.TransferSubscriptionsRequest(), ua.DeleteSubscriptionsRequest()):
        request.Parameters.SubscriptionIds = [own, own + 1]
        yield request
    publish = ua.PublishRequest()
    publish.Parameters.SubscriptionAcknowledgements = [ua.SubscriptionAcknowledgement(SubscriptionId=own)]
    yield publish
    yield ua.RepublishRequest()
    call = ua.CallRequest()
    why = ua.CallMethodRequest(ObjectId=at, MethodId=ua.NodeId(names.variable_id("GroupType", names.WHY), index))
    why.InputArguments = [ua.Variant("")]
    call.Parameters.MethodsToCall = [why]
    yield call
    history = ua.HistoryReadRequest()
    history.Parameters.HistoryReadDetails = ua.ReadEventDetails(NumValuesPerNode=5, Filter=_event_filter())
    history.Parameters.NodesToRead = [ua.HistoryReadValueId(NodeId=ua.NodeId(ua.ObjectIds.Server))]
    yield history
    write = ua.WriteRequest()
    write.Parameters.NodesToWrite = [
        ua.WriteValue(NodeId=value, AttributeId=ua.AttributeIds.Value, Value=ua.DataValue(ua.Variant(1)))
    ]
    yield write
    register = ua.RegisterNodesRequest()
    register.Parameters.NodesToRegister = [value, at]
    yield register
    yield ua.AddNodesRequest()
    yield ua.DeleteNodesRequest()
    yield from _sessions()


class Insider:
    """Over a secure channel: bodies are changed before they are encrypted, and so decoded. `logs_in`: as a user."""

    def __init__(self, station: Station, group: str, mutator: Mutator, *, logs_in: bool) -> None:
        self._station = station
        self._group = group
        self._mutator = mutator
        self._logs_in = logs_in
        self._client: Client | None = None
        self._bodies: Iterator[Any] = iter(())
        self._asked = 0

    async def body(self) -> tuple[float, str]:
        """One request with bytes changed."""
        client = await self._connected()
        protocol: Any = client.uaclient.protocol
        request = next(self._bodies)
        self._asked += 1
        request.RequestHeader.AuthenticationToken = protocol.authentication_token
        began = time.monotonic()
        try:
            said = self._send(protocol, self._mutator.changed(struct_to_binary(request), _head_of(request)))
            # Requests of a channel are served in turn: when the next one is answered, this one is done with.
            probe = ua.ReadRequest() if self._logs_in else ua.GetEndpointsRequest()
            probe.RequestHeader.AuthenticationToken = protocol.authentication_token
            async with asyncio.timeout(_WITHIN_S):
                answer = await self._send(protocol, struct_to_binary(probe))
        except TimeoutError:
            await self.close()
            return _WITHIN_S, "silent"
        except (ConnectionError, ua.UaError):
            await self.close()
            return time.monotonic() - began, "closed"
        took_s = time.monotonic() - began
        fault = nodeid_from_binary(answer.copy()) == ua.FourByteNodeId(ua.ObjectIds.ServiceFault_Encoding_DefaultBinary)
        if fault and self._logs_in:
            await self.close()  # it has closed its session
        end = "answered" if said.done() else "kept"
        said.cancel()
        return took_s, end

    @staticmethod
    def _send(protocol: Any, body: bytes) -> "asyncio.Future[Any]":  # Any: asyncua's buffer
        if protocol is None or protocol.transport is None:
            raise ConnectionError
        protocol._request_id += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        # Its end is not always waited for.
        future.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        protocol._callbackmap[protocol._request_id] = future
        protocol.transport.write(protocol._connection.message_to_binary(body, request_id=protocol._request_id))
        return future

    async def _connected(self) -> Client:
        if self._client is not None:
            return self._client
        client = await client_of(self._station)
        if self._logs_in:
            await client.connect()
            index = await client.get_namespace_index(names.NAMESPACE)
            params = ua.CreateSubscriptionParameters()
            params.RequestedPublishingInterval, params.RequestedLifetimeCount = 500.0, 10_000
            own = (await client.uaclient.create_subscription(params, lambda _: None)).SubscriptionId
            made: Callable[[], Iterator[Any]] = partial(_services, index, self._group, own)
        else:
            await client.connect_socket()
            await client.send_hello()
            await client.open_secure_channel()
            made = _sessions
        self._client, self._bodies = client, _from(made, self._asked)
        return client

    async def close(self) -> None:
        """Hang up."""
        client, self._client = self._client, None
        if client is None:
            return
        client.uaclient.disconnect_socket()
        with suppress(Exception):
            async with asyncio.timeout(1.0):
                await client.disconnect()


def _head_of(request: Any) -> int:
    """How many bytes stand before a request's own fields."""
    parameters = getattr(request, "Parameters", None)
    return 0 if parameters is None else len(struct_to_binary(request)) - len(struct_to_binary(parameters))


def _from(made: Callable[[], Iterator[Any]], first: int) -> Iterator[Any]:
    """The requests over and over, from the one on that a connection before this one had come to."""
    requests = list(made())
    return islice(cycle(requests), first % len(requests), None)


async def run(station: Station, certificate: bytes, group: str, seed: int, inputs: int) -> dict[str, Layer]:
    """`inputs` of every layer. Raises what asyncua does when an honest connection is not made."""
    mutator = Mutator(seed)
    strangers = Strangers(station.port, certificate, mutator)
    outside = Insider(station, group, mutator, logs_in=False)
    inside = Insider(station, group, mutator, logs_in=True)
    layers = {
        "raw port": strangers.noise,
        "TCP hello": strangers.hello,
        "channel": strangers.channel,
        "message": strangers.chunk,
        "session": outside.body,
        "services": inside.body,
    }
    found = {}
    for name, one in layers.items():
        found[name] = layer = Layer()
        for _ in range(inputs):
            layer.add(*await one())
    await outside.close()
    await inside.close()
    return found
