"""The sums that `otha check` prints."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from otha.site import timing
from otha.site.load import load_site
from otha.site.timing import LOOP_NS, Pace
from tests.site.examples import TWO_TANKS, loaded

MS = 1_000_000

PACES = st.builds(
    Pace,
    period_ns=st.integers(5, 1000).map(lambda ms: ms * MS),
    deadline_ns=st.integers(1, 1000).map(lambda ms: ms * MS),
    misses=st.integers(1, 20),
    adaptive=st.booleans(),
    margin_ns=st.integers(1, 1000).map(lambda ms: ms * MS),
    cycle_ns=st.integers(1, 1000).map(lambda ms: ms * MS),
    scan_ns=st.integers(1, 100).map(lambda ms: ms * MS),
    poll_ns=st.integers(1, 1000).map(lambda ms: ms * MS),
    fast_poll_ns=st.integers(1, 100).map(lambda ms: ms * MS),
    round_trip_ns=st.integers(1, 100).map(lambda ms: ms * MS),
    fresh_owner_ns=st.integers(2, 1000).map(lambda ms: ms * MS),
    commit_ns=st.integers(1, 100).map(lambda ms: ms * MS),
    frozen_after_ns=st.integers(1, 1000).map(lambda ms: ms * MS),
)


def test_the_demo_sites_failover_term_by_term(tmp_path: Path) -> None:
    """By hand: 1.25 x 50 x 3 + 40; 40 + loop 2; disk 30; round trips of 2; scan and poll of 5; cycles of 10."""
    (worst,) = loaded(tmp_path, ("simulation = true", "simulation = true\ncommit_ms = 30")).timings
    assert {term.name: term.ns / MS for term in worst.failover.terms} == {
        "T_detect": 227.5,
        "T_confirm": 42,
        "T_cas": 32,
        "T_fence": 18,
        "T_promote": 48,
        "T_track": 34,
        "T_release": 48,
        "T_verify": 34,
    }
    assert worst.failover.ns == 483_500_000
    assert worst.frozen is not None
    assert worst.veto is not None
    assert (worst.heartbeats.ns, worst.veto.ns, worst.frozen.ns) == (227_500_000, 104_500_000, 315_000_000)


def test_the_budget_of_detection(tmp_path: Path) -> None:
    """At most 1.25 x period x misses + deadline (design, section 8), unless the gate shows the owner fresh longer."""
    for period in (20, 50, 100, 1000):
        site = loaded(tmp_path, ("period_ms = 50", f"period_ms = {period}"), ("rpo_ms = 500", "rpo_ms = 9000"))
        (worst,) = site.timings
        deadline_ns = site.core.channels[0].deadline_ns
        assert worst.heartbeats.ns == 5 * period * MS * 3 // 4 + deadline_ns
        assert worst.veto is not None
        assert worst.failover.terms[0].ns == max(worst.heartbeats.ns, worst.veto.ns)


def test_slow_heartbeats_stretch_what_counts_as_frozen(tmp_path: Path) -> None:
    site = loaded(tmp_path, ("period_ms = 50", "period_ms = 200"), ("rpo_ms = 500", "rpo_ms = 9000"))
    assert site.group("tanks").nodes[0].frozen_after_ns == (2 * 10 + 250 + 160) * MS
    assert site.warnings == ()


def test_the_core_waits_as_long_as_the_sum_says() -> None:
    site = load_site(TWO_TANKS)
    bounds, (worst,) = site.group("tanks").timing, site.timings
    assert worst.held is not None
    assert worst.held.ns == bounds.held_bound_ns
    assert worst.transfer.ns == bounds.transfer_bound_ns
    assert worst.failover.ns == worst.failover.terms[0].ns + bounds.confirm_ns + LOOP_NS + bounds.transfer_bound_ns


def test_a_bound_given_by_hand_is_named_as_such(tmp_path: Path) -> None:
    site = loaded(tmp_path, ('arming = "armed"\n', 'arming = "armed"\nbounds.fence_ms = 30\n'))
    fence = next(term for term in site.timings[0].failover.terms if term.name == "T_fence")
    assert (fence.ns, fence.made_of) == (30 * MS, "given in the site file")
    assert site.group("tanks").timing.fence_ns == 30 * MS


@given(PACES)
def test_every_total_is_the_sum_of_its_terms_and_says_so(pace: Pace) -> None:
    for total in (
        timing.heartbeats(pace),
        timing.veto(pace),
        timing.frozen(pace),
        timing.fence(pace),
        timing.track(pace),
    ):
        assert total.ns == sum(term.ns for term in total.terms)
        assert str(total).endswith(f"= {timing.show(total.ns)} ms")
        assert all(term.made_of for term in total.terms)


@given(PACES)
def test_a_promotion_is_never_shorter_than_a_fence(pace: Pace) -> None:
    assert timing.promote(pace).ns == timing.fence(pace).ns + pace.commit_ns


def test_confirmation_outlasts_the_reference_points(tmp_path: Path) -> None:
    """S8: when nodes fall silent because the observer is cut off, it knows that before it acts."""
    for reference_period in (50, 100, 200):
        pairs = [
            (f'endpoint = "127.0.0.1:{port}"\n', f'endpoint = "127.0.0.1:{port}"\nperiod_ms = {reference_period}\n')
            for port in (15014, 15024)
        ]
        site = loaded(tmp_path, *pairs)
        reference = site.core.references[0]
        lost_ns = reference.period_ns * reference.misses + reference.deadline_ns
        earliest_death_ns = 2 * 50 * MS
        assert site.group("tanks").timing.confirm_ns == lost_ns - earliest_death_ns


def test_a_read_at_the_gate_may_take_four_fifths_of_its_own_pace(tmp_path: Path) -> None:
    """On a serial line it waits for the owner's frames. As short as a heartbeat's, its deadline made the gate unseen
    whenever polls and frames fell into step."""
    scan, poll = "scan_ms = 5", "scan_ms = 5\npoll_ms = 500"
    for text, deadline_ms in ((scan, 40), (poll, 400)):
        site = loaded(tmp_path, (scan, text))
        assert [section.deadline_ns for section in site.sections] == [deadline_ms * MS]
        gates = [group.gate for group in site.core.groups]
        poll_ms = 500 if text == poll else 50
        assert [gate.stale_after_ns for gate in gates if gate] == [int((3 * 1.25 * poll_ms + deadline_ms) * MS)]


def test_what_a_lost_reply_of_the_gate_costs_is_shown_and_must_fit_the_hold(tmp_path: Path) -> None:
    (worst,) = loaded(tmp_path).timings
    assert worst.lost_reply is not None
    assert str(worst.lost_reply) == "deadline 40 + poll 5 + round trip 2 + loop 2 = 49 ms"
    scan = "scan_ms = 5"
    longer = (("holdoff_s = 30", "holdoff_s = 90"), ("hold_max_ms = 10_000", "hold_max_ms = 17_000"))
    slow = loaded(tmp_path, (scan, f"{scan}\npoll_ms = 12_000\nfast_deadline_ms = 9_600"), *longer)
    (worst,) = slow.timings
    assert worst.lost_reply is not None
    assert worst.lost_reply.terms[0].ns == 9_600 * MS
    assert "fast_deadline_ms" not in [problem.key for problem in slow.warnings]
