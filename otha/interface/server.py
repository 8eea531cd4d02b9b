"""OTHA's own OPC UA server: endpoints, identity, address space."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.common.connection import TransportLimits
from asyncua.server.server import Server
from asyncua.ua.object_ids import ObjectIds

from otha.guard import Guard
from otha.interface import history
from otha.interface.listener import ChannelServer
from otha.interface.session import CALLS_MAX, NODES_MAX
from otha.interface.sessions import SessionServer
from otha.interface.space import SOURCE_OF_EVENTS
from otha.names import NAMESPACE
from otha.wire.interface import Setup

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

PATH: Final = "/otha"
_ENCRYPTED: Final = (
    ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    ua.SecurityPolicyType.Aes128Sha256RsaOaep_SignAndEncrypt,
    ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
)
_CHUNK: Final = 65_535
_CHUNKS_MAX: Final = 64
_PRODUCT: Final = "urn:otha:product"


class UaServer(Server):
    """The server of this setup. `certificate` and `key` are files, `application_uri` stands in the certificate."""

    def __init__(
        self, setup: Setup, sessions: SessionServer, guard: Guard, certificate: Path, key: Path, application_uri: str
    ) -> None:
        super().__init__(iserver=sessions)
        self._setup = setup
        self._sessions = sessions
        self._guard = guard
        self._files = certificate, key
        self._uri = application_uri
        self.name = f"OTHA {setup.site}"
        self.application_type = ua.ApplicationType.Server
        sessions.max_connections = setup.connections
        self.limits = TransportLimits(
            max_recv_buffer=_CHUNK,
            max_send_buffer=_CHUNK,
            max_chunk_count=_CHUNKS_MAX,
            max_message_size=_CHUNK * _CHUNKS_MAX,
        )

    async def prepare(self) -> int:
        """The standard address space and who we are; the index of OTHA's namespace. Raises UaError and OSError."""
        setup = self._setup
        await self.init()
        await self.set_application_uri(self._uri)
        await self.set_build_info(_PRODUCT, "OTHA", self.name, setup.version or "0", "", datetime.now(UTC))
        await self._tell_limits()
        self._tell_time()
        notifier = ua.DataValue(ua.Variant(SOURCE_OF_EVENTS, ua.VariantType.Byte))
        await self.nodes.server.write_attribute(ua.AttributeIds.EventNotifier, notifier)
        await self.load_certificate(self._files[0])
        await self.load_private_key(self._files[1])
        policies = list(_ENCRYPTED)
        if setup.allow_none:
            policies.append(ua.SecurityPolicyType.NoSecurity)
        self.set_security_policy(policies)
        self.set_endpoint(f"opc.tcp://{setup.host}:{setup.port}{PATH}")
        return await self.register_namespace(NAMESPACE)

    async def _tell_limits(self) -> None:
        for name, most in (
            ("MaxNodesPerRead", NODES_MAX),
            ("MaxNodesPerBrowse", NODES_MAX),
            ("MaxNodesPerMethodCall", CALLS_MAX),
            ("MaxNodesPerHistoryReadEvents", history.NODES_MAX),
            ("MaxMonitoredItemsPerCall", NODES_MAX),
        ):
            number = getattr(ObjectIds, f"Server_ServerCapabilities_OperationLimits_{name}")
            await self.get_node(ua.NodeId(number)).write_value(ua.Variant(most, ua.VariantType.UInt32))

    def _tell_time(self) -> None:
        """CurrentTime is that of the moment in which it is read: stations tell by it how far their clocks are off.

        asyncua writes it once a second, which goes to subscribers and is kept nowhere.
        """
        node = ua.NodeId(ObjectIds.Server_ServerStatus_CurrentTime)
        self.set_attribute_value_callback(node, lambda _node, _attribute: _now(), ua.AttributeIds.Value)
        self.set_attribute_value_setter(node, lambda _node, _attribute, _value: None, ua.AttributeIds.Value)

    async def start(self) -> None:
        """Listen. Raises OSError."""
        await self._setup_server_nodes()
        await self.iserver.start()
        host = self._setup.host.strip("[]")
        self.bserver = ChannelServer(
            self._sessions, host, self._setup.port, self.limits, self._guard, allow_none=self._setup.allow_none
        )
        self.bserver.set_policies(self._policies)
        await self.bserver.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self.bserver is not None
        return f"opc.tcp://{self._setup.host}:{self.bserver.port}{PATH}"


def _now() -> Any:  # Any: a DataValue
    now = datetime.now(UTC)
    return ua.DataValue(ua.Variant(now, ua.VariantType.DateTime), SourceTimestamp=now, ServerTimestamp=now)
