"""The production supervision, which can also take in at once what a quiet time brought.

A time is quiet when no fault lasts, no transfer, suspicion or answer is awaited, and everything heard is good: then
good readings change no verdict, they only put off the deadlines of what was heard. Which they put off, and to when, is
told by the pure functions of `otha.core.watch` from the last few readings before the end of that time.
"""

from collections.abc import Iterable
from dataclasses import replace

from otha.core import judging, plant_alarms
from otha.core.config import AdaptiveDetector, SiteConfig
from otha.core.inputs import GateReading, NodeReading, SelectorReading
from otha.core.supervision import Supervision
from otha.core.watch import channel, condition, gate, node, selector
from otha.core.words import Answer, GateState, Pulse

_NODE_READINGS = 4
GATE_READINGS_NEEDED = 18  # as many changes as `otha.core.watch.bump` remembers, and two


def readings_needed(detector: object) -> int:
    """How many of the last heartbeats of a channel tell everything about it."""
    return detector.window + 2 if isinstance(detector, AdaptiveDetector) else _NODE_READINGS


def is_slow_enough(cfg: SiteConfig) -> bool:
    """Whether the limits of what may be old are so far from what is usual that good readings never meet them."""
    periods = {each.name: each.period_ns for each in cfg.channels}
    for group in cfg.groups:
        longest = max((periods[name] for member in group.nodes for name in member.channels), default=0)
        if group.rpo_ns is not None and group.rpo_ns < 2 * longest:
            return False
        if any(tag.max_age_ns < 2 * longest for tag in group.tracked):
            return False
        if group.gate is not None and group.gate.stale_after_ns < 2 * group.gate.poll_ns:
            return False
        if any(each.stale_after_ns < 2 * each.poll_ns for each in group.selectors):
            return False
    return True


class ForwardSupervision(Supervision):
    """`feed` is the production's. What is added reads, and puts in what was heard last."""

    def quiet_until(self) -> int | None:
        """The next moment at which a quiet site does something by itself; None if it is not quiet now."""
        state = self._state
        if state.tilt_until is not None or state.rejoin_until is not None or state.shared.isolated:
            return None
        if any(w.pulse is not Pulse.ON_TIME or w.misses for w in state.channels.values()):
            return None
        if any(w.misses for w in state.references.values()):
            return None
        for at, g in enumerate(state.groups):
            if g.plan is not None or g.suspicion is not None or g.errand is not None or g.settle_until is not None:
                return None
            if any(delay.true_at is not None or delay.false_at is not None for delay in state.delays[at].values()):
                return None
            plant = dict(state.plant[at].delays)
            if any(delay.true_at is not None or delay.false_at is not None for delay in plant.values()):
                return None
            if any(not view.seen for view in g.selectors):
                return None
            if self.cfg.groups[at].gate is not None and (not g.gate.seen or g.gate.state is GateState.HELD):
                return None
        deadlines = [*state.wakes, *(book.wake for book in state.alarms)]
        return min((each for each in deadlines if each is not None), default=1 << 62)

    def heard_node(self, name: str, readings: Iterable[tuple[int, str, NodeReading]]) -> None:
        """The last readings of a node in order, each with its time and its channel."""
        w = self._state.nodes[name]
        for at, on, reading in readings:
            member, index = self._wiring.heard_on[on]
            w = node.watch(member, w, reading, at, channel=index)
        self._state.nodes[name] = w

    def heard_channel(self, name: str, skipped: int, arrivals: Iterable[int]) -> None:
        """A channel's last arrivals; `skipped` good ones came before them."""
        cfg = self._ways.channels[name]
        if not isinstance(cfg.detector, AdaptiveDetector):
            return
        w = self._state.channels[name]
        w = replace(w, ended=w.ended + skipped)
        for at in arrivals:
            w = channel.watch(cfg, w, Answer.REPLIED, at, carries=True)
        self._state.channels[name] = w

    def heard_gate(self, section: str, readings: Iterable[tuple[int, GateReading]]) -> None:
        """The last status blocks of a gate."""
        at = self._wiring.by_section[section][0]
        cfg, w = self.cfg.groups[at].own_gate, self._state.gates[section]
        for now, reading in readings:
            w = gate.watch(cfg, self._wiring.names[at], w, reading, now)
        self._state.gates[section] = w

    def heard_selector(self, name: str, now: int, reading: SelectorReading) -> None:
        """The last reading of a client's switch."""
        at, index = self._wiring.by_selector[name]
        cfg, w = self.cfg.groups[at].selectors[index], self._state.selectors[name]
        self._state.selectors[name] = selector.watch(cfg, self._wiring.names[at], w, reading, now)

    def heard_tags(self, polls: Iterable[tuple[int, tuple[tuple[str, int | None], ...]]]) -> None:
        """The last values of tags, source by source in the order of their times."""
        state, wiring = self._state, self._wiring
        for now, values in polls:
            for name, value in values:
                state.tags[name] = condition.take(wiring.tags[name], value, now)
            for at in sorted({at for name, _ in values for at in wiring.judged_by[name]}):
                judging.conditions_moved(self.cfg.groups[at], wiring, state, at, now)
                if wiring.plant_alarms[at]:
                    alarms, before = wiring.plant_alarms[at], state.plant[at]
                    state.plant[at] = plant_alarms.judge(alarms, wiring.tags, state.tags, before, now)

    def heard_all(self, now: int) -> None:
        """Everything up to `now` was heard: how long standbys stay ready follows from it."""
        for at, group in enumerate(self.cfg.groups):
            judging.nodes_moved(group, self._wiring, self._state, at, now)
