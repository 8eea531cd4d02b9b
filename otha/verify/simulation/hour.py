"""One simulated hour: a schedule lived through, with every rule judged on the way.

The same site and schedule give the same decisions at the same times, whether every reply is fed (`faithful`) or quiet
times are taken in at once; the digest says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

from otha.core.altered import altered
from otha.core.errors import DefectError, InvariantBreachError
from otha.core.group.turn import Decision
from otha.core.inputs import WindowTurned
from otha.core.reasons import Reason, Why
from otha.core.words import Arming, Authority, GroupKind
from otha.site.model import Site
from otha.verify.simulation import forward, rests
from otha.verify.simulation.chance import below, salt_of
from otha.verify.simulation.clockwork import Clockwork
from otha.verify.simulation.detection import Detection
from otha.verify.simulation.errands import Errands
from otha.verify.simulation.fault import SECOND, Asked, Fault, FaultKind
from otha.verify.simulation.monitor import Monitor
from otha.verify.simulation.person import Persons
from otha.verify.simulation.plant import Plant
from otha.verify.simulation.polls import Polls
from otha.verify.simulation.schedule import Schedule, rest_bound_ns
from otha.verify.simulation.shell import Shell
from otha.verify.simulation.tally import Tally

_WORTH_NS = SECOND // 2
_ATTEMPTS = 5
_DIGEST_BYTES = 16
_COMES_AFTER_NS = 20 * SECOND
_CALLS = (Why.NEEDS_OPERATOR, Why.ENDED)
_OWN = (FaultKind.SUPERVISOR, FaultKind.STALL, FaultKind.CLOCK_STEP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that happened, when, and what the decisions said of it."""

    at_ns: int
    what: str
    reasons: tuple[Reason, ...]


