"""All decisions behind one door: raw inputs in, decisions out; unchanged verdicts are silent."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otha.core.canon import CanonError, encode
from otha.core.conditions import Compare, Comparison, MachineConfig, MachineRule, MachineStateConfig, TagConfig
from otha.core.config import AdaptiveDetector, SiteConfig
from otha.core.effects import ReadRecord
from otha.core.errors import IllegalTransitionError, InvariantBreachError
from otha.core.group import invariant
from otha.core.group.turn import Decision
from otha.core.inputs import (
    ClockStepped,
    DueReached,
    EffectEnded,
    EffectId,
    GatePolled,
    HeartbeatEnded,
    Input,
    LoopStalled,
    OrderGiven,
    ReferencePolled,
    TagsPolled,
)
from otha.core.reasons import Why
from otha.core.supervision import Supervision
from otha.core.words import (
    AlarmState,
    Answer,
    Conduct,
    GateState,
    Liveness,
    OrderKind,
    Outcome,
    Phase,
    Pulse,
    Standing,
    TrackedForm,
    Verdict,
)
from tests.core.build import GATE, MS, TRACKED, gate_reading, group_config, order, reading, record, site_config


class Feed:
    """A supervision under test, and the time in milliseconds."""

    def __init__(self, cfg: SiteConfig | None = None, at_ms: int = 1_000) -> None:
        self.s = Supervision(cfg if cfg is not None else site_config(), at_ms * MS)
        self.at_ms = at_ms
        self.decisions: list[Decision] = []
        self.beats = 0

    def __call__(self, raw: Input, at_ms: int | None = None) -> tuple[Decision, ...]:
        self.at_ms = self.at_ms if at_ms is None else at_ms
        decided = self.s.feed(raw, self.at_ms * MS)
        self.decisions += decided
        return decided

    def beat(self, node: str, way: str = "net_a", **said: Any) -> tuple[Decision, ...]:
        """A heartbeat in time; its counters go on unless told otherwise."""
        self.beats += 1
        counters = {"heartbeat": self.beats, "cycle": self.beats}
        return self(
            HeartbeatEnded(channel=f"{node}.{way}", answer=Answer.REPLIED, reading=reading(**{**counters, **said}))
        )

    def missed(self, node: str, way: str, times: int = 3) -> None:
        for _ in range(times):
            self(HeartbeatEnded(channel=f"{node}.{way}", answer=Answer.MISSED, reading=None))

    def gate(self, **said: Any) -> tuple[Decision, ...]:
        self.beats += 1
        said = {"scan": 1_000 + self.beats, "last_seq": 50 + self.beats, **said}
        return self(GatePolled(section="plc", path="plc.net_a", answer=Answer.REPLIED, reading=gate_reading(**said)))

    def tags(self, key: int | None = 0, permit: int | None = 1) -> tuple[Decision, ...]:
        return self(TagsPolled(source="plc", values=(("key", key), ("permit", permit))))

    def ends(self, stored: Any, outcome: Outcome = Outcome.DONE) -> tuple[Decision, ...]:
        effects = [effect for decision in self.decisions for effect in decision.effects]
        return self(EffectEnded(id=effects[-1].id, outcome=outcome, record=stored))

    def reasons(self, why: Why) -> list[tuple[str | int, ...]]:
        return [r.args for decision in self.decisions for r in decision.reasons if r.why is why]

    def forget(self) -> None:
        self.decisions = []


def settled(cfg: SiteConfig | None = None) -> Feed:
    """The group follows "a" under epoch 1; its permissive's on-delay is over."""
    feed = Feed(cfg)
    feed.tags()
    feed.beat("a", role=1)
    feed.ends(record())
    feed.beat("b")
    feed.gate()
    feed.gate()
    for node in ("a", "b"):
        feed.beat(node, "net_b", role=1 if node == "a" else 2)
    feed.at_ms = 1_100
    feed.tags()
    assert feed.s.group("tanks").standing is Standing.FOLLOWING
    assert set(feed.s.group("tanks").conditions) == {Verdict.TRUE}
    feed.forget()
    return feed


