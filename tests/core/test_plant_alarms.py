"""Alarms on plant tags: deadband, delays, and values that can't be used. Times are in milliseconds."""

from dataclasses import replace

import pytest

from otha.core.alarm_list import AlarmConfig
from otha.core.alarm_machine import AlarmWatch
from otha.core.conditions import AllOf, Compare, Comparison, ConditionTree, TagConfig
from otha.core.config import PlantAlarmConfig, SiteConfig
from otha.core.inputs import DueReached, GatePolled, Input, OrderGiven, TagsPolled
from otha.core.reasons import Reason, Why
from otha.core.supervision import Supervision
from otha.core.words import AlarmPriority, AlarmState, Answer, OrderKind
from tests.core.build import MS, gate_reading, order, site_config

HIGH = Compare(tag="level", op=Comparison.GT, value=9_000, for_ns=0, deadband=500)


def site(when: ConditionTree = HIGH, *, on_ms: int = 0, off_ms: int = 0, source: str = "plc") -> SiteConfig:
    listed = AlarmConfig(
        code="level_high",
        priority=AlarmPriority.HIGH,
        on_delay_ns=on_ms * MS,
        off_delay_ns=off_ms * MS,
        cause="the drum fills up",
        consequence="water in the steam",
        response="open the drain",
    )
    tags = tuple(
        TagConfig(name=name, source=source, fresh_ns=500 * MS, valid_low=0, valid_high=10_000)
        for name in ("level", "feed")
    )
    cfg = site_config()
    alarm = PlantAlarmConfig(group="tanks", listed=listed, when=when, text="level > 9000")
    return replace(cfg, tags=(*cfg.tags, *tags), plant_alarms=(alarm,))


class Plant:
    """A supervision whose tags are read, and what it told."""

    def __init__(self, cfg: SiteConfig) -> None:
        self.s = Supervision(cfg, 0)
        self.at_ms = 0
        self.reasons: list[Reason] = []

    def feed(self, raw: Input) -> None:
        for decision in self.s.feed(raw, self.at_ms * MS):
            self.reasons += decision.reasons

    def level(self, value: int | None, at_ms: int | None = None, **others: int) -> None:
        self.at_ms = self.at_ms if at_ms is None else at_ms
        self.feed(TagsPolled(source="plc", values=(("level", value), *others.items())))

    def wait(self, at_ms: int) -> None:
        self.at_ms = at_ms
        self.feed(DueReached())

    def gate(self) -> None:
        self.feed(GatePolled(section="plc", path="plc.net_a", answer=Answer.REPLIED, reading=gate_reading()))

    def w(self, code: str = "level_high") -> AlarmWatch:
        watches = self.s.alarm_watches("tanks")
        return next((w for w in watches if w.code == code), AlarmWatch(code=code))

    def told(self, why: Why) -> list[tuple[str | int, ...]]:
        return [each.args for each in self.reasons if each.why is why and each.args[0] == "level_high"]


def test_it_comes_and_goes_with_its_condition_and_is_ordered_about_as_any_other() -> None:
    plant = Plant(site())
    plant.level(9_000)
    assert plant.w().state is AlarmState.NORMAL
    plant.level(9_001, at_ms=100)
    assert plant.told(Why.ALARM_RAISED) == [("level_high", "level > 9000", 1, "high", "first-out")]
    plant.feed(OrderGiven(order=order(OrderKind.ALARM_ACK, item="level_high", occurrence=1)))
    assert plant.w().state is AlarmState.ACKED
    plant.level(100, at_ms=200)
    assert (plant.w().state, plant.s.alarms("tanks")) == (AlarmState.NORMAL, ())


@pytest.mark.parametrize(
    ("op", "comes", "stays", "goes"),
    [
        (Comparison.GT, 9_001, 8_501, 8_500),
        (Comparison.GE, 9_000, 8_500, 8_499),
        (Comparison.LT, 8_999, 9_499, 9_500),
        (Comparison.LE, 9_000, 9_500, 9_501),
    ],
)
def test_the_deadband_acts_on_the_return(op: Comparison, comes: int, stays: int, goes: int) -> None:
    plant = Plant(site(replace(HIGH, op=op)))
    plant.level(stays, at_ms=0)
    assert plant.w().state is AlarmState.NORMAL, "on the way up the deadband says nothing"
    plant.level(comes, at_ms=100)
    for at_ms, value in ((200, stays), (300, comes), (400, stays)):
        plant.level(value, at_ms)
        assert (plant.w().state, plant.w().occurrence) == (AlarmState.UNACKED, 1)
    plant.level(goes, at_ms=500)
    assert plant.w().state is AlarmState.RTN_UNACKED


