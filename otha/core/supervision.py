"""All of a site's decisions behind one door: inputs in, decisions out.

The watches and groups are wired here, and nowhere else, so that the supervisor, replay and verification run the same
wiring. It holds its state in dictionaries for speed, but nothing of it depends on time, chance or the outside.
"""

import copy
from dataclasses import replace
from typing import TypeVar, assert_never

from otha.core import (
    alarm_machine,
    alarm_orders,
    alarm_sight,
    canon,
    judging,
    neighbours,
    order_book,
    site_swap,
)
from otha.core.config import SiteConfig
from otha.core.errors import IllegalTransitionError
from otha.core.group import orders
from otha.core.group.event import (
    GateJudged,
    NodeJudged,
    SelectorJudged,
    SharedChanged,
    WindowJudged,
)
from otha.core.group.turn import Decision
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
    OwnTrouble,
    ReferencePolled,
    SelectorPolled,
    SiteSwapped,
    TagsPolled,
    WindowTurned,
)
from otha.core.reasons import Block, Blocker, Reason, Why
from otha.core.site_state import SiteState
from otha.core.stepping import Stepping
from otha.core.watch import channel, condition, gate, node, observer, selector
from otha.core.ways import Ways
from otha.core.wiring import Wiring
from otha.core.words import Answer, Pulse

_T = TypeVar("_T")
# Looked up once: in CPython 3.11 a member of an enum is found by a call, which every heartbeat would make many times.
_LATE = Answer.LATE
_WITH_VALUES = (Answer.REPLIED, Answer.LATE)
_WITHOUT_VALUES = (Answer.LATE, Answer.BUSY)


