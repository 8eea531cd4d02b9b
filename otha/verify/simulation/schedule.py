"""The schedule of a simulated hour: rounds of faults, each followed by a time in which all is healed.

It is made of the seed alone, before the hour begins, so that a fault can be left out and the rest stays as it was.
"""

import random
from dataclasses import dataclass

from otha.core.config import GroupConfig, SiteConfig
from otha.core.watch.condition import leaves_of
from otha.site.model import Site
from otha.verify.simulation.fault import MS, SECOND, Asked, AskedKind, Fault, FaultKind
from otha.verify.simulation.targets import SUPERVISOR, Targets, trees_of, values_of

BURST_MEANS_NS = (200 * MS, SECOND, 5 * SECOND)
HOUR_NS = 3_600 * SECOND
START_NS = 1_000 * SECOND
_SAFETY_NS = 720 * SECOND
_BETWEEN_NS = 120 * SECOND  # mean time between two mixes of faults
_QUIET_AT_FIRST_NS = 15 * SECOND
_LENGTHS_NS = (300 * MS, SECOND, 3 * SECOND, 10 * SECOND, 30 * SECOND)
_LONGEST_NS = 90 * SECOND
# What is answered otherwise from one time to the next has to be lived through reply by reply.
_LONGEST_UNUSUAL_NS = 40 * SECOND
_LONGEST_ODD_NS = 8 * SECOND
_ODD = (FaultKind.SLOW, FaultKind.BUSY, FaultKind.REQUESTS_LOST, FaultKind.ANSWERS_LOST)
_ELSEWHERE = 0.3  # so often a fault that the group can't have befalls something else beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Faults from `begin_ns` to `heal_ns`. At `judge_ns` every group must be at rest; then persons put right what they
    were told of, at `again_ns` everything must be driven, and nothing may move until `end_ns`."""

    begin_ns: int
    heal_ns: int
    judge_ns: int
    again_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`known`: whether the store holds records already, as after a commissioning, or this is a first start."""

    seed: int
    known: bool
    rounds: tuple[Round, ...]
    faults: tuple[Fault, ...]
    orders: tuple[Asked, ...]

    @property
    def end_ns(self) -> int:
        return self.rounds[-1].end_ns


def rest_bound_ns(site: SiteConfig) -> int:
    """Once faults have stopped: within which time every group is driven, or says what it needs (L1 to L4)."""
    return max(sum(ns for _, ns in rest_terms(site, at)) for at in range(len(site.groups)))


def rest_terms(site: SiteConfig, at: int) -> tuple[tuple[str, int], ...]:
    """What the bound of group `at` is made of, in words and ns."""
    group = site.groups[at]
    timing = group.timing
    channels = [channel for channel in site.channels if channel.name in {c for n in group.nodes for c in n.channels}]
    heard = max((16 * channel.period_ns + channel.deadline_ns for channel in channels), default=0)
    waits = 0
    if group.machine is not None:
        rules = [rule for state in group.machine.states for rule in (state.switchover, state.failover)]
        waits = sum(rule.limit_ns for rule in rules)
    return (
        ("all is heard and settled", heard + timing.settle_ns),
        ("TILT is over", site.tilt_for_ns),
        ("a hold is over", group.gate.hold_max_ns if group.gate is not None else 0),
        ("what was under way ends", timing.transfer_end_ns + timing.order_ttl_ns + waits),
        ("what has to move moves", timing.confirm_ns + timing.not_driving_ns + timing.transfer_end_ns),
        ("it is looked at again", 2 * timing.settle_ns),
    )


def of_hour(site: Site, seed: int, length_ns: int = HOUR_NS) -> Schedule:
    """The schedule of one seed, of at least `length_ns`."""
    chance = random.Random(f"{site.name}/{seed}")
    maker = _Maker(site, chance)
    bound_ns = rest_bound_ns(site.core)
    rounds: list[Round] = []
    at = START_NS
    while not rounds or at < START_NS + length_ns:
        heal = at + min(_SAFETY_NS, max(length_ns, 60 * SECOND))
        maker.fill(at + _QUIET_AT_FIRST_NS, heal)
        judge = heal + bound_ns
        again = judge + 3 * bound_ns
        rounds.append(Round(begin_ns=at, heal_ns=heal, judge_ns=judge, again_ns=again, end_ns=again + 30 * SECOND))
        at = rounds[-1].end_ns
    faults = tuple(sorted(maker.faults, key=lambda each: (each.at_ns, each.number)))
    orders = tuple(sorted(maker.orders, key=lambda each: (each.at_ns, each.number)))
    known = chance.random() < 0.8
    return Schedule(seed=seed, known=known, rounds=tuple(rounds), faults=faults, orders=orders)


