"""What persons hold, spoiled: the rule is named."""

from dataclasses import replace

import pytest

from otha.core.errors import InvariantBreachError
from otha.core.group import person_invariant
from otha.core.group.request import Bypass
from otha.core.words import ConditionClass, OrderKind, Phase
from tests.core.build import MS
from tests.core.rig import following, switching


def test_a_bypass_on_the_word_of_one_person() -> None:
    rig = following()
    (first, *others) = rig.cfg.conditions
    cfg = replace(rig.cfg, conditions=(replace(first, interlock=True, klass=ConditionClass.PROCESS), *others))
    given = Bypass(item=first.name, by="kim", second="eva", comment="why", until=rig.now + MS)
    good = replace(rig.g, bypasses=(given,))
    person_invariant.check(cfg, good, good, rig.now)
    alone = replace(rig.g, bypasses=(replace(given, second="kim"),))
    with pytest.raises(InvariantBreachError) as breach:
        person_invariant.check(cfg, alone, alone, rig.now)
    assert breach.value.rule == "two persons"


def test_a_selection_keeps_others_from_beginning_and_not_from_going_on() -> None:
    rig = following()
    rig.order(OrderKind.SELECT, "b", user="eva", client="other")
    selected = rig.g
    assert selected.selection is not None
    other = switching(Phase.PERMITTED)
    going_on = replace(selected, plan=other.plan, serial=other.plan.serial)
    person_invariant.check(rig.cfg, going_on, going_on, rig.now)
    with pytest.raises(InvariantBreachError) as breach:
        person_invariant.check(rig.cfg, selected, going_on, rig.now)
    assert breach.value.rule == "order"
