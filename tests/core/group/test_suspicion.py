import pytest

from otha.core.effects import SwapRecord
from otha.core.group import step
from otha.core.group.event import NodeJudged
from otha.core.group.state import Cause
from otha.core.reasons import Why
from otha.core.words import Arming, GateState, Liveness, Role, TransferKind, Verdict
from tests.core.build import MS, alive, group_config, timing
from tests.core.rig import Rig, following, held_by_watchdog


def drives_again(rig: Rig) -> None:
    """The gate lets the owner's frames through again."""
    rig.gate(state=GateState.OWNED, owner_fresh=True, driven=True, hold_until=None)


def test_a_healthy_active_is_under_no_suspicion() -> None:
    rig = following()
    rig.wait(600_000)
    assert (rig.g.suspicion, rig.g.plan, rig.effects) == (None, None, [])


def test_a_dead_active_is_suspected_and_after_the_confirmation_time_failed_over() -> None:
    rig = following()
    held_by_watchdog(rig)
    rig.dies("a")
    assert (rig.g.suspicion, rig.g.plan) == (Cause.DEAD, None)
    rig.wait(39)
    assert rig.g.plan is None
    rig.wait(1)
    assert (rig.plan.kind, rig.plan.cause, rig.plan.to_node) == (TransferKind.FAILOVER, Cause.DEAD, "b")
    assert isinstance(rig.asked, SwapRecord)


def test_without_a_confirmation_time_the_failover_begins_in_the_very_step() -> None:
    rig = following(group_config(timing=timing(confirm_ns=0)))
    held_by_watchdog(rig)
    rig.dies("a")
    assert (rig.plan.kind, rig.plan.cause) == (TransferKind.FAILOVER, Cause.DEAD)


def test_a_halted_group_suspects_nobody() -> None:
    rig = following()
    held_by_watchdog(rig)
    rig.dies("a")
    halted = step.halt(rig.g, "S1: broken")
    assert (halted.halted, halted.suspicion, halted.confirm_at) == ("S1: broken", None, None)


def test_a_suspicion_that_ends_leads_nowhere() -> None:
    rig = following()
    held_by_watchdog(rig)
    rig.dies("a")
    rig.wait(30)
    rig.tell(NodeJudged(index=0, view=alive(Role.ACTIVE)))
    drives_again(rig)
    rig.wait(60_000)
    assert (rig.g.plan, rig.effects) == (None, [])
    assert rig.said(Why.SUSPICION_ENDED) == [("a",)]


def test_another_cause_stands_for_a_time_of_its_own() -> None:
    rig = following()
    held_by_watchdog(rig)
    rig.dies("a")
    rig.wait(30)
    rig.dies("a", Liveness.FROZEN)
    rig.wait(39)
    assert rig.g.plan is None
    rig.wait(1)
    assert rig.plan.cause is Cause.FROZEN


# S8


def test_a_fresh_owner_at_the_gate_vetoes_dead() -> None:
    rig = following()
    rig.dies("a")
    rig.wait(600_000)
    assert (rig.g.suspicion, rig.g.plan, rig.effects) == (None, None, [])
    assert rig.blocked_by() == ["owner_fresh_at_gate"]


def test_the_veto_falls_with_the_last_fresh_frame() -> None:
    rig = following()
    rig.dies("a")
    held_by_watchdog(rig)
    rig.wait(40)
    assert rig.plan.cause is Cause.DEAD


def test_a_fresh_owner_at_the_gate_does_not_veto_frozen() -> None:
    rig = following()
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    assert rig.plan.cause is Cause.FROZEN


def test_a_gate_out_of_sight_vetoes_nothing_but_blocks_the_transfer() -> None:
    rig = following()
    rig.gate(seen=False, owner_fresh=False, driven=False)
    rig.dies("a")
    rig.wait(1_000)
    assert (rig.g.suspicion, rig.g.plan) == (Cause.DEAD, None)
    assert rig.blocked_by() == ["gate_unseen"]


def test_an_isolated_observer_proves_no_death() -> None:
    rig = following()
    held_by_watchdog(rig)
    rig.share(isolated=True)
    rig.dies("a")
    rig.wait(5_000)
    assert (rig.g.suspicion, rig.g.plan, rig.effects) == (None, None, [])
    rig.share(isolated=False)
    rig.wait(40)
    assert rig.plan.cause is Cause.DEAD


def test_positive_evidence_counts_for_an_isolated_observer_too() -> None:
    rig = following()
    rig.share(isolated=True)
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    assert rig.plan.cause is Cause.FROZEN


# S18


def stale(rig: Rig) -> None:
    rig.node("a", liveness=Liveness.STALE_DATA)


def test_stale_data_counts_when_a_peer_sees_its_source_fresh() -> None:
    rig = following()
    stale(rig)
    assert rig.g.suspicion is Cause.STALE_DATA


