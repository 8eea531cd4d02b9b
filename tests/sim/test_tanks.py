"""The tanks: the same plant for the same seed, and one that obeys its pumps."""

from sim.tanks import Tanks


def run(seed: int, outputs: tuple[int, ...], steps: int) -> list[tuple[int, int]]:
    tanks, shown = Tanks(seed), []
    for _ in range(steps):
        tanks.step(outputs)
        shown.append(tanks.measure())
    return shown


def test_the_same_seed_gives_the_same_plant() -> None:
    outputs = (4000, 3000, 10_000)
    assert run(1, outputs, 5000) == run(1, outputs, 5000)
    assert run(1, outputs, 100) != run(2, outputs, 100)


def test_who_reads_and_how_often_changes_nothing() -> None:
    tanks, shown = Tanks(1), []
    for _ in range(5000):
        tanks.step((4000, 3000, 10_000))
        shown.append([tanks.measure() for _ in range(3)])
    assert all(first == second == third for first, second, third in shown)
    assert run(1, (4000, 3000, 10_000), 5000)[-1] == shown[-1][0]


def test_pumps_fill_and_without_them_both_drain() -> None:
    assert run(1, (0, 0, 0), 12_000)[-1] < (300, 300)
    full = run(1, (10_000, 10_000, 0), 12_000)[-1]
    assert min(full) > 9990


def test_the_open_valve_lets_the_first_tank_fill_the_second() -> None:
    shut, opened = run(1, (5000, 0, 0), 4000)[-1], run(1, (5000, 0, 10_000), 4000)[-1]
    assert opened[0] < shut[0]
    assert opened[1] > shut[1]
