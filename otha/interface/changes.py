"""Of each snapshot the values that have changed: what says what it said before is not looked at again. Pure."""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

from otha import names
from otha.interface import values as said_by
from otha.interface.values import Json, Values
from otha.names import Kind, Variable, variable_id

_MEMBERS: Final[Sequence[tuple[str, str, Sequence[Variable], Callable[[str, str], str], Callable[[Json], Json]]]] = (
    ("Nodes", "nodes", names.NODE_VARIABLES, names.node_id, said_by.of_node),
    ("Conditions", "conditions", names.CONDITION_VARIABLES, names.condition_id, said_by.of_condition),
    ("Clients", "clients", names.CLIENT_VARIABLES, names.client_id, said_by.of_client),
)
"""What a group has by name: its section of the picture, its key in a snapshot, its variables, its ids, what it says."""
_NOT_OWN: Final = frozenset(key for _, key, *_ in _MEMBERS)
_GROUP_VARIABLES: Final = tuple(each for each in names.GROUP_VARIABLES if each.name != names.PICTURE)


class Changes:
    """Follows one supervisor's snapshots."""

    def __init__(self) -> None:
        self._said: dict[Hashable, Any] = {}  # Any: JSON, of what the last snapshot said
        self._drawn: dict[str, str] = {}  # each object's part of the picture of its group

    def of(self, status: Json) -> Values:
        """The values that follow from what this snapshot says anew, and from nothing else."""
        found: Values = {}
        site = said_by.of_site(status)
        if self._is_new(names.SITE, site):
            _take(found, names.SITE, names.SITE_VARIABLES, site)
        if self._is_new((names.SITE, "alarms"), status["alarms"]):
            for each in said_by.alarms_of(status):
                _take(found, names.own_alarm_id(each["code"]), names.ALARM_VARIABLES, said_by.of_alarm(each))
        channels = self._channels(found, status)
        for group in status["groups"]:
            own = {name: said for node in group["nodes"] for name, said in channels.get(node["name"], {}).items()}
            if self._is_new(names.group_id(group["name"]), (group, own)):
                self._group(found, group, own)
        return found

    def _is_new(self, of: Hashable, said: Any) -> bool:  # Any: JSON
        """Whether something else is said of this than before."""
        if of in self._said and self._said[of] == said:
            return False
        self._said[of] = said
        return True

    def _channels(self, found: Values, status: Json) -> Mapping[str, Mapping[str, Json]]:
        """What is said of each node's channels, by their names."""
        of_node: dict[str, dict[str, Json]] = {}
        for channel in status["channels"]:
            said = said_by.of_channel(channel, status["links"].get(channel["name"], {}))
            of_node.setdefault(said["Node"], {})[channel["name"]] = said
            at = names.channel_id(channel["name"])
            if self._is_new(at, said):
                self._take_member(found, at, channel["name"], names.CHANNEL_VARIABLES, said)
        return of_node

    def _group(self, found: Values, group: Json, channels: Iterable[str]) -> None:
        name, at = group["name"], names.group_id(group["name"])
        own = {key: value for key, value in group.items() if key not in _NOT_OWN}
        if self._is_new((at, "own"), own):
            said = said_by.of_group(group)
            _take(found, at, _GROUP_VARIABLES, said)
            self._drawn[at] = _line(_filled(_GROUP_VARIABLES, said))
        if self._is_new((at, "alarms"), group["alarms"]):
            for each in said_by.alarms_of(group):
                _take(found, names.alarm_id(name, each["code"]), names.ALARM_VARIABLES, said_by.of_alarm(each))
        drawn = [f'"Group":{self._drawn[at]}']
        for section, key, variables, id_of, say in _MEMBERS:
            for member in group[key]:
                member_at = id_of(name, member["name"])
                if self._is_new(member_at, member):
                    self._take_member(found, member_at, member["name"], variables, say(member))
            drawn.append(self._section(section, [id_of(name, member["name"]) for member in group[key]]))
        drawn.append(self._section("Channels", map(names.channel_id, channels)))
        found[variable_id(at, names.PICTURE)] = Kind.TEXT, f"{{{','.join(drawn)}}}"

    def _section(self, section: str, members: Iterable[str]) -> str:
        return f'"{section}":{{{",".join([self._drawn[each] for each in members])}}}'

    def _take_member(self, found: Values, at: str, name: str, variables: Sequence[Variable], said: Json) -> None:
        """The values of what a group has by name, and its part of the picture."""
        _take(found, at, variables, said)
        self._drawn[at] = f"{_line(name)}:{_line(_filled(variables, said))}"


def values(status: Json) -> Values:
    """The kind and value of every variable, by the name of its NodeId."""
    return Changes().of(status)


def _filled(variables: Iterable[Variable], said: Json) -> Json:
    """What is said, as the variables have it, without what is false or empty."""
    found = [(each.name, said_by.value(each.kind, said[each.name])) for each in variables]
    return {name: value for name, value in found if value or type(value) is int}


def _take(found: Values, owner: str, variables: Iterable[Variable], said: Json) -> None:
    for variable in variables:
        found[variable_id(owner, variable.name)] = variable.kind, said_by.value(variable.kind, said[variable.name])


def _line(data: Any) -> str:  # Any: JSON
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
