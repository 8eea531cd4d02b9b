import pytest

from otha.core.watch import observer
from otha.core.watch.observer import ReferenceWatch
from otha.core.words import Answer
from tests.core.build import site_config

REFERENCES = site_config().references


def polled(*answers: Answer) -> ReferenceWatch:
    w = ReferenceWatch()
    for answer in answers:
        w = observer.watch(w, answer)
    return w


@pytest.mark.parametrize(
    ("ref_a", "ref_b", "isolated"),
    [
        ([Answer.MISSED] * 2, [Answer.MISSED] * 2, True),
        ([Answer.MISSED] * 2, [Answer.MISSED], False),
        ([Answer.MISSED] * 2, [Answer.REPLIED], False),
        ([Answer.MISSED] * 2, [], False),
        ([Answer.MISSED, Answer.MISSED, Answer.LATE], [Answer.MISSED] * 2, False),
        ([Answer.MISSED, Answer.BUSY, Answer.MISSED], [Answer.MISSED] * 2, False),
        ([Answer.GARBLED] * 2, [Answer.MISSED] * 2, True),
        ([Answer.MISSED, Answer.BLIND, Answer.MISSED, Answer.BLIND], [Answer.MISSED] * 2, True),
        ([Answer.BLIND] * 9, [Answer.MISSED] * 2, False),
        ([], [], False),
    ],
)
def test_an_observer_is_isolated_when_it_reaches_none_of_its_reference_points(
    ref_a: list[Answer], ref_b: list[Answer], isolated: bool
) -> None:
    assert observer.isolated(REFERENCES, {"ref_a": polled(*ref_a), "ref_b": polled(*ref_b)}) is isolated


def test_one_answer_ends_the_isolation() -> None:
    lost = polled(Answer.MISSED, Answer.MISSED, Answer.MISSED)
    back = observer.watch(lost, Answer.REPLIED)
    assert not observer.isolated(REFERENCES, {"ref_a": back, "ref_b": lost})


def test_without_reference_points_it_can_not_know() -> None:
    assert not observer.isolated((), {})
