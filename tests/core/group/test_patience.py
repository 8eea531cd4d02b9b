"""A step that takes longer than its bound is waited for, but never so long that the way back is lost."""

from hypothesis import given
from hypothesis import strategies as st

from otha.core.words import Course, Ending, Outcome, Phase
from tests.core.build import MS, group_config, timing
from tests.core.rig import Rig, fenced, switching

PATIENT = group_config(timing=timing(patience=3))


def test_a_claim_that_comes_after_its_bound_is_the_only_one() -> None:
    rig = switching(Phase.PERMITTED, PATIENT)
    wanted = rig.would_store()
    rig.wait(20)
    rig.ends(Outcome.UNKNOWN)
    rig.wait(39)
    assert rig.phase() is Phase.PERMITTED
    rig.ends(Outcome.DONE, wanted)
    assert (rig.phase(), rig.plan.serial) == (Phase.CLAIMED, 1)


def test_patience_has_an_end() -> None:
    rig = switching(Phase.PERMITTED, PATIENT)
    rig.wait(59)
    assert rig.ending is None
    rig.wait(1)
    assert rig.ending is Ending.ABORTED_SAFE


def held_on(rig: Rig, left_ns: int) -> Rig:
    """The gate shows the plan's REVOKE; so much of its hold is left."""
    rig.gate(hold_until=rig.now + left_ns)
    fenced(rig)
    return rig


def test_in_a_hold_patience_ends_where_the_way_back_begins() -> None:
    rig = held_on(switching(Phase.CLAIMED, PATIENT), PATIENT.timing.held_bound_ns + 70 * MS)
    assert rig.phase() is Phase.FENCED
    courses = []
    for ms in (69, 1):
        rig.wait(ms)
        courses.append(rig.plan.course)
    assert courses == [Course.FORWARD, Course.RETURN]


@given(patience=st.integers(1, 20), left_ms=st.integers(0, 20_000))
def test_a_step_gets_its_bound_and_at_most_its_patience(patience: int, left_ms: int) -> None:
    rig = held_on(switching(Phase.CLAIMED, group_config(timing=timing(patience=patience))), left_ms * MS)
    bound = rig.cfg.timing.promote_ns
    assert rig.phase() is Phase.FENCED
    assert rig.now + bound <= rig.plan.due <= rig.now + patience * bound
