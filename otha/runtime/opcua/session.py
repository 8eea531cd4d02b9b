"""One connected session at an OPC UA server: opened whole or not at all, every await bounded by its caller."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import TypeVar

from asyncua import ua

from otha.guard import Guard, Guarded
from otha.runtime.opcua import trust
from otha.runtime.opcua.transport import GuardedClient
from otha.runtime.opcua.values import aware, id_of, is_bad, is_good, plain, resolve
from otha.site.opcua import Value, Want
from otha.wire.opcua import Open, ReadNodes

_SESSION_TIMEOUT_MS = 120_000
_CHANNEL_LIFETIME_MS = 3_600_000
_RENEW_AFTER = 0.75
_RENEW_PAUSE_NS = 30_000_000_000
_LOOK_AGAIN_NS = 5_000_000_000

_NAMESPACES = id_of(ua.ObjectIds.Server_NamespaceArray)
_CURRENT_TIME = id_of(ua.ObjectIds.Server_ServerStatus_CurrentTime)
_RETURN_TIME = id_of(ua.ObjectIds.Server_EstimatedReturnTime)

T = TypeVar("T")


class Session:
    """A session that stands, until `is_lost`. Make one with `Opening`."""

    def __init__(self, setup: Open, guard: Guard, client: GuardedClient) -> None:
        self.setup = setup
        self._guard = guard
        self._client = client
        self._nodes: list[ua.NodeId | None] = []
        self._resolved_ns = 0
        self._renewed_ns = time.monotonic_ns()
        self._renewing = False
        self.unknown = ""

    @property
    def is_lost(self) -> bool:
        """The connection is no more."""
        wire = self._client.guarded.wire
        return wire is None or wire.is_closed

    @property
    def offended(self) -> bool:
        """Taking what the server sent has cost too much."""
        wire = self._client.guarded.wire
        return wire is not None and wire.offended

    @property
    def received_ns(self) -> int:
        """When bytes came last."""
        wire = self._client.guarded.wire
        return 0 if wire is None else wire.received_ns

    def abort(self) -> None:
        """Close the connection at once."""
        self._client.abort()

    async def close(self) -> None:
        """Close the session as the standard wants it. Bounded by the caller."""
        await self._guarded(self._client.uaclient.close_session(True))
        await self._guarded(self._client.close_secure_channel())

    async def beat(self) -> tuple[Value, ...]:
        """The values of the channel's nodes, in one Read. Raises whatever asyncua does."""
        wanted = self.setup.nodes
        if self.unknown and time.monotonic_ns() - self._resolved_ns > _LOOK_AGAIN_NS:
            await self.resolve_nodes()
        results = await self._read([node for node in self._nodes if node is not None], with_clock=self._ages)
        server_now = _moment(results.pop()) if self._ages else None
        found = iter(results)
        return tuple(
            None if node is None else plain(next(found), Want(want.want), want.counts_per_unit, server_now)
            for node, want in zip(self._nodes, wanted, strict=True)
        )

    async def read(self, request: ReadNodes) -> tuple[Value, ...]:
        """The values of other nodes: numbers, or else texts. Raises ValueError for a namespace the server lacks, unless
        that is no more than a value that is not good."""
        spaces = await self._namespaces()
        if request.good_only:
            ids = [resolve(node, spaces) for node in request.nodes]
        else:
            ids = [_known(node, spaces) for node in request.nodes]
        known = [id_ for id_ in ids if id_ is not None]
        found = iter(await self._read(known, with_clock=False) if known else ())
        return tuple(
            None if id_ is None else _value(next(found), counts, good_only=request.good_only)
            for id_, counts in zip(ids, request.counts_per_unit, strict=True)
        )

    async def look(
        self, nodes: Sequence[str], attribute: ua.AttributeIds = ua.AttributeIds.Value
    ) -> list[ua.DataValue | None]:
        """What the server says of an attribute of each node, its StatusCode included; None where it does not know the
        namespace. Raises ValueError for what is no NodeId, and whatever asyncua does."""
        spaces = await self._namespaces()
        ids = [resolve(node, spaces) for node in nodes]
        known = [id_ for id_ in ids if id_ is not None]
        found = iter(await self._read(known, with_clock=False, attribute=attribute) if known else ())
        return [None if id_ is None else next(found) for id_ in ids]

    async def call(self, object_id: str, method_id: str, arguments: Sequence[ua.Variant]) -> ua.CallMethodResult:
        """Call a method. Raises ValueError for a namespace the server lacks."""
        spaces = await self._namespaces()
        request = ua.CallMethodRequest()
        request.ObjectId = _known(object_id, spaces)
        request.MethodId = _known(method_id, spaces)
        request.InputArguments = list(arguments)
        results = await self._guarded(self._client.uaclient.call([request]))
        if len(results) != 1:
            raise ua.UaError(f"{len(results)} results of one call")
        return results[0]

    async def return_in_ms(self) -> int | None:
        """How long the server says that it will be away, None when it does not say."""
        back, clock = await self._read([_RETURN_TIME], with_clock=True)
        until, now = _moment(back), _moment(clock)
        return None if until is None or now is None else round((until - now).total_seconds() * 1000)

    async def resolve_nodes(self) -> None:
        """Find the channel's nodes by their namespaces' URIs; `unknown` says which are not there."""
        spaces = await self._namespaces()
        self._resolved_ns = time.monotonic_ns()
        self._nodes = [resolve(want.node, spaces) for want in self.setup.nodes]
        missing = [want.node for want, node in zip(self.setup.nodes, self._nodes, strict=True) if node is None]
        self.unknown = f"the server does not know the namespace of {missing[0]}" if missing else ""

    async def keep_channel(self) -> None:
        """Renew the secure channel when three quarters of its life are over (Part 4, section 5.5.2)."""
        age_ns = time.monotonic_ns() - self._renewed_ns
        due_ns = max(int(self._client.secure_channel_timeout * 1_000_000 * _RENEW_AFTER), _RENEW_PAUSE_NS)
        if age_ns < due_ns or self._renewing:
            return
        self._renewing = True
        try:
            await self._guarded(self._client.open_secure_channel(renew=True))
            self._client.uaclient.revolve_security_token()
            self._renewed_ns = time.monotonic_ns()
        finally:
            self._renewing = False

    @property
    def _ages(self) -> bool:
        return any(want.want == Want.AGE.value for want in self.setup.nodes)

    async def _namespaces(self) -> list[str]:
        (found,) = await self._read([_NAMESPACES], with_clock=False)
        spaces = None if found.Value is None else found.Value.Value
        if is_bad(found) or not isinstance(spaces, list):
            raise ua.UaError("no namespace array")
        return [space if isinstance(space, str) else "" for space in spaces]

    async def _read(
        self,
        nodes: Sequence[ua.NodeId],
        *,
        with_clock: bool,
        attribute: ua.AttributeIds = ua.AttributeIds.Value,
    ) -> list[ua.DataValue]:
        params = ua.ReadParameters()
        params.MaxAge = 0
        params.TimestampsToReturn = ua.TimestampsToReturn.Source
        ids = [*nodes, _CURRENT_TIME] if with_clock else [*nodes]
        for node in ids:
            want = ua.ReadValueId()
            want.NodeId = node
            want.AttributeId = attribute
            params.NodesToRead.append(want)
        results: list[ua.DataValue] = await self._guarded(self._client.uaclient.read(params))
        if len(results) != len(ids):
            raise ua.UaError(f"{len(results)} results of {len(ids)} reads")
        return results

    async def _guarded(self, work: Awaitable[T]) -> T:
        done: T = await Guarded(self._guard, self.setup.channel, work)
        return done


