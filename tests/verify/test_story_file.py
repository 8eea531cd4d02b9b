"""A story of a planted bug in a file, and stepped from it: as written with the bug, and not so without it."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from otha.cli import app
from otha.core import canon
from otha.core.altered import altered
from otha.core.errors import EngineerError
from otha.core.group import guard
from otha.verify import story_file
from otha.verify.expansion import AT_REST
from otha.verify.explore import commissioned, explore
from otha.verify.story import Story, steps
from tests.core.build import INTERLOCK, group_config

GROUP = group_config("ab", conditions=(INTERLOCK,))


@dataclass(frozen=True, slots=True)
class Planted:
    """The story as it was found, and the file it was written to."""

    story: Story
    path: Path


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "interlocks", lambda cfg, g: ())


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    path = tmp_path_factory.mktemp("story") / "story.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "interlocks", lambda cfg, g: ())
        (story,) = explore(commissioned(GROUP, faults=1, orders=1)).stories
    story_file.write(
        path,
        story,
        GROUP,
        site="plant",
        site_digest="d",
        version="1",
        start="a drives",
        faults=1,
        orders=1,
    )
    return Planted(story, path)


def stepped(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["replay", str(path), *options])


@pytest.mark.usefixtures("bug")
def test_a_file_holds_all_that_is_needed_to_tell_it_again(planted: Planted) -> None:
    told = story_file.read(planted.path)
    assert told.group == GROUP
    again = [*steps(told.world(), told.numbers, told.names)]
    assert tuple(step.told for step in again) == planted.story.told
    assert again[-1].breach == planted.story.breach
    assert planted.story.rule == told.rule == "S6"


@pytest.mark.usefixtures("bug")
def test_it_is_stepped_move_by_move_with_state_and_reasons(planted: Planted) -> None:
    result = stepped(planted.path, "--why")
    assert result.exit_code == 0, result.output
    assert [line for line in planted.story.moves if line not in result.output] == []
    assert "OTHA: following, active a, epoch 1" in result.output
    assert "gate: OWNED, owner a, epoch 1" in result.output
    assert "FAULT interlock false" in result.output
    assert "interlock false\n" in result.output
    assert f"BREACH {planted.story.breach}" in result.output
    data = json.loads(stepped(planted.path, "--json").output)
    assert (data["same"], len(data["moves"])) == (True, len(planted.story.moves))


def test_without_the_bug_it_ends_otherwise_and_says_so(planted: Planted) -> None:
    result = stepped(planted.path, "--quiet")
    assert result.exit_code == 1
    assert "NOT AS WRITTEN: the story ends with S6" in result.output
    assert "nothing is broken by these moves" in result.output


@pytest.mark.usefixtures("bug")
def test_a_move_is_known_by_its_name_where_numbers_have_changed(planted: Planted, tmp_path: Path) -> None:
    data = json.loads(planted.path.read_text(encoding="utf-8"))
    path = tmp_path / "story.json"
    path.write_text(json.dumps({**data, "numbers": [-1 for _ in data["numbers"]]}), encoding="utf-8")
    assert stepped(path, "--quiet").exit_code == 0
    path.write_text(json.dumps({**data, "moves": ["a song" for _ in data["moves"]]}), encoding="utf-8")
    assert "move 1, 'a song', is not possible here" in stepped(path, "--quiet").output


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("group_model", "00", "can't be read as a story"),
        ("group_model", None, "can't be read as a story"),
        ("group_model", canon.encode(altered(GROUP, nodes=())).hex(), "the story's group makes no sense"),
        ("start", "in the middle", "no start 'in the middle' here"),
        ("format", 99, "is no story of format"),
        ("kind", "song", "is no story of format"),
    ],
)
def test_what_is_no_such_story_is_bad_input(
    key: str, value: object, told: str, planted: Planted, tmp_path: Path
) -> None:
    data = json.loads(planted.path.read_text(encoding="utf-8"))
    path = tmp_path / "story.json"
    path.write_text(json.dumps({**data, key: value}), encoding="utf-8")
    result = stepped(path)
    assert (result.exit_code, told in result.output) == (2, True), result.output


def test_times_and_groups_are_refused_of_a_story(planted: Planted) -> None:
    result = stepped(planted.path, "--from", "3s")
    assert (result.exit_code, "a story has moves" in result.output) == (2, True)


def test_a_story_that_ends_at_rest_is_told_to_its_last_move() -> None:
    found = [*steps(commissioned(GROUP, faults=1, orders=0), (0, AT_REST))]
    assert len(found) == 1
    assert found[0].breach == ""


def test_a_cut_file_is_no_story(tmp_path: Path) -> None:
    path = tmp_path / "story.json"
    path.write_text('{"kind": "otha story"', encoding="utf-8")
    with pytest.raises(EngineerError, match="can't be read as a story"):
        story_file.read(path)
