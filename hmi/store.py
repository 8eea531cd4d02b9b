"""The newest reading of every variable, and the frozen views that are made of them: of a changed object alone."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Final, TypeVar, cast

from hmi.model import (
    AlarmView,
    ChannelView,
    ClientView,
    ConditionView,
    EventView,
    FailbackView,
    GateView,
    GroupView,
    MachineView,
    NodeView,
    Priority,
    Quality,
    RequestView,
    SelectionView,
    SiteView,
    Snapshot,
    Stamp,
    TransferView,
    urgency,
)
from otha import names

_View = TypeVar("_View")
Value = bool | int | str | list[str] | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One value as it came. `at_ms`: when the supervisor saw it, since 1970 UTC."""

    value: Value
    quality: Quality
    at_ms: int


@dataclass(slots=True, kw_only=True)
class Owner:
    """One object of the interface: its NodeId's text, its type there, its name, and the group that it belongs to.

    `said`: what a group's picture said of it last. `flat`: the view of a group's own readings alone."""

    id: str
    type: str
    name: str
    group: str = ""
    readings: dict[str, Reading] = field(default_factory=dict)
    view: Any = None  # Any: the view of its type
    flat: Any = None  # Any: as above
    said: Any = None  # Any: JSON
    worth: Quality = Quality.BAD
    dirty: bool = True


VARIABLES: Final[Mapping[str, Sequence[names.Variable]]] = {
    "SiteType": names.SITE_VARIABLES,
    "GroupType": names.GROUP_VARIABLES,
    "NodeType": names.NODE_VARIABLES,
    "InterlockType": names.CONDITION_VARIABLES,
    "ClientType": names.CLIENT_VARIABLES,
    "ChannelType": names.CHANNEL_VARIABLES,
    "AlarmType": names.ALARM_VARIABLES,
}
"""The variables of each type of object, as the interface calls the types."""
_FLAT: Final[Mapping[str, type]] = {
    "SiteType": SiteView,
    "NodeType": NodeView,
    "InterlockType": ConditionView,
    "ClientType": ClientView,
    "ChannelType": ChannelView,
    "AlarmType": AlarmView,
    "GroupType": GroupView,
}
_SECTIONS: Final[tuple[tuple[str, str, Callable[[str, str], str]], ...]] = (
    ("Nodes", "NodeType", names.node_id),
    ("Conditions", "InterlockType", names.condition_id),
    ("Clients", "ClientType", names.client_id),
    ("Channels", "ChannelType", lambda _group, channel: names.channel_id(channel)),
)
_OTHER_NAMES: Final = {"klass": "Class"}
_NOT_SET: Final = -1  # what the interface gives for a time that there is none of
_PARTS: Final = (
    ("transfer", TransferView, "Transfer", "TransferKind"),
    ("gate", GateView, "Gate", "GateState"),
    ("machine", MachineView, "Machine", "MachineState"),
    ("failback", FailbackView, "Failback", "FailbackTo"),
    ("selection", SelectionView, "", "SelectedBy"),
    ("request", RequestView, "Request", "RequestOrder"),
)
_PART_NAMES: Final = {
    "from_node": "TransferFrom",
    ("failback", "to_node"): "FailbackTo",
    ("transfer", "to_node"): "TransferTo",
    ("selection", "by"): "SelectedBy",
    ("selection", "to_node"): "SelectedTo",
    ("selection", "left_ms"): "SelectionLeftMs",
}


def camel(name: str) -> str:
    """The interface's name of a field: `hold_left_ms` is HoldLeftMs."""
    return _OTHER_NAMES.get(name) or "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _part_name(part: str, prefix: str, name: str) -> str:
    special: Mapping[Any, str] = _PART_NAMES
    return special.get((part, name)) or special.get(name) or prefix + camel(name)


def _fields_of(kind: type, variables: Sequence[names.Variable]) -> dict[str, str]:
    """The field of a view for each variable that it has one for."""
    known = {each.name for each in variables}
    return {camel(each.name): each.name for each in fields(kind) if camel(each.name) in known}


_FIELDS: Final = {type_: _fields_of(kind, VARIABLES[type_]) for type_, kind in _FLAT.items()}
_IN_PARTS: Final = frozenset(
    _part_name(part, prefix, each.name) for part, kind, prefix, _ in _PARTS for each in fields(kind)
)
_MORE: Final = {
    type_: tuple(
        each.name
        for each in variables
        if each.name not in _FIELDS[type_]
        and not (type_ == "GroupType" and (each.name in _IN_PARTS or each.name == names.PICTURE))
    )
    for type_, variables in VARIABLES.items()
}


