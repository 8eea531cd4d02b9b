"""How a site differs from another: in the words of the file, and in what that means for groups, devices and bounds."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from otha.core import site_swap
from otha.core.reasons import Block, Blocker
from otha.core.words import Arming
from otha.site.asked import Asked, Name, asked, swapped
from otha.site.cost import DeviceCost, devices
from otha.site.model import Site
from otha.site.profile import Profile

_NAMING_KEYS = ("name", "node", "tag")  # by which the tables of a list are told from each other


@dataclass(frozen=True, slots=True, kw_only=True)
class WordChange:
    """A key of the file. `before` or `after` None: it is not there. Values as they are written in TOML."""

    at: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberChange:
    """A figure of `name`; None: it is not there."""

    name: str
    what: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmingChange:
    """How far OTHA may act in a group now, and after the change (None: the group is not there)."""

    group: str
    before: Arming | None
    after: Arming | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`words` and `profiles` say what was written otherwise; the rest, what it does.

    Of the groups, those that `begin` are new, those that begin `anew` settle as after a start, those that `end` are
    supervised no more; all others go on undisturbed. `added`, `removed`, `otherwise`: devices and tags that are asked
    for the first time, no more, or otherwise. `bounds` in nanoseconds, `costs` as in `otha.site.cost`.
    """

    words: tuple[WordChange, ...]
    profiles: tuple[str, ...]
    begin: tuple[str, ...]
    anew: tuple[str, ...]
    end: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    otherwise: tuple[str, ...]
    arming: tuple[ArmingChange, ...]
    bounds: tuple[NumberChange, ...]
    costs: tuple[NumberChange, ...]

    @property
    def is_empty(self) -> bool:
        """Nothing was written otherwise, in the file or in a profile."""
        return not (self.words or self.profiles or self.otherwise)


def difference(old: Site, new: Site, arming: Mapping[str, Arming]) -> Difference:
    """From `old`, which is supervised now, to `new`. `arming`: of each group of `old`, as it stands now."""
    given = swapped(old, new)
    present = {group.name: group for group in old.core.groups}
    begun = site_swap.begun(old.core, given)
    end = site_swap.ended(old.core, given)
    before, after = asked(old), asked(new)
    return Difference(
        words=tuple(word_changes(old.text, new.text)),
        profiles=tuple(_profiles(old, new)),
        begin=tuple(name for name in begun if name not in present),
        anew=tuple(name for name in begun if name in present),
        end=end,
        added=tuple(_shown(name) for name in after if name not in before and _is_shown(name)),
        removed=tuple(_shown(name) for name in before if name not in after and _is_shown(name)),
        otherwise=tuple(
            _shown(name) for name, manner in after.items() if before.get(name, manner) != manner and _is_shown(name)
        ),
        arming=tuple(_arming(old, new, begun, end, arming)),
        bounds=tuple(_changes(_bounds(old), _bounds(new))),
        costs=tuple(_changes(_costs(old), _costs(new))),
    )


def restart_needed(old: Site, new: Site) -> tuple[Blocker, ...]:
    """What of the change a running supervisor can't make: where it keeps its state, whether the plant is real, and what
    others see of it."""
    found = []
    if old.state_dir != new.state_dir:
        found.append(f"the state directory would be {new.state_dir}")
    if old.simulation != new.simulation:
        found.append(f"site.simulation would be {'true' if new.simulation else 'false'}")
    if old.interface != new.interface:
        found.append("[interface] would be another")
    if old.metrics != new.metrics:
        found.append("[metrics] would be another")
    if old.syslog != new.syslog:
        found.append("[syslog] would be another")
    if old.retention != new.retention:
        found.append("[journal] would be another")
    return tuple(Blocker(block=Block.RESTART_NEEDED, detail=detail) for detail in found)


# --- in the words of the file ---


