import pytest

from otha.core.watch import node
from otha.core.watch.node import NodeWatch
from otha.core.words import Liveness, Pulse, Role, Verdict
from tests.core.build import MS, node_config, reading

NODE = node_config("a", 1)


def heard(*beats: tuple[int, int, int], w: NodeWatch | None = None) -> NodeWatch:
    """Replies given as (at_ms, heartbeat counter, cycle counter)."""
    w = NodeWatch() if w is None else w
    for at_ms, heartbeat, cycle in beats:
        w = node.watch(NODE, w, reading(heartbeat=heartbeat, cycle=cycle), at_ms * MS)
    return w


def test_a_first_reading_makes_a_node_alive() -> None:
    w = node.watch(NODE, NodeWatch(), reading(role=1, level=240), 1_000 * MS)
    assert (w.verdict.liveness, w.verdict.role, w.verdict.level) == (Liveness.ALIVE, Role.ACTIVE, 240)


@pytest.mark.parametrize(("at_ms", "verdict"), [(1_149, Liveness.ALIVE), (1_150, Liveness.FROZEN)])
def test_a_cycle_counter_that_stands_still_while_the_node_answers_is_frozen(at_ms: int, verdict: Liveness) -> None:
    w = heard((1_000, 1, 100), (1_050, 2, 100), (1_100, 3, 100), (at_ms, 4, 100))
    assert w.verdict.liveness is verdict


def test_a_heartbeat_counter_that_stands_still_is_frozen_too() -> None:
    assert heard((1_000, 1, 100), (1_100, 1, 110), (1_150, 1, 115)).verdict.liveness is Liveness.FROZEN


def test_one_step_of_the_counter_gives_the_whole_time_again() -> None:
    w = heard((1_000, 1, 100), (1_100, 2, 100), (1_140, 3, 101), (1_240, 4, 101))
    assert w.verdict.liveness is Liveness.ALIVE
    assert heard((1_290, 5, 101), w=w).verdict.liveness is Liveness.FROZEN


def test_copies_of_different_age_on_two_channels_are_frozen_once_neither_moves() -> None:
    w = NodeWatch()
    for at_ms in range(1_000, 1_400, 25):
        channel = at_ms // 25 % 2
        said = reading(heartbeat=7 - channel, cycle=100 - channel)
        w = node.watch(NODE, w, said, at_ms * MS, channel=channel)
    assert w.verdict.liveness is Liveness.FROZEN


def test_one_channel_that_repeats_itself_is_no_standstill_while_the_other_moves() -> None:
    w = NodeWatch()
    for at_ms in range(1_000, 1_400, 25):
        channel = at_ms // 25 % 2
        said = reading(heartbeat=3, cycle=100) if channel else reading(heartbeat=at_ms, cycle=at_ms)
        w = node.watch(NODE, w, said, at_ms * MS, channel=channel)
        assert w.verdict.liveness is Liveness.ALIVE


def test_a_frozen_node_is_alive_with_the_next_step_of_its_counter() -> None:
    w = heard((1_000, 1, 100), (1_100, 2, 100), (1_150, 3, 100))
    assert heard((1_200, 4, 101), w=w).verdict.liveness is Liveness.ALIVE


def test_a_process_that_slept_gets_the_whole_time_again_when_it_wakes() -> None:
    # Stopped at 1,000 and woken at 3,000: its first replies may come before its control task has run.
    w = heard((1_000, 1, 100), (3_000, 1, 100), (3_100, 2, 100))
    assert w.verdict.liveness is Liveness.ALIVE
    assert heard((3_150, 3, 100), w=w).verdict.liveness is Liveness.FROZEN


def test_a_node_found_dead_gets_the_whole_time_again_when_it_answers() -> None:
    w = node.from_pulses(heard((1_000, 1, 100)), (Pulse.LOST, Pulse.LOST))
    assert heard((1_140, 1, 100), w=w).verdict.liveness is Liveness.ALIVE


def test_a_profile_without_counters_is_never_frozen() -> None:
    w = NodeWatch()
    for at_ms in range(1_000, 2_000, 50):
        w = node.watch(NODE, w, reading(heartbeat=None, cycle=None), at_ms * MS)
        assert w.verdict.liveness is Liveness.ALIVE


@pytest.mark.parametrize(
    ("age_ms", "verdict"),
    [(1_000, Liveness.ALIVE), (1_001, Liveness.STALE_DATA), (None, Liveness.ALIVE)],
)
def test_data_older_than_its_limit_is_stale(age_ms: int | None, verdict: Liveness) -> None:
    assert node.watch(NODE, NodeWatch(), reading(data_age_ms=age_ms), 1_000 * MS).verdict.liveness is verdict


