"""The crane: it carries, it stops when it is held, it drops nothing."""

from sim.crane import KIND, MAGNET, STILL, STOP_M, SWAY_DEG, TROLLEY, Crane
from sim.registers import State
from sim.stepped import SteppedPlant
from sim.tanks import FULL_SCALE


def crane_of(plant: SteppedPlant) -> Crane:
    found = plant.plc.machine
    assert isinstance(found, Crane)
    return found


def travelling() -> SteppedPlant:
    """With its load at full speed."""
    plant = SteppedPlant(KIND, seed=1)
    plant.commission("sc_a", settle_ms=500)
    while plant.plc.terminals[TROLLEY] < FULL_SCALE - 1 and plant.now_ms < 120_000:
        plant.step()
    return plant


def test_it_fetches_and_carries() -> None:
    plant = travelling()
    assert plant.driver == "sc_a"
    assert crane_of(plant).state == "IN_MOTION"
    assert crane_of(plant).permits() == (False, True)
    assert plant.plc.terminals[MAGNET] == FULL_SCALE
    assert not crane_of(plant).dropped


def test_held_it_stops_within_its_limits_and_keeps_its_load() -> None:
    plant = travelling()
    crane = crane_of(plant)
    plant.kill("sc_a")
    began_m, sway = crane.x_m, 0.0
    for _ in range(1_200):
        plant.step()
        sway = max(sway, abs(crane.sway_deg))
    assert plant.plc.gate.state is State.HELD
    assert plant.plc.terminals == (STILL, STILL, FULL_SCALE)
    assert abs(crane.speed_m_s) < 0.01
    assert 2.0 < crane.x_m - began_m <= STOP_M
    assert 1.0 < sway <= SWAY_DEG
    assert crane.permits() == (True, True)
    assert not crane.dropped


def test_the_plc_lets_no_load_go_above_the_ground() -> None:
    plant = travelling()
    assert crane_of(plant).terminals((STILL, STILL, 0))[MAGNET] == FULL_SCALE


def test_a_load_let_go_in_the_air_is_seen() -> None:
    plant = travelling()
    crane_of(plant).step((STILL, STILL, 0))
    assert crane_of(plant).dropped


def test_a_person_lets_it_wait_and_go() -> None:
    plant = SteppedPlant(KIND, seed=1)
    plant.commission("sc_a", settle_ms=500)
    crane = crane_of(plant)
    crane.press("wait")
    for _ in range(2_000):
        plant.step()
    assert crane.state == "STOPPED"
    crane.press("go")
    for _ in range(200):
        plant.step()
    assert crane.state == "IN_MOTION"
