"""The newest state and what was counted of the journal, as metrics of Prometheus.

Names follow its conventions: base units, `_total` for what only grows. What a thing is at the moment (a role, a pulse)
is one series for each value it can have, 1 for the one it has. When the supervisor has not been heard for OLD_AFTER_S
its state is not told any more: `otha_supervisor_up` is 0 and nothing looks fresh that is not.
"""

import threading
import time
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from otha.core.words import (
    AlarmPriority,
    AlarmState,
    Arming,
    Ending,
    Liveness,
    Pulse,
    Role,
    Standing,
    TransferKind,
)
from otha.interface.metrics.tally import BOUNDS_S, Ended, Tally

Json = dict[str, Any]  # Any: JSON

OLD_AFTER_S: Final = 10.0
LATENESS_BOUNDS_S: Final = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_NS: Final = 1e-9
_MS: Final = 1e-3
_LINK_COUNTS: Final = ("connects", "refused", "losses", "given_up", "garbled", "late", "strays")


class Figures(Collector):
    """Collects. `take` may be called while another thread collects: a state is taken whole or not at all."""

    def __init__(self, site: str, version: str, tally: Tally) -> None:
        self._site = site
        self._version = version
        self._tally = tally
        self._lock = threading.Lock()
        self._status: Json | None = None
        self._taken_at = 0.0
        self._serial = 0

    def take(self, status: Json, at_s: float) -> None:
        """The newest state, at this time of the monotonic clock."""
        with self._lock:
            self._status, self._taken_at, self._serial = status, at_s, self._serial + 1

    def state(self) -> tuple[int, int, int]:
        """What is another one when the figures may be, the age of what they are made of included."""
        return self._serial, self._tally.version, int(time.monotonic())

    def collect(self) -> Iterator[Metric]:
        """Every metric there is."""
        with self._lock:
            status, age_s = self._status, time.monotonic() - self._taken_at
        if status is not None and age_s > OLD_AFTER_S:
            status = None
        build = InfoMetricFamily("otha_build", "The site and OTHA's version")
        build.add_metric([], {"version": self._version, "site": self._site})
        yield build
        yield _one("otha_supervisor_up", f"1: the supervisor was heard within {OLD_AFTER_S:.0f} s", status is not None)
        yield from _of_tally(self._tally, [] if status is None else [group["name"] for group in status["groups"]])
        if status is None:
            return
        yield _one("otha_state_age_seconds", "Since the state was made that these figures show", age_s)
        yield from _of_supervisor(status)
        yield from _of_groups(status)
        yield from _of_nodes(status)
        yield from _of_channels(status)
        yield from _of_alarms(status)
        yield from _of_evidence(status)
        yield from _of_outside(status)


def _one(name: str, doc: str, value: float) -> Metric:
    return GaugeMetricFamily(name, doc, value=float(value))


def _counter(name: str, doc: str, value: float) -> Metric:
    return CounterMetricFamily(name, doc, value=float(value))


def _words(kind: type[Enum]) -> list[str]:
    """The values, in the words of `otha status`."""
    return [each.value if isinstance(each.value, str) else each.name for each in kind]


class _Choice:
    """A gauge with one series for each value that a thing can have."""

    def __init__(self, name: str, doc: str, labels: list[str], kind: type[Enum]) -> None:
        self.metric = GaugeMetricFamily(name, f"{doc}: 1 for the one that holds", labels=[*labels, name.split("_")[-1]])
        self._values = _words(kind)

    def add(self, labels: list[str], value: str) -> None:
        for each in self._values:
            self.metric.add_metric([*labels, each], float(each == value))


def _of_tally(tally: Tally, groups: list[str]) -> Iterator[Metric]:
    count = CounterMetricFamily(
        "otha_transfers", "Ended transfers since the start", labels=["group", "kind", "outcome", "drill"]
    )
    usual = [
        Ended(group=group, kind=kind, outcome=outcome, is_drill=False)
        for group in groups
        for kind in _words(TransferKind)
        for outcome in _words(Ending)
    ]
    ended = dict(tally.ended)
    for each in dict.fromkeys([*usual, *ended]):
        drill = "true" if each.is_drill else "false"
        count.add_metric([each.group, each.kind, each.outcome, drill], ended.get(each, 0))
    yield count
    durations = HistogramMetricFamily(
        "otha_transfer_duration_seconds",
        "From the request of a transfer to its end, waits for persons included, drills left out",
        labels=["kind", "outcome"],
    )
    for (kind, outcome), took in dict(tally.durations).items():
        durations.add_metric([kind, outcome], _buckets(BOUNDS_S, list(took.counts)), took.sum_ns * _NS)
    yield durations
    notices = CounterMetricFamily(
        "otha_interface_events", "What the OPC UA interface has told since the start", labels=["event"]
    )
    for event, told in dict(tally.notices).items():
        notices.add_metric([event], told)
    yield notices
    yield _counter(
        "otha_orders_turned_away", "Orders that never came before the core, since the start", tally.denied_orders
    )


