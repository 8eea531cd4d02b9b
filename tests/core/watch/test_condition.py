from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otha.core.conditions import (
    UNKNOWN_MACHINE,
    AllOf,
    AnyOf,
    Compare,
    Comparison,
    ConditionTree,
    MachineConfig,
    MachineRule,
    MachineStateConfig,
    MooN,
    TagConfig,
)
from otha.core.watch import condition
from otha.core.watch.condition import Delay, Judgement, TagWatch
from otha.core.words import Conduct, Verdict
from tests.core.build import MS

few = settings(max_examples=60, deadline=None)

T, F, BAD, STALE, UNKNOWN = Verdict.TRUE, Verdict.FALSE, Verdict.BAD, Verdict.STALE, Verdict.UNKNOWN

NAMES = ("x", "y", "z")
TAGS = {name: TagConfig(name=name, source="plc", fresh_ns=500 * MS, valid_low=0, valid_high=100) for name in NAMES}
X, Y, Z = (Compare(tag=name, op=Comparison.EQ, value=1, for_ns=0) for name in NAMES)


def read(at_ms: int, values: Mapping[str, int | None]) -> dict[str, TagWatch]:
    watches = {name: TagWatch() for name in NAMES}
    for name, value in values.items():
        watches[name] = condition.take(TAGS[name], value, at_ms * MS)
    return watches


def tags(**values: int | None) -> dict[str, TagWatch]:
    return read(1_000, values)


def judge(tree: ConditionTree, watches: Mapping[str, TagWatch], at_ms: int = 1_000) -> Verdict:
    return Judgement(TAGS, dict(watches), {}, at_ms * MS).judge(tree)


@pytest.mark.parametrize(
    ("op", "below", "same", "above"),
    [
        (Comparison.EQ, F, T, F),
        (Comparison.NE, T, F, T),
        (Comparison.LT, T, F, F),
        (Comparison.LE, T, T, F),
        (Comparison.GT, F, F, T),
        (Comparison.GE, F, T, T),
    ],
)
def test_comparisons(op: Comparison, below: Verdict, same: Verdict, above: Verdict) -> None:
    leaf = Compare(tag="x", op=op, value=50, for_ns=0)
    assert [judge(leaf, tags(x=value)) for value in (49, 50, 51)] == [below, same, above]


def test_a_tag_never_read_is_unknown() -> None:
    assert judge(X, tags()) is UNKNOWN


@pytest.mark.parametrize("value", [None, -1, 101])
def test_a_value_that_is_not_readable_or_not_valid_is_bad(value: int | None) -> None:
    assert judge(X, tags(x=value)) is BAD


@pytest.mark.parametrize(("at_ms", "verdict"), [(1_499, T), (1_500, STALE)])
def test_an_old_value_is_stale(at_ms: int, verdict: Verdict) -> None:
    assert judge(X, tags(x=1), at_ms) is verdict


def test_staleness_is_looked_for_when_it_comes() -> None:
    judgement = Judgement(TAGS, tags(x=1), {}, 1_000 * MS)
    judgement.judge(X)
    assert judgement.again == 1_500 * MS


@pytest.mark.parametrize(
    ("values", "all_of", "any_of", "two_of"),
    [
        ((1, 1, 1), T, T, T),
        ((1, 1, 0), F, T, T),
        ((1, 0, 0), F, T, F),
        ((0, 0, 0), F, F, F),
        ((1, 1, None), BAD, T, T),
        ((1, 0, None), F, T, BAD),
        ((0, 0, None), F, BAD, F),
        ((None, None, None), BAD, BAD, BAD),
    ],
)
def test_votes_are_three_valued(
    values: tuple[int | None, ...], all_of: Verdict, any_of: Verdict, two_of: Verdict
) -> None:
    watches = tags(**dict(zip(NAMES, values, strict=True)))
    of = (X, Y, Z)
    assert [judge(tree, watches) for tree in (AllOf(of=of), AnyOf(of=of), MooN(m=2, of=of))] == [
        all_of,
        any_of,
        two_of,
    ]


