"""Turns in the order of asking."""

from otha.interface.pace import Turns, TurnsOf

MS = 1_000_000


def test_a_burst_passes_and_then_one_a_step() -> None:
    turns = Turns(20 * MS, 3)
    assert [turns.take(0) // MS for _ in range(6)] == [0, 0, 0, 20, 40, 60]


def test_turns_come_back_with_time_and_never_more_than_a_burst() -> None:
    turns = Turns(20 * MS, 3)
    for _ in range(3):
        turns.take(0)
    assert [turns.take(40 * MS) // MS for _ in range(3)] == [0, 0, 20]
    assert [turns.take(10_000 * MS) // MS for _ in range(4)] == [0, 0, 0, 20]


def test_to_ask_how_long_takes_no_turn() -> None:
    turns = Turns(20 * MS, 1)
    turns.take(0)
    assert [turns.wait_ns(5 * MS) // MS for _ in range(3)] == [15] * 3


def test_everybody_has_turns_of_his_own_and_few_are_remembered() -> None:
    each = TurnsOf(20 * MS, 1, kept=2)
    assert [each.of(who).take(0) // MS for who in ("a", "b", "a", "b")] == [0, 0, 20, 20]
    assert each.of("c").take(0) == 0
    assert each.of("a").take(0) == 0