def _buckets(bounds_s: tuple[float, ...], counts: list[int]) -> list[tuple[str, float]]:
    """Cumulative buckets; `counts` has one more, that of what no bound holds."""
    total, found = 0, []
    for bound, counted in zip([*(repr(bound) for bound in bounds_s), "+Inf"], counts, strict=True):
        total += counted
        found.append((bound, float(total)))
    return found


def _of_supervisor(status: Json) -> Iterator[Metric]:
    loop = status["loop"]
    counts = [0] * (len(LATENESS_BOUNDS_S) + 1)
    for upper_ns, counted in loop.get("lateness_counts", {}).items():
        upper_s = int(upper_ns) * _NS
        # What lies across a bound counts above it: lateness is never made to look better.
        at = next((i for i, bound in enumerate(LATENESS_BOUNDS_S) if upper_s <= bound), len(LATENESS_BOUNDS_S))
        counts[at] += counted
    lateness = HistogramMetricFamily(
        "otha_heartbeat_lateness_seconds", "Departure of heartbeats against their absolute deadline"
    )
    lateness.add_metric([], _buckets(LATENESS_BOUNDS_S, counts), loop.get("lateness_sum_ns", 0) * _NS)
    yield lateness
    yield _counter("otha_heartbeats_skipped", "Heartbeats that did not leave", loop["skipped"])
    yield _counter("otha_loop_stalls", "Times that the loop ran late", loop["stalls"])
    yield _one("otha_loop_stall_longest_seconds", "The longest of them", loop["longest_stall_ns"] * _NS)
    yield _counter("otha_defects", "Exceptions that OTHA's code let out", sum(loop.get("defects", {}).values()))
    yield _one("otha_supervisor_isolated", "1: this observer reaches no reference point (S8)", status["isolated"])
    yield _one("otha_supervisor_tilted", "1: it only watches after a stall or a clock step (S10)", status["tilted"])
    yield _one("otha_notices", "Things that the machine refuses, as `otha status` shows", len(status["notices"]))


def _of_groups(status: Json) -> Iterator[Metric]:
    level = GaugeMetricFamily(
        "otha_group_service_level", "ServiceLevel 0 to 255 of the active node; 0: there is none", labels=["group"]
    )
    epoch = GaugeMetricFamily("otha_group_epoch", "The fencing token of the group record", labels=["group"])
    running = GaugeMetricFamily("otha_group_transfer_running", "1: a transfer is under way", labels=["group"])
    halted = GaugeMetricFamily(
        "otha_group_halted", "1: a rule would have been broken, automatic action is stopped", labels=["group"]
    )
    standing = _Choice("otha_group_standing", "How the group stands", ["group"], Standing)
    arming = _Choice("otha_group_arming", "How far OTHA may act", ["group"], Arming)
    for group in status["groups"]:
        name = group["name"]
        active = next((node for node in group["nodes"] if node["name"] == group["active"]), None)
        level.add_metric([name], 0 if active is None else active["level"] or 0)
        epoch.add_metric([name], group["epoch"])
        running.add_metric([name], float(group["plan"] is not None))
        halted.add_metric([name], float(group["halted"] is not None))
        standing.add([name], group["standing"])
        arming.add([name], group["arming"])
    yield from (level, epoch, running, halted, standing.metric, arming.metric)


def _of_nodes(status: Json) -> Iterator[Metric]:
    labels = ["group", "node"]
    level = GaugeMetricFamily("otha_node_service_level", "ServiceLevel 0 to 255, as heard last", labels=labels)
    active = GaugeMetricFamily("otha_node_active", "1: the group record names it as the active one", labels=labels)
    ready = GaugeMetricFamily("otha_node_ready", "1: it could take over without a bump (S13)", labels=labels)
    within = GaugeMetricFamily("otha_node_within_rpo", "1: what it lacks is within the group's RPO (S5)", labels=labels)
    away = GaugeMetricFamily("otha_node_maintenance", "1: it is in maintenance", labels=labels)
    role = _Choice("otha_node_role", "Its role as observed", labels, Role)
    liveness = _Choice("otha_node_liveness", "The verdict on it", labels, Liveness)
    for group in status["groups"]:
        for node in group["nodes"]:
            at = [group["name"], node["name"]]
            if node["level"] is not None:
                level.add_metric(at, node["level"])
            active.add_metric(at, float(node["name"] == group["active"]))
            ready.add_metric(at, float(node["ready"] == "true"))
            within.add_metric(at, float(node["in_rpo"] == "true"))
            away.add_metric(at, float(node["maintenance"]))
            role.add(at, node["role"])
            liveness.add(at, node["liveness"])
    yield from (level, active, ready, within, away, role.metric, liveness.metric)


