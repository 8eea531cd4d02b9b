"""Transfers of kind `path` and `store`: clients are led to another node, and what can go wrong on the way."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from otha.core.config import GroupConfig
from otha.core.effects import Backfill, Demote, Promote, Select, SwapRecord
from otha.core.group.event import GateJudged, NodeJudged, SharedChanged
from otha.core.inputs import Record
from otha.core.reasons import Why
from otha.core.words import (
    Arming,
    Course,
    Durability,
    Ending,
    GateState,
    GroupKind,
    Liveness,
    Milestone,
    OrderKind,
    Outcome,
    Phase,
    Role,
    Standing,
    Verdict,
)
from tests.core.build import MS, alive, gate_view, path_config, record, store_config
from tests.core.rig import Rig


def following(cfg: GroupConfig) -> Rig:
    """A group settled long ago: its clients use "a" under epoch 1, all is well."""
    rig = Rig(cfg)
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, record())
    if cfg.gate is not None:
        rig.tell(GateJudged(view=gate_view(owner="s", last_driver="s")))
    for index in range(len(cfg.nodes)):
        role = Role.ACTIVE if index == 0 else Role.STANDBY
        rig.tell(NodeJudged(index=index, view=replace(alive(role), epoch=int(index == 0), whole=Verdict.TRUE)))
    for index in range(len(cfg.selectors)):
        rig.selector("a", 1, index)
    rig.g = replace(rig.g, calm_until=None)
    assert rig.g.standing is Standing.FOLLOWING
    rig.forget()
    return rig


def claimed(rig: Rig) -> Rig:
    """The transfer under way has won its claim."""
    rig.swapped()
    return rig


def switching(cfg: GroupConfig) -> Rig:
    """An ordered switchover to "b", claimed."""
    rig = following(cfg)
    assert rig.order(OrderKind.SWITCHOVER, "b").accepted
    return claimed(rig)


def failing_over(cfg: GroupConfig) -> Rig:
    """A failover from a dead "a", claimed; frames have stopped at the gate, if there is one."""
    rig = following(cfg)
    if cfg.gate is not None:
        rig.gate(state=GateState.HELD, owner_fresh=False, driven=False, hold_no=2, hold_until=rig.now + 10_000 * MS)
    rig.dies("a")
    rig.wait(cfg.timing.confirm_ns // MS)
    return claimed(rig)


def asked(rig: Rig) -> object:
    """The last command that was asked."""
    return rig.effects[-1].do


# Path


def test_clients_are_led_to_the_other_way_and_the_gate_must_see_frames_again() -> None:
    rig = failing_over(path_config())
    assert (rig.phase(), rig.asked) == (Phase.FENCED, Select(node="b", epoch=2))
    rig.selector("b", 2, 0)
    assert rig.phase() is Phase.FENCED
    rig.selector("b", 2, 1)
    assert rig.phase() is Phase.PATH_REDIRECTED
    rig.gate(state=GateState.OWNED, owner_fresh=True, driven=True, hold_until=None)
    assert rig.phase() is Phase.OUTPUT_VERIFIED
    assert isinstance(rig.asked, SwapRecord)
    rig.swapped()
    assert (rig.ending, rig.g.record.active if rig.g.record else None) == (Ending.DONE, "b")


def test_the_redirection_is_durable_in_the_journal_before_it_leaves() -> None:
    rig = failing_over(path_config())
    assert rig.effects[-1].needs is Durability.JOURNAL


def test_the_answer_to_a_command_alone_moves_nothing() -> None:
    rig = failing_over(path_config())
    rig.ends(Outcome.DONE)
    assert rig.phase() is Phase.FENCED


def test_frames_of_the_old_way_do_not_verify_the_new_one() -> None:
    """In a switchover the owner is fresh all along: only after its age has run out is it fresh by the new way."""
    rig = switching(path_config())
    rig.selector("b", 2, 0)
    rig.selector("b", 2, 1)
    assert rig.phase() is Phase.PATH_REDIRECTED
    rig.wait(84)
    assert rig.phase() is Phase.PATH_REDIRECTED
    rig.wait(1)
    assert rig.phase() is Phase.OUTPUT_VERIFIED


def test_a_client_out_of_sight_is_led_after_the_others_when_it_comes_back() -> None:
    rig = following(path_config())
    rig.loses_sight(1)
    assert rig.order(OrderKind.SWITCHOVER, "b").accepted
    claimed(rig)
    rig.selector("b", 2, 0)
    rig.wait(100)
    rig.swapped()
    assert rig.ending is Ending.DONE
    rig.forget()
    rig.selector("a", 1, 1)
    assert asked(rig) == Select(node="b", epoch=3)
    rig.ends(Outcome.DONE)
    rig.selector("b", 3, 1)
    assert (rig.g.standing, rig.g.concern) == (Standing.FOLLOWING, None)


def test_no_client_in_sight_no_transfer() -> None:
    rig = following(path_config())
    rig.loses_sight(0)
    rig.loses_sight(1)
    answer = rig.order(OrderKind.SWITCHOVER, "b")
    assert [blocker.block.code for blocker in answer.blockers] == ["selector_unseen", "selector_unseen"]


def test_a_fresh_owner_at_the_gate_vetoes_the_death_of_a_way() -> None:
    """S8: the servers' network is cut, the field goes on."""
    rig = following(path_config())
    rig.dies("a")
    rig.wait(10_000)
    assert (rig.g.plan, rig.effects) == (None, [])


