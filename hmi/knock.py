"""Knocking at an interface: which policy and certificate it offers, and a client that fits. Loads asyncua, which takes
its time: imported in the connection's thread alone, so that the window is there first."""

import asyncio
import logging
from typing import Any, Final

from asyncua import Client
from asyncua import ua as asyncua_ua
from asyncua.crypto import security_policies, uacrypto
from asyncua.ua.uaerrors import UaError
from PySide6.QtCore import QCoreApplication

from hmi.line import Line
from hmi.model import Link
from hmi.opening import Opening, Stop
from hmi.trust import Identity

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua
translate = QCoreApplication.translate

TIMEOUT_S: Final = 6.0
_POLICIES: Final = (
    security_policies.SecurityPolicyAes256Sha256RsaPss,
    security_policies.SecurityPolicyBasic256Sha256,
    security_policies.SecurityPolicyAes128Sha256RsaOaep,
)

__all__ = ["TIMEOUT_S", "Line", "UaError", "client_for", "name_of", "offered", "transport_of"]
# What goes wrong with a connection is shown where people look.
logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)


async def offered(url: str) -> tuple[Any, bytes]:  # Any: a class of asyncua
    """The best policy that signs and encrypts, and the certificate with it. Raises UaError, OSError, TimeoutError."""
    client = Client(url, timeout=TIMEOUT_S)
    async with asyncio.timeout(TIMEOUT_S):
        endpoints = await client.connect_and_get_server_endpoints()
    for policy in _POLICIES:
        for each in endpoints:
            if each.SecurityPolicyUri == policy.URI and each.SecurityMode == ua.MessageSecurityMode.SignAndEncrypt:
                der = bytes(each.ServerCertificate or b"")
                return policy, der[: int.from_bytes(der[2:4], "big") + 4]  # the first of a chain
    raise Stop(
        Link.CLOSED,
        translate("Link", "nothing there signs and encrypts"),
        translate("Link", "that is no interface of OTHA: check the address"),
    )


async def client_for(opening: Opening, identity: Identity, policy: Any) -> Client:  # Any: as above
    client = Client(opening.url, timeout=TIMEOUT_S, watchdog_intervall=2.0)
    client.session_timeout = 60_000
    client.name = client.description = "OTHA HMI"
    client.application_uri = identity.application_uri
    client.set_user(opening.user)
    client.set_password(opening.password)
    try:
        await client.set_security(
            policy,
            str(identity.certificate),
            str(identity.key),
            server_certificate=uacrypto.CertProperties(opening.certificate, "der"),
            mode=ua.MessageSecurityMode.SignAndEncrypt,
        )
    except ValueError as error:
        raise Stop(
            Link.CLOSED,
            translate("Link", "its certificate can't be read: {0}").format(error),
            translate("Link", "check the address"),
        ) from error
    return client


def transport_of(client: Client) -> asyncio.Transport | None:
    """What a client talks over. One that has given its peer up lets go of it without closing it."""
    protocol = client.uaclient.protocol
    return None if protocol is None else protocol.transport


def name_of(error: UaError) -> str:
    """The name of a StatusCode, else what the error says."""
    code = getattr(error, "code", None)
    return str(ua.StatusCode(code).name) if isinstance(code, int) else str(error) or type(error).__name__
