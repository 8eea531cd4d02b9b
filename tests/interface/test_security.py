"""Who is refused, and the four holes of asyncua 2.1.0, each with its attack. Refusals are told to the supervisor."""

import asyncio
import resource
import struct
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client
from asyncua.client import ua_client

from otha import names
from otha.certificates import OwnIdentity
from otha.core.words import OrderKind
from otha.interface.__main__ import MEMORY_LIMIT
from otha.wire import codec
from otha.wire.errors import WireError
from otha.wire.interface import FROM_INTERFACE, Notice, OnBehalf, RoleName, from_interface
from otha.wire.message import OrderRequest, from_json
from tests.interface.clients import guest, identity, secured, ua
from tests.interface.house import PASSWORD, USERS, WAIT_S, House
from tests.interface.raw import Raw

STATIONS = 20
OUTSIDE = ua.uaerrors.BadSecurityChecksFailed
DENIED = ua.uaerrors.BadUserAccessDenied


@asynccontextmanager
async def channel(house: House, own: OwnIdentity | None) -> AsyncIterator[Client]:
    """A secure channel without a session."""
    client = await secured(house, own)
    await client.connect_socket()
    try:
        await client.send_hello()
        await client.open_secure_channel()
        yield client
    finally:
        client._supervisor_task = None
        client.disconnect_socket()
        await asyncio.sleep(0)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> OwnIdentity:
    """The certificate of a client that is not trusted."""
    return identity(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture(scope="module")
def other(house: House, tmp_path_factory: pytest.TempPathFactory) -> OwnIdentity:
    """The certificate of another client that is trusted."""
    made = identity(tmp_path_factory.mktemp("other"), "other")
    house.trust.trust(made.certificate.read_bytes())
    return made


@pytest.mark.asyncio
async def test_an_untrusted_certificate_stays_outside_and_is_kept_for_a_person_to_see(
    house: House, stranger: OwnIdentity
) -> None:
    with pytest.raises(OUTSIDE):
        async with guest(house, stranger):
            pass
    assert await asyncio.to_thread(house.noted, "is not in the trust list")
    assert await asyncio.to_thread(_is_kept, house, stranger)


def _is_kept(house: House, stranger: OwnIdentity) -> bool:
    """Whether the certificate is among the rejected, at last: it is written beside what the interface does."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if stranger.certificate.read_bytes() in [each.certificate.der for each in house.trust.all()]:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.asyncio
async def test_who_is_not_trusted_opens_no_channel_to_claim_another_certificate_over(
    house: House, stranger: OwnIdentity
) -> None:
    """Hole 1: asyncua judges the certificate in CreateSession, not the channel's."""
    with pytest.raises(OUTSIDE):
        async with channel(house, stranger):
            pass


@pytest.mark.asyncio
async def test_the_certificate_is_judged_before_anything_is_decrypted(house: House, stranger: OwnIdentity) -> None:
    """What can't be decrypted at all is turned away for its certificate, with the standard's code."""
    raw = await Raw.to(house)
    with closing(raw.writer):
        raw.hello()
        assert (await raw.answer()).startswith(b"ACKF")
        uri, der = b"http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256", stranger.certificate.read_bytes()
        head = (
            struct.pack("<Ii", 0, len(uri))
            + uri
            + struct.pack("<i", len(der))
            + der
            + struct.pack("<i", 20)
            + bytes(20)
        )
        house.notes.clear()
        raw.send(b"OPNF", head + bytes(256))
        answer = await raw.answer()
        assert answer[:4] == b"ERRF"
        assert struct.unpack("<I", answer[8:12]) == (ua.StatusCodes.BadSecurityChecksFailed,)
        assert await raw.is_closed()
    assert await asyncio.to_thread(house.noted, "is not in the trust list")


@pytest.mark.asyncio
async def test_one_client_does_not_take_every_session_and_who_is_in_stays(
    house: House, own: OwnIdentity, other: OwnIdentity
) -> None:
    """Twenty sessions there are; a client has a quarter of them."""
    async with guest(house, other, "engineer") as engineer, AsyncExitStack() as flood:
        for _ in range(5):
            await flood.enter_async_context(guest(house, own, "viewer"))
        with pytest.raises(ua.uaerrors.BadTooManySessions):
            async with guest(house, own, "viewer"):
                pass
        await engineer.client.nodes.server_state.read_value()
        async with guest(house, other, "engineer"):
            pass


@pytest.mark.asyncio
async def test_a_client_that_is_trusted_cannot_claim_another_ones_certificate(
    house: House, own: OwnIdentity, other: OwnIdentity
) -> None:
    async with channel(house, other) as client:
        client.security_policy.host_certificate = own.certificate.read_bytes()
        with pytest.raises(ua.uaerrors.BadCertificateInvalid):
            await client.create_session()


@pytest.mark.asyncio
async def test_without_security_there_is_discovery_and_nothing_else(house: House) -> None:
    async with channel(house, None) as client:
        modes = {
            (each.SecurityMode.name, each.SecurityPolicyUri.split("#")[1]) for each in await client.get_endpoints()
        }
        assert modes == {
            ("SignAndEncrypt", "Basic256Sha256"),
            ("SignAndEncrypt", "Aes128_Sha256_RsaOaep"),
            ("SignAndEncrypt", "Aes256_Sha256_RsaPss"),
        }
        with pytest.raises(ua.uaerrors.BadSecurityModeRejected):
            await client.create_session()
        with pytest.raises(ua.uaerrors.BadServiceUnsupported):
            await client.uaclient.register_server(ua.RegisteredServer())
    assert await asyncio.to_thread(house.noted, "it neither signs nor encrypts")


@pytest.mark.asyncio
async def test_a_session_is_of_its_channels_certificate_and_its_token_cannot_be_guessed(
    house: House, own: OwnIdentity, other: OwnIdentity
) -> None:
    """Hole 2: asyncua numbers its tokens, and any channel may activate the session that it names."""
    async with guest(house, own, "admin") as at:
        token = _protocol(at.client).authentication_token
        assert token.NodeIdType == ua.NodeIdType.ByteString
        assert len(token.Identifier) == 32
        async with channel(house, other) as thief:
            _protocol(thief).authentication_token = token
            thief._policy_ids = at.client._policy_ids
            with pytest.raises(ua.uaerrors.BadSecurityChecksFailed):
                await thief.activate_session(USERS["admin"], PASSWORD)
            with pytest.raises(ua.uaerrors.BadSessionIdInvalid):
                await thief.nodes.server_state.read_value()
        async with guest(house, other, "viewer") as thief_inside:
            _protocol(thief_inside.client).authentication_token = token
            with pytest.raises(ua.uaerrors.BadSessionIdInvalid):
                await thief_inside.client.nodes.server_state.read_value()
        await at.client.nodes.server_state.read_value()
    assert await asyncio.to_thread(house.noted, "made over another channel")


def _protocol(client: Client) -> Any:  # Any: a protocol that is connected
    return client.uaclient.protocol


class Ear:
    """Notes what a subscription says."""

    def __init__(self) -> None:
        self.values: asyncio.Queue[Any] = asyncio.Queue()

    def datachange_notification(self, node: Any, val: Any, data: Any) -> None:
        self.values.put_nowait(val)


@pytest.mark.asyncio
async def test_nobody_touches_another_ones_subscription(house: House, own: OwnIdentity, other: OwnIdentity) -> None:
    """Hole 4: TransferSubscriptions from another session cuts off the one that it belongs to; so do others."""
    async with guest(house, own, "viewer") as at, guest(house, other, "viewer") as thief:
        ear = Ear()
        subscription = await at.client.create_subscription(50, ear)
        item = await subscription.subscribe_data_change(at.node(names.group_id("tanks"), "Epoch"))
        own_id, asks = subscription.subscription_id or 0, thief.client.uaclient
        results = await asks.transfer_subscriptions(ua.TransferSubscriptionsParameters(SubscriptionIds=[own_id]))
        assert [each.StatusCode.name for each in results] == ["BadSubscriptionIdInvalid"]
        assert [each.name for each in await asks.delete_subscriptions([own_id])] == ["BadSubscriptionIdInvalid"]
        with pytest.raises(ua.uaerrors.BadSubscriptionIdInvalid):
            await asks.delete_monitored_items(
                ua.DeleteMonitoredItemsParameters(SubscriptionId=own_id, MonitoredItemIds=[item])
            )
        house.group()["epoch"] += 7
        async with asyncio.timeout(WAIT_S):
            while await ear.values.get() != house.group()["epoch"]:
                pass


# A Variant that holds an array of 1.7e9 nulls, in 5 bytes (hole 3).
HOSTILE = b"\x80" + struct.pack("<i", 1_700_000_000)


def _resident(pid: int) -> int:
    (line,) = [each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS")]
    return int(line.split()[1]) << 10


async def _hostile(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send a request whose only argument is hostile, and wait for what becomes of the connection."""
    honest = ua_client.struct_to_binary

    def encode(request: Any) -> bytes:
        body: bytes = honest(request)
        if isinstance(request, ua.CallRequest):
            sound: bytes = honest(ua.CallRequest(RequestHeader=request.RequestHeader, TypeId=request.TypeId))
            target = struct.pack("<BB", 0, 84)
            return sound[:-4] + struct.pack("<i", 1) + target + target + struct.pack("<i", 1) + HOSTILE
        return body

    monkeypatch.setattr(ua_client, "struct_to_binary", encode)
    with pytest.raises((ConnectionError, TimeoutError, ua.UaError)):
        await client.uaclient.call([])
    monkeypatch.setattr(ua_client, "struct_to_binary", honest)


@pytest.mark.asyncio
async def test_a_hostile_variant_ends_its_connection_and_nobody_elses(
    house: House, own: OwnIdentity, other: OwnIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hole 3: asyncua believes the length; 30 s and gigabytes."""
    async with guest(house, own, "viewer") as at:
        client = await secured(house, other)
        client.set_user(USERS["viewer"])
        client.set_password(PASSWORD)
        await client.connect()
        await _hostile(client, monkeypatch)
        await at.client.nodes.server_state.read_value()
        await client.disconnect()
    assert await asyncio.to_thread(house.noted, Notice.CUT_OFF.value)
    assert _resident(house.process.pid) < MEMORY_LIMIT // 2
    assert resource.prlimit(house.process.pid, resource.RLIMIT_AS) == (MEMORY_LIMIT, MEMORY_LIMIT)
    assert house.process.poll() is None


@pytest.mark.asyncio
async def test_only_users_with_their_passwords_come_in(house: House, own: OwnIdentity) -> None:
    with pytest.raises(DENIED):
        async with guest(house, own, "operator", password="not-the-password"):
            pass
    with pytest.raises(DENIED):
        async with guest(house, own, "nobody"):
            pass
    client = await secured(house, own)
    with pytest.raises(ua.UaError):
        await client.connect()
    assert await asyncio.to_thread(house.noted, "no such user, or another password")


@pytest.mark.asyncio
async def test_who_guesses_waits_and_who_is_in_does_not(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "operator") as at:
        for _ in range(6):
            with pytest.raises(DENIED):
                async with guest(house, own, "engineer", password="not-the-password"):
                    pass
        assert await asyncio.to_thread(house.noted, "too many attempts")
        accepted, *_ = await at.call("Acknowledge", "while-guessing", "")
        assert accepted


@pytest.mark.asyncio
async def test_all_stations_that_come_at_once_come_in(own: OwnIdentity, tmp_path: Path) -> None:
    """As after a restart of the interface, from one address: none may be told that its password is wrong."""
    house = House(tmp_path, sessions=4 * STATIONS, connections=4 * STATIONS)
    house.trust.trust(own.certificate.read_bytes())
    inside, all_in = 0, asyncio.Event()

    async def come() -> None:
        nonlocal inside
        async with guest(house, own, "viewer"):
            inside += 1
            if inside == STATIONS:
                all_in.set()
            await all_in.wait()

    try:
        async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
            for _ in range(STATIONS):
                tasks.create_task(come())
    finally:
        await asyncio.to_thread(house.end)
    assert inside == STATIONS


async def _read_for_ever(client: Client) -> None:
    while True:
        await client.nodes.server_state.read_value()
        await asyncio.sleep(0.1)


@pytest.mark.asyncio
async def test_who_is_trusted_or_a_user_no_more_is_out(house: House, own: OwnIdentity, tmp_path: Path) -> None:
    short = identity(tmp_path, "short")
    listed = house.trust.trust(short.certificate.read_bytes())
    for name in ("temp", "again"):
        house.users.add(name, house.users.all()[0].role, PASSWORD)
    async with asyncio.timeout(WAIT_S):
        async with (
            guest(house, own, "temp") as at,
            guest(house, short, "viewer") as also,
            guest(house, own, "again") as third,
        ):
            house.users.remove("temp")
            house.users.set_password("again", f"another-{PASSWORD}")
            house.trust.reject(listed.thumbprint)
            for each in (at, also, third):
                with pytest.raises((ua.UaError, ConnectionError)):
                    await _read_for_ever(each.client)


@pytest.mark.asyncio
async def test_everything_is_read_only_to_clients(house: House, own: OwnIdentity) -> None:
    async with guest(house, own, "admin") as at:
        with pytest.raises(ua.uaerrors.BadNotWritable):
            await at.node(names.SITE, "Name").write_value("mine")
        with pytest.raises(DENIED):
            await at.node(names.SITE).add_object(ua.NodeId("x", at.index), "x")


def test_the_listening_socket_takes_no_order_on_behalf_of_another() -> None:
    order = OrderRequest(id="1", order=OrderKind.SAFE, group="tanks", node=None, arming=None, comment="")
    asked = OnBehalf(ask=1, user="admin", client="", role=RoleName.ADMIN, order=order)
    with pytest.raises(WireError, match="no message of this version"):
        codec.Decoder().feed(from_interface(asked))
    with pytest.raises(WireError, match="unknown kind"):
        from_json(FROM_INTERFACE.to_json(asked))
