"""Copies of frozen values with some fields changed are what `dataclasses.replace` makes of them."""

from dataclasses import FrozenInstanceError, dataclass, fields, replace

import pytest

from otha.core.altered import altered
from otha.core.config import GroupConfig
from otha.core.group.state import GateView, GroupState, Plan
from otha.core.words import Phase, Standing
from otha.verify.explore import commissioned
from otha.verify.world import World
from tests.core.build import group_config
from tests.core.rig import following, switching


def test_a_copy_is_what_replace_makes() -> None:
    g = switching(Phase.PROMOTED).g
    made = altered(g, standing=Standing.NEEDS_OPERATOR, recent=(1, 2), plan=None)
    assert made == replace(g, standing=Standing.NEEDS_OPERATOR, recent=(1, 2), plan=None)
    assert (type(made), g.plan is not None) == (GroupState, True)


def test_a_copy_keeps_every_field_that_is_not_named() -> None:
    plan = switching(Phase.PROMOTED).plan
    made = altered(plan, due=7)
    assert all(getattr(made, each.name) is getattr(plan, each.name) for each in fields(Plan) if each.name != "due")
    assert made.goal_node == plan.goal_node


def test_a_copy_is_frozen_as_its_source() -> None:
    made = altered(following().g.gate, epoch=9)
    assert isinstance(made, GateView)
    with pytest.raises(FrozenInstanceError):
        made.epoch = 10  # type: ignore[misc]  # that it can't be is what is tested


def test_a_value_with_fields_of_its_base_is_copied_too() -> None:
    w = commissioned(group_config(), faults=1, orders=1)
    made = altered(w, now=5, gate_seen=False)
    assert isinstance(made, World)
    assert made == replace(w, now=5, gate_seen=False)


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(AttributeError):
        altered(following().g, no_such_field=1)


def test_a_value_that_works_when_it_is_made_is_not_copied_past_that() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Worked:
        one: int
        two: int

        def __post_init__(self) -> None:
            raise AssertionError

    with pytest.raises(TypeError):
        altered(object.__new__(Worked), one=2)
    with pytest.raises(TypeError):
        altered("text", one=2)


def test_a_configuration_is_copied() -> None:
    cfg = group_config()
    made = altered(cfg, name="other")
    assert isinstance(made, GroupConfig)
    assert made == replace(cfg, name="other")
