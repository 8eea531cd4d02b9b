"""A section after a replay has left its recording: the gate by its model, its owner's frames by what was recorded.

Recorded and kept: when nodes answer and work, whether the gate is in sight, its permits, a person's LOCAL, a restart of
the controller. Modelled: who owns it and in which state, its hold, and that whoever is granted shows what is held.
"""

from dataclasses import dataclass, field

from otha.core.altered import altered
from otha.core.config import GroupConfig
from otha.core.effects import GateCommand, Grant
from otha.core.inputs import GatePolled, GateReading, HeartbeatEnded
from otha.core.words import Answer, GateState, Outcome
from otha.verify import gate_model
from otha.verify.gate_model import GateModel

_MS = 1_000_000
_NO_SHADOW_MS = 65_535
_U32 = 1 << 32
_HEARD = (Answer.REPLIED, Answer.LATE)


@dataclass(slots=True)
class NodeHeard:
    """What a node's recorded heartbeats tell of it: whether it answers on any channel and its control cycle moves."""

    frozen_after_ns: int
    answers: dict[str, bool] = field(default_factory=dict)
    cycle: int | None = None
    moved_at: int = 0
    session: int | None = None

    def take(self, raw: HeartbeatEnded, now: int) -> None:
        self.answers[raw.channel] = raw.answer is not Answer.MISSED
        if raw.reading is None or raw.answer not in _HEARD:
            return
        cycle = raw.reading.heartbeat if raw.reading.cycle is None else raw.reading.cycle
        if cycle is None or cycle != self.cycle:
            self.cycle, self.moved_at = cycle, now
        self.session = raw.reading.session

    def works(self, now: int) -> bool:
        """Whether its frames leave. One that nobody hears counts as dead."""
        return any(self.answers.values()) and now < self.moved_at + self.frozen_after_ns


@dataclass(slots=True)
class RecordedGate:
    """The last of the recorded readings of a gate. `answers`: whether the last poll was answered."""

    reading: GateReading | None = None
    at: int = 0
    answers: bool = False

    def take(self, raw: GatePolled, now: int) -> None:
        self.answers = raw.reading is not None
        if raw.reading is not None:
            self.reading, self.at = raw.reading, now


