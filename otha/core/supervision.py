"""All of a site's decisions behind one door: inputs in, decisions out.

The watches and groups are wired here, and nowhere else, so that the supervisor, replay and verification run the same
wiring. It holds its state in dictionaries for speed, but nothing of it depends on time, chance or the outside.
"""

import copy
from dataclasses import replace
from typing import Any, TypeVar, assert_never, cast

from otha.core import alarm, alarm_machine, alarm_orders, canon, codec
from otha.core.alarm_machine import AlarmBook, AlarmWatch
from otha.core.config import AdaptiveDetector, ChannelConfig, Compare, NodeConfig, SiteConfig
from otha.core.errors import IllegalTransitionError, InvariantBreachError
from otha.core.group import orders
from otha.core.group import step as group_step
from otha.core.group.event import (
    ConditionJudged,
    Event,
    GateJudged,
    MachineJudged,
    NodeJudged,
    SelectorJudged,
    SharedChanged,
)
from otha.core.group.state import GateView, GroupState, NodeView, SelectorView, Shared
from otha.core.group.turn import Decision, Turn
from otha.core.inputs import (
    AlarmsStood,
    AlarmStood,
    ClockStepped,
    DueReached,
    EffectEnded,
    GatePolled,
    HeartbeatEnded,
    Input,
    LoopStalled,
    Order,
    OrderGiven,
    ReferencePolled,
    SelectorPolled,
    TagsPolled,
)
from otha.core.reasons import Blocker, Reason, Why
from otha.core.watch import channel, condition, gate, node, observer, selector, sync
from otha.core.watch.channel import ChannelWatch
from otha.core.watch.condition import Delay, Judgement, TagWatch
from otha.core.watch.gate import GateWatch
from otha.core.watch.node import NodeWatch
from otha.core.watch.observer import ReferenceWatch
from otha.core.watch.selector import SelectorWatch
from otha.core.words import Answer, GroupKind, Pulse, Verdict

_FORMAT = 5
# The containers whose places are filled anew as inputs come; all else is never touched or replaced whole.
_MOVING = (
    "_groups", "_channels", "_nodes", "_gates", "_selectors", "_let_go", "_tags", "_delays", "_judge_at", "_references",
    "_wakes", "_alarms",
)  # fmt: skip

_T = TypeVar("_T")


