"""How grave rows are and by which names they go."""

import json
from typing import Any

import pytest

from otha.interface.syslog.told import said
from otha.journal.entry import JournalRow
from otha.site.written_outlets import Severity


def row(kind: str, body: Any, *, user: str = "", group: str = "tanks") -> JournalRow:
    text = body if isinstance(body, str) else json.dumps(body)
    return JournalRow(
        seq=7, wall_ns=0, mono_ns=0, boot_id="", node="", group=group, epoch=3, user=user, kind=kind, body=text,
        prev_hash=b"", hash=b"",
    )  # fmt: skip


def decision(*whys: tuple[str, list[Any]], **more: Any) -> JournalRow:
    return row("decision", {"reasons": [{"why": why, "rule": "S1", "args": args} for why, args in whys], **more})


@pytest.mark.parametrize(
    ("given", "severity", "name"),
    [
        (decision(("CHANNEL", ["sc_a.net_a", "lost"])), Severity.DEBUG, "state"),
        (decision(("CHANNEL", ["x"]), ("SUSPECTED", ["a"])), Severity.WARNING, "state"),
        (decision(("REQUESTED", ["failover", "a", "b", "dead"])), Severity.NOTICE, "transfer"),
        (decision(("ENDED", ["done", "failover", "a", "b", ""])), Severity.NOTICE, "transfer"),
        (decision(("ENDED", ["returned", "failover", "a", "b", ""])), Severity.WARNING, "transfer"),
        (decision(("ENDED", ["needs_operator", "failover", "a", "b", ""])), Severity.CRITICAL, "transfer"),
        (decision(("ALARM_RAISED", ["x", "", 1, "critical", "first-out"])), Severity.CRITICAL, "alarm"),
        (decision(("ALARM_RAISED", ["x", "", 1, "medium", ""])), Severity.WARNING, "alarm"),
        (decision(("ALARM_RAISED", ["x", "", 1])), Severity.ERROR, "alarm"),
        (row("alarm.standing", {}), Severity.DEBUG, "alarm.standing"),
        (decision(("ALARM_ACKED", ["x"])), Severity.NOTICE, "alarm"),
        (decision(("ORDER_TAKEN", ["switchover", "x", "", ""]), ("PHASE", ["a", "b", 1])), Severity.NOTICE, "order"),
        (decision(("ORDER_REFUSED", ["switchover", "x", "halted", ""])), Severity.WARNING, "order.refused"),
        (decision(("ORDER_TAKEN", []), ("IN_FLIGHT", []), order={}, accepted=True), Severity.WARNING, "order"),
        (decision(("BLOCKED", []), order={}, accepted=False), Severity.WARNING, "order.refused"),
        (decision(("HALTED", ["S1"])), Severity.CRITICAL, "state"),
        (decision(("OF_ANOTHER_VERSION", [])), Severity.INFORMATIONAL, "state"),
        (decision(), Severity.INFORMATIONAL, "state"),
        (row("interface.denied", {"what": "no"}), Severity.WARNING, "interface.denied"),
        (row("interface.login", {"client": "c"}), Severity.NOTICE, "interface.login"),
        (row("interface.acted", {"accepted": True}), Severity.NOTICE, "interface.acted"),
        (row("interface.acted", {"accepted": False}), Severity.WARNING, "interface.acted"),
        (row("effect.intent", {}), Severity.DEBUG, "effect.intent"),
        (row("of.another.version", "[]"), Severity.INFORMATIONAL, "of.another.version"),
        (row("decision", '{"reasons": [3, {"why": 4}, {"why": "ENDED", "args": 5}]}'), Severity.NOTICE, "transfer"),
    ],
)
def test_how_grave_it_is_and_what_it_is_called(given: JournalRow, severity: Severity, name: str) -> None:
    told = said(given)
    assert (told.severity, told.id) == (severity, name)
    assert len({key for key, _ in told.params}) == len(told.params)


def test_an_order_says_who_gave_it_and_from_where() -> None:
    order = {"id": "o1", "order": "switchover", "client": "opcua 192.0.2.9 hmi", "comment": "shift change", "node": "b"}
    told = said(decision(("ORDER_TAKEN", ["switchover", "anna", "b", ""]), order=order, accepted=True))
    params = dict(told.params)
    assert params["order"] == "switchover"
    assert (params["client"], params["comment"], params["accepted"]) == ("opcua 192.0.2.9 hmi", "shift change", "true")
    assert (params["row"], params["group"], params["epoch"], params["why"]) == ("7", "tanks", "3", "order_taken")
    assert "order taken switchover anna" in told.text


def test_a_denial_says_what_was_denied() -> None:
    params = dict(said(row("order.refused", {"order": "arm", "id": "o2", "what": "user x is viewer"}, user="x")).params)
    assert (params["user"], params["order"], params["what"]) == ("x", "arm", "user x is viewer")
