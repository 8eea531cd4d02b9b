"""Arming and maintenance as last ordered outlive the supervisor; the site file wins where it was changed since."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from otha.core.config import GroupConfig
from otha.core.inputs import Order, OrderGiven
from otha.core.supervision import Supervision
from otha.core.words import Arming, OrderKind
from otha.journal.entry import Entry
from otha.journal.writer import Journal
from otha.runtime import standing
from otha.site.load import load_site

SITE = load_site(Path(__file__).parents[2] / "sim" / "sites" / "two_tanks.toml")
(GROUP,) = SITE.core.groups


def order(kind: OrderKind, *, node: str | None = None, arming: Arming | None = None) -> Order:
    return Order(
        id=f"{kind} {node}", kind=kind, group=GROUP.name, user="eva", client="", node=node, arming=arming, comment=""
    )


def given(orders: tuple[Order, ...]) -> Supervision:
    """A core that was given these orders and nothing else."""
    core = Supervision(SITE.core, time.monotonic_ns())
    for each in orders:
        (decision,) = core.feed(OrderGiven(order=each), time.monotonic_ns())
        assert decision.answer is not None
        assert decision.answer.accepted
    return core


def keep(folder: Path, core: Supervision, cfg: GroupConfig = GROUP) -> None:
    with Journal(folder) as journal:
        body = standing.body(cfg, core.group(cfg.name))
        journal.append(Entry(kind=standing.KIND, group=cfg.name, user="eva", body=body))


@pytest.fixture
def stood() -> Supervision:
    return given(
        (order(OrderKind.MAINTENANCE_IN, node="sc_b"), order(OrderKind.ARM, arming=Arming.OBSERVE)),
    )


def test_what_stood_stands_again(tmp_path: Path, stood: Supervision) -> None:
    keep(tmp_path, given(()))
    keep(tmp_path, stood)
    again = standing.orders(tmp_path, GROUP)
    assert [(each.kind, each.node, each.arming, each.user) for each in again] == [
        (OrderKind.MAINTENANCE_IN, "sc_b", None, "eva"),
        (OrderKind.ARM, None, Arming.OBSERVE, "eva"),
    ]
    core = given(again)
    assert core.group(GROUP.name).maintenance == stood.group(GROUP.name).maintenance == (False, True)
    assert core.group(GROUP.name).arming is Arming.OBSERVE


def test_what_was_taken_back_does_not(tmp_path: Path, stood: Supervision) -> None:
    keep(tmp_path, stood)
    keep(tmp_path, given((order(OrderKind.MAINTENANCE_OUT, node="sc_b"), order(OrderKind.ARM, arming=Arming.ARMED))))
    assert standing.orders(tmp_path, GROUP) == ()


def test_a_changed_site_file_wins_over_the_arming_ordered_before(tmp_path: Path, stood: Supervision) -> None:
    keep(tmp_path, stood)
    changed = replace(GROUP, arming=Arming.ADVISE)
    assert [each.kind for each in standing.orders(tmp_path, changed)] == [OrderKind.MAINTENANCE_IN]


def test_a_node_that_is_not_in_the_group_any_more_is_left_out(tmp_path: Path, stood: Supervision) -> None:
    keep(tmp_path, stood)
    smaller = replace(GROUP, nodes=GROUP.nodes[:1])
    assert [each.kind for each in standing.orders(tmp_path, smaller)] == [OrderKind.ARM]


def test_a_new_journal_holds_no_orders(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    assert standing.orders(tmp_path, GROUP) == ()


@pytest.mark.parametrize("kind", list(OrderKind))
def test_which_orders_stand(kind: OrderKind) -> None:
    stands = kind in (OrderKind.ARM, OrderKind.MAINTENANCE_IN, OrderKind.MAINTENANCE_OUT)
    assert standing.is_standing(order(kind)) == stands
