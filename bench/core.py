"""The core's speed: unchanged heartbeats through `Supervision.feed`, and steps of whole transfers."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from bench.figure import Figure, at_least, holds, median, shown
from bench.options import Measurement, Options
from bench.virtual import VirtualPlant, demo_site, heartbeats
from otha.core.config import GroupConfig
from otha.core.group import step as group_step
from otha.core.group.event import Event
from otha.core.group.state import GroupState, Shared
from otha.core.group.turn import Decision
from otha.core.inputs import HeartbeatEnded
from tests.scenarios import story
from tests.scenarios.client_story import story_of
from tests.scenarios.story import parse

_ROUNDS = 5
_HEARTBEATS = 60_000
_STEPS = 10_000
STORIES = tuple(sorted((Path(story.__file__).parent / "stories").glob("*.story")))


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


Step = tuple[GroupConfig, Shared, GroupState, Event, int]


def steps_of_stories(stories: tuple[Path, ...] = STORIES) -> list[Step]:
    """Every step that these golden transcripts take, with the state that it was taken in. One that a rule stops is not
    taken."""
    kept: list[Step] = []
    real = group_step.step

    def keep(cfg: GroupConfig, shared: Shared, g: GroupState, event: Event, now: int) -> Decision:
        decision = real(cfg, shared, g, event, now)
        kept.append((cfg, shared, g, event, now))
        return decision

    with patch.object(group_step, "step", keep):
        for path in stories:
            story_of(parse(path.read_text(encoding="utf-8"))).tell()
    return kept


def _steps() -> Iterator[Figure]:
    steps = steps_of_stories()
    passes = max(1, _STEPS // len(steps))
    rates = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(passes):
            for cfg, shared, g, event, now in steps:
                group_step.step(cfg, shared, g, event, now)
        rates.append(passes * len(steps) / (time.process_time() - began))
    note = f"{len(STORIES)} transcripts, {len(steps):,} steps"
    yield at_least("steps of the golden transcripts, invariants on", median(rates), "/s", 15_000, note=note)


def measure(_options: Options) -> Iterator[Figure]:
    """CPU time of one core; medians of rounds."""
    yield from _heartbeats()
    yield from _steps()


MEASUREMENT = Measurement(
    name="core",
    title="Decision core",
    what="The demo site's `Supervision` in virtual time. Heartbeats are good and their counters advance, so that every "
    "one is judged in full and none changes a verdict; inputs are made beforehand and only `feed` is timed. Steps are "
    "those of the golden transcripts, each in the state in which the transcript takes it.",
    measure=measure,
)
