"""The course of an order: two steps, and done only when it is read to be so."""

from dataclasses import replace

import pytest

from hmi import switchover as sw
from hmi.job import Job, Target
from hmi.reply import Reply, preview_of
from hmi.sight import Asks, ClientSight, Sight, Waiting, read_back
from hmi.switchover import Say, Step, Workflow

ME = "operator-1"
A = Sight(
    good=True,
    active="a",
    epoch=4,
    milestone="done",
    standing="following",
    gate_seen=True,
    gate_state="OWNED",
    gate_owner="a",
    gate_epoch=4,
    arming="armed",
)
WAITS = Waiting(number=7, asks=Asks.SAFE, what="safe", by=ME, left_ms=30_000)
BYPASS = Waiting(number=9, asks=Asks.BYPASS, what="bypass", item="c", by=ME, for_ms=60_000, left_ms=30_000)
MOVE = Waiting(number=8, asks=Asks.TRANSFER, what="failover", item="b")
SELECTED_SIGHT = replace(A, selected_by=ME, selected_to="b", selection_left_ms=30_000)
_BEGUN = replace(A, transfer="switchover", transfer_to="b", epoch=5)
MOVING = replace(_BEGUN, course="forward", phase="fenced", phase_left_ms=200)
B = replace(A, active="b", epoch=5, gate_owner="b", gate_epoch=5)
PREVIEW = preview_of(
    {
        "transfer": "switchover",
        "from_node": "a",
        "to_node": "b",
        "needs_confirmation": False,
        "passed": [{"block": "interlock", "rule": "S6", "detail": "level_ok bypassed"}],
        "for_ms": 30_000,
    }
)


def selected(job: Job = Job.SWITCHOVER, **target: object) -> Workflow:
    w = sw.select(Workflow(job=job, target=Target(group="g", **target)), "s1", 0)  # type: ignore[arg-type] # test data
    return sw.answered(w, "s1", Reply(accepted=True, preview=PREVIEW), 0) if job is Job.SWITCHOVER else w


def operated(job: Job = Job.SWITCHOVER, before: Sight = A, **target: object) -> Workflow:
    w = sw.operate(selected(job, **target), "o1", before, 1_000)
    return sw.answered(w, "o1", Reply(accepted=True), 1_010)


def test_a_switchover_is_selected_operated_and_done_when_it_is_read_back() -> None:
    w = selected()
    assert (w.step, w.target.node) == (Step.SELECTED, "b")
    assert w.preview is not None
    assert w.preview.passed == ("interlock: level_ok bypassed (S6)",)
    w = sw.seen(w, SELECTED_SIGHT, 500, ME)
    w = sw.operate(w, "o1", SELECTED_SIGHT, 1_000)
    assert w.step is Step.OPERATING
    w = sw.answered(w, "o1", Reply(accepted=True), 1_010)
    assert w.step is Step.UNDER_WAY
    w = sw.seen(w, MOVING, 1_100, ME)
    w = sw.seen(w, replace(MOVING, phase="promoted", phase_left_ms=300), 1_150, ME)
    assert [(each.name, each.at_ms, each.bound_ms) for each in w.phases] == [
        ("fenced", 1_100, 200),
        ("promoted", 1_150, 300),
    ]
    assert w.step is Step.UNDER_WAY
    assert sw.seen(w, B, 1_300, ME).step is Step.DONE


