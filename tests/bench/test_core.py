"""What the core's benchmark runs through the core."""

from bench.core import STORIES, steps_of_stories
from otha.core.words import GroupKind
from tests.scenarios.story import parse


def test_a_story_of_each_kind_can_be_taken_apart() -> None:
    of_kind = {parse(path.read_text(encoding="utf-8")).config.get("kind", "driver"): path for path in STORIES}
    kinds = {cfg.kind for cfg, *_ in steps_of_stories(tuple(of_kind.values()))}
    assert kinds == set(GroupKind) - {GroupKind.PAIR}  # a pair that switches itself takes no step of a transfer