def test_the_first_input_of_a_group_reads_its_record() -> None:
    feed = Feed()
    (decision, *_) = feed.tags()
    assert [effect.do for effect in decision.effects] == [ReadRecord()]


def test_unchanged_readings_lead_to_no_decision() -> None:
    feed = settled()
    for at_ms in range(1_150, 3_000, 50):
        feed.at_ms = at_ms
        for way in ("net_a", "net_b"):
            assert feed.beat("a", way, role=1) == ()
            assert feed.beat("b", way) == ()
        assert feed.gate() == ()
        assert feed.tags() == ()
        assert feed(ReferencePolled(name="ref_a", answer=Answer.REPLIED)) == ()


def test_a_changed_channel_is_told_even_if_no_verdict_on_the_node_changes() -> None:
    feed = settled()
    feed.missed("a", "net_a")
    assert feed.reasons(Why.CHANNEL) == [("a.net_a", "late"), ("a.net_a", "lost")]
    assert feed.s.channel("a.net_a").pulse is Pulse.LOST
    assert feed.s.node("a").verdict.liveness is Liveness.ALIVE
    assert feed.s.group("tanks").suspicion is None


def test_a_node_whose_channels_are_all_lost_is_dead() -> None:
    feed = settled()
    feed.missed("a", "net_a")
    feed.missed("a", "net_b")
    assert feed.reasons(Why.NODE) == [("a", "dead")]
    assert feed.s.group("tanks").nodes[0].liveness is Liveness.DEAD


def test_a_one_shot_that_is_still_to_be_done_is_told_to_the_group() -> None:
    start = replace(TRACKED[0], name="start", form=TrackedForm.ONE_SHOT)
    feed = settled(site_config((group_config(tracked=(start, TRACKED[1])),)))
    for told, names in (((1, 4_000), ("start",)), ((0, 4_000), ())):
        feed.beat("b", tracked=told)
        assert feed.s.group("tanks").nodes[1].one_shots == names


def test_a_late_reply_from_a_dead_node_shows_life() -> None:
    feed = settled()
    feed.missed("a", "net_a")
    feed.missed("a", "net_b")
    feed(HeartbeatEnded(channel="a.net_a", answer=Answer.LATE, reading=None))
    assert feed.s.node("a").verdict.liveness is Liveness.ALIVE


def test_garbled_values_are_not_read() -> None:
    feed = settled()
    feed(HeartbeatEnded(channel="b.net_a", answer=Answer.GARBLED, reading=None))
    assert feed.s.node("b").verdict.liveness is Liveness.ALIVE


@pytest.mark.parametrize(
    "raw",
    [
        HeartbeatEnded(channel="z.net_a", answer=Answer.MISSED, reading=None),
        GatePolled(section="z", path="z.net_a", answer=Answer.REPLIED, reading=gate_reading()),
        TagsPolled(source="plc", values=(("key", 1), ("z", 1))),
        ReferencePolled(name="z", answer=Answer.MISSED),
        OrderGiven(order=order(OrderKind.ACKNOWLEDGE, group="z")),
        EffectEnded(id=EffectId(group="z", epoch=1, plan=1, phase="x", attempt=0), outcome=Outcome.DONE, record=None),
    ],
    ids=lambda raw: type(raw).__name__,
)
def test_an_input_that_names_what_the_site_does_not_have_changes_nothing(raw: Input) -> None:
    feed = settled()
    before = feed.s.snapshot()
    with pytest.raises(IllegalTransitionError):
        feed(raw)
    assert feed.s.snapshot() == before


# Time


