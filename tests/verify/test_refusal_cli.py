"""What a terminal shows of a story that a refusal prevents."""

from pathlib import Path

from otha.report import sentence
from otha.site.past_refusal import load_past_refusal
from otha.verify import past_refusal, refusal_cli
from otha.verify.focus import Lens

SITE = Path(__file__).parents[2] / "sim" / "sites" / "unsafe" / "no_fence.toml"


def test_a_story_is_told_and_drawn() -> None:
    refused = load_past_refusal(SITE)
    found = past_refusal.searches(refused, lenses=(Lens.LEFT_ALONE,))
    (story,) = [search.story for search in found if search.story is not None]
    told = refusal_cli.drawn(refused, found, sentence.of_reason)(story)
    assert told[0].startswith("How it is broken")
    head = next(line for line in told if line.split()[:3] == ["operator", "OTHA", "record"])
    assert head.split()[-2:] == ["sc_a", "sc_b"]
    assert f"✗ BREACH {story.breach}" in told[-1]
