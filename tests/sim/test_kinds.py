"""What every kind of plant must have to be simulated live."""

import pytest

from sim.errors import UsageError
from sim.kind import Kind
from sim.kinds import KINDS, named
from sim.plant import SWITCHES

EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


@EVERY
def test_its_tags_are_shown_at_places_of_their_own(kind: Kind) -> None:
    machine = kind.machine(1)
    assert len(machine.measure()) == len(kind.measured)
    assert set(kind.measured) <= set(kind.tags)
    shown = set(machine.tags()) | set(kind.measured) | set(SWITCHES)
    assert set(kind.tags) | set(SWITCHES) == shown
    places = [*SWITCHES.values(), *kind.tags.values()]
    assert len(set(places)) == len(places)


@EVERY
def test_what_is_measured_is_what_the_tags_say(kind: Kind) -> None:
    machine = kind.machine(1)
    machine.step(kind.start)
    measured = dict(zip(kind.measured, machine.measure(), strict=True))
    assert {name: value for name, value in machine.tags().items() if name in measured}.items() <= measured.items()


@EVERY
def test_a_tested_detector_forbids_a_takeover(kind: Kind) -> None:
    for detector in kind.detectors:
        machine = kind.machine(1)
        assert (machine.permits()[0], machine.tags()[detector]) == (True, 0)
        machine.tested.add(detector)
        assert (machine.permits()[0], machine.tags()[detector]) == (False, 1)


@EVERY
def test_its_buttons_are_taken_and_others_are_refused(kind: Kind) -> None:
    machine = kind.machine(1)
    for button in kind.buttons:
        machine.press(button)
    with pytest.raises(UsageError, match="no button 'self_destruct'") as caught:
        machine.press("self_destruct")
    assert caught.value.mend


def test_an_unknown_kind_is_refused_with_the_names() -> None:
    with pytest.raises(UsageError) as caught:
        named("three_tanks")
    assert "pump_station" in caught.value.mend
