"""Every transition of the alarm machine as a row, and random courses against a second machine."""

import random
from dataclasses import replace

import pytest

from otha.core import alarm_orders
from otha.core.alarm import Alarm
from otha.core.alarm_list import DEFAULTS, FOLLOWS, SHELVE_MAX_NS, AlarmConfig
from otha.core.alarm_machine import (
    AFTER,
    LATCHED,
    AlarmBook,
    AlarmMove,
    AlarmsSeen,
    AlarmWatch,
    Relisted,
    advance,
    carried,
    gone,
    stood,
)
from otha.core.inputs import AlarmStood
from otha.core.reasons import Reason, Why
from otha.core.words import AlarmCode, AlarmFlag, AlarmPriority, AlarmState, OrderKind
from tests.core.alarm_reference import DIAGRAM, NAMES, RULES, Reference
from tests.core.build import AT_ONCE, MS, order

LOST = AlarmCode.REDUNDANCY_LOST
LISTED = {each.code: each for each in AT_ONCE}


class Plant:
    """One group's alarms under test, and the time in milliseconds."""

    def __init__(self, *, on_ms: int = 0, off_ms: int = 0, latching: bool = False) -> None:
        changed = replace(LISTED[LOST], on_delay_ns=on_ms * MS, off_delay_ns=off_ms * MS, latching=latching)
        self.listed: dict[str, AlarmConfig] = {**LISTED, LOST: changed}
        self.book = AlarmBook()
        self.found: dict[AlarmCode, tuple[str, ...]] = {}
        self.at_ms = 0
        self.reasons: list[Reason] = []
        self.unjudged: tuple[str, ...] = ()

    @property
    def w(self) -> AlarmWatch:
        return self.book.watch(LOST)

    def state(self) -> AlarmState:
        return self.w.state

    def flags(self) -> tuple[AlarmFlag, ...]:
        return self.w.flags

    def look(self, at_ms: int | None = None, *, settled: bool = True) -> None:
        self.at_ms = self.at_ms if at_ms is None else at_ms
        found = tuple(Alarm(code=code, detail=each) for code, details in self.found.items() for each in details)
        seen = AlarmsSeen(found=found, unjudged=self.unjudged, settled=settled)
        self.book, told = advance(self.listed, self.book, seen, self.at_ms * MS)
        self.reasons += told

    def restart(self) -> None:
        """A new start, told how the alarms stood."""
        left = [None if w.shelved_until is None else w.shelved_until - self.at_ms * MS for w in self.book.watches]
        told = tuple(
            AlarmStood(
                code=w.code,
                state=w.state,
                occurrence=w.occurrence,
                details=w.details,
                first_out=w.first_out,
                stood_ns=self.at_ms * MS - w.since,
                shelved_for_ns=for_ns,
                one_shot=w.one_shot,
                out_of_service=w.out_of_service,
            )
            for w, for_ns in zip(self.book.watches, left, strict=True)
        )
        self.book, reasons = stood(self.listed, AlarmBook(), told, self.at_ms * MS)
        self.reasons += reasons

    def comes(self, code: AlarmCode = LOST, *details: str) -> None:
        self.found[code] = details or ("tanks",)
        self.look()

    def goes(self, code: AlarmCode = LOST) -> None:
        del self.found[code]
        self.look()

    def order(
        self,
        kind: OrderKind,
        occurrence: int | None = None,
        for_ms: int | None = None,
        item: str | None = LOST.value,
    ) -> list[str]:
        given = order(kind, item=item, occurrence=occurrence, for_ns=None if for_ms is None else for_ms * MS)
        self.book, against, told = alarm_orders.carry_out(self.listed, self.book, given, self.at_ms * MS)
        self.reasons += told
        return [each.block.code for each in against]

    def ack(self) -> list[str]:
        return self.order(OrderKind.ALARM_ACK, self.w.occurrence)

    def told(self, why: Why) -> list[tuple[str | int, ...]]:
        return [reason.args for reason in self.reasons if reason.why is why]


