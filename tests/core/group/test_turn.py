"""A turn changes a draft of its own: what it was given stays, and what it hands out is frozen."""

from dataclasses import FrozenInstanceError, replace

import pytest

from otha.core.group.state import GroupState
from otha.core.group.turn import Turn
from otha.core.words import Phase, Standing
from tests.core.rig import Rig, following, switching


def _turn(rig: Rig) -> Turn:
    return Turn(cfg=rig.cfg, shared=rig.shared, g=rig.g, now=rig.now)


def test_what_the_turn_was_given_is_not_changed() -> None:
    rig = following()
    before, copy = rig.g, replace(rig.g)
    t = _turn(rig)
    t.put(serial=before.serial + 1)
    t.put(standing=Standing.NEEDS_OPERATOR)
    assert rig.g is before
    assert before == copy
    assert t.state() == replace(before, serial=before.serial + 1, standing=Standing.NEEDS_OPERATOR)


def test_what_changes_nothing_leaves_the_very_same_state() -> None:
    rig = following()
    t = _turn(rig)
    t.put(standing=rig.g.standing, gate=rig.g.gate)
    assert t.state() is rig.g


def test_the_state_is_frozen_when_the_turn_is_over() -> None:
    t = _turn(switching(Phase.PROMOTED))
    t.put_plan(attempt=7)
    state = t.state()
    assert (type(state), state.plan is not None and state.plan.attempt) == (GroupState, 7)
    with pytest.raises(FrozenInstanceError):
        state.serial = 0  # type: ignore[misc]  # that it can't be is what is tested


def test_the_plan_of_before_is_kept_by_who_holds_it() -> None:
    t = _turn(switching(Phase.PROMOTED))
    before = t.plan
    t.put_plan(due=before.due + 1)
    assert t.plan.due == before.due + 1
    assert t.plan is not before


def test_a_field_that_is_not_there_is_refused() -> None:
    t = _turn(following())
    with pytest.raises(AttributeError):
        t.put(no_such_field=1)
    t.put(serial=99)
    with pytest.raises(AttributeError):
        t.put(no_such_field=1)
