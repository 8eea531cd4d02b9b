"""What the core's benchmark runs through the core."""

from bench.core import steps_of_stories
from otha.core.words import GroupKind


def test_the_steps_of_every_story_are_there() -> None:
    kinds = {cfg.kind for cfg, *_ in steps_of_stories()}
    assert kinds == set(GroupKind)
