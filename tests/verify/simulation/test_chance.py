"""Chance without a memory."""

from otha.verify.simulation.chance import below, happens, mixed, salt_of


def test_the_same_is_the_same_whoever_asks_first() -> None:
    salt = salt_of(7, "sc_a.net_a")
    backwards = [mixed(salt, number) for number in range(9, -1, -1)]
    assert backwards[::-1] == [mixed(salt, number) for number in range(10)]
    assert salt_of(7, "sc_a.net_b") != salt
    # Written down, so that a seed found today is the same seed tomorrow.
    assert (mixed(1, 1), salt) == (0x910A2DEC89025CC1, 0x6E284427E9B01BFA)


def test_it_is_even_enough() -> None:
    salt = salt_of("even")
    hits = sum(happens(salt, number, 30) for number in range(10_000))
    assert 2_850 < hits < 3_150
    assert {below(salt, number, 5) for number in range(100)} == {0, 1, 2, 3, 4}