def test_what_was_accepted_and_never_begins_has_failed() -> None:
    w = operated()
    w = sw.seen(w, A, 1_100, ME)
    assert w.step is Step.UNDER_WAY
    w = sw.seen(w, A, 1_100 + sw.BEGINS_WITHIN_MS, ME)
    assert (w.step, w.said.what) == (Step.FAILED, Say.NOT_BEGUN)
    assert "active: a / b" in w.said.about


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ({"active": "a", "gate_owner": "a"}, "active: a / b"),
        ({"gate_owner": "a"}, "gate owner: a / b"),
        ({"gate_state": "HELD"}, "gate: HELD / OWNED"),
        ({"gate_epoch": 4}, "gate epoch: 4 / 5 … 5"),
        ({"gate_epoch": 6}, "gate epoch: 6 / 5 … 5"),
        ({"milestone": "claimed"}, "milestone: claimed / done"),
        ({"gate_seen": False}, "gate: out of sight"),
    ],
)
def test_no_read_back_is_a_failure_that_says_what_is_not_so(what: dict[str, object], shown: str) -> None:
    w = sw.seen(operated(), MOVING, 1_100, ME)
    short = replace(B, **what)  # type: ignore[arg-type] # test data
    w = sw.seen(w, short, 1_200, ME)
    assert w.step is Step.UNDER_WAY
    w = sw.seen(w, short, 1_200 + sw.READ_BACK_WITHIN_MS, ME)
    assert (w.step, w.said.what) == (Step.FAILED, Say.NOT_READ_BACK)
    assert shown in w.said.about


def test_the_record_may_be_ahead_by_the_epoch_of_its_return() -> None:
    ahead = replace(B, epoch=6)
    assert sw.seen(operated(), ahead, 1_100, ME).step is Step.DONE


def test_what_drives_already_is_done_when_the_record_says_so() -> None:
    odd = replace(A, standing="needs_operator", gate_owner="b")
    w = operated(Job.SWITCHOVER, odd)
    assert sw.seen(w, odd, 1_100, ME).step is Step.UNDER_WAY
    assert sw.seen(w, replace(odd, active="b", standing="following"), 1_200, ME).step is Step.DONE


def test_a_return_to_the_old_node_is_no_success() -> None:
    w = sw.seen(operated(), MOVING, 1_100, ME)
    w = sw.seen(w, replace(MOVING, course="return", phase="promoted"), 1_200, ME)
    assert w.phases[-1].name == "return: promoted"
    returned = replace(A, epoch=6, gate_epoch=6)
    w = sw.seen(w, returned, 1_300, ME)
    w = sw.seen(w, returned, 1_300 + sw.READ_BACK_WITHIN_MS, ME)
    assert w.step is Step.FAILED


def test_nothing_is_concluded_while_nothing_is_known() -> None:
    w = sw.seen(operated(), MOVING, 1_100, ME)
    blind = replace(B, good=False)
    w = sw.seen(w, blind, 60_000, ME)
    assert w.step is Step.UNDER_WAY
    w = sw.seen(w, A, 60_100, ME)
    assert w.step is Step.UNDER_WAY, "the time without sight does not count"
    assert sw.seen(w, B, 60_200, ME).step is Step.DONE


def test_a_refused_operate_has_failed_and_says_why() -> None:
    w = sw.operate(selected(), "o1", A, 1_000)
    refused = Reply(accepted=False, obstacles=("interlock: level_ok false (S6)",), codes=("interlock",))
    w = sw.answered(w, "o1", refused, 1)
    assert (w.step, w.said.about) == (Step.FAILED, ("interlock: level_ok false (S6)",))


def test_a_refused_select_leaves_the_choice_open() -> None:
    w = sw.select(Workflow(job=Job.SWITCHOVER, target=Target(group="g")), "s1", 0)
    w = sw.answered(w, "s1", Reply(accepted=False, obstacles=("selected by other: x",)), 5)
    assert (w.step, w.said.what) == (Step.CHOOSE, Say.REFUSED)


def test_a_selection_without_a_preview_is_not_operated() -> None:
    w = sw.select(Workflow(job=Job.SWITCHOVER, target=Target(group="g")), "s1", 0)
    half = Reply(accepted=True, preview=preview_of({"to_node": "b"}))
    assert sw.answered(w, "s1", half, 5).said.what is Say.NO_PREVIEW


def test_operate_without_a_selection_does_nothing() -> None:
    w = Workflow(job=Job.SWITCHOVER, target=Target(group="g"))
    assert sw.operate(w, "o1", A, 0) is w
    assert sw.operate_blocked(w, A, 0, ()).what is Say.SELECT_FIRST


def test_an_answer_to_an_older_request_changes_nothing() -> None:
    w = sw.operate(selected(), "o1", A, 1_000)
    assert sw.answered(w, "s1", Reply(accepted=True, preview=PREVIEW), 1_001) is w


