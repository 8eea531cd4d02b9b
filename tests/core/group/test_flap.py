"""Rule S7: no two automatic transfers in the hold-off, so many in the window, one more on positive evidence."""

from otha.core.group.event import NodeJudged
from otha.core.words import Ending, Liveness, OrderKind, Phase, Role
from tests.core.build import alive, group_config, timing
from tests.core.rig import Rig, driven, fenced, following, granted, take_on


def fails(rig: Rig, node: str, liveness: Liveness) -> None:
    """The active `node` fails; a silent one's frames stop too."""
    if liveness is Liveness.DEAD:
        rig.gate(owner_fresh=False, driven=False)
    rig.dies(node, liveness)
    rig.wait(40)


def finish(rig: Rig) -> None:
    """The transfer under way goes well; afterwards the old active is a healthy standby."""
    plan = rig.plan
    rig.swapped()
    fenced(rig)
    granted(rig, plan.to_node, plan.epoch)
    rig.gate(shadow=rig.g.nodes[0].in_rpo.TRUE)
    rig.gate(armed=True)
    driven(rig, plan.to_node, plan.epoch)
    rig.swapped()
    assert rig.ending is Ending.DONE
    for index, config in enumerate(rig.cfg.nodes):
        role = Role.ACTIVE if config.name == plan.to_node else Role.STANDBY
        rig.tell(NodeJudged(index=index, view=alive(role)))
    rig.forget()


def moved(cfg_changes: dict[str, int] | None = None) -> Rig:
    """After one automatic failover from "a" to "b"."""
    rig = following(group_config(timing=timing(**(cfg_changes or {}))))
    fails(rig, "a", Liveness.DEAD)
    finish(rig)
    return rig


def test_a_second_death_within_the_hold_off_moves_nothing() -> None:
    rig = moved()
    fails(rig, "b", Liveness.DEAD)
    assert rig.phase() is None
    assert rig.blocked_by() == ["hold_off"]


def test_after_the_hold_off_it_moves_by_itself() -> None:
    rig = moved()
    fails(rig, "b", Liveness.DEAD)
    rig.wait(30_000 - 40 - 1)
    assert rig.phase() is None
    rig.wait(1)
    assert rig.plan.to_node == "a"


def test_an_acknowledgement_lets_it_move_at_once() -> None:
    rig = moved()
    fails(rig, "b", Liveness.DEAD)
    rig.order(OrderKind.ACKNOWLEDGE)
    assert rig.plan.to_node == "a"


def test_positive_evidence_moves_once_more_within_the_hold_off_and_not_twice() -> None:
    rig = moved()
    fails(rig, "b", Liveness.FROZEN)
    assert rig.plan.to_node == "a"
    finish(rig)
    fails(rig, "a", Liveness.FROZEN)
    assert rig.phase() is None
    assert rig.blocked_by() == ["hold_off"]


def test_the_one_more_move_needs_a_standby_above_suspicion() -> None:
    rig = moved()
    rig.node("a", level=199)
    fails(rig, "b", Liveness.FROZEN)
    assert rig.phase() is None
    assert rig.blocked_by() == ["hold_off"]


def test_the_window_takes_so_many_transfers() -> None:
    rig = moved({"max_in_window": 2, "holdoff_ns": 1_000_000})
    rig.wait(1_000)
    fails(rig, "b", Liveness.DEAD)
    finish(rig)
    rig.wait(1_000)
    fails(rig, "a", Liveness.DEAD)
    assert rig.phase() is None
    assert rig.blocked_by() == ["too_many"]
    # The first of the two leaves the window 600 s after its end.
    rig.wait(600_000 - 2_080)
    assert rig.plan.to_node == "b"


def test_an_automatic_transfer_that_took_nothing_from_its_owner_does_not_count() -> None:
    rig = following()
    fails(rig, "a", Liveness.DEAD)
    rig.wait(20)
    assert (rig.ending, rig.g.recent, rig.g.holdoff_until) == (Ending.ABORTED_SAFE, (), None)


def test_a_transfer_that_returned_counts_too() -> None:
    rig = following()
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    take_on(rig, Phase.FENCED)
    rig.node("a", liveness=Liveness.ALIVE, level=255)
    rig.dies("b")
    granted(rig, "a", 3)
    rig.gate(shadow=rig.g.nodes[0].in_rpo.TRUE)
    rig.gate(armed=True)
    driven(rig, "a", 3)
    rig.swapped()
    assert (rig.ending, len(rig.g.recent)) == (Ending.RETURNED, 1)
