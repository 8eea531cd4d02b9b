"""Waiting for a phase of the machine that begins in the very moment in which something else is over."""

from otha.core.words import OrderKind, Phase
from tests.core.build import MS, group_config
from tests.core.group.test_waits import ASKS, MACHINE, RUN, WAITS, codes, enters
from tests.core.rig import following


def test_a_phase_that_begins_as_the_time_for_an_answer_passes_is_waited_for() -> None:
    """Asked since 1000 ms, for 30 s; the phase has a time of its own."""
    rig = following(group_config(machine=MACHINE))
    enters(rig, ASKS)
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o") == []
    rig.now = 31_000 * MS
    enters(rig, WAITS)
    assert (rig.phase(), rig.plan.waiting) == (Phase.REQUESTED, True)
    rig.wait(59_999)
    assert rig.plan.waiting
    enters(rig, RUN)
    assert rig.phase() is Phase.PERMITTED
