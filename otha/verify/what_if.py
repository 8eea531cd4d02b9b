"""What would have happened with another site file: a recording fed to a supervision of the changed site.

Both supervisions, the recorded site's and the changed one's, take the recorded inputs side by side. As long as they ask
for the same effects and answer orders alike, all that was recorded is true for both. A group leaves the recording at
the first effect or answer that differs; from there on `otha.verify.branch_world` answers for it.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from otha.core import codec
from otha.core.config import GroupConfig, SiteConfig
from otha.core.effects import Effect
from otha.core.errors import EngineerError, OthaError
from otha.core.group.state import GroupState, OrderAnswer
from otha.core.group.turn import Decision
from otha.core.inputs import (
    DueReached,
    EffectEnded,
    EffectId,
    Input,
    OrderGiven,
    ReferencePolled,
    SiteSwapped,
    TagsPolled,
)
from otha.core.reasons import Reason, Why
from otha.core.supervision import Supervision
from otha.core.words import GroupKind
from otha.journal.recording import Header, RowKind, decode_header, read
from otha.verify import site_changes
from otha.verify.branch_world import BranchWorld, Pace
from otha.verify.explanation import stood
from otha.verify.replay import Replay, input_name
from otha.verify.site_changes import Change
from otha.verify.timeline import Timeline

Json = dict[str, Any]  # Any: JSON
# How far apart the two may decide the same: the recorded one was woken by a timer of the operating system.
_GRACE_NS = 5_000_000
# A wake that changes nothing is not asked for again at once, as in the supervisor.
_WAKE_AGAIN_NS = 1_000_000
_MOVES = frozenset({Why.ENDED, Why.NEEDS_OPERATOR, Why.HALTED, Why.WOULD_TRANSFER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something decided in one of the two courses, at an offset of the recording."""

    offset_ns: int
    group: str
    input: str
    reasons: tuple[Reason, ...]
    effects: tuple[Effect, ...]
    answer: OrderAnswer | None


