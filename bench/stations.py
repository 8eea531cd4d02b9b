"""OPC UA clients of OTHA's own interface, for the benchmarks: who they are and how they come in."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asyncua import Client
from asyncua import ua as asyncua_ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256

from otha import names
from otha.certificates import own_identity
from otha.interface import place
from otha.interface.trust import TrustList
from otha.interface.users import Users
from otha.wire.access import AccessRole

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

PASSWORD = "a-long-pass-phrase"
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A trusted client of the interface at `url`; the rest are files."""

    url: str
    user: str
    server_certificate: str
    certificate: str
    key: str
    application_uri: str

    @property
    def port(self) -> int:
        """Where the interface listens on 127.0.0.1."""
        return int(self.url.rpartition(":")[2].partition("/")[0])

    def to_json(self) -> str:
        """As an argument of a command."""
        return json.dumps(asdict(self))


def prepared(folder: Path, port: int, roles: dict[str, AccessRole]) -> dict[str, Station]:
    """Users of these names and roles, each with a trusted certificate, in the state directory of `folder`."""
    state = folder / "state"
    users, trust = Users(place.folder(state)), TrustList(place.folder(state))
    made = {}
    for name, role in roles.items():
        users.add(name, role, PASSWORD)
        own = own_identity(folder / name, name)
        trust.trust(own.certificate.read_bytes())
        made[name] = Station(
            url=f"opc.tcp://127.0.0.1:{port}/otha",
            user=name,
            server_certificate=str(place.own(state) / "otha.der"),
            certificate=str(own.certificate),
            key=str(own.key),
            application_uri=own.application_uri,
        )
    return made


async def client_of(station: Station) -> Client:
    """A client with its certificate and user, not connected yet."""
    client = Client(station.url, timeout=_TIMEOUT_S, watchdog_intervall=_TIMEOUT_S)
    client.application_uri = station.application_uri
    await client.set_security(
        SecurityPolicyBasic256Sha256,
        station.certificate,
        station.key,
        server_certificate=station.server_certificate,
        mode=ua.MessageSecurityMode.SignAndEncrypt,
    )
    client.set_user(station.user)
    client.set_password(PASSWORD)
    return client


async def acknowledged(client: Client, index: int, group: str, order_id: str) -> list[str]:
    """Order an acknowledgement, and wait for its answer: its codes. Raises what asyncua does."""
    at = client.get_node(ua.NodeId(names.group_id(group), index))
    method = ua.NodeId(names.variable_id("GroupType", "Acknowledge"), index)
    _accepted, _durable, _texts, codes, _preview = await at.call_method(method, order_id, "bench")
    return list(codes)
