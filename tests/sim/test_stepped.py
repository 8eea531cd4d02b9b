"""The plant in simulated time: the same again from a seed, driven by one, handed over by commands."""

import pytest

from sim import two_tanks
from sim.registers import Answer, Command, Opcode, State
from sim.stepped import SteppedPlant

A, B = "sc_a", "sc_b"


@pytest.fixture
def plant() -> SteppedPlant:
    made = SteppedPlant(two_tanks.KIND, seed=1)
    made.commission(A, settle_ms=2_000)
    return made


def run(plant: SteppedPlant, ms: int) -> list[tuple[int, ...]]:
    seen = []
    until = plant.now_ms + ms
    while plant.now_ms < until:
        plant.step()
        seen.append((*plant.plc.terminals, *plant.plc.machine.measure()))
    return seen


def test_a_commissioned_plant_is_driven_and_both_answer(plant: SteppedPlant) -> None:
    assert plant.driver == A
    a, b = plant.heartbeat(A), plant.heartbeat(B)
    assert a is not None
    assert b is not None
    assert (a.role, b.role) == (1, 2)
    assert a.session != b.session
    assert a.position - b.acked <= 1
    assert a.tracked.setpoints == b.tracked.setpoints


def test_a_fork_is_the_same_plant_again(plant: SteppedPlant) -> None:
    other = plant.fork()
    assert run(plant, 1_000) == run(other, 1_000)


def test_a_fork_leaves_the_plant_alone(plant: SteppedPlant) -> None:
    other, twin = plant.fork(), plant.fork()
    other.kill(A)
    run(other, 500)
    assert plant.driver == A
    assert run(plant, 500) == run(twin, 500)


def test_another_seed_is_another_plant() -> None:
    one, other = SteppedPlant(two_tanks.KIND, seed=1), SteppedPlant(two_tanks.KIND, seed=2)
    for each in (one, other):
        each.commission(A, settle_ms=100)
    assert run(one, 200) != run(other, 200)


def test_who_is_killed_answers_no_more_and_is_held_by_the_watchdog(plant: SteppedPlant) -> None:
    plant.kill(A)
    run(plant, 100)
    assert plant.heartbeat(A) is None
    assert plant.driver is None
    fields, (applied, held, _) = plant.status()
    assert fields["state"] == State.HELD
    assert applied == held


def test_the_hand_over_starts_at_the_held_outputs(plant: SteppedPlant) -> None:
    boot = plant.status()[0]["boot"]
    plant.command(Command(opcode=Opcode.REVOKE, node=0, epoch=2))
    plant.step()
    held = plant.plc.terminals
    plant.command(Command(opcode=Opcode.GRANT, node=2, epoch=2, boot=boot))
    plant.command(Command(opcode=Opcode.RELEASE, node=2, epoch=2))
    seen = run(plant, 100)
    assert plant.driver == B
    assert plant.plc.gate.command_answer is Answer.DONE
    assert all(abs(now - before) <= 15 for scan in seen[:10] for now, before in zip(scan[:2], held[:2], strict=True))


def test_a_restarted_controller_has_another_session_and_knows_nothing(plant: SteppedPlant) -> None:
    before = plant.heartbeat(B)
    plant.controllers[B].restart()
    after = plant.heartbeat(B)
    assert before is not None
    assert after is not None
    assert before.session != after.session
    assert (after.cycle, after.service_level) == (0, 1)
