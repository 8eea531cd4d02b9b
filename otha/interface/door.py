"""Who comes in: certificates by the trust list, users by their passwords, how often and from where.

Hashing runs on a thread of its own and one at a time, so that attempts to log in never hold up who is in already. Who
is right waits, he is not refused: after a restart all stations come at once.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from asyncua.ua.status_codes import StatusCodes
from cryptography import x509
from cryptography.x509.oid import NameOID

from otha.core.errors import OthaError
from otha.interface.fair_queue import FairQueue, QueueFullError
from otha.interface.refusal import refused
from otha.interface.rejected import Rejected
from otha.interface.trust import TrustProblem
from otha.wire.access import AccessRole
from otha.wire.interface import Notice

_NAME_MAX: Final = 64
_WAITING_MAX: Final = 64
_WAITING_EACH_MAX: Final = 32


class Accounts(Protocol):
    """The users; see `otha.interface.users`."""

    def verify(self, name: str, password: str) -> AccessRole | None:
        """The role of the user whose password this is."""

    def role(self, name: str) -> AccessRole | None:
        """The role that a user has now."""

    def stamp(self, name: str) -> str | None:
        """What is another one when the user's password is."""


class Trusted(Protocol):
    """The trust list; see `otha.interface.trust`."""

    def judge(self, der: bytes, now: datetime) -> TrustProblem | None:
        """Why the peer with this certificate must not come in."""

    def keep(self, der: bytes) -> None:
        """Keep one that stays outside for a person to see. Takes its time."""


class Throttle(Protocol):
    """How often somebody may try; see `otha.interface.login`."""

    def wait_ns(self, address: str, name: str, now: int) -> int:
        """How long this address must wait before it may try this name."""

    def take_turn_ns(self, now: int) -> int:
        """How long the next one, whoever it is, must wait."""

    def failed(self, address: str, name: str, now: int) -> None:
        """It failed."""

    def succeeded(self, address: str, name: str) -> None:
        """It did not."""


Tell = Callable[[Notice, str, str, str], None]
"""Told: what it is, which user, which client, and in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who gives an order: an authenticated user, the role that he had when he came in, and the client that he uses.

    `stamp`: of the password that he came in with, see `Accounts`.
    """

    user: str
    role: AccessRole
    client: str
    stamp: str | None = field(default="", repr=False)


class Door:
    """Lets in, or raises ServiceError and tells why."""

    def __init__(self, accounts: Accounts, trusted: Trusted, throttle: Throttle, tell: Tell) -> None:
        self._accounts = accounts
        self._trusted = trusted
        self._throttle = throttle
        self.tell = tell
        self._rejected = Rejected(trusted.keep)
        self._hashing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="otha-login")
        self._queue = FairQueue(waiting_max=_WAITING_MAX, each_max=_WAITING_EACH_MAX)

    def close(self) -> None:
        """Nobody comes in any more."""
        self._rejected.close()
        self._hashing.shutdown(wait=False, cancel_futures=True)

    def check_certificate(self, certificate: bytes, client: str, address: str) -> None:
        """Raises ServiceError when the peer of a channel with this certificate must not come in."""
        try:
            problem = self._trusted.judge(certificate, datetime.now(UTC))
        except OthaError as error:
            self.tell(Notice.REFUSED, "", client, error.what)
            raise refused(StatusCodes.BadCertificateUntrusted) from error
        if problem is None:
            return
        if problem is TrustProblem.UNTRUSTED:
            self._rejected.offer(certificate, address)
        self.tell(Notice.REFUSED, "", client, f"certificate {thumbprint(certificate)} {problem.value}")
        times = (TrustProblem.EXPIRED, TrustProblem.NOT_YET_VALID)
        raise refused(
            StatusCodes.BadCertificateTimeInvalid if problem in times else StatusCodes.BadCertificateUntrusted
        )

    async def log_in(self, name: str, password: str, address: str, client: str) -> Caller:
        """The user whose password this is. Raises ServiceError."""
        shown = name[:_NAME_MAX]
        self._check_pace(address, shown, client)
        try:
            async with self._queue.turn(address):
                # While it waited, another try of its own may have failed.
                self._check_pace(address, shown, client)
                await asyncio.sleep(self._throttle.take_turn_ns(time.monotonic_ns()) / 1e9)
                stamp, role = await self._verified(name, password)
                if role is None:
                    self._throttle.failed(address, shown, time.monotonic_ns())
                else:
                    self._throttle.succeeded(address, shown)
        except QueueFullError as error:
            self.tell(Notice.REFUSED, shown, client, "too many log in at once")
            # Not a word about the password: a client that is told so would ask its user for another one.
            raise refused(StatusCodes.BadServerTooBusy) from error
        except OthaError as error:
            self.tell(Notice.REFUSED, shown, client, error.what)
            raise refused(StatusCodes.BadUserAccessDenied) from error
        if role is None:
            self.tell(Notice.REFUSED, shown, client, "no such user, or another password")
            raise refused(StatusCodes.BadUserAccessDenied)
        return Caller(user=name, role=role, client=client, stamp=stamp)

    def _check_pace(self, address: str, shown: str, client: str) -> None:
        wait_ns = self._throttle.wait_ns(address, shown, time.monotonic_ns())
        if wait_ns:
            self.tell(Notice.REFUSED, shown, client, f"too many attempts; again in {wait_ns // 1_000_000} ms")
            raise refused(StatusCodes.BadUserAccessDenied)

    async def _verified(self, name: str, password: str) -> tuple[str | None, AccessRole | None]:
        stamp = self._accounts.stamp(name)
        loop = asyncio.get_running_loop()
        return stamp, await loop.run_in_executor(self._hashing, self._accounts.verify, name, password)

    def role_now(self, caller: Caller) -> AccessRole | None:
        """The least of the role that he came in with and the one that he has now; None: he is no user any more, or has
        another password."""
        try:
            now = self._accounts.role(caller.user) if self._accounts.stamp(caller.user) == caller.stamp else None
        except OthaError:
            return None
        return None if now is None else min(now, caller.role)


def thumbprint(certificate: bytes) -> str:
    """A certificate's thumbprint, as the trust list names it (SHA-1, OPC UA Part 6, 6.2.2)."""
    return hashlib.sha1(certificate, usedforsecurity=False).hexdigest().upper()


def client_of(address: str, certificate: bytes | None) -> str:
    """What a client is called in the journal: its address, and who its certificate says that it is."""
    return f"opcua {address} {_subject(certificate)}"[:200]


def _subject(certificate: bytes | None) -> str:
    if certificate is None:
        return "without a certificate"
    try:
        found = x509.load_der_x509_certificate(certificate)
        (name, *_) = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except (ValueError, x509.InvalidVersion):
        return thumbprint(certificate)
    return str(name.value)
