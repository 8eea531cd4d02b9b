"""What a site file says of each node, as `Configuration` tells it. Pure."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

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
