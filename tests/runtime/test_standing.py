"""Arming and maintenance as last ordered outlive the supervisor, and a start never arms more than a person did."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from otha.core.config import GroupConfig
from otha.core.errors import EngineerError
from otha.core.inputs import DueReached, LoopStalled, Order, OrderGiven
from otha.core.reasons import Reason, Why
from otha.core.supervision import Supervision
from otha.core.words import AlarmCode, AlarmState, Arming, OrderKind
from otha.journal.entry import Entry
from otha.journal.writer import Journal
from otha.runtime import standing
from otha.site.load import load_site

SITE = load_site(Path(__file__).parents[2] / "sim" / "sites" / "two_tanks.toml")
(GROUP,) = SITE.core.groups
SUPERVISOR = SITE.core.supervisor


def order(kind: OrderKind, *, node: str | None = None, arming: Arming | None = None) -> Order:
    return Order(
        id=f"{kind} {node}", kind=kind, group=GROUP.name, user="eva", client="", node=node, arming=arming, comment=""
    )


def armed_to(arming: Arming) -> GroupConfig:
    """The group with this arming in its site file."""
    return replace(GROUP, arming=arming)


def given(orders: tuple[Order, ...], file: Arming = GROUP.arming) -> Supervision:
    """A core of a site file with this arming that was given these orders and nothing else."""
    core = Supervision(replace(SITE.core, groups=(armed_to(file),)), time.monotonic_ns())
    for each in orders:
        decisions = core.feed(OrderGiven(order=each), time.monotonic_ns())
        assert [one.answer.accepted for one in decisions if one.answer is not None] == [True]
    return core


def keep(folder: Path, core: Supervision, cfg: GroupConfig = GROUP) -> None:
    with Journal(folder) as journal:
        body = standing.body(cfg, core.group(cfg.name))
        journal.append(Entry(kind=standing.KIND, group=cfg.name, user="eva", body=body))


@pytest.fixture
def stood() -> Supervision:
    return given(
        (order(OrderKind.MAINTENANCE_IN, node="sc_b"), order(OrderKind.ARM, arming=Arming.OBSERVE)),
    )


def test_what_stood_stands_again(tmp_path: Path, stood: Supervision) -> None:
    keep(tmp_path, given(()))
    keep(tmp_path, stood)
    again = standing.orders(tmp_path, GROUP)
    assert [(each.kind, each.node, each.arming, each.user) for each in again] == [
        (OrderKind.MAINTENANCE_IN, "sc_b", None, "eva"),
        (OrderKind.ARM, None, Arming.OBSERVE, "eva"),
    ]
    core = given(again)
    assert core.group(GROUP.name).maintenance == stood.group(GROUP.name).maintenance == (False, True)
    assert core.group(GROUP.name).arming is Arming.OBSERVE


def test_what_was_taken_back_does_not(tmp_path: Path, stood: Supervision) -> None:
    keep(tmp_path, stood)
    keep(tmp_path, given((order(OrderKind.MAINTENANCE_OUT, node="sc_b"), order(OrderKind.ARM, arming=Arming.ARMED))))
    assert [(each.kind, each.arming) for each in standing.orders(tmp_path, GROUP)] == [(OrderKind.ARM, Arming.ARMED)]


@pytest.mark.parametrize(
    ("file_before", "ordered", "file_after", "then"),
    [
        # The file is as it was: the order stands, up and down.
        (Arming.ARMED, Arming.OBSERVE, Arming.ARMED, Arming.OBSERVE),
        (Arming.OBSERVE, Arming.ARMED, Arming.OBSERVE, Arming.ARMED),
        (Arming.ADVISE, Arming.ADVISE, Arming.ADVISE, Arming.ADVISE),
        # It was changed, and nobody has looked at both: the lesser.
        (Arming.ADVISE, Arming.OBSERVE, Arming.ARMED, Arming.OBSERVE),
        (Arming.ADVISE, Arming.ADVISE, Arming.ARMED, Arming.ADVISE),
        (Arming.OBSERVE, Arming.ARMED, Arming.ADVISE, Arming.ADVISE),
        (Arming.ARMED, Arming.ARMED, Arming.OBSERVE, Arming.OBSERVE),
        # Nobody ordered anything: the file's.
        (Arming.OBSERVE, None, Arming.ARMED, Arming.ARMED),
        (Arming.ARMED, None, Arming.OBSERVE, Arming.OBSERVE),
    ],
)
def test_a_start_arms_as_last_ordered_and_never_more_than_a_person_did(
    tmp_path: Path, file_before: Arming, ordered: Arming | None, file_after: Arming, then: Arming
) -> None:
    orders: tuple[Order, ...] = (order(OrderKind.MAINTENANCE_IN, node="sc_b"),)
    if ordered is not None:
        orders += (order(OrderKind.ARM, arming=ordered),)
    keep(tmp_path, given(orders, file_before), replace(GROUP, arming=file_before))
    for _ in range(2):
        # Each start journals what stands, and the next one begins with that.
        cfg = replace(GROUP, arming=file_after)
        core = given(standing.orders(tmp_path, cfg), file_after)
        assert core.group(GROUP.name).arming is then
        keep(tmp_path, core, cfg)


def test_a_file_that_was_changed_to_and_fro_arms_nothing_again(tmp_path: Path) -> None:
    keep(tmp_path, given((order(OrderKind.ARM, arming=Arming.ARMED),), Arming.OBSERVE), armed_to(Arming.OBSERVE))
    for file, then in (
        (Arming.ADVISE, Arming.ADVISE),
        (Arming.OBSERVE, Arming.OBSERVE),
        (Arming.ADVISE, Arming.OBSERVE),
    ):
        core = given(standing.orders(tmp_path, armed_to(file)), file)
        assert core.group(GROUP.name).arming is then
        keep(tmp_path, core, armed_to(file))


def test_a_row_of_another_version_says_that_it_is_not_understood(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        body = {"arming": "armed", "site_arming": "armed", "maintenance": []}
        journal.append(Entry(kind=standing.KIND, group=GROUP.name, body=body))
    with pytest.raises(EngineerError, match="of the journal tells what stood in a way not known here"):
        standing.orders(tmp_path, GROUP)


def test_an_arming_that_is_not_the_files_is_told(tmp_path: Path, stood: Supervision) -> None:
    keep(tmp_path, stood)
    said = standing.otherwise(GROUP, standing.orders(tmp_path, GROUP))
    assert said == (
        "tanks is armed to observe, as last ordered, and not to armed, as the site file says: "
        "otha order arm tanks --level LEVEL"
    )
    assert standing.otherwise(armed_to(Arming.OBSERVE), standing.orders(tmp_path, armed_to(Arming.OBSERVE))) == ""


def test_where_nobody_can_tell_what_stood_nothing_is_armed() -> None:
    assert [(each.kind, each.arming) for each in standing.unknown(GROUP)] == [(OrderKind.ARM, Arming.ADVISE)]
    assert standing.unknown(armed_to(Arming.OBSERVE)) == standing.unknown(armed_to(Arming.ADVISE)) == ()


def test_a_node_that_is_not_in_the_group_any_more_is_left_out(tmp_path: Path, stood: Supervision) -> None:
    keep(tmp_path, stood)
    smaller = replace(GROUP, nodes=GROUP.nodes[:1])
    assert [each.kind for each in standing.orders(tmp_path, smaller)] == [OrderKind.ARM]


def test_a_new_journal_holds_no_orders(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    assert standing.orders(tmp_path, GROUP) == ()


@pytest.mark.parametrize("kind", list(OrderKind))
def test_which_orders_stand(kind: OrderKind) -> None:
    stands = kind in (OrderKind.ARM, OrderKind.MAINTENANCE_IN, OrderKind.MAINTENANCE_OUT)
    assert standing.is_standing(order(kind)) == stands


# Alarms

HOUR_NS = 3_600_000_000_000


def alarm_order(kind: OrderKind, code: AlarmCode, for_ns: int | None = None) -> OrderGiven:
    return OrderGiven(order=replace(order(kind), id=f"{kind} {code}", item=code.value, for_ns=for_ns))


def kept_alarms(folder: Path, core: Supervision, name: str = GROUP.name) -> None:
    with Journal(folder) as journal:
        body = standing.alarms_body(core.alarm_watches(name), 1_000)
        journal.append(Entry(kind=standing.ALARMS_KIND, group=name, body=body))


def test_what_was_kept_quiet_is_quiet_again_for_the_time_that_is_left(tmp_path: Path) -> None:
    core = Supervision(SITE.core, 0)
    core.feed(alarm_order(OrderKind.SHELVE, AlarmCode.HALTED, for_ns=8 * HOUR_NS), 1_000)
    core.feed(alarm_order(OrderKind.SHELVE, AlarmCode.GATE_UNSEEN), 1_000)
    core.feed(alarm_order(OrderKind.OUT_OF_SERVICE, AlarmCode.ROWS_MISSING), 1_000)
    kept_alarms(tmp_path, core)
    stood = standing.alarms(tmp_path, GROUP.name, time.time_ns() + 3 * HOUR_NS)
    assert stood is not None
    again = Supervision(SITE.core, 0)
    (decision,) = again.feed(stood, 500)
    assert [reason.why for reason in decision.reasons] == [Why.ALARM_FLAGGED] * 3
    halted, gate, rows = (
        again._state.alarms[0].watch(code) for code in (AlarmCode.HALTED, AlarmCode.GATE_UNSEEN, AlarmCode.ROWS_MISSING)
    )
    assert halted.shelved_until is not None
    assert 4.9 * HOUR_NS < halted.shelved_until - 500 <= 5 * HOUR_NS
    assert (gate.one_shot, rows.out_of_service) == (True, True)
    late = standing.alarms(tmp_path, GROUP.name, time.time_ns() + 9 * HOUR_NS)
    assert late is not None
    assert [each.shelved_for_ns for each in late.alarms] == [None, None, 0]


def test_a_wall_clock_that_was_set_back_does_not_lengthen_a_shelving(tmp_path: Path) -> None:
    core = Supervision(SITE.core, 0)
    core.feed(alarm_order(OrderKind.SHELVE, AlarmCode.HALTED, for_ns=HOUR_NS), 1_000)
    kept_alarms(tmp_path, core)
    stood = standing.alarms(tmp_path, GROUP.name, 0)
    assert stood is not None
    assert [each.shelved_for_ns for each in stood.alarms] == [HOUR_NS]


def test_occurrences_go_on_counting_after_a_restart(tmp_path: Path) -> None:
    """An acknowledgement from before the restart must not meet an occurrence that nobody has seen."""
    core = Supervision(SITE.core, 0)
    core.feed(LoopStalled(gap_ns=HOUR_NS), 1_000)
    kept_alarms(tmp_path, core, SUPERVISOR)
    stood = standing.alarms(tmp_path, SUPERVISOR, time.time_ns())
    assert stood is not None
    again = Supervision(SITE.core, 0)
    again.feed(stood, 500)
    again.feed(LoopStalled(gap_ns=HOUR_NS), 600)
    (tilt,) = (w for w in again.alarm_watches(SUPERVISOR) if w.code is AlarmCode.TILT)
    assert (tilt.state, tilt.occurrence) == (AlarmState.UNACKED, 1)
    for at_ns in (HOUR_NS, 2 * HOUR_NS):
        again.feed(DueReached(), at_ns)  # TILT is over
    again.feed(LoopStalled(gap_ns=HOUR_NS), 3 * HOUR_NS)
    (tilt,) = (w for w in again.alarm_watches(SUPERVISOR) if w.code is AlarmCode.TILT)
    assert (tilt.state, tilt.occurrence) == (AlarmState.UNACKED, 2)
    assert standing.alarms(tmp_path, "other", time.time_ns()) is None


def test_an_alarm_stands_after_a_restart_as_it_did_before(tmp_path: Path) -> None:
    """Acknowledged is acknowledged, over is over, and neither is annunciated a second time."""
    core = Supervision(SITE.core, 0)
    core.feed(LoopStalled(gap_ns=HOUR_NS), 1_000)
    ack = replace(alarm_order(OrderKind.ALARM_ACK, AlarmCode.TILT).order, group=SUPERVISOR, occurrence=1)
    core.feed(OrderGiven(order=ack), 2_000)
    kept_alarms(tmp_path, core, SUPERVISOR)
    stood = standing.alarms(tmp_path, SUPERVISOR, time.time_ns() + HOUR_NS)
    assert stood is not None
    again = Supervision(SITE.core, 0)
    (decision,) = again.feed(stood, 500)
    assert [(reason.why, reason.args) for reason in decision.reasons] == [(Why.ALARM_STOOD, ("tilt", "", 1, "acked"))]
    (tilt,) = (w for w in again.alarm_watches(SUPERVISOR) if w.code == AlarmCode.TILT)
    assert (tilt.state, tilt.occurrence, tilt.recalled) == (AlarmState.ACKED, 1, True)
    assert HOUR_NS - 1_000 <= 500 - tilt.since < 2 * HOUR_NS


@pytest.mark.parametrize("why", [Why.ALARM_RAISED, Why.ALARM_CLEARED, Why.ALARM_ACKED, Why.ALARM_RESET])
def test_every_change_of_a_state_is_kept(why: Why) -> None:
    assert standing.moves_alarms((Reason(why=why, rule="", args=()),))


def test_a_row_that_is_not_understood_is_an_error_and_no_crash(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(Entry(kind=standing.ALARMS_KIND, group=GROUP.name, body={"alarms": [{"code": "tilt"}]}))
    with pytest.raises(EngineerError, match="row"):
        standing.alarms(tmp_path, GROUP.name, time.time_ns())
