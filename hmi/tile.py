"""What the overview shows of a group: pure, made from a GroupView and its alarms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from typing import Final

from PySide6.QtCore import QCoreApplication

from hmi import say
from hmi.model import AlarmView, GroupView, NodeView, Priority, Quality

NODES_SHOWN: Final = 2
_NODES_KEPT: Final = 4096  # of a thousand groups, each node in the two states that it changes between


@cache
def translate(context: str, text: str) -> str:
    """As in `hmi.say`."""
    return QCoreApplication.translate(context, text)


class Symbol(Enum):
    """The symbols of nodes; each is told from the others in black and white."""

    ACTIVE = "active"  # a filled disc
    STANDBY = "standby"  # a ring
    MAINTENANCE = "maintenance"  # a square with M
    FENCED = "fenced"  # a ring with a bar across
    UNKNOWN = "unknown"  # a dashed ring with a question mark
    DEAD = "dead"  # a cross


@dataclass(frozen=True, slots=True, kw_only=True)
class TileNode:
    """One node of a tile. `well`: nothing is wrong with it."""

    name: str
    symbol: Symbol
    word: str
    well: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A group in the overview. `priority` is of its most urgent alarm that is not kept quiet; None: it has none.
    `news`: what is going on, `loud`: it is not as usual. `abnormal`: the group wants eyes."""

    group: str
    corner: str
    nodes: tuple[TileNode, ...]
    more: int
    standby: str
    standby_well: bool
    sync: str
    news: str
    loud: bool
    abnormal: bool
    priority: Priority | None = None
    unacked: bool = False
    alarms: int = 0
    doubtful: bool = False
    kind: str = ""
    section: str = ""

    @property
    def text(self) -> str:
        """All of it as a sentence, for who hears instead of sees."""
        alarms = f"{say.priority(self.priority)}, {self.alarms} alarms. " if self.priority is not None else ""
        nodes = ", ".join(f"{each.name} {each.word}" for each in self.nodes)
        return f"{self.group}: {alarms}{nodes}; {self.standby}; {self.sync}. {self.news}"

    def matches(self, text: str) -> bool:
        """Whether a search for this finds it."""
        wanted = text.casefold()
        said = (self.group, self.section, self.kind, *(each.name for each in self.nodes))
        return any(wanted in each.casefold() for each in said)


def node_of(view: NodeView, active: str) -> TileNode:
    """A node as a symbol and a word."""
    return _node(view.name, view.liveness, view.role, view.maintenance, view.name == active)


@lru_cache(_NODES_KEPT)
def _node(name: str, liveness: str, role: str, maintenance: bool, ordered: bool) -> TileNode:
    symbol, word = _role(liveness, role, maintenance, ordered)
    well = liveness == "alive" and symbol in (Symbol.ACTIVE, Symbol.STANDBY)
    return TileNode(name=name, symbol=symbol, word=word, well=well)


def _role(liveness: str, role: str, maintenance: bool, ordered: bool) -> tuple[Symbol, str]:
    """`ordered`: it is the group's active node."""
    if liveness in ("dead", "frozen"):
        return Symbol.DEAD, say.liveness(liveness)
    if maintenance:
        return Symbol.MAINTENANCE, translate("Tile", "MAINTENANCE")
    suffix = f" · {say.liveness(liveness)}" if liveness == "stale_data" else ""
    if role == "ACTIVE" and not ordered:
        return Symbol.ACTIVE, translate("Tile", "ACTIVE, not ordered") + suffix
    if ordered and role not in ("ACTIVE", "UNKNOWN"):
        return Symbol.UNKNOWN, translate("Tile", "should be ACTIVE, says {0}").format(role)
    words = {
        "ACTIVE": (Symbol.ACTIVE, translate("Tile", "ACTIVE")),
        "STANDBY": (Symbol.STANDBY, translate("Tile", "STANDBY")),
        "MAINTENANCE": (Symbol.MAINTENANCE, translate("Tile", "MAINTENANCE")),
        "FENCED": (Symbol.FENCED, translate("Tile", "FENCED")),
    }
    symbol, word = words.get(role, (Symbol.UNKNOWN, translate("Tile", "UNKNOWN")))
    return symbol, word + suffix


def standby_of(group: GroupView) -> tuple[str, bool]:
    """Whether a standby could take over now, in words."""
    others = [each for each in group.nodes if each.name != group.active]
    able = [each for each in others if each.liveness == "alive" and each.role == "STANDBY" and not each.maintenance]
    if not able:
        return translate("Tile", "no standby"), False
    ready = [each for each in able if each.ready == "true" and each.in_rpo == "true"]
    if ready:
        return translate("Tile", "standby ready"), True
    best = able[0]
    if best.in_rpo != "true":
        return translate("Tile", "standby behind"), False
    return translate("Tile", "standby not ready"), False


