"""Readiness of a standby (S13): each tracked tag with its form, its tolerance and its age."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otha.core.config import TrackedTag
from otha.core.watch import tracking
from otha.core.watch.node import NodeVerdict, NodeWatch
from otha.core.watch.tracking import TrackedTags
from otha.core.words import Liveness, TrackedForm, Verdict
from tests.core.build import MS, TRACKED, reading

SETPOINT, OUTPUT = (replace(tag, max_age_ns=150 * MS) for tag in TRACKED)
TAGS = (SETPOINT, OUTPUT)
MODE = replace(SETPOINT, name="mode", form=TrackedForm.DISCRETE)
START = replace(SETPOINT, name="start", form=TrackedForm.ONE_SHOT)
NOW = 1_100 * MS


def node(
    *,
    liveness: Liveness = Liveness.ALIVE,
    seen_at: int = 1_000 * MS,
    tracked: tuple[int | None, ...] = (500, 4_000),
) -> NodeWatch:
    return NodeWatch(verdict=NodeVerdict(liveness=liveness), reading=reading(tracked=tracked), seen_at=seen_at)


@pytest.mark.parametrize(
    ("tracked", "verdict"),
    [
        ((500, 4_000), Verdict.TRUE),
        ((500, 4_200), Verdict.TRUE),
        ((500, 3_799), Verdict.FALSE),
        ((501, 4_000), Verdict.FALSE),
        ((None, 4_000), Verdict.BAD),
        ((None, 4_201), Verdict.FALSE),
        ((500,), Verdict.UNKNOWN),
        ((), Verdict.UNKNOWN),
    ],
)
def test_a_standby_is_ready_when_every_tracked_tag_agrees(tracked: tuple[int | None, ...], verdict: Verdict) -> None:
    assert tracking.readiness(TAGS, node(), node(tracked=tracked), NOW).verdict is verdict


@pytest.mark.parametrize("liveness", [Liveness.DEAD, Liveness.FROZEN, Liveness.STALE_DATA, Liveness.UNKNOWN])
def test_readiness_needs_both_alive(liveness: Liveness) -> None:
    assert tracking.readiness(TAGS, node(liveness=liveness), node(), NOW).verdict is Verdict.STALE
    assert tracking.readiness(TAGS, node(), node(liveness=liveness), NOW).verdict is Verdict.STALE


def test_without_tracked_tags_there_is_nothing_to_disagree() -> None:
    assert tracking.readiness((), node(liveness=Liveness.DEAD), node(), NOW) == tracking.READY


@pytest.mark.parametrize("older", ["active", "standby"])
def test_a_value_that_is_too_old_agrees_with_nothing(older: str) -> None:
    """The older of the two readings counts, and the verdict says until when it holds."""
    newer = node(seen_at=1_090 * MS)
    pair = (node(), newer) if older == "active" else (newer, node())
    assert tracking.ready_until(TrackedTags.of(TAGS), *pair, 1_149 * MS) == 1_150 * MS
    assert tracking.ready_until(TrackedTags.of(TAGS), *pair, 1_150 * MS) is None
    assert tracking.readiness(TAGS, *pair, 1_149 * MS) == tracking.READY
    assert tracking.readiness(TAGS, *pair, 1_150 * MS).verdict is Verdict.STALE


def test_each_tag_has_an_age_of_its_own() -> None:
    tags = (replace(SETPOINT, max_age_ns=50 * MS), OUTPUT)
    found = tracking.readiness(tags, node(), node(), 1_060 * MS)
    assert [(off.tag, off.verdict) for off in found.off] == [("setpoint", Verdict.STALE)]


def test_what_never_came_in_time_has_no_age() -> None:
    """A reply after its deadline tells values of unknown age."""
    found = tracking.readiness(TAGS, node(), node(seen_at=0), NOW)
    assert found.verdict is Verdict.UNKNOWN
    assert found.off[0].age_ms is None
    assert str(found.off[0]).endswith("never read")


@pytest.mark.parametrize(
    ("active", "standby", "verdict"), [(1, 1, Verdict.TRUE), (1, 2, Verdict.FALSE), (0, 1, Verdict.FALSE)]
)
def test_a_discrete_tag_must_be_equal(active: int, standby: int, verdict: Verdict) -> None:
    tag = replace(MODE, tolerance=5)  # whatever a tolerance would say
    assert tracking.readiness((tag,), node(tracked=(active,)), node(tracked=(standby,)), NOW).verdict is verdict


@pytest.mark.parametrize(
    ("active", "standby", "verdict"),
    [(0, 0, Verdict.TRUE), (1, 1, Verdict.FALSE), (1, 0, Verdict.FALSE), (0, 1, Verdict.FALSE)],
)
def test_a_one_shot_that_is_still_to_be_done_is_off_though_both_have_it(
    active: int, standby: int, verdict: Verdict
) -> None:
    assert tracking.readiness((START,), node(tracked=(active,)), node(tracked=(standby,)), NOW).verdict is verdict


def test_the_one_shots_that_are_still_to_be_done() -> None:
    tags = (START, OUTPUT, replace(START, name="trip"))
    assert tracking.pending_one_shots(tags, node(tracked=(1, 5, 0))) == ("start",)
    assert tracking.pending_one_shots(tags, node(tracked=(None, 5, 7))) == ("trip",)
    assert tracking.pending_one_shots(tags, node(tracked=())) == ()


def test_what_is_off_names_tag_values_tolerance_and_age() -> None:
    found = tracking.readiness(TAGS, node(seen_at=1_050 * MS), node(tracked=(490, 4_201)), NOW)
    assert [str(off) for off in found.off] == [
        "setpoint false: active 500, standby 490, tolerance 0, age 100 of 150 ms",
        "output false: active 4000, standby 4201, tolerance 200, age 100 of 150 ms",
    ]
    off = tracking.readiness((MODE, START), node(tracked=(1, 1)), node(tracked=(None, 0)), NOW).off
    assert [str(each) for each in off] == [
        "mode bad: active 1, standby not said, must be equal, age 100 of 150 ms",
        "start false: active 1, standby 0, one-shot, must be 0, age 100 of 150 ms",
    ]


def test_other_values_of_the_same_tags_are_no_news() -> None:
    one = tracking.readiness(TAGS, node(), node(tracked=(490, 4_000)), NOW).off
    assert tracking.alike(tracking.readiness(TAGS, node(), node(tracked=(480, 4_000)), NOW).off, one)
    assert not tracking.alike(tracking.readiness(TAGS, node(), node(tracked=(490, 9_000)), NOW).off, one)
    assert not tracking.alike(tracking.readiness(TAGS, node(), node(tracked=(None, 4_000)), NOW).off, one)


@pytest.mark.parametrize(
    ("active", "standby"),
    [
        ({}, {}),
        ({}, {"tracked": (500, 4_201)}),
        ({}, {"tracked": (501, 4_000)}),
        ({}, {"tracked": (500, None)}),
        ({"tracked": ()}, {}),
        ({}, {"tracked": (500,)}),
        ({"liveness": Liveness.DEAD}, {}),
        ({}, {"liveness": Liveness.FROZEN}),
        ({"seen_at": 1}, {}),
    ],
)
def test_the_tags_one_by_one_say_what_the_verdict_says(active: dict[str, Any], standby: dict[str, Any]) -> None:
    found = tracking.agreements(TAGS, node(**active), node(**standby), NOW)
    whole = tracking.readiness(TAGS, node(**active), node(**standby), NOW)
    verdicts = {each.verdict for each in found}
    assert (verdicts == {Verdict.TRUE}) == (whole.verdict is Verdict.TRUE)
    assert whole.verdict in verdicts
    assert [off.tag for off in whole.off] == [each.tag.name for each in found if each.verdict is not Verdict.TRUE]


def tags() -> st.SearchStrategy[tuple[TrackedTag, ...]]:
    """Up to four tags of every form, with ages of their own; only an analog one has a tolerance."""
    one = st.builds(
        lambda form, tolerance, age_ms: replace(
            SETPOINT,
            form=form,
            tolerance=tolerance if form is TrackedForm.ANALOG else 0,
            max_age_ns=age_ms * MS,
        ),
        st.sampled_from(TrackedForm),
        st.integers(0, 2),
        st.sampled_from([150, 101, 100]),
    )
    return st.lists(one, min_size=1, max_size=4).map(tuple)


def nodes(told: int) -> st.SearchStrategy[NodeWatch]:
    """What a living node may have said of `told` tags, and when."""
    value = st.sampled_from([0, 0, 1, 1, 2, None])
    return st.builds(
        node, seen_at=st.sampled_from([1_000 * MS, 1_050 * MS, 999 * MS]), tracked=st.tuples(*[value] * told)
    )


Sides = tuple[tuple[TrackedTag, ...], NodeWatch, NodeWatch]
SIDES: st.SearchStrategy[Sides] = tags().flatmap(
    lambda found: st.tuples(st.just(found), nodes(len(found)), nodes(len(found)))
)


@given(SIDES)
def test_the_short_way_to_a_verdict_is_the_long_one(sides: Sides) -> None:
    found_of, active, standby = sides
    found = tracking.agreements(found_of, active, standby, NOW)
    whole = tracking.readiness(found_of, active, standby, NOW)
    until = tracking.ready_until(TrackedTags.of(found_of), active, standby, NOW)
    off = [each.verdict for each in found if each.verdict is not Verdict.TRUE]
    assert (whole.verdict is Verdict.TRUE) == (until is not None) == (not off)
    assert [each.verdict for each in whole.off] == off
    if until is not None:
        oldest = min(active.seen_at, standby.seen_at)
        assert until == oldest + min(tag.max_age_ns for tag in found_of)
        assert tracking.readiness(found_of, active, standby, until).verdict is Verdict.STALE
    else:
        assert whole.verdict is (Verdict.FALSE if Verdict.FALSE in off else off[0])
