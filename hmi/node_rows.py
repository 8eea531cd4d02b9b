"""The nodes of a group side by side: how they stand and why, what the site file says of each, and what they say
themselves, unread. Pure but for the words. A row is its texts, and whether it wants eyes or the nodes differ in it."""

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication

from hmi import reasons, say
from hmi.group_rows import Rows
from hmi.model import GroupView, NodeView
from hmi.site_file import Said
from hmi.tile import node_of
from hmi.timing_view import TimingView

translate = QCoreApplication.translate

_HEALTHY: Final = 200  # from here on (OPC UA Part 4, 6.6.2.4.2)
_DEGRADED: Final = 2
_NO_DATA: Final = 1


def level(of: int) -> str:
    """A ServiceLevel with what it means."""
    if of >= _HEALTHY:
        meant = translate("Nodes", "healthy")
    elif of >= _DEGRADED:
        meant = translate("Nodes", "degraded")
    else:
        meant = translate("Nodes", "no data") if of == _NO_DATA else translate("Nodes", "maintenance")
    return f"{of} · {meant}"


def standing(group: GroupView) -> Rows:
    """How each node stands, its ServiceLevel, and the reasons."""
    nodes = group.nodes
    against = [reasons.told(each.reasons) for each in nodes]
    return [
        _row(translate("Nodes", "Liveness"), [say.liveness(each.liveness) for each in nodes], _any_not_alive(nodes)),
        _row(translate("Nodes", "Role"), [node_of(each, group.active).word for each in nodes], False),
        _row(
            translate("Nodes", "ServiceLevel"),
            [level(each.service_level) for each in nodes],
            any(each.service_level < _HEALTHY for each in nodes),
        ),
        _row(
            translate("Nodes", "Reasons against it"),
            ["; ".join(each) or translate("Nodes", "none") for each in against],
            any(against),
        ),
    ]


def configured(group: GroupView, site: Mapping[str, Said]) -> Rows:
    """What the site file says of each node, where they differ and where they do not; bold: they differ."""
    said = [site.get(each.name, {}) for each in group.nodes]
    heading = translate("Nodes", "Site file: {0}")
    return [_compared(heading.format(key), [each.get(key, "-") for each in said]) for key in _keys(said)]


def raw(group: GroupView, timing: TimingView) -> Rows:
    """The last values of each channel as they were read, those of the same path beside each other; bold: they
    differ."""
    said: list[dict[str, str]] = []
    for node in group.nodes:
        read: dict[str, str] = {}
        for channel in group.channels:
            timed = timing.channels.get(channel.name)
            if channel.node == node.name and timed is not None:
                path = channel.name.removeprefix(f"{node.name}.")
                read |= {f"{path} {name}": say.value(value) for name, value in timed.values.items()}
        said.append(read)
    return [_compared(key, [each.get(key, "-") for each in said]) for key in _keys(said)]


def _keys(said: Sequence[Said]) -> list[str]:
    return list(dict.fromkeys(key for each in said for key in each))


def _compared(what: str, texts: list[str]) -> tuple[tuple[str, ...], bool]:
    return _row(what, texts, len(set(texts)) > 1)


def _row(what: str, texts: list[str], bold: bool) -> tuple[tuple[str, ...], bool]:
    return (what, *texts), bold


def _any_not_alive(nodes: Sequence[NodeView]) -> bool:
    return any(each.liveness != "alive" for each in nodes)
