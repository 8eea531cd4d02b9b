"""Server and client over a real socket: roles, refusals, rude clients, slow subscribers."""

import asyncio
import getpass
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from otha.core.inputs import Order
from otha.core.words import Arming, OrderKind
from otha.wire import codec
from otha.wire.access import AccessRole
from otha.wire.client import WireClient
from otha.wire.errors import NoSupervisorError, RefusedError
from otha.wire.message import (
    PROTOCOL,
    BackupMade,
    BackupNoted,
    Copied,
    Hello,
    Json,
    Obstacle,
    OrderReply,
    OrderRequest,
    Refusal,
    SiteApplied,
    SiteApply,
    SiteLook,
    SiteLooked,
    StatusRequest,
)
from otha.wire.server import WireServer

T = TypeVar("T")


class Desk:
    """A handler that notes what it was asked."""

    def __init__(self) -> None:
        self.orders: list[tuple[OrderRequest, str]] = []
        self.away: list[str] = []

    async def order(self, request: OrderRequest, user: str, *, seconds: tuple[OrderKind, ...]) -> OrderReply | Refusal:
        self.orders.append((request, user))
        obstacle = Obstacle(block="tilt", rule="S10", detail="")
        return OrderReply(id=request.id, accepted=False, durable=True, obstacles=(obstacle,))

    def turned_away(self, request: OrderRequest, user: str, what: str) -> None:
        self.away.append(what)

    async def look(self, request: SiteLook) -> SiteLooked | Refusal:
        return Refusal(what=f"looked at {request.path}", mend="")

    async def apply(self, request: SiteApply, user: str) -> SiteApplied | Refusal:
        return SiteApplied(id=request.id, accepted=True, durable=True, obstacles=())

    async def backed_up(self, made: BackupMade, user: str) -> BackupNoted | Refusal:
        return BackupNoted(row=made.last_row + 1)

    def not_allowed(self, request: SiteApply, user: str, what: str) -> None:
        self.away.append(what)

    def status(self) -> Callable[[], Json]:
        return lambda: {"groups": [{"name": "tanks"}]}

    def why(self, group: str, node: str | None) -> Json | None:
        return {"group": group, "node": node} if group == "tanks" else None


@asynccontextmanager
async def serving(path: Path, role: AccessRole | None = AccessRole.ADMIN) -> AsyncIterator[tuple[WireServer, Desk]]:
    desk = Desk()
    me = getpass.getuser()
    server = WireServer(path, desk, site="demo", role_of=lambda user: role if user == me else None)
    await server.start()
    yield server, desk
    await server.close()


async def talk(path: Path, work: Callable[[WireClient], T]) -> T:
    def run() -> T:
        with WireClient(path) as client:
            return work(client)

    return await asyncio.to_thread(run)


def order(kind: OrderKind) -> Order:
    return Order(
        id="1", kind=kind, group="tanks", user="mallory", client="", node="sc_b", arming=Arming.ARMED, comment="why not"
    )


@pytest.mark.asyncio
async def test_requests_are_answered_and_the_user_is_the_kernels(tmp_path: Path) -> None:
    path = tmp_path / "otha.sock"
    async with serving(path) as (_, desk):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        hello = await talk(path, lambda c: c.hello)
        assert (hello.site, hello.user, hello.role) == ("demo", getpass.getuser(), "admin")
        assert await talk(path, lambda c: c.status()) == {"groups": [{"name": "tanks"}]}
        assert await talk(path, lambda c: c.why("tanks")) == {"group": "tanks", "node": None}
        reply = await talk(path, lambda c: c.order(order(OrderKind.ARM)))
        assert reply.obstacles == (Obstacle(block="tilt", rule="S10", detail=""),)
        request, user = desk.orders[0]
        assert (request.arming, user) == (Arming.ARMED, getpass.getuser())
        with pytest.raises(RefusedError, match="no group"):
            await talk(path, lambda c: c.why("pumps"))
    assert not path.exists()


@pytest.mark.asyncio
async def test_a_role_may_do_what_the_table_says(tmp_path: Path) -> None:
    path = tmp_path / "otha.sock"
    async with serving(path, AccessRole.OPERATOR) as (_, desk):
        await talk(path, lambda c: c.order(order(OrderKind.SWITCHOVER)))
        with pytest.raises(RefusedError, match="needs engineer"):
            await talk(path, lambda c: c.order(order(OrderKind.ARM)))
        assert [request.order for request, _ in desk.orders] == [OrderKind.SWITCHOVER]
        assert [what.partition(" is ")[2] for what in desk.away] == ["operator; arm needs engineer"]


@pytest.mark.asyncio
async def test_another_site_file_is_for_engineers(tmp_path: Path) -> None:
    path, file = tmp_path / "otha.sock", tmp_path / "site.toml"
    looked = SiteLooked(from_hash="a", to_hash="b", text_hash="c", file="", difference={}, obstacles=())
    async with serving(path, AccessRole.OPERATOR) as (_, desk):
        with pytest.raises(RefusedError, match="needs engineer"):
            await talk(path, lambda c: c.look(file))
        with pytest.raises(RefusedError, match="needs engineer"):
            await talk(path, lambda c: c.apply("1", file, looked, ""))
        assert len(desk.away) == 1
    async with serving(path, AccessRole.ENGINEER):
        with pytest.raises(RefusedError, match=f"looked at {file}"):
            await talk(path, lambda c: c.look(file))
        assert (await talk(path, lambda c: c.apply("1", file, looked, ""))).accepted


