"""Who a server is and who OTHA is to it: certificates, users, and what goes wrong with them in words."""

from datetime import UTC, datetime
from pathlib import Path

from asyncua import ua
from asyncua.crypto import security_policies
from cryptography import x509

from otha.core.errors import EngineerError
from otha.runtime.opcua.transport import GuardedClient
from otha.site.written import OpcuaSecurity
from otha.wire.opcua import Open

_POLICIES: dict[OpcuaSecurity, type[security_policies.SecurityPolicy]] = {
    OpcuaSecurity.BASIC256SHA256: security_policies.SecurityPolicyBasic256Sha256,
    OpcuaSecurity.AES128_SHA256_RSA_OAEP: security_policies.SecurityPolicyAes128Sha256RsaOaep,
    OpcuaSecurity.AES256_SHA256_RSA_PSS: security_policies.SecurityPolicyAes256Sha256RsaPss,
}

BUSY = frozenset(
    {
        ua.StatusCodes.BadTooManyOperations,
        ua.StatusCodes.BadTooManySessions,
        ua.StatusCodes.BadTcpServerTooBusy,
        ua.StatusCodes.BadTcpNotEnoughResources,
        ua.StatusCodes.BadResourceUnavailable,
        ua.StatusCodes.BadServerTooBusy,
    }
)
# The session or channel is no more: a new connection mends it.
GONE = frozenset(
    {
        ua.StatusCodes.BadSessionIdInvalid,
        ua.StatusCodes.BadSessionClosed,
        ua.StatusCodes.BadSessionNotActivated,
        ua.StatusCodes.BadSecureChannelIdInvalid,
        ua.StatusCodes.BadSecureChannelClosed,
        ua.StatusCodes.BadSecureChannelTokenUnknown,
        ua.StatusCodes.BadConnectionClosed,
        ua.StatusCodes.BadShutdown,
        ua.StatusCodes.BadServerHalted,
    }
)
_USER = frozenset(
    {
        ua.StatusCodes.BadUserAccessDenied,
        ua.StatusCodes.BadIdentityTokenInvalid,
        ua.StatusCodes.BadIdentityTokenRejected,
        ua.StatusCodes.BadUserSignatureInvalid,
    }
)
_DISTRUST = frozenset(
    {
        ua.StatusCodes.BadSecurityChecksFailed,
        ua.StatusCodes.BadCertificateUntrusted,
        ua.StatusCodes.BadCertificateInvalid,
        ua.StatusCodes.BadCertificateTimeInvalid,
        ua.StatusCodes.BadCertificateUriInvalid,
        ua.StatusCodes.BadCertificateUseNotAllowed,
        ua.StatusCodes.BadCertificateHostNameInvalid,
        ua.StatusCodes.BadCertificateChainIncomplete,
    }
)


class IdentityError(EngineerError):
    """A certificate, key or password that can't be used. The sentence names the file."""


def _certificate(path: str, whose: str) -> x509.Certificate:
    """A certificate that is valid today. Raises IdentityError."""
    try:
        data = Path(path).read_bytes()
        found = x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)
    except OSError as error:
        raise IdentityError(f"{whose} {path} can't be read: {error.strerror}", mend="put it there") from error
    except ValueError as error:
        raise IdentityError(f"{whose} {path} is no certificate", mend="give a DER or PEM file") from error
    now = datetime.now(UTC)
    if now > found.not_valid_after_utc:
        day = found.not_valid_after_utc.date()
        raise IdentityError(f"{whose} {path} has expired on {day}", mend="renew it and put the new one there")
    if now < found.not_valid_before_utc:
        day = found.not_valid_before_utc.date()
        raise IdentityError(f"{whose} {path} is not valid before {day}", mend="check this machine's clock")
    return found


async def identify(client: GuardedClient, setup: Open) -> str | None:
    """Set the security policy of `client`; the user's password, None for anonymous. Raises IdentityError."""
    client.application_uri = setup.application_uri
    client.name = client.description = "OTHA"
    security = OpcuaSecurity(setup.security)
    if security is not OpcuaSecurity.NONE:
        _certificate(setup.server_certificate, "the server's certificate")
        _certificate(setup.own_certificate, "OTHA's own certificate")
        await client.set_security(
            _POLICIES[security],
            setup.own_certificate,
            setup.own_key,
            server_certificate=setup.server_certificate,
            mode=ua.MessageSecurityMode.SignAndEncrypt,
        )
    return _password(setup.password_file) if setup.user else None


def _password(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise IdentityError(f"the password file {path} can't be read", mend="put it there, readable") from error


def code_of(error: BaseException) -> int | None:
    """The StatusCode that a server answered with, None when it is no answer of a server."""
    return error.code if isinstance(error, ua.UaStatusCodeError) else None


def why(error: BaseException, setup: Open, stage: str) -> str:
    """What went wrong with a connection while `stage`, and the mend, in one short sentence."""
    code = code_of(error)
    secure = setup.security != OpcuaSecurity.NONE.value
    identity = (
        f"that the server offers {setup.security} and trusts {setup.own_certificate}, "
        f"and that {setup.server_certificate} is its certificate"
    )
    match error:
        case IdentityError():
            return str(error)
        case ConnectionRefusedError():
            return "connection refused"
        case TimeoutError() if secure and stage == OPENING:
            return f"the secure channel is not opened: check {identity}"
        case TimeoutError():
            return f"no answer while {stage}"
        case _ if code in _USER:
            who = f"user {setup.user}" if setup.user else "the anonymous user"
            return f"{who} is refused: check user and password at the server"
        case _ if code in _DISTRUST and secure:
            return f"certificate not trusted ({_name(error)}): check {identity}"
        case _ if code == ua.StatusCodes.BadSecurityPolicyRejected:
            return f"the server does not offer {setup.security}"
        case _ if code is not None:
            return f"{_name(error)} while {stage}"
        case ua.UaError() if "No matching endpoints" in str(error):
            return f"the server does not offer {setup.security} with signing and encryption"
        case ua.UaError() if "certificate mismatch" in str(error):
            return f"certificate not trusted: the server's is not {setup.server_certificate}"
        case OSError() if secure and stage == OPENING:
            return f"the secure channel was refused: check {identity}"
        case OSError():
            return f"connection lost while {stage}" if error.errno is None else (error.strerror or str(error))
        case _:
            return f"an answer that can't be understood while {stage} ({type(error).__name__})"


def _name(error: BaseException) -> str:
    return type(error).__name__


CONNECTING = "connecting"
OPENING = "opening the secure channel"
SESSION = "opening a session"
READING = "reading"
