"""Steps of a site's groups, and what follows from each: for its nodes, for other groups, for the alarms.

Judging and stepping follow from each other: a verdict that changed is a step, and a step may change whom others are
judged against. Both are here, so that one input has led to all its decisions when its first call returns.
"""

from dataclasses import replace

from otha.core import alarm_machine, alarm_sight, judging, neighbours, plant_alarms
from otha.core.altered import altered
from otha.core.config import ChannelConfig, SiteConfig
from otha.core.errors import InvariantBreachError
from otha.core.group import step as group_step
from otha.core.group.event import Event, GateJudged, NodeJudged, SelectorJudged, SharedChanged
from otha.core.group.state import GateView, SelectorView, Shared
from otha.core.group.turn import Decision
from otha.core.judging import active_of
from otha.core.reasons import Reason, Why
from otha.core.site_state import SiteState
from otha.core.site_view import SiteView
from otha.core.watch import channel, node
from otha.core.watch.node import NodeWatch
from otha.core.ways import Ways
from otha.core.wiring import Wiring


class Stepping(SiteView):
    """A site whose groups are stepped: every event of a group goes through `_step`."""

    def __init__(self, cfg: SiteConfig, wiring: Wiring, state: SiteState) -> None:
        super().__init__(cfg, wiring, state)
        # They follow from the configuration and from the state.
        self._ways = Ways(cfg, state.groups)

    # A step of one group, and what follows from it

    def _step(self, at: int, event: Event, now: int, reasons: tuple[Reason, ...] = ()) -> tuple[Decision, ...]:
        cfg, before = self.cfg.groups[at], self._state.groups[at]
        try:
            decision = group_step.step(cfg, self._state.shared, before, event, now)
        except InvariantBreachError as breach:
            return (self._halt(at, breach, reasons, now),)
        self._state.groups[at] = decision.state
        self._state.wakes[at] = decision.wake
        reasons += judging.bump_reason(cfg, self._state, before, decision.state)
        told = reasons + decision.reasons + self._alarm_changes(at, now)
        decisions = [altered(decision, reasons=told)]
        for behind in self._ways.moved(at, decision.state):
            decisions += self._way_moved(behind, now)
        active_moved = active_of(before) != active_of(decision.state)
        if active_moved or (before.plan is None) != (decision.state.plan is None):
            decisions += self._judge_nodes(at, now)
        if active_moved:
            judging.mind_who_let_go(cfg, self._state, at, now)
        if neighbours.in_trouble(before) != neighbours.in_trouble(decision.state):
            decisions += self._judge_upstream(now)
        if self._wiring.shares_nodes and neighbours.loads(before) != neighbours.loads(decision.state):
            decisions += self._judge_capacity(now)
        if alarm_sight.own_moved(cfg, before, decision.state):
            decisions += self._own_alarms(now)
        return tuple(decisions)

    def _halt(self, at: int, breach: InvariantBreachError, reasons: tuple[Reason, ...], now: int) -> Decision:
        self._state.groups[at] = group_step.halt(self._state.groups[at], str(breach))
        self._state.wakes[at] = None
        halted = Reason(why=Why.HALTED, rule=breach.rule, args=(breach.what,))
        return self._note(at, (*reasons, halted), now)

    def _note(self, at: int, reasons: tuple[Reason, ...], now: int) -> Decision:
        """A decision that changes nothing and tells something."""
        own = at == self._wiring.own
        return Decision(
            group=self.cfg.supervisor if own else self.cfg.groups[at].name,
            state=alarm_sight.NO_GROUP if own else self._state.groups[at],
            effects=(),
            reasons=reasons + self._alarm_changes(at, now),
            answer=None,
            wake=None if own else self._state.wakes[at],
        )

    def _alarm_changes(self, at: int, now: int) -> tuple[Reason, ...]:
        if at == self._wiring.own:
            seen = alarm_sight.of_supervisor(self.cfg, self._state)
        else:
            seen = alarm_sight.of_group(self.cfg, self._wiring, self._state, at)
        listed, book = self._wiring.alarms[at], self._state.alarms[at]
        self._state.alarms[at], reasons = alarm_machine.advance(listed, book, seen, now)
        return reasons

    # What watching found, told to the groups that it concerns

    def _node_moved(
        self, name: str, before: NodeWatch, after: NodeWatch, reasons: tuple[Reason, ...], now: int
    ) -> tuple[Decision, ...]:
        """Judge the node anew in every group it belongs to, and its peers against it if it is the active one."""
        decisions: list[Decision] = []
        if before.verdict.liveness is not after.verdict.liveness:
            reasons = (*reasons, Reason(why=Why.NODE, rule="", args=(name, after.verdict.liveness.value)))
        for at, place, _ in self._wiring.members[name]:
            moved = judging.nodes_moved(self.cfg.groups[at], self._wiring, self._state, at, now, heard=place)
            if not moved and reasons:
                decisions.append(self._note(at, reasons, now))
            for index, view in moved:
                decisions += self._step(at, NodeJudged(index=index, view=view), now, reasons)
                reasons = ()
        return tuple(decisions)

    def _gate_moved(self, section: str, was: GateView, view: GateView, now: int) -> tuple[Decision, ...]:
        """Tell every group that drives the section, or leads to it."""
        decisions: list[Decision] = []
        reasons = () if view is was else judging.gate_reasons(section, was, view)
        for at in self._wiring.by_section[section]:
            g = self._state.groups[at]
            # A halted group may have missed the view of the step that was not taken.
            if view is was and (g.halted is None or view == g.gate):
                continue
            decisions += self._step(at, GateJudged(view=view), now, reasons)
            reasons = ()
        return tuple(decisions)

    def _selector_moved(
        self, at: int, index: int, was: SelectorView, view: SelectorView, now: int
    ) -> tuple[Decision, ...]:
        g = self._state.groups[at]
        if view is was and (g.halted is None or view == g.selectors[index]):
            return ()
        cfg = self.cfg.groups[at]
        judging.mind_who_let_go(cfg, self._state, at, now)
        reason = judging.selector_reason(cfg.selectors[index].name, view)
        return self._step(at, SelectorJudged(index=index, view=view), now, (reason,))

    def _judge_conditions(self, at: int, now: int) -> list[Decision]:
        decisions: list[Decision] = []
        for event, said in judging.conditions_moved(self.cfg.groups[at], self._wiring, self._state, at, now):
            decisions += self._step(at, event, now, (said,))
        return decisions

    def _judge_plant_alarms(self, at: int, now: int) -> list[Decision]:
        alarms, before = self._wiring.plant_alarms[at], self._state.plant[at]
        if not alarms:
            return []
        after = plant_alarms.judge(alarms, self._wiring.tags, self._state.tags, before, now)
        self._state.plant[at] = after
        return [self._note(at, (), now)] if after.says() != before.says() else []

    # What one group's step means to others

    def _way_moved(self, cfg: ChannelConfig, now: int) -> tuple[Decision, ...]:
        """Whether silence on this channel says anything has changed with the link that it goes by (S18)."""
        was = self._state.channels[cfg.name]
        w = channel.way_carries(cfg, was, now) if self._ways.carries(cfg) else channel.way_fails(was)
        self._state.channels[cfg.name] = w
        if w.pulse is was.pulse:
            return ()
        before = self._state.nodes[cfg.node]
        self._state.nodes[cfg.node] = after = self._judge_pulses(cfg.node, before)
        reasons = (Reason(why=Why.CHANNEL, rule="S18", args=(cfg.name, w.pulse.value)),)
        return self._node_moved(cfg.node, before, after, reasons, now)

    def _judge_pulses(self, name: str, w: NodeWatch) -> NodeWatch:
        member = self._wiring.members[name][0][2]
        return node.from_pulses(w, tuple(self._state.channels[each].pulse for each in member.channels))

    def _judge_nodes(self, at: int, now: int, *, exact: bool = False) -> tuple[Decision, ...]:
        """All nodes of a group measured anew."""
        decisions: list[Decision] = []
        moved = judging.nodes_moved(self.cfg.groups[at], self._wiring, self._state, at, now, exact=exact)
        for index, view in moved:
            decisions += self._step(at, NodeJudged(index=index, view=view), now)
        return tuple(decisions)

    def _judge_capacity(self, now: int) -> tuple[Decision, ...]:
        full = neighbours.full(self._wiring, self._state)
        return () if full == self._state.shared.full else self._share(replace(self._state.shared, full=full), (), now)

    def _judge_upstream(self, now: int) -> tuple[Decision, ...]:
        troubled = neighbours.troubled(self.cfg, self._state)
        if troubled == self._state.shared.troubled or not any(cfg.upstream for cfg in self.cfg.groups):
            return ()
        return self._share(replace(self._state.shared, troubled=troubled), (), now)

    def _share(self, shared: Shared, reasons: tuple[Reason, ...], now: int) -> tuple[Decision, ...]:
        self._state.shared = shared
        decisions: list[Decision] = []
        for at in range(len(self._state.groups)):
            decisions += self._step(at, SharedChanged(), now, reasons)
            reasons = ()
        return (*decisions, *self._own_alarms(now))

    def _own_alarms(self, now: int) -> tuple[Decision, ...]:
        """The supervisor's own alarms, if there is something to tell of them."""
        decision = self._note(self._wiring.own, (), now)
        return (decision,) if decision.reasons else ()