def test_an_operate_without_an_answer_is_asked_again_with_its_id() -> None:
    w = sw.unanswered(sw.operate(selected(), "o1", A, 1_000), "o1")
    assert w.step is Step.UNSURE
    assert not sw.operate_blocked(w, A, 99_000, ())
    w = sw.operate(w, "another", A, 2_000)
    assert (w.step, w.order_id) == (Step.OPERATING, "o1")
    assert sw.seen(sw.unanswered(w, "o1"), B, 3_000, ME).step is Step.DONE


def test_an_operate_without_an_answer_that_moves_nothing_stays_unsure() -> None:
    w = sw.unanswered(sw.operate(selected(), "o1", A, 1_000), "o1")
    w = sw.seen(sw.seen(w, A, 2_000, ME), A, 90_000, ME)
    assert w.step is Step.UNSURE


def test_the_selection_ends_by_its_time_and_by_othas() -> None:
    w = selected()
    assert sw.left_ms(w, 10_000) == 20_000
    assert sw.seen(w, A, 30_000, ME).said.what is Say.EXPIRED
    w = sw.seen(w, replace(SELECTED_SIGHT, selection_left_ms=5_000), 1_000, ME)
    assert sw.left_ms(w, 2_000) == 4_000
    gone = sw.seen(w, A, 2_000, ME)
    assert (gone.step, gone.said.what) == (Step.CHOOSE, Say.SELECTION_GONE)


def test_a_selection_that_is_not_seen_yet_is_not_gone() -> None:
    assert sw.seen(selected(), A, 50, ME).step is Step.SELECTED


def test_another_station_sees_who_holds_it() -> None:
    w = Workflow(job=Job.SWITCHOVER, target=Target(group="g"))
    said = sw.select_blocked(w, replace(A, selected_by="other", selection_left_ms=12_300), ME)
    assert (said.what, said.about) == (Say.HELD_BY, ("other", "13"))


@pytest.mark.parametrize(
    ("sight", "against", "asked", "what"),
    [
        (A, (), False, Say.NOTHING),
        (replace(A, good=False), (), False, Say.NO_SIGHT),
        (A, ("interlock: level_ok false (S6)",), False, Say.AGAINST),
        (A, (), True, Say.PASSWORD_FIRST),
    ],
)
def test_operate_says_why_it_is_not_to_be_had(sight: Sight, against: tuple[str, ...], asked: bool, what: Say) -> None:
    assert sw.operate_blocked(selected(), sight, 1_000, against, password_asked=asked).what is what
    assert sw.operate_blocked(selected(), A, 30_000, ()).what is Say.EXPIRED


def test_what_needs_two_persons_waits_for_the_second_and_is_read_at_the_gate() -> None:
    held = replace(A, gate_state="HELD")
    w = operated(Job.SAFE, held, comment="pump runs dry")
    w = sw.seen(w, replace(held, waiting=(WAITS,)), 1_100, ME)
    w = sw.seen(w, replace(held, waiting=(replace(WAITS, left_ms=100),)), 31_000, ME)
    assert w.step is Step.UNDER_WAY
    w = sw.seen(w, held, 31_100, ME)
    late = sw.seen(w, held, 31_100 + sw.READ_BACK_WITHIN_MS, ME)
    assert (late.step, late.said.what) == (Step.FAILED, Say.REQUEST_OVER)
    assert sw.seen(w, replace(held, gate_state="SAFE"), 31_200, ME).step is Step.DONE


def test_a_comment_is_asked_for_first() -> None:
    w = Workflow(job=Job.SAFE, target=Target(group="g", comment="  "))
    assert sw.select_blocked(w, A, ME).what is Say.COMMENT_FIRST


