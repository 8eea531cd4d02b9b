"""What waits in REQUESTED, at literal times: beside a request for SAFE, beyond the limit of a hold, after its cause."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.conditions import Compare, Comparison, MachineConfig, MachineRule, MachineStateConfig
from otha.core.config import GroupConfig
from otha.core.effects import Revoke, Safe
from otha.core.group.event import MachineJudged
from otha.core.group.state import Cause
from otha.core.reasons import Block, Why
from otha.core.words import (
    Arming,
    Conduct,
    Confirm,
    Ending,
    GateState,
    Liveness,
    OrderKind,
    Phase,
    RpoMiss,
    Standing,
    TransferKind,
    Verdict,
)
from tests.core.build import MS, gate_view, group_config, path_config
from tests.core.group.test_redirect import following as led
from tests.core.rig import Rig, driven, following, held_by_watchdog

RUN, WAITS, ASKS, ASKS_TOO = range(4)


def _state(name: str, rule: MachineRule) -> MachineStateConfig:
    when = Compare(tag="permit", op=Comparison.EQ, value=1, for_ns=0)
    return MachineStateConfig(name=name, when=when, switchover=rule, failover=rule, after_fence=None)


MACHINE = MachineConfig(
    states=(
        _state("RUN", MachineRule(does=Conduct.GO)),
        _state("WAITS", MachineRule(does=Conduct.WAIT, limit_ns=60_000 * MS)),
        _state("ASKS", MachineRule(does=Conduct.ASK)),
        _state("ASKS_TOO", MachineRule(does=Conduct.ASK)),
    ),
    unknown=_state("UNKNOWN", MachineRule(does=Conduct.STAY)),
)


def enters(rig: Rig, state: int) -> None:
    rig.tell(MachineJudged(state=state))


def codes(rig: Rig, kind: OrderKind, node: str | None = None, **changes: Any) -> list[str]:
    """What stood against the order."""
    return [blocker.block.code for blocker in rig.order(kind, node, **changes).blockers]


def a_dies(rig: Rig) -> Rig:
    held_by_watchdog(rig)
    rig.dies("a")
    rig.wait(40)
    assert rig.phase() is Phase.REQUESTED
    rig.forget()
    return rig


def asking(**changes: Any) -> Rig:
    """Held since 1000 ms; the failover from the dead "a" asks a person since 1040 ms."""
    return a_dies(following(group_config(confirm=Confirm.ALWAYS, **changes)))


def waiting_for_the_machine() -> Rig:
    """Held since 1000 ms; the failover from the dead "a" waits for a phase of the machine since 1040 ms."""
    rig = following(group_config(machine=MACHINE))
    enters(rig, WAITS)
    return a_dies(rig)


def asked_by_the_machine() -> Rig:
    rig = following(group_config(machine=MACHINE))
    enters(rig, ASKS)
    return a_dies(rig)


WAITING = pytest.mark.parametrize("begin", [asking, waiting_for_the_machine, asked_by_the_machine])


# A request for SAFE beside a transfer that waits


@WAITING
def test_two_persons_win_over_a_transfer_that_waits(begin: Any) -> None:
    rig = begin()
    assert codes(rig, OrderKind.SAFE, id="s") == []
    assert rig.g.plan is not None
    assert codes(rig, OrderKind.CONFIRM, id="c", user="eva", request=rig.shown("safe")) == []
    assert rig.said(Why.ENDED)[-1][-1] == "withdrawn: the safe state is ordered"
    assert [effect.do for effect in rig.effects] == [Safe(epoch=1, hold_no=2)]
    rig.wait(1_000)
    assert rig.g.plan is None


@WAITING
def test_a_request_that_only_waits_stops_no_failover(begin: Any) -> None:
    rig = begin()
    assert codes(rig, OrderKind.SAFE, id="s") == []
    if rig.g.machine == WAITS:
        enters(rig, RUN)
    else:
        assert codes(rig, OrderKind.CONFIRM, id="c", user="eva", request=rig.shown("failover")) == []
    assert rig.phase() is Phase.PERMITTED
    assert rig.g.request is not None


@pytest.mark.parametrize("begin", [asking, asked_by_the_machine])
def test_where_two_things_wait_each_is_answered_by_its_number(begin: Any) -> None:
    rig = begin()
    rig.order(OrderKind.SAFE, id="s")
    safe, failover = rig.shown("safe"), rig.shown("failover")
    assert None not in (safe, failover)
    assert safe != failover
    for kind in (OrderKind.CONFIRM, OrderKind.REJECT):
        (blocker,) = rig.order(kind, id=kind.value, user="eva", request=None).blockers
        assert blocker.block.code == "which_one"
        assert f"request {safe}: safe, asked by kim; request {failover}: failover to b" in blocker.detail
    assert (rig.g.request is not None, rig.phase()) == (True, Phase.REQUESTED)
    assert codes(rig, OrderKind.REJECT, id="r", user="eva", request=safe) == []
    assert (rig.g.request, rig.phase()) == (None, Phase.REQUESTED)
    assert codes(rig, OrderKind.CONFIRM, id="c", user="eva", request=failover) == []
    assert rig.phase() is Phase.PERMITTED


def test_an_answer_without_a_number_answers_nothing_even_where_one_thing_waits() -> None:
    rig = asking()
    (blocker,) = rig.order(OrderKind.CONFIRM, id="c", request=None).blockers
    assert (blocker.block.code, blocker.detail) == ("which_one", f"request {rig.plan.request}: failover to b")
    assert rig.phase() is Phase.REQUESTED


def test_who_saw_one_request_can_not_confirm_another_that_took_its_place() -> None:
    rig = following(group_config("abc", confirm=Confirm.PLANNED))
    rig.order(OrderKind.SWITCHOVER, "b", id="first")
    seen = rig.shown()
    rig.order(OrderKind.REJECT, id="r", user="max")
    rig.order(OrderKind.SWITCHOVER, "c", id="second", user="max")
    (blocker,) = rig.order(OrderKind.CONFIRM, id="c", user="eva", request=seen).blockers
    assert blocker.block.code == "nothing_to_confirm"
    assert blocker.detail == f"request {seen}; what waits: request {rig.plan.request}: switchover to c"
    assert rig.phase() is Phase.REQUESTED
    assert codes(rig, OrderKind.REJECT, id="r2", user="eva", request=seen) == ["nothing_to_confirm"]
    assert codes(rig, OrderKind.CONFIRM, id="c2", user="eva", request=rig.shown()) == []


def test_a_request_that_asks_something_else_by_now_has_another_number() -> None:
    """The machine went on to another state, which a person must judge anew; so does a lag that was not there."""
    rig = asked_by_the_machine()
    seen = rig.shown()
    enters(rig, ASKS_TOO)
    assert codes(rig, OrderKind.CONFIRM, id="c", request=seen) == ["nothing_to_confirm"]
    assert rig.said(Why.PERSON_ASKED)[-1][1:] == ("failover", "b", "machine ASKS_TOO")
    assert codes(rig, OrderKind.CONFIRM, id="c2", request=rig.shown()) == []

    rig = following(group_config(confirm=Confirm.PLANNED, on_rpo_miss=RpoMiss.ASK))
    rig.order(OrderKind.SWITCHOVER, "b", id="o")
    seen = rig.shown()
    rig.node("b", in_rpo=Verdict.FALSE)
    assert codes(rig, OrderKind.CONFIRM, id="c", request=seen) == ["nothing_to_confirm"]
    with_lag = rig.shown()
    # It comes and goes, and who has seen it may still answer.
    rig.node("b", in_rpo=Verdict.TRUE)
    rig.node("b", in_rpo=Verdict.FALSE)
    assert rig.shown() == with_lag
    assert codes(rig, OrderKind.CONFIRM, id="c2", request=with_lag) == []


def test_a_number_from_before_a_restart_is_not_met_again() -> None:
    rig = asking()
    seen = rig.shown()
    again = Rig(rig.cfg, now=rig.now + 10_000 * MS)
    assert again.g.requests != 0
    assert seen is not None
    assert again.g.requests > seen


def test_a_confirmation_of_what_does_not_wait_confirms_nothing_else() -> None:
    rig = asking()
    answer = rig.order(OrderKind.CONFIRM, id="c", request=rig.plan.request + 1)
    assert [(b.block.code, b.detail) for b in answer.blockers] == [
        ("nothing_to_confirm", f"request {rig.plan.request + 1}; what waits: request {rig.plan.request}: failover to b")
    ]
    assert rig.phase() is Phase.REQUESTED
    assert codes(rig, OrderKind.CONFIRM, id="c2", request=rig.plan.request) == []


def test_a_transfer_that_waits_for_the_machine_alone_leaves_the_confirmation_to_the_request() -> None:
    rig = waiting_for_the_machine()
    rig.order(OrderKind.SAFE, id="s")
    assert codes(rig, OrderKind.CONFIRM, id="c", user="eva") == []
    assert rig.g.safe_for == 2


def test_a_failover_that_begins_to_ask_leaves_the_request_alone() -> None:
    rig = following(group_config(confirm=Confirm.ALWAYS))
    held_by_watchdog(rig)
    rig.dies("a")
    assert codes(rig, OrderKind.SAFE, id="s") == []
    rig.wait(40)
    assert (rig.phase(), rig.g.request is not None) == (Phase.REQUESTED, True)


def test_a_safe_state_that_was_ordered_at_a_gate_that_is_not_seen_any_more_needs_an_operator() -> None:
    rig = asking()
    rig.order(OrderKind.SAFE, id="s")
    rig.order(OrderKind.CONFIRM, id="c", user="eva", request=rig.shown("safe"))
    rig.gate(seen=False)
    rig.wait(100)
    assert rig.g.concern is not None
    assert (rig.g.standing, rig.g.concern.block) == (Standing.NEEDS_OPERATOR, Block.GATE_UNSEEN)
    rig.gate(seen=True)
    rig.ends()
    rig.wait(100)
    assert rig.effects[-1].do == Safe(epoch=1, hold_no=2)


def test_after_a_safe_state_that_did_not_come_about_the_failover_is_asked_for_anew() -> None:
    rig = asking()
    rig.order(OrderKind.SAFE, id="s")
    rig.order(OrderKind.CONFIRM, id="c", user="eva", request=rig.shown("safe"))
    driven(rig, "a", 1)
    held_by_watchdog(rig)
    rig.wait(1_000)
    assert (rig.phase(), rig.plan.serial, rig.plan.automatic) == (Phase.REQUESTED, 2, True)


# The limit of a hold


@WAITING
def test_the_limit_of_a_hold_runs_while_a_transfer_waits_and_ends_it(begin: Any) -> None:
    rig = begin()
    rig.wait(7_459)
    assert (rig.phase(), rig.effects) == (Phase.REQUESTED, [])
    rig.wait(1)
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    assert rig.blocked_by() == ["uncontrolled"]
    assert rig.asked == Safe(epoch=1, hold_no=2)
    rig.wait(500)
    assert (rig.g.plan, len(rig.said(Why.ENDED))) == (None, 1)


def test_beyond_the_limit_a_failover_that_need_not_wait_still_goes() -> None:
    rig = waiting_for_the_machine()
    rig.wait(7_500)
    enters(rig, RUN)
    rig.gate(hold_until=rig.now + 5_000 * MS)
    assert (rig.phase(), rig.plan.automatic) == (Phase.PERMITTED, True)


def test_beyond_the_limit_nothing_that_would_wait_is_ordered() -> None:
    rig = asking()
    rig.wait(7_460)
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o") == ["uncontrolled"]


def test_a_transfer_that_moves_is_left_to_its_own_bounds() -> None:
    """The limit counts from the begin of the hold, and is over in it; what was claimed goes on."""
    rig = asking()
    rig.wait(7_450)
    rig.order(OrderKind.CONFIRM, id="c")
    rig.swapped()
    rig.wait(20)
    assert (rig.g.uncontrolled, rig.phase()) == (True, Phase.CLAIMED)
    assert [type(effect.do) for effect in rig.effects][-1] is Revoke


def test_a_group_that_only_obeys_has_no_limit_of_its_own() -> None:
    rig = following(group_config(arming=Arming.ADVISE, confirm=Confirm.ALWAYS))
    held_by_watchdog(rig)
    rig.dies("a")
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o") == []
    rig.wait(7_600)
    assert (rig.phase(), rig.g.uncontrolled_until) == (Phase.REQUESTED, None)


# An ordered failover whose cause is gone


def ordered(liveness: Liveness, phase: Phase, cfg: GroupConfig | None = None) -> Rig:
    """Kim orders "b" while the suspicion on "a" has not stood yet."""
    rig = following(cfg)
    rig.dies("a", liveness)
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o") == []
    assert (rig.plan.kind, rig.plan.automatic, rig.phase()) == (TransferKind.FAILOVER, False, phase)
    return rig


@pytest.mark.parametrize("liveness", [Liveness.DEAD, Liveness.FROZEN])
@pytest.mark.parametrize("level", [255, 100])
def test_an_ordered_failover_ends_when_the_active_is_well_again(liveness: Liveness, level: int) -> None:
    """Degraded is not well, but it can hand over without a bump."""
    rig = following()
    rig.gate(owner_fresh=False)
    rig.dies("a", liveness)
    rig.order(OrderKind.SWITCHOVER, "b", id="o")
    rig.node("a", liveness=Liveness.ALIVE, level=level)
    assert rig.phase() is None
    assert (rig.ending, rig.blocked_by()) == (Ending.ABORTED_SAFE, ["cause_gone"])


def test_a_recovery_after_the_revoke_left_changes_nothing() -> None:
    rig = ordered(Liveness.FROZEN, Phase.PERMITTED)
    rig.swapped()
    rig.node("a", liveness=Liveness.ALIVE, level=255)
    assert (rig.phase(), rig.ending) == (Phase.CLAIMED, None)


def test_a_way_that_lives_again_is_not_left_on_an_order_either() -> None:
    rig = led(path_config(confirm=Confirm.ALWAYS))
    rig.dies("a", Liveness.FROZEN)
    rig.order(OrderKind.SWITCHOVER, "b", id="o")
    rig.node("a", liveness=Liveness.ALIVE, level=255)
    assert rig.blocked_by() == ["cause_gone"]


def test_a_drilled_failover_needs_no_cause() -> None:
    rig = following(group_config(drills=True))
    assert codes(rig, OrderKind.DRILL, "b", id="d", transfer=TransferKind.FAILOVER) == []
    rig.swapped()
    assert rig.phase() is Phase.CLAIMED


def test_a_dead_active_that_is_only_degraded_now_is_not_left_before_its_deadband() -> None:
    rig = following(group_config(confirm=Confirm.ALWAYS))
    rig.dies("a", Liveness.FROZEN)
    rig.wait(40)
    rig.node("a", liveness=Liveness.ALIVE, level=100)
    assert rig.blocked_by() == ["cause_gone"]
    assert (rig.g.plan, rig.g.suspicion) == (None, Cause.DEGRADED)


def test_who_shall_drive_is_ordered_although_the_recorded_active_is_dead() -> None:
    """Nobody drives after a reset: the order is a failover, and is not stopped by the very death that it is for."""
    rig = following()
    rig.dies("a")
    rig.tell_gate(gate_view(None, 1, state=GateState.FREE, granted=1, last_driver="a"))
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o") == []
    assert (rig.plan.kind, rig.phase()) == (TransferKind.FAILOVER, Phase.PERMITTED)


# A lag that a person is to accept


def lagging(nodes: str = "ab", **changes: Any) -> Rig:
    rig = following(group_config(nodes, on_rpo_miss=RpoMiss.ASK, **changes))
    for name in nodes[1:]:
        rig.node(name, in_rpo=Verdict.FALSE)
    return a_dies(rig)


def test_a_failover_that_asks_because_of_a_lag_goes_when_the_lag_is_gone() -> None:
    rig = lagging()
    rig.node("b", in_rpo=Verdict.TRUE)
    assert (rig.phase(), rig.plan.serial) == (Phase.PERMITTED, 1)
    assert rig.said(Why.NOT_ASKED_ANY_MORE) == [("b",)]


def test_it_goes_to_another_node_that_has_no_lag() -> None:
    rig = lagging("abc")
    assert rig.plan.to_node == "b"
    rig.node("c", in_rpo=Verdict.TRUE)
    assert rig.said(Why.ENDED)[-1][-1] == "c is within the RPO"
    assert (rig.plan.to_node, rig.phase(), rig.plan.automatic) == ("c", Phase.PERMITTED, True)


def test_where_a_person_must_confirm_anyway_he_is_asked_about_the_node_without_a_lag() -> None:
    rig = lagging("abc", confirm=Confirm.ALWAYS)
    rig.node("c", in_rpo=Verdict.TRUE)
    assert (rig.plan.to_node, rig.phase()) == ("c", Phase.REQUESTED)
    assert codes(rig, OrderKind.CONFIRM, id="c") == []


def test_a_person_who_named_a_node_gets_this_one() -> None:
    rig = following(group_config("abc", on_rpo_miss=RpoMiss.ASK))
    rig.node("b", in_rpo=Verdict.FALSE)
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o") == []
    assert (rig.plan.to_node, rig.phase()) == ("b", Phase.REQUESTED)
    rig.node("b", in_rpo=Verdict.TRUE)
    assert (rig.plan.to_node, rig.phase()) == ("b", Phase.PERMITTED)


# The time for an answer


def alternating(rig: Rig, states: tuple[int, int], times: int) -> None:
    for at in range(times):
        enters(rig, states[at % 2])
        rig.wait(4_000)


def test_a_machine_that_alternates_does_not_give_more_time_for_an_answer() -> None:
    rig = following(group_config(machine=MACHINE))
    enters(rig, ASKS)
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o") == []
    alternating(rig, (ASKS_TOO, ASKS), 7)
    assert rig.phase() is Phase.REQUESTED
    rig.wait(2_000)
    assert (rig.phase(), rig.ending) == (None, Ending.ABORTED_SAFE)
    assert rig.said(Why.ENDED)[-1][-1] == "not confirmed in time"


def test_nor_does_one_that_alternates_with_a_state_that_lets_go_while_a_person_must_confirm() -> None:
    rig = following(group_config(machine=MACHINE, confirm=Confirm.ALWAYS))
    enters(rig, RUN)
    assert codes(rig, OrderKind.SWITCHOVER, "b", id="o") == []
    alternating(rig, (ASKS, RUN), 8)
    assert rig.said(Why.ENDED)[-1][-1] == "not confirmed in time"


def test_an_answer_that_nobody_gave_is_not_waited_for_after_another_phase() -> None:
    rig = following(group_config(machine=MACHINE))
    enters(rig, ASKS)
    rig.order(OrderKind.SWITCHOVER, "b", id="o")
    rig.wait(10_000)
    enters(rig, WAITS)
    rig.wait(25_000)
    assert rig.plan.waiting
    assert codes(rig, OrderKind.CONFIRM, id="c") == ["nothing_to_confirm"]
    enters(rig, ASKS)
    assert rig.said(Why.ENDED)[-1][-1] == "not confirmed in time"


def test_a_phase_that_is_waited_for_takes_nothing_from_the_time_for_the_answer_after_it() -> None:
    rig = following(group_config(machine=MACHINE, confirm=Confirm.ALWAYS))
    enters(rig, WAITS)
    rig.order(OrderKind.SWITCHOVER, "b", id="o")
    rig.wait(50_000)
    enters(rig, RUN)
    rig.wait(29_999)
    assert rig.phase() is Phase.REQUESTED
    assert codes(rig, OrderKind.CONFIRM, id="c") == []


# A confirmation that comes too late


def test_a_confirmation_of_what_can_not_go_any_more_says_what_came_in_the_way() -> None:
    rig = asking(timing=replace(group_config().timing, uncontrolled_ns=9_990 * MS))
    rig.now = 11_000 * MS - rig.cfg.timing.transfer_bound_ns + 1 * MS
    answer = rig.order(OrderKind.CONFIRM, id="c")
    assert not answer.accepted
    assert [blocker.block.code for blocker in answer.blockers] == ["hold_too_short"]
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    assert [args[2] for args in rig.said(Why.ORDER_REFUSED)] == ["hold_too_short"]
    assert rig.said(Why.ORDER_TAKEN) == []


def test_a_confirmation_that_comes_with_the_end_of_the_limit_in_a_phase_says_so() -> None:
    rig = following(group_config(machine=MACHINE, confirm=Confirm.ALWAYS))
    enters(rig, WAITS)
    a_dies(rig)
    rig.now = 8_500 * MS
    assert codes(rig, OrderKind.CONFIRM, id="c") == ["uncontrolled"]
    assert rig.g.plan is None
