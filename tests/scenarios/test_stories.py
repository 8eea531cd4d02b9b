"""Golden transcripts: what OTHA decides in each story, line by line.

`pytest tests/scenarios --rewrite-golden` writes them anew; the difference is then read, line by line.
"""

from pathlib import Path

import pytest

from tests.scenarios.client_story import ClientStory
from tests.scenarios.story import Script, Story, parse

STORIES = sorted((Path(__file__).parent / "stories").glob("*.story"))


def story_of(script: Script) -> Story:
    return ClientStory(script) if "kind" in script.config else Story(script)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_story_goes_as_it_did(path: Path, request: pytest.FixtureRequest) -> None:
    golden = path.with_suffix(".txt")
    story = story_of(parse(path.read_text(encoding="utf-8")))
    told = story.tell()
    if request.config.getoption("--rewrite-golden", default=False):
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")
    assert story.s is not None
    for cfg in story.cfg.groups:
        g = story.s.group(cfg.name)
        assert (g.plan, g.halted) == (None, None), "every story ends at rest"


def test_every_transcript_has_its_story() -> None:
    folder = Path(__file__).parent / "stories"
    assert {path.stem for path in folder.glob("*.txt")} == {path.stem for path in STORIES}


def test_a_line_that_is_no_event_is_named() -> None:
    with pytest.raises(ValueError, match="line 2: 'tomorrow kill a'"):
        parse("100 kill a\ntomorrow kill a\n")