def test_it_asks_to_be_woken_for_the_nearest_deadline() -> None:
    feed = settled()
    # The tags go stale at 1,600, the gate out of sight at 1,230: 230 ms after its last reading.
    assert feed.s.wake == 1_230 * MS
    feed.at_ms = 1_200
    feed.gate()
    assert feed.s.wake == 1_430 * MS


def test_a_gate_without_a_newer_reading_goes_out_of_sight() -> None:
    feed = settled()
    seen = []
    for at_ms in (1_229, 1_230):
        feed(DueReached(), at_ms)
        seen.append(feed.s.group("tanks").gate.seen)
    assert seen == [True, False]
    assert feed.reasons(Why.GATE) == [("plc", "unseen", "a", 1, "permit")]


def test_a_poll_without_a_reading_tells_nothing() -> None:
    feed = settled()
    assert feed(GatePolled(section="plc", path="plc.net_a", answer=Answer.MISSED, reading=None)) == ()


def test_interlocks_go_stale_when_their_tags_are_not_read() -> None:
    feed = settled()
    feed(DueReached(), 1_600)
    assert feed.s.group("tanks").conditions == (Verdict.STALE, Verdict.STALE)
    assert feed.reasons(Why.CONDITION) == [("key_out", "stale"), ("permit", "stale")]


def test_an_on_delay_ends_by_itself() -> None:
    feed = Feed()
    feed.tags()
    permit = [feed.s.group("tanks").conditions[1]]
    for at_ms in (1_099, 1_100):
        feed(DueReached(), at_ms)
        permit.append(feed.s.group("tanks").conditions[1])
    assert permit == [Verdict.FALSE, Verdict.FALSE, Verdict.TRUE]


def adaptive() -> SiteConfig:
    site = site_config()
    detector = AdaptiveDetector(window=4, margin_ns=100 * MS)
    return replace(site, channels=tuple(replace(channel, detector=detector) for channel in site.channels))


def test_an_adaptive_channel_is_given_up_by_time_alone() -> None:
    feed = settled(adaptive())
    feed(DueReached(), 1_149)
    assert feed.s.node("a").verdict.liveness is Liveness.ALIVE
    # The replies came at 1,000: the next ones were due by 1,050 and given up 100 ms later.
    feed(DueReached(), 1_150)
    assert feed.s.node("a").verdict.liveness is Liveness.DEAD


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.booleans())
def test_a_wake_is_always_ahead_once_it_was_served(pauses_ms: list[int], with_adaptive: bool) -> None:
    feed = settled(adaptive() if with_adaptive else None)
    feed.missed("a", "net_a", 2)
    for pause in pauses_ms:
        feed(DueReached(), feed.at_ms + pause)
        assert feed.s.wake is None or feed.s.wake > feed.at_ms * MS


# What groups see of each other


def test_isolation_and_its_end_reach_every_group() -> None:
    feed = settled()
    for name in ("ref_a", "ref_b"):
        for _ in range(2):
            feed(ReferencePolled(name=name, answer=Answer.MISSED))
    feed(ReferencePolled(name="ref_b", answer=Answer.REPLIED))
    assert not feed.s.shared.isolated
    assert feed.reasons(Why.ISOLATED) == [("isolated",), ("connected",)]


def _rejoining() -> Feed:
    """Isolated, every channel of a lost meanwhile; then a reference point answers again."""
    feed = settled()
    for name in ("ref_a", "ref_b"):
        for _ in range(2):
            feed(ReferencePolled(name=name, answer=Answer.MISSED))
    for network in ("net_a", "net_b"):
        feed.missed("a", network, 3)
    feed(ReferencePolled(name="ref_b", answer=Answer.REPLIED))
    return feed


def test_who_was_silent_while_isolated_has_time_to_be_heard_before_it_counts_as_dead() -> None:
    feed = _rejoining()
    assert feed.s.shared.isolated
    until_ms = feed.at_ms + max(group.timing.settle_ns for group in feed.s.cfg.groups) // MS
    feed(DueReached(), until_ms - 1)
    assert feed.reasons(Why.ISOLATED) == [("isolated",)]
    assert feed.reasons(Why.SUSPECTED) == []
    feed(DueReached(), until_ms)
    assert feed.reasons(Why.ISOLATED) == [("isolated",), ("connected",)]