def test_delays_are_those_of_the_alarm() -> None:
    plant = Plant(site(on_ms=200, off_ms=300))
    plant.level(9_500)
    plant.level(100, at_ms=199)
    plant.level(9_500, at_ms=200)
    plant.level(9_500, at_ms=399)
    assert plant.w().state is AlarmState.NORMAL
    assert plant.s.wake == 400 * MS
    plant.wait(400)
    assert plant.w().state is AlarmState.UNACKED
    plant.level(100, at_ms=500)
    plant.level(100, at_ms=799)
    assert plant.w().state is AlarmState.UNACKED
    plant.wait(800)
    assert plant.w().state is AlarmState.RTN_UNACKED


@pytest.mark.parametrize("stands", [False, True])
@pytest.mark.parametrize("bad", [None, 10_001])
def test_a_bad_value_makes_it_neither_come_nor_go(stands: bool, bad: int | None) -> None:
    plant = Plant(site())
    plant.level(9_500 if stands else 100)
    before = plant.w().state
    plant.level(bad, at_ms=100)
    assert plant.w().state is before
    assert [w.code for w in plant.s.unjudged_alarms("tanks")] == ["level_high"]
    plant.level(100 if stands else 9_500, at_ms=200)
    assert plant.w().state is (AlarmState.RTN_UNACKED if stands else AlarmState.UNACKED)
    assert plant.s.unjudged_alarms("tanks") == ()


def test_where_in_the_deadband_it_was_outlives_a_bad_value() -> None:
    plant = Plant(site())
    plant.level(9_500)
    plant.level(None, at_ms=100)
    plant.level(8_800, at_ms=200)
    assert (plant.w().state, plant.w().occurrence) == (AlarmState.UNACKED, 1)


def test_an_off_delay_that_runs_is_no_longer_for_a_bad_value_in_it() -> None:
    plant = Plant(site(replace(HIGH, off_ns=1_000 * MS)))
    plant.level(9_500)
    plant.level(8_000, at_ms=100)
    plant.level(None, at_ms=900)
    plant.level(8_000, at_ms=1_000)
    assert plant.w().state is AlarmState.UNACKED
    plant.wait(1_100)
    assert plant.w().state is AlarmState.RTN_UNACKED


def test_a_delay_does_not_run_over_a_value_that_is_not_known() -> None:
    plant = Plant(site(on_ms=200))
    plant.level(9_500)
    plant.level(None, at_ms=100)
    plant.level(9_500, at_ms=300)
    assert (plant.w().state, plant.w().turn_at) == (AlarmState.NORMAL, 500 * MS)


def test_tags_that_no_alarm_looks_at_make_none() -> None:
    plant = Plant(site())
    plant.at_ms = 1_000
    plant.wait(1_000)
    plant.gate()
    plant.level(9_500)
    assert [alarm.code for alarm in plant.s.alarms("tanks") if alarm.code == "tag_unusable"] == []


def test_stale_values_are_noticed_by_themselves_and_are_one_alarm_of_their_own() -> None:
    plant = Plant(site(AllOf(of=(HIGH, replace(HIGH, tag="feed")))))
    for at_ms in range(1_000, 2_600, 100):
        plant.at_ms = at_ms
        plant.gate()
        plant.level(9_500, feed=9_500) if at_ms < 2_000 else None
        plant.wait(at_ms)
    unusable = [alarm.detail for alarm in plant.s.alarms("tanks") if alarm.code == "tag_unusable"]
    assert unusable == ["level", "feed"]
    assert plant.w().state is AlarmState.UNACKED, "it stands as it was"
    plant.level(100, feed=100)
    assert not [alarm for alarm in plant.s.alarms("tanks") if alarm.code == "tag_unusable"]
    assert plant.w().state is AlarmState.RTN_UNACKED


def test_a_gate_out_of_sight_is_one_alarm_and_its_tags_are_not_a_second() -> None:
    plant = Plant(site())
    plant.at_ms = 1_000
    plant.gate()
    plant.level(100)
    for at_ms in (1_600, 2_500, 4_000):
        plant.wait(at_ms)
    codes = [alarm.code for alarm in plant.s.alarms("tanks")]
    assert "gate_unseen" in codes
    assert "tag_unusable" not in codes
    assert [w.code for w in plant.s.unjudged_alarms("tanks")] == ["level_high"]


def test_it_goes_on_from_a_snapshot_with_the_same_decisions() -> None:
    plant = Plant(site(on_ms=200))
    plant.level(9_500)
    again = Supervision.restore(plant.s.snapshot())
    plant.wait(200)
    told = [reason for decision in again.feed(DueReached(), 200 * MS) for reason in decision.reasons]
    assert [reason for reason in told if reason.why is Why.ALARM_RAISED and reason.args[0] == "level_high"]
    assert again.snapshot() == plant.s.snapshot()
