"""How a group may rest once all is healed."""

from dataclasses import replace

import pytest

from otha.core.errors import InvariantBreachError
from otha.core.group import step as group_step
from otha.core.group.state import Cause, GroupState, StoreView
from otha.core.inputs import Record
from otha.core.reasons import Block, Blocker
from otha.core.words import Milestone, Standing
from otha.site.model import Site
from otha.verify.simulation.clockwork import Clockwork
from otha.verify.simulation.fault import FaultKind
from otha.verify.simulation.plant import Plant
from otha.verify.simulation.rests import rest
from otha.verify.simulation.schedule import START_NS
from tests.verify.simulation.build import fault


def following(site: Site) -> GroupState:
    """The state of a group that follows sc_a, in sight of its gate."""
    g = group_step.start(site.core.groups[0], START_NS)
    record = Record(epoch=1, active="sc_a", claim=None, milestone=Milestone.DONE, revision="r0")
    seen = replace(g.gate, seen=True)
    return replace(g, standing=Standing.FOLLOWING, store=StoreView.KNOWN, record=record, gate=seen)


def test_driven_or_saying_what_it_needs(site: Site) -> None:
    plant, cfg, g = Plant(site, Clockwork(START_NS), lambda *_: None), site.core.groups[0], following(site)
    assert rest(plant, cfg, g) == "driven"
    needs = Blocker(block=Block.NOBODY_DRIVES, detail="plc")
    asking = replace(g, standing=Standing.NEEDS_OPERATOR, concern=needs)
    assert rest(plant, cfg, asking) == "needs operator: nobody_drives"
    assert rest(plant, cfg, replace(g, standing=Standing.SETTLING, unverified=True)) == "unverified"
    with pytest.raises(InvariantBreachError, match="never settles"):
        rest(plant, cfg, replace(g, standing=Standing.SETTLING))


def test_a_dead_owner_that_nothing_is_said_of_breaks_l1(site: Site) -> None:
    plant, cfg, g = Plant(site, Clockwork(START_NS), lambda *_: None), site.core.groups[0], following(site)
    plant.begins(fault(0, FaultKind.CRASH, "sc_a", 0.0, 1.0), START_NS)
    with pytest.raises(InvariantBreachError, match="nothing is done about it"):
        rest(plant, cfg, g)
    suspected = replace(g, suspicion=Cause.DEAD, told=(Blocker(block=Block.HOLD_OFF, detail=""),))
    assert rest(plant, cfg, suspected) == "blocked: hold_off"
