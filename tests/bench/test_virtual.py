"""The demo's devices in virtual time: settled, quiet, and noticed when cut."""

import random

from bench import cuts
from bench.virtual import VirtualPlant, demo_site, heartbeats

MS = 1_000_000


def test_good_heartbeats_lead_to_no_decision() -> None:
    plant = VirtualPlant.settled(demo_site(), random.Random(1))
    assert [decision for raw, now in heartbeats(plant, 400) for decision in plant.core.feed(raw, now)] == []


def test_without_a_cut_nothing_is_said() -> None:
    plant = VirtualPlant.settled(demo_site(), random.Random(1))
    plant.said.clear()
    plant.run(plant.now + 3_000 * MS)
    assert plant.said == []


def test_a_cut_is_noticed_within_the_printed_bound_and_the_same_each_time() -> None:
    site = demo_site(20)
    settled = VirtualPlant.settled(site, random.Random(1))
    snapshot = settled.core.snapshot()
    ends = [cuts.cut(site, settled, snapshot, seed) for seed in range(20)]
    assert ends == [cuts.cut(site, settled, snapshot, seed) for seed in range(20)]
    assert len(set(ends)) > 10
    assert max(dead for dead, _ in ends) <= site.timings[0].heartbeats.ns
    assert max(suspected for _, suspected in ends) <= site.timings[0].failover.terms[0].ns
