"""A changed site under a running supervision: what did not change goes on, the rest begins anew, no gate is touched."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from otha.core import codec, site_swap
from otha.core.alarm_list import AlarmConfig
from otha.core.conditions import Compare, Comparison, ConditionConfig
from otha.core.config import PlantAlarmConfig, SiteConfig
from otha.core.effects import ReadRecord
from otha.core.errors import IllegalTransitionError
from otha.core.group.state import Cause, InFlight, InFlightKind
from otha.core.inputs import (
    ClockStepped,
    DueReached,
    EffectEnded,
    GatePolled,
    HeartbeatEnded,
    Input,
    OrderGiven,
    OwnTrouble,
    ReferencePolled,
    SiteSwapped,
    TagsPolled,
)
from otha.core.reasons import Block, Why
from otha.core.supervision import Supervision
from otha.core.words import (
    AlarmCode,
    AlarmPriority,
    AlarmState,
    Answer,
    Arming,
    ConditionClass,
    GroupKind,
    Liveness,
    OrderKind,
    Outcome,
    Standing,
)
from tests.core.build import (
    GATE,
    MS,
    gate_reading,
    group_config,
    node_config,
    order,
    reading,
    record,
    site_config,
    timing,
)
from tests.core.test_supervision import Feed, settled

PUMPS = group_config("cd", name="pumps", gate=replace(GATE, section="plc_2", paths=("plc_2.net_a",)), conditions=())


def two_groups(**tanks: Any) -> SiteConfig:
    return site_config([group_config(**tanks), PUMPS])


def both_settled() -> Feed:
    """Groups "tanks" (a active) and "pumps" (c active) follow their gates."""
    feed = settled(two_groups())
    feed.beat("c", role=1)
    feed.ends(record(active="c"))
    feed.beat("d")
    pumps_gate(feed)
    pumps_gate(feed)
    feed.beat("c", "net_b", role=1)
    feed.beat("d", "net_b")
    assert feed.s.group("pumps").standing is Standing.FOLLOWING
    feed.forget()
    return feed


def pumps_gate(feed: Feed, **said: Any) -> None:
    feed.beats += 1
    said = {"scan": 1_000 + feed.beats, "last_seq": 50 + feed.beats, **said}
    feed(GatePolled(section="plc_2", path="plc_2.net_a", answer=Answer.REPLIED, reading=gate_reading(**said)))


def swap(feed: Feed, cfg: SiteConfig, **other: tuple[str, ...]) -> None:
    feed(SiteSwapped(cfg=cfg, **other))


def blocks(feed: Feed, cfg: SiteConfig, **other: tuple[str, ...]) -> list[Block]:
    return [each.block for each in feed.s.against_swap(SiteSwapped(cfg=cfg, **other))]


def test_the_same_site_changes_no_group_and_asks_nothing() -> None:
    feed = both_settled()
    before = feed.s.snapshot()
    swap(feed, two_groups())
    assert feed.decisions == []
    assert feed.s.snapshot() == before


def test_a_group_that_did_not_change_goes_on_with_all_that_it_knows() -> None:
    feed = both_settled()
    feed.missed("c", "net_a", times=2)
    pumps, c, c_net_a = feed.s.group("pumps"), feed.s.node("c"), feed.s.channel("c.net_a")
    assert c_net_a.misses == 2
    feed.forget()
    swap(feed, two_groups(timing=timing(holdoff_ns=60_000 * MS)))
    assert feed.s.group("pumps") is pumps
    assert feed.s.node("c") is c
    assert feed.s.channel("c.net_a") is c_net_a
    assert {decision.group for decision in feed.decisions} == {"tanks"}
    # The third miss counts together with the two before.
    feed.missed("c", "net_a", times=1)
    assert feed.reasons(Why.CHANNEL) == [("c.net_a", "lost")]


def test_a_changed_group_begins_anew_and_adopts_on_agreeing_evidence_without_a_command() -> None:
    feed = both_settled()
    swap(feed, two_groups(timing=timing(holdoff_ns=60_000 * MS)))
    assert feed.s.group("tanks").standing is Standing.SETTLING
    assert feed.reasons(Why.BEGINS_ANEW) == [("armed",)]
    assert [effect.do for decision in feed.decisions for effect in decision.effects] == [ReadRecord()]
    feed.ends(record())
    assert feed.s.group("tanks").standing is Standing.FOLLOWING
    assert [effect.do for decision in feed.decisions for effect in decision.effects] == [ReadRecord()]


def test_a_changed_group_that_does_not_agree_with_its_gate_needs_an_operator() -> None:
    feed = both_settled()
    swap(feed, two_groups(timing=timing(holdoff_ns=60_000 * MS)))
    feed.ends(record(active="b"))
    assert feed.s.group("tanks").standing is Standing.NEEDS_OPERATOR


def test_an_effect_of_before_ends_unheard() -> None:
    feed = both_settled()
    swap(feed, two_groups(timing=timing(holdoff_ns=60_000 * MS)))
    first = feed.decisions[-1].effects or [e for d in feed.decisions for e in d.effects]
    old = first[0].id
    swap(feed, two_groups(timing=timing(holdoff_ns=90_000 * MS)))
    feed(EffectEnded(id=old, outcome=Outcome.DONE, record=record(active="b")))
    assert feed.s.group("tanks").record is None
    feed.ends(record())
    assert feed.s.group("tanks").standing is Standing.FOLLOWING


def test_a_node_that_is_another_device_now_is_known_no_more() -> None:
    feed = both_settled()
    swap(feed, two_groups(), nodes=("b",))
    assert feed.s.node("b").verdict.liveness is Liveness.UNKNOWN
    assert feed.s.node("a").verdict.liveness is Liveness.ALIVE
    assert feed.reasons(Why.BEGINS_ANEW) == [("armed",)]
    feed.ends(record())
    feed.beat("b")
    assert feed.s.group("tanks").standing is Standing.FOLLOWING


def test_a_tag_that_stands_elsewhere_begins_the_groups_anew_that_use_it_and_no_others() -> None:
    feed = both_settled()
    swap(feed, two_groups(), tags=("key",))
    assert {decision.group for decision in feed.decisions} == {"tanks"}
    assert feed.s.tag("key").value is None
    assert feed.s.tag("permit").value == 1


def test_a_new_group_begins_and_a_removed_one_ends() -> None:
    feed = settled()
    swap(feed, two_groups())
    assert feed.s.group("pumps").standing is Standing.SETTLING
    assert feed.s.group("tanks").standing is Standing.FOLLOWING
    feed.forget()
    swap(feed, site_config([PUMPS]))
    with pytest.raises(IllegalTransitionError, match="no group 'tanks'"):
        feed(OrderGiven(order=order(OrderKind.SWITCHOVER)))
    assert [effect for decision in feed.decisions for effect in decision.effects] == []


def test_what_persons_ordered_and_what_bounds_automatic_transfers_outlives_the_change() -> None:
    feed = both_settled()
    feed(OrderGiven(order=order(OrderKind.MAINTENANCE_IN, "b")))
    group = feed.s.group("tanks")
    assert group.maintenance == (False, True)
    lost = InFlight(node="a", kind=InFlightKind.COMMANDS, count=2, tag="")
    held = replace(group, holdoff_until=9_000 * MS, recent=(700_000 * MS,), serial=4, in_flight=(lost,))
    feed.s._state.groups[0] = held
    three = site_config([group_config("abe", name="tanks"), PUMPS])
    swap(feed, three)
    group = feed.s.group("tanks")
    assert group.maintenance == (False, True, False)
    assert (group.holdoff_until, group.recent, group.serial) == (9_000 * MS, (700_000 * MS,), 4)
    assert group.in_flight == (lost,)
    # A repeat of an order gets the answer of before.
    feed(OrderGiven(order=order(OrderKind.MAINTENANCE_IN, "b")))
    assert feed.reasons(Why.ORDER_REPEATED)


LONGER = timing(holdoff_ns=60_000 * MS)


def _level(value: int) -> ConditionConfig:
    when = Compare(tag="key", op=Comparison.EQ, value=value, for_ns=0)
    return ConditionConfig(name="level", interlock=True, klass=ConditionClass.PROCESS, when=when)


@pytest.mark.parametrize(("after", "stands"), [(0, True), (1, False)])
def test_a_bypass_stands_where_its_interlock_is_what_was_meant_and_else_its_end_is_told(
    after: int, stands: bool
) -> None:
    feed = settled(two_groups(conditions=(_level(0),)))
    feed(OrderGiven(order=order(OrderKind.BYPASS, id="1", item="level", for_ns=60_000 * MS)))
    feed(OrderGiven(order=order(OrderKind.CONFIRM, id="2", user="eva", request=feed.s.group("tanks").requests)))
    given = feed.s.group("tanks").bypasses
    assert [each.item for each in given] == ["level"]
    swap(feed, two_groups(conditions=(_level(after),), timing=LONGER))
    assert feed.s.group("tanks").bypasses == (given if stands else ())
    assert feed.reasons(Why.BYPASS_ENDED) == ([] if stands else [("level", "the site was changed")])


def test_a_failover_that_a_person_rejected_is_not_asked_for_anew_by_a_change() -> None:
    feed = both_settled()
    feed.s._state.groups[0] = replace(feed.s.group("tanks"), declined=Cause.DEAD)
    swap(feed, two_groups(timing=LONGER))
    assert feed.s.group("tanks").declined is Cause.DEAD


@pytest.mark.parametrize(
    ("file_before", "running", "file_after", "then"),
    [
        (Arming.ARMED, Arming.ARMED, Arming.ARMED, Arming.ARMED),
        (Arming.ARMED, Arming.OBSERVE, Arming.ARMED, Arming.OBSERVE),  # a person took it back: it stays so
        (Arming.OBSERVE, Arming.ARMED, Arming.OBSERVE, Arming.ARMED),  # nor does the file say anything new here
        (Arming.OBSERVE, Arming.OBSERVE, Arming.ARMED, Arming.ARMED),  # the file was changed to say so
        (Arming.ADVISE, Arming.ARMED, Arming.OBSERVE, Arming.OBSERVE),
        (Arming.ARMED, Arming.ADVISE, Arming.OBSERVE, Arming.OBSERVE),
        (Arming.ARMED, Arming.OBSERVE, Arming.ADVISE, Arming.OBSERVE),  # it says less than before: that arms nothing
    ],
)
def test_a_changed_group_is_armed_as_a_person_said_last(
    file_before: Arming, running: Arming, file_after: Arming, then: Arming
) -> None:
    feed = settled(two_groups(arming=file_before))
    feed(OrderGiven(order=order(OrderKind.ARM, arming=running)))
    assert feed.s.group("tanks").arming is running
    swap(feed, two_groups(arming=file_after, timing=LONGER))
    g = feed.s.group("tanks")
    assert g.arming is then
    # The next start must find what holds: by the order, or by the file.
    assert g.arming_ordered is (file_before is file_after or then is not file_after)


# What stands against it


def test_it_is_refused_in_tilt() -> None:
    feed = both_settled()
    feed(ClockStepped(jump_ns=10_000 * MS))
    assert blocks(feed, two_groups()) == [Block.TILT]


def test_it_is_refused_in_a_transfer_of_any_group() -> None:
    feed = both_settled()
    feed(OrderGiven(order=order(OrderKind.SWITCHOVER, "b")))
    assert feed.s.group("tanks").plan is not None
    assert blocks(feed, two_groups()) == [Block.TRANSFER_RUNNING]
    before = feed.s.snapshot()
    with pytest.raises(IllegalTransitionError, match="transfer_running"):
        swap(feed, two_groups())
    assert feed.s.snapshot() == before


def test_it_is_refused_while_a_person_has_selected_a_group() -> None:
    feed = both_settled()
    feed(OrderGiven(order=order(OrderKind.SELECT, "b")))
    assert feed.s.group("tanks").selection is not None
    assert blocks(feed, two_groups()) == [Block.SELECTED]


def test_it_is_refused_while_a_second_person_is_waited_for() -> None:
    lenient = ConditionConfig(
        name="level",
        interlock=True,
        klass=ConditionClass.PROCESS,
        when=Compare(tag="key", op=Comparison.EQ, value=0, for_ns=0),
    )
    cfg = two_groups(conditions=(lenient, group_config().conditions[1]))
    feed = settled(cfg)
    feed(OrderGiven(order=order(OrderKind.BYPASS, item="level", for_ns=60_000 * MS)))
    assert feed.s.group("tanks").request is not None
    assert blocks(feed, cfg) == [Block.REQUEST_PENDING]


def _renamed() -> SiteConfig:
    return site_config([group_config(name="vessels"), PUMPS])


def _renumbered() -> SiteConfig:
    return site_config([replace(group_config(), nodes=(node_config("a", 2), node_config("b", 1))), PUMPS])


def _without_the_active() -> SiteConfig:
    return site_config([replace(group_config(), nodes=(node_config("b", 2), node_config("e", 3))), PUMPS])


def _retargeted() -> SiteConfig:
    return two_groups(gate=replace(GATE, section="plc_3"))


@pytest.mark.parametrize(
    ("changed", "other"),
    [
        (_renamed, {}),
        (_renumbered, {}),
        (_retargeted, {}),
        (two_groups, {"sections": ("plc",), "gates": ("plc",)}),
        (lambda: two_groups(kind=GroupKind.PATH), {}),
        (_without_the_active, {}),
    ],
    ids=[
        "another group at the gate",
        "other numbers",
        "another target",
        "other registers",
        "another kind",
        "active leaves",
    ],
)
def test_who_is_who_at_a_gate_does_not_change_while_the_group_may_act(
    changed: Callable[[], SiteConfig], other: dict[str, tuple[str, ...]]
) -> None:
    feed = both_settled()
    found = blocks(feed, changed(), **other)
    assert found
    assert {*found} == {Block.OTHER_IDENTITY}
    feed(OrderGiven(order=order(OrderKind.ARM, arming=Arming.OBSERVE)))
    assert blocks(feed, changed(), **other) == []
    swap(feed, changed(), **other)
    assert [type(effect.do) for decision in feed.decisions for effect in decision.effects] in ([], [ReadRecord])


def test_a_section_that_is_asked_over_slower_polls_keeps_its_identity() -> None:
    feed = both_settled()
    assert blocks(feed, two_groups(gate=replace(GATE, poll_ns=100 * MS)), sections=("plc",)) == []


def test_another_site_or_supervisor_needs_a_restart() -> None:
    feed = both_settled()
    assert blocks(feed, replace(two_groups(), name="other")) == [Block.RESTART_NEEDED]
    assert blocks(feed, replace(two_groups(), supervisor="sup_2")) == [Block.RESTART_NEEDED]


# What groups see of each other, and of the observer


def test_an_isolated_observer_stays_so_until_new_reference_points_answer() -> None:
    feed = both_settled()
    for name in ("ref_a", "ref_b"):
        for _ in range(2):
            feed(ReferencePolled(name=name, answer=Answer.MISSED))
    assert feed.s.shared.isolated
    swap(feed, two_groups(), references=("ref_a",))
    assert feed.s.shared.isolated
    feed(ReferencePolled(name="ref_a", answer=Answer.REPLIED))
    assert not feed.s.shared.isolated


def test_without_reference_points_the_isolation_ends_after_what_was_silent_had_its_time() -> None:
    feed = both_settled()
    for name in ("ref_a", "ref_b"):
        for _ in range(2):
            feed(ReferencePolled(name=name, answer=Answer.MISSED))
    feed.missed("a", "net_a")
    swap(feed, replace(two_groups(), references=()))
    assert feed.s.shared.isolated
    feed.beat("a", role=1)
    assert not feed.s.shared.isolated


# Replay, and what waited behind it


def test_a_change_is_an_input_like_others_and_replays_to_the_byte() -> None:
    raw = SiteSwapped(cfg=two_groups(timing=LONGER), nodes=("b",))
    data = codec.encode_input(raw)
    assert codec.decode_input(data) == raw
    feed = both_settled()
    again = Supervision.restore(feed.s.snapshot())
    decided = feed(raw)
    replayed = again.feed(codec.decode_input(data), feed.at_ms * MS)
    assert [each.digest() for each in replayed] == [each.digest() for each in decided]
    assert again.snapshot() == feed.s.snapshot()
    assert Supervision.restore(feed.s.snapshot()).snapshot() == feed.s.snapshot()


def test_a_picture_of_the_site_before_stays_as_it_was() -> None:
    feed = both_settled()
    before, picture = feed.s.snapshot(), feed.s.still()
    swap(feed, site_config([PUMPS]), nodes=("c",))
    assert picture.snapshot() == before
    assert picture.group("tanks").standing is Standing.FOLLOWING


@pytest.mark.parametrize(
    ("raw", "passes"),
    [
        (HeartbeatEnded(channel="a.net_a", answer=Answer.MISSED, reading=None), False),
        (HeartbeatEnded(channel="c.net_a", answer=Answer.REPLIED, reading=reading()), False),
        (HeartbeatEnded(channel="d.net_a", answer=Answer.REPLIED, reading=reading()), True),
        (GatePolled(section="plc", path="plc.net_a", answer=Answer.MISSED, reading=None), False),
        (GatePolled(section="plc_2", path="plc_2.net_a", answer=Answer.MISSED, reading=None), True),
        (TagsPolled(source="plc", values=(("key", 0), ("permit", 1))), False),
        (TagsPolled(source="plc", values=(("permit", 1),)), True),
        (ReferencePolled(name="ref_b", answer=Answer.MISSED), False),
        (OrderGiven(order=order(OrderKind.ACKNOWLEDGE)), False),
        (OrderGiven(order=order(OrderKind.ACKNOWLEDGE, group="pumps")), True),
        (ClockStepped(jump_ns=1), True),
    ],
)
def test_what_waited_behind_the_change_and_speaks_of_before_is_dropped(raw: Input, passes: bool) -> None:
    given = SiteSwapped(cfg=site_config([PUMPS]), nodes=("c",), tags=("key",), references=("ref_b",))
    assert site_swap.Sieve(given).lets_through(raw) is passes


def test_a_changed_group_whose_active_is_dead_suspects_it_anew_once_it_has_settled() -> None:
    feed = both_settled()
    feed.missed("a", "net_a")
    feed.missed("a", "net_b")
    feed.gate(owner_age_ms=200)
    assert feed.s.group("tanks").suspicion is not None
    swap(feed, two_groups(timing=LONGER))
    assert feed.s.group("tanks").suspicion is None
    feed.ends(record())
    group = feed.s.group("tanks")
    assert group.standing is Standing.FOLLOWING
    assert group.suspicion is not None


# Alarms


def alarmed() -> Feed:
    feed = both_settled()
    feed(OwnTrouble(code=AlarmCode.JOURNAL_SILENT, detail="rows wait", holds=True))
    for at_ms in range(feed.at_ms, feed.at_ms + 601, 50):
        feed.at_ms = at_ms
        feed.gate()
        feed.tags()
        feed.beat("a", role=1)
        feed.beat("b", level=1)
        feed(DueReached())
    assert states(feed, "tanks")["redundancy_lost"] == (AlarmState.UNACKED, 1, False)
    return feed


def states(feed: Feed, name: str) -> dict[str, tuple[AlarmState, int, bool]]:
    return {w.code: (w.state, w.occurrence, w.recalled) for w in feed.s.alarm_watches(name)}


def test_alarms_of_a_group_that_goes_on_and_of_the_supervisor_stand_as_they_did() -> None:
    feed = alarmed()
    before = states(feed, "tanks"), states(feed, "sup")
    swap(feed, replace(two_groups(), tilt_for_ns=5 * MS))
    feed(DueReached())
    assert (states(feed, "tanks"), states(feed, "sup")) == before
    feed(OwnTrouble(code=AlarmCode.JOURNAL_SILENT, detail="", holds=False))
    assert states(feed, "sup")["journal_silent"] == (AlarmState.RTN_UNACKED, 1, False)


def test_alarms_of_a_group_that_begins_anew_stand_until_they_can_be_judged() -> None:
    feed = alarmed()
    swap(feed, two_groups(arming=Arming.ADVISE))
    assert states(feed, "tanks")["redundancy_lost"] == (AlarmState.UNACKED, 1, True)
    assert feed.reasons(Why.ALARM_RAISED)[-1][0] == "redundancy_lost", "and nothing was annunciated by the change"


KEY_IN = AlarmConfig(code="key_in", priority=AlarmPriority.LOW, cause="c", consequence="c", response="r")


def plant_alarm(value: int = 1, **listed: Any) -> PlantAlarmConfig:
    when = Compare(tag="key", op=Comparison.EQ, value=value, for_ns=0)
    return PlantAlarmConfig(group="tanks", listed=replace(KEY_IN, **listed), when=when, text=f"key == {value}")


def acknowledged(alarm: PlantAlarmConfig, *then: OrderKind) -> Feed:
    """The alarm stands and is acknowledged."""
    feed = both_settled()
    swap(feed, replace(two_groups(), plant_alarms=(alarm,)))
    key(feed, 1)
    for kind in (OrderKind.ALARM_ACK, *then):
        changes: dict[str, Any] = {"occurrence": 1} if kind is OrderKind.ALARM_ACK else {"for_ns": 60_000 * MS}
        feed(OrderGiven(order=order(kind, id=kind.value, item="key_in", **changes)))
    feed.forget()
    return feed


def key(feed: Feed, value: int) -> None:
    feed(TagsPolled(source="plc", values=(("key", value), ("permit", 1))))


@pytest.mark.parametrize(
    "changes",
    [{"priority": AlarmPriority.CRITICAL}, {"response": "leave"}, {"cause": "another"}, {"consequence": "worse"}],
    ids=lambda changes: next(iter(changes)),
)
def test_an_alarm_that_means_something_else_is_annunciated_anew(changes: dict[str, Any]) -> None:
    feed = acknowledged(plant_alarm())
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.ACKED, 1)
    swap(feed, replace(two_groups(), plant_alarms=(plant_alarm(**changes),)))
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.UNACKED, 2)
    assert feed.reasons(Why.ALARM_REDEFINED) == [("key_in", "key == 1", 1, "acked", "")]
    late = order(OrderKind.ALARM_ACK, id="late", item="key_in", occurrence=1)
    feed(OrderGiven(order=late))
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.UNACKED, 2)


def test_one_with_other_delays_is_still_the_one_that_was_acknowledged() -> None:
    feed = acknowledged(plant_alarm())
    swap(feed, replace(two_groups(), plant_alarms=(plant_alarm(off_delay_ns=5 * MS),)))
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.ACKED, 1)
    assert feed.reasons(Why.ALARM_REDEFINED) == []


def test_an_alarm_with_another_condition_is_judged_anew() -> None:
    feed = acknowledged(plant_alarm())
    swap(feed, replace(two_groups(), plant_alarms=(plant_alarm(value=0),)))
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.NORMAL, 1)
    key(feed, 1)
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.NORMAL, 1)
    key(feed, 0)
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.UNACKED, 2)


def test_an_alarm_whose_condition_is_another_one_and_holds_is_annunciated_once_it_is_known() -> None:
    feed = acknowledged(plant_alarm())
    other = Compare(tag="key", op=Comparison.GE, value=1, for_ns=0)
    swap(feed, replace(two_groups(), plant_alarms=(replace(plant_alarm(), when=other),)))
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.NORMAL, 1)
    key(feed, 1)
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.UNACKED, 2)


def test_an_alarm_that_looks_at_another_device_by_the_same_tag_is_another_alarm() -> None:
    feed = acknowledged(plant_alarm())
    site = replace(two_groups(conditions=()), plant_alarms=(plant_alarm(),))
    feed(SiteSwapped(cfg=site, tags=("key",)))
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.NORMAL, 1)


def test_what_was_shelved_was_another_alarm() -> None:
    feed = acknowledged(plant_alarm(), OrderKind.SHELVE)
    swap(feed, replace(two_groups(), plant_alarms=(plant_alarm(priority=AlarmPriority.CRITICAL),)))
    (w,) = (w for w in feed.s.alarm_watches("tanks") if w.code == "key_in")
    assert (w.state, w.flags, w.occurrence) == (AlarmState.UNACKED, (), 2)
    assert feed.reasons(Why.ALARM_REDEFINED) == [("key_in", "key == 1", 1, "acked", "shelved")]


def test_one_that_latched_is_to_be_acknowledged_again_and_one_that_nobody_saw_stays_to_be_seen() -> None:
    feed = acknowledged(plant_alarm(latching=True))
    key(feed, 0)
    assert states(feed, "tanks")["key_in"][0] is AlarmState.LATCHED_ACKED
    swap(feed, replace(two_groups(), plant_alarms=(plant_alarm(latching=True, response="leave"),)))
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.LATCHED_UNACKED, 1)
    feed.forget()
    swap(feed, replace(two_groups(), plant_alarms=(plant_alarm(latching=True, response="stay"),)))
    assert states(feed, "tanks")["key_in"][:2] == (AlarmState.LATCHED_UNACKED, 1)
    assert feed.reasons(Why.ALARM_REDEFINED) == []


def test_an_alarm_that_is_not_in_the_file_any_more_says_that_it_is_gone_and_how_it_stood() -> None:
    feed = acknowledged(plant_alarm())
    swap(feed, two_groups())
    assert feed.reasons(Why.ALARM_GONE) == [("key_in", "key == 1", 1, "acked", "")]
    feed.forget()
    swap(feed, replace(two_groups(), plant_alarms=(plant_alarm(),)))
    swap(feed, two_groups())
    assert feed.reasons(Why.ALARM_GONE) == [], "nobody saw it"


def test_the_alarms_of_a_group_that_is_supervised_no_more_are_gone_too() -> None:
    feed = alarmed()
    feed(OrderGiven(order=order(OrderKind.ARM, arming=Arming.OBSERVE)))
    feed.forget()
    swap(feed, site_config([PUMPS]))
    assert [args[0] for args in feed.reasons(Why.ALARM_GONE)] == ["redundancy_lost"]
    assert feed.s.alarm_watches("tanks") == ()


def test_an_own_alarm_of_the_supervisor_that_means_something_else_is_annunciated_anew() -> None:
    feed = alarmed()
    ack = order(OrderKind.ALARM_ACK, group="sup", id="ack", item="journal_silent", occurrence=1)
    feed(OrderGiven(order=ack))
    assert states(feed, "sup")["journal_silent"][:2] == (AlarmState.ACKED, 1)
    listed = tuple(
        replace(each, priority=AlarmPriority.CRITICAL) if each.code == AlarmCode.JOURNAL_SILENT else each
        for each in two_groups().alarms
    )
    swap(feed, replace(two_groups(), alarms=listed))
    assert states(feed, "sup")["journal_silent"][:2] == (AlarmState.UNACKED, 2)


def test_an_alarm_on_plant_tags_comes_and_goes_with_the_site_file() -> None:
    listed = AlarmConfig(code="key_in", priority=AlarmPriority.LOW, cause="c", consequence="c", response="r")
    when = Compare(tag="key", op=Comparison.EQ, value=1, for_ns=0)
    alarm = PlantAlarmConfig(group="tanks", listed=listed, when=when, text="key == 1")
    feed = both_settled()
    swap(feed, replace(two_groups(), plant_alarms=(alarm,)))
    feed(TagsPolled(source="plc", values=(("key", 1), ("permit", 1))))
    assert states(feed, "tanks")["key_in"] == (AlarmState.UNACKED, 1, False)
    swap(feed, replace(two_groups(), plant_alarms=(alarm,), tilt_for_ns=5 * MS))
    assert states(feed, "tanks")["key_in"] == (AlarmState.UNACKED, 1, False)
    swap(feed, two_groups())
    assert "key_in" not in states(feed, "tanks")
    assert "key_in" not in [each.code for each in feed.s.alarms("tanks")]
