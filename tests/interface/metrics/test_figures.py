"""The metrics of a state: Prometheus' own parser reads them, and they say what the state says."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from otha.interface.metrics.figures import LATENESS_BOUNDS_S, OLD_AFTER_S, Figures
from otha.interface.metrics.tally import Tally
from tests.interface.house import first_status
from tests.interface.metrics.test_tally import decision, ended, requested

DASHBOARDS = sorted((Path(__file__).parents[3] / "docs" / "grafana").glob("*.json"))


def status() -> dict[str, Any]:
    made = first_status()
    made["loop"] |= {
        "lateness_counts": {"63": 5, "70000": 2, "1048575": 1, "9999999999": 1},
        "lateness_sum_ns": 2_000_000_000,
        "defects": {"ValueError: x": 2},
    }
    made["channels"][0]["pulse"] = "lost"
    made["reply_ages_ms"] = {made["channels"][0]["name"]: 1500}
    made["links"] = {
        "sc_a.net_a": dict.fromkeys(["connects", "refused", "losses", "given_up", "garbled", "late", "strays"], 3)
        | {"trouble": "x"}
    }
    made["outside"] = {
        "interface": {"up": True, "where": "", "starts": 2, "sessions": 4},
        "metrics": {"up": True, "where": "", "starts": 1, "counted": {"scrapes": 7}},
        "syslog": {"up": False, "where": "", "starts": 1, "counted": {"sent": 7, "lost": 1, "behind": 0}},
    }
    group = made["groups"][0]
    group["active"] = group["nodes"][1]["name"]
    group["nodes"][1] |= {"level": 220, "role": "ACTIVE", "liveness": "alive", "ready": "true"}
    group["alarms"] = [alarm("high", "unacked"), alarm("low", "acked"), alarm("low", "unacked", "shelved")]
    made["alarms"] = [alarm("high", "unacked")]
    return made


def alarm(priority: str, state: str, *flags: str) -> dict[str, Any]:
    unacked = state == "unacked" and not flags
    return {"priority": priority, "state": state, "flags": list(flags), "unacked": unacked}


def figures(state: dict[str, Any] | None, *, age_s: float = 0) -> Figures:
    tally = Tally()
    tally.take(decision(requested(), at_s=10))
    tally.take(decision(ended(), at_s=10.3))
    made = Figures("two_tanks", "1.0", tally)
    if state is not None:
        made.take(state, time.monotonic() - age_s)
    return made


def text(made: Figures) -> str:
    registry = CollectorRegistry()
    registry.register(made)
    return generate_latest(registry).decode()


def samples(made: Figures) -> dict[tuple[str, frozenset[str]], float]:
    return {
        (each.name, frozenset(each.labels.values())): each.value
        for family in text_string_to_metric_families(text(made))
        for each in family.samples
    }


def test_a_state_is_told() -> None:
    said = samples(figures(status()))
    for name, labels, value in (
        ("otha_supervisor_up", (), 1),
        ("otha_build_info", ("two_tanks", "1.0"), 1),
        ("otha_group_service_level", ("tanks",), 220),
        ("otha_node_service_level", ("tanks", "sc_b"), 220),
        ("otha_node_active", ("tanks", "sc_a"), 0),
        ("otha_node_active", ("tanks", "sc_b"), 1),
        ("otha_node_role", ("tanks", "sc_b", "ACTIVE"), 1),
        ("otha_node_role", ("tanks", "sc_b", "STANDBY"), 0),
        ("otha_node_liveness", ("tanks", "sc_b", "alive"), 1),
        ("otha_channel_pulse", ("sc_a.net_a", "sc_a", "lost"), 1),
        ("otha_channel_reply_age_seconds", ("sc_a.net_a", "sc_a"), 1.5),
        ("otha_link_events_total", ("sc_a.net_a", "losses"), 3),
        ("otha_transfers_total", ("tanks", "failover", "done", "false"), 1),
        ("otha_transfers_total", ("tanks", "switchover", "done", "false"), 0),
        ("otha_transfer_duration_seconds_sum", ("failover", "done"), 0.3),
        ("otha_transfer_duration_seconds_bucket", ("failover", "done", "0.2"), 0),
        ("otha_transfer_duration_seconds_bucket", ("failover", "done", "0.35"), 1),
        ("otha_alarms", ("high", "unacked"), 2),
        ("otha_alarms", ("low", "acked"), 1),
        ("otha_alarms", ("low", "unacked"), 0),
        ("otha_alarms_kept_quiet", ("low",), 1),
        ("otha_alarms_unacknowledged", ("tanks",), 1),
        ("otha_interface_sessions", (), 4),
        ("otha_outlet_up", ("syslog",), 0),
        ("otha_defects_total", (), 2),
    ):
        assert said[name, frozenset(labels)] == pytest.approx(value), (name, labels)


def test_lateness_is_never_made_to_look_better() -> None:
    said = samples(figures(status()))

    def bucket(bound: str) -> float:
        return said["otha_heartbeat_lateness_seconds_bucket", frozenset({bound})]

    assert bucket("5e-05") == 5
    assert bucket("0.0001") == 7
    assert bucket("0.001") == 7  # what lasted up to 1.05 ms may have been more than 1 ms
    assert bucket("0.002") == 8
    assert bucket(repr(LATENESS_BOUNDS_S[-1])) == 8
    assert bucket("+Inf") == said["otha_heartbeat_lateness_seconds_count", frozenset()] == 9
    assert said["otha_heartbeat_lateness_seconds_sum", frozenset()] == 2.0


def test_what_was_not_heard_for_long_is_not_told() -> None:
    assert ("otha_supervisor_up", frozenset()) in samples(figures(None))
    said = samples(figures(status(), age_s=OLD_AFTER_S + 1))
    assert said["otha_supervisor_up", frozenset()] == 0
    assert {name for name, _ in said if name.startswith(("otha_node", "otha_group", "otha_channel"))} == set()
    assert samples(figures(status(), age_s=OLD_AFTER_S - 2))["otha_supervisor_up", frozenset()] == 1


def test_it_follows_the_conventions_of_openmetrics() -> None:
    registry = CollectorRegistry()
    registry.register(figures(status()))
    encode, _ = choose_encoder("application/openmetrics-text; version=1.0.0")
    # It raises for what OpenMetrics forbids.
    families = list(parse_openmetrics(encode(registry).decode()))  # type: ignore[no-untyped-call]  # it has no types
    assert len(families) > 30
    for family in families:
        assert re.fullmatch(r"otha_[a-z0-9_]+", family.name)
        assert family.documentation
        assert not family.name.endswith(("_ms", "_ns", "_milliseconds", "_total"))
        assert all(re.fullmatch(r"[a-z_]+", label) for each in family.samples for label in each.labels)


def test_a_state_before_anything_was_heard_is_told_too() -> None:
    assert samples(figures(first_status()))["otha_supervisor_up", frozenset()] == 1


def served() -> set[str]:
    return {name for name, _ in samples(figures(status()))}


def expressions(panel: Any) -> list[str]:
    match panel:
        case dict():
            found = [str(value) for key, value in panel.items() if key in ("expr", "definition")]
            return found + [each for value in panel.values() for each in expressions(value)]
        case list():
            return [each for value in panel for each in expressions(value)]
        case _:
            return []


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_expression_of_a_dashboard_names_what_is_served(path: Path) -> None:
    found = expressions(json.loads(path.read_text(encoding="utf-8")))
    assert len(found) >= 15
    for expression in found:
        named = set(re.findall(r"\botha_[a-z0-9_]+", expression))
        assert named, expression
        assert named <= served(), expression


def test_there_is_a_dashboard() -> None:
    assert DASHBOARDS
