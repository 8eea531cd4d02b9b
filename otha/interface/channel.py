"""A secure channel of the interface: what its peer may ask before and after somebody has logged in over it.

asyncua lets a channel without security do everything, judges the certificate that a peer *claims*, and hands a session
to whoever names its number. Here a channel is asked first: how is it secured, is its own certificate trusted, is the
session its own.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from asyncua import ua as asyncua_ua
from asyncua.common.connection import TransportLimits
from asyncua.common.utils import ServiceError, create_nonce
from asyncua.crypto import uacrypto
from asyncua.crypto.security_policies import SecurityPolicyNone
from asyncua.server.internal_session import SessionState
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua import ua_binary
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.ua_binary import uatcp_to_binary

from otha import names
from otha.guard import Guard, Guarded, PeerCostError
from otha.interface.door import client_of
from otha.interface.pace import Turns, TurnsOf
from otha.interface.refusal import refused
from otha.interface.session import Session
from otha.interface.sessions import SessionServer
from otha.wire.access import Deed
from otha.wire.interface import Notice

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_NONCE_BYTES: Final = 32
_BUFFER_MIN: Final = 8_192  # OPC UA Part 6, 7.1.2.3
_OUT_MAX: Final = 16 << 20
_CHECK_AGAIN_S: Final = 1.0
_OPEN_MAX: Final = 16_384  # of a message that opens a channel: a chain of certificates, and its encrypted part,
_OPEN_ENCRYPTED_MAX: Final = 4_096  # each 256 bytes of which cost RSA with the private key
_OPEN_WAIT_NS: Final = 2_000_000_000
_RENEW_STEP_NS: Final = 1_000_000_000
_RENEW_BURST: Final = 5

_FROM_CLIENTS: Final = (
    ua.MessageType.Hello,
    ua.MessageType.SecureOpen,
    ua.MessageType.SecureMessage,
    ua.MessageType.SecureClose,
)
_CALL: Final = ObjectIds.CallRequest_Encoding_DefaultBinary
_HISTORY: Final = ObjectIds.HistoryReadRequest_Encoding_DefaultBinary
# What is read out of the journal takes up to minutes; orders of the same client do not wait for it.
_STUDIES: Final = (Deed.KPI, Deed.TRANSFERS, Deed.REPORT, Deed.VERIFY)
_LONG: Final = {
    names.variable_id("GroupType" if each.of_group else "SiteType", each.name): Deed(each.deed) in _STUDIES
    for each in names.SERVICES
    if Deed(each.deed) in (*_STUDIES, Deed.EVENTS)
}
_LONG_MAX: Final = 8  # at a time, over one channel
_DISCOVERY: Final = frozenset(
    {
        ObjectIds.GetEndpointsRequest_Encoding_DefaultBinary,
        ObjectIds.FindServersRequest_Encoding_DefaultBinary,
        ObjectIds.CloseSecureChannelRequest_Encoding_DefaultBinary,
    }
)
_REGISTERING: Final = frozenset(
    {
        ObjectIds.RegisterServerRequest_Encoding_DefaultBinary,
        ObjectIds.RegisterServer2Request_Encoding_DefaultBinary,
    }
)
_CREATE: Final = ObjectIds.CreateSessionRequest_Encoding_DefaultBinary
_ACTIVATE: Final = ObjectIds.ActivateSessionRequest_Encoding_DefaultBinary
_DECRYPTS: Final[dict[str, Callable[..., bytes]]] = {
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep": uacrypto.decrypt_rsa_oaep,
    "http://opcfoundation.org/UA/security/rsa-oaep-sha2-256": uacrypto.decrypt_rsa_oaep_sha256,
}


class Channel(UaProcessor):
    """Serves one connection."""

    def __init__(
        self,
        server: SessionServer,
        transport: Any,
        limits: TransportLimits,
        guard: Guard,
        openings: TurnsOf,
        *,
        allow_none: bool,
    ) -> None:
        super().__init__(server, transport, limits)
        self._server = server
        self._door = server.door
        self._guard = guard
        self._allow_none = allow_none
        self._transport: Any = transport
        self._checked_until = 0.0
        self.address = str(self.name[0]) if self.name else ""
        self._openings = openings.of(self.address)
        self._renewals = Turns(_RENEW_STEP_NS, _RENEW_BURST)
        self._long = set[asyncio.Task[None]]()
        self._studies, self._events = asyncio.Lock(), asyncio.Lock()

    @property
    def is_lost(self) -> bool:
        """The connection is no more."""
        return bool(self._transport.is_closing())

    @property
    def is_in(self) -> bool:
        """Somebody has logged in over this channel."""
        return isinstance(self.session, Session) and self.session.is_activated() and self.session.channel is self

    @property
    def certificate(self) -> bytes | None:
        """The certificate with which the peer has opened this channel."""
        found = self._connection.security_policy.peer_certificate
        return found if isinstance(found, bytes) else None

    @property
    def client(self) -> str:
        """The peer in the journal."""
        return client_of(self.address, self.certificate)

    def send_response(
        self, requesthandle: Any, seqhdr: Any, response: Any, msgtype: Any = ua.MessageType.SecureMessage
    ) -> None:
        super().send_response(requesthandle, seqhdr, response, msgtype)
        if self._transport.get_write_buffer_size() > _OUT_MAX:
            self._transport.abort()  # it asks and does not read

    async def process(self, header: Any, body: Any) -> Any:
        """Take a message; every stretch of work on it has its bound. False ends the connection."""
        if header.MessageType not in _FROM_CLIENTS:
            return False  # asyncua would take a client's Acknowledge, and with it limits that are none
        try:
            if header.MessageType == ua.MessageType.SecureOpen:
                await Guarded(self._guard, 0, self._may_open(header, body))
            going_on = await Guarded(self._guard, 0, super().process(header, body))
        except ServiceError as error:
            self._transport.write(uatcp_to_binary(ua.MessageType.Error, ua.ErrorMessage(ua.StatusCode(error.code), "")))
            return False
        except PeerCostError as error:
            self._door.tell(Notice.CUT_OFF, self._user, self.client, str(error))
            return False
        except Exception:
            # What a service raises has been answered: this is a chunk out of turn, sent again or forged, which ends the
            # channel (OPC UA Part 6, 6.7.2.4).
            return False
        return going_on and self._limits.max_send_buffer >= _BUFFER_MIN

    async def _may_open(self, header: Any, body: Any) -> None:
        """Whether a message that opens or renews a channel is worth its RSA: before any of it, its certificate is
        trusted, and this address does not open too many. Raises ServiceError (OPC UA Part 4, 6.1.3)."""
        data = body.copy(header.body_size)
        said = ua_binary.struct_from_binary(ua.AsymmetricAlgorithmHeader, data)
        if header.body_size > _OPEN_MAX or len(data) > _OPEN_ENCRYPTED_MAX:
            raise refused(StatusCodes.BadRequestTooLarge)
        turns = self._renewals if self._connection.is_open() else self._openings
        now = time.monotonic_ns()
        # Whoever is refused takes no turn: else one who tries again and again would keep all of his address out for
        # longer with each try.
        if turns.wait_ns(now) > _OPEN_WAIT_NS:
            self._door.tell(Notice.REFUSED, "", self.client, "it opens too many channels")
            raise refused(StatusCodes.BadTcpNotEnoughResources)
        wait_ns = turns.take(now)
        if said.SecurityPolicyURI != SecurityPolicyNone.URI:
            self._check_opener(said.SenderCertificate or b"")
        await asyncio.sleep(wait_ns / 1e9)

    def _check_opener(self, certificate: bytes) -> None:
        if self._connection.is_open() and certificate != self.certificate:
            raise refused(StatusCodes.BadSecurityChecksFailed)
        try:
            self._door.check_certificate(certificate, client_of(self.address, certificate), self.address)
        except ServiceError as error:
            # What exactly is wrong is in the journal, and no stranger's affair.
            in_time = error.code != StatusCodes.BadCertificateTimeInvalid
            raise refused(StatusCodes.BadSecurityChecksFailed if in_time else error.code) from error

    async def _process_message(self, typeid: Any, requesthdr: Any, seqhdr: Any, body: Any) -> Any:
        kind = typeid.Identifier
        if kind in _REGISTERING:
            raise refused(StatusCodes.BadServiceUnsupported)
        if kind in _DISCOVERY:
            return await super()._process_message(typeid, requesthdr, seqhdr, body)
        await self._check_security()
        if kind == _CREATE:
            return await self._create(typeid, requesthdr, seqhdr, body)
        if kind == _ACTIVATE:
            return await self._activate(requesthdr, seqhdr, body)
        self._check_session(requesthdr.AuthenticationToken)
        lane = self._events if kind == _HISTORY else self._lane_of(body) if kind == _CALL else None
        if lane is None:
            return await super()._process_message(typeid, requesthdr, seqhdr, body)
        if len(self._long) >= _LONG_MAX:
            raise refused(StatusCodes.BadTooManyOperations)
        work = partial(super()._process_message, typeid, requesthdr, seqhdr, body)
        task = asyncio.create_task(self._beside(lane, work, requesthdr, seqhdr))
        self._long.add(task)
        task.add_done_callback(self._long.discard)
        return True

    def _lane_of(self, body: Any) -> asyncio.Lock | None:
        """Where the calls of a request wait for their turn; None: with all else, for they take no time."""
        called = ua_binary.struct_from_binary(ua.CallParameters, body.copy()).MethodsToCall
        studies = {_LONG.get(each.MethodId.Identifier) for each in called}
        return None if not called or None in studies else self._studies if True in studies else self._events

    async def _beside(
        self, lane: asyncio.Lock, work: Callable[[], Awaitable[Any]], requesthdr: Any, seqhdr: Any
    ) -> None:
        """Answer a request in the turn of its lane, while others of this channel are answered; its stretches are
        bounded like theirs."""
        fault = ua.ServiceFault()
        try:
            async with lane:
                await Guarded(self._guard, 0, work())
            return
        except (ServiceError, ua.uaerrors.UaStatusCodeError) as error:
            fault.ResponseHeader.ServiceResult = ua.StatusCode(error.code)
        except PeerCostError as error:
            self._door.tell(Notice.CUT_OFF, self._user, self.client, str(error))
            self._transport.abort()
            return
        except Exception:
            fault.ResponseHeader.ServiceResult = ua.StatusCode(StatusCodes.BadInternalError)
        self.send_response(requesthdr.RequestHandle, seqhdr, fault)

    async def close(self) -> None:
        for task in self._long:
            task.cancel()
        await super().close()

    def _should_close_session_on_transport_loss(self) -> bool:
        moved_on = isinstance(self.session, Session) and self.session.channel is not self
        return not moved_on and super()._should_close_session_on_transport_loss()

    @property
    def _user(self) -> str:
        caller = self.session.caller if isinstance(self.session, Session) else None
        return "" if caller is None else caller.user

    async def _check_security(self) -> None:
        """Signed and encrypted by a peer whose certificate is still trusted, for a user that there still is."""
        now = time.monotonic()
        if now < self._checked_until:
            return
        try:
            self._check_peer()
        except ServiceError:
            if self.is_in and self.session is not None:
                await self.session.close_session()
            raise
        if self.is_in:
            self._checked_until = now + _CHECK_AGAIN_S

    def _check_peer(self) -> None:
        if self._connection.security_policy.Mode == ua.MessageSecurityMode.SignAndEncrypt and self.certificate:
            self._door.check_certificate(self.certificate, self.client, self.address)
        elif not self._allow_none:
            self._door.tell(Notice.REFUSED, "", self.client, "it neither signs nor encrypts")
            raise refused(StatusCodes.BadSecurityModeRejected)
        caller = self.session.caller if self.is_in and isinstance(self.session, Session) else None
        if caller is not None and self._door.role_now(caller) is None:
            self._door.tell(
                Notice.REFUSED, caller.user, self.client, "there is no such user any more, or with another password"
            )
            raise refused(StatusCodes.BadUserAccessDenied)

    def _check_session(self, token: Any) -> None:
        """The session that is named is this channel's own."""
        session = self.session
        if not isinstance(session, Session) or not _same_token(token, session.auth_token):
            raise refused(StatusCodes.BadSessionIdInvalid)
        if session.channel is not self:
            raise refused(StatusCodes.BadSecureChannelIdInvalid)

    async def _create(self, typeid: Any, requesthdr: Any, seqhdr: Any, body: Any) -> Any:
        params = ua_binary.struct_from_binary(ua.CreateSessionParameters, body.copy())
        if self.session is not None and self.session.state is not SessionState.Closed:
            raise refused(StatusCodes.BadTooManySessions)
        if self.certificate is not None:
            if params.ClientCertificate and not params.ClientCertificate.startswith(self.certificate):
                self._door.tell(Notice.REFUSED, "", self.client, "it claims another certificate than its channel's")
                raise refused(StatusCodes.BadCertificateInvalid)
            if len(params.ClientNonce or b"") < _NONCE_BYTES:
                raise refused(StatusCodes.BadNonceInvalid)
        try:
            await self._server.seat_client(self.certificate or self.address)
        except ServiceError:
            self._door.tell(Notice.REFUSED, "", self.client, "this client has as many sessions as one may have")
            raise
        served = await super()._process_message(typeid, requesthdr, seqhdr, body)
        assert isinstance(self.session, Session)
        self.session.made_over(self, self.certificate, self._connection.security_policy.URI, self.address)
        return served

    async def _activate(self, requesthdr: Any, seqhdr: Any, body: Any) -> bool:
        params = ua_binary.struct_from_binary(ua.ActivateSessionParameters, body)
        session = self._session_to_activate(requesthdr.AuthenticationToken)
        self._check_signature(session, params.ClientSignature.Signature)
        nonce = session.nonce
        name, password = self._identity(session, params.UserIdentityToken)
        caller = await self._door.log_in(name, password, self.address, self.client)
        try:
            await self._server.seat_user(session, caller.user)
        except ServiceError:
            self._door.tell(Notice.REFUSED, caller.user, self.client, "this user has as many sessions as one may have")
            raise
        if session.nonce is not nonce or session.state is SessionState.Closed or self._transport.is_closing():
            raise refused(StatusCodes.BadSessionIdInvalid)
        if session.channel is not self and session.caller is not None and session.caller.user != caller.user:
            raise refused(StatusCodes.BadIdentityChangeNotSupported)
        fresh = create_nonce(_NONCE_BYTES)
        session.admit(self, caller, fresh)
        self._take_over(session)
        response = ua.ActivateSessionResponse()
        response.Parameters = ua.ActivateSessionResult()
        response.Parameters.ServerNonce = fresh
        self.send_response(requesthdr.RequestHandle, seqhdr, response)
        return True

    def _session_to_activate(self, token: Any) -> Session:
        """This channel's session, or one whose own channel is lost and whose certificate is this channel's."""
        found = self.session if self.session is not None else self._server.lookup_external_session(token)
        if not isinstance(found, Session) or not _same_token(token, found.auth_token):
            raise refused(StatusCodes.BadSessionIdInvalid)
        if found.state is SessionState.Closed:
            raise refused(StatusCodes.BadSessionIdInvalid)
        if (found.certificate, found.policy) != (self.certificate, self._connection.security_policy.URI):
            self._door.tell(Notice.REFUSED, "", self.client, "it names a session that was made over another channel")
            raise refused(StatusCodes.BadSecurityChecksFailed)
        return found

    def _check_signature(self, session: Session, signature: Any) -> None:
        policy = self._connection.security_policy
        if policy.host_certificate is None:
            return
        try:
            policy.asymmetric_cryptography.verify(policy.host_certificate + (session.nonce or b""), signature)
        except Exception as error:
            raise refused(StatusCodes.BadApplicationSignatureInvalid) from error

    def _identity(self, session: Session, token: Any) -> tuple[str, str]:
        """The name and the password of a token. Raises ServiceError."""
        if not isinstance(token, ua.UserNameIdentityToken) or not token.UserName:
            self._door.tell(Notice.REFUSED, "", self.client, "it names no user")
            raise refused(StatusCodes.BadIdentityTokenRejected)
        secret = token.Password or b""
        if not token.EncryptionAlgorithm:
            if self._connection.security_policy.Mode != ua.MessageSecurityMode.SignAndEncrypt:
                raise refused(StatusCodes.BadIdentityTokenRejected)
        elif token.EncryptionAlgorithm in _DECRYPTS:
            secret = self._decrypted(secret, token.EncryptionAlgorithm, session.nonce or b"")
        else:
            raise refused(StatusCodes.BadIdentityTokenRejected)
        try:
            return str(token.UserName), secret.decode("utf-8")
        except UnicodeDecodeError as error:
            raise refused(StatusCodes.BadIdentityTokenInvalid) from error

    def _decrypted(self, secret: bytes, algorithm: str, nonce: bytes) -> bytes:
        """The password within an encrypted secret that was made for this nonce (OPC UA Part 4, 7.40.2.2)."""
        try:
            plain = _DECRYPTS[algorithm](self._server.private_key, secret)
        except Exception as error:
            raise refused(StatusCodes.BadIdentityTokenInvalid) from error
        length = int.from_bytes(plain[:4], "little") - len(nonce)
        if length < 0 or not hmac.compare_digest(plain[4 + length : 4 + length + len(nonce)], nonce):
            raise refused(StatusCodes.BadIdentityTokenInvalid)
        return plain[4 : 4 + length]

    def _take_over(self, session: Session) -> None:
        """Notifications of the session's subscriptions leave over this channel."""
        self.session = session
        self._closing = False
        if self._session_watchdog_task is None or self._session_watchdog_task.done():
            self._session_watchdog_task = asyncio.create_task(self._session_watchdog_loop())
        for subscription in session.own_subscriptions():
            subscription.pub_result_callback = self.forward_publish_response
            subscription.pub_request_callback = self.get_publish_request


def _same_token(given: Any, own: Any) -> bool:
    said = given.Identifier if given.NodeIdType == ua.NodeIdType.ByteString else b""
    return hmac.compare_digest(said or b"", own.Identifier)
