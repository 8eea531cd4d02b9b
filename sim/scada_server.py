"""The process of one SCADA server: an OPC UA server in front of `sim.scada`."""

import asyncio
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Final

from asyncua import ua

from sim import control, opcua
from sim.condition import AlarmCondition, AlarmState
from sim.disturb import Faults
from sim.heartbeat import Role
from sim.modbus_client import ModbusLink
from sim.modbus_server import ModbusServer
from sim.opcua import BOOLEAN, INT32, UINT32
from sim.opcua_server import DEGRADED, HEALTHY, NO_DATA, Argument, PlantServer
from sim.plant import Plant
from sim.process import every, keep_running, limit_memory
from sim.scada import ReplicaBank, Scada
from sim.selection import Selection
from sim.whole import GATEWAYS, SCADA

_REPLY_TIMEOUT_MS: Final = 1000
_PEER_TIMEOUT_MS: Final = 500
_FAULTS: Final = ("freeze", "stall_worker", "lying_role", "replication_lag", "stale_source", "level", "passive_level_1")
ALARM: Final = "LevelAlarm"
_VARIABLES: Final = {
    "Heartbeat": UINT32,
    "Cycle": UINT32,
    "Role": INT32,
    "Position": UINT32,
    "Acked": UINT32,
    "LagMs": UINT32,
    "Session": UINT32,
    "Integral": INT32,
    "Output": INT32,
    "Level": INT32,
    "PathNode": UINT32,
    "PathEpoch": UINT32,
    "AlarmActive": BOOLEAN,
    "AlarmAcked": BOOLEAN,
    "AlarmOccurrence": UINT32,
}
_CHOICE: Final = (Argument(name="epoch", kind=UINT32), Argument(name="node", kind=UINT32))
_ANSWER: Final = (Argument(name="answer", kind=INT32),)


class Paths:
    """Which gateway is used, and the one connection that leads there."""

    def __init__(self, plant: Plant, name: str, links: dict[int, ModbusLink]) -> None:
        first = min(links)
        self.selection = Selection(plant.directory / f"{name}.path", first=first, choices=tuple(links))
        self._links = links
        self._keeper: asyncio.Task[None] | None = None

    def connect(self, scada: Scada) -> None:
        """Leave the gateway used so far, whatever is under way there, and take the chosen one."""
        if self._keeper is not None:
            self._keeper.cancel()
        scada.use(self.selection.node)
        self._keeper = keep_running(self._links[self.selection.node].run())


