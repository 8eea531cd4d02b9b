"""Channels that go by links: a dead link is no dead server, and a slower one is granted its time (S8, S18)."""

from dataclasses import replace
from typing import Any

import pytest

from otha.core.config import AdaptiveDetector, Allowance, ChannelConfig, FixedDetector, SiteConfig
from otha.core.group.state import Cause, Plan
from otha.core.inputs import DueReached, HeartbeatEnded, SiteSwapped
from otha.core.reasons import Why
from otha.core.supervision import Supervision
from otha.core.watch import channel, node
from otha.core.watch.channel import ChannelWatch
from otha.core.watch.node import NodeVerdict, NodeWatch
from otha.core.ways import Way, granted, way_of
from otha.core.words import Answer, Course, Fencing, Liveness, Phase, Pulse, Role, Standing, TransferKind
from tests.core.build import MS, channel_config, group_config, path_config, site_config
from tests.core.rig import Rig, following
from tests.core.test_supervision_clients import Site

GRANTED = (
    Allowance(link="g", deadline_ns=40 * MS, detector=FixedDetector(misses=3)),
    Allowance(link="h", deadline_ns=48 * MS, detector=FixedDetector(misses=6)),
)


def behind(name: str, way: str) -> ChannelConfig:
    return replace(channel_config(name, way), via="links", allowances=GRANTED)


def servers_behind_links(both: bool = True) -> SiteConfig:
    """Servers "a" and "b" drive "plc"; their first channel, or both, goes by links "g" and "h"."""
    links = path_config("gh", name="links", gate=None, fencing=Fencing.TOKEN_ENFORCED)
    servers = group_config("ab", conditions=(), tracked=(), rpo_ns=None)
    site = replace(site_config([links, servers]), tags=(), references=())
    ways = ("net_a", "net_b") if both else ("net_a",)
    channels = [behind(c.node, c.name.split(".")[1]) if c.node in "ab" and c.name.split(".")[1] in ways else c
                for c in site.channels]  # fmt: skip
    return replace(site, channels=tuple(channels))


