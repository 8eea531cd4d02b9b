"""An hour under way: the same twice, the same with quiet times skipped, and what it notices."""

import pytest

from otha.core.group import guard, settle, suspicion
from otha.core.words import OrderKind
from otha.site.model import Site
from otha.verify.simulation import monitor
from otha.verify.simulation.fault import SECOND, Asked, AskedKind, Fault, FaultKind
from otha.verify.simulation.hour import live
from otha.verify.simulation.schedule import START_NS
from otha.verify.simulation.shrink import shrunk
from tests.verify.simulation.build import fault, schedule

CRASH = fault(0, FaultKind.CRASH, "sc_a", 20.0, 30.0)


def test_a_death_is_noticed_and_replaced_within_its_bounds(site: Site) -> None:
    lived = live(site, schedule(CRASH))
    assert lived.breach is None
    assert lived.tally.transfers == {"tanks failover": 1}
    assert lived.tally.endings == {"done": 1}
    assert lived.tally.rests == {"driven": 1}
    [(noticed_ns, bound_ns)] = lived.tally.detections["tanks, crash"]
    assert 0 < noticed_ns <= bound_ns == site.timings[0].heartbeats.ns
    [(driven_ns, failover_ns)] = lived.tally.failovers["tanks"]
    assert noticed_ns < driven_ns <= failover_ns == site.timings[0].failover.ns
    assert lived.tally.false_failovers == []


MIX = schedule(
    fault(0, FaultKind.LOSS, "net_a", 18.0, 12.0, size=SECOND),
    fault(1, FaultKind.REQUESTS_LOST, "net_b", 24.0, 3.0),
    fault(2, FaultKind.STALL, "the supervisor", 32.0, 1.0),
    fault(3, FaultKind.PAUSE, "sc_a", 36.0, 5.0),
    fault(4, FaultKind.COMMANDS, "plc", 36.0, 4.0),
    fault(5, FaultKind.STORE_SLOW, "the store of the records", 44.0, 4.0),
    fault(6, FaultKind.HANG, "sc_b", 45.0, 3.0),
    fault(7, FaultKind.SUPERVISOR, "the supervisor", 52.0, 2.0),
    orders=(Asked(number=0, kind=AskedKind.SWITCHOVER, group="tanks", at_ns=START_NS + 44 * SECOND, choice=1),),
)


def test_the_same_seed_is_the_same_hour_and_so_is_one_with_every_reply_fed(site: Site) -> None:
    lived, again, faithful = live(site, MIX), live(site, MIX), live(site, MIX, faithful=True)
    assert lived.breach is None
    assert lived.digest == again.digest == faithful.digest
    assert lived.tally.transfers == faithful.tally.transfers
    assert sum(lived.tally.transfers.values()) > 1
    assert lived.tally.inputs + lived.tally.skipped == faithful.tally.inputs
    assert lived.tally.skipped > lived.tally.inputs
    assert lived.tally.orders[OrderKind.SWITCHOVER.value] == 1
    assert live(site, schedule(CRASH)).digest != lived.digest


def test_an_observer_cut_off_from_everything_moves_nothing(site: Site) -> None:
    cut = fault(0, FaultKind.ANSWERS_LOST, "every network", 20.0, 30.0)
    lived = live(site, schedule(cut))
    assert lived.breach is None
    assert not lived.tally.transfers


@pytest.mark.parametrize(
    "leaves", [fault(1, FaultKind.LOCAL, "plc", 22.0, 3.0), fault(1, FaultKind.COLD_START, "plc", 22.0)]
)
def test_who_drove_last_may_drive_again_however_far_it_is_behind_as_a_standby(site: Site, leaves: Fault) -> None:
    """A person has taken the section and given it back, or its controller has started anew and forgotten who drove:
    nobody has done more than the last driver."""
    lived = live(
        site,
        schedule(
            fault(0, FaultKind.LAG, "sc_a", 20.0, 30.0),
            leaves,
            orders=(Asked(number=0, kind=AskedKind.SWITCHOVER, group="tanks", at_ns=START_NS + 35 * SECOND, choice=2),),
        ),
    )
    assert lived.breach is None
    assert lived.tally.transfers == {"tanks switchover": 1}
    assert lived.tally.judged["S3"] == 1


PLANTED = schedule(
    fault(0, FaultKind.LOSS, "sc_b.net_a", 17.0, 20.0, size=SECOND // 5),
    fault(1, FaultKind.TAG_TURNS, "maintenance_key", 20.0, 25.0, size=1),
    fault(2, FaultKind.SLOW, "sc_b", 21.0, 0.2),
    fault(3, FaultKind.CRASH, "sc_a", 30.0, 20.0),
    fault(4, FaultKind.STORE_SLOW, "the store of the records", 50.0, 4.0),
)


def test_a_planted_bug_is_found_replayed_and_shrunk_to_what_it_needs(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live(site, PLANTED).breach is None
    monkeypatch.setattr(guard, "interlocks", lambda cfg, g: ())
    lived = live(site, PLANTED)
    assert lived.breach is not None
    assert lived.breach.rule == "S6"
    assert live(site, PLANTED).digest == lived.digest
    failure = shrunk(site, PLANTED, lived.breach, faithful=False)
    assert [part.number for part in failure.kept] == [1, 3]
    assert failure.parts_before == 4
    assert failure.shrunk_breach.rule == "S6"
    assert any("FAULT maintenance_key" in told.what for told in failure.told)


def test_a_failover_away_from_a_node_that_serves_its_target_is_counted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the gate's veto two channels in a burst are a death, and the node is as well as ever."""
    bursts = [fault(at, FaultKind.LOSS, f"sc_a.net_{'ab'[at]}", 20.0, 20.0, size=5 * SECOND) for at in (0, 1)]
    assert not live(site, schedule(*bursts)).tally.transfers
    monkeypatch.setattr(suspicion, "vetoes", lambda cfg, shared, g: ())
    lived = live(site, schedule(*bursts))
    assert lived.tally.false_failovers == ["tanks left sc_a, which served its target (dead)"]


def test_a_death_about_which_nothing_is_done_breaks_l1(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspicion, "unvetoed", lambda cfg, g: None)
    monkeypatch.setattr(settle, "_concern", lambda t, record: None)
    lived = live(site, schedule(fault(0, FaultKind.CRASH, "sc_a", 20.0, 1.0)))
    assert lived.breach is not None
    assert (lived.breach.rule, lived.breach.at_ns) == ("L1", schedule().rounds[0].judge_ns)


def test_what_the_plant_shows_is_judged_beside_the_core(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands under an epoch that nobody claimed are seen where they arrive."""
    told: list[str] = []
    hold = monitor.hold

    def note(rule: str, holds: bool, what: str) -> None:
        told.append(rule)
        hold(rule, holds, what)

    monkeypatch.setattr(monitor, "hold", note)
    assert live(site, schedule(CRASH)).breach is None
    assert {"S1", "S2", "S3", "S9", "S10"} <= set(told)
