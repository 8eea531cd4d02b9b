"""The demo site's devices in virtual time around the production `Supervision`: no sockets, no clock, seeded chance."""

import random
import tempfile
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import pairwise
from pathlib import Path

from otha.core.effects import Effect, ReadRecord, SwapRecord
from otha.core.errors import DefectError
from otha.core.group.turn import Decision
from otha.core.inputs import (
    DueReached,
    EffectEnded,
    GatePolled,
    GateReading,
    HeartbeatEnded,
    Input,
    NodeReading,
    Record,
    ReferencePolled,
    TagsPolled,
)
from otha.core.supervision import Supervision
from otha.core.words import Answer, GateState, Milestone, Outcome, Role, Standing
from otha.demo.play import site_text
from otha.site.load import load_site
from otha.site.model import Site

MS = 1_000_000
SECOND = 1_000_000_000
_ROUND_TRIP_NS = (200_000, 2 * MS)
_TAGS = {"maintenance_key": 0, "permit_switch": 1, "level_1": 6_000, "level_2": 5_000}


def demo_site(period_ms: int | None = None) -> Site:
    """The acts' own site file, with another heartbeat period if one is given."""
    with tempfile.TemporaryDirectory(prefix="otha-bench-") as folder:
        path = Path(folder) / "site.toml"
        path.write_text(site_text(period_ms), encoding="utf-8")
        return load_site(path)


