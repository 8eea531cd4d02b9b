"""Active-active: two crossed groups over the same two gateways, each gateway active for one of them. One gateway goes:
the other takes both if it can carry two, and refuses the second if it can carry one, with the reason."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from otha.core.inputs import Order
from otha.core.words import OrderKind
from sim.forward import Endpoint
from sim.modbus_server import ModbusServer
from sim.ports import free_ports
from sim.reference import Bank
from tests.runtime.chooser import WAIT_S, Chooser, asked, group_of, supervise, until
from tests.site.examples import TWO_TANKS
from tests.site.links_site import write

pytestmark = pytest.mark.asyncio
X, Y = 1, 2
NAMES = {X: "gw_x", Y: "gw_y"}

HEAD = """
[domain.net_x]
kind = "network"

[domain.net_y]
kind = "network"
"""

GATEWAY = """
[node.NAME]
profile = "modbus_link"
number = NUMBER
capacity = CAPACITY
channels.probe = { endpoint = "127.0.0.1:PORT", network = "NETWORK" }
"""

CROSSED = """
[node.client_NAME]
profile = "router.toml"
number = NUMBER
opcua = { security = "none" }
channels.own = { endpoint = "opc.tcp://127.0.0.1:PORT/otha", network = "net_b" }

[group.NAME]
kind = "path"
mode = "hot"
members = [{ node = "FIRST", priority = 1 }, { node = "SECOND", priority = 2 }]
clients = [{ node = "client_NAME", switch = "way" }]
arming = "armed"
fencing = "token_enforced"
detection = { period_ms = 400, misses = 2, deadline_ms = 300 }
settle_ms = 2000
holdoff_s = 30
"""


def _filled(template: str, **words: object) -> str:
    for word, value in words.items():
        template = template.replace(word, str(value))
    return template


def _site(reference: int, gateways: dict[int, int], clients: dict[str, int]) -> str:
    """The demo site, whose controllers are not there, with gateways of which only the second carries two groups."""
    text = TWO_TANKS.read_text(encoding="utf-8").replace("127.0.0.1:15014", f"127.0.0.1:{reference}")
    for name, via in (("sc_a", "one"), ("sc_b", "two")):
        at = text.index("channels.net_a", text.index(f"[node.{name}]"))
        text = text[:at] + text[at:].replace(" }", f', via = "{via}" }}', 1)
    text = text.replace("period_ms = 50, misses = 3", "period_ms = 400, misses = 3").replace("rpo_ms = 500\n", "")
    text += HEAD
    for number, port in gateways.items():
        network = "net_x" if number == X else "net_y"
        text += _filled(GATEWAY, NAME=NAMES[number], NUMBER=number, CAPACITY=number, PORT=port, NETWORK=network)
    for (name, port), first in zip(clients.items(), (X, Y), strict=True):
        order = {"FIRST": NAMES[first], "SECOND": NAMES[X + Y - first]}
        text += _filled(CROSSED, NAME=name, NUMBER=first, PORT=port, **order)
    return text


def _actives(status: dict[str, Any]) -> tuple[str, str]:
    one, two = group_of(status, "one"), group_of(status, "two")
    rests = {one["standing"], two["standing"]} == {"following"} and one["plan"] is None and two["plan"] is None
    return (str(one["active"]), str(two["active"])) if rests else ("", "")


def _alive(status: dict[str, Any], node: str) -> bool:
    return any(each["name"] == node and each["liveness"] == "alive" for each in group_of(status, "one")["nodes"])


async def _acknowledge(state: Path, group: str) -> None:
    order = Order(
        id=uuid.uuid4().hex, kind=OrderKind.ACKNOWLEDGE, group=group, user="", client="", node=None, arming=None,
        comment="seen",
    )  # fmt: skip
    assert (await asked(state, lambda client: client.order(order))).accepted


async def test_a_gateway_takes_what_it_can_carry_and_refuses_the_rest(tmp_path: Path) -> None:
    ports = free_ports([NAMES[X], NAMES[Y]])
    device = ModbusServer(Bank())
    behind = await device.listen(0)
    gateways = {number: Endpoint(name, ports[name], behind) for number, name in NAMES.items()}
    for gateway in gateways.values():
        await gateway.listen()
    clients = {"one": Chooser(X), "two": Chooser(Y)}
    text = _site(
        behind,
        {number: ports[name] for number, name in NAMES.items()},
        {name: await client.start() for name, client in clients.items()},
    )
    state = tmp_path / "state"
    process = supervise(write(tmp_path, text), state)
    try:
        await until(state, lambda status: _actives(status) == ("gw_x", "gw_y"))
        gateways[X].cut()
        await until(state, lambda status: _actives(status) == ("gw_y", "gw_y"))
        assert (clients["one"].chosen, clients["two"].chosen) == (Y, Y)

        await gateways[X].heal()
        await until(state, lambda status: _alive(status, "gw_x"))
        for group in clients:
            await _acknowledge(state, group)
        gateways[Y].cut()
        await until(state, lambda status: sorted(_actives(status)) == ["gw_x", "gw_y"] and not _alive(status, "gw_y"))
        (kept,) = [name for name, client in clients.items() if client.chosen == Y]
        suspect = await until(
            state, lambda status: "active_suspect" in [each["code"] for each in group_of(status, kept)["alarms"]]
        )
        assert group_of(suspect, kept)["active"] == "gw_y"
        why = await asked(state, lambda client: client.why(kept))
        assert [(each["block"], each["detail"]) for each in why["failover_obstacles"]] == [("no_capacity", "gw_x")]
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, WAIT_S)
        for client in clients.values():
            await client.stop()
        for gateway in gateways.values():
            gateway.refuse()
        device.close()
