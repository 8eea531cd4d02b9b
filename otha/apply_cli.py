"""`otha apply SITE.toml`: shows how a changed site file differs from what is supervised, and has it take its place.

Exit codes as of `otha`: 0 done, 1 refused, 2 bad input.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from otha.core.errors import EngineerError
from otha.report import sentence
from otha.wire.client import WireClient
from otha.wire.message import Obstacle, SiteLooked, to_json

_DONE, _REFUSED = 0, 1
_JUDGING_S = 120.0  # a large site on a busy machine; heartbeats go first
_ABSENT = "-"

Json = dict[str, Any]  # Any: JSON


def run(
    path: Path, socket: Path, *, look_only: bool, yes: bool, order_id: str, comment: str, as_json: bool
) -> tuple[int, Json]:
    """Look, show, ask, apply; the exit code, and all of it as JSON.

    Raises EngineerError where a person would have to be asked and none is there, and the client's errors.
    """
    if not (look_only or yes or (sys.stdin.isatty() and not as_json)):
        raise EngineerError("nobody is there to be asked", mend="give --yes to apply it, or --dry-run to look only")
    with WireClient(socket, timeout_s=_JUDGING_S) as client:
        looked = client.look(path)
        told = {**_plain(looked), "accepted": None, "durable": None}
        if not as_json:
            sys.stdout.write("".join(f"{line}\n" for line in difference_lines(looked, path)))
        if look_only or _is_the_same(looked):
            return _DONE, told
        if looked.obstacles:
            return _REFUSED, told
        if not yes and not typer.confirm("Apply it?"):
            return _REFUSED, told
        reply = client.apply(order_id, path, looked, comment)
    told |= {name: value for name, value in to_json(reply).items() if name != "kind"}
    if not as_json:
        sys.stdout.write("".join(f"{line}\n" for line in _outcome_lines(reply.accepted, reply.obstacles, path)))
    if not reply.durable:
        sys.stderr.write("the journal's disk has not taken this answer yet; a crash now would lose the record of it\n")
    return _DONE if reply.accepted else _REFUSED, told


def _plain(looked: SiteLooked) -> Json:
    return {name: value for name, value in to_json(looked).items() if name != "kind"}


def _is_the_same(looked: SiteLooked) -> bool:
    found = looked.difference
    return not (found["words"] or found["profiles"] or found["otherwise"]) and looked.from_hash == looked.to_hash


def difference_lines(looked: SiteLooked, path: Path) -> Iterator[str]:
    """What a person reads before deciding."""
    found = looked.difference
    if _is_the_same(looked):
        yield f"{path.name}: nothing differs from what is supervised"
        return
    yield f"{path.name} against the supervised site ({looked.from_hash[:12]} -> {looked.to_hash[:12]})"
    yield from _word_lines(found)
    yield from _group_lines(found)
    for change in found["bounds"]:
        yield f"  {change['name']}: worst-case {change['what']} {_ms(change['before'])} -> {_ms(change['after'])}"
    for change in found["costs"]:
        yield f"  {change['name']}: {change['what']} {_number(change['before'])} -> {_number(change['after'])}"
    if looked.file != str(path.absolute()):
        yield f"  otha run was given {looked.file}: the next start takes that file, not this one"
    if looked.obstacles:
        yield "It can't be applied now:"
        yield from _obstacle_lines(looked.obstacles)


def _word_lines(found: Json) -> Iterator[str]:
    for change in found["words"]:
        if change["before"] is None:
            yield f"+ {change['at']} = {change['after']}"
        elif change["after"] is None:
            yield f"- {change['at']} = {change['before']}"
        else:
            yield f"  {change['at']}: {change['before']} -> {change['after']}"
    if found["left_off"]:
        yield f"  and {found['left_off']} keys more"
    for name in found["profiles"]:
        yield f"  profile {name} says something else"


def _group_lines(found: Json) -> Iterator[str]:
    for sign, key in (("+", "added"), ("-", "removed")):
        for name in found[key]:
            yield f"{sign} {name}"
    for name in found["otherwise"]:
        yield f"  {name}: asked otherwise, over new connections"
    for name in found["begin"]:
        yield f"+ group {name} begins: it adopts who drives if all agree"
    for name in found["anew"]:
        yield f"  group {name} begins anew, as after a start: it adopts who drives if all agree; bypasses end"
    for name in found["end"]:
        yield f"- group {name} is supervised no more; its gate stays as it is"
    for change in found["arming"]:
        yield f"  group {change['group']}: arming {change['before'] or _ABSENT} -> {change['after'] or _ABSENT}"
    if not (found["begin"] or found["anew"] or found["end"]):
        yield "  every group goes on undisturbed"


def _outcome_lines(accepted: bool, obstacles: tuple[Obstacle, ...], path: Path) -> Iterator[str]:
    if accepted:
        yield f"applied: {path.name} is supervised now"
        return
    yield "refused, nothing was changed:"
    yield from _obstacle_lines(obstacles)


def _obstacle_lines(obstacles: tuple[Obstacle, ...]) -> Iterator[str]:
    for each in obstacles:
        yield f"  {sentence.of_block(each.block)}{f': {each.detail}' if each.detail else ''} ({each.rule})"


def _ms(ns: int | None) -> str:
    return _ABSENT if ns is None else f"{ns / 1_000_000:.0f} ms"


def _number(value: int | None) -> str:
    return _ABSENT if value is None else str(value)
