"""The ring: one inbox, one order; each input is recorded, fed to the core, and what comes out is carried out."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from otha.core.config import AdaptiveDetector
from otha.core.group.state import OrderAnswer
from otha.core.group.turn import Decision
from otha.core.inputs import (
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
    SelectorPolled,
    SiteSwapped,
)
from otha.core.reasons import Blocker
from otha.core.site_swap import Sieve, begun
from otha.core.supervision import Supervision
from otha.core.words import AlarmCode, GroupKind
from otha.runtime import standing
from otha.runtime.clock import WallClockWatch
from otha.runtime.effects import EffectRunner
from otha.runtime.evidence import Evidence
from otha.runtime.inbox import Inbox
from otha.runtime.output_trace import OutputTrace
from otha.runtime.own_trouble import StallCount
from otha.runtime.scheduler import Beat, Scheduler, Timer
from otha.runtime.windows import Windows

OnFast = Callable[[frozenset[str], int], None]
OnDeadlines = Callable[[Mapping[str, int]], None]

LATE_NS = 5_000_000  # no call may hold the loop for longer
_LOOK_NS = 20_000_000
_WAKE_AGAIN_NS = 1_000_000
_AFTER_DEFECT_NS = 20_000_000  # a defect that comes back at each wake must not keep the loop busy
# Readings that, when they change nothing, only put off what the core waits for.
_UNCHANGED = frozenset({HeartbeatEnded, GatePolled, SelectorPolled})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The core's answer to an order. `row` is done once the journal has both on disk, or has refused to take them."""

    answer: OrderAnswer
    row: "Future[int]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Swap:
    """A change of the site that waits for its turn. `take` makes the shell follow the core."""

    take: Callable[[int], None]
    user: str
    site_hash: str
    against: "asyncio.Future[tuple[Blocker, ...]]"


