"""The one place where links, probes and actuators are put together from the site, and where a changed site takes the
place of the one before: what it says no different of goes on without missing a beat."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from otha.certificates import OwnIdentity
from otha.core.config import GroupConfig
from otha.core.effects import Backfill, Command, Demote, Promote, Select
from otha.core.inputs import EffectId
from otha.core.words import GroupKind
from otha.runtime.actuators.clients import Client, ClientActuator, Member
from otha.runtime.actuators.end import CommandEnd
from otha.runtime.actuators.gate import GateActuator
from otha.runtime.heard import Heard
from otha.runtime.inbox import Put
from otha.runtime.lane import Lane
from otha.runtime.link import Link, LinkCounters
from otha.runtime.modbus import LinkTiming, ModbusLink
from otha.runtime.opcua.pool import OpcuaPool
from otha.runtime.part import Part
from otha.runtime.paths import Paths
from otha.runtime.probes.gate import GateProbe
from otha.runtime.probes.node import NodeProbe
from otha.runtime.probes.opcua import OpcuaProbe
from otha.runtime.probes.opcua_reference import OpcuaReferenceProbe
from otha.runtime.probes.opcua_tags import OpcuaTagsProbe
from otha.runtime.probes.reference import ReferenceProbe
from otha.runtime.probes.tags import TagsProbe
from otha.runtime.rtu import RtuLine
from otha.runtime.scheduler import Scheduler, Work, stagger
from otha.site.asked import Asked, Manner, Name, asked
from otha.site.line import Line
from otha.site.model import Node, OpcuaTagRead, Section, Site, TagRead
from otha.site.opcua import OpcuaDecoder
from otha.site.read import Endpoint

_GIVE_UP_AFTER_NS = 400_000_000
_GIVE_UP_LATEST_NS = 3_200_000_000
_KEEP_WARM_NS = 1_000_000_000
_START_AFTER_NS = 20_000_000
_OPCUA_CONNECT_NS = 3_000_000_000
# One worker's death must not make all reference points silent.
_REFERENCE_RANKS = 2
# What has a part of its own; a gate, a selector and a tag are read with something else.
_PARTS = frozenset({Asked.NODE, Asked.SECTION, Asked.CLIENTS, Asked.REFERENCE, Asked.TAG_READ})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NextNetwork:
    """How a changed site would be asked: all its parts, those that stay included. Nothing is asked yet."""

    site: Site
    parts: dict[Name, Part]
    lines: dict[Line, RtuLine]


class Network:
    """All that OTHA asks of the devices of a site, and its commands to gates by group.

    `own`: OTHA's OPC UA identity, for a site with secured OPC UA nodes. `opcua`: reads and calls besides heartbeats.
    """

    def __init__(self, site: Site, scheduler: Scheduler, put: Put, own: OwnIdentity | None = None) -> None:
        self.opcua = OpcuaPool(scheduler, own)
        self._scheduler = scheduler
        self._put = put
        self._parts: dict[Name, Part] = {}
        self._lines: dict[Line, RtuLine] = {}
        self._line_runners: dict[Line, asyncio.Task[None]] = {}
        self._gates: dict[str, GateActuator] = {}
        self._leaders: dict[str, ClientActuator] = {}
        self._gate_probes: dict[str, GateProbe] = {}
        self._heartbeats: dict[str, NodeProbe | OpcuaProbe] = {}
        self._fast: frozenset[str] = frozenset()
        self._tasks: asyncio.TaskGroup | None = None
        self._take(self.next(site))

    def start(self, tasks: asyncio.TaskGroup, now: int) -> None:
        """Begin to ask, each period's beats spread evenly over it."""
        self._tasks = tasks
        self.opcua.start(tasks)
        self._begin(list(self._parts.values()), now)

    def stop(self) -> None:
        """Ask nothing more, and hang up."""
        for part in self._parts.values():
            part.end(self.opcua)
        for runner in self._line_runners.values():
            runner.cancel()
        self.opcua.stop()

    def next(self, site: Site) -> NextNetwork:
        """What would have to be put together for `site`. Changes nothing that is asked now. Raises DefectError."""
        made = _Maker(site, self._scheduler, self._put, self.opcua, dict(self._lines))
        for name, manner in ((name, manner) for name, manner in asked(site).items() if name[0] in _PARTS):
            part = self._parts.get(name)
            made.parts[name] = part if part is not None and part.manner == manner else made.part(name, manner)
        return NextNetwork(site=site, parts=made.parts, lines=made.lines)

    def drop(self, made: NextNetwork) -> None:
        """`made` will not be used."""
        for part in self._beside(made):
            part.end(self.opcua)

    def swap(self, made: NextNetwork, now: int) -> None:
        """Ask as `made` says from now on. Parts that stay go on as if nothing were; nothing is written anywhere."""
        begun = self._beside(made)
        staying = {id(part) for part in made.parts.values()}
        for part in self._parts.values():
            if id(part) not in staying:
                part.end(self.opcua)
        self._take(made)
        self._begin(begun, now)

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
                return await self._gates[id_.group].carry_out(id_, command, deadline_ns)

    def counters(self) -> dict[str, LinkCounters]:
        """What each connection and each serial line has met, by its name."""
        links = {name: each.counters for part in self._parts.values() for name, each in part.carriers.items()}
        lines = {str(line): each.counters for line, each in self._lines.items()}
        return links | lines | dict(self.opcua.counters())

    def reply_ages_ms(self, now: int) -> dict[str, int]:
        """How old the newest reply of each channel is that has given one."""
        heard = {name: probe.heard for name, probe in self._heartbeats.items()}
        return {name: (now - each.reading_ns) // 1_000_000 for name, each in heard.items() if each.reading is not None}

    def heard(self) -> dict[str, Heard]:
        """What each channel has said, as it stands now."""
        return {name: probe.heard.still() for name, probe in self._heartbeats.items()}

    def _beside(self, made: NextNetwork) -> list[Part]:
        """The parts of `made` that are not asked now."""
        present = {id(part) for part in self._parts.values()}
        return [part for part in made.parts.values() if id(part) not in present]

    def _take(self, made: NextNetwork) -> None:
        self._parts = made.parts
        used = {id(line) for part in made.parts.values() for line, _ in part.line_links}
        self._lines = {at: line for at, line in made.lines.items() if id(line) in used}
        for at in [at for at in self._line_runners if at not in self._lines]:
            self._line_runners.pop(at).cancel()
        groups = {section.name: section.group for section in made.site.sections}
        self._gates, self._leaders, self._gate_probes = {}, {}, {}
        self._heartbeats = {name: probe for part in made.parts.values() for name, probe in part.heartbeats.items()}
        for (_, name), part in made.parts.items():
            if part.gate is not None:
                self._gates[groups[name] or ""] = part.gate
            if part.clients is not None:
                self._leaders[name] = part.clients
            if part.gate_probe is not None:
                self._gate_probes[name] = part.gate_probe

    def _begin(self, parts: list[Part], now: int) -> None:
        assert self._tasks is not None
        for at, line in self._lines.items():
            if at not in self._line_runners:
                self._line_runners[at] = self._tasks.create_task(line.run(), name=f"link {at}")
        for part in parts:
            part.start(self._tasks)
        self.opcua.lodge([link for part in parts for link in part.opcua_links], now)
        first = now + _START_AFTER_NS
        by_period: dict[int, list[tuple[Part, Work]]] = {}
        for part in parts:
            for period, work in part.works:
                by_period.setdefault(period, []).append((part, work))
        for period, works in by_period.items():
            for phase, (part, work) in zip(stagger(len(works), period), works, strict=True):
                part.beat(self._scheduler, period, work, first + phase)
        probes = [part.gate_probe for part in parts if part.gate_probe is not None]
        for index, probe in enumerate(probes):
            # Between the heartbeats rather than with them.
            probe.start(first + probe.period_ns * (2 * index + 1) // (2 * len(probes)))
        for name, probe in self._gate_probes.items():
            probe.set_fast(name in self._fast, now)


class _Maker:
    """Puts the parts of one site together. A serial line that is there already gets further users."""

    def __init__(self, site: Site, scheduler: Scheduler, put: Put, pool: OpcuaPool, lines: dict[Line, RtuLine]) -> None:
        self.parts: dict[Name, Part] = {}
        self.lines = lines
        self._site = site
        self._scheduler = scheduler
        self._put = put
        self._pool = pool
        self._channels = {cfg.name: cfg for cfg in site.core.channels}
        self._nodes = {node.name: node for node in site.nodes}
        self._sections = {section.name: section for section in site.sections}
        self._tag_reads = {f"{read.source} {read.block.at}": read for read in site.tag_reads}
        self._opcua_tag_reads = {read.source: read for read in site.opcua_tag_reads}

    def part(self, name: Name, manner: Manner) -> Part:
        part = Part(manner, self._put)
        match name:
            case Asked.NODE, node:
                self._node(part, self._nodes[node])
            case Asked.SECTION, section:
                self._section(part, self._sections[section])
            case Asked.CLIENTS, group:
                self._clients(part, self._site.group(group))
            case Asked.REFERENCE, reference:
                self._reference(part, reference)
            case Asked.TAG_READ, read if read in self._tag_reads:
                self._tags(part, self._tag_reads[read])
            case _, read:
                self._tags_of_server(part, self._opcua_tag_reads[read])
        return part

    def _link(self, part: Part, name: str, at: Endpoint | Line, timing: LinkTiming, local: str | None = None) -> Link:
        match at:
            case Endpoint(host=host, port=port):
                link = part.carriers[name] = ModbusLink(self._scheduler, host, port, timing, local=local)
                return link
            case Line():
                line = self.lines.get(at)
                if line is None:
                    line = self.lines[at] = RtuLine(self._scheduler, at)
                user = line.link()
                part.line_links.append((line, user))
                return user
            case never:
                assert_never(never)

    def _node(self, part: Part, node: Node) -> None:
        if isinstance(node.decoder, OpcuaDecoder):
            self._server(part, node, node.decoder)
            return
        probes = []
        for channel in node.channels:
            cfg = self._channels[channel.name]
            timing = link_timing(cfg.period_ns, channel.widest_deadline_ns)
            link = self._link(part, channel.name, channel.endpoint, timing, channel.local)
            probe = part.heartbeats[channel.name] = NodeProbe(cfg, channel.unit, node.registers, link, part.put)
            part.works.append((cfg.period_ns, probe.depart))
            probes.append((channel.unit, probe.lane))
        part.lane = lambda: probes[0]

    def _server(self, part: Part, node: Node, decoder: OpcuaDecoder) -> None:
        switches = {each.switch: each.name for each in self._site.selectors if each.client == node.name}
        for channel in node.channels:
            timing = opcua_timing(channel.period_ns, channel.widest_deadline_ns)
            link = self._pool.make(channel, node, decoder, timing)
            part.opcua_links.append(link)
            probe = part.heartbeats[channel.name] = OpcuaProbe(
                channel.name,
                channel.deadline_ns,
                decoder,
                link,
                part.put,
                switches=switches,
                is_member=bool(node.groups),
            )
            part.works.append((channel.period_ns, probe.depart))

    def _clients(self, part: Part, group: GroupConfig) -> None:
        """Who carries the commands of a group of kind path or store."""
        nodes = self._nodes
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
        part.clients = ClientActuator(members, clients, self._pool, part.put)

    def _section(self, part: Part, section: Section) -> None:
        group = next(
            (each for each in self._site.core.groups if each.name == section.group and each.kind is GroupKind.DRIVER),
            None,
        )
        poll_ns = group.own_gate.poll_ns if group is not None else section.deadline_ns
        timing = link_timing(poll_ns, section.deadline_ns)
        paths = Paths([path.name for path in section.paths])
        links = [self._link(part, p.name, p.endpoint, timing, p.local) for p in section.paths]
        lanes = [Lane(link) for link in links]
        part.lane = lambda: (section.paths[paths.current].unit, lanes[paths.current])
        if group is None:
            return
        part.gate_probe = GateProbe(section, group.own_gate, paths, lanes, self._scheduler, part.put)
        first = section.paths[0]
        command = self._link(part, f"{first.name}.command", first.endpoint, timing, first.local)
        part.gate = GateActuator(section, group, [command, *links[1:]], paths, self._scheduler, part.put)
        part.works.append((_KEEP_WARM_NS, part.gate.keep_warm))

    def _reference(self, part: Part, name: str) -> None:
        ((at, reference),) = ((at, each) for at, each in enumerate(self._site.references) if each.name == name)
        (cfg,) = (each for each in self._site.core.references if each.name == name)
        if isinstance(reference.decoder, OpcuaDecoder):
            timing = opcua_timing(cfg.period_ns, cfg.deadline_ns)
            asked_over = self._pool.make_reference(reference, reference.decoder, timing, at % _REFERENCE_RANKS)
            part.opcua_links.append(asked_over)
            server = OpcuaReferenceProbe(cfg, reference.decoder, asked_over, part.put)
            part.works.append((cfg.period_ns, server.depart))
            return
        link = self._link(part, name, reference.endpoint, link_timing(cfg.period_ns, cfg.deadline_ns))
        probe = ReferenceProbe(cfg, reference.unit, reference.decoder, link, part.put)
        part.works.append((cfg.period_ns, probe.depart))

    def _tags(self, part: Part, read: TagRead) -> None:
        lane = self._lane(read.source)
        if lane is not None:
            part.works.append((read.period_ns, TagsProbe(read, lane, part.put).depart))

    def _tags_of_server(self, part: Part, read: OpcuaTagRead) -> None:
        part.opcua_tags = OpcuaTagsProbe(read, self._pool, part.put)
        part.works.append((read.period_ns, part.opcua_tags.depart))

    def _lane(self, source: str) -> Callable[[], tuple[int, Lane]] | None:
        part = self.parts.get((Asked.SECTION, source)) or self.parts.get((Asked.NODE, source))
        return None if part is None else part.lane
