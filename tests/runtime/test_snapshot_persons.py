"""What persons hold of a group is shown, with who, and how long yet."""

from dataclasses import replace
from typing import Any

from otha.core.inputs import OrderGiven
from otha.core.supervision import Supervision
from otha.core.words import ConditionClass, OrderKind, TransferKind
from otha.runtime import snapshot
from otha.runtime.why import why as told
from otha.terminal import asked_lines, order_lines, person_lines
from otha.wire.message import Obstacle, OrderReply, Preview, to_json
from tests.core.build import INTERLOCK, MS, group_config, order, site_config

PROCESS = replace(INTERLOCK, name="level_ok", klass=ConditionClass.PROCESS)


def shown(*given: tuple[OrderKind, str], at_ms: int) -> tuple[dict[str, Any], Supervision]:
    """The group's persons after these orders at 1000 ms, as they are shown at `at_ms`."""
    core = Supervision(site_config([group_config(conditions=(INTERLOCK, PROCESS))]), 0)
    for number, (kind, user) in enumerate(given):
        answers = core.group("tanks").requests if kind is OrderKind.CONFIRM else None
        asked = order(kind, id=f"{number}", user=user, item="level_ok", for_ns=600_000 * MS, request=answers)
        core.feed(OrderGiven(order=asked), 1_000 * MS)
    persons: dict[str, Any] = snapshot.status(core, at_ms * MS)["groups"][0]["persons"]
    return persons, core


def test_a_request_shows_who_asks_what_and_until_when() -> None:
    persons, _ = shown((OrderKind.BYPASS, "kim"), at_ms=11_500)
    assert persons["request"] == {
        "number": 1,
        "order": "bypass",
        "by": "kim",
        "item": "level_ok",
        "for_ms": 600_000,
        "comment": "because",
        "left_ms": 19_500,
    }
    assert person_lines("tanks", persons) == [
        "request 1: bypass level_ok, asked by kim: because; 20 s left",
        "  next: a second person: otha order confirm tanks --request 1, or reject with --comment",
    ]


def test_a_bypass_shows_who_gave_it_and_its_rest_in_status_and_why() -> None:
    persons, core = shown((OrderKind.BYPASS, "kim"), (OrderKind.CONFIRM, "eva"), at_ms=61_000)
    assert person_lines("tanks", persons) == ["BYPASSED level_ok, 540 s left, by kim and eva: because"]
    why = told(core, "tanks", None, 61_000 * MS)
    assert why is not None
    assert why["persons"] == persons
    assert [(each["name"], each["bypassed"]) for each in why["conditions"]] == [("key_out", False), ("level_ok", True)]
    alarms = [(each["code"], each["detail"]) for each in snapshot.status(core, 0)["groups"][0]["alarms"]]
    assert ("bypassed", "level_ok") in alarms


def test_a_selection_shows_its_holder() -> None:
    held = {"by": "kim", "client": "hmi", "from_node": "a", "to_node": "b", "left_ms": 12_001}
    persons: dict[str, Any] = {
        "selection": held,
        "request": None,
        "bypasses": [],
        "safe_ordered": True,
        "declined": "dead",
    }
    assert person_lines("tanks", persons) == [
        "selected by kim (hmi): a to b, 13 s left",
        "the safe state was ordered; it is asked for until the gate says that the hold is over",
        '  next: look at the controller; to take it back: otha order cancel tanks --comment "..."',
        "a failover (dead) was rejected; otha order ack tanks lets it be asked again",
    ]


def test_a_reply_says_what_would_be_done_and_what_comes_next() -> None:
    passed = Obstacle(block="interlock", rule="S6", detail="level_ok (process) false, bypassed")
    preview = Preview(
        transfer=TransferKind.SWITCHOVER,
        from_node="a",
        to_node="b",
        needs_confirmation=True,
        passed=(passed,),
        for_ms=30_000,
    )
    reply = OrderReply(id="o1", accepted=True, durable=True, obstacles=(), preview=preview)
    assert order_lines("select", "tanks", to_json(reply)) == [
        "select tanks: taken (order o1)",
        "  switchover from a to b",
        "  passed over: an interlock is not true: level_ok (process) false, bypassed (S6)",
        "  it will wait for its confirmation",
        "  next, within 30 s: otha order operate tanks, or cancel",
    ]
    taken = OrderReply(id="o2", accepted=True, durable=True, obstacles=())
    second = "  a second person must confirm it: `otha status` shows its number"
    assert order_lines("safe", "tanks", to_json(taken))[1] == second
    refused = OrderReply(id="o3", accepted=False, durable=True, obstacles=(passed,))
    assert order_lines("operate", "tanks", to_json(refused))[0] == "operate tanks: refused"


def test_a_transfer_that_asks_shows_its_number_and_what_it_is_about() -> None:
    asks = {"request": 17, "by": "kim", "due_in_ms": 12_001, "about": ["machine LIFTING", "outside the RPO"]}
    assert asked_lines("tanks", asks) == [
        "request 17: ordered by kim, waits for a person's confirmation, 13 s left; "
        "it is about: machine LIFTING, outside the RPO",
        "  next: otha order confirm tanks --request 17, or reject with --comment",
    ]
    assert asked_lines("tanks", {**asks, "request": None}) == []