class VirtualPlant:
    """Node 1 drives, all is well, until `cut_at` (ns): then nothing of node 1 is seen or arrives any more.

    `said`: every decision so far, with its time.
    """

    def __init__(self, site: Site, core: Supervision, now: int, chance: random.Random) -> None:
        self.site = site
        self.core = core
        self.now = now
        self.cut_at: int | None = None
        self.said: list[tuple[int, Decision]] = []
        self.group = site.core.groups[0]
        self._chance = chance
        self._queue: list[tuple[int, int, Callable[[int], None]]] = []
        self._serial = 0
        self._frame_phase = chance.randrange(self.group.nodes[0].cycle_ns)
        self._records = 0
        for channel in site.core.channels:
            number = next(node.number for node in self.group.nodes if node.name == channel.node)
            self._every(channel.period_ns, self._heartbeat(channel.name, number, channel.deadline_ns))
        self._every(self.group.own_gate.poll_ns, self._poll_gate)
        for reference in site.core.references:
            self._every(reference.period_ns, self._poll_reference(reference.name))
        for read in site.tag_reads:
            polled = TagsPolled(source=read.source, values=tuple((tag.name, _TAGS[tag.name]) for tag in read.tags))
            self._every(read.period_ns, lambda at, polled=polled: self._later(at, polled))  # type: ignore[misc]  # bound as default

    @classmethod
    def settled(cls, site: Site, chance: random.Random) -> "VirtualPlant":
        """A plant whose group follows. Raises DefectError when it does not come so far."""
        start = 1_000 * SECOND
        self = cls(site, Supervision(site.core, start), start, chance)
        self.feed(DueReached(), start)
        self.run(start + 2 * self.group.timing.settle_ns + SECOND)
        standing = self.core.group(self.group.name).standing
        if standing is not Standing.FOLLOWING:
            raise DefectError(f"the virtual plant is {standing.value}")
        return self

    def run(self, until: int) -> None:
        """Let time pass, with everything that happens in it."""
        while True:
            wake = self.core.wake
            if wake is not None and wake <= until and (not self._queue or wake <= self._queue[0][0]):
                self.now = max(self.now, wake)
                self.feed(DueReached(), self.now)
            elif self._queue and self._queue[0][0] <= until:
                self.now, _, work = heappop(self._queue)
                work(self.now)
            else:
                self.now = until
                return

    def feed(self, raw: Input, now: int) -> None:
        """Give the core an input, and carry out what it asks of the record."""
        for decision in self.core.feed(raw, now):
            self.said.append((now, decision))
            for effect in decision.effects:
                self._at(now + MS, lambda at, effect=effect: self.feed(self._carried_out(effect), at))  # type: ignore[misc]  # bound as default

    def reading(self, number: int, now: int) -> NodeReading:
        """What node `number` says at `now`."""
        cycle = now // self.group.nodes[0].cycle_ns
        return NodeReading(
            heartbeat=now // (5 * MS),
            cycle=cycle,
            role=(Role.ACTIVE if number == 1 else Role.STANDBY).value,
            level=255,
            position=cycle,
            acked=cycle,
            lag_ms=0,
            data_age_ms=5,
            session=number,
            tracked=(0,) * len(self.group.tracked),
        )

    def _carried_out(self, effect: Effect) -> EffectEnded:
        record = None
        if isinstance(effect.do, SwapRecord):
            self._records += 1
            asked = effect.do.record
            record = Record(
                epoch=asked.epoch,
                active=asked.active,
                claim=asked.claim,
                milestone=asked.milestone,
                revision=f"r{self._records}",
            )
        elif isinstance(effect.do, ReadRecord):
            name = self.group.nodes[0].name
            record = Record(epoch=1, active=name, claim=None, milestone=Milestone.DONE, revision="r0")
        outcome = Outcome.UNKNOWN if record is None else Outcome.DONE
        return EffectEnded(id=effect.id, outcome=outcome, record=record)

    def _at(self, at: int, work: Callable[[int], None]) -> None:
        self._serial += 1
        heappush(self._queue, (at, self._serial, work))

    def _later(self, at: int, raw: Input) -> None:
        self._at(at + self._round_trip(), lambda now: self.feed(raw, now))

    def _every(self, period_ns: int, work: Callable[[int], None]) -> None:
        def again(at: int) -> None:
            work(at)
            self._at(at + period_ns, again)

        self._at(self.now + self._chance.randrange(period_ns), again)

    def _round_trip(self) -> int:
        return self._chance.randint(*_ROUND_TRIP_NS)

    def _heartbeat(self, channel: str, number: int, deadline_ns: int) -> Callable[[int], None]:
        def depart(at: int) -> None:
            received = at + self._round_trip()
            if number == 1 and self.cut_at is not None and received > self.cut_at:
                missed = HeartbeatEnded(channel=channel, answer=Answer.MISSED, reading=None)
                self._at(at + deadline_ns, lambda now: self.feed(missed, now))
            else:
                reading = self.reading(number, at)
                replied = HeartbeatEnded(channel=channel, answer=Answer.REPLIED, reading=reading)
                self._at(received, lambda now: self.feed(replied, now))

        return depart

    def _poll_reference(self, name: str) -> Callable[[int], None]:
        return lambda at: self._later(at, ReferencePolled(name=name, answer=Answer.REPLIED))

    def _poll_gate(self, at: int) -> None:
        gate = self.group.own_gate
        polled = GatePolled(
            section=gate.section, path=gate.paths[0], answer=Answer.REPLIED, reading=self.gate_reading(at)
        )
        self._later(at, polled)

    def gate_reading(self, now: int) -> GateReading:
        """The gate's status block at `now`: the owner's frames stopped with the cut, the watchdog then holds."""
        gate, cycle_ns = self.group.own_gate, self.group.nodes[0].cycle_ns
        until = now if self.cut_at is None else min(now, self.cut_at)
        sent = until - (until - self._frame_phase) % cycle_ns
        # A frame counts from the scan that takes it.
        taken = min(now, -(-sent // gate.scan_ns) * gate.scan_ns)
        held_ns = max(0, now - taken - gate.owner_watchdog_ns)
        return GateReading(
            boot=1,
            scan=now // gate.scan_ns,
            state=GateState.HELD if held_ns else GateState.OWNED,
            armed=bool(held_ns),
            permit=True,
            return_permit=True,
            within=False,
            owner=1,
            last_driver=1,
            owner_epoch=1,
            epoch=1,
            granted=1,
            hold_no=2 if held_ns else 1,
            held_ms=held_ns // MS,
            owner_age_ms=(now - taken) // MS,
            last_seq=sent // cycle_ns & 0xFFFF_FFFF,
            refused=(0,) * 10,
            command_id=0,
            command_answer=0,
            resumes_left=3,
            hold_max_ms=gate.hold_max_ns // MS,
            owner_watchdog_ms=gate.owner_watchdog_ns // MS,
            scan_ms=gate.scan_ns // MS,
            shadow_age_ms=65_535,
            applied=(0,) * len(gate.tolerance),
            held=(0,) * len(gate.tolerance),
            shadow=(0,) * len(gate.tolerance),
        )


def heartbeats(plant: VirtualPlant, count: int) -> list[tuple[HeartbeatEnded, int]]:
    """The next `count` good heartbeats of all channels in turn, made beforehand so that only `feed` is timed."""
    channels = plant.site.core.channels
    numbers = {node.name: node.number for node in plant.group.nodes}
    made = []
    for index in range(count):
        channel = channels[index % len(channels)]
        at = plant.now + (index + 1) * channel.period_ns // len(channels)
        reading = plant.reading(numbers[channel.node], at)
        made.append((HeartbeatEnded(channel=channel.name, answer=Answer.REPLIED, reading=reading), at))
    assert all(before[1] < after[1] for before, after in pairwise(made))
    return made
