"""A section's gate in virtual time: frames, sessions, watchdog, resumes and the limits of a hold."""

from otha.core.effects import Grant, Release, Revoke
from otha.core.words import GateState, Outcome
from otha.site.model import Site
from otha.verify.gate_model import GateModel
from otha.verify.simulation.section import MS, Section

START = 1_000_000 * MS


class Watched:
    """A section with its changes, driven by sc_a from `START` on, each of whose cycles is 10 ms."""

    def __init__(self, site: Site) -> None:
        group = site.core.groups[0]
        self.states: list[GateState] = []
        self.section = Section(
            group.own_gate,
            {node.name: node.number for node in group.nodes},
            {node.name: node.cycle_ns for node in group.nodes},
            "sc_a",
            self._changed,
        )
        self.section.flow(1, START)

    def _changed(self, _section: Section, before: GateModel, after: GateModel, _now: int) -> None:
        if after.state is not before.state:
            self.states.append(after.state)

    def pass_to(self, now: int, end: int) -> None:
        """Let everything happen that happens by itself up to `end`."""
        while (at := self.section.next_at(now)) is not None and at <= end:
            now = at
            self.section.pass_time(now)


def test_while_frames_come_nothing_happens_and_the_sequence_grows(site: Site) -> None:
    watched = Watched(site)
    assert watched.section.next_at(START) is None
    first, second = (watched.section.reading(START + at * MS) for at in (7, 27))
    assert (first.owner_age_ms, second.owner_age_ms) == (7, 7)
    assert second.last_seq == first.last_seq + 2


def test_an_owner_that_stops_is_held_after_its_watchdog_and_resumes(site: Site) -> None:
    watched = Watched(site)
    section, stopped = watched.section, START + 5 * MS
    section.flow(None, stopped)
    assert section.next_at(stopped) == START + 60 * MS
    watched.pass_to(stopped, START + 100 * MS)
    assert watched.states == [GateState.HELD]
    assert section.reading(START + 100 * MS).held_ms == 40
    section.flow(1, START + 101 * MS)
    watched.pass_to(START + 101 * MS, START + 200 * MS)
    assert watched.states == [GateState.HELD, GateState.OWNED]
    assert section.reading(START + 200 * MS).resumes_left == 2


def test_an_owner_started_anew_needs_a_new_epoch(site: Site) -> None:
    watched = Watched(site)
    watched.section.command(Revoke(epoch=2), START)
    assert watched.section.command(Grant(node="sc_b", epoch=2, boot=1), START + MS) is Outcome.DONE
    watched.section.flow(1, START + MS)
    watched.pass_to(START + MS, START + 20 * MS)
    watched.section.flow(None, START + 21 * MS)
    watched.section.flow(2, START + 30 * MS)
    assert not watched.section.flows
    assert watched.section.reading(START + 50 * MS).owner_age_ms == 30


def test_a_hold_that_nobody_ends_goes_safe_and_owns_nobody(site: Site) -> None:
    watched = Watched(site)
    watched.section.command(Revoke(epoch=2), START)
    limit = START + site.core.groups[0].own_gate.hold_max_ns
    assert watched.section.next_at(START) == limit
    watched.pass_to(START, limit)
    assert watched.states == [GateState.HELD, GateState.SAFE]
    assert (watched.section.gate.owner, watched.section.reading(limit).owner) == (None, 0)


def test_a_release_is_not_taken_while_outputs_are_apart(site: Site) -> None:
    watched = Watched(site)
    section = watched.section
    section.apart = True
    section.command(Revoke(epoch=2), START)
    section.command(Grant(node="sc_b", epoch=2, boot=1), START)
    section.flow(1, START)
    watched.pass_to(START, START + 50 * MS)
    section.command(Release(node="sc_b", epoch=2), START + 50 * MS)
    watched.pass_to(START + 50 * MS, START + 100 * MS)
    assert watched.states == [GateState.HELD]
    assert not section.reading(START + 100 * MS).within
    section.apart = False
    watched.pass_to(START + 100 * MS, START + 150 * MS)
    assert watched.states == [GateState.HELD, GateState.OWNED]
    assert section.gate.last_driver == "sc_b"
