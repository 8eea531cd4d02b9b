"""What is asked of one thing of the site (node, section, reference point, tags): its links, its beats and who carries
its commands. It begins and ends as a whole; a changed site leaves every part alone whose manner stays."""

import asyncio
from collections.abc import Callable

from otha.core.inputs import Input
from otha.runtime.actuators.clients import ClientActuator
from otha.runtime.actuators.gate import GateActuator
from otha.runtime.inbox import Put
from otha.runtime.lane import Lane
from otha.runtime.modbus import ModbusLink
from otha.runtime.opcua.link import OpcuaLink
from otha.runtime.opcua.pool import OpcuaPool
from otha.runtime.probes.gate import GateProbe
from otha.runtime.probes.node import NodeProbe
from otha.runtime.probes.opcua import OpcuaProbe
from otha.runtime.probes.opcua_tags import OpcuaTagsProbe
from otha.runtime.rtu import RtuLine, RtuLink
from otha.runtime.scheduler import Beat, Scheduler, Work
from otha.site.asked import Manner


class Part:
    """A part as it is put together, before `start`. `manner`: what it was put together from."""

    def __init__(self, manner: Manner, out: Put) -> None:
        self.manner = manner
        self.carriers: dict[str, ModbusLink] = {}
        self.line_links: list[tuple[RtuLine, RtuLink]] = []
        self.opcua_links: list[OpcuaLink] = []
        self.heartbeats: dict[str, NodeProbe | OpcuaProbe] = {}
        self.works: list[tuple[int, Work]] = []
        self.lane: Callable[[], tuple[int, Lane]] | None = None
        self.gate_probe: GateProbe | None = None
        self.gate: GateActuator | None = None
        self.clients: ClientActuator | None = None
        self.opcua_tags: OpcuaTagsProbe | None = None
        self._out = out
        self._has_ended = False
        self._beats: list[Beat] = []
        self._runners: list[asyncio.Task[None]] = []

    def put(self, raw: Input, at_ns: int) -> None:
        """Hand an input over. After the end nothing is: a late answer must not speak for what has taken its place."""
        if not self._has_ended:
            self._out(raw, at_ns)

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to connect. What asks is started by `beat` and by the gate's probe itself."""
        self._runners = [tasks.create_task(each.run(), name=f"link {name}") for name, each in self.carriers.items()]
        if self.opcua_tags is not None:
            self.opcua_tags.start(tasks)

    def beat(self, scheduler: Scheduler, period_ns: int, work: Work, first_ns: int) -> None:
        """Do `work` from `first_ns` on."""
        self._beats.append(scheduler.every(period_ns, work, first_ns=first_ns))

    def end(self, pool: OpcuaPool) -> None:
        """Ask nothing more, hang up, and say nothing more."""
        self._has_ended = True
        for beat in self._beats:
            beat.stop()
        if self.gate_probe is not None:
            self.gate_probe.stop()
        if self.opcua_tags is not None:
            self.opcua_tags.stop()
        for runner in self._runners:
            runner.cancel()
        for line, user in self.line_links:
            line.leave(user)
        for link in self.opcua_links:
            pool.remove(link)
