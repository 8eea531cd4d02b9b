"""Every predicate fires: a good step is taken, one thing in it is made wrong, and the rule is named."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.config import FailbackConfig
from otha.core.effects import Revoke
from otha.core.errors import InvariantBreachError
from otha.core.group import invariant_planned
from otha.core.group.state import GroupState
from otha.core.group.turn import Decision
from otha.core.words import FailbackMode, Liveness, OrderKind, Phase, Role, TransferKind, Verdict
from tests.core.build import MS, group_config
from tests.core.rig import Rig, following, take_on


def away(mode: FailbackMode = FailbackMode.MANUAL) -> Rig:
    rig = following(group_config(drills=True, failback=FailbackConfig(mode=mode, hold_ns=1_000 * MS)))
    rig.order(OrderKind.SWITCHOVER, "b", id="away")
    take_on(rig, Phase.OUTPUT_VERIFIED)
    rig.swapped()
    rig.node("b", role=Role.ACTIVE)
    rig.node("a", role=Role.STANDBY)
    return rig


def fencing() -> tuple[Rig, GroupState, Decision]:
    """The step in which the REVOKE of a failback leaves."""
    rig = away()
    rig.wait(1_000)
    rig.order(OrderKind.FAILBACK, id="back")
    rig.swapped()
    assert rig.last is not None
    assert [type(effect.do) for effect in rig.last.effects] == [Revoke]
    return rig, rig.before, rig.last


def breach(rig: Rig, before: GroupState, decision: Decision) -> str:
    with pytest.raises(InvariantBreachError) as caught:
        invariant_planned.check(rig.cfg, before, decision)
    return str(caught.value)


def with_state(decision: Decision, **changes: Any) -> Decision:
    return replace(decision, state=replace(decision.state, **changes))


def with_plan(decision: Decision, **changes: Any) -> Decision:
    assert decision.state.plan is not None
    return with_state(decision, plan=replace(decision.state.plan, **changes))


def test_a_failback_before_its_hold_time() -> None:
    rig, before, decision = fencing()
    invariant_planned.check(rig.cfg, before, decision)
    assert "hold time" in breach(rig, before, with_state(decision, steady=False))
    assert "hold time" in breach(rig, before, with_state(decision, steady_at=rig.now + 1))


@pytest.mark.parametrize(
    "changes",
    [{"in_rpo": Verdict.UNKNOWN}, {"ready": Verdict.STALE}, {"channels_lost": True}, {"liveness": Liveness.DEAD}],
)
def test_a_failback_to_a_node_that_does_not_agree_or_is_not_stable(changes: dict[str, Any]) -> None:
    rig, before, decision = fencing()
    nodes = (replace(decision.state.nodes[0], **changes), decision.state.nodes[1])
    assert breach(rig, before, with_state(decision, nodes=nodes)).startswith("S12")


def test_a_failback_to_another_node() -> None:
    rig, before, decision = fencing()
    assert "preferred" in breach(rig, before, with_plan(decision, to_node="b"))


def test_a_failback_that_nobody_ordered_or_confirmed() -> None:
    rig = away(FailbackMode.APPROVAL)
    rig.wait(999)
    before = rig.g
    rig.wait(1)
    assert rig.last is not None
    invariant_planned.check(rig.cfg, before, rig.last)
    assert "nobody ordered" in breach(rig, before, with_plan(rig.last, confirmed=True))
    waiting = rig.g
    assert "confirmed by nobody" in breach(rig, waiting, with_plan(rig.last, confirmed=True))
    assert "before it is confirmed" in breach(rig, waiting, with_plan(rig.last, phase=Phase.PERMITTED))


def test_a_drill_where_none_may_be() -> None:
    rig = following(group_config(drills=True))
    rig.order(OrderKind.DRILL, "b", transfer=TransferKind.FAILOVER)
    assert rig.last is not None
    rig.cfg = replace(rig.cfg, drills=False)
    assert breach(rig, rig.before, rig.last).startswith("S14")
