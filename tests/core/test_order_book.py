"""An order is carried out once: a repeat gets its answer again, whoever else orders in between."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.canon import encode
from otha.core.effects import SwapRecord
from otha.core.group.state import OrderAnswer
from otha.core.group.turn import Decision
from otha.core.inputs import OrderGiven
from otha.core.order_book import ANSWERS_EACH, GIVERS, OrderBook
from otha.core.reasons import Reason, Why
from otha.core.supervision import Supervision
from otha.core.words import Arming, ConditionClass, GateState, OrderKind
from tests.core.build import INTERLOCK, MS, PERMISSIVE, group_config, order, site_config
from tests.core.test_supervision import settled

HOUR = 3_600_000 * MS
PROCESS = replace(INTERLOCK, name="level_ok", klass=ConditionClass.PROCESS)
CONDITIONS = (INTERLOCK, PERMISSIVE, PROCESS)


class Desk:
    """A supervision whose one group was settled long ago, and its answers."""

    def __init__(self, *, held: bool = False) -> None:
        self.feed = settled(site_config([group_config(conditions=CONDITIONS)]))
        if held:
            self.feed.gate(state=GateState.HELD, armed=True, hold_no=2, owner_age_ms=500)
        self.s = self.feed.s
        self.decided: tuple[Decision, ...] = ()

    def order(self, kind: OrderKind, node: str | None = None, **changes: Any) -> OrderAnswer:
        self.decided = self.feed(OrderGiven(order=order(kind, node, **changes)))
        (answer,) = [decision.answer for decision in self.decided if decision.answer is not None]
        return answer

    def asked(self) -> list[type]:
        return [type(effect.do) for decision in self.decided for effect in decision.effects]

    def told(self) -> list[Reason]:
        return [reason for decision in self.decided for reason in decision.reasons]


def test_a_repeated_order_gets_the_same_answer_and_changes_nothing() -> None:
    desk = Desk()
    first = desk.order(OrderKind.SWITCHOVER, "b")
    assert desk.asked() == [SwapRecord]
    before = desk.s.snapshot()
    assert desk.order(OrderKind.SWITCHOVER, "b") == first
    assert desk.s.snapshot() == before
    assert not desk.asked()
    assert desk.told() == [Reason(why=Why.ORDER_REPEATED, rule="S11", args=("switchover", "kim", "o1"))]


def test_a_refusal_is_repeated_too_although_the_order_could_be_taken_by_now() -> None:
    desk = Desk()
    desk.feed.tags(key=1)
    refused = desk.order(OrderKind.SWITCHOVER, "b")
    assert not refused.accepted
    desk.feed.tags()
    assert desk.order(OrderKind.SWITCHOVER, "b") == refused
    assert desk.s.group("tanks").plan is None


def test_who_orders_without_end_pushes_out_nobody_elses_order() -> None:
    desk = Desk()
    first = desk.order(OrderKind.SWITCHOVER, "b", user="eva")
    desk.order(OrderKind.DRILL_ABORT, id="end")
    for number in range(2 * ANSWERS_EACH):
        desk.order(OrderKind.ACKNOWLEDGE, id=f"n{number}")
        desk.order(OrderKind.ALARM_ACK, id=f"a{number}", item="tilt", user="eva")
    assert desk.order(OrderKind.SWITCHOVER, "b", user="eva") == first
    assert desk.told()[0].why is Why.ORDER_REPEATED


def test_the_same_id_of_another_person_is_another_order() -> None:
    desk = Desk(held=True)
    desk.order(OrderKind.SAFE, id="1")
    assert desk.order(OrderKind.CONFIRM, id="1", user="eva", request=desk.s.group("tanks").requests).accepted
    assert desk.s.group("tanks").safe_for is not None


def test_another_order_with_an_id_that_was_used_is_refused_and_not_carried_out() -> None:
    desk = Desk()
    first = desk.order(OrderKind.SWITCHOVER, "b")
    desk.order(OrderKind.DRILL_ABORT, id="end")
    before = desk.s.snapshot()
    answer = desk.order(OrderKind.SWITCHOVER, "a")
    assert [blocker.block.code for blocker in answer.blockers] == ["id_taken"]
    assert [reason.why for reason in desk.told()] == [Why.ORDER_REFUSED]
    assert desk.order(OrderKind.ARM, arming=Arming.OBSERVE).blockers[0].block.code == "id_taken"
    assert desk.s.snapshot() == before
    assert desk.order(OrderKind.SWITCHOVER, "b") == first


def test_an_order_repeated_after_its_giver_got_other_rights_is_a_repeat() -> None:
    desk = Desk()
    first = desk.order(OrderKind.SWITCHOVER, "b")
    assert desk.order(OrderKind.SWITCHOVER, "b", seconds=(OrderKind.SAFE,)) == first


def test_the_memory_is_bounded_for_each_and_for_all() -> None:
    book = OrderBook()
    for user in range(GIVERS + 1):
        for number in range(ANSWERS_EACH + 1 if user == GIVERS else 1):
            given = order(OrderKind.ACKNOWLEDGE, id=f"n{number}", user=f"u{user}")
            book = book.with_answer(given, OrderAnswer(order_id=given.id, accepted=True, blockers=()))
    assert [giver.user for giver in book.givers] == [f"u{user}" for user in range(1, GIVERS + 1)]
    assert len(book.givers[-1].answers) == ANSWERS_EACH
    newest = order(OrderKind.ACKNOWLEDGE, id=f"n{ANSWERS_EACH}", user=f"u{GIVERS}")
    assert book.with_id_of(newest) is not None
    assert book.with_id_of(replace(newest, id="n0")) is None
    assert book.with_id_of(replace(newest, user="u0", id="n0")) is None


def test_answers_outlive_a_snapshot() -> None:
    desk = Desk()
    desk.order(OrderKind.SWITCHOVER, "b")
    again = Supervision.restore(desk.s.snapshot())
    (decision,) = again.feed(OrderGiven(order=order(OrderKind.SWITCHOVER, "b")), desk.feed.at_ms * MS)
    assert [reason.why for reason in decision.reasons] == [Why.ORDER_REPEATED]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (OrderKind.SELECT, {"node": "b"}),
        (OrderKind.OPERATE, {}),
        (OrderKind.CANCEL, {}),
        (OrderKind.BYPASS, {"item": "level_ok", "for_ns": HOUR}),
        (OrderKind.UNBYPASS, {"item": "level_ok"}),
        (OrderKind.SAFE, {}),
        (OrderKind.CONFIRM, {"user": "eva"}),
        (OrderKind.REJECT, {"user": "eva"}),
    ],
    ids=lambda value: value.value if isinstance(value, OrderKind) else "",
)
@pytest.mark.parametrize("ready", [True, False], ids=["taken", "refused"])
def test_each_order_repeated_gets_the_same_answer_and_changes_nothing(
    kind: OrderKind, changes: dict[str, Any], ready: bool
) -> None:
    desk = Desk(held=ready and kind is OrderKind.SAFE)
    if ready and kind in (OrderKind.OPERATE, OrderKind.CANCEL):
        desk.order(OrderKind.SELECT, "b", id="before")
    if ready and kind in (OrderKind.UNBYPASS, OrderKind.CONFIRM, OrderKind.REJECT):
        desk.order(OrderKind.BYPASS, id="before", item="level_ok", for_ns=HOUR)
    if ready and kind is OrderKind.UNBYPASS:
        desk.order(OrderKind.CONFIRM, id="before 2", user="eva", request=desk.s.group("tanks").requests)
    if kind in (OrderKind.CONFIRM, OrderKind.REJECT):
        changes = {**changes, "request": desk.s.group("tanks").requests}
    if not ready:
        changes = {**changes, "node": "z", "item": "none"} if kind is not OrderKind.SAFE else changes
    first = desk.order(kind, **{"node": None, **changes}, id="once")
    assert first.accepted is ready
    before = encode(desk.s.group("tanks"))
    assert desk.order(kind, **{"node": None, **changes}, id="once") == first
    assert encode(desk.s.group("tanks")) == before
    assert not desk.asked()