class Store:
    """Readings in, snapshots out. Belongs to one thread."""

    def __init__(self, owners: Iterable[Owner]) -> None:
        self.owners: dict[str, Owner] = {}
        self._alarm_events: dict[str, dict[str, Any]] = {}  # Any: fields of an event
        self._groups: list[Owner] = []
        self._channels: list[Owner] = []
        self._members: dict[str, list[Owner]] = {}
        self._pictured: dict[str, list[Owner]] = {}
        for each in owners:
            self.add(each)
        self._alarms: dict[str, AlarmView] = {}
        self._snapshot = Snapshot()
        self.changed = True

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self._groups)

    def add(self, owner: Owner) -> None:
        """There is such an object; a group before what belongs to it."""
        self.owners[owner.id] = owner
        if owner.type == "GroupType":
            self._groups.append(owner)
            self._members[owner.name] = []
        elif owner.type == "ChannelType":
            self._channels.append(owner)
        elif owner.type in ("NodeType", "InterlockType", "ClientType"):
            self._members[owner.group].append(owner)

    def take_picture(self, group: str, reading: Reading) -> None:
        """All of a group in one text has come. Of one that has none, or that can't be read, what was said last stays
        and is worth as little as this."""
        told = _picture(reading.value)
        if told is None:
            bad = Reading(None, max(reading.quality, Quality.UNCERTAIN), reading.at_ms)
            for each in self._pictured.get(group) or [self.owners[names.group_id(group)]]:
                self._say(each, each.said or {}, bad)
            return
        found = [self.owners[names.group_id(group)]]
        self._say(found[0], told["Group"], reading)
        for section, kind, id_of in _SECTIONS:
            for name, said in told[section].items():
                at = id_of(group, name)
                if at not in self.owners:
                    self.add(Owner(id=at, type=kind, name=name, group="" if kind == "ChannelType" else group))
                found.append(self.owners[at])
                self._say(found[-1], said, reading)
        self._pictured[group] = found

    def _say(self, owner: Owner, said: Mapping[str, Any], reading: Reading) -> None:  # Any: JSON
        """Take what is said of an object, if it differs from what was said before."""
        worth = (said, reading.quality)
        if owner.said is not None and (owner.said, owner.worth) == worth:
            return
        owner.said, owner.worth = worth
        owner.readings = {
            each.name: Reading(said.get(each.name), reading.quality, reading.at_ms)
            for each in VARIABLES[owner.type]
            if each.name != names.PICTURE
        }
        owner.dirty = self.changed = True

    def take(self, owner: str, variable: str, reading: Reading) -> None:
        """A value has come."""
        found = self.owners.get(owner)
        if found is not None:
            found.readings[variable] = reading
            found.dirty = True
            self.changed = True

    def take_alarm_event(self, owner: str, told: Mapping[str, Any]) -> None:  # Any: as above
        """An alarm has told an event; its values are read after it."""
        self._alarm_events[owner] = dict(told)

    def alarm_read(self, owner: str) -> None:
        """All values of an alarm have been taken: show it, or forget it if it is normal."""
        found = self.owners[owner]
        told = self._alarm_events.get(owner, {})
        view = self._flat(found, AlarmView)
        self.changed = True
        if view.state == "normal":
            self._alarms.pop(owner, None)
            return
        self._alarms[owner] = replace(
            view,
            group=found.group,
            owner=found.group or str(told.get("SourceName") or ""),
            code=found.name,
            event_id=bytes(told.get("EventId") or b""),
            at_ms=int(told.get("at_ms") or view.stamp.at_ms),
            message=str(told.get("Message") or ""),
            comment=str(told.get("Comment") or ""),
        )

    def forget_alarms(self) -> None:
        """All alarms are told anew."""
        self._alarms.clear()
        self.changed = True

    def snapshot(self) -> Snapshot:
        """What is seen now."""
        if not self.changed:
            return self._snapshot
        self.changed = False
        site = next((each for each in self.owners.values() if each.type == "SiteType"), None)
        channels = {each.name: self._view(each, self._channel) for each in self._channels}
        by_node: dict[str, list[ChannelView]] = {}
        for channel in channels.values():
            by_node.setdefault(channel.node, []).append(channel)
        moved = {each.node for each in self._moved(channels)}
        self._snapshot = Snapshot(
            site=SiteView() if site is None else self._view(site, lambda each: self._flat(each, SiteView)),
            groups={each.name: self._group(each, by_node, moved) for each in self._groups},
            channels=channels,
            alarms=tuple(sorted(self._alarms.values(), key=urgency)),
        )
        return self._snapshot

    def _moved(self, channels: Mapping[str, ChannelView]) -> Iterable[ChannelView]:
        before = self._snapshot.channels
        return (each for name, each in channels.items() if before.get(name) is not each)

    def _view(self, owner: Owner, make: Callable[[Owner], _View]) -> _View:
        if owner.dirty or owner.view is None:
            owner.view, owner.dirty = make(owner), False
        return cast(_View, owner.view)

    def _channel(self, owner: Owner) -> ChannelView:
        return self._flat(owner, ChannelView, name=owner.name)

    def _group(self, owner: Owner, by_node: Mapping[str, list[ChannelView]], moved: set[str]) -> GroupView:
        members = self._members[owner.name]
        fresh = owner.dirty or owner.view is None or any(each.dirty or each.view is None for each in members)
        if not fresh and not any(each.name in moved for each in members if each.type == "NodeType"):
            return cast(GroupView, owner.view)
        nodes = tuple(self._member(each, NodeView) for each in members if each.type == "NodeType")
        if owner.dirty or owner.flat is None:
            parts: dict[str, Any] = {  # Any: a view of each part
                part: self._part(owner, part, kind, prefix, key) for part, kind, prefix, key in _PARTS
            }
            owner.flat = self._flat(owner, GroupView, name=owner.name, **parts)
        made: GroupView = replace(
            owner.flat,
            nodes=nodes,
            conditions=tuple(self._member(each, ConditionView) for each in members if each.type == "InterlockType"),
            clients=tuple(self._member(each, ClientView) for each in members if each.type == "ClientType"),
            channels=tuple(channel for node in nodes for channel in by_node.get(node.name, ())),
        )
        owner.view, owner.dirty = made, False
        return made

    def _member(self, owner: Owner, kind: type[_View]) -> _View:
        def make(each: Owner) -> _View:
            return self._flat(each, kind, group=each.group, name=each.name)

        return self._view(owner, make)

    @staticmethod
    def _flat(owner: Owner, kind: type[_View], **given: Any) -> _View:  # Any: what the fields take
        """A view of an owner's own readings, and of what is given."""
        quality, at_ms = Quality.GOOD if owner.readings else Quality.BAD, 0
        wanted = _FIELDS[owner.type]
        more: dict[str, Any] = {}
        for variable, reading in owner.readings.items():
            quality, at_ms = max(quality, reading.quality), max(at_ms, reading.at_ms)
            name = wanted.get(variable)
            if name is not None:
                given[name] = _as_field(kind, name, reading.value)
            elif variable in _MORE[owner.type]:
                more[variable] = _plain(reading.value)
        given["stamp"] = Stamp(quality=quality, at_ms=at_ms)
        given["more"] = more
        return kind(**(_REQUIRED[kind] | given))

    @staticmethod
    def _part(owner: Owner, part: str, kind: type[_View], prefix: str, key: str) -> _View | None:
        """A view of the readings that belong together; None when their key says that there is no such thing."""
        read = owner.readings
        if key not in read or not read[key].value:
            return None
        given = {}
        for each in fields(cast(Any, kind)):
            reading = read.get(_part_name(part, prefix, each.name))
            given[each.name] = _as_field(kind, each.name, None if reading is None else reading.value)
        return kind(**given)