def test_an_observer_that_hears_everybody_again_is_connected_at_once() -> None:
    feed = _rejoining()
    feed.beat("a", "net_a")
    assert feed.reasons(Why.ISOLATED) == [("isolated",)]
    feed.beat("a", "net_b")
    assert feed.reasons(Why.ISOLATED) == [("isolated",), ("connected",)]


@pytest.mark.parametrize(
    ("raw", "tilted"),
    [
        (ClockStepped(jump_ns=250 * MS), False),
        (ClockStepped(jump_ns=250 * MS + 1), True),
        (ClockStepped(jump_ns=-3_600_000 * MS), True),
        (LoopStalled(gap_ns=250 * MS), False),
        (LoopStalled(gap_ns=251 * MS), True),
    ],
)
def test_a_clock_step_or_a_stalled_loop_tilts(raw: Input, tilted: bool) -> None:
    feed = settled()
    feed(raw)
    assert feed.s.shared.tilted is tilted


def test_tilt_ends_after_its_time_and_every_new_cause_begins_it_anew() -> None:
    feed = settled()
    feed(LoopStalled(gap_ns=300 * MS), 1_200)
    feed(ClockStepped(jump_ns=900 * MS), 1_700)
    tilted = []
    for at_ms in (2_699, 2_700):
        feed(DueReached(), at_ms)
        tilted.append(feed.s.shared.tilted)
    assert tilted == [True, False]
    assert [args[0] for args in feed.reasons(Why.TILT)] == ["begins", "ends"]


def two_groups() -> SiteConfig:
    """A gateway pair, and servers that hang on it."""
    gateways = group_config("gh", name="gateways", gate=replace(GATE, section="bus"))
    return site_config([gateways, group_config(upstream=("gateways",))])


def test_a_group_in_trouble_is_told_to_those_that_hang_on_it() -> None:
    feed = settled(two_groups())
    feed.beats += 1
    feed(EffectEnded(id=EffectId(group="gateways", epoch=0, plan=0, phase="read", attempt=0), outcome=Outcome.DONE,
                     record=record(active="g")))  # fmt: skip
    feed(GatePolled(section="bus", path="bus.net_a", answer=Answer.REPLIED, reading=gate_reading()))
    for node in ("g", "h"):
        feed.beat(node, role=1 if node == "g" else 2)
    assert feed.s.group("gateways").standing is Standing.FOLLOWING
    # "g" freezes; its standby can't take over, so nothing moves: the trouble counts all the same.
    feed(HeartbeatEnded(channel="h.net_a", answer=Answer.REPLIED, reading=reading(level=0, heartbeat=99, cycle=99)))
    for at_ms in (1_150, 1_200, 1_250, 1_300):
        feed(
            HeartbeatEnded(channel="g.net_a", answer=Answer.REPLIED, reading=reading(role=1, cycle=5, heartbeat=at_ms)),
            at_ms,
        )
    assert feed.s.group("gateways").suspicion is not None
    feed(DueReached(), 1_340)
    assert feed.s.group("gateways").plan is None
    troubled = [feed.s.shared.troubled]
    # It works again: the trouble is over.
    feed(
        HeartbeatEnded(channel="g.net_a", answer=Answer.REPLIED, reading=reading(role=1, cycle=6, heartbeat=2_000)),
        1_390,
    )
    troubled.append(feed.s.shared.troubled)
    assert troubled == [("gateways",), ()]


def test_a_standby_is_compared_with_the_new_active_after_a_transfer() -> None:
    feed = settled()
    assert [view.ready for view in feed.s.group("tanks").nodes] == [Verdict.TRUE, Verdict.TRUE]
    feed.beat("b", tracked=(500, 4_300))
    assert [view.ready for view in feed.s.group("tanks").nodes] == [Verdict.TRUE, Verdict.FALSE]


