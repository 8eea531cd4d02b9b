"""The supply header: the same for the same seed, filled by its pump, emptied by its valve."""

from sim.header import Header


def run(seed: int, outputs: tuple[int, ...], steps: int) -> list[int]:
    header, shown = Header(seed), []
    for _ in range(steps):
        header.step(outputs)
        shown.append(header.measure()[0])
    return shown


def test_the_same_seed_gives_the_same_plant() -> None:
    assert run(1, (4000, 0), 5000) == run(1, (4000, 0), 5000)
    assert run(1, (4000, 0), 100) != run(2, (4000, 0), 100)


def test_pump_fills_and_valve_empties() -> None:
    assert run(1, (10_000, 0), 6000)[-1] > 9900
    assert run(1, (0, 0), 3000)[-1] < 4000
    assert run(1, (4000, 10_000), 3000)[-1] < run(1, (4000, 0), 3000)[-1]


def test_who_reads_and_how_often_changes_nothing() -> None:
    header, shown = Header(1), []
    for _ in range(5000):
        header.step((4000, 0))
        shown.append([header.measure() for _ in range(3)])
    assert all(first == second == third for first, second, third in shown)
    assert run(1, (4000, 0), 5000)[-1] == shown[-1][0][0]