def brought_to(state: AlarmState, *, latching: bool) -> Plant:
    plant = Plant(latching=latching)
    if state is AlarmState.NORMAL:
        return plant
    plant.comes()
    if state in (AlarmState.ACKED, AlarmState.LATCHED_ACKED):
        assert plant.ack() == []
    if state in (AlarmState.RTN_UNACKED, AlarmState.LATCHED_UNACKED, AlarmState.LATCHED_ACKED):
        plant.goes()
    assert plant.state() is state
    return plant


# From, what happens, to, latching: all transitions of ISA-18.2 between the states without a flag.
TRANSITIONS = [
    ("normal", "comes", "unacked", False),
    ("unacked", "ack", "acked", False),
    ("unacked", "goes", "rtn_unacked", False),
    ("unacked", "goes", "latched_unacked", True),
    ("acked", "goes", "normal", False),
    ("acked", "goes", "latched_acked", True),
    ("rtn_unacked", "ack", "normal", False),
    ("rtn_unacked", "comes", "unacked", False),
    ("latched_unacked", "ack", "latched_acked", True),
    ("latched_unacked", "comes", "unacked", True),
    ("latched_acked", "reset", "normal", True),
    ("latched_acked", "comes", "unacked", True),
]


def move(plant: Plant, what: str) -> list[str]:
    match what:
        case "comes":
            plant.comes()
        case "goes":
            plant.goes()
        case "ack":
            return plant.ack()
        case _:
            return plant.order(OrderKind.ALARM_RESET)
    return []


@pytest.mark.parametrize(("before", "what", "after", "latching"), TRANSITIONS)
def test_each_transition(before: str, what: str, after: str, latching: bool) -> None:
    plant = brought_to(AlarmState(before), latching=latching)
    occurrence = plant.w.occurrence
    assert move(plant, what) == []
    assert plant.state().value == after
    assert plant.w.occurrence == occurrence + (what == "comes")


def test_the_table_has_no_other_transition() -> None:
    plain = {(before.value, by.value): after.value for (before, by), after in AFTER.items()}
    latched = {(before.value, AlarmMove.GOES.value): after.value for before, after in LATCHED.items()}
    assert plain == {(b, w): a for b, w, a, latching in TRANSITIONS if not (latching and w == "goes")}
    assert latched == {(b, w): a for b, w, a, latching in TRANSITIONS if latching and w == "goes"}
    assert len(RULES) == len(TRANSITIONS) == DIAGRAM.count(";") + 1


@pytest.mark.parametrize("state", list(AlarmState))
@pytest.mark.parametrize("kind", [OrderKind.ALARM_ACK, OrderKind.ALARM_RESET])
def test_an_order_that_is_not_in_the_table_is_refused_and_changes_nothing(state: AlarmState, kind: OrderKind) -> None:
    plant = brought_to(state, latching=state.value.startswith("latched"))
    before = plant.book
    may = (state.value, "ack" if kind is OrderKind.ALARM_ACK else "reset") in [row[:2] for row in TRANSITIONS]
    against = plant.order(kind, plant.w.occurrence)
    assert (against == []) == may
    assert (plant.book == before) == (not may)


def test_acknowledging_carries_who_and_why() -> None:
    plant = Plant()
    plant.comes()
    plant.ack()
    assert plant.told(Why.ALARM_ACKED) == [("redundancy_lost", 1, "kim", "because", "acked")]


def test_an_old_occurrence_is_refused() -> None:
    plant = Plant()
    plant.comes()
    plant.goes()
    plant.comes()
    assert plant.order(OrderKind.ALARM_ACK, 1) == ["old_occurrence"]
    assert plant.order(OrderKind.ALARM_ACK, None) == ["old_occurrence"]
    assert plant.state() is AlarmState.UNACKED
    assert plant.order(OrderKind.ALARM_ACK, 2) == []


def test_an_alarm_that_is_not_listed_is_refused() -> None:
    assert Plant().order(OrderKind.ALARM_ACK, 1, item="flying") == ["no_such_alarm"]
    assert Plant().order(OrderKind.SHELVE, item=None) == ["no_such_alarm"]


def test_something_on_top_is_annunciated_anew_and_something_gone_is_not() -> None:
    plant = Plant()
    plant.comes(LOST, "x")
    plant.ack()
    plant.comes(LOST, "x", "y")
    assert (plant.state(), plant.w.occurrence, plant.w.detail) == (AlarmState.UNACKED, 2, "x, y")
    plant.ack()
    plant.comes(LOST, "y")
    assert (plant.state(), plant.w.occurrence, plant.w.detail) == (AlarmState.ACKED, 2, "y")


