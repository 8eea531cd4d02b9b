"""The kinds of plant there are."""

from typing import Final

from sim import boiler, crane, pump_station, two_tanks
from sim.errors import UsageError
from sim.kind import Kind

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind for kind in (two_tanks.KIND, boiler.KIND, crane.KIND, pump_station.KIND)
}

# Of all kinds together: what a person can press, and what can be tested by hand.
BUTTONS: Final = tuple(button for kind in KINDS.values() for button in kind.buttons)
DETECTORS: Final = tuple(detector for kind in KINDS.values() for detector in kind.detectors)


def named(name: str) -> Kind:
    """The kind of that name. Raises UsageError listing the names there are."""
    if name not in KINDS:
        raise UsageError(f"there is no kind of plant {name!r}", mend=f"one of: {', '.join(KINDS)}")
    return KINDS[name]
