"""Units in step, in doubt, and what proves that they are back."""

from hypothesis import given
from hypothesis import strategies as st

from otha.runtime.modbus_frame import ReplyKind, echo, read_registers, write_registers
from otha.runtime.rtu_step import Steps

BLOCK = read_registers(5, 100, 10)


def test_a_unit_is_trusted_until_an_exchange_fails() -> None:
    steps = Steps()
    steps.note(BLOCK)
    assert not steps.is_doubtful(5)
    steps.doubt(5)
    assert steps.is_doubtful(5)
    assert not steps.is_doubtful(6)


@given(st.sets(st.integers(1, 30), min_size=1), st.integers(1, 60))
def test_no_probe_looks_like_a_request_of_the_unit_or_the_probe_before(counts: set[int], probes: int) -> None:
    steps = Steps()
    for count in counts:
        steps.note(read_registers(5, 100, count))
    steps.doubt(5)
    before: bytes | None = None
    free = max(counts) - len(counts & set(range(1, max(counts))))
    for _ in range(probes):
        probe = steps.probe(5)
        assert probe is not None
        if probe.pdu[0] == 3:
            count = int.from_bytes(probe.pdu[3:5], "big")
            assert count not in counts
            assert count < max(counts)
        if before is not None and (free > 2 or probe.pdu[0] == 8):
            assert probe.pdu != before
        before = probe.pdu


def test_an_answered_probe_is_a_proof_and_an_exception_is_none() -> None:
    steps = Steps()
    steps.note(BLOCK)
    steps.doubt(5)
    probe = steps.probe(5)
    assert probe is not None
    for kind in (ReplyKind.EXCEPTION, ReplyKind.BUSY, ReplyKind.UNREACHED):
        assert not steps.judge(probe, kind)
        assert steps.is_doubtful(5)
    assert steps.judge(probe, ReplyKind.GOOD)
    assert not steps.is_doubtful(5)


def test_a_unit_of_single_registers_proves_itself_by_an_exception_to_the_echo() -> None:
    steps = Steps()
    steps.note(read_registers(5, 100, 1))
    steps.note(write_registers(5, 200, (1, 2)))
    steps.doubt(5)
    probe = steps.probe(5)
    assert probe == echo(5, 1)
    assert not steps.judge(probe, ReplyKind.BUSY)
    assert steps.judge(probe, ReplyKind.EXCEPTION)


def test_an_adapter_that_repeats_is_never_asked_for_an_echo() -> None:
    steps = Steps()
    steps.note(BLOCK)
    steps.doubt(5)
    steps.repeats = True
    assert {probe.pdu[0] for _ in range(6) if (probe := steps.probe(5)) is not None} == {3}
    steps.doubt(6)
    assert steps.probe(6) is None


def test_echoes_are_numbered_and_never_zero() -> None:
    steps = Steps()
    steps.doubt(5)
    steps._number = 0xFFFE
    numbers = [int.from_bytes(probe.pdu[3:5], "big") for _ in range(3) if (probe := steps.probe(5)) is not None]
    assert numbers == [0xFFFF, 1, 2]