def test_what_is_not_known_first_names_the_verdict() -> None:
    assert judge(AllOf(of=(X, Y, Z)), tags(x=1, y=None)) is BAD
    assert judge(AllOf(of=(Z, Y, X)), tags(x=1, y=None)) is UNKNOWN


def test_trees_nest() -> None:
    tree = AnyOf(of=(AllOf(of=(X, Y)), Z))
    assert judge(tree, tags(x=1, y=1, z=0)) is T
    assert judge(tree, tags(x=1, y=0, z=0)) is F


SLOW = Compare(tag="x", op=Comparison.EQ, value=1, for_ns=100 * MS)


def series(*reads: tuple[int, int | None], leaf: Compare = SLOW) -> list[Verdict]:
    """Verdicts on `leaf` right after each read, given as (at_ms, value)."""
    delays: dict[Compare, Delay] = {}
    verdicts = []
    for at_ms, value in reads:
        judgement = Judgement(TAGS, read(at_ms, {"x": value}), delays, at_ms * MS)
        verdicts.append(judgement.judge(leaf))
        delays = judgement.kept
    return verdicts


def test_an_on_delay_holds_the_truth_back() -> None:
    assert series((1_000, 1), (1_099, 1), (1_100, 1)) == [F, F, T]


def test_an_interrupted_on_delay_starts_anew() -> None:
    assert series((1_000, 1), (1_050, 0), (1_060, 1), (1_100, 1), (1_160, 1)) == [F, F, F, F, T]


def test_bad_quality_interrupts_an_on_delay() -> None:
    assert series((1_000, 1), (1_050, None), (1_060, 1), (1_150, 1), (1_160, 1)) == [F, BAD, F, F, T]


def test_an_on_delay_is_looked_at_when_it_ends_even_inside_a_vote_already_lost() -> None:
    judgement = Judgement(TAGS, tags(x=1, y=0), {}, 1_000 * MS)
    assert judgement.judge(AllOf(of=(Y, SLOW))) is F
    assert judgement.again == 1_100 * MS
    assert judgement.kept[SLOW] == Delay(true_at=1_100 * MS, false_at=None)


LASTING = Compare(tag="x", op=Comparison.EQ, value=1, for_ns=0, off_ns=100 * MS)


def test_an_off_delay_keeps_a_truth_that_has_ceased() -> None:
    assert series((1_000, 1), (1_010, 0), (1_109, 0), (1_110, 0), leaf=LASTING) == [T, T, T, F]


def test_an_off_delay_counts_from_the_first_reading_that_ceased_to_hold() -> None:
    reads = ((1_000, 1), (1_010, 0), (1_050, 1), (1_060, 0), (1_159, 0), (1_160, 0))
    assert series(*reads, leaf=LASTING) == [T, T, T, T, T, F]


@pytest.mark.parametrize("value", [None, 101])
def test_an_off_delay_never_covers_a_value_that_is_not_good(value: int | None) -> None:
    assert series((1_000, 1), (1_010, value), (1_020, 0), leaf=LASTING) == [T, BAD, F]


def test_an_off_delay_never_covers_a_value_that_has_become_stale() -> None:
    first = Judgement(TAGS, read(1_000, {"x": 1}), {}, 1_000 * MS)
    first.judge(LASTING)
    assert Judgement(TAGS, read(1_000, {"x": 1}), first.kept, 1_500 * MS).judge(LASTING) is STALE


def test_an_off_delay_needs_a_truth_that_was_reached() -> None:
    both = Compare(tag="x", op=Comparison.EQ, value=1, for_ns=100 * MS, off_ns=100 * MS)
    reads = ((1_000, 1), (1_050, 0), (1_060, 1), (1_160, 1), (1_170, 0), (1_269, 0), (1_270, 0))
    assert series(*reads, leaf=both) == [F, F, F, T, T, T, F]


def test_an_off_delay_is_looked_at_when_it_ends() -> None:
    first = Judgement(TAGS, read(1_000, {"x": 1}), {}, 1_000 * MS)
    first.judge(LASTING)
    second = Judgement(TAGS, read(1_010, {"x": 0}), first.kept, 1_010 * MS)
    assert second.judge(LASTING) is T
    assert second.again == 1_110 * MS


