"""What the decisions ask for, carried out in virtual time: kept durable first, on the way, lost, late, and answered."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from otha.core.config import GroupConfig
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
from otha.core.inputs import EffectEnded, Record, SelectorPolled
from otha.core.words import Answer, Durability, Milestone, Outcome
from otha.verify.simulation.chance import below, salt_of
from otha.verify.simulation.clockwork import Clockwork
from otha.verify.simulation.fault import MS, SECOND, FaultKind
from otha.verify.simulation.plant import Plant
from otha.verify.simulation.polls import Polls
from otha.verify.simulation.shell import Shell

OnArrival = Callable[[Effect, int], None]
_STORE_NS = (MS, 3 * MS)
_JOURNAL_NS = (MS, 3 * MS)
_CALL_NS = (2 * MS, 8 * MS)
_LATEST_NS = 3 * SECOND
_SLOWER = 40  # times the usual, of a journal on a disk that is slow


class _Trouble(Enum):
    """What becomes of a command where commands are in trouble."""

    LOST = 0
    ANSWER_LOST = 1
    MUCH_TOO_LATE = 2
    ONCE_MORE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One effect under way: since when, for which start of the supervisor, and the salt of what chance does to it."""

    effect: Effect
    salt: int
    left_ns: int
    life: int

    @property
    def until_ns(self) -> int:
        """When it ends UNKNOWN at the latest."""
        return self.left_ns + self.effect.within_ns