def _of_channels(status: Json) -> Iterator[Metric]:
    pulse = _Choice("otha_channel_pulse", "The verdict on it", ["channel", "node"], Pulse)
    age = GaugeMetricFamily(
        "otha_channel_reply_age_seconds", "Since the last good reply; absent before one", labels=["channel", "node"]
    )
    ages: dict[str, int] = status.get("reply_ages_ms", {})
    for channel in status["channels"]:
        at = [channel["name"], channel["node"]]
        pulse.add(at, channel["pulse"])
        if channel["name"] in ages:
            age.add_metric(at, ages[channel["name"]] * _MS)
    yield pulse.metric
    yield age
    met = CounterMetricFamily(
        "otha_link_events", "What connections and serial lines have met", labels=["link", "event"]
    )
    for link, counters in status["links"].items():
        for event in _LINK_COUNTS:
            met.add_metric([link, event], counters[event])
    yield met


def _of_alarms(status: Json) -> Iterator[Metric]:
    """Alarms by priority and state; those that a flag keeps quiet are counted apart."""
    owners = [(status["supervisor"], status["alarms"]), *((g["name"], g["alarms"]) for g in status["groups"])]
    shown = [state for state in _words(AlarmState) if state != AlarmState.NORMAL.value]
    counts = {(priority, state): 0 for priority in _words(AlarmPriority) for state in shown}
    quiet = dict.fromkeys(_words(AlarmPriority), 0)
    unacked = GaugeMetricFamily(
        "otha_alarms_unacknowledged", "Alarms of a group, or of the supervisor, that wait for a person", labels=["of"]
    )
    for owner, alarms in owners:
        unacked.add_metric([owner], sum(alarm["unacked"] for alarm in alarms))
        for alarm in alarms:
            if alarm["flags"]:
                quiet[alarm["priority"]] += 1
            elif alarm["state"] in shown:
                counts[alarm["priority"], alarm["state"]] += 1
    by = GaugeMetricFamily("otha_alarms", "Alarms by priority and state (ISA-18.2)", labels=["priority", "state"])
    for (priority, state), count in counts.items():
        by.add_metric([priority, state], count)
    flagged = GaugeMetricFamily(
        "otha_alarms_kept_quiet", "Alarms that are shelved, suppressed or out of service", labels=["priority"]
    )
    for priority, count in quiet.items():
        flagged.add_metric([priority], count)
    yield from (by, flagged, unacked)


def _of_evidence(status: Json) -> Iterator[Metric]:
    journal = status["journal"]
    yield _one("otha_journal_last_row", "Number of the newest row", journal["last_seq"])
    yield _one("otha_journal_waiting_rows", "Rows that the disk has not taken yet", journal.get("waiting_rows", 0))
    yield _counter("otha_journal_refused_rows", "Rows that found no place to wait", journal.get("refused_rows", 0))
    yield _one("otha_journal_trouble", "1: rows can't be written", bool(journal["trouble"]))
    yield _one("otha_journal_damaged", "1: an older segment is damaged", bool(journal["damage"]))
    yield _one("otha_records_trouble", "1: the group records can't be kept", bool(status["records"]["trouble"]))


def _of_outside(status: Json) -> Iterator[Metric]:
    outside: Json = status.get("outside", {})
    up = GaugeMetricFamily("otha_outlet_up", "1: the process that shows OTHA to others works", labels=["outlet"])
    starts = CounterMetricFamily("otha_outlet_starts", "How often it was started", labels=["outlet"])
    counted = CounterMetricFamily("otha_outlet_events", "What it has counted", labels=["outlet", "event"])
    for name, told in outside.items():
        up.add_metric([name], float(told["up"]))
        starts.add_metric([name], told["starts"])
        for event, count in told.get("counted", {}).items():
            counted.add_metric([name, event], count)
    yield from (up, starts, counted)
    if "interface" in outside:
        yield _one("otha_interface_sessions", "Sessions of OPC UA clients", outside["interface"]["sessions"])