class BranchSection:
    """The modelled section of a driver group from the branch on."""

    def __init__(self, cfg: GroupConfig, recorded: RecordedGate, heard: dict[str, NodeHeard], now: int) -> None:
        self._cfg = cfg
        self._gate = cfg.own_gate
        self._heard = heard
        self._recorded = recorded
        self._names = {node.number: node.name for node in cfg.nodes}
        self._numbers = {node.name: node.number for node in cfg.nodes}
        reading = recorded.reading
        self._first, self._first_at = reading, recorded.at
        self.model = GateModel() if reading is None else self._modelled(reading, recorded.at)
        self._held_since = now if reading is None else recorded.at - reading.held_ms * _MS
        self._stopped_at = None if reading is None else recorded.at - reading.owner_age_ms * _MS
        self._session = self._session_of(self.model.owner)
        self._frames_from = now
        self._sent = 0 if reading is None else reading.last_seq
        self._seen_state = None if reading is None else (reading.state, reading.boot)
        self.advance(now)

    def _modelled(self, reading: GateReading, at: int) -> GateModel:
        held = reading.state is GateState.HELD
        return GateModel(
            boot=reading.boot,
            state=reading.state,
            owner=self._names.get(reading.owner),
            last_driver=self._names.get(reading.last_driver),
            owner_epoch=reading.owner_epoch,
            epoch=reading.epoch,
            granted=reading.granted,
            hold_no=reading.hold_no,
            armed=reading.armed,
            permit=reading.permit,
            return_permit=reading.return_permit,
            hold_until=at + self._gate.hold_max_ns - reading.held_ms * _MS if held else None,
            resumes=reading.resumes_left > 0,
            stuck=held and reading.owner != 0 and reading.armed and reading.resumes_left == 0,
        )

    def _session_of(self, name: str | None) -> int | None:
        return self._heard[name].session if name is not None and name in self._heard else None

    def _drives(self, now: int) -> bool:
        """Whether the owner's frames come and count: a process that was started anew needs a new epoch."""
        owner = self.model.owner
        if owner is None or owner not in self._heard or self._heard[owner].session != self._session:
            return False
        recorded = self._recorded.reading
        if recorded is not None and self._recorded.answers and self._names.get(recorded.owner) == owner:
            return recorded.owner_age_ms * _MS <= self._gate.fresh_owner_ns
        return self._heard[owner].works(now)

    def advance(self, now: int) -> None:
        """What the gate does by itself up to `now`."""
        if self._drives(now):
            if self._stopped_at is not None:
                self._frames_from = max(self._frames_from, now)
            self._stopped_at = None
            cycle_ns = self._cfg.nodes[0].cycle_ns
            while self.model.state is GateState.HELD and now >= self._frames_from + cycle_ns:
                after = gate_model.frame(self.model)
                if after == self.model:
                    break
                self.model = after
        elif self._stopped_at is None:
            self._stopped_at = now
        if self.model.state is GateState.OWNED and self._stopped_at is not None:
            watchdog_at = self._stopped_at + self._gate.owner_watchdog_ns
            if now >= watchdog_at:
                self.model = gate_model.watchdog(self.model, watchdog_at + self._gate.hold_max_ns)
                self._held_since = watchdog_at
        if self.model.state is GateState.HELD and self.model.hold_until is not None and now >= self.model.hold_until:
            self.model = gate_model.to_safe(self.model)

    def command(self, do: GateCommand, now: int) -> Outcome:
        """A command arrives."""
        self.advance(now)
        before = self.model
        self.model, outcome = gate_model.command(before, do, now + self._gate.hold_max_ns)
        if self.model.state is GateState.HELD and before.state is not GateState.HELD:
            self._held_since = now
        if isinstance(do, Grant) and self.model != before:
            self._session, self._frames_from, self._stopped_at = self._session_of(do.node), now, None
        return outcome

    def follow(self, now: int) -> None:
        """A poll was recorded: permits, a person at the controller and a restart do not hang on what was decided."""
        reading = self._recorded.reading
        self.advance(now)
        if reading is None or not self._recorded.answers:
            return
        self.model = altered(self.model, permit=reading.permit, return_permit=reading.return_permit)
        before, self._seen_state = self._seen_state, (reading.state, reading.boot)
        if before is None or before == self._seen_state:
            return
        if reading.boot != before[1]:
            self.model = altered(gate_model.cold_start(self.model), boot=reading.boot)
        if reading.state is GateState.LOCAL:
            self.model = gate_model.local(self.model)
        elif before[0] is GateState.LOCAL and reading.state is GateState.FREE:
            self.model = altered(self.model, state=GateState.FREE, owner=None, hold_until=None)

    @property
    def in_sight(self) -> bool:
        """Whether the gate can be read and commanded, as far as was recorded."""
        return self._recorded.answers and self._recorded.reading is not None

    def poll(self, now: int) -> GatePolled:
        """A read of the gate's status block."""
        self.advance(now)
        section, path = self._gate.section, self._gate.paths[0]
        if not self.in_sight:
            return GatePolled(section=section, path=path, answer=Answer.MISSED, reading=None)
        return GatePolled(section=section, path=path, answer=Answer.REPLIED, reading=self._reading(now))

    def _reading(self, now: int) -> GateReading:
        base, model = self._recorded.reading, self.model
        assert base is not None
        assert self._first is not None
        fresh = self._stopped_at is None and model.owner is not None
        if fresh and model.state is GateState.OWNED:
            self._sent += 1
        held = model.state is GateState.HELD
        silent_ns = 0 if self._stopped_at is None else now - self._stopped_at
        return altered(
            base,
            boot=model.boot,
            scan=(self._first.scan + (now - self._first_at) // self._gate.scan_ns) % _U32,
            state=model.state,
            armed=model.armed,
            permit=model.permit,
            return_permit=model.return_permit,
            within=model.shadow and fresh,
            owner=self._numbers.get(model.owner or "", 0),
            last_driver=self._numbers.get(model.last_driver or "", 0),
            owner_epoch=model.owner_epoch,
            epoch=model.epoch,
            granted=model.granted,
            hold_no=model.hold_no,
            held_ms=(now - self._held_since) // _MS if held else 0,
            owner_age_ms=0 if model.owner is None else silent_ns // _MS,
            last_seq=self._sent % _U32,
            shadow_age_ms=0 if model.shadow and fresh else _NO_SHADOW_MS,
            applied=self._first.applied,
            held=self._first.applied,
            shadow=self._first.applied,
        )