def sync_of(group: GroupView) -> str:
    """How the standby's copy stands."""
    found = {each.in_rpo for each in group.nodes if each.name != group.active}
    if "true" in found:
        return translate("Tile", "sync ok")
    if "false" in found:
        return translate("Tile", "sync behind")
    return translate("Tile", "sync ?")


def news_of(group: GroupView) -> tuple[str, bool]:
    """The one line of what is going on, and whether it wants eyes."""
    if group.halted:
        return translate("Tile", "HALTED: {0}").format(group.halted), True
    if group.concern:
        return group.concern, True
    if group.request is not None:
        return translate("Tile", "waits for a person: {0}").format(say.plain(group.request.order)), True
    if group.transfer is not None:
        to = group.transfer
        words = f"{say.transfer(to.kind)} → {to.to_node}: {say.phase(to.phase)}"
        if to.request:
            words = translate("Tile", "waits for a person: {0}").format(words)
        return (translate("Tile", "DRILL {0}").format(words) if to.drill else words), True
    if group.standing == "needs_operator":
        return translate("Tile", "NEEDS OPERATOR"), True
    if group.suspicion:
        return translate("Tile", "active suspected: {0}").format(say.cause(group.suspicion)), True
    if group.gate is not None and group.gate.state not in ("", "OWNED"):
        return translate("Tile", "gate {0}").format(group.gate.state), True
    if group.store not in ("", "known"):
        return translate("Tile", "record store: {0}").format(say.store(group.store)), True
    if group.bypasses or any(each.bypassed for each in group.conditions):
        return translate("Tile", "interlock bypassed"), True
    if group.standing == "settling":
        return translate("Tile", "settling"), False
    if group.selection is not None:
        return translate("Tile", "selected by {0}").format(group.selection.by), False
    if group.machine is not None and group.machine.state:
        return say.plain(group.machine.state), False
    return "", False


def tile_of(group: GroupView, alarms: Iterable[AlarmView] = ()) -> Tile:
    """A group's tile. `alarms`: its own."""
    heard = [each for each in alarms if not each.quiet]
    worst = min((each.priority for each in heard), default=None)
    active = group.active
    ordered = sorted(group.nodes, key=lambda each: each.name != active)
    shown = tuple([node_of(each, active) for each in ordered[:NODES_SHOWN]])
    standby, ready = standby_of(group)
    news, wants_eyes = news_of(group)
    return Tile(
        group=group.name,
        corner=_corner(group.kind, group.section, group.arming),
        nodes=shown,
        more=max(len(group.nodes) - NODES_SHOWN, 0),
        standby=standby,
        standby_well=ready,
        sync=sync_of(group),
        news=news,
        loud=wants_eyes,
        abnormal=bool(heard) or wants_eyes or not ready or not all(each.well for each in shown),
        priority=worst,
        unacked=any(each.unacked for each in heard if each.priority == worst),
        alarms=len(heard),
        doubtful=group.stamp.quality is not Quality.GOOD,
        kind=group.kind,
        section=group.section,
    )


@lru_cache(_NODES_KEPT)
def _corner(kind: str, section: str, arming: str) -> str:
    acts = "" if arming == "armed" else say.arming(arming)
    return " · ".join(each for each in (say.kind(kind), section, acts) if each)


class Grouping(Enum):
    """How tiles are put together."""

    URGENCY = "urgency"
    KIND = "kind"
    SECTION = "section"
    NONE = "none"


def arranged(
    tiles: Iterable[Tile], grouping: Grouping, search: str = "", *, abnormal_only: bool = False
) -> list[tuple[str, list[Tile]]]:
    """Tiles under headings, in an order that stays: by urgency only what wants eyes comes first."""
    found = [each for each in tiles if (not search or each.matches(search)) and (each.abnormal or not abnormal_only)]
    match grouping:
        case Grouping.NONE:
            return [("", found)] if found else []
        case Grouping.URGENCY:
            first = sorted((each for each in found if each.abnormal), key=_urgency)
            rest = [each for each in found if not each.abnormal]
            named = ((translate("Tile", "Wants eyes"), first), (translate("Tile", "As it should be"), rest))
            return [(name, each) for name, each in named if each]
        case Grouping.KIND:
            return _by(found, {each.group: say.kind(each.kind) for each in found})
        case Grouping.SECTION:
            return _by(found, {each.group: each.section or translate("Tile", "without a section") for each in found})


def _urgency(tile: Tile) -> tuple[int, bool, str]:
    return int(tile.priority or 9), not tile.unacked, tile.group


def _by(tiles: list[Tile], names: Mapping[str, str]) -> list[tuple[str, list[Tile]]]:
    made: dict[str, list[Tile]] = {}
    for each in tiles:
        made.setdefault(names[each.group], []).append(each)
    return sorted(made.items())
