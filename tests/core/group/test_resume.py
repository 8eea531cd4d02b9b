"""OTHA dies in mid-transfer and starts anew with nothing but the record and the gate."""

from dataclasses import replace

import pytest

from otha.core.config import GroupConfig
from otha.core.effects import Grant, Release, Revoke, Void
from otha.core.group import driver, redirect
from otha.core.group.event import GateJudged, NodeJudged, SharedChanged
from otha.core.group.state import GateView
from otha.core.group.turn import Turn
from otha.core.inputs import Record
from otha.core.reasons import Why
from otha.core.words import (
    Arming,
    Confirm,
    Course,
    Ending,
    GateState,
    GroupKind,
    Outcome,
    Phase,
    Role,
    Standing,
    Verdict,
)
from tests.core.build import MS, alive, gate_view, group_config, open_claim, path_config, record
from tests.core.rig import Rig, driven, fenced, following, granted, switching


def held(**changes: object) -> GateView:
    view: dict[str, object] = {
        "state": GateState.HELD,
        "owner": None,
        "owner_epoch": 0,
        "last_driver": "a",
        "epoch": 2,
        "granted": 1,
        "hold_no": 2,
        "owner_fresh": False,
        "driven": False,
        "hold_until": 11_000 * MS,
    }
    return gate_view(**{**view, **changes})  # type: ignore[arg-type]  # fields of GateView


def started(found: Record | None, gate: GateView) -> Rig:
    """A supervisor that has read the record, then the nodes, then the gate."""
    rig = Rig()
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, found)
    for index, role in enumerate((Role.ACTIVE, Role.STANDBY)):
        rig.tell(NodeJudged(index=index, view=alive(role)))
    for index in range(2):
        rig.condition(Verdict.TRUE, index)
    rig.tell(GateJudged(view=gate))
    return rig


def test_before_the_claim_there_is_nothing_to_take_up() -> None:
    rig = started(record(), gate_view())
    assert (rig.g.plan, rig.g.standing) == (None, Standing.FOLLOWING)


@pytest.mark.parametrize(
    ("gate", "course", "phase", "command"),
    [
        # Claimed; whether the REVOKE left is not known, so it may still come: the owner is confirmed above it.
        (gate_view(), Course.VOID, Phase.CLAIMED, Void(node="a", epoch=3)),
        # Claimed, while the old owner's watchdog holds the section.
        (held(owner="a", owner_epoch=1, epoch=1, armed=True), Course.FORWARD, Phase.CLAIMED, Revoke(epoch=2)),
        # Fenced.
        (held(), Course.FORWARD, Phase.FENCED, Grant(node="b", epoch=2, boot=9)),
        # Promoted, nothing shown yet.
        (held(owner="b", owner_epoch=2, granted=2), Course.FORWARD, Phase.PROMOTED, None),
        # Promoted and tracked.
        (
            held(owner="b", owner_epoch=2, granted=2, shadow=Verdict.TRUE),
            Course.FORWARD,
            Phase.TRACKED,
            Release(node="b", epoch=2),
        ),
        # Released.
        (held(owner="b", owner_epoch=2, granted=2, armed=True), Course.FORWARD, Phase.RELEASED, None),
        # Returning.
        (held(owner="a", owner_epoch=3, epoch=3, granted=3), Course.RETURN, Phase.PROMOTED, None),
    ],
)
def test_a_restart_believes_the_gate(gate: GateView, course: Course, phase: Phase, command: object) -> None:
    rig = started(open_claim(), gate)
    assert (rig.plan.course, rig.plan.phase) == (course, phase)
    assert rig.plan.revoked
    commands = [effect.do for effect in rig.effects[1:]]
    assert commands == ([] if command is None else [command])
    assert len(rig.said(Why.RESUMED)) == 1


@pytest.mark.parametrize(
    ("gate", "active", "ending"),
    [
        (gate_view("b", 2), "b", Ending.DONE),
        (gate_view("a", 3), "a", Ending.RETURNED),
        (gate_view("a", 3, owner_epoch=1), "a", Ending.ABORTED_SAFE),
        (gate_view("b", 3, owner_epoch=2), "b", Ending.ABORTED_SAFE),
    ],
)
def test_a_restart_after_the_end_at_the_gate_only_marks_the_record(gate: GateView, active: str, ending: Ending) -> None:
    rig = started(open_claim(), gate)
    assert [type(effect.do).__name__ for effect in rig.effects] == ["ReadRecord", "SwapRecord"]
    rig.swapped()
    assert (rig.ending, rig.g.standing) == (ending, Standing.FOLLOWING)
    assert rig.g.record is not None
    assert (rig.g.record.active, rig.g.record.epoch) == (active, 3)


