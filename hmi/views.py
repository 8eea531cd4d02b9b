"""What the interface's variables become: the fields of views, by tables that are made once from the names of both."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, Generic, TypeVar, cast

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
    RequestView,
    SelectionView,
    SiteView,
    TransferView,
)
from otha import names

_View = TypeVar("_View")
Value = bool | int | str | list[str] | None
Told = Mapping[str, Value]
"""Values by the names of variables."""

_VARIABLES: Final[Mapping[str, Sequence[names.Variable]]] = {
    "SiteType": names.SITE_VARIABLES,
    "GroupType": names.GROUP_VARIABLES,
    "NodeType": names.NODE_VARIABLES,
    "InterlockType": names.CONDITION_VARIABLES,
    "ClientType": names.CLIENT_VARIABLES,
    "ChannelType": names.CHANNEL_VARIABLES,
    "AlarmType": names.ALARM_VARIABLES,
}
_OTHER_NAMES: Final = {"klass": "Class"}
_NOT_SET: Final = -1  # what the interface gives for a time that there is none of
_PART_NAMES: Final[Mapping[Any, str]] = {  # Any: a field's name, or that of the part before it
    "from_node": "TransferFrom",
    ("failback", "to_node"): "FailbackTo",
    ("transfer", "to_node"): "TransferTo",
    ("selection", "by"): "SelectedBy",
    ("selection", "to_node"): "SelectedTo",
    ("selection", "left_ms"): "SelectionLeftMs",
}
_EMPTY: Final[Mapping[str, Value]] = {"str": "", "int": 0, "bool": False}


def camel(name: str) -> str:
    """The interface's name of a field: `hold_left_ms` is HoldLeftMs."""
    return _OTHER_NAMES.get(name) or "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def priority(word: str) -> Priority:
    """The priority that a word of the interface means; a word that is none is the most urgent, never hidden."""
    if not word:
        return Priority.LOW
    try:
        return Priority[word.upper()]
    except KeyError:
        return Priority.CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """One field of a view. `blank`: what it is when its variable has no value; `convert`: what its value becomes, None:
    itself."""

    name: str
    blank: Any  # Any: what the field takes
    convert: Callable[[Value], Any] | None  # Any: as above


def _field(name: str, annotation: str) -> _Field:
    if annotation == "Priority":
        return _Field(name=name, blank=priority(""), convert=lambda value: priority(str(value or "")))
    if annotation.startswith("tuple"):
        return _Field(name=name, blank=(), convert=lambda value: tuple(value) if isinstance(value, list) else ())
    if "None" in annotation:
        return _Field(name=name, blank=None, convert=lambda value: None if value == _NOT_SET else value)
    return _Field(name=name, blank=_EMPTY.get(annotation), convert=None)


def _annotations(kind: type) -> dict[str, str]:
    return {
        each.name: each.type if isinstance(each.type, str) else getattr(each.type, "__name__", str(each.type))
        for each in fields(cast(Any, kind))
    }


class Maker(Generic[_View]):
    """Makes views of one kind. `fields`: the field of each variable; `more`: variables that have none."""

    def __init__(self, kind: type[_View], variables: Sequence[str], name_of: Callable[[str], str]) -> None:
        self._kind = kind
        annotations = _annotations(kind)
        wanted = {name_of(name): name for name in annotations}
        self.fields = {each: _field(wanted[each], annotations[wanted[each]]) for each in variables if each in wanted}
        self.more = frozenset(variables) - self.fields.keys()
        self._blank = {each.name: each.blank for each in self.fields.values()}
        self._needed = {
            each.name: ""
            for each in fields(cast(Any, kind))
            if each.default is MISSING and each.default_factory is MISSING
        }

    def given(self, told: Told, *, whole: bool) -> dict[str, Any]:  # Any: what the fields take
        """The fields that these values make. `whole`: what is left out is empty; else it was never heard."""
        made = self._needed | self._blank if whole else dict(self._needed)
        for variable, value in told.items():
            of = self.fields.get(variable)
            if of is not None:
                made[of.name] = of.blank if value is None else value if of.convert is None else of.convert(value)
        return made

    def make(self, given: Mapping[str, Any], **more: Any) -> _View:  # Any: as above
        """A view with these fields."""
        return self._kind(**{**given, **more})


def _names(type_: str) -> tuple[str, ...]:
    return tuple(each.name for each in _VARIABLES[type_] if each.name != names.PICTURE)


def _part(part: str, kind: type[_View], prefix: str, key: str) -> tuple[str, str, Maker[_View]]:
    def name_of(name: str) -> str:
        return _PART_NAMES.get((part, name)) or _PART_NAMES.get(name) or prefix + camel(name)

    return part, key, Maker(kind, _names("GroupType"), name_of)


# A group's view has views of its own for what is not always there: its field, the variable that is empty when there is
# no such thing, and who makes it.
_PARTS: Final[Sequence[tuple[str, str, Maker[Any]]]] = (  # Any: a view of each part
    _part("transfer", TransferView, "Transfer", "TransferKind"),
    _part("gate", GateView, "Gate", "GateState"),
    _part("machine", MachineView, "Machine", "MachineState"),
    _part("failback", FailbackView, "Failback", "FailbackTo"),
    _part("selection", SelectionView, "", "SelectedBy"),
    _part("request", RequestView, "Request", "RequestOrder"),
)
SITE: Final = Maker(SiteView, _names("SiteType"), camel)
NODE: Final = Maker(NodeView, _names("NodeType"), camel)
CONDITION: Final = Maker(ConditionView, _names("InterlockType"), camel)
CLIENT: Final = Maker(ClientView, _names("ClientType"), camel)
CHANNEL: Final = Maker(ChannelView, _names("ChannelType"), camel)
ALARM: Final = Maker(AlarmView, _names("AlarmType"), camel)
GROUP: Final = Maker(GroupView, _names("GroupType"), camel)
MAKERS: Final[Mapping[str, Maker[Any]]] = {  # Any: views of each kind
    "SiteType": SITE,
    "NodeType": NODE,
    "InterlockType": CONDITION,
    "ClientType": CLIENT,
    "ChannelType": CHANNEL,
    "AlarmType": ALARM,
    "GroupType": GROUP,
}
"""Who makes the views of each type of object, as the interface calls the types."""
IN_PARTS: Final = frozenset(variable for _, _, maker in _PARTS for variable in maker.fields)
"""Variables of a group that are told by a view of their own."""


def parts_of(told: Told) -> dict[str, Any]:  # Any: as above
    """The views of what a group has just now: of a transfer under way, of its gate; None where there is none."""
    return {part: maker.make(maker.given(told, whole=True)) if told.get(key) else None for part, key, maker in _PARTS}


SECTIONS: Final = ("Nodes", "Conditions", "Clients", "Channels")
"""What a group's picture tells beside the group itself, by name."""


def picture(text: Value) -> Mapping[str, Any] | None:  # Any: JSON
    """A group's picture; None for what is none."""
    try:
        told = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    for each in ("Group", *SECTIONS):
        if not isinstance(told.get(each), dict):
            return None
    return told


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
