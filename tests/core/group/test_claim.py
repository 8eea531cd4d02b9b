"""What leads up to a claim, where two things come together: a lag, a phase of the machine, an answer, another claim."""

from dataclasses import replace

from otha.core.config import GroupConfig
from otha.core.effects import Void
from otha.core.inputs import Claim
from otha.core.reasons import Why
from otha.core.words import Confirm, Ending, OrderKind, Outcome, Phase, RpoMiss, TransferKind, Verdict
from tests.core.build import open_claim
from tests.core.group.test_machine import ASK, IGNITION, MOTION, RUN, config, enters, order, standing, state, waiting
from tests.core.rig import Rig, switching

ASKS_FOR_A_LAG = {"on_rpo_miss": RpoMiss.ASK}


def test_after_another_claim_won_the_section_is_looked_at_in_the_same_step() -> None:
    """Nothing more may happen for long: who drives goes on as ever, and the store says nothing by itself."""
    rig = switching(Phase.PERMITTED)
    theirs = Claim(id="other/tanks/2/b", kind=TransferKind.SWITCHOVER, to_node="b")
    rig.ends(Outcome.REFUSED, replace(open_claim(), claim=theirs))
    assert rig.said(Why.ENDED)[-1][-1] == "another claim won"
    assert (rig.plan.serial, rig.asked) == (2, Void(node="a", epoch=3))


# The time for a phase


def with_two_phases(**changes: object) -> GroupConfig:
    """Each phase may be waited for 2000 ms, both together 4000 ms."""
    cfg = config(changes)
    assert cfg.machine is not None
    states = (*cfg.machine.states, state("PURGE", 4, switchover=waiting(), failover=ASK))
    return replace(cfg, machine=replace(cfg.machine, states=states))


def waits_for_ignition(cfg: GroupConfig) -> Rig:
    """Since 1000 ms, and 1000 ms have passed; a person is asked beside it, for the lag of "b" or always."""
    rig = standing(IGNITION, cfg)
    if cfg.on_rpo_miss is RpoMiss.ASK:
        rig.node("b", in_rpo=Verdict.FALSE)
    assert order(rig)
    rig.wait(1_000)
    assert (rig.plan.waiting, rig.plan.confirmed) == (True, False)
    return rig


def test_a_lag_that_goes_away_gives_no_more_time_to_the_phase_that_is_waited_for() -> None:
    rig = waits_for_ignition(with_two_phases(**ASKS_FOR_A_LAG))
    rig.node("b", in_rpo=Verdict.TRUE)
    assert rig.said(Why.NOT_ASKED_ANY_MORE) == [("b",)]
    rig.wait(999)
    assert rig.plan.waiting
    rig.wait(1)
    assert (rig.g.plan, rig.ending, rig.blocked_by()) == (None, Ending.ABORTED_SAFE, ["machine_state"])


def test_nor_does_an_answer_that_comes_meanwhile() -> None:
    rig = waits_for_ignition(with_two_phases(confirm=Confirm.ALWAYS))
    assert rig.order(OrderKind.CONFIRM, id="yes", user="eva").accepted
    rig.wait(999)
    assert rig.plan.waiting
    rig.wait(1)
    assert (rig.g.plan, rig.ending, rig.blocked_by()) == (None, Ending.ABORTED_SAFE, ["machine_state"])


def test_a_lag_that_goes_away_in_a_phase_leaves_the_phase_to_be_waited_for() -> None:
    rig = waits_for_ignition(with_two_phases(**ASKS_FOR_A_LAG))
    rig.node("b", in_rpo=Verdict.TRUE)
    rig.wait(500)
    enters(rig, RUN)
    assert rig.phase() is Phase.PERMITTED


# The time for an answer


def asked_for_a_lag_and_the_machine() -> Rig:
    """Since 1000 ms; a person is asked whether it may go in MOTION, and with the lag of "b"."""
    rig = standing(MOTION, config(ASKS_FOR_A_LAG))
    rig.node("b", in_rpo=Verdict.FALSE)
    assert order(rig)
    assert rig.said(Why.PERSON_ASKED)[-1][-1] == "machine MOTION, outside the RPO"
    rig.wait(1_000)
    return rig


def test_an_answer_for_the_machine_alone_is_not_waited_for_longer_when_the_lag_is_gone() -> None:
    """L2: once it was waited for without an end."""
    rig = asked_for_a_lag_and_the_machine()
    rig.node("b", in_rpo=Verdict.TRUE)
    rig.wait(28_999)
    assert rig.phase() is Phase.REQUESTED
    rig.wait(1)
    assert (rig.g.plan, rig.ending) == (None, Ending.ABORTED_SAFE)
    assert rig.said(Why.ENDED)[-1][-1] == "not confirmed in time"


def test_a_lag_that_comes_and_goes_beside_the_machines_question_ends_nothing() -> None:
    rig = asked_for_a_lag_and_the_machine()
    seen = rig.shown()
    for in_rpo in (Verdict.TRUE, Verdict.FALSE, Verdict.TRUE):
        rig.node("b", in_rpo=in_rpo)
    assert rig.shown() == seen
    assert rig.order(OrderKind.CONFIRM, id="yes", user="eva", request=seen).accepted
    assert (rig.phase(), rig.plan.lag_confirmed) == (Phase.PERMITTED, False)


def test_without_the_lag_it_goes_by_itself_when_the_machine_lets_it() -> None:
    rig = asked_for_a_lag_and_the_machine()
    rig.node("b", in_rpo=Verdict.TRUE)
    enters(rig, RUN)
    assert rig.said(Why.NOT_ASKED_ANY_MORE) == [("b",)]
    assert rig.phase() is Phase.PERMITTED


def test_with_the_lag_a_person_is_still_asked_when_the_machine_lets_it() -> None:
    rig = asked_for_a_lag_and_the_machine()
    enters(rig, RUN)
    assert (rig.phase(), rig.plan.confirmed) == (Phase.REQUESTED, False)
    assert rig.order(OrderKind.CONFIRM, id="yes", user="eva").accepted
    assert (rig.phase(), rig.plan.lag_confirmed) == (Phase.PERMITTED, True)


def test_what_the_machine_asks_after_the_lag_is_gone_has_a_time_of_its_own() -> None:
    """Asked for the lag alone since 1000 ms, for the machine since 3000 ms."""
    rig = standing(RUN, config(ASKS_FOR_A_LAG))
    rig.node("b", in_rpo=Verdict.FALSE)
    assert order(rig)
    rig.wait(1_000)
    enters(rig, IGNITION)
    rig.node("b", in_rpo=Verdict.TRUE)
    rig.wait(1_000)
    enters(rig, MOTION)
    rig.wait(29_999)
    assert rig.phase() is Phase.REQUESTED
    assert rig.order(OrderKind.CONFIRM, id="yes", user="eva").accepted
    assert rig.phase() is Phase.PERMITTED