def test_a_driving_owner_that_is_not_yet_seen_moving_is_waited_for() -> None:
    rig = started(open_claim(), gate_view("b", 2, driven=False))
    assert (rig.plan.phase, rig.effects[1:]) == (Phase.RELEASED, [])


@pytest.mark.parametrize(("left_ms", "course"), [(170, Course.FORWARD), (169, Course.SAFE)])
def test_a_hold_that_ends_too_soon_is_not_resumed_but_made_safe(left_ms: int, course: Course) -> None:
    # From a fenced gate to verified outputs: 40 + 45 + 40 + 45 ms.
    rig = started(open_claim(), held(hold_until=1_000 * MS + left_ms * MS))
    assert rig.plan.course is course


def test_a_restart_under_a_gate_with_a_newer_epoch_claims_above_it() -> None:
    rig = started(open_claim(), gate_view(epoch=7))
    assert rig.g.plan is None
    assert rig.effects[-1].do.record.epoch == 7  # type: ignore[union-attr]  # a SwapRecord


def test_a_resumed_transfer_judges_its_permits_like_any_other() -> None:
    rig = Rig()
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, open_claim())
    rig.tell(GateJudged(view=held()))
    # Nothing is known of b and the interlocks yet: that is waited for, but not for ever; UNKNOWN counts as false.
    assert rig.g.plan is None
    rig.wait(500)
    assert rig.effects[1:] == []
    assert rig.plan.phase is Phase.FENCED
    rig.condition(Verdict.TRUE, 0)
    rig.tell(NodeJudged(index=1, view=alive()))
    assert rig.asked == Grant(node="b", epoch=2, boot=9)


@pytest.mark.parametrize("cfg", [group_config(confirm=Confirm.ALWAYS), path_config(confirm=Confirm.ALWAYS)])
def test_a_resumed_transfer_has_its_confirmation_already(cfg: GroupConfig) -> None:
    rig = following(cfg)
    rig.g = replace(rig.g, record=open_claim())
    turn = Turn(cfg=cfg, shared=rig.shared, g=rig.g, now=rig.now)
    (driver if cfg.kind is GroupKind.DRIVER else redirect).resume(turn)
    assert turn.plan.confirmed


def test_a_resumed_transfer_counts_as_no_automatic_one() -> None:
    rig = started(open_claim(), gate_view("b", 2))
    rig.swapped()
    assert (rig.g.holdoff_until, rig.g.recent) == (None, ())


def test_a_whole_transfer_survives_a_restart_in_each_phase() -> None:
    for phase in (Phase.CLAIMED, Phase.FENCED, Phase.PROMOTED, Phase.TRACKED, Phase.RELEASED):
        before = switching(phase)
        assert before.g.record is not None
        rig = started(before.g.record, before.g.gate)
        if phase is Phase.CLAIMED:
            rig.gate(epoch=3)
        else:
            if rig.plan.phase is Phase.CLAIMED:
                fenced(rig)
            if rig.plan.phase is Phase.FENCED:
                granted(rig, "b", 2)
            rig.gate(shadow=Verdict.TRUE)
            rig.gate(armed=True)
            driven(rig, "b", 2)
        rig.swapped()
        assert rig.g.standing is Standing.FOLLOWING, phase
        assert rig.ending is (Ending.ABORTED_SAFE if phase is Phase.CLAIMED else Ending.DONE), phase


def test_a_group_that_advises_finishes_what_was_begun() -> None:
    rig = Rig(group_config(arming=Arming.ADVISE))
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, open_claim())
    rig.tell(GateJudged(view=held()))
    rig.wait(500)
    assert rig.plan.revoked


def test_a_restart_hears_everything_once_before_it_judges() -> None:
    rig = Rig()
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, open_claim())
    rig.tell(GateJudged(view=held()))
    rig.tell(NodeJudged(index=0, view=alive(Role.ACTIVE)))
    rig.tell(NodeJudged(index=1, view=alive()))
    rig.condition(Verdict.TRUE, 1)
    assert rig.g.plan is None
    rig.condition(Verdict.TRUE, 0)
    assert rig.asked == Grant(node="b", epoch=2, boot=9)


def test_a_restart_does_not_wait_where_the_hold_would_end_meanwhile() -> None:
    rig = Rig()
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, open_claim())
    rig.tell(GateJudged(view=held(hold_until=1_000 * MS + 669 * MS)))
    assert rig.plan.phase is Phase.FENCED