class Supervision:
    """The state of all watches and groups of one supervisor. Not thread-safe; `feed` is its only way in."""

    def __init__(self, cfg: SiteConfig, now: int) -> None:
        self.cfg = cfg
        self._groups: list[GroupState] = [group_step.start(group, now) for group in cfg.groups]
        self._shared = Shared()
        self._channels: dict[str, ChannelWatch] = {c.name: ChannelWatch() for c in cfg.channels}
        self._nodes: dict[str, NodeWatch] = {c.node: NodeWatch() for c in cfg.channels}
        self._gates: dict[str, GateWatch] = {g.section: gate.unseen() for g in cfg.groups if g.gate is not None}
        self._selectors: dict[str, SelectorWatch] = {s.name: selector.unseen() for g in cfg.groups for s in g.selectors}
        self._let_go: list[int | None] = [None for _ in cfg.groups]
        self._tags: dict[str, TagWatch] = {t.name: TagWatch() for t in cfg.tags}
        self._delays: list[dict[Compare, Delay]] = [{} for _ in cfg.groups]
        self._judge_at: list[int | None] = [None for _ in cfg.groups]
        self._references: dict[str, ReferenceWatch] = {r.name: ReferenceWatch() for r in cfg.references}
        self._wakes: list[int | None] = [None for _ in cfg.groups]
        self._alarms: list[AlarmBook] = [AlarmBook() for _ in cfg.groups]
        self._listed = {each.code: each for each in cfg.alarms}
        self._tilt_until: int | None = None
        self._rejoin_until: int | None = None
        self._channel_cfg: dict[str, ChannelConfig] = {c.name: c for c in cfg.channels}
        self._tag_cfg = {t.name: t for t in cfg.tags}
        self._members: dict[str, list[tuple[int, int, NodeConfig]]] = {}
        for at, group in enumerate(cfg.groups):
            for index, member in enumerate(group.nodes):
                self._members.setdefault(member.name, []).append((at, index, member))
        # Whose gate it is comes first: it knows the owners by their numbers. A path that leads there looks on.
        self._by_section: dict[str, list[int]] = {}
        for at, group in sorted(enumerate(cfg.groups), key=lambda pair: pair[1].kind is not GroupKind.DRIVER):
            if group.gate is not None:
                self._by_section.setdefault(group.section, []).append(at)
        self._by_selector: dict[str, tuple[int, int]] = {
            each.name: (at, index) for at, g in enumerate(cfg.groups) for index, each in enumerate(g.selectors)
        }
        self._shares_nodes = any(len(places) > 1 for places in self._members.values())
        self._by_name: dict[str, int] = {g.name: at for at, g in enumerate(cfg.groups)}
        self._names: list[dict[int, str]] = [{n.number: n.name for n in g.nodes} for g in cfg.groups]
        self._adaptive = [c.name for c in cfg.channels if isinstance(c.detector, AdaptiveDetector)]

    # What others may look at

    @property
    def shared(self) -> Shared:
        return self._shared

    def group(self, name: str) -> GroupState:
        """The state of group `name`. Raises KeyError if there is none."""
        return self._groups[self._by_name[name]]

    def alarms(self, name: str) -> tuple[alarm.Alarm, ...]:
        """The standing alarm conditions of group `name`."""
        return self._alarms[self._by_name[name]].found

    def alarm_watches(self, name: str) -> tuple[AlarmWatch, ...]:
        """Every alarm of group `name` that ever came or was flagged, as the alarm machine has it."""
        return self._alarms[self._by_name[name]].watches

    def channel(self, name: str) -> ChannelWatch:
        """The watch of channel `name`."""
        return self._channels[name]

    def node(self, name: str) -> NodeWatch:
        """The watch of node `name`."""
        return self._nodes[name]

    def tag(self, name: str) -> TagWatch:
        """The watch of tag `name`."""
        return self._tags[name]

    def comparison(self, group: str, leaf: Compare, now: int) -> tuple[Verdict, int | None]:
        """The verdict on one comparison of `group` at `now`, and when its running delay ends (None: none runs)."""
        judgement = Judgement(self._tag_cfg, self._tags, self._delays[self._by_name[group]], now)
        verdict = judgement.judge(leaf)
        kept = judgement.kept.get(leaf)
        return verdict, None if kept is None else kept.true_at if kept.true_at is not None else kept.false_at

    def fast_sections(self) -> frozenset[str]:
        """Sections whose gate is read fast: a transfer is under way, or about to be."""
        return frozenset(
            group.section
            for group, g in zip(self.cfg.groups, self._groups, strict=True)
            if group.gate is not None and (g.plan is not None or g.suspicion is not None or g.safe_for is not None)
        )

    @property
    def wake(self) -> int | None:
        """When to feed DueReached if nothing else happens."""
        deadlines = [*self._wakes, *self._judge_at, self._tilt_until, self._rejoin_until]
        deadlines += [book.wake for book in self._alarms]
        deadlines += [w.seen_until for w in self._gates.values()]
        deadlines += [w.seen_until for w in self._selectors.values()]
        deadlines += [self._channels[name].due for name in self._adaptive]
        return min((at for at in deadlines if at is not None), default=None)

    # The door

    def feed(self, raw: Input, now: int) -> tuple[Decision, ...]:
        """Take one input; the decisions it led to, in order. Unchanged verdicts lead to none.

        Raises IllegalTransitionError for an input that names something the site does not have; nothing was changed.
        """
        match raw:
            case HeartbeatEnded():
                return self._heartbeat(raw, now)
            case GatePolled():
                return self._gate_polled(raw, now)
            case SelectorPolled():
                return self._selector_polled(raw, now)
            case TagsPolled():
                return self._tags_polled(raw, now)
            case ReferencePolled():
                return self._reference_polled(raw, now)
            case OrderGiven(order=order):
                at = self._known(self._by_name, order.group, "group")
                return (
                    self._alarm_order(at, order, now) if order.kind in alarm_orders.KINDS else self._step(at, raw, now)
                )
            case AlarmsStood(group=group, alarms=alarms):
                return self._alarms_stood(self._known(self._by_name, group, "group"), alarms, now)
            case EffectEnded(id=id_):
                return self._step(self._known(self._by_name, id_.group, "group"), raw, now)
            case ClockStepped(jump_ns=jump_ns):
                return self._tilt(now, jump_ns)
            case LoopStalled(gap_ns=gap_ns):
                return self._tilt(now, gap_ns)
            case DueReached():
                return self._due(now)
            case never:
                assert_never(never)

    @staticmethod
    def _known(table: dict[str, _T], name: str, what: str) -> _T:
        if name not in table:
            raise IllegalTransitionError(f"the site has no {what} {name!r}")
        return table[name]

    def _heartbeat(self, raw: HeartbeatEnded, now: int) -> tuple[Decision, ...]:
        cfg = self._channel_cfg.get(raw.channel)
        if cfg is None:
            raise IllegalTransitionError(f"the site has no channel {raw.channel!r}")
        was = self._channels[raw.channel]
        w = channel.watch(cfg, was, raw.answer, now)
        self._channels[raw.channel] = w
        before = self._nodes[cfg.node]
        reasons: tuple[Reason, ...] = ()
        after = before
        if w.pulse is not was.pulse:
            reasons = (Reason(why=Why.CHANNEL, rule="", args=(raw.channel, w.pulse.value)),)
            after = self._judge_pulses(cfg.node, after)
        if raw.reading is not None and raw.answer in (Answer.REPLIED, Answer.LATE):
            member, late = self._members[cfg.node][0][2], raw.answer is Answer.LATE
            index = member.channels.index(raw.channel)
            after = node.watch(member, after, raw.reading, now, channel=index, late=late)
        elif raw.answer in (Answer.LATE, Answer.BUSY):
            after = node.answered(after)
        self._nodes[cfg.node] = after
        return self._node_moved(cfg.node, before, after, reasons, now) + self._rejoin(now)

    def _judge_pulses(self, name: str, w: NodeWatch) -> NodeWatch:
        member = self._members[name][0][2]
        return node.from_pulses(w, tuple(self._channels[each].pulse for each in member.channels))

    def _node_moved(
        self, name: str, before: NodeWatch, after: NodeWatch, reasons: tuple[Reason, ...], now: int
    ) -> tuple[Decision, ...]:
        """Judge the node anew in every group it belongs to, and its peers against it if it is the active one."""
        decisions: list[Decision] = []
        if before.liveness is not after.liveness:
            reasons = (*reasons, Reason(why=Why.NODE, rule="", args=(name, after.liveness.value)))
        for at, _, _ in self._members[name]:
            moved = self._judge_nodes(at, now, heard=name)
            if not moved and reasons:
                decisions.append(self._note(at, reasons, now))
            for index, view in moved:
                decisions += self._step(at, NodeJudged(index=index, view=view), now, reasons)
                reasons = ()
        return tuple(decisions)

    def _judge_nodes(self, at: int, now: int, heard: str | None = None) -> list[tuple[int, NodeView]]:
        """The nodes of group `at` whose verdicts differ from what the group knows.

        `heard`: the one node that was heard of. Unless it is the active one, against which all are measured, the others
        are judged when heard or missed themselves, a period later at most: a large group would cost its square.
        """
        cfg, g = self.cfg.groups[at], self._groups[at]
        # Without a record the gate's owner is whom a standby is compared with; without that, there is nothing to lag.
        active_name = g.record.active if g.record is not None else g.gate.owner
        active = self._nodes.get(active_name) if active_name is not None else None
        moved = []
        only = heard if heard != active_name else None
        for index, member in enumerate(cfg.nodes):
            if only is not None and member.name != only:
                continue
            w = self._nodes[member.name]
            if active_name is None or member.name == active_name:
                in_rpo = ready = Verdict.TRUE
            elif active is None:
                in_rpo, ready = sync.in_rpo(None, cfg.rpo_ns), Verdict.UNKNOWN
            else:
                lag = sync.lag_ns(active, w, cycle_ns=member.cycle_ns, unseen_until=self._unseen_until(at, now))
                in_rpo = sync.in_rpo(lag, cfg.rpo_ns)
                ready = sync.ready(cfg.tracked, active, w)
            view = g.nodes[index]
            said = (w.liveness, w.role, w.level, w.channels_lost, in_rpo, ready, w.epoch, w.taking, w.whole)
            if said != (
                view.liveness,
                view.role,
                view.level,
                view.channels_lost,
                view.in_rpo,
                view.ready,
                view.epoch,
                view.taking,
                view.whole,
            ):
                moved.append((index, _node_view(w, in_rpo, ready)))
        return moved

    def _unseen_until(self, at: int, now: int) -> int:
        """Until when the active may have changed something unseen: now, or when its frames stopped at the gate, or when
        every client had let go of it."""
        cfg = self.cfg.groups[at]
        if cfg.kind is GroupKind.STORE:
            let_go = self._let_go[at]
            return now if let_go is None else let_go
        w = self._gates.get(cfg.section)
        return w.silent_since if w is not None and w.view.seen and w.silent_since is not None else now

    def _gate_polled(self, raw: GatePolled, now: int) -> tuple[Decision, ...]:
        places = self._known(self._by_section, raw.section, "section")
        if raw.reading is None:
            return ()
        was = self._gates[raw.section]
        w = gate.watch(self.cfg.groups[places[0]].own_gate, self._names[places[0]], was, raw.reading, now)
        self._gates[raw.section] = w
        return self._gate_moved(raw.section, was.view, w.view, now)

    def _gate_moved(self, section: str, was: GateView, view: GateView, now: int) -> tuple[Decision, ...]:
        """Tell every group that drives the section, or leads to it."""
        decisions: list[Decision] = []
        reasons = () if view is was else _gate_reasons(section, was, view)
        for at in self._by_section[section]:
            g = self._groups[at]
            # A halted group may have missed the view of the step that was not taken.
            if view is was and (g.halted is None or view == g.gate):
                continue
            decisions += self._step(at, GateJudged(view=view), now, reasons)
            reasons = ()
        return tuple(decisions)

    def _selector_polled(self, raw: SelectorPolled, now: int) -> tuple[Decision, ...]:
        at, index = self._known(self._by_selector, raw.selector, "selector")
        if raw.reading is None:
            return ()
        was = self._selectors[raw.selector]
        cfg = self.cfg.groups[at].selectors[index]
        w = selector.watch(cfg, self._names[at], was, raw.reading, now)
        self._selectors[raw.selector] = w
        return self._selector_moved(at, index, was.view, w.view, now)

    def _selector_moved(
        self, at: int, index: int, was: SelectorView, view: SelectorView, now: int
    ) -> tuple[Decision, ...]:
        g = self._groups[at]
        if view is was and (g.halted is None or view == g.selectors[index]):
            return ()
        self._mind_who_let_go(at, now)
        reason = Reason(
            why=Why.SELECTOR,
            rule="",
            args=(
                self.cfg.groups[at].selectors[index].name,
                (view.node or "nobody") if view.seen else "unseen",
                view.epoch,
            ),
        )
        return self._step(at, SelectorJudged(index=index, view=view), now, (reason,))

    def _mind_who_let_go(self, at: int, now: int) -> None:
        """Since when no client in sight uses the active any more: from then on it can have taken nothing unseen."""
        active = _active(self._groups[at])
        views = [self._selectors[each.name].view for each in self.cfg.groups[at].selectors]
        let_go = any(view.seen for view in views) and not any(view.seen and view.node == active for view in views)
        self._let_go[at] = (self._let_go[at] or now) if let_go else None

    def _tags_polled(self, raw: TagsPolled, now: int) -> tuple[Decision, ...]:
        strangers = [name for name, _ in raw.values if name not in self._tag_cfg]
        if strangers:
            raise IllegalTransitionError(f"the site has no tag {strangers[0]!r}")
        for name, value in raw.values:
            self._tags[name] = condition.take(self._tag_cfg[name], value, now)
        decisions: list[Decision] = []
        for at in range(len(self._groups)):
            decisions += self._judge_conditions(at, now)
        return tuple(decisions)

    def _judge_conditions(self, at: int, now: int) -> list[Decision]:
        cfg, g = self.cfg.groups[at], self._groups[at]
        judgement = Judgement(self._tag_cfg, self._tags, self._delays[at], now)
        verdicts = [judgement.judge(each.when) for each in cfg.conditions]
        state = condition.recognised(judgement, cfg.machine) if cfg.machine is not None else g.machine
        self._delays[at], self._judge_at[at] = judgement.kept, judgement.again
        # What the same reading says against a transfer is told before what it says for it.
        against: list[tuple[Event, tuple[Why, str, str]]] = []
        others: list[tuple[Event, tuple[Why, str, str]]] = []
        for index, (verdict, before) in enumerate(zip(verdicts, g.conditions, strict=True)):
            if verdict is not before:
                said = (Why.CONDITION, cfg.conditions[index].name, verdict.value)
                ranked = against if before is Verdict.TRUE else others
                ranked.append((ConditionJudged(index=index, verdict=verdict), said))
        if state != g.machine and cfg.machine is not None:
            against.append((MachineJudged(state=state), (Why.MACHINE, cfg.machine.state(state).name, "")))
        decisions: list[Decision] = []
        for event, (why, name, value) in against + others:
            reason = Reason(why=why, rule="S6" if why is Why.CONDITION else "", args=(name, value))
            decisions += self._step(at, event, now, (reason,))
        return decisions

    def _reference_polled(self, raw: ReferencePolled, now: int) -> tuple[Decision, ...]:
        if raw.name not in self._references:
            raise IllegalTransitionError(f"the site has no reference point {raw.name!r}")
        self._references[raw.name] = observer.watch(self._references[raw.name], raw.answer)
        isolated = observer.isolated(self.cfg.references, self._references)
        if isolated or not self._shared.isolated:
            self._rejoin_until = None
            return () if isolated == self._shared.isolated else self._isolate(isolated, now)
        if self._rejoin_until is None:
            self._rejoin_until = now + max((group.timing.settle_ns for group in self.cfg.groups), default=0)
        return self._rejoin(now)

    def _isolate(self, isolated: bool, now: int) -> tuple[Decision, ...]:
        reason = Reason(why=Why.ISOLATED, rule="S8", args=("isolated" if isolated else "connected",))
        return self._share(replace(self._shared, isolated=isolated), (reason,), now)

    def _rejoin(self, now: int) -> tuple[Decision, ...]:
        """Reference points answer again. What was silent meanwhile first gets its time to be heard: whose connection
        comes back last is not dead (S8)."""
        until = self._rejoin_until
        if until is None or (now < until and any(w.pulse is Pulse.LOST for w in self._channels.values())):
            return ()
        self._rejoin_until = None
        return self._isolate(isolated=False, now=now)

    def _tilt(self, now: int, size_ns: int) -> tuple[Decision, ...]:
        if abs(size_ns) <= self.cfg.tilt_gap_ns:
            return ()
        self._tilt_until = now + self.cfg.tilt_for_ns
        if self._shared.tilted:
            return ()
        reason = Reason(why=Why.TILT, rule="S10", args=("begins", size_ns // 1_000_000))
        return self._share(replace(self._shared, tilted=True), (reason,), now)

    def _share(self, shared: Shared, reasons: tuple[Reason, ...], now: int) -> tuple[Decision, ...]:
        self._shared = shared
        decisions: list[Decision] = []
        for at in range(len(self._groups)):
            decisions += self._step(at, SharedChanged(), now, reasons)
            reasons = ()
        return tuple(decisions)

    def _due(self, now: int) -> tuple[Decision, ...]:
        decisions: list[Decision] = []
        if self._tilt_until is not None and now >= self._tilt_until:
            self._tilt_until = None
            reason = Reason(why=Why.TILT, rule="S10", args=("ends", 0))
            decisions += self._share(replace(self._shared, tilted=False), (reason,), now)
        decisions += self._rejoin(now)
        for name in self._adaptive:
            decisions += self._expire_channel(name, now)
        for section, was in list(self._gates.items()):
            w = gate.expire(was, now)
            if w is not was:
                self._gates[section] = w
                decisions += self._gate_moved(section, was.view, w.view, now)
        for name, (at, index) in self._by_selector.items():
            before = self._selectors[name]
            after = selector.expire(before, now)
            if after is not before:
                self._selectors[name] = after
                decisions += self._selector_moved(at, index, before.view, after.view, now)
        for at in range(len(self._groups)):
            judge_at = self._judge_at[at]
            if judge_at is not None and now >= judge_at:
                decisions += self._judge_conditions(at, now)
            wake = self._wakes[at]
            if wake is not None and now >= wake:
                decisions += self._step(at, DueReached(), now)
            turns_at = self._alarms[at].wake
            if turns_at is not None and now >= turns_at:
                decisions.append(self._note(at, (), now))
        return tuple(decisions)

    def _expire_channel(self, name: str, now: int) -> list[Decision]:
        was = self._channels[name]
        w = channel.expire(was, now)
        if w is was:
            return []
        self._channels[name] = w
        owner = self._channel_cfg[name].node
        before = self._nodes[owner]
        self._nodes[owner] = self._judge_pulses(owner, before)
        reasons = (Reason(why=Why.CHANNEL, rule="", args=(name, w.pulse.value)),)
        return list(self._node_moved(owner, before, self._nodes[owner], reasons, now))

    # One step of one group, and what follows from it

    def _step(self, at: int, event: Event, now: int, reasons: tuple[Reason, ...] = ()) -> tuple[Decision, ...]:
        cfg, before = self.cfg.groups[at], self._groups[at]
        try:
            decision = group_step.step(cfg, self._shared, before, event, now)
        except InvariantBreachError as breach:
            return (self._halt(at, breach, reasons, now),)
        self._groups[at] = decision.state
        self._wakes[at] = decision.wake
        decisions = [replace(decision, reasons=reasons + decision.reasons + self._alarm_changes(at, now))]
        active_moved = _active(before) != _active(decision.state)
        if active_moved or (before.plan is None) != (decision.state.plan is None):
            for index, view in self._judge_nodes(at, now):
                decisions += self._step(at, NodeJudged(index=index, view=view), now)
        if active_moved:
            self._mind_who_let_go(at, now)
        if _in_trouble(before) != _in_trouble(decision.state):
            decisions += self._judge_upstream(now)
        if self._shares_nodes and _loads(before) != _loads(decision.state):
            decisions += self._judge_capacity(now)
        return tuple(decisions)

    def _judge_capacity(self, now: int) -> tuple[Decision, ...]:
        """Tell the groups which nodes are active, or about to be, in as many groups as they can."""
        load: dict[str, int] = {}
        for g in self._groups:
            for name in _loads(g):
                load[name] = load.get(name, 0) + 1
        full = tuple(name for name, places in self._members.items() if load.get(name, 0) >= places[0][2].capacity)
        return () if full == self._shared.full else self._share(replace(self._shared, full=full), (), now)

    def _judge_upstream(self, now: int) -> tuple[Decision, ...]:
        """Tell the groups which others are failed or moving: a common cause is not a dead server (S18)."""
        troubled = tuple(cfg.name for cfg, g in zip(self.cfg.groups, self._groups, strict=True) if _in_trouble(g))
        if troubled == self._shared.troubled:
            return ()
        if not any(cfg.upstream for cfg in self.cfg.groups):
            return ()
        return self._share(replace(self._shared, troubled=troubled), (), now)

    def _halt(self, at: int, breach: InvariantBreachError, reasons: tuple[Reason, ...], now: int) -> Decision:
        self._groups[at] = group_step.halt(self._groups[at], str(breach))
        self._wakes[at] = None
        halted = Reason(why=Why.HALTED, rule=breach.rule, args=(breach.what,))
        return self._note(at, (*reasons, halted), now)

    def _note(self, at: int, reasons: tuple[Reason, ...], now: int) -> Decision:
        """A decision that changes nothing and tells something."""
        return Decision(
            group=self.cfg.groups[at].name,
            state=self._groups[at],
            effects=(),
            reasons=reasons + self._alarm_changes(at, now),
            answer=None,
            wake=self._wakes[at],
        )

    def _alarm_changes(self, at: int, now: int) -> tuple[Reason, ...]:
        found = alarm.standing(self.cfg.groups[at], self._shared, self._groups[at])
        self._alarms[at], reasons = alarm_machine.advance(self._listed, self._alarms[at], found, now)
        return reasons

    def _alarms_stood(self, at: int, alarms: tuple[AlarmStood, ...], now: int) -> tuple[Decision, ...]:
        self._alarms[at], reasons = alarm_machine.stood(self._listed, self._alarms[at], alarms, now)
        return (self._note(at, reasons, now),)

    def _alarm_order(self, at: int, order: Order, now: int) -> tuple[Decision, ...]:
        """Orders of alarms are taken in a halted group too: they move nothing."""
        t = Turn(cfg=self.cfg.groups[at], shared=self._shared, g=self._groups[at], now=now)
        told: list[Reason] = []

        def carry_out() -> tuple[Blocker, ...]:
            self._alarms[at], against, reasons = alarm_orders.carry_out(self._listed, self._alarms[at], order, now)
            told.extend(reasons)
            return against

        orders.answer(t, order, carry_out)
        self._groups[at] = t.g
        return (replace(self._note(at, (*t.reasons, *told), now), answer=t.answer),)

    # For the recorder and replay

    def still(self) -> "Supervision":
        """The state as it stands now, for reading on another thread while this one is fed on. Costs no more than a few
        references: what a supervision is made of is replaced, never changed."""
        picture = copy.copy(self)
        for name in _MOVING:
            setattr(picture, name, copy.copy(getattr(self, name)))
        return picture

    def snapshot(self) -> bytes:
        """Canonical bytes of the whole state, from which `restore` goes on with the same decisions."""
        return canon.encode(
            (
                _FORMAT,
                self.cfg,
                self._groups,
                self._shared,
                self._channels,
                self._nodes,
                self._gates,
                self._selectors,
                self._let_go,
                self._tags,
                [tuple(delays.items()) for delays in self._delays],
                self._judge_at,
                self._references,
                self._wakes,
                self._alarms,
                self._tilt_until,
                self._rejoin_until,
            )
        )

    @classmethod
    def restore(cls, snapshot: bytes) -> "Supervision":
        """The supervision that `snapshot` was taken of, its configuration included.

        Raises CanonError for bytes that are no snapshot.
        """
        state = codec.decode_state(snapshot)
        if not isinstance(state, tuple) or len(state) != 17 or state[0] != _FORMAT:
            raise canon.CanonError("not a snapshot of this version", mend="replay it with the version that recorded it")
        try:
            self = cls(cast(SiteConfig, state[1]), 0)
            self._take(state[2:])
        except (AttributeError, TypeError, ValueError) as error:
            raise canon.CanonError(f"not a whole snapshot: {error}", mend="the recording is damaged") from error
        return self

    def _take(self, state: tuple[Any, ...]) -> None:  # Any: what the snapshot holds, in its order
        self._groups = list(cast(tuple[GroupState, ...], state[0]))
        self._shared = cast(Shared, state[1])
        self._channels = cast(dict[str, ChannelWatch], state[2])
        self._nodes = cast(dict[str, NodeWatch], state[3])
        self._gates = cast(dict[str, GateWatch], state[4])
        self._selectors = cast(dict[str, SelectorWatch], state[5])
        self._let_go = list(state[6])
        self._tags = cast(dict[str, TagWatch], state[7])
        self._delays = [dict(pairs) for pairs in state[8]]
        self._judge_at = list(state[9])
        self._references = cast(dict[str, ReferenceWatch], state[10])
        self._wakes = list(state[11])
        self._alarms = list(state[12])
        self._tilt_until = cast(int | None, state[13])
        self._rejoin_until = cast(int | None, state[14])


def _in_trouble(g: GroupState) -> bool:
    """Failed or moving: what hangs on this group is not judged by its own data meanwhile (S18)."""
    return g.plan is not None or (g.suspicion is not None and g.confirm_at is None)


def _loads(g: GroupState) -> tuple[str, ...]:
    """The nodes that the group makes use of: its active one, and the one that it is moving to."""
    names = (_active(g), g.plan.to_node if g.plan is not None else None)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _node_view(w: NodeWatch, in_rpo: Verdict, ready: Verdict) -> NodeView:
    return NodeView(
        liveness=w.liveness,
        role=w.role,
        level=w.level,
        channels_lost=w.channels_lost,
        in_rpo=in_rpo,
        ready=ready,
        epoch=w.epoch,
        taking=w.taking,
        whole=w.whole,
    )


def _active(g: GroupState) -> str | None:
    return g.record.active if g.record is not None else None


def _gate_reasons(section: str, before: GateView, after: GateView) -> tuple[Reason, ...]:
    """What of the gate is worth a line: who owns it in which state, and whether it is seen."""
    said = [(v.seen, v.state, v.owner, v.owner_epoch, v.epoch, v.permit, v.boot) for v in (before, after)]
    if said[0] == said[1]:
        return ()
    state = after.state.name if after.seen else "unseen"
    permit = "permit" if after.permit else "no permit"
    return (Reason(why=Why.GATE, rule="", args=(section, state, after.owner or "-", after.epoch, permit)),)
