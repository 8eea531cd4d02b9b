from dataclasses import replace
from typing import Any

import pytest

from otha.core.inputs import GateReading
from otha.core.watch import gate
from otha.core.watch.gate import GateWatch
from otha.core.words import GateState, Verdict
from tests.core.build import GATE, MS, gate_reading

NAMES = {1: "a", 2: "b"}


def seen(*readings: tuple[int, GateReading], w: GateWatch | None = None) -> GateWatch:
    """Status blocks given as (at_ms, reading)."""
    w = gate.unseen() if w is None else w
    for at_ms, said in readings:
        w = gate.watch(GATE, NAMES, w, said, at_ms * MS)
    return w


def held(**changes: Any) -> GateReading:
    said: dict[str, Any] = {
        "state": GateState.HELD,
        "owner": 2,
        "owner_epoch": 2,
        "epoch": 2,
        "granted": 2,
        "hold_no": 2,
        "held_ms": 30,
        "held": (4_000, 5_000),
        "shadow": (4_010, 4_990),
        "shadow_age_ms": 5,
        "within": True,
    }
    return gate_reading(**{**said, **changes})


def test_nothing_is_seen_before_the_first_reading() -> None:
    assert not gate.unseen().view.seen


def test_a_status_block_becomes_a_view() -> None:
    view = seen((1_000, gate_reading())).view
    assert (view.seen, view.fits, view.boot, view.state, view.owner, view.epoch, view.granted) == (
        True,
        True,
        9,
        GateState.OWNED,
        "a",
        1,
        1,
    )
    assert (view.permit, view.return_permit, view.armed, view.owner_fresh, view.last_driver) == (
        True,
        True,
        False,
        True,
        "a",
    )


def test_nobody_and_a_stranger_own_by_their_numbers() -> None:
    assert seen((1_000, gate_reading(owner=0))).view.owner is None
    assert seen((1_000, gate_reading(owner=5))).view.owner == "node #5"


def test_an_unchanged_view_is_the_very_same_value() -> None:
    w = seen((1_000, gate_reading()), (1_050, gate_reading(scan=1_010, last_seq=55)))
    again = seen((1_100, gate_reading(scan=1_020, last_seq=60)), w=w)
    assert again.view is w.view


@pytest.mark.parametrize(("age_ms", "fresh"), [(35, True), (36, False)])
def test_an_owner_is_fresh_up_to_its_limit(age_ms: int, fresh: bool) -> None:
    assert seen((1_000, gate_reading(owner_age_ms=age_ms))).view.owner_fresh is fresh


def test_nobody_is_never_fresh() -> None:
    assert not seen((1_000, gate_reading(owner=0, owner_age_ms=0))).view.owner_fresh


# Readings that overtake each other


def test_an_overtaken_reading_tells_nothing_new() -> None:
    w = seen((1_000, gate_reading(scan=1_000)))
    assert seen((1_010, gate_reading(scan=999, state=GateState.FREE, owner=0)), w=w) is w


def test_the_scan_counter_wraps() -> None:
    w = seen((1_000, gate_reading(scan=2**32 - 1)))
    assert seen((1_010, gate_reading(scan=0, epoch=2)), w=w).view.epoch == 2
    w = seen((1_000, gate_reading(scan=0)))
    assert seen((1_010, gate_reading(scan=2**32 - 1, epoch=2)), w=w) is w


def test_a_newer_start_counts_whatever_its_scan() -> None:
    w = seen((1_000, gate_reading(boot=9, scan=5_000)))
    started = seen((1_010, gate_reading(boot=10, scan=1, state=GateState.FREE, owner=0)), w=w)
    assert (started.view.boot, started.view.state) == (10, GateState.FREE)
    assert seen((1_020, gate_reading(boot=9, scan=6_000)), w=started) is started


def test_after_a_time_unseen_any_reading_counts() -> None:
    blind = gate.expire(seen((1_000, gate_reading(boot=9))), 2_000 * MS)
    assert seen((2_000, gate_reading(boot=3)), w=blind).view.boot == 3


# Losing sight


