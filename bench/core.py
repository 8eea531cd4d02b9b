"""The core's speed: unchanged heartbeats through `Supervision.feed`, and steps of whole transfers."""

import random
import time
from collections.abc import Iterator

from bench.figure import Figure, at_least, holds, median, shown
from bench.options import Measurement, Options
from bench.virtual import VirtualPlant, demo_site, heartbeats
from otha.core.group.turn import Decision
from otha.core.inputs import HeartbeatEnded

_ROUNDS = 5
_HEARTBEATS = 60_000


def _floor(raw: HeartbeatEnded, now: int) -> tuple[Decision, ...]:
    return ()


def _heartbeats() -> Iterator[Figure]:
    site = demo_site()
    rates, floors, decisions = [], [], 0
    for _ in range(_ROUNDS):
        plant = VirtualPlant.settled(site, random.Random(1))
        made = heartbeats(plant, _HEARTBEATS)
        feed = plant.core.feed
        began = time.process_time()
        for raw, now in made:
            if feed(raw, now):
                decisions += 1
        rates.append(_HEARTBEATS / (time.process_time() - began))
        began = time.process_time()
        for raw, now in made:
            if _floor(raw, now):
                decisions += 1
        floors.append(_HEARTBEATS / (time.process_time() - began))
    rate, floor = median(rates), median(floors)
    note = "floor: the same loop around an empty function"
    yield at_least("unchanged heartbeats", rate, "/s", 100_000, ratio=floor / rate, note=note)
    yield holds("unchanged heartbeats lead to no decision", decisions == 0, f"{decisions} decisions")
    yield shown("floor: empty function calls", floor, "/s")


def measure(_options: Options) -> Iterator[Figure]:
    """CPU time of one core; medians of rounds."""
    yield from _heartbeats()


MEASUREMENT = Measurement(
    name="core",
    title="Decision core",
    what="The demo site's `Supervision` in virtual time. Heartbeats are good and their counters advance, so that every "
    "one is judged in full and none changes a verdict; inputs are made beforehand and only `feed` is timed.",
    measure=measure,
)
