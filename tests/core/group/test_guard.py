"""What stands against a transfer, one permit at a time; `able` and friends by literal states."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.config import GroupConfig, SelfFence
from otha.core.group import guard
from otha.core.group.guard import Stage
from otha.core.group.state import Cause, StoreView, TagOff
from otha.core.words import (
    Arming,
    Authority,
    Fencing,
    GateState,
    Liveness,
    Outcome,
    Role,
    RpoMiss,
    TrackedForm,
    TransferKind,
    Verdict,
)
from tests.core.build import MS, group_config, timing
from tests.core.rig import Rig, following

SLOW = SelfFence(watchdog_ns=2_000 * MS, stop_ns=0, wait_ns=1_000 * MS, drift_ppm=0, hardware=True)
FAST = SelfFence(watchdog_ns=500 * MS, stop_ns=0, wait_ns=1_000 * MS, drift_ppm=0, hardware=True)


def against(
    rig: Rig,
    *,
    stage: Stage = Stage.START,
    cause: Cause | None = None,
    to_node: str = "b",
) -> list[str]:
    kind = TransferKind.SWITCHOVER if cause is None else TransferKind.FAILOVER
    found = guard.against(rig.cfg, rig.shared, rig.g, kind=kind, to_node=to_node, cause=cause, stage=stage, now=rig.now)
    return [blocker.block.code for blocker in found]


def test_nothing_stands_against_a_transfer_of_a_healthy_group() -> None:
    rig = following()
    for stage in Stage:
        assert against(rig, stage=stage) == []
        assert against(rig, stage=stage, cause=Cause.DEAD) == []


def config(**changes: Any) -> GroupConfig:
    return group_config(**changes)


# What the group may do at all


@pytest.mark.parametrize(
    ("arming", "ordered", "automatic"),
    [
        (Arming.OBSERVE, ["not_armed"], ["not_armed"]),
        (Arming.ADVISE, [], ["not_armed"]),
        (Arming.ARMED, [], []),
    ],
)
def test_arming(arming: Arming, ordered: list[str], automatic: list[str]) -> None:
    rig = following(config(arming=arming))
    assert against(rig) == ordered
    assert against(rig, cause=Cause.DEAD) == automatic


def test_a_native_pair_is_asked_and_never_moved() -> None:
    rig = following()
    rig.cfg = config(authority=Authority.NATIVE)
    assert against(rig) == against(rig, cause=Cause.FROZEN) == ["native_authority"]
    rig.g = replace(rig.g, store=StoreView.UNREAD)
    assert against(rig) == ["native_authority"], "it has no record in the store"


@pytest.mark.parametrize("stage", [Stage.START, Stage.BEFORE_REVOKE])
def test_tilt_stops_everything_that_has_not_fenced_yet(stage: Stage) -> None:
    rig = following()
    rig.share(tilted=True)
    assert against(rig, stage=stage) == against(rig, stage=stage, cause=Cause.FROZEN) == ["tilt"]
    assert against(rig, stage=Stage.AFTER_FENCE) == []


def test_a_store_that_does_not_answer_means_no_new_epoch() -> None:
    rig = following()
    rig.gate(epoch=3, owner_epoch=3)
    rig.ends(Outcome.UNKNOWN)
    assert against(rig) == against(rig, cause=Cause.FROZEN) == ["store_silent"]


# The gate


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ({"seen": False}, "gate_unseen"),
        ({"fits": False}, "gate_mismatch"),
        ({"state": GateState.SAFE}, "gate_not_in_othas_hands"),
        ({"state": GateState.LOCAL}, "gate_not_in_othas_hands"),
        ({"return_permit": False}, None),
        ({"permit": False}, "gate_permit"),
    ],
)
def test_the_gate(gate: dict[str, Any], code: str | None) -> None:
    rig = following()
    rig.gate(**gate)
    expected = [] if code is None else [code]
    assert against(rig) == against(rig, cause=Cause.FROZEN) == expected


def test_going_back_to_the_last_driver_needs_the_return_permit_alone() -> None:
    rig = following()
    rig.gate(last_driver="b", permit=False)
    assert against(rig) == []
    rig.gate(return_permit=False, permit=True)
    assert against(rig) == ["gate_permit"]


@pytest.mark.parametrize(("left_ms", "found"), [(215, []), (214, ["hold_too_short"])])
def test_a_hold_that_would_end_first_is_not_begun_with(left_ms: int, found: list[str]) -> None:
    # The transfer's bound: 20 + 25 + 40 + 45 + 40 + 45 ms.
    rig = following()
    rig.gate(state=GateState.HELD, hold_until=rig.now + left_ms * MS)
    assert against(rig, cause=Cause.FROZEN) == found


# The node that is to drive


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"liveness": Liveness.DEAD}, "node_not_able"),
        ({"liveness": Liveness.FROZEN}, "node_not_able"),
        ({"liveness": Liveness.STALE_DATA}, "node_not_able"),
        ({"liveness": Liveness.UNKNOWN}, "node_not_able"),
        ({"level": 1}, "node_not_able"),
        ({"level": 0}, "node_not_able"),
        ({"role": Role.MAINTENANCE}, "in_maintenance"),
    ],
)
def test_a_node_that_can_not_drive(changes: dict[str, Any], code: str) -> None:
    rig = following()
    rig.node("b", **changes)
    for stage in Stage:
        assert against(rig, stage=stage, cause=Cause.FROZEN) == [code]


def test_a_degraded_node_may_drive() -> None:
    rig = following()
    rig.node("b", level=2)
    assert against(rig, cause=Cause.FROZEN) == []


def test_a_node_the_group_does_not_have() -> None:
    assert against(following(), to_node="z") == ["no_such_node"]


# S5


@pytest.mark.parametrize("verdict", [Verdict.FALSE, Verdict.UNKNOWN, Verdict.STALE, Verdict.BAD])
@pytest.mark.parametrize("stage", list(Stage))
def test_a_standby_outside_the_rpo_is_not_promoted_and_unknown_is_infinite(verdict: Verdict, stage: Stage) -> None:
    rig = following()
    rig.node("b", in_rpo=verdict)
    assert against(rig, stage=stage, cause=Cause.FROZEN) == ["sync_behind"]


def test_the_site_may_accept_a_lag() -> None:
    for cfg in (config(on_rpo_miss=RpoMiss.DEGRADE), config(rpo_ns=None)):
        rig = following(cfg)
        rig.node("b", in_rpo=Verdict.FALSE)
        assert against(rig, cause=Cause.FROZEN) == []


# S6


@pytest.mark.parametrize("verdict", [Verdict.FALSE, Verdict.BAD, Verdict.STALE, Verdict.UNKNOWN])
@pytest.mark.parametrize("stage", list(Stage))
def test_an_interlock_that_is_not_true_counts_as_false(verdict: Verdict, stage: Stage) -> None:
    rig = following()
    rig.condition(verdict, 0)
    assert against(rig, stage=stage) == against(rig, stage=stage, cause=Cause.FROZEN) == ["interlock"]


def test_a_permissive_is_judged_when_an_ordered_transfer_starts_and_at_no_failover() -> None:
    rig = following()
    rig.condition(Verdict.FALSE, 1)
    assert against(rig) == ["permissive"]
    assert against(rig, cause=Cause.FROZEN) == []
    assert against(rig, stage=Stage.AFTER_FENCE) == []


# S3, S4: what the fence can honestly do


@pytest.mark.parametrize(
    ("fencing", "self_fence", "automatic"),
    [
        (Fencing.TOKEN_ENFORCED, None, []),
        (Fencing.SELF_FENCE, FAST, []),
        (Fencing.SELF_FENCE, SLOW, ["self_fence_too_slow"]),
        (Fencing.SELF_FENCE, None, ["self_fence_too_slow"]),
        (Fencing.NONE, None, ["no_fence"]),
    ],
)
def test_an_automatic_transfer_needs_a_fence(
    fencing: Fencing, self_fence: SelfFence | None, automatic: list[str]
) -> None:
    rig = following(config(fencing=fencing, self_fence=self_fence))
    for cause in (Cause.DEAD, Cause.FROZEN):
        assert against(rig, cause=cause) == automatic
    assert against(rig) == [], "a person may order it"


# S8


def test_more_observers_than_one_can_not_be_had_without_positive_evidence() -> None:
    rig = following(config(observers_needed=2))
    assert against(rig, cause=Cause.DEAD) == ["not_enough_observers"]
    assert against(rig, cause=Cause.FROZEN) == []
    assert against(rig) == []


def test_an_isolated_observer_moves_nothing_by_itself() -> None:
    rig = following()
    rig.share(isolated=True)
    assert against(rig, cause=Cause.DEGRADED) == ["observer_isolated"]
    assert against(rig, cause=Cause.FROZEN) == []
    assert against(rig) == []


# S13


@pytest.mark.parametrize("verdict", [Verdict.FALSE, Verdict.STALE, Verdict.UNKNOWN])
def test_an_ordered_transfer_needs_a_standby_that_is_ready(verdict: Verdict) -> None:
    rig = following()
    rig.node("b", ready=verdict)
    assert against(rig) == ["not_ready"]
    assert against(rig, cause=Cause.FROZEN) == []


def test_readiness_compares_with_nobody_where_nobody_drives() -> None:
    rig = following()
    rig.gate(state=GateState.FREE, owner=None)
    rig.node("b", ready=Verdict.STALE)
    assert against(rig) == []


# S7


def flapped(recent: int, *, holdoff: bool, extra_used: bool = False) -> Rig:
    rig = following()
    rig.g = replace(
        rig.g,
        recent=tuple(rig.now + 100_000 * MS + at for at in range(recent)),
        holdoff_until=rig.now + 30_000 * MS if holdoff else None,
        extra_used=extra_used,
    )
    return rig


def test_the_hold_off_stands_against_automatic_transfers() -> None:
    rig = flapped(1, holdoff=True)
    assert against(rig, cause=Cause.DEAD) == ["hold_off"]
    assert against(rig) == []


def test_the_window_takes_so_many_and_no_more() -> None:
    assert against(flapped(2, holdoff=False), cause=Cause.DEAD) == []
    assert against(flapped(3, holdoff=False), cause=Cause.DEAD) == ["too_many"]
    assert against(flapped(3, holdoff=True), cause=Cause.DEAD) == ["hold_off", "too_many"]


def test_positive_evidence_may_move_once_more_to_a_node_under_no_suspicion() -> None:
    rig = flapped(3, holdoff=True)
    assert against(rig, cause=Cause.FROZEN) == []
    rig.node("b", level=199)
    assert against(rig, cause=Cause.FROZEN) == ["hold_off", "too_many"]
    assert against(flapped(3, holdoff=True, extra_used=True), cause=Cause.FROZEN) == ["hold_off", "too_many"]


def test_a_transfer_begun_is_not_stopped_by_its_own_hold_off() -> None:
    rig = flapped(3, holdoff=True)
    assert against(rig, cause=Cause.DEAD, stage=Stage.BEFORE_REVOKE) == []


def test_everything_that_stands_against_it_is_told_at_once() -> None:
    rig = following(config(arming=Arming.OBSERVE, timing=timing(max_in_window=0)))
    rig.share(tilted=True)
    rig.gate(seen=False, permit=False)
    rig.dies("b")
    rig.node("b", in_rpo=Verdict.FALSE)
    rig.condition(Verdict.BAD, 0)
    rig.condition(Verdict.BAD, 1)
    codes = ["not_armed", "tilt", "gate_unseen", "node_not_able", "sync_behind", "interlock", "gate_permit"]
    assert against(rig) == [*codes, "permissive", "not_ready"]
    assert against(rig, cause=Cause.DEAD) == [*codes, "too_many"]


# S13


OFF = TagOff(
    tag="setpoint", form=TrackedForm.ANALOG, verdict=Verdict.FALSE, active=500, standby=490, tolerance=0, age_ms=40,
    max_age_ms=150,
)  # fmt: skip


def test_each_tag_that_a_standby_is_not_ready_by_is_named() -> None:
    rig = following()
    other = replace(OFF, tag="mode", form=TrackedForm.DISCRETE, verdict=Verdict.BAD, standby=None)
    rig.node("b", ready=Verdict.FALSE, off=(OFF, other))
    found = guard.against(
        rig.cfg, rig.shared, rig.g, kind=TransferKind.SWITCHOVER, to_node="b", cause=None, stage=Stage.START,
        now=rig.now,
    )  # fmt: skip
    assert [(each.block.code, each.detail) for each in found] == [
        ("not_ready", "b setpoint false: active 500, standby 490, tolerance 0, age 40 of 150 ms"),
        ("not_ready", "b mode bad: active 500, standby not said, must be equal, age 40 of 150 ms"),
    ]
    assert against(rig, cause=Cause.DEAD) == []  # from a dead active nothing bumpless can be had


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("cause", [None, Cause.DEAD])
def test_a_standby_with_a_one_shot_still_to_be_done_would_replay_it(stage: Stage, cause: Cause | None) -> None:
    rig = following()
    rig.node("b", one_shots=("start",))
    assert against(rig, stage=stage, cause=cause) == ["one_shot_pending"]
    rig.node("b", one_shots=())
    rig.node("a", one_shots=("start",))
    assert against(rig, stage=stage, cause=cause) == []


def test_who_has_nothing_to_replay_goes_before_who_has_a_higher_priority() -> None:
    rig = following(config(nodes="abc"))
    rig.node("b", one_shots=("start",))
    assert guard.best_standby(rig.cfg, rig.shared, rig.g, besides=("a",)) == "c"
    rig.node("c", one_shots=("start",))
    assert guard.best_standby(rig.cfg, rig.shared, rig.g, besides=("a",)) == "b"