class Face:
    """What the OPC UA server shows of the application, and the orders it takes."""

    def __init__(self, server: PlantServer, scada: Scada, paths: Paths) -> None:
        self._server = server
        self._scada = scada
        self._paths = paths
        self._condition = AlarmCondition(server, ALARM, "the header's level is high", scada.acknowledge)

    async def build(self) -> None:
        """Variables, settings and methods."""
        server, scada = self._server, self._scada
        await server.add_variables(_VARIABLES)
        await server.add_setting("Setpoint", INT32, scada.write_setpoint)
        await server.add_setting("Mode", INT32, scada.write_mode)
        await server.add_setting("AlarmLimit", INT32, scada.write_limit)
        await server.add_method("SelectPath", self._select_path, _CHOICE, _ANSWER)
        occurrence = Argument(name="occurrence", kind=UINT32)
        await server.add_method("AcknowledgeAlarm", self._acknowledge, [occurrence], _ANSWER)
        await self._condition.build()
        await server.show({"Session": scada.session})

    def select(self, epoch: int, node: int) -> int:
        """Choose a gateway under an epoch."""
        before = self._paths.selection.node
        answer = self._paths.selection.select(epoch, node)
        if self._paths.selection.node != before:
            self._paths.connect(self._scada)
        return answer

    def state(self) -> control.Answer:
        """What a commissioning engineer looks at."""
        scada = self._scada
        return {"role": scada.role().name.lower(), "lag_ms": scada.lag_ms(), "data_age_ms": scada.data_age_ms()}

    async def _select_path(self, epoch: int, node: int) -> list[int]:
        answer = self.select(epoch, node)
        await self._show_path()
        return [answer]

    async def _acknowledge(self, occurrence: int) -> list[int]:
        return [self._scada.acknowledge(occurrence)]

    async def communicate(self) -> None:
        """The communication task: exchange, and show what is."""
        scada = self._scada
        if scada.wrong.frozen:
            return
        scada.communicate()
        await self._server.show({"Heartbeat": scada.heartbeat, "Role": scada.role(), "LagMs": scada.lag_ms()})
        await self._show_path()
        await self._show_measured()
        await self._server.show_level(self._level())

    async def control(self) -> None:
        """The control task: compute, and show what it computes with."""
        scada = self._scada
        scada.control()
        if scada.wrong.frozen or scada.wrong.stalled:
            return
        loop, alarm = scada.loop, scada.alarm
        await self._server.show(
            {
                "Cycle": scada.cycle,
                "Position": scada.position,
                "Acked": scada.acked,
                "Setpoint": round(loop.setpoint),
                "Mode": int(loop.auto),
                "Integral": round(loop.integral),
                "Output": round(loop.output),
                "AlarmLimit": alarm.limit,
                "AlarmActive": alarm.active,
                "AlarmAcked": alarm.acked,
                "AlarmOccurrence": alarm.occurrence,
            }
        )
        state = AlarmState(active=alarm.active, acked=alarm.acked, occurrence=alarm.occurrence)
        await self._condition.show(state)

    async def _show_path(self) -> None:
        selection = self._paths.selection
        await self._server.show({"PathNode": selection.node, "PathEpoch": selection.epoch})

    async def _show_measured(self) -> None:
        scada = self._scada
        if scada.level is not None:
            measured_at = ua.DateTime.now(UTC) - timedelta(milliseconds=scada.data_age_ms())
            await self._server.show({"Level": scada.level}, measured_at=measured_at)

    def _level(self) -> int:
        wrong = self._scada.wrong
        if wrong.level is not None:
            return wrong.level
        if self._scada.level is None or (wrong.passive_level_1 and self._scada.role() is Role.STANDBY):
            return NO_DATA
        return HEALTHY if self._scada.healthy() else DEGRADED


async def start(plant: Plant, name: str) -> Callable[[], None]:
    """Start the SCADA server called `name`."""
    limit_memory(plant.memory_mb)
    links = {
        number: ModbusLink(plant.ports[f"net_s.{name}_{gateway}"], timeout_ms=_REPLY_TIMEOUT_MS)
        for gateway, number in GATEWAYS.items()
    }
    peer_name = next(other for other in SCADA if other != name)
    peer = ModbusLink(plant.ports[f"net_s.{peer_name}"], timeout_ms=_PEER_TIMEOUT_MS)
    scada = Scada(plant, name, links, peer)
    paths = Paths(plant, name, links)
    server = await PlantServer.open(plant, name, opcua.SCADA, peers=tuple(SCADA), conditions=True)
    face = Face(server, scada, paths)
    await face.build()
    replica = ModbusServer(ReplicaBank(scada))
    await replica.listen(plant.ports[f"{name}_sync"])
    paths.connect(scada)
    await server.start()
    cycle_ms = plant.header.cycle_ms
    # The control task computes in the middle between two exchanges: the reply to one is in, the next takes the result.
    tasks = [
        keep_running(peer.run()),
        keep_running(every(cycle_ms, face.communicate)),
        keep_running(every(cycle_ms, face.control, phase_ms=cycle_ms // 2)),
    ]
    actions: dict[str, control.Action] = {
        **Faults(scada.wrong).actions(*_FAULTS),
        "select": lambda epoch, node: {"answer": face.select(epoch, node)},
        "state": face.state,
    }
    door = await control.serve(plant.door(name), actions)

    def end() -> None:
        for task in tasks:
            task.cancel()
        replica.close()
        door.close()

    return end
