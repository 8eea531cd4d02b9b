"""A path or store without a transfer: who is led after the others, who is told to stand by, and what needs a person.

Most of these were stories of the explorer before.
"""

from dataclasses import replace

import pytest

from otha.core.config import GroupConfig
from otha.core.effects import Backfill, Demote, Promote, Select, SwapRecord
from otha.core.group.event import NodeJudged, SharedChanged
from otha.core.words import Course, Ending, Liveness, OrderKind, Outcome, Phase, Role, Standing, Verdict
from tests.core.build import MS, alive, path_config, record, selector_config, silent, store_config
from tests.core.group.test_redirect import asked, failing_over, following, promoted, switching
from tests.core.rig import Rig

TWO_CLIENTS = (selector_config("x", critical=True), selector_config("y"))


def moved_without_y() -> Rig:
    """The store moved to "b" under epoch 2 (the record reserves 3) while the client "y" was away."""
    rig = following(store_config(selectors=TWO_CLIENTS))
    rig.loses_sight(1)
    rig.dies("a")
    rig.wait(rig.cfg.timing.confirm_ns // MS)
    rig.swapped()
    promoted(rig)
    rig.selector("b", 2)
    rig.node("b", taking=Verdict.TRUE)
    rig.node("b", whole=Verdict.TRUE)
    rig.swapped()
    assert rig.ending is Ending.DONE
    rig.forget()
    return rig


def test_a_client_is_led_after_the_others_under_the_epoch_that_the_store_takes() -> None:
    """Under the recorded epoch the store would refuse every row of it, for ever."""
    rig = moved_without_y()
    rig.selector("a", 1, 1)
    assert asked(rig) == Select(node="b", epoch=2)


def test_a_client_that_uses_the_right_store_under_an_older_epoch_is_led_too() -> None:
    rig = moved_without_y()
    rig.selector("b", 1, 1)
    assert asked(rig) == Select(node="b", epoch=2)


def test_a_client_that_holds_back_is_led_to_the_store() -> None:
    rig = moved_without_y()
    rig.selector(None, 2, 1)
    assert asked(rig) == Select(node="b", epoch=2)


def test_a_client_beyond_the_stores_epoch_needs_an_operator() -> None:
    rig = moved_without_y()
    rig.selector("b", 3, 1)
    assert (rig.effects, rig.g.standing) == ([], Standing.NEEDS_OPERATOR)


def test_nobody_is_raised_above_the_active_store() -> None:
    """It feeds its peer, and would take the peer's newer epoch for the end of its own duty."""
    rig = moved_without_y()
    rig.tell(NodeJudged(index=0, view=replace(rig.g.nodes[1], role=Role.ACTIVE, epoch=1)))
    assert asked(rig) == Demote(node="a", epoch=2)


@pytest.mark.parametrize("liveness", [Liveness.FROZEN, Liveness.DEAD])
def test_who_cannot_obey_is_not_told_to_stand_by(liveness: Liveness) -> None:
    rig = moved_without_y()
    rig.node("a", liveness=liveness, role=Role.ACTIVE, epoch=1)
    assert rig.effects == []


def test_a_client_that_was_away_is_led_again_at_the_pace_of_the_clients() -> None:
    rig = following(path_config())
    rig.g = replace(rig.g, record=record(active="b", epoch=3))
    rig.selector("a", 1)
    assert asked(rig) == Select(node="b", epoch=3)
    rig.ends(Outcome.UNKNOWN)
    rig.forget()
    rig.wait(rig.cfg.timing.verify_ns // MS - 1)
    assert rig.effects == []
    rig.wait(1)
    assert asked(rig) == Select(node="b", epoch=3)


def test_rows_that_nobody_has_are_asked_for_seldom() -> None:
    rig = following(store_config())
    rig.node("a", whole=Verdict.FALSE)
    assert asked(rig) == Backfill(node="a", epoch=1)
    rig.ends(Outcome.DONE)
    rig.forget()
    rig.wait(rig.cfg.timing.settle_ns // MS - 1)
    assert rig.effects == []
    rig.wait(1)
    assert asked(rig) == Backfill(node="a", epoch=1)


def test_an_active_store_that_stands_by_needs_an_operator_who_promotes_it_anew() -> None:
    """Its clients use it, but it takes nothing of what they send."""
    rig = following(store_config())
    rig.node("a", role=Role.STANDBY)
    assert rig.g.standing is Standing.NEEDS_OPERATOR
    assert rig.order(OrderKind.SWITCHOVER, "a").accepted
    rig.swapped()
    assert asked(rig) == Select(node=None, epoch=2)
    rig.selector(None, 2)
    assert asked(rig) == Promote(node="a", epoch=2)


def test_a_dead_store_that_was_never_heard_is_still_followed() -> None:
    rig = following(store_config())
    rig.tell(NodeJudged(index=0, view=silent()))
    assert rig.g.standing is Standing.FOLLOWING


# In a transfer


def test_a_frozen_store_that_cannot_stand_by_does_not_keep_the_other_from_taking_over() -> None:
    rig = following(store_config())
    rig.node("a", liveness=Liveness.FROZEN)
    rig.wait(rig.cfg.timing.confirm_ns // MS)
    rig.swapped()
    rig.selector(None, 2)
    assert asked(rig) == Promote(node="b", epoch=2)


def test_a_store_that_does_not_obey_is_told_once_only() -> None:
    rig = switching(store_config())
    rig.selector(None, 2)
    assert asked(rig) == Demote(node="a", epoch=2)
    rig.ends(Outcome.REFUSED)
    rig.wait(rig.cfg.timing.retry_ns // MS)
    assert asked(rig) == Promote(node="b", epoch=2)


def test_the_first_command_has_the_clients_bound_and_not_a_gates() -> None:
    rig = failing_over(store_config())
    rig.wait(rig.cfg.timing.redirect_ns // MS - 1)
    assert (rig.phase(), rig.plan.course) == (Phase.CLAIMED, Course.FORWARD)


def test_a_client_that_comes_back_before_the_promotion_lets_go_first() -> None:
    """S3: it still writes to the old store."""
    rig = following(store_config(selectors=TWO_CLIENTS))
    rig.loses_sight(1)
    rig.dies("a")
    rig.wait(rig.cfg.timing.confirm_ns // MS)
    rig.swapped()
    rig.selector(None, 2)
    assert asked(rig) == Promote(node="b", epoch=2)
    rig.ends(Outcome.UNKNOWN)
    rig.selector("a", 1, 1)
    rig.wait(rig.cfg.timing.retry_ns // MS)
    assert (rig.phase(), asked(rig)) == (Phase.CLAIMED, Select(node=None, epoch=2))


def test_clients_of_which_some_were_led_on_already_have_let_go() -> None:
    """After a restart of OTHA: "y" took the second command, and under one epoch takes no other."""
    rig = switching(store_config(selectors=TWO_CLIENTS))
    rig.selector("b", 2, 1)
    rig.selector(None, 2, 0)
    assert rig.phase() is Phase.FENCED


def test_a_promoted_store_that_forgets_it_is_not_given_any_clients() -> None:
    rig = promoted(switching(store_config()))
    rig.forget()
    rig.node("b", role=Role.STANDBY)
    assert (rig.plan.course, asked(rig)) == (Course.RETURN, Select(node=None, epoch=3))


def test_interlocks_and_lag_judge_no_longer_once_the_new_store_takes_rows() -> None:
    rig = promoted(switching(store_config()))
    rig.selector("b", 2)
    rig.node("b", in_rpo=Verdict.FALSE)
    assert (rig.phase(), rig.plan.course) == (Phase.CLIENTS_REDIRECTED, Course.FORWARD)


@pytest.mark.parametrize("node", [None, "a"])
def test_a_way_back_that_an_earlier_run_began_is_gone_on_with(node: str | None) -> None:
    """A late command of it reaches a client after OTHA resumed the way forward."""
    rig = switching(store_config())
    rig.selector(node, 3)
    assert (rig.plan.course, rig.plan.goal_node, rig.plan.goal_epoch) == (Course.RETURN, "a", 3)


def test_a_client_with_a_foreign_epoch_ends_a_plan_that_has_claimed_nothing() -> None:
    rig = following(store_config())
    assert rig.order(OrderKind.SWITCHOVER, "b").accepted
    rig.selector("a", 2)
    assert rig.ending is Ending.ABORTED_SAFE


def test_a_way_to_no_gate_is_believed_when_it_answers_itself() -> None:
    rig = switching(path_config(gate=None))
    rig.selector("b", 2, 0)
    rig.selector("b", 2, 1)
    assert rig.phase() is Phase.OUTPUT_VERIFIED


def test_a_way_to_no_gate_that_reports_no_data_is_not_believed() -> None:
    rig = switching(path_config(gate=None))
    rig.selector("b", 2, 0)
    rig.node("b", level=1)
    rig.selector("b", 2, 1)
    assert rig.plan.course is Course.RETURN


def test_a_critical_client_out_of_sight_keeps_the_store_where_it_is() -> None:
    """S1, though another client is in sight."""
    rig = following(store_config(selectors=TWO_CLIENTS))
    rig.loses_sight(0)
    answer = rig.order(OrderKind.SWITCHOVER, "b")
    assert [blocker.block.code for blocker in answer.blockers] == ["selector_unseen"]


@pytest.mark.parametrize("cfg", [path_config(), store_config()], ids=["path", "store"])
def test_a_healthy_active_is_not_left_because_its_peer_scores_higher(cfg: GroupConfig) -> None:
    rig = following(cfg)
    rig.node("a", level=210)
    rig.wait(2 * cfg.timing.deadband_ns // MS)
    assert (rig.g.plan, rig.effects) == (None, [])


def test_after_a_restart_an_open_claim_waits_until_every_node_was_heard() -> None:
    """A node that was not heard yet would seem not able, and the transfer would turn back for nothing."""
    stored = switching(store_config()).g.record
    rig = Rig(store_config())
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, stored)
    rig.selector(None, 2)
    rig.tell(NodeJudged(index=0, view=alive(Role.STANDBY, epoch=2)))
    assert rig.g.plan is None
    rig.tell(NodeJudged(index=1, view=alive(Role.STANDBY, epoch=1)))
    assert (rig.plan.course, asked(rig)) == (Course.FORWARD, Promote(node="b", epoch=2))


def test_when_the_way_back_fails_the_new_node_is_taken_after_all_under_a_new_epoch() -> None:
    """Else nobody would take a row though the new store is well again."""
    rig = switching(store_config())
    rig.selector(None, 2)
    well = rig.g.nodes[1]
    rig.dies("b")
    rig.selector(None, 3)
    assert (rig.plan.course, rig.phase()) == (Course.RETURN, Phase.FENCED)
    rig.dies("a")
    rig.tell(NodeJudged(index=1, view=well))
    rig.wait((rig.cfg.timing.fence_ns + rig.cfg.timing.promote_ns) // MS)
    rig.swapped()
    assert (rig.plan.course, rig.plan.to_node, asked(rig)) == (Course.FORWARD, "b", Select(node=None, epoch=4))
    rig.selector(None, 4)
    assert asked(rig) == Promote(node="b", epoch=4)


@pytest.mark.parametrize("stands", ["the old one lives", "the new one is dead"])
def test_the_new_node_is_not_taken_again_while_the_old_one_lives_or_it_is_dead_itself(stands: str) -> None:
    rig = switching(store_config())
    rig.selector(None, 2)
    well = rig.g.nodes[1]
    rig.dies("b")
    rig.selector(None, 3)
    if stands == "the old one lives":
        rig.tell(NodeJudged(index=1, view=well))
    else:
        rig.dies("a")
    rig.wait((rig.cfg.timing.fence_ns + rig.cfg.timing.promote_ns) // MS)
    assert rig.ending is Ending.NEEDS_OPERATOR


def test_nothing_is_adopted_before_every_node_was_heard() -> None:
    rig = Rig(path_config())
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, None)
    rig.tell(NodeJudged(index=0, view=alive(Role.ACTIVE)))
    for index in range(len(rig.cfg.selectors)):
        rig.selector("a", 1, index)
    assert not any(isinstance(effect.do, SwapRecord) for effect in rig.effects)
    rig.tell(NodeJudged(index=1, view=alive()))
    assert isinstance(rig.effects[-1].do, SwapRecord)
