"""What `otha replay` prints of a story that `otha verify --story` wrote: move by move, with state and reasons."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from otha.core.errors import InvariantBreachError
from otha.core.group.state import GroupState
from otha.replay_cli import FAILED, asked, say, state_line, stood_lines
from otha.report import sentence
from otha.verify.around import Around
from otha.verify.explanation import plain, state_told, stood, waits_for
from otha.verify.explore import rest
from otha.verify.redirect_world import RedirectWorld
from otha.verify.story import MoveNotOfferedError, Step, steps
from otha.verify.story_file import StoryFile, is_story, read
from otha.verify.world import World

__all__ = ["is_story", "run"]

Json = dict[str, Any]  # Any: JSON
_MS = 1_000_000


def run(path: Path, *, why: bool, quiet: bool, as_json: bool) -> int:
    """Step a story: 0 when it breaks the same rule here, 1 when it does not.

    Raises EngineerError for a file that is no story, or whose start this version does not know.
    """
    told = read(path)
    start = told.world()
    if not (quiet or as_json):
        for line in _head(told, start, why=why):
            say(line)
    taken: list[Json] = []
    breach, last, stuck = "", start, ""
    try:
        for number, step in enumerate(steps(start, told.numbers, told.names), 1):
            taken.append(_data(number, step, why=why))
            breach, last = step.breach, step.after or last
            if not (quiet or as_json):
                for line in _lines(number, step, why=why):
                    say(line)
    except MoveNotOfferedError as error:
        stuck = error.what
    breach = breach or ("" if stuck else _at_rest(told, last))
    same = breach == told.breach
    if as_json:
        said = {"site": told.site, "group": told.group.name, "start": told.start, "version": told.version}
        say(
            json.dumps(
                {**said, "moves": taken, "breach": breach, "stuck": stuck, "same": same}, indent=2, sort_keys=True
            )
        )
    else:
        for line in _verdict(told, breach, stuck, same=same):
            say(line)
    return 0 if same else FAILED


def _at_rest(told: StoryFile, last: Around) -> str:
    """What is wrong with the world that a story ends in, where no move of it breaks a rule."""
    if len(told.numbers) == len(told.names):
        return ""
    try:
        rest(last)
    except InvariantBreachError as breach:
        return breach.what
    # That no way leads out of a circle is seen of all worlds together, and not of one.
    return told.breach if told.rule == "L4" else ""


def _verdict(told: StoryFile, breach: str, stuck: str, *, same: bool) -> list[str]:
    if same:
        return [f"BREACH {breach}"]
    found = f"it breaks another one: {breach}" if breach else stuck or "nothing is broken by these moves"
    return [f"NOT AS WRITTEN: the story ends with {told.breach}; here {found}"]


def _head(told: StoryFile, start: Around, *, why: bool) -> list[str]:
    said = [f"{told.site}, group {told.group.name}: {told.start}; up to {told.faults} faults and {told.orders} orders"]
    if told.version != version("otha"):
        said.append(f"written by OTHA {told.version}, stepped by {version('otha')}")
    return said + ([f"     {line}" for line in _world(start)] if why else [])


def _lines(number: int, step: Step, *, why: bool) -> list[str]:
    told = step.told
    said = [f"{number:3d}  {told.at_ns / _MS:10.1f} ms  {told.move}"]
    said += [f"{'':19}{sentence.of_reason(reason)}" for reason in told.reasons]
    said += [f"{'':19}asks {asked(each)}; {waits_for(each.needs)} ({each.needs.value})" for each in told.asked]
    if why and step.after is not None:
        w = step.after
        said += [f"     {line}" for line in _world(w)]
        found = stood(w.cfg, step.before.g, w.g, w.shared, w.now)
        said += [f"     {line}" for line in stood_lines(found)] if w.g != step.before.g else []
    return said


def _world(w: Around) -> list[str]:
    """What OTHA knows, and beside it what really is."""
    bodies = ", ".join(
        f"{node.name} {'works' if body.works else 'does not work'}{'' if body.seen else ', unseen'}"
        for node, body in zip(w.cfg.nodes, w.bodies, strict=True)
    )
    store = "no record" if w.store is None else f"record epoch {w.store.epoch}, active {w.store.active or '-'}"
    said = [f"OTHA: {state_line(state_told(w.g, w.now))}", f"plant: {bodies}; {store}; interlock {w.interlock.value}"]
    if isinstance(w, World):
        gate = w.gate
        armed = ", armed" if gate.armed else ""
        said.append(f"gate: {gate.state.name}, owner {gate.owner or '-'}, epoch {gate.epoch}{armed}")
    elif isinstance(w, RedirectWorld):
        said += [
            f"client {cfg.name}: uses {each.node or 'nobody'}, epoch {each.epoch}"
            for cfg, each in zip(w.cfg.selectors, w.clients, strict=True)
        ]
    flying = [asked(each) for each in w.flying]
    if flying:
        said.append(f"on the way: {'; '.join(flying)}")
    if w.late:
        said.append(f"given up, may still arrive: {'; '.join(type(each).__name__ for each in w.late)}")
    return said


def _data(number: int, step: Step, *, why: bool) -> Json:
    told = step.told
    data: Json = {
        "number": number,
        "at_ns": told.at_ns,
        "move": told.move,
        "reasons": [sentence.of_reason(reason) for reason in told.reasons],
        "asked": [asked(each) for each in told.asked],
        "breach": step.breach,
    }
    if why and step.after is not None:
        data["state"] = _state(step.after.g)
        data["stood"] = stood(step.after.cfg, step.before.g, step.after.g, step.after.shared, step.after.now)
    return data


def _state(g: GroupState) -> Json:
    state: Json = plain(g)
    return state
