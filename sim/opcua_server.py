"""An OPC UA server of the simulated plant: own application URI, variables and methods by string ids, standard nodes.

asyncua under it; what asyncua leaves out of a redundant server is put right here: ServerUriArray is referenced,
anonymous users are users and not administrators, ServerState is written with its ServerStatus.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, Final

from asyncua import ua
from asyncua.common.callback import CallbackType
from asyncua.common.node import Node
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.internal_server import InternalServer
from asyncua.server.server import Server
from asyncua.server.user_managers import UserManager
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes
from cryptography.x509.oid import ExtendedKeyUsageOID

from sim import standard
from sim.opcua import BOOLEAN, FOLDER, INT32, application_uri, node_id, standard_id
from sim.plant import Plant

NO_DATA: Final = 1
DEGRADED: Final = 150
HEALTHY: Final = 255

_REDUNDANCY_HOT: Final = 3
_REFRESH_SEVERITY: Final = 1
_UNKNOWN_TIME: Final = ua.DateTime(1601, 1, 1, tzinfo=UTC)
_RETURNS_IN: Final = timedelta(seconds=60)
_ENCRYPTED: Final = [
    ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    ua.SecurityPolicyType.Aes128Sha256RsaOaep_SignAndEncrypt,
    ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
]

Method = Callable[..., Awaitable[Sequence[int | list[int]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument or result of a method."""

    name: str
    kind: ua.VariantType
    array: bool = False

    def described(self) -> ua.Argument:
        """As the server tells it."""
        rank = ua.ValueRank.OneDimension if self.array else ua.ValueRank.Scalar
        return ua.Argument(Name=self.name, DataType=standard_id(self.kind.value), ValueRank=rank)


class _Everybody(UserManager):
    """Anybody may read, call, and write what is writable."""

    def get_user(
        self,
        _iserver: InternalServer,
        username: str | None = None,
        password: str | None = None,
        certificate: Any = None,
    ) -> User:
        return User(role=UserRole.User, name=username)


