"""Switchovers ordered around the edges of a machine's phases: none is carried out in a forbidden one."""

from bench import crane_stops, phases
from bench.stepped_site import SteppedSite
from sim import boiler, crane


def lighting(site: SteppedSite) -> bool:
    return phases.state_of(site) in boiler.FORBIDDEN


def test_no_switchover_of_the_boiler_in_ignition() -> None:
    site = phases.boiler_sequence()
    for _ in range(round(boiler.PURGE_S * 1000) // boiler.SCAN_MS - 3):
        site.step()
    early = site.fork()
    for _ in range(20):
        site.step()
    late = site.fork()
    while phases.state_of(site) != "IGNITION":
        site.step()
    for _ in range(20):
        site.step()
    waiting = site.fork()

    # The phase begins after OTHA's last look at the permit: after its REVOKE, so the gate alone stands against it.
    told = phases.order(early, lighting)
    assert (told.phase, told.ends[0]) == ("PURGE", "returned")
    assert told.later
    assert (told.granted_in, told.driven_in) == ((), ())

    told = phases.order(late, lighting)
    assert (told.phase, told.ends[0]) == ("LIGHT_OFF", "refused")
    assert told.later
    assert (told.granted_in, told.driven_in, told.held_ms) == ((), (), 0)

    told = phases.order(waiting, lighting)
    assert (told.phase, told.at_once) == ("IGNITION", True)
    assert (told.granted_in, told.driven_in, told.held_ms) == ((), (), 0)


def test_the_crane_is_taken_over_at_standstill_alone() -> None:
    (waiting,) = crane_stops.planned(1)
    assert waiting.done
    assert waiting.ran_m < 0.001
    assert waiting.edges == 0
    (killed,) = crane_stops.unplanned(1)
    assert killed.done
    assert killed.ran_m <= crane.STOP_M
    assert killed.sway_deg <= crane.SWAY_DEG
    assert (killed.edges, killed.dropped) == (0, False)