# Delays


def test_an_on_delay_waits_and_a_shorter_condition_does_not_come() -> None:
    plant = Plant(on_ms=100)
    plant.comes()
    assert (plant.state(), plant.book.wake) == (AlarmState.NORMAL, 100 * MS)
    plant.at_ms = 99
    plant.goes()
    assert (plant.state(), plant.book.wake, plant.reasons) == (AlarmState.NORMAL, None, [])
    plant.comes()
    plant.look(198)
    assert plant.state() is AlarmState.NORMAL
    plant.look(199)
    assert plant.state() is AlarmState.UNACKED


def test_an_off_delay_bridges_a_gap() -> None:
    plant = Plant(off_ms=100)
    plant.comes()
    plant.goes()
    assert (plant.state(), plant.book.wake) == (AlarmState.UNACKED, 100 * MS)
    plant.at_ms = 50
    plant.comes()
    assert (plant.book.wake, plant.w.occurrence) == (None, 1)
    plant.goes()
    plant.look(150)
    assert plant.state() is AlarmState.RTN_UNACKED


# First-out


def test_the_first_alarm_of_a_group_is_marked_until_it_comes_again() -> None:
    plant = Plant()
    plant.comes(AlarmCode.GATE_UNSEEN)
    plant.comes()
    assert plant.book.watch(AlarmCode.GATE_UNSEEN).first_out
    assert not plant.book.watch(LOST).first_out
    plant.goes(AlarmCode.GATE_UNSEEN)
    assert plant.book.watch(AlarmCode.GATE_UNSEEN).first_out, "who looks later still sees what came first"
    plant.comes(AlarmCode.GATE_UNSEEN)
    assert not plant.book.watch(AlarmCode.GATE_UNSEEN).first_out
    plant.goes(AlarmCode.GATE_UNSEEN)
    plant.goes()
    plant.comes()
    assert plant.book.watch(LOST).first_out, "one that only waits to be acknowledged does not stand"
    assert plant.told(Why.ALARM_RAISED)[-1] == ("redundancy_lost", "tanks", 2, "low", "first-out")


# Flags


def begin(plant: Plant, flag: AlarmFlag) -> None:
    if flag is AlarmFlag.SUPPRESSED:
        plant.comes(AlarmCode.OBSERVER_ISOLATED)
    else:
        kind = OrderKind.SHELVE if flag is AlarmFlag.SHELVED else OrderKind.OUT_OF_SERVICE
        assert plant.order(kind, for_ms=60_000) == []


def end(plant: Plant, flag: AlarmFlag) -> None:
    if flag is AlarmFlag.SUPPRESSED:
        plant.goes(AlarmCode.OBSERVER_ISOLATED)
    else:
        kind = OrderKind.UNSHELVE if flag is AlarmFlag.SHELVED else OrderKind.IN_SERVICE
        assert plant.order(kind) == []


@pytest.mark.parametrize("state", list(AlarmState))
@pytest.mark.parametrize("flag", list(AlarmFlag))
def test_a_flag_takes_nothing_and_its_end_annunciates_what_holds(state: AlarmState, flag: AlarmFlag) -> None:
    plant = brought_to(state, latching=state.value.startswith("latched"))
    occurrence, holds = plant.w.occurrence, state in (AlarmState.UNACKED, AlarmState.ACKED)
    begin(plant, flag)
    assert (plant.state(), plant.flags(), plant.w.annunciated) == (state, (flag,), False)
    end(plant, flag)
    assert (plant.state(), plant.flags()) == (AlarmState.UNACKED if holds else state, ())
    assert plant.w.occurrence == occurrence + holds


@pytest.mark.parametrize("kind", [OrderKind.UNSHELVE, OrderKind.IN_SERVICE])
def test_a_flag_that_does_not_stand_is_not_ended(kind: OrderKind) -> None:
    assert Plant().order(kind) == ["not_flagged"]


