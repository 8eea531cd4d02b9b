"""A story in a file of its own: the group, the start and the moves, so that it can be stepped anywhere."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from otha.core import canon, codec
from otha.core.config import GroupConfig
from otha.core.errors import EngineerError
from otha.verify.around import Around
from otha.verify.story import Story
from otha.verify.subject import starts

KIND = "otha story"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFile:
    """What a file holds. `start`: which of the group's starts. `numbers`, `names`: the moves."""

    site: str
    site_digest: str
    version: str
    group: GroupConfig
    start: str
    faults: int
    orders: int
    numbers: tuple[int, ...]
    names: tuple[str, ...]
    breach: str
    rule: str

    def world(self) -> Around:
        """The world that the story starts from. Raises EngineerError when this version has no such start."""
        try:
            for name, world in starts(self.group, faults=self.faults, orders=self.orders):
                if name == self.start:
                    return world
        except (AttributeError, TypeError, LookupError) as error:
            # A model is decoded field by field; that it makes a group shows only when one is made of it.
            raise EngineerError(f"the story's group makes no sense: {error}", mend="write it anew") from error
        raise EngineerError(f"no start {self.start!r} here", mend="step it with the version that wrote it")


def write(path: Path, story: Story, group: GroupConfig, **of: str | int) -> None:
    """Write a story of `group`. `of`: site, site_digest, version, start, faults and orders, as in `StoryFile`.

    Raises OSError.
    """
    data = {
        "kind": KIND,
        "format": FORMAT,
        **of,
        "group": group.name,
        "group_model": canon.encode(group).hex(),
        "numbers": list(story.numbers),
        "moves": list(story.moves),
        "breach": story.breach,
        "rule": story.rule,
    }
    path.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def is_story(path: Path) -> bool:
    """Whether a file is meant as a story, and not as a recording."""
    try:
        with path.open("rb") as file:
            return file.read(1) == b"{"
    except OSError:
        return False


def read(path: Path) -> StoryFile:
    """The story in a file. Raises EngineerError for anything else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["kind"] != KIND or data["format"] != FORMAT:
            raise EngineerError(f"{path} is no story of format {FORMAT}", mend="otha verify --story writes one")
        group = codec.decode_state(bytes.fromhex(data["group_model"]))
        if not isinstance(group, GroupConfig):
            raise TypeError("no group")
        return StoryFile(
            site=str(data["site"]),
            site_digest=str(data["site_digest"]),
            version=str(data["version"]),
            group=group,
            start=str(data["start"]),
            faults=int(data["faults"]),
            orders=int(data["orders"]),
            numbers=tuple(int(each) for each in cast("list[int]", data["numbers"])),
            names=tuple(str(each) for each in cast("list[str]", data["moves"])),
            breach=str(data["breach"]),
            rule=str(data["rule"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, canon.CanonError) as error:
        what = f"{path} can't be read as a story: {error}"
        raise EngineerError(what, mend="otha verify --story writes one") from error