def word_changes(old: str, new: str) -> Iterator[WordChange]:
    """Every key that two site files do not have in common, or not with the same value, in the order of the new one."""
    before, after = dict(_keys(tomllib.loads(old), "")), dict(_keys(tomllib.loads(new), ""))
    for at in [*after, *(at for at in before if at not in after)]:
        if before.get(at) != after.get(at):
            yield WordChange(at=at, before=before.get(at), after=after.get(at))


def _keys(value: Any, at: str) -> Iterator[tuple[str, str]]:  # Any: what TOML holds
    match value:
        case dict() if value:
            for key, item in value.items():
                yield from _keys(item, f"{at}.{key}" if at else str(key))
        case [dict(), *_]:
            for index, item in enumerate(value):
                yield from _keys(item, f"{at}[{_told_by(value, index)}]")
        case _:
            yield at, _written(value)


def _told_by(tables: list[Any], index: int) -> str:
    """By what a table of a list is known: its name if it has one of its own, else its place."""
    for key in _NAMING_KEYS:
        names = [table.get(key) if isinstance(table, dict) else None for table in tables]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return str(names[index])
    return str(index + 1)


def _written(value: Any) -> str:  # Any: what TOML holds
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return "[" + ", ".join(_written(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key} = {_written(item)}" for key, item in value.items()) + "}"
        case _:
            return str(value)


def _profiles(old: Site, new: Site) -> Iterator[str]:
    """Profiles of the same name that say something else now."""
    before = _profiles_of(old)
    for name, profile in _profiles_of(new).items():
        if before.get(name, profile) != profile:
            yield name


def _profiles_of(site: Site) -> dict[str, Profile]:
    """Those that give their addresses themselves; what the site file adds to others is in its words."""
    found = [node.profile for node in site.nodes] + [reference.profile for reference in site.references]
    return {profile.name: profile for profile in found if not profile.open}


# --- what it does ---

_SHOWN = (Asked.NODE, Asked.SECTION, Asked.REFERENCE, Asked.TAG)


def _is_shown(name: Name) -> bool:
    return name[0] in _SHOWN


def _shown(name: Name) -> str:
    return f"{name[0].value} {name[1]}"


def _arming(
    old: Site, new: Site, begun: tuple[str, ...], end: tuple[str, ...], present: Mapping[str, Arming]
) -> Iterator[ArmingChange]:
    before = {group.name: group for group in old.core.groups}
    for group in new.core.groups:
        if group.name not in before:
            yield ArmingChange(group=group.name, before=None, after=group.arming)
        elif group.name in begun:
            now = present[group.name]
            after = site_swap.arming_after(before[group.name], group, now)
            if after is not now:
                yield ArmingChange(group=group.name, before=now, after=after)
    for name in end:
        yield ArmingChange(group=name, before=present[name], after=None)


def _changes(before: dict[tuple[str, str], int], after: dict[tuple[str, str], int]) -> Iterator[NumberChange]:
    for name, what in [*after, *(each for each in before if each not in after)]:
        was, is_ = before.get((name, what)), after.get((name, what))
        if was != is_:
            yield NumberChange(name=name, what=what, before=was, after=is_)


def _bounds(site: Site) -> dict[tuple[str, str], int]:
    """The worst cases of each group."""
    found = {}
    for timing in site.timings:
        found[timing.group, "detection"] = timing.failover.terms[0].ns
        found[timing.group, "failover"] = timing.failover.ns
        found[timing.group, "switchover"] = timing.transfer.ns
    return found


def _costs(site: Site) -> dict[tuple[str, str], int]:
    """What OTHA costs each device and each serial line."""
    found: dict[tuple[str, str], int] = {}
    for device in devices(site):
        name = f"{device.table} {device.name}"
        found[name, "connections"] = device.connections
        found[name, "requests in 100 s"] = _requests(device)
    for load in site.lines:
        found[str(load.line), "1/1000 of its time"] = load.permille
    return found


def _requests(device: DeviceCost) -> int:
    return sum(cost.reads_per_100s for cost in device.endpoints)
