"""Everything that the supervisor asks for at a fixed pace: heartbeats, gates, clients' switches, tags, references.

Each of them has a place on a grid of times; a reply that comes is taken at once when it comes, so that a quiet hour
costs one piece of work for each reply. `skip` takes a whole quiet time in.
"""

from collections.abc import Callable
from functools import partial
from heapq import heapify, heapreplace

from otha.core.config import ChannelConfig
from otha.core.inputs import GatePolled, HeartbeatEnded, ReferencePolled, SelectorPolled, TagsPolled
from otha.core.words import Answer
from otha.site.model import Site
from otha.verify.simulation.chance import mixed, salt_of
from otha.verify.simulation.clockwork import NEVER
from otha.verify.simulation.fault import FaultKind
from otha.verify.simulation.forward import GATE_READINGS_NEEDED, ForwardSupervision, readings_needed
from otha.verify.simulation.plant import Plant
from otha.verify.simulation.shell import Shell

MS = 1_000_000
_ROUND_TRIP_NS = (200_000, 2 * MS)
_LATE_BY = 3  # a late reply comes a third of the period after its deadline
_AWAKE_PERIODS = 2

Reply = Callable[["Source", int, int], None]
"""Takes the reply to one request of a source, by its number and its time."""


class Source:
    """Something asked for every `period_ns`; `number` counts from the begin of time. The reply comes at `due`."""

    __slots__ = ("name", "number", "period_ns", "phase_ns", "reply", "salt")

    def __init__(self, name: str, period_ns: int, seed: int, now: int, reply: Reply) -> None:
        self.name = name
        self.period_ns = period_ns
        self.salt = salt_of(seed, name)
        self.phase_ns = self.salt % period_ns
        self.reply = reply
        self.number = self.after(now)

    def departs(self, number: int) -> int:
        """When this request leaves."""
        return self.phase_ns + number * self.period_ns

    def due(self, number: int) -> int:
        """When its reply comes, if it comes in time."""
        low, high = _ROUND_TRIP_NS
        return self.phase_ns + number * self.period_ns + low + mixed(self.salt, number) % (high - low)

    def after(self, now: int) -> int:
        """The number of the first request that leaves at `now` or later."""
        return -((self.phase_ns - now) // self.period_ns)

    def last_before(self, at: int) -> int:
        """The number of the last request whose reply comes before `at`."""
        number = self.after(at)
        while self.due(number) >= at:
            number -= 1
        return number

    def restart(self, period_ns: int, now: int) -> None:
        """Another pace, from now on."""
        self.period_ns, self.phase_ns = period_ns, now % period_ns
        self.number = self.after(now)


class Polls:
    """All sources of a site, in the order of their next replies."""

    def __init__(self, site: Site, plant: Plant, shell: Shell, seed: int, now: int) -> None:
        self._site = site
        self._plant = plant
        self._shell = shell
        self._tags = {
            read.source + "/" + read.tags[0].name: (read.source, tuple(tag.name for tag in read.tags))
            for read in site.tag_reads
        }
        self._tags |= {read.source + "/" + read.tags[0]: (read.source, read.tags) for read in site.opcua_tag_reads}
        self._node_tags = {read.source for read in site.opcua_tag_reads}
        self._gates = {group.section: group.own_gate for group in plant.driven_by.values()}
        self._deadlines = {section.name: section.deadline_ns for section in site.sections}
        self._said: dict[str, tuple[int, tuple[tuple[str, int | None], ...]]] = {}
        self._path_in_use = dict.fromkeys(self._gates, 0)
        self._fast: frozenset[str] = frozenset()
        self._sources: list[Source] = []
        self._channels: dict[str, ChannelConfig] = {channel.name: channel for channel in site.core.channels}

        def add(name: str, period_ns: int, reply: Reply) -> None:
            self._sources.append(Source(name, period_ns, seed, now, reply))

        for channel in site.core.channels:
            add(channel.name, channel.period_ns, self._beat)
        self._first_gate = len(self._sources)
        for name, gate in self._gates.items():
            add(name, gate.poll_ns, self._gate)
        for group in site.core.groups:
            for each in group.selectors:
                add(each.name, each.poll_ns, self._selector)
        reads = {f"{read.source}/{read.tags[0].name}": read.period_ns for read in site.tag_reads}
        reads |= {f"{read.source}/{read.tags[0]}": read.period_ns for read in site.opcua_tag_reads}
        for name, period_ns in reads.items():
            add(name, period_ns, self._poll_tags)
        for reference in site.core.references:
            add(reference.name, reference.period_ns, self._reference)
        self._misses = {reference.name: reference.deadline_ns for reference in site.core.references}
        self._waiting: list[tuple[int, int]] = []
        self._order_anew()
        # Long enough for every heartbeat to be heard once before whatever ends a quiet time.
        self.awake_ns = max((each.period_ns for each in site.core.channels), default=MS) + 25 * MS

        # Long enough for everything that may say something else to be asked for again, and mostly twice.
        slow = [each.period_ns for each in self._sources if each.reply == self._poll_tags]
        quick = [each.period_ns for each in self._sources if each.reply not in (self._poll_tags, self._reference)]
        self.calm_ns = max((*slow, *(_AWAKE_PERIODS * each for each in quick)), default=MS) + 50 * MS

    def _order_anew(self) -> None:
        self._waiting = [(each.due(each.number), index) for index, each in enumerate(self._sources)]
        heapify(self._waiting)

    @property
    def next_at(self) -> int:
        """When the next reply comes."""
        return self._waiting[0][0] if self._waiting else NEVER

    def work(self) -> None:
        """Take the next reply, or what comes instead of it."""
        now, index = self._waiting[0]
        source = self._sources[index]
        number = source.number
        source.number += 1
        heapreplace(self._waiting, (source.due(source.number), index))
        if self._shell.awake:
            source.reply(source, number, now)

    # Replies

    def _beat(self, source: Source, number: int, now: int) -> None:
        plant, shell, name = self._plant, self._shell, source.name
        cfg = self._channels[name]
        answer = plant.answer(cfg, number, now) if plant.lasting else Answer.REPLIED
        if answer is Answer.REPLIED:
            beat = HeartbeatEnded(channel=name, answer=answer, reading=plant.reading(cfg.node, now))
            shell.feed(beat, now, usual=True)
        elif answer is Answer.BUSY:
            shell.feed(HeartbeatEnded(channel=name, answer=answer, reading=None), now)
        else:
            assert shell.core is not None
            deadline_ns = shell.core.deadlines.get(name, cfg.deadline_ns)
            judged = max(now, source.departs(number) + deadline_ns)
            shell.told(HeartbeatEnded(channel=name, answer=Answer.MISSED, reading=None), judged)
            if answer is Answer.LATE:
                late = HeartbeatEnded(channel=name, answer=Answer.LATE, reading=plant.reading(cfg.node, now))
                shell.told(late, judged + cfg.period_ns // _LATE_BY)

    def _gate(self, source: Source, number: int, now: int) -> None:
        section = source.name
        path = self._plant.network.path(section, number, now)
        if path is None:
            return
        if path == self._path_in_use[section]:
            self._shell.feed(self._polled(section, path, now), now, usual=True)
            return
        # The path in use is found silent first.
        self._path_in_use[section] = path
        self._shell.at(now + self._deadlines[section], partial(self._look_over_another, section))

    def _look_over_another(self, section: str, now: int) -> None:
        self.look_at_gate(section, now)

    def look_at_gate(self, section: str, now: int) -> bool:
        """Read a gate now, over whichever path carries; False if none does."""
        path = self._plant.network.path(section, now // MS, now)
        if path is None:
            return False
        self._shell.feed(self._polled(section, path, now), now, usual=True)
        return True

    def _polled(self, section: str, path: int, now: int) -> GatePolled:
        return GatePolled(
            section=section,
            path=self._plant.network.path_name(section, path),
            answer=Answer.REPLIED,
            reading=self._plant.sections[section].reading(now),
        )

    def _selector(self, source: Source, number: int, now: int) -> None:
        if self._plant.client_seen(source.name):
            reading = self._plant.switch(source.name)
            self._shell.feed(
                SelectorPolled(selector=source.name, answer=Answer.REPLIED, reading=reading), now, usual=True
            )

    def _poll_tags(self, source: Source, number: int, now: int) -> None:
        name = self._tags[source.name][0]
        if name in self._plant.bodies:
            carried = self._plant.bodies[name].answers and self._plant.network.reaches_node(name)
        else:
            carried = self._plant.network.path(name, number, now) is not None
        if carried:
            values, said = self._values(source), self._said.get(source.name)
            self._said[source.name] = (self._shell.life, values)
            self._shell.feed(TagsPolled(source=name, values=values), now, usual=said == (self._shell.life, values))

    def _values(self, source: Source) -> tuple[tuple[str, int | None], ...]:
        plant = self._plant
        return tuple(
            (name, None if plant.lasts(FaultKind.TAG_BAD, name) else plant.tags[name])
            for name in self._tags[source.name][1]
        )

    def _reference(self, source: Source, number: int, now: int) -> None:
        if self._plant.network.carries_reference(source.name, number, now):
            core = self._shell.core
            reached = ReferencePolled(name=source.name, answer=Answer.REPLIED)
            self._shell.feed(reached, now, usual=core is not None and not core.shared.isolated)
        else:
            missed = ReferencePolled(name=source.name, answer=Answer.MISSED)
            self._shell.told(missed, max(now, source.departs(number) + self._misses[source.name]))

    # The pace of gates

    def hurry(self, now: int) -> None:
        """Gates of sections in a transfer are read fast, from now on; the others at rest."""
        core = self._shell.core
        fast = core.fast_sections() if core is not None else frozenset()
        if fast == self._fast:
            return
        for index, (name, gate) in enumerate(self._gates.items(), self._first_gate):
            if (name in fast) != (name in self._fast):
                period_ns = gate.fast_poll_ns if name in fast else gate.poll_ns
                self._sources[index].restart(period_ns, now)
        self._fast = fast
        self._order_anew()

    # Quiet times

    def skip(self, core: ForwardSupervision, until: int) -> int:
        """Take in everything that good replies bring before `until`; how many replies that were."""
        skipped = 0
        nodes: dict[str, list[tuple[int, str]]] = {}
        tags: list[tuple[int, Source]] = []
        for source in self._sources:
            last = source.last_before(until)
            count = last - source.number + 1
            if count <= 0:
                continue
            name = source.name
            if source.reply == self._beat:
                cfg = self._channels[name]
                needed = range(last - min(count, readings_needed(cfg.detector)) + 1, last + 1)
                arrivals = [source.due(number) for number in needed]
                core.heard_channel(name, count - len(needed), arrivals)
                nodes.setdefault(cfg.node, []).extend((at, name) for at in arrivals)
            elif source.reply == self._gate:
                needed = range(last - min(count, GATE_READINGS_NEEDED) + 1, last + 1)
                section = self._plant.sections[name]
                core.heard_gate(name, [(at, section.reading(at)) for at in map(source.due, needed)])
            elif source.reply == self._selector:
                core.heard_selector(name, source.due(last), self._plant.switch(name))
            elif source.reply == self._poll_tags:
                tags.append((source.due(last), source))
            source.number = last + 1
            skipped += count
        for name, heard in nodes.items():
            core.heard_node(name, [(at, on, self._plant.reading(name, at)) for at, on in sorted(heard)])
        core.heard_tags([(at, self._values(source)) for at, source in sorted(tags, key=lambda each: each[0])])
        core.heard_all(until)
        self._order_anew()
        return skipped
