"""How a changed site file differs from the recorded one, as the decisions see it, and what a recording can't answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from otha.core.altered import altered
from otha.core.config import GroupConfig, SiteConfig
from otha.core.errors import EngineerError
from otha.core.site_state import SiteState
from otha.core.supervision import Supervision

_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that the decisions read, as it was recorded and as the changed file has it; "-": it is not there."""

    at: str
    recorded: str
    changed: str

    def __str__(self) -> str:
        return f"{self.at}: {self.recorded} -> {self.changed}"


def changes(recorded: SiteConfig, changed: SiteConfig) -> tuple[Change, ...]:
    """Every difference of the two, in the order of the configuration."""
    return tuple(_differences("", recorded, changed))


def _differences(at: str, one: object, other: object) -> Iterator[Change]:
    if one == other:
        return
    if type(one) is type(other) and hasattr(one, "__dataclass_fields__"):
        for name in one.__dataclass_fields__:
            yield from _differences(f"{at}.{name}" if at else name, getattr(one, name), getattr(other, name))
    elif isinstance(one, tuple) and isinstance(other, tuple) and _named(one) and _named(other):
        before, after = {_name(each): each for each in one}, {_name(each): each for each in other}
        for name in dict.fromkeys((*before, *after)):
            yield from _differences(f"{at}.{name}", before.get(name), after.get(name))
    else:
        yield Change(at=at, recorded=_shown(at, one), changed=_shown(at, other))


def _named(items: tuple[object, ...]) -> bool:
    return all(hasattr(each, "name") for each in items)


def _name(item: object) -> str:
    return str(getattr(item, "name", ""))


def _shown(at: str, value: object) -> str:
    match value:
        case None:
            return "-"
        case Enum():
            return str(value.value)
        case bool():
            return "yes" if value else "no"
        case int() if at.endswith("_ns"):
            return f"{value / _MS:g} ms"
        case tuple():
            return f"[{', '.join(_shown('', each) for each in value)}]"
        case _ if hasattr(value, "__dataclass_fields__"):
            parts = (_shown(name, getattr(value, name)) for name in value.__dataclass_fields__)
            return f"{type(value).__name__}({', '.join(parts)})"
        case _:
            return str(value)


def check(recorded: SiteConfig, changed: SiteConfig) -> None:
    """Raises EngineerError that names all for which the recording has no honest answer: what the changed file lacks,
    what it asks for that was never recorded, and what is asked otherwise."""
    found = [
        *_other("site", recorded.name, changed.name),
        *_other("supervisor", recorded.supervisor, changed.supervisor),
        *_lists(recorded, changed),
        *_groups(recorded, changed),
    ]
    if found:
        raise EngineerError(
            f"the recording can't answer for this site file: {'; '.join(found)}",
            mend="change only how it is decided: hold-offs, confirmation, misses, arming, interlocks on recorded tags",
        )


def _other(what: str, one: object, other: object) -> list[str]:
    return [] if one == other else [f"{what} {one} would be {other}"]


def _lists(recorded: SiteConfig, changed: SiteConfig) -> Iterator[str]:
    """Channels must be the same and as fast; of tags and reference points some may be left out."""
    channels = {each.name: each for each in recorded.channels}
    others = {each.name: each for each in changed.channels}
    if lacking := [name for name in channels if name not in others]:
        yield f"inputs came on channels that the file lacks: {', '.join(lacking)}"
    if unheard := [name for name in others if name not in channels]:
        yield f"nothing was recorded of channels: {', '.join(unheard)}"
    for name, other in others.items():
        one = channels.get(name)
        if one is not None and (one.node, one.period_ns, one.deadline_ns) != (
            other.node,
            other.period_ns,
            other.deadline_ns,
        ):
            yield f"channel {name} was heard with another period or deadline"
    tags = {each.name: each.source for each in recorded.tags}
    if unread := [each.name for each in changed.tags if tags.get(each.name) != each.source]:
        yield f"nothing was recorded of tags: {', '.join(unread)}"
    references = {each.name: (each.period_ns, each.deadline_ns) for each in recorded.references}
    if unasked := [e.name for e in changed.references if references.get(e.name) != (e.period_ns, e.deadline_ns)]:
        yield f"nothing was recorded of reference points, or at another pace: {', '.join(unasked)}"


def _groups(recorded: SiteConfig, changed: SiteConfig) -> Iterator[str]:
    groups = {each.name: each for each in recorded.groups}
    others = {each.name: each for each in changed.groups}
    if lacking := [name for name in groups if name not in others]:
        yield f"inputs speak of groups that the file lacks: {', '.join(lacking)}"
    if unheard := [name for name in others if name not in groups]:
        yield f"nothing was recorded of groups: {', '.join(unheard)}"
    for name, other in others.items():
        if (one := groups.get(name)) is not None:
            yield from (f"group {name}: {what}" for what in _group(one, other))


def _group(one: GroupConfig, other: GroupConfig) -> Iterator[str]:
    yield from _other("its kind", one.kind.value, other.kind.value)
    yield from _other("its authority", one.authority.value, other.authority.value)
    yield from _other("its nodes", *(_numbered(each) for each in (one, other)))
    yield from _other("its selectors", *(", ".join(s.name for s in each.selectors) for each in (one, other)))
    yield from _other("its tracked tags", *(", ".join(t.name for t in each.tracked) for each in (one, other)))
    yield from _other("its target", one.section or "none", other.section or "none")
    if one.gate is None or other.gate is None:
        return
    for what in ("hold_max_ns", "owner_watchdog_ns", "scan_ns", "outputs"):
        yield from (
            f"the recorded gate had another {what}" for _ in _other("", *(getattr(e.gate, what) for e in (one, other)))
        )


def _numbered(group: GroupConfig) -> str:
    return ", ".join(f"{node.name} (number {node.number})" for node in group.nodes)


def begun(snapshot: bytes, changed: SiteConfig) -> Supervision:
    """The supervision of the changed site in the state of a recorded one.

    At the start of a run nothing is known, and it is a start too. Later on all that is known is taken over, as if the
    file had been so before and nothing had come of it. Raises EngineerError where what is known has no place in the
    changed site.
    """
    cfg, state = SiteState.restore(snapshot)
    settles = (
        (g.settle_until - group.timing.settle_ns)
        for group, g in zip(cfg.groups, state.groups, strict=True)
        if g.settle_until is not None
    )
    start = next(settles, None)
    if start is not None and Supervision(cfg, start).snapshot() == snapshot:
        return Supervision(changed, start)
    if _listed(cfg) != _listed(changed):
        raise EngineerError(
            "the recording does not begin with a start of OTHA, and the file lists other conditions, machine states, "
            "tags or reference points",
            mend="replay a recording from the run's first segment on, or change values alone",
        )
    state.groups = [
        g if g.arming_ordered or before.arming is after.arming else altered(g, arming=after.arming)
        for g, before, after in zip(state.groups, cfg.groups, changed.groups, strict=True)
    ]
    return Supervision.restore(state.snapshot(changed))


def _listed(cfg: SiteConfig) -> tuple[object, ...]:
    """What has a place in the state."""
    groups = tuple(
        (
            each.name,
            tuple(condition.name for condition in each.conditions),
            () if each.machine is None else tuple(state.name for state in each.machine.states),
        )
        for each in cfg.groups
    )
    alarms = tuple((each.group, each.listed.code) for each in cfg.plant_alarms)
    return groups, alarms, tuple(each.name for each in cfg.tags), tuple(each.name for each in cfg.references)
