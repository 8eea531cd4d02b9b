"""The process of one network between OTHA and the plant: a forwarder per endpoint, with faults by name."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from sim import control
from sim.errors import UsageError
from sim.forward import Direction, Endpoint, Stalls
from sim.plant import Plant

ALL: Final = "all"


class Network:
    """The faults of one network's endpoints."""

    def __init__(self, endpoints: dict[str, Endpoint]) -> None:
        self._endpoints = endpoints

    def cut(self, node: str = ALL) -> control.Answer:
        """Black hole."""
        for endpoint in self._chosen(node):
            endpoint.cut()
        return _effect()

    def refuse(self, node: str = ALL) -> control.Answer:
        """Refuse connections and reset the open ones."""
        for endpoint in self._chosen(node):
            endpoint.refuse()
        return _effect()

    def delay(self, ms: float, node: str = ALL) -> control.Answer:
        """Hold back everything, both ways, by `ms`."""
        _positive("ms", ms, zero=True)
        for endpoint in self._chosen(node):
            endpoint.faults.delay_ms = ms
        return _effect()

    def one_way(self, node: str = ALL, lost: str = "replies") -> control.Answer:
        """Lose one direction."""
        directions = {"replies": Direction.REPLY, "requests": Direction.REQUEST}
        if lost not in directions:
            raise UsageError(f"there is no direction {lost!r}", mend="lost=replies or lost=requests")
        for endpoint in self._chosen(node):
            endpoint.faults.lost.add(directions[lost])
        return _effect()

    def stalls(self, node: str = ALL, every_ms: float = 2000, hold_ms: float = 200, seed: int = 1) -> control.Answer:
        """Seeded stalls, shaped as packet loss shapes a TCP stream."""
        _positive("every_ms", every_ms)
        _positive("hold_ms", hold_ms)
        now_s = asyncio.get_running_loop().time()
        for index, endpoint in enumerate(self._chosen(node)):
            endpoint.faults.stalls = Stalls(seed=seed + index, every_ms=every_ms, hold_ms=hold_ms, now_s=now_s)
        return _effect()

    async def heal(self, node: str = ALL) -> control.Answer:
        """End all faults."""
        for endpoint in self._chosen(node):
            await endpoint.heal()
        return _effect()

    def _chosen(self, node: str) -> list[Endpoint]:
        if node == ALL:
            return list(self._endpoints.values())
        if node not in self._endpoints:
            raise UsageError(f"this network has no {node!r}", mend=f"one of: {', '.join(self._endpoints)}, {ALL}")
        return [self._endpoints[node]]


def _positive(name: str, value: float, *, zero: bool = False) -> None:
    if value < 0 or (value == 0 and not zero):
        raise UsageError(f"{name}={value} makes no sense", mend=f"a time in ms, e.g. {name}=200")


def _effect() -> control.Answer:
    return {"at_ns": time.monotonic_ns()}


def actions(network: Network) -> dict[str, control.Action]:
    """The faults by name, for the process' door."""
    return {
        "cut": network.cut,
        "refuse": network.refuse,
        "delay": network.delay,
        "one_way": network.one_way,
        "stalls": network.stalls,
        "heal": network.heal,
    }


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the network called `name`."""
    endpoints = {}
    for node in plant.on_network(name):
        listener = f"{name}.{node}"
        endpoints[node] = Endpoint(listener, plant.ports[listener], plant.upstream(listener))
    for endpoint in endpoints.values():
        await endpoint.listen()
    door = await control.serve(plant.door(name), actions(Network(endpoints)))

    def end() -> None:
        for endpoint in endpoints.values():
            endpoint.close()
        door.close()

    return end
