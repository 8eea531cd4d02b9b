"""What persons hold, explored: a selection, a bypass that waits or stands, an ordered SAFE, with a fault each."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.config import GroupConfig
from otha.core.group import forced
from otha.core.inputs import OrderGiven
from otha.core.words import ConditionClass, Confirm, OrderKind
from otha.verify import gate_model
from otha.verify.around import STATES_OF_A_BODY, tell, with_body
from otha.verify.explore import commissioned, explore, settled
from otha.verify.world import World
from tests.core.build import INTERLOCK, MS, PERSONS, group_config, order

LEVEL_OK = replace(INTERLOCK, name="level_ok", klass=ConditionClass.PROCESS)


def plant(*given: OrderKind, faults: int = 1, orders: int = 1, **changes: Any) -> World:
    """A plant in which these orders were given, each by the next person, before anything else happens."""
    cfg: GroupConfig = group_config(conditions=(LEVEL_OK,), **changes)
    w = commissioned(cfg, faults=faults, orders=orders)
    for number, kind in enumerate(given):
        asked = order(
            kind,
            id=f"given {number}",
            user=f"user {number}",
            client="world",
            item="level_ok",
            for_ns=60_000 * MS,
            request=w.g.requests,
        )
        w = tell(w, OrderGiven(order=asked))
    return w


@pytest.mark.parametrize(
    "given",
    [(OrderKind.SELECT,), (OrderKind.BYPASS,), (OrderKind.BYPASS, OrderKind.CONFIRM)],
    ids=["selected", "bypass asked", "bypassed"],
)
def test_what_persons_hold_breaks_no_rule(given: tuple[OrderKind, ...]) -> None:
    w = plant(*given)
    assert w.g.selection or w.g.request or w.g.bypasses
    found = explore(w)
    assert not found.stories, str(found.stories[0])
    assert found.complete


def test_a_switchover_that_waits_for_its_confirmation_breaks_no_rule() -> None:
    found = explore(plant(OrderKind.SWITCHOVER, confirm=Confirm.PLANNED))
    assert not found.stories, str(found.stories[0])
    assert found.complete


def test_a_safe_state_ordered_in_a_hold_breaks_no_rule() -> None:
    """Both nodes died, the gate holds, SAFE was asked: it is confirmed, or rejected, or a node comes back."""
    w = plant(persons=replace(PERSONS, confirm_ns=500 * MS))
    for index in range(2):
        w = with_body(w, index, STATES_OF_A_BODY["killed"])
    w = settled(w, faults=1, orders=1)
    w = tell(w, OrderGiven(order=order(OrderKind.SAFE, user="operator")))
    assert w.g.request is not None
    found = explore(w)
    assert not found.stories, str(found.stories[0])
    assert found.complete
    assert any("gate_not_in_othas_hands" in ending for ending in found.endings)


def test_a_release_ordered_where_the_gate_resumes_no_more_breaks_no_rule() -> None:
    """The standby is dead, the owner stood still and works again: it is released, or a fault comes in between."""
    w = plant()
    w = with_body(replace(w, gate=replace(w.gate, resumes=False)), 1, STATES_OF_A_BODY["killed"])
    w = settled(w, faults=0, orders=0)
    w = with_body(w, 0, STATES_OF_A_BODY["frozen"])
    w = replace(w, gate=gate_model.watchdog(w.gate, w.now + w.cfg.own_gate.hold_max_ns)).looked()
    w = replace(with_body(w, 0, STATES_OF_A_BODY["well again"]).looked(), faults_left=1, orders_left=1)
    assert w.g.gate.used_up
    found = explore(w)
    assert not found.stories, str(found.stories[0])
    assert found.complete
    assert "driven" in found.endings


def test_a_bypass_of_what_is_never_bypassed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The invariant is written from the rule: a slip in what judges the order is seen."""
    monkeypatch.setattr(forced, "_bypass_against", lambda t, name, for_ns: ())
    cfg = group_config(conditions=(INTERLOCK,))
    found = explore(commissioned(cfg, faults=0, orders=2))
    assert found.stories[0].breach.startswith("S6")
