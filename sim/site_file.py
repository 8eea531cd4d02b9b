"""What the simulated plant takes over from the site file, so that both can't disagree: gate, times, tag addresses.

The site file itself is judged by OTHA. Here only what a PLC program would be built with is read, and refused when this
plant can't be built so.
"""

import tomllib
from collections.abc import Mapping
from typing import Any

from sim import two_tanks, whole
from sim.errors import UsageError
from sim.hold_file import declared
from sim.kind import Kind
from sim.plant import HEADER_TAGS, NODES, PLC_SECTIONS, Header, field_tags
from sim.whole import Scope

_TIMES = ("scan_ms", "owner_watchdog_ms", "hold_max_ms", "status_base", "command_base", "frame_base")


def settings(text: str, scope: Scope = Scope.PAIR, kind: Kind = two_tanks.KIND) -> dict[str, Any]:
    """Arguments for `Plant` found in a site file's text. Raises UsageError for what this plant can't be."""
    try:
        site = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the site file is no TOML: {error}", mend="`otha check` shows where") from error
    sections = site.get("section", {})
    first, second = PLC_SECTIONS
    # A pair's section may be called as the engineer likes; two are told apart by their names.
    known = (first, second) if scope is Scope.WHOLE else tuple(sections)[:1]
    if unknown := [name for name in sections if name not in known]:
        raise UsageError(f"this plant has no PLC section {', '.join(unknown)}", mend=f"it has {', '.join(known)}")
    found: dict[str, Any] = {"kind": kind, "cycle_ms": kind.cycle_ms}
    header: dict[str, Any] = {}
    for name, section in sections.items():
        if name == second and scope is Scope.WHOLE:
            header = _section(section, outputs=2) | {"hold": declared(site, name)}
        else:
            found |= _section(section, outputs=len(kind.outputs)) | {"hold": declared(site, name)}
    shipped = field_tags(kind)
    tags = _addresses(site.get("tag", {}), shipped if scope is Scope.PAIR else shipped | HEADER_TAGS)
    found["tags"] = shipped | {name: address for name, address in tags.items() if name in shipped}
    if scope is Scope.WHOLE:
        if header.pop("scan_ms", None) != found.get("scan_ms"):
            raise UsageError("both sections of the PLC run in one scan", mend="give both the same scan_ms")
        header["tags"] = HEADER_TAGS | {name: address for name, address in tags.items() if name in HEADER_TAGS}
        found["header"] = Header(**header)
    if found.setdefault("scan_ms", kind.scan_ms) != kind.scan_ms:
        raise UsageError(f"a {kind.name} goes by scans of {kind.scan_ms} ms", mend=f"scan_ms = {kind.scan_ms}")
    _numbers(site.get("node", {}), scope)
    return found


def _section(section: Mapping[str, Any], *, outputs: int) -> dict[str, Any]:
    found = {key: section[key] for key in _TIMES if key in section}
    if "outputs" in section:
        if (count := len(section["outputs"])) != outputs:
            raise UsageError(f"this section has {outputs} outputs, the site file {count}", mend="describe them all")
        found["tolerance"] = tuple(round(output.get("tolerance_pct", 0) * 100) for output in section["outputs"])
    return found


def _numbers(nodes: Mapping[str, Mapping[str, Any]], scope: Scope) -> None:
    has = NODES if scope is Scope.PAIR else NODES | whole.NUMBERS
    for name, node in nodes.items():
        if has.get(name) != node.get("number"):
            known = ", ".join(f"{known} = {number}" for known, number in has.items())
            raise UsageError(f"this plant has no node {name} with number {node.get('number')}", mend=f"it has {known}")


def _addresses(tags: Mapping[str, Mapping[str, Any]], has: Mapping[str, int]) -> dict[str, int]:
    found = {}
    for name, tag in tags.items():
        if "section" not in tag:
            continue
        if name not in has:
            raise UsageError(f"this plant has no tag {name!r}", mend=f"it has {', '.join(has)}")
        found[name] = tag["address"]
    return found
