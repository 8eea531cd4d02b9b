"""What the simulated plant takes over from the site file, so that both can't disagree: gate, times, tag addresses.

The site file itself is judged by OTHA. Here only what a PLC program would be built with is read, and refused when this
plant can't be built so.
"""

import tomllib
from collections.abc import Mapping
from typing import Any

from sim.errors import UsageError
from sim.plant import NODES, OUTPUTS, TAGS

_TIMES = ("scan_ms", "owner_watchdog_ms", "hold_max_ms", "status_base", "command_base", "frame_base")


def settings(text: str) -> dict[str, Any]:
    """Arguments for `Plant` found in a site file's text. Raises UsageError for what this plant can't be."""
    try:
        site = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the site file is no TOML: {error}", mend="`otha check` shows where") from error
    sections = site.get("section", {})
    if len(sections) > 1:
        raise UsageError("this plant has one PLC section", mend="describe one [section.…] only")
    found: dict[str, Any] = {}
    for section in sections.values():
        found |= {key: section[key] for key in _TIMES if key in section}
        if "outputs" in section:
            found["tolerance"] = _tolerances(section["outputs"])
    found["tags"] = TAGS | _addresses(site.get("tag", {}))
    for name, node in site.get("node", {}).items():
        if NODES.get(name) != node.get("number"):
            known = ", ".join(f"{known} = {number}" for known, number in NODES.items())
            raise UsageError(f"this plant has no node {name} with number {node.get('number')}", mend=f"it has {known}")
    return found


def _tolerances(outputs: list[Mapping[str, Any]]) -> tuple[int, ...]:
    if len(outputs) != OUTPUTS:
        raise UsageError(f"this plant has {OUTPUTS} outputs, the site file {len(outputs)}", mend="describe them all")
    return tuple(round(output["tolerance_pct"] * 100) for output in outputs)


def _addresses(tags: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    found = {}
    for name, tag in tags.items():
        if "section" not in tag:
            continue
        if name not in TAGS:
            raise UsageError(f"this plant has no tag {name!r}", mend=f"it has {', '.join(TAGS)}")
        found[name] = tag["address"]
    return found
