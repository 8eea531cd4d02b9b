"""Which groups of a site are explored, and as what."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.config import GroupConfig
from otha.core.words import Arming, Authority, Confirm
from otha.verify.redirect_world import RedirectWorld
from otha.verify.subject import left_out, shape, starts, subjects
from otha.verify.world import World
from tests.core.build import (
    GATE,
    INTERLOCK,
    PERMISSIVE,
    group_config,
    node_config,
    path_config,
    site_config,
    store_config,
    timing,
)


def _other(**changes: Any) -> GroupConfig:
    """The same group under other names, at other addresses."""
    nodes = tuple(replace(node_config(name, number), frozen_after_ns=7) for name, number in (("x", 5), ("y", 9)))
    gate = replace(GATE, section="other", paths=("q",), outputs=("fan",), tolerance=(3,), discrete=(True,))
    return replace(group_config(), name="other", nodes=nodes, gate=gate, **changes)


def test_groups_that_differ_in_names_and_in_what_is_judged_before_are_one_class() -> None:
    site = replace(site_config(), groups=(group_config(), _other()))
    (subject,) = subjects(site)
    assert subject.names == ("tanks", "other")


@pytest.mark.parametrize(
    "changes",
    [{"confirm": Confirm.ALWAYS}, {"drills": True}, {"timing": timing(holdoff_ns=1)}, {"rpo_ns": None}],
    ids=["confirm", "drills", "timing", "rpo"],
)
def test_groups_that_decide_otherwise_are_not_of_one_class(changes: dict[str, Any]) -> None:
    assert shape(group_config()) != shape(_other(**changes))


def test_the_order_of_preference_decides_and_the_numbers_of_it_do_not() -> None:
    a, b = group_config().nodes
    ten_and_twenty = replace(group_config(), nodes=(replace(a, priority=10), replace(b, priority=20)))
    other_way_round = replace(group_config(), nodes=(replace(a, priority=2), replace(b, priority=1)))
    assert shape(ten_and_twenty) == shape(group_config())
    assert shape(other_way_round) != shape(group_config())


def test_a_group_is_explored_armed_with_an_interlock_in_front() -> None:
    cfg = group_config(arming=Arming.OBSERVE, conditions=(PERMISSIVE, INTERLOCK))
    (subject,) = subjects(replace(site_config(), groups=(cfg,)))
    assert subject.group.arming is Arming.ARMED
    assert subject.group.conditions == (INTERLOCK, PERMISSIVE)


def test_a_pair_that_switches_itself_is_left_out_and_named() -> None:
    site = replace(site_config(), groups=(group_config(), group_config(name="own", authority=Authority.NATIVE)))
    assert [subject.names for subject in subjects(site)] == [("tanks",)]
    assert left_out(site) == ("own",)


@pytest.mark.parametrize(
    ("cfg", "kind", "how_many"),
    [(group_config(), World, 2), (path_config(), RedirectWorld, 1), (store_config(), RedirectWorld, 1)],
    ids=["driver", "path", "store"],
)
def test_each_kind_has_its_world_and_its_starts(cfg: GroupConfig, kind: type, how_many: int) -> None:
    found = [*starts(cfg, faults=2, orders=1)]
    assert len(found) == how_many
    assert all(isinstance(w, kind) and (w.faults_left, w.orders_left) == (2, 1) for _, w in found)