def test_without_a_newer_reading_the_gate_is_unseen() -> None:
    w = seen((1_000, gate_reading()), (1_050, gate_reading(scan=1_010, last_seq=51)))
    assert gate.expire(w, 1_280 * MS - 1) is w
    blind = gate.expire(w, 1_280 * MS)
    assert (blind.view.seen, blind.view.owner_fresh, blind.view.driven, blind.view.owner) == (False, False, False, "a")
    assert gate.expire(blind, 9_000 * MS) is blind


def test_a_gate_seen_again_must_show_driving_anew() -> None:
    w = seen((1_000, gate_reading(last_seq=50)), (1_050, gate_reading(scan=1_010, last_seq=55)))
    assert w.view.driven
    w = seen((2_000, gate_reading(scan=1_200, last_seq=90)), w=gate.expire(w, 1_500 * MS))
    assert not w.view.driven
    assert seen((2_010, gate_reading(scan=1_202, last_seq=91)), w=w).view.driven


# Driving


def test_driving_needs_a_frame_after_the_first_look() -> None:
    w = seen((1_000, gate_reading(last_seq=50)))
    assert not w.view.driven
    assert not seen((1_010, gate_reading(scan=1_002, last_seq=50)), w=w).view.driven
    assert seen((1_010, gate_reading(scan=1_002, last_seq=51)), w=w).view.driven


def test_the_sequence_wraps_while_driving() -> None:
    w = seen((1_000, gate_reading(last_seq=2**32 - 1)), (1_010, gate_reading(scan=1_002, last_seq=1)))
    assert w.view.driven


def test_frames_of_an_owner_whose_cycle_stands_still_are_no_driving() -> None:
    w = seen((1_000, gate_reading(last_seq=50)))
    assert not seen((1_050, gate_reading(scan=1_010, last_seq=55, owner_age_ms=55)), w=w).view.driven


def test_another_owner_must_show_driving_anew() -> None:
    w = seen((1_000, gate_reading(last_seq=50)), (1_010, gate_reading(scan=1_002, last_seq=51)))
    other = gate_reading(scan=1_100, owner=2, owner_epoch=2, epoch=2, last_seq=3)
    assert not seen((1_500, other), w=w).view.driven


# The hold


def test_the_hold_ends_where_the_gate_counts_it() -> None:
    assert seen((1_000, held(held_ms=30))).view.hold_until == (1_000 + 10_000 - 30) * MS


def test_jitter_never_moves_the_end_of_the_same_hold_later() -> None:
    w = seen((1_000, held(held_ms=30)))
    assert seen((1_017, held(scan=1_003, held_ms=40)), w=w).view.hold_until == (1_000 + 10_000 - 30) * MS
    assert seen((1_017, held(scan=1_003, held_ms=50)), w=w).view.hold_until == (1_017 + 10_000 - 50) * MS


def test_another_hold_has_an_end_of_its_own() -> None:
    w = seen((1_000, held(held_ms=9_000)))
    assert seen((1_100, held(scan=1_020, hold_no=3, held_ms=0)), w=w).view.hold_until == 11_100 * MS


def test_a_gate_that_does_not_hold_has_no_end_of_hold() -> None:
    assert seen((1_000, gate_reading())).view.hold_until is None


# The shadow


def test_a_shadow_within_tolerance_is_true() -> None:
    assert seen((1_000, held())).view.shadow is Verdict.TRUE


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"shadow_age_ms": 65_535}, Verdict.UNKNOWN),
        ({"shadow_age_ms": 36}, Verdict.STALE),
        ({"shadow": (4_051, 5_000)}, Verdict.FALSE),
        ({"shadow": (4_000, 4_949)}, Verdict.FALSE),
        ({"shadow": (4_050, 4_950)}, Verdict.TRUE),
        ({"within": False}, Verdict.FALSE),
    ],
)
def test_a_shadow_is_judged_by_age_and_by_both_sides(changes: dict[str, Any], verdict: Verdict) -> None:
    assert seen((1_000, held(**changes))).view.shadow is verdict


def test_a_discrete_output_must_be_equal_whatever_its_tolerance() -> None:
    """S13: at a release it would be an edge that nobody commanded."""
    cfg = replace(GATE, discrete=(False, True))
    for shadow, verdict in (((4_050, 5_000), Verdict.TRUE), ((4_000, 5_001), Verdict.FALSE)):
        view = gate.watch(cfg, NAMES, gate.unseen(), held(shadow=shadow), 1_000 * MS).view
        assert view.shadow is verdict
    assert [str(each) for each in view.apart] == [
        "valve: held 5000, would be 5001, a discrete edge that nobody commanded"
    ]


