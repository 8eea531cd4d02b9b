"""What one client, one address or an idle session may not: limits that need no running server."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from asyncua import ua as asyncua_ua
from asyncua.common.connection import TransportLimits
from asyncua.common.utils import Buffer, ServiceError
from asyncua.crypto.security_policies import SecurityPolicyNone
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.ua_binary import struct_to_binary

from otha.core.words import OrderKind
from otha.guard import Guard
from otha.interface.channel import Channel
from otha.interface.door import Caller, Door
from otha.interface.listener import ChannelServer
from otha.interface.orders import Orders, answer
from otha.interface.pace import Turns, TurnsOf
from otha.interface.session import CALLER, Session
from otha.interface.sessions import SessionServer
from otha.wire.access import AccessRole
from otha.wire.interface import Notice
from otha.wire.message import Json, OrderReply, OrderRequest, Refusal

ua: Any = asyncua_ua  # Any: its annotations ask for aliases of int, str and datetime where it takes these.
UNUSED = Path("unused")  # no address space is built here


class Throttle:
    """Lets everybody try."""

    def wait_ns(self, address: str, name: str, now: int) -> int:
        return 0

    def take_turn_ns(self, now: int) -> int:
        return 0

    def failed(self, address: str, name: str, now: int) -> None:
        pass

    def succeeded(self, address: str, name: str) -> None:
        pass


class Accounts:
    """Knows one user."""

    def __init__(self, role: AccessRole | None = AccessRole.OPERATOR) -> None:
        self._role = role

    def verify(self, name: str, password: str) -> AccessRole | None:
        return self._role

    def role(self, name: str) -> AccessRole | None:
        return self._role

    def stamp(self, name: str) -> str | None:
        return None if self._role is None else ""


class Trusting:
    """Trusts everybody."""

    def judge(self, der: bytes, now: Any) -> None:
        return None

    def keep(self, der: bytes) -> None:
        pass


class Supervisor:
    """Takes every order."""

    def __init__(self) -> None:
        self.orders: list[tuple[Caller, OrderRequest]] = []

    async def order(self, caller: Caller, request: OrderRequest) -> OrderReply | Refusal | None:
        self.orders.append((caller, request))
        return OrderReply(id=request.id, accepted=True, durable=True, obstacles=())

    async def explain(self, group: str, node: str | None) -> Json | None:
        return None


class Watched(Door):
    """A door that keeps what it tells."""

    def __init__(self, accounts: Accounts) -> None:
        self.told: list[tuple[Notice, str, str, str]] = []
        super().__init__(accounts, Trusting(), Throttle(), lambda *said: self.told.append(said))


def request() -> OrderRequest:
    return OrderRequest(id="1", order=OrderKind.SWITCHOVER, group="tanks", node=None, arming=None, comment="")


def session(server: SessionServer, role: AccessRole, idle_s: float = 0.0) -> Session:
    made = server.create_session("client", external=True)
    assert isinstance(made, Session)
    made.caller = Caller(user="olga", role=role, client="c")
    made.ordered_at = time.monotonic() - idle_s
    return made


@pytest.mark.asyncio
@pytest.mark.parametrize(("lock_ms", "idle_s", "locked"), [(60_000, 61, True), (60_000, 1, False), (0, 10_000, False)])
async def test_a_session_that_is_idle_only_looks_on(lock_ms: int, idle_s: float, locked: bool) -> None:
    door, supervisor = Watched(Accounts()), Supervisor()
    orders = Orders(supervisor, door, idle_lock_ms=lock_ms)
    token = CALLER.set(session(SessionServer(door, sessions=1, standard_file=UNUSED), AccessRole.OPERATOR, idle_s))
    try:
        reply = await orders.give(request())
    finally:
        CALLER.reset(token)
    assert reply is not None
    assert len(supervisor.orders) == (not locked)
    assert [each.Value for each in answer(reply)][3] == (["idle_locked"] if locked else [])
    assert [notice for notice, *_ in door.told] == ([Notice.DENIED] if locked else [])


@pytest.mark.asyncio
@pytest.mark.parametrize("now", [None, AccessRole.VIEWER, AccessRole.OPERATOR, AccessRole.ADMIN])
async def test_a_role_counts_as_it_is_now_and_never_as_more_than_it_was(now: AccessRole | None) -> None:
    door, supervisor = Watched(Accounts(now)), Supervisor()
    orders = Orders(supervisor, door, idle_lock_ms=0)
    token = CALLER.set(session(SessionServer(door, sessions=1, standard_file=UNUSED), AccessRole.OPERATOR))
    try:
        reply = await orders.give(request())
    finally:
        CALLER.reset(token)
    assert (reply is not None) == (now is not None and now >= AccessRole.OPERATOR)
    assert [caller.role for caller, _ in supervisor.orders] == ([] if now is None else [min(now, AccessRole.OPERATOR)])
    # Whoever is judged by the supervisor is journaled there.
    assert [(notice, user) for notice, user, *_ in door.told] == ([(Notice.DENIED, "olga")] if now is None else [])


@pytest.mark.asyncio
async def test_there_are_no_more_sessions_than_the_site_says() -> None:
    server = SessionServer(Watched(Accounts()), sessions=2, standard_file=UNUSED)
    made = [session(server, AccessRole.VIEWER) for _ in range(2)]
    assert len({each.auth_token for each in made}) == 2
    with pytest.raises(ServiceError) as refused:
        server.create_session("client", external=True)
    assert refused.value.code == StatusCodes.BadTooManySessions
    await made[0].close_session()
    session(server, AccessRole.VIEWER)


@pytest.mark.asyncio
async def test_one_address_does_not_take_all_connections() -> None:
    server = SessionServer(Watched(Accounts()), sessions=2, standard_file=UNUSED)
    server.max_connections = 40
    channels = ChannelServer(server, "127.0.0.1", 0, TransportLimits(), cast(Guard, None), allow_none=False)

    def connection(address: str, *, is_in: bool) -> Any:
        channel = Channel.__new__(Channel)
        channel.address = address
        channel.session = None
        if is_in:
            inside = Session.__new__(Session)
            inside.channel, inside.is_activated = channel, lambda: True  # type: ignore[method-assign]
            channel.session = inside
        return SimpleNamespace(processor=channel)

    channels.clients = [connection("10.0.0.5", is_in=False) for _ in range(9)]
    assert channels.takes("10.0.0.5")
    channels.clients.append(connection("10.0.0.5", is_in=False))
    assert not channels.takes("10.0.0.5")
    assert channels.takes("10.0.0.6")
    channels.clients = [connection("10.0.0.5", is_in=True) for _ in range(39)]
    assert channels.takes("10.0.0.5")
    channels.clients.append(connection("10.0.0.5", is_in=True))
    assert not channels.takes("10.0.0.6")


@pytest.mark.asyncio
async def test_who_is_refused_a_channel_keeps_nobody_of_his_address_out_for_longer() -> None:
    openings = TurnsOf(50_000_000, 40, 10)
    channel = Channel.__new__(Channel)
    channel._openings, channel._renewals = openings.of("10.0.0.5"), Turns(1, 1)
    policy = SimpleNamespace(peer_certificate=None)
    channel._connection = cast(Any, SimpleNamespace(is_open=lambda: False, security_policy=policy))
    channel._door, channel.session, channel.address = Watched(Accounts()), None, "10.0.0.5"
    said = struct_to_binary(ua.AsymmetricAlgorithmHeader(SecurityPolicyURI=SecurityPolicyNone.URI))
    while channel._openings.wait_ns(time.monotonic_ns()) < 3_000_000_000:
        channel._openings.take(time.monotonic_ns())
    for _ in range(100):
        with pytest.raises(ServiceError) as refused:
            await channel._may_open(SimpleNamespace(body_size=len(said)), Buffer(said))
        assert refused.value.code == StatusCodes.BadTcpNotEnoughResources
    assert channel._openings.wait_ns(time.monotonic_ns()) < 3_100_000_000