@pytest.mark.parametrize("flag", list(AlarmFlag))
@pytest.mark.parametrize(
    ("before", "latching", "after"),
    [
        ("unacked", False, "rtn_unacked"),
        ("acked", False, "normal"),
        ("unacked", True, "latched_unacked"),
        ("acked", True, "latched_acked"),
    ],
)
def test_what_goes_under_a_flag_still_wants_its_acknowledgement_and_its_reset(
    flag: AlarmFlag, before: str, latching: bool, after: str
) -> None:
    plant = brought_to(AlarmState(before), latching=latching)
    begin(plant, flag)
    plant.goes()
    assert plant.state().value == after
    end(plant, flag)
    assert (plant.state().value, plant.w.occurrence) == (after, 1)


@pytest.mark.parametrize("latching", [False, True])
def test_what_comes_and_goes_under_a_flag_leaves_a_line_in_the_journal_alone(latching: bool) -> None:
    plant = Plant(latching=latching)
    plant.order(OrderKind.SHELVE, for_ms=1_000)
    plant.comes()
    plant.goes()
    plant.look(1_000)
    assert (plant.state(), plant.flags(), plant.w.occurrence) == (AlarmState.NORMAL, (), 0)
    assert plant.told(Why.ALARM_KEPT_QUIET) == [("redundancy_lost", "tanks", "shelved")]


def test_what_is_kept_quiet_may_be_acknowledged_and_reset() -> None:
    plant = brought_to(AlarmState.LATCHED_UNACKED, latching=True)
    plant.order(OrderKind.OUT_OF_SERVICE)
    assert plant.order(OrderKind.ALARM_RESET) == ["nothing_to_reset"]
    assert (plant.ack(), plant.state()) == ([], AlarmState.LATCHED_ACKED)
    assert (plant.order(OrderKind.ALARM_RESET), plant.state()) == ([], AlarmState.NORMAL)


def test_one_that_is_kept_quiet_is_not_the_first_out() -> None:
    plant = Plant()
    plant.comes(AlarmCode.GATE_UNSEEN)
    plant.order(OrderKind.SHELVE, item="gate_unseen")
    plant.comes()
    assert (plant.book.watch("gate_unseen").first_out, plant.w.first_out) == (False, True)


def test_only_the_end_of_the_last_flag_annunciates() -> None:
    plant = Plant()
    plant.comes()
    plant.order(OrderKind.SHELVE, for_ms=1_000)
    plant.order(OrderKind.OUT_OF_SERVICE)
    plant.comes(AlarmCode.OBSERVER_ISOLATED)
    assert plant.flags() == (AlarmFlag.SHELVED, AlarmFlag.SUPPRESSED, AlarmFlag.OUT_OF_SERVICE)
    plant.look(1_000)
    assert plant.flags() == (AlarmFlag.SUPPRESSED, AlarmFlag.OUT_OF_SERVICE)
    plant.order(OrderKind.IN_SERVICE)
    assert (plant.w.annunciated, plant.w.occurrence) == (False, 1)
    plant.goes(AlarmCode.OBSERVER_ISOLATED)
    assert (plant.w.annunciated, plant.w.occurrence) == (True, 2)


def test_timed_shelving_ends_by_its_deadline() -> None:
    plant = Plant()
    plant.order(OrderKind.SHELVE, for_ms=500)
    assert plant.book.wake == 500 * MS
    plant.comes()
    assert plant.told(Why.ALARM_KEPT_QUIET) == [("redundancy_lost", "tanks", "shelved")]
    plant.look(499)
    assert plant.state() is AlarmState.NORMAL
    plant.look(500)
    assert plant.state() is AlarmState.UNACKED
    assert plant.w.wake is None


def test_one_shot_shelving_ends_when_the_alarm_returns_to_normal() -> None:
    plant = Plant()
    plant.comes()
    plant.order(OrderKind.SHELVE)
    plant.look(3_600_000)
    assert plant.flags() == (AlarmFlag.SHELVED,)
    plant.goes()
    assert (plant.state(), plant.flags()) == (AlarmState.RTN_UNACKED, ())
    plant.comes()
    assert plant.state() is AlarmState.UNACKED


