"""Frozen values made and copied the short way are what the constructor and `dataclasses.replace` make."""

from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from otha.core.altered import altered, draft_of, maker
from otha.core.config import GroupConfig
from otha.core.group.state import GateView, GroupState, Plan
from otha.core.watch.node import NOTHING_SAID, NodeVerdict, NodeWatch
from otha.core.words import Phase, Role, Standing
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


def test_what_changes_nothing_makes_nothing() -> None:
    g = following().g
    assert altered(g, standing=g.standing, gate=g.gate) is g
    assert altered(g, standing=g.standing, serial=g.serial + 1) is not g


def test_a_draft_can_be_set_and_its_source_stays() -> None:
    g = following().g
    made = draft_of(g)
    made.serial = g.serial + 1  # type: ignore[misc]  # that it can be is what is tested
    made.__class__ = GroupState
    assert made == replace(g, serial=g.serial + 1)
    with pytest.raises(FrozenInstanceError):
        made.serial = 0  # type: ignore[misc]  # that it can't be is what is tested


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


def test_a_maker_makes_what_the_constructor_makes() -> None:
    make = maker(NodeWatch)
    verdict = NodeVerdict(role=Role.ACTIVE)
    made = make(verdict=verdict, said=((1, 2),), heard_at=7)
    assert made == NodeWatch(verdict=verdict, said=((1, 2),), heard_at=7)
    assert (type(made), made.reading, hash(made)) == (NodeWatch, NOTHING_SAID, hash(replace(made)))


def test_what_a_maker_makes_is_frozen_as_its_kind() -> None:
    made = maker(NodeWatch)()
    with pytest.raises(FrozenInstanceError):
        made.heard_at = 10  # type: ignore[misc]  # that it can't be is what is tested


def test_a_maker_takes_what_the_constructor_takes() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Kept:
        one: int
        several: list[int] = field(default_factory=list)

    make = maker(Kept)
    assert make(one=1).several is not make(one=1).several
    wrong: Any
    for wrong in ({}, {"one": 1, "other": 2}):
        with pytest.raises(TypeError):
            make(**wrong)
    with pytest.raises(TypeError):
        make(1)  # type: ignore[call-arg]  # that it can't be given so is what is tested


def test_there_is_no_maker_of_what_works_when_it_is_made() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Worked:
        one: int

        def __post_init__(self) -> None:
            raise AssertionError

    with pytest.raises(TypeError):
        maker(Worked)
