"""The boiler: its burner management, and a law that holds it."""

import pytest

from sim.boiler import FORBIDDEN, FUEL, IGNITION_S, KIND, LIGHT_OFF_S, PURGE_S, SCAN_MS, Boiler
from sim.errors import UsageError
from sim.stepped import SteppedPlant


def states(boiler: Boiler, outputs: tuple[int, ...], seconds: float) -> list[tuple[str, bool, tuple[int, ...]]]:
    """What each scan of so many seconds shows: state, permit, terminals."""
    seen = []
    for _ in range(round(seconds * 1000 / SCAN_MS)):
        terminals = boiler.terminals(outputs)
        boiler.step(terminals)
        seen.append((boiler.state, boiler.permits()[0], terminals))
    return seen


def test_it_is_lit_in_order_and_nobody_takes_over_meanwhile() -> None:
    boiler, full = Boiler(1), (5000, 9000, 9000, 0)
    boiler.stop()
    assert [state for state, *_ in states(boiler, full, 25)][-1] == "STOPPED"
    boiler.start()
    seen = states(boiler, full, PURGE_S + LIGHT_OFF_S + IGNITION_S + 1)
    order = list(dict.fromkeys(state for state, *_ in seen))
    assert order == ["PURGE", "LIGHT_OFF", "IGNITION", "RUNNING"]
    assert all(permit is (state not in FORBIDDEN) for state, permit, _ in seen)
    lit = [state == "LIGHT_OFF" for state, *_ in seen]
    assert sum(lit) == pytest.approx(LIGHT_OFF_S * 1000 / SCAN_MS, abs=1)


def test_a_start_in_the_post_purge_goes_on_to_the_purge() -> None:
    boiler = Boiler(1)
    boiler.press("stop_burner")
    assert states(boiler, (5000, 6000, 6600, 0), 1)[-1][0] == "POST_PURGE"
    boiler.press("start_burner")
    assert boiler.state == "PURGE"
    with pytest.raises(UsageError, match="no button"):
        boiler.press("wait")


def test_a_low_level_warns_before_it_trips() -> None:
    boiler = Boiler(1)
    boiler.tested.add("low_level")
    assert (boiler.permits(), boiler.tags()["low_level"], boiler.state) == ((False, True), 1, "RUNNING")
    boiler.tested.clear()
    seen = states(boiler, (0, 6000, 6600, 0), 600)
    assert ("RUNNING", False) in {(state, permit) for state, permit, _ in seen}


def test_no_fuel_flows_before_ignition_whatever_is_asked() -> None:
    boiler = Boiler(1)
    boiler.stop()
    seen = states(boiler, (5000, 9000, 9000, 0), 1)
    assert {terminals[FUEL] for _, _, terminals in seen} == {0}


def test_low_water_trips_the_burner() -> None:
    boiler = Boiler(1)
    seen = states(boiler, (0, 6000, 6600, 0), 600)
    assert seen[-1][0] == "STOPPED"


def test_the_law_holds_level_and_pressure_under_load() -> None:
    plant = SteppedPlant(KIND, seed=3)
    plant.commission("sc_a", settle_ms=60_000)
    level, pressure, *_ = plant.plc.machine.measure()
    assert plant.driver == "sc_a"
    assert abs(level - 5000) < 200
    assert abs(pressure - 6667) < 100