def _parts_of(site: Site, group: GroupConfig) -> frozenset[str]:
    """What belongs to a group: its nodes, their channels, its section, its tags and its clients."""
    channels = [name for node in group.nodes for name in node.channels]
    clients = [selector.client for selector in site.selectors if selector.group == group.name]
    tags = [leaf.tag for tree in trees_of(group) for leaf in leaves_of(tree)]
    return frozenset((*(node.name for node in group.nodes), *channels, group.section, *tags, *clients, group.name))


class _Maker:
    """Draws faults and orders, each with a number of its own."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        self.faults: list[Fault] = []
        self.orders: list[Asked] = []
        self._site = site
        self._chance = chance
        self._targets = Targets.of(site)
        self._groups = {group.name: _parts_of(site, group) for group in site.core.groups}
        self._values = {tag.name: len(values_of(site.core, tag)) for tag in site.core.tags}

    def fill(self, begin: int, end: int) -> None:
        """Mixes of one to four faults, and orders around them; many are of one group, at nearly the same time."""
        chance = self._chance
        at = begin
        while True:
            at += round(chance.expovariate(1 / _BETWEEN_NS))
            if at >= end:
                return
            group = chance.choice((None, *self._groups))
            within_ns = chance.choice((300 * MS, 2 * SECOND))
            for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 3, 4))):
                self._fault(at + chance.randrange(within_ns), end, group)
            for _ in range(chance.choice((0, 0, 1, 2))):
                self._order(at + chance.randrange(-2 * SECOND, 10 * SECOND), end)

    def _befallen(self, group: str | None) -> tuple[FaultKind, str]:
        """A kind of fault, and whom it befalls: something of the group, if one is named."""
        chance = self._chance
        while True:
            kind, names = chance.choice(self._targets.faults)
            own = [name for name in names if group is None or name in self._groups[group]]
            if own:
                return kind, chance.choice(own)
            if chance.random() < _ELSEWHERE:
                return kind, chance.choice(names)

    def _fault(self, at: int, end: int, group: str | None) -> None:
        chance = self._chance
        kind, target = self._befallen(group)
        mean = chance.choice(_LENGTHS_NS)
        longest = _LONGEST_ODD_NS if kind in _ODD else _LONGEST_UNUSUAL_NS if kind.changes_replies else _LONGEST_NS
        for_ns = 0 if kind.at_once else min(longest, MS + round(chance.expovariate(1 / mean)))
        if kind is FaultKind.LOSS:
            for_ns = chance.randrange(5 * SECOND, 40 * SECOND)
        elif kind is FaultKind.STALL:
            for_ns = chance.randrange(20 * MS, 3 * SECOND)
        size, salt = self._size(kind, target), chance.getrandbits(64)
        if at + for_ns < end:
            number = len(self.faults)
            self.faults.append(
                Fault(number=number, kind=kind, target=target, at_ns=at, for_ns=for_ns, size=size, salt=salt)
            )

    def _size(self, kind: FaultKind, target: str) -> int:
        chance = self._chance
        match kind:
            case FaultKind.LOSS:
                return chance.choice(BURST_MEANS_NS)
            case FaultKind.CLOCK_STEP:
                assert target == SUPERVISOR
                return chance.choice((-1, 1)) * chance.randrange(10 * MS, 20 * SECOND)
            case FaultKind.TAG_TURNS:
                return chance.randrange(1, self._values[target])
            case _:
                return 0

    def _order(self, at: int, end: int) -> None:
        chance = self._chance
        if not self._targets.orders or at >= end:
            return
        kind, groups = chance.choice(self._targets.orders)
        choice = chance.getrandbits(32)
        group = chance.choice(groups)
        self._asked(kind, group, at, choice)
        if kind is AskedKind.SELECT:
            self._asked(AskedKind.OPERATE, group, at + chance.randrange(5 * SECOND), choice)
        elif kind in (AskedKind.BYPASS, AskedKind.SAFE):
            self._asked(AskedKind.CONFIRM, group, at + chance.randrange(5 * SECOND), choice)

    def _asked(self, kind: AskedKind, group: str, at: int, choice: int) -> None:
        self.orders.append(Asked(number=len(self.orders), kind=kind, group=group, at_ns=at, choice=choice))
