"""Tells a story: what happens in the plant goes in, what OTHA decides comes out as lines of a transcript.

A story is a text file. `config KEY VALUE` changes the group; then one line per event: `MS EVENT ...` at a time, or
`when PHASE EVENT ...` as soon as a transfer enters that phase. The last line is `MS end`. See `Story.EVENTS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from otha.core.config import FailbackConfig, GroupConfig, SiteConfig
from otha.core.effects import (
    Backfill,
    Demote,
    Effect,
    Grant,
    Promote,
    ReadRecord,
    Release,
    Revoke,
    Safe,
    Select,
    SwapRecord,
    Void,
)
from otha.core.group import question
from otha.core.group.turn import Decision
from otha.core.inputs import (
    ClockStepped,
    DueReached,
    EffectEnded,
    GatePolled,
    HeartbeatEnded,
    Input,
    LoopStalled,
    NodeReading,
    OrderGiven,
    Record,
    ReferencePolled,
    TagsPolled,
    WindowTurned,
)
from otha.core.reasons import Reason, Why
from otha.core.supervision import Supervision
from otha.core.window import parse as parse_window
from otha.core.words import (
    AfterFence,
    Answer,
    Arming,
    Confirm,
    FailbackMode,
    Milestone,
    OrderKind,
    Outcome,
    TransferKind,
)
from sim.registers import Frame
from tests.core.build import MS, group_config, order, site_config, timing
from tests.scenarios.gate_model import SCAN_MS, GateModel
from tests.scenarios.node_model import CYCLE_MS, NodeModel

PERIOD_MS, DEADLINE_MS = 50, 40
TAGS_MS = 20
STORE_MS, COMMAND_MS = 5, 10

_ENUMS: dict[str, Callable[[str], Any]] = {
    "after_fence": AfterFence,
    "arming": Arming,
    "confirm": Confirm,
    "nodes": str,
    "patience": int,
    "failback": FailbackMode,
    "hold_ms": int,  # of the failback
    "drills": lambda word: word == "yes",
    "kind": str,  # path or store: see client_story
    "first_start": str,  # who drives ("a" or "nobody") where OTHA never ran before
}


@dataclass(frozen=True, slots=True)
class Script:
    """A parsed story."""

    config: dict[str, Any]
    timed: list[tuple[int, list[str]]]
    triggered: list[tuple[str, list[str]]]


def parse(text: str) -> Script:
    """Raises ValueError naming the line that is no event."""
    script = Script({}, [], [])
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        match words:
            case []:
                continue
            case ["config", key, value]:
                script.config[key] = _ENUMS[key](value)
            case ["when", phase, *event] if event:
                script.triggered.append((phase, event))
            case [at, *event] if at.isdecimal() and event:
                script.timed.append((int(at), event))
            case _:
                raise ValueError(f"line {number}: {line!r} is no event")
    return script


def failback(changes: dict[str, Any]) -> FailbackConfig:
    """What a story says of it, taken out of `changes`."""
    hold_ms, mode = changes.pop("hold_ms", 0), changes.pop("failback", FailbackMode.MANUAL)
    # The story itself says when the window opens and closes.
    windows = (parse_window("daily 02:00-04:00"),) if mode is FailbackMode.SCHEDULED else ()
    return FailbackConfig(mode=mode, hold_ns=hold_ms * MS, windows=windows)


class Story:
    """The plant, OTHA, and what passes between them. Time in milliseconds from the story's beginning."""

    def __init__(self, script: Script) -> None:
        changes = dict(script.config)
        names = changes.pop("nodes", "ab")
        if (patience := changes.pop("patience", None)) is not None:
            changes["timing"] = timing(patience=patience)
        changes["failback"] = failback(changes)
        self.first_start: str | None = changes.pop("first_start", None)
        self.group: GroupConfig = group_config(names, **changes)
        self.cfg: SiteConfig = site_config([self.group])
        self.script = script
        self.now = 0
        self.lines: list[str] = []
        self.nodes = {name: NodeModel(name, number, session=100 * number) for number, name in enumerate(names, 1)}
        self.gate = GateModel({node.name: node.number for node in self.nodes.values()})
        self.tags = {"key": 0, "permit": 1}
        self.cut: set[str] = set()
        # What the store holds for each group.
        self.stored: dict[str, Record | None] = {self.group.name: None}
        self.revisions = 0
        self.store_mode = "ok"
        self.held_back: dict[str, int] = {}
        self.arriving: list[tuple[int, Effect]] = []
        self.ending: list[tuple[int, EffectEnded]] = []
        self.replies: list[tuple[int, Input]] = []
        self.stray: list[tuple[int, Frame]] = []
        self.refused_at: dict[str, int] = {}
        self.orders = 0
        self.s: Supervision | None = None
        self.starts_at: int | None = None
        self.triggers = list(script.triggered)

    # The run

    def tell(self) -> str:
        """Run to the end; the transcript."""
        self._commission()
        self.s = Supervision(self.cfg, 0)
        timed = list(self.script.timed)
        while timed:
            while timed and timed[0][0] <= self.now:
                self._happen(timed.pop(0)[1])
            self._tick()
        refused = ", ".join(f"{count} {name}" for name, count in self.gate.gate.counts.items() if count)
        self._line(f"** the end; {self._driver()} drives; the gate refused: {refused or 'nothing'}")
        return "\n".join(self.lines) + "\n"

    def _driver(self) -> str:
        number = self.gate.driven_by
        return next((node.name for node in self.nodes.values() if node.number == number), "nobody")

    def _commission(self) -> None:
        """Before the story: "a" drives under epoch 1, and the record says so unless OTHA never ran here."""
        if self.first_start != "nobody":
            self.gate.command(Grant(node="a", epoch=1, boot=9))
            self.gate.command(Release(node="a", epoch=1))
        for _ in range(20):
            self._plant()
            self.now += SCAN_MS
        self.now = 0
        self.lines.clear()
        self.gate.taken.clear()
        if self.first_start is None:
            self.stored[self.group.name] = Record(
                epoch=1, active="a", claim=None, milestone=Milestone.DONE, revision="r0"
            )

    def _tick(self) -> None:
        self._plant()
        if self.starts_at is not None and self.now >= self.starts_at:
            self.starts_at, self.s = None, Supervision(self.cfg, self.now * MS)
            self._line("** OTHA starts")
        if self.s is not None:
            self._network()
        self.now += SCAN_MS

    def _plant(self) -> None:
        """The control tasks, then one scan of the gate."""
        frames = dict(self.stray)
        self.stray.clear()
        if self.now % CYCLE_MS == 0:
            for node in self.nodes.values():
                leader = next((other for other in self.nodes.values() if other.active and other is not node), None)
                frame = node.control(self.gate.gate, leader)
                if frame is not None:
                    frames.setdefault(node.number, frame)
        self._scan(frames)

    def _scan(self, frames: dict[int, Frame]) -> None:
        for due, effect in [each for each in self.arriving if each[0] <= self.now]:
            self.arriving.remove((due, effect))
            self.gate.command(effect.do)  # type: ignore[arg-type]  # only gate commands travel here
        for refusal in self.gate.scan(frames):
            if self.now > self.refused_at.get(refusal, -PERIOD_MS) + PERIOD_MS:
                self._line(f"   the gate refuses: {refusal}")
            self.refused_at[refusal] = self.now

    # What reaches OTHA

    def _network(self) -> None:
        for due, ended in [each for each in self.ending if each[0] <= self.now]:
            self.ending.remove((due, ended))
            if ended.outcome is not Outcome.DONE:
                self._line(f"<- {ended.id.phase}: {ended.outcome.value}")
            self._feed(ended)
        for due, raw in [each for each in self.replies if each[0] <= self.now]:
            self.replies.remove((due, raw))
            self._feed(raw)
        for index, channel in enumerate(self.cfg.channels):
            if (self.now - 10 * index) % PERIOD_MS == 0:
                self._heartbeat(channel.node, channel.name)
        if self.s is None:
            return
        every = 5 if "plc" in self.s.fast_sections() else PERIOD_MS
        if self.now % every == 0 and not self._gate_lost():
            self._feed(GatePolled(section="plc", path="plc.net_a", answer=Answer.REPLIED, reading=self.gate.reading()))
        if self.now % TAGS_MS == 0 and not self._gate_lost() and "tags" not in self.cut:
            self._feed(TagsPolled(source="plc", values=tuple(self.tags.items())))
        if self.now % PERIOD_MS == 0:
            for name, way in (("ref_a", "net_a"), ("ref_b", "net_b")):
                lost = way in self.cut
                self._feed(ReferencePolled(name=name, answer=Answer.MISSED if lost else Answer.REPLIED))
        self._wake()

    def _wake(self) -> None:
        while self.s is not None and self.s.wake is not None and self.s.wake <= self.now * MS:
            self._feed(DueReached())

    def _gate_lost(self) -> bool:
        """The gate is reached over either network."""
        return "plc" in self.cut or {"net_a", "net_b"} <= self.cut

    def _heartbeat(self, name: str, channel: str) -> None:
        node = self.nodes[name]
        way = channel.partition(".")[2]
        lost = {channel, name, way} & self.cut
        if lost or not (node.lives and node.runs):
            missed = HeartbeatEnded(channel=channel, answer=Answer.MISSED, reading=None)
            self.replies.append((self.now + DEADLINE_MS, missed))
        else:
            self._feed(HeartbeatEnded(channel=channel, answer=Answer.REPLIED, reading=self._reading(name)))

    def _reading(self, name: str) -> NodeReading:
        return self.nodes[name].reading()

    def _feed(self, raw: Input) -> None:
        if self.s is None:
            return
        for decision in self.s.feed(raw, self.now * MS):
            self._decided(decision)

    def _decided(self, decision: Decision) -> None:
        for reason in decision.reasons:
            self._line(_said(reason))
        if decision.answer is not None and not decision.answer.accepted:
            codes = ", ".join(f"{b.block.code} {b.detail}".strip() for b in decision.answer.blockers)
            self._line(f"   answer: refused: {codes}")
        for effect in decision.effects:
            self._line(f"-> {_asked(effect)}")
        for phase, event in list(self.triggers):
            entered = [r.args[0] for r in decision.reasons if r.why is Why.PHASE]
            if phase in entered:
                self.triggers.remove((phase, event))
                self._happen(event)
        if self.s is not None:
            for effect in decision.effects:
                self._carry_out(effect)

    # What OTHA's effects do

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect.do, ReadRecord | SwapRecord):
            self._on_store(effect)
            return
        command = type(effect.do).__name__.lower()
        if self._gate_lost() or command in self.cut:
            self._end(effect, Outcome.UNKNOWN, effect.within_ns // MS)
            return
        late_ms = self.held_back.pop(command, 0)
        self.arriving.append((self.now + SCAN_MS + late_ms, effect))
        if late_ms:
            self._end(effect, Outcome.UNKNOWN, effect.within_ns // MS)
            return
        self._end(effect, Outcome.DONE, COMMAND_MS)

    def _on_store(self, effect: Effect) -> None:
        silent, deaf = self.store_mode == "silent", self.store_mode == "deaf"
        outcome = Outcome.DONE
        if isinstance(effect.do, SwapRecord) and not silent:
            held = self.stored[effect.id.group]
            if effect.do.expect == (held.revision if held is not None else None):
                self.revisions += 1
                self.stored[effect.id.group] = replace(effect.do.record, revision=f"r{self.revisions}")
            else:
                outcome = Outcome.REFUSED
        if silent or deaf:
            self._end(effect, Outcome.UNKNOWN, effect.within_ns // MS if silent else STORE_MS)
        else:
            self._end(effect, outcome, STORE_MS, self.stored[effect.id.group])

    def _end(self, effect: Effect, outcome: Outcome, after_ms: int, record: Record | None = None) -> None:
        ended = EffectEnded(id=effect.id, outcome=outcome, record=record)
        self.ending.append((self.now + after_ms, ended))

    # What happens in the plant

    def _happen(self, event: list[str]) -> None:
        name, *args = event
        if name == "end":
            return
        self._line(f"** {' '.join(event)}")
        self.EVENTS[name](self, *args)

    def _kill(self, node: str) -> None:
        self.nodes[node].lives = False
        self.nodes[node].active = False

    def _start(self, node: str) -> None:
        self.nodes[node].restart()

    def _stop(self, node: str) -> None:
        self.nodes[node].stop()

    def _cont(self, node: str) -> None:
        frame = self.nodes[node].wake()
        if frame is not None:
            self.stray.append((frame.owner, frame))

    def _freeze(self, node: str) -> None:
        """The control task stands still behind a live socket."""
        self.nodes[node].works = False

    def _thaw(self, node: str) -> None:
        self.nodes[node].works = True

    def _lie(self, node: str) -> None:
        self.nodes[node].lies = True

    def _level(self, node: str, level: str) -> None:
        self.nodes[node].level = int(level)

    def _cut(self, *what: str) -> None:
        """A network, a channel, all of a node's heartbeats, "plc" (the gate), "tags", or a kind of command."""
        self.cut.update(what)

    def _heal(self, *what: str) -> None:
        self.cut.difference_update(what or tuple(self.cut))

    def _set_tag(self, name: str, value: str) -> None:
        self.tags[name] = int(value)

    def _permit(self, permit: str, return_permit: str) -> None:
        self.gate.permit, self.gate.return_permit = bool(int(permit)), bool(int(return_permit))

    def _local(self, on: str) -> None:
        self.gate.local = bool(int(on))

    def _reset(self) -> None:
        self.gate.reset = True

    def _plc_restart(self) -> None:
        self.gate.cold_start()

    def _set_store(self, mode: str) -> None:
        """ok; silent: nothing is stored or answered; deaf: stored, but the answer is lost."""
        self.store_mode = mode

    def _hold_back(self, command: str, ms: str) -> None:
        """The next command of this kind arrives so much later, after its sender gave it up."""
        self.held_back[command] = int(ms)

    def _order(self, kind: str, node: str | None = None, level: str | None = None) -> None:
        """`level`: of an `arm` its level, of a `drill` what it rehearses."""
        self.orders += 1
        drill = OrderKind(kind) is OrderKind.DRILL
        target = None if node in (None, "-") else node
        given = order(
            OrderKind(kind),
            target,
            id=f"o{self.orders}",
            comment="not now" if kind == "reject" else "",
            group=self.group.name,
            request=self._shown(kind),
            arming=None if level is None or drill else Arming(level),
            transfer=TransferKind(level) if level is not None and drill else None,
        )
        self._feed(OrderGiven(order=given))

    def _says(self, user: str, kind: str, what: str = "-", for_ms: str = "0") -> None:
        """Another user orders: a node, or with a time an interlock."""
        self.orders += 1
        timed = int(for_ms) > 0
        given = order(
            OrderKind(kind),
            None if timed or what == "-" else what,
            id=f"o{self.orders}",
            user=user,
            group=self.group.name,
            item=what if timed else None,
            for_ns=int(for_ms) * MS if timed else None,
            request=self._shown(kind, what if timed else ""),
        )
        self._feed(OrderGiven(order=given))

    def _shown(self, kind: str, what: str = "") -> int | None:
        """The number of the request that a person sees and answers, of several the one that begins so."""
        if self.s is None or kind not in ("confirm", "reject"):
            return None
        waits = question.waiting(self.group, self.s.group(self.group.name))
        seen = [each.number for each in waits if each.what.startswith(what)]
        return seen[0] if len(seen) == 1 else None

    def _repeat_order(self, kind: str, node: str) -> None:
        self._feed(
            OrderGiven(order=order(OrderKind(kind), node, id=f"o{self.orders}", comment="", group=self.group.name))
        )

    def _stall(self, ms: str) -> None:
        self._feed(LoopStalled(gap_ns=int(ms) * MS))

    def _clock(self, ms: str) -> None:
        self._feed(ClockStepped(jump_ns=int(ms) * MS))

    def _window(self, turned: str) -> None:
        """The failback's window "opens" or "closes"."""
        self._feed(WindowTurned(group=self.group.name, is_open=turned == "opens"))

    def _crash(self, down_ms: str) -> None:
        """OTHA dies this instant: nothing it decided just now leaves any more, commands on their way arrive."""
        self.s = None
        self.ending.clear()
        self.replies.clear()
        self.starts_at = self.now + int(down_ms)

    EVENTS: ClassVar[dict[str, Callable[..., None]]] = {
        "kill": _kill,
        "start": _start,
        "stop": _stop,
        "cont": _cont,
        "freeze": _freeze,
        "thaw": _thaw,
        "lie": _lie,
        "level": _level,
        "cut": _cut,
        "heal": _heal,
        "tag": _set_tag,
        "permit": _permit,
        "local": _local,
        "reset": _reset,
        "plc-restart": _plc_restart,
        "store": _set_store,
        "hold-back": _hold_back,
        "order": _order,
        "repeat-order": _repeat_order,
        "says": _says,
        "stall": _stall,
        "clock": _clock,
        "window": _window,
        "crash": _crash,
    }

    def _line(self, text: str) -> None:
        # A store that stays silent is asked again and again: told once.
        again = ("-> read the record", "<- read: unknown")
        if text in again and [line[8:] for line in self.lines[-2:]] == [*again]:
            return
        self.lines.append(f"{self.now:6d}  {text}")


def _said(reason: Reason) -> str:
    # Of an alarm that comes or goes the story tells which and of what; how it is numbered and ranked is not its matter.
    told = reason.args[:2] if reason.why in (Why.ALARM_RAISED, Why.ALARM_CLEARED) else reason.args
    args = " ".join(str(arg) for arg in told if arg != "")
    rule = f"  [{reason.rule}]" if reason.rule else ""
    return f"{reason.why.name.lower().replace('_', ' ')}: {args}{rule}"


def _asked(effect: Effect) -> str:
    needs = effect.needs.value
    match effect.do:
        case ReadRecord():
            return "read the record"
        case SwapRecord(record=record):
            claim = f"claim {record.claim.id}" if record.claim is not None else f"done, {record.active} is active"
            return f"swap the record: epoch {record.epoch}, {claim}"
        case Revoke(epoch=epoch):
            return f"REVOKE {epoch} ({needs})"
        case Void(node=node, epoch=epoch):
            return f"VOID {node} {epoch} ({needs})"
        case Grant(node=node, epoch=epoch):
            return f"GRANT {node} {epoch} ({needs})"
        case Release(node=node, epoch=epoch):
            return f"RELEASE {node} {epoch} ({needs})"
        case Safe(epoch=epoch, hold_no=hold_no):
            return f"SAFE {epoch}, hold {hold_no} ({needs})"
        case Select(node=node, epoch=epoch):
            return f"SELECT {node or 'nobody'} {epoch} ({needs})"
        case Promote(node=node, epoch=epoch) | Demote(node=node, epoch=epoch) | Backfill(node=node, epoch=epoch):
            return f"{type(effect.do).__name__.upper()} {node} {epoch} ({needs})"
