"""What a site file says of each node, as `Configuration` tells it. Pure."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from otha.interface.values import as_text

Said = Mapping[str, str]
"""What is said of one node: values by their keys, as "channels.lan_1.endpoint"."""


def nodes_of(text: str) -> Mapping[str, Said]:
    """What is said of each node, by its name; nothing where the text can't be read."""
    try:
        told = tomllib.loads(text).get("node")
    except tomllib.TOMLDecodeError:
        return {}
    if not isinstance(told, dict):
        return {}
    return {name: dict(_flat("", said)) for name, said in told.items() if isinstance(said, dict)}


@lru_cache(maxsize=1)
def as_answered(text: str) -> str:
    """The same as JSON. The newest is kept: a large site's text takes a tenth of a second to read, stays the same until
    another one is applied, and a station that shows it asks every second."""
    return as_text(nodes_of(text))


def _flat(key: str, value: Any) -> Iterator[tuple[str, str]]:  # Any: TOML
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _flat(f"{key}.{name}" if key else name, each)
    elif isinstance(value, list):
        yield key, ", ".join(str(each) for each in value)
    elif isinstance(value, bool):
        yield key, str(value).lower()
    else:
        yield key, str(value)