@pytest.mark.parametrize("peer", [Liveness.STALE_DATA, Liveness.DEAD, Liveness.FROZEN, Liveness.UNKNOWN])
def test_stale_data_counts_for_nothing_when_no_peer_sees_the_source(peer: Liveness) -> None:
    rig = following()
    rig.dies("b", peer)
    stale(rig)
    rig.wait(60_000)
    assert (rig.g.suspicion, rig.g.plan, rig.effects) == (None, None, [])


def test_stale_data_counts_for_nothing_while_something_upstream_is_in_trouble() -> None:
    rig = following(group_config(upstream=("gateway",)))
    rig.share(troubled=("gateway",))
    stale(rig)
    assert rig.g.suspicion is None
    assert rig.blocked_by() == ["upstream"]
    rig.share(troubled=("another",))
    assert rig.g.suspicion is Cause.STALE_DATA


# An active that answers but does not drive


def test_an_active_that_answers_but_does_not_drive_gets_longer() -> None:
    rig = following()
    held_by_watchdog(rig)
    assert rig.g.suspicion is Cause.NOT_DRIVING
    rig.wait(599)
    assert rig.g.plan is None
    rig.wait(1)
    assert rig.plan.cause is Cause.NOT_DRIVING


def test_an_active_whose_frames_come_back_is_let_resume() -> None:
    rig = following()
    held_by_watchdog(rig)
    rig.wait(500)
    rig.gate(owner_fresh=True)
    rig.wait(500)
    assert rig.g.plan is None
    drives_again(rig)
    rig.wait(60_000)
    assert (rig.g.suspicion, rig.g.plan, rig.effects) == (None, None, [])


def test_an_active_whose_frames_come_but_are_not_let_through_is_left() -> None:
    """The gate lets an owner resume a few times in its window, and then no more."""
    rig = following()
    held_by_watchdog(rig)
    rig.wait(100)
    rig.gate(owner_fresh=True)
    rig.wait(599)
    assert rig.g.plan is None
    rig.wait(1)
    assert rig.plan.cause is Cause.HELD_BACK


# S16


def test_a_healthy_active_is_never_left_because_a_peer_scores_higher() -> None:
    rig = following()
    rig.node("a", level=200)
    rig.wait(600_000)
    assert (rig.g.suspicion, rig.g.plan, rig.effects) == (None, None, [])


@pytest.mark.parametrize(("peer", "suspected"), [(119, None), (120, None), (121, Cause.DEGRADED)])
def test_between_degraded_ones_only_more_than_the_deadband_counts(peer: int, suspected: Cause | None) -> None:
    rig = following()
    rig.node("b", level=peer)
    rig.node("a", level=100)
    assert rig.g.suspicion is suspected


def test_a_degraded_active_is_left_only_after_the_hold_time() -> None:
    rig = following()
    rig.node("a", level=100)
    rig.wait(9_999)
    assert rig.g.plan is None
    rig.wait(1)
    assert rig.plan.cause is Cause.DEGRADED


def test_a_peer_that_is_not_alive_is_not_better() -> None:
    rig = following()
    rig.dies("b")
    rig.node("a", level=100)
    assert rig.g.suspicion is None


# Who is chosen, and what is only told


def test_the_best_standby_is_chosen_by_health_then_priority() -> None:
    for c_level, chosen in ((255, "b"), (100, "b")):
        rig = following(group_config("abc"))
        rig.node("c", level=c_level)
        rig.dies("a", Liveness.FROZEN)
        rig.wait(40)
        assert rig.plan.to_node == chosen
    rig = following(group_config("abc"))
    rig.node("b", level=150)
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    assert rig.plan.to_node == "c"


def test_without_an_able_standby_it_is_said_why_once() -> None:
    rig = following()
    rig.dies("b")
    rig.dies("a", Liveness.FROZEN)
    rig.wait(60_000)
    assert (rig.g.plan, rig.effects) == (None, [])
    assert rig.blocked_by() == ["node_not_able"]


@pytest.mark.parametrize("arming", [Arming.OBSERVE, Arming.ADVISE])
def test_a_group_that_may_not_act_says_once_what_it_would_have_done(arming: Arming) -> None:
    rig = following(group_config(arming=arming))
    rig.dies("a", Liveness.FROZEN)
    rig.wait(60_000)
    assert (rig.g.plan, rig.effects) == (None, [])
    assert rig.said(Why.WOULD_TRANSFER) == [("failover", "a", "b", "frozen")]


def test_a_blocked_failover_starts_as_soon_as_nothing_stands_against_it() -> None:
    rig = following()
    rig.condition(Verdict.STALE)
    rig.dies("a", Liveness.FROZEN)
    rig.wait(5_000)
    assert rig.g.plan is None
    rig.condition(Verdict.TRUE)
    assert rig.plan.to_node == "b"


def test_a_hold_without_an_owner_is_no_suspicion_of_the_active() -> None:
    rig = following()
    rig.gate(state=GateState.HELD, owner=None, owner_fresh=False, hold_until=rig.now + 10_000 * MS)
    assert rig.g.suspicion is None