Telling = Callable[[Told], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A rule seen broken. `rule` is "" for a defect that is no rule of the design."""

    rule: str
    what: str
    at_ns: int

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}" if self.rule else self.what


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What an hour has come to."""

    seed: int
    digest: str
    tally: Tally
    breach: Breach | None


def armed(site: Site) -> Site:
    """The site with every group armed, as a person may make it: in a group that only observes nothing would move."""
    groups = tuple(
        altered(group, arming=Arming.ARMED) if group.authority is Authority.OTHA else group
        for group in site.core.groups
    )
    return altered(site, core=altered(site.core, groups=groups))


def live(site: Site, schedule: Schedule, *, faithful: bool = False, telling: Telling | None = None) -> Lived:
    """Live through a schedule, to its end or to the first broken rule. `site` is armed."""
    return Hour(site, schedule, faithful=faithful, telling=telling).lived()


class Hour:
    """An hour under way."""

    def __init__(self, site: Site, schedule: Schedule, *, faithful: bool, telling: Telling | None) -> None:
        start = schedule.rounds[0].begin_ns
        self._site = site
        self._schedule = schedule
        self._telling = telling
        self._skips = not faithful and forward.is_slow_enough(site.core)
        self._digest = blake2b(digest_size=_DIGEST_BYTES)
        self._tally = Tally()
        self._clockwork = Clockwork(start)
        self._monitor = Monitor(site, self._tally)
        self._plant = Plant(site, self._clockwork, self._monitor.on_gate)
        self._monitor.plant = self._plant
        self._shell = Shell(site.core, self._clockwork, self._decided)
        self._polls = Polls(site, self._plant, self._shell, schedule.seed, start)
        self._errands = Errands(
            self._plant,
            self._clockwork,
            self._shell,
            self._polls,
            known=schedule.known,
            on_arrival=self._monitor.on_arrival,
        )
        self._monitor.records = self._errands.records
        self._persons = Persons(self._shell, self._tally)
        self._detection = Detection(site, self._plant, self._clockwork, self._shell, self._tally)
        self._groups = {group.name: group for group in site.core.groups}
        self._on_the_way: set[str] = set()
        self._salt = salt_of(schedule.seed, "persons")
        self._disturbed_at = start
        self._lasting = 0
        self._worked_at = start
        self._look_again_at = start
        self._lay_out()

    # The loop

    def lived(self) -> Lived:
        """Live it. What is no breach of a rule but a defect of the core is a breach as well."""
        breach = None
        try:
            self._shell.start(self._clockwork.now)
            self._run(self._schedule.end_ns)
        except InvariantBreachError as error:
            what = str(error).removeprefix(f"{error.rule}: ")
            breach = Breach(rule=error.rule, what=error.args[0] if not error.rule else _plain(what), at_ns=self._now)
        except DefectError as error:
            breach = Breach(rule="", what=f"{type(error).__name__}: {error.what}", at_ns=self._now)
        self._tally.simulated_ns = self._now - self._schedule.rounds[0].begin_ns
        self._tally.inputs = self._shell.inputs
        if breach is not None:
            self._digest.update(f"{breach} at {breach.at_ns}".encode())
        return Lived(seed=self._schedule.seed, digest=self._digest.hexdigest(), tally=self._tally, breach=breach)

    @property
    def _now(self) -> int:
        return self._clockwork.now

    def _run(self, end: int) -> None:
        clockwork, polls, shell = self._clockwork, self._polls, self._shell
        while True:
            at, reply_at = clockwork.next_at, polls.next_at
            if at <= reply_at and at <= shell.wake:
                if at > end:
                    break
                clockwork.work()
                self._worked_at = clockwork.now
            elif reply_at <= shell.wake:
                if reply_at > end:
                    break
                clockwork.now = reply_at
                polls.work()
                if self._skips and reply_at >= self._look_again_at:
                    self._skip(reply_at, end)
            else:
                if shell.wake > end:
                    break
                clockwork.now = max(clockwork.now, shell.wake)
                shell.due(clockwork.now)
        clockwork.now = end

    def _skip(self, now: int, end: int) -> None:
        """Take a quiet time in at once, if this is one."""
        shell, core = self._shell, self._shell.core
        calm_ns = self._polls.calm_ns
        self._look_again_at = max(now + calm_ns // 8, self._worked_at + calm_ns, shell.decided_at + calm_ns)
        if now < max(self._worked_at, shell.decided_at) + calm_ns:
            return
        if core is None or not shell.awake or not self._plant.replies_as_usual:
            return
        until = core.quiet_until()
        if until is None:
            return
        until = min(until, self._clockwork.next_at, end) - self._polls.awake_ns
        if until < now + _WORTH_NS:
            return
        self._tally.skipped += self._polls.skip(core, until)
        shell.look_at_the_clock()

    # What is to happen

    def _lay_out(self) -> None:
        at = self._clockwork.at
        for fault in self._schedule.faults:
            at(fault.at_ns, partial(self._begins, fault))
        for asked in self._schedule.orders:
            at(asked.at_ns, partial(self._ask, asked))
        bound = rest_bound_ns(self._site.core)
        for each in self._schedule.rounds:
            at(each.judge_ns, self._judge)
            at(each.judge_ns, self._tidy)
            for attempt in range(_ATTEMPTS):
                at(each.judge_ns + 5 * SECOND + attempt * bound // 2, partial(self._put_right, attempt))
            at(each.again_ns, self._again)
            at(each.end_ns, lambda _now: self._monitor.calm(None))

    def _begins(self, fault: Fault, now: int) -> None:
        self._tally.faults[fault.kind.name.lower()] += 1
        self._tell(f"FAULT {fault}", now)
        settled_ns = now - self._disturbed_at if not self._lasting else 0
        self._disturbed_at = now
        if fault.for_ns:
            self._lasting += 1
            self._clockwork.at(fault.until_ns, partial(self._ends, fault))
        if fault.kind in _OWN:
            self._befalls_supervisor(fault, now)
        elif fault.kind is FaultKind.WINDOW:
            self._shell.told(WindowTurned(group=fault.target, is_open=True), now)
        else:
            self._plant.begins(fault, now)
            self._monitor.on_faults(now)
        self._detection.begins(fault, now, settled_for_ns=settled_ns)

    def _befalls_supervisor(self, fault: Fault, now: int) -> None:
        match fault.kind:
            case FaultKind.SUPERVISOR:
                self._shell.kill()
                self._monitor.supervisor_died()
            case FaultKind.STALL if self._shell.awake:
                # It is told when it goes on.
                life = self._shell.life
                self._clockwork.at(fault.until_ns, lambda at: self._jumped(fault, at, life))
                self._shell.stop(now, fault.for_ns)
            case FaultKind.CLOCK_STEP:
                self._jumped(fault, now, self._shell.life)
                self._shell.clock_steps(fault.size, now)
            case _:
                pass

    def _jumped(self, fault: Fault, now: int, life: int) -> None:
        if self._shell.core is not None and self._shell.life == life:
            self._monitor.jumped(fault, now)

    def _ends(self, fault: Fault, now: int) -> None:
        self._lasting -= 1
        self._disturbed_at = now
        self._tell(f"over: {fault}", now)
        self._detection.disturbed()
        if fault.kind is FaultKind.SUPERVISOR:
            if self._shell.core is None:
                self._shell.start(now)
        elif fault.kind is FaultKind.WINDOW:
            self._shell.told(WindowTurned(group=fault.target, is_open=False), now)
        elif fault.kind is not FaultKind.STALL:
            self._plant.ends(fault, now)
            self._monitor.on_faults(now)

    def _ask(self, asked: Asked, now: int) -> None:
        self._disturbed_at = now
        self._detection.disturbed()
        self._tell(f"ORDER {asked}", now)
        self._persons.ask(asked, self._groups[asked.group], now)

    def _called(self, name: str, now: int) -> None:
        """A group needs a person, who comes after a while, if nobody is on the way already."""
        if name in self._groups and name not in self._on_the_way and now < self._heals_at(now):
            self._on_the_way.add(name)
            after_ns = _COMES_AFTER_NS + below(self._salt, now, _COMES_AFTER_NS)
            self._clockwork.at(now + after_ns, partial(self._comes, name))

    def _heals_at(self, now: int) -> int:
        """When the faults of the present round end; 0 once they have."""
        return next((each.heal_ns for each in self._schedule.rounds if each.begin_ns <= now < each.heal_ns), 0)

    def _comes(self, name: str, now: int) -> None:
        """A person looks at a group, gives its section back, acknowledges, and orders a node to drive if none does."""
        self._on_the_way.discard(name)
        group, core = self._groups[name], self._shell.core
        if core is None or not self._shell.awake or now >= self._heals_at(now) or group.kind is GroupKind.PAIR:
            return
        self._disturbed_at = now
        self._detection.disturbed()
        self._tell(f"a person comes to {name}", now)
        section = self._plant.sections.get(group.section)
        if section is not None and not self._plant.lasts(FaultKind.LOCAL, group.section):
            section.given_back(now)
            self._plant.look(now)
            self._polls.look_at_gate(group.section, now)
        self._persons.tidy(group, now)
        if not rests.is_driven(self._plant, group, core.group(name)):
            self._persons.put_right(group, now, below(self._salt, now, len(group.nodes)))
            self._called(name, now)

    # Once all is healed

    def _judge(self, now: int) -> None:
        """L1 to L4: every group is driven, or says what it needs."""
        core = self._shell.core
        assert core is not None
        for group in self._site.core.groups:
            self._tally.rests[rests.rest(self._plant, group, core.group(group.name))] += 1
        self._tell("all was healed a while ago, and every group is at rest", now)

    def _tidy(self, now: int) -> None:
        """Persons give sections back, acknowledge, and answer what waits."""
        self._tell("persons put right what they were told of", now)
        for section in self._plant.sections.values():
            section.given_back(now)
        self._plant.look(now)
        for group in self._site.core.groups:
            self._persons.tidy(group, now)

    def _put_right(self, attempt: int, now: int) -> None:
        core = self._shell.core
        assert core is not None
        for group in self._site.core.groups:
            if group.authority is Authority.OTHA and not rests.is_driven(self._plant, group, core.group(group.name)):
                self._persons.put_right(group, now, attempt)

    def _again(self, now: int) -> None:
        """After what persons did everything is driven; and nothing moves from now on (L5)."""
        core = self._shell.core
        assert core is not None
        for group in self._site.core.groups:
            how = rests.rest(self._plant, group, core.group(group.name))
            if how != "driven":
                raise InvariantBreachError("L4", f"{group.name} is not driven after all was healed and ordered: {how}")
        self._tally.judged["L4"] += 1
        self._tally.judged["L5"] += 1
        self._monitor.calm(now)

    # What is decided

    def _decided(self, decision: Decision, now: int) -> None:
        said = [f"{reason.why.name} {reason.rule} {reason.args}" for reason in decision.reasons]
        asked = [f"{effect.id} {effect.do}" for effect in decision.effects]
        answer = decision.answer.accepted if decision.answer is not None else ""
        self._digest.update(f"{now} {decision.group} {said} {asked} {answer}\n".encode())
        if self._telling is not None and (decision.reasons or decision.effects):
            self._telling(Told(at_ns=now, what=_commands(decision), reasons=decision.reasons))
        self._monitor.on_decision(decision, now)
        if any(reason.why in _CALLS for reason in decision.reasons):
            self._called(decision.group, now)
        for effect in decision.effects:
            self._errands.carry(effect, now)
        self._detection.looks(now)
        self._polls.hurry(now)

    def _tell(self, what: str, now: int) -> None:
        if self._telling is not None:
            self._telling(Told(at_ns=now, what=what, reasons=()))


def _commands(decision: Decision) -> str:
    return ", ".join(f"{decision.group}: {type(effect.do).__name__}" for effect in decision.effects)


def _plain(what: str) -> str:
    """Without the mend, which is for a plant."""
    return what.partition(" (automatic action is stopped")[0]
