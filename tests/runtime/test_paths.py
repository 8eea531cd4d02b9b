"""Which path is used, over any history of answers."""

from hypothesis import given
from hypothesis import strategies as st

from otha.runtime.paths import Paths


def test_a_failing_path_is_left_and_taken_back_after_three_good_answers() -> None:
    paths = Paths(["a", "b"])
    assert paths.order() == (0, 1)
    paths.report(1, False)
    assert paths.current == 0
    paths.report(0, False)
    assert paths.order() == (1, 0)
    paths.report(1, True)
    for good in (True, True, False, True, True):
        paths.report(0, good)
        assert paths.current == 1
    paths.report(0, True)
    assert paths.current == 0


def test_one_late_answer_does_not_lead_back_to_a_dead_path() -> None:
    paths = Paths(["a", "b"])
    for _ in range(2):
        paths.report(0, False)
    assert paths.current == 1
    paths.report(1, True)
    paths.report(1, False)
    assert paths.current == 1


def test_with_all_paths_dead_they_are_tried_in_turn() -> None:
    paths = Paths(["a", "b"])
    for _ in range(2):
        paths.report(1, False)
    tried = set()
    for _ in range(4):
        paths.report(paths.current, False)
        tried.add(paths.current)
    assert tried == {0, 1}


def test_with_all_paths_dead_the_first_good_answer_decides() -> None:
    paths = Paths(["a", "b"])
    for _ in range(3):
        paths.report(0, False)
        paths.report(1, False)
    stuck = paths.current
    paths.report(1 - stuck, True)
    assert paths.current == 1 - stuck


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=60))
def test_the_order_is_always_all_paths_once(count: int, reports: list[tuple[int, bool]]) -> None:
    paths = Paths([str(n) for n in range(count)])
    for index, good in reports:
        paths.report(index % count, good)
        assert sorted(paths.order()) == list(range(count))
        assert paths.order()[0] == paths.current