class PlantServer:
    """One server. Set it up by `open`, then `add_variables` and `add_method`, then `start`."""

    def __init__(self, server: Server, index: int, folder: Node) -> None:
        self._server = server
        self._index = index
        self._folder = folder
        self._kinds: dict[str, ua.VariantType] = {}
        self._writable: dict[ua.NodeId, Callable[[int], None]] = {}
        self._level: int | None = None

    @staticmethod
    async def open(
        plant: Plant, name: str, namespace: str, *, peers: Sequence[str] = (), conditions: bool = False
    ) -> "PlantServer":
        """A server for the process `name`. `peers` are the names of its redundant set, itself included; `conditions`:
        it has Conditions, and answers ConditionRefresh."""
        inner = standard.new_server()
        inner.user_manager = _Everybody()
        server = Server(inner)
        if conditions:
            server.iserver.bind_condition_methods = _REFRESH_SEVERITY
        await server.init()
        server.set_server_name(name)
        await server.set_application_uri(application_uri(name))
        server.set_endpoint(f"opc.tcp://127.0.0.1:{plant.ports[name]}/")
        server.set_identity_tokens([ua.AnonymousIdentityToken])
        if plant.secure:
            await _secure(server, plant.directory, name)
        else:
            server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        index = await server.register_namespace(namespace)
        folder = await server.nodes.objects.add_object(node_id(FOLDER, index), ua.QualifiedName(FOLDER, index))
        opened = PlantServer(server, index, folder)
        if peers:
            await _redundant(server, [application_uri(peer) for peer in peers])
        server.subscribe_server_callback(CallbackType.PostWrite, opened._written)
        return opened

    async def add_variables(self, kinds: Mapping[str, ua.VariantType]) -> None:
        """Variables that only this process writes; 0 at first."""
        for name, kind in kinds.items():
            await self._add(name, kind)

    async def add_object(self, name: str) -> None:
        """An object without variables of its own: what a Condition's id names."""
        await self._folder.add_object(self.node_id(name), ua.QualifiedName(name, self._index))

    async def add_setting(self, name: str, kind: ua.VariantType, take: Callable[[int], None]) -> None:
        """A variable that clients may write; `take` gets what they wrote."""
        node = await self._add(name, kind)
        await node.set_writable()
        self._writable[node.nodeid] = take

    async def add_history(self, name: str) -> None:
        """Let clients ask for a variable's history."""
        node = self._server.get_node(self.node_id(name))
        await node.set_attr_bit(AttributeIds.AccessLevel, ua.AccessLevel.HistoryRead)
        await node.set_attr_bit(AttributeIds.UserAccessLevel, ua.AccessLevel.HistoryRead)
        await node.write_attribute(AttributeIds.Historizing, ua.DataValue(ua.Variant(True, BOOLEAN)))

    async def add_method(self, name: str, body: Method, takes: Sequence[Argument], gives: Sequence[Argument]) -> None:
        """A method. `body` gets the arguments' values and returns the results' in order."""

        async def call(_parent: ua.NodeId, *given: ua.Variant) -> list[ua.Variant] | ua.StatusCode:
            values = _values(given, takes)
            if values is None:
                return ua.StatusCode(ua.UInt32(StatusCodes.BadInvalidArgument))
            results = await body(*values)
            return [ua.Variant(value, result.kind) for value, result in zip(results, gives, strict=True)]

        await self._folder.add_method(
            self.node_id(name),
            ua.QualifiedName(name, self._index),
            call,
            [argument.described() for argument in takes],
            [argument.described() for argument in gives],
        )

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        await self._server.start()

    @property
    def raw(self) -> Server:
        """The asyncua server, for what is needed once only."""
        return self._server

    def node_id(self, name: str) -> ua.NodeId:
        """The id of a variable or method."""
        return node_id(name, self._index)

    async def show(self, values: Mapping[str, int | bool], *, measured_at: ua.DateTime | None = None) -> None:
        """Renew variables, as of now or of the time they were measured."""
        at = measured_at or ua.DateTime.now(UTC)
        for name, value in values.items():
            shown = ua.DataValue(ua.Variant(value, self._kinds[name]), SourceTimestamp=at)
            await self._server.write_attribute_value(self.node_id(name), shown)

    async def show_level(self, level: int) -> None:
        """Renew ServiceLevel; at 0, maintenance, say as well when this server expects to be back."""
        if level == self._level:
            return
        self._level = level
        await self._standard(ObjectIds.Server_ServiceLevel, ua.Variant(level, ua.VariantType.Byte))
        back = ua.DateTime.now(UTC) + _RETURNS_IN if level == 0 else _UNKNOWN_TIME
        await self._standard(ObjectIds.Server_EstimatedReturnTime, ua.Variant(back, ua.VariantType.DateTime))

    async def _standard(self, node: int, value: ua.Variant) -> None:
        shown = ua.DataValue(value, SourceTimestamp=ua.DateTime.now(UTC))
        await self._server.write_attribute_value(standard_id(node), shown)

    async def _add(self, name: str, kind: ua.VariantType) -> Node:
        self._kinds[name] = kind
        first: int | bool = False if kind is BOOLEAN else 0
        return await self._folder.add_variable(self.node_id(name), ua.QualifiedName(name, self._index), first, kind)

    def _written(self, event: Any, _dispatcher: Any) -> None:
        if not event.is_external:
            return
        for wanted, answer in zip(event.request_params.NodesToWrite, event.response_params, strict=True):
            take = self._writable.get(wanted.NodeId)
            if take is not None and answer.is_good() and wanted.AttributeId == AttributeIds.Value:
                take(wanted.Value.Value.Value)


def _values(given: Sequence[ua.Variant], takes: Sequence[Argument]) -> list[Any] | None:
    """The arguments' values, None when they aren't what the method takes."""
    if len(given) != len(takes):
        return None
    values = []
    for variant, argument in zip(given, takes, strict=True):
        value = variant.Value
        if argument.array and value is None:
            value = []
        if variant.VariantType is not argument.kind or isinstance(value, list) is not argument.array:
            return None
        values.append(value)
    return values


async def _redundant(server: Server, uris: list[str]) -> None:
    support = server.get_node(ObjectIds.Server_ServerRedundancy_RedundancySupport)
    await support.write_value(ua.Variant(_REDUNDANCY_HOT, INT32))
    array = server.get_node(ObjectIds.Server_ServerRedundancy_ServerUriArray)
    await array.write_value(ua.Variant(uris, ua.VariantType.String))
    redundancy = server.get_node(ObjectIds.Server_ServerRedundancy)
    await redundancy.add_reference(array, ObjectIds.HasProperty)
    own = server.get_application_uri()
    servers = [own, *(uri for uri in uris if uri != own)]
    await server.get_node(ObjectIds.Server_ServerArray).write_value(ua.Variant(servers, ua.VariantType.String))


async def _secure(server: Server, directory: Path, name: str) -> None:
    key, certificate = directory / f"{name}.key.pem", directory / f"{name}.cert.der"
    await setup_self_signed_certificate(
        key, certificate, application_uri(name), "localhost", [ExtendedKeyUsageOID.SERVER_AUTH], {"commonName": name}
    )
    await server.load_certificate(certificate)
    await server.load_private_key(key)
    server.set_security_policy(_ENCRYPTED)
