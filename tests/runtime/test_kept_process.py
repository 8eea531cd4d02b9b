"""How soon a process of OTHA's own that has ended is started again."""

import pytest

from otha.runtime.kept_process import Backoff, KeptProcess, Pace

PACE = Pace(backoff_first_s=0.5, backoff_max_s=3.0, steady_s=10.0, ready_s=60.0)


def pauses(*up_s: float) -> list[float]:
    backoff = Backoff(PACE)
    return [backoff.pause_s(each) for each in up_s]


def test_one_that_served_for_a_while_is_back_at_once_however_often_it_is_killed() -> None:
    assert pauses(*[10.0] * 20) == [0.0] * 20


def test_the_first_early_end_costs_no_pause_and_further_ones_ever_more() -> None:
    assert pauses(0.0, 1.0, 0.0, 9.9, 0.0, 0.0) == [0.0, 0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_steady_life_makes_up_for_the_early_ends_before_it() -> None:
    assert pauses(0.0, 0.0, 0.0, 11.0, 0.0, 0.0) == [0.0, 0.5, 1.0, 0.0, 0.0, 0.5]


class Owner:
    """Of a process that is never up."""

    is_up = False

    def take(self, data: bytes) -> None:
        raise AssertionError("it says nothing")

    def ping(self) -> bytes:
        return b""


@pytest.mark.asyncio
async def test_a_module_that_can_not_run_is_not_started_over_and_over(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    kept = KeptProcess("otha.there_is_no_such_module", Owner(), PACE, unsent_max=1)
    for _ in range(3):
        await kept.live()
        with monkeypatch.context() as patched:
            patched.setattr("otha.runtime.kept_process.asyncio.sleep", sleep)
            await kept.rest()
    assert (kept.starts, slept) == (3, [0.0, 0.5, 1.0])
