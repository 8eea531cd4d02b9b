"""What is counted of the journal."""

import json
from typing import Any

from otha.interface.metrics.tally import BOUNDS_S, Ended, Tally
from otha.journal.entry import JournalRow

S = 1_000_000_000


def row(kind: str, body: Any, *, group: str = "tanks", mono_ns: int = 0) -> JournalRow:
    text = body if isinstance(body, str) else json.dumps(body)
    return JournalRow(
        seq=1, wall_ns=0, mono_ns=mono_ns, boot_id="", node="", group=group, epoch=1, user="", kind=kind, body=text,
        prev_hash=b"", hash=b"",
    )  # fmt: skip


def decision(*reasons: tuple[str, list[Any]], at_s: float = 0, group: str = "tanks") -> JournalRow:
    said = [{"why": why, "rule": "", "args": args} for why, args in reasons]
    return row("decision", {"reasons": said}, group=group, mono_ns=int(at_s * S))


def requested(because: str = "dead") -> tuple[str, list[Any]]:
    return "REQUESTED", ["failover", "a", "b", because]


def ended(outcome: str = "done") -> tuple[str, list[Any]]:
    return "ENDED", [outcome, "failover", "a", "b", ""]


def test_a_transfer_counts_by_kind_and_outcome_with_its_duration() -> None:
    tally = Tally()
    tally.take(decision(("SUSPECTED", ["a"]), requested(), at_s=10))
    tally.take(decision(requested(), at_s=11, group="gateways"))
    tally.take(decision(ended(), at_s=10.3))
    assert tally.ended == {Ended(group="tanks", kind="failover", outcome="done", is_drill=False): 1}
    took = tally.durations["failover", "done"]
    assert took.sum_ns == 300_000_000
    assert took.counts[BOUNDS_S.index(0.35)] == sum(took.counts) == 1
    tally.take(decision(ended("needs_operator"), at_s=1_000, group="gateways"))
    assert tally.durations["failover", "needs_operator"].counts[-1] == 1


def test_a_drill_is_no_outage() -> None:
    tally = Tally()
    tally.take(decision(requested("drill")))
    tally.take(decision(ended(), at_s=1))
    assert tally.ended == {Ended(group="tanks", kind="failover", outcome="done", is_drill=True): 1}
    assert tally.durations == {}


def test_of_a_resumed_transfer_the_duration_is_not_known() -> None:
    tally = Tally()
    tally.take(decision(("RESUMED", ["forward", "claimed"])))
    tally.take(decision(ended("returned")))
    assert sum(tally.ended.values()) == 1
    assert tally.durations == {}


def test_what_was_left_out_of_a_flood_counts_too() -> None:
    tally = Tally()
    tally.take(row("interface.refused", {"left_out": 41}))
    tally.take(row("interface.login", {"left_out": 0}))
    tally.take(row("order.refused", {"what": ""}))
    assert (tally.notices["refused"], tally.notices["logged_in"], tally.denied_orders) == (42, 1, 1)


def test_rows_of_other_versions_are_passed_over() -> None:
    tally = Tally()
    for body in ("", "[]", "{}", '{"reasons": 3}', '{"reasons": [{"why": "ENDED", "args": []}]}', '{"left_out": "x"}'):
        tally.take(row("decision", body))
        tally.take(row("interface.refused", body if body.startswith("{") else "[1]"))
    assert tally.ended == {}
