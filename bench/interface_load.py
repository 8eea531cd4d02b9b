"""What loads OTHA's own OPC UA interface, as a process of its own with a lower priority than the supervisor's.

`python -m bench.interface_load clients|flood|fuzz STATION ...` prints one line of JSON when the load stands, keeps it
up until its standard input ends (fuzz: to its end), and prints what it did.
"""

import argparse
import asyncio
import json
import logging
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from asyncua import Client
from asyncua import ua as asyncua_ua

from bench import fuzz
from bench.figure import quantile
from bench.stations import Station, client_of
from otha import names

# Any: its annotations ask for aliases of int, str and datetime where it takes these.
ua: Any = asyncua_ua

_NICE = 10
_INTERVAL_MS = 1_000
_KEEP_ALIVES = 30
_PER_S = 200
_HELD_MAX = 400
_FROM = 16  # addresses of this machine
_HELLO = b"HELF" + struct.pack("<I5Ii", 32, 0, 65_535, 65_535, 0, 0, -1)
_OPEN = b"OPNF" + struct.pack("<III", 300, 0, 20) + bytes(288)
_HUGE = b"MSGF" + struct.pack("<I", 0x7FFFFFFF) + bytes(500)
_SAID = (b"", _HELLO, os.urandom(512), _HELLO + _OPEN, _HUGE)


class _Ear:
    def __init__(self) -> None:
        self.heard = 0

    def datachange_notification(self, node: Any, val: Any, data: Any) -> None:
        self.heard += 1


async def _ended() -> None:
    """Until standard input ends."""
    await asyncio.to_thread(sys.stdin.read)


def _say(**said: Any) -> None:
    print(json.dumps(said), flush=True)


async def _one(station: Station, subscriptions: int, ear: _Ear) -> Client:
    client = await client_of(station)
    await client.connect()
    index = await client.get_namespace_index(names.NAMESPACE)
    params = ua.CreateSubscriptionParameters()
    params.RequestedPublishingInterval = _INTERVAL_MS
    params.RequestedMaxKeepAliveCount, params.RequestedLifetimeCount = _KEEP_ALIVES, 10 * _KEEP_ALIVES
    for number in range(subscriptions):
        # One value that always changes, the others when something happens.
        owner, name = (names.SITE, "Heartbeats") if number == 0 else (names.group_id("g1"), "Epoch")
        subscription = await client.create_subscription(params, ear)
        await subscription.subscribe_data_change(client.get_node(ua.NodeId(names.variable_id(owner, name), index)))
    return client


async def _clients(station: Station, clients: int, subscriptions: int) -> None:
    ear = _Ear()
    held = await asyncio.gather(*(_one(station, subscriptions, ear) for _ in range(clients)))
    _say(clients=len(held), subscriptions=len(held) * subscriptions)
    before = ear.heard
    await _ended()
    _say(notifications=ear.heard - before)
    for each in held:
        with suppress(Exception):
            await each.disconnect()


async def _flood(station: Station) -> None:
    """Connections that say nothing, half of something, or rubbish."""
    _say()
    end, held, made, refused = asyncio.ensure_future(_ended()), list[socket.socket](), 0, 0
    while not end.done():
        await asyncio.sleep(1 / _PER_S)
        caller = socket.socket()
        caller.setblocking(False)
        try:
            caller.bind((f"127.0.0.{2 + made % _FROM}", 0))
            caller.connect_ex(("127.0.0.1", station.port))
            await asyncio.sleep(0)
            caller.send(_SAID[made % len(_SAID)])
        except OSError:
            refused += 1
        held.append(caller)
        made += 1
        if len(held) > _HELD_MAX:
            held.pop(0).close()
    _say(connections=made, refused=refused)


async def _fuzz(station: Station, certificate: bytes, seed: int, inputs: int) -> None:
    _say()
    found = await fuzz.run(station, certificate, "g1", seed, inputs)
    layers = {
        name: {
            "inputs": len(layer.took_s),
            "ends": layer.ends,
            "median_s": quantile(layer.took_s, 1, 2),
            "max_s": max(layer.took_s),
        }
        for name, layer in found.items()
    }
    _say(layers=layers)


def main() -> None:
    """Load as asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("load", choices=("clients", "flood", "fuzz"))
    parser.add_argument("station")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--subscriptions", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", type=int, default=1)
    asked = parser.parse_args()
    os.nice(_NICE)
    logging.disable(logging.CRITICAL)
    station = Station(**json.loads(asked.station))
    match asked.load:
        case "clients":
            asyncio.run(_clients(station, asked.clients, asked.subscriptions))
        case "flood":
            asyncio.run(_flood(station))
        case _:
            certificate = Path(station.certificate).read_bytes()
            asyncio.run(_fuzz(station, certificate, asked.seed, asked.inputs))


if __name__ == "__main__":
    main()