_EMPTY: Final[Mapping[str, Any]] = {"str": "", "int": 0, "bool": False}


def _annotations(kind: type) -> dict[str, str]:
    return {
        each.name: each.type if isinstance(each.type, str) else getattr(each.type, "__name__", str(each.type))
        for each in fields(cast(Any, kind))
    }


_REQUIRED: Final[Mapping[type, dict[str, Any]]] = {  # Any: as above
    kind: {
        each.name: "" for each in fields(cast(Any, kind)) if each.default is MISSING and each.default_factory is MISSING
    }
    for kind in _FLAT.values()
}
_TYPES: Final = {kind: _annotations(kind) for kind in (*_FLAT.values(), *(kind for _, kind, _, _ in _PARTS))}


def _as_field(kind: type, name: str, value: Value) -> Any:  # Any: what the field takes
    wanted = _TYPES[kind][name]
    if wanted == "Priority":
        return priority(str(value or ""))
    if wanted.startswith("tuple"):
        return tuple(value) if isinstance(value, list) else ()
    if "None" in wanted:
        return None if value is None or value == _NOT_SET else value
    return _EMPTY.get(wanted) if value is None else value


def _picture(text: Value) -> Mapping[str, Any] | None:  # Any: JSON
    """A group's picture; None for what is none."""
    try:
        told = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    sections = ("Group", *(each for each, _, _ in _SECTIONS))
    if not isinstance(told, dict) or not all(isinstance(told.get(each), dict) for each in sections):
        return None
    return told


def _plain(value: Value) -> Any:  # Any: a hashable value
    return tuple(value) if isinstance(value, list) else value


def priority(word: str) -> Priority:
    """The priority that a word of the interface means; a word that is none is the most urgent, never hidden."""
    if not word:
        return Priority.LOW
    try:
        return Priority[word.upper()]
    except KeyError:
        return Priority.CRITICAL


def event_of(told: Mapping[str, Any]) -> EventView:  # Any: fields of an event
    """A journaled event as it was told."""
    try:
        body = json.loads(str(told.get("Body") or "{}"))
    except ValueError:
        body = {}
    return EventView(
        at_ms=int(told.get("at_ms") or 0),
        kind=str(told.get("Kind") or ""),
        group=str(told.get("Group") or ""),
        user=str(told.get("User") or ""),
        epoch=int(told.get("Epoch") or 0),
        severity=int(told.get("Severity") or 0),
        message=str(told.get("Message") or ""),
        body=body if isinstance(body, dict) else {},
    )
