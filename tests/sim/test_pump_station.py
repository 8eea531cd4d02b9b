"""The pump station: pressure is held, a second pump helps, nothing runs dry."""

import pytest

from sim.errors import UsageError
from sim.pump_station import KIND, ON, RUN_1, RUN_2, PumpLaw, PumpStation
from sim.stepped import SteppedPlant


def test_the_law_holds_pressure_and_level() -> None:
    plant = SteppedPlant(KIND, seed=3)
    plant.commission("sc_a", settle_ms=40_000)
    pressure, level, duty = plant.plc.machine.measure()
    assert plant.driver == "sc_a"
    assert duty == 1
    assert abs(pressure - 5000) < 200
    assert abs(level - 6000) < 200


def test_the_standby_pump_helps_and_is_let_go() -> None:
    law = PumpLaw()
    law.follow((5000, 6000, 1), (9600, 3500, ON, 0), 0.05)
    for _ in range(100):
        law.drive((4000, 6000, 1), 0.05)
    assert law.outputs()[RUN_1:] == (ON, ON)
    for _ in range(1_000):
        law.drive((6000, 6000, 1), 0.05)
    assert law.outputs()[RUN_1:] == (ON, 0)


def test_the_one_that_runs_goes_on_after_a_takeover() -> None:
    law = PumpLaw()
    law.follow((5000, 6000, 2), (9000, 3500, 0, ON), 0.05)
    law.drive((5000, 6000, 2), 0.05)
    assert law.outputs()[RUN_1:] == (0, ON)


def test_another_duty_pump_is_obeyed_and_the_standby_knows_it() -> None:
    station, law, standby = PumpStation(1), PumpLaw(), PumpLaw()
    law.follow(station.measure(), (9000, 3500, ON, 0), 0.05)
    station.press("change_duty")
    law.drive(station.measure(), 0.05)
    assert law.outputs()[RUN_1:] == (0, ON)
    standby.follow(station.measure(), law.outputs(), 0.05)
    standby.drive(station.measure(), 0.05)
    assert standby.outputs()[RUN_1:] == (0, ON)
    with pytest.raises(UsageError, match="no button"):
        station.press("stop_burner")


def test_a_tested_detector_stops_the_pumps() -> None:
    station = PumpStation(1)
    station.tested.add("dry")
    assert station.terminals((9000, 3500, ON, 0))[RUN_1:] == (0, 0)
    assert station.permits() == (False, False)
    station.tested.discard("dry")
    assert station.permits() == (True, True)


def test_nobody_takes_over_in_a_changeover() -> None:
    station = PumpStation(1)
    station.step((9000, 3500, ON, 0))
    assert station.permits() == (True, True)
    station.step((9000, 3500, ON, ON))
    assert station.state == "STARTING"
    assert station.permits() == (False, True)


def test_pumps_stop_before_they_run_dry() -> None:
    station, outputs = PumpStation(1), (9500, 0, ON, 0)
    for _ in range(20_000):
        station.step(station.terminals(outputs))
    assert station.terminals(outputs)[RUN_1:] == (0, 0)
    assert station.terminals(outputs)[RUN_2] == 0
    assert station.tags()["dry"] == 1