@pytest.mark.parametrize("for_ms", [0, -1, SHELVE_MAX_NS // MS + 1])
def test_shelving_has_a_bound(for_ms: int) -> None:
    assert Plant().order(OrderKind.SHELVE, for_ms=for_ms) == ["shelved_too_long"]


@pytest.mark.parametrize(("cause", "follower"), [(c, f) for c, followers in FOLLOWS.items() for f in followers])
def test_what_only_follows_is_suppressed_while_its_cause_stands(cause: AlarmCode, follower: AlarmCode) -> None:
    plant = Plant()
    plant.found = {follower: ("x",), cause: ("",)}
    plant.look()
    assert plant.book.watch(cause).state is AlarmState.UNACKED
    assert plant.book.watch(follower).flags == (AlarmFlag.SUPPRESSED,)
    plant.goes(cause)
    assert plant.book.watch(follower).state is AlarmState.UNACKED


def test_cause_and_consequence_that_end_together_annunciate_nothing() -> None:
    plant = Plant()
    plant.found = {LOST: ("x",), AlarmCode.OBSERVER_ISOLATED: ("",)}
    plant.look()
    plant.found = {}
    plant.look()
    assert (plant.state(), plant.w.occurrence) == (AlarmState.NORMAL, 0)


# A restart


def test_what_is_gone_at_the_first_look_after_a_restart_goes() -> None:
    plant = brought_to(AlarmState.ACKED, latching=False)
    plant.restart()
    plant.found = {}
    plant.look()
    assert (plant.state(), plant.w.recalled) == (AlarmState.NORMAL, False)


@pytest.mark.parametrize("state", list(AlarmState))
@pytest.mark.parametrize("flag", [None, AlarmFlag.SHELVED, AlarmFlag.OUT_OF_SERVICE])
def test_a_restart_changes_nothing_of_an_alarm(state: AlarmState, flag: AlarmFlag | None) -> None:
    plant = brought_to(state, latching=state.value.startswith("latched"))
    if flag is not None:
        begin(plant, flag)
    before = plant.w
    plant.look(500)
    plant.restart()
    assert replace(plant.w, recalled=False) == before or state is AlarmState.NORMAL
    plant.look()
    assert plant.w == before or state is AlarmState.NORMAL
    assert (plant.state(), plant.flags()) == (before.state, before.flags)
    assert len(plant.told(Why.ALARM_RAISED)) == (state is not AlarmState.NORMAL)


def test_until_a_condition_can_be_judged_its_alarm_stands_as_before_the_restart() -> None:
    plant = brought_to(AlarmState.ACKED, latching=False)
    plant.restart()
    plant.found = {}
    plant.look(100, settled=False)
    assert (plant.state(), plant.w.recalled) == (AlarmState.ACKED, True)
    plant.comes()
    assert (plant.state(), plant.w.occurrence, plant.w.recalled) == (AlarmState.ACKED, 1, False)
    plant.restart()
    plant.found = {}
    plant.look(200, settled=False)
    plant.look(300)
    assert (plant.state(), plant.w.recalled) == (AlarmState.NORMAL, False)


def test_of_what_is_not_listed_any_more_only_what_was_seen_is_told() -> None:
    plant = brought_to(AlarmState.NORMAL, latching=False)
    plant.book = AlarmBook(watches=(AlarmWatch(code=LOST, occurrence=3),))
    assert gone(plant.book, {}) == ()
    plant.book = AlarmBook(watches=(AlarmWatch(code=LOST, out_of_service=True),))
    assert [reason.args[0] for reason in gone(plant.book, {})] == [LOST]


@pytest.mark.parametrize("anew", [False, True])
def test_what_was_not_judged_since_the_restart_is_not_judged_by_a_changed_site(anew: bool) -> None:
    plant = brought_to(AlarmState.ACKED, latching=False)
    plant.restart()
    plant.found = {}
    plant.look(100, settled=False)
    plant.book, told = carried(Relisted(listed=plant.listed), plant.book, 200 * MS, anew=anew)
    assert (plant.state(), plant.w.recalled, told) == (AlarmState.ACKED, True, ())


def test_something_on_top_of_what_stood_before_the_restart_is_annunciated() -> None:
    plant = brought_to(AlarmState.ACKED, latching=False)
    plant.restart()
    plant.comes(LOST, "tanks", "pumps")
    assert (plant.state(), plant.w.occurrence) == (AlarmState.UNACKED, 2)


def test_a_shelving_that_ran_out_in_the_meantime_ends_at_the_start() -> None:
    plant = brought_to(AlarmState.ACKED, latching=False)
    plant.order(OrderKind.SHELVE, for_ms=100)
    plant.at_ms = 100
    plant.restart()
    plant.look(settled=False)
    assert (plant.flags(), plant.state(), plant.w.occurrence) == ((), AlarmState.UNACKED, 2)


def test_an_alarm_that_is_not_listed_any_more_is_left_out() -> None:
    plant = brought_to(AlarmState.UNACKED, latching=False)
    del plant.listed[LOST]
    plant.restart()
    plant.found = {}
    plant.look()
    assert plant.book.watches == ()


# The list


def test_every_alarm_is_listed_once_with_all_that_an_operator_needs() -> None:
    assert [each.code for each in DEFAULTS] == list(AlarmCode)
    for each in DEFAULTS:
        assert each.cause, each.code
        assert each.consequence, each.code
        assert each.response, each.code
        assert (each.on_delay_ns, each.off_delay_ns) >= (0, 0)
    critical = [each.code for each in DEFAULTS if each.priority is AlarmPriority.CRITICAL]
    assert critical == [AlarmCode.NEEDS_OPERATOR, AlarmCode.SECTION_SAFE], "stopped, or nobody vouches for the outputs"


# Random courses


def _random_course(seed: int) -> None:
    dice = random.Random(seed)
    on_ms, off_ms, latching = dice.choice((0, 0, 1, 3)), dice.choice((0, 0, 1, 3)), dice.random() < 0.5
    plant, second = Plant(on_ms=on_ms, off_ms=off_ms, latching=latching), Reference(on_ms, off_ms, latching=latching)
    said = []
    for at_ms in range(12):
        if at_ms:
            plant.look(at_ms)
            second.tick()
        for _ in range(dice.choice((0, 1, 2, 2))):
            what = dice.randrange(11)
            said.append((at_ms, what))
            match what:
                case 0 | 1:
                    plant.found[LOST] = ("tanks",)
                    plant.look()
                    second.condition(holds=True)
                    taken = True, True
                case 2 | 3:
                    plant.found.pop(LOST, None)
                    plant.look()
                    second.condition(holds=False)
                    taken = True, True
                case 4 | 5:
                    occurrence = second.occurrence - (dice.random() < 0.1)
                    taken = plant.order(OrderKind.ALARM_ACK, occurrence) == [], second.ack(occurrence)
                case 6:
                    taken = plant.order(OrderKind.ALARM_RESET) == [], second.reset()
                case 7:
                    for_ms = dice.choice((None, 2, 5))
                    taken = plant.order(OrderKind.SHELVE, for_ms=for_ms) == [], second.flag("G", for_ms)
                case 10:
                    plant.restart()
                    plant.look()
                    second.restart()
                    taken = True, True
                case 8:
                    kind, flag = dice.choice(((OrderKind.UNSHELVE, "G"), (OrderKind.IN_SERVICE, "I")))
                    taken = plant.order(kind) == [], second.unflag(flag)
                case _:
                    suppressed = AlarmCode.OBSERVER_ISOLATED in plant.found
                    if dice.random() < 0.5:
                        taken = plant.order(OrderKind.OUT_OF_SERVICE) == [], second.flag("I")
                    elif suppressed:
                        plant.goes(AlarmCode.OBSERVER_ISOLATED)
                        taken = True, second.unflag("H")
                    else:
                        plant.comes(AlarmCode.OBSERVER_ISOLATED)
                        taken = True, second.flag("H")
            flags = tuple({"shelved": "G", "suppressed": "H", "out_of_service": "I"}[f.value] for f in plant.flags())
            ours = (plant.state().value, plant.w.occurrence, flags)
            theirs = (NAMES[second.letter], second.occurrence, tuple(sorted(second.flags)))
            assert (ours, taken[0]) == (theirs, taken[1]), (seed, said)


def test_random_courses_agree_with_the_reference() -> None:
    """Two thousand; the long run has ten thousand."""
    for seed in range(2_000):
        _random_course(seed)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(2_000, 10_000, 1_000))
def test_many_more_random_courses_agree_with_the_reference(first: int) -> None:
    for seed in range(first, first + 1_000):
        _random_course(seed)
