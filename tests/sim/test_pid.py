"""The PID loop: it settles, and it takes over without a bump."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.pid import Pid

VALUES = st.floats(0, 10_000)


def pid(setpoint: float = 5000.0) -> Pid:
    return Pid(gain=5.0, integral_s=2.0, derivative_s=0.02, setpoint=setpoint)


def test_it_settles_on_a_first_order_process() -> None:
    loop, level = pid(), 1000.0
    for _ in range(3000):
        loop.step(level, 0.01)
        level += (0.2 * loop.output - 0.1 * level) * 0.01
    assert level == pytest.approx(5000, abs=5)


@given(
    value=VALUES,
    before=VALUES,
    applied=VALUES,
    setpoint=st.floats(4000, 6000),
    gain=st.floats(0.1, 20.0),
    integral_s=st.sampled_from([0.0, 0.05, 1.0, 10.0, 100.0]),
    derivative_s=st.sampled_from([0.0, 0.02, 1.0]),
)
def test_after_tracking_the_first_step_is_the_applied_output(
    value: float,
    before: float,
    applied: float,
    setpoint: float,
    gain: float,
    integral_s: float,
    derivative_s: float,
) -> None:
    loop = Pid(gain=gain, integral_s=integral_s, derivative_s=derivative_s, setpoint=setpoint)
    loop.track(before, applied, 0.01)
    for _ in range(400):
        loop.track(value, applied, 0.01)
    loop.step(value, 0.01)
    assert loop.output == pytest.approx(applied, abs=1e-6)


def test_the_integral_acts_from_the_second_step_on() -> None:
    loop = Pid(gain=2.0, integral_s=1.0, derivative_s=0.0, setpoint=6000.0)
    loop.track(4000.0, 3000.0, 0.1)
    loop.step(4000.0, 0.1)
    assert loop.output == 3000.0
    loop.step(4000.0, 0.1)
    assert loop.output == pytest.approx(3000.0 + 2.0 / 1.0 * 2000.0 * 0.1)


def test_without_integral_action_the_bias_stays_as_tracking_left_it() -> None:
    loop = Pid(gain=2.0, integral_s=0.0, derivative_s=0.0, setpoint=5000.0)
    loop.track(5000.0, 3000.0, 0.01)
    for _ in range(100):
        loop.step(9000.0, 0.01)
    assert loop.output == 0.0
    loop.step(5000.0, 0.01)
    assert loop.output == 3000.0


def test_it_doesnt_wind_up_at_a_limit() -> None:
    loop = pid()
    for _ in range(10_000):
        loop.step(0.0, 0.01)
    assert loop.output == 10_000
    loop.step(6000.0, 0.01)
    assert loop.output < 10_000


def test_manual_keeps_the_output_and_returns_without_a_bump() -> None:
    loop = pid()
    loop.track(4000.0, 3000.0, 0.01)
    loop.auto = False
    for value in (4000.0, 4500.0, *[5500.0] * 200):
        loop.step(value, 0.01)
        assert loop.output == 3000.0
    loop.auto = True
    loop.step(5500.0, 0.01)
    assert loop.output == pytest.approx(3000.0)
