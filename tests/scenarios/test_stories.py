"""Golden transcripts: what OTHA decides in each story, line by line.

`pytest tests/scenarios --rewrite-golden` writes them anew; the difference is then read, line by line.
"""

from pathlib import Path

import pytest

from otha.core.alarm_list import DEFAULTS
from tests.scenarios.client_story import story_of
from tests.scenarios.story import parse

STORIES = sorted((Path(__file__).parent / "stories").glob("*.story"))


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


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_transfer_adds_at_most_ten_alarms_each_with_a_response(path: Path) -> None:
    """EEMUA 191's flood begins above ten. All that is annunciated from one request to the next counts as its doing."""
    responses = {each.code: each.response for each in DEFAULTS}
    for transfer in path.with_suffix(".txt").read_text(encoding="utf-8").split("  requested: "):
        raised = [line.split()[3] for line in transfer.splitlines() if "  alarm raised: " in line]
        assert len(raised) <= 10
        assert all(responses[code] for code in raised)


def test_the_stories_raise_alarms_at_all() -> None:
    told = "".join(path.with_suffix(".txt").read_text(encoding="utf-8") for path in STORIES)
    assert told.count("  alarm raised: ") > 30


def test_a_line_that_is_no_event_is_named() -> None:
    with pytest.raises(ValueError, match="line 2: 'tomorrow kill a'"):
        parse("100 kill a\ntomorrow kill a\n")