def aged(ms: int) -> SiteConfig:
    return site_config([group_config(tracked=tuple(replace(tag, max_age_ns=ms * MS) for tag in TRACKED))])


def test_a_standby_is_ready_no_more_when_its_values_are_too_old_without_anything_being_heard() -> None:
    feed = settled(aged(150))
    feed.beat("a", role=1)
    feed.at_ms = 1_120
    feed.beat("b")
    assert feed.s.wake is not None
    feed(DueReached(), 1_249)
    assert feed.s.group("tanks").nodes[1].ready is Verdict.TRUE
    feed(DueReached(), 1_250)
    view = feed.s.group("tanks").nodes[1]
    assert (view.ready, [off.tag for off in view.off]) == (Verdict.STALE, ["setpoint", "output"])
    feed.beat("a", role=1)
    feed.beat("b")
    assert feed.s.group("tanks").nodes[1].ready is Verdict.TRUE


def test_the_supervision_wakes_when_the_first_value_gets_too_old() -> None:
    feed = settled(aged(110))
    feed.at_ms = 1_100
    feed.beat("a", role=1)
    feed.beat("b")
    # Heard of again, it wakes once for the older one; both are judged by their newest then.
    feed(DueReached(), 1_110)
    assert feed.s.wake == 1_210 * MS


def test_a_refusal_names_the_tag_with_the_values_of_now() -> None:
    feed = settled()
    feed.beat("b", tracked=(490, 4_000))
    steps = len(feed.decisions)
    feed.at_ms = 1_150
    for setpoint in (480, 470):
        assert feed.beat("b", tracked=(setpoint, 4_000)) == ()  # other values of the same tag decide nothing
    assert len(feed.decisions) == steps
    feed.at_ms = 1_160
    feed(OrderGiven(order=order(OrderKind.SWITCHOVER, "b")))
    answer = next(each.answer for each in feed.decisions if each.answer is not None)
    said = "b setpoint false: active 500, standby 470, tolerance 0, age 160 of 10000 ms"
    assert [(each.block.code, each.detail) for each in answer.blockers] == [("not_ready", said)]
    assert feed.reasons(Why.ORDER_REFUSED)[0][-1] == said


def test_a_bad_value_of_one_tag_is_told_of_that_tag_alone() -> None:
    feed = settled()
    feed.beat("b", tracked=(None, 4_000))
    view = feed.s.group("tanks").nodes[1]
    assert (view.ready, [off.tag for off in view.off]) == (Verdict.BAD, ["setpoint"])


def test_where_nobody_ever_drove_there_is_nothing_to_lag_behind() -> None:
    feed = Feed()
    feed.tags()
    feed.ends(None)
    feed.gate(state=GateState.FREE, owner=0, last_driver=0, owner_epoch=0, epoch=0, granted=0)
    feed.beat("a")
    feed.beat("b")
    feed.at_ms = 1_100
    feed.tags()
    (decision, *_) = feed(OrderGiven(order=order(OrderKind.SWITCHOVER, "a")))
    assert decision.answer is not None
    assert decision.answer.accepted


def test_without_a_record_the_gates_owner_is_whom_a_standby_is_compared_with() -> None:
    feed = Feed()
    feed.tags()
    feed.ends(None)
    feed.gate(owner=2, last_driver=2)
    feed.beat("b", position=500)
    feed.beat("a", acked=100)
    assert [view.in_rpo for view in feed.s.group("tanks").nodes] == [Verdict.FALSE, Verdict.TRUE]


# S5 from raw numbers


