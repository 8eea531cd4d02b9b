"""The site file that is supervised, as `Configuration` answers. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Said = Mapping[str, str]
"""What is said of one node: values by their keys, as "channels.lan_1.endpoint"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFile:
    """`path`: where it stands. `text_hash`: of the text as it was taken, `disk_hash`: of the file as it is now, empty:
    it can't be read. `said_hash`: of what it says. `nodes`: what it says of each node."""

    path: str
    text_hash: str
    said_hash: str
    disk_hash: str
    nodes: Mapping[str, Said] = field(default_factory=dict)


def told(outputs: Sequence[Any]) -> SiteFile | None:  # Any: texts
    """The site file from the answer's outputs; None where they are others, as another version of OTHA may answer."""
    if len(outputs) != 6:
        return None
    path, _, text_hash, said_hash, disk_hash, nodes = map(str, outputs)
    try:
        said = json.loads(nodes)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not all(isinstance(each, dict) for each in said.values()):
        return None
    said = {name: {key: str(value) for key, value in each.items()} for name, each in said.items()}
    return SiteFile(path=path, text_hash=text_hash, said_hash=said_hash, disk_hash=disk_hash, nodes=said)
