"""The information model: what stands in the address space, built from the first snapshot of a supervisor."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from asyncua import ua as asyncua_ua

from otha import names
from otha.interface.own_nodes import Call, standard
from otha.interface.space import Space
from otha.names import Method, Service, Variable

ua: Any = asyncua_ua  # Any: its annotations ask for aliases of int, str and datetime where it takes these.

_ids: Any = ua.ObjectIds
_TYPES: tuple[tuple[str, Sequence[Variable], str], ...] = (
    ("SiteType", names.SITE_VARIABLES, "a supervised site, and the supervisor's own state"),
    ("GroupType", names.GROUP_VARIABLES, "a redundancy group: nodes of which at most one is active"),
    ("NodeType", names.NODE_VARIABLES, "a supervised server, historian, gateway or controller"),
    ("InterlockType", names.CONDITION_VARIABLES, "an interlock or permissive of a group"),
    ("ClientType", names.CLIENT_VARIABLES, "a client that a group leads to its active node"),
    ("AlarmType", names.ALARM_VARIABLES, "an alarm of a group, or of the supervisor"),
    ("ChannelType", names.CHANNEL_VARIABLES, "a heartbeat path to a node"),
)
Json = Mapping[str, Any]  # Any: JSON


def build(space: Space, status: Json, order: Callable[[Method], Call], service: Callable[[Service], Call]) -> None:
    """Fill the address space for the site of this snapshot. Raises UaError."""
    for name, variables, doc in _TYPES:
        alarm = name == "AlarmType"
        space.object_type(name, variables, doc, _ids.AlarmConditionType if alarm else _ids.BaseObjectType)
    space.event_type(names.EVENT_TYPE, names.EVENT_FIELDS, "an entry of the journal")
    for method in names.METHODS:
        space.method("GroupType", method.name, method.doc, method.inputs, names.ANSWER, order(method))
    for each in names.SERVICES:
        owner = "GroupType" if each.of_group else "SiteType"
        space.method(owner, each.name, each.doc, each.inputs, each.outputs, service(each))
    _object(space, names.SITE, status["site"], standard(ua.ObjectIds.ObjectsFolder), "SiteType", names.SITE_VARIABLES)
    for each in names.SERVICES:
        if not each.of_group:
            space.refer(names.SITE, _ids.HasComponent, space.id(names.variable_id("SiteType", each.name)), "Method")
    for shown in names.SITE_ORDERS:
        space.refer(names.SITE, _ids.HasComponent, space.id(names.variable_id("GroupType", shown)), "Method")
    for folder in (names.GROUPS, names.CHANNELS):
        space.object(folder, folder, space.id(names.SITE))
    own = f"{names.SITE}/Alarms"
    space.object(own, "Alarms", space.id(names.SITE))
    for code in status["alarm_codes"]:
        _object(space, names.own_alarm_id(code), code, space.id(own), "AlarmType", names.ALARM_VARIABLES)
        _condition(space, names.SITE, names.own_alarm_id(code))
    for group in status["groups"]:
        _group(space, group)
    for channel in status["channels"]:
        _object(
            space,
            names.channel_id(channel["name"]),
            channel["name"],
            space.id(names.CHANNELS),
            "ChannelType",
            names.CHANNEL_VARIABLES,
        )


def _object(space: Space, name: str, shown: str, parent: Any, kind: str, variables: Sequence[Variable]) -> None:
    space.object(name, shown, parent, kind=space.id(kind), events=kind in ("SiteType", "GroupType"))
    for variable in variables:
        space.variable(name, variable)


def _group(space: Space, group: Json) -> None:
    name = group["name"]
    at = names.group_id(name)
    _object(space, at, name, space.id(names.GROUPS), "GroupType", names.GROUP_VARIABLES)
    for shown in (*(each.name for each in names.METHODS), *(each.name for each in names.SERVICES if each.of_group)):
        space.refer(at, ua.ObjectIds.HasComponent, space.id(names.variable_id("GroupType", shown)), "Method")
    parts: tuple[tuple[str, str, Sequence[Variable], dict[str, str]], ...] = (
        ("Nodes", "NodeType", names.NODE_VARIABLES, _named(group["nodes"], name, names.node_id)),
        (
            "Conditions",
            "InterlockType",
            names.CONDITION_VARIABLES,
            _named(group["conditions"], name, names.condition_id),
        ),
        ("Clients", "ClientType", names.CLIENT_VARIABLES, _named(group["clients"], name, names.client_id)),
        ("Alarms", "AlarmType", names.ALARM_VARIABLES, {c: names.alarm_id(name, c) for c in group["alarm_codes"]}),
    )
    for folder, kind, variables, members in parts:
        place = f"{at}/{folder}"
        space.object(place, folder, space.id(at))
        for shown, member in members.items():
            _object(space, member, shown, space.id(place), kind, variables)
            if kind == "AlarmType":
                _condition(space, at, member)


def _condition(space: Space, owner: str, alarm: str) -> None:
    """What makes an alarm a condition that clients of OPC UA Part 9 know how to use."""
    space.refer(owner, _ids.HasCondition, space.id(alarm), "Object")
    shelving = f"{alarm}/Shelving"
    space.object(shelving, "ShelvingState", space.id(alarm), kind=standard(_ids.ShelvedStateMachineType))
    for place, methods in (
        (
            alarm,
            (
                _ids.AcknowledgeableConditionType_Acknowledge,
                _ids.AcknowledgeableConditionType_Confirm,
                _ids.ConditionType_AddComment,
            ),
        ),
        (
            shelving,
            (
                _ids.ShelvedStateMachineType_TimedShelve,
                _ids.ShelvedStateMachineType_OneShotShelve,
                _ids.ShelvedStateMachineType_Unshelve,
            ),
        ),
    ):
        for method in methods:
            space.refer(place, _ids.HasComponent, standard(method), "Method")


def _named(listed: Sequence[Json], group: str, id_of: Callable[[str, str], str]) -> dict[str, str]:
    return {each["name"]: id_of(group, each["name"]) for each in listed}
