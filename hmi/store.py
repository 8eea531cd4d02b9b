"""The newest values of every object, and the frozen views that are made of them: of a changed object alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hmi import views
from hmi.model import AlarmView, ChannelView, GroupView, Quality, SiteView, Snapshot, Stamp, urgency
from hmi.views import Told, Value
from otha import names


@dataclass(frozen=True, slots=True)
class Reading:
    """One value as it came. `at_ms`: when the supervisor saw it, since 1970 UTC."""

    value: Value
    quality: Quality
    at_ms: int


_UNHEARD: Final = Stamp()


@dataclass(slots=True, kw_only=True, eq=False)
class Owner:
    """One object of the interface: its NodeId's text, its type there, its name, and the group that it belongs to.

    `said`: what a group's picture said of it last, None: nothing yet, and `stamp` what that is worth. `readings`:
    values that came one by one since then. `given`: of a group, the fields of its view but its members.
    """

    id: str
    type: str
    name: str
    group: str = ""
    said: Told | None = None
    stamp: Stamp = _UNHEARD
    readings: dict[str, Reading] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)  # Any: what the fields take
    view: Any = None  # Any: the view of its type
    dirty: bool = True

    @property
    def worth(self) -> Stamp:
        """The worst quality of its values, and the newest time of one."""
        if not self.readings:
            return self.stamp
        stamps = [Stamp(quality=each.quality, at_ms=each.at_ms) for each in self.readings.values()]
        if self.said is not None:
            stamps.append(self.stamp)
        return Stamp(quality=max(each.quality for each in stamps), at_ms=max(each.at_ms for each in stamps))

    @property
    def told(self) -> Told:
        """Its values."""
        if not self.readings:
            return self.said or {}
        return {**(self.said or {}), **{name: each.value for name, each in self.readings.items()}}

    def fields(self) -> dict[str, Any]:  # Any: as above
        """The fields of its view that are its own."""
        made = views.MAKERS[self.type].given(self.told, whole=self.said is not None)
        made["stamp"] = self.worth
        return made


_IDS: Final = {"Nodes": names.node_id, "Conditions": names.condition_id, "Clients": names.client_id}
_TYPES: Final = {"Nodes": "NodeType", "Conditions": "InterlockType", "Clients": "ClientType", "Channels": "ChannelType"}


def _member_id(section: str, group: str, name: str) -> str:
    return names.channel_id(name) if section == "Channels" else _IDS[section](group, name)


class _Members:
    """What belongs to a group, in the order in which it was told."""

    def __init__(self) -> None:
        self.nodes: list[Owner] = []
        self.conditions: list[Owner] = []
        self.clients: list[Owner] = []

    def add(self, owner: Owner) -> None:
        """It has this too."""
        {"NodeType": self.nodes, "InterlockType": self.conditions, "ClientType": self.clients}[owner.type].append(owner)


class Store:
    """Readings in, snapshots out. Belongs to one thread."""

    def __init__(self, owners: Iterable[Owner]) -> None:
        self.owners: dict[str, Owner] = {}
        self._site: Owner | None = None
        self._members: dict[str, _Members] = {}
        self._pictures: dict[str, tuple[Reading, Mapping[str, Any]]] = {}  # Any: JSON
        # What of the last snapshot is to be made anew: dictionaries, for their order.
        self._touched_groups: dict[str, None] = {}
        self._touched_channels: dict[str, None] = {}
        self._groups_of_node: dict[str, dict[str, None]] = {}
        self._channels_of_node: dict[str, dict[str, ChannelView]] = {}
        self._alarm_events: dict[str, dict[str, Any]] = {}  # Any: fields of an event
        self._alarms: dict[str, AlarmView] = {}
        self._snapshot = Snapshot()
        self.changed = True
        for each in owners:
            self.add(each)

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self._members)

    def add(self, owner: Owner) -> None:
        """There is such an object; a group before what belongs to it."""
        self.owners[owner.id] = owner
        if owner.type == "SiteType":
            self._site = owner
        elif owner.type == "GroupType":
            self._members[owner.name] = _Members()
        elif owner.type in ("NodeType", "InterlockType", "ClientType"):
            self._members[owner.group].add(owner)
            if owner.type == "NodeType":
                self._groups_of_node.setdefault(owner.name, {})[owner.group] = None
        self._touch(owner)

    def _touch(self, owner: Owner) -> None:
        """Its view is to be made anew, and the views that hold it."""
        owner.dirty = self.changed = True
        match owner.type:
            case "ChannelType":
                self._touched_channels[owner.name] = None
            case "GroupType":
                self._touched_groups[owner.name] = None
            case "NodeType" | "InterlockType" | "ClientType":
                self._touched_groups[owner.group] = None
            case _:
                pass  # of the site and of alarms nothing else is made

    def take_picture(self, group: str, reading: Reading) -> None:
        """All of a group in one text has come. Of one that has none, or that can't be read, what was said last stays
        and is worth as little as this."""
        was, before = self._pictures.get(group, (None, {}))
        if was is not None and (was.value, was.quality) == (reading.value, reading.quality):
            return
        told = views.picture(reading.value)
        if told is None:
            told = before
            reading = Reading(None, max(reading.quality, Quality.UNCERTAIN), reading.at_ms)
        self._pictures[group] = reading, told
        # What a picture says in the words of the one before it need not be looked at again.
        trusted_alike = was is not None and was.quality == reading.quality
        self._say(self.owners[names.group_id(group)], told.get("Group") or {}, reading)
        for section in views.SECTIONS:
            members = told.get(section) or {}
            if not (trusted_alike and members == before.get(section)):
                for name, said in members.items():
                    self._say(self._member(section, group, name), said, reading)

    def _member(self, section: str, group: str, name: str) -> Owner:
        at = _member_id(section, group, name)
        found = self.owners.get(at)
        if found is None:
            of = "" if section == "Channels" else group
            found = Owner(id=at, type=_TYPES[section], name=name, group=of)
            self.add(found)
        return found

    def _say(self, owner: Owner, said: Told, reading: Reading) -> None:
        """Take what is said of an object, if it differs from what was said before."""
        if owner.said == said and owner.stamp.quality == reading.quality:
            return
        owner.said, owner.stamp = said, Stamp(quality=reading.quality, at_ms=reading.at_ms)
        owner.readings.clear()
        self._touch(owner)

    def take(self, owner: str, variable: str, reading: Reading) -> None:
        """A value has come."""
        found = self.owners.get(owner)
        if found is not None:
            found.readings[variable] = reading
            self._touch(found)

    def take_alarm_event(self, owner: str, told: Mapping[str, Any]) -> None:  # Any: as above
        """An alarm has told an event; its values are read after it."""
        self._alarm_events[owner] = dict(told)

    def alarm_read(self, owner: str) -> None:
        """All values of an alarm have been taken: show it, or forget it if it is normal."""
        found = self.owners[owner]
        told = self._alarm_events.get(owner, {})
        given = found.fields()
        self.changed = True
        if given.get("state", "normal") == "normal":
            self._alarms.pop(owner, None)
            return
        self._alarms[owner] = views.ALARM.make(
            given,
            group=found.group,
            owner=found.group or str(told.get("SourceName") or ""),
            code=found.name,
            event_id=bytes(told.get("EventId") or b""),
            at_ms=int(told.get("at_ms") or found.worth.at_ms),
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
        channels = self._channels()
        self._snapshot = Snapshot(
            site=self._site_view(),
            groups=self._groups(),
            channels=channels,
            alarms=tuple(sorted(self._alarms.values(), key=urgency)),
        )
        return self._snapshot

    def _site_view(self) -> SiteView:
        site = self._site
        if site is None:
            return SiteView()
        if site.dirty:
            site.view, site.dirty = views.SITE.make(site.fields()), False
        made: SiteView = site.view
        return made

    def _channels(self) -> Mapping[str, ChannelView]:
        """All channels; the groups that hold one which has changed are touched."""
        if not self._touched_channels:
            return self._snapshot.channels
        made = dict(self._snapshot.channels)
        for name in self._touched_channels:
            owner = self.owners[names.channel_id(name)]
            before = made.get(name)
            owner.view, owner.dirty = views.CHANNEL.make(owner.fields(), name=name), False
            made[name] = view = owner.view
            if before is not None and before.node != view.node:
                del self._channels_of_node[before.node][name]
                self._touched_groups |= self._groups_of_node.get(before.node, {})
            self._channels_of_node.setdefault(view.node, {})[name] = view
            self._touched_groups |= self._groups_of_node.get(view.node, {})
        self._touched_channels = {}
        return made

    def _groups(self) -> Mapping[str, GroupView]:
        if not self._touched_groups:
            return self._snapshot.groups
        made = dict(self._snapshot.groups)
        for name in self._touched_groups:
            made[name] = self._group(name)
        self._touched_groups = {}
        return made

    def _group(self, name: str) -> GroupView:
        owner, members = self.owners[names.group_id(name)], self._members[name]
        if owner.dirty:
            owner.given, owner.dirty = {**owner.fields(), **views.parts_of(owner.told), "name": name}, False
        return views.GROUP.make(
            owner.given,
            nodes=_made(members.nodes),
            conditions=_made(members.conditions),
            clients=_made(members.clients),
            channels=tuple(
                channel for node in members.nodes for channel in self._channels_of_node.get(node.name, {}).values()
            ),
        )


def _made(owners: list[Owner]) -> tuple[Any, ...]:  # Any: views of the members' type
    """The views of members of a group; those that have changed are made anew."""
    for each in owners:
        if each.dirty:
            maker = views.MAKERS[each.type]
            each.view, each.dirty = maker.make(each.fields(), group=each.group, name=each.name), False
    return tuple([each.view for each in owners])