class Supervision(Stepping):
    """The state of all watches and groups of one supervisor. Not thread-safe; `feed` is its only way in."""

    def __init__(self, cfg: SiteConfig, now: int) -> None:
        super().__init__(cfg, Wiring(cfg), SiteState.start(cfg, now))

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
                places = self._wiring.books if order.kind in alarm_orders.KINDS else self._wiring.by_name
                return self._order(self._known(places, order.group, "group"), order, now)
            case AlarmsStood(group=group, alarms=alarms):
                return self._alarms_stood(self._known(self._wiring.books, group, "group"), alarms, now)
            case OwnTrouble():
                return self._own_trouble(raw, now)
            case SiteSwapped():
                return self._site_swapped(raw, now)
            case EffectEnded(id=id_):
                return self._step(self._known(self._wiring.by_name, id_.group, "group"), raw, now)
            case WindowTurned(group=group, is_open=is_open):
                return self._window_turned(self._known(self._wiring.by_name, group, "group"), now, is_open=is_open)
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
        state, ways, answer = self._state, self._ways, raw.answer
        cfg = ways.channels.get(raw.channel)
        if cfg is None:
            raise IllegalTransitionError(f"the site has no channel {raw.channel!r}")
        was, before = state.channels[raw.channel], state.nodes[cfg.node]
        w = channel.watch(cfg, was, answer, now, carries=cfg.via is None or ways.carries(cfg))
        reasons: tuple[Reason, ...] = ()
        after = before
        if w is not was:
            state.channels[raw.channel] = w
            if w.pulse is not was.pulse:
                reasons = (Reason(why=Why.CHANNEL, rule="", args=(raw.channel, w.pulse.value)),)
                after = self._judge_pulses(cfg.node, after)
        if raw.reading is not None and answer in _WITH_VALUES:
            member, index = self._wiring.heard_on[raw.channel]
            after = node.watch(member, after, raw.reading, now, channel=index, late=answer is _LATE)
        elif answer in _WITHOUT_VALUES:
            after = node.answered(after)
        state.nodes[cfg.node] = after
        decisions = self._node_moved(cfg.node, before, after, reasons, now)
        return decisions if state.rejoin_until is None else decisions + self._rejoin(now)

    def _gate_polled(self, raw: GatePolled, now: int) -> tuple[Decision, ...]:
        places = self._known(self._wiring.by_section, raw.section, "section")
        if raw.reading is None:
            return ()
        was = self._state.gates[raw.section]
        w = gate.watch(self.cfg.groups[places[0]].own_gate, self._wiring.names[places[0]], was, raw.reading, now)
        self._state.gates[raw.section] = w
        return self._gate_moved(raw.section, was.view, w.view, now)

    def _selector_polled(self, raw: SelectorPolled, now: int) -> tuple[Decision, ...]:
        at, index = self._known(self._wiring.by_selector, raw.selector, "selector")
        if raw.reading is None:
            return ()
        was = self._state.selectors[raw.selector]
        cfg = self.cfg.groups[at].selectors[index]
        w = selector.watch(cfg, self._wiring.names[at], was, raw.reading, now)
        self._state.selectors[raw.selector] = w
        return self._selector_moved(at, index, was.view, w.view, now)

    def _tags_polled(self, raw: TagsPolled, now: int) -> tuple[Decision, ...]:
        strangers = [name for name, _ in raw.values if name not in self._wiring.tags]
        if strangers:
            raise IllegalTransitionError(f"the site has no tag {strangers[0]!r}")
        for name, value in raw.values:
            self._state.tags[name] = condition.take(self._wiring.tags[name], value, now)
        decisions: list[Decision] = []
        for at in sorted({at for name, _ in raw.values for at in self._wiring.judged_by[name]}):
            decisions += self._judge_conditions(at, now)
            decisions += self._judge_plant_alarms(at, now)
        return tuple(decisions)

    def _reference_polled(self, raw: ReferencePolled, now: int) -> tuple[Decision, ...]:
        if raw.name not in self._state.references:
            raise IllegalTransitionError(f"the site has no reference point {raw.name!r}")
        self._state.references[raw.name] = observer.watch(self._state.references[raw.name], raw.answer)
        isolated = observer.isolated(self.cfg.references, self._state.references)
        if isolated or not self._state.shared.isolated:
            self._state.rejoin_until = None
            return () if isolated == self._state.shared.isolated else self._isolate(isolated, now)
        if self._state.rejoin_until is None:
            self._state.rejoin_until = now + max((group.timing.settle_ns for group in self.cfg.groups), default=0)
        return self._rejoin(now)

    def _isolate(self, isolated: bool, now: int) -> tuple[Decision, ...]:
        reason = Reason(why=Why.ISOLATED, rule="S8", args=("isolated" if isolated else "connected",))
        return self._share(replace(self._state.shared, isolated=isolated), (reason,), now)

    def _rejoin(self, now: int) -> tuple[Decision, ...]:
        """Reference points answer again. What was silent meanwhile first gets its time to be heard: whose connection
        comes back last is not dead (S8)."""
        until = self._state.rejoin_until
        if until is None or (now < until and any(w.pulse is Pulse.LOST for w in self._state.channels.values())):
            return ()
        self._state.rejoin_until = None
        return self._isolate(isolated=False, now=now)

    def _tilt(self, now: int, size_ns: int) -> tuple[Decision, ...]:
        if abs(size_ns) <= self.cfg.tilt_gap_ns:
            return ()
        self._state.tilt_until = now + self.cfg.tilt_for_ns
        if self._state.shared.tilted:
            return ()
        reason = Reason(why=Why.TILT, rule="S10", args=("begins", size_ns // 1_000_000))
        return self._share(replace(self._state.shared, tilted=True), (reason,), now)

    def _window_turned(self, at: int, now: int, *, is_open: bool) -> tuple[Decision, ...]:
        if self._state.groups[at].window_open == is_open:
            return ()
        said = Reason(why=Why.WINDOW, rule="S12", args=("opens" if is_open else "closes",))
        return self._step(at, WindowJudged(is_open=is_open), now, (said,))

    def _own_trouble(self, raw: OwnTrouble, now: int) -> tuple[Decision, ...]:
        self._state.troubles.pop(raw.code, None)
        if raw.holds:
            self._state.troubles[raw.code] = raw.detail
        return self._own_alarms(now)

    def _due(self, now: int) -> tuple[Decision, ...]:
        decisions: list[Decision] = []
        if self._state.tilt_until is not None and now >= self._state.tilt_until:
            self._state.tilt_until = None
            reason = Reason(why=Why.TILT, rule="S10", args=("ends", 0))
            decisions += self._share(replace(self._state.shared, tilted=False), (reason,), now)
        decisions += self._rejoin(now)
        for name in self._wiring.adaptive:
            decisions += self._expire_channel(name, now)
        for section, was in list(self._state.gates.items()):
            w = gate.expire(was, now)
            if w is not was:
                self._state.gates[section] = w
                decisions += self._gate_moved(section, was.view, w.view, now)
        for name, (at, index) in self._wiring.by_selector.items():
            before = self._state.selectors[name]
            after = selector.expire(before, now)
            if after is not before:
                self._state.selectors[name] = after
                decisions += self._selector_moved(at, index, before.view, after.view, now)
        for at in range(len(self._state.groups)):
            nodes_at = self._state.nodes_at[at]
            if nodes_at is not None and now >= nodes_at:
                decisions += self._judge_nodes(at, now)
            judge_at = self._state.judge_at[at]
            if judge_at is not None and now >= judge_at:
                decisions += self._judge_conditions(at, now)
            judge_at = self._state.plant[at].judge_at
            if judge_at is not None and now >= judge_at:
                decisions += self._judge_plant_alarms(at, now)
            wake = self._state.wakes[at]
            if wake is not None and now >= wake:
                decisions += self._step(at, DueReached(), now)
            turns_at = self._state.alarms[at].wake
            if turns_at is not None and now >= turns_at:
                decisions.append(self._note(at, (), now))
        return (*decisions, *self._own_alarms(now))

    def _expire_channel(self, name: str, now: int) -> list[Decision]:
        was = self._state.channels[name]
        cfg = self._ways.channels[name]
        w = channel.expire(was, now, carries=self._ways.carries(cfg))
        if w is was:
            return []
        self._state.channels[name] = w
        owner = cfg.node
        before = self._state.nodes[owner]
        self._state.nodes[owner] = self._judge_pulses(owner, before)
        reasons = (Reason(why=Why.CHANNEL, rule="", args=(name, w.pulse.value)),)
        return list(self._node_moved(owner, before, self._state.nodes[owner], reasons, now))

    # Another site

    def against_swap(self, given: SiteSwapped) -> tuple[Blocker, ...]:
        """What stands against changing the site so now."""
        return site_swap.against(self.cfg, self._state, given)

    def _site_swapped(self, given: SiteSwapped, now: int) -> tuple[Decision, ...]:
        """Raises IllegalTransitionError when something stands against it."""
        against = self.against_swap(given)
        if against:
            raise IllegalTransitionError(f"the site can't change now: {against[0].block.code} {against[0].detail}")
        begin = site_swap.begun(self.cfg, given)
        bypassed = {
            group.name: g.bypasses for group, g in zip(self.cfg.groups, self._state.groups, strict=True) if g.bypasses
        }
        # Bound anew, never changed: a picture of the site before may still be read.
        self._state, told = site_swap.carried(self.cfg, self._state, given, now)
        self.cfg, self._wiring = given.cfg, Wiring(given.cfg)
        before, self._ways = self._ways, Ways(given.cfg, self._state.groups)
        decisions = self._tell_of_alarms(told, now)
        for name in begin:
            at = self._wiring.by_name[name]
            g = self._state.groups[at]
            said = Reason(why=Why.BEGINS_ANEW, rule="", args=(g.arming.value,))
            gone = tuple(
                Reason(why=Why.BYPASS_ENDED, rule="S6", args=(each.item, "the site was changed"))
                for each in bypassed.get(name, ())
                if each not in g.bypasses
            )
            decisions.append(self._note(at, (said, *gone), now))
            decisions += self._tell_what_is_known(at, now)
        for channel_cfg in self._ways.turned_since(before):
            decisions += self._way_moved(channel_cfg, now)
        full = neighbours.full(self._wiring, self._state) if self._wiring.shares_nodes else ()
        troubled = neighbours.troubled(self.cfg, self._state)
        shared = replace(self._state.shared, full=full, troubled=troubled)
        return (*decisions, *(self._share(shared, (), now) if shared != self._state.shared else ()))

    def _tell_of_alarms(self, told: site_swap.Told, now: int) -> list[Decision]:
        """What became of alarms with the change; of a group that is supervised no more, by its name."""
        decisions: list[Decision] = []
        for name, reasons in told.items():
            if name in self._wiring.books:
                decisions.append(self._note(self._wiring.books[name], reasons, now))
            elif reasons:
                decisions.append(
                    Decision(
                        group=name, state=alarm_sight.NO_GROUP, effects=(), reasons=reasons, answer=None, wake=None
                    )
                )
        return [each for each in decisions if each.reasons]

    def _tell_what_is_known(self, at: int, now: int) -> list[Decision]:
        """A group that begins where others are watched already need not wait for the next change."""
        cfg = self.cfg.groups[at]
        decisions = self._judge_conditions(at, now)
        for index, view in judging.nodes_moved(cfg, self._wiring, self._state, at, now):
            decisions += self._step(at, NodeJudged(index=index, view=view), now)
        for index, each in enumerate(cfg.selectors):
            view_of = self._state.selectors[each.name].view
            if view_of.seen:
                decisions += self._step(at, SelectorJudged(index=index, view=view_of), now)
        if cfg.gate is not None and self._state.gates[cfg.section].view.seen:
            decisions += self._step(at, GateJudged(view=self._state.gates[cfg.section].view), now)
        return [*decisions, *self._step(at, SharedChanged(), now)]

    # Orders of persons

    def _alarms_stood(self, at: int, alarms: tuple[AlarmStood, ...], now: int) -> tuple[Decision, ...]:
        listed, book = self._wiring.alarms[at], self._state.alarms[at]
        self._state.alarms[at], reasons = alarm_machine.stood(listed, book, alarms, now)
        return (self._note(at, reasons, now),)

    def _order(self, at: int, order: Order, now: int) -> tuple[Decision, ...]:
        """Carry out an order once: a repeat gets the answer that it got, and changes nothing. Another order with the
        id of an earlier one is refused: nobody could tell any more which of them the answer is to."""
        book = self._state.answered[at]
        earlier = book.with_id_of(order)
        if earlier is not None and earlier.asked == order_book.asked(order):
            repeated = Reason(why=Why.ORDER_REPEATED, rule="S11", args=(order.kind.value, order.user, order.id))
            return (replace(self._note(at, (repeated,), now), answer=earlier.answer),)
        if earlier is not None:
            refused, told = orders.answered(order, (Blocker(block=Block.ID_TAKEN, detail=order.id),))
            return (replace(self._note(at, told, now), answer=refused),)
        if order.kind in alarm_orders.KINDS:
            decisions = self._alarm_order(at, order, now)
        else:
            # What is refused is refused with the values of now.
            decisions = self._judge_nodes(at, now, exact=True) + self._step(at, OrderGiven(order=order), now)
        answer = next((decision.answer for decision in decisions if decision.answer is not None), None)
        if answer is not None:
            self._state.answered[at] = book.with_answer(order, answer)
        return decisions

    def _alarm_order(self, at: int, order: Order, now: int) -> tuple[Decision, ...]:
        """Orders of alarms are taken in a halted group too: they move nothing."""
        book, against, told = alarm_orders.carry_out(self._wiring.alarms[at], self._state.alarms[at], order, now)
        self._state.alarms[at] = book
        answer, reasons = orders.answered(order, against)
        return (replace(self._note(at, (*reasons, *told), now), answer=answer),)

    @property
    def deadlines(self) -> dict[str, int]:
        """The deadlines in force of the channels that go by links; another dictionary when one has changed."""
        return self._ways.deadlines

    # For the recorder and replay

    def still(self) -> "Supervision":
        """The state as it stands now, for reading on another thread while this one is fed on."""
        picture = copy.copy(self)
        picture._state = self._state.still()
        return picture

    def snapshot(self) -> bytes:
        """Canonical bytes of the whole state, from which `restore` goes on with the same decisions."""
        return self._state.snapshot(self.cfg)

    @classmethod
    def restore(cls, snapshot: bytes) -> "Supervision":
        """The supervision that `snapshot` was taken of, its configuration included.

        Raises CanonError for bytes that are no snapshot.
        """
        try:
            cfg, state = SiteState.restore(snapshot)
            self = cls(cfg, 0)
        except (AttributeError, TypeError, ValueError) as error:
            raise canon.CanonError(f"not a whole snapshot: {error}", mend="the recording is damaged") from error
        self._state = state
        self._ways = Ways(cfg, state.groups)
        return self
