"""The one place where links, probes and actuators are put together from the site."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import assert_never

from otha.certificates import OwnIdentity
from otha.core.config import GroupConfig
from otha.core.effects import Backfill, Command, Demote, Promote, Select
from otha.core.inputs import EffectId
from otha.core.words import GroupKind
from otha.runtime.actuators.clients import Client, ClientActuator, Member
from otha.runtime.actuators.end import CommandEnd
from otha.runtime.actuators.gate import GateActuator
from otha.runtime.inbox import Put
from otha.runtime.lane import Lane
from otha.runtime.link import Link, LinkCounters
from otha.runtime.modbus import LinkTiming, ModbusLink
from otha.runtime.opcua.pool import OpcuaPool
from otha.runtime.paths import Paths
from otha.runtime.probes.gate import GateProbe
from otha.runtime.probes.node import NodeProbe
from otha.runtime.probes.opcua import OpcuaProbe
from otha.runtime.probes.opcua_reference import OpcuaReferenceProbe
from otha.runtime.probes.opcua_tags import OpcuaTagsProbe
from otha.runtime.probes.reference import ReferenceProbe
from otha.runtime.probes.tags import TagsProbe
from otha.runtime.rtu import RtuLine
from otha.runtime.scheduler import Beat, Scheduler, Work, stagger
from otha.site.line import Line
from otha.site.model import Node, Reference, Section, Site, TagRead
from otha.site.opcua import OpcuaDecoder
from otha.site.read import Endpoint

_GIVE_UP_AFTER_NS = 400_000_000
_GIVE_UP_LATEST_NS = 3_200_000_000
_KEEP_WARM_NS = 1_000_000_000
_START_AFTER_NS = 20_000_000
_OPCUA_CONNECT_NS = 3_000_000_000
# One worker's death must not make all reference points silent.
_REFERENCE_RANKS = 2


def link_timing(period_ns: int, deadline_ns: int) -> LinkTiming:
    """How patient a link is with a peer that is asked every `period_ns`."""
    patience = min(max(_GIVE_UP_AFTER_NS // period_ns, 3), 16)
    return LinkTiming(
        connect_timeout_ns=min(max(2 * deadline_ns, 200_000_000), 2_000_000_000),
        patience=patience,
        patience_max=min(max(_GIVE_UP_LATEST_NS // period_ns, patience), 128),
    )


def opcua_timing(period_ns: int, deadline_ns: int) -> LinkTiming:
    """As `link_timing`; an OPC UA connection is six exchanges, and a secured one costs both sides arithmetic."""
    timing = link_timing(period_ns, deadline_ns)
    return replace(timing, connect_timeout_ns=max(timing.connect_timeout_ns, _OPCUA_CONNECT_NS))


class Network:
    """All that OTHA asks of the devices of a site, and its commands to gates by group.

    `own`: OTHA's OPC UA identity, for a site with secured OPC UA nodes. `opcua`: reads and calls besides heartbeats.
    """

    def __init__(self, site: Site, scheduler: Scheduler, put: Put, own: OwnIdentity | None = None) -> None:
        self.opcua = OpcuaPool(scheduler, own)
        self._site = site
        self._scheduler = scheduler
        self._put = put
        # What runs by itself, by its name: the connections, and the serial lines that several links share.
        self._carriers: dict[str, ModbusLink | RtuLine] = {}
        self._lines: dict[str, RtuLine] = {}
        self._work: list[tuple[int, Work]] = []
        self._heartbeats: dict[str, NodeProbe | OpcuaProbe] = {}
        self._gate_probes: dict[str, GateProbe] = {}
        self._actuators: dict[str, GateActuator] = {}
        self._leaders: dict[str, ClientActuator] = {}
        self._tag_lanes: dict[str, Callable[[], tuple[int, Lane]]] = {}
        self._opcua_tags: list[OpcuaTagsProbe] = []
        self._beats: list[Beat] = []
        self._runners: list[asyncio.Task[None]] = []
        self._fast: frozenset[str] = frozenset()
        for node in site.nodes:
            if node.is_read:
                self._add_node(node)
        for section in site.sections:
            self._add_section(section)
        for group in site.core.groups:
            if group.kind is not GroupKind.DRIVER:
                self._add_clients(group)
        for rank, reference in enumerate(site.references):
            self._add_reference(reference, rank % _REFERENCE_RANKS)
        for read in site.tag_reads:
            self._add_tags(read)
        for each in site.opcua_tag_reads:
            probe = OpcuaTagsProbe(each, self.opcua, put)
            self._opcua_tags.append(probe)
            self._work.append((each.period_ns, probe.depart))

    def start(self, tasks: asyncio.TaskGroup, now: int) -> None:
        """Begin to ask, each period's beats spread evenly over it."""
        self._runners = [tasks.create_task(each.run(), name=f"link {name}") for name, each in self._carriers.items()]
        self.opcua.start(tasks, now)
        for tags in self._opcua_tags:
            tags.start(tasks)
        first = now + _START_AFTER_NS
        by_period: dict[int, list[Work]] = {}
        for period, work in self._work:
            by_period.setdefault(period, []).append(work)
        for period, works in by_period.items():
            for phase, work in zip(stagger(len(works), period), works, strict=True):
                self._beats.append(self._scheduler.every(period, work, first_ns=first + phase))
        probes = list(self._gate_probes.values())
        for index, probe in enumerate(probes):
            # Between the heartbeats rather than with them.
            probe.start(first + probe.period_ns * (2 * index + 1) // (2 * len(probes)))

    def stop(self) -> None:
        """Ask nothing more, and hang up."""
        for beat in self._beats:
            beat.stop()
        for probe in self._gate_probes.values():
            probe.stop()
        for tags in self._opcua_tags:
            tags.stop()
        for runner in self._runners:
            runner.cancel()
        self.opcua.stop()

    def set_fast(self, sections: frozenset[str], now: int) -> None:
        """Poll the gates of these sections, and no others, at their fast pace."""
        if sections == self._fast:
            return
        self._fast = sections
        for name, probe in self._gate_probes.items():
            probe.set_fast(name in sections, now)

    def set_deadlines(self, deadlines: Mapping[str, int]) -> None:
        """From now on the heartbeats of these channels have so much time: another link carries them."""
        for channel, deadline_ns in deadlines.items():
            self._heartbeats[channel].deadline_ns = deadline_ns

    async def command(self, id_: EffectId, command: Command, deadline_ns: int) -> CommandEnd:
        """Carry `command` to gate, clients or nodes of the effect's group. Raises KeyError for one of another site."""
        match command:
            case Select() | Promote() | Demote() | Backfill():
                return await self._leaders[id_.group].carry_out(command, deadline_ns)
            case _:
                return await self._actuators[id_.group].carry_out(id_, command, deadline_ns)

    def counters(self) -> dict[str, LinkCounters]:
        """What each connection and each serial line has met, by its name."""
        return {name: each.counters for name, each in self._carriers.items()} | dict(self.opcua.counters())

    def _link(self, name: str, at: Endpoint | Line, timing: LinkTiming, local: str | None = None) -> Link:
        match at:
            case Endpoint(host=host, port=port):
                link = self._carriers[name] = ModbusLink(self._scheduler, host, port, timing, local=local)
                return link
            case Line():
                line = self._lines.get(at.name)
                if line is None:
                    line = self._lines[at.name] = self._carriers[str(at)] = RtuLine(self._scheduler, at)
                return line.link()
            case never:
                assert_never(never)

    def _add_node(self, node: Node) -> None:
        if isinstance(node.decoder, OpcuaDecoder):
            self._add_opcua(node, node.decoder)
            return
        configs = {cfg.name: cfg for cfg in self._site.core.channels}
        probes = []
        for channel in node.channels:
            cfg = configs[channel.name]
            timing = link_timing(cfg.period_ns, channel.widest_deadline_ns)
            link = self._link(channel.name, channel.endpoint, timing, channel.local)
            probe = NodeProbe(cfg, channel.unit, node.registers, link, self._put)
            self._heartbeats[channel.name] = probe
            self._work.append((cfg.period_ns, probe.depart))
            probes.append((channel.unit, probe.lane))
        self._tag_lanes[node.name] = lambda: probes[0]

    def _add_opcua(self, node: Node, decoder: OpcuaDecoder) -> None:
        switches = {each.switch: each.name for each in self._site.selectors if each.client == node.name}
        for channel in node.channels:
            link = self.opcua.add(channel, node, decoder, opcua_timing(channel.period_ns, channel.widest_deadline_ns))
            probe = OpcuaProbe(
                channel.name,
                channel.deadline_ns,
                decoder,
                link,
                self._put,
                switches=switches,
                is_member=bool(node.groups),
            )
            self._heartbeats[channel.name] = probe
            self._work.append((channel.period_ns, probe.depart))

    def _add_clients(self, group: GroupConfig) -> None:
        """Who carries the commands of a group of kind path or store."""
        nodes = {node.name: node for node in self._site.nodes}
        channels = {name: tuple(channel.name for channel in node.channels) for name, node in nodes.items()}
        members = {
            each.name: Member(number=each.number, channels=channels[each.name], store=nodes[each.name].profile.store)
            for each in group.nodes
        }
        clients = [
            Client(selector=selector, channels=channels[selector.client])
            for selector in self._site.selectors
            if selector.group == group.name
        ]
        self._leaders[group.name] = ClientActuator(members, clients, self.opcua, self._put)

    def _add_section(self, section: Section) -> None:
        group = next((each for each in self._site.core.groups if each.name == section.group), None)
        poll_ns = group.own_gate.poll_ns if group is not None else section.deadline_ns
        timing = link_timing(poll_ns, section.deadline_ns)
        paths = Paths([path.name for path in section.paths])
        links = [self._link(p.name, p.endpoint, timing, p.local) for p in section.paths]
        lanes = [Lane(link) for link in links]
        self._tag_lanes[section.name] = lambda: (section.paths[paths.current].unit, lanes[paths.current])
        if group is None:
            return
        self._gate_probes[section.name] = GateProbe(section, group.own_gate, paths, lanes, self._scheduler, self._put)
        first = section.paths[0]
        command = self._link(f"{first.name}.command", first.endpoint, timing, first.local)
        actuator = GateActuator(section, group, [command, *links[1:]], paths, self._scheduler, self._put)
        self._actuators[group.name] = actuator
        self._work.append((_KEEP_WARM_NS, actuator.keep_warm))

    def _add_reference(self, reference: Reference, rank: int) -> None:
        (cfg,) = (each for each in self._site.core.references if each.name == reference.name)
        if isinstance(reference.decoder, OpcuaDecoder):
            timing = opcua_timing(cfg.period_ns, cfg.deadline_ns)
            asked = self.opcua.add_reference(reference, reference.decoder, timing, rank)
            self._work.append((cfg.period_ns, OpcuaReferenceProbe(cfg, reference.decoder, asked, self._put).depart))
            return
        link = self._link(reference.name, reference.endpoint, link_timing(cfg.period_ns, cfg.deadline_ns))
        probe = ReferenceProbe(cfg, reference.unit, reference.decoder, link, self._put)
        self._work.append((cfg.period_ns, probe.depart))

    def _add_tags(self, read: TagRead) -> None:
        lane = self._tag_lanes.get(read.source)
        if lane is not None:
            self._work.append((read.period_ns, TagsProbe(read, lane, self._put).depart))