def test_a_way_that_does_not_carry_frames_is_left_again_if_the_old_one_lives() -> None:
    cfg = path_config()
    rig = switching(cfg)
    rig.selector("b", 2, 0)
    rig.selector("b", 2, 1)
    rig.gate(state=GateState.HELD, owner_fresh=False, driven=False, hold_no=2, hold_until=rig.now + 10_000 * MS)
    rig.wait((cfg.own_gate.fresh_owner_ns + cfg.own_gate.poll_ns + cfg.timing.verify_ns) // MS)
    assert (rig.plan.course, asked(rig)) == (Course.RETURN, Select(node="a", epoch=3))
    rig.selector("a", 3, 0)
    rig.selector("a", 3, 1)
    rig.gate(state=GateState.OWNED, owner_fresh=True, driven=True, hold_until=None)
    rig.swapped()
    assert (rig.ending, rig.g.record.active if rig.g.record else None) == (Ending.RETURNED, "a")


def test_with_nowhere_to_go_back_to_it_ends_with_the_operator() -> None:
    cfg = path_config()
    rig = failing_over(cfg)
    rig.selector("b", 2, 0)
    rig.selector("b", 2, 1)
    rig.wait(cfg.timing.verify_ns // MS)
    assert rig.ending is Ending.NEEDS_OPERATOR


def test_a_client_with_a_newer_epoch_ends_the_plan() -> None:
    rig = failing_over(path_config())
    rig.selector("b", 9, 0)
    assert rig.ending is Ending.NEEDS_OPERATOR


def test_an_open_claim_is_taken_up_after_a_restart() -> None:
    cfg = path_config()
    rig = failing_over(cfg)
    stored = rig.g.record
    again = Rig(cfg)
    again.tell(SharedChanged())
    again.ends(Outcome.DONE, stored)
    again.tell(GateJudged(view=gate_view(owner="s", last_driver="s", state=GateState.HELD, owner_fresh=False)))
    for index, view in enumerate((rig.g.nodes[0], rig.g.nodes[1])):
        again.tell(NodeJudged(index=index, view=view))
    again.selector("b", 2, 0)
    again.selector("a", 1, 1)
    assert (again.phase(), again.plan.revoked, asked(again)) == (Phase.FENCED, True, Select(node="b", epoch=2))


def test_the_first_start_adopts_what_all_clients_use() -> None:
    cfg = path_config()
    rig = Rig(cfg)
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, None)
    for index in range(2):
        rig.tell(NodeJudged(index=index, view=alive(Role.STANDBY)))
    rig.selector("b", 4, 0)
    rig.selector("b", 4, 1)
    wanted = Record(epoch=4, active="b", claim=None, milestone=Milestone.DONE, revision="")
    assert asked(rig) == SwapRecord(expect=None, record=wanted)


def test_clients_that_differ_at_the_first_start_need_an_operator_who_names_one() -> None:
    rig = Rig(path_config())
    rig.tell(SharedChanged())
    rig.ends(Outcome.DONE, None)
    for index in range(2):
        rig.tell(NodeJudged(index=index, view=alive(Role.STANDBY)))
    rig.selector("a", 1, 0)
    rig.selector("b", 2, 1)
    rig.wait(1_000)
    assert rig.g.standing is Standing.NEEDS_OPERATOR


def test_a_store_that_answers_at_last_is_no_concern_any_more() -> None:
    rig = Rig(path_config())
    rig.tell(SharedChanged())
    rig.wait(500)
    assert [args[0] for args in rig.said(Why.NEEDS_OPERATOR)] == ["store_silent"]
    rig.ends(Outcome.DONE, record())
    assert [args[0] for args in rig.said(Why.NEEDS_OPERATOR)] == ["store_silent", "selector_unseen"]


# Store


def test_no_store_is_promoted_before_every_client_has_let_go_of_the_old_one() -> None:
    rig = failing_over(store_config())
    assert (rig.phase(), asked(rig)) == (Phase.CLAIMED, Select(node=None, epoch=2))
    assert rig.effects[-1].needs is Durability.RECORD
    rig.ends(Outcome.DONE)
    assert rig.phase() is Phase.CLAIMED
    rig.selector(None, 2)
    assert (rig.phase(), asked(rig)) == (Phase.FENCED, Promote(node="b", epoch=2))


def promoted(rig: Rig) -> Rig:
    """Clients hold back, "b" says that it is promoted."""
    rig.selector(None, rig.plan.epoch)
    rig.node("b", role=Role.ACTIVE, epoch=rig.plan.epoch, taking=Verdict.FALSE, whole=Verdict.FALSE)
    return rig


def test_a_promoted_store_is_written_to_then_filled_then_recorded() -> None:
    rig = promoted(failing_over(store_config()))
    assert (rig.phase(), asked(rig)) == (Phase.PROMOTED, Select(node="b", epoch=2))
    rig.selector("b", 2)
    assert rig.phase() is Phase.CLIENTS_REDIRECTED
    rig.node("b", taking=Verdict.TRUE)
    assert (rig.phase(), asked(rig)) == (Phase.WRITES_VERIFIED, Backfill(node="b", epoch=2))
    rig.node("b", whole=Verdict.TRUE)
    assert rig.phase() is Phase.BACKFILLED
    rig.swapped()
    assert (rig.ending, rig.g.record.active if rig.g.record else None) == (Ending.DONE, "b")


def test_the_old_store_is_demoted_before_the_new_one_is_promoted_if_it_answers() -> None:
    rig = switching(store_config())
    rig.selector(None, 2)
    assert asked(rig) == Demote(node="a", epoch=2)
    rig.ends(Outcome.DONE)
    rig.node("a", role=Role.STANDBY, epoch=2)
    rig.wait(10)
    assert asked(rig) == Promote(node="b", epoch=2)


def test_a_collector_out_of_sight_keeps_the_store_from_moving() -> None:
    """S3: it may still write to the old one."""
    rig = following(store_config())
    rig.loses_sight(0)
    rig.dies("a")
    rig.wait(10_000)
    assert rig.effects == []
    assert "selector_unseen" in rig.blocked_by()


def test_a_standby_outside_the_rpo_is_not_promoted() -> None:
    rig = following(store_config())
    rig.node("b", in_rpo=Verdict.FALSE)
    rig.dies("a")
    rig.wait(10_000)
    assert (rig.g.plan, "sync_behind" in rig.blocked_by()) == (None, True)


def test_a_gap_that_stays_is_told_and_asked_for_again() -> None:
    cfg = store_config()
    rig = promoted(failing_over(cfg))
    rig.selector("b", 2)
    rig.node("b", taking=Verdict.TRUE)
    rig.wait(cfg.timing.backfill_ns // MS)
    rig.swapped()
    assert rig.ending is Ending.DONE
    assert rig.said(Why.ENDED)[-1][4] == "rows are missing"
    assert asked(rig) == Backfill(node="b", epoch=2)


def test_a_second_store_that_claims_to_be_active_is_demoted() -> None:
    rig = following(store_config())
    rig.node("b", role=Role.ACTIVE)
    assert asked(rig) == Demote(node="b", epoch=1)


def test_a_store_whose_promotion_fails_goes_back_if_the_old_one_lives() -> None:
    cfg = store_config()
    rig = switching(cfg)
    rig.selector(None, 2)
    rig.node("a", role=Role.STANDBY, epoch=2)
    rig.dies("b")
    assert (rig.plan.course, asked(rig)) == (Course.RETURN, Select(node=None, epoch=3))
    rig.selector(None, 3)
    assert asked(rig) == Promote(node="a", epoch=3)


# Both


@pytest.mark.parametrize("cfg", [path_config(), store_config()], ids=["path", "store"])
def test_a_group_that_only_observes_moves_no_client(cfg: GroupConfig) -> None:
    rig = following(replace(cfg, arming=Arming.OBSERVE))
    assert not rig.order(OrderKind.SWITCHOVER, "b").accepted
    rig.selector("b", 0, 0)
    assert rig.effects == []


@pytest.mark.parametrize("cfg", [path_config(), store_config()], ids=["path", "store"])
@pytest.mark.parametrize("steps", range(7))
def test_every_redirection_ends_in_bounded_time_whatever_stops_answering(cfg: GroupConfig, steps: int) -> None:
    """L2: after so many steps that went well, nobody says anything any more."""
    rig = switching(cfg)
    well: list[Callable[[], object]] = [
        lambda: [rig.selector(None if cfg.kind is GroupKind.STORE else "b", 2, i) for i in range(len(cfg.selectors))],
        lambda: rig.node("a", role=Role.STANDBY, epoch=2),
        lambda: rig.node("b", role=Role.ACTIVE, epoch=2, taking=Verdict.FALSE),
        lambda: [rig.selector("b", 2, i) for i in range(len(cfg.selectors))],
        lambda: rig.node("b", taking=Verdict.TRUE),
        lambda: rig.node("b", whole=Verdict.TRUE),
    ]
    for step in well[:steps]:
        if rig.g.plan is not None:
            step()
    rig.wait(5_000)
    assert rig.ending is not None
    assert rig.g.plan is None or 1 < rig.plan.serial < 15, "taken up again, but not in a tight circle"


def test_a_full_node_is_not_moved_to() -> None:
    rig = following(path_config())
    rig.share(full=("b",))
    assert [b.block.code for b in rig.order(OrderKind.SWITCHOVER, "b").blockers] == ["no_capacity"]
    rig.dies("a", Liveness.FROZEN)
    rig.wait(1_000)
    assert (rig.g.plan, "no_capacity" in rig.blocked_by()) == (None, True)


def test_a_newer_epoch_where_there_is_no_way_back_ends_the_plan() -> None:
    rig = failing_over(path_config())
    rig.g = replace(rig.g, plan=replace(rig.plan, from_node=None))
    rig.selector("a", rig.plan.epoch + 1)
    assert (rig.g.plan, rig.ending) == (None, Ending.NEEDS_OPERATOR)
