"""Paths and stores behind the same door: clients' switches, a gate that two groups look at, shared nodes, lag."""

from dataclasses import replace
from typing import Any

from otha.core.config import SiteConfig
from otha.core.effects import Select
from otha.core.inputs import (
    DueReached,
    EffectEnded,
    EffectId,
    GatePolled,
    HeartbeatEnded,
    OrderGiven,
    Record,
    SelectorPolled,
    SelectorReading,
)
from otha.core.reasons import Why
from otha.core.supervision import Supervision
from otha.core.words import Answer, GateState, Milestone, OrderKind, Outcome, Phase, Standing, Verdict
from tests.core.build import (
    MS,
    gate_reading,
    group_config,
    node_config,
    order,
    path_config,
    reading,
    selector_config,
    site_config,
    store_config,
)


class Site:
    """A supervision under test at a time in milliseconds; counters of heartbeats go on by themselves."""

    def __init__(self, cfg: SiteConfig) -> None:
        self.s = Supervision(cfg, 1_000 * MS)
        self.at_ms = 1_000
        self.count = 0
        self.effects: list[Any] = []
        self.reasons: list[Any] = []

    def feed(self, raw: Any, at_ms: int | None = None) -> None:
        self.at_ms = self.at_ms if at_ms is None else at_ms
        for decision in self.s.feed(raw, self.at_ms * MS):
            self.effects += decision.effects
            self.reasons += decision.reasons

    def beat(self, node: str, **said: Any) -> None:
        self.count += 1
        said = {"heartbeat": self.count, "cycle": self.count, **said}
        self.feed(HeartbeatEnded(channel=f"{node}.net_a", answer=Answer.REPLIED, reading=reading(**said)))

    def dies(self, node: str) -> None:
        for way in ("net_a", "net_b"):
            for _ in range(3):
                self.feed(HeartbeatEnded(channel=f"{node}.{way}", answer=Answer.MISSED, reading=None))

    def client(self, name: str, node: int, epoch: int) -> None:
        self.feed(SelectorPolled(selector=name, answer=Answer.REPLIED, reading=SelectorReading(epoch=epoch, node=node)))

    def gate(self, **said: Any) -> None:
        self.count += 1
        said = {"scan": 1_000 + self.count, "last_seq": 50 + self.count, **said}
        self.feed(GatePolled(section="plc", path="plc.net_a", answer=Answer.REPLIED, reading=gate_reading(**said)))

    def has_record(self, group: str, active: str, epoch: int = 1) -> None:
        """The store's answer to the first read."""
        id_ = EffectId(group=group, epoch=0, plan=0, phase="read", attempt=0)
        stored = Record(epoch=epoch, active=active, claim=None, milestone=Milestone.DONE, revision="r1")
        self.feed(EffectEnded(id=id_, outcome=Outcome.DONE, record=stored))


def servers_and_ways() -> SiteConfig:
    """Servers "a" and "b" drive section "plc" through gateways "g" and "h"."""
    ways = path_config("gh", name="ways")
    servers = group_config("ab", upstream=("ways",), conditions=(), tracked=(), rpo_ns=None)
    return replace(site_config([ways, servers]), tags=())


def driven() -> Site:
    site = Site(servers_and_ways())
    for node in "abgh":
        site.beat(node, role=1 if node in "ag" else 2)
    for name, active in (("ways", "g"), ("tanks", "a")):
        site.has_record(name, active)
    site.gate()
    site.gate()
    for client in "xy":
        site.client(client, 1, 1)
    assert {site.s.group(name).standing for name in ("ways", "tanks")} == {Standing.FOLLOWING}
    return site


def test_both_the_owners_group_and_the_way_see_the_gate() -> None:
    site = driven()
    views = [site.s.group(name).gate for name in ("ways", "tanks")]
    assert views[0] == views[1]
    assert (views[0].owner, views[0].seen) == ("a", True)


def test_a_healthy_server_behind_a_dead_gateway_is_not_switched() -> None:
    """S18: repairs go upstream first."""
    site = driven()
    site.at_ms = 1_100
    site.gate(state=GateState.HELD, owner_age_ms=90, held_ms=30, hold_no=2, armed=True)
    site.dies("g")
    site.feed(DueReached(), 1_140)
    assert site.s.group("ways").plan is not None
    assert site.s.shared.troubled == ("ways",)
    for at_ms in range(1_150, 4_000, 50):
        site.at_ms = at_ms
        site.beat("a", role=1)
        site.gate(state=GateState.HELD, owner_age_ms=at_ms - 1_010, held_ms=at_ms - 1_070, hold_no=2, armed=True)
        site.feed(DueReached())
    assert site.s.group("tanks").plan is None
    assert "upstream" in [args[1] for args in (r.args for r in site.reasons if r.why is Why.BLOCKED)]


def test_a_client_that_is_not_heard_goes_out_of_sight_and_says_so() -> None:
    site = driven()
    site.feed(DueReached(), 1_600)
    assert not any(view.seen for view in site.s.group("ways").selectors)
    assert ("x", "unseen", 1) in [r.args for r in site.reasons if r.why is Why.SELECTOR]