GOES = MachineRule(does=Conduct.GO)
STILL = MachineStateConfig(name="STILL", when=X, switchover=GOES, failover=GOES, after_fence=None)
TURNING = replace(STILL, name="TURNING", when=Y)
MACHINE = MachineConfig(states=(STILL, TURNING), unknown=replace(STILL, name="UNKNOWN", when=None))


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"x": 1, "y": 0}, 0),
        ({"x": 1, "y": 1}, 0),
        ({"x": 1, "y": None}, 0),
        ({"x": 0, "y": 1}, 1),
        ({"x": 0, "y": 0}, UNKNOWN_MACHINE),
        ({"x": None, "y": 1}, UNKNOWN_MACHINE),
        ({"y": 1}, UNKNOWN_MACHINE),
        ({"x": 0, "y": 101}, UNKNOWN_MACHINE),
    ],
)
def test_the_first_state_that_is_recognised_is_the_machines(values: dict[str, int | None], state: int) -> None:
    judgement = Judgement(TAGS, read(1_000, values), {}, 1_000 * MS)
    assert condition.recognised(judgement, MACHINE) == state


LEAVES = st.sampled_from([X, Y, Z])
TREES: st.SearchStrategy[ConditionTree] = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(AllOf, of=st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(AnyOf, of=st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.lists(inner, min_size=1, max_size=3).flatmap(
            lambda of: st.builds(MooN, m=st.integers(1, len(of)), of=st.just(tuple(of)))
        )
    ),
    max_leaves=8,
)


@few
@given(TREES, st.lists(st.sampled_from([0, 1, None]), min_size=3, max_size=3))
def test_an_unknown_never_counts_as_true(tree: ConditionTree, values: list[int | None]) -> None:
    """TRUE in the face of the unknown stays TRUE whatever the unknown turns out to be; FALSE likewise."""
    watches = tags(**dict(zip(NAMES, values, strict=True)))
    verdict = judge(tree, watches)
    for filled in (0, 1):
        known = tags(**{n: filled if v is None else v for n, v in zip(NAMES, values, strict=True)})
        if verdict in (T, F):
            assert judge(tree, known) is verdict


# What the controller says that is none of the states


def _machine(*trees: ConditionTree) -> MachineConfig:
    go = MachineRule(does=Conduct.GO)
    states = [
        MachineStateConfig(name=f"S{at}", when=each, switchover=go, failover=go, after_fence=None)
        for at, each in enumerate(trees)
    ]
    return MachineConfig(states=tuple(states), unknown=replace(states[0], name="UNKNOWN", when=None))


def unlisted(machine: MachineConfig, watches: dict[str, TagWatch], at_ms: int = 1_000) -> str:
    judgement = Judgement(TAGS, watches, {}, at_ms * MS)
    assert condition.recognised(judgement, machine) == UNKNOWN_MACHINE
    return condition.unlisted(judgement, machine)


STEPS = _machine(*(Compare(tag="x", op=Comparison.EQ, value=value, for_ns=0) for value in (0, 1)))


def test_a_number_that_no_state_has_is_told() -> None:
    assert unlisted(STEPS, tags(x=7)) == "x = 7"
    assert unlisted(STEPS, tags(x=101)) == "x = 101 (not valid)"


def test_what_is_not_read_or_old_says_nothing() -> None:
    assert unlisted(STEPS, tags()) == ""
    assert unlisted(STEPS, tags(x=None)) == ""
    assert unlisted(STEPS, tags(x=7), at_ms=1_500) == ""
    assert unlisted(_machine(X, Y), tags(x=7)) == ""


def test_a_state_that_is_about_to_be_recognised_is_waited_for() -> None:
    assert unlisted(_machine(replace(X, for_ns=100 * MS)), tags(x=1)) == ""


def test_of_a_value_that_only_has_limits_no_number_is_told() -> None:
    fast = _machine(Compare(tag="x", op=Comparison.GT, value=50, for_ns=0), Y)
    assert unlisted(fast, tags(x=20, y=9)) == "x, y = 9"
