"""Clients of the interface: asyncua's, with a certificate of their own, in and out of the trust list."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from asyncua import Client
from asyncua import ua as asyncua_ua
from asyncua.crypto import security_policies

from otha import names
from otha.certificates import OwnIdentity, own_identity
from tests.interface.house import PASSWORD, USERS

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua
POLICIES = (
    security_policies.SecurityPolicyBasic256Sha256,
    security_policies.SecurityPolicyAes128Sha256RsaOaep,
    security_policies.SecurityPolicyAes256Sha256RsaPss,
)


class Served(Protocol):
    """An interface that listens: where, and with which certificate."""

    url: str

    @property
    def certificate(self) -> Path:
        """Its file."""


def identity(folder: Path, name: str) -> OwnIdentity:
    """A client's certificate and key."""
    return own_identity(folder / name, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A client that has come in. `index`: of OTHA's namespace."""

    client: Client
    index: int

    def node(self, owner: str, name: str = "") -> Any:
        """A node of OTHA's namespace."""
        return self.client.get_node(ua.NodeId(names.variable_id(owner, name) if name else owner, self.index))

    async def call(self, method: str, *arguments: Any) -> list[Any]:
        """Call a method of the group."""
        group = self.node(names.group_id("tanks"))
        found = await group.call_method(ua.NodeId(names.variable_id("GroupType", method), self.index), *arguments)
        return found if isinstance(found, list) else [found]


async def secured(house: Served, own: OwnIdentity | None, policy: Any = POLICIES[0]) -> Client:
    """A client with this certificate, not connected yet."""
    client = Client(house.url, timeout=20, watchdog_intervall=20)
    if own is not None:
        client.application_uri = own.application_uri
        await client.set_security(
            policy,
            str(own.certificate),
            str(own.key),
            server_certificate=str(house.certificate),
            mode=ua.MessageSecurityMode.SignAndEncrypt,
        )
    return client


@asynccontextmanager
async def guest(
    house: Served,
    own: OwnIdentity | None,
    role: str = "operator",
    *,
    password: str = PASSWORD,
    policy: Any = POLICIES[0],
) -> AsyncIterator[Guest]:
    """A client that has logged in as the user of this role."""
    client = await secured(house, own, policy)
    client.set_user(USERS.get(role, role))
    client.set_password(password)
    async with client:
        yield Guest(client=client, index=await client.get_namespace_index(names.NAMESPACE))
