"""The whole of it: plant, supervisor and interface as processes, and a client that sees and orders a switchover."""

import asyncio
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from asyncua import Client

from otha import names
from otha.certificates import OwnIdentity
from tests.interface.clients import Guest, guest, ua
from tests.interface.house import USERS, WAIT_S
from tests.interface.supervised import Supervised, supervised_plant

TANKS = names.group_id("tanks")


@pytest.fixture
def supervised(tmp_path: Path, own: OwnIdentity) -> Iterator[Supervised]:
    with supervised_plant(tmp_path, own.certificate.read_bytes()) as made:
        yield made


async def until(at: Guest, name: str, value: object) -> None:
    """Wait until a variable of the group has this value."""
    async with asyncio.timeout(WAIT_S):
        while await at.node(TANKS, name).read_value() != value:  # noqa: ASYNC110 - what is asked has no event
            await asyncio.sleep(0.05)


async def switch_to(at: Guest, node: str) -> str:
    """Order a switchover until it is accepted; the id of the order."""
    async with asyncio.timeout(WAIT_S):
        while True:
            order = uuid.uuid4().hex
            accepted, durable, *_ = await at.call("Switchover", order, node, "from the interface")
            if accepted:
                assert durable
                return order
            await asyncio.sleep(0.2)


@pytest.mark.asyncio
async def test_a_client_sees_and_orders_a_switchover_and_the_interfaces_death_moves_nothing(
    supervised: Supervised, own: OwnIdentity
) -> None:
    await asyncio.to_thread(supervised.wait_for, "listens=")
    async with guest(supervised, own, "operator") as at:
        await until(at, "Standing", "following")
        first = await at.node(TANKS, "Active").read_value()
        other = {"sc_a": "sc_b", "sc_b": "sc_a"}[first]
        order = await switch_to(at, other)
        await until(at, "Active", other)
        with pytest.raises(ua.uaerrors.BadUserAccessDenied):
            await at.call("SetArming", uuid.uuid4().hex, "observe", "")
    with pytest.raises(ua.UaError):
        async with Client(supervised.url):
            pass
    before = supervised.status()
    os.kill(supervised.child(), signal.SIGKILL)
    await asyncio.to_thread(supervised.wait_for, "listens=", 2)
    after = supervised.status()
    assert after["loop"]["defects"] == {}
    assert [node["liveness"] for node in after["groups"][0]["nodes"]] == ["alive", "alive"]
    assert after["loop"]["lateness_ns"]["count"] > before["loop"]["lateness_ns"]["count"]
    async with guest(supervised, own, "viewer") as at:
        await until(at, "Active", other)
    supervised.end()
    orders = [(user, body["order"]) for user, body in supervised.journaled("decision") if "order" in body]
    (given,) = [(user, each) for user, each in orders if each["id"] == order]
    assert given[0] == USERS["operator"]
    assert given[1]["client"].startswith("opcua 127.0.0.1 OTHA hmi")
    ((user, denied),) = supervised.journaled("order.refused")
    assert (user, denied["order"]) == (USERS["operator"], "arm")
    assert denied["client"] == given[1]["client"]
    assert any("signs" in body["what"] for _, body in supervised.journaled("interface.refused"))
    assert supervised.journaled("interface.end")
    assert supervised.journaled("interface.login")