class Errands:
    """Carries effects. `records`: what the store holds for each group. `on_arrival` is told of every command that
    reaches its target, before it does anything there."""

    def __init__(
        self,
        plant: Plant,
        clockwork: Clockwork,
        shell: Shell,
        polls: Polls,
        *,
        known: bool,
        on_arrival: OnArrival,
    ) -> None:
        self.records: dict[str, Record | None] = {}
        for group in plant.core.groups:
            first = Record(epoch=1, active=group.nodes[0].name, claim=None, milestone=Milestone.DONE, revision="r0")
            self.records[group.name] = first if known else None
        self._plant = plant
        self._clockwork = clockwork
        self._shell = shell
        self._polls = polls
        self._on_arrival = on_arrival
        self._groups = {group.name: group for group in plant.core.groups}
        self._round_trips = {name: _round_trip_ns(group) for name, group in plant.driven_by.items()}
        self._swaps = 0

    def carry(self, effect: Effect, now: int) -> None:
        """Start to carry an effect out. What needs the journal leaves once its intent is durable."""
        id_, life = effect.id, self._shell.life
        salt = salt_of(id_.group, id_.epoch, id_.plan, id_.phase, id_.attempt, life)
        wait_ns = 0
        if effect.needs is Durability.JOURNAL:
            wait_ns = _within(salt, 1, _JOURNAL_NS) * (_SLOWER if self._plant.records_slow else 1)

        def leaves(at: int) -> None:
            errand = Errand(effect=effect, salt=salt, left_ns=at, life=life)
            match effect.do:
                case ReadRecord() | SwapRecord():
                    self._ask_store(errand)
                case Grant() | Release() | Revoke() | Void() | Safe():
                    self._command_gate(errand)
                case Select() as do:
                    self._call_clients(errand, do)
                case Promote() | Demote() | Backfill() as do:
                    self._call_store(errand, do)

        if wait_ns:
            self._shell.at(now + wait_ns, leaves)
        else:
            leaves(now)

    def _end(self, errand: Errand, outcome: Outcome, at: int, record: Record | None = None) -> None:
        """Its end reaches the process that asked for it, and no later one."""
        if self._shell.life == errand.life:
            self._shell.told(EffectEnded(id=errand.effect.id, outcome=outcome, record=record), at)

    def _unknown(self, errand: Errand) -> None:
        self._end(errand, Outcome.UNKNOWN, max(self._clockwork.now, errand.until_ns))

    # The store of the records

    def _ask_store(self, errand: Errand) -> None:
        if self._plant.records_away:
            self._unknown(errand)
            return
        within_ns = errand.effect.within_ns
        takes_ns = _within(errand.salt, 2, _STORE_NS)
        if self._plant.records_slow:
            takes_ns += below(errand.salt, 3, 3 * within_ns)

        def arrives(at: int) -> None:
            outcome, record = self._on_store(errand.effect)
            if takes_ns <= within_ns:
                self._end(errand, outcome, at, record)

        # What came to the store is done there, whether its sender lives on or not.
        self._clockwork.at(errand.left_ns + takes_ns, arrives)
        if takes_ns > within_ns:
            self._unknown(errand)

    def _on_store(self, effect: Effect) -> tuple[Outcome, Record | None]:
        group, do = effect.id.group, effect.do
        record = self.records[group]
        if not isinstance(do, SwapRecord):
            return Outcome.DONE, record
        if do.expect != (record.revision if record is not None else None):
            return Outcome.REFUSED, record
        self._on_arrival(effect, self._clockwork.now)
        self._swaps += 1
        self.records[group] = swapped = replace(do.record, revision=f"r{self._swaps}")
        return Outcome.DONE, swapped

    # Gates

    def _command_gate(self, errand: Errand) -> None:
        section, left, salt = self._groups[errand.effect.id.group].section, errand.left_ns, errand.salt
        if self._plant.network.path(section, left // MS, left) is None:
            self._unknown(errand)
            return
        trip = self._round_trips[section]
        first, second = (trip // 4 + below(salt, number, trip - trip // 4) for number in (4, 5))
        arrives = left + first + second // 2
        echoed = left + first + second + self._plant.sections[section].cfg.scan_ns

        def at_gate(at: int) -> None:
            self._at_gate(errand.effect, section, at)

        trouble = below(salt, 6, len(_Trouble)) if self._plant.lasts(FaultKind.COMMANDS, section) else None
        match None if trouble is None else _Trouble(trouble):
            case _Trouble.LOST:
                self._unknown(errand)
                return
            case _Trouble.ANSWER_LOST:
                self._clockwork.at(arrives, at_gate)
                self._unknown(errand)
                return
            case _Trouble.MUCH_TOO_LATE:
                self._clockwork.at(errand.until_ns + below(salt, 7, _LATEST_NS), at_gate)
                self._unknown(errand)
                return
            case _Trouble.ONCE_MORE:
                self._clockwork.at(arrives + below(salt, 8, _LATEST_NS), at_gate)
            case None:
                pass

        def arrive(at: int) -> None:
            outcome = self._at_gate(errand.effect, section, at)
            if self._shell.life == errand.life:
                self._shell.at(echoed, lambda then: self._echo(errand, section, outcome, then))

        self._clockwork.at(arrives, arrive)

    def _at_gate(self, effect: Effect, section: str, now: int) -> Outcome:
        do = effect.do
        assert isinstance(do, Revoke | Void | Grant | Release | Safe)
        self._on_arrival(effect, now)
        outcome = self._plant.sections[section].command(do, now)
        self._plant.look(now)
        return outcome

    def _echo(self, errand: Errand, section: str, outcome: Outcome, now: int) -> None:
        """The status is read until it echoes the command; each reading is an input of its own."""
        if now > errand.until_ns or not self._polls.look_at_gate(section, now):
            self._unknown(errand)
        else:
            self._end(errand, outcome, now)

    # Clients and stores

    def _call_clients(self, errand: Errand, do: Select) -> None:
        names = [each.name for each in self._groups[errand.effect.id.group].selectors]
        reached = [name for name in names if self._plant.client_reached(name)]

        def arrives(at: int) -> None:
            outcomes = set() if len(reached) == len(names) else {Outcome.UNKNOWN}
            for name in reached:
                self._on_arrival(errand.effect, at)
                outcomes.add(self._plant.select(name, do, at))
                read = SelectorPolled(selector=name, answer=Answer.REPLIED, reading=self._plant.switch(name))
                if self._shell.life == errand.life:
                    self._shell.told(read, at)
            if Outcome.REFUSED in outcomes:
                self._end(errand, Outcome.REFUSED, at)
            elif Outcome.UNKNOWN in outcomes:
                self._unknown(errand)
            else:
                self._end(errand, Outcome.DONE, at)

        self._clockwork.at(errand.left_ns + _within(errand.salt, 9, _CALL_NS), arrives)

    def _call_store(self, errand: Errand, do: Promote | Demote | Backfill) -> None:
        body = self._plant.bodies[do.node]
        if not body.answers or not self._plant.network.reaches_node(do.node):
            self._unknown(errand)
            return

        def arrives(at: int) -> None:
            if not body.answers:
                self._unknown(errand)
                return
            self._on_arrival(errand.effect, at)
            self._end(errand, self._plant.order_store(do, at), at)

        takes_ns = _within(errand.salt, 9, _CALL_NS)
        if isinstance(do, Backfill):
            # Rows are fetched one after the other.
            takes_ns += below(errand.salt, 10, max(1, errand.effect.within_ns // 2))
        self._clockwork.at(errand.left_ns + takes_ns, arrives)


def _within(salt: int, number: int, between: tuple[int, int]) -> int:
    low, high = between
    return low + below(salt, number, high - low)


def _round_trip_ns(group: GroupConfig) -> int:
    """The round trip to the gate that the bound of a fence is made of: three of them, a scan and a poll."""
    gate = group.own_gate
    return max(2 * MS, (group.timing.fence_ns - gate.scan_ns - gate.fast_poll_ns - 2 * MS) // 3)