def test_the_lag_of_a_silent_active_grows_until_the_gate_says_when_it_stopped() -> None:
    feed = settled()
    feed.at_ms = 1_400
    feed.beat("b")
    assert feed.s.group("tanks").nodes[1].in_rpo is Verdict.FALSE
    # The gate holds since 1,130: nothing can have changed after that.
    feed.gate(state=GateState.HELD, owner_age_ms=330, held_ms=270, hold_no=2, armed=True)
    feed.beat("b")
    assert feed.s.group("tanks").nodes[1].in_rpo is Verdict.TRUE


# A whole order through the door


def test_an_order_leads_through_the_door_to_its_first_effect() -> None:
    feed = settled()
    (decision, *_) = feed(OrderGiven(order=order(OrderKind.SWITCHOVER, "b")))
    assert decision.answer is not None
    assert decision.answer.accepted
    assert [type(effect.do).__name__ for effect in decision.effects] == ["SwapRecord"]
    plan = feed.s.group("tanks").plan
    assert plan is not None
    assert plan.phase is Phase.PERMITTED
    assert feed.s.fast_sections() == {"plc"}


def test_the_gate_is_read_fast_only_while_it_matters() -> None:
    assert settled().s.fast_sections() == frozenset()


# Breaches


def test_a_breach_stops_automatic_action_and_alarms_and_watching_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = settled()

    def breached(*_: object) -> None:
        raise InvariantBreachError("S1", "two owners")

    with monkeypatch.context() as patch:
        patch.setattr(invariant, "check", breached)
        feed.gate(permit=False)
    g = feed.s.group("tanks")
    assert g.halted is not None
    assert g.gate.permit, "the step was not taken"
    assert feed.reasons(Why.HALTED) == [("S1: two owners",)]
    assert "halted" in [alarm.code for alarm in feed.s.alarms("tanks")]
    feed.gate(permit=False)
    assert not feed.s.group("tanks").gate.permit
    feed.at_ms = 5_000
    feed.missed("a", "net_a")
    feed.missed("a", "net_b")
    feed(DueReached(), 60_000)
    assert feed.s.group("tanks").nodes[0].liveness is Liveness.DEAD
    assert [effect for decision in feed.decisions for effect in decision.effects] == []


# Alarms come and go with what they stand on


def calm() -> Feed:
    """Settled, and the time is over in which what is said may be from before the start."""
    feed = settled()
    feed.beat("b", level=1)
    assert feed.s.alarms("tanks") == (), "what is said in the settling time may be from before it"
    for at_ms in range(1_150, 1_501, 50):
        feed.at_ms = at_ms
        feed.gate()
        feed.tags()
        feed.beat("a", role=1)
        feed.beat("b")
        feed(DueReached())
    feed.forget()
    return feed


def test_alarms_are_told_when_they_come_and_go() -> None:
    feed = calm()
    feed.beat("b", level=1)
    assert feed.reasons(Why.ALARM_RAISED) == [("redundancy_lost", "tanks", 1, "low", "first-out")]
    feed.beat("b", level=255)
    assert feed.reasons(Why.ALARM_CLEARED) == [("redundancy_lost", "tanks", 1, "rtn_unacked")]
    assert feed.s.alarms("tanks") == ()


def test_an_alarm_is_acknowledged_once_and_only_the_occurrence_that_was_seen() -> None:
    feed = calm()
    feed.beat("b", level=1)
    given = order(OrderKind.ALARM_ACK, item="redundancy_lost", occurrence=1, comment="seen")
    (decision,) = feed(OrderGiven(order=given))
    assert decision.answer is not None
    assert decision.answer.accepted
    assert feed.reasons(Why.ALARM_ACKED) == [("redundancy_lost", 1, "kim", "seen", "acked")]
    (again,) = feed(OrderGiven(order=given))
    assert again.answer == decision.answer
    assert len(feed.reasons(Why.ALARM_ACKED)) == 1
    feed.beat("b", level=255)
    feed.beat("b", level=1)
    (late,) = feed(OrderGiven(order=replace(given, id="o2")))
    assert late.answer is not None
    assert [blocker.block.code for blocker in late.answer.blockers] == ["old_occurrence"]
    assert [w.state for w in feed.s.alarm_watches("tanks")] == [AlarmState.UNACKED]


