"""Golden transcripts: what OTHA decides in each story, line by line.

`pytest tests/scenarios --rewrite-golden` writes them anew; the difference is then read, line by line.
"""

from pathlib import Path

import pytest

from tests.scenarios.story import Story, parse

STORIES = sorted((Path(__file__).parent / "stories").glob("*.story"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_story_goes_as_it_did(path: Path, request: pytest.FixtureRequest) -> None:
    golden = path.with_suffix(".txt")
    story = Story(parse(path.read_text(encoding="utf-8")))
    told = story.tell()
    if request.config.getoption("--rewrite-golden", default=False):
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")
    assert story.s is not None
    g = story.s.group("tanks")
    assert (g.plan, g.halted) == (None, None), "every story ends at rest"


def test_every_transcript_has_its_story() -> None:
    folder = Path(__file__).parent / "stories"
    assert {path.stem for path in folder.glob("*.txt")} == {path.stem for path in STORIES}


def test_a_line_that_is_no_event_is_named() -> None:
    with pytest.raises(ValueError, match="line 2: 'tomorrow kill a'"):
        parse("100 kill a\ntomorrow kill a\n")