@pytest.mark.parametrize(
    ("job", "target", "before", "after"),
    [
        (Job.FAILBACK, {"node": "b"}, A, B),
        (Job.DRILL, {"node": "b", "transfer": "failover"}, A, B),
        (Job.RELEASE, {}, replace(A, gate_state="HELD"), replace(A, epoch=5, gate_epoch=5)),
        (Job.BYPASS, {"condition": "c", "comment": "x"}, A, replace(A, bypassed=("c",))),
        (Job.UNBYPASS, {"condition": "c"}, replace(A, bypassed=("c",)), A),
        (Job.MAINTENANCE_IN, {"node": "b"}, A, replace(A, maintenance=("b",))),
        (Job.MAINTENANCE_OUT, {"node": "b"}, replace(A, maintenance=("b",)), A),
        (Job.ARM, {"arming": "advise"}, A, replace(A, arming="advise")),
        (Job.DRILL_ABORT, {}, MOVING, A),
        (Job.CONFIRM, {"request": 8}, replace(A, transfer="failover", transfer_to="b", waiting=(MOVE,)), B),
        (Job.CONFIRM, {"request": 7}, replace(A, waiting=(WAITS,), gate_state="HELD"), replace(A, gate_state="SAFE")),
        (Job.CONFIRM, {"request": 9}, replace(A, waiting=(BYPASS,)), replace(A, bypassed=("c",))),
        (Job.REJECT, {"comment": "not now", "request": 9}, replace(A, waiting=(BYPASS,)), A),
        (Job.REJECT, {"comment": "not now", "request": 7}, replace(A, waiting=(WAITS,)), A),
    ],
)
def test_every_job_is_done_by_what_is_read_and_not_before(
    job: Job, target: dict[str, object], before: Sight, after: Sight
) -> None:
    w = operated(job, before, **target)
    assert sw.seen(w, before, 1_100, ME).step is Step.UNDER_WAY
    assert sw.seen(w, after, 1_200, ME).step is Step.DONE


@pytest.mark.parametrize(
    ("number", "after"),
    [
        (7, replace(A, gate_state="SAFE")),
        (9, replace(A, bypassed=("c",))),
        (8, replace(A, transfer="failover", transfer_to="b")),
        (8, B),
    ],
)
def test_what_another_person_has_confirmed_meanwhile_is_not_rejected(number: int, after: Sight) -> None:
    before = replace(A, gate_state="HELD", waiting=(WAITS, BYPASS, MOVE), transfer="failover", transfer_to="b")
    assert read_back(Job.REJECT, Target(group="g", request=number), before, after) != ()


def test_a_safe_that_is_confirmed_is_read_back_though_a_transfer_waits_beside_it() -> None:
    before = replace(A, gate_state="HELD", waiting=(WAITS, MOVE), transfer="failover", transfer_to="b")
    w = operated(Job.CONFIRM, before, request=7)
    w = sw.seen(w, replace(before, waiting=(MOVE,)), 1_100, ME)
    assert w.step is Step.UNDER_WAY
    late = sw.seen(w, replace(before, waiting=(MOVE,)), 1_100 + sw.BEGINS_WITHIN_MS, ME)
    assert (late.step, late.said.what) == (Step.FAILED, Say.NOT_BEGUN)
    assert sw.seen(w, replace(before, waiting=(MOVE,), gate_state="SAFE"), 1_200, ME).step is Step.DONE


def test_a_path_is_read_back_at_its_critical_clients() -> None:
    def at(node: str, *, seen: bool = True, epoch: int = 5) -> Sight:
        client = ClientSight(name="collector", critical=True, seen=seen, node=node)
        idle = ClientSight(name="viewer", critical=False, seen=False, node="")
        return replace(B, kind="path", gate_seen=False, gate_state="", clients=(client, idle), epoch=epoch)

    w = operated(Job.SWITCHOVER, at("a", epoch=4))
    assert read_back(w.job, w.target, A, at("a")) == ("collector: a / b",)
    assert read_back(w.job, w.target, A, at("b", seen=False)) == ("collector: out of sight / b",)
    assert read_back(w.job, w.target, A, at("b")) == ()


def test_who_may_not_is_told_so() -> None:
    w = sw.select(Workflow(job=Job.SWITCHOVER, target=Target(group="g")), "s1", 0)
    assert sw.denied(w, "s1", ME).said.what is Say.MAY_NOT
    assert sw.denied(sw.operate(selected(), "o1", A, 0), "o1", ME).step is Step.FAILED
