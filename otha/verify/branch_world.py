"""What answers a supervision of a changed site once it has left its recording: effects, gates, and nodes' own words.

Of a group that has left, recorded are: when its nodes answer and work, plant tags, permits, sight of the gate, the
machine itself (stalls, clock steps). Modelled are: its record, its gate, what its nodes say of roles, sync and tracked
tags (all in step with the one that was recorded as active), and how long an effect takes (as long as recorded ones).
"""

from dataclasses import dataclass, field
from heapq import heappop, heappush

from otha.core.altered import altered
from otha.core.config import GroupConfig
from otha.core.effects import Effect, GateCommand, ReadRecord, SwapRecord
from otha.core.errors import DefectError
from otha.core.inputs import EffectEnded, GatePolled, HeartbeatEnded, Input, NodeReading, Record
from otha.core.supervision import Supervision
from otha.core.words import Outcome, Role
from otha.verify.branch_section import BranchSection, NodeHeard, RecordedGate

_STORE_NS, _COMMAND_NS = 5_000_000, 10_000_000  # where the recording has no effect of the kind


@dataclass(slots=True)
class Pace:
    """How long the recorded effects took, by kind."""

    store_ns: list[int] = field(default_factory=list)
    command_ns: list[int] = field(default_factory=list)

    def take(self, effect: Effect, took_ns: int) -> None:
        """An effect ended with an answer."""
        (self.store_ns if isinstance(effect.do, ReadRecord | SwapRecord) else self.command_ns).append(took_ns)

    def of(self, effect: Effect) -> int:
        """How long an effect like this takes: the median."""
        store = isinstance(effect.do, ReadRecord | SwapRecord)
        taken = sorted(self.store_ns if store else self.command_ns)
        return taken[len(taken) // 2] if taken else _STORE_NS if store else _COMMAND_NS


@dataclass(slots=True)
class _Left:
    """A group that has left the recording."""

    cfg: GroupConfig
    section: BranchSection
    record: Record | None
    store_answers: bool
    serial: int = 0


@dataclass(slots=True)
class BranchWorld:
    """Follows the recording from its start, and answers for the groups that have left it."""

    core: Supervision
    pace: Pace
    _heard: dict[str, NodeHeard] = field(default_factory=dict)
    _gates: dict[str, RecordedGate] = field(default_factory=dict)
    _in_step: dict[str, NodeReading] = field(default_factory=dict)
    _store_answers: dict[str, bool] = field(default_factory=dict)
    _left: dict[str, _Left] = field(default_factory=dict)
    _coming: list[tuple[int, int, str, Effect | None]] = field(default_factory=list)
    _serial: int = 0
    _groups_of: dict[str, list[GroupConfig]] = field(default_factory=dict)
    _node_of: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for group in self.core.cfg.groups:
            if group.gate is not None:
                self._gates.setdefault(group.section, RecordedGate())
            for node in group.nodes:
                self._groups_of.setdefault(node.name, []).append(group)
                self._heard[node.name] = NodeHeard(node.frozen_after_ns)
        self._node_of = {channel.name: channel.node for channel in self.core.cfg.channels}

    def shares_nodes(self, cfg: GroupConfig) -> bool:
        """Whether a node of the group is another one's too."""
        return any(len(self._groups_of[node.name]) > 1 for node in cfg.nodes)

    def leave(self, cfg: GroupConfig, flying: list[Effect], now: int) -> None:
        """From here on the group is answered by the models; so are its effects that are on their way."""
        section = BranchSection(cfg, self._gates[cfg.section], self._heard, now)
        self._left[cfg.name] = _Left(
            cfg=cfg,
            section=section,
            record=self.core.group(cfg.name).record,
            store_answers=self._store_answers.get(cfg.name, True),
        )
        for effect in flying:
            self.ask(effect, now)
        self._poll_at(cfg.name, now)

    def ask(self, effect: Effect, now: int) -> None:
        """A group that has left asks for an effect."""
        left = self._left[effect.id.group]
        on_store = isinstance(effect.do, ReadRecord | SwapRecord)
        answers = left.store_answers if on_store else left.section.in_sight
        took_ns = min(self.pace.of(effect), effect.within_ns) if answers else effect.within_ns
        self._push(now + took_ns, effect.id.group, effect)

    def _push(self, at: int, group: str, effect: Effect | None) -> None:
        self._serial += 1
        heappush(self._coming, (at, self._serial, group, effect))

    def _poll_at(self, name: str, now: int) -> None:
        gate = self._left[name].cfg.own_gate
        fast = gate.section in self.core.fast_sections()
        self._push(now + (gate.fast_poll_ns if fast else gate.poll_ns), name, None)

    @property
    def next_at(self) -> int | None:
        """When something comes of the models next."""
        return self._coming[0][0] if self._coming else None

    def next_inputs(self, now: int) -> list[Input]:
        """What comes at `next_at`, which is `now`: a reading of a gate, or the end of an effect and what is read
        right after it."""
        _, _, name, effect = heappop(self._coming)
        left = self._left[name]
        if effect is None:
            self._poll_at(name, now)
            return [left.section.poll(now)]
        outcome, record = self._carry_out(left, effect, now)
        ended = EffectEnded(id=effect.id, outcome=outcome, record=record)
        return [ended] if record is not None else [ended, left.section.poll(now)]

    def _carry_out(self, left: _Left, effect: Effect, now: int) -> tuple[Outcome, Record | None]:
        match effect.do:
            case ReadRecord() | SwapRecord() if not left.store_answers:
                return Outcome.UNKNOWN, None
            case ReadRecord():
                return Outcome.DONE, left.record
            case SwapRecord(expect=expect, record=record):
                if expect != (left.record.revision if left.record is not None else None):
                    return Outcome.REFUSED, left.record
                left.serial += 1
                left.record = altered(record, revision=f"what-if {left.serial}")
                return Outcome.DONE, left.record
            case _ if not left.section.in_sight:
                return Outcome.UNKNOWN, None
            case _ if isinstance(effect.do, GateCommand):
                return left.section.command(effect.do, now), None
            case _:
                raise DefectError(f"{left.cfg.name} drives a section and has no clients: {effect.do}")

    def ended(self, effect: Effect, outcome: Outcome, took_ns: int) -> None:
        """A recorded effect ended: it tells how long its kind takes, and whether the record's store answers."""
        if outcome is not Outcome.UNKNOWN:
            self.pace.take(effect, took_ns)
        if isinstance(effect.do, ReadRecord | SwapRecord):
            self._store_answers[effect.id.group] = outcome is not Outcome.UNKNOWN
            if (left := self._left.get(effect.id.group)) is not None:
                left.store_answers = outcome is not Outcome.UNKNOWN

    def take(self, raw: Input, now: int) -> Input | None:
        """A recorded input as the changed supervision gets it; None: it does not apply any more."""
        match raw:
            case HeartbeatEnded():
                return self._heartbeat(raw, now)
            case GatePolled(section=section):
                if section in self._gates:
                    self._gates[section].take(raw, now)
                left = next((each for each in self._left.values() if each.cfg.section == section), None)
                if left is None:
                    return raw
                left.section.follow(now)
                return None
            case EffectEnded(id=id_):
                return None if id_.group in self._left else raw
            case _:
                return raw

    def _heartbeat(self, raw: HeartbeatEnded, now: int) -> HeartbeatEnded:
        node = self._node_of[raw.channel]
        for left in self._left.values():
            left.section.advance(now)
        if node in self._heard:
            self._heard[node].take(raw, now)
        groups = self._groups_of.get(node, [])
        if raw.reading is None or len(groups) != 1:
            return raw
        name = groups[0].name
        if raw.reading.role == Role.ACTIVE.value:
            self._in_step[name] = raw.reading
        left_group = self._left.get(name)
        return raw if left_group is None else altered(raw, reading=self._said(left_group, node, raw.reading))

    def _said(self, left: _Left, node: str, reading: NodeReading) -> NodeReading:
        """What the node would say of itself."""
        if reading.role in (Role.ACTIVE.value, Role.STANDBY.value):
            role = Role.ACTIVE if left.section.model.owner == node else Role.STANDBY
            reading = altered(reading, role=role.value)
        active = self._in_step.get(left.cfg.name)
        if active is None:
            return reading
        return altered(reading, position=active.position, acked=active.position, lag_ms=0, tracked=active.tracked)

    def gate_of(self, group: str) -> str:
        """How a group's gate stands in the model, in words."""
        model = self._left[group].section.model
        return f"{model.state.name}, owner {model.owner or '-'}, epoch {model.epoch}"
