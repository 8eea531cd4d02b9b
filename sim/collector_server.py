"""The process of the collector: an OPC UA server in front of `sim.collector`."""

from collections.abc import Callable
from typing import Final

from sim import control, opcua
from sim.collector import Collector
from sim.disturb import Faults
from sim.modbus_client import ModbusLink
from sim.opcua import INT32, INT64, UINT32
from sim.opcua_link import OpcuaLink
from sim.opcua_server import HEALTHY, NO_DATA, Argument, PlantServer
from sim.plant import Plant
from sim.process import Ticker, every, keep_running, limit_memory
from sim.registers import U32_MAX
from sim.samples import flat
from sim.whole import HISTORIANS

_COMMUNICATE_MS: Final = 250
_DELIVER_MS: Final = 250
_GREET_MS: Final = 1000
_CALL_TIMEOUT_MS: Final = 3000
_REPLY_TIMEOUT_MS: Final = 500
_FAULTS: Final = ("freeze", "stall_worker")
_VARIABLES: Final = dict.fromkeys(
    ("Heartbeat", "Cycle", "StoreNode", "StoreEpoch", "BufferedFrom", "BufferedTo", "Delivered", "Dropped"), UINT32
)


class Face:
    """What the OPC UA server shows of the collector, and the orders it takes."""

    def __init__(self, server: PlantServer, collector: Collector) -> None:
        self._server = server
        self._collector = collector

    async def build(self) -> None:
        """Variables and methods."""
        choice = [Argument(name="epoch", kind=UINT32), Argument(name="node", kind=UINT32)]
        bounds = [Argument(name="from_seq", kind=UINT32), Argument(name="to_seq", kind=UINT32)]
        answer, rows = Argument(name="answer", kind=INT32), Argument(name="rows", kind=INT64, array=True)
        await self._server.add_variables(_VARIABLES)
        await self._server.add_method("SelectStore", self._select_store, choice, [answer])
        await self._server.add_method("Fetch", self._fetch, bounds, [rows])

    async def communicate(self) -> None:
        """The communication task: raise the heartbeat and show what is."""
        collector = self._collector
        if collector.wrong.frozen:
            return
        collector.heartbeat = (collector.heartbeat + 1) & U32_MAX
        first, last = collector.buffered
        await self._server.show(
            {
                "Heartbeat": collector.heartbeat,
                "Cycle": collector.cycle,
                "BufferedFrom": first,
                "BufferedTo": last,
                "Delivered": collector.delivered,
                "Dropped": collector.dropped,
            }
        )
        await self._show_store()
        await self._server.show_level(HEALTHY if collector.buffer else NO_DATA)

    async def _show_store(self) -> None:
        selection = self._collector.selection
        await self._server.show({"StoreNode": selection.node, "StoreEpoch": selection.epoch})

    async def _select_store(self, epoch: int, node: int) -> list[int]:
        answer = self._collector.choose(epoch, node)
        await self._show_store()
        return [answer]

    async def _fetch(self, from_seq: int, to_seq: int) -> list[list[int]]:
        return [flat(self._collector.fetch(from_seq, to_seq))]


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the collector."""
    limit_memory(plant.memory_mb)
    link = ModbusLink(plant.ports["bus_collector"], timeout_ms=_REPLY_TIMEOUT_MS)
    stores = {
        number: OpcuaLink(plant.ports[f"net_s.{historian}"], opcua.HISTORIAN, timeout_ms=_CALL_TIMEOUT_MS)
        for historian, number in HISTORIANS.items()
    }
    collector = Collector(plant, link, stores)
    server = await PlantServer.open(plant, name, opcua.COLLECTOR)
    face = Face(server, collector)
    await face.build()
    await server.start()
    tasks = [
        keep_running(link.run()),
        keep_running(every(_DELIVER_MS, collector.deliver)),
        keep_running(every(_GREET_MS, collector.greet)),
        keep_running(every(_COMMUNICATE_MS, face.communicate)),
    ]
    ticker = Ticker(plant.sample_ms, collector.sample)

    def select(epoch: int, node: int) -> control.Answer:
        return {"answer": collector.choose(epoch, node)}

    actions: dict[str, control.Action] = {**Faults(collector.wrong).actions(*_FAULTS), "select": select}
    door = await control.serve(plant.door(name), actions)

    def end() -> None:
        ticker.stop()
        for task in tasks:
            task.cancel()
        door.close()
        collector.close()

    return end
