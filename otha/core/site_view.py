"""What others may look at of a supervision: the runtime's views, the scheduler, tests."""

from otha.core.alarm import Alarm
from otha.core.alarm_list import AlarmConfig
from otha.core.alarm_machine import AlarmWatch
from otha.core.conditions import Compare
from otha.core.config import SiteConfig
from otha.core.group.state import GroupState, Shared
from otha.core.site_state import SiteState
from otha.core.watch.channel import ChannelWatch
from otha.core.watch.condition import Judgement, TagWatch
from otha.core.watch.node import NodeWatch
from otha.core.wiring import Wiring
from otha.core.words import Verdict


class SiteView:
    """The watches and groups of a site, by their names."""

    def __init__(self, cfg: SiteConfig, wiring: Wiring, state: SiteState) -> None:
        self.cfg = cfg
        self._wiring = wiring
        self._state = state

    @property
    def shared(self) -> Shared:
        return self._state.shared

    def group(self, name: str) -> GroupState:
        """The state of group `name`. Raises KeyError if there is none."""
        return self._state.groups[self._wiring.by_name[name]]

    def alarms(self, name: str) -> tuple[Alarm, ...]:
        """The standing alarm conditions of group `name`, or of the supervisor."""
        return self._state.alarms[self._wiring.books[name]].seen.found

    def alarm_watches(self, name: str) -> tuple[AlarmWatch, ...]:
        """Every alarm of group `name`, or of the supervisor, that ever came or was flagged; none of a group that is
        supervised no more."""
        at = self._wiring.books.get(name)
        return () if at is None else self._state.alarms[at].watches

    def unjudged_alarms(self, name: str) -> tuple[AlarmWatch, ...]:
        """The alarms of group `name` whose condition can't be told now."""
        book = self._state.alarms[self._wiring.books[name]]
        return tuple(book.watch(code) for code in book.seen.unjudged)

    def alarm_codes(self, name: str) -> tuple[str, ...]:
        """Every alarm that group `name`, or the supervisor, may have."""
        return tuple(str(code) for code in self._wiring.alarms[self._wiring.books[name]])

    def listed_alarm(self, name: str, code: str) -> AlarmConfig:
        """How the alarm `code` of group `name`, or of the supervisor, is rationalised."""
        return self._wiring.alarms[self._wiring.books[name]][code]

    def channel(self, name: str) -> ChannelWatch:
        """The watch of channel `name`."""
        return self._state.channels[name]

    def node(self, name: str) -> NodeWatch:
        """The watch of node `name`."""
        return self._state.nodes[name]

    def tag(self, name: str) -> TagWatch:
        """The watch of tag `name`."""
        return self._state.tags[name]

    def comparison(self, group: str, leaf: Compare, now: int) -> tuple[Verdict, int | None]:
        """The verdict on one comparison of `group` at `now`, and when its running delay ends (None: none runs)."""
        judgement = Judgement(self._wiring.tags, self._state.tags, self._state.delays[self._wiring.by_name[group]], now)
        verdict = judgement.judge(leaf)
        kept = judgement.kept.get(leaf)
        return verdict, None if kept is None else kept.true_at if kept.true_at is not None else kept.false_at

    def fast_sections(self) -> frozenset[str]:
        """Sections whose gate is read fast: a transfer is under way, or about to be."""
        return frozenset(
            group.section
            for group, g in zip(self.cfg.groups, self._state.groups, strict=True)
            if group.gate is not None and (g.plan is not None or g.suspicion is not None or g.safe_for is not None)
        )

    @property
    def wake(self) -> int | None:
        """When to feed DueReached if nothing else happens."""
        deadlines: list[int | None] = [
            *self._state.wakes,
            *self._state.judge_at,
            self._state.tilt_until,
            self._state.rejoin_until,
        ]
        deadlines += self._state.nodes_at
        deadlines += [book.wake for book in self._state.alarms]
        deadlines += [w.judge_at for w in self._state.plant]
        deadlines += [w.seen_until for w in self._state.gates.values()]
        deadlines += [w.seen_until for w in self._state.selectors.values()]
        deadlines += [self._state.channels[name].due for name in self._wiring.adaptive]
        return min((at for at in deadlines if at is not None), default=None)