def _known(node: str, spaces: Sequence[str]) -> ua.NodeId:
    found = resolve(node, spaces)
    if found is None:
        raise ValueError(f"the server does not know the namespace of {node}")
    return found


def _value(value: ua.DataValue, counts_per_unit: int, *, good_only: bool) -> Value:
    if good_only and not is_good(value):
        return None
    made = plain(value, Want.NUMBER, counts_per_unit, None)
    return plain(value, Want.TEXT, 1, None) if made is None else made


def _moment(value: ua.DataValue) -> datetime | None:
    return None if is_bad(value) or value.Value is None else aware(value.Value.Value)


class Opening:
    """The making of a session. `stage` says how far it has come."""

    def __init__(self, setup: Open, guard: Guard) -> None:
        self._setup = setup
        self._guard = guard
        self._client: GuardedClient | None = None
        self.stage = trust.CONNECTING

    @property
    def offended(self) -> bool:
        """Taking what the server sent has cost too much."""
        wire = None if self._client is None else self._client.guarded.wire
        return wire is not None and wire.offended

    async def open(self) -> Session:
        """The session with its nodes found. Raises whatever went wrong; nothing is left open then."""
        setup = self._setup
        client = self._client = GuardedClient(setup.url, setup.connect_ms / 1000, self._guard, setup.channel)
        client.session_timeout = _SESSION_TIMEOUT_MS
        client.secure_channel_timeout = _CHANNEL_LIFETIME_MS
        session = Session(setup, self._guard, client)
        try:
            async with asyncio.timeout(setup.connect_ms / 1000):
                password = await trust.identify(client, setup)
                await self._step(client.connect_socket())
                await self._step(client.send_hello())
                self.stage = trust.OPENING
                await self._step(client.open_secure_channel())
                self.stage = trust.SESSION
                await self._step(client.create_session())
                await self._step(client.activate_session(setup.user or None, password))
                self.stage = trust.READING
                await session.resolve_nodes()
        except BaseException:
            session.abort()
            raise
        return session

    async def _step(self, work: Awaitable[object]) -> None:
        await Guarded(self._guard, self._setup.channel, work)