def test_a_shelved_alarm_wakes_the_supervision_when_its_time_is_over() -> None:
    feed = calm()
    feed.beat("b", level=1)
    given = order(OrderKind.SHELVE, item="redundancy_lost", for_ns=10 * MS)
    feed(OrderGiven(order=given))
    assert feed.s.wake == (feed.at_ms + 10) * MS
    feed.forget()
    feed(DueReached(), feed.at_ms + 10)
    assert feed.reasons(Why.ALARM_UNFLAGGED) == [("redundancy_lost", "shelved", "", "")]
    assert feed.reasons(Why.ALARM_RAISED) == [("redundancy_lost", "tanks", 2, "low", "first-out")]


def test_alarms_of_a_halted_group_can_be_acknowledged() -> None:
    feed = calm()
    feed.beat("b", level=1)
    given = order(OrderKind.ALARM_ACK, item="redundancy_lost", occurrence=1)
    at = feed.s._wiring.by_name["tanks"]
    feed.s._state.groups[at] = replace(feed.s._state.groups[at], halted="S1: two owners")
    (decision,) = feed(OrderGiven(order=given))
    assert decision.answer is not None
    assert decision.answer.accepted


# Snapshot and restore (S15)


def story() -> list[tuple[int, Input]]:
    """Everything that a recording may hold, in an order that moves much."""
    inputs: list[tuple[int, Input]] = []

    def heard(at_ms: int, node: str, way: str, **said: Any) -> None:
        said = {"heartbeat": at_ms, "cycle": at_ms, **said}
        inputs.append((at_ms, HeartbeatEnded(channel=f"{node}.{way}", answer=Answer.REPLIED, reading=reading(**said))))

    for at_ms in range(1_000, 2_000, 50):
        for way in ("net_a", "net_b"):
            heard(at_ms, "b", way)
            if at_ms < 1_400:
                heard(at_ms, "a", way, role=1)
            else:
                inputs.append((at_ms, HeartbeatEnded(channel=f"a.{way}", answer=Answer.MISSED, reading=None)))
        inputs.append((at_ms, TagsPolled(source="plc", values=(("key", 0), ("permit", 1)))))
        stopped = {"state": GateState.HELD, "owner_age_ms": at_ms - 1_400, "held_ms": 5, "hold_no": 2, "armed": True}
        said = stopped if at_ms > 1_450 else {}
        block = gate_reading(scan=at_ms, last_seq=at_ms, **said)
        inputs.append((at_ms, GatePolled(section="plc", path="plc.net_a", answer=Answer.REPLIED, reading=block)))
        inputs.append((at_ms, ReferencePolled(name="ref_a", answer=Answer.REPLIED)))
        inputs.append((at_ms + 10, DueReached()))
        if at_ms == 1_000:
            id_ = EffectId(group="tanks", epoch=0, plan=0, phase="read", attempt=0)
            inputs.append((at_ms, EffectEnded(id=id_, outcome=Outcome.DONE, record=record())))
    inputs.append((1_995, OrderGiven(order=order(OrderKind.ACKNOWLEDGE))))
    inputs.append((1_995, OrderGiven(order=order(OrderKind.SHELVE, id="o2", item="tilt", for_ns=5 * MS))))
    inputs.append((1_996, LoopStalled(gap_ns=300 * MS)))
    return inputs


def test_a_restored_supervision_decides_on_as_the_first_one_did() -> None:
    first = Supervision(site_config(), 1_000 * MS)
    told = story()
    decided = 0
    for at, (at_ms, raw) in enumerate(told):
        second = Supervision.restore(first.snapshot()) if at % 7 == 0 else None
        ours = first.feed(raw, at_ms * MS)
        decided += len(ours)
        if second is not None:
            theirs = second.feed(raw, at_ms * MS)
            assert [decision.digest() for decision in theirs] == [decision.digest() for decision in ours]
            assert second.snapshot() == first.snapshot()
            assert second.wake == first.wake
    assert decided > 10
    assert first.group("tanks").serial > 0, "a transfer was begun on the way"