@pytest.mark.asyncio
async def test_a_role_that_is_taken_away_ends_what_is_connected(tmp_path: Path) -> None:
    path = tmp_path / "otha.sock"
    async with serving(path) as (server, _):

        def ask_twice() -> None:
            with WireClient(path) as client:
                client.status()
                server.role_of = lambda _user: None
                with pytest.raises(RefusedError, match="no role"):
                    client.status()

        await asyncio.to_thread(ask_twice)


@pytest.mark.asyncio
async def test_a_user_without_a_role_is_sent_away(tmp_path: Path) -> None:
    path = tmp_path / "otha.sock"
    async with serving(path, None):
        with pytest.raises(RefusedError, match="no role"):
            await talk(path, lambda c: c.status())


def _raw(path: Path, data: bytes) -> list[object]:
    """What a client gets that sends `data` and waits for the end."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(str(path))
        sock.sendall(data)
        decoder, got = codec.Decoder(), list[object]()
        while chunk := sock.recv(4096):
            got += decoder.feed(chunk)
        return got


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        codec.encode(StatusRequest()),
        codec.encode(Hello(protocol=PROTOCOL + 1, sender="", site="", user="", role="")),
        b"OW\x01\x00\xff\xff\xff\xff",
    ],
    ids=["http", "no greeting", "other protocol", "too long"],
)
async def test_rubbish_is_refused_in_words_and_cut_off(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "otha.sock"
    async with serving(path) as (_, desk):
        (refusal,) = await asyncio.to_thread(_raw, path, data)
        assert isinstance(refusal, Refusal)
        assert refusal.what
        assert desk.orders == []
        assert await talk(path, lambda c: c.status())


@pytest.mark.asyncio
async def test_events_reach_subscribers_and_a_slow_one_is_told_how_many_it_lost(tmp_path: Path) -> None:
    path = tmp_path / "otha.sock"
    async with serving(path) as (server, _):
        ready, more = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def listen() -> list[tuple[int, int]]:
            with WireClient(path) as client:
                events = client.events()
                loop.call_soon_threadsafe(ready.set)
                seen = [next(events)]
                loop.call_soon_threadsafe(more.set)
                while seen[-1].event["n"] < 5000:
                    seen.append(next(events))
                return [(entry.lost, entry.event["n"]) for entry in seen]

        task = asyncio.ensure_future(asyncio.to_thread(listen))
        await ready.wait()
        while not more.is_set():
            server.publish({"n": 0, "ballast": ""})
            await asyncio.sleep(0)
        for n in range(1, 5000):  # without giving the loop a chance to send
            server.publish({"n": n, "ballast": ""})
        while not task.done():
            server.publish({"n": 5000, "ballast": ""})
            await asyncio.sleep(0)
        seen = await task
        numbers = [n for _, n in seen]
        assert numbers == sorted(numbers)
        assert sum(lost for lost, _ in seen) >= 3000


@pytest.mark.asyncio
async def test_a_subscriber_hears_what_happens_after_it_asked_even_before_it_listens(tmp_path: Path) -> None:
    path = tmp_path / "otha.sock"
    async with serving(path) as (server, _):

        def order_then_listen() -> list[int]:
            with WireClient(path) as listener:
                events = listener.events(within_s=30.0)
                with WireClient(path) as other:  # its reply comes after the listener was heard
                    other.status()
                loop.call_soon_threadsafe(server.publish, {"n": 1})
                return [next(events).event["n"]]

        loop = asyncio.get_running_loop()
        assert await asyncio.to_thread(order_then_listen) == [1]


@pytest.mark.asyncio
async def test_waiting_for_events_has_an_end(tmp_path: Path) -> None:
    async with serving(tmp_path / "otha.sock"):
        assert await talk(tmp_path / "otha.sock", lambda client: list(client.events(within_s=0.1))) == []


@pytest.mark.asyncio
async def test_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    async with serving(folder / "otha.sock"):
        assert await talk(folder / "otha.sock", lambda c: c.status())


@pytest.mark.asyncio
async def test_too_many_clients_do_not_lock_out_the_next_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "otha.sock"
    async with serving(path):
        crowd = [await asyncio.open_unix_connection(path) for _ in range(32)]
        await asyncio.sleep(0.05)
        with pytest.raises(NoSupervisorError):
            await talk(path, lambda c: c.status())
        for _, writer in crowd:
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(0.05)
        assert await talk(path, lambda c: c.status())


def test_nobody_there_is_said_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(NoSupervisorError, match="otha run"):
        WireClient(tmp_path / "otha.sock")


@pytest.mark.asyncio
@pytest.mark.parametrize(("role", "row"), [(AccessRole.ENGINEER, 8), (AccessRole.OPERATOR, None)])
async def test_a_copy_of_the_journal_is_told_by_whoever_may_have_old_files_removed(
    tmp_path: Path, role: AccessRole, row: int | None
) -> None:
    segments = (Copied(file="journal-0001.db", last_row=5, last_hash="ab"),)
    made = BackupMade(path="/backup", last_row=7, last_hash="cd", segments=segments)
    path = tmp_path / "s.sock"
    async with serving(path, role):
        if row is None:
            with pytest.raises(RefusedError, match="to tell of a copy needs engineer"):
                await talk(path, lambda client: client.backed_up(made))
        else:
            assert await talk(path, lambda client: client.backed_up(made)) == row
