"""Journal rows as sentences: who, what, why, on one line each."""

import json

from otha.report import rows

ORDER = {
    "reasons": [{"why": "ORDER_REFUSED", "rule": "S6", "args": ["switchover", "kim", "interlock", "key_out"]}],
}


def test_a_decision_is_told_with_its_reasons_and_rules() -> None:
    body = json.dumps({"reasons": [*ORDER["reasons"], {"why": "NODE", "rule": "", "args": ["sc_a", "dead"]}]})
    assert rows.text("decision", body) == (
        "order switchover by kim refused: an interlock is not true: key_out (S6); node sc_a dead"
    )


def test_an_effect_is_told_with_its_end() -> None:
    asked = {"do": "REVOKE", "epoch": 12, "node": None}
    ended = {**asked, "outcome": "done", "detail": "DONE over plc.net_a", "took_ns": 4_911_494}
    assert rows.text("effect.intent", json.dumps(asked)) == "asks: REVOKE epoch 12"
    assert rows.text("effect.outcome", json.dumps(ended)) == "REVOKE epoch 12: done, DONE over plc.net_a, 4.9 ms"


def test_a_comment_can_not_forge_a_row() -> None:
    args = ["switchover", "kim", "sc_b", "so\n12\t2026-01-01"]
    body = json.dumps({"reasons": [{"why": "ORDER_TAKEN", "rule": "", "args": args}]})
    assert rows.text("decision", body) == "order switchover by kim taken, node sc_b (so?12?2026-01-01)"


def test_what_is_not_known_here_says_nothing() -> None:
    assert rows.text("supervisor.start", "{}") == ""
    assert rows.text("decision", "[]") == ""
    assert rows.text("decision", json.dumps({"reasons": [{"why": "FLYING", "rule": "", "args": []}]})) == ""
    assert rows.text("decision", json.dumps({"reasons": [{"why": "NODE", "rule": "", "args": []}]})) == ""
