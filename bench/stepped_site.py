"""A stepped plant of `sim` under the production `Supervision`: simulated time, real decisions, no I/O.

Heartbeats, gate polls and tag reads come at the site file's pace; a reply takes one scan, the store 5 ms, a command
10 ms to its end and one scan to the gate.
"""

import random
import re
import tempfile
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import assert_never

from otha.core.effects import (
    Effect,
    GateCommand,
    Grant,
    ReadRecord,
    Release,
    Revoke,
    Safe,
    SwapRecord,
    Void,
)
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
    Order,
    OrderGiven,
    Record,
    ReferencePolled,
    TagsPolled,
)
from otha.core.reasons import Why
from otha.core.supervision import Supervision
from otha.core.words import Answer, GateState, Milestone, OrderKind, Outcome, Standing
from otha.site.load import load_site
from otha.site.model import Site
from sim.gate import FRAME_REFUSALS, REFUSALS
from sim.heartbeat import Heartbeat
from sim.registers import Command, Opcode
from sim.stepped import MS, NODES, SteppedPlant

STORE_MS, COMMAND_MS = 5, 10
ACTIVE, STANDBY = NODES


def plant_site(name: str, *, tolerant: bool = False) -> Site:
    """The shipped site file of a plant; `tolerant`: with the widest tolerance of all outputs and tracked tags."""
    text = resources.files("sim").joinpath("sites", f"{name}.toml").read_text(encoding="utf-8")
    if tolerant:
        text = re.sub(r"tolerance_pct = [0-9.]+|discrete = true", "tolerance_pct = 100.0", text)
        text = re.sub(r"tolerance = [1-9][0-9_]*", "tolerance = 20_000", text)
    with tempfile.TemporaryDirectory(prefix="otha-bench-") as folder:
        path = Path(folder) / "site.toml"
        path.write_text(text, encoding="utf-8")
        return load_site(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was decided: the first argument of each reason, at a time."""

    at_ms: int
    why: Why
    args: tuple[object, ...]


class SteppedSite:
    """OTHA and the plant. One `step` is one scan."""

    def __init__(self, site: Site, plant: SteppedPlant, seed: int) -> None:
        chance = random.Random(seed)
        self.site = site
        self.plant = plant
        self.group = site.core.groups[0]
        self.said: list[Said] = []
        self._record = Record(epoch=1, active=ACTIVE, claim=None, milestone=Milestone.DONE, revision="r0")
        self._revisions = 0
        self._orders = 0
        self._arriving: list[tuple[int, Command]] = []
        self._coming: list[tuple[int, Input]] = []
        self._phases = {channel.name: chance.randrange(channel.period_ns // MS) for channel in site.core.channels}
        self.core = Supervision(site.core, self._now)
        self._wake = self.core.wake

    @classmethod
    def settled(cls, site: Site, plant: SteppedPlant, seed: int) -> "SteppedSite":
        """OTHA follows the plant. Raises DefectError when it does not come so far."""
        self = cls(site, plant, seed)
        for _ in range((2 * self.group.timing.settle_ns // MS + 1000) // plant.kind.scan_ms):
            self.step()
        if self.standing is not Standing.FOLLOWING:
            raise DefectError(f"{plant.kind.name} under OTHA is {self.standing.value}")
        return self

    def fork(self) -> "SteppedSite":
        """Plant and OTHA once more."""
        other = object.__new__(SteppedSite)
        other.__dict__.update(self.__dict__)
        other.plant = self.plant.fork()
        other.said = []
        other._arriving, other._coming = list(self._arriving), list(self._coming)
        other.core = Supervision.restore(self.core.snapshot())
        return other

    # --- time -----------------------------------------------------------------------------------------------------

    @property
    def _now(self) -> int:
        return self.plant.now_ms * MS

    @property
    def standing(self) -> Standing:
        """Whether OTHA follows or moves the group."""
        return self.core.group(self.group.name).standing

    def step(self) -> None:
        """What reaches OTHA by now and what it decides; then one scan of the plant."""
        now_ms = self.plant.now_ms
        for due, command in [each for each in self._arriving if each[0] <= now_ms]:
            self._arriving.remove((due, command))
            self.plant.command(command)
        for due, raw in [each for each in self._coming if each[0] <= now_ms]:
            self._coming.remove((due, raw))
            self._feed(raw)
        self._look(now_ms)
        while self._wake is not None and self._wake <= self._now:
            self._feed(DueReached())
        self.plant.step()

    def _look(self, now_ms: int) -> None:
        scan_ms = self.plant.kind.scan_ms
        gate = self.group.own_gate
        for channel in self.site.core.channels:
            if _due(now_ms - self._phases[channel.name], channel.period_ns, scan_ms):
                answer = self.plant.heartbeat(channel.node)
                if answer is None:
                    missed = HeartbeatEnded(channel=channel.name, answer=Answer.MISSED, reading=None)
                    self._coming.append((now_ms + channel.deadline_ns // MS, missed))
                else:
                    reading = self._node_reading(answer)
                    replied = HeartbeatEnded(channel=channel.name, answer=Answer.REPLIED, reading=reading)
                    self._coming.append((now_ms + scan_ms, replied))
        fast = gate.section in self.core.fast_sections()
        if _due(now_ms, gate.fast_poll_ns if fast else gate.poll_ns, scan_ms):
            polled = GatePolled(
                section=gate.section, path=gate.paths[0], answer=Answer.REPLIED, reading=gate_reading(self.plant)
            )
            self._coming.append((now_ms + scan_ms, polled))
        for read in self.site.tag_reads:
            if _due(now_ms, read.period_ns, scan_ms):
                known = self.plant.tags()
                values = tuple((tag.name, known[tag.name]) for tag in read.tags)
                self._coming.append((now_ms + scan_ms, TagsPolled(source=read.source, values=values)))
        for reference in self.site.core.references:
            if _due(now_ms, reference.period_ns, scan_ms):
                reached = ReferencePolled(name=reference.name, answer=Answer.REPLIED)
                self._coming.append((now_ms + scan_ms, reached))

    # --- OTHA -----------------------------------------------------------------------------------------------------

    def switch(self, to_node: str = STANDBY) -> None:
        """An operator orders a switchover."""
        self._orders += 1
        given = Order(
            id=f"o{self._orders}",
            kind=OrderKind.SWITCHOVER,
            group=self.group.name,
            user="operator",
            client="bench",
            node=to_node,
            arming=None,
            comment="",
        )
        self._feed(OrderGiven(order=given))

    def _feed(self, raw: Input) -> None:
        for decision in self.core.feed(raw, self._now):
            self._decided(decision)
        self._wake = self.core.wake

    def _decided(self, decision: Decision) -> None:
        for reason in decision.reasons:
            self.said.append(Said(at_ms=self.plant.now_ms, why=reason.why, args=reason.args))
        if decision.answer is not None and not decision.answer.accepted:
            codes = tuple(f"{blocker.block.code} {blocker.detail}" for blocker in decision.answer.blockers)
            self.said.append(Said(at_ms=self.plant.now_ms, why=Why.BLOCKED, args=("refused", *codes)))
        for effect in decision.effects:
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        now_ms, record = self.plant.now_ms, None
        if isinstance(effect.do, ReadRecord | SwapRecord):
            if isinstance(effect.do, SwapRecord):
                self._revisions += 1
                self._record = replace(effect.do.record, revision=f"r{self._revisions}")
            record, after_ms = self._record, STORE_MS
        elif isinstance(effect.do, GateCommand):
            self._arriving.append((now_ms + self.plant.kind.scan_ms, _command(effect.do)))
            after_ms = COMMAND_MS
        else:
            raise DefectError(f"a driver asks for {effect.do}")
        self._coming.append((now_ms + after_ms, EffectEnded(id=effect.id, outcome=Outcome.DONE, record=record)))

    def _node_reading(self, beat: Heartbeat) -> NodeReading:
        return NodeReading(
            heartbeat=beat.heartbeat,
            cycle=beat.cycle,
            role=beat.role.value,
            level=beat.service_level,
            position=beat.position,
            acked=beat.acked,
            lag_ms=beat.lag_ms,
            data_age_ms=beat.data_age_ms,
            session=beat.session,
            tracked=tuple(_tracked(beat, tag.name) for tag in self.group.tracked),
        )


def _due(since_ms: int, period_ns: int, scan_ms: int) -> bool:
    """A period ended since the scan before."""
    return since_ms % (period_ns // MS) < scan_ms


def _tracked(beat: Heartbeat, name: str) -> int:
    """A tracked tag by its name in the profile: its word and the loop's number."""
    word, _, number = name.rpartition("_")
    values: tuple[int, int] = getattr(beat.tracked, f"{word}s")
    return values[int(number) - 1]


def _command(do: GateCommand) -> Command:
    match do:
        case Revoke(epoch=epoch):
            return Command(opcode=Opcode.REVOKE, node=0, epoch=epoch)
        case Void(node=node, epoch=epoch):
            return Command(opcode=Opcode.VOID, node=NODES[node], epoch=epoch)
        case Grant(node=node, epoch=epoch, boot=boot):
            return Command(opcode=Opcode.GRANT, node=NODES[node], epoch=epoch, boot=boot)
        case Release(node=node, epoch=epoch):
            return Command(opcode=Opcode.RELEASE, node=NODES[node], epoch=epoch)
        case Safe(epoch=epoch, hold_no=hold_no):
            return Command(opcode=Opcode.SAFE, node=0, epoch=epoch, hold_no=hold_no)
        case never:
            assert_never(never)


def gate_reading(plant: SteppedPlant) -> GateReading:
    """The status block as a probe reads it."""
    fields, (applied, held, shadow) = plant.status()
    flags = fields["flags"]
    plain = (
        *("boot", "scan", "owner", "last_driver", "owner_epoch", "epoch", "granted", "hold_no", "held_ms"),
        *("owner_age_ms", "last_seq", "command_id", "command_answer", "resumes_left", "hold_max_ms"),
        *("owner_watchdog_ms", "scan_ms", "shadow_age_ms"),
    )
    return GateReading(
        **{name: fields[name] for name in plain},
        state=GateState(fields["state"]),
        armed=bool(flags & 1),
        permit=bool(flags & 2),
        return_permit=bool(flags & 4),
        within=bool(flags & 8),
        refused=tuple(fields[name] for name in (*REFUSALS.values(), *FRAME_REFUSALS)),
        applied=applied,
        held=held,
        shadow=shadow,
    )