@dataclass(slots=True)
class Course:
    """What happened to a group in one of the two: told, ends of transfers, and how long its section was not driven
    since the branch's first sign."""

    told: list[Told] = field(default_factory=list)
    ends: list[tuple[int, Reason]] = field(default_factory=list)
    undriven_ns: int = 0
    last: GroupState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Where a group left the recording: what each side did there, and what each decision rested on."""

    group: str
    offset_ns: int
    wall_ns: int
    input: str
    recorded: Told | None
    changed: Told | None
    recorded_stood: Json
    changed_stood: Json
    modelled: bool


@dataclass(slots=True)
class Findings:
    """All that a what-if found. `first_said`: by group, the first thing that one of the two said and the other did
    not, before they did anything differently. `stopped`: why it ended before the recording did ("" if it did not)."""

    site: str
    site_hash: str
    changes: tuple[Change, ...]
    first_said: dict[str, tuple[Told | None, Told | None]] = field(default_factory=dict)
    branches: dict[str, Branch] = field(default_factory=dict)
    recorded: dict[str, Course] = field(default_factory=dict)
    changed: dict[str, Course] = field(default_factory=dict)
    orders_left_out: list[tuple[int, str]] = field(default_factory=list)
    inputs: int = 0
    ended_ns: int = 0
    stopped: str = ""


class _Side:
    """One of the two supervisions, and what it did and said that was not yet compared."""

    def __init__(self, core: Supervision, courses: dict[str, Course]) -> None:
        self.core = core
        self.courses = courses
        self.done: dict[str, deque[tuple[int, Told]]] = {}
        self.said: dict[str, deque[tuple[int, Told]]] = {}
        self.flying: dict[EffectId, tuple[Effect, int]] = {}
        self.modelled: set[str] = set()
        self.fed_at = 0
        self._looked_at: int | None = None
        for group in core.cfg.groups:
            courses[group.name] = Course(last=core.group(group.name))
            self.done[group.name], self.said[group.name] = deque(), deque()

    def feed(self, raw: Input, now: int, offset_ns: int) -> tuple[Decision, ...]:
        """Feed the core, and keep what came of it."""
        self._look(now)
        if isinstance(raw, EffectEnded):
            self.flying.pop(raw.id, None)
        decisions = self.core.feed(raw, now)
        self.fed_at = now
        for decision in decisions:
            self._keep(decision, raw, now, offset_ns)
        return decisions

    def _look(self, now: int) -> None:
        """How long sections were not driven, as the core saw it."""
        if self._looked_at is not None:
            for name, course in self.courses.items():
                g = self.core.group(name)
                if g.record is not None and not g.gate.driven:
                    course.undriven_ns += now - self._looked_at
        self._looked_at = now

    def _keep(self, decision: Decision, raw: Input, now: int, offset_ns: int) -> None:
        course = self.courses.get(decision.group)
        if course is None or not decision.state.nodes:
            return
        course.last = decision.state
        for effect in decision.effects:
            self.flying[effect.id] = (effect, now)
        # Outputs that are modelled stand still: a bump of theirs means nothing.
        modelled = decision.group in self.modelled
        told = Told(
            offset_ns=offset_ns,
            group=decision.group,
            input=input_name(raw),
            reasons=tuple(each for each in decision.reasons if not (modelled and each.why is Why.BUMP)),
            effects=decision.effects,
            answer=decision.answer,
        )
        if decision.effects or decision.answer is not None:
            self.done[decision.group].append((now, told))
        if decision.reasons:
            self.said[decision.group].append((now, told))
        if decision.reasons or decision.effects:
            course.told.append(told)
        course.ends += [(offset_ns, reason) for reason in decision.reasons if reason.why in _MOVES]


class WhatIf:
    """One comparison. `run` goes through the newest run of the recording; raises EngineerError where it can't."""

    def __init__(self, path: Path, changed: SiteConfig) -> None:
        self._path = path
        self._cfg = changed
        self._times = Timeline()
        self._not_before = 0

    def run(self) -> Findings:
        """Compare the two; see `Findings`.

        Raises EngineerError for a recording that does not replay as it is, or can't answer for the changed site, and
        what reading a recording raises.
        """
        run, origin = self._replays()
        rows = self._rows(run)
        header = next(rows)
        assert isinstance(header, Header)
        recorded = Supervision.restore(header.snapshot)
        site_changes.check(recorded.cfg, self._cfg)
        self._findings = Findings(
            site=recorded.cfg.name, site_hash=origin, changes=site_changes.changes(recorded.cfg, self._cfg)
        )
        self._one = _Side(recorded, self._findings.recorded)
        self._other = _Side(site_changes.begun(header.snapshot, self._cfg), self._findings.changed)
        self._world = BranchWorld(self._other.core, Pace())
        self._groups = {group.name: group for group in self._cfg.groups}
        self._tags = frozenset(tag.name for tag in self._cfg.tags)
        self._references = frozenset(each.name for each in self._cfg.references)
        self._times.begin(header)
        for row in rows:
            if isinstance(row, Header):
                self._times.begin(row)
                continue
            now, raw = row
            self._times.take(now)
            if isinstance(raw, SiteSwapped):
                self._findings.stopped = "another site file was applied there"
                break
            self._findings.inputs += 1
            self._findings.ended_ns = self._times.offset_ns(now)
            self._take(raw, now)
            if self._findings.stopped:
                break
        return self._findings

    def _replays(self) -> tuple[str, str]:
        """The newest run, and the hash of its site, once all of it replays as it was recorded."""
        replayed = Replay(path=self._path)
        for _ in replayed.moments():
            pass
        if replayed.difference is not None:
            what = f"the recording does not replay here: {replayed.difference.what}"
            raise EngineerError(what, mend="replay it with the version that recorded it")
        if not replayed.origins:
            raise EngineerError("the recording holds nothing", mend="name another one")
        return replayed.origins[-1].run, replayed.origins[-1].site_hash

    def _rows(self, run: str) -> "Iterator[Header | tuple[int, Input]]":
        """The headers and inputs of one run."""
        mine, now = False, 0
        for row in read(self._path):
            now = row.now_ns or now
            if row.kind is RowKind.HEADER:
                header = decode_header(row.payload)
                mine = header.run == run
                if mine:
                    yield header
            elif mine and row.kind is RowKind.GAP:
                self._findings.stopped = "rows are missing in the recording from there on"
                return
            elif mine and row.kind is RowKind.INPUT:
                yield now, codec.decode_input(row.payload)

    # --- one recorded input ---------------------------------------------------------------------------------------

    def _take(self, raw: Input, now: int) -> None:
        self._until(now, raw)
        if isinstance(raw, EffectEnded) and (asked := self._one.flying.get(raw.id)) is not None:
            self._world.ended(asked[0], raw.outcome, now - asked[1])
        offset_ns = self._times.offset_ns(now)
        if isinstance(raw, EffectEnded) and raw.id.group not in self._findings.branches:
            self._branch_unless_asked(raw, now)
        self._one.feed(raw, now, offset_ns)
        mine = self._for_changed(raw, now)
        if mine is not None:
            self._feed(mine, now)
        self._compare(now)

    def _until(self, now: int, raw: Input) -> None:
        """What happens in the changed course before `now`: it is woken, and the models answer. A wake that the recorded
        one waits for as well comes when the recorded one was woken."""
        while not self._findings.stopped:
            wake = self._other.core.wake
            if wake is not None and not self._findings.branches and wake == self._one.core.wake:
                wake = None
            if wake is not None:
                wake = max(wake, self._not_before, self._other.fed_at)
            coming = self._world.next_at
            at = min((each for each in (wake, coming) if each is not None), default=None)
            if at is None or at > now or (at == now and coming is None):
                return
            if coming is not None and coming <= at:
                for given in self._world.next_inputs(coming):
                    self._feed(given, coming)
            else:
                self._not_before = at + _WAKE_AGAIN_NS
                self._feed(DueReached(), at)
            self._compare(at)

    def _feed(self, raw: Input, now: int) -> None:
        try:
            decisions = self._other.feed(raw, now, self._times.offset_ns(now))
        except OthaError as error:
            self._findings.stopped = f"the changed supervision refuses an input: {error}"
            return
        for decision in decisions:
            if decision.group in self._findings.branches:
                for effect in decision.effects:
                    self._world.ask(effect, now)

    def _for_changed(self, raw: Input, now: int) -> Input | None:
        """A recorded input as the changed site would have had it."""
        match raw:
            case TagsPolled(source=source, values=values):
                kept = tuple(pair for pair in values if pair[0] in self._tags)
                return TagsPolled(source=source, values=kept) if kept else None
            case ReferencePolled(name=name) if name not in self._references:
                return None
            case OrderGiven(order=order) if order.group in self._findings.branches:
                by = f"{order.kind.value} {order.group} by {order.user or 'nobody'}"
                self._findings.orders_left_out.append((self._times.offset_ns(now), by))
                return None
            case DueReached() if self._findings.branches:
                return None
            case _:
                return self._world.take(raw, now)

    # --- the two beside each other --------------------------------------------------------------------------------

    def _branch_unless_asked(self, raw: EffectEnded, now: int) -> None:
        """The end of an effect that the changed one has not asked for is no answer to it."""
        group = raw.id.group
        if group in self._groups and raw.id in self._one.flying and raw.id not in self._other.flying:
            self._leave(group, now, *self._heads(group))

    def _heads(self, group: str) -> tuple[Told | None, Told | None]:
        one, other = self._one.done[group], self._other.done[group]
        return (one[0][1] if one else None, other[0][1] if other else None)

    def _compare(self, now: int) -> None:
        for group in self._groups:
            if group in self._findings.branches:
                continue
            self._compare_said(group, now)
            one, other = self._one.done[group], self._other.done[group]
            while one and other and _same(one[0][1], other[0][1]):
                one.popleft()
                other.popleft()
            if (one and other) or any(each and now >= each[0][0] + _GRACE_NS for each in (one, other)):
                self._leave(group, now, *self._heads(group))

    def _compare_said(self, group: str, now: int) -> None:
        """Note the first thing that only one of the two says, or says otherwise."""
        one, other = self._one.said[group], self._other.said[group]
        while one and other and one[0][1].reasons == other[0][1].reasons:
            one.popleft()
            other.popleft()
        if group in self._findings.first_said:
            one.clear()
            other.clear()
        elif (one and other) or any(each and now >= each[0][0] + _GRACE_NS for each in (one, other)):
            self._findings.first_said[group] = (one[0][1] if one else None, other[0][1] if other else None)

    def _leave(self, group: str, now: int, one: Told | None, other: Told | None) -> None:
        cfg = self._groups[group]
        modelled = cfg.kind is GroupKind.DRIVER and not self._world.shares_nodes(cfg)
        first = next(each for each in (one, other) if each is not None)
        self._findings.branches[group] = Branch(
            group=group,
            offset_ns=first.offset_ns,
            wall_ns=self._times.wall_ns(now) - self._times.offset_ns(now) + first.offset_ns,
            input=first.input,
            recorded=one,
            changed=other,
            recorded_stood=self._stood(self._one, group, now),
            changed_stood=self._stood(self._other, group, now),
            modelled=modelled,
        )
        if not modelled:
            self._findings.stopped = f"what follows for {group} is not modelled: {_why_not(cfg)}"
            return
        self._other.modelled.add(group)
        flying = [effect for effect, _ in self._other.flying.values() if effect.id.group == group]
        self._world.leave(cfg, flying, now)

    def _stood(self, side: _Side, group: str, now: int) -> Json:
        course = side.courses[group]
        assert course.last is not None
        cfg = next(each for each in side.core.cfg.groups if each.name == group)
        return stood(cfg, None, course.last, side.core.shared, now, side.core)


def _why_not(cfg: GroupConfig) -> str:
    if cfg.kind is GroupKind.DRIVER:
        return "its nodes are other groups' too"
    return f"it is of kind {cfg.kind.value}, and only sections behind a gate are"


def _same(one: Told, other: Told) -> bool:
    """Whether two decisions do the same."""
    return (one.effects, one.answer) == (other.effects, other.answer)
