"""A section's outputs through the last transfer: what was before it, until when, and how much is kept."""

from dataclasses import replace

from otha.core.group.state import Plan
from otha.core.words import Course, GateState, Phase, TransferKind
from otha.runtime.output_trace import AFTER_NS, BEFORE, SAMPLES_MAX, OutputTrace
from tests.core.build import gate_reading

MS = 1_000_000
OWNED = gate_reading()
HELD = gate_reading(state=GateState.HELD, owner=0, held=(4_000, 5_000))
PLAN = Plan(
    serial=1,
    kind=TransferKind.SWITCHOVER,
    cause=None,
    from_node="a",
    to_node="b",
    course=Course.FORWARD,
    phase=Phase.CLAIMED,
    epoch=2,
    boot=9,
    automatic=False,
    drill=False,
    by="kim",
    confirmed=False,
    lag_confirmed=False,
    revoked=False,
    demoted=False,
    continued=False,
    attempt=0,
    asked=None,
    retry_at=None,
    due=0,
    waiting=False,
    against=(),
)


def test_without_a_transfer_there_is_nothing() -> None:
    trace = OutputTrace()
    trace.take(None, OWNED, 1)
    assert trace.still() is None


def test_a_transfer_has_what_was_before_it_and_a_while_after() -> None:
    trace = OutputTrace()
    for at in range(BEFORE + 50):
        trace.take(None, OWNED, at * MS)
    begin = (BEFORE + 50) * MS
    trace.take(replace(PLAN, phase=Phase.REQUESTED), OWNED, begin - 1)
    trace.take(PLAN, HELD, begin)
    still = trace.still()
    assert still is not None
    assert (len(still.samples), still.is_over, still.end_ns) == (BEFORE + 1, False, None)
    trace.take(None, OWNED, begin + MS)
    trace.take(None, OWNED, begin + MS + AFTER_NS)
    trace.take(None, OWNED, begin + MS + AFTER_NS + 1)
    trace.take(None, OWNED, begin + 9 * AFTER_NS)
    still = trace.still()
    assert still is not None
    assert (still.begin_ns, still.end_ns, still.is_over) == (begin, begin + MS, True)
    assert [at - begin for at, _ in still.samples[-3:]] == [MS, MS + AFTER_NS, MS + AFTER_NS + 1]
    told = still.as_json(("pump", "valve"), 10_000, {1: "a"})
    assert [each["state"] for each in told["samples"][BEFORE - 1 : BEFORE + 2]] == ["OWNED", "HELD", "OWNED"]
    assert (told["samples"][BEFORE]["at_us"], told["end_us"], told["goes_on"]) == (0, 1_000, False)
    assert told["samples"][BEFORE]["held"] == [4_000, 5_000]
    assert (told["samples"][0]["owner"], told["samples"][BEFORE]["owner"]) == ("a", "")


def test_the_next_transfer_takes_the_place_of_the_last() -> None:
    trace = OutputTrace()
    trace.take(PLAN, HELD, 1)
    trace.take(replace(PLAN, serial=2, to_node="a"), HELD, 2)
    still = trace.still()
    assert still is not None
    assert (still.plan.serial, still.begin_ns, [at for at, _ in still.samples]) == (2, 2, [1, 2])


def test_a_long_hold_is_thinned_out_and_its_end_is_there() -> None:
    trace = OutputTrace()
    for at in range(3 * SAMPLES_MAX):
        trace.take(PLAN, HELD, at)
    still = trace.still()
    assert still is not None
    assert len(still.samples) <= SAMPLES_MAX
    assert len(still.samples) + still.left_out == 3 * SAMPLES_MAX
    assert (still.samples[0][0], still.samples[-1][0]) == (0, 3 * SAMPLES_MAX - 1)