def test_an_answer_that_was_overtaken_is_not_believed() -> None:
    site = driven()
    site.client("x", 2, 5)
    site.client("x", 1, 1)
    assert site.s.group("ways").selectors[0].epoch == 5


def test_a_wake_comes_for_every_client_that_may_go_out_of_sight() -> None:
    site = driven()
    assert site.s.wake is not None
    assert site.s.wake <= 1_500 * MS


def test_crossed_groups_leave_a_full_node_alone() -> None:
    """Active-active: each gateway is active in one group and stands by in the other; it can carry one."""
    one = path_config("gh", name="one", selectors=(selector_config("x"),))
    two = path_config("hg", name="two", selectors=(selector_config("y"),))
    two = replace(two, gate=None, nodes=(node_config("h", 2), node_config("g", 1)))
    site = Site(replace(site_config([replace(one, gate=None), two]), tags=()))
    for node in "gh":
        site.beat(node)
    site.has_record("one", "g")
    site.has_record("two", "h")
    site.client("x", 1, 1)
    site.client("y", 2, 1)
    assert site.s.shared.full == ("g", "h")
    site.dies("h")
    site.feed(DueReached(), 1_100)
    assert site.s.group("two").plan is None
    assert "no_capacity" in {r.args[1] for r in site.reasons if r.why is Why.BLOCKED}


def test_with_room_for_both_the_other_node_carries_both() -> None:
    nodes = (node_config("g", 1, capacity=2), node_config("h", 2, capacity=2))
    one = replace(path_config(name="one", selectors=(selector_config("x"),), gate=None), nodes=nodes)
    two = replace(path_config(name="two", selectors=(selector_config("y"),), gate=None), nodes=nodes[::-1])
    site = Site(replace(site_config([one, two]), tags=()))
    for node in "gh":
        site.beat(node)
    site.has_record("one", "g")
    site.has_record("two", "h")
    site.client("x", 1, 1)
    site.client("y", 2, 1)
    site.dies("h")
    site.feed(DueReached(), 1_100)
    plan = site.s.group("two").plan
    assert plan is not None
    assert plan.to_node == "g"


# Store


def archive(*, record_first: bool = True) -> Site:
    site = Site(replace(site_config([store_config()]), tags=()))
    site.beat("a", role=1, position=100, epoch=1, missing=0)
    site.beat("b", acked=100, epoch=0, missing=0)
    if record_first:
        site.has_record("archive", "a")
    site.client("x", 1, 1)
    if not record_first:
        site.has_record("archive", "a")
    assert site.s.group("archive").standing is Standing.FOLLOWING
    return site


def test_the_lag_of_a_silent_store_stops_growing_once_every_client_has_let_go_of_it() -> None:
    site = archive()
    site.at_ms = 1_900
    site.client("x", 0, 2)
    site.at_ms = 9_000
    site.beat("b", acked=100)
    assert site.s.group("archive").nodes[1].in_rpo is Verdict.TRUE


def test_the_lag_of_a_silent_store_grows_while_a_client_may_write_to_it() -> None:
    site = archive()
    site.at_ms = 2_100
    site.beat("b", acked=100)
    assert site.s.group("archive").nodes[1].in_rpo is Verdict.FALSE


def test_who_writes_to_a_store_is_judged_anew_when_it_turns_out_to_be_the_active_one() -> None:
    """The client was heard before the record: then nobody was known to write to the active store."""
    site = archive(record_first=False)
    site.at_ms = 2_100
    site.beat("b", acked=100)
    assert site.s.group("archive").nodes[1].in_rpo is Verdict.FALSE


def test_a_store_is_taking_once_its_position_advances_under_its_new_epoch() -> None:
    site = archive()
    for epoch, position, verdict in ((2, 100, Verdict.FALSE), (2, 100, Verdict.FALSE), (2, 101, Verdict.TRUE)):
        site.beat("b", epoch=epoch, position=position)
        assert site.s.group("archive").nodes[1].taking is verdict


def test_an_order_reaches_the_clients() -> None:
    site = archive()
    site.feed(OrderGiven(order=order(OrderKind.SWITCHOVER, "b", group="archive")))
    swap = site.effects[-1]
    stored = replace(swap.do.record, revision="r2")
    site.feed(EffectEnded(id=swap.id, outcome=Outcome.DONE, record=stored))
    plan = site.s.group("archive").plan
    assert plan is not None
    assert plan.phase is Phase.CLAIMED
    assert site.effects[-1].do == Select(node=None, epoch=2)


def test_a_snapshot_with_clients_goes_on_as_before() -> None:
    site = driven()
    again = Supervision.restore(site.s.snapshot())
    raw = SelectorPolled(selector="x", answer=Answer.REPLIED, reading=SelectorReading(epoch=4, node=2))
    ours, theirs = site.s.feed(raw, 1_200 * MS), again.feed(raw, 1_200 * MS)
    assert [each.digest() for each in ours] == [each.digest() for each in theirs]
    assert again.snapshot() == site.s.snapshot()
