"""The process of one soft controller."""

import asyncio
from collections.abc import Callable
from typing import Final

from sim import control
from sim.controller import Bank, Controller
from sim.disturb import Faults
from sim.modbus_client import ModbusLink
from sim.modbus_server import ModbusServer
from sim.plant import NODES, Plant
from sim.process import Ticker

_REPLY_TIMEOUT_MS: Final = 300
_FAULTS: Final = ("freeze", "stall_worker", "lying_role", "replication_lag")


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the controller called `name`."""
    peer_name = next(node for node in NODES if node != name)
    link = ModbusLink(plant.ports[f"bus_{name}"], timeout_ms=_REPLY_TIMEOUT_MS)
    peer = ModbusLink(plant.ports[f"sync_{peer_name}"], timeout_ms=_REPLY_TIMEOUT_MS)
    controller = Controller(plant, name, NODES[name], link, peer)
    controller.communicate()
    server = ModbusServer(Bank(controller))
    await server.listen(plant.ports[name])
    keepers = [asyncio.create_task(one.run()) for one in (link, peer)]
    # The control task computes in the middle between two exchanges: the reply to one is in, the next takes the result.
    half_ms = plant.cycle_ms // 2
    tickers = [
        Ticker(half_ms, controller.communicate),
        Ticker(plant.cycle_ms, controller.control, phase_ms=half_ms),
    ]
    door = await control.serve(plant.door(name), Faults(controller.wrong).actions(*_FAULTS))

    def end() -> None:
        for ticker in tickers:
            ticker.stop()
        for keeper in keepers:
            keeper.cancel()
        server.close()
        door.close()

    return end