class Plant(Site):
    """Everything heard, "a" drives, "g" is in use, all settled."""

    def __init__(self, cfg: SiteConfig) -> None:
        super().__init__(cfg)
        for each in "ghab":
            self.beat(each, role=1 if each in "ag" else 2)
        for name, active in (("links", "g"), ("tanks", "a")):
            self.has_record(name, active)
        self.gate()
        self.gate()
        for client in "xy":
            self.client(client, 1, 1)
        assert {self.s.group(name).standing for name in ("links", "tanks")} == {Standing.FOLLOWING}
        self.effects.clear()

    def misses(self, name: str, times: int = 1, way: str = "net_a") -> None:
        for _ in range(times):
            self.feed(HeartbeatEnded(channel=f"{name}.{way}", answer=Answer.MISSED, reading=None))

    def wait(self, ms: int) -> None:
        for _ in range(ms // 10):
            self.at_ms += 10
            self.feed(DueReached())

    def liveness(self, name: str) -> Liveness:
        return self.s.node(name).verdict.liveness


# A dead link is no dead server (S18)


def test_servers_behind_a_dead_link_are_not_dead() -> None:
    site = Plant(servers_behind_links())
    site.dies("g")
    site.dies("a")
    assert (site.liveness("g"), site.liveness("a")) == (Liveness.DEAD, Liveness.UNKNOWN)
    assert site.s.channel("a.net_a").pulse is Pulse.BLIND
    site.gate(owner_age_ms=200)  # and the gate's word vetoes nothing
    site.wait(50)
    assert site.s.group("links").plan is not None  # repairs go upstream first
    site.wait(2_000)
    assert (site.s.group("tanks").suspicion, site.s.group("tanks").plan) == (None, None)


def test_servers_given_up_before_their_link_are_given_back() -> None:
    """Whose heartbeats run ahead of the link's are dead for a moment; nothing is done in it."""
    site = Plant(servers_behind_links())
    site.gate(owner_age_ms=200)
    site.dies("a")
    assert site.s.group("tanks").suspicion is Cause.DEAD
    site.dies("g")
    assert (site.liveness("a"), site.s.group("tanks").suspicion) == (Liveness.UNKNOWN, None)
    assert ("a.net_a", "blind") in [
        each.args for each in site.reasons if each.why is Why.CHANNEL and each.rule == "S18"
    ]
    site.wait(2_000)
    assert site.s.group("tanks").plan is None


def test_a_server_that_dies_while_its_link_carries_is_dead() -> None:
    site = Plant(servers_behind_links())
    site.gate(owner_age_ms=200)
    site.dies("a")
    site.wait(50)
    assert site.liveness("a") is Liveness.DEAD
    assert site.s.group("tanks").plan is not None


def test_what_was_silent_over_a_dead_link_has_its_whole_time_over_the_next_one() -> None:
    site = Plant(servers_behind_links())
    site.dies("g")
    site.dies("a")
    site.misses("a", 50)
    site.dies("h")
    site.beat("g", role=1)  # the link is back, and in use as before
    site.misses("a", 2)
    site.misses("a", 2, way="net_b")
    assert site.liveness("a") is Liveness.UNKNOWN
    site.misses("a", 1)
    site.misses("a", 1, way="net_b")
    assert site.liveness("a") is Liveness.DEAD


def test_a_channel_on_a_way_of_its_own_goes_on_counting() -> None:
    """The link takes one of two channels; the other one is evidence by itself."""
    site = Plant(servers_behind_links(both=False))
    site.dies("g")
    site.misses("a", 3)
    assert site.liveness("a") is Liveness.ALIVE
    site.misses("a", 3, way="net_b")
    assert site.liveness("a") is Liveness.DEAD


def test_a_heartbeat_that_comes_nevertheless_counts() -> None:
    site = Plant(servers_behind_links())
    site.dies("g")
    site.dies("a")
    site.beat("a", role=1)
    assert site.liveness("a") is Liveness.ALIVE


# The link in use decides what its channels are granted


def test_with_the_backup_in_use_deadline_and_misses_widen() -> None:
    site = Plant(servers_behind_links())
    assert site.s.deadlines["a.net_a"] == 40 * MS
    site = Plant(servers_behind_links())
    site.s = _on(site.s, "h")
    assert site.s.deadlines == dict.fromkeys(("a.net_a", "a.net_b", "b.net_a", "b.net_b"), 48 * MS)
    site.misses("a", 5)
    assert site.s.channel("a.net_a").pulse is Pulse.LATE
    site.misses("a", 1)
    assert site.s.channel("a.net_a").pulse is Pulse.LOST


def _on(s: Supervision, link: str) -> Supervision:
    """The same supervision where another link is recorded, all else alike."""
    at = [group.name for group in s.cfg.groups].index("links")
    found = s.group("links")
    assert found.record is not None
    s._state.groups[at] = replace(found, record=replace(found.record, active=link))
    return Supervision.restore(s.snapshot())


def test_the_ways_follow_from_the_state_alone() -> None:
    site = Plant(servers_behind_links())
    site.dies("g")
    again = Supervision.restore(site.s.snapshot())
    assert again.deadlines == site.s.deadlines
    for s in (site.s, again):
        for _ in range(10):
            s.feed(HeartbeatEnded(channel="a.net_a", answer=Answer.MISSED, reading=None), site.at_ms * MS)
    assert again.snapshot() == site.s.snapshot()


def _links(rig: Rig) -> Way:
    return way_of(rig.cfg, rig.g)


def test_what_the_way_is() -> None:
    rig = following(path_config(name="links", gate=None))
    assert _links(rig) == Way(links=("a",), carries=True)
    rig.dies("b")
    assert _links(rig).carries
    rig.node("a", liveness=Liveness.FROZEN)
    assert not _links(rig).carries
    rig.g = replace(rig.g, record=None)
    assert _links(rig) == Way(links=("a",), carries=False)  # it alone says that it is active
    rig.g = replace(rig.g, nodes=tuple(replace(view, role=Role.UNKNOWN) for view in rig.g.nodes))
    assert _links(rig) == Way(links=("a", "b"), carries=False)
    rig.node("b", liveness=Liveness.ALIVE)
    assert _links(rig) == Way(links=("a", "b"), carries=False)  # the one that is frozen may be the one in use
    rig.node("a", liveness=Liveness.ALIVE)
    assert _links(rig) == Way(links=("a", "b"), carries=True)


def test_while_a_link_is_changed_both_may_be_in_use() -> None:
    rig = following(path_config(name="links", gate=None))
    plan = _plan(revoked=False)
    rig.g = replace(rig.g, plan=plan)
    assert _links(rig) == Way(links=("a",), carries=True)  # nothing has left yet
    rig.g = replace(rig.g, plan=replace(plan, revoked=True))
    assert _links(rig) == Way(links=("a", "b"), carries=False)


def _plan(**changes: Any) -> Plan:
    plan = Plan(
        serial=1, kind=TransferKind.SWITCHOVER, cause=None, from_node="a", to_node="b", course=Course.FORWARD,
        phase=Phase.CLAIMED, epoch=2, boot=0, automatic=False, drill=False, by="kim", confirmed=True,
        lag_confirmed=False, revoked=False, demoted=False, continued=False, attempt=0, asked=None, retry_at=None,
        due=10**12, waiting=False, against=(),
    )  # fmt: skip
    return replace(plan, **changes)


def test_of_two_links_that_may_be_in_use_the_wider_is_granted() -> None:
    cfg = behind("a", "net_a")
    for links, deadline_ms, misses in ((("g",), 40, 3), (("h",), 48, 6), (("g", "h"), 48, 6), (("z",), 40, 3)):
        found = granted(cfg, Way(links=links, carries=True))
        assert (found.deadline_ns, found.detector) == (deadline_ms * MS, FixedDetector(misses=misses))
    adaptive = replace(
        cfg,
        allowances=tuple(
            replace(each, detector=AdaptiveDetector(window=9, margin_ns=margin_ms * MS))
            for each, margin_ms in zip(GRANTED, (100, 108), strict=True)
        ),
    )
    found = granted(adaptive, Way(links=("g", "h"), carries=True))
    assert found.detector == AdaptiveDetector(window=9, margin_ns=108 * MS)


# Another site


def _with_slower_links(cfg: SiteConfig) -> SiteConfig:
    """A site whose links begin anew."""
    links, servers = cfg.groups
    timing = replace(links.timing, holdoff_ns=links.timing.holdoff_ns + MS)
    return replace(cfg, groups=(replace(links, timing=timing), servers))


def test_a_change_of_the_site_after_which_nobody_knows_the_link_in_use_takes_back_what_silence_said() -> None:
    site = Plant(servers_behind_links())
    site.dies("h")
    site.beat("g", role=2)
    site.dies("a")
    assert site.liveness("a") is Liveness.DEAD
    site.feed(SiteSwapped(cfg=_with_slower_links(site.s.cfg)))
    assert site.s.channel("a.net_a").pulse is Pulse.BLIND
    assert site.liveness("a") is Liveness.UNKNOWN
    assert Supervision.restore(site.s.snapshot()).deadlines == site.s.deadlines


def test_a_change_of_the_site_that_leaves_the_link_as_it_was_takes_back_nothing() -> None:
    site = Plant(servers_behind_links())
    site.dies("a")
    site.feed(SiteSwapped(cfg=_with_slower_links(site.s.cfg)))
    assert site.liveness("a") is Liveness.DEAD


# One channel, and one node


def test_a_detector_that_expects_arrivals_expects_anew_once_the_way_carries() -> None:
    cfg = replace(channel_config("a", "net_a"), detector=AdaptiveDetector(window=4, margin_ns=100 * MS))
    w = channel.watch(cfg, ChannelWatch(), Answer.REPLIED, 1_000 * MS)
    gone = channel.expire(w, 2_000 * MS, carries=False)
    assert gone.pulse is Pulse.BLIND
    back = channel.way_carries(cfg, gone, 3_000 * MS)
    assert channel.watch(cfg, back, Answer.MISSED, 3_100 * MS).pulse is Pulse.BLIND
    assert channel.expire(back, 3_149 * MS).pulse is Pulse.BLIND
    assert channel.expire(back, 3_150 * MS).pulse is Pulse.LOST


@pytest.mark.parametrize(
    ("pulses", "liveness"),
    [
        ((Pulse.BLIND, Pulse.LOST), Liveness.DEAD),
        ((Pulse.BLIND, Pulse.BLIND), Liveness.UNKNOWN),
        ((Pulse.BLIND, Pulse.LATE), Liveness.ALIVE),
        ((Pulse.LOST, Pulse.LOST), Liveness.DEAD),
    ],
)
def test_a_blind_channel_counts_neither_way(pulses: tuple[Pulse, ...], liveness: Liveness) -> None:
    said = node.from_pulses(NodeWatch(verdict=NodeVerdict(liveness=Liveness.ALIVE)), pulses).verdict
    assert (said.liveness, said.channels_lost) == (liveness, pulses[0] is not Pulse.ON_TIME)