class Ring:
    """Feeds the core and carries out its decisions. Everything runs on the loop's thread."""

    def __init__(self, core: Supervision, evidence: Evidence) -> None:
        loop = asyncio.get_running_loop()
        self.core = core
        self.defects: Counter[str] = Counter()
        self.stalls = 0
        self.longest_stall_ns = 0
        self._stall_count = StallCount()
        self.scheduler = Scheduler(loop, stall_ns=LATE_NS, on_stall=self._stalled, on_defect=self.defect)
        self.inbox = Inbox(loop, self._take, between=self.scheduler.depart)
        self._evidence = evidence
        self._effects: EffectRunner | None = None
        self._on_fast: OnFast | None = None
        self._on_deadlines: OnDeadlines | None = None
        self._deadlines: Mapping[str, int] = {}
        self._look: Beat | None = None
        self._wake: Timer | None = None
        self._due_waits = False
        self._answers: dict[Order, list[asyncio.Future[Answered]]] = {}
        self._swap: _Swap | None = None
        self.traces: dict[str, OutputTrace] = {}
        self._stood_by: dict[str, str] = {}
        self._windows = Windows()
        self._is_closed = False
        self._follow_site()

    def _follow_site(self) -> None:
        cfg = self.core.cfg
        self._configs = {group.name: group for group in cfg.groups}
        drivers = (group for group in cfg.groups if group.kind is GroupKind.DRIVER)
        self._drivers = {group.own_gate.section: group.name for group in drivers}
        self.traces = {name: self.traces.get(name, OutputTrace()) for name in self._drivers.values()}
        self._tilt_ns = cfg.tilt_gap_ns // 2
        self._wall = WallClockWatch(self._tilt_ns)
        adaptive = [each.name for each in cfg.channels if isinstance(each.detector, AdaptiveDetector)]
        self._adaptive = frozenset(adaptive)

    def note(self, kind: str, body: dict[str, Any], user: str, *, urgent: bool = False) -> "Future[int]":
        """Journal something that is no input of the core; done once it is durable."""
        return self._evidence.note(kind, body, user=user, urgent=urgent)

    def tell_standing(self) -> None:
        """Journal once more all that stands: what comes after needs no older rows for it."""
        now = time.monotonic_ns()
        for cfg in self.core.cfg.groups:
            stands, user = standing.body(cfg, self.core.group(cfg.name)), self._stood_by.get(cfg.name, "")
            self._evidence.note(standing.KIND, stands, group=cfg.name, user=user, mono_ns=now)
        for name in (*self._configs, self.core.cfg.supervisor):
            stand = standing.alarms_body(self.core.alarm_watches(name), now)
            self._evidence.note(standing.ALARMS_KIND, stand, group=name, mono_ns=now)

    def start(
        self, effects: EffectRunner, on_fast: OnFast, now: int, *, on_deadlines: OnDeadlines | None = None
    ) -> None:
        """Begin to watch the clocks and to wake the core. `on_fast` is told which gates to poll at their fast pace,
        `on_deadlines` how much time the heartbeats have that go by links."""
        self._effects = effects
        self._on_fast = on_fast
        self._on_deadlines = on_deadlines
        self._tell_deadlines()
        self._look = self.scheduler.every(_LOOK_NS, self._look_at_clocks, first_ns=now + _LOOK_NS, departs=False)
        self._arm(now)

    def close(self) -> None:
        """Nothing is fed any more, whatever is still put."""
        if not self._is_closed:
            self._is_closed = True
            self.scheduler.close()

    async def order(self, order: Order) -> Answered | None:
        """The core's answer to an order; None when too many orders wait. Safe to cancel.

        The decision and what follows from it wait for no disk; who tells the answer on waits for its row.
        """
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        waiting = self._answers.setdefault(order, [])
        waiting.append(answer)
        try:
            if not self.inbox.put_order(OrderGiven(order=order), time.monotonic_ns()):
                return None
            return await answer
        finally:
            waiting.remove(answer)
            if not waiting:
                self._answers.pop(order, None)

    async def swap(
        self, given: SiteSwapped, take: Callable[[int], None], *, user: str, site_hash: str
    ) -> tuple[Blocker, ...]:
        """Change the site in its turn; what stood against it then, () when it was done. One at a time. Safe to cancel:
        then nothing is changed. `take(now)` is called between two inputs, for the shell to follow."""
        against: asyncio.Future[tuple[Blocker, ...]] = asyncio.get_running_loop().create_future()
        self._swap = _Swap(take=take, user=user, site_hash=site_hash, against=against)
        try:
            self.inbox.put(given, time.monotonic_ns())
            return await against
        finally:
            self._swap = None

    def effect_ended(self, ended: EffectEnded, at_ns: int) -> None:
        """Take the end of an effect, unless its group has left the site meanwhile."""
        if ended.id.group in self._configs:
            self.inbox.put(ended, at_ns)

    def defect(self, error: Exception) -> None:
        """Something let an exception out. It is told once per kind and counted; supervision goes on."""
        kind = f"{type(error).__name__}: {error}"[:200]
        self.defects[kind] += 1
        if self.defects[kind] == 1:
            self._evidence.note("supervisor.defect", {"error": kind}, urgent=True)

    def status(self) -> Callable[[], dict[str, Any]]:
        """How punctual the loop is, and what it has met; written out by what is returned, on any thread."""
        lateness = self.scheduler.lateness.still()
        now = {
            "lateness_sum_ns": lateness.sum_ns,
            "skipped": self.scheduler.skipped,
            "stalls": self.stalls,
            "longest_stall_ns": self.longest_stall_ns,
            "inbox": len(self.inbox),
            "inbox_longest": self.inbox.longest,
            "coalesced": self.inbox.coalesced,
            "defects": dict(self.defects),
        }
        return lambda: {**now, "lateness_ns": lateness.summary_ns(), "lateness_counts": lateness.counts()}

    def _take(self, raw: Input, at_ns: int) -> None:
        if self._is_closed:
            return
        if type(raw) is DueReached:
            self._due_waits = False
        elif type(raw) is SiteSwapped:
            self._take_site(raw, at_ns)
            return
        self._evidence.input(raw, at_ns)
        try:
            decisions = self.core.feed(raw, at_ns)
        except Exception as error:
            # The group that could not decide stays as it was; the other groups and the heartbeats go on.
            self.defect(error)
            self._arm(at_ns + _AFTER_DEFECT_NS)
            return
        if type(raw) is GatePolled and raw.reading is not None and raw.section in self._drivers:
            group = self._drivers[raw.section]
            self.traces[group].take(self.core.group(group).plan, raw.reading, at_ns)
        for decision in decisions:
            try:
                self._decided(decision, raw, at_ns)
            except Exception as error:
                # What can't be written down must not keep the next decision from being carried out.
                self.defect(error)
        if not decisions and type(raw) in _UNCHANGED:
            # What was armed comes too soon at worst, and the core is asked anew then.
            if type(raw) is HeartbeatEnded and raw.channel in self._adaptive:
                self._arm_sooner(self.core.channel(raw.channel).due, at_ns)
            return
        if decisions and self._on_fast is not None:
            self._on_fast(self.core.fast_sections(), time.monotonic_ns())
        self._tell_deadlines()
        self._arm(at_ns)

    def _tell_deadlines(self) -> None:
        deadlines = self.core.deadlines
        if self._on_deadlines is not None and deadlines is not self._deadlines:
            self._deadlines = deadlines
            self._on_deadlines(deadlines)

    def _take_site(self, given: SiteSwapped, at_ns: int) -> None:
        swap = self._swap
        if swap is None or swap.against.done():
            return  # who asked has given up
        against = self.core.against_swap(given)
        if not against:
            begin = begun(self.core.cfg, given)
            self._evidence.input(given, at_ns)
            try:
                decisions = self.core.feed(given, at_ns)
            except Exception as error:
                swap.against.set_exception(error)
                return
            self._follow_site()
            for decision in decisions:
                self._decided(decision, given, at_ns)
            self._evidence.change_site(swap.site_hash)
            for name in begin:
                stands = standing.body(self._configs[name], self.core.group(name))
                self._evidence.note(standing.KIND, stands, group=name, user=swap.user, mono_ns=at_ns)
                self._stood_by[name] = swap.user
            self.inbox.sift(Sieve(given).lets_through)
            swap.take(at_ns)
            if self._on_fast is not None:
                self._on_fast(self.core.fast_sections(), time.monotonic_ns())
            self._tell_deadlines()
            self._arm(at_ns)
        swap.against.set_result(against)

    def _decided(self, decision: Decision, raw: Input, at_ns: int) -> None:
        assert self._effects is not None
        for effect in decision.effects:
            self._effects.start(effect, at_ns)
        answer = decision.answer
        if isinstance(raw, OrderGiven) and answer is not None and answer.accepted and standing.is_standing(raw.order):
            # Before the decision's own row: once that one is durable, this one is.
            stands = standing.body(self._configs[decision.group], decision.state)
            self._evidence.note(standing.KIND, stands, group=decision.group, user=raw.order.user, mono_ns=at_ns)
            self._stood_by[decision.group] = raw.order.user
        if standing.moves_alarms(decision.reasons):
            stand = standing.alarms_body(self.core.alarm_watches(decision.group), at_ns)
            self._evidence.note(standing.ALARMS_KIND, stand, group=decision.group, mono_ns=at_ns)
        row = self._evidence.decision(decision, raw, at_ns)
        if isinstance(raw, OrderGiven) and answer is not None and row is not None:
            # Two givers may have chosen the same id: by the order itself, never by its id.
            for waiting in self._answers.get(raw.order, ()):
                if not waiting.done():
                    waiting.set_result(Answered(answer=answer, row=row))

    def _arm(self, now: int) -> None:
        if self._due_waits:
            return  # one is in the inbox: a loop that is behind must not be given more of them
        wake = self.core.wake
        if self._wake is not None:
            if self._wake.at_ns == wake:
                return
            self._wake.cancel()
            self._wake = None
        if wake is not None:
            # A wake time that has come already is taken in a later turn of the loop, never in a tight circle.
            self._wake = self.scheduler.at(max(wake, now + _WAKE_AGAIN_NS), self._due)

    def _arm_sooner(self, due: int | None, now: int) -> None:
        if due is not None and (self._wake is None or due < self._wake.at_ns):
            self._arm(now)

    def _due(self, now: int) -> None:
        self._wake = None
        self._due_waits = True
        self.inbox.put(DueReached(), now)

    def _stalled(self, gap_ns: int, now: int) -> None:
        self.stalls += 1
        self.longest_stall_ns = max(self.longest_stall_ns, gap_ns)
        if gap_ns > self._tilt_ns:
            self.inbox.put(LoopStalled(gap_ns=gap_ns), now)
        if self._stall_count.worth_telling(now):
            # Each is over when it is told; the alarm's off-delay bridges the time to the next.
            for holds in (True, False):
                self.inbox.put(OwnTrouble(code=AlarmCode.LOOP_STALLED, detail="", holds=holds), now)

    def _look_at_clocks(self, now: int) -> None:
        jump = self._wall.look()
        if jump:
            self.inbox.put(ClockStepped(jump_ns=jump), now)
        for turned in self._windows.look(self.core.cfg.groups, self.core.group, now):
            self.inbox.put(turned, now)