def test_data_age_is_not_judged_where_the_site_gives_no_limit() -> None:
    unjudged = node_config("a", 1, data_stale_after_ns=0)
    assert node.watch(unjudged, NodeWatch(), reading(data_age_ms=60_000), 1_000 * MS).verdict.liveness is Liveness.ALIVE


def test_a_node_is_dead_only_when_all_of_its_channels_are_lost() -> None:
    w = heard((1_000, 1, 100))
    one_lost = node.from_pulses(w, (Pulse.LOST, Pulse.LATE))
    assert (one_lost.verdict.liveness, one_lost.verdict.channels_lost) == (Liveness.ALIVE, True)
    assert node.from_pulses(one_lost, (Pulse.ON_TIME, Pulse.LATE)) == w
    assert node.from_pulses(one_lost, (Pulse.LOST, Pulse.UNKNOWN)) is one_lost
    dead = node.from_pulses(w, (Pulse.LOST, Pulse.LOST))
    assert (dead.verdict.liveness, dead.verdict.role, dead.verdict.level) == (Liveness.DEAD, Role.UNKNOWN, 0)


def test_a_dead_node_keeps_its_last_position_for_the_sync_lag() -> None:
    dead = node.from_pulses(heard((1_000, 1, 100)), (Pulse.LOST,))
    assert (dead.reading.position, dead.seen_at) == (100, 1_000 * MS)


def test_the_verdict_is_the_same_object_until_something_of_it_changes() -> None:
    w = heard((1_000, 1, 100))
    after = node.watch(NODE, w, reading(heartbeat=2, cycle=105, position=105, tracked=(501, 4_000)), 1_050 * MS)
    assert after.verdict is w.verdict
    for other in ({"level": 254}, {"role": 1}, {"pending": 1}, {"epoch": 3}, {"missing": 0}, {"data_age_ms": 1_001}):
        changed = node.watch(NODE, after, reading(heartbeat=3, cycle=110, **other), 1_100 * MS)
        assert changed.verdict != after.verdict


def test_a_busy_node_is_alive_but_says_nothing() -> None:
    dead = node.from_pulses(heard((1_000, 1, 100)), (Pulse.LOST,))
    assert node.answered(dead).verdict.liveness is Liveness.ALIVE
    assert node.answered(dead).verdict.level == 0
    frozen = heard((1_000, 1, 100), (1_100, 2, 100), (1_150, 3, 100))
    assert node.answered(frozen) is frozen


@pytest.mark.parametrize("code", [None, 9, -1])
def test_a_role_that_is_not_known_is_unknown(code: int | None) -> None:
    assert node.watch(NODE, NodeWatch(), reading(role=code), 1_000 * MS).verdict.role is Role.UNKNOWN


def test_a_profile_without_a_level_counts_as_healthy() -> None:
    assert node.watch(NODE, NodeWatch(), reading(level=None), 1_000 * MS).verdict.level == 255


def test_a_late_reply_overtaken_by_a_newer_one_only_shows_life() -> None:
    w = heard((1_000, 5, 100), (1_050, 6, 105))
    late = node.watch(NODE, w, reading(heartbeat=5, cycle=100, position=1), 1_060 * MS, late=True)
    assert late is w


def test_the_values_of_a_late_reply_are_of_unknown_age() -> None:
    w = heard((1_000, 5, 100))
    late = node.watch(NODE, w, reading(heartbeat=6, cycle=105, position=110), 1_300 * MS, late=True)
    # What the sync lag adds for the time unseen still counts from the last reply that came in time (S5).
    assert (late.verdict.liveness, late.reading.cycle, late.seen_at) == (Liveness.ALIVE, 105, 1_000 * MS)


def test_a_node_that_only_answers_late_is_still_found_frozen() -> None:
    w = heard((1_000, 5, 100))
    for beat, at_ms in enumerate((1_060, 1_110, 1_160), 6):
        w = node.watch(NODE, w, reading(heartbeat=beat, cycle=100), at_ms * MS, late=True)
    assert w.verdict.liveness is Liveness.FROZEN


def test_a_store_with_a_gap_takes_rows_though_its_position_stands() -> None:
    """The gap is filled only once rows are taken: judged by its position, such a store would never be verified."""
    w = NodeWatch()
    for beat, stored in ((1, 60), (2, 60), (3, 61)):
        said = reading(heartbeat=beat, cycle=beat, epoch=2, position=50, missing=3, stored=stored)
        w = node.watch(NODE, w, said, beat * MS)
        assert w.verdict.taking is (Verdict.TRUE if beat == 3 else Verdict.FALSE)