def test_the_outputs_that_would_move_are_named() -> None:
    view = seen((1_000, held(shadow=(4_051, 4_900)))).view
    assert [str(each) for each in view.apart] == [
        "pump: held 4000, would be 4051, tolerance 50",
        "valve: held 5000, would be 4900, tolerance 50",
    ]
    assert seen((1_000, held(shadow=(4_051, 4_900))), (1_005, held(scan=1_001))).view.apart == ()
    # The gate itself has the last word, though it does not say which.
    view = seen((1_000, held(within=False))).view
    assert (view.shadow, view.apart) == (Verdict.FALSE, ())


def test_there_is_no_shadow_while_somebody_drives() -> None:
    assert seen((1_000, gate_reading(shadow_age_ms=1, within=True))).view.shadow is Verdict.UNKNOWN


# The program


@pytest.mark.parametrize(
    "changes",
    [{"hold_max_ms": 9_999}, {"owner_watchdog_ms": 61}, {"scan_ms": 6}, {"applied": (1, 2, 3)}],
)
def test_a_program_with_other_constants_does_not_fit(changes: dict[str, Any]) -> None:
    assert not seen((1_000, gate_reading(**changes))).view.fits


def test_a_program_that_does_not_fit_has_no_shadow() -> None:
    assert seen((1_000, held(hold_max_ms=9_999))).view.shadow is Verdict.UNKNOWN


# Since when nothing can have changed any more (S5)


def test_the_silence_begins_where_the_frames_stopped() -> None:
    assert seen((1_000, gate_reading(owner_age_ms=60))).silent_since == 940 * MS


def test_the_silence_keeps_its_beginning_and_ends_with_a_fresh_frame() -> None:
    w = seen((1_000, gate_reading(owner_age_ms=60)), (1_050, gate_reading(scan=1_010, owner_age_ms=115)))
    assert w.silent_since == 940 * MS
    assert seen((1_100, gate_reading(scan=1_020, owner_age_ms=5)), w=w).silent_since is None


def test_what_happened_unseen_is_no_silence() -> None:
    w = gate.expire(seen((1_000, gate_reading(owner_age_ms=60))), 1_500 * MS)
    # Seen again at 2,000, silent for 40 ms only: until 1,960 the owner may have driven.
    assert seen((2_000, gate_reading(scan=1_200, owner_age_ms=40)), w=w).silent_since == 1_960 * MS


def test_the_silence_goes_on_while_a_new_owner_only_shows_what_it_would_drive() -> None:
    # Seen live: GRANT made the standby's own lag grow again, and its transfer was stopped for being behind.
    w = seen((1_000, gate_reading(state=GateState.HELD, held_ms=30, owner_age_ms=90)))
    assert w.silent_since == 910 * MS
    granted = gate_reading(
        state=GateState.HELD, scan=1_002, owner=2, owner_epoch=2, epoch=2, held_ms=40, owner_age_ms=1
    )
    assert seen((1_010, granted), w=w).silent_since == 910 * MS


@pytest.mark.parametrize(
    ("changes", "used_up"),
    [
        ({"resumes_left": 0}, True),
        ({"resumes_left": 1}, False),
        ({"resumes_left": 0, "armed": False}, False),  # after a REVOKE or GRANT another RELEASE arms it
        ({"resumes_left": 0, "owner": 0}, False),
        ({"resumes_left": 0, "state": GateState.OWNED}, False),
    ],
)
def test_resumes_are_used_up_in_a_hold_of_an_armed_owner(changes: dict[str, Any], used_up: bool) -> None:
    assert seen((1_000, held(**{"armed": True, **changes}))).view.used_up is used_up


@pytest.mark.parametrize(("scan", "is_news"), [(1_000 + 2**31 - 1, True), (1_000 + 2**31, False)])
def test_half_way_round_a_scan_counts_as_an_older_one(scan: int, is_news: bool) -> None:
    w = seen((1_000, gate_reading(scan=1_000)))
    assert (seen((1_010, gate_reading(scan=scan)), w=w) is not w) is is_news