def test_the_same_inputs_give_the_same_decisions() -> None:
    digests = []
    for _ in range(2):
        s = Supervision(site_config(), 1_000 * MS)
        digests.append([d.digest() for at_ms, raw in story() for d in s.feed(raw, at_ms * MS)])
    assert digests[0] == digests[1]


def test_one_changed_input_changes_the_digests() -> None:
    digests = []
    for key in (0, 1):
        s = Supervision(site_config(), 1_000 * MS)
        decided = s.feed(TagsPolled(source="plc", values=(("key", key), ("permit", 1))), 1_000 * MS)
        digests.append([decision.digest() for decision in decided])
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    "value",
    [None, 5, (1, 2), (99,) + (None,) * 13, (1,) + (None,) * 13, (1, site_config(), *(None,) * 12)],
)
def test_what_is_no_snapshot_is_refused(value: object) -> None:
    with pytest.raises(CanonError):
        Supervision.restore(encode(value))


def test_a_cut_snapshot_is_refused() -> None:
    whole = settled().s.snapshot()
    for length in (0, 1, len(whole) // 2, len(whole) - 1):
        with pytest.raises(CanonError):
            Supervision.restore(whole[:length])


def test_a_still_picture_stays_as_it_was_while_the_supervision_is_fed_on() -> None:
    s = Supervision(site_config(), 1_000 * MS)
    told = story()
    half = len(told) // 2
    for at_ms, raw in told[:half]:
        s.feed(raw, at_ms * MS)
    picture, then = s.still(), s.snapshot()
    for at_ms, raw in told[half:]:
        s.feed(raw, at_ms * MS)
    assert picture.snapshot() == then
    assert s.snapshot() != then


# A machine state that the site file does not have


def _steps() -> SiteConfig:
    go = MachineRule(does=Conduct.GO)
    when = Compare(tag="step", op=Comparison.EQ, value=1, for_ns=0)
    run = MachineStateConfig(name="RUN", when=when, switchover=go, failover=go, after_fence=None)
    unknown = replace(run, name="UNKNOWN", when=None, switchover=MachineRule(does=Conduct.STAY))
    group = group_config(machine=MachineConfig(states=(run,), unknown=unknown))
    site = site_config([group])
    step = TagConfig(name="step", source="plc", fresh_ns=500 * MS, valid_low=0, valid_high=9)
    return replace(site, tags=(*site.tags, step))


def test_a_number_of_the_controller_that_the_site_file_does_not_have_is_an_alarm() -> None:
    feed = settled(_steps())

    def says(step: int | None) -> list[str]:
        feed(TagsPolled(source="plc", values=(("step", step),)))
        return [alarm.detail for alarm in feed.s.alarms("tanks") if alarm.code == "machine_unlisted"]

    assert says(1) == []
    assert says(4) == ["step"]
    assert feed.reasons(Why.MACHINE)[-1] == ("UNKNOWN", "step = 4")
    raised = len(feed.reasons(Why.ALARM_RAISED))
    assert says(5) == ["step"]
    assert feed.reasons(Why.MACHINE)[-1] == ("UNKNOWN", "step = 5")
    assert len(feed.reasons(Why.ALARM_RAISED)) == raised, "one that goes from step to step is one alarm"
    assert says(77) == ["step"], "nor is one that the tag can't have"
    refused = feed(OrderGiven(order=order(OrderKind.SWITCHOVER, "b")))[-1].answer
    assert refused is not None
    assert "machine_state" in [blocker.block.code for blocker in refused.blockers]
    assert says(1) == []
    assert says(None) == [], "what can't be read says nothing"
